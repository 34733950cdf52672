// Package team decides what those who answer can and when they are there: what members say of themselves comes in, profiles with skills,
// languages, hours and absences, and who answers for which work, go out.
package team

import (
	"context"
	"log/slog"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Service keeps profiles and the responsibility matrix.
type Service struct {
	db    *db.DB
	org   *org.Service
	log   *slog.Logger
	clock func() time.Time

	profiles db.Kept[[]Profile]
	times    db.Kept[map[string]time.Duration]
	works    db.Kept[[]Work]
}

// New makes the service.
func New(d *db.DB, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, org: o, log: log, clock: clock}
}

// Now is the clock by which it is decided who is there.
func (s *Service) Now() time.Time { return s.clock() }

// Local is now in the organisation's time zone, by which weeks and quarters begin for all alike; UTC as long as there is none.
func (s *Service) Local(ctx context.Context) time.Time {
	o, _ := s.org.Organisation(ctx) // of what cannot be read the zone is UTC
	return s.now().In(o.Location())
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// leads reports whether whoever acts looks after the profiles of others.
func leads(ctx context.Context) bool { return org.Require(ctx, org.InboxAssign) == nil }

func missing() error { return problem.New(problem.Missing, "problem.not_found") }
