package measureweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
)

type look struct {
	Wide  int `json:"wide"`
	H1    int `json:"h1"`
	Found []struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	} `json:"found"`
}

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark: axe finds nothing and nothing is wider than the screen.
// ENTENTE_SHOTS names a folder for pictures.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	missing := t.Skip
	if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
		missing = t.Fatal
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		missing("axe-core is not installed")
	}
	if err := assets.Check(); err != nil {
		missing(err)
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		missing("Chromium is not installed")
	}
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, done := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	h, cookie := site(t, 60)
	if w := send(t, h, cookie, "/own-measures", url.Values{"name": {"Grincements"}, "way": {"share"}, "of": {"post"}, "part_query": {"squeaks"}, "better": {"lower"}, "days": {"30"}}); w.Code != http.StatusSeeOther {
		t.Fatalf("an own measure: %d", w.Code)
	}
	_, body := read(t, h, cookie, "en", "/own-measures")
	own := regexp.MustCompile(`/own-measures/own-[a-z0-9]+`).FindString(body)
	as := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Cookie", cookie+as)
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	for _, view := range []struct {
		theme, lang   string
		width, height int64
	}{{"light", "fr", 390, 844}, {"dark", "en", 1280, 900}} {
		as = "; theme=" + view.theme + "; lang=" + view.lang
		for name, page := range map[string]string{"list": "/measures", "wait": "/measures/first-response-time?by=channel", "volume": "/measures/volume", "missing": "/measures/csat", "rows": "/measures/response-rate/rows",
			"own": own, "own-number": "/measures/" + strings.TrimPrefix(own, "/own-measures/"), "own-list": "/own-measures", "hours": "/business-hours"} {
			t.Run(strings.Join([]string{name, view.theme, view.lang}, "-"), func(t *testing.T) {
				must(chromedp.Do(ctx, chromedp.EmulateViewport(view.width, view.height), chromedp.Navigate(server.URL+page)))
				if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(err)
					must(os.WriteFile(filepath.Join(dir, "measure-"+name+"-"+view.theme+".png"), shot, 0o600))
				}
				_, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0"))
				must(err)
				got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
					wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
					h1: document.querySelectorAll("h1").length,
					found: (await axe.run(document)).violations,
				}))()`, chromedp.EvalAwaitPromise))
				must(err)
				for _, f := range got.Found {
					for i, n := range f.Nodes {
						if i < 3 {
							t.Errorf("%s (%s): %s\n%s", f.ID, f.Help, n.HTML, n.Summary)
						}
					}
				}
				if got.Wide > 0 || got.H1 != 1 {
					t.Errorf("%d pixels wider than the screen, %d headings of the first level", got.Wide, got.H1)
				}
			})
		}
	}
}
