package contact

import (
	"context"
	"slices"
)

// Speaks reports whether a channel is that of a contact point; true when that is not known.
func (s *Service) Speaks(ctx context.Context, channel string) bool {
	points, err := s.all(ctx)
	return err != nil || slices.ContainsFunc(points, func(p Point) bool { return p.Channel == channel })
}
