package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/web/webtest"
)

var chromium = sync.OnceValues(func() (*webtest.Browser, error) {
	b, stop, err := webtest.Launch()
	if err == nil {
		afterAll(stop)
	}
	return b, err
})

// tab is a window of the browser that all tests share, with cookies of its own.
type tab struct{ *webtest.Window }

// browser returns what opens windows; without Chromium the test is skipped, or fails with ENTENTE_TEST_BROWSER=1.
func browser(t *testing.T) *webtest.Browser {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: starting a browser takes seconds")
	}
	b, err := chromium()
	if err != nil && os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return b
}

func window(t *testing.T, base string) *tab { return &tab{browser(t).Window(t, base)} }

// in lets a subtest fail in its own name.
func (w *tab) in(t *testing.T) *tab { return &tab{w.In(t)} }

// signIn types a member's address and password, and asks for a language.
func (w *tab) signIn(role, theme, lang string) {
	w.Open("/sign-in?to=/me")
	w.Type("#f-email", demoMembers[role])
	w.Type("#f-password", demoPassword+"\r")
	w.Until(`location.pathname === "/me" && document.readyState === "complete"`)
	w.As(theme, lang)
}

// withoutScript keeps the pages of the window from running script.
func (w *tab) withoutScript() {
	w.Do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
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
	s := demoed(t).serve(t)
	claire, ines := window(t, s.URL), window(t, s.URL)
	one := answerable(t, s, 1)[0]
	claire.signIn("owner", "light", "en")
	ines.signIn("social", "light", "en")

	t.Run("the keyboard alone", func(t *testing.T) {
		w := claire.in(t)
		w.Open("/inbox?view=open")
		w.Until(`customElements.get("entente-live")`)
		w.Keys("j")
		w.Until(`document.activeElement.closest("li")`)
		first := webtest.Eval[string](w.Window, `document.activeElement.closest("li").id`)
		w.Keys("j")
		w.Until(`document.activeElement.closest("li") && document.activeElement.closest("li").id !== ` + webtest.Quote(first))
		w.Keys("k")
		w.Until(`document.activeElement.closest("li").id === ` + webtest.Quote(first))
		w.Keys("?")
		w.Until(`document.querySelector("#shortcuts").open`)
		w.Keys("\x1b")
		w.Until(`!document.querySelector("#shortcuts").open`)
		w.Keys("j")
		w.Keys("o")
		w.Until(`/^\/inbox\/\w+/.test(location.pathname) && customElements.get("entente-live")`)
		w.Keys("u")
		w.Until(`location.pathname === "/inbox" && customElements.get("entente-live")`)
		w.Chord("gm", `location.pathname === "/measures"`)
	})
	text := "Thank you. I check it with the workshop today and will write to you here tomorrow before noon. Number 4711." // the charter wants a next step
	t.Run("presence", func(t *testing.T) {
		a, b := claire.in(t), ines.in(t)
		a.Open("/inbox/" + one)
		b.Open("/inbox/" + one)
		b.Until(`document.querySelector("entente-presence").textContent.includes("Claire")`)
		a.Until(`document.querySelector("entente-presence").textContent.includes("Inès")`) // asked every twenty seconds
	})
	t.Run("take, reply, resolve, live", func(t *testing.T) {
		a, b := claire.in(t), ines.in(t)
		a.Open("/inbox/" + one)
		b.Open("/inbox/" + one)
		b.Until(`customElements.get("entente-live")`)
		webtest.Eval[int](b.Window, `window.stayed = 1`)
		a.Until(`customElements.get("entente-live") && document.readyState === "complete"`) // keys are heard once the script runs
		a.Keys("t")
		b.Until(`document.querySelector("main").textContent.includes("Claire Vannier") && document.querySelector("form[action*='/assign']")`)
		a.Until(`document.querySelector("form[action*='/release']") && customElements.get("entente-live") && document.readyState === "complete"`)
		a.Keys("r")
		a.Until(`document.activeElement.name === "text"`)
		a.Keys(text)
		a.Click(`form[action*="/reply"] button:not([name])`)
		a.Until(`document.querySelector("main").textContent.includes("Number 4711")`)
		b.Until(`document.querySelector("main").textContent.includes("Number 4711")`)
		a.Open("/inbox/" + one)
		a.Keys("e")
		a.Until(`document.querySelector("form[action*='/reopen']") || location.pathname === "/inbox"`)
		b.Until(`document.querySelector("form[action*='/reopen']")`)
		if webtest.Eval[int](b.Window, `window.stayed || 0`) != 1 {
			t.Error("the page of the second member was loaded again instead of updated")
		}
	})
	t.Run("lines are chosen with keys, and stay chosen", func(t *testing.T) {
		w, other := claire.in(t), ines.in(t)
		w.Open("/inbox?view=unassigned")
		w.Until(`customElements.get("entente-live") && document.querySelectorAll("input.list-check").length > 4`)
		webtest.Eval[int](w.Window, `window.stayed = 1`)
		w.Keys("jx")
		w.Keys("jjX")
		w.Until(`document.querySelectorAll("input.list-check:checked").length === 3 && document.querySelector("details.bulk").open`)
		last := webtest.Eval[string](w.Window, `[...document.querySelectorAll("input.list-check")].at(-1).value`)
		other.Open("/inbox/" + last)
		other.Until(`customElements.get("entente-live") && document.readyState === "complete"`)
		other.Keys("t")
		w.Until(`!document.querySelector("input.list-check[value='` + last + `']")`) // it is no longer nobody's
		if n := webtest.Eval[int](w.Window, `document.querySelectorAll("input.list-check:checked").length`); n != 3 || webtest.Eval[int](w.Window, `window.stayed || 0`) != 1 {
			t.Errorf("%d lines are still chosen, want 3", n)
		}
		w.Keys("t")
		w.Until(`!window.stayed && customElements.get("entente-live")`)
		if n := s.place.count(t, "SELECT COUNT(*) FROM activity WHERE kind = 'conversation.taken'"); n < 4 {
			t.Errorf("%d were taken", n)
		}
	})
	const ready = `customElements.get("entente-live") && document.readyState === "complete"`
	t.Run("merged and split with keys", func(t *testing.T) {
		w := claire.in(t)
		pair := s.place.rows(t, "SELECT c.id FROM conversation c JOIN channel a ON a.id = c.channel WHERE c.state = 'open' AND c.private = 1 AND c.posts = 1 AND a.kind <> 'community' ORDER BY c.id LIMIT 2")
		if len(pair) < 2 {
			t.Fatal("the demo has no two private conversations of one post each")
		}
		at := func(id string) string { return ready + ` && location.pathname === "/inbox/` + id + `"` }
		w.Open("/inbox/" + pair[0])
		w.Until(at(pair[0]))
		w.Keys("mo")
		w.Until(`document.activeElement.name === "other"`)
		w.Keys(s.URL + "/inbox/" + pair[1] + "\x1b") // Escape leaves the field
		w.Until(`document.activeElement === document.body`)
		w.Keys("m")
		w.Keys("?") // leads nowhere with it, and does what it does alone
		w.Until(`document.querySelector("#shortcuts").open`)
		w.Keys("\x1b")
		w.Until(`!document.querySelector("#shortcuts").open`)
		w.Keys("mm")
		w.Until(ready + ` && document.querySelector("form[action*='/split'] input[name=merge]")`)
		if got := s.place.rows(t, "SELECT id, posts FROM conversation WHERE id IN ($1, $2)", pair[0], pair[1]); len(got) != 1 || got[0] != pair[0]+"|2" {
			t.Fatalf("merged there are %v", got)
		}
		w.Keys("ms") // the one post that can go: asked at once; of several it would be the first
		if !webtest.Eval[bool](w.Window, `document.querySelector("#confirm").open`) {
			w.Until(`document.activeElement.dataset.key === "m s"`)
			w.Keys("\r")
		}
		w.Until(`document.querySelector("#confirm").open`)
		w.tabTo(`[data-confirm-yes]`)
		w.Keys("\r")
		w.Until(ready + ` && location.pathname !== "/inbox/` + pair[0] + `"`)
		if got := s.place.rows(t, "SELECT posts FROM conversation WHERE id IN ($1, $2)", pair[0], pair[1]); len(got) != 2 || got[0] != "1" || got[1] != "1" {
			t.Errorf("parted again there are %v", got)
		}
		w.Open("/inbox/" + pair[0])
		for key, field := range map[string]string{"a": "to", "p": "priority", "+": "tags"} {
			w.Until(at(pair[0]))
			w.Keys(key)
			w.Until(`document.activeElement.name === "` + field + `"`)
			webtest.Eval[int](w.Window, `(document.activeElement.blur(), 0)`)
		}
	})
	two := answerable(t, s, 2)[1]
	t.Run("hints while writing", func(t *testing.T) {
		w := claire.in(t)
		w.Open("/inbox/" + two)
		w.Until(ready)
		w.Keys("r")
		w.Until(`document.activeElement.name === "text"`)
		w.Keys("You are an idiot. ")
		w.Until(`[...document.querySelectorAll("#hints q")].some((q) => q.textContent.includes("idiot"))`)
		w.Keys("Read the manual.") // who writes on is not disturbed
		if got := webtest.Eval[string](w.Window, `document.activeElement.name + ": " + document.activeElement.value`); !strings.HasSuffix(got, "You are an idiot. Read the manual.") || !strings.HasPrefix(got, "text: ") {
			t.Errorf("the focus is on %q", got)
		}
		webtest.Eval[int](w.Window, `(document.activeElement.select(), 0)`)
		w.Keys(text)
		w.Until(`document.querySelector("#hints") && ![...document.querySelectorAll("#hints q")].some((q) => q.textContent.includes("idiot"))`)
		waitFor(t, "the draft", func() bool {
			return s.place.count(t, "SELECT COUNT(*) FROM reply_draft WHERE conversation = $1 AND words = $2", two, text) == 1
		})
		if n := s.place.count(t, "SELECT COUNT(*) FROM outgoing WHERE conversation = $1", two); n != 0 {
			t.Error("a hint sends something")
		}
	})
	t.Run("answered meanwhile", func(t *testing.T) {
		a, b := claire.in(t), ines.in(t)
		a.Open("/inbox/" + two)
		b.Open("/inbox/" + two)
		b.Until(ready)
		b.Type(`textarea[name="text"]`, "I ask the workshop as well and will call you tomorrow before noon. Number 4713.")
		a.Until(ready)
		a.Click(`form[action*="/reply"] button:not([name])`)                          // the draft of before
		b.Until(`document.querySelector("main").textContent.includes("Number 4711")`) // it is shown at once, and might be overlooked
		b.Click(`form[action*="/reply"] button:not([name])`)
		b.Until(ready + ` && document.querySelector(".field-error, [aria-invalid=true]") && document.querySelector("textarea[name=text]").value.includes("Number 4713")`)
		if n := s.place.count(t, "SELECT COUNT(*) FROM outgoing WHERE conversation = $1", two); n != 1 {
			t.Fatalf("%d answers are on their way, want the first alone", n)
		}
		b.Look("answered-meanwhile")
		b.Click(`form[action*="/reply"] button:not([name])`)
		waitFor(t, "the second answer", func() bool {
			return s.place.count(t, "SELECT COUNT(*) FROM outgoing WHERE conversation = $1", two) == 2
		})
	})
}

// TestBrowserPath: from the map to an objective, its measure, the rows behind the number, one conversation, and back up.
func TestBrowserPath(t *testing.T) {
	t.Parallel()
	s := demo(t)
	w := window(t, s.URL)
	w.signIn("strategist", "light", "en")
	w.Open("/strategy")
	w.Until(`document.querySelector("main svg a, main a[href*='/strategy/objectives/']")`)
	// An objective measured by how long people wait: its rows are conversations.
	objective := webtest.Eval[string](w.Window, `(async () => {
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
		w.Until(`document.querySelector(` + webtest.Quote(css) + `)`) // the address changes before the page is there
		before := webtest.Eval[string](w.Window, `location.href`)
		webtest.Eval[int](w.Window, fmt.Sprintf(`(document.querySelector(%s).scrollIntoView({block: "center"}), 0)`, webtest.Quote(css)))
		w.Click(css)
		w.Until(`location.href !== ` + webtest.Quote(before))
	}
	follow(fmt.Sprintf(`main table a[href=%q], main li a[href=%q], main svg a[href=%q]`, objective, objective, objective))
	w.Until(`location.pathname.startsWith("/strategy/objectives/")`)
	follow(`main a[href*="/measures/first-response-time"]`)
	w.Until(`location.pathname.startsWith("/measures/first-response-time")`)
	if !strings.Contains(webtest.Eval[string](w.Window, `location.pathname`), "/rows") {
		follow(`main a[href*="/measures/first-response-time/rows"]`)
	}
	w.Until(`location.pathname === "/measures/first-response-time/rows"`)
	follow(`main a[href^="/inbox/"]`)
	w.Until(`/^\/inbox\/\w+/.test(location.pathname) && document.querySelector(".thread, [class*=thread]")`)
	for range 6 {
		if webtest.Eval[string](w.Window, `location.pathname`) == "/strategy" {
			break
		}
		before := webtest.Eval[string](w.Window, `location.href`)
		webtest.Eval[int](w.Window, `(history.back(), 0)`)
		w.Until(`location.href !== ` + webtest.Quote(before))
	}
	w.Until(`location.pathname === "/strategy"`)
}

// TestBrowserWithoutScript: what members do works where pages run no script.
func TestBrowserWithoutScript(t *testing.T) {
	t.Parallel()
	s := demoed(t).serve(t)
	w := window(t, s.URL)
	one := answerable(t, s, 1)[0]
	w.withoutScript()
	w.Open("/sign-in?to=/inbox/" + one)
	w.Type("#f-email", demoMembers["volunteer"])
	w.Type("#f-password", demoPassword+"\r")
	w.Until(`location.pathname === "/inbox/` + one + `"`)
	if webtest.Eval[bool](w.Window, `Boolean(customElements.get("entente-live"))`) {
		t.Fatal("the page runs script: nothing is tested")
	}
	w.Click(`form[action*="/take"] button`)
	w.Until(`document.querySelector("form[action*='/release']")`)
	w.Type(`textarea[name="text"]`, "Bonjour, nous regardons. Numéro 4712.")
	w.Click(`form[action*="/reply"] button:not([name])`)
	w.Until(`document.readyState === "complete" && document.querySelector("main").textContent.includes("4712") && document.querySelector("textarea[name=text]").value === ""`)
	w.Click(`form[action*="/resolve"] button`)
	w.Until(`document.querySelector("form[action*='/reopen']") || location.pathname === "/inbox"`)
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

// maxShift is how much a page may move while it appears. Web Vitals call 0.1 good; at rest it is 0, on a busy machine a page arrives in parts.
const maxShift = 0.05

const shift = `(async () => {
	let shift = 0;
	new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) shift += e.value; }).observe({type: "layout-shift", buffered: true});
	await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
	return shift;
})()`

// TestBrowserLooks: every main page, dark, wide and in English, then light, narrow and in French: axe finds nothing, nothing is wider than the
// screen, nothing moves while it appears. ENTENTE_SHOTS names a folder for pictures.
func TestBrowserLooks(t *testing.T) {
	t.Parallel()
	browser(t)
	s := demo(t)
	pages := mainPages(t, s)
	for _, look := range []struct {
		name string
		webtest.View
	}{{"wide", webtest.Wide}, {"narrow", webtest.Narrow}} {
		t.Run(look.name, func(t *testing.T) {
			w := window(t, s.URL)
			w.Size(look.Width, look.Height)
			w.signIn("owner", look.Theme, look.Lang)
			for _, p := range pages {
				t.Run(p[0], func(t *testing.T) {
					w := w.in(t)
					w.Open(p[1])
					w.Look(p[0] + "-" + look.name)
					moved := webtest.Eval[float64](w.Window, shift)
					for range 3 { // what moves a page by itself does so each time, a busy machine does not
						if moved > maxShift {
							w.Open(p[1])
							moved = min(moved, webtest.Eval[float64](w.Window, shift))
						}
					}
					if moved > maxShift {
						t.Errorf("the page moved by %.3f while it appeared", moved)
					}
				})
			}
		})
	}
}

// TestWeight: script and style of a page together stay below 100 kB on the wire.
func TestWeight(t *testing.T) {
	t.Parallel()
	d := demo(t)
	owner, nobody := as(t, d, "owner", "en"), as(t, d, "", "fr")
	question := regexp.MustCompile(`/c/sillage/t/[^"?#]+`).FindString(nobody.page("/c/sillage/questions"))
	for _, p := range []struct {
		c    *client
		path string
		most int // bytes of HTML, script and style together, packed
	}{{owner, "/inbox", 100_000}, {nobody, question, 35_000}, {nobody, "/c/sillage", 35_000}, {nobody, "/c/sillage/questions", 35_000}} {
		page, err := p.c.try(http.MethodGet, p.path, nil, "Accept-Encoding", "gzip")
		if err != nil {
			t.Fatal(err)
		}
		html, script, style := len(page.body), 0, 0
		for _, path := range regexp.MustCompile(`(?:src|href)="(/[^"#]+\.(js|css)(?:\?[^"]*)?)"`).FindAllStringSubmatch(p.c.page(p.path), -1) {
			a, err := p.c.try(http.MethodGet, path[1], nil, "Accept-Encoding", "gzip")
			if err != nil {
				t.Fatal(err)
			}
			if a.status != 200 || strings.HasPrefix(path[1], assets.Prefix) && (a.header.Get("Content-Encoding") != "gzip" || !strings.Contains(a.header.Get("Cache-Control"), "immutable")) {
				t.Errorf("%s: %d %v", path[1], a.status, a.header)
			}
			if path[2] == "js" {
				script += len(a.body)
			} else {
				style += len(a.body)
			}
		}
		if page.header.Get("Content-Encoding") != "gzip" || script == 0 || style == 0 || html+script+style > p.most {
			t.Errorf("%s: %d bytes of HTML, %d of script and %d of style, want at most %d together", p.path, html, script, style, p.most)
		}
		t.Logf("%s: %d bytes of HTML, %d of script, %d of style", p.path, html, script, style)
	}
}
