package ui_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/webtest"
)

const policy = "default-src 'none'; script-src 'nonce-test'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

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

// TestInBrowser looks at the gallery and uses every island, in one browser.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	t.Run("gallery", func(t *testing.T) { lookAtGallery(t, b) })
	t.Run("islands", func(t *testing.T) { useIslands(t, b) })
}

// lookAtGallery looks at the gallery in both themes, both languages and both widths; its script runs under the policy of the page.
func lookAtGallery(t *testing.T, b *webtest.Browser) {
	w := b.Window(t, serveGallery(t).URL)
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
			w := w.In(t)
			w.Size(c.width, c.height)
			w.Open("/design?" + c.query)
			heads := 2 // one is shown as a part
			if strings.Contains(c.query, "bare=1") {
				heads = 1
			}
			w.LookAtHeads(c.name, heads)
			if !webtest.Eval[bool](w, `Boolean(customElements.get("entente-live"))`) {
				t.Error("the script did not run under the policy of the page")
			}
		})
	}
}
