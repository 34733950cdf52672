package govern_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/govern"
	"github.com/entente/entente/internal/govern/ready"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/plan"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

func TestRisks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		vic := w.member("vic@velo.example", org.Volunteer)
		r, err := w.s.AddRisk(w.ctx, govern.Risk{Name: " Battery ", Probability: 3, Impact: 5, Owner: me(vic), Objective: w.m.Objectives[0].ID})
		w.must(err)
		if r.Name != "Battery" || r.State != govern.RiskOpen || r.Severity() != 15 || govern.Level(r.Severity()) != "high" {
			t.Errorf("%+v", r)
		}
		if diff := cmp.Diff([]string{"contingency", "review_at"}, r.Gaps(w.now)); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.AddRisk(w.ctx, govern.Risk{Probability: 9, Impact: 0, Owner: "nobody", Objective: "x", State: "y"}); len(govern.Problems(err)) != 6 {
			t.Errorf("all that is wrong: %v", err)
		}
		r.ReviewAt, r.Contingency = w.days(-1), "Recall"
		r, err = w.s.ChangeRisk(w.ctx, r)
		w.must(err)
		if diff := cmp.Diff([]string{"overdue"}, r.Gaps(w.now)); diff != "" {
			t.Error(diff)
		}
		got, err := w.s.Risk(vic, r.ID)
		w.must(err)
		if diff := cmp.Diff(r, got); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.AddRisk(vic, r); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer adds a risk: %v", err)
		}
		if _, err := w.s.Risks(w.member("mem@velo.example", org.Plain)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a plain member reads risks: %v", err)
		}
		w.must(w.s.RemoveRisk(w.ctx, r.ID))
		if err := w.s.RemoveRisk(w.ctx, r.ID); !problem.Is(err, problem.Missing) {
			t.Errorf("removed twice: %v", err)
		}
		log, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Object: "risk:" + r.ID})
		w.must(err)
		if len(log) != 3 {
			t.Errorf("%d deeds were noted, want 3", len(log))
		}
	})
}

func TestSurroundings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.exec("INSERT INTO channel (id, kind, name, created_at) VALUES ('news', 'feed', 'news', 1)")
		w.exec("INSERT INTO topic (id, name, query, created_at, updated_at) VALUES ('law', 'Law', 'law', 1, 1)")
		w.said("1", "a new law on batteries", w.days(-20))
		w.said("2", "no matter", w.days(-2))
		e, err := w.s.AddSurrounding(w.ctx, govern.Surrounding{Factor: "legal", Name: "Battery law", Probability: 4, Impact: 4, Horizon: "year", Topic: "law"})
		w.must(err)
		f, err := w.s.Follow(w.ctx, e)
		w.must(err)
		sum := 0
		for _, v := range f.Weeks {
			sum += v.N
		}
		if sum != 1 || len(f.Weeks) != 26 || f.New != 0 {
			t.Errorf("heard %d in %d weeks, %d new", sum, len(f.Weeks), f.New)
		}
		w.now = w.days(3)
		w.said("3", "the law is passed", w.now.Add(-time.Hour))
		if f, err = w.s.Follow(w.ctx, e); err != nil || f.New != 1 {
			t.Errorf("%d new, %v, want 1", f.New, err)
		}
		w.must(w.s.ReviewSurrounding(w.ctx, e.ID, w.days(30)))
		e, err = w.s.Surrounding(w.ctx, e.ID)
		w.must(err)
		w.now = w.now.Add(2 * time.Hour)
		if f, err = w.s.Follow(w.ctx, e); err != nil || f.New != 0 || !e.ReviewAt.Equal(w.days(30).Add(-2*time.Hour)) {
			t.Errorf("after it was looked at: %d new, %v", f.New, err)
		}
		if diff := cmp.Diff([]string{"source"}, e.Gaps(w.now)); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.AddSurrounding(w.ctx, govern.Surrounding{Factor: "astral", Name: "x", Probability: 1, Impact: 1, Horizon: "soon", Topic: "nothing", Risk: "0"}); len(govern.Problems(err)) != 4 {
			t.Errorf("all that is wrong: %v", err)
		}
	})
}

func TestReviews(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		tom := w.member("tom@velo.example", org.Social)
		r, err := w.s.AddReview(w.ctx, govern.Review{Name: "Monthly", Rhythm: govern.Monthly, At: time.Date(2026, 6, 9, 8, 0, 0, 0, time.UTC), Participants: []string{me(tom), me(w.ctx), me(tom)}})
		w.must(err)
		if len(r.Participants) != 2 || r.Minutes != 60 {
			t.Errorf("%+v", r)
		}
		a, err := w.s.AddAction(w.ctx, govern.Action{Review: r.ID, Name: "Write it down", Owner: me(tom), DueAt: w.days(5)})
		w.must(err)
		if _, err := w.s.AddAction(w.ctx, govern.Action{Name: "x"}); len(govern.Problems(err)) != 2 {
			t.Errorf("an action without owner and date: %v", err)
		}
		_, err = w.s.AddDecision(w.ctx, govern.Decision{Name: "Stay", DecidedAt: w.now, Review: r.ID, ReviewAt: w.days(2)})
		w.must(err)
		w.now = w.days(8)
		held, next, err := w.s.HoldReview(w.ctx, r.ID, "All said.")
		w.must(err)
		var why []string
		for _, i := range held.Agenda {
			why = append(why, i.Kind+" "+strings.Join(i.Args, "="))
		}
		if diff := cmp.Diff([]string{"action Days=3", "decision Days=6"}, why); diff != "" {
			t.Error(diff)
		}
		// The second Tuesday of July, at ten in Paris.
		if next == nil || !next.At.Equal(time.Date(2026, 7, 14, 8, 0, 0, 0, time.UTC)) || held.Following != next.ID || len(next.Participants) != 2 {
			t.Fatalf("next: %+v", next)
		}
		if _, _, err := w.s.HoldReview(w.ctx, r.ID, ""); !problem.Is(err, problem.Conflict) {
			t.Errorf("held twice: %v", err)
		}
		a, err = w.s.FinishAction(tom, a.ID, time.Time{}, true, "Done so.")
		w.must(err)
		if a.DoneAt.IsZero() || a.Overdue(w.now) {
			t.Errorf("%+v", a)
		}
		if _, err := w.s.FinishAction(w.member("vic@velo.example", org.Volunteer), a.ID, time.Time{}, false, ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("somebody else's action is reopened: %v", err)
		}
		kept, err := w.s.Review(w.ctx, r.ID)
		w.must(err)
		if diff := cmp.Diff(held.Agenda, kept.Agenda); diff != "" {
			t.Errorf("the agenda of a held review changed: %s", diff)
		}
		w.must(w.s.RemoveReview(w.ctx, r.ID))
		if a, err = w.s.Action(w.ctx, a.ID); err != nil || a.Review != "" {
			t.Errorf("its action: %+v, %v", a, err)
		}
	})
}

func TestNextDate(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	at := func(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 10, 0, 0, 0, paris) }
	for _, c := range []struct {
		at     time.Time
		rhythm string
		want   time.Time
	}{
		{at(2026, 3, 10), govern.Monthly, at(2026, 4, 14)},   // second Tuesday, over the change of clocks
		{at(2026, 1, 29), govern.Monthly, at(2026, 2, 26)},   // fifth Thursday becomes the last
		{at(2026, 12, 1), govern.Quarterly, at(2027, 3, 2)},  // first Tuesday, over the year
		{at(2026, 10, 31), govern.Monthly, at(2026, 11, 28)}, // fifth Saturday becomes the last
		{at(2026, 5, 4), govern.Once, time.Time{}},
	} {
		if got := govern.NextDate(c.at, c.rhythm, paris); !got.Equal(c.want) {
			t.Errorf("%s %s: %s, want %s", c.rhythm, c.at.Format(time.DateOnly), got.In(paris), c.want)
		}
	}
}

func TestInsights(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		tom, vic := w.member("tom@velo.example", org.Social), w.member("vic@velo.example", org.Volunteer)
		i, err := w.s.HandInsight(tom, govern.Insight{Name: "Plates wear", Department: "Product", Owner: me(vic), About: "conversation:abc", DueAt: w.days(10), Verdict: "done"})
		w.must(err)
		if i.Verdict != "" || i.HandedBy != me(tom) {
			t.Errorf("%+v", i)
		}
		if _, err := w.s.HandInsight(w.member("str@velo.example", org.Strategist), govern.Insight{Name: "x", Department: "y", DueAt: w.days(1), About: "member:1"}); len(govern.Problems(err)) != 1 {
			t.Errorf("it came from nowhere: %v", err)
		}
		if _, err := w.s.DecideInsight(tom, i.ID, time.Time{}, "done", "So be it", ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("somebody else decides: %v", err)
		}
		if _, err := w.s.DecideInsight(vic, i.ID, time.Time{}, "perhaps", "", ""); len(govern.Problems(err)) != 2 {
			t.Errorf("no decision: %v", err)
		}
		i, err = w.s.DecideInsight(vic, i.ID, time.Time{}, "planned", "In spring", "")
		w.must(err)
		first := i.DecidedAt
		w.now = w.days(20)
		i, err = w.s.DecideInsight(vic, i.ID, time.Time{}, "done", "In spring", "It is built")
		w.must(err)
		if !i.DecidedAt.Equal(first) || i.Outcome != "It is built" {
			t.Errorf("a later outcome changes when it was decided: %+v", i)
		}
		list, err := w.s.InsightsAbout(tom, "conversation:abc", "post:1")
		w.must(err)
		if len(list) != 1 {
			t.Errorf("%d insights about it", len(list))
		}
	})
}

func TestRateOf(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	day := func(n int) time.Time { return now.AddDate(0, 0, n) }
	r := govern.RateOf([]govern.Insight{
		{DueAt: day(-9), Verdict: "done", DecidedAt: day(-10)},
		{DueAt: day(-9), Verdict: "refused", DecidedAt: day(-3)}, // late
		{DueAt: day(-9)}, // overdue
		{DueAt: day(9)},  // may still be decided
		{DueAt: day(9), Verdict: "planned", DecidedAt: day(-1)},
	}, now)
	if r.Due != 4 || r.Waiting != 1 || r.Decided.Value != 0.75 || r.InTime.Value != 0.5 || r.Decided.N != 4 || r.Acted.N != 3 {
		t.Errorf("%+v", r)
	}
	// Wilson, 3 of 4.
	if low, high := r.Decided.Low, r.Decided.High; low < 0.300 || low > 0.302 || high < 0.954 || high > 0.955 {
		t.Errorf("interval %g to %g", low, high)
	}
	if none := govern.RateOf(nil, now); none.Decided.Defined() {
		t.Error("a share of nothing")
	}
}

func TestDoubles(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	e := func(tool, capability, department string, amount int64, period string, ends int) govern.Spending {
		x := govern.Spending{Tool: tool, Capability: capability, Department: department, Amount: amount, Currency: "EUR", Period: period, BeginsAt: now.AddDate(-1, 0, 0)}
		if ends != 0 {
			x.EndsAt = now.AddDate(0, 0, ends)
		}
		return x
	}
	list := []govern.Spending{e("A", "Listening", "Marketing", 100, "month", 0), e("B", " listening", "Product", 900, "year", 50), e("C", "listening", "marketing ", 10, "quarter", 0),
		e("D", "inbox", "Sales", 5, "month", 0), e("E", "inbox", "Support", 7, "month", -3)}
	got := govern.Doubles(list, now)
	if len(got) != 1 || len(got[0].Entries) != 3 || len(got[0].Departments) != 2 {
		t.Fatalf("%+v", got)
	}
	if diff := cmp.Diff([]govern.Money{{Currency: "EUR", Amount: 2140}}, got[0].Yearly); diff != "" {
		t.Error(diff)
	}
	if got[0].Avoidable[0].Amount != 940 {
		t.Errorf("avoidable %d", got[0].Avoidable[0].Amount)
	}
	list[3].Currency = "CHF"
	if diff := cmp.Diff([]govern.Money{{Currency: "CHF", Amount: 60}, {Currency: "EUR", Amount: 2140}}, govern.Total(list, now)); diff != "" {
		t.Errorf("currencies are added: %s", diff)
	}
	if !list[1].EndsSoon(now) || list[4].EndsSoon(now) || list[0].EndsSoon(now) {
		t.Error("which contracts end soon")
	}
}

func TestSpendingsAndTies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		e, err := w.s.AddSpending(w.ctx, govern.Spending{Tool: "Ear", Capability: "listening", Department: "Marketing", Amount: 4990, Currency: "eur", Period: "month", BeginsAt: w.now, Approval: "no"})
		w.must(err)
		if e.Currency != "EUR" || e.Yearly() != 59880 {
			t.Errorf("%+v", e)
		}
		e.EndsAt = w.days(-1)
		if _, err := w.s.ChangeSpending(w.ctx, e); len(govern.Problems(err)) != 1 {
			t.Errorf("it ends before it begins: %v", err)
		}
		if _, err := w.s.AddSpending(w.ctx, govern.Spending{Amount: -1, Currency: "euros", Period: "day"}); len(govern.Problems(err)) != 8 {
			t.Errorf("all that is wrong: %v", err)
		}
		w.exec(`INSERT INTO person (id, name, kinds, since) VALUES ('1', 'a', '["customer"]', 1), ('2', 'b', '["customer","Reseller"]', 1), ('3', 'c', '[]', 1)`)
		w.exec(`INSERT INTO person (id, name, kinds, since, merged_into) VALUES ('4', 'd', '["customer"]', 1, '1')`)
		tie, err := w.s.AddTie(w.ctx, govern.Tie{Name: "Customers", Kind: "customer", Ties: []govern.Strand{{Kind: "buys", Wanted: 3, By: govern.Usual}, {Kind: "buys"}, {Kind: " asks ", By: govern.HasSaid + "question"}, {Kind: "tests", Wanted: 2}}, Wanted: 9})
		w.must(err)
		if diff := cmp.Diff([]govern.Strand{{Kind: "buys", Wanted: 3, By: "fact:order"}, {Kind: "asks", By: "said:question"}, {Kind: "tests", Wanted: 2}}, tie.Ties); diff != "" {
			t.Error(diff)
		}
		for _, by := range []string{"card:", "said:nonsense", "topic:nonsense", "fact:cost", "nps:9", "stars"} {
			if _, err := w.s.AddTie(w.ctx, govern.Tie{Name: "x", Kind: "customer", Ties: []govern.Strand{{Kind: "buys", By: by}}}); len(govern.Problems(err)) != 1 {
				t.Errorf("%s: %v", by, err)
			}
		}
		kinds, err := w.s.Kinds(w.ctx)
		w.must(err)
		if diff := cmp.Diff(map[string]int{"customer": 2, "reseller": 1}, kinds); diff != "" {
			t.Error(diff)
		}
		more := tie
		more.Wanted, more.Ties = 12, []govern.Strand{{Kind: "buys", Wanted: 5, By: "fact:order"}}
		_, err = w.s.ChangeTie(w.ctx, more)
		w.must(err)
		wishes, err := w.s.TieWishes(w.ctx, tie.ID)
		w.must(err)
		if len(wishes) != 2 || wishes[0].Member != "Ada" || wishes[0].Wanted != 12 || wishes[0].Ties[0].Wanted != 5 || wishes[1].Wanted != 9 || len(wishes[1].Ties) != 3 {
			t.Errorf("what was wanted: %+v", wishes)
		}
		_, err = w.s.AddTie(w.ctx, govern.Tie{Name: "Neighbours", Kind: "neighbour"})
		w.must(err)
		for groups, want := range map[string]int{"": 0, "customer": 0, " customers ": 1, "riders,NEIGHBOURS,Customers": 2} {
			list, err := w.s.TiesOf(w.ctx, "", strings.Split(groups, ","))
			w.must(err)
			if len(list) != want {
				t.Errorf("%q: %d ties, want %d", groups, len(list), want)
			}
		}
		w.must(w.s.RemoveTie(w.ctx, tie.ID))
		w.must(w.s.RemoveSpending(w.ctx, e.ID))
	})
}

// TestTiesTold counts each kind of tie by what tells it, and lists exactly those counted.
func TestTiesTold(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		topic, err := listening.New(d, w.led, enrich.New(d, slog.New(slog.DiscardHandler), enrich.LanguageIdentifier{}), w.org, slog.New(slog.DiscardHandler), func() time.Time { return w.now }, func() {}).Add(w.ctx, listening.Draft{Name: "Brakes", Query: "brakes"})
		w.must(err)
		at := func(days int) any { return db.T(w.days(days)) }
		for _, p := range []struct{ name, kinds, merged string }{{"ann", `["customer"]`, ""}, {"ben", `["customer","Reseller"]`, ""}, {"cas", `["customer"]`, ""}, {"dan", `["supplier"]`, ""}, {"eve", `["customer"]`, "ann"}} {
			w.exec("INSERT INTO person (id, name, folded, kinds, since, merged_into) VALUES ($1, $1, $1, $2, $3, $4)", p.name, p.kinds, at(-500), p.merged)
			to := p.name
			if p.merged != "" {
				to = p.merged
			}
			w.exec("INSERT INTO identity (uri, person, first_at, last_at) VALUES ($1, $2, 1, 1)", "mailto:"+p.name, to)
		}
		fact := func(id, kind, person, label string, quantity float64, amount, days int) {
			w.exec("INSERT INTO business_fact (id, kind, at, quantity, amount, currency, person, label, activity, stated_at) VALUES ($1, $2, $3, $4, $5, 'EUR', $6, $7, $1, 1)", id, kind, at(days), quantity, amount, "mailto:"+person, label)
		}
		fact("1", "order", "ann", "", 1, 900, -3)
		fact("2", "order", "eve", "", 1, 900, -9)   // who is ann
		fact("3", "order", "ben", "", 1, 900, -400) // long ago
		fact("4", "order", "cas", "", 1, -900, -3)  // gave it back
		fact("5", "order", "dan", "", 1, 900, -3)   // is of another group
		fact("6", "rating", "ann", "nps", 9, 0, -30)
		fact("7", "rating", "ann", "nps", 3, 0, -3) // thinks otherwise now
		fact("8", "rating", "ben", "nps", 3, 0, -30)
		fact("9", "rating", "ben", "nps", 10, 0, -3)
		seq := 0
		post := func(id, author, kind, kinds string, days int, gone any) {
			seq++
			w.exec("INSERT INTO post (seq, id, channel, external_id, kind, author, text, at, learned_at, root, deleted_at) VALUES ($6, $1, 'c', $1, $2, $3, 'text', $4, $4, $1, $5)", id, kind, "mailto:"+author, at(days), gone, seq)
			w.exec("INSERT INTO enrichment (post, version, lang, sentiment, kinds, emotion, aggression, hand, p, hour) VALUES ($1, '1', 'en', '', $2, '', '', '', '', 1)", id, kinds)
			w.exec("INSERT INTO mention (topic, post, at, channel) VALUES ($1, $2, $3, 'c')", topic.ID, id, at(days))
		}
		post("p1", "eve", "mail", "complaint,question", -3, nil)
		post("p2", "ben", "question", "", -4, nil)
		post("p3", "cas", "mail", "praise", -4, nil)
		post("p4", "cas", "question", "question", -4, at(-1)) // taken back
		post("p5", "cas", "question", "question", -400, nil)
		tie, err := w.s.AddTie(w.ctx, govern.Tie{Name: "Customers", Kind: "customer", Ties: []govern.Strand{{Kind: "buys", By: govern.Usual}, {Kind: "asks", By: govern.Usual}, {Kind: "recommends", By: govern.Usual}, {Kind: "resells", By: govern.Usual},
			{Kind: "brakes", By: govern.OfTopic + topic.ID}, {Kind: "tests", Wanted: 4}}})
		w.must(err)
		list, err := w.s.Counted(w.ctx, tie)
		w.must(err)
		if *list[0].Persons != 3 {
			t.Errorf("%d persons", *list[0].Persons)
		}
		want := map[string]string{"buys": "ann", "asks": "ann ben", "recommends": "ben", "resells": "ben", "brakes": "ann ben cas"}
		for _, s := range list[0].Ties {
			if _, told := want[s.Kind]; told != (s.Actual != nil) {
				t.Errorf("%s is counted: %v", s.Kind, s.Actual)
			}
			var names []string
			var after people.Place
			for { // a page a person
				rows, next, err := w.s.TiedPersons(w.ctx, tie, s.Kind, after, 1)
				w.must(err)
				for _, r := range rows {
					names = append(names, r.Name)
				}
				if after = next; after.ID == "" {
					break
				}
			}
			if got := strings.Join(names, " "); got != want[s.Kind] || s.Actual != nil && *s.Actual != len(names) {
				t.Errorf("%s: %q, want %q, counted %v", s.Kind, got, want[s.Kind], s.Actual)
			}
		}
	})
}

// TestPlannedLicences lets licences of initiatives meet what departments pay for already.
func TestPlannedLicences(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		_, err := w.s.AddSpending(w.ctx, govern.Spending{Tool: "Ear", Capability: "listening", Department: "Marketing", Amount: 1000, Currency: "EUR", Period: "year", BeginsAt: w.days(-9), Approval: "yes"})
		w.must(err)
		_, err = w.s.AddSpending(w.ctx, govern.Spending{Tool: "Slate", Capability: "content", Department: "Marketing", Amount: 1000, Currency: "EUR", Period: "year", BeginsAt: w.days(-9), EndsAt: w.days(20), Approval: "yes"})
		w.must(err)
		i, err := w.pln.Add(w.ctx, plan.About{Name: "Hear riders", Start: schedule.On(2026, 7, 1), End: schedule.On(2026, 12, 31)})
		w.must(err)
		_, err = w.pln.ChangeBudget(w.ctx, i.ID, time.Time{}, []cost.Line{
			{Kind: cost.Licences, Label: "Ear for  shops", Funding: "Sales", Currency: "EUR", Amount: 300, Count: 4, Every: cost.Quarter},
			{Kind: cost.Licences, Label: "Slate", Funding: "Sales", Currency: "EUR", Amount: 300, Count: 4, Every: cost.Year}, // when the other has ended
			{Kind: cost.Licences, Label: "Gazette", Funding: "Sales", Currency: "EUR", Amount: 100, Count: 1, Every: cost.Year},
			{Kind: cost.OneOff, Label: "Ear", Funding: "Sales", Currency: "EUR", Amount: 100}})
		w.must(err)
		register, err := w.s.Spendings(w.ctx)
		w.must(err)
		planned, err := w.s.Planned(w.ctx, register)
		w.must(err)
		var got []string
		for _, e := range planned {
			got = append(got, fmt.Sprint(e.Tool, "|", e.Capability, "|", e.Approval, "|", e.Yearly(), "|", e.Plan))
		}
		if diff := cmp.Diff([]string{"Ear for  shops|listening|yes|4800|Hear riders", "Slate|content|yes|1200|Hear riders", "Gazette||no|100|Hear riders"}, got); diff != "" {
			t.Error(diff)
		}
		doubles := govern.Doubles(append(register, planned...), w.now)
		if len(doubles) != 1 || len(doubles[0].Entries) != 2 || doubles[0].Capability != "listening" || doubles[0].Yearly[0].Amount != 5800 || doubles[0].Avoidable[0].Amount != 1000 {
			t.Errorf("doubled: %+v", doubles)
		}
		if total := govern.Total(append(register, planned...), w.now); total[0].Amount != 2000 {
			t.Errorf("what runs now costs %+v: what is planned is not paid for yet", total)
		}
		other, err := w.pln.Add(w.ctx, plan.About{Name: "Tell riders", Start: schedule.On(2026, 8, 1), End: schedule.On(2026, 12, 31)})
		w.must(err)
		_, err = w.pln.ChangeBudget(w.ctx, other.ID, time.Time{}, []cost.Line{{Kind: cost.Licences, Label: "gazette ", Funding: "Marketing", Currency: "EUR", Amount: 100, Count: 1, Every: cost.Year}})
		w.must(err)
		planned, err = w.s.Planned(w.ctx, register)
		w.must(err)
		if twice := govern.Doubles(append(register, planned...), w.now); len(twice) != 2 || twice[1].Capability != "Gazette" || len(twice[1].Departments) != 2 {
			t.Errorf("planned twice, paid for by nobody yet: %+v", twice)
		}
		for _, id := range []string{i.ID, other.ID} {
			_, err = w.pln.Take(w.ctx, id, time.Time{}, plan.Stop, "Too dear")
			w.must(err)
		}
		if planned, err = w.s.Planned(w.ctx, register); err != nil || len(planned) != 0 {
			t.Errorf("an initiative that was given up plans %+v, %v", planned, err)
		}
	})
}

func TestReadiness(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		claim := func(question string, level int) {
			t.Helper()
			_, err := w.s.Claim(w.ctx, govern.Claim{Question: question, Level: level, Evidence: "A paper", EvidenceOn: w.days(-1)})
			w.must(err)
		}
		for _, c := range []govern.Claim{{Level: 3}, {Level: 3, Evidence: "x"}, {Level: 3, Link: "ftp://x", EvidenceOn: w.now}, {Level: 7}, {Level: 3, Evidence: "x", EvidenceOn: w.days(9)}} {
			c.Question = "team"
			if _, err := w.s.Claim(w.ctx, c); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", c, err)
			}
		}
		claim("team", 2)
		if err := w.s.MayServe(w.ctx); !problem.Is(err, problem.Conflict) {
			t.Errorf("a public service opens: %v", err)
		} else if text := i18n.T(w.ctx, problem.Of(err).Key, problem.Of(err).Args...); !strings.Contains(text, "0.2") || !strings.Contains(text, "opening hours") {
			t.Errorf("why: %s", text)
		}
		if err := w.s.MayServe(org.AsOperator(t.Context())); err != nil {
			t.Errorf("the operator fills an installation: %v", err)
		}
		str := w.member("str@velo.example", org.Strategist)
		if _, err := w.s.OpenGate(str, "Because"); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a strategist overrides: %v", err)
		}
		if _, err := w.s.OpenGate(w.ctx, " "); !problem.Is(err, problem.Invalid) {
			t.Errorf("no reason: %v", err)
		}
		_, err := w.s.OpenGate(w.ctx, "The fair is next week")
		w.must(err)
		w.must(w.s.MayServe(str))
		log, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Action: "govern.gate_opened"})
		w.must(err)
		if len(log) != 1 || !strings.Contains(string(log[0].Details), "fair") {
			t.Errorf("it is not noted: %v", log)
		}
		w.must(w.s.CloseGate(w.ctx))
		if err := w.s.MayServe(str); err == nil {
			t.Error("still open")
		}
		_, err = w.s.OpenGate(w.ctx, "Again")
		w.must(err)
		w.now = w.days(91)
		if err := w.s.MayServe(str); err == nil {
			t.Error("an owner's word holds for ever")
		}
		for _, q := range ready.Questions() {
			claim(q.ID, 3)
		}
		w.must(w.s.MayServe(str))
		r, err := w.s.Readiness(str)
		w.must(err)
		if len(r.History) != 2 || r.Before == nil || r.Before[0].Mean != 0.25 || r.Scores[0].Mean != 3 {
			t.Errorf("history %+v, before %+v", r.History, r.Before)
		}
		if list, err := w.s.Claims(str, "team"); err != nil || len(list) != 2 || list[0].Level != 3 {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

func TestOrientation(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.must(w.s.Answer(w.ctx, "better", []string{"service", "reputation", "service"}))
		w.must(w.s.Answer(w.ctx, "hurts", []string{"unanswered"}))
		w.must(w.s.Answer(w.ctx, "buyers", []string{"people"}))
		for _, bad := range [][]string{{"people", "firms"}, {"martians"}} {
			if err := w.s.Answer(w.ctx, "buyers", bad); !problem.Is(err, problem.Invalid) {
				t.Errorf("%v: %v", bad, err)
			}
		}
		o, err := w.s.Orientation(w.ctx)
		w.must(err)
		if o.Result.Answered != 3 || o.Next("better") != "purchase" || o.Result.Direction() != "outward" || o.Result.Market() != "b2c" {
			t.Errorf("%d answered, next %s, %s %s", o.Result.Answered, o.Next("better"), o.Result.Direction(), o.Result.Market())
		}
		put, err := w.s.PutProposal(w.ctx, "answer_in_time", "")
		w.must(err)
		if put.Map != w.m.ID || put.Name["fr"] == "" || put.Owner != me(w.ctx) || !strings.Contains(put.Note, "unanswered") {
			t.Errorf("%+v", put)
		}
		if p, _ := w.m.Perspective(put.Perspective); p.Name["en"] != "Goals" {
			t.Errorf("it stands in %v", p.Name)
		}
		if _, err := w.s.PutProposal(w.ctx, "answer_in_time", ""); !problem.Is(err, problem.Conflict) {
			t.Errorf("put twice: %v", err)
		}
		if _, err := w.s.PutProposal(w.ctx, "tie_suppliers", ""); !problem.Is(err, problem.Missing) {
			t.Errorf("put what was not proposed: %v", err)
		}
		w.must(w.str.RemoveObjective(w.ctx, put.ID))
		if o, err = w.s.Orientation(w.ctx); err != nil || len(o.Put) != 0 {
			t.Errorf("still on the map: %v, %v", o.Put, err)
		}
		_, err = w.s.PutProposal(w.ctx, "answer_in_time", w.m.ID)
		w.must(err)
		w.must(w.s.Answer(w.ctx, "hurts", nil))
		if o, err = w.s.Orientation(w.ctx); err != nil || slices.Contains(o.Answers["hurts"], "unanswered") {
			t.Errorf("an answer cannot be taken back: %v", o.Answers)
		}
		if _, err := w.s.PutProposal(w.member("vic@velo.example", org.Volunteer), "earn_trust", ""); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer changes the map: %v", err)
		}
	})
}

// TestWords: every choice has words in every language; TestSentences of arch sees only keys that are written out.
func TestWords(t *testing.T) {
	t.Parallel()
	for prefix, ids := range map[string][]string{"govern.factor.": govern.Factors(), "govern.horizon.": govern.Horizons(), "govern.risk.state.": govern.RiskStates(), "govern.decision.state.": govern.DecisionStates(),
		"govern.rhythm.": govern.ReviewRhythms(), "govern.period.": govern.Periods(), "govern.approval.": govern.Approvals(), "govern.capability.": govern.Capabilities(), "govern.verdict.": govern.Verdicts(),
		"govern.often.": govern.Rhythms(), "govern.tie.kind.": govern.TieKinds(), "govern.said.": govern.SaidKinds(), "business.kind.": govern.SignFacts(), "govern.field.probability.": {"1", "2", "3", "4", "5"}, "govern.field.impact.": {"1", "2", "3", "4", "5"},
		"govern.gap.": {"owner", "contingency", "review_at", "overdue", "source"}, "govern.side.": {"inward", "outward", "b2b", "b2c", "both"}, "govern.track.": {"on-track", "watch", "off", "unknown"},
		"govern.level.": {"low", "middle", "high"}, "govern.about.": {"conversation", "post"},
		"govern.why.": {"off", "watch", "past_due", "action", "insight", "occurred", "high", "review_due", "heard", "decision", "double", "ends", "unapproved", "silent"}} {
		for _, id := range ids {
			if !i18n.Has(prefix + id) {
				t.Errorf("%s%s has no words", prefix, id)
			}
		}
	}
	for _, noun := range []string{"risk", "surrounding", "decision", "review", "action", "spending", "insight", "tie"} {
		for _, word := range []string{"one", "new", "edit"} {
			if !i18n.Has("govern." + noun + "." + word) {
				t.Errorf("govern.%s.%s has no words", noun, word)
			}
		}
	}
}

// TestLook: the agenda names what is off, and nothing for an organisation in which all is well.
func TestLook(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		l, err := w.s.Look(w.ctx)
		w.must(err)
		if len(l.Agenda()) != 0 || l.Objectives != 1 || l.NextReview() != nil {
			t.Errorf("nothing is there: %+v", l.Agenda())
		}
		v, err := w.cha.Begin(w.ctx)
		w.must(err)
		_, err = w.cha.Publish(w.ctx, v.ID, "", w.now, true)
		w.must(err)
		_, err = w.s.AddRisk(w.ctx, govern.Risk{Name: "Fire", Probability: 5, Impact: 5, ReviewAt: w.days(9), Contingency: "Run", Owner: me(w.ctx)})
		w.must(err)
		_, err = w.s.HandInsight(w.ctx, govern.Insight{Name: "Smoke", Department: "Workshop", DueAt: w.days(-2)})
		w.must(err)
		for i, department := range []string{"A", "B"} {
			_, err = w.s.AddSpending(w.ctx, govern.Spending{Tool: "T" + department, Capability: "chat", Department: department, Currency: "EUR", Period: "year", BeginsAt: w.days(-9), Approval: []string{"no", "yes"}[i]})
			w.must(err)
		}
		if l, err = w.s.Look(w.ctx); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, i := range l.Agenda() {
			got = append(got, i.Kind+":"+strings.TrimPrefix(i.Why, "govern.why.")+":"+i.In("en"))
		}
		if diff := cmp.Diff([]string{"insight:insight:Smoke", "risk:high:Fire", "spending:double:chat", "spending:unapproved:TA", "charter:silent:"}, got); diff != "" {
			t.Error(diff)
		}
		if _, err := w.s.Look(context.Background()); err == nil {
			t.Error("anybody may look")
		}
	})
}
