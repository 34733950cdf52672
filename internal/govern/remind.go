package govern

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
)

// Teller tells members something inside a transaction, once for each token: key and args make the sentence, conversation ("" for none) is what
// it is about, href the page it leads to.
type Teller func(ctx context.Context, q db.Q, token string, members []string, key string, args []any, conversation, href string) error

// remindBefore is how long before its day whoever decides on an insight is reminded.
const remindBefore = 3 * 24 * time.Hour

// Remind tells whoever decides on an insight that its day is near, and that it is over, once each; who handed it over is told of the second.
func (s *Service) Remind(ctx context.Context, tell Teller) error {
	now := s.Now()
	list, err := insights().all(ctx, s.db.Read(), "verdict = '' AND due_at <= $1", db.T(now.Add(remindBefore)))
	if err != nil {
		return err
	}
	for _, i := range list {
		to, key := []string{i.Owner}, "soon"
		if i.Overdue(now) {
			to, key = []string{i.Owner, i.HandedBy}, "over"
		}
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			return tell(ctx, q, "insight:"+i.ID+":"+key+":"+i.DueAt.Format(time.DateOnly), to, "govern.remind."+key, []any{"Name", i.Name}, "", "/govern/insights/"+i.ID)
		})
		if err != nil {
			return fmt.Errorf("remind of an insight: %w", err)
		}
	}
	return nil
}

// RemindLoop reminds each hour until ctx ends.
func (s *Service) RemindLoop(ctx context.Context, tell Teller) error {
	tick := time.NewTicker(time.Hour)
	defer tick.Stop()
	for {
		if err := s.Remind(ctx, tell); err != nil && ctx.Err() == nil {
			s.log.Error("nobody was reminded of insights, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
