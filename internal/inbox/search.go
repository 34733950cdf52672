package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// A search goes through the newest posts first and ends after so many, so that a word everybody uses costs little more than a rare one.
const (
	mostLooked  = 2000  // posts that are read and matched
	mostFound   = 500   // conversations
	mostHits    = 10000 // posts that the index gives, whether they are of the view or not
	windowOf    = 500   // so many of them at once
	fewInView   = 2000  // conversations: of a view with no more, its own posts are gone through
	mostWords   = 1000  // bytes of a search
	fewMentions = 5000  // of a topic with more, conversations are asked one by one until a page is full
)

// Reach is how far a search looked.
type Reach struct {
	Searched bool
	All      bool // whether all posts of the view that could match were looked at; else the newest
}

// ParseSearch reads what somebody looks for: the query language of topics, and situations, which are no part of what is returned. Of nothing to look for it is nil.
func ParseSearch(words string) (*query.Query, error) {
	if len(words) > mostWords {
		return nil, problem.New(problem.Invalid, "problem.too_long", "Max", mostWords).On("q")
	}
	if words, _ = gatheredIn(words); strings.TrimSpace(words) == "" {
		return nil, nil
	}
	parsed, found := query.Parse(words)
	for _, p := range found {
		if p.Severity == query.Error {
			args := []any{}
			for k, v := range p.Args {
				args = append(args, k, v)
			}
			if strings.EqualFold(fmt.Sprint(p.Args["Field"]), "situation") { // see gatheredIn
				return nil, problem.New(problem.Invalid, "inbox.situation_beside").On("q")
			}
			return nil, problem.New(problem.Invalid, p.Key, args...).On("q")
		}
	}
	return parsed, nil
}

// search narrows a walk to the conversations in whose threads somebody, they or we, said what matches.
func (s *Service) search(ctx context.Context, q db.Q, w *walk, words string) (Reach, error) {
	parsed, err := ParseSearch(words)
	if err != nil || parsed.Empty() {
		return Reach{All: true}, err
	}
	few, err := w.few(ctx, q)
	if err != nil {
		return Reach{}, err
	}
	roots, seen := []string{}, map[string]bool{}
	reach, below := Reach{Searched: true}, int64(-1)
	for looked, hits := 0, 0; looked < mostLooked && hits < mostHits && len(roots) < mostFound; {
		window, err := w.window(ctx, q, parsed, few, below)
		if err != nil {
			return reach, fmt.Errorf("look into the index: %w", err)
		}
		posts, err := w.posts(ctx, q, window)
		if err != nil {
			return reach, fmt.Errorf("read what may match: %w", err)
		}
		docs, err := s.reader.Docs(ctx, q, posts)
		if err != nil {
			return reach, err
		}
		for i := range posts {
			if p := &posts[i]; !seen[p.Root] && parsed.Match(docs[p.ID]) {
				seen[p.Root] = true
				roots = append(roots, p.Root)
			}
		}
		if reach.All = len(window) < windowOf; reach.All {
			break
		}
		looked, hits, below = looked+len(posts), hits+len(window), window[len(window)-1].seq
	}
	w.where.And("root IN "+db.Among(q, "?"), db.Texts(roots))
	return reach, nil
}

// few reports whether a view has few conversations.
func (w *walk) few(ctx context.Context, q db.Q) (bool, error) {
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM (SELECT 1 FROM conversation "+w.where.String()+db.Limit(fewInView+1)+") AS v", w.where.Args...)
	if err != nil {
		return false, fmt.Errorf("count a view: %w", err)
	}
	return n <= fewInView, nil
}

// hit is a post that may match.
type hit struct {
	id  string
	seq int64
}

func hitFields(h *hit) []any { return []any{&h.id, &h.seq} }

// window gives posts that may match, those we learned of last first, below a seq (-1: from the newest). Of a view with few
// conversations only its own posts are among them.
func (w *walk) window(ctx context.Context, q db.Q, parsed *query.Query, few bool, below int64) ([]hit, error) {
	narrow, hits := parsed.Narrow(query.SQLite), "SELECT rowid AS seq FROM post_text WHERE post_text MATCH ?"
	if q.Engine() == db.Postgres {
		narrow, hits = parsed.Narrow(query.Postgres), "SELECT seq FROM post_text WHERE stems @@ to_tsquery('simple', ?)"
	}
	if few {
		c := db.Where{Args: append([]any(nil), w.where.Args...)}
		if narrow != "" {
			c.And("p.seq IN ("+hits+")", narrow)
		}
		if below >= 0 {
			c.And("p.seq < ?", below)
		}
		// Sorted by more than the column: else an engine may go through all posts there are, newest first, in search of the view's.
		return db.All(ctx, q, hitFields, "WITH v AS MATERIALIZED (SELECT root FROM conversation "+w.where.String()+
			") SELECT p.id, p.seq FROM v JOIN post p ON p.root = v.root "+c.String()+" ORDER BY p.seq + 0 DESC"+db.Limit(windowOf), c.Args...)
	}
	var c db.Where
	from, seq := "post", "seq"
	switch {
	case narrow == "":
	case q.Engine() == db.Postgres:
		from = "post_text"
		c.And("stems @@ to_tsquery('simple', ?)", narrow)
	default:
		from, seq = "post_text", "rowid"
		c.And("post_text MATCH ?", narrow)
	}
	if below >= 0 {
		c.And(seq+" < ?", below)
	}
	return db.All(ctx, q, hitFields, "SELECT p.id, p.seq FROM (SELECT "+seq+" AS n FROM "+from+" "+c.String()+" ORDER BY "+seq+" DESC"+db.Limit(windowOf)+
		") AS t JOIN post p ON p.seq = t.n ORDER BY p.seq DESC", c.Args...)
}

// posts reads those of a window that are in the view, in the order of the window.
func (w *walk) posts(ctx context.Context, q db.Q, window []hit) ([]channel.Post, error) {
	c := db.Where{Args: append([]any(nil), w.where.Args...)}
	ids := make([]string, len(window))
	for i := range window {
		ids[i] = window[i].id
	}
	c.And("p.id IN "+db.Among(q, "?"), db.Texts(ids)).And("p.deleted_at IS NULL")
	view := w.where.String()
	if view == "" {
		view = "WHERE true"
	}
	return db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+" FROM post p "+c.String()+
		" AND EXISTS (SELECT 1 FROM conversation "+view+" AND root = p.root) ORDER BY p.seq DESC", c.Args...)
}

// mentioning narrows a walk to the conversations in whose threads a topic is mentioned.
func mentioning(ctx context.Context, q db.Q, w *walk, topic string) error {
	n, _, err := db.Value[int64](ctx, q, "SELECT COALESCE(SUM(n), 0) FROM mention_hour WHERE topic = $1", topic)
	if err != nil {
		return fmt.Errorf("count mentions: %w", err)
	}
	if n <= fewMentions {
		w.where.And("root IN (SELECT p.root FROM mention m JOIN post p ON p.id = m.post WHERE m.topic = ?)", topic)
		return nil
	}
	w.where.And("EXISTS (SELECT 1 FROM post p JOIN mention m ON m.post = p.id WHERE p.root = conversation.root AND m.topic = ?)", topic)
	return nil
}

// Topic names a topic by which the queue can be narrowed.
type Topic struct{ ID, Name string }

// Topics lists the topics by which whoever acts can narrow the queue.
func (s *Service) Topics(ctx context.Context) ([]Topic, error) {
	if org.Require(ctx, org.ListeningRead) != nil {
		return nil, nil
	}
	list, err := s.topics.Read(ctx, s.db, "", func(ctx context.Context) ([]Topic, error) {
		return db.All(ctx, s.db.Read(), func(t *Topic) []any { return []any{&t.ID, &t.Name} },
			"SELECT id, name FROM topic WHERE removed_at IS NULL ORDER BY name, id")
	})
	return slices.Clone(list), err
}
