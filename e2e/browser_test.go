package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// tab is one window with cookies of its own.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string
}

// browser starts Chromium and returns what opens windows; without Chromium the test is skipped, or fails with ENTENTE_TEST_BROWSER=1.
func browser(t *testing.T, base string) func() *tab {
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
			t.Fatal("Chromium is not installed (apt-get install chromium)")
		}
		t.Skip("Chromium is not installed")
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox)
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(cancel)
	ctx, done := context.WithTimeout(ctx, 4*time.Minute)
	t.Cleanup(done)
	first, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	if err := chromedp.Do(first, chromedp.Navigate("about:blank")); err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	return func() *tab {
		ctx, stop := chromedp.NewContext(first, chromedp.WithNewBrowserContext())
		t.Cleanup(stop)
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil { // makes the window, which lives as long as this context
			t.Fatalf("open a window: %v", err)
		}
		return &tab{t, ctx, base}
	}
}

// in lets a subtest fail in its own name.
func (w *tab) in(t *testing.T) *tab { return &tab{t, w.ctx, w.base} }

func (w *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 30*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.t.Fatalf("%v\n%s", err, w.at())
	}
}

func (w *tab) open(path string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.base + path))
}

func (w *tab) keys(keys string) {
	w.t.Helper()
	w.do(chromedp.KeyEvent(keys))
}

func (w *tab) click(css string) {
	w.t.Helper()
	w.do(chromedp.Click(chromedp.CSS(css)))
}

func (w *tab) typed(css, text string) {
	w.t.Helper()
	w.do(chromedp.SendKeys(chromedp.CSS(css), text))
}

// at is where the window is, for messages.
func (w *tab) at() string {
	ctx, cancel := context.WithTimeout(w.ctx, 3*time.Second)
	defer cancel()
	where, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.querySelector("main") || document.body).innerText.slice(0, 600)`))
	if err != nil {
		return err.Error()
	}
	return where
}

func eval[T any](w *tab, script string) T {
	w.t.Helper()
	v, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	return v
}

// until waits for the page to say yes. It asks again and again from outside, so that it works where pages run no script.
func (w *tab) until(condition string) {
	w.t.Helper()
	w.within(12*time.Second, condition)
}

func (w *tab) within(most time.Duration, condition string) {
	w.t.Helper()
	end := time.Now().Add(most)
	for {
		yes, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if err == nil && yes {
			return
		}
		if time.Now().After(end) {
			w.t.Fatalf("never true: %s (%v)\n%s", condition, err, w.at())
		}
		<-time.After(25 * time.Millisecond)
	}
}

// signIn types a member's address and password, and asks for a language.
func (w *tab) signIn(role, lang string) {
	w.t.Helper()
	w.open("/sign-in?to=/me")
	w.typed("#f-email", demoMembers[role])
	w.typed("#f-password", demoPassword+"\r")
	w.until(`location.pathname === "/me"`)
	w.choose("/language", "lang", lang)
}

// choose says what the switches at the foot of every page say.
func (w *tab) choose(path, name, value string) {
	w.t.Helper()
	eval[int](w, fmt.Sprintf(`fetch(%q, {method: "POST", body: new URLSearchParams({%s: %q, to: "/me"})}).then(() => 0)`, path, name, value))
}

// answerable are conversations that the demo can answer, open and nobody's.
func answerable(t *testing.T, s *server, n int) []string {
	t.Helper()
	c := as(t, s, "owner", "en")
	var out []string
	for _, id := range s.place.rows(t, "SELECT id FROM conversation WHERE state = 'open' AND assignee = '' ORDER BY last_at DESC") {
		if strings.Contains(c.page("/inbox/"+id), `name="text"`) {
			if out = append(out, id); len(out) == n {
				return out
			}
		}
	}
	t.Fatalf("only %d open conversations of the demo can be answered and are nobody's", len(out))
	return nil
}

// TestBrowserInbox: two members at one conversation, with the keyboard and live.
func TestBrowserInbox(t *testing.T) {
	t.Parallel()
	s := newPlace(t, "sqlite").serve(t, "--demo")
	window := browser(t, s.URL)
	one := answerable(t, s, 1)[0]
	claire, ines := window(), window()
	claire.signIn("owner", "en")
	ines.signIn("social", "en")

	t.Run("the keyboard alone", func(t *testing.T) {
		w := claire.in(t)
		w.open("/inbox?view=open")
		w.until(`customElements.get("entente-live")`)
		w.keys("j")
		w.until(`document.activeElement.closest("li")`)
		first := eval[string](w, `document.activeElement.closest("li").id`)
		w.keys("j")
		w.until(`document.activeElement.closest("li") && document.activeElement.closest("li").id !== ` + quote(first))
		w.keys("k")
		w.until(`document.activeElement.closest("li").id === ` + quote(first))
		w.keys("?")
		w.until(`document.querySelector("#shortcuts").open`)
		w.keys("\x1b")
		w.until(`!document.querySelector("#shortcuts").open`)
		w.keys("j")
		w.keys("o")
		w.until(`/^\/inbox\/\w+/.test(location.pathname) && customElements.get("entente-live")`)
		w.keys("u")
		w.until(`location.pathname === "/inbox" && customElements.get("entente-live")`)
		w.keys("gm")
		w.until(`location.pathname === "/measures"`)
	})
	text := "Thank you, we are looking into it. Number 4711."
	t.Run("presence", func(t *testing.T) {
		a, b := claire.in(t), ines.in(t)
		a.open("/inbox/" + one)
		b.open("/inbox/" + one)
		b.until(`document.querySelector("entente-presence").textContent.includes("Claire")`)
		a.within(25*time.Second, `document.querySelector("entente-presence").textContent.includes("Inès")`) // asked every twenty seconds
	})
	t.Run("take, reply, resolve, live", func(t *testing.T) {
		a, b := claire.in(t), ines.in(t)
		a.open("/inbox/" + one)
		b.open("/inbox/" + one)
		b.until(`customElements.get("entente-live")`)
		eval[int](b, `window.stayed = 1`)
		a.until(`customElements.get("entente-live") && document.readyState === "complete"`) // keys are heard once the script runs
		a.keys("t")
		b.until(`document.querySelector("main").textContent.includes("Claire Vannier") && document.querySelector("form[action*='/assign']")`)
		a.until(`document.querySelector("form[action*='/release']") && customElements.get("entente-live") && document.readyState === "complete"`)
		a.keys("r")
		a.until(`document.activeElement.name === "text"`)
		a.keys(text)
		a.click(`form[action*="/reply"] button:not([name])`)
		a.until(`document.querySelector("main").textContent.includes("Number 4711")`)
		b.until(`document.querySelector("main").textContent.includes("Number 4711")`)
		a.open("/inbox/" + one)
		a.keys("e")
		a.until(`document.querySelector("form[action*='/reopen']") || location.pathname === "/inbox"`)
		b.until(`document.querySelector("form[action*='/reopen']")`)
		if eval[int](b, `window.stayed || 0`) != 1 {
			t.Error("the page of the second member was loaded again instead of updated")
		}
	})
}

func quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// TestBrowserPath: from the map to an objective, its measure, the rows behind the number, one conversation, and back up.
func TestBrowserPath(t *testing.T) {
	t.Parallel()
	s := demo(t)
	w := browser(t, s.URL)()
	w.signIn("strategist", "en")
	w.open("/strategy")
	w.until(`document.querySelector("main svg a, main a[href*='/strategy/objectives/']")`)
	// An objective measured by how long people wait: its rows are conversations.
	objective := eval[string](w, `(async () => {
		for (const a of document.querySelectorAll("main a[href*='/strategy/objectives/']")) {
			const href = a.getAttribute("href");
			if (/\/strategy\/objectives\/\w+$/.test(href.split("?")[0]) && (await (await fetch(href)).text()).includes("/measures/first-response-time")) return href;
		}
		return "";
	})()`)
	if objective == "" {
		t.Fatal("no objective of the demo is measured by first response time")
	}
	follow := func(css string) {
		t.Helper()
		before := eval[string](w, `location.href`)
		w.do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
			_, err := chromedp.Run(ctx, chromedp.Evaluate[int](fmt.Sprintf(`(document.querySelector(%s).scrollIntoView({block: "center"}), 0)`, quote(css))))
			return err
		}))
		w.click(css)
		w.until(`location.href !== ` + quote(before))
	}
	follow(fmt.Sprintf(`main table a[href=%q], main li a[href=%q], main svg a[href=%q]`, objective, objective, objective))
	w.until(`location.pathname.startsWith("/strategy/objectives/")`)
	follow(`main a[href*="/measures/first-response-time"]`)
	w.until(`location.pathname.startsWith("/measures/first-response-time")`)
	if !strings.Contains(eval[string](w, `location.pathname`), "/rows") {
		follow(`main a[href*="/measures/first-response-time/rows"]`)
	}
	w.until(`location.pathname === "/measures/first-response-time/rows"`)
	follow(`main a[href^="/inbox/"]`)
	w.until(`/^\/inbox\/\w+/.test(location.pathname) && document.querySelector(".thread, [class*=thread]")`)
	for range 6 {
		if eval[string](w, `location.pathname`) == "/strategy" {
			break
		}
		before := eval[string](w, `location.href`)
		eval[int](w, `(history.back(), 0)`)
		w.until(`location.href !== ` + quote(before))
	}
	w.until(`location.pathname === "/strategy"`)
}

// TestBrowserWithoutScript: what members do works where pages run no script.
func TestBrowserWithoutScript(t *testing.T) {
	t.Parallel()
	s := newPlace(t, "sqlite").serve(t, "--demo")
	w := browser(t, s.URL)()
	one := answerable(t, s, 1)[0]
	w.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
	w.open("/sign-in?to=/inbox/" + one)
	w.typed("#f-email", demoMembers["volunteer"])
	w.typed("#f-password", demoPassword+"\r")
	w.until(`location.pathname === "/inbox/` + one + `"`)
	if eval[bool](w, `Boolean(customElements.get("entente-live"))`) {
		t.Fatal("the page runs script: nothing is tested")
	}
	w.click(`form[action*="/take"] button`)
	w.until(`document.querySelector("form[action*='/release']")`)
	w.typed(`textarea[name="text"]`, "Bonjour, nous regardons. Numéro 4712.")
	w.click(`form[action*="/reply"] button:not([name])`)
	w.until(`document.readyState === "complete" && document.querySelector("main").textContent.includes("4712") && document.querySelector("textarea[name=text]").value === ""`)
	w.click(`form[action*="/resolve"] button`)
	w.until(`document.querySelector("form[action*='/reopen']") || location.pathname === "/inbox"`)
	if n := s.place.count(t, "SELECT COUNT(*) FROM conversation WHERE id = '"+one+"' AND state = 'resolved'"); n != 1 {
		t.Error("the conversation is not resolved")
	}
	if n := s.place.count(t, "SELECT COUNT(*) FROM outgoing WHERE content LIKE '%4712%'"); n != 1 {
		t.Errorf("%d replies were queued, want 1", n)
	}
}

// mainPages are those that every look is taken at.
func mainPages(t *testing.T, s *server) [][2]string {
	t.Helper()
	one := func(query string) string {
		rows := s.place.rows(t, query)
		if len(rows) == 0 {
			t.Fatalf("%s finds nothing in the demo", query)
		}
		return rows[0]
	}
	return [][2]string{
		{"strategy", "/strategy"},
		{"objective", "/strategy/objectives/" + one("SELECT objective FROM objective_measure ORDER BY id LIMIT 1")},
		{"measures", "/measures"},
		{"measure", "/measures/first-response-time"},
		{"rows", "/measures/first-response-time/rows"},
		{"inbox", "/inbox"},
		{"conversation", "/inbox/" + one("SELECT id FROM conversation WHERE state = 'open' ORDER BY posts DESC, id LIMIT 1")},
		{"mentions", "/mentions"},
		{"topics", "/topics"},
		{"topic-new", "/topics/new"},
		{"people", "/people"},
		{"person", "/people/" + one("SELECT p.id FROM person p JOIN identity i ON i.person = p.id WHERE p.merged_into = '' ORDER BY i.posts DESC, p.id LIMIT 1")},
		{"channels", "/channels"},
		{"channel-new", "/channels/new?kind=mail"},
		{"outgoing", "/channels/outgoing"},
		{"import", "/import"},
		{"members", "/members"},
		{"audit", "/audit"},
		{"organisation", "/organisation"},
		{"me", "/me"},
	}
}

type seen struct {
	Wide  int     `json:"wide"`
	Wider string  `json:"wider"`
	Shift float64 `json:"shift"`
	Lang  string  `json:"lang"`
	Dark  bool    `json:"dark"`
	Found []struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	} `json:"found"`
}

// maxShift is how much a page may move while it appears. Web Vitals call 0.1 good; at rest it is 0, on a busy machine a page arrives in parts.
const maxShift = 0.05

// TestBrowserLooks: every main page, light and dark, wide and narrow, English and French: axe finds nothing, nothing is wider than the
// screen, nothing moves while it appears. ENTENTE_SHOTS names a folder for pictures.
func TestBrowserLooks(t *testing.T) {
	t.Parallel()
	axe, err := os.ReadFile(filepath.Join("..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("axe-core is not installed (npm ci)")
		}
		t.Skip("axe-core is not installed")
	}
	s := demo(t)
	pages := mainPages(t, s)
	window := browser(t, s.URL)
	for _, look := range []struct {
		name, theme, lang string
		width, height     int64
	}{{"light", "light", "en", 1280, 900}, {"dark", "dark", "en", 1280, 900}, {"narrow", "light", "fr", 390, 844}, {"narrow-dark", "dark", "fr", 390, 844}} {
		t.Run(look.name, func(t *testing.T) {
			w := window().in(t)
			w.do(chromedp.EmulateViewport(look.width, look.height))
			w.signIn("owner", look.lang)
			w.choose("/theme", "theme", look.theme)
			for _, p := range pages {
				t.Run(p[0], func(t *testing.T) {
					w := w.in(t)
					w.open(p[1])
					if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
						shot, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
						if err != nil {
							t.Fatal(err)
						}
						if err := os.WriteFile(filepath.Join(dir, p[0]+"-"+look.name+".png"), shot, 0o600); err != nil {
							t.Fatal(err)
						}
					}
					eval[any](w, string(axe)+"; 0")
					got := eval[seen](w, `(async () => {
						let shift = 0;
						new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) shift += e.value; }).observe({type: "layout-shift", buffered: true});
						await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
						const room = document.documentElement.clientWidth;
						let wider = "";
						for (const e of document.querySelectorAll("body *")) {
							if (wider === "" && e.getBoundingClientRect().right > room + 1 && getComputedStyle(e).position !== "fixed") wider = e.outerHTML.slice(0, 200);
						}
						return {
							wide: document.documentElement.scrollWidth - room, wider, shift, lang: document.documentElement.lang,
							dark: getComputedStyle(document.body).colorScheme === "dark",
							found: (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]})).violations,
						};
					})()`)
					for _, f := range got.Found {
						for i, n := range f.Nodes {
							if i == 2 {
								t.Errorf("%s: and %d more", f.ID, len(f.Nodes)-i)
								break
							}
							t.Errorf("%s (%s): %.400s\n%s", f.ID, f.Help, n.HTML, n.Summary)
						}
					}
					if got.Wide > 0 {
						t.Errorf("the page is %d px wider than the screen: %s", got.Wide, got.Wider)
					}
					if got.Shift > maxShift {
						t.Errorf("the page moved by %.3f while it appeared", got.Shift)
					}
					if got.Lang != look.lang || got.Dark != (look.theme == "dark") {
						t.Errorf("the page is in %q and dark is %t: this is not the look that was asked for", got.Lang, got.Dark)
					}
				})
			}
		})
	}
}

// TestWeight: script and style of a page together stay below 100 kB on the wire.
func TestWeight(t *testing.T) {
	t.Parallel()
	c := as(t, demo(t), "owner", "en")
	sum := 0
	for _, path := range regexp.MustCompile(`(?:src|href)="(/assets/[^"#]+\.(?:js|css))"`).FindAllStringSubmatch(c.page("/inbox"), -1) {
		a, err := c.try(http.MethodGet, path[1], nil, "Accept-Encoding", "gzip")
		if err != nil {
			t.Fatal(err)
		}
		if a.status != 200 || a.header.Get("Content-Encoding") != "gzip" || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", path[1], a.status, a.header)
		}
		sum += len(a.body)
	}
	if sum == 0 || sum >= 100_000 {
		t.Errorf("script and style are %d bytes, want less than 100,000", sum)
	}
	t.Logf("%d bytes", sum)
}
