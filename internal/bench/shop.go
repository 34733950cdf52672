package main

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/all"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/outside"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/recognition"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/strategy"
)

// shop is the modules as the program puts them together, without pages, on a clock that can be moved.
type shop struct {
	db        *db.DB
	enrich    *enrich.Service
	org       *org.Service
	ledger    *ledger.Ledger
	channels  *channel.Service
	listening *listening.Service
	runner    *intake.Runner
	measure   *measure.Service
	strategy  *strategy.Service
}

// open opens an installation in a folder or, when database is not "", in PostgreSQL. clock is nil for the real one.
func open(ctx context.Context, data, database string, clock func() time.Time) (*shop, context.Context, error) {
	return openWith(ctx, data, database, clock, letters{filepath.Join(data, "letters.txt")})
}

// openWith is open with a connector more.
func openWith(ctx context.Context, data, database string, clock func() time.Time, more channel.Connector) (*shop, context.Context, error) {
	ctx = i18n.With(org.AsOperator(ctx), "en", nil)
	if clock == nil {
		clock = time.Now
	}
	if database == "" {
		database = filepath.Join(data, "entente.db")
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	box, err := seal.Load("", data)
	if err != nil {
		return nil, ctx, err
	}
	d, err := db.Open(ctx, database)
	if err != nil {
		return nil, ctx, err
	}
	if _, err := d.Migrate(ctx); err != nil {
		d.Close()
		return nil, ctx, err
	}
	gate := outside.New(outside.Options{AllowPrivate: true, UserAgent: "Entente bench"})
	s := &shop{db: d, org: org.New(d, log, clock)}
	var models enrich.Enricher = enrich.LanguageIdentifier{}
	if os.Getenv("ENTENTE_BENCH_MODELS") != "language" { // as the program does: else it would say everything anew as soon as it starts
		if models, err = enrich.OpenClassifier(); err != nil {
			d.Close()
			return nil, ctx, err
		}
	}
	enricher := enrich.New(d, log, models)
	s.enrich = enricher
	s.ledger = ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), business.Follower(), enricher.Follower(), listening.NewMatcher(enricher).Follower(), inbox.Follower(), situation.Follower(), community.Follower(), recognition.Follower(), contact.Follower())
	s.channels = channel.New(d, s.ledger, box, channel.World{HTTP: gate.Client(), Dial: gate.Dial, Clock: clock, Log: log}, log, clock, append(all.Connectors(), more)...)
	s.listening = listening.New(d, s.ledger, enricher, s.org, log, clock, nil)
	s.runner = &intake.Runner{DB: d, Ledger: s.ledger, Channels: s.channels, Clock: clock}
	s.measure = measure.New(d, s.org, clock)
	s.measure.Trust(enricher)
	s.ledger.Watch(func([]ledger.Activity) { s.measure.Noticed() })
	s.strategy = strategy.New(d, s.measure, s.org, log, clock)
	return s, ctx, nil
}

func count(ctx context.Context, s *shop, table string) (int, error) {
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM "+table)
	return n, err
}
