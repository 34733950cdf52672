package app_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/business"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/strategy"
)

// What nobody but those who steer may come upon: what was saved, paid, earned and aimed at, by their first digits.
const saved, paid, earned, before, aimed, priced = "737373", "626262", "515151", "414141", "888888", "939393"

// apart is what stands between the digits of an amount.
var apart = regexp.MustCompile(`[\s\x{a0}\x{202f}.,]|&nbsp;|&#160;|&#8239;`)

// amounts are those of a text, however they are written.
func amounts(text string) (out []string) {
	text = apart.ReplaceAllString(text, "")
	for _, a := range []string{saved, paid, earned, before, aimed, priced} {
		if strings.Contains(text, a) {
			out = append(out, a)
		}
	}
	return out
}

// TestAmountsAreForThoseWhoSteer walks what tells numbers, by two who read measures and the strategy: whoever steers comes upon the amounts, the
// social team is told why not, from how many the numbers are, and where objectives stand.
func TestAmountsAreForThoseWhoSteer(t *testing.T) {
	t.Parallel()
	t.Run("sqlite", func(t *testing.T) { t.Parallel(); walkAmounts(t, "") })
	t.Run("postgres", func(t *testing.T) { t.Parallel(); walkAmounts(t, dbtest.PostgresURL(t)) })
}

func walkAmounts(t *testing.T, database string) {
	a := open(t, false, database).app
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(a.Org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", Zone: "Europe/Paris", URL: server.URL, OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: ownerPassword}))
	owner, err := a.Org.ByEmail(t.Context(), "ada@velo.example")
	must(err)
	ada := org.With(t.Context(), owner)
	member := func(name string, role org.Role) (ctx context.Context, cookie, token string) {
		email := strings.ToLower(name) + "@velo.example"
		in, err := a.Org.Invite(ada, org.Invite{Email: email, Name: name, Role: role, Lang: "en"})
		must(err)
		_, err = a.Org.Accept(t.Context(), strings.TrimPrefix(in.Path, org.InvitationPath), org.Accept{Name: name, Lang: "en", Zone: "Europe/Paris", Password: ownerPassword}, org.Visit{})
		must(err)
		m, err := a.Org.ByEmail(t.Context(), email)
		must(err)
		ctx = org.With(t.Context(), m)
		cookie, err = a.Org.SignIn(t.Context(), email, ownerPassword, org.Visit{Agent: "test"})
		must(err)
		token, _, err = a.Org.MakeToken(ctx, "test", role.Permissions(), time.Hour)
		must(err)
		return ctx, cookie, token
	}
	_, ines, inesToken := member("Ines", org.Strategist)
	tom, tomCookie, tomToken := member("Tom", org.Social)

	// What was saved is a price before less a price now; a benefit was stated; a year of payments.
	now := a.Clock()
	at := now.AddDate(0, 0, -10)
	price := int64(73737400)
	state := func(kind, external, label, status string, amount int64, was *int64) string {
		t.Helper()
		done, err := a.Business.State(ada, []business.Statement{{Fact: ledger.Fact{Kind: kind, Origin: "books", External: external, Quantity: 1, Label: label, Status: status, Before: was, Partner: "Pédalier"}, At: at, Amount: amount, Currency: "EUR"}})
		must(err)
		return done[0].ID
	}
	purchase := state(business.Purchase, "p", "Pedals", "", 100, &price)
	cost := state(business.Cost, "c", "platform", "", 62626200, nil)
	benefit := state("benefit", "b", "measured", "", 51515100, nil)
	sum, err := a.Measure.AddOwn(ada, own.Definition{Name: "What was paid", Way: own.Sum, Of: kpi.OfFacts, Fact: business.Cost, Value: "amount", Currency: "EUR", Days: 30, Better: kpi.Lower, MinN: 1})
	must(err)
	much, err := a.Measure.AddOwn(ada, own.Definition{Name: "How many bills", Way: own.Count, Of: kpi.OfFacts, Fact: business.Cost, Days: 30, Better: kpi.Lower, MinN: 1})
	must(err)
	each, err := a.Measure.AddOwn(ada, own.Definition{Name: "Paid by bill", Way: own.Ratio, Over: sum.ID, Under: much.ID, Days: 30, Better: kpi.Lower, MinN: 1})
	must(err)

	words := func(s string) strategy.Words { return strategy.Words{"en": s} }
	m, err := a.Strategy.AddMap(ada, strategy.Draft{Name: words("Our map"), Perspectives: []strategy.Perspective{{ID: "value", Name: words("Value")}},
		Objectives: []strategy.Objective{{ID: "save", Perspective: "value", Name: words("Pay suppliers less"), DueAt: now.AddDate(0, 6, 0), Owner: owner.ID, Measures: []strategy.Measure{
			{Measure: "supplier-savings", Better: kpi.Higher, Weight: 1, Baseline: 41414100, BaselineAt: now.AddDate(-1, 0, 0), Target: 88888800, Days: 28, Timing: strategy.Lagging}}}}})
	must(err)
	full, err := a.Strategy.Map(ada, m.ID)
	must(err)
	objective := full.Objectives[0]
	secret, _, err := a.Strategy.MakeShare(ada, strategy.Share{Map: m.ID, Label: "Board", Shows: strategy.ShowValues}, 24*time.Hour)
	must(err)
	board, err := a.Report.AddDashboard(ada, report.Dashboard{Name: "Money", Roles: []org.Role{org.Social, org.Strategist}, Tiles: []report.Tile{
		{Measure: "supplier-savings"}, {Kind: report.Line, Measure: "supplier-savings"}, {Kind: report.Table, Measure: "supplier-savings", By: "partner"}, {Kind: report.Bars, Measure: "supplier-savings", By: "partner"}, {Measure: sum.ID}, {Measure: each.ID}}})
	must(err)
	_, err = a.Report.SaveValueLine(ada, report.ValueLine{Name: "Bills", Measure: much.ID, Price: 93939300, Currency: "EUR", Grade: report.Assumed, Reason: "said"})
	must(err)

	get := func(path, cookie, token string) (int, string) {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+path, nil)
		must(err)
		q.Header.Set("Accept-Language", "en")
		if cookie != "" {
			q.Header.Set("Cookie", "entente="+cookie)
		}
		if token != "" {
			q.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(q)
		must(err)
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		must(err)
		if strings.Contains(res.Header.Get("Content-Type"), "spreadsheet") {
			raw = unzipped(t, raw)
		}
		return res.StatusCode, string(raw)
	}
	const sentence = "Amounts are shown to those who steer the strategy."
	measures := "/measures/supplier-savings"
	day := now.Format(time.DateOnly)
	api := func(path string) string { return "/api/v1" + path }
	for path, told := range map[string]string{ // what those who steer come upon there; the others are told why not, unless it is a file
		measures:                                   saved,
		measures + "?by=partner":                   saved,
		measures + "/tile":                         saved,
		measures + "/series.csv":                   saved,
		measures + "/series.xlsx":                  saved,
		measures + "/series.json":                  saved,
		"/measures/" + sum.ID:                      paid,
		"/measures/" + each.ID:                     paid,
		"/measures/" + sum.ID + "/rows":            paid,
		"/measures/" + sum.ID + "/rows.csv":        paid,
		"/measures/" + sum.ID + "/rows.xlsx":       paid,
		"/dashboards/" + board.ID:                  saved,
		"/dashboards/" + board.ID + "/export/csv":  saved,
		"/dashboards/" + board.ID + "/export/xlsx": saved,
		"/dashboards/" + board.ID + "/export/json": saved,
		"/value":                               earned,
		"/review-pack":                         earned,
		"/strategy":                            aimed,
		"/strategy/map.svg":                    aimed,
		"/strategy/map.json":                   before,
		"/strategy/present?step=1":             aimed,
		"/strategy/objectives/" + objective.ID: before,
		"/strategy/objectives/" + objective.ID + "/sight":               saved,
		"/strategy/compare?map=" + m.ID + "&from=" + day + "&to=" + day: saved,
		"/strategy/moved?fact=" + purchase:                              "",
		"/business/facts?kind=cost":                                     paid,
		"/business/facts?kind=benefit":                                  earned,
		"/business/facts/" + cost:                                       paid,
		"/business/facts/" + benefit:                                    earned,
		api("/measures/supplier-savings"):                               saved,
		api("/measures/supplier-savings/series"):                        saved,
		api("/measures/" + sum.ID + "/rows"):                            paid,
		api("/measures.prom"):                                           saved,
		api("/facts?kind=cost"):                                         paid,
		api("/facts/" + cost):                                           paid,
		api("/facts/" + cost + "/history"):                              paid,
		api("/fact-totals?kind=cost"):                                   paid,
		api("/maps/" + m.ID):                                            aimed,
		api("/maps/" + m.ID + "/evaluation"):                            saved,
		api("/maps/" + m.ID + "/file"):                                  aimed,
		api("/maps/" + m.ID + "/comparison?from=" + url.QueryEscape(at.Format(time.RFC3339))): saved,
		api("/objectives/" + objective.ID):            aimed,
		api("/objectives/" + objective.ID + "/sight"): "",
		api("/moved?fact=" + purchase):                "",
		api("/value"):                                 earned,
		api("/review-pack"):                           earned,
		api("/dashboards/" + board.ID + "/numbers"):   saved,
	} {
		rest := strings.HasPrefix(path, "/api/")
		ask := func(cookie, token string) (int, string) {
			if rest {
				return get(path, "", token)
			}
			return get(path, cookie, "")
		}
		code, text := ask(ines, inesToken)
		if got := amounts(text); code != http.StatusOK || told != "" && !strings.Contains(fmt.Sprint(got), told) {
			t.Errorf("%s: whoever steers is answered %d with the amounts %v, without %s", path, code, got, told)
		}
		code, text = ask(tomCookie, tomToken)
		if got := amounts(text); code != http.StatusOK || len(got) > 0 {
			t.Errorf("%s: the social team is answered %d with the amounts %v", path, code, got)
		}
		switch file := strings.Contains(path, "/series.") || strings.Contains(path, "/rows") || strings.Contains(path, "/export/") || strings.Contains(path, "map."); {
		case rest || file || told == "":
		case strings.Contains(path, "/sight"), strings.Contains(path, "/compare"):
			if !strings.Contains(text, "amount not shown") {
				t.Errorf("%s does not say that an amount is missing", path)
			}
		case !strings.Contains(text, sentence):
			t.Errorf("%s does not say why an amount is not shown", path)
		}
	}
	// A link for anybody shows none, whoever opens it.
	for _, path := range []string{"/shared/strategy/" + secret, "/shared/strategy/" + secret + "/present?step=1"} {
		for _, cookie := range []string{"", ines} {
			if code, text := get(path, cookie, ""); code != http.StatusOK || len(amounts(text)) > 0 || !strings.Contains(text, "Pay suppliers less") || !strings.Contains(text, sentence) {
				t.Errorf("%s is answered %d with the amounts %v", path, code, amounts(text))
			}
		}
	}
	// A token that reads measures only reads no amounts, whoever it is of.
	narrow, _, err := a.Org.MakeToken(ada, "graphs", []org.Permission{org.MeasureRead}, time.Hour)
	must(err)
	if code, text := get(api("/measures.prom"), "", narrow); code != http.StatusOK || len(amounts(text)) > 0 || !strings.Contains(text, "supplier-savings") {
		t.Errorf("a token for graphs is answered %d with %v", code, amounts(text))
	}

	// Where objectives stand, and from how many, is for all; what was seen by nobody is corrected by nobody.
	inside, err := a.Strategy.Evaluate(tom, m.ID, a.Clock())
	must(err)
	outside, err := a.Strategy.Evaluate(ada, m.ID, a.Clock())
	must(err)
	if r, whole := inside.Objectives[0].Readings[0], outside.Objectives[0].Readings[0]; !r.Hidden || r.State != whole.State || r.Progress != whole.Progress || r.Result.N != 1 || whole.Hidden || !whole.Value.Defined() {
		t.Errorf("the social team reads %+v, the owner %+v", r, whole)
	}
	if r, err := a.Measure.Compute(tom, "supplier-savings", measure.Last(28, a.Clock(), time.UTC), measure.Filter{}); err != nil || r.N != 1 || r.Why != measure.Hidden || r.Value.Defined() {
		t.Errorf("%+v, %v", r, err)
	}
	if err := a.Business.Correct(tom, cost, "", business.Statement{Fact: ledger.Fact{Kind: business.Cost, Quantity: 1, Label: "platform"}, At: at, Amount: 1, Currency: "EUR"}); !problem.Is(err, problem.Forbidden) {
		t.Errorf("an amount nobody showed them is corrected: %v", err)
	}
	if code, _ := get("/business/facts/"+cost+"/correct", tomCookie, ""); code != http.StatusForbidden {
		t.Errorf("the form to correct it is answered %d", code)
	}
}

// unzipped is the text of all that is in a workbook.
func unzipped(t *testing.T, raw []byte) []byte {
	t.Helper()
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	var out []byte
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(r)
		r.Close()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, text...)
	}
	return out
}
