package webtest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/entente/entente/internal/web/webtest"
)

// heard is a test that notes its failures instead of failing.
type heard struct {
	testing.TB
	said []string
}

func (h *heard) Helper() {}

func (h *heard) Error(args ...any) { h.said = append(h.said, fmt.Sprint(args...)) }

func (h *heard) Errorf(format string, args ...any) {
	h.said = append(h.said, fmt.Sprintf(format, args...))
}

func (h *heard) Cleanup(f func()) { h.TB.Cleanup(f) }

// TestLook: a page as it should be passes, and each thing that is wrong with a page fails it.
func TestLook(t *testing.T) {
	const page = `<!doctype html><html lang="%s"><head><title>A page</title><meta name="viewport" content="width=device-width">%s</head><body><main>%s</main></body></html>`
	pages := map[string]string{
		"/good":      fmt.Sprintf(page, "en", "", "<h1>A page</h1><p>Text.</p>"),
		"/wide":      fmt.Sprintf(page, "en", "", `<h1>A page</h1><p><svg width="3000" height="10" aria-hidden="true"></svg></p>`),
		"/heads":     fmt.Sprintf(page, "en", "", "<h1>One</h1><h1>Two</h1>"),
		"/axe":       fmt.Sprintf(page, "en", "", `<h1>A page</h1><img src="/good">`),
		"/inline":    fmt.Sprintf(page, "en", "", `<h1>A page</h1><p style="color: black">Text.</p>`),
		"/policy":    fmt.Sprintf(page, "en", "", `<h1>A page</h1><script>1</script>`),
		"/exception": fmt.Sprintf(page, "en", "", `<h1>A page</h1><script nonce="x">throw new Error("broken here")</script>`),
		"/console":   fmt.Sprintf(page, "en", "", `<h1>A page</h1><script nonce="x">console.error("wrong", "here")</script>`),
		"/french":    fmt.Sprintf(page, "fr", "", "<h1>Une page</h1>"),
		"/dark":      fmt.Sprintf(page, "en", `<meta name="color-scheme" content="dark"><link rel="stylesheet" href="/dark.css">`, "<h1>A page</h1>"),
	}
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/dark.css" {
			w.Header().Set("Content-Type", "text/css")
			_, _ = w.Write([]byte("body { color-scheme: dark; color: white; background: black }"))
			return
		}
		w.Header().Set("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; script-src 'nonce-x'")
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(pages[r.URL.Path]))
	}))
	t.Cleanup(site.Close)
	w := webtest.Start(t).Window(t, site.URL)
	for _, c := range []struct{ path, wrong string }{
		{"/good", ""}, {"/wide", "wider than the screen: <svg"}, {"/heads", "2 first headings"}, {"/axe", "image-alt"}, {"/inline", "inline style"},
		{"/policy", "policy of the page forbids script-src"}, {"/exception", "broken here"}, {"/console", "wrong here"},
		{"/french", `the page is in "fr"`}, {"/dark", "dark is true"},
		{"/good", ""}, // nothing is left of those before
	} {
		h := &heard{TB: t}
		in := w.In(h)
		in.As("light", "en")
		in.Open(c.path)
		in.Look(strings.TrimPrefix(c.path, "/"))
		said := strings.Join(h.said, "\n")
		if c.wrong == "" && said != "" || !strings.Contains(said, c.wrong) {
			t.Errorf("%s: %q is said, want %q", c.path, said, c.wrong)
		}
	}
}
