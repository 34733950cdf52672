// Package govern decides whether the work stays on its rails: answers about where the organisation is going, readiness, surroundings, the charter, reviews, decisions and spending come in, and what to do next, what is missing and what is doubled goes out.
package govern

import (
	"log/slog"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
)

// Service is safe for concurrent use.
type Service struct {
	db       *db.DB
	measures *measure.Service
	strategy *strategy.Service
	org      *org.Service
	log      *slog.Logger
	clock    func() time.Time
}

// New makes the service.
func New(d *db.DB, m *measure.Service, s *strategy.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, measures: m, strategy: s, org: o, log: log, clock: clock}
}
