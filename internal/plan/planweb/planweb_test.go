package planweb_test

import (
	"context"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/gantt"
	"github.com/entente/entente/internal/plan/planweb"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
)

const password = "Pignon libre 42"

type site struct {
	*httptest.Server
	t         *testing.T
	org       *org.Service
	s         *plan.Service
	now       time.Time
	ctx       context.Context
	ada, vic  string
	objective string
}

func open(t *testing.T, d *db.DB) *site {
	t.Helper()
	x := &site{t: t, now: time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return x.now }
	log := slog.New(slog.DiscardHandler)
	x.org = org.New(d, log, clock)
	m := measure.New(d, x.org, clock)
	st := strategy.New(d, m, x.org, log, clock)
	x.s = plan.New(d, m, st, x.org, log, clock)
	server := web.New(web.Options{Org: x.org, Log: log, Clock: clock})
	planweb.Routes(server.Routes(), x.s, x.org, planweb.Options{})
	server.Routes().Do("POST /in/{email}", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		token, err := x.org.SignIn(r.Context(), r.PathValue("email"), password, web.VisitOf(r))
		if err == nil {
			server.SignIn(w, token)
		}
		return err
	})
	x.Server = httptest.NewServer(server.Handler())
	t.Cleanup(x.Server.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(x.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo Lumière", Lang: "en", Zone: "Europe/Paris", URL: x.URL, OwnerName: "Ada Morel", OwnerEmail: "ada@velo.example", Password: password}))
	ada, err := x.org.ByEmail(t.Context(), "ada@velo.example")
	must(err)
	x.ada, x.ctx = ada.ID, org.With(t.Context(), ada)
	invited, err := x.org.Invite(x.ctx, org.Invite{Email: "vic@velo.example", Name: "Vic", Role: org.Volunteer, Lang: "en"})
	must(err)
	_, err = x.org.Accept(t.Context(), strings.TrimPrefix(invited.Path, org.InvitationPath), org.Accept{Name: "Vic", Lang: "en", Zone: "UTC", Password: password}, org.Visit{})
	must(err)
	vic, err := x.org.ByEmail(t.Context(), "vic@velo.example")
	must(err)
	x.vic = vic.ID
	name := func(s string) strategy.Words { return strategy.Words{"en": s} }
	made, err := st.AddMap(x.ctx, strategy.Draft{Name: name("Our map"), Perspectives: []strategy.Perspective{{ID: "value", Name: name("Value")}},
		Objectives: []strategy.Objective{{ID: "keep", Perspective: "value", Name: name("Keep customers")}, {ID: "win", Perspective: "value", Name: name("Win riders")}}})
	must(err)
	x.objective = made.Objectives[0].ID
	if made.Objectives[0].Name.In("en") != "Keep customers" {
		x.objective = made.Objectives[1].ID
	}
	return x
}

// large is an initiative with sixty tasks, all kinds of lines, risks and benefits, and long names.
func (x *site) large() plan.Initiative {
	x.t.Helper()
	must := func(i plan.Initiative, err error) plan.Initiative {
		x.t.Helper()
		if err != nil {
			x.t.Fatal(err)
		}
		return i
	}
	i := must(x.s.Add(x.ctx, plan.About{Name: "Guides " + strings.Repeat("Ladegerätebatterie", 6), Owner: x.ada, Outcome: "Fewer calls\nand calmer riders", ScopeIn: "Batteries",
		ScopeOut: "Frames", Manner: "In workshops", Exit: "Ten guides are online", Start: schedule.On(2026, 11, 2), End: schedule.On(2027, 6, 30), Objectives: []string{x.objective}}))
	var tasks []plan.Task
	for n := range 60 {
		t := plan.Task{Name: fmt.Sprintf("Write the guide number %d", n+1), Length: 2 + n%3, Member: x.vic, Minutes: 600}
		if n%10 == 9 {
			t = plan.Task{Name: "Chapter is online"}
		}
		if n > 0 {
			t.After = []plan.Wait{{Task: "#" + strconv.Itoa(n)}}
		}
		tasks = append(tasks, t)
	}
	i = must(x.s.ChangeTasks(x.ctx, i.ID, time.Time{}, tasks))
	i = must(x.s.ChangeBudget(x.ctx, i.ID, time.Time{}, []cost.Line{{Kind: cost.OneOff, Label: "Camera", Funding: "IT", Amount: 129900}, {Kind: cost.Recurring, Label: "Platform", Funding: "Marketing", Amount: 25000, Every: cost.Month},
		{Kind: cost.Hours, Label: "Writers", Funding: "Support", Amount: 4500, Minutes: 6000}, {Kind: cost.Licences, Label: "Editor", Funding: "IT", Currency: "CHF", Amount: 1900, Count: 5, Every: cost.Quarter}}))
	i = must(x.s.ChangeRisks(x.ctx, i.ID, time.Time{}, []plan.Risk{{Name: strings.Repeat("Niemandliest", 12), Trigger: "Under 100 visits", Probability: 4, Impact: 4, Contingency: "Mail the guides", Reserve: 200000}}))
	i = must(x.s.ChangeBenefits(x.ctx, i.ID, time.Time{}, []plan.Benefit{{Kind: plan.InMoney, Label: "Fewer calls", Low: 20000, Likely: 150000, High: 280000, Every: cost.Month,
		From: schedule.On(2027, 1, 1), To: schedule.On(2028, 12, 31)}, {Kind: plan.InMeasure, Label: "Answers", Measure: "response-rate", Baseline: 0.4, Target: 0.9, To: schedule.On(2027, 6, 30)}}))
	i = must(x.s.ChangePeople(x.ctx, i.ID, time.Time{}, []plan.Contributor{{Member: x.vic, Minutes: 600}}))
	for _, step := range []plan.Step{plan.Propose, plan.Approve, plan.Start} {
		i = must(x.s.Take(x.ctx, i.ID, time.Time{}, step, "it is time"))
	}
	return i
}

type visitor struct {
	*site
	c *http.Client
}

func (x *site) visitor(email string) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{x, &http.Client{Jar: jar}}
	v.post("/in/" + email)
	return v
}

type answer struct {
	status     int
	path, text string
	header     http.Header
}

func (v *visitor) do(req *http.Request) answer {
	v.t.Helper()
	res, err := v.c.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(html.UnescapeString(string(body)))
	return answer{res.StatusCode, res.Request.URL.RequestURI(), plain, res.Header}
}

func (v *visitor) get(path string) answer {
	v.t.Helper()
	req, _ := http.NewRequest("GET", v.URL+path, nil)
	return v.do(req)
}

func (v *visitor) post(path string, pairs ...string) answer {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	req, _ := http.NewRequest("POST", v.URL+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.do(req)
}

// says fails unless the answer has this status and all of these words.
func (v *visitor) says(a answer, status int, words ...string) {
	v.t.Helper()
	if a.status != status {
		v.t.Errorf("%s: status %d, want %d\n%.600s", a.path, a.status, status, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			v.t.Errorf("%s does not say %q", a.path, w)
		}
	}
}

var (
	unspoken  = regexp.MustCompile(`\bplan\.[a-z_]+[a-z_.]*\b|NaN|%!|\{\{`)
	attribute = regexp.MustCompile(`(href|action|src|name|nonce|id|for|value)="[^"]*"`)
	seenField = regexp.MustCompile(`name="seen" value="(\d+)"`)
)

func seen(a answer) string { return seenField.FindStringSubmatch(a.text)[1] }

// TestPages plans an initiative from nothing by plain forms, is refused approval, mends it, and sees it approved, changed and booked on.
func TestPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic := x.visitor("ada@velo.example"), x.visitor("vic@velo.example")
		ada.says(ada.get("/initiatives"), 200, "No initiative yet", "/initiatives/new")
		if a := vic.get("/initiatives"); a.status != 200 || strings.Contains(a.text, "/initiatives/new") {
			t.Error("a volunteer is offered to plan")
		}
		ada.says(ada.get("/initiatives/new?objective="+x.objective), 200, "Keep customers", "Our map", "checked")
		ada.says(ada.post("/initiatives", "name", "", "start", "soon", "outcome", "kept <b>words</b>"), 422, "Please give a day such as", "kept <b>words</b>")
		a := ada.post("/initiatives", "name", "Guides", "currency", "EUR")
		ada.says(a, 200, "Draft", "12 things are missing", "/edit/about#f-owner", "/edit/risks#f-risk_0_name", "A risk, with a contingency", "It serves no objective yet")
		at := strings.TrimSuffix(a.path, "/")

		edit := ada.get(at + "/edit/about")
		old := seen(edit)
		ada.says(ada.post(at+"/edit/about", "seen", old, "name", "Guides", "owner", x.ada, "start", "2026-11-02", "end", "2026-12-31", "currency", "EUR", "outcome", "Fewer calls", "scope_in", "Batteries",
			"manner", "In workshops", "exit", "Ten are online", "objective", x.objective), 200, "Saved", "Ada Morel", "2 Nov to 31 Dec 2026", "Keep customers")
		ada.says(ada.post(at+"/edit/about", "seen", old, "name", "Other"), 422, "Somebody else changed it meanwhile", `value="Other"`)

		// Rows: the second is empty, so what waits for the third waits for the second of the list.
		edit = ada.get(at + "/edit/tasks")
		ada.says(edit, 200, `name="task_0_name"`, `name="rows" value="3"`)
		rows := []string{"seen", seen(edit), "rows", "4", "task_0_name", "Write", "task_0_length", "5", "task_0_hours", "20:30", "task_0_member", x.vic, "task_2_name", "Print", "task_2_length", "3", "task_2_after", "1+2",
			"task_3_name", "Online", "task_3_length", "0", "task_3_after"}
		ada.says(ada.post(at+"/edit/tasks", append(rows, "9")...), 422, "Please name rows that exist", `value="20:30"`, `href="#f-task_3_after"`)
		ada.says(ada.post(at+"/edit/tasks", append(rows, "2")...), 422, `href="#f-task_3_after"`)
		ada.says(ada.post(at+"/edit/tasks", append(rows, "3")...), 200, "1. Write", "3. Online", "1+2", "Critical path", "2 Nov to 6 Nov 2026", "11 Nov to 13 Nov 2026", "<svg", "Milestone")
		edit = ada.get(at + "/edit/tasks")
		circle := []string{"seen", seen(edit), "rows", "2", "task_0_name", "Write", "task_0_length", "5", "task_0_after", "2", "task_1_name", "Print", "task_1_length", "3", "task_1_after", "1"}
		ada.says(ada.post(at+"/edit/tasks", circle...), 422, "Write → Print → Write")

		edit = ada.get(at + "/edit/budget")
		ada.says(ada.post(at+"/edit/budget", "seen", seen(edit), "rows", "2", "line_0_label", "Platform", "line_0_kind", "recurring", "line_0_amount", "a lot", "line_0_currency", "EUR", "line_0_every", "month", "line_0_funding", "Marketing"),
			422, "Please give an amount such as", `value="a lot"`)
		ada.says(ada.post(at+"/edit/budget", "seen", seen(edit), "rows", "2", "line_0_label", "Platform", "line_0_kind", "recurring", "line_0_amount", "1 000,50", "line_0_currency", "EUR", "line_0_every", "month", "line_0_funding", "Marketing",
			"line_1_label", "Editor", "line_1_kind", "licences", "line_1_amount", "19", "line_1_currency", "CHF", "line_1_every", "once", "line_1_count", "5", "line_1_funding", "IT"), 200, "€2,001.00", "CHF 95.00", "5 licences at")
		edit = ada.get(at + "/edit/benefits")
		ada.says(ada.post(at+"/edit/benefits", "seen", seen(edit), "rows", "1", "benefit_0_label", "Fewer calls", "benefit_0_kind", "money", "benefit_0_likely", "500", "benefit_0_currency", "EUR", "benefit_0_every", "month", "benefit_0_grade", "modelled",
			"benefit_0_from", "2027-01-01", "benefit_0_to", "31/12/2027"), 200, "€500.00, each month", "a model")
		edit = ada.get(at + "/edit/people")
		ada.says(ada.post(at+"/edit/people", "seen", seen(edit), "rows", "1", "person_0_member", x.vic, "person_0_hours", "6"), 200, "Vic", "6 h")
		edit = ada.get(at + "/edit/risks")
		ada.says(ada.post(at+"/edit/risks", "seen", seen(edit), "rows", "1", "risk_0_name", "Nobody reads", "risk_0_trigger", "Few visits", "risk_0_probability", "4", "risk_0_impact", "4", "risk_0_currency", "EUR", "risk_0_state", "open"),
			200, "4 × 4 = 16", "A contingency for the risk “Nobody reads”")

		step := func(name string, pairs ...string) answer {
			return ada.post(at+"/steps", append(pairs, "step", name, "seen", seen(ada.get(at)))...)
		}
		ada.says(step("propose"), 200, "Proposed", "Proposed by Ada Morel")
		ada.says(step("approve"), 422, "It cannot be approved: 1 thing is missing", "/edit/risks#f-risk_0_contingency")
		ada.says(step("send_back"), 422, "Please say why")
		edit = ada.get(at + "/edit/risks")
		ada.says(ada.post(at+"/edit/risks", "seen", seen(edit), "rows", "1", "risk_0_name", "Nobody reads", "risk_0_trigger", "Few visits", "risk_0_probability", "4", "risk_0_impact", "4", "risk_0_currency", "EUR", "risk_0_reserve", "300",
			"risk_0_contingency", "Mail them", "risk_0_state", "open"), 200, "€300.00")
		ada.says(step("approve", "note", "go"), 200, "Approved by Ada Morel", "go")
		ada.says(step("start"), 200, "Under way", "On time")
		edit = ada.get(at + "/edit/about")
		ada.says(ada.post(at+"/edit/about", "seen", seen(edit), "name", "Guides", "owner", x.ada, "start", "2026-11-02", "end", "2027-01-31", "currency", "EUR", "outcome", "Fewer calls", "scope_in", "Batteries",
			"manner", "In workshops", "exit", "Ten are online", "objective", x.objective), 200, "Changed since it was approved", "End: 31 Dec 2026 → 31 Jan 2027", "€2,001.00 → €3,001.50")

		ada.says(ada.post(at+"/bookings", "day", "2026-11-02", "amount", "x", "currency", "EUR"), 422, "Please give an amount such as")
		a = ada.post(at+"/bookings", "day", "2026-11-02", "amount", "1 200", "currency", "EUR", "note", "first invoice")
		ada.says(a, 200, "first invoice", "€1,200.00", "Earned value", "Ada Morel")
		remove := regexp.MustCompile(`/bookings/[^/"]+/remove`).FindString(a.text)
		if a := ada.post(at + remove); strings.Contains(a.text, "first invoice") {
			t.Error("the booking is still there")
		}
		ada.says(ada.get("/initiatives/portfolio"), 200, "One of 2 objectives", "Win riders", "Guides", "(CHF)")
		for _, asked := range []string{"from=someday", "from=9999-01-01", "from=2026-02-30", "weeks=0", "weeks=many"} {
			ada.says(ada.get("/initiatives/capacity?"+asked), 200, "cannot be shown")
		}
		ada.says(ada.get("/initiatives/capacity"), 200, "Vic", "20.5 / 6", "too many", "Guides (20 h 30)")
		ada.says(ada.get("/initiatives?state=running"), 200, "Guides", "Changed since approval")
		ada.says(ada.get("/initiatives?state=done"), 200, "No initiative is in this state")
		ada.says(ada.post("/initiatives/calendar", "works_1", "on", "works_2", "on", "closed", "25/12/2026\nChristmas"), 422, "“Christmas” is no day", "25/12/2026")
		ada.says(ada.post("/initiatives/calendar", "closed", ""), 422, "at least one day of the week")
		ada.says(ada.post("/initiatives/calendar", "works_1", "on", "works_2", "on", "closed", "25/12/2026\n2026-12-28"), 200, "2026-12-28")
		svg := ada.get(at + "/timeline.svg")
		ada.says(svg, 200, "<style>", "Write")
		if got := svg.header.Get("Content-Type"); got != "image/svg+xml; charset=utf-8" {
			t.Errorf("the picture is sent as %s", got)
		}
		for _, page := range []string{"/initiatives", "/initiatives/new", "/initiatives/portfolio", "/initiatives/capacity", "/initiatives/calendar", at, at + "/timeline", at + "/money", at + "/people", at + "/edit/about", at + "/edit/tasks",
			at + "/edit/budget", at + "/edit/risks", at + "/edit/benefits", at + "/edit/people"} {
			for _, lang := range []string{"en", "fr", i18n.Pseudo} {
				ada.post("/language", "lang", lang, "to", "/initiatives")
				a := ada.get(page)
				if found := unspoken.FindString(attribute.ReplaceAllString(a.text, "")); found != "" || a.status != 200 {
					t.Errorf("%s in %s: status %d, %q", page, lang, a.status, found)
				}
			}
		}
		ada.post("/language", "lang", "en", "to", "/initiatives")
		for _, path := range []string{at + "/edit/about", "/initiatives/new"} {
			vic.says(vic.get(path), 403)
		}
		vic.says(vic.post(at+"/steps", "step", "stop"), 403)
		vic.says(vic.get(at), 200, "Guides")
		ada.says(ada.get(at+"/edit/nothing"), 404)
		ada.says(ada.get("/initiatives/nothing"), 404)
		ada.says(ada.post(at+"/remove"), 409)
	})
}

// TestStyleSheet: the style sheet of pages holds that of the drawing, letter for letter, so that files and pages look the same.
func TestStyleSheet(t *testing.T) {
	t.Parallel()
	const path = "../../../assets/src/plan.css"
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const mark = "/* gantt.Style() */"
	page, drawing, found := strings.Cut(string(have), mark)
	if !found {
		t.Fatalf("%s has no %s", path, mark)
	}
	if strings.TrimSpace(drawing) == strings.TrimSpace(gantt.Style()) {
		return
	}
	if os.Getenv("UPDATE") == "" {
		t.Fatalf("%s differs from gantt.Style(): run UPDATE=1 go test", path)
	}
	if err := os.WriteFile(path, []byte(page+mark+gantt.Style()), 0o644); err != nil {
		t.Fatal(err)
	}
}
