package reportweb_test

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
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/due"
	"github.com/entente/entente/internal/report/reportweb"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/web"
)

const password = "Pignon libre 42"

type site struct {
	*httptest.Server
	t   *testing.T
	org *org.Service
	s   *report.Service
	now time.Time
	ctx context.Context // of Ada, who owns the installation
}

type nobody struct{}

func (nobody) Post(context.Context, report.Letter) error { return nil }

func open(t *testing.T, d *db.DB) *site {
	t.Helper()
	x := &site{t: t, now: time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return x.now }
	log := slog.New(slog.DiscardHandler)
	x.org = org.New(d, log, clock)
	m := measure.New(d, x.org, clock)
	st := strategy.New(d, m, x.org, log, clock)
	x.s = report.New(d, m, st, plan.New(d, m, st, x.org, log, clock), govern.New(d, m, st, nil, nil, x.org, log, clock), nil, x.org, log, clock).WithMail(nobody{}, nil)
	server := web.New(web.Options{Org: x.org, Log: log, Clock: clock})
	reportweb.Routes(server.Routes(), x.s, x.org, nil)
	server.Routes().Do("POST /in/{email}", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		token, err := x.org.SignIn(r.Context(), r.PathValue("email"), password, web.VisitOf(r))
		if err == nil {
			server.SignIn(w, token)
		}
		return err
	})
	x.Server = httptest.NewServer(server.Handler())
	t.Cleanup(x.Server.Close)
	x.must(x.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo Lumière", Lang: "en", Zone: "Europe/Paris", URL: x.URL, OwnerName: "Ada Morel", OwnerEmail: "ada@velo.example", Password: password}))
	ada, err := x.org.ByEmail(t.Context(), "ada@velo.example")
	x.must(err)
	x.ctx = org.With(t.Context(), ada)
	invited, err := x.org.Invite(x.ctx, org.Invite{Email: "vic@velo.example", Name: "Vic", Role: org.Volunteer, Lang: "en"})
	x.must(err)
	_, err = x.org.Accept(t.Context(), strings.TrimPrefix(invited.Path, org.InvitationPath), org.Accept{Name: "Vic", Lang: "en", Zone: "UTC", Password: password}, org.Visit{})
	x.must(err)
	name := func(s string) strategy.Words { return strategy.Words{"en": s} }
	_, err = st.AddMap(x.ctx, strategy.Draft{Name: name("Our map"), Perspectives: []strategy.Perspective{{ID: "value", Name: name("Value")}}, Objectives: []strategy.Objective{{ID: "keep", Perspective: "value", Name: name("Keep customers")}}})
	x.must(err)
	x.must(d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		if err := db.Insert(ctx, q, "channel (id, kind, name, created_at)", [][]any{{"forum", "feed", "A forum with a name that is much longer than names of forums are", 1}}, ""); err != nil {
			return err
		}
		var posts [][]any
		for i := range 120 {
			at := db.T(x.now.Add(-time.Duration(i*11) * time.Hour))
			id := fmt.Sprintf("p%d", i)
			posts = append(posts, []any{i + 1, id, "forum", id, "acct:ada@example.social", "Loose brake", at, at, id})
		}
		if err := db.Insert(ctx, q, "post (seq, id, channel, external_id, author, text, at, learned_at, root)", posts, ""); err != nil {
			return err
		}
		return db.Insert(ctx, q, "business_fact (id, kind, at, amount, currency, label, activity, stated_at)", [][]any{{"b", "benefit", db.T(x.now.AddDate(0, -1, 0)), 123456, "EUR", "measured", "a", 1}}, "")
	}))
	return x
}

func (x *site) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// fill makes a dashboard with every kind of tile, a price and a report; it gives the addresses of the first and the last.
func (x *site) fill() (board, mailing string) {
	x.t.Helper()
	d, err := x.s.AddDashboard(x.ctx, report.Dashboard{Name: "Monday", About: "What we look at together", Roles: []org.Role{org.Volunteer}, Tiles: []report.Tile{
		{Measure: "volume"}, {Measure: "first-response-time", Statistic: report.P90}, {Measure: "csat"}, {Kind: report.Line, Measure: "volume", Width: 2, Days: 90},
		{Kind: report.Bars, Measure: "volume", By: "channel"}, {Kind: report.Table, Measure: "volume", By: "channel", Title: "What is said, by channel, in words that go on and on"}, {Kind: report.Table, Measure: "volume", Days: 90, Width: 3}}})
	x.must(err)
	_, err = x.s.SaveValueLine(x.ctx, report.ValueLine{Name: "Posts", Measure: "volume", Price: 250, Currency: "EUR", Grade: report.Assumed, Reason: "said"})
	x.must(err)
	m, err := x.s.SaveMailing(x.ctx, report.Mailing{Name: "Monday", Content: "dashboard:" + d.ID, Lang: "fr", Enabled: true, Recipients: []report.Recipient{{Address: "board@example.org"}},
		Rhythm: due.Rhythm{Every: due.Week, Weekday: time.Monday, Minute: 480, Zone: "Europe/Paris"}})
	x.must(err)
	return "/dashboards/" + d.ID, "/reports/" + m.ID
}

type visitor struct {
	*site
	c *http.Client
}

func (x *site) visitor(email string) *visitor {
	jar, _ := cookiejar.New(nil)
	v := &visitor{x, &http.Client{Jar: jar}}
	if email != "" {
		v.post("/in/" + email)
	}
	return v
}

type answer struct {
	status     int
	path, text string
}

func (v *visitor) do(method, path string, form url.Values) answer {
	v.t.Helper()
	req, _ := http.NewRequest(method, v.URL+path, strings.NewReader(form.Encode()))
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	res, err := v.c.Do(req)
	v.must(err)
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	v.must(err)
	return answer{res.StatusCode, res.Request.URL.RequestURI(), strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(html.UnescapeString(string(body)))}
}

func (v *visitor) get(path string) answer { v.t.Helper(); return v.do("GET", path, nil) }

func (v *visitor) post(path string, pairs ...string) answer {
	v.t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.do("POST", path, form)
}

// says fails unless the answer has this status and all of these words.
func (v *visitor) says(a answer, status int, words ...string) answer {
	v.t.Helper()
	if a.status != status {
		v.t.Errorf("%s: status %d, want %d\n%.600s", a.path, a.status, status, a.text)
	}
	for _, w := range words {
		if !strings.Contains(a.text, w) {
			v.t.Errorf("%s does not say %q", a.path, w)
		}
	}
	return a
}

func TestPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic, guest := x.visitor("ada@velo.example"), x.visitor("vic@velo.example"), x.visitor("")
		ada.says(ada.get("/dashboards"), 200, "No dashboard yet")
		ada.says(ada.post("/dashboards", "name", ""), 422, "Name")
		made := ada.says(ada.post("/dashboards", "name", "Monday", "role_volunteer", "1"), 200, "Add a tile")
		at, _, _ := strings.Cut(made.path, "/tiles/")
		ada.says(ada.post(at+"/tiles", "measure", "volume", "kind", "bars", "days", "30", "step", "week", "compare", "before"), 422, "Choose a dimension")
		ada.says(ada.post(at+"/tiles", "measure", "volume", "kind", "number", "days", "30", "step", "week", "compare", "before", "width", "1", "channel", "forum"), 200, "Volume")
		ada.says(ada.post(at+"/tiles", "measure", "csat", "kind", "number", "days", "30", "step", "week", "compare", "none"), 200, "CSAT")
		page := ada.says(ada.get(at), 200, "Volume", "/measures/volume/rows?", "channel=forum", "Bring")
		if strings.Contains(vic.says(vic.get(at), 200, "Volume").text, at+"/edit") {
			t.Error("Vic is offered to change it")
		}
		if !strings.Contains(page.text, "65") {
			t.Error("65 posts of 30 days are not counted")
		}
		vic.says(vic.post(at, "name", "Mine"), 403)
		if a := guest.get(at); !strings.HasPrefix(a.path, "/sign-in") {
			t.Errorf("a guest is shown %s", a.path)
		}
		for format, says := range map[string]string{"csv": "volume", "json": `"measure":"volume"`, "xlsx": "PK"} {
			ada.says(ada.get(at+"/export/"+format), 200, says)
		}
		ada.says(ada.get(at+"/export/exe"), 404)
		ada.says(ada.get("/notes/part"), 200, "looked at")
		ada.says(ada.get("/value"), 200, "€1,234.56", "Measured", "Potential")
		ada.says(ada.post("/value/lines", "name", "Posts", "measure", "volume", "price", "free", "currency", "EUR", "grade", "assumed", "reason", "said"), 422, "amount over 0")
		ada.says(ada.post("/value/lines", "name", "Posts", "measure", "volume", "price", "2.50", "currency", "EUR", "grade", "assumed", "reason", "Because"), 200, "€2.50", "Because")
		for _, path := range []string{"/value", "/review-pack"} {
			if a := vic.says(vic.get(path), 200, "steer the strategy", "Measured"); strings.ContainsAny(a.text, "€") || strings.Contains(a.text, "1,234") {
				t.Errorf("Vic sees amounts on %s", path)
			}
		}
		vic.says(vic.get("/value/lines/new"), 403)
		for _, asked := range []string{"days=someday", "days=-1", "days=99999999999999999999", "from=9999-01-01"} {
			ada.says(ada.get("/value?"+asked), 200, "is no period that can be looked at", "365 days")
		}
		ada.says(ada.get("/value?objective=nothing"), 404)
		ada.says(ada.get("/strategy/moved"), 200, "Choose something to follow upwards")
		ada.says(ada.get("/strategy/moved?campaign=Spring"), 200, "About: Spring", "No measure of an objective counts any of it")
		vic.says(vic.get("/strategy/moved?said=p1"), 200, "No measure of an objective counts any of it")
		vic.says(vic.get("/strategy/moved?said=nothing"), 404)
		ada.says(ada.post("/reports", "name", "Board", "content", "pack", "lang", "fr", "every", "week", "weekday", "1", "hour", "25:00", "zone", "Europe/Paris", "addresses", "no address"), 422, "08:00", "not a mail address")
		rep := ada.says(ada.post("/reports", "name", "Board", "content", "pack", "lang", "fr", "every", "week", "weekday", "1", "hour", "08:00", "zone", "Europe/Paris", "addresses", "board@example.org", "enabled", "1"), 200, "every Monday at 08:00", "board@example.org")
		ada.says(ada.get(rep.path+"/text"), 200, "Board", "Ce qui sort de l’ordinaire")
		ada.says(ada.post(rep.path+"/send"), 200, "on its way", "waiting")
		vic.says(vic.get(rep.path), 404)
		// Who left is still on the list, which says that they get nothing.
		left, err := x.org.ByEmail(x.ctx, "vic@velo.example")
		x.must(err)
		told := ada.says(ada.post("/reports", "name", "Team", "content", "pack", "lang", "en", "every", "week", "weekday", "1", "hour", "08:00", "zone", "Europe/Paris", "member", left.ID, "enabled", "1"), 200, "Vic")
		if strings.Contains(told.text, "no mail is sent") {
			t.Error("who may sign in is said to get no mail")
		}
		x.must(x.org.Suspend(x.ctx, left.ID))
		ada.says(ada.get(told.path), 200, "Vic (can no longer sign in: no mail is sent)")
		x.must(x.org.Resume(x.ctx, left.ID))
		ada.says(ada.get("/review-pack"), 200, "Our map", "Decisions due")
		guest.says(guest.get("/unsubscribe/"+strings.Repeat("x", 32)), 404)
		ada.says(ada.post(at+"/remove"), 200)
		ada.says(ada.get(at), 404)
	})
}
