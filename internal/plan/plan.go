// Package plan decides how objectives are to be reached: initiatives with people, hours, dates, money and risks come in, and what may be approved, when it ends, who has the time and what it costs goes out.
package plan

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
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
	ids      id.Maker
}

// New makes the service.
func New(d *db.DB, m *measure.Service, s *strategy.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, measures: m, strategy: s, org: o, log: log, clock: clock}
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Today is the day it is where the organisation is.
func (s *Service) Today(ctx context.Context) schedule.Day {
	zone := time.UTC
	if o, err := s.org.Organisation(ctx); err == nil {
		zone = o.Location()
	}
	return schedule.Of(s.clock(), zone)
}

func (s *Service) newID() string { return s.ids.Make(s.Now()) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// text is s trimmed, refused on field when longer than max characters.
func text(s, field string, max int) (string, error) {
	s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", ""))
	if utf8.RuneCountInString(s) > max {
		return s, problem.New(problem.Invalid, "problem.too_long", "Max", max).On(field)
	}
	return s, nil
}

// at names a field of a row of a section: task_3_name.
func at(section string, row int, field string) string {
	return fmt.Sprintf("%s_%d_%s", section, row, field)
}
