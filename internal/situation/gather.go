package situation

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Bounds of what is gathered.
const (
	maxGathered = 200_000 // conversations of a situation
	maxAtOnce   = 20_000  // gathered with one click or call
	inOneFact   = 500     // named by one activity
	maxFound    = 5000    // gathered by one search
)

// Gather brings conversations into a situation and returns how many were new to it. Those that do not exist are left out.
func (s *Service) Gather(ctx context.Context, situation string, conversations []string) (int, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return 0, err
	}
	v, err := s.Find(ctx, situation)
	if err != nil {
		return 0, err
	}
	if len(conversations) > maxAtOnce || v.Conversations+len(conversations) > maxGathered {
		return 0, problem.New(problem.Invalid, "situation.too_many", "Max", maxAtOnce).On("conversations")
	}
	q := s.db.Read()
	fresh, err := db.All(ctx, q, db.Self[string], "SELECT c.id FROM conversation c WHERE c.id IN "+db.Among(q, "$1")+
		" AND NOT EXISTS (SELECT 1 FROM situation_conversation x WHERE x.situation = $2 AND x.conversation = c.id) ORDER BY c.id", db.Texts(conversations), v.ID)
	if err != nil {
		return 0, fmt.Errorf("find what is to be gathered: %w", err)
	}
	return len(fresh), s.name(ctx, &v, m, ledger.SituationGathered, fresh)
}

func (s *Service) name(ctx context.Context, v *Situation, m *org.Member, kind string, conversations []string) error {
	if len(conversations) == 0 {
		return nil
	}
	var facts []any
	for part := range slices.Chunk(conversations, inOneFact) {
		facts = append(facts, ledger.Gathered{Conversations: part})
	}
	defer s.forget()
	return s.add(ctx, v, m, kind, "", func(ctx context.Context, q db.Q) error {
		if kind != ledger.SituationGathered {
			return nil
		}
		return s.redirect(ctx, q, v, conversations)
	}, facts...)
}

// GatherFound gathers the open conversations in which somebody says what a query matches, at most 5000, and returns how many were new.
func (s *Service) GatherFound(ctx context.Context, situation, words string) (int, error) {
	if clean(words) == "" {
		return 0, problem.New(problem.Invalid, "problem.required").On("words")
	}
	var found []string
	cursor := ""
	for len(found) < maxFound {
		list, next, err := s.inbox.Queue(ctx, inbox.OpenView, inbox.Filter{Words: words}, cursor, 200)
		if err != nil {
			return 0, err
		}
		for i := range list {
			found = append(found, list[i].ID)
		}
		if cursor = next; next == "" {
			break
		}
	}
	return s.Gather(ctx, situation, found)
}

// Let takes conversations out of a situation.
func (s *Service) Let(ctx context.Context, situation string, conversations []string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	v, err := s.Find(ctx, situation)
	if err != nil {
		return err
	}
	if len(conversations) > maxAtOnce {
		return problem.New(problem.Invalid, "situation.too_many", "Max", maxAtOnce).On("conversations")
	}
	q := s.db.Read()
	here, err := db.All(ctx, q, db.Self[string], "SELECT x.conversation FROM situation_conversation x WHERE x.situation = $1 AND (x.conversation IN "+db.Among(q, "$2")+
		" OR x.conversation IN (SELECT a.id FROM conversation_alias a WHERE a.conversation IN "+db.Among(q, "$2")+")) ORDER BY 1", v.ID, db.Texts(conversations))
	if err != nil {
		return fmt.Errorf("find what is to be let go: %w", err)
	}
	return s.name(ctx, &v, m, ledger.SituationLet, here)
}

// Place is how many conversations of a situation are in one channel.
type Place struct {
	Channel, Name string
	N             int
	Waiting, Open int // of them wait for us, are open
}

// Places counts what a situation gathered by channel, the most first.
func (s *Service) Places(ctx context.Context, situation string) ([]Place, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), func(p *Place) []any { return []any{&p.Channel, &p.Name, &p.N, &p.Waiting, &p.Open} },
		`SELECT c.channel, COALESCE((SELECT h.name FROM channel h WHERE h.id = c.channel), ''), COUNT(DISTINCT c.id),
			COUNT(DISTINCT CASE WHEN c.waiting_since IS NOT NULL THEN c.id END), COUNT(DISTINCT CASE WHEN c.state = 'open' THEN c.id END)
		FROM situation_conversation x JOIN conversation c ON c.id = `+gathered+` WHERE x.situation = $1 GROUP BY c.channel ORDER BY 3 DESC, 1`, situation)
	if err != nil {
		return nil, fmt.Errorf("count conversations by channel: %w", err)
	}
	return list, nil
}

// Conversations lists the ids of what a situation gathered, in order, after an id ("" for the beginning).
func (s *Service) Conversations(ctx context.Context, situation, after string, limit int) ([]inbox.Conversation, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	if after != "" {
		_, found, err := db.Value[string](ctx, s.db.Read(), "SELECT c.id FROM situation_conversation x JOIN conversation c ON c.id = "+gathered+" WHERE x.situation = $1 AND c.id = $2 LIMIT 1", situation, after)
		if err == nil && !found {
			err = badCursor(notFound())
		}
		if err != nil {
			return nil, err
		}
	}
	ids, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT c.id FROM situation_conversation x JOIN conversation c ON c.id = "+gathered+
		" WHERE x.situation = $1 AND c.id > $2 ORDER BY c.id"+db.Limit(min(max(limit, 1), 200)), situation, after)
	if err != nil {
		return nil, fmt.Errorf("list what a situation gathered: %w", err)
	}
	out := make([]inbox.Conversation, 0, len(ids))
	for _, id := range ids {
		c, err := s.inbox.Find(ctx, id)
		if problem.Is(err, problem.Missing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}
