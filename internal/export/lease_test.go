package export

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestLease: an export of which one piece takes long stays with the node that makes it; when another has it all the same, the first lets go.
func TestLease(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		now := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
		clock := func() time.Time { return now }
		here, there := New(d, nil, nil, t.TempDir(), slog.New(slog.DiscardHandler), clock), New(d, nil, nil, t.TempDir(), slog.New(slog.DiscardHandler), clock)
		set := func(query string, args ...any) {
			t.Helper()
			if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error { _, err := db.Exec(ctx, q, query, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		set("INSERT INTO community_export (id, member, wanted, state, created_at, lease_until, lease_by) VALUES ('j', '', '{}', 'running', 1, $1, $2)", db.T(now.Add(leaseFor)), here.me)
		ctx, lost := context.WithCancelCause(t.Context())
		beat, ended := make(chan time.Time), make(chan struct{})
		go func() { defer close(ended); here.keep(ctx, "j", beat, lost) }()
		state := func() string {
			t.Helper()
			if err := there.takeBack(t.Context(), false); err != nil {
				t.Fatal(err)
			}
			is, _, err := db.Value[string](t.Context(), d.Read(), "SELECT state FROM community_export")
			if err != nil {
				t.Fatal(err)
			}
			return is
		}
		for range 5 { // each beat is taken up only once the one before was dealt with
			now = now.Add(leaseFor - time.Second)
			beat <- now
			beat <- now
			if is := state(); is != "running" {
				t.Fatalf("after a while it is %s", is)
			}
		}
		now = now.Add(2 * leaseFor) // this node stood still
		if is := state(); is != "queued" {
			t.Fatalf("of a node that stood still it is %s", is)
		}
		set("UPDATE community_export SET state = 'running', lease_by = $1, lease_until = $2", there.me, db.T(now.Add(leaseFor)))
		beat <- now
		<-ended
		if !errors.Is(context.Cause(ctx), errTaken) {
			t.Errorf("it goes on: %v", context.Cause(ctx))
		}
	})
}
