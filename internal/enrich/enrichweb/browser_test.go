package enrichweb_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

// browser starts Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a browser")
	}
	missing := func(what any) {
		t.Helper()
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal(what)
		}
		t.Skip(what)
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
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, done := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	return ctx
}

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

// TestInBrowser looks at the pages wide and narrow, light and dark, in both languages, and works through a sample by the keyboard.
func TestInBrowser(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("axe-core is not installed")
		}
		t.Skip("axe-core is not installed")
	}
	ctx := browser(t)
	s := open(t)
	var items []channel.Item
	for n := range 20 {
		items = append(items, inboxtest.Question("q"+string(rune('a'+n)), "ada", "", "The brake squeaks in the rain, why?", s.Now().Add(-time.Duration(n+1)*time.Hour)))
	}
	s.hear(items...)
	olga := s.as("Olga", org.Owner)
	here := "/posts/" + s.PostID(s.Deaf.ID, "qa")
	olga.post(here+"/labels", 303, "was.kinds", "complaint,question", "sentiment", "neutral", "kinds.asked", "yes", "kind.lead", "yes")
	if code, _, _ := olga.do(http.MethodPost, "/models/elsewhere", elsewhereForm()); code != http.StatusSeeOther {
		t.Fatalf("a model elsewhere: %d", code)
	}
	olga.post("/samples", 303, "size", "20", "days", "30", "seed", "5")
	list, err := s.review.Samples(org.AsOperator(t.Context()))
	if err != nil || len(list) != 1 {
		t.Fatal(err)
	}
	signed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { // the browser of somebody who has signed in
		r.AddCookie(&http.Cookie{Name: "entente", Value: olga.cookie["entente"]})
		s.h.ServeHTTP(w, r)
	}))
	t.Cleanup(signed.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, v := range []struct {
		theme, lang   string
		width, height int64
	}{{"light", "fr", 390, 844}, {"dark", "en", 1280, 900}, {"light", "en", 1280, 900}} {
		for name, path := range map[string]string{"post": here, "models": "/models", "samples": "/samples", "sample": "/samples/" + list[0].ID} {
			name := strings.Join([]string{name, v.theme, v.lang}, "-")
			t.Run(name, func(t *testing.T) {
				must(chromedp.Do(ctx, chromedp.EmulateViewport(v.width, v.height), chromedp.Navigate(signed.URL+path)))
				_, err := chromedp.Run(ctx, chromedp.Evaluate[any](`fetch("/theme", {method: "POST", body: new URLSearchParams({theme: "`+v.theme+`", to: "/"})}).then(() =>
					fetch("/language", {method: "POST", body: new URLSearchParams({lang: "`+v.lang+`", to: "/"})})).then(() => 0)`, chromedp.EvalAwaitPromise))
				must(err)
				must(chromedp.Do(ctx, chromedp.Navigate(signed.URL+path)))
				_, err = chromedp.Run(ctx, chromedp.Evaluate[any](`document.querySelectorAll("details:has(form)").forEach((d) => { d.open = true }); 0`))
				must(err)
				if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(err)
					must(os.WriteFile(filepath.Join(dir, "enrich-"+name+".png"), shot, 0o600))
				}
				_, err = chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0"))
				must(err)
				got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
					wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
					style: document.querySelectorAll("[style], style, [onclick]").length,
					h1: document.querySelectorAll("h1").length,
					found: (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})).violations,
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
					t.Errorf("%d px wider than the screen, %d inline styles, %d first headings", got.Wide, got.Style, got.H1)
				}
			})
		}
	}
	t.Run("by the keyboard", func(t *testing.T) {
		page := signed.URL + "/samples/" + list[0].ID
		arrived := func(n string) { // keys are heard once the script runs
			t.Helper()
			for end := time.Now().Add(15 * time.Second); ; {
				yes, err := chromedp.Run(ctx, chromedp.Evaluate[bool](`Boolean(customElements.get("entente-live") && document.readyState === "complete" &&
					document.querySelector(".progress-label")?.textContent.startsWith("`+n+` of 20"))`))
				if err == nil && yes {
					return
				}
				if time.Now().After(end) {
					text, _ := chromedp.Run(ctx, chromedp.Evaluate[string](`document.querySelector("main").innerText + document.activeElement.outerHTML`))
					t.Fatalf("never at %s: %v\n%s", n, err, text)
				}
				<-time.After(25 * time.Millisecond)
			}
		}
		must(chromedp.Do(ctx, chromedp.Navigate(page)))
		arrived("0")
		must(chromedp.Do(ctx, chromedp.KeyEvent("1"), chromedp.KeyEvent("c"), chromedp.KeyEvent("\r")))
		arrived("1")
		must(chromedp.Do(ctx, chromedp.KeyEvent("u")))
		arrived("0")
		must(chromedp.Do(ctx, chromedp.KeyEvent("3"), chromedp.KeyEvent("\r")))
		arrived("1")
		all, err := s.e.Judgements(t.Context(), s.DB.Read())
		if err != nil || len(all) != 3 {
			t.Fatalf("%d judgements (%v)", len(all), err)
		}
		for _, j := range all {
			if j.Head == "sentiment" && j.Value != "positive" || j.Head == "kinds" && j.Value != "none" {
				t.Errorf("%+v", j)
			}
		}
	})
}
