package strategyweb_test

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
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/strategyweb"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

const password = "Pignon libre 42"

type site struct {
	*httptest.Server
	t   *testing.T
	org *org.Service
	s   *strategy.Service
	web *web.Server
	now time.Time
	ctx context.Context
}

func open(t *testing.T, d *db.DB) *site {
	t.Helper()
	x := &site{t: t, now: time.Now().UTC().Truncate(time.Second), ctx: org.AsOperator(t.Context())}
	clock := func() time.Time { return x.now }
	log := slog.New(slog.DiscardHandler)
	x.org = org.New(d, log, clock)
	m := measure.New(d, x.org, clock)
	x.s = strategy.New(d, m, x.org, log, clock)
	x.web = web.New(web.Options{Org: x.org, Log: log, Clock: clock})
	strategyweb.Routes(x.web.Routes(), x.s, x.org, strategyweb.Options{
		OnObjective: func(ctx context.Context, e strategy.Evaluation, st strategy.Standing) []ui.Panel {
			p, err := strategyweb.SmartPanel(x.s, x.org)(ctx, e, st, strategy.Means{})
			if err != nil {
				t.Error(err)
			}
			return []ui.Panel{p}
		},
		Groups: func(context.Context) []string { return []string{"Riders", "Resellers"} },
		OnMap: func(ctx context.Context, e strategy.Evaluation) []ui.Panel {
			p, err := strategyweb.CheckPanel(x.s, x.org)(ctx, e, strategy.Means{Funded: map[string]bool{}})
			if err != nil {
				t.Error(err)
			}
			return []ui.Panel{p}
		}})
	// Sign in without the pages of org, which this test is not about.
	x.web.Routes().Do("POST /in/{email}", org.Public, func(w http.ResponseWriter, r *http.Request) error {
		token, err := x.org.SignIn(r.Context(), r.PathValue("email"), password, web.VisitOf(r))
		if err == nil {
			x.web.SignIn(w, token)
		}
		return err
	})
	x.Server = httptest.NewServer(x.web.Handler())
	t.Cleanup(x.Server.Close)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(x.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo Lumière", Lang: "en", URL: x.URL, OwnerName: "Ada Morel", OwnerEmail: "ada@velo.example", Password: password}))
	invited, err := x.org.Invite(x.ctx, org.Invite{Email: "vic@velo.example", Name: "Vic", Role: org.Volunteer, Lang: "en"})
	must(err)
	_, err = x.org.Accept(t.Context(), strings.TrimPrefix(invited.Path, org.InvitationPath), org.Accept{Name: "Vic", Lang: "en", Zone: "UTC", Password: password}, org.Visit{})
	must(err)
	must(d.Tx(x.ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO channel (id, kind, name, created_at) VALUES ('mail', 'mail', 'mailbox', 1)")
		return err
	}))
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	led := ledger.New(d, log, clock, channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower())
	for i := range 30 {
		at := x.now.Add(-time.Duration(i%20+2) * 24 * time.Hour)
		said := func(external string, at time.Time, s ledger.Said) ledger.Activity {
			s.ExternalID, s.Text = external, "My bike is late"
			return ledger.Activity{ID: id.From("mail"+external, "post"), Kind: ledger.PostSaid, Actor: "mailto:bo@example.org", Channel: "mail", At: at, LearnedAt: at,
				Key: ledger.SaidKey("mail", external), Data: ledger.Data(s)}
		}
		q := fmt.Sprint("q", i)
		_, err := led.State(x.ctx, said(q, at, ledger.Said{Direct: true, Inbox: true}), said(q+"r", at.Add(3*time.Hour), ledger.Said{Ours: true, Member: "m", InReplyTo: []string{q}}))
		must(err)
	}
	return x
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

var unspoken = regexp.MustCompile(`\bstrategy\.[a-z_]+[a-z_.]*\b|NaN|%!`)

// TestPages walks the way of a strategist: from nothing to a measured objective, and from the number towards the conversations.
func TestPages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		x := open(t, d)
		ada, vic := x.visitor("ada@velo.example"), x.visitor("vic@velo.example")
		ada.says(ada.get("/strategy"), 200, "No strategy map yet", "Begin with the template")
		if a := vic.get("/strategy"); a.status != 200 || strings.Contains(a.text, "Begin with the template") {
			t.Error("a volunteer is offered to make the map")
		}
		ada.says(ada.get("/strategy/map.svg"), 404)
		ada.says(ada.post("/strategy/template"), 200, "Keep the customers we have", `class="map"`, "0 · On track", "7 · No recent data", "/objectives/new")

		m, err := x.s.Map(x.ctx, "")
		if err != nil {
			t.Fatal(err)
		}
		place, me := m.Places()[1].ID, ada.owner(t)
		ada.says(ada.get("/strategy/maps/"+m.ID+"/objectives/new"), 200, "Add an objective", "Say it with a verb")
		add := "/strategy/maps/" + m.ID + "/objectives"
		ada.says(ada.post(add, "perspective", place, "due", "soon", "stakeholders", "riders"), 422, "Please give a date such as", `value="riders"`, "Riders, Resellers")
		ada.says(ada.post(add, "perspective", place), 422, "at least one language")
		a := ada.post(add, "name_en", "Answer <b>mails</b>", "name_fr", "Répondre aux courriels", "perspective", place, "owner", me, "due", x.now.AddDate(0, 2, 0).Format(time.DateOnly),
			"stakeholders", "riders, resellers", "note", "first\nsecond")
		ada.says(a, 200, "Nothing is measured yet", "It has no measure", "riders, resellers", "Ada Morel")
		objective := a.path
		ada.says(ada.get(objective+"/measures/new"), 200, "What counts", "First response time")
		ada.says(ada.get(objective+"/measures/new?measure=first-response-time&channel=mail"), 200, "It says now: 3 h", `value="3"`, "In hours")
		typed := []string{"measure", "first-response-time", "statistic", "median", "better", "lower", "weight", "1", "days", "28", "channel", "mail",
			"baseline", "5", "baseline_at", x.now.AddDate(0, -2, 0).Format(time.DateOnly)}
		ada.says(ada.post(objective+"/measures", append(typed, "target", "6")...), 422, "The target is worse than the baseline", `value="6"`)
		ada.says(ada.post(objective+"/measures", append(typed, "target", "fast")...), 422, "Please give a number", `value="fast"`)
		// From 5 hours to 1, at 3 now: half of the way, in half of the time.
		a = ada.post(objective+"/measures", append(typed, "target", "1")...)
		ada.says(a, 200, "On its way: 50% done", "3 h", "mailbox", "From 5 h", "Over time", "Expected path", "/measures/first-response-time?at=", "channel=mail")
		for _, page := range []string{"/strategy", objective, objective + "/edit", "/strategy/maps/" + m.ID + "/edit", objective + "/measures/new"} {
			for _, lang := range []string{"en", "fr", "xx"} {
				ada.post("/language", "lang", lang, "to", "/strategy")
				a := ada.get(page)
				if found := unspoken.FindString(regexp.MustCompile(`(href|action|src|name|nonce|id|for)="[^"]*"`).ReplaceAllString(a.text, "")); found != "" || a.status != 200 {
					t.Errorf("%s in %s: status %d, %q", page, lang, a.status, found)
				}
			}
		}
		ada.post("/language", "lang", "en", "to", "/strategy")
		full, err := x.s.Map(x.ctx, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		top := full.Objectives[0]
		ada.says(ada.post(objective+"/links", "serves", top.ID, "lag", "many"), 422, "Please give a number", "<details open")
		ada.says(ada.post(objective+"/links", "serves", top.ID, "lag", "2,5", "note", "they told us"), 200, top.Name.In("en"), "after 2 weeks", "they told us", "Too few data")
		ada.says(ada.post("/strategy/objectives/"+top.ID+"/links", "serves", strings.TrimPrefix(objective, "/strategy/objectives/")), 422, "close a circle")
		ada.says(ada.get("/strategy/objectives/"+top.ID), 200, "Is served by", "Answer <b>mails</b>")

		measured := full.Objectives[7].Measures[0]
		edit := "/strategy/measures/" + measured.ID
		ada.says(ada.get(edit+"/edit"), 200, `name="baseline"`, `value="5"`)
		ada.says(ada.post(edit, "measure", "volume", "better", "within", "weight", "2", "days", "28", "baseline", "1 000", "baseline_at", "2026-01-01", "low", "10", "high", "40"), 200, "10 to 40 posts", "1,000 posts")
		ada.says(ada.post(objective+"/move", "to", "left"), 200, "Edit the objective")
		ada.says(ada.post("/strategy/maps/"+m.ID+"/untangle"), 200, "arranged anew")
		ada.says(ada.post("/strategy/maps/"+m.ID, "name_en", ""), 422, "at least one language")

		svg := ada.get("/strategy/map.svg")
		ada.says(svg, 200, "<style>", "<svg", x.URL+"/strategy/objectives/")
		if got := svg.header.Get("Content-Type"); got != "image/svg+xml; charset=utf-8" {
			t.Errorf("the picture is sent as %s", got)
		}
		ada.says(ada.get("/strategy/map.json?map="+m.ID), 200, `"owner": "ada@velo.example"`, `"direction": "range"`)
		ada.says(ada.get("/strategy?at="+x.now.AddDate(0, 0, -20).Format(time.DateOnly)), 200, "How it stood on")
		ada.says(ada.get("/strategy?at=yesterday&map="+m.ID), 200, "“yesterday” is not a day that can be looked back to")
		// A number in the list of the map, and in that of a line of sight, leads to what is behind it.
		for _, page := range []string{"/strategy?map=" + m.ID, "/strategy/objectives/" + full.Objectives[7].ID + "/sight"} {
			ada.says(ada.get(page), 200, `<a href="/measures/`)
		}
		slides := ""
		for step := range full.Objectives {
			slides += ada.get(fmt.Sprintf("/strategy/present?map=%s&step=%d", m.ID, step+1)).text
		}
		if !strings.Contains(slides, `<a href="/measures/`) || !strings.Contains(slides, `<a href="/strategy/objectives/`) {
			t.Error("a number on a slide does not open")
		}
		ada.says(ada.get("/strategy?map=x%00"), 404)
		ada.says(ada.get("/strategy/objectives/x%00"), 404)

		vic.says(vic.get(objective), 200, "Answer <b>mails</b>")
		if a := vic.get(objective); strings.Contains(a.text, "Add a measure") || strings.Contains(a.text, "Add a link") {
			t.Error("a volunteer is offered to change the objective")
		}
		for _, route := range x.web.List() {
			if method, path, _ := strings.Cut(route.Pattern, " "); method == "POST" && strings.HasPrefix(path, "/strategy") {
				if a := vic.post(regexp.MustCompile(`\{\w+\}`).ReplaceAllString(path, m.ID)); a.status != 403 {
					t.Errorf("POST %s by a volunteer: %d", path, a.status)
				}
			}
		}
		if a := (&visitor{x, &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}).get("/strategy"); a.status != 303 {
			t.Errorf("nobody: %d", a.status)
		}
		ada.says(ada.post(objective+"/links/"+top.ID+"/remove"), 200, "The link was removed")
		ada.says(ada.post(edit+"/remove"), 200, "The measure was removed")
		ada.says(ada.post(objective+"/remove"), 200, "was removed")
		ada.says(ada.post("/strategy/maps/"+m.ID+"/remove"), 200, "No strategy map yet")
	})
}

func (v *visitor) owner(t *testing.T) string {
	m, err := v.org.ByEmail(v.ctx, "ada@velo.example")
	if err != nil {
		t.Fatal(err)
	}
	return m.ID
}

// An owner who left is named as such, and stays chosen until somebody else is: saving something else takes nobody out unseen.
func TestOwnerWhoLeft(t *testing.T) {
	t.Parallel()
	x := open(t, dbtest.SQLite(t))
	vic, err := x.org.ByEmail(x.ctx, "vic@velo.example")
	if err != nil {
		t.Fatal(err)
	}
	words := func(s string) strategy.Words { return strategy.Words{"en": s} }
	m, err := x.s.AddMap(x.ctx, strategy.Draft{Name: words("Map"), Perspectives: []strategy.Perspective{{ID: "up", Name: words("Up")}},
		Objectives: []strategy.Objective{{ID: "answer", Perspective: "up", Name: words("Answer mails"), Owner: vic.ID}}})
	if err != nil {
		t.Fatal(err)
	}
	ada, objective := x.visitor("ada@velo.example"), "/strategy/objectives/"+m.Objectives[0].ID
	if a := ada.get(objective); strings.Contains(a.text, "no longer a member") {
		t.Error("who is a member is said to have left")
	}
	if err := x.org.Remove(x.ctx, vic.ID, false); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{objective, "/strategy"} {
		ada.says(ada.get(path), 200, "Vic (no longer a member)")
	}
	ada.says(ada.get(objective+"/edit"), 200, `<option value="`+vic.ID+`" selected>Vic (no longer a member)`)
}

// Too few observations are not none: a map, its list and a link to it say so as the page of the objective does.
func TestTooFewIsSaidAlike(t *testing.T) {
	t.Parallel()
	x := open(t, dbtest.SQLite(t))
	words := func(s string) strategy.Words { return strategy.Words{"en": s} }
	m, err := x.s.AddMap(x.ctx, strategy.Draft{Name: words("Few"), Perspectives: []strategy.Perspective{{ID: "up", Name: words("Up")}},
		Objectives: []strategy.Objective{{ID: "answer", Perspective: "up", Name: words("Answer mails"), DueAt: x.now.AddDate(0, 2, 0),
			Measures: []strategy.Measure{{Measure: "response-rate", Better: kpi.Higher, Weight: 1, Baseline: 0.1, BaselineAt: x.now.AddDate(0, -2, 0), Target: 0.9, Days: 4, Channel: "mail"}}}}})
	if err != nil {
		t.Fatal(err)
	}
	ada := x.visitor("ada@velo.example")
	shared := ada.post("/strategy/maps/"+m.ID+"/shares", "days", "5", "shows", "states")
	link := regexp.MustCompile(`/shared/strategy/[\w-]+`).FindString(shared.text)
	for _, path := range []string{"/strategy", "/strategy/objectives/" + m.Objectives[0].ID, link, "/strategy/objectives/" + m.Objectives[0].ID + "/sight"} {
		page := ada.get(path)
		ada.says(page, 200, "Too few to judge")
		if n := strings.Count(page.text, `<span class="state-dot" aria-hidden="true"></span>No recent data`); n > 0 {
			t.Errorf("%s says %d times that there is no recent data", path, n)
		}
	}
}

func TestPanels(t *testing.T) {
	t.Parallel()
	x := open(t, dbtest.SQLite(t))
	m, err := x.s.FromTemplate(x.ctx, "", strategy.As{})
	if err != nil {
		t.Fatal(err)
	}
	var answer strategy.Objective
	for _, o := range m.Objectives {
		if o.Name.In("en") == "Answer every question in time" {
			answer = o
		}
	}
	if _, err := x.s.AddMeasure(x.ctx, strategy.Measure{Objective: answer.ID, Measure: "volume", Better: "higher", Weight: 1, Baseline: 0, BaselineAt: x.now.AddDate(0, -1, 0), Target: 10, Days: 28, Channel: "mail"}); err != nil {
		t.Fatal(err)
	}
	who := func(role org.Role) context.Context {
		return i18n.With(org.With(t.Context(), &org.Member{ID: id.New(), Role: role, State: org.Active}), "en", nil)
	}
	conversation, used := strategyweb.ServesPanel(x.s), strategyweb.MeasurePanel(x.s)
	post := id.From("mailq0", "post")
	p, shown, err := conversation(who(org.Volunteer), post, "mail", nil)
	if err != nil || !shown {
		t.Fatal(shown, err)
	}
	var b strings.Builder
	if err := p.Body.Render(who(org.Volunteer), &b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"/strategy/objectives/" + answer.ID, "Answer every question in time", "Volume · mailbox", "serves: ", "Keep the customers we have", "On track"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the panel does not say %q:\n%s", want, b.String())
		}
	}
	for name, ask := range map[string]func() (bool, error){
		"another channel": func() (bool, error) {
			_, shown, err := conversation(who(org.Owner), post, "news", nil)
			return shown, err
		},
		"a member of no team": func() (bool, error) {
			_, shown, err := conversation(who(org.Plain), post, "mail", nil)
			return shown, err
		},
		"nobody": func() (bool, error) { _, shown, err := conversation(t.Context(), post, "mail", nil); return shown, err },
		"an unused measure": func() (bool, error) {
			_, shown, err := used(who(org.Owner), "response-rate", measure.Filter{})
			return shown, err
		},
		"a measure, elsewhere": func() (bool, error) {
			_, shown, err := used(who(org.Owner), "volume", measure.Filter{Channel: "news"})
			return shown, err
		},
	} {
		if shown, err := ask(); shown || err != nil {
			t.Errorf("%s: shown %v, %v", name, shown, err)
		}
	}
	if _, shown, err := used(who(org.Owner), "volume", measure.Filter{}); !shown || err != nil {
		t.Errorf("a used measure: %v, %v", shown, err)
	}
}
