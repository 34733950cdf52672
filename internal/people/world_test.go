package people_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
)

var noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// world is a ledger with all its followers, and the people they derive.
type world struct {
	db  *db.DB
	led *ledger.Ledger
	s   *people.Service
	ctx context.Context
}

func newWorld(t testing.TB, d *db.DB) *world {
	t.Helper()
	clock := func() time.Time { return noon.Add(100 * 24 * time.Hour) }
	log := slog.New(slog.DiscardHandler)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	l := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	return &world{d, l, people.New(d, l, org.New(d, log, clock), log, clock), org.AsOperator(t.Context())}
}

type fataler interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

func (w *world) state(t fataler, list ...ledger.Activity) []ledger.Activity {
	t.Helper()
	added, err := w.led.State(w.ctx, list...)
	if err != nil {
		t.Fatal(err)
	}
	w.level(t)
	return added
}

func (w *world) sound(t fataler) {
	t.Helper()
	if failed, err := w.led.Failures(w.ctx); err != nil || len(failed) > 0 {
		t.Fatalf("failures: %v %v", failed, err)
	}
}

// level digests everything. On PostgreSQL a transaction anywhere on the server, of another test too, holds followers back for its time.
func (w *world) level(t fataler) {
	t.Helper()
	for {
		if err := w.led.CatchUp(w.ctx); err != nil {
			t.Fatal(err)
		}
		behind, _, err := db.Value[int](w.ctx, w.db.Read(), "SELECT COUNT(*) FROM activity a JOIN derivation d ON d.id = 1 WHERE (a.tx, a.seq) > (d.tx, d.seq)")
		if err != nil {
			t.Fatal(err)
		}
		if behind == 0 {
			w.sound(t)
			return
		}
	}
}

func (w *world) empty(t fataler) {
	t.Helper()
	if err := w.db.Tx(w.ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "DELETE FROM activity")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := w.led.Rebuild(w.ctx, 500, nil); err != nil {
		t.Fatal(err)
	}
}

func said(external, author string, at time.Time, s ledger.Said) ledger.Activity {
	s.ExternalID = external
	if s.Text == "" {
		s.Text = "The brakes squeak"
	}
	return ledger.Activity{ID: id.From(external, "post"), Kind: ledger.PostSaid, Actor: author, Channel: "c", At: at, Key: ledger.SaidKey("c", external), Data: ledger.Data(s)}
}

func order(external, buyer string, at time.Time) ledger.Activity {
	return ledger.Activity{ID: id.From(external, "order"), Kind: ledger.OrderPlaced, Actor: buyer, At: at, Amount: 129900, Currency: "EUR", Data: ledger.Data(ledger.Order{ExternalID: external, Product: "Lande 2"})}
}

func (w *world) of(t fataler, uri string) (people.Identity, people.Person) {
	t.Helper()
	i, p, err := w.s.ByIdentity(w.ctx, uri)
	if err != nil {
		t.Fatalf("%s: %v", uri, err)
	}
	return i, p
}

func (w *world) add(t fataler, name string, uris ...string) string {
	t.Helper()
	d := ledger.Person{Name: name}
	for _, uri := range uris {
		d.Identities = append(d.Identities, ledger.Identity{URI: uri})
	}
	p, err := w.s.Add(w.ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	w.level(t)
	return p.ID
}

func (w *world) merge(t fataler, kept, taken string) string {
	t.Helper()
	if err := w.s.Merge(w.ctx, kept, taken); err != nil {
		t.Fatal(err)
	}
	w.level(t)
	list, err := w.s.Merges(w.ctx, kept)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range list {
		if m.Taken == taken && m.UndoneAt.IsZero() {
			return m.ID
		}
	}
	t.Fatalf("the merge of %s into %s is not listed", taken, kept)
	return ""
}

func (w *world) unmerge(t fataler, merge string) {
	t.Helper()
	if err := w.s.Unmerge(w.ctx, merge); err != nil {
		t.Fatal(err)
	}
	w.level(t)
}

// belongings lists the identities by the person they belong to.
func (w *world) belongings(t fataler) map[string][]string {
	t.Helper()
	type row struct{ uri, person string }
	list, err := db.All(w.ctx, w.db.Read(), func(r *row) []any { return []any{&r.uri, &r.person} }, "SELECT uri, person FROM identity ORDER BY uri")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]string{}
	for _, r := range list {
		out[r.person] = append(out[r.person], r.uri)
	}
	return out
}

// rows reads tables as text, one sorted list a table.
func (w *world) rows(t fataler, tables ...string) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range tables {
		rows, err := w.db.Read().QueryContext(w.ctx, "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values := make([]any, len(names))
			for i := range values {
				values[i] = new(any)
			}
			if err := rows.Scan(values...); err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for i, v := range values {
				fmt.Fprintf(&b, "%s=%v ", names[i], *v.(*any))
			}
			out[table] = append(out[table], b.String())
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		rows.Close()
		slices.Sort(out[table])
	}
	return out
}
