// Package charter decides which rules hold for those who speak for the organisation: versions of the charter and who acknowledged them come
// in, and what is in force, for whom, and who has not agreed yet goes out.
package charter

import (
	"context"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Service keeps the charter. It is safe for concurrent use.
type Service struct {
	db    *db.DB
	org   *org.Service
	log   *slog.Logger
	clock func() time.Time
	ids   id.Maker

	inForce atomic.Pointer[Version] // as last read; nil before
}

// New makes the service.
func New(d *db.DB, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, org: o, log: log, clock: clock}
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func (s *Service) newID() string { return s.ids.Make(s.Now()) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// edit runs a change of the charter: the permission, the transaction and the audit entry are the same for all.
func (s *Service) edit(ctx context.Context, action, object string, details any, do func(ctx context.Context, q db.Q) error) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := do(ctx, q); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, action, object, details)
	})
}
