package listeningweb_test

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
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
)

// browser starts Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	missing := func(what string) {
		t.Helper()
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal(what)
		}
		t.Skip(what)
	}
	if testing.Short() {
		t.Skip("needs a browser")
	}
	if err := assets.Check(); err != nil {
		missing(err.Error())
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil && path == "" {
			path = found
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
	return ctx
}

// TestEditorInBrowser types a query: what is wrong with it and what it finds are shown meanwhile, a click mends it, and axe finds nothing,
// wide and narrow, light and dark.
func TestEditorInBrowser(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("axe-core is not installed")
		}
		t.Skip("axe-core is not installed")
	}
	ctx := browser(t)
	s := open(t)
	for i, text := range []string{"My brakes squeak when it rains on the road", "Les freins de mon vélo grincent quand il pleut", "A brake pad of orange colour"} {
		s.hear("q"+string(rune('a'+i)), "", text, s.Now())
	}
	topic, err := s.listening.Add(org.AsOperator(t.Context()), listening.Draft{Name: "Brakes", Query: "brake OR frein OR whistle", Exclude: "brake pad"})
	if err != nil {
		t.Fatal(err)
	}
	_, secret := s.Join("Paul", org.Social)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	visit := func(path, theme, lang string, width int64) {
		t.Helper()
		must(chromedp.Do(ctx, chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.url+"/in/"+secret)))
		_, err := chromedp.Run(ctx, chromedp.Evaluate[any](`fetch("/theme", {method: "POST", body: new URLSearchParams({theme: "`+theme+`", to: "/"})}).then(() =>
			fetch("/language", {method: "POST", body: new URLSearchParams({lang: "`+lang+`", to: "/"})})).then(() => 0)`, chromedp.EvalAwaitPromise))
		must(err)
		must(chromedp.Do(ctx, chromedp.Navigate(s.url+path)))
	}
	until := func(what, js string) {
		t.Helper()
		_, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`new Promise(done => { const look = () => (`+js+`) ? done(true) : setTimeout(look, 20); look() })`, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatalf("waited for %s: %v", what, err)
		}
	}
	shot := func(name string) {
		t.Helper()
		if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
			picture, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			must(err)
			must(os.WriteFile(filepath.Join(dir, "topic-"+name+".png"), picture, 0o600))
		}
	}
	for _, c := range []struct {
		theme, lang string
		width       int64
	}{{"light", "en", 1200}, {"dark", "fr", 390}} {
		for _, path := range []string{"/topics/" + topic.ID, "/topics/new?name=x&exclude=" + url.QueryEscape("fine\n(open") + "&query=" + url.QueryEscape("autor:ada brake lang:french and zest"), "/mentions?kind=complaint"} {
			visit(path, c.theme, c.lang, c.width)
			_, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0"))
			must(err)
			type look struct {
				Wide  int      `json:"wide"`
				Found []string `json:"found"`
			}
			got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
				wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
				found: (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})).violations.map(v => v.id + " " + v.nodes[0].html),
			}))()`, chromedp.EvalAwaitPromise))
			must(err)
			if got.Wide > 0 || len(got.Found) > 0 {
				t.Errorf("%s in %s, %d px: %d px too wide, %s", path, c.theme, c.width, got.Wide, strings.Join(got.Found, "\n"))
			}
			shot(strings.Join([]string{c.theme, c.lang, strings.Trim(strings.Split(path, "?")[0], "/")[:6], path[len(path)-4:]}, "-"))
		}
	}
	visit("/topics/new", "light", "en", 1200)
	must(chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#topic textarea[name=query]"), "autor:ada brake")))
	until("the problem", `document.querySelector("#preview mark")?.textContent === "autor:"`)
	shot("typed")
	must(chromedp.Do(ctx, chromedp.Click(chromedp.CSS("#preview button[name=mended]")), chromedp.WaitVisible(chromedp.CSS("#preview h2"))))
	until("the mended query", `document.querySelector("#topic textarea[name=query]")?.value === "author:ada brake" && document.querySelector("#preview h2")?.textContent === "2 hits"`)
	must(chromedp.Do(ctx, chromedp.SendKeys(chromedp.CSS("#topic textarea[name=exclude]"), "brake pad")))
	until("fewer hits", `document.querySelector("#preview h2")?.textContent === "1 hit"`)
}
