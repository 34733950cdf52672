package governweb_test

import (
	"testing"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/govern"
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
	risk, err := x.s.AddRisk(op, govern.Risk{Name: "A risk with a name that is long enough to need more than one line on a narrow screen", Probability: 4, Impact: 5})
	must(err)
	entry, err := x.s.AddSurrounding(op, govern.Surrounding{Factor: "legal", Name: "Battery law", Source: "https://example.org/law", Probability: 4, Impact: 4, Horizon: "year"})
	must(err)
	review, err := x.s.AddReview(op, govern.Review{Name: "Monthly review", Rhythm: govern.Monthly, At: x.now.AddDate(0, 0, 3)})
	must(err)
	for _, department := range []string{"Sales", "Product"} {
		_, err = x.s.AddSpending(op, govern.Spending{Tool: "Ear", Capability: "listening", Department: department, Amount: 4990, Currency: "EUR", Period: "month", BeginsAt: x.now.AddDate(0, -3, 0), EndsAt: x.now.AddDate(0, 1, 0), Approval: "no"})
		must(err)
	}
	insight, err := x.s.HandInsight(op, govern.Insight{Name: "Plates wear", Department: "Product", DueAt: x.now.AddDate(0, 0, -2)})
	must(err)
	_, err = x.s.AddDecision(op, govern.Decision{Name: "Stay", Why: "It works.", DecidedAt: x.now, ReviewAt: x.now.AddDate(0, 0, -1)})
	must(err)
	tie, err := x.s.AddTie(op, govern.Tie{Name: "Customers", Kind: "customer", Wanted: 5, Ties: []govern.Strand{{Kind: "buys", Wanted: 3, By: govern.Usual}, {Kind: "tests"}}})
	must(err)
	must(x.s.Answer(op, "better", []string{"service", "reputation"}))
	must(x.s.Answer(op, "hurts", []string{"unanswered", "same_questions"}))
	x.now = x.now.AddDate(0, 0, -100)
	_, err = x.s.Claim(op, govern.Claim{Question: "team", Level: 2})
	must(err)
	x.now = x.now.AddDate(0, 0, 100)
	_, err = x.s.Claim(op, govern.Claim{Question: "team", Level: 4, Evidence: "A rota", EvidenceOn: x.now})
	must(err)
	vic, err := x.org.ByEmail(op, "vic@velo.example")
	must(err)
	w := b.Window(t, x.URL)
	w.Open("/design")
	w.Post("/in/ada@velo.example")
	pages := map[string]string{"overview": "/govern", "orientation": "/govern/orientation", "question": "/govern/orientation/better", "single": "/govern/orientation/buyers", "readiness": "/govern/readiness", "claim": "/govern/readiness/team", "risks": "/govern/risks",
		"risk": "/govern/risks/" + risk.ID, "edit-risk": "/govern/risks/" + risk.ID + "/edit", "surroundings": "/govern/surroundings", "surrounding": "/govern/surroundings/" + entry.ID, "reviews": "/govern/reviews", "review": "/govern/reviews/" + review.ID,
		"edit-review": "/govern/reviews/" + review.ID + "/edit", "pack": "/govern/reviews/" + review.ID + "/pack", "decisions": "/govern/decisions", "actions": "/govern/actions", "insights": "/govern/insights", "insight": "/govern/insights/" + insight.ID,
		"spending": "/govern/spending", "new-spending": "/govern/spending/new", "ties": "/govern/ties", "edit-tie": "/govern/ties/" + tie.ID + "/edit", "tie": "/govern/ties/" + tie.ID, "tied": "/govern/ties/" + tie.ID + "/people?kind=buys"}
	w.Walk(t, "govern", []webtest.View{webtest.Narrow, webtest.Wide}, pages, nil)

	// A state in a narrow column stays on one line.
	first, err := x.str.Map(op, "")
	must(err)
	_, err = x.s.AddAction(op, govern.Action{Name: "Write to everybody who still has a battery of the first series", Owner: vic.ID, DueAt: x.now.AddDate(0, 0, -2), Objective: first.Objectives[0].ID})
	must(err)
	w.As("light", "fr")
	w.Size(1000, 800)
	w.Open("/govern/actions")
	if lines := webtest.Eval[float64](w, `(() => { const s = document.querySelector("td .state"); return s.getBoundingClientRect().height / parseFloat(getComputedStyle(s).lineHeight) })()`); lines > 1.5 {
		t.Errorf("a state takes %.1f lines", lines)
	}
}
