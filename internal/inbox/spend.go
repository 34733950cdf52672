package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
)

// spend counts the time since the last sign of a member on any conversation as given, as long as signs come: however many pages they have
// open, a minute is a minute.
func (s *Service) spend(ctx context.Context, q db.Q, member string, now time.Time) error {
	last, found, err := db.Value[int64](ctx, q, "SELECT COALESCE(MAX(at), 0) FROM presence WHERE member = $1", member)
	if err != nil {
		return fmt.Errorf("see when a member was here last: %w", err)
	}
	since := now.Sub(time.UnixMicro(last))
	if !found || last == 0 || since <= 0 || since > hereFor {
		return nil
	}
	return s.team.Spend(ctx, q, member, now, since)
}
