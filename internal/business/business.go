// Package business decides what business facts there are: facts of orders, revenue, contacts, hours, costs and more that files, REST and a watched folder bring come in, and what stands in the books, with its corrections, goes out.
package business

import (
	"log/slog"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// Service is safe for concurrent use.
type Service struct {
	db     *db.DB
	ledger *ledger.Ledger
	org    *org.Service
	log    *slog.Logger
	clock  func() time.Time
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, org: o, log: log, clock: clock}
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock() }
