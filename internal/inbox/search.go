package inbox

import (
	"context"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// A search looks at the newest posts of a view and ends after so many, so that a word everybody uses costs no more than a rare one.
const (
	mostLooked = 2000 // posts
	mostFound  = 500  // conversations
	mostWords  = 1000 // bytes of a search
)

// Reach is how far a search looked.
type Reach struct {
	Searched bool
	All      bool // whether all posts of the view that could match were looked at; else the newest
}

// ParseSearch reads what somebody looks for: the query language of topics. Of nothing to look for it is nil.
func ParseSearch(words string) (*query.Query, error) {
	if len(words) > mostWords {
		return nil, problem.New(problem.Invalid, "problem.too_long", "Max", mostWords).On("q")
	}
	if strings.TrimSpace(words) == "" {
		return nil, nil
	}
	parsed, found := query.Parse(words)
	for _, p := range found {
		if p.Severity == query.Error {
			args := []any{}
			for k, v := range p.Args {
				args = append(args, k, v)
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
	roots, seen := []string{}, map[string]bool{}
	reach, below := Reach{Searched: true}, int64(-1)
	for looked := 0; looked < mostLooked && len(roots) < mostFound; {
		const piece = 500
		posts, err := candidates(ctx, q, w, parsed, below, piece)
		if err != nil {
			return reach, fmt.Errorf("look for posts: %w", err)
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
		if reach.All = len(posts) < piece; reach.All {
			break
		}
		looked += len(posts)
		below = posts[len(posts)-1].Seq
	}
	w.where.And("root IN "+db.Among(q, "?"), db.Texts(roots))
	return reach, nil
}

// candidates are posts of a view that may match, those we learned of last first, below a seq (-1: from the newest).
func candidates(ctx context.Context, q db.Q, view *walk, parsed *query.Query, below int64, size int) ([]channel.Post, error) {
	w := db.Where{Args: append([]any(nil), view.where.Args...)}
	conversations := view.where.String()
	from, seq := "post p", "p.seq"
	if q.Engine() == db.Postgres {
		if narrow := parsed.Narrow(query.Postgres); narrow != "" {
			w.And("p.seq IN (SELECT seq FROM post_text WHERE stems @@ to_tsquery('simple', ?))", narrow)
		}
	} else if narrow := parsed.Narrow(query.SQLite); narrow != "" {
		from, seq = "post_text t JOIN post p ON p.seq = t.rowid", "t.rowid"
		w.And("t.post_text MATCH ?", narrow)
	}
	if below >= 0 {
		w.And(seq+" < ?", below)
	}
	w.And("p.deleted_at IS NULL")
	inView := "EXISTS (SELECT 1 FROM conversation " + join(conversations, "root = p.root") + ")"
	return db.All(ctx, q, channel.PostFields, "SELECT "+channel.PostColumns("p.")+" FROM "+from+" "+join(w.String(), inView)+
		" ORDER BY "+seq+" DESC LIMIT "+w.Arg(size), w.Args...)
}

// join adds a condition without arguments to a written WHERE.
func join(where, condition string) string {
	if strings.TrimSpace(where) == "" {
		return "WHERE " + condition
	}
	return where + " AND " + condition
}

// fewMentions is up to how many mentions of a topic are gone through; of more, conversations are asked one by one until a page is full.
const fewMentions = 5000

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
	return db.All(ctx, s.db.Read(), func(t *Topic) []any { return []any{&t.ID, &t.Name} },
		"SELECT id, name FROM topic WHERE removed_at IS NULL ORDER BY name, id")
}
