package strategy_test

import (
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/check"
)

// What the rules say of an objective follows from the map, its numbers and the plan; people can judge otherwise, and take that back.
func TestSmart(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		m := w.addMap(strategy.Measure{Measure: "response-rate", Better: kpi.Higher, Weight: 1, Baseline: 0.4, BaselineAt: baseline, Target: 0.8, Days: 28, Channel: "mail"})
		e, err := w.s.Evaluate(w.ctx, m.ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		standing := func(name string) strategy.Standing {
			for _, st := range e.Objectives {
				if st.Name.In("en") == name {
					return st
				}
			}
			t.Fatal("no objective", name)
			return strategy.Standing{}
		}
		smart := func(st strategy.Standing, means strategy.Means) map[string]check.Verdict {
			t.Helper()
			got, err := w.s.Smart(w.ctx, e, st, means, func(m strategy.Measure) string { return m.Measure })
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]check.Verdict{}
			for _, f := range got.Findings {
				out[f.Rule] = f.Verdict
			}
			for l, v := range got.Letters {
				out[string(l)] = v
			}
			return out
		}
		answer := standing("Answer mails")
		got := smart(answer, strategy.Means{Load: map[string]check.Load{"": {Needed: 5, Available: 3}}, Served: map[string]bool{answer.ID: true}})
		for rule, want := range map[string]check.Verdict{"verb": check.Pass, "object": check.Fail, "owner": check.Fail, "scope": check.Pass, "measure": check.Pass, "baseline": check.Pass,
			"target": check.Pass, "unit": check.Pass, "leading": check.Warn, "hours": check.Fail, "goal": check.Fail, "due": check.Pass, "past": check.Pass, "start": check.Pass, "R": check.Fail} {
			if got[rule] != want {
				t.Errorf("%s: %q, want %q", rule, got[rule], want)
			}
		}
		if got := smart(standing("Keep customers"), strategy.Means{}); got["measure"] != check.Fail || got["hours"] != check.Unsure {
			t.Errorf("an objective without measures: %v", got)
		}

		seen, err := w.s.Smart(w.member(org.Social), e, answer, strategy.Means{Load: map[string]check.Load{"": {Needed: 5, Available: 3}}, Served: map[string]bool{answer.ID: true}}, func(m strategy.Measure) string { return m.Measure })
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range seen.Findings {
			if f.Rule == "hours" || f.Rule == "hours_private" && (f.Verdict != check.Unsure || len(f.Args) > 0) {
				t.Errorf("who does not steer is told of hours: %+v", f)
			}
		}
		if err := w.s.Override(w.ctx, answer.ID, check.Relevant, "  "); !problem.Is(err, problem.Invalid) {
			t.Errorf("without a reason: %v", err)
		}
		if err := w.s.Override(w.ctx, answer.ID, "X", "why"); !problem.Is(err, problem.Missing) {
			t.Errorf("no letter: %v", err)
		}
		if err := w.s.Override(w.member(org.Volunteer), answer.ID, check.Relevant, "why"); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer: %v", err)
		}
		ada := w.member(org.Strategist)
		for _, reason := range []string{"first", "A promise to the board"} {
			if err := w.s.Override(ada, answer.ID, check.Relevant, reason); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := w.s.Overrides(w.ctx, answer.Objective)
		if err != nil || kept[check.Relevant].Reason != "A promise to the board" || kept[check.Relevant].By != org.Who(ada).ID {
			t.Errorf("kept %+v, %v", kept, err)
		}
		if got := smart(answer, strategy.Means{}); got["R"] != check.Warn || got["goal"] != check.Fail {
			t.Errorf("judged otherwise: %v", got)
		}
		if err := w.s.RemoveOverride(ada, answer.ID, check.Relevant); err != nil {
			t.Fatal(err)
		}
		if err := w.s.RemoveOverride(ada, answer.ID, check.Relevant); !problem.Is(err, problem.Missing) {
			t.Errorf("taken back twice: %v", err)
		}
		if got := smart(answer, strategy.Means{}); got["R"] != check.Fail {
			t.Errorf("taken back: %v", got)
		}

		rules := func(means strategy.Means) map[string]int {
			t.Helper()
			flaws, err := w.s.CheckMap(w.ctx, e, means)
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]int{}
			for _, f := range flaws {
				out[f.Rule] = len(f.Objectives)
			}
			return out
		}
		if got := rules(strategy.Means{}); got["no_owner"] != 3 || got["no_measure"] != 2 || got["no_leading"] != 1 || got["orphan"] != 0 || got["unfunded"] != 0 {
			t.Errorf("the map: %v", got)
		}
		if got := rules(strategy.Means{Funded: map[string]bool{answer.ID: true}}); got["unfunded"] != 2 {
			t.Errorf("with a plan: %v", got)
		}
	})
}
