package businessweb_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/webtest"
)

// TestInBrowser looks at the pages in a real browser, wide and narrow, light and dark, with long words.
func TestInBrowser(t *testing.T) {
	b := webtest.Start(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	x := open(t)
	operator := org.AsOperator(t.Context())
	long := strings.Repeat("Donaudampfschifffahrtsgesellschaft", 4)
	var list []business.Statement
	for i := range 12 {
		at := time.Date(2026, time.Month(i%10+1), 1, 0, 0, 0, 0, time.UTC)
		list = append(list, business.Statement{At: at, Amount: int64(i*100_000 + 5), Currency: []string{"EUR", "GBP"}[i%2], Fact: ledger.Fact{Kind: business.Cost, Origin: long, External: fmt.Sprint(long, i),
			Quantity: 1, Label: "platform", Organisation: long, Until: at.AddDate(0, 1, 0)}})
		list = append(list, business.Statement{At: at, Fact: ledger.Fact{Kind: business.Contact, External: fmt.Sprint(i), Quantity: float64(i + 1), Status: []string{"assisted", "self_service"}[i%2]}})
	}
	stated, err := x.s.State(operator, list)
	must(err)
	fact := "/business/facts/" + stated[0].ID
	must(x.s.Withdraw(operator, stated[2].ID, "", "booked twice"))
	_, err = x.w.AddRule(operator, business.Rule{Pattern: "couts-*.csv", Kind: business.Cost})
	must(err)
	w := b.Window(t, x.URL)
	w.Cookie(x.cookie, x.tokens[org.Owner])
	pages := map[string]string{"kinds": "/business", "list": "/business/facts?kind=cost", "contacts": "/business/facts?kind=contact", "withdrawn": "/business/facts?kind=cost&withdrawn=1",
		"fact": fact, "correct": fact + "/correct", "taken-back": "/business/facts/" + stated[2].ID, "new": "/business/facts/new?kind=revenue", "folder": "/business/folder"}
	w.Walk(t, "business", []webtest.View{webtest.Narrow, webtest.Wide}, pages, nil)
}
