// Package measure decides what the social work comes to in numbers: what the ledger led to comes in, and every measure with its n, its
// interval, its course over time and the rows behind it goes out.
package measure

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Filter narrows what is counted.
type Filter = kpi.Filter

// Service computes measures.
type Service struct {
	db       *db.DB
	org      *org.Service
	clock    func() time.Time
	measures []kpi.Measure
	enrich   *enrich.Service
	log      *slog.Logger
	store    store
	most     int           // keys that are kept
	lately   time.Duration // whose keys are put right at once
	direct   bool          // nothing that is kept is read
	patience time.Duration // how long posts are searched for whoever waits
}

// New makes the service.
func New(d *db.DB, o *org.Service, clock func() time.Time) *Service {
	s := &Service{db: d, org: o, clock: clock, measures: kpi.All(), patience: searchFor, most: mostKeys, lately: lately, log: slog.New(slog.DiscardHandler)}
	s.store.wake, s.store.told = make(chan struct{}, 1), make(chan struct{}, 1)
	return s
}

// Trust lets measures that stand on what models say be put right by how often those err.
func (s *Service) Trust(e *enrich.Service) { s.enrich = e }

// Log lets what goes on behind pages say what went wrong.
func (s *Service) Log(l *slog.Logger) { s.log = l }

// Noticed tells that facts came in: Loop looks whether numbers are others now.
func (s *Service) Noticed() {
	poke(s.store.wake)
}

// Epoch grows whenever Loop learns that numbers may be others; ok is false while it does not run.
func (s *Service) Epoch() (epoch int64, ok bool) { return s.store.epoch.Load(), s.store.watched.Load() }

// Now is the service's clock.
func (s *Service) Now() time.Time { return s.clock() }

// All lists the measures in the order in which they are shown: the catalogue, then those that people put together.
func (s *Service) All() []kpi.Measure {
	return append(slices.Clone(s.measures), s.ownMeasures(context.Background())...)
}

// Find returns the measure with this id.
func (s *Service) Find(id string) (kpi.Measure, error) { return s.find(context.Background(), id) }

func (s *Service) find(ctx context.Context, id string) (kpi.Measure, error) {
	if strings.HasPrefix(id, own.Prefix) {
		return s.beneath(ctx, id, nil)
	}
	return s.catalogue(id)
}

// piece finds a measure, or one that another is made of where it is narrowed so.
func (s *Service) piece(ctx context.Context, id string, f Filter) (kpi.Measure, error) {
	whole, _, part := strings.Cut(id, "/")
	m, err := s.find(ctx, whole)
	if err != nil || !part {
		return m, err
	}
	if m.Made != nil {
		for _, p := range m.Made(f) {
			if p.Measure.ID == id {
				return p.Measure, nil
			}
		}
	}
	return m, problem.New(problem.Missing, "measure.unknown")
}

// catalogue finds among those that everybody has.
func (s *Service) catalogue(id string) (kpi.Measure, error) {
	for _, m := range s.measures {
		if m.ID == id {
			return m, nil
		}
	}
	return kpi.Measure{}, problem.New(problem.Missing, "measure.unknown")
}

// Zone is the time zone in which days are cut for whoever acts in ctx: the member's, else the organisation's, else UTC.
func (s *Service) Zone(ctx context.Context) *time.Location {
	if m := org.Who(ctx); m != nil && org.KnownZone(m.Zone) {
		return m.Location() // which is read from its file once
	}
	if o, err := s.org.Organisation(ctx); err == nil {
		return o.Location()
	}
	return time.UTC // an organisation that is not set up has no zone yet
}

// Choice is something a filter can be set to.
type Choice struct{ ID, Name string }

// Channels lists the channels a filter can name.
func (s *Service) Channels(ctx context.Context) ([]Choice, error) { return s.choices(ctx, "channel") }

// Topics lists the topics a filter can name.
func (s *Service) Topics(ctx context.Context) ([]Choice, error) { return s.choices(ctx, "topic") }

func (s *Service) choices(ctx context.Context, table string) ([]Choice, error) {
	list, err := db.All(ctx, s.db.Read(), func(c *Choice) []any { return []any{&c.ID, &c.Name} },
		"SELECT id, name FROM "+table+" WHERE removed_at IS NULL ORDER BY name, id LIMIT 1000")
	if err != nil {
		return nil, fmt.Errorf("list the choices of %s: %w", table, err)
	}
	return list, nil
}
