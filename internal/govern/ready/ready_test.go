package ready_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/govern/ready"
	"github.com/entente/entente/internal/i18n"
)

func TestQuestions(t *testing.T) {
	t.Parallel()
	of, seen := map[ready.P]int{}, map[string]bool{}
	for _, q := range ready.Questions() {
		if seen[q.ID] {
			t.Errorf("%s stands there twice", q.ID)
		}
		seen[q.ID] = true
		of[q.P]++
		if q.Essential && !q.Service {
			t.Errorf("%s is essential to nothing", q.ID)
		}
		for _, key := range []string{"govern.ready." + q.ID, "govern.ready." + q.ID + ".do"} {
			if !i18n.Has(key) {
				t.Errorf("%s has no words", key)
			}
		}
	}
	if len(seen) != 30 || len(of) != 4 {
		t.Errorf("%d questions of %v", len(seen), of)
	}
	for _, s := range ready.Stages() {
		if !i18n.Has("govern.stage."+s) || !i18n.Has("govern.stage."+s+".text") {
			t.Errorf("stage %s has no words", s)
		}
	}
}

func TestLevels(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	list := []ready.Answer{{"team", 4, day(9)}, {"team", 2, day(3)}, {"hours", 1, day(5)}, {"team", 3, day(9)}}
	if diff := cmp.Diff(map[string]int{"team": 2, "hours": 1}, ready.Levels(list, day(8))); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"team": 3, "hours": 1}, ready.Levels(list, day(9))); diff != "" {
		t.Error(diff)
	}
}

func TestScores(t *testing.T) {
	t.Parallel()
	// Two of the six questions of practices: (6 + 3) / 6.
	got := ready.Scores(map[string]int{"answering": 6, "reuse": 3, "team": 4})
	if got[3].Mean != 1.5 || got[3].Answered != 2 || got[3].Of != 6 || got[0].Mean != 0.5 {
		t.Errorf("%+v", got)
	}
	if o := ready.Overall(got); o != 0.5 {
		t.Errorf("overall %g", o)
	}
	for level, want := range map[float64]string{0.4: "", 0.5: "planning", 2.5: "engagement", 6: "converged"} {
		if got := ready.Stage(level); got != want {
			t.Errorf("%g is %q, want %q", level, got, want)
		}
	}
}

func TestServiceGate(t *testing.T) {
	t.Parallel()
	all := func(level int) map[string]int {
		out := map[string]int{}
		for _, q := range ready.Questions() {
			out[q.ID] = level
		}
		return out
	}
	if g := ready.ServiceGate(all(3)); !g.Open || g.Readiness != 3 {
		t.Errorf("at 3 everywhere: %+v", g)
	}
	high := all(6)
	high["privacy"] = 1
	g := ready.ServiceGate(high)
	if g.Open || len(g.First) != 1 || g.First[0].Question.ID != "privacy" || g.First[0].To != 2 || len(g.Lacking) != 1 {
		t.Errorf("an essential is missing: %+v", g)
	}
	nothing := ready.ServiceGate(nil)
	if nothing.Open || len(nothing.First) != 12 || !nothing.First[0].Question.Essential || nothing.First[0].To != 3 {
		t.Errorf("nothing done: %d steps, first %+v", len(nothing.First), nothing.First[0])
	}
}

// TestWayOut: whoever does what the gate asks for finds it open, and one step less is not enough.
func TestWayOut(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		levels := map[string]int{}
		for _, q := range ready.Questions() {
			if n := rapid.IntRange(-1, 6).Draw(t, q.ID); n >= 0 {
				levels[q.ID] = n
			}
		}
		g := ready.ServiceGate(levels)
		if g.Open != (len(g.First) == 0) {
			t.Fatal("open with something to do, or closed without")
		}
		for _, s := range g.First {
			levels[s.Question.ID] = s.To
		}
		if after := ready.ServiceGate(levels); !after.Open {
			t.Fatalf("still closed after the way out: %+v", after)
		}
		if len(g.First) > 0 {
			last := g.First[len(g.First)-1]
			levels[last.Question.ID]--
			if ready.ServiceGate(levels).Open {
				t.Fatalf("%s need not reach %d", last.Question.ID, last.To)
			}
		}
	})
}
