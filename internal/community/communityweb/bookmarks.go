package communityweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// choices registers reactions, bookmarks, polls and splitting.
func (h *handlers) choices(r *web.Routes) {
	r.Do("POST /c/{slug}/p/{post}/react", org.SignedIn, h.in(h.react))
	r.Do("POST /c/{slug}/p/{post}/bookmark", org.SignedIn, h.in(h.bookmark))
	r.Page("GET /c/{slug}/bookmarks", org.SignedIn, h.in(h.bookmarks))
	r.Do("POST /c/{slug}/t/{thread}/poll", org.SignedIn, h.in(h.answerPoll))
	r.Page("GET /c/{slug}/t/{thread}/split", org.SignedIn, h.in(h.splitting))
	r.Do("POST /c/{slug}/t/{thread}/split", org.SignedIn, h.in(h.split))
}

func (h *handlers) react(w http.ResponseWriter, r *http.Request) error {
	v, p, t, f, err := h.onPost(r)
	if err != nil {
		return err
	}
	if _, _, err := h.s.React(r.Context(), v.place.ID, p.ID, f.Text("reaction"), f.Text("on") != "no"); err != nil {
		return err
	}
	return h.backToPost(w, r, &v, &t, &p)
}

func (h *handlers) bookmark(w http.ResponseWriter, r *http.Request) error {
	v, p, t, f, err := h.onPost(r)
	if err != nil {
		return err
	}
	if _, _, err := h.s.Bookmark(r.Context(), v.place.ID, p.ID, f.Text("wanted") != "no"); err != nil {
		return err
	}
	if f.Text("from") == "bookmarks" {
		return web.Redirect(w, r, v.place.Path()+"/bookmarks")
	}
	return h.backToPost(w, r, &v, &t, &p)
}

// backToPost shows a post again after something was done with it.
func (h *handlers) backToPost(w http.ResponseWriter, r *http.Request, v *hall, t *community.Thread, p *community.Post) error {
	to, err := h.toPost(r.Context(), t, p)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, v.place.Path()+to)
}

type bookmarksView struct {
	hall
	list []community.Bookmarked
	page int
	more bool
}

func (v *bookmarksView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.page > 0 {
		p.Newer = v.href(ctx, "/bookmarks") + "?page=" + strconv.Itoa(v.page-1)
	}
	if v.more {
		p.Older = v.href(ctx, "/bookmarks") + "?page=" + strconv.Itoa(v.page+1)
	}
	return p
}

func (h *handlers) bookmarks(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	v := &bookmarksView{hall: at, page: max(0, number(r.URL.Query().Get("page")))}
	if v.list, v.more, err = h.s.Bookmarks(r.Context(), at.Sight, at.place.ID, v.page); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.post.bookmarks"), Head: hidden()}, bookmarksPage(v))
}

func (h *handlers) answerPoll(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	var choices []int
	if f.Text("do") != "back" {
		for _, c := range f.Values["choice"][:min(len(f.Values["choice"]), 100)] {
			n, err := strconv.Atoi(c)
			if err != nil {
				return problem.New(problem.Invalid, "community.poll.no_such_choice")
			}
			choices = append(choices, n)
		}
		if len(choices) == 0 {
			web.Flash(w, r, ui.Warning, "community.poll.choose")
			return web.Redirect(w, r, v.place.Path()+v.t.Path())
		}
	}
	if _, err := h.s.Answer(r.Context(), v.place.ID, v.t.ID, choices); err != nil {
		return err
	}
	return web.Redirect(w, r, v.place.Path()+v.t.Path()+"#poll")
}

// pollEnd is the end of a day in the zone of whoever asks; zero for no day.
func pollEnd(ctx context.Context, day string) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	at, err := time.ParseInLocation(time.DateOnly, day, i18n.Zone(ctx))
	if err != nil {
		return at, problem.New(problem.Invalid, "community.poll.bad_end").On("ends")
	}
	return at.AddDate(0, 0, 1), nil
}

// splitView is the form in which posts are chosen that become a thread of their own.
type splitView struct {
	*threadView
	title  string
	chosen []string
	form   *web.Form
}

func (v *splitView) wants(post string) bool { return slices.Contains(v.chosen, post) }

// elsewhere are the posts chosen on other pages.
func (v *splitView) elsewhere() []string {
	here := v.candidates()
	return slices.DeleteFunc(slices.Clone(v.chosen), func(id string) bool {
		return slices.ContainsFunc(here, func(p community.Post) bool { return p.ID == id })
	})
}

// leaves are the pages beside the one that is shown, as people count them.
func (v *splitView) leaves() []string {
	var out []string
	for n := range v.leaf.Pages {
		if n != v.page && len(v.chosen) <= community.MaxSplit {
			out = append(out, strconv.Itoa(n+1))
		}
	}
	return out
}

// candidates are the posts of the page that can be chosen.
func (v *splitView) candidates() []community.Post {
	var out []community.Post
	add := func(list []community.Post) {
		for _, p := range list {
			if p.DeletedAt.IsZero() {
				out = append(out, p)
			}
		}
	}
	add(v.comments[v.t.ID])
	for i := range v.posts {
		add(v.posts[i : i+1])
		add(v.comments[v.posts[i].ID])
	}
	return out
}

func (h *handlers) splitView(r *http.Request) (*splitView, error) {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return nil, err
	}
	if !v.MayModerate(v.t.Space) || !v.t.DeletedAt.IsZero() {
		return nil, problem.New(problem.Forbidden, "problem.forbidden")
	}
	v.page = number(r.URL.Query().Get("page")) - 1
	return &splitView{threadView: v}, h.fill(r.Context(), v)
}

func (h *handlers) splitting(w http.ResponseWriter, r *http.Request) error {
	v, err := h.splitView(r)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.thread.do.split"), Head: hidden()}, splitPage(v))
}

func (h *handlers) split(w http.ResponseWriter, r *http.Request) error {
	v, err := h.splitView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	v.form, v.title, v.chosen = f, f.Text("title"), f.Values["post"]
	if to := number(f.Text("go")); to > 0 { // posts of another page are chosen too
		v.page, v.form = to-1, nil
		if err := h.fill(r.Context(), v.threadView); err != nil {
			return err
		}
		return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.thread.do.split"), Head: hidden()}, splitPage(v))
	}
	thread, err := h.s.Split(r.Context(), v.place.ID, v.t.ID, v.title, slices.Clone(v.chosen))
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.thread.do.split"), Head: hidden()}, splitPage(v))
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.thread.changed")
	return web.Redirect(w, r, v.place.Path()+"/t/"+thread)
}

func (v *splitView) splitHref(ctx context.Context) string {
	to := v.href(ctx, "/t/"+v.t.ID+"/split")
	if v.page > 0 {
		to += "?page=" + strconv.Itoa(v.page+1)
	}
	return to
}

// reacts reports whether whoever asks may show reactions.
func (v *threadView) reacts() bool { return v.who != nil && v.writes && v.t.Open() }

// reactionsOn are all reactions for who may show them, else those that somebody showed.
func (v *threadView) reactionsOn(p *community.Post) []community.Reacted {
	have := v.reacted[p.ID]
	if !v.reacts() {
		return have
	}
	var out []community.Reacted
	for _, r := range community.Reactions() {
		one := community.Reacted{Reaction: r}
		if i := slices.IndexFunc(have, func(h community.Reacted) bool { return h.Reaction == r }); i >= 0 {
			one = have[i]
		}
		out = append(out, one)
	}
	return out
}

func reactionIcon(reaction string) string {
	return map[string]string{"thanks": "heart", "agree": "handshake", "smile": "smile", "cheer": "sparkles", "wonder": "circle-help"}[reaction]
}

// pollOpen reports whether whoever asks may vote.
func (v *threadView) pollOpen() bool { return v.who != nil && v.writes && !v.t.Locked && !v.poll.Ended }

func bookmarkTitle(ctx context.Context, b *community.Bookmarked) string {
	if b.ThreadTitle == "" {
		return i18n.T(ctx, "community.thread.removed")
	}
	return b.ThreadTitle
}

// excerptOf is the beginning of what a post says, without marks.
func excerptOf(markdown string) string { return community.Excerpt(markdown) }
