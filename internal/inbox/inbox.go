// Package inbox decides what somebody should handle and who does: threads come in as posts, conversations with a state, an assignee and
// a history go out; taking, answering and resolving are stated in the ledger.
package inbox

import (
	"log/slog"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// Service reads conversations and states what members do with them.
type Service struct {
	db       *db.DB
	ledger   *ledger.Ledger
	channels *channel.Service
	org      *org.Service
	log      *slog.Logger
	clock    func() time.Time
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, c *channel.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{d, l, c, o, log, clock}
}
