package community

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/db"
)

// MayBeHelped reports whether a channel is a community and anybody at all said that they may be asked to help.
func (s *Service) MayBeHelped(ctx context.Context, channel string) bool {
	all, err := s.Map(ctx)
	if err != nil || !slices.ContainsFunc(all.Communities, func(c Community) bool { return c.ID == channel }) {
		return false
	}
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM (SELECT 1 FROM community_ambassador WHERE willing = 1 LIMIT 1) AS v")
	return err == nil && n > 0
}
