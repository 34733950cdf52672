package communityweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// threads registers the pages of questions and discussions.
func (h *handlers) threads(r *web.Routes) {
	h.files(r)
	h.choices(r)
	r.Page("GET /c/{slug}/all", org.Public, h.in(h.everything))
	r.Page("GET /c/{slug}/{space}", org.Public, h.in(h.space))
	r.Page("GET /c/{slug}/{space}/{file}", org.Public, h.in(h.spaceFile))
	h.outward(r)
	r.Page("GET /c/{slug}/t/{thread}", org.Public, h.in(h.thread))
	r.Page("GET /c/{slug}/t/{thread}/{words}", org.Public, h.in(h.thread))
	r.Page("GET /c/{slug}/p/{post}", org.Public, h.in(h.post))
	r.Page("GET /c/{slug}/p/{post}/history", org.Public, h.in(h.history))
	r.Page("GET /c/{slug}/p/{post}/edit", org.SignedIn, h.in(h.editing))
	r.Do("POST /c/{slug}/p/{post}/edit", org.SignedIn, h.in(h.edit))
	r.Page("GET /c/{slug}/ask", org.Public, h.in(h.asking))
	r.Do("POST /c/{slug}/ask", org.Public, h.in(h.ask))
	r.Page("GET /c/{slug}/similar", org.Public, h.in(h.similar))
	r.Do("POST /c/{slug}/p/{post}/reply", org.Public, h.in(h.reply))
	r.Do("POST /c/{slug}/p/{post}/vote", org.SignedIn, h.in(h.vote))
	r.Do("POST /c/{slug}/p/{post}/pick", org.SignedIn, h.in(h.pick))
	r.Do("POST /c/{slug}/p/{post}/delete", org.SignedIn, h.in(h.remove))
	r.Do("POST /c/{slug}/t/{thread}/follow", org.SignedIn, h.in(h.follow))
	r.Do("POST /c/{slug}/t/{thread}/turn", org.SignedIn, h.in(h.turn))
}

// in lets in who sees the community.
func (h *handlers) in(do web.Handler) web.Handler {
	return h.inside(func(w http.ResponseWriter, r *http.Request, v visit) error {
		err := do(w, r)
		if community.Restrained(err) { // there it says until when and why, and how to disagree
			return web.Redirect(w, r, v.Path()+"/mine")
		}
		return err
	})
}

// latest shows what was said last in a community.
func (h *handlers) latest(ctx context.Context, at visit) (templ.Component, error) {
	v := &listView{hall: hall{Sight: at.Sight, place: at.Community, who: org.Who(ctx), now: h.s.Now(), lang: at.Lang}, order: community.Active, lines: &h.lines}
	var err error
	if v.list, err = h.s.Threads(ctx, at.Sight, community.Query{Community: at.ID, Order: community.Active}); err != nil {
		return nil, err
	}
	v.list.Threads = v.list.Threads[:min(len(v.list.Threads), latestMost)]
	if v.unread, err = h.s.Unread(ctx, v.who, v.list.Threads); err != nil {
		return nil, err
	}
	return latestList(v), nil
}

// latestMost is how many threads the first page of a community shows.
const latestMost = 8

// listView is a page of threads.
type listView struct {
	hall
	space  *community.Space // nil for all of the community
	order  community.Order
	page   int
	list   community.List
	unread map[string]bool
	lines  *ui.Memo
}

func (v *listView) title(ctx context.Context) string {
	if v.space == nil {
		return i18n.T(ctx, "community.thread.all")
	}
	return v.space.Called(v.lang, v.place.Langs...)
}

// kept is the line, drawn again only when something it shows has changed.
func kept(ctx context.Context, v *listView, t *community.Thread) templ.Component {
	where, waits, last := "", "", ""
	if v.space == nil {
		where = v.href(ctx, v.spacePath(t.Space)) + "\x00" + v.spaceName(t.Space)
	}
	if v.order == community.Waiting {
		waits = i18n.For(ctx, v.now.Sub(t.At))
	} else if t.LastAt.After(t.At) {
		last = ui.AgoText(ctx, t.LastAt, v.now)
	}
	return v.lines.Component(line(v, t), *t, v.unread[t.ID], v.order == community.Waiting, v.href(ctx, ""), where, ui.AgoText(ctx, t.At, v.now), waits, last)
}

// base is the path of the list in its community.
func (v *listView) base() string {
	if v.space == nil {
		return "/all"
	}
	return "/" + v.space.Slug
}

func (v *listView) at(ctx context.Context, order community.Order, page int) string {
	q := url.Values{}
	if order != community.Active {
		q.Set("order", string(order))
	}
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	to := v.href(ctx, v.base())
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

func (v *listView) tabs(ctx context.Context) []ui.Tab {
	var out []ui.Tab
	for _, o := range community.Orders() {
		if (o == community.Waiting || o == community.Unsolved) && v.space != nil && !v.space.Takes(community.Questions) {
			continue
		}
		out = append(out, ui.Tab{Label: i18n.T(ctx, "community.thread.order."+string(o)), Href: v.at(ctx, o, 0), Current: o == v.order})
	}
	return out
}

// begins says which kinds of thread whoever asks may begin from here. Somebody who has not signed in is shown the way too.
func (v *listView) begins(kind string) bool {
	for _, sp := range v.Spaces(v.place.ID) {
		if v.space != nil && sp.ID != v.space.ID || !sp.Takes(kind) || !v.May(sp.ID) {
			continue
		}
		if v.MayWrite(sp.ID) || v.who == nil && sp.Access == community.OpenSpace && v.place.SignUp != community.Closed {
			return true
		}
	}
	return false
}

func (v *listView) askHref(ctx context.Context, kind string) string {
	to := v.href(ctx, "/ask") + "?kind=" + kind
	if v.space != nil {
		to += "&space=" + url.QueryEscape(v.space.Slug)
	}
	return to
}

func (h *handlers) everything(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	return h.list(w, r, &listView{hall: v, lines: &h.lines})
}

func (h *handlers) space(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	sp, known := v.Space(v.place.ID, r.PathValue("space"))
	if !known {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if !v.May(sp.ID) {
		return web.Redirect(w, r, v.place.Path()+"/spaces") // where one asks to be let in
	}
	if sp.Takes(community.Ideas) && !sp.Takes(community.Questions) && !sp.Takes(community.Discussions) {
		return h.showBoard(w, r, v, &sp)
	}
	if len(sp.Holds) == 1 && sp.Takes(community.Events) {
		return h.showEvents(w, r, v, &sp)
	}
	if len(sp.Holds) == 1 && sp.Takes(community.Articles) {
		return h.showArticles(w, r, v, &sp)
	}
	return h.list(w, r, &listView{hall: v, space: &sp, lines: &h.lines})
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request, v *listView) error {
	if h.unchanged(w, r, &v.hall) {
		return nil
	}
	ctx := r.Context()
	v.order = community.Active
	for _, o := range community.Orders() {
		if string(o) == r.URL.Query().Get("order") {
			v.order = o
		}
	}
	v.page, _ = strconv.Atoi(r.URL.Query().Get("page"))
	v.page = max(v.page, 0)
	in := community.Query{Community: v.place.ID, Order: v.order, Page: v.page}
	if v.space != nil {
		in.Space = v.space.ID
	}
	var err error
	if v.list, err = h.s.Threads(ctx, v.Sight, in); err != nil {
		return err
	}
	if v.unread, err = h.s.Unread(ctx, v.who, v.list.Threads); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: v.title(ctx), Head: listHead(v)}, listPage(v))
}
