package communityweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// upCookie carries by what a browser is known that signed up and has not confirmed yet.
const upCookie = "sign-up"

type signInView struct {
	visit
	to, email string
	wrong     wrong
}

func (h *handlers) signInPage(w http.ResponseWriter, r *http.Request, v visit) error {
	to := web.Local(r.URL.Query().Get("to"), v.Path())
	if org.Who(r.Context()) != nil {
		return web.Redirect(w, r, to)
	}
	return showSignIn(w, r, signInView{visit: v, to: to})
}

func showSignIn(w http.ResponseWriter, r *http.Request, v signInView) error {
	w.Header().Set("Cache-Control", "no-store")
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.sign_in")}, signInBody(v))
}

func (h *handlers) signIn(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := web.Local(f.Text("to"), v.Path())
	token, err := h.org.SignIn(ctx, f.Text("email"), f.Get("password"), h.web.Visit(r))
	if err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return showSignIn(w, r, signInView{v, to, f.Text("email"), bad})
	}
	// Whoever was signed in here before is not any more.
	if err := h.org.SignOut(ctx, h.web.Session(r)); err != nil {
		return err
	}
	if err := h.web.LetIn(w, r, token); err != nil {
		return err
	}
	return web.Redirect(w, r, to)
}

func (h *handlers) signOut(w http.ResponseWriter, r *http.Request, v visit) error {
	if err := h.org.SignOut(r.Context(), h.web.Session(r)); err != nil {
		return err
	}
	h.web.SignOut(w)
	web.Flash(w, r, ui.Success, "community.signed_out")
	if v.Audience == community.Everybody {
		return web.Redirect(w, r, v.Path())
	}
	return web.Redirect(w, r, v.Path()+"/sign-in")
}

type signUpView struct {
	visit
	in       community.NewMember
	mails    bool // a link can be mailed
	sent     bool
	approval bool
	wrong    wrong
}

func (h *handlers) signUpPage(w http.ResponseWriter, r *http.Request, v visit) error {
	to := web.Local(r.URL.Query().Get("to"), v.Path())
	if org.Who(r.Context()) != nil {
		return web.Redirect(w, r, to)
	}
	return h.showSignUp(w, r, signUpView{visit: v, in: community.NewMember{To: to}})
}

func (h *handlers) showSignUp(w http.ResponseWriter, r *http.Request, v signUpView) error {
	v.mails = h.org.CanMail(r.Context())
	w.Header().Set("Cache-Control", "no-store")
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.sign_up"), Head: entryHead(v.visit, h.s.URL(r.Context(), v.Community)+"/sign-up")}, signUpBody(v))
}

func (h *handlers) signUp(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx := r.Context()
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	lang := i18n.Lang(ctx)
	if lang == i18n.Pseudo {
		lang = "en"
	}
	page := signUpView{visit: v, in: community.NewMember{Name: f.Text("name"), Email: f.Text("email"), Password: f.Get("password"), Lang: lang, To: web.Local(f.Text("to"), v.Path())}}
	done, err := h.s.SignUp(ctx, v.Community, page.in, web.VisitOf(r))
	if err != nil {
		if page.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showSignUp(w, r, page)
	}
	h.web.Keep(w, upCookie, done.Browser, org.ConfirmFor)
	page.sent, page.approval = true, done.Approval
	return h.showSignUp(w, r, page)
}

type confirmView struct {
	visit
	waiting org.Waiting
	secret  string
	proven  bool // this browser signed up
	wrong   wrong
}

// secretOf reads the secret of a link and keeps the page out of every cache.
func secretOf(w http.ResponseWriter, r *http.Request) string {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Referrer-Policy", "no-referrer")
	return r.PathValue("secret")
}

func browserOf(r *http.Request) string {
	if c, err := r.Cookie(upCookie); err == nil {
		return c.Value
	}
	return ""
}

func (h *handlers) confirmPage(w http.ResponseWriter, r *http.Request, v visit) error {
	return h.showConfirm(w, r, v, secretOf(w, r), nil)
}

func (h *handlers) showConfirm(w http.ResponseWriter, r *http.Request, v visit, secret string, bad wrong) error {
	ctx := r.Context()
	waiting, err := h.org.SignUpOf(ctx, secret)
	if problem.Is(err, problem.Missing) {
		web.Invalid(w)
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "org.dead_link_title")}, deadLinkBody(v))
	}
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.confirm")}, confirmBody(confirmView{v, waiting, secret, h.org.SameBrowser(ctx, waiting, browserOf(r)), bad}))
}

func (h *handlers) confirm(w http.ResponseWriter, r *http.Request, v visit) error {
	ctx, secret := r.Context(), secretOf(w, r)
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	token, waiting, err := h.s.Confirm(ctx, secret, browserOf(r), f.Get("password"), h.web.Visit(r))
	if token == "" && err != nil {
		if problem.Is(err, problem.Missing) || problem.Is(err, problem.Conflict) {
			return h.showConfirm(w, r, v, secret, nil)
		}
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return h.showConfirm(w, r, v, secret, bad)
	}
	if err != nil { // they are a member; what should follow did not
		return err
	}
	if err := h.web.LetIn(w, r, token); err != nil {
		return err
	}
	h.web.Keep(w, upCookie, "", 0)
	web.Flash(w, r, ui.Success, "community.welcome", "Name", waiting.Name)
	return web.Redirect(w, r, landing(waiting.To, v))
}

// landing is where somebody goes on who has just become a member.
func landing(to string, v visit) string {
	to = web.Local(to, v.Path())
	if strings.HasSuffix(to, "/sign-in") || strings.HasSuffix(to, "/sign-up") {
		return v.Path()
	}
	return to
}

type invitedView struct {
	visit
	invitation community.Invitation
	known      bool // somebody has an account with the address
	me         bool // and is signed in
	secret     string
	in         community.NewMember
	wrong      wrong
}

// title names what the link lets into.
func (v invitedView) title(ctx context.Context) string {
	name := v.Called()
	if v.invitation.Group.ID != "" {
		name = v.SpaceName(v.invitation.Group)
	}
	return i18n.T(ctx, "community.join_name", "Name", name)
}

// signIn is where whoever was invited signs in: a community that does not show itself has no such page for them.
func (v invitedView) signIn(ctx context.Context) string {
	if v.Sight.Shows(v.ID) || web.AtOwnHost(ctx) {
		return href(ctx, v.Community, "/sign-in")
	}
	return "/sign-in"
}

// invited finds what a link invites to. It lets in who has it, so it is asked of no place whether that shows itself.
func (h *handlers) invited(w http.ResponseWriter, r *http.Request) (invitedView, error) {
	ctx := r.Context()
	v := invitedView{secret: secretOf(w, r)}
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return v, err
	}
	c, _ := o.Community(r.PathValue("slug"))
	if c.ID == "" {
		return v, problem.New(problem.Missing, "problem.not_found")
	}
	v.visit = visit{c, o, i18n.Lang(ctx)}
	v.invitation, v.known, err = h.s.InvitationOf(ctx, c, v.secret)
	if m := org.Who(ctx); m != nil && err == nil {
		v.me = m.Email == v.invitation.Email
	}
	return v, err
}

func (h *handlers) invitedPage(w http.ResponseWriter, r *http.Request) error {
	v, err := h.invited(w, r)
	if err != nil {
		return err
	}
	return showInvited(w, r, v)
}

func showInvited(w http.ResponseWriter, r *http.Request, v invitedView) error {
	return web.Show(w, r, web.Page{Title: v.title(r.Context())}, invitedBody(v))
}

func (h *handlers) come(w http.ResponseWriter, r *http.Request) error {
	v, err := h.invited(w, r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	lang := v.Lang
	if lang == i18n.Pseudo {
		lang = "en"
	}
	v.in = community.NewMember{Name: f.Text("name"), Password: f.Get("password"), Lang: lang}
	token, err := h.s.Come(r.Context(), v.Community, v.secret, v.in, h.web.Visit(r))
	if err != nil && token == "" {
		if v.wrong, err = mend(r.Context(), w, err); err != nil {
			return err
		}
		return showInvited(w, r, v)
	}
	if token != "" {
		if err := h.web.LetIn(w, r, token); err != nil {
			return err
		}
	}
	if err != nil { // they have their account; the link lets them in once they are signed in
		return err
	}
	if sp := v.invitation.Group; sp.ID != "" {
		web.Flash(w, r, ui.Success, "community.joined_space", "Space", v.SpaceName(sp))
		return web.Redirect(w, r, v.Path()+"/"+sp.Slug)
	}
	web.Flash(w, r, ui.Success, "community.joined", "Name", v.Called())
	return web.Redirect(w, r, v.Path())
}

type joinView struct {
	visit
	state community.State
	wrong wrong
}

func (h *handlers) joinPage(w http.ResponseWriter, r *http.Request, v visit) error {
	if v.Sight.Joined(v.ID) {
		return web.Redirect(w, r, v.Path())
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.join_name", "Name", v.Called())}, joinBody(joinView{visit: v, state: v.Sight.Waits(v.ID)}))
}

func (h *handlers) join(w http.ResponseWriter, r *http.Request, v visit) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	state, err := h.s.Join(r.Context(), v.ID, f.Text("words"))
	if err != nil {
		return refused(w, r, err, v.Path()+"/join")
	}
	if state == community.Asked {
		web.Flash(w, r, ui.Success, "community.asked_done")
		return web.Redirect(w, r, v.Path()+"/join")
	}
	web.Flash(w, r, ui.Success, "community.joined", "Name", v.Called())
	return web.Redirect(w, r, v.Path())
}

func (h *handlers) leave(w http.ResponseWriter, r *http.Request, v visit) error {
	if err := h.s.Leave(r.Context(), v.ID); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.left", "Name", v.Called())
	if v.Audience == community.Everybody {
		return web.Redirect(w, r, v.Path())
	}
	return web.Redirect(w, r, v.Path()+"/join")
}
