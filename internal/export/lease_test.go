package export

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestLease: an export of which one piece takes long stays with the node that makes it; when another has it all the same, the first lets go.
func TestLease(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var at atomic.Int64 // keep asks the clock in its own goroutine
		at.Store(time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC).UnixNano())
		now := func() time.Time { return time.Unix(0, at.Load()).UTC() }
		here, there := New(d, nil, nil, t.TempDir(), slog.New(slog.DiscardHandler), now), New(d, nil, nil, t.TempDir(), slog.New(slog.DiscardHandler), now)
		set := func(query string, args ...any) {
			t.Helper()
			if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error { _, err := db.Exec(ctx, q, query, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		keep := func() (making context.Context, beat func(), ended <-chan struct{}, stop context.CancelCauseFunc) {
			making, lost := context.WithCancelCause(t.Context())
			beats, end := make(chan time.Time), make(chan struct{})
			go func() { defer close(end); here.keep(making, "j", beats, lost) }()
			return making, func() {
				t.Helper()
				select {
				case beats <- now():
				case <-end:
					t.Fatalf("it no longer holds the export: %v", context.Cause(making))
				}
			}, end, lost
		}
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
		set("INSERT INTO community_export (id, member, wanted, state, created_at, lease_until, lease_by) VALUES ('j', '', '{}', 'running', 1, $1, $2)", db.T(now().Add(leaseFor)), here.me)
		_, beat, ended, stop := keep()
		for range 5 { // each beat is taken up only once the one before was dealt with
			at.Add(int64(leaseFor - time.Second))
			beat()
			beat()
			if is := state(); is != "running" {
				t.Fatalf("after a while it is %s", is)
			}
		}
		stop(nil) // this node stands still: a beat that is still being dealt with would hold the export after all
		<-ended
		at.Add(int64(2 * leaseFor))
		if is := state(); is != "queued" {
			t.Fatalf("of a node that stood still it is %s", is)
		}
		set("UPDATE community_export SET state = 'running', lease_by = $1, lease_until = $2", there.me, db.T(now().Add(leaseFor)))
		making, beat, ended, _ := keep()
		beat()
		<-ended
		if !errors.Is(context.Cause(making), errTaken) {
			t.Errorf("it goes on: %v", context.Cause(making))
		}
	})
}
