// Package contact decides how people reach us on pages: questions of visitors come in, answers that are there already go out first, then a
// conversation in the inbox whose replies reach them on the page or by mail, once; what was read and whether contact was made are facts.
package contact

import (
	"log/slog"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Service keeps contact points and serves those who come to them. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	ledger    *ledger.Ledger
	channels  *channel.Service
	community *community.Service
	org       *org.Service
	log       *slog.Logger
	clock     func() time.Time
	ids       id.Maker

	points db.Kept[[]Point]
	paces  paces
	here   here
	older  older
	wake   chan struct{}
}

// New makes the service.
func New(d *db.DB, l *ledger.Ledger, c *channel.Service, m *community.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, ledger: l, channels: c, community: m, org: o, log: log, clock: clock, wake: make(chan struct{}, 1)}
}

// Now is the service's clock, exact to what the database keeps.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// paces bounds how often one network address, and all together, do something.
type paces struct {
	mu   sync.Mutex
	list map[string]*rate.Limiter
}

// mostPaces is how many addresses are remembered; when there are more, all begin anew and the bound of all together holds.
const mostPaces = 10_000

// take counts one thing done; it is refused when there were too many. burst may come at once, then so many a minute.
func (p *paces) take(now time.Time, name string, burst int, perMinute float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.list == nil || len(p.list) > mostPaces {
		p.list = map[string]*rate.Limiter{}
	}
	l := p.list[name]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(perMinute/60), burst)
		p.list[name] = l
	}
	if !l.AllowN(now, 1) {
		return problem.New(problem.Busy, "contact.too_fast")
	}
	return nil
}
