package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
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
		const writers, each = 8, 12 // while it is held, no other test on this server sees what is new
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
		if err := l.Finish(t.Context()); err != nil {
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
			switch a.Key {
			case "bad":
				return errors.New("cannot digest this")
			case "worse":
				panic("cannot bear this")
			}
			return nil
		}))
		if _, err := l.State(t.Context(), fact("one"), fact("bad"), fact("worse"), fact("two")); err != nil {
			t.Fatal(err)
		}
		if got := len(seen(t, d)); got != 2 {
			t.Errorf("%d facts were digested, want the 2 good ones", got)
		}
		failures, err := l.Failures(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		texts := []string{}
		for _, f := range failures {
			first, _, _ := strings.Cut(f.Error, "\n")
			texts = append(texts, f.Follower+": "+first)
		}
		slices.Sort(texts)
		if diff := cmp.Diff([]string{"witness: cannot digest this", "witness: panic: cannot bear this"}, texts); diff != "" {
			t.Errorf("failures (-want +got):\n%s", diff)
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
		// One that stopped while it emptied goes on, also with a version that was never through.
		for _, mark := range []string{"emptying for witness.2", "emptying for witness.3"} {
			err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				if _, err := db.Exec(ctx, q, "UPDATE derivation SET version = $1, tx = 0, seq = 0", mark); err != nil {
					return err
				}
				_, err := db.Exec(ctx, q, "DELETE FROM seen WHERE seq IN (SELECT MAX(seq) FROM seen)")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := ledger.New(d, slog.New(slog.DiscardHandler), clock, f).CatchUp(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, seen(t, d)); diff != "" {
				t.Errorf("gone on with otherwise (-before +after):\n%s", diff)
			}
		}
	})
}

// A dump restored into another cluster holds transactions that this one has not reached.
func TestLedgerOfAnotherCluster(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	f := witness(t, d, nil)
	l := ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
	if _, err := l.State(t.Context(), fact("a"), fact("b")); err != nil {
		t.Fatal(err)
	}
	err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE activity SET tx = tx + 1000000000"); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "UPDATE derivation SET tx = tx + 1000000000")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	l = ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
	if _, err := l.Append(t.Context(), fact("c")); err != nil {
		t.Fatal(err)
	}
	if err := l.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := len(seen(t, d)); got != 3 {
		t.Errorf("%d facts are derived, want all 3", got)
	}
	if err := l.Rebuild(t.Context(), 2, nil); err != nil {
		t.Fatal(err)
	}
	if got := len(seen(t, d)); got != 3 {
		t.Errorf("%d facts are derived after a rebuild, want all 3", got)
	}
}

// What one node digests is announced on the others too.
func TestOtherNodesHear(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		f := witness(t, d, nil)
		here := ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
		there := ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
		if _, err := here.State(t.Context(), fact("before")); err != nil {
			t.Fatal(err)
		}
		heard := make(chan string, 100)
		there.Watch(func(list []ledger.Activity) {
			for i := range list {
				heard <- list[i].Key
			}
		})
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = there.Run(ctx, 5*time.Millisecond) })
		defer running.Wait()
		defer stop()
		for n := range 2000 { // what was digested before the other began is no news to it, so state until something is heard
			if _, err := here.State(t.Context(), fact(fmt.Sprint("news", n))); err != nil {
				t.Fatal(err)
			}
			select {
			case <-heard:
				return
			default:
			}
		}
		t.Error("nothing was heard on the other node")
	})
}

// A database that is out of order is no reason to put facts aside.
func TestOutageIsNoFailure(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	out := true
	f := witness(t, d, nil)
	apply := f.Apply
	f.Apply = func(ctx context.Context, q db.Q, list []ledger.Activity) error {
		if out {
			if _, err := q.ExecContext(ctx, "SET LOCAL statement_timeout = 1"); err != nil {
				return err
			}
			_, err := q.ExecContext(ctx, "SELECT pg_sleep(1)")
			return err
		}
		return apply(ctx, q, list)
	}
	l := ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
	if _, err := l.State(t.Context(), fact("a")); err == nil {
		t.Error("a fact was digested by a database that is out of order")
	}
	out = false
	if err := l.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	failures, err := l.Failures(t.Context())
	if err != nil || len(failures) > 0 || len(seen(t, d)) != 1 {
		t.Errorf("failures %v, %v, seen %v; want the fact digested and nothing put aside", failures, err, seen(t, d))
	}
}

// Long facts are read a few at a time.
func TestLongFacts(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	most := 0
	f := witness(t, d, nil)
	apply := f.Apply
	f.Apply = func(ctx context.Context, q db.Q, list []ledger.Activity) error {
		most = max(most, len(list))
		return apply(ctx, q, list)
	}
	l := ledger.New(d, slog.New(slog.DiscardHandler), clock, f)
	for i := range 6 {
		long := fact(fmt.Sprint(i))
		long.Data = ledger.Data(strings.Repeat("x", 3<<20))
		if _, err := l.Append(t.Context(), long); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	if most > 4 || len(seen(t, d)) != 6 {
		t.Errorf("%d facts of 3 MB at once, %d seen; want 6 seen, a few at a time", most, len(seen(t, d)))
	}
}
