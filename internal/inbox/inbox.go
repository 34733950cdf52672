// Package inbox decides what somebody should handle and who does: threads come in as posts, conversations with a state, an assignee and
// a history go out; taking, answering and resolving are stated in the ledger.
package inbox

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/charter/check"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

// Service reads conversations and states what members do with them.
type Service struct {
	db       *db.DB
	ledger   *ledger.Ledger
	channels *channel.Service
	org      *org.Service
	reader   *enrich.Service // makes posts ready to be searched; says nothing of them itself
	log      *slog.Logger
	clock    func() time.Time
	maker    id.Maker // what is told within one moment of the clock stands in order

	lists  db.Kept[listing]
	counts db.Kept[[]counted]
	topics db.Kept[[]Topic]
	named  db.Kept[map[string]string]
	tags   db.Kept[[]string]

	departments, languages db.Kept[[]string]

	finds      db.Kept[Conversation]
	fits       db.Kept[[]Suggestion]
	aliases    db.Kept[[]string]
	texts      db.Kept[[]SavedReply] // saved replies by who sees them
	called     db.Kept[map[string]string]
	views      db.Kept[[]SavedView]
	dues       db.Kept[int]
	viewCounts sync.Map // counts of saved views

	charter   *charter.Service
	tone      check.Tone // may be nil
	licence   Licence    // may be nil
	gathering Gathering  // may be nil
	team      *team.Service
	told      chan struct{} // somebody was told something
	unread    db.Kept[map[string]int]
	mailer    org.Mailer // may be nil
	address   string

	routes   chan struct{} // something happened that routing may act on
	compiled db.Kept[*routes]
	crews    db.Kept[[]match.Person]
	learns   experience
	book     atomic.Pointer[openedBook] // what is promised, as last read
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, c *channel.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, channels: c, org: o, reader: enrich.New(d, log), log: log, clock: clock,
		charter: charter.New(d, o, log, clock), team: team.New(d, o, log, clock), told: make(chan struct{}, 1), routes: make(chan struct{}, 1)}
}

// Now is the clock by which it is decided how long somebody waits.
func (s *Service) Now() time.Time { return s.clock() }

// Version stands for what is committed: while it is the same, everything is read as it was.
func (s *Service) Version(ctx context.Context) (string, error) { return s.db.Version(ctx) }

// acting is the member that acts in ctx and may do p. What is done in the inbox is done by somebody, so the operator alone is not enough.
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

func actor(m *org.Member) string { return "member:" + m.ID }

// name is how a member is called, their id when they are unknown here.
func (s *Service) name(ctx context.Context, member string) string {
	if m, err := s.org.Find(ctx, member); err == nil {
		return m.Name
	}
	return member
}

// now is exact to what the database keeps.
func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }
