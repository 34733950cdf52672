package channel

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
)

// WithdrawAll takes back, in the caller's transaction, those of the sendings that are not yet on their way, and returns their ids.
func (s *Service) WithdrawAll(ctx context.Context, q db.Q, sendings []string) ([]string, error) {
	if len(sendings) == 0 {
		return nil, nil
	}
	taken, err := db.All(ctx, q, db.Self[string], `UPDATE outgoing SET state = 'withdrawn', lease_until = NULL, lease_by = '' WHERE state = 'queued' AND id IN `+
		db.Among(q, "$1")+" RETURNING id", db.Texts(sendings))
	if err != nil {
		return nil, fmt.Errorf("take back sendings: %w", err)
	}
	return taken, nil
}
