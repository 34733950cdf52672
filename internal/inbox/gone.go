package inbox

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// ReleaseGone gives back the open conversations of those who were removed as members: nobody would look after them.
func (s *Service) ReleaseGone(ctx context.Context) error {
	type held struct{ id, assignee string }
	list, err := db.All(ctx, s.db.Read(), func(h *held) []any { return []any{&h.id, &h.assignee} },
		"SELECT c.id, c.assignee FROM member m JOIN conversation c ON c.assignee = m.id WHERE m.state = 'removed' AND c.state = 'open' ORDER BY c.id"+db.Limit(openBatch))
	if err != nil {
		return fmt.Errorf("find conversations of former members: %w", err)
	}
	for _, h := range list {
		c, last, err := s.settled(ctx, h.id)
		if err != nil {
			return err
		}
		if c.Assignee != h.assignee {
			continue
		}
		// The key is that of change: whoever does something with it at this moment comes first.
		a := ledger.Activity{Kind: ledger.ConversationReleased, Object: c.ID, Channel: c.Channel, At: s.now(), Key: "change:" + c.ID + ":" + last}
		if _, err := s.ledger.Append(ctx, a); err != nil {
			return fmt.Errorf("give back a conversation of a former member: %w", err)
		}
	}
	return nil
}
