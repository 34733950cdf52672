package ui_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

// islands is a page that uses every island, with the server they speak to.
type islands struct {
	*httptest.Server
	announce chan string
	version  atomic.Int64
	beats    atomic.Int64
	posts    atomic.Int64
	posted   chan bool
	theme    atomic.Value
}

func (s *islands) region() templ.Component {
	n := s.version.Load()
	return withChildren(ui.Region("box", "inbox", "/region"),
		templ.Raw(fmt.Sprintf(`<p id="version">version %d</p>`, n)),
		withChildren(ui.List("Conversations"),
			ui.ListItem(ui.ItemProps{ID: "l1", Href: "#one", Title: "One"}),
			ui.ListItem(ui.ItemProps{ID: "l2", Href: "#two", Title: "Two"}),
		),
		ui.TextArea(ui.Field{Name: "reply", Label: "Reply", DraftKey: "c1"}),
		ui.TextField(ui.Field{Name: "note", Label: "Note"}),
	)
}

func withChildren(c templ.Component, children ...templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		return c.Render(templ.WithChildren(ctx, templ.Join(children...)), w)
	})
}

func serveIslands(t *testing.T) *islands {
	t.Helper()
	s := &islands{announce: make(chan string), posted: make(chan bool, 8)}
	stop := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("GET "+assets.Prefix, assets.Handler())
	page := func(w http.ResponseWriter, r *http.Request, c templ.Component) {
		w.Header().Set("Content-Security-Policy", policy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := c.Render(i18n.With(r.Context(), "en", time.UTC), w); err != nil {
			t.Error(err)
		}
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		page(w, r, withChildren(ui.Shell(ui.ShellProps{Title: "Islands", Nonce: "test", Live: "/live", Nav: []ui.NavItem{{Label: "People", Href: "#people", Key: "g p"}}}),
			ui.Presence("/presence"),
			s.region(),
			ui.PostButton("/delete", ui.ButtonProps{Label: "Delete", Confirm: "Really?", Key: "d"}),
			ui.LinkButton(ui.ButtonProps{Label: "Open", Href: "/dialog", Dialog: "sample"}),
			withChildren(ui.Dialog("sample", "Sample")),
			ui.Poll("/job", 1),
		))
	})
	mux.HandleFunc("GET /region", func(w http.ResponseWriter, r *http.Request) { page(w, r, s.region()) })
	mux.HandleFunc("GET /job", func(w http.ResponseWriter, r *http.Request) { page(w, r, templ.Raw(`<p id="done">done</p>`)) })
	mux.HandleFunc("POST /presence", func(w http.ResponseWriter, _ *http.Request) {
		s.beats.Add(1)
		_, _ = w.Write([]byte("<span>Jonas is here</span>"))
	})
	mux.HandleFunc("POST /delete", func(w http.ResponseWriter, r *http.Request) {
		s.posts.Add(1)
		s.posted <- true
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("POST /theme", func(w http.ResponseWriter, r *http.Request) {
		s.theme.Store(r.FormValue("theme"))
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /live", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_ = http.NewResponseController(w).Flush()
		for {
			select {
			case topics := <-s.announce:
				_, _ = fmt.Fprintf(w, "data: %s\n\n", topics)
				_ = http.NewResponseController(w).Flush()
			case <-r.Context().Done():
				return
			case <-stop:
				return
			}
		}
	})
	s.Server = httptest.NewServer(mux)
	t.Cleanup(func() {
		close(stop)
		s.Server.CloseClientConnections()
		s.Close()
	})
	return s
}

func TestIslands(t *testing.T) {
	ctx := browser(t)
	s := serveIslands(t)
	run := func(t *testing.T, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatal(err)
		}
	}
	// until waits for the page to say yes.
	until := func(t *testing.T, condition string) {
		t.Helper()
		script := fmt.Sprintf(`new Promise((done) => { const end = performance.now() + 8000; const look = () => { if (%s) done(true); else if (performance.now() > end) done(false); else setTimeout(look, 20); }; look(); })`, condition)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		if !ok {
			t.Fatalf("never true: %s", condition)
		}
	}
	open := func(t *testing.T) {
		t.Helper()
		run(t, chromedp.EmulateViewport(1200, 800), chromedp.Navigate(s.URL))
		until(t, `customElements.get("entente-live")`)
		if _, err := chromedp.Run(ctx, chromedp.Evaluate[any](`window.broken = []; document.addEventListener("securitypolicyviolation", (e) => broken.push(e.violatedDirective + " " + e.blockedURI)); 0`)); err != nil {
			t.Fatal(err)
		}
	}
	keys := func(t *testing.T, keys string) {
		t.Helper()
		run(t, chromedp.KeyEvent(keys))
	}

	t.Run("a live region keeps what is typed", func(t *testing.T) {
		open(t)
		run(t, chromedp.SendKeys(chromedp.CSS("#f-note"), "half a no"), chromedp.SendKeys(chromedp.CSS("#f-reply"), "Dear Élo"))
		s.version.Store(7)
		s.announce <- "people inbox"
		until(t, `document.querySelector("#version").textContent === "version 7"`)
		until(t, `document.activeElement.id === "f-reply" && document.activeElement.value === "Dear Élo" && document.querySelector("#f-note").value === "half a no"`)
		keys(t, "die")
		s.version.Store(8)
		s.announce <- "inbox:c1"
		until(t, `document.querySelector("#version").textContent === "version 8" && document.querySelector("#f-reply").value === "Dear Élodie"`)
	})
	t.Run("an unsent reply survives the page", func(t *testing.T) {
		open(t)
		until(t, `document.querySelector("#f-reply").value === "Dear Élodie"`)
	})
	t.Run("j, k and o move and open", func(t *testing.T) {
		open(t)
		keys(t, "j")
		until(t, `document.activeElement.closest("li").id === "l1"`)
		keys(t, "j")
		until(t, `document.activeElement.closest("li").id === "l2"`)
		keys(t, "k")
		keys(t, "o")
		until(t, `location.hash === "#one"`)
	})
	t.Run("two keys follow a link", func(t *testing.T) {
		open(t)
		keys(t, "gp")
		until(t, `location.hash === "#people"`)
	})
	t.Run("keys are letters in a field", func(t *testing.T) {
		open(t)
		run(t, chromedp.SendKeys(chromedp.CSS("#f-note"), "?jgp"))
		until(t, `document.querySelector("#f-note").value === "?jgp" && !document.querySelector("#shortcuts").open && location.hash === ""`)
	})
	t.Run("the overlay lists the keys of the page", func(t *testing.T) {
		open(t)
		keys(t, "?")
		until(t, `document.querySelector("#shortcuts").open && document.querySelector("#shortcuts").textContent.includes("People")`)
	})
	t.Run("a question is asked before", func(t *testing.T) {
		open(t)
		keys(t, "d")
		until(t, `document.querySelector("#confirm").open && document.querySelector("#confirm-question").textContent === "Really?"`)
		run(t, chromedp.Click(chromedp.CSS(`#confirm [value="no"]`)))
		until(t, `!document.querySelector("#confirm").open`)
		if n := s.posts.Load(); n != 0 {
			t.Fatalf("posted %d times after no", n)
		}
		keys(t, "d")
		until(t, `document.querySelector("#confirm").open`)
		run(t, chromedp.Click(chromedp.CSS(`#confirm [value="yes"]`)))
		select {
		case <-s.posted:
		case <-time.After(10 * time.Second):
			t.Fatal("nothing was posted after yes")
		}
		if n := s.posts.Load(); n != 1 {
			t.Fatalf("posted %d times after yes", n)
		}
	})
	t.Run("a dialog opens in place", func(t *testing.T) {
		open(t)
		run(t, chromedp.Click(chromedp.CSS(`[data-dialog="sample"]`)))
		until(t, `document.querySelector("#sample").open && location.pathname === "/"`)
	})
	t.Run("the theme changes in place and is kept", func(t *testing.T) {
		open(t)
		run(t, chromedp.Click(chromedp.CSS(`.sidebar button[value="dark"]`)))
		until(t, `document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).colorScheme === "dark"`)
		run(t, chromedp.Click(chromedp.CSS(`.sidebar button[value="light"]`)))
		until(t, `document.documentElement.dataset.theme === "light"`)
	})
	t.Run("others are shown, jobs are followed, the policy holds", func(t *testing.T) {
		open(t)
		until(t, `document.querySelector("entente-presence").textContent === "Jonas is here"`)
		until(t, `document.querySelector("#done")`)
		broken, err := chromedp.Run(ctx, chromedp.Evaluate[[]string](`window.broken`))
		if err != nil {
			t.Fatal(err)
		}
		if len(broken) > 0 {
			t.Errorf("the policy was broken: %s", strings.Join(broken, ", "))
		}
		if s.beats.Load() == 0 {
			t.Error("nobody was told that the page is seen")
		}
		if got, _ := s.theme.Load().(string); got != "light" {
			t.Errorf("the server keeps the theme %q, want light", got)
		}
	})
}
