// Package plan decides how objectives are to be reached: initiatives with people, hours, dates, money and risks come in, and what may be approved, when it ends, who has the time and what it costs goes out.
package plan

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
