package webtest

import (
	"os"
	"path/filepath"
	"strings"

	"github.com/chromedp/chromedp"
)

// seen is what a page looks like.
type seen struct {
	Wide  int       `json:"wide"`  // pixels by which it is wider than the screen
	Wider string    `json:"wider"` // the first element that is
	Style int       `json:"style"` // elements with style or script of their own
	Heads int       `json:"heads"` // headings of the first level
	Lang  string    `json:"lang"`
	Dark  bool      `json:"dark"`
	Found []finding `json:"found"` // by axe
}

// finding is a rule that a page breaks, and where.
type finding struct {
	ID    string `json:"id"`
	Help  string `json:"help"`
	Nodes []struct {
		HTML    string `json:"html"`
		Summary string `json:"failureSummary"`
	} `json:"nodes"`
}

// places is how many places of one finding are told.
const places = 3

// What comes in step by step is looked at as it stands then: half of it is too pale to read.
const looking = `(async () => {
	for (const a of document.getAnimations()) if (Number.isFinite(a.effect.getComputedTiming().endTime)) a.finish();
	const room = document.documentElement.clientWidth, wide = document.documentElement.scrollWidth - room;
	let wider = "";
	if (wide > 0) for (const e of document.querySelectorAll("body *")) {
		if (wider === "" && e.getBoundingClientRect().right > room + 1 && getComputedStyle(e).position !== "fixed") wider = e.outerHTML.slice(0, 200);
	}
	return {
		wide, wider,
		style: document.querySelectorAll("[style], style, [onclick]").length,
		heads: document.querySelectorAll("h1").length,
		lang: document.documentElement.lang,
		dark: getComputedStyle(document.body).colorScheme === "dark",
		found: (await axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"]})).violations,
	};
})()`

func (w *Window) see(name string) seen {
	w.t.Helper()
	w.whole()
	w.Shot(name)
	Eval[int](w, w.axe+"; 0")
	return Eval[seen](w, looking)
}

// Shot keeps a picture of the whole page in the folder that ENTENTE_SHOTS names; every Look takes one.
func (w *Window) Shot(name string) {
	w.t.Helper()
	dir := os.Getenv("ENTENTE_SHOTS")
	if dir == "" {
		return
	}
	shot, err := chromedp.Run(w.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		w.t.Fatalf("take a picture: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".png"), shot, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// Look fails the test when axe finds something in the page that is open, when it is wider than the screen, has not one first heading,
// carries style or script in its text, is not in the theme and language that As asked for, or when a page complained since the last Look.
func (w *Window) Look(name string) {
	w.t.Helper()
	w.LookAtHeads(name, 1)
}

// LookAtHeads is Look for a page with so many first headings.
func (w *Window) LookAtHeads(name string, heads int) {
	w.t.Helper()
	got := w.see(name)
	w.complaints()
	for _, wrong := range got.wrong(*w.look, heads) {
		w.t.Error(wrong)
	}
}
