package markup_test

import (
	"context"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/entente/entente/internal/community/markup"
)

// policy is what pages are served under; see internal/web.
const policy = "default-src 'none'; script-src 'nonce-test' 'strict-dynamic'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// counting counts the scripts that ran, then touches everything as a reader would.
const counting = `
window.count = 0;
window.ran = () => { window.count++; };
window.tempt = async () => {
	const wait = (ms) => new Promise((done) => setTimeout(done, ms));
	for (const e of document.querySelectorAll("main *")) {
		for (const type of ["pointerenter", "mouseover", "focus", "load", "error", "toggle", "animationstart", "transitionend", "beforeinput", "begin"]) e.dispatchEvent(new Event(type, {bubbles: true}));
		if (e instanceof HTMLElement) e.focus();
		// A link to elsewhere would leave the page; what runs here would run all the same.
		if (e instanceof HTMLAnchorElement && ["http:", "https:", "mailto:"].includes(e.protocol)) e.addEventListener("click", (event) => event.preventDefault());
		if (e instanceof HTMLElement && !(e instanceof HTMLButtonElement) && !(e instanceof HTMLInputElement)) e.click();
	}
	await wait(150);
	const odd = [...document.querySelectorAll("main script, main style, main iframe, main object, main embed, main form, main svg, main math, main link, main meta, main base, main input, main button")].map((e) => e.outerHTML);
	for (const e of document.querySelectorAll("main *")) for (const a of e.attributes) if (a.name.startsWith("on") || a.name === "style") odd.push(e.outerHTML);
	for (const a of document.querySelectorAll("main a")) if (!["http:", "https:", "mailto:"].includes(a.protocol)) odd.push(a.outerHTML);
	for (const i of document.querySelectorAll("main img")) if (new URL(i.src).origin !== location.origin) odd.push(i.outerHTML);
	const strays = document.querySelectorAll("body > :not(main):not(script)").length;
	return {count: window.count, odd, strays, shown: document.querySelectorAll("main > section").length};
};`

// TestNoScriptRuns shows every payload in a browser, with the policy of our pages and without it, and once as it was written to see that
// the test would notice.
func TestNoScriptRuns(t *testing.T) {
	if len(payloads) < 150 {
		t.Errorf("there are %d payloads", len(payloads))
	}
	mux := http.NewServeMux()
	page := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = fmt.Fprintf(w, `<!doctype html><html lang="fr"><title>x</title><body><script nonce="test">%s</script><main>%s</main></body></html>`, counting, body)
	}
	var clean strings.Builder
	for _, p := range payloads {
		doc, err := markup.Render(p)
		if err != nil {
			t.Fatalf("%q: %v", p, err)
		}
		_, _ = fmt.Fprintf(&clean, "<section><div class=\"prose\">%s</div><p>%s</p><p title=\"%s\"></p></section>\n", doc.HTML, template.HTMLEscapeString(doc.Text), template.HTMLEscapeString(doc.Text))
	}
	mux.HandleFunc("GET /held", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		page(w, clean.String())
	})
	mux.HandleFunc("GET /bare", func(w http.ResponseWriter, _ *http.Request) { page(w, clean.String()) })
	mux.HandleFunc("GET /raw", func(w http.ResponseWriter, _ *http.Request) {
		page(w, "<section><img src=x onerror=ran()></section><section><svg onload=ran()></svg></section><section><a href=\"javascript:ran()\">x</a></section><section><b onclick=ran()>x</b></section>")
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	ctx := browser(t)

	type seen struct {
		Count  int      `json:"count"`
		Odd    []string `json:"odd"`
		Strays int      `json:"strays"`
		Shown  int      `json:"shown"`
	}
	look := func(path string) seen {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL+path)); err != nil {
			t.Fatal(err)
		}
		got, err := chromedp.Run(ctx, chromedp.Evaluate[seen](`tempt()`, chromedp.EvalAwaitPromise))
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	for _, path := range []string{"/held", "/bare"} {
		got := look(path)
		if got.Count > 0 || len(got.Odd) > 0 || got.Strays > 0 {
			t.Errorf("%s: %d scripts ran; %d elements left their place; odd: %s", path, got.Count, got.Strays, strings.Join(got.Odd, "\n"))
		}
		if got.Shown != len(payloads) {
			t.Errorf("%s: %d of %d payloads are shown in their places", path, got.Shown, len(payloads))
		}
	}
	if got := look("/raw"); got.Count < 4 || len(got.Odd) < 4 {
		t.Errorf("what does run is counted %d times and found %d times: this test would notice nothing", got.Count, len(got.Odd))
	}
}

// browser starts Chromium, or skips the test where there is none.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("needs a browser")
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
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.WSURLReadTimeout(2*time.Minute))
	var err error
	for range 3 { // on a busy machine one now and then dies while it starts
		ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
		t.Cleanup(cancel)
		ctx, stop := chromedp.NewContext(ctx)
		t.Cleanup(stop)
		ctx, done := context.WithTimeout(ctx, 10*time.Minute)
		t.Cleanup(done)
		if err = chromedp.Do(ctx, chromedp.Navigate("about:blank")); err == nil {
			return ctx
		}
	}
	t.Fatal(err)
	return nil
}
