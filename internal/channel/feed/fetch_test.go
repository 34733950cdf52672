package feed

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/outside"
	"github.com/entente/entente/internal/problem"
)

var noon = time.Date(2026, 6, 3, 12, 0, 0, 0, time.UTC) // a Wednesday

func gate() *http.Client {
	return outside.New(outside.Options{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, MaxBody: MaxBody, Timeout: 20 * time.Second}).Client()
}

func serve(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return srv
}

func open(t *testing.T, settings channel.Settings) channel.Fetcher {
	t.Helper()
	s, err := New().Open(settings, channel.World{HTTP: gate(), Clock: func() time.Time { return noon }})
	if err != nil {
		t.Fatal(err)
	}
	return s.(channel.Fetcher)
}

func fetch(t *testing.T, f channel.Fetcher, cursor json.RawMessage) channel.Page {
	t.Helper()
	page, err := f.Fetch(context.Background(), cursor)
	if err != nil {
		t.Fatal(err)
	}
	return page
}

func ids(p channel.Page) []string {
	var out []string
	for _, it := range p.Items {
		id := it.ExternalID
		if it.Edited {
			id += " edited"
		}
		out = append(out, id)
	}
	return out
}

func rssOf(items ...string) string {
	return `<rss version="2.0"><channel><title>Velo</title><link>https://velo.example/</link>` + strings.Join(items, "") + `</channel></rss>`
}

func rssItem(id, title, text string) string {
	return `<item><guid isPermaLink="false">` + id + `</guid><title>` + title + `</title><description>` + text + `</description></item>`
}

// place is a server whose answer the test sets.
type place struct {
	mu     sync.Mutex
	status int
	header map[string]string
	body   string
	seen   []*http.Request
}

func (p *place) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = append(p.seen, r)
	for k, v := range p.header {
		w.Header().Set(k, v)
	}
	if e := p.header["ETag"]; e != "" && r.Header.Get("If-None-Match") == e {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if p.status != 0 {
		w.WriteHeader(p.status)
	}
	_, _ = io.WriteString(w, p.body)
}

func (p *place) set(status int, body string, header map[string]string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.body, p.header = status, body, header
}

func TestOnlyWhatIsNewOrEdited(t *testing.T) {
	t.Parallel()
	p := &place{}
	srv := serve(t, p.ServeHTTP)
	f := open(t, channel.Settings{"url": srv.URL})

	p.set(0, rssOf(rssItem("1", "One", "first"), rssItem("2", "Two", "second")), map[string]string{"ETag": `"a"`, "Last-Modified": "Wed, 03 Jun 2026 08:00:00 GMT"})
	page := fetch(t, f, nil)
	if diff := cmp.Diff([]string{"1", "2"}, ids(page)); diff != "" {
		t.Fatal(diff)
	}
	if page.Title != "Velo" {
		t.Errorf("title %q", page.Title)
	}

	again := fetch(t, f, page.Cursor)
	if !again.Unchanged || len(again.Items) != 0 || again.Title != "Velo" || string(again.Cursor) != string(page.Cursor) {
		t.Errorf("304: got %+v", again)
	}
	last := p.seen[len(p.seen)-1]
	if last.Header.Get("If-None-Match") != `"a"` || last.Header.Get("If-Modified-Since") != "Wed, 03 Jun 2026 08:00:00 GMT" {
		t.Errorf("conditions: %v", last.Header)
	}

	p.set(0, rssOf(rssItem("3", "Three", "third"), rssItem("1", "One", "first, mended"), rssItem("2", "Two", "second")), map[string]string{"ETag": `"b"`})
	third := fetch(t, f, page.Cursor)
	if diff := cmp.Diff([]string{"3", "1 edited"}, ids(third)); diff != "" {
		t.Error(diff)
	}
	if repeat := fetch(t, f, page.Cursor); cmp.Diff(ids(third), ids(repeat)) != "" {
		t.Error("the same cursor gave something else")
	}

	p.set(0, rssOf(rssItem("3", "Three", "third")), nil) // without validators; 1 and 2 have left the feed
	fourth := fetch(t, f, third.Cursor)
	if len(fourth.Items) != 0 || fourth.Unchanged {
		t.Errorf("got %v", ids(fourth))
	}
	if fifth := fetch(t, f, fourth.Cursor); !fifth.Unchanged {
		t.Error("the same document is not unchanged")
	}
	p.set(0, rssOf(rssItem("1", "One", "first, mended")), nil) // back again
	if sixth := fetch(t, f, fourth.Cursor); len(sixth.Items) != 0 {
		t.Errorf("what returned is new: %v", ids(sixth))
	}
}

func TestRememberedIsBounded(t *testing.T) {
	t.Parallel()
	p := &place{}
	srv := serve(t, p.ServeHTTP)
	f := open(t, channel.Settings{"url": srv.URL})
	var cursor json.RawMessage
	for i := range 300 {
		p.set(0, rssOf(rssItem(fmt.Sprint(i), "t", "x")), nil)
		page := fetch(t, f, cursor)
		if len(page.Items) != 1 {
			t.Fatalf("%d: %v", i, ids(page))
		}
		cursor = page.Cursor
	}
	if len(cursor) > 4000 {
		t.Errorf("the cursor has %d bytes", len(cursor))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		retry  string
		kind   channel.FaultKind
		after  time.Duration
		key    string
	}{
		{410, "", channel.Gone, 0, "feed.gone"},
		{401, "", channel.Unauthorised, 0, "feed.unauthorised"},
		{403, "", channel.Unauthorised, 0, "feed.unauthorised"},
		{404, "", channel.Temporary, 0, "feed.not_found"},
		{429, "120", channel.Throttled, 2 * time.Minute, "feed.throttled"},
		{429, "", channel.Throttled, 0, "feed.throttled"},
		{503, noon.Add(time.Hour).Format(http.TimeFormat), channel.Throttled, time.Hour, "feed.throttled"},
		{503, noon.Add(-time.Hour).Format(http.TimeFormat), channel.Throttled, 0, "feed.throttled"},
		{503, "99999999999999", channel.Throttled, 24 * time.Hour, "feed.throttled"},
		{503, "-5", channel.Throttled, 0, "feed.throttled"},
		{503, "soon", channel.Throttled, 0, "feed.throttled"},
		{500, "", channel.Temporary, 0, "feed.status"},
		{502, "60", channel.Temporary, time.Minute, "feed.status"},
		{400, "", channel.Refused, 0, "feed.status"},
		{451, "", channel.Refused, 0, "feed.status"},
	} {
		p := &place{status: c.status, body: "no"}
		if c.retry != "" {
			p.header = map[string]string{"Retry-After": c.retry}
		}
		_, err := open(t, channel.Settings{"url": serve(t, p.ServeHTTP).URL}).Fetch(context.Background(), nil)
		var fault *channel.Fault
		if !errors.As(err, &fault) || fault.Kind != c.kind || fault.After != c.after || problem.Of(err).Key != c.key {
			t.Errorf("%d %q: got %v", c.status, c.retry, err)
		}
	}
}

func TestRefusedDocuments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, key string }{
		{"empty", "", "feed.empty"},
		{"blank", " \n\t ", "feed.empty"},
		{"text", "hello", "feed.not_a_feed"},
		{"image", "\x89PNG\r\n\x1a\n\x00\x00", "feed.not_a_feed"},
		{"other XML", "<svg/>", "feed.not_a_feed"},
		{"other JSON", `{"hello":"world"}`, "feed.not_a_feed"},
		{"broken JSON", `{`, "feed.not_a_feed"},
		{"list of feeds", `<opml version="2.0"><body/></opml>`, "feed.opml"},
		{"page", "<!doctype html><title>x</title>", "feed.page_without_feed"},
		{"page that links to itself", `<html><link rel=alternate type=application/rss+xml href="">`, "feed.page_without_feed"},
	} {
		p := &place{body: c.body, header: map[string]string{"Content-Type": "application/rss+xml"}}
		_, err := open(t, channel.Settings{"url": serve(t, p.ServeHTTP).URL}).Fetch(context.Background(), nil)
		var fault *channel.Fault
		if !errors.As(err, &fault) || fault.Kind != channel.Refused || problem.Of(err).Key != c.key {
			t.Errorf("%s: got %v, want %s", c.name, err, c.key)
		}
	}
}

func TestMoves(t *testing.T) {
	t.Parallel()
	hops := map[string]struct {
		status int
		to     string
	}{
		"/permanent":   {301, "/permanent2"},
		"/permanent2":  {308, "/feed"},
		"/temporary":   {302, "/feed"},
		"/temporary2":  {307, "/feed"},
		"/mixed":       {301, "/temporary"},
		"/mixed-other": {302, "/permanent2"},
	}
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if hop, ok := hops[r.URL.Path]; ok {
			http.Redirect(w, r, hop.to, hop.status)
			return
		}
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, rssOf(rssItem("1", "a", "b")))
	})
	for path, want := range map[string]string{
		"/feed": "", "/permanent": "/feed", "/permanent2": "/feed", "/temporary": "", "/temporary2": "", "/mixed": "/temporary", "/mixed-other": "",
	} {
		f := open(t, channel.Settings{"url": srv.URL + path})
		page := fetch(t, f, nil)
		if want != "" {
			want = srv.URL + want
		}
		if page.Moved != want {
			t.Errorf("%s: moved to %q, want %q", path, page.Moved, want)
		}
		if want == "" {
			continue
		}
		// The channel's address is set to the new one: nothing is told twice and the validators still count.
		after := fetch(t, open(t, channel.Settings{"url": page.Moved}), page.Cursor)
		if !after.Unchanged {
			t.Errorf("%s: told again after the move: %v", path, ids(after))
		}
	}
	// Another address altogether: its own validators, but what is known stays known.
	page := fetch(t, open(t, channel.Settings{"url": srv.URL + "/feed"}), nil)
	other := fetch(t, open(t, channel.Settings{"url": srv.URL + "/other"}), page.Cursor)
	if other.Unchanged || len(other.Items) != 0 {
		t.Errorf("got %+v", other)
	}
}

func TestDiscovery(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ head, want string }{
		"rss":             {`<link rel="alternate" type="application/rss+xml" href="/feed">`, "/feed"},
		"relative":        {`<LINK REL='stylesheet alternate' TYPE='Application/Atom+XML; charset=utf-8' HREF='feed'>`, "/blog/feed"},
		"base":            {`<base href="/elsewhere/"><link rel=alternate type="application/feed+json" href=feed>`, "/elsewhere/feed"},
		"comments last":   {`<link rel=alternate type="application/rss+xml" title="Comments" href=/c><link rel=alternate type="application/rss+xml" href=/feed>`, "/feed"},
		"only comments":   {`<link rel=alternate type="application/rss+xml" href=/comments/feed/>`, "/comments/feed/"},
		"interface last":  {`<link rel=alternate type="application/json" href=/wp-json/1><link rel=alternate type="application/rss+xml" href=/feed>`, "/feed"},
		"other languages": {`<link rel=alternate hreflang=fr href=/fr><link rel=alternate type="application/rss+xml" href=/feed>`, "/feed"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
				switch r.URL.Path {
				case "/blog/":
					_, _ = io.WriteString(w, "<!DOCTYPE html><html><head>"+c.head+"</head><body>hello</body></html>")
				case c.want:
					_, _ = io.WriteString(w, rssOf(rssItem("1", "a", "b")))
				default:
					http.NotFound(w, r)
				}
			})
			page := fetch(t, open(t, channel.Settings{"url": srv.URL + "/blog/"}), nil)
			if len(page.Items) != 1 || page.Moved != srv.URL+c.want {
				t.Errorf("got %+v", page)
			}
			if next := fetch(t, open(t, channel.Settings{"url": page.Moved}), page.Cursor); !next.Unchanged {
				t.Errorf("told again: %v", ids(next))
			}
		})
	}
}

func TestDiscoveryIsFollowedOnce(t *testing.T) {
	t.Parallel()
	requests := 0
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests++
		_, _ = io.WriteString(w, `<html><link rel=alternate type=application/rss+xml href="`+r.URL.Path+`x">`)
	})
	_, err := open(t, channel.Settings{"url": srv.URL + "/"}).Fetch(context.Background(), nil)
	if requests != 2 || problem.Of(err).Key != "feed.page" {
		t.Errorf("%d requests, %v", requests, err)
	}
}

func TestDiscoveryCannotReachInside(t *testing.T) {
	t.Parallel()
	p := &place{body: `<html><link rel=alternate type=application/rss+xml href="http://127.0.0.2/feed">`}
	_, err := open(t, channel.Settings{"url": serve(t, p.ServeHTTP).URL}).Fetch(context.Background(), nil)
	var fault *channel.Fault
	if !errors.As(err, &fault) || fault.Kind != channel.Refused || problem.Of(err).Key != "outside.private" {
		t.Errorf("got %v", err)
	}
}

func TestPasswords(t *testing.T) {
	t.Parallel()
	elsewhere := &place{body: rssOf(rssItem("1", "a", "b"))}
	other := serve(t, elsewhere.ServeHTTP)
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "eve" || password != "pä:ss" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		_, _ = io.WriteString(w, `<html><link rel=alternate type=application/rss+xml href="`+other.URL+`/feed">`)
	})
	fetch(t, open(t, channel.Settings{"url": srv.URL, "user": "eve", "password": "pä:ss"}), nil)
	if len(elsewhere.seen) != 1 || elsewhere.seen[0].Header.Get("Authorization") != "" {
		t.Error("the password went to another place")
	}
	for _, bad := range []channel.Settings{
		{"url": ""}, {"url": "ftp://x"}, {"url": "http://"}, {"url": "javascript:alert(1)"}, {"url": "http://a b/"}, {"url": strings.Repeat("x", 5000)},
		{"url": "x.example", "password": "p"}, {"url": "x.example", "user": "a:b"}, {"url": "http://[::1"}, {"url": "https://eve:secret@x.example/"}, {"url": "http://x/\x00"},
	} {
		if _, err := New().Open(bad, channel.World{HTTP: gate()}); err == nil || problem.Of(err).Field == "" {
			t.Errorf("%v: got %v", bad, err)
		}
	}
}

func TestAddress(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		" velo.example/feed ":       "https://velo.example/feed",
		"feed://velo.example/x":     "https://velo.example/x",
		"feed:http://velo.example/": "http://velo.example/",
		"HTTP://velo.example":       "http://velo.example",
		"https://v.example/#top":    "https://v.example/",
	} {
		if got, err := Address(typed); err != nil || got != want {
			t.Errorf("%q: got %q, %v", typed, got, err)
		}
	}
}

func TestWhenToAskAgain(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		channel string
		header  map[string]string
		want    time.Duration // from noon; 0 when it does not say
	}{
		"nothing said":   {"", nil, 0},
		"ttl":            {"<ttl>60</ttl>", nil, time.Hour},
		"ttl too small":  {"<ttl>1</ttl>", nil, 5 * time.Minute},
		"ttl too large":  {"<ttl>99999999</ttl>", nil, 24 * time.Hour},
		"ttl nonsense":   {"<ttl>often</ttl>", nil, 0},
		"max-age":        {"", map[string]string{"Cache-Control": "public, max-age=1800"}, 30 * time.Minute},
		"max-age huge":   {"", map[string]string{"Cache-Control": "max-age=31536000"}, 24 * time.Hour},
		"no-cache":       {"", map[string]string{"Cache-Control": "no-cache, max-age=1800"}, 0},
		"max-age=0":      {"", map[string]string{"Cache-Control": "max-age=0", "Expires": noon.Add(time.Hour).Format(http.TimeFormat)}, 0},
		"expires":        {"", map[string]string{"Date": noon.Format(http.TimeFormat), "Expires": noon.Add(time.Hour).Format(http.TimeFormat)}, time.Hour},
		"expires past":   {"", map[string]string{"Expires": "0"}, 0},
		"period":         {`<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>`, nil, 6 * time.Hour},
		"period weekly":  {`<sy:updatePeriod>weekly</sy:updatePeriod>`, nil, 24 * time.Hour},
		"the longest":    {"<ttl>60</ttl>", map[string]string{"Cache-Control": "max-age=7200"}, 2 * time.Hour},
		"skipped hours":  {"<ttl>60</ttl><skipHours><hour>13</hour><hour>14</hour></skipHours>", nil, 3 * time.Hour},
		"all skipped":    {"<ttl>60</ttl><skipHours>" + hours(24) + "</skipHours>", nil, time.Hour},
		"skipped days":   {"<ttl>60</ttl><skipDays><day>Wednesday</day></skipDays>", nil, 12 * time.Hour},
		"skips only":     {"<skipHours><hour>12</hour></skipHours>", nil, time.Hour},
		"skips nonsense": {"<skipHours><hour>25</hour><hour>x</hour></skipHours>", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &place{}
			srv := serve(t, p.ServeHTTP)
			header := map[string]string{"ETag": `"1"`}
			for k, v := range c.header {
				header[k] = v
			}
			p.set(0, rssOf(c.channel, rssItem("1", "a", "b")), header)
			f := open(t, channel.Settings{"url": srv.URL})
			want := time.Time{}
			if c.want > 0 {
				want = noon.Add(c.want)
			}
			page := fetch(t, f, nil)
			if !page.NotBefore.Equal(want) {
				t.Errorf("got %v, want %v", page.NotBefore, want)
			}
			if again := fetch(t, f, page.Cursor); !again.Unchanged || !again.NotBefore.Equal(want) {
				t.Errorf("after 304: got %v, want %v", again.NotBefore, want)
			}
		})
	}
}

func hours(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "<hour>%d</hour>", i)
	}
	return b.String()
}

func TestHostileServers(t *testing.T) {
	t.Parallel()
	chunk := []byte(strings.Repeat("<item><title>x</title></item>", 2000))
	for name, c := range map[string]struct {
		h    http.HandlerFunc
		kind channel.FaultKind
		key  string
	}{
		"a gzip bomb of 1 GB": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			z, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
			_, _ = io.WriteString(z, "<rss><channel>")
			for n := 0; n < 1<<30; n += len(chunk) {
				if _, err := z.Write(chunk); err != nil {
					return
				}
			}
		}, channel.Refused, "outside.too_large"},
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, "<rss><channel>")
			for r.Context().Err() == nil {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		}, channel.Refused, "outside.too_large"},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100000")
			_, _ = w.Write(chunk[:100])
		}, channel.Temporary, "outside.unreachable"},
		"hangs up": {func(w http.ResponseWriter, _ *http.Request) {
			if c, _, err := w.(http.Hijacker).Hijack(); err == nil {
				_ = c.Close()
			}
		}, channel.Temporary, "outside.unreachable"},
		"circles": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/", http.StatusMovedPermanently)
		}, channel.Temporary, "outside.redirects"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := open(t, channel.Settings{"url": serve(t, c.h).URL}).Fetch(context.Background(), nil)
			var fault *channel.Fault
			if !errors.As(err, &fault) || fault.Kind != c.kind || problem.Of(err).Key != c.key {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSlowServer(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, "<rss>")
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	client := outside.New(outside.Options{Allowed: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Timeout: 50 * time.Millisecond}).Client()
	s, err := New().Open(channel.Settings{"url": srv.URL}, channel.World{HTTP: client})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Check(context.Background())
	var fault *channel.Fault
	if !errors.As(err, &fault) || fault.Kind != channel.Temporary || problem.Of(err).Key != "outside.slow" {
		t.Errorf("got %v", err)
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	srv := serve(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	_, err := open(t, channel.Settings{"url": srv.URL}).Fetch(ctx, nil)
	var fault *channel.Fault
	if !errors.Is(err, context.Canceled) || errors.As(err, &fault) {
		t.Errorf("got %v", err)
	}
}

func TestCompressed(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
			t.Error("gzip is not asked for")
		}
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Type", "text/plain")
		z := gzip.NewWriter(w)
		_, _ = io.WriteString(z, rssOf(rssItem("1", "a", "b")))
		_ = z.Close()
	})
	if page := fetch(t, open(t, channel.Settings{"url": srv.URL}), nil); len(page.Items) != 1 {
		t.Errorf("got %v", page)
	}
}

func TestBadCursor(t *testing.T) {
	t.Parallel()
	p := &place{body: rssOf(rssItem("1", "a", "b"))}
	f := open(t, channel.Settings{"url": serve(t, p.ServeHTTP).URL})
	for _, raw := range []string{"{", "[]", `"x"`, `{"known":"%%%"}`} {
		if _, err := f.Fetch(context.Background(), json.RawMessage(raw)); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
	for _, raw := range []string{"", "null", "{}", `{"known":"AAAA"}`} {
		if page := fetch(t, f, json.RawMessage(raw)); len(page.Items) != 1 {
			t.Errorf("%s: %v", raw, ids(page))
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	p := &place{body: rssOf(rssItem("1", "a", "b"))}
	s, err := New().Open(channel.Settings{"url": serve(t, p.ServeHTTP).URL}, channel.World{HTTP: gate()})
	if err != nil {
		t.Fatal(err)
	}
	health, err := s.Check(context.Background())
	if err != nil || health.Title != "Velo" {
		t.Errorf("got %+v, %v", health, err)
	}
}
