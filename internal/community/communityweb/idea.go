package communityweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// ideas registers the pages of ideas.
func (h *handlers) ideas(r *web.Routes) {
	r.Page("GET /c/{slug}/ideas", org.Public, h.in(h.board))
	r.Page("GET /c/{slug}/ideas/new", org.Public, h.in(h.proposing))
	r.Page("GET /c/{slug}/ideas/similar", org.Public, h.in(h.similarIdeas))
	r.Do("POST /c/{slug}/ideas", org.Public, h.in(h.propose))
	r.Do("POST /c/{slug}/ideas/limit", org.CommunityEdit, h.in(h.limitVotes))
	r.Page("GET /c/{slug}/roadmap", org.Public, h.in(h.roadmap))
	r.Do("POST /c/{slug}/t/{thread}/support", org.SignedIn, h.in(h.support))
	r.Do("POST /c/{slug}/t/{thread}/judge", org.SignedIn, h.in(h.judge))
	r.Do("POST /c/{slug}/t/{thread}/join", org.SignedIn, h.in(h.joinIdeas))
	r.Do("POST /c/{slug}/t/{thread}/part", org.SignedIn, h.in(h.partIdea))
}

// boardView is a page of ideas.
type boardView struct {
	hall
	space  *community.Space // nil for all boards of the community
	boards []community.Space
	status community.Status
	order  community.BoardOrder
	tag    string // of what is shown alone; "" for all
	page   int
	list   community.Board
	mine   map[string]bool
	behind map[string][]community.Worth
	left   int
	votes  int  // each person has on the board, 0 for as many as they like
	short  bool // votes are limited, and left says how many there are
}

func (v *boardView) title(ctx context.Context) string {
	if v.space == nil {
		return i18n.T(ctx, "community.idea.title")
	}
	return v.space.Called(v.lang, v.place.Langs...)
}

func (v *boardView) path() string {
	if v.space == nil {
		return "/ideas"
	}
	return "/" + v.space.Slug
}

func (v *boardView) at(ctx context.Context, status community.Status, page int) string {
	q := url.Values{}
	if status != "" {
		q.Set("status", string(status))
	}
	if v.order != community.ByVotes {
		q.Set("order", string(v.order))
	}
	if v.tag != "" {
		q.Set("tag", v.tag)
	}
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	to := v.href(ctx, v.path())
	if len(q) > 0 {
		to += "?" + q.Encode()
	}
	return to
}

func (v *boardView) tabs(ctx context.Context) []ui.Tab {
	sum := 0
	for _, n := range v.list.Counts {
		sum += n
	}
	out := []ui.Tab{{Label: i18n.T(ctx, "community.idea.any_status"), Href: v.at(ctx, "", 0), Count: sum, Current: v.status == ""}}
	for _, s := range community.Statuses() {
		if n := v.list.Counts[s]; n > 0 || v.status == s {
			out = append(out, ui.Tab{Label: statusName(ctx, s), Href: v.at(ctx, s, 0), Count: n, Current: v.status == s})
		}
	}
	return out
}

func (v *boardView) orders(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, o := range community.BoardOrders() {
		out = append(out, ui.Option{Value: string(o), Label: i18n.T(ctx, "community.idea.order."+string(o))})
	}
	return out
}

func (v *boardView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.page > 0 {
		p.Newer = v.at(ctx, v.status, v.page-1)
	}
	if v.list.More {
		p.Older = v.at(ctx, v.status, v.page+1)
	}
	return p
}

// proposes reports whether whoever asks may propose something, or may sign up to.
func (v *boardView) proposes() bool {
	for _, sp := range v.boards {
		if (v.space == nil || v.space.ID == sp.ID) && v.mayPropose(sp) {
			return true
		}
	}
	return false
}

func (v *hall) mayPropose(sp community.Space) bool {
	return sp.Takes(community.Ideas) && (v.MayWrite(sp.ID) || v.who == nil && sp.Access == community.OpenSpace && sp.ArchivedAt.IsZero() && v.place.SignUp != community.Closed)
}

func (v *boardView) newHref(ctx context.Context) string {
	to := v.href(ctx, "/ideas/new")
	if v.space != nil {
		to += "?space=" + url.QueryEscape(v.space.Slug)
	}
	return to
}

// sets reports whether whoever asks sets up the board.
func (v *boardView) sets() bool {
	return v.space != nil && v.who != nil && v.who.May(org.CommunityEdit)
}

func (h *handlers) board(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	return h.showBoard(w, r, at, nil)
}

func (h *handlers) showBoard(w http.ResponseWriter, r *http.Request, at hall, space *community.Space) error {
	if h.unchanged(w, r, &at) {
		return nil
	}
	ctx, q := r.Context(), r.URL.Query()
	v := &boardView{hall: at, space: space, order: community.ByVotes}
	for _, sp := range at.Spaces(at.place.ID) {
		if sp.Takes(community.Ideas) && at.May(sp.ID) {
			v.boards = append(v.boards, sp)
		}
	}
	for _, o := range community.BoardOrders() {
		if string(o) == q.Get("order") {
			v.order = o
		}
	}
	for _, s := range community.Statuses() {
		if string(s) == q.Get("status") {
			v.status = s
		}
	}
	v.page = max(number(q.Get("page")), 0)
	v.tag = tagIn(r)
	in := community.BoardQuery{Community: at.place.ID, Status: v.status, Tag: v.tag, Order: v.order, Page: v.page}
	if space != nil {
		in.Space = space.ID
	} else if len(v.boards) == 1 {
		v.space = &v.boards[0]
	}
	var err error
	if v.list, err = h.s.Board(ctx, at.Sight, in); err != nil {
		return err
	}
	if v.mine, err = h.s.Supports(ctx, v.who, v.list.Ideas); err != nil {
		return err
	}
	if v.behind, err = h.s.Behind(ctx, v.list.Ideas); err != nil {
		return err
	}
	if v.space != nil && v.who != nil {
		if v.left, v.short, err = h.s.VotesLeft(ctx, v.who, v.space.ID); err != nil {
			return err
		}
		if v.votes, err = h.s.VotesEach(ctx, v.space.ID); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: v.title(ctx), Head: boardHead(v)}, boardPage(v))
}

// ideaView is what the page of an idea shows beside its thread.
type ideaView struct {
	community.Idea
	steps  []community.Step
	merged []community.Idea
	mine   bool
	behind []community.Worth
	shown  bool // whoever looks may read about people
	left   int
	short  bool
	panels []ui.Panel
	form   *web.Form
}

// fillIdea reads what the page of an idea shows.
func (h *handlers) fillIdea(ctx context.Context, v *threadView) error {
	if err := h.fillArticles(ctx, v); err != nil || v.t.Kind != community.Ideas {
		return err
	}
	i, found, err := h.s.Idea(ctx, v.t.ID)
	if err != nil || !found {
		return err
	}
	v.idea = &ideaView{Idea: i}
	if v.idea.steps, err = h.s.Steps(ctx, i.ID); err != nil {
		return err
	}
	if v.idea.merged, err = h.s.Merged(ctx, i.ID); err != nil {
		return err
	}
	if v.who == nil {
		return nil
	}
	list := []community.Idea{i}
	mine, err := h.s.Supports(ctx, v.who, list)
	if err != nil {
		return err
	}
	v.idea.mine = mine[i.ID]
	behind, err := h.s.Behind(ctx, list)
	if err != nil {
		return err
	}
	v.idea.behind, v.idea.shown = behind[i.ID], v.who.May(org.PeopleRead)
	if v.idea.left, v.idea.short, err = h.s.VotesLeft(ctx, v.who, i.Space); err != nil {
		return err
	}
	if h.options.Idea != nil {
		v.idea.panels = h.options.Idea(ctx, v.place, i)
	}
	return nil
}

// voting reports whether whoever asks may vote for the idea.
func (v *hall) voting(i *community.Idea) bool {
	return v.who != nil && v.MayWrite(i.Space) && i.Status.TakesVotes() && i.MergedInto == "" && !i.Locked && i.DeletedAt.IsZero()
}

func (v *threadView) supportHref(ctx context.Context, i *community.Idea) string {
	return v.href(ctx, "/t/"+i.ID+"/support")
}

// notes reports whether whoever asks may note a vote for somebody.
func (v *threadView) notes() bool {
	return v.voting(&v.idea.Idea) && v.MayModerate(v.t.Space) && v.who.Role != org.Plain
}

// statusOptions are what can become of the idea.
func (v *ideaView) statusOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, s := range community.Statuses() {
		out = append(out, ui.Option{Value: string(s), Label: statusName(ctx, s)})
	}
	return out
}

// chosen is a value of the form that was sent, else what it is now.
func (v *ideaView) chosen(field, now string) string {
	if v.form == nil || v.form.Values[field] == nil {
		return now
	}
	return v.form.Text(field)
}

func statusName(ctx context.Context, s community.Status) string {
	return i18n.T(ctx, "community.idea.status."+string(s))
}

func statusTone(s community.Status) ui.Tone {
	switch s {
	case community.IdeaPlanned, community.IdeaReview:
		return ui.Info
	case community.IdeaStarted:
		return ui.Accent
	case community.IdeaDone:
		return ui.Success
	}
	return ui.Neutral
}

// worth says amounts in words.
func worth(ctx context.Context, list []community.Worth) string {
	if len(list) == 0 {
		return i18n.T(ctx, "community.idea.no_orders")
	}
	var out []string
	for _, w := range list {
		out = append(out, i18n.Money(ctx, w.Amount, w.Currency))
	}
	return strings.Join(out, " + ")
}

// voteUnit is the word below a number of votes.
func voteUnit(ctx context.Context, n int) string { return i18n.N(ctx, "community.idea.vote_unit", n) }

// proposeView is the form in which an idea is proposed.
type proposeView struct {
	hall
	spaces  []ui.Option
	in      community.Draft
	token   string
	similar []community.Thread
	looked  bool
	preview string
	form    *web.Form
	back    bool
	call    string // the challenge that it is proposed for
}

func (h *handlers) proposeView(r *http.Request) (*proposeView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &proposeView{hall: at, token: id.New()}
	for _, sp := range at.Spaces(at.place.ID) {
		if at.mayPropose(sp) {
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

func (v *proposeView) button(ctx context.Context) string {
	if len(v.similar) > 0 {
		return i18n.T(ctx, "community.idea.post_anyway")
	}
	return i18n.T(ctx, "community.idea.post")
}

func (h *handlers) proposing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.proposeView(r)
	if err != nil {
		return err
	}
	v.in = community.Draft{Space: r.URL.Query().Get("space"), Title: clip(r.URL.Query().Get("title"), 600)}
	v.call = clip(r.URL.Query().Get("challenge"), 40)
	if secret := draftSecret(r); secret != "" {
		if d, found, err := h.s.DraftOf(r.Context(), secret, v.place.ID); err == nil && found && d.Kind == community.Ideas {
			v.in, v.back = d, true
		}
	}
	return h.showPropose(w, r, v)
}

func (h *handlers) showPropose(w http.ResponseWriter, r *http.Request, v *proposeView) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.idea.new"), Whole: true}, proposePage(v))
}

// propose proposes an idea. It is first held against those there are, once, unless its form says that it was.
func (h *handlers) propose(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	v, err := h.proposeView(r)
	if err != nil {
		return err
	}
	f, err := h.readForm(r, &v.place)
	if err != nil {
		return err
	}
	v.form, v.token, v.call = f, clip(f.Text("token"), 100), clip(f.Text("challenge"), 40)
	v.in = community.Draft{Space: f.Text("space"), Kind: community.Ideas, Title: f.Text("title"), Body: f.Text("body"), Tags: f.Text("tags")}
	v.looked = f.Text("looked") == v.in.Title && v.in.Title != ""
	if !f.OK() {
		web.Invalid(w)
		return h.showPropose(w, r, v)
	}
	preview := f.Text("do") == "preview"
	if preview || !v.looked {
		if v.similar, err = h.s.SimilarOf(ctx, v.Sight, v.place.ID, v.in.Title, community.Ideas); err != nil {
			return err
		}
		v.looked = v.in.Title != ""
	}
	if preview {
		v.preview = community.Preview(v.in.Body)
	}
	if preview || len(v.similar) > 0 {
		return h.showPropose(w, r, v)
	}
	if v.who == nil {
		err := h.keep(w, r, &v.hall, v.in, "/ideas/new")
		if err != nil && problem.Of(err).Field != "" {
			f.Refuse(err)
			web.Invalid(w)
			return h.showPropose(w, r, v)
		}
		return err
	}
	sp, _ := v.Space(v.place.ID, v.in.Space)
	idea, err := h.s.Start(ctx, community.Begin{Space: sp.ID, Kind: community.Ideas, Title: v.in.Title, Body: v.in.Body, Tags: v.in.Tags, Token: v.token, Lang: v.lang})
	if community.Waits(err) {
		web.Said(w, r, f)
		return h.waits(w, r, &v.place)
	}
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showPropose(w, r, v)
	}
	if err != nil {
		return err
	}
	h.dropDraft(w, r)
	web.Said(w, r, f)
	if v.call != "" {
		if err := h.s.Enter(ctx, v.place.ID, v.call, idea); err != nil {
			return refused(w, r, err, v.place.Path()+"/t/"+idea) // the idea is there
		}
	}
	web.Flash(w, r, ui.Success, "community.idea.posted")
	return web.Redirect(w, r, v.place.Path()+"/t/"+idea)
}

// similarIdeas lists what was proposed before, while a title is typed.
func (h *handlers) similarIdeas(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	list, err := h.s.SimilarOf(r.Context(), v.Sight, v.place.ID, r.URL.Query().Get("title"), community.Ideas)
	if err != nil {
		return err
	}
	return web.Part(w, r, similarIdeaList(&v, list))
}

func (h *handlers) limitVotes(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	sp, known := v.Space(v.place.ID, f.Text("space"))
	if !known {
		return problem.New(problem.Missing, "problem.not_found")
	}
	n, err := strconv.Atoi(strings.TrimSpace(f.Text("votes")))
	if err != nil {
		n = -1
	}
	if err := h.s.LimitVotes(r.Context(), sp.ID, n); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.idea.limited")
	return web.Redirect(w, r, v.place.Path()+"/"+sp.Slug)
}

// roadView is what becomes of ideas.
type roadView struct {
	hall
	columns map[community.Status][]community.Idea
}

// doneFirst is how many ideas each column of the road map shows.
const doneFirst = 12

func (v *roadView) of(s community.Status) []community.Idea {
	list := v.columns[s]
	return list[:min(len(list), doneFirst)]
}

func (h *handlers) roadmap(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	if h.unchanged(w, r, &at) {
		return nil
	}
	v := &roadView{hall: at}
	if v.columns, err = h.s.Roadmap(r.Context(), at.Sight, at.place.ID, ""); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.idea.roadmap"), Head: roadHead(v)}, roadPage(v))
}

func (h *handlers) support(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx, address := r.Context(), ""
	if f.Text("for") != "" || f.Has("address") {
		if address = f.Text("address"); address == "" {
			address = "?" // which is refused: nobody's vote is no vote of one's own
		}
	}
	err = h.s.Support(ctx, v.place.ID, v.t.ID, f.Text("want") != "no", address)
	if err != nil && problem.Of(err).Field != "" {
		return h.again(w, r, v, f, err)
	}
	if err != nil {
		return err
	}
	if address != "" {
		web.Flash(w, r, ui.Success, "community.idea.noted_done")
	}
	if to := f.Text("to"); to == "board" {
		return web.Redirect(w, r, v.place.Path()+"/ideas")
	}
	return web.Redirect(w, r, v.place.Path()+v.t.Path())
}

// again shows the page of a thread with what is to be put right in one of its forms.
func (h *handlers) again(w http.ResponseWriter, r *http.Request, v *threadView, f *web.Form, refused error) error {
	f.Refuse(refused)
	if err := h.fill(r.Context(), v); err != nil {
		return err
	}
	if v.idea != nil && v.turned == nil {
		v.idea.form = f
	}
	web.Invalid(w)
	return h.showThread(w, r, v)
}

func (h *handlers) judge(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = h.s.Judge(r.Context(), v.place.ID, v.t.ID, community.Status(f.Text("status")), f.Text("reason"))
	if err != nil && problem.Of(err).Field != "" {
		return h.again(w, r, v, f, err)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.idea.decided")
	return web.Redirect(w, r, v.place.Path()+v.t.Path())
}

func (h *handlers) joinIdeas(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	to := threadIn(f.Text("to"))
	err = h.s.Merge(r.Context(), v.place.ID, v.t.ID, to, f.Text("reason"))
	if err != nil && problem.Of(err).Field != "" {
		return h.again(w, r, v, f, err)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.idea.merged")
	return web.Redirect(w, r, v.place.Path()+"/t/"+to)
}

func (h *handlers) partIdea(w http.ResponseWriter, r *http.Request) error {
	v, err := h.threadView(r, r.PathValue("thread"))
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	err = h.s.Part(r.Context(), v.place.ID, v.t.ID, f.Text("reason"))
	if err != nil && problem.Of(err).Field != "" {
		return h.again(w, r, v, f, err)
	}
	if err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.idea.parted")
	return web.Redirect(w, r, v.place.Path()+v.t.Path())
}
