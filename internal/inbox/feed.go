package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// OfRoots are the conversations about threads, by the first post of each.
func (s *Service) OfRoots(ctx context.Context, roots []string) (map[string]Conversation, error) {
	return s.narrowed(ctx, "root", roots, func(c *Conversation) string { return c.Root })
}

// OfIDs are conversations by their id.
func (s *Service) OfIDs(ctx context.Context, ids []string) (map[string]Conversation, error) {
	return s.narrowed(ctx, "id", ids, func(c *Conversation) string { return c.ID })
}

func (s *Service) narrowed(ctx context.Context, column string, values []string, key func(*Conversation) string) (map[string]Conversation, error) {
	out := map[string]Conversation{}
	if len(values) == 0 {
		return out, nil
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, fields, "SELECT "+columns+" FROM conversation WHERE "+column+" IN "+db.Among(q, "$1"), db.Texts(values))
	if err != nil {
		return nil, fmt.Errorf("read conversations: %w", err)
	}
	for i := range list {
		out[key(&list[i])] = list[i]
	}
	return out, nil
}

// Span is one time a conversation was open: the first is 0, each reopening begins another.
type Span struct {
	Conversation         string
	N                    int
	OpenedAt, ResolvedAt time.Time // ResolvedAt is zero while it is open
}

func spanFields(p *Span) []any {
	return []any{&p.Conversation, &p.N, db.At(&p.OpenedAt), db.At(&p.ResolvedAt)}
}

// Spans are the times these conversations were open.
func (s *Service) Spans(ctx context.Context, conversations []string) ([]Span, error) {
	if len(conversations) == 0 {
		return nil, nil
	}
	q := s.db.Read()
	return db.All(ctx, q, spanFields, "SELECT conversation, n, opened_at, resolved_at FROM conversation_span WHERE conversation IN "+db.Among(q, "$1")+" ORDER BY conversation, n",
		db.Texts(conversations))
}

// SpansSince are the times conversations were open that ended (resolved) or began since a moment, the last first, at most limit.
func (s *Service) SpansSince(ctx context.Context, since time.Time, resolved bool, limit int) ([]Span, error) {
	where, order := "opened_at >= $1 AND n > 0", "opened_at"
	if resolved {
		where, order = "resolved_at >= $1", "resolved_at"
	}
	return db.All(ctx, s.db.Read(), spanFields, "SELECT conversation, n, opened_at, resolved_at FROM conversation_span WHERE "+where+" ORDER BY "+order+" DESC, conversation, n"+
		db.Limit(limit), db.T(since))
}

// OpenedSince are conversations that began since a moment, the last first, at most limit.
func (s *Service) OpenedSince(ctx context.Context, since time.Time, limit int) ([]Conversation, error) {
	return db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM conversation WHERE opened_at >= $1 ORDER BY opened_at DESC, id"+db.Limit(limit), db.T(since))
}

// WaitingSince are conversations in which somebody has waited for us since a moment between from and to, the longest wait first, at most limit.
func (s *Service) WaitingSince(ctx context.Context, from, to time.Time, limit int) ([]Conversation, error) {
	return db.All(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM conversation WHERE waiting_since > $1 AND waiting_since <= $2 ORDER BY waiting_since, id"+db.Limit(limit),
		db.T(from), db.T(to))
}

// Standing is how a conversation stood at some time.
type Standing struct {
	There    bool // it had begun
	State    State
	Assignee string
}

// StoodAt tells how a conversation stood at a moment, as far as the last things done with it say.
func (s *Service) StoodAt(ctx context.Context, c *Conversation, at time.Time) (Standing, error) {
	v := Standing{There: !c.OpenedAt.After(at), State: Open}
	ids, err := s.ids(ctx, c)
	if err != nil {
		return v, err
	}
	var last time.Time
	for _, id := range ids {
		list, err := s.ledger.About(ctx, id, maxChanges)
		if err != nil {
			return v, err
		}
		for i := range list {
			a := &list[i]
			if a.Kind == ledger.ConversationOpened && a.At.After(at) {
				v.There = false
			}
			if a.At.After(at) || !a.At.After(last) {
				continue
			}
			switch a.Kind {
			case ledger.ConversationTaken:
				v.Assignee, last = memberOf(a.Actor), a.At
			case ledger.ConversationAssigned:
				var to ledger.Assigned
				if err := a.Decode(&to); err != nil {
					return v, err
				}
				v.Assignee, last = to.To, a.At
			case ledger.ConversationReleased:
				v.Assignee, last = "", a.At
			}
		}
	}
	spans, err := s.Spans(ctx, []string{c.ID})
	if err != nil {
		return v, err
	}
	for _, p := range spans {
		if !p.OpenedAt.After(at) {
			if v.State = Open; !p.ResolvedAt.IsZero() && !p.ResolvedAt.After(at) {
				v.State = Resolved
			}
		}
	}
	return v, nil
}
