// Package enrich decides what is known of a post beyond what it says of itself: enrichers and people's labels come in, versioned rows and
// the full-text index go out.
package enrich

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/query"
)

// Enricher says something of posts. It is pure: the same version says the same of the same text.
type Enricher interface {
	Name() string
	Version() string // change it when it would say something else; what is stored is then said anew, newest first
	Enrich(in Input) Result
}

// Input is what an enricher looks at.
type Input struct{ Title, Text, Hint string } // Hint: the language as the channel says

// Result is what it says; Value "" abstains.
type Result struct {
	Value string
	Score float64 // probability, 0 to 1
}

// Language names the enricher whose value is the language of a post.
const Language = "language"

// Service runs enrichers.
type Service struct {
	db        *db.DB
	log       *slog.Logger
	enrichers []Enricher
	stemmer   *lang.Stemmer

	mu     sync.Mutex
	recent map[string]*query.Doc // of the batch being digested, for listening
	names  map[string]string     // of channels, by id
}

// New makes the service; the enrichers must include the one named Language.
func New(d *db.DB, log *slog.Logger, enrichers ...Enricher) *Service {
	return &Service{db: d, log: log, enrichers: enrichers, stemmer: lang.NewStemmer(), recent: map[string]*query.Doc{}, names: map[string]string{}}
}

// Follower derives enrichments, labels and the full-text index.
func (s *Service) Follower() ledger.Follower {
	return ledger.Follower{Name: "enrich", Version: 1, Tables: []string{"enrichment", "post_label", "post_text"}, Apply: s.apply}
}

func (s *Service) apply(ctx context.Context, q db.Q, list []ledger.Activity) error {
	var rows, texts [][]any
	s.mu.Lock()
	s.recent = make(map[string]*query.Doc, len(list))
	s.mu.Unlock()
	var channels []string
	for i := range list {
		channels = append(channels, list[i].Channel)
	}
	if err := s.Name(ctx, q, channels...); err != nil {
		return err
	}
	for i := range list {
		a := &list[i]
		switch a.Kind {
		case ledger.PostSaid:
			said, err := a.Said()
			if err != nil {
				return err
			}
			var stems string
			rows, stems = s.read(rows, &channel.Post{ID: a.ID, Channel: a.Channel, Kind: said.Kind, Author: a.Actor, AuthorName: said.AuthorName,
				Title: said.Title, Text: said.Text, URL: said.URL, Lang: said.Lang, At: a.At, LearnedAt: a.LearnedAt, More: channel.More{Tags: said.Tags}}, true)
			texts = append(texts, []any{a.Seq, stems})
		case ledger.PostEdited, ledger.PostDeleted: // alone in the batch, see channel.PostFollower
			posts, err := channel.Posts(ctx, q, a.Object)
			if err != nil || len(posts) == 0 {
				return err
			}
			if err := s.again(ctx, q, posts, true); err != nil {
				return err
			}
		case ledger.PostLabelled:
			if err := label(ctx, q, a); err != nil {
				return err
			}
		}
	}
	if err := db.Insert(ctx, q, "enrichment (post, enricher, version, value, score)", rows, ""); err != nil {
		return err
	}
	return s.index(ctx, q, texts)
}

// read says what is known of a post; digesting keeps its words for the followers to the right.
func (s *Service) read(rows [][]any, p *channel.Post, digesting bool) ([][]any, string) {
	language := p.Lang
	for _, e := range s.enrichers {
		r := e.Enrich(Input{p.Title, p.Text, p.Lang})
		if e.Name() == Language {
			language = r.Value
		}
		rows = append(rows, []any{p.ID, e.Name(), e.Version(), r.Value, r.Score})
	}
	d := s.DocOf(p, language)
	if digesting {
		s.mu.Lock()
		s.recent[p.ID] = d
		s.mu.Unlock()
	}
	return rows, d.IndexText(s.stemmer)
}

// Doc returns a post of the batch being digested as queries see it, nil when it is not in it: words are cut and stemmed once a batch.
func (s *Service) Doc(post string) *query.Doc {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recent[post]
}

// Name learns what these channels are called: queries name channels, posts hold their ids. Call it before DocOf.
func (s *Service) Name(ctx context.Context, q db.Q, channels ...string) error {
	slices.Sort(channels)
	channels = slices.Compact(channels)
	type named struct{ id, name string }
	list, err := db.All(ctx, q, func(n *named) []any { return []any{&n.id, &n.name} }, "SELECT id, name FROM channel WHERE id IN "+db.Among(q, "$1"),
		db.Texts(channels))
	if err != nil {
		return fmt.Errorf("read names of channels: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range list {
		s.names[n.id] = n.name
	}
	return nil
}

// DocOf is a post in a language as queries see it. An age in a query (since:30d) counts back from when we learned of the post: what it finds
// must not depend on when it is asked.
func (s *Service) DocOf(p *channel.Post, language string) *query.Doc {
	s.mu.Lock()
	name, known := s.names[p.Channel]
	s.mu.Unlock()
	if !known {
		name = p.Channel
	}
	return query.NewDoc(query.Doc{Lang: language, Title: p.Title, Text: p.Text, URL: p.URL, Author: p.Author, AuthorName: p.AuthorName,
		Channel: name, Kind: p.Kind, Tags: p.More.Tags, At: p.At, Now: p.LearnedAt}, s.stemmer)
}

func (s *Service) index(ctx context.Context, q db.Q, texts [][]any) error {
	if q.Engine() == db.Postgres {
		return db.InsertExpr(ctx, q, "post_text (seq, stems)", []string{"", "to_tsvector('simple', %s)"}, texts, "")
	}
	return db.Insert(ctx, q, "post_text (rowid, stems)", texts, "")
}

// again says everything anew of posts that are already there.
func (s *Service) again(ctx context.Context, q db.Q, posts []channel.Post, digesting bool) error {
	var rows, texts [][]any
	var channels []string
	for i := range posts {
		channels = append(channels, posts[i].Channel)
	}
	if err := s.Name(ctx, q, channels...); err != nil {
		return err
	}
	for i := range posts {
		p := &posts[i]
		var stems string
		rows, stems = s.read(rows, p, digesting)
		texts = append(texts, []any{p.Seq, stems})
		if _, err := db.Exec(ctx, q, "DELETE FROM post_text WHERE "+db.Pick(q, "rowid", "seq")+" = $1", p.Seq); err != nil {
			return fmt.Errorf("take post %s out of the index: %w", p.ID, err)
		}
	}
	if err := db.Insert(ctx, q, "enrichment (post, enricher, version, value, score)", rows, `ON CONFLICT (post, enricher) DO UPDATE
		SET version = excluded.version, value = excluded.value, score = excluded.score`); err != nil {
		return err
	}
	return s.index(ctx, q, texts)
}

// label keeps the newest word of people; "" takes it back.
func label(ctx context.Context, q db.Q, a *ledger.Activity) error {
	var l ledger.Label
	if err := a.Decode(&l); err != nil {
		return err
	}
	if l.Value == "" {
		_, err := db.Exec(ctx, q, "DELETE FROM post_label WHERE post = $1 AND label = $2", a.Object, l.Label)
		return err
	}
	_, err := db.Exec(ctx, q, `INSERT INTO post_label (post, label, value, actor, at, post_at) SELECT id, $1, $2, $3, $4, at FROM post WHERE id = $5
		ON CONFLICT (post, label) DO UPDATE SET value = excluded.value, actor = excluded.actor, at = excluded.at`,
		l.Label, l.Value, a.Actor, db.T(a.At), a.Object)
	return err
}

// Backfill says anew what an older version said, newest posts first, until nothing is left; progress, which may be nil, is told how many.
func (s *Service) Backfill(ctx context.Context, l *ledger.Ledger, progress func(done int)) error {
	done := 0
	for _, e := range s.enrichers {
		for {
			n := 0
			err := l.Exclusive(ctx, func(ctx context.Context, q db.Q) error {
				due, err := db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+` FROM post p LEFT JOIN enrichment e
					ON e.post = p.id AND e.enricher = $1 AND e.version = $2 WHERE e.post IS NULL ORDER BY p.seq DESC LIMIT 200`, e.Name(), e.Version())
				if err != nil || len(due) == 0 {
					return err
				}
				n = len(due)
				return s.again(ctx, q, due, false)
			})
			if err != nil {
				return fmt.Errorf("enrich again with %s %s: %w", e.Name(), e.Version(), err)
			}
			if n == 0 {
				break
			}
			done += n
			if progress != nil {
				progress(done)
			}
		}
	}
	return nil
}

// Of returns the value of an enricher for posts, by post id.
func Of(ctx context.Context, q db.Q, enricher string, posts []string) (map[string]Result, error) {
	type row struct {
		post string
		Result
	}
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.post, &r.Value, &r.Score} },
		"SELECT post, value, score FROM enrichment WHERE enricher = $1 AND post IN "+db.Among(q, "$2"), enricher, db.Texts(posts))
	if err != nil {
		return nil, err
	}
	out := make(map[string]Result, len(list))
	for _, r := range list {
		out[r.post] = r.Result
	}
	return out, nil
}

// Labels returns what people said posts are, by post id.
func Labels(ctx context.Context, q db.Q, label string, posts []string) (map[string]string, error) {
	type row struct{ post, value string }
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.post, &r.value} },
		"SELECT post, value FROM post_label WHERE label = $1 AND post IN "+db.Among(q, "$2"), label, db.Texts(posts))
	if err != nil {
		return nil, err
	}
	out := make(map[string]string, len(list))
	for _, r := range list {
		out[r.post] = r.value
	}
	return out, nil
}
