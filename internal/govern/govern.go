// Package govern decides whether the work stays on its rails: answers about where the organisation is going, readiness, surroundings, the charter, reviews, decisions and spending come in, and what to do next, what is missing and what is doubled goes out.
package govern

import (
	"context"
	"log/slog"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// Service is safe for concurrent use.
type Service struct {
	db        *db.DB
	measures  *measure.Service
	strategy  *strategy.Service
	org       *org.Service
	log       *slog.Logger
	clock     func() time.Time
	ids       id.Maker
	charter   *charter.Service
	listening *listening.Service
	plan      *plan.Service
}

// New makes the service.
func New(d *db.DB, m *measure.Service, s *strategy.Service, c *charter.Service, l *listening.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, measures: m, strategy: s, charter: c, listening: l, org: o, log: log, clock: clock}
}

// WithPlan lets the register meet what initiatives plan.
func (s *Service) WithPlan(p *plan.Service) *Service {
	s.plan = p
	return s
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Strategy is where the objectives are.
func (s *Service) Strategy() *strategy.Service { return s.strategy }

func (s *Service) newID() string { return s.ids.Make(s.Now()) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// edit runs a change: the permission, the transaction and the audit entry are the same for all.
func (s *Service) edit(ctx context.Context, p org.Permission, action, object string, details any, do func(ctx context.Context, q db.Q) error) error {
	if err := org.Require(ctx, p); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := do(ctx, q); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, action, object, details)
	})
}

// me is the id of who acts, "" for the operator.
func me(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return ""
}
