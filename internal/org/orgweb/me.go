package orgweb

import (
	"net/http"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type mePage struct {
	Member   *org.Member
	Profile  org.Profile
	Sessions []org.Session
	Current  string // id of this session
	Tokens   []org.Token
	Now      time.Time
	Secret   string // of a token just made

	TokenName                           string
	TokenDays                           string
	Scopes                              map[org.Permission]bool
	ProfileWrong, PassWrong, TokenWrong wrong
}

func (h *handlers) mePage(w http.ResponseWriter, r *http.Request) error {
	return h.showMe(w, r, func(*mePage) {})
}

func (h *handlers) showMe(w http.ResponseWriter, r *http.Request, with func(*mePage)) error {
	ctx := r.Context()
	m := org.Who(ctx)
	p := mePage{Member: m, Profile: org.Profile{Name: m.Name, Lang: m.Lang, Zone: m.Zone, Theme: m.Theme}, Now: h.web.Clock(),
		TokenDays: "90", Scopes: map[org.Permission]bool{}}
	_, current, err := h.s.Authenticate(ctx, h.web.Session(r))
	if err != nil {
		return err
	}
	p.Current = current.ID
	if p.Sessions, err = h.s.Sessions(ctx); err != nil {
		return err
	}
	if p.Tokens, err = h.s.Tokens(ctx); err != nil {
		return err
	}
	with(&p)
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "org.me")}, meBody(p))
}

// forget removes a choice that this browser made, so that the member's own holds.
func forget(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (h *handlers) changeProfile(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	p := org.Profile{Name: f.Text("name"), Lang: f.Text("lang"), Zone: f.Text("zone"), Theme: f.Text("theme")}
	if err := h.s.ChangeProfile(ctx, p); err != nil {
		wrong, err := mend(ctx, w, err, "", "name", "lang", "zone", "theme")
		if err != nil {
			return err
		}
		return h.showMe(w, r, func(m *mePage) { m.Profile, m.ProfileWrong = p, wrong })
	}
	forget(w, "lang")
	forget(w, "theme")
	web.Flash(w, r, ui.Success, "org.saved")
	return web.Redirect(w, r, "/me")
}

func (h *handlers) changePassword(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.ChangePassword(ctx, f.Get("current"), f.Get("password"), h.web.Session(r)); err != nil {
		wrong, err := mend(ctx, w, err, "", "current", "password")
		if err != nil {
			return err
		}
		return h.showMe(w, r, func(m *mePage) { m.PassWrong = wrong })
	}
	// A new password makes the papers of all devices worthless; this one stays known.
	if err := h.remember(w, r, h.web.Session(r)); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "org.password_changed")
	return web.Redirect(w, r, "/me")
}

func (h *handlers) endSession(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.EndSession(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "org.session_ended")
	return web.Redirect(w, r, "/me#sessions")
}

func (h *handlers) endOthers(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.EndOtherSessions(r.Context(), h.web.Session(r)); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "org.sessions_ended")
	return web.Redirect(w, r, "/me#sessions")
}

func (h *handlers) makeToken(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	days, _ := strconv.Atoi(f.Text("days")) // what is no number is refused as 0
	var scopes []org.Permission
	chosen := map[org.Permission]bool{}
	for i, s := range f.Values["scopes"] {
		if i < 100 {
			scopes = append(scopes, org.Permission(s))
			chosen[org.Permission(s)] = true
		}
	}
	secret, _, err := h.s.MakeToken(ctx, f.Text("name"), scopes, time.Duration(min(max(days, 0), 1000))*24*time.Hour)
	if err != nil {
		wrong, err := mend(ctx, w, err, "token-", "name", "scopes", "expires")
		if err != nil {
			return err
		}
		return h.showMe(w, r, func(m *mePage) {
			m.TokenName, m.TokenDays, m.Scopes, m.TokenWrong = f.Text("name"), f.Text("days"), chosen, wrong
		})
	}
	private(w)
	return h.showMe(w, r, func(m *mePage) { m.Secret = secret })
}

func (h *handlers) revokeToken(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.RevokeToken(r.Context(), r.PathValue("id")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "org.token_revoked")
	return web.Redirect(w, r, "/me#tokens")
}
