package community

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community/markup"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Revision is a version of an article.
type Revision struct {
	Version    int
	At         time.Time
	AuthorName string
	Title      string
	Markup     string
	HTML       string // safe: made by markup
	Products   []string
}

const revisionColumns = "version, at, author_name, title, markup, html, products"

func revisionFields(r *Revision) []any {
	return []any{&r.Version, db.At(&r.At), &r.AuthorName, &r.Title, &r.Markup, &r.HTML, db.JSON(&r.Products)}
}

// Revisions are the versions of an article, the newest first. Only who may revise it reads those that were never approved.
func (s *Service) Revisions(ctx context.Context, article string) ([]Revision, error) {
	list, err := db.All(ctx, s.db.Read(), revisionFields, "SELECT "+revisionColumns+" FROM community_revision WHERE article = $1 ORDER BY version DESC"+db.Limit(100), article)
	if err != nil {
		return nil, fmt.Errorf("read versions: %w", err)
	}
	return list, nil
}

// Revision is one version of an article.
func (s *Service) Revision(ctx context.Context, article string, version int) (Revision, error) {
	r, found, err := db.One(ctx, s.db.Read(), revisionFields, "SELECT "+revisionColumns+" FROM community_revision WHERE article = $1 AND version = $2", article, version)
	if err != nil {
		return r, fmt.Errorf("read a version: %w", err)
	}
	if !found {
		return r, notFound()
	}
	return r, nil
}

// ArticleStep is something that was made of an article.
type ArticleStep struct {
	At      time.Time
	State   ArticleState
	Version int
	Words   string
	By      string
}

// ArticleSteps are what was made of an article, the newest first.
func (s *Service) ArticleSteps(ctx context.Context, article string) ([]ArticleStep, error) {
	list, err := db.All(ctx, s.db.Read(), func(p *ArticleStep) []any { return []any{db.At(&p.At), &p.State, &p.Version, &p.Words, &p.By} },
		"SELECT at, state, version, words, decider FROM community_article_step WHERE article = $1 ORDER BY at DESC, activity DESC"+db.Limit(100), article)
	if err != nil {
		return nil, fmt.Errorf("read what was made of an article: %w", err)
	}
	return list, nil
}

// mostHelped bounds how many answers of readers who have not signed in are taken within paceFor, of all together.
const mostHelped = 60

// Helped notes whether an article helped its reader: whoever is signed in, else who holds the secret of a cookie. The last word of a reader counts.
func (s *Service) Helped(ctx context.Context, community, article, secret string, helped bool, reason string) error {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	a, err := s.Article(ctx, o, community, article)
	if err != nil {
		return err
	}
	if !a.Public() {
		return notFound()
	}
	if utf8.RuneCountInString(reason) > maxReason {
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxReason).On("reason")
	}
	reason = lineOf(reason)
	reader, by, most := "", "", mostVotes
	if m := org.Who(ctx); m != nil {
		reader, by = actorOf(m), m.ID
	} else {
		if len(secret) < 20 || len(secret) > 200 {
			return problem.New(problem.Invalid, "problem.bad_form")
		}
		reader, most = "visitor:"+hashed(secret)[:32], mostHelped
	}
	if err := s.votes.within(by, s.Now(), most); err != nil {
		return err
	}
	for range voteTries {
		last, _, err := db.Value[string](ctx, s.db.Read(), "SELECT last FROM community_help WHERE article = $1 AND reader = $2", a.ID, reader)
		if err != nil {
			return fmt.Errorf("see what a reader said: %w", err)
		}
		added, err := s.ledger.State(ctx, ledger.Activity{Kind: ledger.ArticleHelped, Actor: reader, Object: a.ID, Channel: a.Channel, At: s.Now(),
			Key: "helped:" + a.ID + ":" + reader + ":" + last, Data: ledger.Data(ledger.Helped{Helped: helped, Reason: reason})})
		if err != nil || len(added) > 0 {
			return err
		}
		if err := s.ledger.CatchUp(ctx); err != nil {
			return err
		}
	}
	return problem.New(problem.Conflict, "problem.conflict")
}

// Reasons are what readers wrote whom an article did not help, the newest first: for who may revise it.
func (s *Service) Reasons(ctx context.Context, article string) ([]string, error) {
	list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT reason FROM community_help WHERE article = $1 AND helped = 0 AND reason <> '' ORDER BY at DESC, reader"+db.Limit(20), article)
	if err != nil {
		return nil, fmt.Errorf("read why an article did not help: %w", err)
	}
	return list, nil
}

// articleTables are what is derived of articles.
func articleTables() []string {
	return []string{"community_article", "community_revision", "community_article_step", "community_article_file", "community_help"}
}

// deriveArticle digests what is written of an article, made of it and said of it by readers.
func deriveArticle(ctx context.Context, q db.Q, a *ledger.Activity) error {
	switch a.Kind {
	case ledger.ArticleWritten:
		if err := deriveWritten(ctx, q, a); err != nil {
			return err
		}
		return deriveStale(ctx, q, a.Object)
	case ledger.ArticleTurned:
		if err := deriveArticleTurned(ctx, q, a); err != nil {
			return err
		}
		return deriveStale(ctx, q, a.Object)
	}
	var h ledger.Helped
	if err := a.Decode(&h); err != nil {
		return err
	}
	_, known, err := db.Value[int](ctx, q, "SELECT 1 FROM community_article WHERE id = $1", a.Object)
	if err != nil || !known {
		return err
	}
	if _, err := db.Exec(ctx, q, `INSERT INTO community_help (article, reader, helped, reason, at, last) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (article, reader) DO UPDATE SET helped = excluded.helped, reason = excluded.reason, at = excluded.at, last = excluded.last`,
		a.Object, a.Actor, db.B(h.Helped), h.Reason, db.T(a.At), a.ID); err != nil {
		return err
	}
	_, err = db.Exec(ctx, q, `UPDATE community_article SET yes = (SELECT COUNT(*) FROM community_help WHERE article = $1 AND helped = 1),
		nay = (SELECT COUNT(*) FROM community_help WHERE article = $1 AND helped = 0) WHERE id = $1`, a.Object)
	return err
}

func deriveWritten(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var w ledger.Written
	if err := a.Decode(&w); err != nil {
		return err
	}
	taker, err := takerOf(ctx, q, a.Channel, a.Actor)
	if err != nil {
		return err
	}
	if err := deriveOld(ctx, q, a.Channel, w.Was, a.Object); err != nil {
		return err
	}
	doc, _ := markup.Options{Top: 2}.Render(w.Markup) // what was stated once can always be shown: beyond the limits it is plain text
	credits, products := db.J(append([]string{}, w.Credits...)), db.J(append([]string{}, w.Products...))
	n, err := db.Exec(ctx, q, `INSERT INTO community_article (id, channel, space, kind, lang, original, original_version, thread, credits, months, author, author_name, state, version,
		title, excerpt, at, changed_at, last, conversation, products) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'draft', $13, $14, $15, $16, $16, $17, $18, $19)
		ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, lang = excluded.lang, original_version = CASE WHEN community_article.approved > 0 THEN community_article.original_version
			ELSE excluded.original_version END, months = excluded.months, state = 'draft', version = excluded.version,
			title = CASE WHEN community_article.approved > 0 THEN community_article.title ELSE excluded.title END,
			excerpt = CASE WHEN community_article.approved > 0 THEN community_article.excerpt ELSE excluded.excerpt END,
			products = CASE WHEN community_article.approved > 0 THEN community_article.products ELSE excluded.products END, changed_at = excluded.changed_at, last = excluded.last
		WHERE excluded.version = community_article.version + 1`,
		a.Object, a.Channel, w.Space, w.Kind, w.Lang, w.Original, w.OriginalVersion, w.Thread, credits, w.Months, taker, w.AuthorName, w.Version, w.Title, excerpt(doc.Text),
		db.T(a.At), a.ID, w.Conversation, products)
	if err != nil || n == 0 {
		return err
	}
	_, err = db.Exec(ctx, q, `INSERT INTO community_revision (article, version, at, author_name, title, markup, html, original_version, products) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		a.Object, w.Version, db.T(a.At), w.AuthorName, w.Title, w.Markup, doc.HTML, w.OriginalVersion, products)
	for _, file := range w.Files {
		if err == nil {
			_, err = db.Exec(ctx, q, "INSERT INTO community_article_file (file, article, version) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", file, a.Object, w.Version)
		}
	}
	return err
}

func deriveArticleTurned(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var t ledger.ArticleState
	if err := a.Decode(&t); err != nil {
		return err
	}
	state, checked := t.State, false
	switch ArticleState(t.State) {
	case Confirmed:
		state, checked = string(Approved), true
	case Approved:
		checked = true
	}
	n, err := db.Exec(ctx, q, "UPDATE community_article SET state = $1, last = $2, changed_at = $3 WHERE id = $4 AND version = $5", state, a.ID, db.T(a.At), a.Object, t.Version)
	if err != nil || n == 0 {
		return err
	}
	if checked {
		if _, err := db.Exec(ctx, q, "UPDATE community_article SET checked_at = $1 WHERE id = $2", db.T(a.At), a.Object); err != nil {
			return err
		}
	}
	switch ArticleState(t.State) {
	case Withdrawn:
		_, err = db.Exec(ctx, q, "UPDATE community_article SET approved = 0, approved_at = NULL, approved_by = '' WHERE id = $1", a.Object)
		if err != nil {
			return err
		}
	case Approved:
		if err := deriveApproved(ctx, q, a, &t); err != nil {
			return err
		}
	}
	_, err = db.Exec(ctx, q, "INSERT INTO community_article_step (activity, article, at, state, version, words, decider) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
		a.ID, a.Object, db.T(a.At), t.State, t.Version, t.Words, t.By)
	return err
}

// deriveStale says when an article is to be looked at again.
func deriveStale(ctx context.Context, q db.Q, article string) error {
	type row struct {
		months  int
		checked time.Time
	}
	r, found, err := db.One(ctx, q, func(r *row) []any { return []any{&r.months, db.At(&r.checked)} }, "SELECT months, checked_at FROM community_article WHERE id = $1 AND approved > 0", article)
	if err != nil {
		return err
	}
	var at any
	if found && r.months > 0 && !r.checked.IsZero() {
		at = db.T(r.checked.AddDate(0, r.months, 0))
	}
	_, err = db.Exec(ctx, q, "UPDATE community_article SET stale_at = $1 WHERE id = $2", at, article)
	return err
}

// deriveApproved lets everybody read the version that was approved.
func deriveApproved(ctx context.Context, q db.Q, a *ledger.Activity, t *ledger.ArticleState) error {
	r, found, err := db.One(ctx, q, revisionFields, "SELECT "+revisionColumns+" FROM community_revision WHERE article = $1 AND version = $2", a.Object, t.Version)
	if err != nil || !found {
		return err
	}
	doc, _ := markup.Render(r.Markup)
	_, err = db.Exec(ctx, q, `UPDATE community_article SET approved = $1, approved_at = $2, approved_by = $3, title = $4, excerpt = $5, products = $7,
		original_version = (SELECT r.original_version FROM community_revision r WHERE r.article = $6 AND r.version = $1) WHERE id = $6`,
		t.Version, db.T(a.At), t.By, r.Title, excerpt(doc.Text), a.Object, db.J(append([]string{}, r.Products...)))
	return err
}
