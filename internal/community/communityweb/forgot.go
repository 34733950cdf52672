package communityweb

import (
	"net/http"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// forgetting registers the pages of a password that was forgotten, so that nobody leaves a community's own host for it.
func (h *handlers) forgetting(r *web.Routes) {
	r.Page("GET /c/{slug}/forgot", org.Public, h.outside(h.forgotPage))
	r.Do("POST /c/{slug}/forgot", org.Public, h.outside(h.forgot))
	r.Page("GET /c/{slug}/reset/{secret}", org.Public, h.outside(h.resetPage))
	r.Do("POST /c/{slug}/reset/{secret}", org.Public, h.outside(h.reset))
}

type forgotView struct {
	visit
	email, secret string
	mails, sent   bool
	member        *org.Member // whose password is set; nil for a link that does not work any more
	wrong         wrong
}

func (h *handlers) forgotPage(w http.ResponseWriter, r *http.Request, v visit) error {
	return h.showForgot(w, r, forgotView{visit: v})
}

func (h *handlers) showForgot(w http.ResponseWriter, r *http.Request, v forgotView) error {
	v.mails = h.org.CanMail(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "org.forgot"), Head: hidden()}, forgotBody(v))
}

func (h *handlers) forgot(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	page := forgotView{visit: v, email: f.Text("email")}
	if err := h.org.ForgotAt(ctx, page.email, web.VisitOf(r), h.s.URL(ctx, v.Community), v.Called()); err != nil {
		if page.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showForgot(w, r, page)
	}
	page.sent = true
	return h.showForgot(w, r, page)
}

func (h *handlers) showReset(w http.ResponseWriter, r *http.Request, v forgotView) error {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	m, err := h.org.ResetOf(r.Context(), v.secret)
	if err != nil && !problem.Is(err, problem.Missing) {
		return err
	}
	title := "org.reset"
	if v.member = m; err != nil {
		v.member, title = nil, "org.dead_link_title"
		web.Invalid(w)
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), title), Head: hidden()}, resetBody(v))
}

func (h *handlers) resetPage(w http.ResponseWriter, r *http.Request, v visit) error {
	return h.showReset(w, r, forgotView{visit: v, secret: r.PathValue("secret")})
}

func (h *handlers) reset(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	page := forgotView{visit: v, secret: r.PathValue("secret")}
	if err := h.org.Reset(ctx, page.secret, f.Get("password"), web.VisitOf(r)); err != nil {
		if problem.Is(err, problem.Missing) {
			return h.showReset(w, r, page)
		}
		if page.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showReset(w, r, page)
	}
	h.web.SignOut(w)
	web.Flash(w, r, ui.Success, "org.reset_done")
	return web.Redirect(w, r, v.Path()+"/sign-in")
}
