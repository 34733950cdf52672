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
	"sync/atomic"
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

// TestSlowHost: a host that does not answer holds up nobody who asks another, and no more of those who ask it than are let wait.
func TestSlowHost(t *testing.T) {
	t.Parallel()
	k := newDesk(t, dbtest.SQLite(t))
	release, asked := make(chan struct{}), make(chan struct{}, 100)
	var ended atomic.Int32
	slow := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked <- struct{}{}
		select {
		case <-release:
		case <-r.Context().Done():
			ended.Add(1)
		}
	}))
	defer slow.Close()
	quick := httptest.NewServer(nil)
	quick.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/activity+json")
		fmt.Fprintf(w, `{"id":"%s%s","type":"Person"}`, quick.URL, r.URL.Path)
	})
	defer quick.Close()
	results := make(chan error, 100)
	const all = 3 * hostWaits
	for i := range all {
		go func() { _, err := k.document(t.Context(), fmt.Sprint(slow.URL, "/", i)); results <- err }()
	}
	for range hostAtOnce {
		<-asked
	}
	for range all - hostWaits {
		if err := <-results; !errors.Is(err, errQueue) {
			t.Errorf("one too many is answered %v", err)
		}
	}
	if _, err := k.document(t.Context(), quick.URL+"/ada"); err != nil || ended.Load() > 0 {
		t.Errorf("another host: %v, after %d of the slow one had ended", err, ended.Load())
	}
	close(release)
	for range hostWaits {
		<-results
	}
	if len(k.lanes.list) != 0 {
		t.Errorf("%d hosts are remembered", len(k.lanes.list))
	}
}

// TestForgotten: whoever was met and has nothing here any more is forgotten, and nobody else.
func TestForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		old := k.Now()
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for i, who := range []string{"nothing", "removed", "says", "votes", "follows", "barred", "flags", "new"} {
				at := old
				if who == "new" {
					at = at.Add(keepActors)
				}
				if _, err := db.Exec(ctx, q, "INSERT INTO fediverse_actor (uri, host, handle, inbox, key_id, key, first_at, fetched_at) VALUES ($1, 'h', $2, 'i', 'k', 'k', 1, $3)", "https://h/"+who, who+"@h", db.T(at)); err != nil {
					return err
				}
				query, args := "", []any{"acct:" + who + "@h"}
				switch who {
				case "removed", "says":
					query = "INSERT INTO community_post (id, thread, channel, external_id, kind, author, at, markup, html, deleted_at) VALUES ($2, $2, 'ch', $2, '', $1, 1, '', '', $3)"
					args = append(args, fmt.Sprint("post", i), map[bool]any{true: int64(1), false: nil}[who == "removed"])
				case "votes":
					query = "INSERT INTO community_vote (post, voter, value, last) VALUES ('p', $1, 1, 'l')"
				case "follows":
					query, args = "INSERT INTO fediverse_follower (community, actor, host, inbox, at) VALUES ('c', $1, 'h', 'i', 1)", []any{"https://h/" + who}
				case "barred":
					query, args = "INSERT INTO fediverse_block (id, community, host, actor, kind, reason, made_by, at) VALUES ('b', 'c', 'h', $1, 'suspend', 'spam', 'm', 1)", []any{who + "@h"}
				case "flags":
					query = "INSERT INTO community_flag (case_id, member, reason, words, at) VALUES ('x', $1, 'spam', '', 1)"
				default:
					continue
				}
				if _, err := db.Exec(ctx, q, query, args...); err != nil {
					return fmt.Errorf("%s: %w", who, err)
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		left := func() string {
			t.Helper()
			if err := k.Tidy(t.Context()); err != nil {
				t.Fatal(err)
			}
			list, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT handle FROM fediverse_actor ORDER BY handle")
			if err != nil {
				t.Fatal(err)
			}
			return strings.ReplaceAll(strings.Join(list, " "), "@h", "")
		}
		if is, want := left(), "barred flags follows new nothing removed says votes"; is != want {
			t.Errorf("at once %s, want %s", is, want)
		}
		k.pass(keepActors + time.Hour)
		if is, want := left(), "barred flags follows new says votes"; is != want {
			t.Errorf("later %s, want %s", is, want)
		}
	})
}

// TestTakenBack: what was moved to where not everybody reads it is taken back, and all that somebody said when they do not want it there any more. Of what was
// never to be seen nothing is told.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d)
		ada := &org.Member{ID: "ada", Email: "ada@velo.example", Name: "Ada", Role: org.Plain, State: org.Active}
		exec := func(query string, args ...any) {
			t.Helper()
			if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error { _, err := db.Exec(ctx, q, query, args...); return err }); err != nil {
				t.Fatal(err)
			}
		}
		exec("INSERT INTO channel (id, kind, name, created_at) VALUES ('ch', 'community', 'Velo', 1)")
		exec("INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ('ada', 'ada@velo.example', 'Ada', 'member', 'en', 'UTC', 'active', 1)")
		exec("INSERT INTO fediverse_follower (community, actor, host, inbox, at) VALUES ('c', 'https://h/x', 'h', 'https://h/inbox', 1)")
		for i, access := range []string{"open", "request", "request"} {
			exec(`INSERT INTO community_space (id, community, slug, name, access, holds, position, created_at) VALUES ($1, 'c', $1, '{"en":"S"}', $2, '["discussion"]', $3, 1)`, fmt.Sprint("space", i), access, i)
		}
		tell := func() {
			t.Helper()
			for range 2 {
				if _, err := k.TellOnce(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		tell()
		say := func(n int, space, to string) string {
			t.Helper()
			id := fmt.Sprintf("%020d", n)
			a := ledger.Activity{ID: id, Object: id, Kind: ledger.PostSaid, Actor: "mailto:ada@velo.example", Channel: "ch", At: k.Now(), Key: "said:ch:" + id}
			s := ledger.Said{ExternalID: id, AuthorName: "Ada", Title: "How?", Text: "So " + id, Space: space}
			if to != "" {
				s.Title, s.InReplyTo = "", []string{to}
			}
			a.Say(&s)
			if _, err := k.ledger.State(t.Context(), a); err != nil {
				t.Fatal(err)
			}
			return id
		}
		turn := func(thread string, what ledger.Turned) {
			t.Helper()
			k.pass(time.Minute)
			if _, err := k.ledger.State(t.Context(), ledger.Activity{Kind: ledger.ThreadTurned, Actor: "mailto:m@velo.example", Object: thread, Channel: "ch", At: k.Now(), Data: ledger.Data(what)}); err != nil {
				t.Fatal(err)
			}
			tell()
		}
		deleted := func() int {
			t.Helper()
			n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM fediverse_event WHERE kind = 'deleted'")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		words := func() int {
			t.Helper()
			n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM fediverse_event WHERE body LIKE '%So 0000%'")
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		first := say(1, "space0", "")
		say(2, "", first)
		part := say(3, "", first)
		closed := say(4, "space1", "")
		tell()
		if words() == 0 || deleted() != 0 {
			t.Fatalf("nothing was told: %d, %d", words(), deleted())
		}
		turn(closed, ledger.Turned{State: "moved", To: "space2"})
		if n := deleted(); n != 0 {
			t.Errorf("%d were taken back that nobody saw", n)
		}
		turn(first, ledger.Turned{State: "split", To: part, Posts: []string{part}, Title: "Apart"})
		turn(part, ledger.Turned{State: "moved", To: "space1"})
		if n := deleted(); n != 1 {
			t.Errorf("what was split off: %d taken back, want 1", n)
		}
		turn(first, ledger.Turned{State: "moved", To: "space1"})
		if n := deleted(); n != 3 || words() != 0 {
			t.Errorf("%d taken back, want 3; the words of %d are kept", n, words())
		}
		turn(first, ledger.Turned{State: "moved", To: "space2"})
		if n := deleted(); n != 3 {
			t.Errorf("%d taken back after it was moved once more", n)
		}

		lead := say(5, "space0", "")
		const many = 1_100
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			var rows [][]any
			for i := range many {
				rows = append(rows, []any{fmt.Sprintf("many%016d", i), lead, lead, "ch", fmt.Sprint("m", i), "", "mailto:ada@velo.example", "Ada", db.T(k.Now()), "x", "x"})
			}
			return db.Insert(ctx, q, "community_post (id, thread, parent, channel, external_id, kind, author, author_name, at, markup, html)", rows, "")
		}); err != nil {
			t.Fatal(err)
		}
		if err := k.Refuse(org.With(t.Context(), ada), true); err != nil {
			t.Fatal(err)
		}
		if n := deleted(); n != 3+1+many {
			t.Errorf("%d of %d are asked back", n-3, 1+many)
		}
	})
}
