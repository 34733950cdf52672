package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/app"
)

const goodFeed = `<?xml version="1.0"?><rss version="2.0"><channel><title>T</title><link>https://bikes.example/</link>
<item><guid>1</guid><title>First</title><link>https://bikes.example/1</link><description>One &lt;b&gt;bike&lt;/b&gt;</description></item>
<item><guid>2</guid><title>Second</title><link>https://bikes.example/2</link><description>Two</description></item>
<item><guid>3</guid><title>Third</title><link>https://bikes.example/3</link><description>Three</description></item></channel></rss>`

const goodMail = "From: Ada <ada@velo.example>\r\nTo: shop@velo.example\r\nSubject: A chain\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\nMessage-ID: <m1@velo.example>\r\n\r\nDo you have one?\r\n"

// TestDryRunBeforeSetUp: a file is looked at before anything is set up, and nothing is made.
func TestDryRunBeforeSetUp(t *testing.T) {
	t.Parallel()
	bomb := `<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">`
	for i := range 12 {
		bomb += fmt.Sprintf(`<!ENTITY %c "%s">`, 'b'+i, strings.Repeat(fmt.Sprintf("&%c;", 'a'+i), 10))
	}
	bomb += `]><rss version="2.0"><channel><title>&m;</title><item><title>Bomb &m;</title></item></channel></rss>`
	for _, c := range []struct {
		name, format string
		body         []byte
		code         int
		says         string // expression
	}{
		{"good.xml", "feed", []byte(goodFeed), 0, `\b3\b`},
		{"feed.json", "feed", []byte(`{"version":"https://jsonfeed.org/version/1.1","title":"J","items":[{"id":"1","content_text":"a"},{"id":"2","content_text":"b"}]}`), 0, `\b2\b`},
		{"good.eml", "eml", []byte(goodMail), 0, `\b1\b`},
		{"latin.eml", "eml", append([]byte("From: a@b.example\r\nSubject: =?iso-8859-1?q?v=E9lo?=\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\n"), 'v', 0xe9, 'l', 'o'), 0, `\b1\b`},
		{"empty.xml", "feed", nil, 2, `\pL`},
		{"empty.eml", "eml", nil, 2, `\pL`},
		{"page.html", "feed", []byte("<!doctype html><title>No feed</title><p>Nothing here"), 2, `\pL`},
		{"binary.xml", "feed", bytes.Repeat([]byte{0, 1, 2, 0xff, 0xfe, 'P', 0x80}, 5000), 2, `\pL`},
		{"bomb.xml", "feed", []byte(bomb), 0, `\b1\b`}, // read, and nothing is expanded
		{"cut.xml", "feed", []byte(`<?xml version="1.0"?><rss><channel><ti`), 2, `\pL`},
		{"line.xml", "feed", append([]byte("<rss>"), bytes.Repeat([]byte("x"), 40<<20)...), 2, `\pL`},
		{"packed.gz", "feed", []byte("\x1f\x8b\x08\x00\x00\x00\x00\x00"), 2, `\pL`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, "sqlite")
			got := p.command(t, "import", c.format, "--dry-run", write(t, c.name, c.body))
			if got.code != c.code {
				t.Errorf("exit %d, want %d\n%s", got.code, c.code, got)
			}
			text := got.out
			if c.code == 2 {
				text = got.err
				if strings.TrimSpace(got.err) == "" && strings.TrimSpace(got.out) != "" {
					text = "" // a reason belongs to the errors
				}
			}
			if !regexp.MustCompile(c.says).MatchString(text) {
				t.Errorf("it does not say %s:\n%s", c.says, got)
			}
			if strings.Contains(got.err, "goroutine") || strings.Contains(text, "intake.") {
				t.Errorf("it says what is not for people:\n%s", got)
			}
			if _, err := os.Stat(p.data); err == nil {
				t.Errorf("looking at a file made the data folder")
			}
		})
	}
	t.Run("missing file", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, "sqlite")
		got := p.command(t, "import", "feed", "--dry-run", filepath.Join(t.TempDir(), "no-such-feed.xml"))
		if got.code != 2 || !strings.Contains(got.err, "no-such-feed.xml") {
			t.Errorf("want exit 2 and the name of the file: %s", got)
		}
	})
	t.Run("unknown format", func(t *testing.T) {
		t.Parallel()
		p := newPlace(t, "sqlite")
		got := p.command(t, "import", "papyrus", "--dry-run", write(t, "x", []byte("x")))
		if got.code != 2 || !strings.Contains(got.err, "papyrus") {
			t.Errorf("want exit 2 and the name of the format: %s", got)
		}
	})
}

// TestCommands: what needs no installation, and what the command line refuses.
func TestCommands(t *testing.T) {
	t.Parallel()
	p := newPlace(t, "sqlite")
	if got := p.must(t, "version"); !regexp.MustCompile(`^entente \S+\n$`).MatchString(got.out) {
		t.Errorf("version: %s", got)
	}
	got := p.must(t, "openapi")
	var spec struct {
		OpenAPI string                               `json:"openapi"`
		Paths   map[string]map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(got.out), &spec); err != nil {
		// Paths may hold more than operations; the rest of the document still has to be JSON.
		var loose map[string]any
		if err := json.Unmarshal([]byte(got.out), &loose); err != nil {
			t.Errorf("the specification is no JSON: %v", err)
		}
	}
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("openapi %q, want 3.1", spec.OpenAPI)
	}
	if _, err := os.Stat(p.data); err == nil {
		t.Error("version or openapi made the data folder")
	}
	if got := p.command(t, "--help"); got.code != 0 || !strings.Contains(got.out, "serve") {
		t.Errorf("--help: %s", got)
	}
	if got := p.command(t, "fly"); got.code != 2 {
		t.Errorf("an unknown command: %s", got)
	}
	if got := p.command(t, "doctor"); got.code == 0 || !strings.Contains(got.out, "missing") {
		t.Errorf("doctor of an installation that is not set up: %s", got)
	}
}

// TestSetUp: a fresh installation leads everybody to its set-up, once, and is then used by its owner.
func TestSetUp(t *testing.T) {
	t.Parallel()
	for _, engine := range engines {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t, engine)
			s := p.serve(t)
			c := newClient(t, s.URL)
			c.lang("en")
			if a := c.get("/healthz"); a.status != 200 || a.body != "ok\n" {
				t.Errorf("/healthz: %d %q", a.status, a.body)
			}
			if a := c.get("/readyz"); a.status != 200 || a.body != "ready\n" {
				t.Errorf("/readyz: %d %q", a.status, a.body)
			}
			for _, path := range []string{"/", "/inbox", "/strategy", "/me"} {
				if a := c.get(path); a.status != http.StatusSeeOther || a.to() != "/set-up" {
					t.Errorf("%s of a fresh installation: %d to %q, want /set-up", path, a.status, a.to())
				}
			}
			if body := c.page("/set-up"); !strings.Contains(body, `name="owner_email"`) {
				t.Errorf("/set-up does not ask for the owner:\n%s", body)
			}
			owner := []string{"organisation", "Vélo & Co", "lang", "en", "zone", "Europe/Paris", "url", s.URL, "owner_name", "Ada Lovelace",
				"owner_email", "ada@velo.example", "password", "short"}
			if a := c.post("/set-up", owner...); a.status != http.StatusUnprocessableEntity {
				t.Errorf("a short password: %d, want 422", a.status)
			}
			owner[len(owner)-1] = "a long enough sentence"
			if a := c.post("/set-up", owner...); a.status != http.StatusSeeOther {
				t.Fatalf("set up: %d\n%s", a.status, a.body)
			}
			if a := c.get("/"); a.status != http.StatusSeeOther || a.to() == "/set-up" {
				t.Errorf("/ after set-up: %d to %q", a.status, a.to())
			}
			other := newClient(t, s.URL)
			if a := other.post("/set-up", owner...); a.status < 300 || a.status == http.StatusSeeOther && !strings.HasPrefix(a.to(), "/sign-in") && a.to() != "/" {
				t.Errorf("a second set-up: %d to %q", a.status, a.to())
			}
			if a := other.post("/sign-in", "email", "ada@velo.example", "password", "not the sentence"); a.status == http.StatusSeeOther {
				t.Error("signed in with a wrong password")
			}
			other.signIn("ada@velo.example", "a long enough sentence")
			if body := other.page("/me"); !strings.Contains(body, "Ada Lovelace") {
				t.Errorf("/me does not name the member")
			}
			s.stopped(t)
			if got := p.command(t, "doctor"); !strings.Contains(got.out, "ok      set-up") {
				t.Errorf("doctor: %s", got)
			}
			if got := p.must(t, "admin", "reset-password", "ada@velo.example"); !strings.Contains(got.out, "/reset/") {
				t.Errorf("reset-password: %s", got)
			}
			if got := p.command(t, "admin", "reset-password", "nobody@velo.example"); got.code != 2 {
				t.Errorf("reset-password of nobody: %s", got)
			}
		})
	}
}

// TestStopsWithOpenPages: a page that listens does not hold the program back.
func TestStopsWithOpenPages(t *testing.T) {
	t.Parallel()
	s := demoed(t).serve(t)
	c := as(t, s, "social", "en")
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.URL+"/live?topics=inbox", nil)
	if err != nil {
		t.Fatal(err)
	}
	stream := &http.Client{Jar: c.http.Jar}
	res, err := stream.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if res.StatusCode != 200 || !strings.HasPrefix(res.Header.Get("Content-Type"), "text/event-stream") {
		t.Fatalf("/live: %d %s", res.StatusCode, res.Header.Get("Content-Type"))
	}
	s.stopped(t)
}

// TestArchiveCrossesEngines: what is exported from one engine and read into the other is equal, and what is derived there too.
func TestArchiveCrossesEngines(t *testing.T) {
	t.Parallel()
	for _, from := range engines {
		t.Run("from "+from, func(t *testing.T) {
			t.Parallel()
			var here place
			var s *server
			if from == "sqlite" {
				here = demoed(t)
				s = here.serve(t)
			} else { // the only one on PostgreSQL
				here = newPlace(t, from)
				s = here.serve(t, "--demo")
			}
			there := newPlace(t, map[string]string{"sqlite": "postgres", "postgres": "sqlite"}[from])
			c := as(t, s, "owner", "en")
			if to := c.get("/").to(); to != "/strategy" {
				t.Errorf("the owner of the demo on %s is led to %q", from, to)
			}
			for end := time.Now().Add(patience); here.count(t, "SELECT COUNT(*) FROM outgoing WHERE state IN ('queued', 'sending')") > 0; time.Sleep(100 * time.Millisecond) {
				if time.Now().After(end) { // one that is on its way is read as one that may have arrived
					t.Fatal("answers of the demo do not go out")
				}
			}
			s.stop()
			first, second := filepath.Join(t.TempDir(), "a.zip"), filepath.Join(t.TempDir(), "b.zip")
			here.must(t, "export", first)
			if got := there.must(t, "import", "archive", first); !strings.Contains(got.out, "tables read") {
				t.Errorf("import archive: %s", got)
			}
			there.must(t, "export", second)
			want, got := archived(t, first), archived(t, second)
			for table, rows := range want {
				if diff := cmp.Diff(rows, got[table]); diff != "" {
					t.Errorf("%s differs (-exported +read and exported):\n%.3000s", table, diff)
				}
			}
			if len(want["activity"]) < 1000 || len(want["member"]) < 5 {
				t.Errorf("the archive holds %d activities and %d members", len(want["activity"]), len(want["member"]))
			}
			a, b := here.open(t), there.open(t)
			defer closed(t, a)
			defer closed(t, b)
			for _, each := range []*app.App{a, b} { // what was stated in the moment before the stop is derived at the next start
				if err := each.Ledger.Finish(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			one, two := derived(t, a), derived(t, b)
			for table, rows := range one {
				if len(rows) != len(two[table]) {
					t.Errorf("%s: %d rows on %s, %d after the import", table, len(rows), from, len(two[table]))
				}
			}
			if len(one["post"]) < 500 || len(one["conversation"]) < 100 {
				t.Errorf("%d posts and %d conversations are derived", len(one["post"]), len(one["conversation"]))
			}
			if got := there.command(t, "import", "archive", first); got.code != 2 {
				t.Errorf("a second import into the same installation: %s", got)
			}
			bad := write(t, "bad.zip", []byte("PK\x03\x04 but no archive"))
			if got := newPlace(t, "sqlite").command(t, "import", "archive", bad); got.code != 2 {
				t.Errorf("what is no archive: %s", got)
			}
			if got := newPlace(t, "sqlite").command(t, "import", "archive", bad+".missing"); got.code == 0 {
				t.Errorf("an archive that is not there: %s", got)
			}
		})
	}
}

// TestBackup: a copy made while the program runs is a whole database.
func TestBackup(t *testing.T) {
	t.Parallel()
	p := demoed(t)
	s := p.serve(t)
	copied := filepath.Join(t.TempDir(), "copy", "entente.db")
	if err := os.MkdirAll(filepath.Dir(copied), 0o700); err != nil {
		t.Fatal(err)
	}
	queries := []string{"SELECT COUNT(*) FROM activity", "SELECT COUNT(*) FROM post", "SELECT COUNT(*) FROM conversation", "SELECT COUNT(*) FROM member"}
	before := map[string]int{}
	for _, query := range queries {
		before[query] = p.count(t, query)
	}
	p.must(t, "backup", copied)
	if got := p.command(t, "backup", copied); got.code != 2 {
		t.Errorf("a backup over an existing file: %s", got)
	}
	s.stop()
	key, err := os.ReadFile(filepath.Join(p.data, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(copied), "secret.key"), key, 0o600); err != nil {
		t.Fatal(err)
	}
	restored := place{data: filepath.Dir(copied)}
	for _, query := range queries { // mails go out and rules act meanwhile
		if least, most, got := before[query], p.count(t, query), restored.count(t, query); got < least || got > most || got == 0 {
			t.Errorf("%s: %d to %d, in the copy %d", query, least, most, got)
		}
	}
	r := restored.serve(t)
	as(t, r, "strategist", "en").page("/me")
}

// TestDemoTwice: starting the demo again fills nothing again.
func TestDemoTwice(t *testing.T) {
	t.Parallel()
	p := demoed(t)
	made := func() string { // a running program states facts of its own, but makes none of these; an answer that waits is a post when it has gone out
		return strings.Join(p.rows(t, `SELECT (SELECT COUNT(*) FROM member), (SELECT COUNT(*) FROM channel), (SELECT COUNT(*) FROM activity WHERE kind = 'post.said') + (SELECT COUNT(*) FROM outgoing WHERE state <> 'sent'),
			(SELECT COUNT(*) FROM topic), (SELECT COUNT(*) FROM objective), (SELECT COUNT(*) FROM initiative), (SELECT COUNT(*) FROM community_space)`), "\n")
	}
	before := made()
	s := p.serve(t, "--demo")
	for role, email := range demoMembers {
		if !strings.Contains(s.out.String(), email) {
			t.Errorf("the terminal does not name the %s", role)
		}
		if !strings.Contains(as(t, s, "", "en").page("/sign-in"), email) {
			t.Errorf("the sign-in page does not name the %s", role)
		}
	}
	if !strings.Contains(s.out.String(), demoPassword) {
		t.Error("the terminal does not tell the password")
	}
	s.stopped(t)
	if after := made(); after != before || strings.Contains("|"+before+"|", "|0|") {
		t.Errorf("members, channels, posts, topics, objectives, initiatives, spaces: %s, %s before", after, before)
	}
}
