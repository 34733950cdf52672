package inbox

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// goneRounds bounds what is given back at once; what is left has its turn in a minute.
const goneRounds = 50

// ReleaseGone gives back the open conversations of those who were removed or suspended, and tells the social team: nobody would look after
// them.
func (s *Service) ReleaseGone(ctx context.Context) error {
	type held struct{ id, assignee, name, state string }
	for range goneRounds {
		list, err := db.All(ctx, s.db.Read(), func(h *held) []any { return []any{&h.id, &h.assignee, &h.name, &h.state} },
			`SELECT c.id, c.assignee, m.name, m.state FROM member m CROSS JOIN conversation c
			WHERE c.assignee = m.id AND m.state IN ('removed', 'suspended') AND c.state = 'open' ORDER BY m.id, c.id`+db.Limit(openBatch))
		if err != nil {
			return fmt.Errorf("find conversations of former members: %w", err)
		}
		if len(list) == 0 {
			return nil
		}
		social, err := s.SocialTeam(ctx)
		if err != nil {
			return err
		}
		for len(list) > 0 {
			n := 1
			for n < len(list) && list[n].assignee == list[0].assignee {
				n++
			}
			var all []ledger.Activity
			for _, h := range list[:n] {
				c, last, err := s.settled(ctx, h.id)
				if err != nil {
					return err
				}
				if c.Assignee != h.assignee {
					continue
				}
				// The key is that of change: whoever does something with it at this moment comes first.
				all = append(all, ledger.Activity{Kind: ledger.ConversationReleased, Object: c.ID, Channel: c.Channel, At: s.now(), Key: "change:" + c.ID + ":" + last,
					Data: ledger.Data(ledger.Released{Why: h.state, From: h.assignee})})
			}
			var stated []ledger.Activity
			err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
				var err error
				if stated, err = s.ledger.AppendTx(ctx, q, all...); err != nil || len(stated) == 0 {
					return err
				}
				return s.TellOnce(ctx, q, "gone:"+stated[0].ID, social, "routing.told.given_back", []any{"Name", list[0].name, "Count", len(stated)}, "", "/inbox?view=unassigned")
			})
			if err != nil {
				return fmt.Errorf("give back the conversations of a former member: %w", err)
			}
			s.ledger.Wake()
			if err := s.ledger.Await(ctx, stated); err != nil {
				return err
			}
			list = list[n:]
		}
	}
	return nil
}
