package e2e

import (
	"strings"
	"testing"

	"github.com/entente/entente/internal/web/webtest"
)

// TestBrowserSituation: from the keyboard alone, a situation is opened, routing is changed for it, a statement is held against the charter, and
// with the all-clear routing is as before; the inbox marks what belongs to it.
func TestBrowserSituation(t *testing.T) {
	t.Parallel()
	s := demoed(t).serve(t)
	w := window(t, s.URL).in(t)
	w.signIn("owner", "light", "en")
	one := answerable(t, s, 1)[0]
	press := func(css string) { // as a keyboard does
		t.Helper()
		w.Until(`document.querySelector(` + webtest.Quote(css) + `)`)
		webtest.Eval[int](w.Window, `(document.querySelector(`+webtest.Quote(css)+`).closest("details")?.setAttribute("open", ""), document.querySelector(`+webtest.Quote(css)+`).focus(), 0)`)
		w.Keys("\r")
	}
	w.Open("/situations/new?conversation=" + one)
	w.Until(`document.querySelector("[name=name]")`)
	webtest.Eval[int](w.Window, `(document.querySelector("[name=name]").focus(), 0)`)
	w.Keys("Loose bells\r")
	w.Until(`/^\/situations\/(?!new)\w+$/.test(location.pathname) && document.querySelector("#routing")`)
	room := webtest.Eval[string](w.Window, `location.pathname`)
	press(`form[action$="/routing"] button:not([name=do])`)
	w.Until(`document.querySelector("#routing").textContent.includes("Whoever fits") && document.querySelector("#routing [value=restore]")`)
	w.Open("/inbox?view=open")
	w.Until(`document.querySelector("main").textContent.includes("Loose bells")`)
	w.Open(room)
	press(`form[action$="/clear"] button`)
	w.Until(`document.querySelector("form[action$='/reopen']")`)
	if routing := webtest.Eval[string](w.Window, `document.querySelector("#routing")?.textContent || ""`); strings.Contains(routing, "Its conversations go to") {
		t.Errorf("after the all-clear routing says %q", routing)
	}
}
