package strategy_test

import (
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// Of two who edit the same thing at once, the second is told so and nothing is overwritten; who edits something else beside it is not in the way.
func TestOvertakenFormsAreRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		m := w.addMap(strategy.Measure{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: baseline, Target: 2, Days: 28})
		first, second := w.full(m.ID), w.full(m.ID)
		overtaken := func(what string, err error) {
			t.Helper()
			if !problem.Is(err, problem.Conflict) {
				t.Errorf("%s was overwritten: %v", what, err)
			}
		}
		fine := func(err error) {
			t.Helper()
			if err != nil {
				t.Error(err)
			}
		}

		a, b := named(first, "Answer mails"), named(second, "Answer mails")
		a.Seen, b.Seen = a.Stamp(), b.Stamp()
		a.Goal, b.Note = "Grow", "An owner has been found"
		_, err := w.s.ChangeObjective(w.ctx, a)
		fine(err)
		_, err = w.s.ChangeObjective(w.ctx, b)
		overtaken("an objective", err)
		if got := named(w.full(m.ID), "Answer mails"); got.Goal != "Grow" || got.Note != "" {
			t.Errorf("the goal is %q, the note %q", got.Goal, got.Note)
		}
		b.Seen = ""
		_, err = w.s.ChangeObjective(w.ctx, b) // a program that says nothing of what it saw
		fine(err)

		x, y := a.Measures[0], b.Measures[0]
		x.Seen, y.Seen = x.Stamp(), y.Stamp()
		x.Target, y.Weight = 3, 2
		_, err = w.s.ChangeMeasure(w.ctx, x)
		fine(err)
		_, err = w.s.ChangeMeasure(w.ctx, y)
		overtaken("a measure", err)

		// Objectives are no part of what the form of a map holds.
		first.Seen, second.Seen = first.Stamp(), second.Stamp()
		first.Name, second.Scope = strategy.Words{"en": "Another name"}, "Everybody"
		fine(w.s.ChangeMap(w.ctx, first, nil))
		overtaken("a map", w.s.ChangeMap(w.ctx, second, nil))
	})
}
