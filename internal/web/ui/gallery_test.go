package ui_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

const policy = "default-src 'none'; script-src 'nonce-test'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// serveGallery serves the gallery as a page would be, under the policy of a page.
func serveGallery(t *testing.T) *httptest.Server {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, assets.Handler())
	mux.HandleFunc("GET /design", func(w http.ResponseWriter, r *http.Request) {
		lang := r.URL.Query().Get("lang")
		ctx := i18n.With(r.Context(), lang, time.UTC)
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		p := ui.ShellProps{
			Title: "Design", Brand: "Vélo & Co", MemberName: "Amina Diallo", Nonce: "test", Theme: r.URL.Query().Get("theme"), Search: "/search",
			Nav: []ui.NavItem{
				{Label: "Inbox", Href: "/inbox", Icon: "inbox", Count: 12, Key: "g i"},
				{Label: "Mentions", Href: "/mentions", Icon: "radio", Count: 1204},
				{Label: "People", Href: "/people", Icon: "users"},
				{Label: "Map", Href: "/map", Icon: "network", Section: "Steer"},
				{Label: "Measures", Href: "/measures", Icon: "chart-line", Section: "Steer", Current: true},
				{Label: "Channels", Href: "/channels", Icon: "rss", Section: "Set up"},
			},
			Foot:   []ui.NavItem{{Label: "Settings", Href: "/settings", Icon: "settings"}},
			Toasts: []ui.Toast{{Tone: ui.Success, Text: "Conversation resolved.", Href: "#undo", Label: "Undo"}},
		}
		if r.URL.Query().Get("toasts") == "" {
			p.Toasts = nil
		}
		page, body := ui.Shell(p), ui.Gallery()
		if r.URL.Query().Get("bare") != "" {
			page, body = ui.Bare(p), signIn()
		}
		if err := page.Render(templ.WithChildren(ctx, body), w); err != nil {
			t.Error(err)
		}
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv
}

func signIn() templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		form := templ.Join(
			ui.TextField(ui.Field{Name: "email", Label: "Address", Type: "email", Required: true}),
			ui.PasswordField(ui.Field{Name: "password", Label: "Password", Required: true}),
			ui.Checkbox(ui.Field{Name: "stay", Label: "Stay signed in"}),
			ui.Button(ui.ButtonProps{Label: "Sign in", Variant: ui.Primary}),
		)
		header := ui.PageHeader("Sign in", nil)
		if err := header.Render(templ.WithChildren(ctx, templ.NopComponent), w); err != nil {
			return err
		}
		return ui.Card("", nil).Render(templ.WithChildren(ctx, form), w)
	})
}

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
	ctx, done := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(done)
	return ctx
}

type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// TestGalleryInBrowser looks at the gallery in both themes, both languages and both widths: axe finds nothing, the policy of
// the page is not broken, nothing is wider than the screen. ENTENTE_SHOTS names a folder for pictures of it.
func TestGalleryInBrowser(t *testing.T) {
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("axe-core is not installed")
		}
		t.Skip("axe-core is not installed")
	}
	srv := serveGallery(t)
	ctx := browser(t)
	for _, c := range []struct {
		name, query   string
		width, height int64
	}{
		{"light", "theme=light&lang=en", 1280, 900},
		{"dark", "theme=dark&lang=en", 1280, 900},
		{"narrow", "theme=light&lang=fr", 390, 844},
		{"narrow dark", "theme=dark&lang=en", 390, 844},
		{"french", "theme=light&lang=fr&toasts=1", 1280, 900},
		{"pseudo", "lang=xx", 1280, 900},
		{"sign in", "theme=light&lang=fr&bare=1", 390, 844},
		{"sign in dark", "theme=dark&lang=en&bare=1", 1280, 900},
	} {
		t.Run(c.name, func(t *testing.T) {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(c.width, c.height), chromedp.Navigate(srv.URL+"/design?"+c.query)); err != nil {
				t.Fatal(err)
			}
			if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
				shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(c.name, " ", "-")+".png"), shot, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			type look struct {
				Wide   int       `json:"wide"`
				Script bool      `json:"script"`
				Style  int       `json:"style"`
				Found  []finding `json:"found"`
			}
			if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0")); err != nil {
				t.Fatal(err)
			}
			got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
				wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
				script: Boolean(customElements.get("entente-live")),
				style: document.querySelectorAll("[style], style, [onclick]").length,
				found: (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})).violations,
			}))()`, chromedp.EvalAwaitPromise))
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range got.Found {
				for i, n := range f.Nodes {
					if i == 4 {
						t.Errorf("%s: and %d more", f.ID, len(f.Nodes)-i)
						break
					}
					t.Errorf("%s (%s): %s\n%s", f.ID, f.Help, n.HTML, n.Summary)
				}
			}
			if got.Wide > 0 {
				t.Errorf("the page is %d px wider than the screen", got.Wide)
			}
			if !got.Script {
				t.Error("the script did not run under the policy of the page")
			}
			if got.Style > 0 {
				t.Errorf("%d elements carry inline style or script", got.Style)
			}
		})
	}
}
