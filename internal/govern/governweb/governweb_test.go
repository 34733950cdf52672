package governweb_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
)

var seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)

func seen(a answer) string {
	if found := seenField.FindStringSubmatch(a.text); found != nil {
		return found[1]
	}
	return ""
}

func TestPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic := x.visitor("ada@velo.example"), x.visitor("vic@velo.example")
		for _, path := range []string{"", "/orientation", "/readiness", "/risks", "/surroundings", "/reviews", "/decisions", "/actions", "/insights", "/spending", "/ties"} {
			ada.get("/govern"+path).shows(t, 200, "Governance")
			vic.get("/govern"+path).shows(t, 200, "Governance")
		}
		for _, path := range []string{"/risks", "/surroundings", "/reviews", "/decisions", "/actions", "/insights", "/spending", "/ties"} {
			ada.get("/govern"+path+"/new").shows(t, 200, "Save")
			want := 403
			if path == "/insights" { // volunteers hear things
				want = 200
			}
			vic.get("/govern"+path+"/new").shows(t, want)
			ada.get("/govern"+path+"/nothing").shows(t, 404)
		}

		bad := ada.post("/govern/risks", "name", "", "probability", "9", "impact", "3", "review_at", "soon", "cause", "kept <b>words</b>")
		bad.shows(t, 422, "This is not a day", "kept <b>words</b>")
		bad = ada.post("/govern/risks", "name", "", "probability", "9", "impact", "3")
		bad.shows(t, 422, "Please fill this in", "Choose from 1 to 5")
		made := ada.post("/govern/risks", "name", "Battery fire", "probability", "4", "impact", "5", "review_at", "2026-11-20", "state", "open")
		made.shows(t, 200, "Battery fire", "20 – high")
		if risks := ada.get("/govern/risks").text; !strings.Contains(risks, "No owner") || !strings.Contains(risks, `aria-label="1: Battery fire"`) || strings.Contains(risks, "Overdue") {
			t.Error("the register does not say what the risk lacks, or calls late what is due today")
		}
		vic.post(made.path, "name", "x").shows(t, 403)
		vic.post(made.path+"/remove").shows(t, 403)
		old := seen(ada.get(made.path + "/edit"))
		ada.post(made.path, "seen", old, "name", "Battery fire", "probability", "1", "impact", "5", "state", "open").shows(t, 200, "5 – low")
		ada.post(made.path, "seen", old, "name", "Other words", "probability", "2", "impact", "5", "state", "open").shows(t, 422, "Somebody else changed it meanwhile", "Other words")
		ada.post(made.path, "name", "Other words", "probability", "2", "impact", "5", "state", "open").shows(t, 422, "Somebody else changed it meanwhile")

		spent := func(tool, department string) {
			ada.post("/govern/spending", "tool", tool, "capability", "listening", "department", department, "amount", "49,90", "currency", "eur", "period", "month", "begins_at", "2026-01-01", "approval", "no").
				shows(t, 200, tool, "€598.80")
		}
		spent("Ear", "Sales")
		spent("Hark", "Product")
		ada.get("/govern/spending").shows(t, 200, "Listening is paid for by several departments: Product, Sales", "€1,197.60", `href="/govern/spending?show=doubled"`)
		if ending := ada.get("/govern/spending?show=ending").text; strings.Contains(ending, "data-open") {
			t.Error("what does not end is listed among what ends")
		}
		ada.post("/govern/spending", "tool", "x", "capability", "chat", "department", "y", "amount", "1e9", "currency", "EUR", "period", "month", "begins_at", "2026-01-01", "approval", "no").shows(t, 422, "Write an amount")

		insight := vic.post("/govern/insights", "name", "Plates wear", "department", "Product", "due_at", "2026-12-01", "about", "conversation:c1")
		insight.shows(t, 200, "Plates wear", "/inbox/c1")
		vic.post(insight.path+"/decide", "verdict", "done", "reason", "so").shows(t, 403)
		ada.post(insight.path+"/decide", "verdict", "done").shows(t, 422, "Please fill this in")
		if form := vic.get(insight.path + "/edit"); strings.Contains(form.text, `name="owner"`) {
			t.Error("who handed it over may say who decides")
		}
		vic.post(insight.path, "seen", seen(vic.get(insight.path+"/edit")), "name", "Plates wear out", "department", "Product", "due_at", "2026-12-01", "about", "conversation:c1").shows(t, 200, "Plates wear out")
		old = seen(ada.get(insight.path))
		ada.post(insight.path+"/decide", "seen", old, "verdict", "done", "reason", "Series C", "outcome", "No more").shows(t, 200, "No more")
		ada.post(insight.path+"/decide", "seen", old, "verdict", "refused", "reason", "No").shows(t, 422, "Somebody else changed it meanwhile")
		vic.get(insight.path+"/edit").shows(t, 403)
		ada.get("/govern/insights").shows(t, 200, "100%", "n = 1", `href="/govern/insights?show=acted"`)
		ada.get("/govern/insights?show=acted").shows(t, 200, "Plates wear out")
		if waiting := ada.get("/govern/insights?show=waiting").text; strings.Contains(waiting, "Plates wear out") {
			t.Error("what was decided is listed among what waits")
		}

		review := ada.post("/govern/reviews", "name", "Monthly", "rhythm", "monthly", "at", "2026-11-24T10:00", "minutes", "45")
		review.shows(t, 200, "Monthly", "Listening", "departments pay for it")
		ada.get(review.path+"/pack").shows(t, 200, "Agenda")
		ada.get(review.path+"/calendar.ics").shows(t, 200, "BEGIN:VEVENT", "DURATION:PT45M", "Listening (2 departments pay for it)")
		ada.post("/govern/actions", "name", "Choose one", "owner", "", "due_at", "2026-12-01").shows(t, 422, "Somebody must take it")
		// What was taken on before is on the page of the review to come, and is ticked off there by who may.
		taker, err := x.org.ByEmail(org.AsOperator(t.Context()), "vic@velo.example")
		x.must(err)
		ada.post("/govern/actions", "name", "Ring the seller", "owner", taker.ID, "due_at", "2026-12-01").shows(t, 200, "Ring the seller")
		meeting := vic.get(review.path)
		meeting.shows(t, 200, "Still open from before", "Ring the seller", "It is done: Ring the seller")
		tick := regexp.MustCompile(`/govern/actions/[0-9a-z]+/finish`).FindString(meeting.text)
		vic.post(tick, "seen", seen(meeting), "review", strings.TrimPrefix(review.path, "/govern/reviews/")).shows(t, 200, "Monthly")
		if after := vic.get(review.path).text; strings.Contains(after, "Still open from before") {
			t.Error("what is done is still open")
		}
		vic.get(strings.TrimSuffix(tick, "/finish")).shows(t, 200, "20 Nov 2026")
		ada.post(review.path+"/hold", "notes", "Two tools are one too many.").shows(t, 200, "Two tools are one too many.", "22 Dec 2026")
		ada.post(review.path+"/hold").shows(t, 200, "held already")

		ada.post("/govern/ties", "name", "Customers", "kind", "customer", "wanted", "1 000", "tie", "buys", "tie_wanted", "80", "tie_by", "usual", "tie", "", "tie_wanted", "9", "tie_by", "usual", "tie", "asks", "tie_wanted", "", "tie_by", "").shows(t, 200,
			"buys from us", "Business fact: Orders", "Nothing that is heard or brought says this", "1,000", "What was wanted", "1,000 wanted · buys from us 80 · asks")
		ada.post("/govern/ties", "name", "Many", "kind", "customer", "tie", "buys", "tie_wanted", "a lot", "tie_by", "stars").shows(t, 422, "whole number", "buys from us")
		ada.post("/govern/ties", "name", "Labs", "kind", "R&D lab", "wanted", "3", "tie", "tests", "tie_wanted", "2", "tie_by", "said:praise")
		plan := ada.get("/govern/ties")
		plan.shows(t, 200, "/people?kind=customer", "/people?kind=R%26D+lab", "0 of 80", "0 of 2")
		ada.get(regexp.MustCompile(`/govern/ties/[0-9a-z]+/people\?kind=tests`).FindString(plan.text)).shows(t, 200, "tests with us", "Wrote: praise", "Nobody in this group")
		ada.get("/govern").shows(t, 200, "Public service stays shut", "1 capability doubled", "2 without approval of IT")
	})
}

func TestOrientationAndReadiness(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic := x.visitor("ada@velo.example"), x.visitor("vic@velo.example")
		vic.get("/govern/orientation/better").shows(t, 403)
		next := ada.post("/govern/orientation/better", "choice", "service", "choice", "reputation", "then", "next")
		next.shows(t, 200, "What hurts today?")
		ada.post(next.path, "choice", "unanswered", "then", "result").shows(t, 200, "Answer every question in time", "Mostly outward", "Questions stay unanswered")
		ada.post("/govern/orientation/buyers", "choice", "people", "choice", "firms").shows(t, 422, "Choose only one")
		ada.post("/govern/proposals/answer_in_time/put").shows(t, 200, "is on the map", "See it")
		ada.post("/govern/proposals/answer_in_time/put").shows(t, 200, "This is on the map already")

		ada.post("/govern/readiness/team", "level", "4").shows(t, 422, "something must show it", "Of what day")
		ada.post("/govern/readiness/team", "level", "4", "evidence", "A rota", "evidence_on", "2026-11-01", "then", "next").shows(t, 200, "Do you know who knows what")
		ada.get("/govern/readiness").shows(t, 200, "A rota", "stays shut", "Fix opening hours", "Open it all the same")
		if strings.Contains(vic.get("/govern/readiness").text, "Open it all the same") {
			t.Error("a volunteer is offered to open the gate")
		}
		vic.post("/govern/gate/open", "reason", "x").shows(t, 403)
		ada.post("/govern/gate/open", "reason", "The fair").shows(t, 200, "Opened by Ada Morel", "The fair")
		ada.post("/govern/gate/close").shows(t, 200, "stays shut")
	})
}
