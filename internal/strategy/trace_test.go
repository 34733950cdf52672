package strategy_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// From something that was said the line of sight leads up by the rows behind numbers: what a measure leaves out, and what was before its baseline,
// moves nothing. A campaign leads up by the facts that name it.
func TestMoved(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.ask("old", baseline.AddDate(0, -2, 0), time.Hour)
		w.ask("past", baseline.AddDate(0, 0, 1), time.Hour)
		w.ask("new", w.now.AddDate(0, 0, -3), time.Hour)
		w.ask("open", w.now.AddDate(0, 0, -2), 0)
		at := db.T(w.now.AddDate(0, 0, -120)) // a younger lead is not judged yet
		for i, campaign := range []string{"Spring", "Spring", "Autumn"} {
			w.exec("INSERT INTO business_fact (id, kind, at, label, status, campaign, activity, stated_at) VALUES ($1, 'lead', $2, '', 'won', $3, 'a', 1)", string(rune('a'+i)), at, campaign)
		}
		on := func(id, channel string, days int) strategy.Measure {
			return strategy.Measure{Measure: id, Better: kpi.Higher, Weight: 1, Baseline: 0.5, BaselineAt: baseline, Target: 1, Days: days, Channel: channel}
		}
		first := on("first-response-time", "mail", 28)
		first.Better, first.Statistic, first.Baseline, first.Target = kpi.Lower, strategy.Median, 9000, 100
		lead := on("lead-conversion", "", 180)
		lead.BaselineAt = w.now.AddDate(0, 0, -300)
		autumn := lead
		autumn.Campaign = "Autumn"
		searched, err := w.s.Measures().AddOwn(w.ctx, own.Definition{Name: "Bikes", Way: own.Count, Of: kpi.OfPosts, Query: "bike", Better: kpi.Higher, Days: 28})
		if err != nil {
			t.Fatal(err)
		}
		missed, err := w.s.Measures().AddOwn(w.ctx, own.Definition{Name: "Trains", Way: own.Count, Of: kpi.OfPosts, Query: "train", Better: kpi.Higher, Days: 28})
		if err != nil {
			t.Fatal(err)
		}
		m := w.addMap(on(searched.ID, "", 28), on(missed.ID, "", 28), on("volume", "mail", 28), on("volume", "news", 28), first, lead, on("response-rate", "", 7), autumn)
		// Only what the measure can be told apart by narrows it, and only to what there is.
		for field, x := range map[string]func(*strategy.Measure){"team": func(x *strategy.Measure) { x.Measure, x.Team = "volume", "sav" }, "campaign": func(x *strategy.Measure) { x.Campaign = "Winter" }} {
			wrong := lead
			if x(&wrong); field == "team" {
				w.exec("INSERT INTO team_profile (member, department, changed_at) VALUES ('a', 'sav', 1)")
			}
			wrong.Objective = m.Objectives[0].ID
			if _, err := w.s.AddMeasure(w.ctx, wrong); !problem.Is(err, problem.Invalid) || problem.Of(err).Field != field {
				t.Errorf("narrowed by %s: %v", field, err)
			}
		}
		moved := func(trace strategy.Trace) map[string][2]int {
			t.Helper()
			list, err := w.s.Moved(w.ctx, trace, w.now)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string][2]int{}
			for _, m := range list {
				out[m.Reading.Measure.Measure+" "+m.Reading.Channel+m.Reading.Campaign] = [2]int{m.Now, m.Since}
				if m.Standing.Name.In("en") != "Answer mails" || len(m.Serves) != 1 {
					t.Errorf("%s counts for %v, which serves %v", m.Reading.Measure.Measure, m.Standing.Name, m.Serves)
				}
			}
			return out
		}
		for _, c := range []struct {
			said string
			want map[string][2]int
		}{
			{"new", map[string][2]int{"volume mail": {1, 1}, "first-response-time mail": {1, 1}, "response-rate ": {1, 1}, searched.ID + " ": {1, 1}}},
			{"past", map[string][2]int{"volume mail": {0, 1}, "first-response-time mail": {0, 1}, "response-rate ": {0, 1}, searched.ID + " ": {0, 1}}},
			{"old", map[string][2]int{}},
		} {
			trace, err := w.s.Said(w.ctx, id.From("mail"+c.said, "post"))
			if err != nil {
				t.Fatal(err)
			}
			if len(trace.Posts) != 2 || len(trace.Conversations) != 1 {
				t.Errorf("what was said around %s: %+v", c.said, trace)
			}
			if diff := cmp.Diff(c.want, moved(trace)); diff != "" {
				t.Errorf("%s: %s", c.said, diff)
			}
			same, err := w.s.Said(w.ctx, trace.Conversations[0])
			if diff := cmp.Diff(trace, same); diff != "" || err != nil {
				t.Errorf("from the conversation: %s, %v", diff, err)
			}
		}
		if diff := cmp.Diff(map[string][2]int{"lead-conversion ": {2, 2}}, moved(strategy.Trace{Campaign: "Spring"})); diff != "" {
			t.Errorf("the campaign: %s", diff)
		}
		if diff := cmp.Diff(map[string][2]int{"lead-conversion ": {1, 1}, "lead-conversion Autumn": {1, 1}}, moved(strategy.Trace{Campaign: "Autumn"})); diff != "" {
			t.Errorf("the campaign that one is narrowed to: %s", diff)
		}
		fact, err := w.s.Fact(w.ctx, "a")
		if diff := cmp.Diff(map[string][2]int{"lead-conversion ": {1, 1}}, moved(fact)); diff != "" || err != nil {
			t.Errorf("a fact: %s, %v", diff, err)
		}
		beside, err := w.s.MovedBy(w.ctx, id.From("mail"+"new", "post"), "mail", nil, w.now)
		if err != nil || len(beside) != 4 { // not the leads, which are narrowed to nothing and count none of it
			t.Errorf("beside the conversation: %d, %v", len(beside), err)
		}
		if got := moved(strategy.Trace{Campaign: "Winter"}); len(got) != 0 {
			t.Errorf("a campaign of nobody: %v", got)
		}
		if _, err := w.s.Said(w.ctx, "nothing"); !problem.Is(err, problem.Missing) {
			t.Errorf("nothing was said: %v", err)
		}
		if _, err := w.s.Moved(w.member(org.Plain), strategy.Trace{Campaign: "Spring"}, w.now); !problem.Is(err, problem.Forbidden) {
			t.Errorf("who does not read the strategy: %v", err)
		}
	})
}
