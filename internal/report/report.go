// Package report decides how numbers reach people who did not ask for them: measures come in, and dashboards, reports by mail, the monthly pack, files and what is out of the ordinary go out.
package report

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// Service is safe for concurrent use.
type Service struct {
	db       *db.DB
	measures *measure.Service
	strategy *strategy.Service
	plan     *plan.Service
	govern   *govern.Service
	channels *channel.Service
	org      *org.Service
	log      *slog.Logger
	clock    func() time.Time
	ids      id.Maker
	mailer   Mailer
	printer  Printer

	mu    sync.Mutex
	notes map[string]noted
}

// New makes the service.
func New(d *db.DB, m *measure.Service, s *strategy.Service, p *plan.Service, g *govern.Service, c *channel.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, measures: m, strategy: s, plan: p, govern: g, channels: c, org: o, log: log, clock: clock, notes: map[string]noted{}}
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Measures is where the numbers come from.
func (s *Service) Measures() *measure.Service { return s.measures }

func (s *Service) newID() string { return s.ids.Make(s.Now()) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// text is s trimmed, refused on field when it is longer than max characters.
func text(s, field string, max int) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
	if utf8.RuneCountInString(s) > max {
		return s, problem.New(problem.Invalid, "problem.too_long", "Max", max).On(field)
	}
	return s, nil
}

// actor is the id of the member that acts, "" for whoever runs the machine.
func actor(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return ""
}
