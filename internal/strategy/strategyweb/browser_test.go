package strategyweb_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser looks at the pages in a real browser with the sample map, wide and narrow, light and dark: one map is shown and its
// objectives can be reached with the keyboard. Then it works with the editor.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
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
	w := b.Window(t, x.URL)
	w.Open("/design")
	w.Post("/in/ada@velo.example")
	pages := map[string]string{"map": "/strategy", "objective": objective, "edit-objective": objective + "/edit", "edit-map": "/strategy/maps/" + m.ID + "/edit",
		"draw": of + "/draw", "history": of + "/history",
		"shares": of + "/shares", "maps": "/strategy/maps", "new-map": "/strategy/maps/new", "compare": "/strategy/compare?map=" + m.ID, "sight": objective + "/sight",
		"present": "/strategy/present", "slide": "/strategy/present?step=3", "shared": strategy.SharedPath + secret, "theme": "/strategy?theme=" + m.Themes[0].ID,
		"what-counts": objective + "/measures/new", "measure": objective + "/measures/new?measure=first-response-time"}
	w.Walk(t, "strategy", []webtest.View{webtest.Narrow, webtest.Wide}, pages, func(w *webtest.Window, name string, _ webtest.View) {
		if name != "map" {
			return
		}
		if got := webtest.Eval[string](w, `[...document.querySelectorAll("a.map-objective")].filter(a => a.checkVisibility() && a.getClientRects().length).length + " " +
			[...document.querySelectorAll("svg.map")].filter(s => s.getClientRects().length).length`); got != "12 1" {
			w.Errorf("objectives and maps to be seen: %s, want 12 1", got)
		}
	})

	t.Run("editor", func(t *testing.T) {
		w := w.In(t)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		w.Size(1400, 1100)
		w.Open(of + "/draw")
		eval := func(js string) string {
			t.Helper()
			return webtest.Eval[string](w, `(async () => String(`+js+`))()`)
		}
		// until waits for something to be so; what it is stands in the message.
		until := func(what, js string) {
			t.Helper()
			w.Until(js + ` /* ` + what + ` */`)
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
		w.Keys(kb.ArrowRight, chromedp.KeyModifiers(chromedp.ModifierAlt))
		until("moved by keyboard", said("Moved"))
		if now := full().Row(first.Perspective); now[0].ID != second.ID || now[1].ID != first.ID {
			t.Fatal("Alt and an arrow did not move it")
		}
		if eval(`document.activeElement.dataset.objective`) != first.ID {
			t.Error("it lost the focus")
		}
		w.Keys("z", chromedp.KeyModifiers(chromedp.ModifierCtrl))
		until("taken back", said("Taken back"))
		if now := full().Row(first.Perspective); now[0].ID != first.ID {
			t.Fatal("Ctrl Z did not take it back")
		}
		w.Keys(kb.F2)
		until("a field to rename", `document.querySelector(".map-name-field") === document.activeElement`)
		w.Keys("Win them over" + kb.Enter)
		until("renamed", said("Renamed"))
		if o, _ := full().Objective(first.ID); o.Name.In("en") != "Win them over" {
			t.Fatalf("it is called %v", o.Name)
		}
		w.Keys("n")
		until("a field for a new one", `document.querySelector(".map-name-field") === document.activeElement`)
		eval(`(document.activeElement.value = "", "")`) // DevTools type the n although its key was taken
		w.Keys("Grow by word of mouth" + kb.Enter)
		until("added", said("Added")+` && [...document.querySelectorAll("a.map-objective title")].some(t => t.textContent.includes("word of mouth"))`)
		added := objectiveNamed(full(), "Grow by word of mouth")
		if added.ID == "" {
			t.Fatalf("what was added is called %v", full().Objectives[len(full().Objectives)-1].Name)
		}
		// Linked by keyboard: l, then the other one, then Enter.
		focus(added.ID)
		w.Keys("l")
		until("linking", said("Linking"))
		focus(second.ID)
		w.Keys(kb.Enter)
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
		w.Keys("l")
		until("linking again", said("Linking"))
		focus(added.ID)
		w.Keys(kb.Enter)
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
		w.Do(chromedp.DragAndDropXY(fx, fy, tx, ty, 8))
		until("moved by hand", said("Moved"))
		if o, _ := full().Objective(added.ID); o.Perspective != bottom {
			t.Fatal("it was not dragged to the foot of the map")
		}
		// A link is drawn by hand from the handle of a card to another card.
		ends := strings.Fields(eval(`(() => {
			const at = (e) => { const b = e.getBoundingClientRect(); return (b.x + b.width / 2) + " " + (b.y + b.height / 2); };
			document.querySelector('a.map-objective[data-objective="` + added.ID + `"]').scrollIntoView({block: "end"});
			return at(document.querySelector('a.map-objective[data-objective="` + added.ID + `"] .map-handle')) + " " + at(document.querySelector('` + card(first.ID) + `'));
		})()`))
		var drag [4]float64
		for i := range drag {
			drag[i], err = strconv.ParseFloat(ends[i], 64)
			must(err)
		}
		w.Do(chromedp.DragAndDropXY(drag[0], drag[1], drag[2], drag[3], 8))
		until("linked by hand", said("Linked"))
		if !linked(added.ID, first.ID) {
			t.Fatal("the link was not drawn from one to the other")
		}
		w.Keys("z", chromedp.KeyModifiers(chromedp.ModifierCtrl, chromedp.ModifierShift))
		until("nothing to bring back", said("nothing"))
		focus(added.ID)
		w.Keys(kb.Delete)
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
