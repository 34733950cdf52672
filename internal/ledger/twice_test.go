package ledger_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
)

// TestFreshIsWhatWasCommitted: what was rolled back and then stated otherwise under the same id elsewhere, or stands twice in one list, is
// digested as it is stored.
func TestFreshIsWhatWasCommitted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var got []string
		follow := ledger.Follower{Name: "witness", Version: 1, Apply: func(_ context.Context, _ db.Q, list []ledger.Activity) error {
			for _, a := range list {
				got = append(got, a.ID+" "+a.Actor)
			}
			return nil
		}}
		log := slog.New(slog.DiscardHandler)
		l, other := ledger.New(d, log, clock, follow), ledger.New(d, log, clock)
		by := func(id, actor string) ledger.Activity {
			a := fact("")
			a.ID, a.Actor = id, actor
			return a
		}
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := l.AppendTx(ctx, q, by("x", "member:a")); err != nil {
				return err
			}
			return errors.New("no")
		}); err == nil {
			t.Fatal("committed")
		}
		for _, a := range []ledger.Activity{by("w", "member:w"), by("x", "member:b")} {
			if _, err := other.Append(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			if err := l.Finish(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		added, err := l.Append(t.Context(), by("y", "member:a"), by("y", "member:b"))
		if err != nil || len(added) != 1 || added[0].Actor != "member:a" {
			t.Errorf("added %v, %v; want the first", added, err)
		}
		if err := l.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(got) != 3 || got[1] != "x member:b" || got[2] != "y member:a" {
			t.Errorf("digested %v", got)
		}
	})
}
