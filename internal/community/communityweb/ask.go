package communityweb

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// askView is the form in which a thread begins.
type askView struct {
	hall
	kind    string
	spaces  []ui.Option
	in      community.Draft
	token   string
	similar []community.Thread
	looked  bool // similar threads were looked for, and the same title is not looked for again
	preview string
	form    *web.Form
	back    bool // the words are those kept before signing up

	choices, ends string // of a poll
	several       bool
}

// spaceID is the space that is chosen, or the first.
func (v *askView) spaceID() string {
	sp, known := v.Space(v.place.ID, v.in.Space)
	if !known && len(v.spaces) > 0 {
		sp, _ = v.Space(v.place.ID, v.spaces[0].Value)
	}
	return sp.ID
}

func (v *askView) question() bool { return v.kind == community.Questions }

func (v *askView) problem(ctx context.Context, field string) string {
	return problemOn(ctx, v.form, field)
}

func (v *askView) errors(ctx context.Context) []ui.FieldError { return problemsOf(ctx, v.form) }

// askView makes the form of a kind of thread, with the spaces where whoever asks may begin one.
func (h *handlers) askView(r *http.Request, kind string) (*askView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &askView{hall: at, kind: community.Questions, token: id.New()}
	if kind == community.Discussions {
		v.kind = community.Discussions
	}
	for _, sp := range at.Spaces(at.place.ID) {
		invited := at.who == nil && sp.Access == community.OpenSpace && sp.ArchivedAt.IsZero() && at.place.SignUp != community.Closed
		if sp.Takes(v.kind) && (at.MayWrite(sp.ID) || invited) {
			v.spaces = append(v.spaces, ui.Option{Value: sp.Slug, Label: sp.Called(at.lang, at.place.Langs...)})
		}
	}
	if len(v.spaces) == 0 {
		if at.who == nil {
			return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
		}
		return nil, h.s.JoinFirst(r.Context(), at.place.ID)
	}
	return v, nil
}

func (v *askView) title(ctx context.Context) string {
	if v.question() {
		return i18n.T(ctx, "community.thread.ask")
	}
	return i18n.T(ctx, "community.thread.start")
}

func (h *handlers) asking(w http.ResponseWriter, r *http.Request) error {
	q := r.URL.Query()
	v, err := h.askView(r, q.Get("kind"))
	if err != nil {
		return err
	}
	v.in = community.Draft{Space: q.Get("space"), Title: clip(q.Get("title"), 600)}
	if secret := draftSecret(r); secret != "" {
		if d, found, err := h.s.DraftOf(r.Context(), secret, v.place.ID); err == nil && found && d.Post == "" {
			if again, err := h.askView(r, d.Kind); err == nil {
				v, v.in, v.back = again, d, true
				again.in = d
			}
		}
	}
	return h.showAsk(w, r, v)
}

func clip(s string, n int) string {
	if len(s) > n {
		s = strings.ToValidUTF8(s[:n], "")
	}
	return s
}

func (h *handlers) showAsk(w http.ResponseWriter, r *http.Request, v *askView) error {
	return web.Show(w, r, web.Page{Title: v.title(r.Context()), Whole: true}, askPage(v))
}

// ask begins a thread. A question is first held against those that were asked before, once, unless its form says that it was.
func (h *handlers) ask(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	f, err := h.readForm(r, &at.place)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v, err := h.askView(r, f.Text("kind"))
	if err != nil {
		return err
	}
	v.choices, v.ends, v.several = f.Text("choices"), f.Text("ends"), f.Text("several") != ""
	v.form, v.token = f, clip(f.Text("token"), 100)
	v.in = community.Draft{Space: f.Text("space"), Kind: v.kind, Title: f.Text("title"), Body: f.Text("body"), Tags: f.Text("tags")}
	v.looked = f.Text("looked") == v.in.Title && v.in.Title != ""
	if !f.OK() {
		web.Invalid(w)
		return h.showAsk(w, r, v)
	}
	if f.Text("do") == "preview" {
		v.preview = community.Preview(v.in.Body)
		return h.showAsk(w, r, v)
	}
	if v.question() && !v.looked {
		if v.similar, err = h.s.Similar(ctx, v.Sight, v.place.ID, v.in.Title); err != nil {
			return err
		}
		v.looked = v.in.Title != ""
		if len(v.similar) > 0 {
			return h.showAsk(w, r, v)
		}
	}
	if v.who == nil {
		err := h.keep(w, r, &v.hall, v.in, "/ask?kind="+v.kind)
		if err != nil && problem.Of(err).Field != "" {
			f.Refuse(err)
			web.Invalid(w)
			return h.showAsk(w, r, v)
		}
		return err
	}
	// A space that was closed to them meanwhile is not another, open one.
	if _, known := v.Space(v.place.ID, v.in.Space); !known && v.in.Space != "" {
		return problem.New(problem.Missing, "problem.not_found")
	}
	begin := community.Begin{Space: v.spaceID(), Kind: v.kind, Title: v.in.Title, Body: v.in.Body, Tags: v.in.Tags, Token: v.token, Lang: v.lang}
	if !v.question() {
		begin.Choices, begin.Several = v.choices, v.several
		begin.EndsAt, err = pollEnd(ctx, v.ends)
	}
	thread := ""
	if err == nil {
		thread, err = h.s.Start(ctx, begin)
	}
	if community.Waits(err) {
		web.Said(w, r, f)
		return h.waits(w, r, &v.place)
	}
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showAsk(w, r, v)
	}
	if err != nil {
		return err
	}
	h.dropDraft(w, r)
	web.Said(w, r, f)
	web.Flash(w, r, ui.Success, "community.thread.posted")
	return web.Redirect(w, r, v.place.Path()+"/t/"+thread)
}

// similar lists what was asked before, while a title is typed.
func (h *handlers) similar(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	list, err := h.s.Similar(r.Context(), v.Sight, v.place.ID, r.URL.Query().Get("title"))
	if err != nil {
		return err
	}
	return web.Part(w, r, similarList(&v, list))
}

// draftCookie holds the secret of what a visitor wrote before signing up.
const draftCookie = "draft"

func draftSecret(r *http.Request) string {
	c, err := r.Cookie(draftCookie)
	if err != nil || len(c.Value) < 20 || len(c.Value) > 200 {
		return ""
	}
	return c.Value
}

// keep keeps what somebody wrote who has not signed in, and sends them to sign in or up; they come back to where they wrote it.
func (h *handlers) keep(w http.ResponseWriter, r *http.Request, v *hall, d community.Draft, back string) error {
	secret := draftSecret(r)
	if secret == "" {
		var b [24]byte
		rand.Read(b[:]) // never fails: see crypto/rand
		secret = base64.RawURLEncoding.EncodeToString(b[:])
	}
	if err := h.s.KeepDraft(r.Context(), secret, v.place.ID, d); err != nil {
		return err
	}
	http.SetCookie(w, &http.Cookie{Name: draftCookie, Value: secret, Path: "/", MaxAge: int(community.DraftFor.Seconds()), HttpOnly: true,
		SameSite: http.SameSiteLaxMode, Secure: strings.HasPrefix(v.url, "https://")})
	web.Flash(w, r, ui.Info, "community.thread.kept")
	return web.Redirect(w, r, v.place.Path()+"/sign-in?to="+url.QueryEscape(v.href(r.Context(), back)))
}

func (h *handlers) dropDraft(w http.ResponseWriter, r *http.Request) {
	secret := draftSecret(r)
	if secret == "" {
		return
	}
	http.SetCookie(w, &http.Cookie{Name: draftCookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	_ = h.s.DropDraft(r.Context(), secret) // it runs out by itself
}
