package orgweb

import (
	"net/http"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type signInForm struct {
	To, Email string
	Demo      []DemoAccount
	Wrong     wrong
}

func (h *handlers) signInPage(w http.ResponseWriter, r *http.Request) error {
	to := web.Local(r.URL.Query().Get("to"), "/")
	if org.Who(r.Context()) != nil {
		return web.Redirect(w, r, to)
	}
	if done, err := h.s.IsSetUp(r.Context()); err != nil {
		return err
	} else if !done {
		return web.Redirect(w, r, "/set-up")
	}
	return h.showSignIn(w, r, signInForm{To: to})
}

func (h *handlers) showSignIn(w http.ResponseWriter, r *http.Request, f signInForm) error {
	f.Demo = h.Demo
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "org.sign_in")}, signInBody(f))
}

func (h *handlers) signIn(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := web.Local(f.Text("to"), "/")
	token, err := h.s.SignIn(ctx, f.Text("email"), f.Get("password"), h.visit(r))
	if err != nil {
		wrong, err := mend(ctx, w, err, "", "email", "password")
		if err != nil {
			return err
		}
		return h.showSignIn(w, r, signInForm{To: to, Email: f.Text("email"), Wrong: wrong})
	}
	// Whoever was signed in here before is not any more.
	if err := h.s.SignOut(ctx, h.web.Session(r)); err != nil {
		return err
	}
	if err := h.letIn(w, r, token); err != nil {
		return err
	}
	return web.Redirect(w, r, to)
}

// deviceCookie carries by what a browser is known. It stays when somebody signs out.
func (h *handlers) deviceCookie() string {
	if h.web.Secure {
		return "__Host-entente-device"
	}
	return "entente-device"
}

// visit is where a request came from, and by what its browser is known.
func (h *handlers) visit(r *http.Request) org.Visit {
	v := web.VisitOf(r)
	if c, err := r.Cookie(h.deviceCookie()); err == nil {
		v.Device = c.Value
	}
	return v
}

// letIn signs the browser in, which is known from then on.
func (h *handlers) letIn(w http.ResponseWriter, r *http.Request, token string) error {
	h.web.SignIn(w, token)
	return h.remember(w, r, token)
}

func (h *handlers) remember(w http.ResponseWriter, r *http.Request, token string) error {
	device, err := h.s.Remember(r.Context(), token, h.visit(r).Device)
	if err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: h.deviceCookie(), Value: device, Path: "/", MaxAge: int(org.DeviceFor / time.Second), Secure: h.web.Secure,
		HttpOnly: true, SameSite: http.SameSiteLaxMode})
	return nil
}

func (h *handlers) signOut(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.SignOut(r.Context(), h.web.Session(r)); err != nil {
		return err
	}
	h.web.SignOut(w)
	web.Flash(w, r, ui.Success, "org.signed_out")
	return web.Redirect(w, r, "/sign-in")
}

type forgotForm struct {
	Email   string
	Sent    bool
	CanMail bool
	Wrong   wrong
}

func (h *handlers) forgotPage(w http.ResponseWriter, r *http.Request) error {
	return h.showForgot(w, r, forgotForm{})
}

func (h *handlers) showForgot(w http.ResponseWriter, r *http.Request, f forgotForm) error {
	f.CanMail = h.s.CanMail(r.Context())
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "org.forgot")}, forgotBody(f))
}

func (h *handlers) forgot(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	form := forgotForm{Email: f.Text("email")}
	if err := h.s.Forgot(r.Context(), form.Email, web.VisitOf(r)); err != nil {
		if form.Wrong, err = mend(r.Context(), w, err, "", "email"); err != nil {
			return err
		}
		return h.showForgot(w, r, form)
	}
	form.Sent = true
	return h.showForgot(w, r, form)
}

type resetForm struct {
	Secret string
	Member *org.Member
	Wrong  wrong
}

func (h *handlers) resetPage(w http.ResponseWriter, r *http.Request) error {
	private(w)
	secret := r.PathValue("secret")
	m, err := h.s.ResetOf(r.Context(), secret)
	if err != nil {
		return h.deadLink(w, r, err)
	}
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "org.reset")}, resetBody(resetForm{Secret: secret, Member: m}))
}

func (h *handlers) reset(w http.ResponseWriter, r *http.Request) error {
	private(w)
	ctx, secret := r.Context(), r.PathValue("secret")
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.Reset(ctx, secret, f.Get("password"), web.VisitOf(r)); err != nil {
		m, gone := h.s.ResetOf(ctx, secret)
		if gone != nil {
			return h.deadLink(w, r, gone)
		}
		wrong, err := mend(ctx, w, err, "", "password")
		if err != nil {
			return err
		}
		return web.Bare(w, r, web.Page{Title: i18n.T(ctx, "org.reset")}, resetBody(resetForm{secret, m, wrong}))
	}
	h.web.SignOut(w)
	web.Flash(w, r, ui.Success, "org.reset_done")
	return web.Redirect(w, r, "/sign-in")
}

// deadLink shows what to do when a link does not work any more; other errors pass.
func (h *handlers) deadLink(w http.ResponseWriter, r *http.Request, err error) error {
	if !problem.Is(err, problem.Missing) {
		return err
	}
	web.Invalid(w)
	return web.Bare(w, r, web.Page{Title: i18n.T(r.Context(), "org.dead_link_title")}, deadLinkBody())
}
