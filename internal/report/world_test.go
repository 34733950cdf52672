package report_test

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/strategy"
)

// world is an installation with a ledger, Ada who owns it and Vic who volunteers.
type world struct {
	t   testing.TB
	db  *db.DB
	led *ledger.Ledger
	org *org.Service
	s   *report.Service

	strategy *strategy.Service
	plan     *plan.Service

	now time.Time
	ada context.Context
	vic context.Context
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)} // a Friday
	log, clock := slog.New(slog.DiscardHandler), func() time.Time { return w.now }
	w.org = org.New(d, log, clock)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	w.led = ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), business.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	m := measure.New(d, w.org, clock)
	st := strategy.New(d, m, w.org, log, clock)
	w.strategy, w.plan = st, plan.New(d, m, st, w.org, log, clock)
	w.s = report.New(d, m, st, w.plan, govern.New(d, m, st, nil, nil, w.org, log, clock), nil, w.org, log, clock)
	w.must(w.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", Zone: "UTC", URL: "https://velo.example", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: "Pignon libre 42"}))
	ada, err := w.org.ByEmail(t.Context(), "ada@velo.example")
	w.must(err)
	w.ada = org.With(t.Context(), ada)
	_, err = w.org.Invite(w.ada, org.Invite{Email: "vic@velo.example", Name: "Vic", Role: org.Volunteer, Lang: "en"})
	w.must(err)
	w.exec("UPDATE member SET state = 'active' WHERE email = 'vic@velo.example'")
	vic, err := w.org.ByEmail(t.Context(), "vic@velo.example")
	w.must(err)
	w.vic = org.With(t.Context(), vic)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	w.must(w.db.Tx(w.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, query, args...)
		return err
	}))
}

// say states n posts on a channel of a day so many days ago, an hour after another.
func (w *world) say(name string, daysAgo, n int, text string) {
	w.t.Helper()
	var list []ledger.Activity
	for i := range n {
		at := w.now.Truncate(24*time.Hour).AddDate(0, 0, -daysAgo).Add(time.Duration(i) * time.Minute)
		external := fmt.Sprintf("%d-%d", daysAgo, i)
		list = append(list, ledger.Activity{ID: id.From(name+external, "post"), Kind: ledger.PostSaid, Actor: "acct:ada@example.social", Channel: name, At: at, LearnedAt: at,
			Key: ledger.SaidKey(name, external), Data: ledger.Data(ledger.Said{ExternalID: external, Text: text})})
	}
	if len(list) == 0 {
		return
	}
	_, err := w.led.State(w.t.Context(), list...)
	w.must(err)
}

func (w *world) channel(name string) {
	w.t.Helper()
	w.exec("INSERT INTO channel (id, kind, name, created_at) VALUES ($1, 'feed', $1, 1)", name)
}
