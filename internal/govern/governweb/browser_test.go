package governweb_test

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
	"github.com/entente/entente/internal/govern"
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

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark: axe finds nothing, nothing is wider than the screen.
// ENTENTE_SHOTS names a folder for pictures.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("axe-core is not installed")
		}
		t.Skip("axe-core is not installed")
	}
	if err := assets.Check(); err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("Chromium is not installed")
		}
		t.Skip("Chromium is not installed")
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

	x := open(t, dbtest.SQLite(t))
	op := org.AsOperator(t.Context())
	risk, err := x.s.AddRisk(op, govern.Risk{Name: "A risk with a name that is long enough to need more than one line on a narrow screen", Probability: 4, Impact: 5})
	must(err)
	entry, err := x.s.AddSurrounding(op, govern.Surrounding{Factor: "legal", Name: "Battery law", Source: "https://example.org/law", Probability: 4, Impact: 4, Horizon: "year"})
	must(err)
	review, err := x.s.AddReview(op, govern.Review{Name: "Monthly review", Rhythm: govern.Monthly, At: x.now.AddDate(0, 0, 3)})
	must(err)
	for _, department := range []string{"Sales", "Product"} {
		_, err = x.s.AddSpending(op, govern.Spending{Tool: "Ear", Capability: "listening", Department: department, Amount: 4990, Currency: "EUR", Period: "month", BeginsAt: x.now.AddDate(0, -3, 0), EndsAt: x.now.AddDate(0, 1, 0), Approval: "no"})
		must(err)
	}
	insight, err := x.s.HandInsight(op, govern.Insight{Name: "Plates wear", Department: "Product", DueAt: x.now.AddDate(0, 0, -2)})
	must(err)
	_, err = x.s.AddDecision(op, govern.Decision{Name: "Stay", Why: "It works.", DecidedAt: x.now, ReviewAt: x.now.AddDate(0, 0, -1)})
	must(err)
	_, err = x.s.AddTie(op, govern.Tie{Name: "Customers", Kind: "customer", Wanted: 5, Ties: []string{"buys"}})
	must(err)
	must(x.s.Answer(op, "better", []string{"service", "reputation"}))
	must(x.s.Answer(op, "hurts", []string{"unanswered", "same_questions"}))
	x.now = x.now.AddDate(0, 0, -100)
	_, err = x.s.Claim(op, govern.Claim{Question: "team", Level: 2})
	must(err)
	x.now = x.now.AddDate(0, 0, 100)
	_, err = x.s.Claim(op, govern.Claim{Question: "team", Level: 4, Evidence: "A rota", EvidenceOn: x.now})
	must(err)
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
	pages := map[string]string{"overview": "", "orientation": "/orientation", "question": "/orientation/better", "single": "/orientation/buyers", "readiness": "/readiness", "claim": "/readiness/team", "risks": "/risks",
		"risk": "/risks/" + risk.ID, "edit-risk": "/risks/" + risk.ID + "/edit", "surroundings": "/surroundings", "surrounding": "/surroundings/" + entry.ID, "reviews": "/reviews", "review": "/reviews/" + review.ID,
		"edit-review": "/reviews/" + review.ID + "/edit", "pack": "/reviews/" + review.ID + "/pack", "decisions": "/decisions", "actions": "/actions", "insights": "/insights", "insight": "/insights/" + insight.ID,
		"spending": "/spending", "new-spending": "/spending/new", "ties": "/ties", "new-tie": "/ties/new"}
	for _, view := range []struct {
		theme, lang   string
		width, height int64
	}{{"light", "fr", 390, 844}, {"dark", "en", 1280, 900}} {
		post("/theme", "theme", view.theme, "to", "/design")
		post("/language", "lang", view.lang, "to", "/design")
		for name, page := range pages {
			t.Run(strings.Join([]string{name, view.theme, view.lang}, "-"), func(t *testing.T) {
				must(chromedp.Do(ctx, chromedp.EmulateViewport(view.width, view.height), chromedp.Navigate(x.URL+"/govern"+page)))
				if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(err)
					must(os.WriteFile(filepath.Join(dir, "govern-"+name+"-"+view.theme+".png"), shot, 0o600))
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
