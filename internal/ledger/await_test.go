package ledger_test

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
)

// TestAwait: what many state at once is digested when each of them is told so, once, and whoever waits for what another has digested reads nothing.
func TestAwait(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		got := map[string]int{}
		follow := ledger.Follower{Name: "witness", Version: 1, Apply: func(_ context.Context, _ db.Q, list []ledger.Activity) error {
			mu.Lock()
			defer mu.Unlock()
			for _, a := range list {
				got[a.ID]++
			}
			return nil
		}}
		l := ledger.New(d, slog.New(slog.DiscardHandler), clock, follow)
		var last []ledger.Activity
		var all sync.WaitGroup
		for w := range 6 {
			all.Go(func() {
				for i := range 10 {
					a := fact("")
					a.ID = strconv.Itoa(w) + "." + strconv.Itoa(i)
					stated, err := l.State(t.Context(), a)
					if err != nil {
						t.Error(err)
						return
					}
					mu.Lock()
					if got[a.ID] == 0 {
						t.Errorf("%s is not digested yet", a.ID)
					}
					last = stated
					mu.Unlock()
				}
			})
		}
		all.Wait()
		if err := l.Finish(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(got) != 60 {
			t.Errorf("%d of 60 were digested", len(got))
		}
		for id, n := range got {
			if n != 1 {
				t.Errorf("%s was digested %d times", id, n)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := l.Await(t.Context(), last); err != nil {
			t.Errorf("what is digested was read again: %v", err)
		}
	})
}
