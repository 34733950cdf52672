package strategyweb_test

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/entente/entente/assets"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/strategy"
)

type look struct {
	Wide  int    `json:"wide"`
	Style int    `json:"style"`
	H1    int    `json:"h1"`
	Name  string `json:"name"`
	Found []struct {
		ID    string `json:"id"`
		Help  string `json:"help"`
		Nodes []struct {
			HTML    string `json:"html"`
			Summary string `json:"failureSummary"`
		} `json:"nodes"`
	} `json:"found"`
}

// TestInBrowser looks at the pages in a real browser with the sample map, wide and narrow, light and dark: axe finds nothing, nothing is
// wider than the screen, one map is shown and its objectives can be reached with the keyboard. ENTENTE_SHOTS names a folder for pictures.
func TestInBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	axe, err := os.ReadFile(filepath.Join("..", "..", "..", "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		if os.Getenv("ENTENTE_TEST_BROWSER") == "1" {
			t.Fatal("axe-core is not installed")
		}
		t.Skip("axe-core is not installed")
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
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(path), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, stop := chromedp.NewContext(ctx)
	t.Cleanup(stop)
	ctx, done := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(done)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}

	x := open(t, dbtest.SQLite(t))
	raw, err := os.ReadFile("../../../sample/map.json")
	must(err)
	named := func(context.Context, string) (string, error) { return "", nil }
	m, _, err := x.s.Load(x.ctx, bytes.NewReader(raw), strategy.Lookups{Topic: named, Channel: named, Owner: named})
	must(err)
	objective := "/strategy/objectives/" + m.Objectives[3].ID
	department, err := x.s.FromTemplate(x.ctx, "small", strategy.As{Kind: strategy.OfDepartment, Scope: "Annecy"})
	must(err)
	_, err = x.s.Contribute(x.ctx, strategy.Contribution{Origin: department.Objectives[0].ID, Serves: m.Objectives[3].ID})
	must(err)
	secret, _, err := x.s.MakeShare(x.ctx, strategy.Share{Map: m.ID, Label: "Conseil", Shows: strategy.ShowValues}, time.Hour)
	must(err)
	of := "/strategy/maps/" + m.ID
	post := func(path string, pairs ...string) {
		t.Helper()
		form := url.Values{}
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Set(pairs[i], pairs[i+1])
		}
		_, err := chromedp.Run(ctx, chromedp.Evaluate[any](`fetch("`+path+`", {method: "POST", body: new URLSearchParams("`+form.Encode()+`")}).then(() => 0)`, chromedp.EvalAwaitPromise))
		must(err)
	}
	must(chromedp.Do(ctx, chromedp.Navigate(x.URL+"/design")))
	post("/in/ada@velo.example")
	for _, view := range []struct {
		theme, lang   string
		width, height int64
	}{{"light", "fr", 390, 844}, {"dark", "en", 1280, 900}} {
		post("/theme", "theme", view.theme, "to", "/design")
		post("/language", "lang", view.lang, "to", "/design")
		for name, page := range map[string]string{"map": "/strategy", "objective": objective, "edit-objective": objective + "/edit", "edit-map": "/strategy/maps/" + m.ID + "/edit",
			"draw": of + "/draw", "history": of + "/history",
			"shares": of + "/shares", "maps": "/strategy/maps", "new-map": "/strategy/maps/new", "compare": "/strategy/compare?map=" + m.ID, "sight": objective + "/sight",
			"present": "/strategy/present", "slide": "/strategy/present?step=3", "shared": strategy.SharedPath + secret, "theme": "/strategy?theme=" + m.Themes[0].ID,
			"what-counts": objective + "/measures/new", "measure": objective + "/measures/new?measure=first-response-time"} {
			t.Run(strings.Join([]string{name, view.theme, view.lang}, "-"), func(t *testing.T) {
				must(chromedp.Do(ctx, chromedp.EmulateViewport(view.width, view.height), chromedp.Navigate(x.URL+page)))
				if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
					shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
					must(err)
					must(os.WriteFile(filepath.Join(dir, "strategy-"+name+"-"+view.theme+".png"), shot, 0o600))
				}
				_, err := chromedp.Run(ctx, chromedp.Evaluate[any](string(axe)+"; 0"))
				must(err)
				got, err := chromedp.Run(ctx, chromedp.Evaluate[look](`(async () => ({
					wide: document.documentElement.scrollWidth - document.documentElement.clientWidth,
					style: document.querySelectorAll("[style], style, [onclick]").length,
					h1: document.querySelectorAll("h1").length,
					name: [...document.querySelectorAll("a.map-objective")].filter(a => a.checkVisibility() && a.getClientRects().length).length + " " +
						[...document.querySelectorAll("svg.map")].filter(s => s.getClientRects().length).length,
					found: (await axe.run(document)).violations,
				}))()`, chromedp.EvalAwaitPromise))
				must(err)
				for _, f := range got.Found {
					for i, n := range f.Nodes {
						if i < 3 {
							t.Errorf("%s (%s): %s\n%s", f.ID, f.Help, n.HTML, n.Summary)
						}
					}
				}
				if got.Wide > 0 || got.Style > 0 || got.H1 != 1 {
					t.Errorf("%d px too wide, %d inline styles, %d first headings", got.Wide, got.Style, got.H1)
				}
				if name == "map" && got.Name != "12 1" {
					t.Errorf("objectives and maps to be seen: %s, want 12 1", got.Name)
				}
			})
		}
	}

	t.Run("editor", func(t *testing.T) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(chromedp.Do(ctx, chromedp.EmulateViewport(1400, 1100), chromedp.Navigate(x.URL+of+"/draw")))
		eval := func(js string) string {
			t.Helper()
			v, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => String(`+js+`))()`, chromedp.EvalAwaitPromise))
			must(err)
			return v
		}
		// until waits for something to be so; the browser is asked, no time is counted.
		until := func(what, js string) {
			t.Helper()
			if got := eval(`await new Promise(done => { let n = 0; const look = () => { let is = false; try { is = ` + js + `; } catch {} if (is || ++n > 900) done(is ? "yes" : "no: " + document.querySelector(".map-say")?.textContent); else requestAnimationFrame(look); }; look(); })`); got != "yes" {
				t.Fatalf("%s: %s", what, got)
			}
		}
		said := func(word string) string {
			return `document.querySelector(".map-say").textContent.includes("` + word + `")`
		}
		focus := func(id string) {
			t.Helper()
			if got := eval(`(() => { const o = document.querySelector('a.map-objective[data-objective="` + id + `"]'); o?.focus(); return o ? "" : document.querySelector(".map-say")?.textContent + document.querySelectorAll("a.map-objective").length; })()`); got != "" {
				t.Fatalf("%s is not on the drawing: %s", id, got)
			}
		}
		full := func() strategy.Map {
			m, err := x.s.Map(x.ctx, m.ID)
			must(err)
			return m
		}
		row := full().Row(m.Objectives[0].Perspective)
		first, second := row[0], row[1]
		until("the editor is there", `customElements.get("entente-map") && document.querySelector("entente-map")`)
		focus(first.ID)
		must(chromedp.Do(ctx, chromedp.KeyEvent(kb.ArrowRight, chromedp.KeyModifiers(chromedp.ModifierAlt))))
		until("moved by keyboard", said("Moved"))
		if now := full().Row(first.Perspective); now[0].ID != second.ID || now[1].ID != first.ID {
			t.Fatal("Alt and an arrow did not move it")
		}
		if eval(`document.activeElement.dataset.objective`) != first.ID {
			t.Error("it lost the focus")
		}
		must(chromedp.Do(ctx, chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))))
		until("taken back", said("Taken back"))
		if now := full().Row(first.Perspective); now[0].ID != first.ID {
			t.Fatal("Ctrl Z did not take it back")
		}
		must(chromedp.Do(ctx, chromedp.KeyEvent(kb.F2)))
		until("a field to rename", `document.querySelector(".map-name-field") === document.activeElement`)
		must(chromedp.Do(ctx, chromedp.KeyEvent("Win them over"+kb.Enter)))
		until("renamed", said("Renamed"))
		if o, _ := full().Objective(first.ID); o.Name.In("en") != "Win them over" {
			t.Fatalf("it is called %v", o.Name)
		}
		must(chromedp.Do(ctx, chromedp.KeyEvent("n")))
		until("a field for a new one", `document.querySelector(".map-name-field") === document.activeElement`)
		eval(`(document.activeElement.value = "", "")`) // DevTools type the n although its key was taken
		must(chromedp.Do(ctx, chromedp.KeyEvent("Grow by word of mouth"+kb.Enter)))
		until("added", said("Added")+` && [...document.querySelectorAll("a.map-objective title")].some(t => t.textContent.includes("word of mouth"))`)
		added := objectiveNamed(full(), "Grow by word of mouth")
		if added.ID == "" {
			t.Fatalf("what was added is called %v", full().Objectives[len(full().Objectives)-1].Name)
		}
		// Linked by keyboard: l, then the other one, then Enter.
		focus(added.ID)
		must(chromedp.Do(ctx, chromedp.KeyEvent("l")))
		until("linking", said("Linking"))
		focus(second.ID)
		must(chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)))
		until("linked", said("Linked"))
		linked := func(from, to string) bool {
			for _, l := range full().Links {
				if l.Origin == from && l.Serves == to {
					return true
				}
			}
			return false
		}
		if !linked(added.ID, second.ID) {
			t.Fatal("it is not linked")
		}
		// A link that closes a circle is refused in words.
		focus(second.ID)
		must(chromedp.Do(ctx, chromedp.KeyEvent("l")))
		until("linking again", said("Linking"))
		focus(added.ID)
		must(chromedp.Do(ctx, chromedp.KeyEvent(kb.Enter)))
		until("refused", said("circle"))
		// Dragged into the lowest perspective, and a link drawn from its handle.
		middle := func(selector string) (float64, float64) {
			t.Helper()
			var px, py float64
			_, err := fmt.Sscan(eval(`(() => { const e = document.querySelector('`+selector+`'); e.scrollIntoView({block: "center"}); const b = e.getBoundingClientRect(); return (b.x + b.width / 2) + " " + (b.y + b.height / 2); })()`), &px, &py)
			must(err)
			return px, py
		}
		card := func(id string) string { return `a.map-objective[data-objective="` + id + `"] .map-card` }
		bottom := m.Bands()[len(m.Bands())-1].ID
		fx, fy := middle(card(added.ID))
		tx, ty := middle(`.map-drop[data-drop="` + bottom + `"]`)
		fx, fy = middle(card(added.ID))
		tx, ty = func() (float64, float64) { // where it is now that the first was scrolled to
			var px, py float64
			_, err := fmt.Sscan(eval(`(() => { const b = document.querySelector('.map-drop[data-drop="`+bottom+`"]').getBoundingClientRect(); return (b.x + b.width / 2) + " " + (b.y + b.height / 2); })()`), &px, &py)
			must(err)
			return px, py
		}()
		must(chromedp.Do(ctx, chromedp.DragAndDropXY(fx, fy, tx, ty, 8)))
		until("moved by hand", said("Moved"))
		if o, _ := full().Objective(added.ID); o.Perspective != bottom {
			t.Fatal("it was not dragged to the foot of the map")
		}
		must(chromedp.Do(ctx, chromedp.KeyEvent("z", chromedp.KeyModifiers(chromedp.ModifierCtrl, chromedp.ModifierShift))))
		until("nothing to bring back", said("nothing"))
		focus(added.ID)
		must(chromedp.Do(ctx, chromedp.KeyEvent(kb.Delete)))
		until("removed", said("Removed")+` && !document.querySelector('[data-objective="`+added.ID+`"]')`)
		if _, still := full().Objective(added.ID); still {
			t.Fatal("it is still there")
		}
	})
}

func objectiveNamed(m strategy.Map, name string) strategy.Objective {
	for _, o := range m.Objectives {
		if o.Name.In("en") == name {
			return o
		}
	}
	return strategy.Objective{}
}
