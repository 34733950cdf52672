package orgweb_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/org"
)

// browser starts Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a browser")
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
	Wide  int    `json:"wide"`
	Style int    `json:"style"`
	H1    int    `json:"h1"`
	Focus string `json:"focus"`
	Found []struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	} `json:"found"`
}

// TestInBrowser walks the pages in a real browser, wide and narrow, light and dark: axe finds nothing, nothing is wider than the screen,
// nothing breaks the policy of the page. ENTENTE_SHOTS names a folder for pictures.
func TestInBrowser(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("axe-core is not installed")
		}
		t.Skip("axe-core is not installed")
	}
	ctx := browser(t)
	s := open(t, true)
	fresh := open(t, false)
	op := org.AsOperator(t.Context())
	invited, err := s.s.Invite(op, org.Invite{Email: "leo.de-la-tour-du-pin@resellers.velo.example", Name: "Léo de La Tour du Pin", Role: org.Volunteer, Lang: "fr"})
	if err != nil {
		t.Fatal(err)
	}
	ada, err := s.s.ByEmail(t.Context(), ownerEmail)
	if err != nil {
		t.Fatal(err)
	}
	reset, err := s.s.ResetLink(op, ada.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.s.MakeToken(org.With(t.Context(), ada), "nightly backup", []org.Permission{org.ExportRun, org.InboxRead}, 48*time.Hour); err != nil {
		t.Fatal(err)
	}
	_, err = s.s.SignIn(t.Context(), ownerEmail, ownerWord, org.Visit{IP: "192.0.2.1", Agent: "Mozilla/5.0 (iPhone) Version/18.0 Safari/604.1"})
	if err != nil {
		t.Fatal(err)
	}
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := func(t *testing.T, name string) {
		t.Helper()
		if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
			shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
			must(err)
			must(os.WriteFile(filepath.Join(dir, "org-"+name+".png"), shot, 0o600))
		}
		_, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0"))
		must(err)
		got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
			wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
			style: document.querySelectorAll("[style], style, [onclick]").length,
			h1: document.querySelectorAll("h1").length,
			focus: document.activeElement ? document.activeElement.className + "#" + document.activeElement.id : "",
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
		if got.Wide > 0 {
			t.Errorf("the page is %d px wider than the screen", got.Wide)
		}
		if got.Style > 0 || got.H1 != 1 {
			t.Errorf("%d elements carry inline style or script, %d first headings", got.Style, got.H1)
		}
		if strings.HasSuffix(name, "refused") && !strings.Contains(got.Focus, "form-errors") {
			t.Errorf("the focus is on %q, not on what must be put right", got.Focus)
		}
	}
	type page struct{ name, site, path string }
	out := []page{{"set-up", fresh.URL, "/set-up"}, {"sign-in", s.URL, "/sign-in"}, {"forgot", s.URL, "/forgot"},
		{"invitation", s.URL, invited.Path}, {"reset", s.URL, reset.Path}, {"dead-link", s.URL, "/reset/x"}}
	in := []page{{"me", s.URL, "/me"}, {"members", s.URL, "/members"}, {"audit", s.URL, "/audit"}, {"organisation", s.URL, "/organisation"}}
	walk := func(pages []page, theme, lang string, width, height int64) {
		for _, p := range pages {
			name := strings.Join([]string{p.name, theme, lang}, "-")
			t.Run(name, func(t *testing.T) {
				must(chromedp.Do(ctx, chromedp.EmulateViewport(width, height), chromedp.Navigate(p.site+p.path)))
				// No cookie may be set by script, so the choice is made as a person makes it.
				_, err := chromedp.Run(ctx, chromedp.Evaluate[any](`fetch("/theme", {method: "POST", body: new URLSearchParams({theme: "`+theme+`", to: "/"})}).then(() =>
					fetch("/language", {method: "POST", body: new URLSearchParams({lang: "`+lang+`", to: "/"})})).then(() => 0)`, chromedp.EvalAwaitPromise))
				must(err)
				must(chromedp.Do(ctx, chromedp.Navigate(p.site+p.path)))
				seen(t, name)
			})
		}
	}
	walk(out, "light", "fr", 390, 844)
	walk(out, "dark", "en", 1280, 900)
	t.Run("sign-in-refused", func(t *testing.T) {
		must(chromedp.Do(ctx, chromedp.Navigate(s.URL+"/sign-in"), chromedp.SendKeys(chromedp.CSS("#f-email"), "nobody@velo.example"),
			chromedp.SendKeys(chromedp.CSS("#f-password"), "not the password\r"), chromedp.WaitVisible(chromedp.CSS(".form-errors"))))
		seen(t, "sign-in-refused")
	})
	// Signed in with the keyboard alone.
	must(chromedp.Do(ctx, chromedp.Navigate(s.URL+"/sign-in?to=/me"), chromedp.SendKeys(chromedp.CSS("#f-email"), ownerEmail),
		chromedp.SendKeys(chromedp.CSS("#f-password"), ownerWord+"\r"), chromedp.WaitVisible(chromedp.CSS("#sessions"))))
	walk(in, "light", "fr", 390, 844)
	t.Run("invited", func(t *testing.T) {
		must(chromedp.Do(ctx, chromedp.Navigate(s.URL+"/members"), chromedp.SendKeys(chromedp.CSS("#f-email"), "zoe@velo.example\r"),
			chromedp.WaitVisible(chromedp.CSS("#f-secret"))))
		seen(t, "invited")
	})
	t.Run("token", func(t *testing.T) {
		must(chromedp.Do(ctx, chromedp.Navigate(s.URL+"/me"), chromedp.Click(chromedp.CSS(`input[value="inbox:read"]`)),
			chromedp.SendKeys(chromedp.CSS("#f-token-name"), "script\r"), chromedp.WaitVisible(chromedp.CSS("#f-secret"))))
		seen(t, "token")
	})
	t.Run("token-refused", func(t *testing.T) {
		must(chromedp.Do(ctx, chromedp.Navigate(s.URL+"/me"), chromedp.SendKeys(chromedp.CSS("#f-token-name"), "script\r"), chromedp.WaitVisible(chromedp.CSS(".form-errors"))))
		seen(t, "token-refused")
	})
	walk(in, "light", "en", 1280, 900)
	walk(in, "dark", "en", 1280, 900)
}
