// Package course decides who has learned what it takes to speak for the organisation: courses and what learners answer come in, certificates,
// who may speak, and what is left to do for a new colleague go out.
package course

import (
	"context"
	"log/slog"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/charter/check"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

// Service keeps courses, what learners did in them, and certificates.
type Service struct {
	db      *db.DB
	org     *org.Service
	charter *charter.Service
	team    *team.Service
	inbox   *inbox.Service
	tone    check.Tone // may be nil
	shipped func() ([]Content, error)
	log     *slog.Logger
	clock   func() time.Time

	gates  db.Kept[Gate]
	rights db.Kept[map[string]time.Time]
}

// New makes the service; shipped are the courses to begin with, and may be nil.
func New(d *db.DB, o *org.Service, c *charter.Service, t *team.Service, in *inbox.Service, tone check.Tone, shipped func() ([]Content, error), log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, org: o, charter: c, team: t, inbox: in, tone: tone, shipped: shipped, log: log, clock: clock}
}

// Now is the clock by which certificates run out.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Templates are the courses to begin with.
func (s *Service) Templates() ([]Content, error) {
	if s.shipped == nil {
		return nil, nil
	}
	return s.shipped()
}

// acting is the member that acts in ctx and may do p: nobody learns for somebody else, and no program does for a person.
func acting(ctx context.Context, p org.Permission) (*org.Member, error) {
	if err := org.Require(ctx, p); err != nil {
		return nil, err
	}
	m := org.Who(ctx)
	if m == nil {
		return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return m, nil
}

func missing() error { return problem.New(problem.Missing, "problem.not_found") }
