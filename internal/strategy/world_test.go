package strategy_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/strategy"
)

// world is an installation with a ledger, and strategy over what it led to.
type world struct {
	t   testing.TB
	db  *db.DB
	led *ledger.Ledger
	org *org.Service
	s   *strategy.Service
	now time.Time
	ctx context.Context // of the operator
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, db: d, now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), ctx: org.AsOperator(t.Context())}
	clock := func() time.Time { return w.now }
	log := slog.New(slog.DiscardHandler)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	w.led = ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	w.org = org.New(d, log, clock)
	m := measure.New(d, w.org, clock)
	m.Trust(e)
	w.s = strategy.New(d, m, w.org, log, clock)
	w.exec("INSERT INTO channel (id, kind, name, created_at) VALUES ('mail', 'mail', 'mailbox', 1), ('news', 'feed', 'news', 1)")
	w.exec("INSERT INTO topic (id, name, query, created_at, updated_at) VALUES ('bike', 'Bikes', 'bike', 1, 1)")
	return w
}

func (w *world) exec(query string, args ...any) {
	w.t.Helper()
	err := w.db.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, query, args...)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// ask states that somebody asked, and that we answered after a while; 0 is not at all.
func (w *world) ask(external string, at time.Time, answered time.Duration) {
	w.t.Helper()
	said := func(external string, at time.Time, s ledger.Said) ledger.Activity {
		s.ExternalID, s.Text = external, "My bike is late"
		return ledger.Activity{ID: id.From("mail"+external, "post"), Kind: ledger.PostSaid, Actor: "mailto:ada@example.org", Channel: "mail", At: at, LearnedAt: at,
			Key: ledger.SaidKey("mail", external), Data: ledger.Data(s)}
	}
	list := []ledger.Activity{said(external, at, ledger.Said{Direct: true, Inbox: true})}
	if answered > 0 {
		list = append(list, said(external+"-r", at.Add(answered), ledger.Said{Ours: true, Member: "m1", InReplyTo: []string{external}}))
	}
	if _, err := w.led.State(w.ctx, list...); err != nil {
		w.t.Fatal(err)
	}
}

// member is somebody of that role who acts.
func (w *world) member(role org.Role) context.Context {
	return org.With(w.t.Context(), &org.Member{ID: id.New(), Name: "Ada", Role: role, State: org.Active})
}

// draft is a map of two perspectives, the upper one of one objective, the lower one of two.
func draft(measures ...strategy.Measure) strategy.Draft {
	name := func(s string) strategy.Words { return strategy.Words{"en": s} }
	return strategy.Draft{Name: name("Map"),
		Perspectives: []strategy.Perspective{{ID: "value", Name: name("Value")}, {ID: "inner", Name: name("Inner")}, {ID: "goals", Within: "inner", Name: name("Goals")}},
		Objectives: []strategy.Objective{
			{ID: "keep", Perspective: "value", Name: name("Keep customers"), DueAt: due},
			{ID: "answer", Perspective: "goals", Name: name("Answer mails"), DueAt: due, Measures: measures},
			{ID: "train", Perspective: "goals", Name: name("Train volunteers"), DueAt: due},
		},
		Links: []strategy.Link{{Origin: "answer", Serves: "keep", LagDays: 14}, {Origin: "train", Serves: "answer"}},
	}
}

var (
	baseline = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	due      = time.Date(2026, 7, 2, 12, 0, 0, 0, time.UTC) // 62 days later; 31 of them have gone
)

func (w *world) addMap(measures ...strategy.Measure) strategy.Map {
	w.t.Helper()
	m, err := w.s.AddMap(w.ctx, draft(measures...))
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func named(m strategy.Map, name string) strategy.Objective {
	for _, o := range m.Objectives {
		if o.Name.In("en") == name {
			return o
		}
	}
	return strategy.Objective{}
}
