package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to become what a test waits for. Only a failing test waits so long.
const patience = 2 * time.Minute

// Window is a window with cookies of its own.
type Window struct {
	t    testing.TB
	ctx  context.Context
	axe  string
	base string
	look *look
	told *told
}

// look is what was asked for, to be held against what is shown.
type look struct{ theme, lang string }

// told are the complaints of pages that no Look has reported yet.
type told struct {
	mu  sync.Mutex
	all []string
}

func (l *told) add(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, text)
}

func (l *told) take() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.all
	l.all = nil
	return all
}

// watch runs before anything of a page does.
const watch = `document.addEventListener("securitypolicyviolation", (e) => console.error("the policy of the page forbids " + e.violatedDirective + " " + e.blockedURI + " " + e.sourceFile + " " + e.sample))`

// Window opens a window of 1280 by 900 pixels that closes with the test. Paths are of base. What its pages complain of (the policy
// broken, an exception, an error in the console) fails the test at the next Look and when the window closes.
func (b *Browser) Window(t testing.TB, base string) *Window {
	t.Helper()
	ctx, closed := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	w := &Window{t: t, ctx: ctx, axe: b.axe, base: base, look: &look{}, told: &told{}}
	t.Cleanup(func() {
		closed()
		w.complaints()
	})
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900)); err != nil { // makes the window, which lives as long as this context
		t.Fatalf("open a window: %v", err)
	}
	if err := chromedp.Listen(ctx, w.heard); err != nil {
		t.Fatalf("listen to the window: %v", err)
	}
	if _, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch}); err != nil {
		t.Fatalf("watch the window: %v", err)
	}
	return w
}

// heard notes what a page complains of. A refused request is an answer that tests look at themselves, not a complaint.
func (w *Window) heard(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if o := e.ExceptionDetails.Exception; o != nil {
			text += " " + o.Description
		}
		w.told.add("exception: " + text)
	case *runtime.EventConsoleAPICalled:
		if e.Type != "error" && e.Type != "assert" {
			return
		}
		var words []string
		for _, a := range e.Args {
			words = append(words, strings.Trim(string(a.Value), `"`)+a.Description)
		}
		w.told.add("console: " + strings.Join(words, " "))
	case *log.EventEntryAdded:
		if e.Entry.Level == "error" && e.Entry.Source != "network" {
			w.told.add(string(e.Entry.Source) + ": " + e.Entry.Text)
		}
	}
}

func (w *Window) complaints() {
	w.t.Helper()
	for _, c := range w.told.take() {
		w.t.Errorf("a page complains: %s", c)
	}
}

// In is the window for a subtest, which then fails in its own name.
func (w *Window) In(t testing.TB) *Window {
	in := *w
	in.t = t
	return &in
}

// On is the window for pages of another site.
func (w *Window) On(base string) *Window {
	on := *w
	on.base = base
	return &on
}

// Do takes steps with the browser. It fails when they take longer than anybody's patience.
func (w *Window) Do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		w.t.Fatalf("%v\n%s", err, w.where())
	}
}

// Size makes the window so wide and high, in pixels.
func (w *Window) Size(width, height int64) {
	w.t.Helper()
	w.Do(chromedp.EmulateViewport(width, height))
}

// Open goes to a page. Where another page is on its way already, such as what a form led to, the browser may drop this one: it is asked again.
func (w *Window) Open(path string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, patience)
	defer cancel()
	for {
		err := chromedp.Do(ctx, chromedp.Navigate(w.base+path))
		if err == nil {
			return
		}
		if !strings.Contains(err.Error(), "net::ERR_ABORTED") || ctx.Err() != nil {
			w.t.Fatalf("open %s: %v\n%s", path, err, w.where())
		}
	}
}

// whole waits for what is still loading: before, keys are not heard by the script and a click misses what moves. The address of a page changes
// when its first bytes are there.
func (w *Window) whole() {
	w.t.Helper()
	w.Until(`document.readyState === "complete"`)
}

// Keys presses keys wherever the focus is.
func (w *Window) Keys(keys string, with ...chromedp.KeyOption) {
	w.t.Helper()
	w.whole()
	w.Do(chromedp.KeyEvent(keys, with...))
}

// Chord presses keys that belong together until the page says yes. The first is forgotten after some seconds, which a busy machine may need between two.
func (w *Window) Chord(keys, condition string) {
	w.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		w.Keys(keys)
		for soon := time.Now().Add(5 * time.Second); time.Now().Before(soon); <-time.After(25 * time.Millisecond) {
			if yes, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")")); err == nil && yes {
				return
			}
		}
	}
	w.t.Fatalf("%q never makes true: %s\n%s", keys, condition, w.where())
}

// Click clicks the first element that a selector finds.
func (w *Window) Click(css string) {
	w.t.Helper()
	w.whole()
	w.Do(chromedp.Click(chromedp.CSS(css)))
}

// Type writes into the first element that a selector finds; "\r" is Enter.
func (w *Window) Type(css, text string) {
	w.t.Helper()
	w.whole()
	w.Do(chromedp.SendKeys(chromedp.CSS(css), text))
}

// Cookie gives the window a cookie of the site, without any request.
func (w *Window) Cookie(name, value string) {
	w.t.Helper()
	if _, err := chromedp.Call(w.ctx, network.SetCookie, network.SetCookieParams{Name: name, Value: value, URL: w.base + "/"}); err != nil {
		w.t.Fatalf("give the window the cookie %s: %v", name, err)
	}
}

// As asks for a theme and a language as the switches at the foot of pages leave it, and holds Look to it.
func (w *Window) As(theme, lang string) {
	w.t.Helper()
	w.Cookie("theme", theme)
	w.Cookie("lang", lang)
	*w.look = look{theme, lang}
}

// Post sends a form from the page that is open, as its script could; what comes back is not shown.
func (w *Window) Post(path string, pairs ...string) {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	Eval[int](w, fmt.Sprintf(`fetch(%s, {method: "POST", body: new URLSearchParams(%s)}).then(() => 0)`, Quote(path), Quote(form.Encode())))
}

// Eval is what a script of the page gives; a promise is awaited.
func Eval[T any](w *Window, script string) T {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.ctx, 2*patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		w.t.Fatalf("%.2000s: %v\n%s", script, err, w.where())
	}
	return v
}

// Until waits for the page to say yes. It asks again and again from outside, so that it works from one page to the next and where pages
// run no script.
func (w *Window) Until(condition string) {
	w.t.Helper()
	end := time.Now().Add(patience)
	for {
		yes, err := chromedp.Run(w.ctx, chromedp.Evaluate[bool]("Boolean("+condition+")"))
		if err == nil && yes {
			return
		}
		if time.Now().After(end) || w.ctx.Err() != nil {
			w.t.Fatalf("never true: %s (%v)\n%s", condition, err, w.where())
		}
		<-time.After(25 * time.Millisecond)
	}
}

// where is what the window shows, for messages.
func (w *Window) where() string {
	ctx, cancel := context.WithTimeout(w.ctx, 3*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + ((document.querySelector("main") || document.body)?.innerText ?? "").slice(0, 600) + "\nfocus: " + document.activeElement?.outerHTML.slice(0, 200)`))
	if err != nil {
		return err.Error()
	}
	return text
}

// Quote is a text as script writes it.
func Quote(s string) string {
	raw, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// Errorf fails the test that the window belongs to.
func (w *Window) Errorf(format string, args ...any) {
	w.t.Helper()
	w.t.Errorf(format, args...)
}

// Fatalf fails and ends the test that the window belongs to.
func (w *Window) Fatalf(format string, args ...any) {
	w.t.Helper()
	w.t.Fatalf(format, args...)
}
