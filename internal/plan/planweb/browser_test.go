package planweb_test

import (
	"testing"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser looks at the pages in a real browser with an initiative of sixty tasks, wide and narrow, light and dark; the timeline is
// drawn where there is room.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	x := open(t, dbtest.SQLite(t))
	i := x.large()
	x.now = x.now.AddDate(0, 0, 16)
	at := "/initiatives/" + i.ID
	w := b.Window(t, x.URL)
	w.Open("/design")
	w.Post("/in/ada@velo.example")
	pages := map[string]string{"list": "/initiatives", "portfolio": "/initiatives/portfolio", "capacity": "/initiatives/capacity", "calendar": "/initiatives/calendar", "new": "/initiatives/new",
		"overview": at, "timeline": at + "/timeline", "money": at + "/money", "people": at + "/people", "edit-tasks": at + "/edit/tasks", "edit-budget": at + "/edit/budget",
		"edit-risks": at + "/edit/risks", "edit-benefits": at + "/edit/benefits", "edit-people": at + "/edit/people"}
	w.Walk(t, "plan", []webtest.View{webtest.Narrow, webtest.Wide}, pages, func(w *webtest.Window, name string, v webtest.View) {
		if name != "timeline" {
			return
		}
		if drawn := webtest.Eval[bool](w, `[...document.querySelectorAll("svg.gantt")].some(s => s.getClientRects().length)`); drawn != (v.Width > 600) {
			w.Errorf("a timeline is drawn on %d px: %v", v.Width, drawn)
		}
	})
}
