package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// town is a place in memory that the tests of this package connect to: what is said there, and how it behaves.
type town struct {
	mu     sync.Mutex
	kind   string
	every  time.Duration
	direct bool
	size   int // items a page

	said    []Item
	moved   string
	title   string
	hold    time.Time
	fail    func(n int) error // before the n-th fetch
	fetches int
	during  func() // while being fetched

	arrived []Outgoing
	outcome func(n int, out Outgoing) error // of the n-th Send; what arrives does so before
	lost    func(n int) bool                // the n-th Send does not arrive
	sends   int
	found   int
	blind   bool // Find is not offered
	limits  Limits

	changed chan struct{}
}

func newTown() *town {
	return &town{kind: "town", every: 30 * time.Minute, size: 10, changed: make(chan struct{}, 1)}
}

func (w *town) say(ids ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, id := range ids {
		w.said = append(w.said, Item{Said: ledger.Said{ExternalID: id, Text: "text of " + id}, At: noon.Add(-time.Hour),
			Author: ledger.Address{URI: "acct:ada@example.org", Name: "Ada"}})
	}
}

func (w *town) Describe() Description {
	return Description{Kind: w.kind, Can: Fetch | Stream | PublicReply | PrivateReply | Publish, Every: w.every, Direct: w.direct, Says: "comment", Fields: []Field{
		{Name: "url", Type: URL, Required: true},
		{Name: "token", Type: Secret},
		{Name: "mode", Type: Choice, Choices: []string{"fast", "slow"}, Default: "fast"},
		{Name: "depth", Type: Number},
		{Name: "strict", Type: Switch},
	}}
}

func (w *town) Open(set Settings, _ World) (Session, error) {
	if set["depth"] == "13" {
		return nil, problem.New(problem.Invalid, "channel.bad_number").On("depth")
	}
	if w.blind {
		return &visit{w, set}, nil
	}
	return &guided{visit{w, set}}, nil
}

type visit struct {
	w   *town
	set Settings
}

func (v *visit) Close() error { return nil }

func (v *visit) Limits() Limits {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	return v.w.limits
}

func (v *visit) Check(context.Context) (Health, error) {
	if v.set["token"] == "expired" {
		return Health{}, &Fault{Kind: Unauthorised, Err: errors.New("the token expired is refused")}
	}
	return Health{Title: "Town", ExpiresAt: noon.Add(24 * time.Hour)}, nil
}

func (v *visit) Fetch(_ context.Context, cursor json.RawMessage) (Page, error) {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.fetches++
	if v.w.during != nil {
		v.w.during()
	}
	if v.w.fail != nil {
		if err := v.w.fail(v.w.fetches); err != nil {
			return Page{}, err
		}
	}
	at := 0
	if err := json.Unmarshal(cursor, &at); err != nil {
		return Page{}, err
	}
	end := min(at+v.w.size, len(v.w.said))
	return Page{Items: v.w.said[at:end], Cursor: json.RawMessage(fmt.Sprint(end)), More: end < len(v.w.said), Unchanged: at == end,
		Moved: v.w.moved, Title: v.w.title, NotBefore: v.w.hold}, nil
}

func (v *visit) Watch(ctx context.Context, changed func()) error {
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-v.w.changed:
			changed()
		}
	}
}

func (v *visit) Send(_ context.Context, out Outgoing) (Receipt, error) {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.sends++
	if v.w.lost == nil || !v.w.lost(v.w.sends) {
		v.w.arrived = append(v.w.arrived, out)
	}
	if v.w.outcome != nil {
		if err := v.w.outcome(v.w.sends, out); err != nil {
			return Receipt{}, err
		}
	}
	return Receipt{ExternalID: "there-" + out.Key, At: noon}, nil
}

type guided struct{ visit }

func (v *guided) Find(_ context.Context, out Outgoing) (Receipt, bool, error) {
	v.w.mu.Lock()
	defer v.w.mu.Unlock()
	v.w.found++
	for _, a := range v.w.arrived {
		if a.Key == out.Key {
			return Receipt{ExternalID: "there-" + out.Key, At: noon}, true, nil
		}
	}
	return Receipt{}, false, nil
}

// clockwork is a clock that tests turn.
type clockwork struct {
	mu sync.Mutex
	at time.Time
}

func (c *clockwork) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clockwork) turn(d time.Duration) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return c.at
}

func testService(t testing.TB, d *db.DB, clock *clockwork, connectors ...Connector) *Service {
	t.Helper()
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	log := slog.New(slog.DiscardHandler)
	l := ledger.New(d, log, clock.now, PostFollower())
	return New(d, l, box, World{Clock: clock.now, Log: log}, log, clock.now, connectors...)
}

func addTown(t testing.TB, s *Service, name string) Account {
	t.Helper()
	a, err := s.Add(t.Context(), Draft{Kind: "town", Name: name, Settings: Settings{"url": "https://" + name + ".example/"}})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func pollOnce(t testing.TB, s *Service, now time.Time) Polled {
	t.Helper()
	sum, err := s.PollOnce(t.Context(), now)
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

func activities(t testing.TB, s *Service, kind string) []ledger.Activity {
	t.Helper()
	// Not by ledger.Each, which on PostgreSQL waits for older transactions, also those of other tests.
	out, err := db.All(t.Context(), s.db.Read(), func(a *ledger.Activity) []any {
		return []any{&a.ID, &a.Kind, &a.Actor, &a.Object, &a.Channel, db.At(&a.At), db.At(&a.LearnedAt), &a.Key, (*[]byte)(&a.Data)}
	}, "SELECT id, kind, actor, object, channel, at, learned_at, COALESCE(key, ''), data FROM activity WHERE kind = $1 ORDER BY tx, seq", kind)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func reload(t testing.TB, s *Service, id string) Account {
	t.Helper()
	a, err := s.Find(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
