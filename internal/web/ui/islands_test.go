package ui_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/webtest"
)

// islands is a page that uses every island, with the server they speak to.
type islands struct {
	*httptest.Server
	announce chan string
	version  atomic.Int64
	asked    atomic.Int64 // how often for the region
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

// form is one that is sent to the page it is on.
func form() templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		inner := templ.GetChildren(ctx)
		return templ.Join(templ.Raw(`<form method="post" action="/write">`), inner, templ.Raw(`<button type="submit">Send</button></form>`)).Render(templ.ClearChildren(ctx), w)
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
		if err := c.Render(i18n.With(r.Context(), "en", time.UTC), w); err != nil && r.Context().Err() == nil { // a browser that goes on drops the page before
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
	mux.HandleFunc("GET /write", func(w http.ResponseWriter, r *http.Request) {
		page(w, r, withChildren(ui.Shell(ui.ShellProps{Title: "Write", Nonce: "test"}), withChildren(form(),
			ui.MarkdownField(ui.Field{Name: "body", Label: "Answer", DraftKey: "body"}, ui.Preview{Name: "do", Value: "preview", Address: "/preview"}))))
	})
	mux.HandleFunc("POST /preview", func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("text") == "refuse" {
			http.Error(w, "no", http.StatusUnprocessableEntity)
			return
		}
		_, _ = fmt.Fprintf(w, "<p>shown: %s</p>", r.FormValue("text"))
	})
	mux.HandleFunc("POST /write", func(w http.ResponseWriter, r *http.Request) {
		s.theme.Store(r.FormValue("do") + "|" + r.FormValue("body"))
		s.posted <- true
		http.Redirect(w, r, "/write", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /region", func(w http.ResponseWriter, r *http.Request) {
		page(w, r, s.region())
		s.asked.Add(1)
	})
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

// patience is how long the page may take to do something. Only a failing test waits so long.
const patience = 2 * time.Minute

// useIslands uses every island; the window holds that no policy is broken by them.
func useIslands(t *testing.T, b *webtest.Browser) {
	s := serveIslands(t)
	w := b.Window(t, s.URL)
	until := func(t *testing.T, condition string) {
		t.Helper()
		w.In(t).Until(condition)
	}
	open := func(t *testing.T) {
		t.Helper()
		w.In(t).Open("/")
		until(t, `customElements.get("entente-live")`)
	}
	keys := func(t *testing.T, keys string) {
		t.Helper()
		w.In(t).Keys(keys)
	}
	announce := func(t *testing.T, topics string) {
		t.Helper()
		select {
		case s.announce <- topics:
		case <-time.After(patience):
			t.Fatal("the page does not listen")
		}
	}

	t.Run("a live region keeps what is typed", func(t *testing.T) {
		open(t)
		w := w.In(t)
		w.Type("#f-note", "half a no")
		w.Type("#f-reply", "Dear Élo")
		s.version.Store(7)
		announce(t, "people inbox")
		until(t, `document.querySelector("#version").textContent === "version 7"`)
		until(t, `document.activeElement.id === "f-reply" && document.activeElement.value === "Dear Élo" && document.querySelector("#f-note").value === "half a no"`)
		keys(t, "die")
		s.version.Store(8)
		announce(t, "inbox:c1")
		until(t, `document.querySelector("#version").textContent === "version 8" && document.querySelector("#f-reply").value === "Dear Élodie"`)
	})
	t.Run("nothing moves under a finger", func(t *testing.T) {
		w := w.In(t)
		press := func(what string) {
			t.Helper()
			webtest.Eval[bool](w, `document.querySelector("#f-reply").dispatchEvent(new PointerEvent("`+what+`", {bubbles: true}))`)
		}
		// The region asks, and its answer waits: until the finger is lifted, and no longer than some seconds.
		for i, lift := range []func(){func() { press("pointerup") }, func() { press("pointercancel") }, func() {}} {
			asked, version := s.asked.Load(), fmt.Sprint("version ", 20+i)
			press("pointerdown")
			s.version.Store(int64(20 + i))
			announce(t, "people inbox")
			for s.asked.Load() == asked {
				<-time.After(10 * time.Millisecond)
			}
			<-time.After(200 * time.Millisecond)
			if got := webtest.Eval[string](w, `document.querySelector("#version").textContent`); got == version {
				t.Errorf("%d: it moved", i)
			}
			lift()
			until(t, `document.querySelector("#version").textContent === "`+version+`"`)
		}
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
		w.In(t).Chord("gp", `location.hash === "#people"`)
	})
	t.Run("keys are letters in a field", func(t *testing.T) {
		open(t)
		w.In(t).Type("#f-note", "?jgp")
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
		w.In(t).Click(`#confirm [value="no"]`)
		until(t, `!document.querySelector("#confirm").open`)
		if n := s.posts.Load(); n != 0 {
			t.Fatalf("posted %d times after no", n)
		}
		keys(t, "d")
		until(t, `document.querySelector("#confirm").open`)
		w.In(t).Click(`#confirm [value="yes"]`)
		select {
		case <-s.posted:
		case <-time.After(patience):
			t.Fatal("nothing was posted after yes")
		}
		if n := s.posts.Load(); n != 1 {
			t.Fatalf("posted %d times after yes", n)
		}
	})
	t.Run("a dialog opens in place", func(t *testing.T) {
		open(t)
		w.In(t).Click(`[data-dialog="sample"]`)
		until(t, `document.querySelector("#sample").open && location.pathname === "/"`)
	})
	t.Run("the theme changes in place and is kept", func(t *testing.T) {
		open(t)
		kept := func(theme string) { // the page changes at once, the server hears of it a moment later
			t.Helper()
			for end := time.Now().Add(patience); s.theme.Load() != theme; <-time.After(10 * time.Millisecond) {
				if time.Now().After(end) {
					t.Fatalf("the server keeps the theme %v, want %s", s.theme.Load(), theme)
				}
			}
		}
		w.In(t).Click(`.sidebar button[value="dark"]`)
		until(t, `document.documentElement.dataset.theme === "dark" && getComputedStyle(document.body).colorScheme === "dark"`)
		kept("dark")
		w.In(t).Click(`.sidebar button[value="light"]`)
		until(t, `document.documentElement.dataset.theme === "light"`)
		kept("light")
	})
	t.Run("others are shown, jobs are followed", func(t *testing.T) {
		open(t)
		until(t, `document.querySelector("entente-presence").textContent === "Jonas is here"`)
		until(t, `document.querySelector("#done")`)
		if s.beats.Load() == 0 {
			t.Error("nobody was told that the page is seen")
		}
		if got, _ := s.theme.Load().(string); got != "light" {
			t.Errorf("the server keeps the theme %q, want light", got)
		}
	})
	t.Run("Markdown is written with buttons and keys", func(t *testing.T) {
		w := w.In(t)
		w.Open("/write")
		until(t, `customElements.get("entente-markdown")`)
		// Each step begins with a text in which the selection stands between two bars, and ends so.
		script := `(async () => {
			const area = document.querySelector("#f-body"), wrong = [];
			const put = (marked) => {
				const a = marked.indexOf("|"), b = marked.lastIndexOf("|") - 1;
				area.value = marked.replaceAll("|", "");
				area.focus();
				area.setSelectionRange(a, b < a ? a : b);
			};
			const found = () => area.value.slice(0, area.selectionStart) + "|" + area.value.slice(area.selectionStart, area.selectionEnd) + "|" + area.value.slice(area.selectionEnd);
			for (const [act, before, after] of [
				["bold", "a |mot| b", "a **|mot|** b"],
				["bold", "a **|mot|** b", "a |mot| b"],
				["bold", "a |**mot**| b", "a |mot| b"],
				["bold", "a| mot |b", "a **|mot|** b"],
				["bold", "a ||", "a **|text|**"],
				["italic", "**|mot|**", "***|mot|***"],
				["italic", "***|mot|***", "**|mot|**"],
				["bold", "***|mot|***", "*|mot|*"],
				["code", "|x|", "` + "`|x|`" + `"],
				["code", "|x\ny|", "` + "```\\n|x\\ny|\\n```" + `"],
				["link", "voir |ici|.", "voir [ici](|https://|)."],
				["link", "|https://a.fr|", "[|text|](https://a.fr)"],
				["quote", "a\n|b\nc|", "a\n|> b\n> c|"],
				["quote", "|> b\n> c|", "|b\nc|"],
				["list", "||", "- ||"],
				["list", "|un\ndeux\n|trois", "|- un\n- deux|\ntrois"],
			]) {
				put(before);
				document.querySelector('[data-do="' + act + '"]').click();
				if (found() !== after) wrong.push(act + " of " + JSON.stringify(before) + ": " + JSON.stringify(found()) + ", want " + JSON.stringify(after));
			}
			put("a |mot| b");
			for (const [key, extra] of [["b", {}], ["i", {}]]) area.dispatchEvent(new KeyboardEvent("keydown", {key, ctrlKey: true, bubbles: true, cancelable: true, ...extra}));
			if (area.value !== "a ***mot*** b") wrong.push("keys: " + area.value);
			put("|mot|");
			document.querySelector('[data-do="bold"]').click();
			document.execCommand("undo");
			if (area.value !== "mot") wrong.push("undo: " + area.value);
			const first = document.querySelector(".markdown-bar button");
			first.focus();
			first.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowLeft", bubbles: true, cancelable: true}));
			if (document.activeElement.dataset.do !== "preview" || document.querySelectorAll('.markdown-bar [tabindex="0"], .markdown-bar button:not([tabindex])').length !== 1) wrong.push("arrows: " + document.activeElement.outerHTML);
			return wrong;
		})()`
		for _, wrong := range webtest.Eval[[]string](w, script) {
			t.Error(wrong)
		}
	})
	t.Run("Markdown is looked at in its place, and kept", func(t *testing.T) {
		w := w.In(t)
		w.Open("/write")
		until(t, `customElements.get("entente-markdown")`)
		webtest.Eval[int](w, `localStorage.clear(); document.querySelector("#f-body").value = ""; 0`)
		w.Type("#f-body", "bonjour")
		w.Click(`[data-do="preview"]`)
		until(t, `document.querySelector(".markdown-preview").textContent === "shown: bonjour" && document.querySelector('[data-do="preview"]').ariaExpanded === "true"`)
		w.Type("#f-body", " à tous")
		until(t, `document.querySelector(".markdown-preview").textContent === "shown: bonjour à tous"`)
		w.Open("/write")
		until(t, `document.querySelector("#f-body").value === "bonjour à tous"`)
		webtest.Eval[int](w, `const a = document.querySelector("#f-body"); a.value = "refuse"; document.querySelector('[data-do="preview"]').click(); 0`)
		until(t, `document.querySelector(".markdown-preview").textContent.startsWith("The preview cannot")`)
		w.Type("#f-body", " plus")
		w.Keys("\r", chromedp.KeyModifiers(2))
		select {
		case <-s.posted:
		case <-time.After(patience):
			t.Fatal("the keys sent nothing")
		}
		w.Open("/write")
		until(t, `document.querySelector("#f-body").value === ""`)
		if got := s.theme.Load(); got != "|refuse plus" {
			t.Errorf("sent was %q", got)
		}
	})
}
