package ledger_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
)

// TestFreshIsWhatIsStored digests what this process stated, what another did, and what was rolled back, and compares with what is read.
func TestFreshIsWhatIsStored(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var got []ledger.Activity
		follow := ledger.Follower{Name: "witness", Version: 1, Apply: func(_ context.Context, _ db.Q, list []ledger.Activity) error {
			got = append(got, list...)
			return nil
		}}
		l, other := ledger.New(d, slog.New(slog.DiscardHandler), clock, follow), ledger.New(d, slog.New(slog.DiscardHandler), clock)
		say := func(key string) ledger.Activity {
			a := fact(key)
			a.Kind, a.Channel, a.At = ledger.PostSaid, "c", epoch.Local().Add(-1234567) // nanoseconds that are not stored
			a.Say(&ledger.Said{ExternalID: key, Text: "é <b> \u2028 \x00", Tags: []string{"a"}})
			return a
		}
		gone := say("gone")
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := l.AppendTx(ctx, q, gone, say("lost")); err != nil {
				return err
			}
			return errors.New("no")
		}); err == nil {
			t.Fatal("committed")
		}
		steps := []struct {
			by   *ledger.Ledger
			list []ledger.Activity
		}{
			{l, []ledger.Activity{say("1"), say("2"), say("1")}},
			{other, []ledger.Activity{say("3"), gone}},
			{l, []ledger.Activity{say("3"), say("4"), fact("5")}},
		}
		for _, s := range steps {
			if s.by != l {
				if err := l.CatchUp(t.Context()); err != nil { // what comes now stands among what others say
					t.Fatal(err)
				}
			}
			if _, err := s.by.Append(t.Context(), s.list...); err != nil {
				t.Fatal(err)
			}
		}
		if err := l.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		var want []ledger.Activity
		if err := other.Each(t.Context(), func(list []ledger.Activity) error {
			want = append(want, list...)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(want) != 6 {
			t.Fatalf("%d facts, want 6", len(want))
		}
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(ledger.Activity{})); diff != "" {
			t.Error(diff)
		}
		for i := range want {
			a, err := got[i].Said()
			if err != nil {
				t.Fatal(err)
			}
			b, err := want[i].Said()
			if diff := cmp.Diff(b, a); err != nil || diff != "" {
				t.Error(err, diff)
			}
		}
	})
}

// TestSayKeepsWhatCanBeRead: what is no UTF-8 is not what is read back, so it is read back.
func TestSayKeepsWhatCanBeRead(t *testing.T) {
	t.Parallel()
	var a ledger.Activity
	a.Say(&ledger.Said{Text: "caf\xe9"})
	if s, err := a.Said(); err != nil || s.Text != "caf\ufffd" {
		t.Errorf("%q, %v", s.Text, err)
	}
}
