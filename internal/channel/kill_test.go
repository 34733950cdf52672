package channel_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// kills is how often a working process is killed, on each engine: ENTENTE_TEST_KILLS, or 20.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("ENTENTE_TEST_KILLS")); err == nil && n > 0 {
		return n
	}
	return 20
}

// harbour is a place that outlives the processes that call it. Something more is said there each time it is asked.
type harbour struct {
	mu      sync.Mutex
	said    int
	arrived map[string]int // by key
	left    int            // calls until whoever calls is killed
	kill    func()
}

// strike says when in this call the caller is killed: "" for not at all.
func (h *harbour) strike() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.left--; h.left != 0 {
		return ""
	}
	return []string{"before", "after", "later"}[rand.IntN(3)]
}

func (h *harbour) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Tied to calls rather than to the clock, so that a busy machine kills at the same moments.
	switch h.strike() {
	case "before":
		h.kill()
		return
	case "after":
		defer h.kill()
	case "later":
		defer time.AfterFunc(time.Duration(rand.IntN(20_000))*time.Microsecond, h.kill)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	switch key := r.URL.Query().Get("key"); r.URL.Path {
	case "/say":
		if r.URL.Query().Get("quiet") == "" {
			h.said += rand.IntN(6)
		}
		json.NewEncoder(w).Encode(h.said)
	case "/send":
		h.arrived[key]++
		w.WriteHeader(http.StatusNoContent)
	case "/find":
		json.NewEncoder(w).Encode(h.arrived[key])
	}
}

// boat is a connector to a harbour, over HTTP. A blind one cannot look for what it sent.
type boat struct {
	kind  string
	quiet bool
}

func (b boat) Describe() channel.Description {
	return channel.Description{Kind: b.kind, Can: channel.Fetch | channel.Publish, Every: time.Minute, Direct: true, Fields: []channel.Field{{Name: "url", Type: channel.URL}}}
}

func (b boat) Open(set channel.Settings, _ channel.World) (channel.Session, error) {
	if b.kind == "blind" {
		return &trip{set["url"], b.quiet}, nil
	}
	return &guidedTrip{trip{set["url"], b.quiet}}, nil
}

type trip struct {
	url   string
	quiet bool
}

func (t *trip) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }
func (t *trip) Close() error                                  { return nil }

func (t *trip) ask(ctx context.Context, path string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.url+path, nil)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

func (t *trip) Fetch(ctx context.Context, cursor json.RawMessage) (channel.Page, error) {
	at, end := 0, 0
	if err := json.Unmarshal(cursor, &at); err != nil {
		return channel.Page{}, err
	}
	path := "/say"
	if t.quiet {
		path += "?quiet=1"
	}
	if err := t.ask(ctx, path, &end); err != nil {
		return channel.Page{}, err
	}
	const size = 7
	more := end > at+size
	end = min(end, at+size)
	var items []channel.Item
	for n := at; n < end; n++ {
		items = append(items, channel.Item{Said: ledger.Said{ExternalID: strconv.Itoa(n), Text: "words"}, At: noon.Add(-time.Hour)})
	}
	return channel.Page{Items: items, Cursor: json.RawMessage(strconv.Itoa(end)), More: more}, nil
}

func (t *trip) Send(ctx context.Context, out channel.Outgoing) (channel.Receipt, error) {
	if err := t.ask(ctx, "/send?key="+url.QueryEscape(out.Key), nil); err != nil {
		return channel.Receipt{}, &channel.Fault{Kind: channel.Uncertain, Err: err}
	}
	return channel.Receipt{ExternalID: "sent-" + out.Key}, nil
}

type guidedTrip struct{ trip }

func (t *guidedTrip) Find(ctx context.Context, out channel.Outgoing) (channel.Receipt, bool, error) {
	n := 0
	err := t.ask(ctx, "/find?key="+url.QueryEscape(out.Key), &n)
	return channel.Receipt{ExternalID: "sent-" + out.Key}, n > 0, err
}

// afloat makes a service of the process number n. Each process lives hours after the one before it, so that leases have run out.
func afloat(d *db.DB, n int, quiet bool) (*channel.Service, *ledger.Ledger, func() time.Time, error) {
	started := time.Now()
	clock := func() time.Time { return noon.Add(time.Duration(n)*5*time.Hour + time.Since(started)) }
	log := slog.New(slog.DiscardHandler)
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		return nil, nil, nil, err
	}
	l := ledger.New(d, log, clock, channel.PostFollower())
	return channel.New(d, l, box, channel.World{Clock: clock, Log: log}, log, clock, boat{"seeing", quiet}, boat{"blind", quiet}), l, clock, nil
}

// TestKillChild is the process that is killed; it does nothing of itself.
func TestKillChild(t *testing.T) {
	address := os.Getenv("ENTENTE_TEST_KILL")
	if address == "" {
		return
	}
	n, err := strconv.Atoi(os.Getenv("ENTENTE_TEST_KILL_N"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	s, _, clock, err := afloat(d, n, false)
	if err != nil {
		t.Fatal(err)
	}
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("ready")
	for i := 0; ; i++ {
		for _, a := range list {
			key := fmt.Sprintf("%s-%d-%d", a.Kind, n, i)
			if _, err := s.Say(t.Context(), a.ID, "", "", channel.Outgoing{Key: key, Text: "words"}, time.Time{}); err != nil {
				t.Fatal(err)
			}
			fmt.Println("said " + key) // acknowledged
		}
		if _, err := s.SendOnce(t.Context(), clock()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PollOnce(t.Context(), clock().Add(time.Duration(i)*2*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
}

// A process that polls and sends is killed again and again. Nothing that was acknowledged is missing, nothing is there twice, nothing is
// sent twice, and what cannot be told is left to a person.
func TestKill(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		kill(t, filepath.Join(t.TempDir(), "entente.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		kill(t, dbtest.PostgresURL(t))
	})
}

func kill(t *testing.T, address string) {
	kills := kills()
	h := &harbour{arrived: map[string]int{}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	d, err := db.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s, _, _, err := afloat(d, 0, false)
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"seeing", "blind"} {
		if _, err := s.Add(t.Context(), channel.Draft{Kind: kind, Name: kind, Settings: channel.Settings{"url": server.URL}}); err != nil {
			t.Fatal(err)
		}
	}
	var acknowledged []string
	for n := 1; n <= kills; n++ {
		cmd := exec.Command(os.Args[0], "-test.run=^TestKillChild$")
		cmd.Env = append(os.Environ(), "ENTENTE_TEST_KILL="+address, "ENTENTE_TEST_KILL_N="+strconv.Itoa(n))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		h.mu.Lock()
		h.left, h.kill = 1+rand.IntN(20), func() { cmd.Process.Kill() }
		h.mu.Unlock()
		ready := false
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if lines.Text() == "ready" {
				ready = true
			} else if key, ok := strings.CutPrefix(lines.Text(), "said "); ok {
				acknowledged = append(acknowledged, key)
			} else if !ready || strings.HasPrefix(lines.Text(), "--- FAIL") {
				t.Errorf("process %d says %q", n, lines.Text())
			}
		}
		if err := cmd.Wait(); !ready || err == nil {
			t.Fatalf("process %d ended by itself: %v", n, err)
		}
	}
	// One more process lives, and everything comes to rest.
	s, l, clock, err := afloat(d, kills+1, true)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if _, err := s.SendOnce(t.Context(), clock().Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.PollOnce(t.Context(), clock().Add(time.Duration(i)*time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := l.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	states := map[string]channel.Sending{}
	for after := ""; ; {
		list, err := s.Outgoing(t.Context(), channel.SendingFilter{After: after, Limit: 100})
		if err != nil {
			t.Fatal(err)
		}
		if len(list) == 0 {
			break
		}
		for _, v := range list {
			states[v.Content.Key] = v
		}
		after = list[len(list)-1].ID
	}
	for _, key := range acknowledged {
		if _, ok := states[key]; !ok {
			t.Errorf("%s was acknowledged and is missing", key)
		}
	}
	uncertain := 0
	for key, v := range states {
		n := h.arrived[key]
		_, stated, err := l.FindKey(t.Context(), ledger.SaidKey(v.Channel, "sent-"+key))
		if err != nil {
			t.Fatal(err)
		}
		switch {
		case v.State == channel.Sent && n == 1 && stated:
		case v.State == channel.Unknown && n <= 1 && !stated:
			if uncertain++; n == 1 && strings.HasPrefix(key, "seeing") {
				t.Errorf("%s is uncertain though it could be found there", key)
			}
		default:
			t.Errorf("%s is %s, arrived %d times, stated: %v", key, v.State, n, stated)
		}
	}
	list, err := s.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range list {
		for n := range h.said {
			if _, stated, err := l.FindKey(t.Context(), ledger.SaidKey(a.ID, strconv.Itoa(n))); err != nil || !stated {
				t.Fatalf("post %d of %d is missing in %s, %v", n, h.said, a.Name, err)
			}
		}
	}
	posts, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM post")
	facts, _, err2 := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM activity")
	if want := 2*h.said + len(states) - uncertain; errors.Join(err, err2) != nil || posts != want || facts != want {
		t.Errorf("%d posts and %d facts, %v; want %d", posts, facts, errors.Join(err, err2), want)
	}
	t.Logf("%d killed, %d things said there, %d sent, %d left to a person", kills, h.said, len(states)-uncertain, uncertain)
	if len(states) == 0 || h.said == 0 || !slices.ContainsFunc(acknowledged, func(k string) bool { return states[k].State == channel.Sent }) {
		t.Error("nothing happened before the kills")
	}
	if stuck, err := s.Stuck(t.Context()); err != nil || stuck != uncertain {
		t.Errorf("%d stand on the page for people, %v; want %d", stuck, err, uncertain)
	}
	if err := s.Resend(t.Context(), "nothing"); !problem.Is(err, problem.Missing) {
		t.Errorf("Resend of nothing: %v", err)
	}
}
