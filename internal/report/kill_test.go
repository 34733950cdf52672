package report_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/strategy"
)

const killEnv = "ENTENTE_TEST_POSTMAN" // the folder, the address of the post office and the time

// postman hands letters to the post office of the test, which is another process.
type postman struct{ office string }

func (p postman) Post(ctx context.Context, l report.Letter) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, p.office, strings.NewReader(l.ID))
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	return res.Body.Close()
}

func openFile(t testing.TB, dir string) *db.DB {
	t.Helper()
	d, err := db.Open(t.Context(), filepath.Join(dir, "test.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if _, err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

// childSends is the process that is killed: it sends what is due and ends.
func childSends(t *testing.T, told string) {
	parts := strings.Fields(told)
	at, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		t.Fatal(err)
	}
	d := openFile(t, parts[0])
	log, clock := slog.New(slog.DiscardHandler), func() time.Time { return time.UnixMicro(at) }
	o := org.New(d, log, clock)
	m := measure.New(d, o, clock)
	st := strategy.New(d, m, o, log, clock)
	s := report.New(d, m, st, plan.New(d, m, st, o, log, clock), govern.New(d, m, st, nil, nil, o, log, clock), nil, o, log, clock).WithMail(postman{parts[1]}, nil)
	for {
		n, err := s.SendOnce(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			return
		}
	}
}

// TestKilledWhileSending kills (9) the process that sends a report: once when the mail server has a mail and has not said so, once before it has
// it. No mail goes out twice, none is lost without being shown as uncertain.
func TestKilledWhileSending(t *testing.T) {
	if told := os.Getenv(killEnv); told != "" {
		childSends(t, told)
		return
	}
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	dir := t.TempDir()
	w := newWorld(t, openFile(t, dir))
	w.s.WithMail(&office{}, nil)
	var to []report.Recipient
	for i := range 9 {
		to = append(to, report.Recipient{Address: fmt.Sprintf("r%d@example.org", i)})
	}
	m, err := w.s.SaveMailing(w.ada, monday(to...))
	w.must(err)
	w.now = m.DueAt
	if _, err := w.s.Claim(t.Context()); err != nil {
		t.Fatal(err)
	}

	var mu sync.Mutex
	got := map[string]int{}
	asked := 0
	var kill func(asked int) (before, after bool)
	var child *os.Process
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		id, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		asked++
		before, after := kill(asked)
		if before {
			_ = child.Kill()
			return
		}
		got[string(id)]++
		if after {
			_ = child.Kill()
			<-r.Context().Done() // it never hears that the mail was taken
		}
	}))
	t.Cleanup(server.Close)
	for round, when := range []func(int) (bool, bool){
		func(n int) (bool, bool) { return false, n == 3 },
		func(n int) (bool, bool) { return n == 2, false },
		func(int) (bool, bool) { return false, false },
	} {
		c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilledWhileSending$", "-test.count=1")
		c.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", killEnv, dir, server.URL, w.now.UnixMicro()))
		mu.Lock()
		asked, kill = 0, when
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		child = c.Process
		mu.Unlock()
		err := c.Wait()
		if killed := round < 2; killed != (err != nil) {
			t.Fatalf("round %d: %v", round, err)
		}
		w.now = w.now.Add(10 * time.Minute) // longer than a lease
	}
	mails, err := w.s.Mails(w.ada, m.ID)
	if err != nil || len(mails) != 9 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	uncertain := 0
	for _, x := range mails {
		switch n := got[x.ID]; {
		case n > 1:
			t.Errorf("the mail to %s went out %d times", x.Address, n)
		case x.State == report.Sent && n == 1:
		case x.State == report.Uncertain:
			uncertain++
		default:
			t.Errorf("the mail to %s went out %d times and is %s", x.Address, n, x.State)
		}
	}
	if uncertain != 2 || len(got) != 8 {
		t.Errorf("%d uncertain, %d gone out; want 2 and 8", uncertain, len(got))
	}
}
