package channel

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
)

func TestPoll(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		for i := range 25 {
			w.say(fmt.Sprint("p", i))
		}
		if got, want := pollOnce(t, s, noon), (Polled{Channels: 1, Added: 25}); got != want {
			t.Fatalf("first poll = %+v, want %+v", got, want)
		}
		if n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM post WHERE channel = $1", a.ID); err != nil || n != 25 {
			t.Errorf("%d posts were derived, %v; want 25", n, err)
		}
		if got := pollOnce(t, s, noon.Add(time.Minute)); got.Channels != 0 {
			t.Errorf("it was polled before it was due: %+v", got)
		}
		a = reload(t, s, a.ID)
		if !a.State.PolledAt.Equal(noon) || !a.State.ChangedAt.Equal(noon) || a.State.Fault != "" {
			t.Errorf("after a poll that brought news: %+v", a.State)
		}
		at := clock.turn(time.Hour)
		w.say("p25")
		if got, want := pollOnce(t, s, at), (Polled{Channels: 1, Added: 1}); got != want {
			t.Errorf("poll with one new = %+v, want %+v", got, want)
		}
		at = clock.turn(time.Hour)
		if got, want := pollOnce(t, s, at), (Polled{Channels: 1, Unchanged: 1}); got != want {
			t.Errorf("poll with nothing new = %+v, want %+v", got, want)
		}
	})
}

// A process that ends at any moment around a commit leaves facts and cursor together, or neither.
func TestPollBrokenOff(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		first := testService(t, d, clock, w)
		a := addTown(t, first, "oslo")
		for i := range 25 {
			w.say(fmt.Sprint("p", i))
		}
		ctx, kill := context.WithCancel(t.Context())
		commits := 0
		first.hook = func(string) error {
			if commits++; commits == 2 {
				kill()
				return errors.New("the power went")
			}
			return nil
		}
		first.PollOnce(ctx, noon)
		cursor, _, err := db.Value[string](t.Context(), d.Read(), "SELECT cursor FROM channel_state WHERE channel = $1", a.ID)
		if err != nil {
			t.Fatal(err)
		}
		if n := len(activities(t, first, ledger.PostSaid)); fmt.Sprint(n) != cursor || n != 10 {
			t.Fatalf("%d facts and the cursor %s; want 10 and 10", n, cursor)
		}
		second := testService(t, d, clock, w)
		at := clock.turn(2 * leaseFor)
		if got := pollOnce(t, second, at); got.Added != 15 {
			t.Errorf("the next process stated %d, want the other 15", got.Added)
		}
		if n := len(activities(t, first, ledger.PostSaid)); n != 25 {
			t.Errorf("%d facts in all, want 25", n)
		}
	})
}

// A connector that breaks does not hold back the others, nor does a transaction of several that cannot be committed.
func TestPollOneBad(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, good, bad := &clockwork{at: noon}, newTown(), newTown()
		bad.kind = "bad"
		s := testService(t, d, clock, good, bad)
		addTown(t, s, "oslo")
		addTown(t, s, "bergen")
		b, err := s.Add(t.Context(), Draft{Kind: "bad", Settings: Settings{"url": "https://bad.example/"}})
		if err != nil {
			t.Fatal(err)
		}
		good.say("1", "2")
		bad.fail = func(int) error { panic("a parser broke") }
		s.hook = func(step string) error { // how many come to be stored together is chance
			if step == "commit together" {
				return errors.New("not these together")
			}
			return nil
		}
		if sum := pollOnce(t, s, noon); sum.Added != 4 || sum.Failed != 1 || sum.Channels != 3 {
			t.Errorf("poll = %+v, want 4 added and 1 of 3 failed", sum)
		}
		if got := reload(t, s, b.ID).State; got.Fault != Temporary || !strings.Contains(got.Remark.Text, "a parser broke") || got.Failures != 1 {
			t.Errorf("the bad channel's state: %+v", got)
		}
	})
}

func TestFaults(t *testing.T) {
	t.Parallel()
	fault := func(kind FaultKind, after time.Duration) error {
		return &Fault{Kind: kind, After: after, Err: errors.New("no, s3cret is not welcome")}
	}
	tests := map[string]struct {
		err      error
		kind     FaultKind
		from, to time.Duration // when it is due; 0, 0: never
	}{
		"temporary":           {fault(Temporary, 0), Temporary, 45 * time.Second, 75 * time.Second},
		"its own end":         {fmt.Errorf("s3cret: %w", context.Canceled), Temporary, 45 * time.Second, 75 * time.Second},
		"no fault":            {errors.New("broken pipe to s3cret"), Temporary, 45 * time.Second, 75 * time.Second},
		"throttled":           {fault(Throttled, 7*time.Minute), Throttled, 7 * time.Minute, 7 * time.Minute},
		"throttled, no time":  {fault(Throttled, 0), Throttled, 5 * time.Minute, 5 * time.Minute},
		"throttled for years": {fault(Throttled, 9999*time.Hour), Throttled, heldMost, heldMost},
		"unauthorised":        {fault(Unauthorised, 0), Unauthorised, 0, 0},
		"gone":                {fault(Gone, 0), Gone, 0, 0},
		"refused":             {fault(Refused, 0), Refused, 0, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, w := &clockwork{at: noon}, newTown()
			s := testService(t, dbtest.SQLite(t), clock, w)
			a, err := s.Add(t.Context(), Draft{Kind: "town", Settings: Settings{"url": "https://oslo.example/", "token": "s3cret"}})
			if err != nil {
				t.Fatal(err)
			}
			w.fail = func(int) error { return test.err }
			pollOnce(t, s, noon)
			got := reload(t, s, a.ID).State
			if got.Fault != test.kind || got.Failures != 1 || strings.Contains(got.Remark.Text, "s3cret") || !strings.Contains(got.Remark.Text, "•••") {
				t.Errorf("state = %+v, want %s without the secret", got, test.kind)
			}
			if test.to == 0 {
				if !got.DueAt.IsZero() || !got.Stopped() {
					t.Errorf("due at %v, want never", got.DueAt)
				}
				w.fail = nil
				if sum := pollOnce(t, s, noon.Add(9999*time.Hour)); sum.Channels != 0 {
					t.Error("a stopped channel was polled")
				}
				if err := s.PollNow(t.Context(), a.ID); err != nil {
					t.Fatal(err)
				}
				if sum := pollOnce(t, s, noon); sum.Channels != 1 || reload(t, s, a.ID).State.Fault != "" {
					t.Error("a person could not start it again")
				}
				return
			}
			if wait := got.DueAt.Sub(noon); wait < test.from || wait > test.to {
				t.Errorf("due in %v, want %v to %v", wait, test.from, test.to)
			}
		})
	}
}

func TestBackoff(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(-1, 1<<30).Draw(t, "failures")
		if d := backoff(n); d < backoffFirst*3/4 || d > slowest*5/4 {
			t.Fatalf("backoff(%d) = %v", n, d)
		}
		if n >= 1 && n < 9 && backoff(n+1) < backoff(n)*3/4 {
			t.Fatalf("backoff shrinks after %d", n)
		}
	})
}

func TestNext(t *testing.T) {
	t.Parallel()
	lazy := kind{says: Description{Every: 30 * time.Minute}}
	tests := map[string]struct {
		kind     kind
		changed  time.Time
		page     Page
		from, to time.Duration
	}{
		"just changed":        {lazy, noon, Page{}, 28 * time.Minute, 32 * time.Minute},
		"changed this week":   {lazy, noon.Add(-4 * 24 * time.Hour), Page{}, 11 * time.Hour, 13 * time.Hour},
		"silent for years":    {lazy, noon.Add(-9999 * time.Hour), Page{}, 22 * time.Hour, 26 * time.Hour},
		"never changed":       {lazy, time.Time{}, Page{}, 28 * time.Minute, 32 * time.Minute},
		"asks for rest":       {lazy, noon, Page{NotBefore: noon.Add(3 * time.Hour)}, 3 * time.Hour, 3 * time.Hour},
		"asks for ever":       {lazy, noon, Page{NotBefore: never}, heldMost, heldMost},
		"said to us":          {kind{says: Description{Every: time.Minute, Direct: true}}, noon.Add(-9999 * time.Hour), Page{}, 57 * time.Second, 63 * time.Second},
		"not polled by pace":  {kind{}, noon, Page{}, never.Sub(noon), never.Sub(noon)},
		"slower than a day":   {kind{says: Description{Every: 48 * time.Hour}}, noon.Add(-9999 * time.Hour), Page{}, 45 * time.Hour, 51 * time.Hour},
		"rest that has ended": {lazy, noon, Page{NotBefore: noon.Add(-time.Hour)}, 28 * time.Minute, 32 * time.Minute},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := test.kind.next(Access{ChangedAt: test.changed}, test.page, noon).Sub(noon); got < test.from || got > test.to {
				t.Errorf("due in %v, want %v to %v", got, test.from, test.to)
			}
		})
	}
}

func TestPollLearns(t *testing.T) {
	t.Parallel()
	clock, w := &clockwork{at: noon}, newTown()
	s := testService(t, dbtest.SQLite(t), clock, w)
	w.moved, w.title = "https://town.example/new", "The Town Crier"
	a, err := s.Add(t.Context(), Draft{Kind: "town", Settings: Settings{"url": "https://town.example/old", "token": "s3cret"}})
	if err != nil {
		t.Fatal(err)
	}
	named := addTown(t, s, "bergen")
	pollOnce(t, s, noon)
	a, named = reload(t, s, a.ID), reload(t, s, named.ID)
	if a.Settings["url"] != w.moved || a.Name != w.title {
		t.Errorf("after a move: %q at %q", a.Name, a.Settings["url"])
	}
	if all, err := s.opened(&a); err != nil || all["token"] != "s3cret" {
		t.Errorf("the secret after a move: %q, %v", all["token"], err)
	}
	if named.Name != "bergen" {
		t.Errorf("a name given by a person became %q", named.Name)
	}
}

// Where a place says it has moved to is believed only when no secret would go there with us.
func TestPollMoved(t *testing.T) {
	t.Parallel()
	const old = "https://old.example/feed"
	tests := map[string]struct {
		token, moved, want string
	}{
		"elsewhere":                       {"", "https://new.example/feed", "https://new.example/feed"},
		"elsewhere, with a secret":        {"s3cret", "https://new.example/feed", old},
		"another port, with a secret":     {"s3cret", "https://old.example:8443/feed", old},
		"in the clear, with a secret":     {"s3cret", "http://old.example/feed", old},
		"another path, with a secret":     {"s3cret", "https://old.example/new", "https://old.example/new"},
		"with a password":                 {"", "https://ada:pass@new.example/feed", old},
		"on the same host, with password": {"s3cret", "https://ada:pass@old.example/feed", old},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, w := &clockwork{at: noon}, newTown()
			s := testService(t, dbtest.SQLite(t), clock, w)
			a, err := s.Add(t.Context(), Draft{Kind: "town", Settings: Settings{"url": old, "token": test.token}})
			if err != nil {
				t.Fatal(err)
			}
			w.moved = test.moved
			pollOnce(t, s, noon)
			if got := reload(t, s, a.ID).Settings["url"]; got != test.want {
				t.Errorf("its address is %q, want %q", got, test.want)
			}
		})
	}
}

// What was asked for while a channel is being polled is not forgotten, and what a person changes meanwhile wins.
func TestPollMeanwhile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		w.say("1")
		pollOnce(t, s, noon)
		at := clock.turn(time.Hour)
		w.say("2")
		asked := clock.turn(time.Second)
		w.during = func() {
			err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "UPDATE channel_state SET due_at = $1 WHERE channel = $2", db.T(asked), a.ID)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		}
		pollOnce(t, s, at)
		w.during = nil
		if got := reload(t, s, a.ID).State.DueAt; !got.Equal(asked) {
			t.Errorf("due at %v, want %v as asked meanwhile", got, asked)
		}
		w.say("3")
		w.during = func() {
			w.during = nil
			if err := s.Disable(t.Context(), a.ID); err != nil {
				t.Error(err)
			}
		}
		if sum := pollOnce(t, s, asked); sum.Added != 0 {
			t.Errorf("facts of a channel disabled meanwhile were stated: %+v", sum)
		}
		if err := s.Enable(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		if sum := pollOnce(t, s, asked); sum.Added != 1 {
			t.Errorf("after enabling it again: %+v, want the fact that was held back", sum)
		}
	})
}

// Several nodes poll the same channels: each is asked once, and everything is stated once.
func TestPollNodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		nodes := []*Service{testService(t, d, clock, w), testService(t, d, clock, w), testService(t, d, clock, w)}
		for i := range 20 {
			addTown(t, nodes[0], fmt.Sprint("town", i))
		}
		w.say("1", "2", "3")
		var all sync.WaitGroup
		sums := make([]Polled, len(nodes))
		for i, s := range nodes {
			all.Go(func() {
				sum, err := s.PollOnce(t.Context(), noon)
				if err != nil {
					t.Error(err)
				}
				sums[i] = sum
			})
		}
		all.Wait()
		channels, added := 0, 0
		for _, sum := range sums {
			channels, added = channels+sum.Channels, added+sum.Added
		}
		if channels != 20 || added != 60 || w.fetches != 20 {
			t.Errorf("%d channels polled in %d fetches, %d added; want 20, 20, 60", channels, w.fetches, added)
		}
	})
}

// waiting claims three channels of one machine, which wait for their place there until they are let go, and lets their leases run out.
func waiting(t *testing.T, s *Service, clock *clockwork) (r *round, let func()) {
	t.Helper()
	for _, path := range []string{"a", "b", "c"} {
		if _, err := s.Add(t.Context(), Draft{Kind: "town", Name: path, Settings: Settings{"url": "https://oslo.example/" + path}}); err != nil {
			t.Fatal(err)
		}
	}
	var leave []func()
	for range perHost {
		l, err := s.hosts.enter(t.Context(), "oslo.example", perHost)
		if err != nil {
			t.Fatal(err)
		}
		leave = append(leave, l)
	}
	r = s.round(t.Context(), clock.now)
	if err := r.claimAll(t.Context()); err != nil {
		t.Fatal(err)
	}
	clock.turn(2 * leaseFor)
	return r, func() {
		for _, l := range leave {
			l()
		}
		r.finish()
	}
}

// A channel that another node took while it waited for its place is not fetched twice.
func TestPollLeaseLost(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w, w2 := &clockwork{at: noon}, newTown(), newTown()
		s, other := testService(t, d, clock, w), testService(t, d, clock, w2)
		w.say("1")
		w2.say("1")
		r, let := waiting(t, s, clock)
		if sum := pollOnce(t, other, clock.now()); sum.Channels != 3 {
			t.Errorf("the other node polled %d, want all 3", sum.Channels)
		}
		let()
		if w.fetches != 0 || r.sum.Channels != 0 {
			t.Errorf("%d fetches of channels that were taken, %+v; want none", w.fetches, r.sum)
		}
	})
}

// A channel whose lease ran out while it waited for its place is not claimed again by the same node, and its lease is made to last.
func TestPollLeaseKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		s := testService(t, d, clock, w)
		w.say("1")
		r, let := waiting(t, s, clock)
		if err := r.claimAll(t.Context()); err != nil {
			t.Error(err)
		}
		if n := len(r.inFlight.list); n != 3 {
			t.Errorf("%d are in flight, want the 3 once", n)
		}
		w.during = func() {
			n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM channel_state WHERE lease_until > $1", db.T(clock.now()))
			if err != nil || n == 0 {
				t.Errorf("while one is fetched %d leases hold, %v; want its own", n, err)
			}
		}
		let()
		if w.fetches != 3 || r.sum.Channels != 3 || r.sum.Added != 3 {
			t.Errorf("%d fetches, %+v; want each of 3 fetched once", w.fetches, r.sum)
		}
	})
}

// A place that is asked too much at once never sees more than its share.
func TestPolite(t *testing.T) {
	t.Parallel()
	var g gates
	var mu sync.Mutex
	inside, most := 0, 0
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			leave, err := g.enter(t.Context(), "host", perHost)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			inside++
			most = max(most, inside)
			mu.Unlock()
			mu.Lock()
			inside--
			mu.Unlock()
			leave()
		})
	}
	all.Wait()
	if most > perHost || len(g.list) != 0 {
		t.Errorf("%d at once, %d gates left; want at most %d and none", most, len(g.list), perHost)
	}
}

// Poll hears of news from a stream at once, and ends when told.
func TestPollStream(t *testing.T) {
	t.Parallel()
	clock, w := &clockwork{at: noon}, newTown()
	s := testService(t, dbtest.SQLite(t), clock, w)
	addTown(t, s, "oslo")
	w.say("1")
	ctx, stop := context.WithCancel(t.Context())
	seen := make(chan string, 100)
	defer s.ledger.Watch(func(list []ledger.Activity) {
		for _, a := range list {
			seen <- a.Key
		}
	})()
	var all sync.WaitGroup
	all.Go(func() { s.Poll(ctx) })
	all.Go(func() { s.ledger.Run(ctx, time.Second) })
	<-seen
	clock.turn(time.Minute) // not due by itself
	w.say("2")
	w.changed <- struct{}{}
	if key := <-seen; !strings.HasSuffix(key, ":2") {
		t.Errorf("stated %q, want the post that the stream told of", key)
	}
	stop()
	all.Wait()
	var leases int
	leases, _, err := db.Value[int](t.Context(), s.db.Read(), "SELECT COUNT(*) FROM channel_state WHERE lease_by <> ''")
	if err != nil || leases != 0 {
		t.Errorf("%d channels are still claimed after the end, %v", leases, err)
	}
}
