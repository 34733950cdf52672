package fediverse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/fediverse/signature"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/outside"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

var sealed = sync.OnceValue(func() []byte {
	_, raw, err := signature.NewKey()
	if err != nil {
		panic(err)
	}
	return raw
})

// desk is a community that is switched on, and one receiver with a name for each of several hosts.
type desk struct {
	*Service
	t    *testing.T
	db   *db.DB
	at   time.Time
	mu   sync.Mutex
	got  map[string]int // by activity and inbox
	host func(path string) int
}

func newDesk(t *testing.T, d *db.DB) *desk {
	t.Helper()
	k := &desk{t: t, db: d, at: time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC), got: map[string]int{}, host: func(string) int { return http.StatusAccepted }}
	log, clock := slog.New(slog.DiscardHandler), func() time.Time { k.mu.Lock(); defer k.mu.Unlock(); return k.at }
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	o := org.New(d, log, clock)
	l := ledger.New(d, log, clock, channel.PostFollower(), community.Follower())
	c := community.New(d, l, channel.New(d, l, box, channel.World{Clock: clock, Log: log}, log, clock), o, log, clock)
	k.Service = New(d, l, c, o, box, http.DefaultClient, log, clock)
	err = d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		for _, x := range []string{
			"INSERT INTO organisation (one, name, lang, zone, url, created_at, changed_at) VALUES (1, 'Velo', 'en', 'UTC', 'http://velo.example', 1, 1)",
			`INSERT INTO community (id, slug, channel, name, langs, audience, sign_up, created_at, changed_at) VALUES ('c', 'velo', 'ch', '{"en":"Velo"}', '["en"]', 'public', 'open', 1, 1)`,
		} {
			if _, err := db.Exec(ctx, q, x); err != nil {
				return err
			}
		}
		_, err := db.Exec(ctx, q, "INSERT INTO fediverse_place (community, key, public_key, on_at, changed_at) VALUES ('c', $1, 'x', 1, 1)", box.Seal("fediverse:c", sealed()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func (k *desk) pass(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.at = k.at.Add(d)
}

// server answers as host says, and counts.
func (k *desk) server() string {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		code := k.host(r.URL.Path)
		k.mu.Lock()
		if code < 300 {
			k.got[string(raw)+" "+r.URL.Path]++
		}
		k.mu.Unlock()
		w.WriteHeader(code)
	}))
	k.t.Cleanup(s.Close)
	return s.URL
}

// say queues n activities for inboxes.
func (k *desk) say(n int, inboxes ...string) {
	k.t.Helper()
	err := k.db.Tx(k.t.Context(), func(ctx context.Context, q db.Q) error {
		for i := range n {
			if err := k.queue(ctx, q, []Outgoing{{ID: fmt.Sprintf("e%d-%d", i, k.Now().Unix()), Community: "c", Kind: "announce", Body: Document{"n": i}, Also: inboxes}}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		k.t.Fatal(err)
	}
}

func (k *desk) states() map[string]int {
	k.t.Helper()
	type row struct {
		state string
		n     int
	}
	list, err := db.All(k.t.Context(), k.db.Read(), func(r *row) []any { return []any{&r.state, &r.n} }, "SELECT state, COUNT(*) FROM fediverse_delivery GROUP BY state")
	if err != nil {
		k.t.Fatal(err)
	}
	out := map[string]int{}
	for _, r := range list {
		out[r.state] = r.n
	}
	return out
}

func (k *desk) deliverAll() {
	k.t.Helper()
	for range 1000 {
		n, err := k.DeliverOnce(k.t.Context(), k.Now())
		if err != nil {
			k.t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
	k.t.Fatal("deliveries do not end")
}

// TestKilled: whenever the program ends, each activity arrives, under one id; what had arrived and was not yet noted arrives again and nothing else does.
func TestKilled(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, at := range []string{"claimed", "delivered"} {
			k := newDesk(t, d)
			to := k.server()
			k.say(4, to+"/a", to+"/b")
			killed, n := errors.New("killed"), 0
			k.step = func(name string) error {
				if name == at {
					if n++; n == 1 {
						return killed
					}
				}
				return nil
			}
			if _, err := k.DeliverOnce(t.Context(), k.Now()); !errors.Is(err, killed) {
				t.Fatalf("%s: %v", at, err)
			}
			k.deliverAll()
			before := len(k.got)
			k.pass(deliverLease + time.Second) // until another may take what was begun
			k.deliverAll()
			if s := k.states(); len(k.got) != 8 || s["sent"] != 8 || len(s) != 1 || before == 8 && at == "claimed" {
				t.Errorf("%s: %d arrived, %v", at, len(k.got), s)
			}
			twice := 0
			for _, n := range k.got {
				twice += n - 1
			}
			if want := map[string]int{"claimed": 0, "delivered": 1}[at]; twice != want {
				t.Errorf("%s: %d arrived again, want %d", at, twice, want)
			}
			for _, table := range []string{"fediverse_delivery", "fediverse_event", "fediverse_place", "community", "organisation"} {
				if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error { _, err := db.Exec(ctx, q, "DELETE FROM "+table); return err }); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
}

// TestTrouble: a host in trouble is asked once a step and holds nobody else; after the last step it is given up; one that is gone has no followers.
func TestTrouble(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		calls := 0
		dead := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			k.mu.Lock()
			calls++
			k.mu.Unlock()
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		t.Cleanup(dead.Close)
		k.host = func(path string) int {
			return map[string]int{"/gone": http.StatusGone, "/no": http.StatusForbidden, "/away": http.StatusFound}[path] + map[bool]int{true: http.StatusOK}[path == "/good"]
		}
		to := k.server()
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "INSERT INTO fediverse_follower (community, actor, host, inbox, at) VALUES ('c', 'x', 'h', $1, 1)", to+"/gone")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		k.say(5, dead.URL+"/x", to+"/good", to+"/gone", to+"/no", to+"/away", "http://velo.example/c/velo/fediverse/inbox")
		k.deliverAll()
		if s := k.states(); s["sent"] != 5 || s["failed"] != 20 || s["queued"] != 5 || calls != 1 {
			t.Fatalf("at first: %v, %d calls", s, calls)
		}
		if n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM fediverse_follower"); err != nil || n != 0 {
			t.Errorf("who is gone follows: %d %v", n, err)
		}
		for range len(pauses()) + 2 {
			k.pass(25 * time.Hour)
			k.deliverAll()
		}
		if s := k.states(); s["queued"] != 0 || s["failed"] != 25 || calls > len(pauses())+2 {
			t.Errorf("in the end: %v, %d calls", s, calls)
		}
	})
}

// TestInOrder: nothing overtakes what was said before it to the same host, neither after a fault nor when it is queued once more.
func TestInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		code, order := http.StatusServiceUnavailable, ""
		box := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			raw, _ := io.ReadAll(r.Body)
			k.mu.Lock()
			defer k.mu.Unlock()
			if code < 300 {
				order += string(raw)
			}
			w.WriteHeader(code)
		}))
		t.Cleanup(box.Close)
		says := func(id, kind string) {
			t.Helper()
			if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				return k.queue(ctx, q, []Outgoing{{ID: id, Community: "c", Kind: kind, Body: Document{"is": kind}, Also: []string{box.URL + "/" + kind}}})
			}); err != nil {
				t.Fatal(err)
			}
		}
		says("z", "announce")
		k.deliverAll()
		k.pass(time.Second)
		says("a", "delete")
		code = http.StatusAccepted
		k.deliverAll()
		if order != "" {
			t.Fatalf("while the first waits: %s", order)
		}
		boss := org.With(t.Context(), &org.Member{ID: "m", Role: org.Owner, State: org.Active})
		if err := k.Retry(boss, "c", strings.TrimPrefix(box.URL, "http://")); err != nil {
			t.Fatal(err)
		}
		k.deliverAll()
		if want := `{"is":"announce"}{"is":"delete"}`; order != want {
			t.Errorf("in the order %s, want %s", order, want)
		}
	})
}

// TestInside: nothing goes to private or internal addresses.
func TestInside(t *testing.T) {
	t.Parallel()
	k := newDesk(t, dbtest.SQLite(t))
	client := *outside.New(outside.Options{}).Client()
	k.http = &client
	k.say(1, k.server()+"/x", "http://10.0.0.1/inbox", "http://169.254.169.254/latest", "http://[::1]/inbox")
	k.deliverAll()
	if s := k.states(); s["failed"] != 4 || len(k.got) != 0 {
		t.Errorf("%v, %v arrived", s, k.got)
	}
	if _, err := k.document(t.Context(), "http://127.0.0.1:1/actor"); err == nil || problem.Of(err).Key != "outside.private" && !strings.Contains(err.Error(), "private") {
		t.Errorf("an actor at home: %v", err)
	}
}

// TestHundreds: three hundred inboxes of twenty hosts are told, each once.
func TestHundreds(t *testing.T) {
	k := newDesk(t, dbtest.SQLite(t))
	var to []string
	for h := range 20 {
		at := k.server()
		for i := range 15 {
			to = append(to, fmt.Sprintf("%s/u%d-%d", at, h, i))
		}
	}
	k.say(1, to...)
	k.deliverAll()
	if s := k.states(); s["sent"] != 300 || len(k.got) != 300 {
		t.Errorf("%v, %d arrived", s, len(k.got))
	}
	for inbox, n := range k.got {
		if n != 1 {
			t.Errorf("%s was told %d times", inbox, n)
		}
	}
}
