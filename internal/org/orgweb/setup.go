package orgweb

import (
	"cmp"
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type setUpForm struct {
	org.SetUp
	HasMail bool
	Wrong   wrong
}

func (h *handlers) setUpPage(w http.ResponseWriter, r *http.Request) error {
	if done, err := h.s.IsSetUp(r.Context()); err != nil {
		return err
	} else if done {
		return web.Redirect(w, r, "/sign-in")
	}
	lang := i18n.Lang(r.Context())
	if lang == i18n.Pseudo {
		lang = "en"
	}
	return h.showSetUp(w, r, setUpForm{SetUp: org.SetUp{Lang: lang, URL: cmp.Or(h.URL, origin(r))}})
}

func (h *handlers) showSetUp(w http.ResponseWriter, r *http.Request, f setUpForm) error {
	f.HasMail = h.s.HasMailServer(r.Context())
	if f.Zone == "" {
		f.Zone = "UTC"
		if f.Lang == "fr" {
			f.Zone = "Europe/Paris"
		}
	}
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "org.set_up")}, setUpBody(f))
}

// origin is where the first visitor reached us; they see it and can correct it before it is kept.
func origin(r *http.Request) string {
	scheme := "http"
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme = "https"
	}
	return scheme + "://" + r.Host
}

func (h *handlers) setUp(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	form := setUpForm{SetUp: org.SetUp{Organisation: f.Text("organisation"), Lang: f.Text("lang"), Zone: f.Text("zone"), URL: f.Text("url"),
		OwnerName: f.Text("owner_name"), OwnerEmail: f.Text("owner_email"), Password: f.Get("password")}}
	if err := h.s.SetUp(ctx, form.SetUp); err != nil {
		if form.Wrong, err = mend(ctx, w, err, "", "organisation", "lang", "zone", "url", "owner_name", "owner_email", "password"); err != nil {
			return err
		}
		return h.showSetUp(w, r, form)
	}
	token, err := h.s.SignIn(ctx, form.OwnerEmail, form.Password, web.VisitOf(r))
	if err != nil {
		return err
	}
	if err := h.letIn(w, r, token); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "org.set_up_done", "Organisation", form.Organisation)
	return web.Redirect(w, r, "/members")
}

type acceptForm struct {
	Secret     string
	Member     *org.Member
	Name, Lang string
	Zone       string
	Wrong      wrong
}

func (h *handlers) invitationPage(w http.ResponseWriter, r *http.Request) error {
	private(w)
	secret := r.PathValue("secret")
	m, err := h.s.Invitation(r.Context(), secret)
	if err != nil {
		return h.deadLink(w, r, err)
	}
	f := acceptForm{Secret: secret, Member: m, Name: m.Name, Lang: i18n.Lang(r.Context()), Zone: m.Zone}
	if f.Name == m.Email {
		f.Name = ""
	}
	return h.showAccept(w, r, f)
}

func (h *handlers) showAccept(w http.ResponseWriter, r *http.Request, f acceptForm) error {
	o, err := h.s.Organisation(r.Context())
	if err != nil {
		return err
	}
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "org.accept", "Organisation", o.Name)}, acceptBody(f, o))
}

func (h *handlers) accept(w http.ResponseWriter, r *http.Request) error {
	private(w)
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	form := acceptForm{Secret: r.PathValue("secret"), Name: f.Text("name"), Lang: f.Text("lang"), Zone: f.Text("zone")}
	token, err := h.s.Accept(ctx, form.Secret, org.Accept{Name: form.Name, Lang: form.Lang, Zone: form.Zone, Password: f.Get("password")}, web.VisitOf(r))
	if err != nil {
		m, gone := h.s.Invitation(ctx, form.Secret)
		if gone != nil {
			return h.deadLink(w, r, gone)
		}
		form.Member = m
		if form.Wrong, err = mend(ctx, w, err, "", "name", "lang", "zone", "password"); err != nil {
			return err
		}
		return h.showAccept(w, r, form)
	}
	if err := h.letIn(w, r, token); err != nil {
		return err
	}
	forget(w, "lang")
	web.Flash(w, r, ui.Success, "org.accepted")
	return web.Redirect(w, r, "/")
}
