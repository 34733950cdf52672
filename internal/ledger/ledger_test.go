package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

var epoch = time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)

func clock() time.Time { return epoch }

// witness is a follower that writes down what it was given, in order.
func witness(t *testing.T, d *db.DB, fail func(*ledger.Activity) error) ledger.Follower {
	t.Helper()
	err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "CREATE TABLE seen (id TEXT NOT NULL, tx BIGINT NOT NULL, seq BIGINT NOT NULL)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return ledger.Follower{Name: "witness", Version: 1, Tables: []string{"seen"}, Apply: func(ctx context.Context, q db.Q, list []ledger.Activity) error {
		for i := range list {
			if fail != nil {
				if err := fail(&list[i]); err != nil {
					return err
				}
			}
			if _, err := db.Exec(ctx, q, "INSERT INTO seen (id, tx, seq) VALUES ($1, $2, $3)", list[i].ID, list[i].Tx, list[i].Seq); err != nil {
				return err
			}
		}
		return nil
	}}
}

func seen(t *testing.T, d *db.DB) []string {
	t.Helper()
	ids, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT id FROM seen ORDER BY tx, seq")
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func fact(key string) ledger.Activity {
	return ledger.Activity{Kind: "test.stated", Actor: "mailto:ada@example.org", At: epoch, Key: key, Data: ledger.Data(map[string]string{"key": key})}
}

func TestAppendStatesOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.New(d, slog.New(slog.DiscardHandler), clock)
		first, err := l.Append(t.Context(), fact("a"), fact("b"), fact("a"))
		if err != nil {
			t.Fatal(err)
		}
		if len(first) != 2 {
			t.Fatalf("Append added %d, want 2: the same key twice is one fact", len(first))
		}
		again, err := l.Append(t.Context(), fact("b"), fact("c"))
		if err != nil {
			t.Fatal(err)
		}
		if len(again) != 1 || again[0].Key != "c" {
			t.Fatalf("Append added %v, want c alone", again)
		}
		got, err := l.Find(t.Context(), first[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		want := fact("a")
		if got.Kind != want.Kind || got.Actor != want.Actor || !got.At.Equal(want.At) || !got.LearnedAt.Equal(epoch) || string(got.Data) != string(want.Data) {
			t.Errorf("Find = %+v, want what was stated", got)
		}
	})
}

func TestAppendRefuses(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.New(d, slog.New(slog.DiscardHandler), clock)
		for name, change := range map[string]func(*ledger.Activity){
			"no date":      func(a *ledger.Activity) { a.At = time.Time{} },
			"before 1970":  func(a *ledger.Activity) { a.At = time.Date(1969, 1, 1, 0, 0, 0, 0, time.UTC) },
			"the future":   func(a *ledger.Activity) { a.At = epoch.Add(48 * time.Hour) },
			"too large":    func(a *ledger.Activity) { a.Data = make([]byte, ledger.MaxData+1) },
			"bad currency": func(a *ledger.Activity) { a.Currency = "EURO" },
		} {
			bad := fact("x")
			change(&bad)
			if _, err := l.Append(t.Context(), fact("good:"+name), bad); !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.TooLarge) {
				t.Errorf("%s: err = %v, want a refusal", name, err)
			}
			if _, found, err := l.FindKey(t.Context(), "good:"+name); err != nil || found {
				t.Errorf("%s: found = %v, %v: half a batch was written", name, found, err)
			}
		}
	})
}

// Writers commit in another order than they got their numbers. A follower that runs all the while must see every fact, once, and in the
// order of positions.
func TestFollowersNeverSkip(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		var mu sync.Mutex
		last := ledger.Position{}
		backwards := 0
		l := ledger.New(d, slog.New(slog.DiscardHandler), clock, witness(t, d, func(a *ledger.Activity) error {
			mu.Lock()
			defer mu.Unlock()
			if a.Position().Before(last) {
				backwards++
			}
			last = a.Position()
			return nil
		}))
		const writers, each = 8, 40
		release := make(chan struct{})
		held := make(chan error, 1)
		if d.Engine() == db.Postgres {
			// One transaction takes its number first and commits last, while hundreds pass it by.
			took := make(chan struct{})
			go func() {
				held <- d.Tx(context.WithoutCancel(t.Context()), func(ctx context.Context, q db.Q) error {
					_, err := l.AppendTx(ctx, q, fact("late"))
					close(took)
					<-release
					return err
				})
			}()
			<-took
		}
		ctx, stop := context.WithCancel(t.Context())
		var following sync.WaitGroup
		following.Go(func() {
			for ctx.Err() == nil {
				if err := l.CatchUp(ctx); err != nil && ctx.Err() == nil {
					t.Error(err)
					return
				}
			}
		})
		var writing sync.WaitGroup
		for w := range writers {
			writing.Go(func() {
				for n := range each {
					if _, err := l.Append(t.Context(), fact(fmt.Sprintf("%d-%d-a", w, n)), fact(fmt.Sprintf("%d-%d-b", w, n))); err != nil {
						t.Error(err)
					}
				}
			})
		}
		writing.Wait()
		want := writers * each * 2
		if d.Engine() == db.Postgres {
			want++
			close(release)
			if err := <-held; err != nil {
				t.Fatal(err)
			}
		}
		stop()
		following.Wait()
		if err := l.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		ids := seen(t, d)
		once := map[string]bool{}
		for _, id := range ids {
			once[id] = true
		}
		if len(ids) != want || len(once) != want {
			t.Errorf("the follower saw %d facts, %d different; want %d", len(ids), len(once), want)
		}
		if backwards > 0 {
			t.Errorf("%d facts came before earlier ones", backwards)
		}
	})
}

func TestBadFactIsPutAside(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		l := ledger.New(d, slog.New(slog.DiscardHandler), clock, witness(t, d, func(a *ledger.Activity) error {
			if a.Key == "bad" {
				return errors.New("cannot digest this")
			}
			return nil
		}))
		if _, err := l.State(t.Context(), fact("one"), fact("bad"), fact("two")); err != nil {
			t.Fatal(err)
		}
		if got := len(seen(t, d)); got != 2 {
			t.Errorf("%d facts were digested, want the 2 good ones", got)
		}
		failures, err := l.Failures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(failures) != 1 || failures[0].Follower != "witness" || failures[0].Error != "cannot digest this" {
			t.Errorf("Failures = %+v, want the bad fact", failures)
		}
	})
}

func TestRebuildGivesTheSame(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := witness(t, d, nil)
		l := ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
		for i := range 30 {
			if _, err := l.State(t.Context(), fact(fmt.Sprint(i))); err != nil {
				t.Fatal(err)
			}
		}
		before := seen(t, d)
		if err := l.Rebuild(t.Context(), 7, nil); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, seen(t, d)); diff != "" {
			t.Errorf("rebuilt otherwise (-before +after):\n%s", diff)
		}
		// Another version of a follower begins anew by itself.
		f.Version = 2
		l = ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
		if err := l.CatchUp(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, seen(t, d)); diff != "" {
			t.Errorf("a new version derived otherwise (-before +after):\n%s", diff)
		}
	})
}
