// Package report decides how numbers reach people who did not ask for them: measures come in, and dashboards, reports by mail, the monthly pack, files and what is out of the ordinary go out.
package report

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
