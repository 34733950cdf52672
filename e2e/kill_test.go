package e2e

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/entente/entente/internal/intake/dump"
)

// How often each thing is killed, on each engine: more than a hundred times in all.
const (
	killsImporting = 14
	killsPolling   = 16
	killsReplying  = 20
	killsTelling   = 6
)

// TestKill ends the program as a power cut would, at random moments of its work. Whatever was acknowledged is there, once, and what is
// derived is what the ledger says.
func TestKill(t *testing.T) {
	t.Parallel()
	times := func(n int) int {
		if testing.Short() {
			return max(n/5, 3)
		}
		return n
	}
	for _, engine := range engines {
		for _, c := range []struct {
			name string
			run  func(*testing.T, place, *rand.Rand, int)
			n    int
		}{{"importing", killImports, times(killsImporting)}, {"polling", killPolls, times(killsPolling)}, {"replying", killReplies, times(killsReplying)}, {"stating", killStatements, 3}, {"telling", killNotices, times(killsTelling)}, {"learning", killCourses, 3}} {
			t.Run(c.name+" "+engine, func(t *testing.T) {
				t.Parallel()
				seed := uint64(time.Now().UnixNano())
				t.Logf("seed %d", seed)
				c.run(t, newPlace(t, engine), rand.New(rand.NewPCG(seed, 1)), c.n)
			})
		}
	}
}

// between is a random time.
func between(r *rand.Rand, from, to time.Duration) time.Duration {
	return from + time.Duration(r.Int64N(int64(to-from)))
}

// killImports kills the import of a forum dump and begins it again.
func killImports(t *testing.T, p place, r *rand.Rand, kills int) {
	const posts = 3000
	file := program(t)
	folder := filepath.Join(t.TempDir(), "forum")
	if err := dump.Write(folder, posts, 7); err != nil {
		t.Fatal(err)
	}
	want := dumped(t, folder)
	import_ := []string{"import", "stackexchange", folder, "--channel", "Forum", "--inbox", "--site", "https://forum.velo.example"}
	p.must(t, "migrate")
	killed, finished := 0, 0
	for killed < kills {
		cmd := exec.Command(file, import_...)
		cmd.Env = p.env()
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		select {
		case err := <-ended:
			if err != nil {
				t.Fatalf("import: %v\n%s", err, out.String())
			}
			if finished++; finished > 100 {
				t.Fatal("the import is always done before it can be killed")
			}
		case <-time.After(between(r, 20*time.Millisecond, 900*time.Millisecond)):
			_ = cmd.Process.Signal(syscall.SIGKILL) // it may just have ended
			<-ended
			killed++
		}
	}
	partly := p.count(t, "SELECT COUNT(*) FROM activity WHERE kind = 'post.said'")
	p.must(t, import_...)
	got := p.rows(t, "SELECT external_id FROM post ORDER BY external_id")
	slices.Sort(got)
	equalOnce(t, want, got)
	if n := p.count(t, "SELECT COUNT(*) FROM activity WHERE kind = 'post.said'"); n != len(want) {
		t.Errorf("%d posts were stated, want %d", n, len(want))
	}
	// Once more changes nothing.
	before := p.count(t, "SELECT COUNT(*) FROM activity")
	p.must(t, import_...)
	if after := p.count(t, "SELECT COUNT(*) FROM activity"); after != before {
		t.Errorf("importing again stated %d more activities", after-before)
	}
	sameAfterRebuild(t, p)
	t.Logf("%d kills, %d of %d posts were there after the last one", killed, partly, len(want))
}

// dumped lists the external ids of a dump.
func dumped(t *testing.T, folder string) []string {
	t.Helper()
	var out []string
	for name, kinds := range map[string]map[string]string{"Posts.xml": {"1": "q", "2": "a"}, "Comments.xml": {"": "c"}} {
		raw, err := os.ReadFile(filepath.Join(folder, name))
		if err != nil {
			t.Fatal(err)
		}
		kind := regexp.MustCompile(` PostTypeId="(\d)"`)
		for line := range strings.Lines(string(raw)) {
			id := regexp.MustCompile(`<row Id="(\d+)"`).FindStringSubmatch(line)
			if id == nil {
				continue
			}
			k := ""
			if m := kind.FindStringSubmatch(line); m != nil {
				k = m[1]
			}
			if prefix := kinds[k]; prefix != "" {
				out = append(out, prefix+id[1])
			}
		}
	}
	slices.Sort(out)
	return out
}

// equalOnce compares two sorted lists: nothing missing, nothing twice.
func equalOnce(t *testing.T, want, got []string) {
	t.Helper()
	count := func(list []string) map[string]int {
		m := map[string]int{}
		for _, v := range list {
			m[v]++
		}
		return m
	}
	a, b, told := count(want), count(got), 0
	for v, n := range a {
		if b[v] != n {
			if told++; told <= 10 {
				t.Errorf("%s is there %d times, want %d", v, b[v], n)
			}
		}
	}
	for v, n := range b {
		if a[v] == 0 {
			if told++; told <= 10 {
				t.Errorf("%s is there %d times, but nobody said it", v, n)
			}
		}
	}
	if told > 10 {
		t.Errorf("and %d more", told-10)
	}
	if len(want) == 0 {
		t.Error("nothing was said at all")
	}
}

// upstream serves feeds that grow while they are asked for, and remembers every item that it served.
type upstream struct {
	*httptest.Server
	mu     sync.Mutex
	r      *rand.Rand
	items  [][]string // of each feed, oldest first
	grow   bool
	served map[string]bool
	same   int // answers that nothing has changed
}

const (
	feeds      = 8
	feedWindow = 60 // items shown at once, more than the program can miss between two kills
)

func newUpstream(t *testing.T, r *rand.Rand) *upstream {
	u := &upstream{r: r, items: make([][]string, feeds), grow: true, served: map[string]bool{}}
	u.Server = httptest.NewServer(http.HandlerFunc(u.serve))
	t.Cleanup(u.Close)
	return u
}

func (u *upstream) serve(w http.ResponseWriter, r *http.Request) {
	var n int
	if _, err := fmt.Sscanf(r.URL.Path, "/feed/%d", &n); err != nil || n < 0 || n >= feeds {
		http.NotFound(w, r)
		return
	}
	u.mu.Lock()
	if u.grow || len(u.items[n]) == 0 {
		for range u.r.IntN(4) {
			u.items[n] = append(u.items[n], fmt.Sprintf("tag:velo.example,2026:%d-%d", n, len(u.items[n])))
		}
	}
	list := u.items[n]
	list = list[max(0, len(list)-feedWindow):]
	tag := fmt.Sprintf(`"%d"`, len(u.items[n]))
	wait := time.Duration(u.r.IntN(30)) * time.Millisecond
	u.mu.Unlock()
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		u.mu.Lock()
		u.same++
		u.mu.Unlock()
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Header().Set("Content-Type", "application/atom+xml")
	fmt.Fprintf(w, `<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>Feed %d</title><id>tag:velo.example,2026:%d</id><updated>2026-03-01T10:00:00Z</updated>`, n, n)
	_ = http.NewResponseController(w).Flush()
	select {
	case <-time.After(wait):
	case <-r.Context().Done():
		return
	}
	for _, id := range list {
		fmt.Fprintf(w, `<entry><id>%s</id><title>Entry %s</title><updated>2026-03-01T10:00:00Z</updated><link href="https://velo.example/%s"/><author><name>Ada</name></author><content>A bike</content></entry>`, id, id, id[len("tag:velo.example,2026:"):])
	}
	if _, err := io.WriteString(w, `</feed>`); err != nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	for _, id := range list {
		u.served[id] = true
	}
}

var allowPrivate = []string{"ENTENTE_ALLOW_PRIVATE=true", "ENTENTE_LOG_LEVEL=error"}

// again starts the program on a place and waits for it.
func again(t *testing.T, p place, more ...string) *server {
	t.Helper()
	address, err := freeAddress()
	if err != nil {
		t.Fatal(err)
	}
	s, err := p.launch(program(t), address, slices.Concat(allowPrivate, more))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.kill() })
	if err := s.ready(); err != nil {
		t.Fatal(err)
	}
	return s
}

const (
	killOwner    = "ada@velo.example"
	killPassword = "a long enough sentence"
)

// settled starts the program on a new place and sets it up.
func settled(t *testing.T, p place, more ...string) (*server, *client) {
	t.Helper()
	s := again(t, p, more...)
	c := newClient(t, s.URL)
	c.lang("en")
	if a := c.post("/set-up", "organisation", "Vélo", "lang", "en", "zone", "Europe/Paris", "url", s.URL, "owner_name", "Ada", "owner_email", killOwner,
		"password", killPassword); a.status != http.StatusSeeOther {
		t.Fatalf("set up: %d\n%s", a.status, a.body)
	}
	return s, c
}

// moved lets a client go on with its session on another address.
func (c *client) moved(t *testing.T, to string) *client {
	t.Helper()
	next := newClient(t, to)
	for _, base := range []struct{ from, to string }{{c.base, to}} {
		from, err := http.NewRequest(http.MethodGet, base.from, nil)
		if err != nil {
			t.Fatal(err)
		}
		into, err := http.NewRequest(http.MethodGet, base.to, nil)
		if err != nil {
			t.Fatal(err)
		}
		next.http.Jar.SetCookies(into.URL, c.http.Jar.Cookies(from.URL))
	}
	return next
}

// killPolls kills the program while it polls feeds that grow.
func killPolls(t *testing.T, p place, r *rand.Rand, kills int) {
	up := newUpstream(t, rand.New(rand.NewPCG(r.Uint64(), 2)))
	s, c := settled(t, p)
	for n := range feeds {
		if a := c.post("/channels", "kind", "feed", "name", fmt.Sprintf("Feed %d", n), "inbox", "mentions", "enabled", "true", "set-url",
			fmt.Sprintf("%s/feed/%d", up.URL, n)); a.status != http.StatusSeeOther {
			t.Fatalf("add a feed: %d\n%s", a.status, a.body)
		}
	}
	channels := p.rows(t, "SELECT id FROM channel WHERE kind = 'feed'")
	if len(channels) != feeds {
		t.Fatalf("%d feeds were added", len(channels))
	}
	// pass lets time pass: leases of the dead run out, feeds are due.
	pass := func() { p.sql(t, "UPDATE channel_state SET due_at = 0, lease_until = NULL, lease_by = ''") }
	for range kills {
		poked := make(chan bool)
		stop := make(chan bool)
		go func() {
			defer close(poked)
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				case <-time.After(15 * time.Millisecond):
				}
				if _, err := c.tryPost("/channels/"+channels[i%len(channels)]+"/poll", nil); err != nil {
					return
				}
			}
		}()
		<-time.After(between(r, 5*time.Millisecond, 350*time.Millisecond))
		s.kill()
		close(stop)
		<-poked
		pass()
		s = again(t, p)
		c = c.moved(t, s.URL)
	}
	// Quiet now: nothing grows, every feed is asked once more.
	up.mu.Lock()
	up.grow = false
	up.mu.Unlock()
	s.stop()
	pass()
	s = again(t, p)
	waitFor(t, "feeds to be asked and digested", func() bool {
		return p.count(t, "SELECT COUNT(*) FROM channel_state WHERE due_at = 0 OR lease_until IS NOT NULL") == 0 && p.count(t, undigested) == 0
	})
	s.stop()
	for _, row := range p.rows(t, "SELECT channel, failures, fault, error FROM channel_state WHERE failures > 0 OR fault <> ''") {
		t.Errorf("a feed failed: %s", row)
	}
	var want []string
	up.mu.Lock()
	for id := range up.served {
		want = append(want, id)
	}
	same := up.same
	up.mu.Unlock()
	equalOnce(t, want, p.rows(t, "SELECT external_id FROM post"))
	if n := p.count(t, "SELECT COUNT(*) FROM activity WHERE kind = 'post.said'"); n != len(want) {
		t.Errorf("%d posts were stated, want %d", n, len(want))
	}
	sameAfterRebuild(t, p)
	t.Logf("%d kills, %d items served, %d answers that nothing had changed", kills, len(want), same)
}

const undigested = "SELECT COUNT(*) FROM activity a WHERE NOT EXISTS (SELECT 1 FROM derivation d WHERE d.tx > a.tx OR d.tx = a.tx AND d.seq >= a.seq)"

// waitFor looks again and again until something is so.
func waitFor(t *testing.T, what string, so func() bool, otherwise ...func() string) {
	t.Helper()
	end := time.Now().Add(patience)
	for !so() {
		if time.Now().After(end) {
			why := ""
			for _, f := range otherwise {
				why += "\n" + f()
			}
			t.Fatalf("waited in vain for %s%s", what, why)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// post office takes mail, slowly, and remembers what it said yes to.
type postOffice struct {
	address string
	mu      sync.Mutex
	r       *rand.Rand
	taken   map[string]int    // by Message-ID
	words   map[string]string // what each said
}

type letter struct{ o *postOffice }

var messageID = regexp.MustCompile(`(?mi)^Message-ID:\s*<([^>]+)>`)

func (letter) AuthMechanisms() []string { return []string{sasl.Plain} }
func (letter) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(string, string, string) error { return nil }), nil
}
func (letter) Mail(string, *smtp.MailOptions) error { return nil }
func (letter) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (letter) Reset()                               {}
func (letter) Logout() error                        { return nil }

// Data takes a message: a pause before and after it is taken, so that kills fall into both.
func (l letter) Data(body io.Reader) error {
	pause := func() {
		l.o.mu.Lock()
		wait := time.Duration(l.o.r.IntN(25)) * time.Millisecond
		l.o.mu.Unlock()
		<-time.After(wait)
	}
	raw, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	pause()
	id := messageID.FindSubmatch(raw)
	if id == nil {
		return &smtp.SMTPError{Code: 550, Message: "no Message-ID"}
	}
	l.o.mu.Lock()
	l.o.taken[string(id[1])]++
	l.o.words[string(id[1])] = string(raw)
	l.o.mu.Unlock()
	pause()
	return nil
}

func newPostOffice(t *testing.T, r *rand.Rand) *postOffice {
	t.Helper()
	o := &postOffice{r: r, taken: map[string]int{}, words: map[string]string{}}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return letter{o}, nil }))
	srv.AllowInsecureAuth, srv.Domain = true, "mx.velo.example"
	srv.ErrorLog = quiet{}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o.address = l.Addr().String()
	go func() { _ = srv.Serve(l) }() // ends with Close
	t.Cleanup(func() { srv.Close() })
	return o
}

// quiet drops what the mail server says of connections that were cut.
type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

// killReplies kills the program while members reply by mail.
func killReplies(t *testing.T, p place, r *rand.Rand, kills int) {
	const mails = 40
	office := newPostOffice(t, rand.New(rand.NewPCG(r.Uint64(), 3)))
	s, c := settled(t, p)
	if a := c.post("/channels", "kind", "mail", "name", "Support", "inbox", "all", "enabled", "true", "set-address", "shop@velo.example", "set-name", "Vélo",
		"set-imap_host", "127.0.0.1:1", "set-imap_security", "none", "set-imap_user", "shop", "set-imap_password", "secret",
		"set-smtp_host", office.address, "set-smtp_security", "none"); a.status != http.StatusSeeOther {
		t.Fatalf("add the mailbox: %d\n%s", a.status, a.body)
	}
	var box bytes.Buffer
	for n := range mails {
		fmt.Fprintf(&box, "From ada@example.org Mon Mar  2 10:00:00 2026\nFrom: Writer %d <w%d@example.org>\nTo: shop@velo.example\nSubject: Question %d\n"+
			"Date: Mon, 2 Mar 2026 10:00:%02d +0100\nMessage-ID: <q%d@example.org>\n\nWhere is my bike number %d?\n\n", n, n, n, n%60, n, n)
	}
	p.must(t, "import", "mbox", write(t, "box.mbox", box.Bytes()), "--channel", "Support", "--inbox", "--direct", "--own", "shop@velo.example")
	waitFor(t, "conversations", func() bool { return p.count(t, "SELECT COUNT(*) FROM conversation") == mails })
	conversations := p.rows(t, "SELECT id FROM conversation ORDER BY id")

	acknowledged := map[string]bool{} // by text
	next := 0
	for cycle := range kills {
		stop, done, one := make(chan bool), make(chan bool), make(chan bool)
		go func() {
			defer close(done)
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				text := fmt.Sprintf("Reply number %d.", next)
				a, err := c.tryPost("/inbox/"+conversations[next%mails]+"/reply", form("text", text, "private", "yes", "token", fmt.Sprintf("t%d", next)))
				if err != nil {
					return // killed under way: the same form is sent again after the restart
				}
				if a.status != http.StatusSeeOther {
					t.Errorf("reply %d: %d\n%.500s", next, a.status, a.body)
					return
				}
				acknowledged[text] = true
				next++
				if n == 0 {
					close(one)
				}
				p.sql(t, "UPDATE outgoing SET due_at = 1 WHERE state = 'queued' AND attempts = 0") // the time to take it back has passed
				<-time.After(5 * time.Millisecond)
			}
		}()
		if cycle%2 == 1 { // at any time, and every other time after a reply at least, however slow the machine
			select {
			case <-one:
			case <-done:
			}
		}
		<-time.After(between(r, 20*time.Millisecond, 400*time.Millisecond))
		s.kill()
		close(stop)
		<-done
		p.sql(t, "UPDATE outgoing SET due_at = 1 WHERE state = 'queued'")
		if cycle%2 == 0 {
			p.sql(t, "UPDATE outgoing SET lease_until = 1 WHERE lease_until IS NOT NULL") // five minutes have passed
		}
		s = again(t, p)
		c = c.moved(t, s.URL)
	}
	s.stop()
	p.sql(t, "UPDATE outgoing SET lease_until = 1 WHERE lease_until IS NOT NULL")
	p.sql(t, "UPDATE outgoing SET due_at = 1 WHERE state = 'queued'")
	s = again(t, p)
	c = c.moved(t, s.URL)
	waitFor(t, "everything to be sent", func() bool {
		return p.count(t, "SELECT COUNT(*) FROM outgoing WHERE state IN ('queued', 'sending')") == 0 && p.count(t, undigested) == 0
	}, func() string {
		return fmt.Sprintf("%s\n%s undigested\n%s", strings.Join(p.rows(t, "SELECT id, state, attempts, due_at, lease_until, error FROM outgoing WHERE state <> 'sent'"), "\n"),
			p.rows(t, undigested), s.out)
	})
	flagged := c.page("/channels/outgoing")
	s.stop()

	office.mu.Lock()
	defer office.mu.Unlock()
	for id, n := range office.taken {
		if n > 1 {
			t.Errorf("%s was sent %d times", id, n)
		}
	}
	states, texts := map[string]int{}, map[string]int{}
	known := map[string]bool{}
	for _, row := range p.rows(t, "SELECT id, state, external_id, content FROM outgoing") {
		parts := strings.SplitN(row, "|", 4)
		id, state, content := parts[0], parts[1], parts[3]
		mail := id + "@velo.example"
		known[mail] = true
		states[state]++
		text := regexp.MustCompile(`Reply number \d+\.`).FindString(content)
		texts[text]++
		taken := office.taken[mail] == 1
		switch state {
		case "sent":
			if !taken {
				t.Errorf("%s is said to be sent, but never was", text)
			}
			if parts[2] != mail {
				t.Errorf("%s was sent as %q, want %q", text, parts[2], mail)
			}
		case "uncertain":
			if !strings.Contains(flagged, text) && len(flagged) < 100 {
				t.Errorf("%s is not flagged for a person", text)
			}
		default:
			t.Errorf("%s is %s", text, state)
		}
	}
	for text, n := range texts {
		if n != 1 {
			t.Errorf("%s was queued %d times", text, n)
		}
	}
	for text := range acknowledged {
		if texts[text] == 0 {
			t.Errorf("%s was acknowledged and is not there", text)
		}
	}
	for id := range office.taken {
		if !known[id] {
			t.Errorf("%s was sent, and nobody knows of it", id)
		}
	}
	if states["uncertain"] > 0 && !strings.Contains(flagged, "/channels/outgoing/") {
		t.Errorf("%d replies of which nobody knows are not shown to anybody", states["uncertain"])
	}
	if posts := p.count(t, "SELECT COUNT(*) FROM post WHERE ours = 1"); posts != states["sent"] {
		t.Errorf("%d of our posts are in the threads, %d were sent", posts, states["sent"])
	}
	if len(acknowledged) < kills/4 || states["sent"] == 0 {
		t.Errorf("only %d replies were acknowledged and %d sent: nothing was tested", len(acknowledged), states["sent"])
	}
	sameAfterRebuild(t, p)
	t.Logf("%d kills, %d replies acknowledged: %v; the mail server took %d", kills, len(acknowledged), states, len(office.taken))
}
