package businessweb_test

import (
	"context"
	"fmt"
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
	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
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

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark, with long words: axe finds nothing and nothing is wider
// than the screen. ENTENTE_SHOTS names a folder for pictures.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	need := func(why any) {
		t.Helper()
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		need("axe-core is not installed")
	}
	if err := assets.Check(); err != nil {
		need(err)
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		need("Chromium is not installed")
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
	x := open(t)
	operator := org.AsOperator(t.Context())
	long := strings.Repeat("Donaudampfschifffahrtsgesellschaft", 4)
	var list []business.Statement
	for i := range 12 {
		at := time.Date(2026, time.Month(i%10+1), 1, 0, 0, 0, 0, time.UTC)
		list = append(list, business.Statement{At: at, Amount: int64(i*100_000 + 5), Currency: []string{"EUR", "GBP"}[i%2], Fact: ledger.Fact{Kind: business.Cost, Origin: long, External: fmt.Sprint(long, i),
			Quantity: 1, Label: "platform", Organisation: long, Until: at.AddDate(0, 1, 0)}})
		list = append(list, business.Statement{At: at, Fact: ledger.Fact{Kind: business.Contact, External: fmt.Sprint(i), Quantity: float64(i + 1), Status: []string{"assisted", "self_service"}[i%2]}})
	}
	stated, err := x.s.State(operator, list)
	must(err)
	fact := "/business/facts/" + stated[0].ID
	must(x.s.Withdraw(operator, stated[2].ID, "", "booked twice"))
	_, err = x.w.AddRule(operator, business.Rule{Pattern: "couts-*.csv", Kind: business.Cost})
	must(err)
	origin, err := url.Parse(x.URL)
	must(err)
	for _, view := range []struct {
		theme, lang   string
		width, height int64
	}{{"light", "fr", 390, 844}, {"dark", "en", 1280, 900}} {
		for name, page := range map[string]string{"kinds": "/business", "list": "/business/facts?kind=cost", "contacts": "/business/facts?kind=contact", "withdrawn": "/business/facts?kind=cost&withdrawn=1",
			"fact": fact, "correct": fact + "/correct", "taken-back": "/business/facts/" + stated[2].ID, "new": "/business/facts/new?kind=revenue", "folder": "/business/folder"} {
			t.Run(strings.Join([]string{name, view.theme, view.lang}, "-"), func(t *testing.T) {
				must(chromedp.Do(ctx, chromedp.EmulateViewport(view.width, view.height), chromedp.Navigate(x.URL+"/healthz")))
				for n, v := range map[string]string{x.cookie: x.tokens[org.Owner], "lang": view.lang, "theme": view.theme} {
					_, err := chromedp.Run(ctx, chromedp.Evaluate[any](fmt.Sprintf("document.cookie = %q; 0", n+"="+v+"; path=/; domain="+origin.Hostname())))
					must(err)
				}
				must(chromedp.Do(ctx, chromedp.Navigate(x.URL+page)))
				if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(err)
					must(os.WriteFile(filepath.Join(dir, "business-"+name+"-"+view.theme+".png"), shot, 0o600))
				}
				_, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0"))
				must(err)
				got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
					wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
					style: document.querySelectorAll("[style], style, [onclick]").length,
					h1: document.querySelectorAll("main h1").length,
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
