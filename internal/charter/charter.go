// Package charter decides which rules hold for those who speak for the organisation: versions of the charter and who acknowledged them come
// in, and what is in force, for whom, and who has not agreed yet goes out.
package charter

import (
	"log/slog"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Service is safe for concurrent use.
type Service struct {
	db    *db.DB
	org   *org.Service
	log   *slog.Logger
	clock func() time.Time
}

// New makes the service.
func New(d *db.DB, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, org: o, log: log, clock: clock}
}
