package reportweb_test

import (
	"testing"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark, in both languages.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	x := open(t, dbtest.SQLite(t))
	at, mailing := x.fill()
	w := b.Window(t, x.URL)
	w.Open("/design")
	w.Post("/in/ada@velo.example")
	pages := map[string]string{"list": "/dashboards", "new": "/dashboards/new", "dashboard": at, "edit": at + "/edit", "tile": at + "/tiles/new", "notes": "/notes", "value": "/value",
		"line": "/value/lines/new", "reports": "/reports", "report": mailing, "report-form": mailing + "/edit", "pack": "/review-pack"}
	w.Walk(t, "report", []webtest.View{webtest.Narrow, webtest.Wide}, pages, nil)
}
