package measure

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
)

// nowhere is a channel that there is none of.
const nowhere = "-"

// settled turns the name of a community of ours into its channel: business facts name communities, what is said stands on channels.
func (s *Service) settled(ctx context.Context, m kpi.Measure, f Filter) (Filter, error) {
	if f.Community == "" || m.Of == kpi.OfFacts {
		return f, nil
	}
	channel, found, err := db.Value[string](ctx, s.db.Read(), "SELECT channel FROM community WHERE name = $1 AND channel <> '' ORDER BY created_at, id"+db.Limit(1), f.Community)
	if err != nil {
		return f, fmt.Errorf("find the channel of a community: %w", err)
	}
	if !found || f.Channel != "" && f.Channel != channel {
		channel = nowhere
	}
	f.Channel, f.Community = channel, ""
	return f, nil
}
