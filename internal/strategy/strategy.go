// Package strategy decides how the work stands against what the organisation wants: a map of objectives with measures, targets and
// links comes in, and where every objective is on its way, with the numbers it stands on, goes out.
package strategy

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"golang.org/x/sync/singleflight"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Service keeps strategy maps and evaluates them. It is safe for concurrent use.
type Service struct {
	db       *db.DB
	measures *measure.Service
	org      *org.Service
	log      *slog.Logger
	clock    func() time.Time
	ids      id.Maker
	shelf    shelf
	past     past
	turns    chan struct{}
	flight   singleflight.Group
	maps     db.Kept[Map] // nobody may change what it gives
	lists    db.Kept[[]Map]
	traces   db.Kept[map[string][2]int]
	fulls    sync.Map // of maps with all that is on them, by id
	stamps   atomic.Int64
}

// atOnce is how many measures are computed at once, over all who look.
const atOnce = 4

// New makes the service.
func New(d *db.DB, m *measure.Service, o *org.Service, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, measures: m, org: o, log: log, clock: clock, turns: make(chan struct{}, atOnce)}
}

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

// Measures is where the numbers come from.
func (s *Service) Measures() *measure.Service { return s.measures }

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

// Problems lists every problem joined in err: checks say all that is wrong at once.
func Problems(err error) []*problem.Problem {
	if err == nil {
		return nil
	}
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*problem.Problem
		for _, e := range list.Unwrap() {
			out = append(out, Problems(e)...)
		}
		return out
	}
	if _, is := err.(*problem.Problem); !is {
		if inner := errors.Unwrap(err); inner != nil {
			return Problems(inner)
		}
	}
	return []*problem.Problem{problem.Of(err)}
}
