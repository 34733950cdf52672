package communityweb

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// notices registers the pages of notices.
func (h *handlers) notices(r *web.Routes) {
	r.Page("GET /c/{slug}/notices", org.SignedIn, h.in(h.noticeList))
	r.Do("POST /c/{slug}/notices/read", org.SignedIn, h.in(h.readNotices))
	r.Page("GET /c/{slug}/notices/settings", org.SignedIn, h.in(h.noticeSettings))
	r.Do("POST /c/{slug}/notices/settings", org.SignedIn, h.in(h.saveNoticeSettings))
	r.Page("GET /c/{slug}/notices/{notice}", org.SignedIn, h.in(h.notice))
	r.Do("POST /c/{slug}/t/{thread}/level", org.SignedIn, h.in(h.setLevel))
	r.Page("GET /c/{slug}/mail/{token}", org.Public, h.stopPage)
	r.Do("POST /c/{slug}/mail/{token}", org.Public, h.stop)
}

// noticesView is the page of notices, or of what somebody hears of.
type noticesView struct {
	hall
	list   []community.Notice
	fresh  int
	wish   community.Wish
	spaces []community.Space
	mails  bool

	browsers  *browsersView // nil where browsers are not told
	addresses [][2]string   // of spaces, where they are written to by mail
}

func (h *handlers) noticeList(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := &noticesView{hall: at}
	if v.list, err = h.s.Notices(ctx, at.Sight, at.place.ID); err != nil {
		return err
	}
	if v.fresh, err = h.s.NewNotices(ctx, at.Sight, at.place.ID); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.notice.title"), Head: hidden()}, noticesPage(v))
}

func (h *handlers) readNotices(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	if err := h.s.ReadAllNotices(r.Context(), v.place.ID); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.notice.all_read")
	return web.Redirect(w, r, v.place.Path()+"/notices")
}

// notice leads to what a notice is about; it is read then.
func (h *handlers) notice(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	n, err := h.s.ReadNotice(ctx, v.Sight, v.place.ID, r.PathValue("notice"))
	if err != nil {
		return err
	}
	switch n.Kind {
	case community.Asking, community.BridgeAsked, community.BridgeAnswer, community.BridgeBrought, community.AsksIn, community.CameIn, community.KeptOut, community.AskedIn, community.MadeKeeper, community.HandedIn, community.ArticleBack, community.ArticleOut, community.ArticleOld:
		return web.Redirect(w, r, n.Subject)
	}
	to := "/notices"
	switch n.Kind {
	case community.JuryAsked, community.JuryDue, community.MovedCall, community.CallResult:
		to = "/challenges/" + n.Post
	case community.WordsOfThanks:
		handle, err := h.s.HandleOf(ctx, v.place.Channel, "mailto:"+v.who.Email)
		if err != nil {
			return err
		}
		if handle != "" {
			to = "/people/" + handle
		}
	default:
		if n.Title != "" {
			to = "/p/" + n.Post
		}
	}
	return web.Redirect(w, r, v.place.Path()+to)
}

func (h *handlers) noticeSettings(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := &noticesView{hall: at, mails: h.s.CanMail(ctx)}
	if v.wish, err = h.s.Wishes(ctx, at.Sight, at.place.ID); err != nil {
		return err
	}
	for _, sp := range at.Spaces(at.place.ID) {
		if at.May(sp.ID) && sp.ArchivedAt.IsZero() {
			v.spaces = append(v.spaces, sp)
			if a := h.s.SpaceAddress(ctx, at.place, sp); a != "" && at.MayWrite(sp.ID) {
				v.addresses = append(v.addresses, [2]string{sp.ID, a})
			}
		}
	}
	if v.browsers, err = h.browsersOf(r, at.place.ID); err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", w.Header().Get("Content-Security-Policy")+"; worker-src 'self'")
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.notice.settings"), Head: hidden()}, noticeSettings(v))
}

func (h *handlers) saveNoticeSettings(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	wish, err := h.s.Wishes(ctx, v.Sight, v.place.ID)
	if err != nil {
		return err
	}
	wish.Level = community.Level(f.Text("level"))
	for _, sp := range v.Spaces(v.place.ID) {
		if f.Has("space-" + sp.ID) {
			wish.Spaces[sp.ID] = community.Level(f.Text("space-" + sp.ID))
		}
	}
	if h.s.CanMail(ctx) {
		wish.Mail, wish.Digest = f.Text("mail") != "", community.Rhythm(f.Text("digest"))
	}
	if err := h.s.SetWishes(ctx, v.Sight, v.place.ID, wish); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.notice.saved")
	return web.Redirect(w, r, v.place.Path()+"/notices/settings")
}

func (h *handlers) setLevel(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.SetLevelOf(r.Context(), v.place.ID, v.t.ID, community.Level(f.Text("level"))); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.notice.saved")
	return web.Redirect(w, r, v.place.Path()+v.t.Path())
}

// stopping finds what a link in a mail ends. The link is all that is asked for: whoever has it got the mail, also when they may see the community
// no more.
func (h *handlers) stopping(r *http.Request) (community.Community, error) {
	all, err := h.s.Map(r.Context())
	if err != nil {
		return community.Community{}, err
	}
	c, found := all.BySlug(r.PathValue("slug"))
	if !found {
		return c, problem.New(problem.Missing, "problem.not_found")
	}
	return c, nil
}

func (h *handlers) stopPage(w http.ResponseWriter, r *http.Request) error {
	c, err := h.stopping(r)
	if err != nil {
		return err
	}
	x, err := h.s.Subscribed(r.Context(), c.ID, r.PathValue("token"))
	if err != nil {
		return err
	}
	return h.showStop(w, r, x, "")
}

// stop ends what a link was for: by the button of the page, or by the mail program alone (RFC 8058).
func (h *handlers) stop(w http.ResponseWriter, r *http.Request) error {
	c, err := h.stopping(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	thread := f.Text("what") == "thread"
	x, err := h.s.Unsubscribe(r.Context(), c.ID, r.PathValue("token"), thread)
	if err != nil {
		return err
	}
	if thread {
		return h.showStop(w, r, x, "community.notice.stopped_thread")
	}
	return h.showStop(w, r, x, "community.notice.stopped")
}

func (h *handlers) showStop(w http.ResponseWriter, r *http.Request, x community.Subscription, done string) error {
	ctx := r.Context()
	w.Header().Set("Referrer-Policy", "no-referrer")
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.notice.stop"), Head: hidden()}, stopPage(x, href(ctx, x.Community, "/mail/"+r.PathValue("token")), done))
}

func bellLabel(ctx context.Context, fresh int) string {
	if fresh == 0 {
		return i18n.T(ctx, "community.notice.title")
	}
	return i18n.N(ctx, "community.notice.bell", fresh)
}

// line is a notice in the list: what happened, and to what.
func (v *noticesView) line(ctx context.Context, n *community.Notice) ui.ItemProps {
	p := ui.ItemProps{Href: v.href(ctx, "/notices/"+n.ID), Title: n.Line(ctx), From: n.By, At: i18n.Ago(ctx, n.At, v.now), Stamp: n.At.Format(time.RFC3339), Unread: n.ReadAt.IsZero(), Excerpt: n.Words}
	if n.Title != "" {
		p.Excerpt = n.Title + i18n.T(ctx, "community.notice.colon") + n.Excerpt
		if n.Words != "" {
			p.Excerpt = n.Words
		}
	}
	return p
}

func levelOptions(ctx context.Context, space bool) []ui.Option {
	var out []ui.Option
	if space {
		out = append(out, ui.Option{Value: "", Label: i18n.T(ctx, "community.notice.level.like")})
	}
	for _, l := range []community.Level{community.Everything, community.Mine, community.Silence} {
		out = append(out, ui.Option{Value: string(l), Label: i18n.T(ctx, "community.notice.level."+string(l))})
	}
	return out
}

func rhythmOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, l := range community.Rhythms() {
		out = append(out, ui.Option{Value: string(l), Label: i18n.T(ctx, "community.notice.rhythm."+string(l))})
	}
	return out
}
