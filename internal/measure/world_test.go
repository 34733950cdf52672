package measure_test

import (
	"context"
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
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
)

// world is a ledger with all its followers, and measures over what they derive.
type world struct {
	t      testing.TB
	db     *db.DB
	led    *ledger.Ledger
	s      *measure.Service
	now    time.Time
	log    *slog.Logger
	enrich *enrich.Service
	ctx    context.Context
}

func newWorld(t testing.TB, d *db.DB, now time.Time) *world {
	t.Helper()
	w := &world{t: t, db: d, now: now, ctx: org.AsOperator(t.Context()), log: slog.New(slog.DiscardHandler)}
	clock := func() time.Time { return w.now }
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	w.enrich = e
	w.led = ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), business.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	w.s = measure.New(d, org.New(d, log, clock), clock)
	return w
}

// topic saves a query.
func (w *world) topic(name, query string) {
	w.t.Helper()
	w.exec("INSERT INTO topic (id, name, query, created_at, updated_at) VALUES ($1, $1, $2, 1, 1)", name, query)
}

func (w *world) channel(name string) {
	w.t.Helper()
	w.exec("INSERT INTO channel (id, kind, name, created_at) VALUES ($1, 'feed', $1, 1)", name)
}

func (w *world) member(id string) {
	w.t.Helper()
	w.exec("INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $1 || '@velo.example', $1, 'member', 'en', 'UTC', 'active', 1)", id)
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

// state appends activities and lets all followers digest them.
func (w *world) state(list ...ledger.Activity) {
	w.t.Helper()
	if _, err := w.led.State(w.ctx, list...); err != nil {
		w.t.Fatal(err)
	}
	failures, err := w.led.Failures(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, f := range failures {
		w.t.Fatalf("%s could not digest %s: %s", f.Follower, f.Activity, f.Error)
	}
}

// said is a post; its id is the external id, so that tests can name it.
func said(channel, external string, at time.Time, s ledger.Said) ledger.Activity {
	s.ExternalID = external
	actor := "acct:ada@example.social"
	if s.Ours {
		actor = "acct:us@example.social"
	}
	if s.Text == "" {
		s.Text = "The bike arrived with a loose brake"
	}
	return ledger.Activity{ID: postID(channel, external), Kind: ledger.PostSaid, Actor: actor, Channel: channel, At: at, LearnedAt: at,
		Key: ledger.SaidKey(channel, external), Data: ledger.Data(s)}
}

func postID(channel, external string) string { return id.From(channel+external, "post") }

func conversationID(channel, external string) string {
	return id.From(postID(channel, external), "conversation")
}

func about(kind, conversation string, at time.Time) ledger.Activity {
	return ledger.Activity{Kind: kind, Actor: "member:m1", Object: conversation, At: at, LearnedAt: at}
}

func labelled(post, value string, at time.Time) ledger.Activity {
	return ledger.Activity{Kind: ledger.PostLabelled, Actor: "member:m1", Object: post, At: at, LearnedAt: at,
		Data: ledger.Data(ledger.Label{Label: "sentiment", Value: value})}
}

// rows reads all rows, a few at a time.
func (w *world) rows(id string, win measure.Window, f measure.Filter, part string) []measure.Row {
	w.t.Helper()
	var out []measure.Row
	p := measure.Paging{Part: part, Limit: 3}
	for {
		rows, next, err := w.s.Rows(w.ctx, id, win, f, p)
		if err != nil {
			w.t.Fatal(err)
		}
		out = append(out, rows...)
		if next == "" {
			return out
		}
		p.Cursor = next
	}
}
