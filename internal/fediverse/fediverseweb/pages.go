package fediverseweb

import (
	"context"
	"net/http"
	"strconv"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/fediverse"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type managePage struct {
	Community community.Community
	Name      string
	Place     fediverse.Place
	Handle    string
	Figures   fediverse.Figures
	Blocks    []fediverse.Block
	Spaces    []ui.Option
	Form      *web.Form // of what was refused
	Whom      string    // whom a case of the moderators is about
	Wrong     []ui.FieldError
}

func (p *managePage) href() string { return "/communities/" + p.Community.ID + "/fediverse" }

func (p *managePage) bad(field string) string {
	for _, e := range p.Wrong {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// typed is what was typed into a field that was refused.
func (p *managePage) typed(field, otherwise string) string {
	if p.Form != nil && p.Form.Has(field) {
		return p.Form.Text(field)
	}
	return otherwise
}

// most is the largest of the bars.
func (p *managePage) most() float64 {
	n := 1
	for _, i := range p.Figures.Instances {
		n = max(n, i.Followers)
	}
	return float64(n)
}

func (h *handlers) manage(w http.ResponseWriter, r *http.Request) error {
	return h.show(w, r, nil)
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request, f *web.Form) error {
	ctx := r.Context()
	p := &managePage{Form: f, Whom: r.URL.Query().Get("whom")}
	if len(p.Whom) > 250 {
		p.Whom = ""
	}
	var err error
	if p.Place, p.Community, err = h.s.Settings(ctx, r.PathValue("id")); err != nil {
		return err
	}
	lang := i18n.Lang(ctx)
	p.Name, p.Handle = p.Community.Called(lang), "@"+h.s.Handle(ctx, p.Community)
	if p.Figures, err = h.s.Figures(ctx, p.Community.ID); err != nil {
		return err
	}
	if p.Blocks, err = h.s.Blocks(ctx, p.Community.ID); err != nil {
		return err
	}
	o, err := h.community.Sees(ctx, nil)
	if err != nil {
		return err
	}
	p.Spaces = []ui.Option{{Value: "", Label: i18n.T(ctx, "fediverse.no_threads")}}
	for _, sp := range o.Spaces(p.Community.ID) {
		if sp.Access == community.OpenSpace && sp.ArchivedAt.IsZero() && (sp.Takes(community.Discussions) || sp.Takes(community.Questions)) {
			p.Spaces = append(p.Spaces, ui.Option{Value: sp.ID, Label: sp.Called(lang, p.Community.Langs...)})
		}
	}
	if f != nil {
		p.Wrong = f.Errors(r)
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "fediverse.title"), Wide: true}, manageBody(p))
}

// after shows the form again with what has to be put right, or the page anew.
func (h *handlers) after(w http.ResponseWriter, r *http.Request, f *web.Form, err error, said string, args ...any) error {
	if err != nil && problem.Of(err).Code == problem.Invalid {
		f.Refuse(err)
	} else if err != nil {
		return err
	}
	if !f.OK() {
		return h.show(w, r, f)
	}
	web.Flash(w, r, ui.Success, said, args...)
	return web.Redirect(w, r, "/communities/"+r.PathValue("id")+"/fediverse")
}

func (h *handlers) set(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	hold, err := strconv.Atoi(f.Text("hold"))
	if err != nil {
		hold = -1
	}
	on := f.Text("on") == "1"
	return h.after(w, r, f, h.s.Set(r.Context(), fediverse.Place{Community: r.PathValue("id"), Space: f.Text("space"), Hold: hold}, on), map[bool]string{true: "fediverse.saved_on", false: "fediverse.saved_off"}[on])
}

func (h *handlers) block(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	days := 0
	if text := f.Text("days"); text != "" {
		if days, err = strconv.Atoi(text); err != nil {
			days = -1
		}
	}
	return h.after(w, r, f, h.s.Block(r.Context(), r.PathValue("id"), f.Text("whom"), f.Text("kind"), f.Text("reason"), days), "fediverse.blocked")
}

func (h *handlers) unblock(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return h.after(w, r, f, h.s.Unblock(r.Context(), r.PathValue("id"), f.Text("block")), "fediverse.unblocked")
}

func (h *handlers) retry(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return h.after(w, r, f, h.s.Retry(r.Context(), r.PathValue("id"), f.Text("host")), "fediverse.retried")
}

func (h *handlers) report(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	return h.after(w, r, f, h.s.Report(r.Context(), r.PathValue("id"), f.Text("post"), f.Text("words")), "fediverse.reported")
}

type aboutPage struct {
	Community community.Community
	Name      string
	Handle    string
	Refuses   bool
	SignedIn  bool
}

// about says how a community is followed, what goes out, and lets members keep what they say here.
func (h *handlers) about(w http.ResponseWriter, r *http.Request) error {
	p, err := h.aboutPage(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "fediverse.about")}, aboutBody(p))
}

func (h *handlers) aboutPage(ctx context.Context, slug string) (aboutPage, error) {
	var p aboutPage
	missing := problem.New(problem.Missing, "problem.not_found")
	o, err := h.community.Sees(ctx, nil)
	if err != nil {
		return p, err
	}
	c, seen := o.Community(slug)
	if !seen {
		return p, missing
	}
	handle, on, err := h.s.Known(ctx, c.ID)
	if err != nil {
		return p, err
	}
	if !on {
		return p, missing
	}
	p = aboutPage{Community: c, Name: c.Called(i18n.Lang(ctx)), Handle: "@" + handle, SignedIn: org.Who(ctx) != nil}
	p.Refuses, err = h.s.Refuses(ctx)
	return p, err
}

func (h *handlers) refuse(w http.ResponseWriter, r *http.Request) error {
	p, err := h.aboutPage(r.Context(), r.PathValue("slug"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	stays := f.Text("stays") != ""
	if err := h.s.Refuse(r.Context(), stays); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, map[bool]string{true: "fediverse.stays_saved", false: "fediverse.goes_saved"}[stays])
	return web.Redirect(w, r, p.Community.Path()+"/fediverse")
}

// Foot leads from the foot of a community's pages to how it is followed, where it is in the fediverse.
func Foot(s *fediverse.Service) func(ctx context.Context, c community.Community) templ.Component {
	return func(ctx context.Context, c community.Community) templ.Component {
		if _, on, err := s.Known(ctx, c.ID); err != nil || !on {
			return nil
		}
		return footLink(web.Href(ctx, c.Path()+"/fediverse"))
	}
}
