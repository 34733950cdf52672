package govern_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/charter"
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
	"github.com/entente/entente/internal/strategy"
)

// world is an installation with a ledger, a map, and govern over it.
type world struct {
	t   *testing.T
	db  *db.DB
	led *ledger.Ledger
	org *org.Service
	str *strategy.Service
	cha *charter.Service
	s   *govern.Service
	pln *plan.Service
	now time.Time
	ctx context.Context // of the owner
	m   strategy.Map
}

const password = "Pignon libre 42"

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	w.led = ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	w.org = org.New(d, log, clock)
	m := measure.New(d, w.org, clock)
	w.str = strategy.New(d, m, w.org, log, clock)
	w.cha = charter.New(d, w.org, log, clock)
	w.pln = plan.New(d, m, w.str, w.org, log, clock)
	w.s = govern.New(d, m, w.str, w.cha, listening.New(d, w.led, e, w.org, log, clock, func() {}), w.org, log, clock).WithPlan(w.pln)
	w.must(w.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", Zone: "Europe/Paris", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: password}))
	ada, err := w.org.ByEmail(t.Context(), "ada@velo.example")
	w.must(err)
	w.ctx = org.With(t.Context(), ada)
	name := func(s string) strategy.Words { return strategy.Words{"en": s} }
	w.m, err = w.str.AddMap(w.ctx, strategy.Draft{Name: name("Map"),
		Perspectives: []strategy.Perspective{{ID: "value", Name: name("Value")}, {ID: "goals", Name: name("Goals")}, {ID: "learning", Name: name("Learning")}},
		Objectives:   []strategy.Objective{{ID: "keep", Perspective: "value", Name: name("Keep customers")}}})
	w.must(err)
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

// member is somebody of that role who has signed in.
func (w *world) member(email string, role org.Role) context.Context {
	w.t.Helper()
	invited, err := w.org.Invite(w.ctx, org.Invite{Email: email, Name: email[:3], Role: role, Lang: "en"})
	w.must(err)
	_, err = w.org.Accept(w.t.Context(), strings.TrimPrefix(invited.Path, org.InvitationPath), org.Accept{Name: email[:3], Lang: "en", Zone: "UTC", Password: password}, org.Visit{})
	w.must(err)
	m, err := w.org.ByEmail(w.t.Context(), email)
	w.must(err)
	return org.With(w.t.Context(), m)
}

func me(ctx context.Context) string { return org.Who(ctx).ID }

// said states that somebody said something.
func (w *world) said(external, text string, at time.Time) {
	w.t.Helper()
	_, err := w.led.State(w.ctx, ledger.Activity{ID: id.From("news"+external, "post"), Kind: ledger.PostSaid, Actor: "mailto:bo@example.org", Channel: "news", At: at, LearnedAt: at,
		Key: ledger.SaidKey("news", external), Data: ledger.Data(ledger.Said{ExternalID: external, Text: text})})
	w.must(err)
}

func (w *world) days(n int) time.Time { return w.now.AddDate(0, 0, n) }
