package charterweb_test

import (
	"testing"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark, in both languages.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x := open(t, dbtest.SQLite(t))
	op := org.AsOperator(t.Context())
	first, err := x.s.Begin(op)
	must(err)
	_, err = x.s.Publish(op, first.ID, "", x.now, true)
	must(err)
	draft, err := x.s.Begin(op)
	must(err)
	rule := draft.Rules[0]
	rule.Binding = false
	_, err = x.s.SetRule(op, draft.ID, draft.Rules[0].Mark(), rule)
	must(err)
	must(x.s.RemoveRule(op, draft.ID, draft.Rules[3].ID))
	w := b.Window(t, x.URL)
	w.Open("/design")
	w.Post("/in/ada@velo.example")
	pages := map[string]string{"in-force": "/charter", "versions": "/charter/versions", "version": "/charter/versions/" + first.ID, "draft": "/charter/versions/" + draft.ID, "changes": "/charter/versions/" + draft.ID + "/changes",
		"words": "/charter/versions/" + draft.ID + "/words", "rule": "/charter/versions/" + draft.ID + "/rules/" + rule.ID, "publish": "/charter/versions/" + draft.ID + "/publish", "members": "/charter/members"}
	w.Walk(t, "charter", []webtest.View{webtest.Narrow, webtest.Wide}, pages, nil)
}
