package communityweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// threadView is the page of a thread.
type threadView struct {
	hall
	t        community.Thread
	first    community.Post
	posts    []community.Post            // the others: answers by use, or replies by time
	comments map[string][]community.Post // by the post they are on
	names    map[string]string           // who said a post of a discussion
	votes    map[string]int              // of whoever asks
	follows  bool
	level    community.Level // how much whoever asks wants to hear of it
	writes   bool            // whoever asks may say something here
	invited  bool            // or may sign up to
	form     *web.Form
	to       string    // the post that the form answers
	turned   *web.Form // what who moderates asked for and cannot be
	token    string
	draft    *community.Draft
	idea     *ideaView // nil for what is none
	leaf     community.Leaf
	page     int // from 0
	reacted  map[string][]community.Reacted
	marked   map[string]bool // posts that whoever asks has put aside
	poll     *community.Poll
	quote    string // what the form begins with
	articles *articleLinks
	event    *eventView // nil for what is none
	date     string     // of an event that repeats, as the address names it; "" for the next
	marks    map[string]Mark
	asked    []string           // names of those asked to look at the question
	bridges  []community.Bridge // for the team: what was asked inside of it, or what it was asked inside for
}

// turnField is where who moderates says what another thread or space is; with what they said before when it cannot be.
func (v *threadView) turnField(ctx context.Context, state string, f ui.Field) ui.Field {
	f.Name = "to"
	if v.turned != nil && v.turned.Text("state") == state {
		f.Value, f.Error, f.AutoFocus = v.turned.Text("to"), problemOn(ctx, v.turned, "to"), true
	}
	return f
}

// speaks reports whether a form to say something is shown.
func (v *threadView) speaks() bool { return v.t.Open() && (v.writes || v.invited) }

func (v *threadView) mine(p *community.Post) bool {
	return v.who != nil && v.writes && p.DeletedAt.IsZero() && !v.t.Locked && community.Wrote(v.who, p.Author)
}

func (v *threadView) changes(p *community.Post) bool {
	return p.DeletedAt.IsZero() && (v.mine(p) || v.who != nil && v.MayModerate(v.t.Space))
}

// rates reports whether whoever asks may vote on a post.
func (v *threadView) rates(p *community.Post) bool {
	return v.who != nil && v.writes && !v.t.Locked && p.DeletedAt.IsZero() && !community.Wrote(v.who, p.Author)
}

func (v *threadView) postHref(ctx context.Context, p *community.Post, what string) string {
	return v.href(ctx, "/p/"+p.ID+what)
}

func (h *handlers) thread(w http.ResponseWriter, r *http.Request) error {
	if old := oldThread(r); old != "" {
		return h.leadsTo(w, r, old)
	}
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	ctx := r.Context()
	if v.t.MergedInto != "" {
		http.Redirect(w, r, v.href(ctx, "/t/"+v.t.MergedInto), http.StatusMovedPermanently)
		return nil
	}
	if r.PathValue("words") != v.t.Words() {
		to := v.href(ctx, v.t.Path())
		if r.URL.RawQuery != "" {
			to += "?" + r.URL.RawQuery
		}
		http.Redirect(w, r, to, http.StatusMovedPermanently)
		return nil
	}
	secret := draftSecret(r)
	if secret == "" && h.unchanged(w, r, &v.hall) {
		return nil
	}
	v.page = number(r.URL.Query().Get("page")) - 1
	if err := h.fill(ctx, v); err != nil {
		return err
	}
	if v.who != nil && v.speaks() {
		v.quote = h.quoted(ctx, v, r.URL.Query().Get("quote"))
	}
	if secret != "" {
		if d, found, err := h.s.DraftOf(ctx, secret, v.place.ID); err == nil && found && d.Post != "" {
			v.draft = &d
		}
	}
	if err := h.s.Read(ctx, &v.t); err != nil {
		return err
	}
	if err := h.s.ReadNoticesOf(ctx, v.t.ID); err != nil {
		return err
	}
	return h.showThread(w, r, v)
}

func (h *handlers) showThread(w http.ResponseWriter, r *http.Request, v *threadView) error {
	title := v.t.Title
	if title == "" {
		title = i18n.T(r.Context(), "community.thread.removed")
	}
	return web.Show(w, r, web.Page{Title: title, Head: threadHead(v)}, threadPage(v))
}

// threadView finds a thread; fill reads what is said in it.
func (h *handlers) threadView(r *http.Request, thread string) (*threadView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &threadView{hall: at, date: r.URL.Query().Get("date")}
	if v.t, err = h.s.Thread(r.Context(), at.Sight, at.place.ID, thread); err != nil {
		if at.who == nil && !at.listed() && problem.Is(err, problem.Missing) {
			return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
		}
		return nil, err
	}
	v.writes = at.MayWrite(v.t.Space)
	sp, _ := at.SpaceByID(v.t.Space)
	v.invited = at.who == nil && sp.Access == community.OpenSpace && sp.ArchivedAt.IsZero() && at.place.SignUp != community.Closed
	if v.who != nil { // what others write waits until they are known
		v.token = web.Token(r)
	}
	return v, nil
}

func (h *handlers) fill(ctx context.Context, v *threadView) error {
	l, err := h.s.Leaf(ctx, &v.t, v.page)
	if err != nil {
		return err
	}
	v.first, v.posts, v.comments, v.names, v.page, v.leaf = l.First, l.Posts, l.Comments, l.Names, l.Page, l
	ids := []string{v.t.ID}
	for i := range l.Posts {
		ids = append(ids, l.Posts[i].ID)
	}
	if v.reacted, err = h.s.Reacted(ctx, v.who, ids); err != nil {
		return err
	}
	if v.poll, err = h.s.PollOf(ctx, &v.t); err != nil {
		return err
	}
	if err := h.fillEvent(ctx, v); err != nil {
		return err
	}
	h.fillMarks(ctx, v)
	if err := h.fillIdea(ctx, v); err != nil || v.who == nil {
		return err
	}
	if v.votes, err = h.s.Votes(ctx, v.who, v.t.ID); err != nil {
		return err
	}
	if v.marked, err = h.s.Marked(ctx, v.who, ids); err != nil {
		return err
	}
	if v.t.Question() {
		if v.asked, err = h.s.AskedIn(ctx, v.t.ID); err != nil {
			return err
		}
	}
	if v.bridges, err = h.s.Bridges(ctx, v.Sight, v.t.ID); err != nil {
		return err
	}
	if v.level, err = h.s.LevelOf(ctx, v.place.ID, &v.t); err != nil {
		return err
	}
	v.follows, err = h.s.Follows(ctx, v.who, v.t.ID)
	return err
}

// fillMarks asks how those are recognised who speak on the page.
func (h *handlers) fillMarks(ctx context.Context, v *threadView) {
	if h.options.Marks == nil {
		return
	}
	var people []string
	add := func(p *community.Post) {
		if p.DeletedAt.IsZero() && !slices.Contains(people, p.Author) {
			people = append(people, p.Author)
		}
	}
	add(&v.first)
	for i := range v.posts {
		add(&v.posts[i])
	}
	v.marks = h.options.Marks(ctx, v.Sight, v.place, people)
}

// post leads to a post in its thread.
func (h *handlers) post(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	p, t, err := h.s.Post(r.Context(), v.Sight, v.place.ID, r.PathValue("post"))
	if err != nil {
		return err
	}
	to, err := h.toPost(r.Context(), &t, &p)
	if err != nil {
		return err
	}
	http.Redirect(w, r, v.href(r.Context(), to), http.StatusFound)
	return nil
}

// toPost is the path of a post on its page of its thread.
func (h *handlers) toPost(ctx context.Context, t *community.Thread, p *community.Post) (string, error) {
	page, err := h.s.PageOf(ctx, t, p)
	if err != nil || page == 0 {
		return toPost(t, p.ID), err
	}
	return t.Path() + "?page=" + strconv.Itoa(page+1) + "#p-" + p.ID, nil
}

// quoted is a post as a quote, for the form.
func (h *handlers) quoted(ctx context.Context, v *threadView, post string) string {
	if post == "" {
		return ""
	}
	p, t, err := h.s.Post(ctx, v.Sight, v.place.ID, post)
	if err != nil || t.ID != v.t.ID || !p.DeletedAt.IsZero() {
		return ""
	}
	return community.Quote(i18n.T(ctx, "community.post.wrote", "Name", nameOf(ctx, p.AuthorName)), p.Markup)
}

// pagePath is the path of a page of the thread, from 0.
func (v *threadView) pagePath(page int) string {
	if page <= 0 {
		return v.t.Path()
	}
	return v.t.Path() + "?page=" + strconv.Itoa(page+1)
}

func (v *threadView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.page > 0 {
		p.Newer = v.href(ctx, v.pagePath(v.page-1))
	}
	if v.page+1 < v.leaf.Pages {
		p.Older = v.href(ctx, v.pagePath(v.page+1))
	}
	return p
}

// aboveHref leads to a post that another answers, which may be on another page.
func (v *threadView) aboveHref(ctx context.Context, post string) string {
	if v.leaf.Shows(post) {
		return "#p-" + post
	}
	return v.href(ctx, "/p/"+post)
}

// quoteHref is the page with a post quoted in its form.
func (v *threadView) quoteHref(ctx context.Context, p *community.Post) string {
	to := v.pagePath(v.page)
	if strings.Contains(to, "?") {
		to += "&"
	} else {
		to += "?"
	}
	return v.href(ctx, to+"quote="+p.ID+"#say")
}

// divides reports whether the thread can be split and merged.
func (v *threadView) divides() bool {
	return v.t.Kind == community.Questions || v.t.Kind == community.Discussions
}

// What a post said after a version of its history: what the next says, or what it says now.
func laterMarkup(p *community.Post, list []community.Version, i int) string {
	if i == 0 {
		return p.Markup
	}
	return list[i-1].Markup
}

// editedLabel says when a post was changed last, and by whom where that was somebody else.
func editedLabel(ctx context.Context, p *community.Post, now time.Time) string {
	if p.EditedBy != "" {
		return i18n.T(ctx, "community.post.edited_by", "Ago", i18n.Ago(ctx, p.EditedAt, now), "Name", p.EditedBy)
	}
	return i18n.T(ctx, "community.post.edited", "Ago", i18n.Ago(ctx, p.EditedAt, now))
}

func laterTitle(p *community.Post, list []community.Version, i int) string {
	if i == 0 {
		return p.Title
	}
	return list[i-1].Title
}

func laterAt(p *community.Post, list []community.Version, i int) time.Time {
	if i == 0 {
		return p.EditedAt
	}
	return list[i-1].At
}

// toPost is the path of a post within its thread.
func toPost(t *community.Thread, post string) string {
	if post == t.ID {
		return t.Path()
	}
	return t.Path() + "#p-" + post
}

// onPost finds the post that a form is about.
func (h *handlers) onPost(r *http.Request) (hall, community.Post, community.Thread, *web.Form, error) {
	v, err := h.hall(r)
	if err != nil {
		return v, community.Post{}, community.Thread{}, nil, err
	}
	p, t, err := h.s.Post(r.Context(), v.Sight, v.place.ID, r.PathValue("post"))
	if err != nil {
		return v, p, t, nil, err
	}
	f, err := h.readForm(r, &v.place)
	return v, p, t, f, err
}

func (h *handlers) reply(w http.ResponseWriter, r *http.Request) error {
	v, p, t, f, err := h.onPost(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	body := f.Text("body")
	if !f.OK() {
		return h.replyAgain(w, r, t.ID, p.ID, f)
	}
	if v.who == nil {
		err := h.keep(w, r, &v, community.Draft{Body: body, Post: p.ID}, toPost(&t, p.ID))
		if err != nil && problem.Of(err).Field != "" {
			f.Refuse(err)
			return h.replyAgain(w, r, t.ID, p.ID, f)
		}
		return err
	}
	said, err := h.s.Reply(ctx, v.place.ID, community.Reply{Post: p.ID, Body: body, Comment: f.Text("comment") != "", Token: f.Text("token"), Lang: v.lang})
	if community.Waits(err) {
		web.Said(w, r, f)
		return h.waits(w, r, &v.place)
	}
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		return h.replyAgain(w, r, t.ID, p.ID, f)
	}
	if err != nil {
		return err
	}
	h.dropDraft(w, r)
	web.Said(w, r, f)
	web.Flash(w, r, ui.Success, "community.thread.posted")
	return web.Redirect(w, r, v.place.Path()+"/p/"+said)
}

// replyAgain shows a form with what has to be put right.
func (h *handlers) replyAgain(w http.ResponseWriter, r *http.Request, thread, post string, f *web.Form) error {
	v, err := h.threadView(r, thread)
	if err != nil {
		return err
	}
	if err := h.fill(r.Context(), v); err != nil {
		return err
	}
	v.form, v.to = f, post
	web.Invalid(w)
	return h.showThread(w, r, v)
}

func (h *handlers) vote(w http.ResponseWriter, r *http.Request) error {
	v, p, t, f, err := h.onPost(r)
	if err != nil {
		return err
	}
	value := map[string]int{"1": 1, "-1": -1}[f.Text("value")]
	if _, _, err := h.s.Vote(r.Context(), v.place.ID, p.ID, value); err != nil {
		return err
	}
	return h.backToPost(w, r, &v, &t, &p)
}

func (h *handlers) pick(w http.ResponseWriter, r *http.Request) error {
	v, p, _, f, err := h.onPost(r)
	if err != nil {
		return err
	}
	t, err := h.s.Pick(r.Context(), v.place.ID, p.ID, f.Text("take") != "no")
	if err != nil {
		return err
	}
	return web.Redirect(w, r, v.place.Path()+toPost(&t, p.ID))
}

func (h *handlers) remove(w http.ResponseWriter, r *http.Request) error {
	v, p, t, _, err := h.onPost(r)
	if err != nil {
		return err
	}
	if !community.Wrote(v.who, p.Author) { // what is decided against somebody has a reason
		return web.Redirect(w, r, v.place.Path()+"/p/"+p.ID+"/flag")
	}
	if err := h.s.Delete(r.Context(), v.place.ID, p.ID); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.post.deleted")
	if p.ID == t.ID {
		return web.Redirect(w, r, v.place.Path()+v.spacePath(t.Space))
	}
	return web.Redirect(w, r, v.place.Path()+t.Path())
}

func (h *handlers) follow(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.Follow(r.Context(), v.place.ID, v.t.ID, f.Text("wanted") != "no"); err != nil {
		return err
	}
	return web.Redirect(w, r, v.place.Path()+v.t.Path())
}

func (h *handlers) turn(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := f.Text("to")
	if f.Text("state") == "closed" || f.Text("state") == "merged" {
		to = threadIn(to)
	}
	err = h.s.Turn(r.Context(), v.place.ID, v.t.ID, f.Text("state"), to)
	if err != nil && problem.Of(err).Field != "" {
		v.turned = f
		return h.again(w, r, v, f, err)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.thread.changed")
	return web.Redirect(w, r, v.place.Path()+v.t.Path())
}

func (h *handlers) editing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	p, t, err := h.s.Post(r.Context(), v.Sight, v.place.ID, r.PathValue("post"))
	if err != nil {
		return err
	}
	e := &editView{hall: v, p: p, t: t, body: p.Markup, title: p.Title, tags: tagText(t.Tags), seen: p.Edits}
	if !e.may() {
		return problem.New(problem.Forbidden, "community.post.not_yours")
	}
	return h.showEdit(w, r, e)
}

func (h *handlers) showEdit(w http.ResponseWriter, r *http.Request, e *editView) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.post.edit")}, editPage(e))
}

func (h *handlers) edit(w http.ResponseWriter, r *http.Request) error {
	v, p, t, f, err := h.onPost(r)
	if err != nil {
		return err
	}
	c := community.Change{Post: p.ID, Title: f.Text("title"), Tags: f.Text("tags"), Body: f.Text("body"), Seen: number(f.Text("seen"))}
	e := &editView{hall: v, p: p, t: t, body: c.Body, title: c.Title, tags: c.Tags, seen: c.Seen, form: f}
	if !f.OK() && e.may() {
		web.Invalid(w)
		return h.showEdit(w, r, e)
	}
	if f.Text("preview") != "" && e.may() {
		e.preview = community.Preview(c.Body)
		return h.showEdit(w, r, e)
	}
	err = h.s.Edit(r.Context(), v.place.ID, c)
	if community.Waits(err) {
		web.Said(w, r, f)
		return h.waits(w, r, &v.place)
	}
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showEdit(w, r, e)
	}
	if err != nil {
		return err
	}
	web.Said(w, r, f)
	web.Flash(w, r, ui.Success, "community.post.saved")
	_, now, err := h.s.Post(r.Context(), v.Sight, v.place.ID, p.ID) // the title may be another
	if err != nil {
		return err
	}
	return h.backToPost(w, r, &v, &now, &p)
}

// editView is the form in which a post is changed.
type editView struct {
	hall
	p                 community.Post
	t                 community.Thread
	title, body, tags string
	seen              int
	preview           string
	form              *web.Form
}

func (e *editView) may() bool {
	return e.p.DeletedAt.IsZero() && (e.MayModerate(e.t.Space) || e.MayWrite(e.t.Space) && !e.t.Locked && community.Wrote(e.who, e.p.Author))
}

func (h *handlers) history(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	p, t, err := h.s.Post(r.Context(), v.Sight, v.place.ID, r.PathValue("post"))
	if err != nil {
		return err
	}
	list, err := h.s.History(r.Context(), &p)
	if err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.post.history"), Head: hidden()}, historyPage(&v, &p, &t, list))
}

// actions of who moderates, by what they make of the thread.
func (v *threadView) turns() []string {
	pick := func(is bool, off, on string) string {
		if is {
			return off
		}
		return on
	}
	return []string{pick(v.t.Pinned, "unpinned", "pinned"), pick(v.t.Locked, "unlocked", "locked")}
}

// otherSpaces are where the thread can be moved to.
func (v *threadView) otherSpaces() []ui.Option {
	var out []ui.Option
	from, _ := v.SpaceByID(v.t.Space)
	for _, sp := range v.Spaces(v.place.ID) {
		if sp.ID != v.t.Space && sp.Takes(v.t.Kind) && v.MayModerate(sp.ID) && sp.Listened() == from.Listened() {
			out = append(out, ui.Option{Value: sp.ID, Label: sp.Called(v.lang, v.place.Langs...)})
		}
	}
	return out
}

// invite reports whether somebody signed in is asked to join before they can speak.
func (v *threadView) joins() bool {
	return v.who != nil && !v.writes && v.t.Open() && v.place.SignUp != community.Closed && !v.Joined(v.place.ID)
}
