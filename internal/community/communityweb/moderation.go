package communityweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// moderation registers the pages of flags, decisions and appeals. Who moderates what is asked of the sight: somebody who moderates nothing is told
// that there is no such page.
func (h *handlers) moderation(r *web.Routes) {
	r.Page("GET /moderation", org.SignedIn, h.queue)
	r.Page("GET /moderation/{case}", org.SignedIn, h.oneCase)
	r.Do("POST /moderation/{case}", org.SignedIn, h.decideCase)
	r.Page("GET /moderation/{case}/picture", org.SignedIn, h.flaggedPicture)
	r.Do("POST /moderation/{case}/sanction", org.CommunityModerate, h.sanction)
	r.Page("GET /communities/{id}/moderation", org.CommunityModerate, h.rules)
	r.Do("POST /communities/{id}/moderation", org.CommunityModerate, h.setRules)
	r.Do("POST /communities/{id}/moderation/{sanction}/end", org.CommunityModerate, h.endSanction)
	r.Page("GET /c/{slug}/p/{post}/flag", org.SignedIn, h.in(h.flagging))
	r.Do("POST /c/{slug}/p/{post}/flag", org.SignedIn, h.in(h.flag))
	r.Page("GET /c/{slug}/articles/{article}/flag", org.SignedIn, h.in(h.flagging))
	r.Do("POST /c/{slug}/articles/{article}/flag", org.SignedIn, h.in(h.flag))
	r.Page("GET /c/{slug}/people/{handle}/flag", org.SignedIn, h.in(h.flagging))
	r.Do("POST /c/{slug}/people/{handle}/flag", org.SignedIn, h.in(h.flag))
	r.Page("GET /c/{slug}/mine", org.SignedIn, h.outside(h.own))
	r.Do("POST /c/{slug}/mine/{about}/appeal", org.SignedIn, h.outside(h.appeal))
	r.Page("GET /c/{slug}/moderation", org.Public, h.in(h.figures))
}

type queueView struct {
	list    []community.Case
	decided bool
	names   map[string]string // of communities
	now     time.Time
}

func (v *queueView) line(ctx context.Context, c *community.Case) ui.ItemProps {
	at := c.At
	if !c.DecidedAt.IsZero() {
		at = c.DecidedAt
	}
	return ui.ItemProps{Href: "/moderation/" + c.ID, Title: caseTitle(ctx, c, ""), From: nameOf(ctx, c.AuthorName), At: i18n.Ago(ctx, at, v.now), Stamp: at.Format(time.RFC3339),
		Unread: c.Open(), Marks: caseMarks(c, v.names[c.Community])}
}

func caseTitle(ctx context.Context, c *community.Case, title string) string {
	if title != "" {
		return title
	}
	return i18n.T(ctx, "community.moderation.about."+of(c.Kind, c.What), "Name", nameOf(ctx, c.AuthorName))
}

// of is the key of words for what was flagged, "" being a post.
func of(key, what string) string {
	if what == "" || key == "appeal" || key == "kept" {
		return key
	}
	return key + "_" + what
}

func (h *handlers) queue(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	v := &queueView{decided: r.URL.Query().Get("show") == "decided", names: map[string]string{}, now: h.s.Now()}
	if v.list, err = h.s.Queue(ctx, o, v.decided); err != nil {
		return err
	}
	for _, c := range o.Communities() {
		v.names[c.ID] = c.Called(i18n.Lang(ctx))
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.moderation.title")}, queuePage(v))
}

type caseView struct {
	community.Brief
	place, url           string
	now                  time.Time
	wrong, wrongSanction wrong
	reason, words        string
}

// decides is what is decided on, as words for it are called: an appeal is answered alike whatever it is about.
func (v *caseView) decides() string {
	if v.Kind == "appeal" {
		return ""
	}
	return v.What
}

// keepsOut is where somebody of the fediverse who wrote what a case is about is silenced or suspended, "" for a member and for who may not.
func (v *caseView) keepsOut(ctx context.Context) string {
	handle, guest := strings.CutPrefix(v.Author, "acct:")
	if !guest || !org.Who(ctx).May(org.CommunityModerate) {
		return ""
	}
	return "/communities/" + v.Community + "/fediverse?whom=" + url.QueryEscape(handle) + "#block"
}

func (h *handlers) oneCase(w http.ResponseWriter, r *http.Request) error {
	return h.showCase(w, r, &caseView{})
}

func (h *handlers) showCase(w http.ResponseWriter, r *http.Request, v *caseView) error {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	if v.Brief, err = h.s.Brief(ctx, o, r.PathValue("case")); err != nil {
		return err
	}
	c, _ := o.ByID(v.Community)
	v.place, v.now = c.Called(i18n.Lang(ctx)), h.s.Now()
	v.url = href(ctx, c, "")
	return web.Show(w, r, web.Page{Title: caseTitle(ctx, &v.Case, v.Title)}, casePage(v))
}

func (h *handlers) decideCase(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := h.s.Decide(ctx, r.PathValue("case"), f.Text("decision"), f.Text("reason"), f.Text("words")); err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return h.showCase(w, r, &caseView{wrong: bad, reason: f.Text("reason"), words: f.Text("words")})
	}
	web.Flash(w, r, ui.Success, "community.moderation.done")
	return web.Redirect(w, r, "/moderation")
}

func (h *handlers) sanction(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	b, err := h.s.Brief(ctx, o, r.PathValue("case"))
	if err != nil {
		return err
	}
	until := time.Time{}
	if days := number(f.Text("days")); days > 0 {
		until = h.s.Now().AddDate(0, 0, min(days, 3650))
	}
	if err := h.s.Sanction(ctx, b.Community, b.Member, f.Text("kind"), f.Text("reason"), f.Text("words"), until); err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return h.showCase(w, r, &caseView{wrongSanction: bad})
	}
	web.Flash(w, r, ui.Success, "community.moderation.done")
	return web.Redirect(w, r, "/moderation/"+b.ID)
}

// decision says what was decided, by whom and why.
func (v *caseView) decision(ctx context.Context) []ui.Item {
	c, by := &v.Case, v.Decider
	if v.Kind == "appeal" {
		c = &v.Against
	}
	item := func(key, value string) ui.Item {
		return ui.Item{Label: i18n.T(ctx, "community.moderation."+key), Value: value}
	}
	if v.Sanction.ID != "" {
		return []ui.Item{item("decision", i18n.T(ctx, "community.moderation.kind_"+v.Sanction.Kind)), item("reason", i18n.T(ctx, "community.moderation.reason."+v.Sanction.Reason)), item("told", v.Sanction.Words)}
	}
	out := []ui.Item{item("decision", i18n.T(ctx, "community.moderation.state."+c.State))}
	if by != "" {
		out = append(out, item("by", by))
	}
	if c.Reason != "" && v.Kind != "appeal" || c.Reason != "" && c != &v.Case {
		out = append(out, item("reason", i18n.T(ctx, "community.moderation.reason."+c.Reason)))
	}
	if c.Words != "" {
		out = append(out, item("told", c.Words))
	}
	return out
}

// trust says what is known of the author.
func (v *caseView) trust(ctx context.Context) []ui.Item {
	item := func(key, value string) ui.Item {
		return ui.Item{Label: i18n.T(ctx, "community.moderation."+key), Value: value}
	}
	return []ui.Item{item("since", i18n.Day(ctx, v.Trust.Since)), item("posts", strconv.Itoa(v.Trust.Posts)), item("accepted", strconv.Itoa(v.Trust.Accepted)),
		item("against", strconv.Itoa(v.Trust.Upheld)), item("points", strconv.Itoa(v.Trust.Points()))}
}

type flagView struct {
	hall
	what          string // "" a post, article, profile
	name          string // of whoever wrote it
	title, html   string
	picture       string
	crumb         ui.Crumb
	back          string // where it stands
	space         string // that whoever asks moderates: they may decide at once
	p             community.Post
	t             community.Thread
	reason, words string
	wrong         wrong
}

// flagged finds what is to be flagged: a post, an article, or a profile.
func (h *handlers) flagged(r *http.Request) (v *flagView, err error) {
	v = &flagView{}
	if v.hall, err = h.hall(r); err != nil {
		return nil, err
	}
	ctx, own := r.Context(), false
	switch {
	case r.PathValue("article") != "":
		v.what = community.AnArticle
		a, err := h.s.Article(ctx, v.Sight, v.place.ID, r.PathValue("article"))
		if err != nil {
			return nil, err
		}
		if !a.Public() {
			return nil, problem.New(problem.Missing, "problem.not_found")
		}
		rev, err := h.s.Revision(ctx, a.ID, a.Approved)
		if err != nil {
			return nil, err
		}
		v.name, v.html, v.crumb, v.back, own = a.AuthorName, rev.HTML, ui.Crumb{Label: rev.Title, Href: v.href(ctx, a.Path())}, "/articles/"+a.ID, community.Wrote(v.who, a.Author)
	case r.PathValue("handle") != "":
		v.what = community.AProfile
		p, err := h.s.Profile(ctx, v.Sight, v.place.ID, r.PathValue("handle"))
		if err != nil {
			return nil, err
		}
		if !p.Flaggable() {
			return nil, problem.New(problem.Missing, "problem.not_found")
		}
		v.name, v.title, v.back, own = p.Name, p.About, "/people/"+p.Handle, p.Member == v.who.ID
		v.crumb = ui.Crumb{Label: p.Name, Href: v.href(ctx, v.back)}
		if p.Picture != "" {
			v.picture = v.href(ctx, v.back+"/picture?v="+p.Picture[:8])
		}
	default:
		if v.p, v.t, err = h.s.Post(ctx, v.Sight, v.place.ID, r.PathValue("post")); err != nil {
			return nil, err
		}
		v.name, v.html, v.crumb, v.back, own = v.p.AuthorName, v.p.HTML, ui.Crumb{Label: titleOf(ctx, &v.t), Href: v.href(ctx, v.t.Path())}, "/p/"+v.p.ID, community.Wrote(v.who, v.p.Author)
		if v.MayModerate(v.t.Space) {
			v.space = v.t.Space
		}
		if !v.p.DeletedAt.IsZero() {
			return nil, problem.New(problem.Conflict, "community.post.removed")
		}
	}
	if own {
		return nil, problem.New(problem.Forbidden, "community.moderation.own_post")
	}
	return v, nil
}

func (v *flagView) action(ctx context.Context) string { return v.href(ctx, v.back+"/flag") }

func (h *handlers) flagging(w http.ResponseWriter, r *http.Request) error {
	v, err := h.flagged(r)
	if err != nil {
		return err
	}
	return h.showFlag(w, r, v)
}

func (h *handlers) showFlag(w http.ResponseWriter, r *http.Request, v *flagView) error {
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.moderation."+of("flag", v.what)), Head: hidden()}, flagPage(v))
}

func (h *handlers) flag(w http.ResponseWriter, r *http.Request) error {
	v, err := h.flagged(r)
	if err != nil {
		return err
	}
	f, err := h.readForm(r, &v.place)
	if err != nil {
		return err
	}
	ctx := r.Context()
	decision, done := f.Text("decision"), "community.moderation.flagged"
	v.reason, v.words = f.Text("reason"), f.Text("words")
	switch {
	case v.what == community.AnArticle:
		err = h.s.FlagArticle(ctx, v.place.ID, r.PathValue("article"), v.reason, v.words)
	case v.what == community.AProfile:
		err = h.s.FlagProfile(ctx, v.place.ID, r.PathValue("handle"), v.reason, v.words)
	case decision != "":
		done, err = "community.moderation.done", h.s.Remove(ctx, v.place.ID, v.p.ID, decision, v.reason, v.words)
	default:
		err = h.s.Flag(ctx, v.place.ID, v.p.ID, v.reason, v.words)
	}
	if err != nil {
		if problem.Of(err).Field == "" {
			return err
		}
		if v.wrong, err = mend(ctx, w, err); err != nil {
			return err
		}
		return h.showFlag(w, r, v)
	}
	web.Flash(w, r, ui.Success, done)
	switch {
	case v.what != "":
		return web.Redirect(w, r, v.place.Path()+v.back)
	case decision != "" && v.p.ID == v.t.ID:
		return web.Redirect(w, r, v.place.Path()+v.spacePath(v.t.Space))
	}
	return web.Redirect(w, r, v.place.Path()+toPost(&v.t, v.p.ID))
}

// flaggedPicture sends the picture of a profile to who decides on it.
func (h *handlers) flaggedPicture(w http.ResponseWriter, r *http.Request) error {
	data, kind, err := h.s.FlaggedPicture(r.Context(), r.PathValue("case"), r.URL.Query().Has("was"))
	if err != nil {
		return err
	}
	sendPicture(w, data, kind)
	return nil
}

type ownView struct {
	visit
	list       []community.Unseen
	sanction   community.Sanction
	sanctioned bool
	appealed   bool
	now        time.Time
	wrong      wrong
}

// own shows what whoever asks wrote and others do not see, and what they may not do.
func (h *handlers) own(w http.ResponseWriter, r *http.Request, v visit) error {
	return h.showOwn(w, r, &ownView{visit: v})
}

func (h *handlers) showOwn(w http.ResponseWriter, r *http.Request, v *ownView) error {
	ctx := r.Context()
	v.now = h.s.Now()
	var err error
	if v.list, err = h.s.Own(ctx, v.ID); err != nil {
		return err
	}
	if v.sanction, v.sanctioned, err = h.s.Sanctioned(ctx, v.ID); err != nil {
		return err
	}
	if v.sanctioned {
		if _, v.appealed, err = h.s.AppealOf(ctx, v.sanction.ID); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.moderation.own"), Head: hidden()}, ownPage(v))
}

func (h *handlers) appeal(w http.ResponseWriter, r *http.Request, v visit) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	if err := h.s.Appeal(ctx, v.ID, r.PathValue("about"), f.Text("words")); err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return h.showOwn(w, r, &ownView{visit: v, wrong: bad})
	}
	web.Flash(w, r, ui.Success, "community.moderation.appeal_sent")
	return web.Redirect(w, r, v.Path()+"/mine")
}

func ownTitle(ctx context.Context, w *community.Unseen) string {
	if w.Title != "" {
		return w.Title
	}
	return i18n.T(ctx, "community.moderation.an_answer")
}

// waits tells somebody that what they wrote waits for a moderator.
func (h *handlers) waits(w http.ResponseWriter, r *http.Request, c *community.Community) error {
	h.dropDraft(w, r)
	web.Flash(w, r, ui.Info, "community.moderation.waits")
	return web.Redirect(w, r, c.Path()+"/mine")
}

type figuresView struct {
	hall
	list []community.Month
}

func (v *figuresView) heads(ctx context.Context) []string {
	var out []string
	for _, key := range []string{"month", "flags", "held", "decided", "against", "median", "appeals", "overturned", "sanctions"} {
		out = append(out, i18n.T(ctx, "community.moderation.figure."+key))
	}
	return out
}

func (v *figuresView) table(ctx context.Context) ui.TableProps {
	p := ui.TableProps{Caption: i18n.T(ctx, "community.moderation.figures"), Fixed: true}
	for i, head := range v.heads(ctx) {
		p.Columns = append(p.Columns, ui.Column{Label: head, Numeric: i > 0})
	}
	return p
}

func (v *figuresView) cells(ctx context.Context, m *community.Month) []string {
	n := func(n int) string { return i18n.Number(ctx, float64(n), 0) }
	median, share := "–", "–"
	if m.Median > 0 {
		median = i18n.For(ctx, m.Median)
	}
	if m.Appeals > 0 {
		share = i18n.Percent(ctx, float64(m.Overturned)/float64(m.Appeals), 0)
	}
	return []string{n(m.Flags), n(m.Held), n(m.Decided), n(m.Against), median, n(m.Appeals), share, n(m.Sanctions)}
}

func (h *handlers) figures(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	v := &figuresView{hall: at}
	if v.list, err = h.s.Figures(ctx, at.Sight, at.place.ID, i18n.Zone(ctx)); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.moderation.figures"), Head: hidden()}, figuresPage(v))
}

type rulesView struct {
	place          community.Community
	first, blocked string
	sanctions      []community.Sanction
	wrong          wrong
}

func (h *handlers) rules(w http.ResponseWriter, r *http.Request) error {
	rule, err := h.s.Rule(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return h.showRules(w, r, &rulesView{first: strconv.Itoa(rule.FirstPosts), blocked: strings.Join(rule.Blocked, "\n")})
}

func (h *handlers) showRules(w http.ResponseWriter, r *http.Request, v *rulesView) error {
	ctx := r.Context()
	o, err := h.s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	var found bool
	if v.place, found = o.ByID(r.PathValue("id")); !found {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if v.sanctions, err = h.s.Sanctions(ctx, v.place.ID); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.moderation.rules")}, rulesPage(v))
}

func (h *handlers) setRules(w http.ResponseWriter, r *http.Request) error {
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	ctx := r.Context()
	first, nan := strconv.Atoi(f.Text("first"))
	if nan != nil {
		first = -1
	}
	if err := h.s.SetRule(ctx, r.PathValue("id"), first, f.Text("blocked")); err != nil {
		bad, err := mend(ctx, w, err)
		if err != nil {
			return err
		}
		return h.showRules(w, r, &rulesView{first: f.Text("first"), blocked: f.Text("blocked"), wrong: bad})
	}
	web.Flash(w, r, ui.Success, "community.notice.saved")
	return web.Redirect(w, r, "/communities/"+r.PathValue("id")+"/moderation")
}

func (h *handlers) endSanction(w http.ResponseWriter, r *http.Request) error {
	if err := h.s.EndSanction(r.Context(), r.PathValue("id"), r.PathValue("sanction")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.moderation.done")
	return web.Redirect(w, r, "/communities/"+r.PathValue("id")+"/moderation")
}

func reasonOptions(ctx context.Context, none bool) []ui.Option {
	var out []ui.Option
	if none {
		out = append(out, ui.Option{Value: "", Label: i18n.T(ctx, "community.moderation.no_reason")})
	}
	for _, r := range community.Reasons() {
		out = append(out, ui.Option{Value: r, Label: i18n.T(ctx, "community.moderation.reason."+r)})
	}
	return out
}

func sanctionOptions(ctx context.Context) []ui.Option {
	return []ui.Option{{Value: community.Silenced, Label: i18n.T(ctx, "community.moderation.do_silence")}, {Value: community.Suspended, Label: i18n.T(ctx, "community.moderation.do_suspend")}}
}

func dayOptions(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, d := range []int{1, 7, 30, 90} {
		out = append(out, ui.Option{Value: strconv.Itoa(d), Label: i18n.N(ctx, "community.moderation.for_days", d)})
	}
	return append(out, ui.Option{Value: "0", Label: i18n.T(ctx, "community.moderation.no_end")})
}
