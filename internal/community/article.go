package community

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// The kinds of article.
const (
	Guide    = "guide"
	Practice = "practice" // a best practice
	Opinion  = "opinion"
	Research = "research"
)

// ArticleKinds lists them.
func ArticleKinds() []string { return []string{Guide, Practice, Opinion, Research} }

// ArticleState is how far the newest version of an article is.
type ArticleState string

// The states of articles, and what is said of one that stays as it is.
const (
	Drafted   ArticleState = "draft"
	InReview  ArticleState = "review"
	Approved  ArticleState = "approved"
	Withdrawn ArticleState = "withdrawn"
	Confirmed ArticleState = "confirmed" // it is still right: no state, a step
)

// Article is a text that is kept right, in versions. Everybody who may read its space reads the version that was approved last.
type Article struct {
	ID              string
	Channel         string
	Space           string
	Kind            string
	Lang            string
	Original        string // the article it is a translation of
	OriginalVersion int    // the version of it that was translated
	Thread          string // the thread it was made of
	Credits         []string
	Months          int // after which it is to be looked at again, 0 for never
	Author          string
	AuthorName      string
	State           ArticleState
	Version         int
	Approved        int // the version that everybody reads, 0 for none
	Title           string
	Excerpt         string
	At, ChangedAt   time.Time
	ApprovedAt      time.Time
	ApprovedBy      string
	CheckedAt       time.Time // when it was approved, or said to be still right
	Yes, No         int       // how many readers it helped, and not
	Conversation    string    // of the inbox, whose answers it was made of: for those who read the inbox
	Products        []string  // that it is about

	last string
}

const articleColumns = `a.id, a.channel, a.space, a.kind, a.lang, a.original, a.original_version, a.thread, a.credits, a.months, a.author, a.author_name, a.state, a.version,
	a.approved, a.title, a.excerpt, a.at, a.changed_at, a.approved_at, a.approved_by, a.checked_at, a.yes, a.nay, a.last, a.conversation, a.products`

func articleFields(a *Article) []any {
	return []any{&a.ID, &a.Channel, &a.Space, &a.Kind, &a.Lang, &a.Original, &a.OriginalVersion, &a.Thread, db.JSON(&a.Credits), &a.Months, &a.Author, &a.AuthorName,
		&a.State, &a.Version, &a.Approved, &a.Title, &a.Excerpt, db.At(&a.At), db.At(&a.ChangedAt), db.At(&a.ApprovedAt), &a.ApprovedBy, db.At(&a.CheckedAt), &a.Yes, &a.No, &a.last, &a.Conversation, db.JSON(&a.Products)}
}

// Public reports whether it is read by everybody who may read its space.
func (a *Article) Public() bool { return a.Approved > 0 }

// Stale reports whether it should be looked at again.
func (a *Article) Stale(now time.Time) bool {
	return a.Public() && a.Months > 0 && a.CheckedAt.AddDate(0, a.Months, 0).Before(now)
}

// Words are the words of its title as its address has them.
func (a *Article) Words() string { return slug(a.Title) }

// Path is where it is in a community.
func (a *Article) Path() string {
	if w := a.Words(); w != "" {
		return "/articles/" + a.ID + "/" + w
	}
	return "/articles/" + a.ID
}

// Reads reports whether whoever the sight is of may read an article: drafts are for who wrote them and for who moderates.
func (o Sight) Reads(m *org.Member, a *Article) bool {
	return o.May(a.Space) && (a.Public() || m != nil && Wrote(m, a.Author) || o.MayModerate(a.Space))
}

// ArticleQuery asks for articles. What is zero does not narrow.
type ArticleQuery struct {
	Community string
	Space     string
	Kind      string
	Product   string
	Stale     bool // of those everybody reads, those to be looked at again, the longest waiting first
	Unread    bool // instead of those everybody reads: those that wait for approval or are being written, for who may read them
}

// mostArticles bounds a list.
const mostArticles = 200

// Articles lists articles, those approved last first.
func (s *Service) Articles(ctx context.Context, o Sight, in ArticleQuery) ([]Article, error) {
	spaces := o.Readable(in.Community)
	if in.Space != "" {
		if !o.May(in.Space) {
			return nil, notFound()
		}
		spaces = []string{in.Space}
	}
	q := s.db.Read()
	var w db.Where
	w.And("a.space IN " + db.Among(q, w.Arg(db.Texts(spaces))))
	if in.Kind != "" {
		w.And("a.kind = ?", in.Kind)
	}
	if in.Product != "" { // a name between its quotes, in the list as it is kept: other names that hold it do not match
		if !named(in.Product) { // a comma stands between quotes too
			return nil, nil
		}
		w.And("REPLACE(a.products, ?, '') <> a.products", db.J(in.Product))
	}
	order := "a.approved_at DESC, a.id DESC"
	if in.Unread {
		w.And("a.state IN ('draft', 'review')")
		order = "a.changed_at DESC, a.id DESC"
	} else {
		w.And("a.approved > 0")
	}
	now := s.Now()
	if in.Stale { // months have 28 days at least; which are over is told of each
		w.And("a.months > 0").And("a.checked_at + a.months * 2419200000000 < ?", db.T(now)) // microseconds
		order = "a.checked_at, a.id"
	}
	list, err := db.All(ctx, q, articleFields, "SELECT "+articleColumns+" FROM community_article a "+w.String()+" ORDER BY "+order+db.Limit(mostArticles), w.Args...)
	if err != nil {
		return nil, fmt.Errorf("list articles: %w", err)
	}
	m := org.Who(ctx)
	return slices.DeleteFunc(list, func(a Article) bool { return !o.Reads(m, &a) || in.Stale && !a.Stale(now) }), nil
}

// Article finds an article of a community that whoever asks may read.
func (s *Service) Article(ctx context.Context, o Sight, community, article string) (Article, error) {
	a, found, err := db.One(ctx, s.db.Read(), articleFields, "SELECT "+articleColumns+" FROM community_article a WHERE a.id = $1", article)
	if err != nil {
		return a, fmt.Errorf("find an article: %w", err)
	}
	sp, _ := o.SpaceByID(a.Space)
	if !found || sp.Community != community || !o.Reads(org.Who(ctx), &a) {
		return Article{}, notFound()
	}
	return a, nil
}

// Translations are the other languages of an article that everybody reads, its original among them.
func (s *Service) Translations(ctx context.Context, a *Article) ([]Article, error) {
	root := a.ID
	if a.Original != "" {
		root = a.Original
	}
	list, err := db.All(ctx, s.db.Read(), articleFields, "SELECT "+articleColumns+` FROM community_article a
		WHERE (a.id = $1 OR a.original = $1) AND a.id <> $2 AND a.approved > 0 AND a.space = $3 ORDER BY a.lang, a.id`+db.Limit(50), root, a.ID, a.Space)
	if err != nil {
		return nil, fmt.Errorf("read translations: %w", err)
	}
	return list, nil
}

// Outdated reports whether the original of a translation was approved in a newer version since.
func (s *Service) Outdated(ctx context.Context, a *Article) (bool, error) {
	if a.Original == "" {
		return false, nil
	}
	now, _, err := db.Value[int](ctx, s.db.Read(), "SELECT approved FROM community_article WHERE id = $1", a.Original)
	return now > a.OriginalVersion, err
}

// ArticlesOf are the articles that were made of a thread and that whoever asks may read.
func (s *Service) ArticlesOf(ctx context.Context, o Sight, thread string) ([]Article, error) {
	list, err := db.All(ctx, s.db.Read(), articleFields, "SELECT "+articleColumns+" FROM community_article a WHERE a.thread = $1 ORDER BY a.at"+db.Limit(20), thread)
	if err != nil {
		return nil, fmt.Errorf("read the articles of a thread: %w", err)
	}
	m := org.Who(ctx)
	return slices.DeleteFunc(list, func(a Article) bool { return !o.Reads(m, &a) }), nil
}

// ArticleDraft is what somebody writes: a new article, or a new version of one.
type ArticleDraft struct {
	Space    string // id
	Kind     string
	Title    string
	Body     string // Markdown
	Lang     string
	Original string // the article it translates
	Thread   string // the thread it is made of
	Months   int
	Token    string // of the form: the same token makes one article

	Conversation string   // of the inbox, whose answers it is made of
	Products     []string // that it is about
}

// maxMonths bounds after how long an article is looked at again.
const maxMonths = 60

func (d *ArticleDraft) check() error {
	var err error
	if d.Title, err = checkTitle(d.Title); err != nil {
		return err
	}
	if d.Body, err = checkBody(d.Body); err != nil {
		return err
	}
	if _, err := markup.Render(d.Body); err != nil {
		return problem.Of(err).On("body")
	}
	switch {
	case !slices.Contains(ArticleKinds(), d.Kind):
		return problem.New(problem.Invalid, "community.bad_choice").On("kind")
	case !slices.Contains(i18n.Languages(), d.Lang):
		return problem.New(problem.Invalid, "community.bad_choice").On("lang")
	case d.Months < 0 || d.Months > maxMonths:
		return problem.New(problem.Invalid, "community.article.bad_months", "Max", maxMonths).On("months")
	case len(d.Token) > 100:
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	d.Products, err = checkProducts(d.Products)
	return err
}

// WriteArticle begins an article as a draft: whoever may write in a space that holds articles may. It returns its id.
func (s *Service) WriteArticle(ctx context.Context, d ArticleDraft) (string, error) {
	w, err := s.speaker(ctx, d.Space)
	if err != nil {
		return "", err
	}
	if !w.space.Takes(Articles) {
		return "", problem.New(problem.Invalid, "community.article.not_here").On("space")
	}
	if err := d.check(); err != nil {
		return "", err
	}
	said := ledger.Written{Space: d.Space, Kind: d.Kind, Title: d.Title, Markup: d.Body, Lang: d.Lang, Months: d.Months, Version: 1, AuthorName: lineOf(w.member.Name), Products: d.Products}
	if d.Conversation != "" {
		c, err := s.answered(ctx, d.Conversation)
		if err != nil {
			return "", err
		}
		said.Conversation = c.ID
	}
	if d.Original != "" {
		of, err := s.Article(ctx, w.sight, w.community.ID, d.Original)
		if err != nil || of.Space != d.Space || of.Original != "" || !of.Public() {
			return "", problem.New(problem.Invalid, "community.article.no_such_original").On("original")
		}
		if of.Lang == d.Lang {
			return "", problem.New(problem.Invalid, "community.article.same_language").On("lang")
		}
		said.Original, said.OriginalVersion = of.ID, of.Approved
	}
	if d.Thread != "" {
		t, err := s.Thread(ctx, w.sight, w.community.ID, d.Thread)
		if err != nil {
			return "", err
		}
		from, _ := w.sight.SpaceByID(t.Space)
		if t.Space != d.Space && from.Access != OpenSpace {
			return "", problem.New(problem.Forbidden, "community.article.closed_thread")
		}
		if said.Credits, err = s.credits(ctx, &t); err != nil {
			return "", err
		}
		said.Thread = t.ID
	}
	if said.Files, err = s.shownBy(ctx, w.community.ID, &said, ""); err != nil {
		return "", err
	}
	if err := s.pace.take(w.member.ID, s.Now()); err != nil {
		return "", err
	}
	a := ledger.Activity{ID: s.newID(), Kind: ledger.ArticleWritten, Actor: w.actor(), Channel: w.community.Channel, At: s.Now(), Data: ledger.Data(said)}
	if d.Token != "" {
		a.ID = id.From(w.member.ID, d.Token)
	}
	a.Object, a.Key = a.ID, "article:"+a.ID
	if _, err := s.ledger.State(ctx, a); err != nil {
		return "", fmt.Errorf("state an article: %w", err)
	}
	return a.ID, nil
}

// mostCredits bounds how many people an article made of a thread names, mostCredited in how many posts they are sought.
const (
	mostCredits  = 8
	mostCredited = 600
)

// credits are the names of those who said something in a thread that counts: who began it, whose answers were accepted or found useful.
func (s *Service) credits(ctx context.Context, t *Thread) ([]string, error) {
	list, err := db.All(ctx, s.db.Read(), postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1 AND p.deleted_at IS NULL ORDER BY p.at, p.id"+db.Limit(mostCredited), t.ID)
	if err != nil {
		return nil, fmt.Errorf("read who is to be thanked: %w", err)
	}
	var out []string
	for _, p := range list {
		if (p.ID == t.ID || p.Accepted || p.Score > 0) && p.AuthorName != "" && !slices.Contains(out, p.AuthorName) && len(out) < mostCredits {
			out = append(out, p.AuthorName)
		}
	}
	return out, nil
}

// SeedOf is the text that an article made of a thread begins with: what was asked, and the answer that was accepted or is the best.
func (s *Service) SeedOf(ctx context.Context, t *Thread) (string, error) {
	list, err := db.All(ctx, s.db.Read(), postFields, "SELECT "+postColumns+` FROM community_post p WHERE p.thread = $1 AND p.deleted_at IS NULL AND p.kind <> 'comment'
		ORDER BY CASE WHEN p.id = p.thread THEN 0 ELSE 1 END, p.accepted DESC, p.score DESC, p.at`+db.Limit(4), t.ID)
	if err != nil {
		return "", fmt.Errorf("read a thread: %w", err)
	}
	var b strings.Builder
	for i, p := range list {
		if i > 0 && (p.Accepted || p.Score > 0 || i == 1) {
			b.WriteString(p.Markup + "\n\n")
		} else if i == 0 {
			b.WriteString("> " + strings.ReplaceAll(strings.TrimSpace(p.Markup), "\n", "\n> ") + "\n\n")
		}
	}
	out := strings.TrimSpace(b.String())
	if utf8.RuneCountInString(out) > MaxBody {
		out = string([]rune(out)[:MaxBody])
	}
	return out, nil
}

// MayRevise reports whether somebody may write a new version: who wrote it, and who moderates its space.
func (o Sight) MayRevise(m *org.Member, a *Article) bool {
	return m != nil && o.MayWrite(a.Space) && (Wrote(m, a.Author) || o.MayModerate(a.Space))
}

// ReviseArticle writes a new version, as a draft; what was approved stays until this is. seen is the version that the form showed.
func (s *Service) ReviseArticle(ctx context.Context, community, article string, d ArticleDraft, seen int) error {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Article(ctx, o, community, article)
	if err != nil {
		return err
	}
	w, err := s.speaker(ctx, a.Space)
	if err != nil {
		return err
	}
	if !o.MayRevise(w.member, &a) {
		return problem.New(problem.Forbidden, "community.post.not_yours")
	}
	d.Space, d.Original = a.Space, a.Original
	if d.Lang == "" {
		d.Lang = a.Lang
	}
	if err := d.check(); err != nil {
		return err
	}
	if seen != a.Version {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	said := ledger.Written{Space: a.Space, Kind: d.Kind, Title: d.Title, Markup: d.Body, Lang: d.Lang, Months: d.Months, Version: a.Version + 1, AuthorName: lineOf(w.member.Name),
		Original: a.Original, OriginalVersion: a.OriginalVersion, Thread: a.Thread, Credits: a.Credits, Conversation: a.Conversation, Products: d.Products}
	if a.Original != "" { // who writes it anew has the original as it is now before their eyes
		if said.OriginalVersion, _, err = db.Value[int](ctx, s.db.Read(), "SELECT approved FROM community_article WHERE id = $1", a.Original); err != nil {
			return err
		}
	}
	if said.Files, err = s.shownBy(ctx, w.community.ID, &said, a.ID); err != nil {
		return err
	}
	if err := s.pace.take(w.member.ID, s.Now()); err != nil {
		return err
	}
	added, err := s.ledger.State(ctx, ledger.Activity{Kind: ledger.ArticleWritten, Actor: w.actor(), Object: a.ID, Channel: a.Channel, At: s.Now(),
		Key: fmt.Sprintf("article:%s:%d", a.ID, said.Version), Data: ledger.Data(said)})
	if err != nil {
		return fmt.Errorf("state a version: %w", err)
	}
	if len(added) == 0 {
		return problem.New(problem.Conflict, "problem.conflict")
	}
	return nil
}

// Ways are what whoever asks may make of the newest version of an article.
func (o Sight) Ways(m *org.Member, a *Article) []ArticleState {
	var out []ArticleState
	if m == nil {
		return out
	}
	own := o.MayRevise(m, a)
	if own && a.State == Drafted {
		out = append(out, InReview)
	}
	if o.MayModerate(a.Space) {
		switch a.State {
		case Drafted:
			out = append(out, Approved)
		case InReview:
			out = append(out, Approved, Drafted)
		case Approved:
			out = append(out, Confirmed, Withdrawn)
		case Withdrawn:
			out = append(out, Drafted)
		}
	}
	return out
}

// TurnArticle makes something of the newest version: its writer hands it in, who moderates approves it, gives it back, withdraws it, or says that it
// is still right.
func (s *Service) TurnArticle(ctx context.Context, community, article string, to ArticleState, words string) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Article(ctx, o, community, article)
	if err != nil {
		return err
	}
	if !slices.Contains(o.Ways(m, &a), to) {
		return problem.New(problem.Forbidden, "problem.forbidden")
	}
	words = TextOf(words)
	if utf8.RuneCountInString(words) > maxReason {
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxReason).On("words")
	}
	return s.rule(ctx, "community.turn_article", a.ID, map[string]string{"community": community, "state": string(to)}, ledger.Activity{Kind: ledger.ArticleTurned, Actor: actorOf(m),
		Object: a.ID, Channel: a.Channel, At: s.Now(), Key: "article-turned:" + a.ID + ":" + a.last,
		Data: ledger.Data(ledger.ArticleState{State: string(to), Version: a.Version, Words: words, By: lineOf(m.Name)})})
}
