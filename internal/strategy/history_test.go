package strategy_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
)

// TestLinksOnAllThereIs tests a link between two courses of 70 weeks: an evaluation alone looks at the last 26 of them, who opens the objective at all, and
// evaluations after that too. A link to a course of some weeks only is tested on those.
func TestLinksOnAllThereIs(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const weeks = 70
		var list []ledger.Activity
		add := func(channel string, first int, count func(week int) int) {
			w.exec("INSERT INTO channel (id, kind, name, created_at) VALUES ($1, 'feed', $1, 1)", channel)
			for week := first; week < weeks; week++ {
				for k := range count(week) {
					at := w.now.AddDate(0, 0, -7*(weeks-week)).Add(2*24*time.Hour + time.Duration(k)*time.Minute) // a Wednesday
					external := fmt.Sprint(week, "-", k)
					list = append(list, ledger.Activity{ID: id.From(channel+external, "post"), Kind: ledger.PostSaid, Actor: "mailto:ada@example.org", Channel: channel, At: at,
						LearnedAt: at, Key: ledger.SaidKey(channel, external), Data: ledger.Data(ledger.Said{ExternalID: external, Text: "Hello"})})
				}
			}
		}
		drives := func(week int) int { return 2 + week*week%7 }
		add("driver", 0, drives)
		add("outcome", 0, func(week int) int { return 1 + drives(week) })
		add("young", weeks-10, drives)
		if _, err := w.led.State(w.ctx, list...); err != nil {
			t.Fatal(err)
		}
		draft := strategy.Draft{Name: strategy.Words{"en": "Long"}, Perspectives: []strategy.Perspective{{ID: "up", Name: strategy.Words{"en": "Up"}}, {ID: "down", Name: strategy.Words{"en": "Down"}}},
			Links: []strategy.Link{{Origin: "driver", Serves: "outcome"}, {Origin: "driver", Serves: "young"}}}
		for i, name := range []string{"driver", "outcome", "young"} {
			draft.Objectives = append(draft.Objectives, strategy.Objective{ID: name, Perspective: []string{"down", "up", "up"}[i], Name: strategy.Words{"en": name}, DueAt: due,
				Measures: []strategy.Measure{{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: baseline, Target: 100, Days: 28, Channel: name}}})
		}
		// The first measure of one end has no data: the link is tested on the second.
		empty := strategy.Measure{Measure: "csat", Better: kpi.Higher, Weight: 1, Baseline: 0.1, BaselineAt: baseline, Target: 1, Days: 90}
		draft.Objectives[1].Measures = append([]strategy.Measure{empty}, draft.Objectives[1].Measures...)
		m, err := w.s.AddMap(w.ctx, draft)
		if err != nil {
			t.Fatal(err)
		}
		objective := ""
		tested := func(e strategy.Evaluation) (outcome, young stat.Correlation) {
			names := map[string]string{}
			for _, o := range e.Objectives {
				names[o.ID] = o.Name.In("en")
				if o.Name.In("en") == "driver" {
					objective = o.ID
				}
			}
			for _, l := range e.Links {
				if names[l.Serves] == "young" {
					young = l.Correlation
				} else {
					outcome = l.Correlation
				}
			}
			return outcome, young
		}
		e, err := w.s.Evaluate(w.ctx, m.ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		outcome, young := tested(e)
		if outcome.N == 0 || outcome.N > 26 || young.N > 26 {
			t.Fatalf("an evaluation tests on %d and %d weeks", outcome.N, young.N)
		}
		of := young.N
		check := func(when string, e strategy.Evaluation) {
			t.Helper()
			outcome, young := tested(e)
			for _, l := range e.Links {
				if l.Correlation == outcome && (l.From != 0 || l.To != 1) {
					t.Errorf("%s: tested on the measures %d and %d", when, l.From, l.To)
				}
			}
			if outcome.N < 60 || outcome.N > weeks || outcome.Verdict != stat.Consistent {
				t.Errorf("%s: tested on %+v", when, outcome)
			}
			if young.N != of {
				t.Errorf("%s: the young one is tested on %d weeks, was on %d", when, young.N, of)
			}
		}
		check("opened", w.s.TestLinks(w.ctx, e, objective))
		if outcome, _ := tested(e); outcome.N > 26 {
			t.Error("what others look at was changed")
		}
		after, err := w.s.Evaluate(w.ctx, m.ID, w.now.Add(-time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		check("evaluated after", after)
	})
}
