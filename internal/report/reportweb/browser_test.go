package reportweb_test

import (
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/db/dbtest"
)

type look struct {
	Wide  int `json:"wide"`
	Style int `json:"style"`
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

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark: axe finds nothing, nothing is wider than the screen.
// ENTENTE_SHOTS names a folder for pictures.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	wanted := os.Getenv("ENTENTE_TEST_BROWSER") == "1"
	missing := func(why any) {
		t.Helper()
		if wanted {
			t.Fatal(why)
		}
		t.Skip(why)
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
	ctx, done := context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(done)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	x := open(t, dbtest.SQLite(t))
	at, mailing := x.fill()
	post := func(path string, pairs ...string) {
		t.Helper()
		form := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		_, err := chromedp.Run(ctx, chromedp.Evaluate[any](`fetch("`+path+`", {method: "POST", body: new URLSearchParams("`+form.Encode()+`")}).then(() => 0)`, chromedp.EvalAwaitPromise))
		must(err)
	}
	must(chromedp.Do(ctx, chromedp.Navigate(x.URL+"/design")))
	post("/in/ada@velo.example")
	for _, view := range []struct {
		theme, lang   string
		width, height int64
	}{{"light", "fr", 390, 844}, {"dark", "en", 1280, 900}} {
		post("/theme", "theme", view.theme, "to", "/design")
		post("/language", "lang", view.lang, "to", "/design")
		for name, page := range map[string]string{"list": "/dashboards", "new": "/dashboards/new", "dashboard": at, "edit": at + "/edit", "tile": at + "/tiles/new", "notes": "/notes", "value": "/value",
			"line": "/value/lines/new", "reports": "/reports", "report": mailing, "report-form": mailing + "/edit", "pack": "/review-pack"} {
			t.Run(strings.Join([]string{name, view.theme, view.lang}, "-"), func(t *testing.T) {
				must(chromedp.Do(ctx, chromedp.EmulateViewport(view.width, view.height), chromedp.Navigate(x.URL+page)))
				if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(err)
					must(os.WriteFile(filepath.Join(dir, "report-"+name+"-"+view.theme+".png"), shot, 0o600))
				}
				_, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0"))
				must(err)
				got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
					wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
					style: document.querySelectorAll("[style], style, [onclick]").length,
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
				if got.Wide > 0 || got.Style > 0 || got.H1 != 1 {
					t.Errorf("%d px too wide, %d inline styles, %d first headings", got.Wide, got.Style, got.H1)
				}
			})
		}
	}
}
