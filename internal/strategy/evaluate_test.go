package strategy_test

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
)

// fill states forty questions in the last four weeks: thirty answered, three each after 1 to 10 hours, ten not.
func fill(w *world) {
	for i := range 40 {
		answered := time.Duration(i/3+1) * time.Hour
		if i >= 30 {
			answered = 0
		}
		w.ask(fmt.Sprint("q", i), w.now.Add(-time.Duration(i%25+2)*24*time.Hour), answered)
	}
}

func TestProgress(t *testing.T) {
	t.Parallel()
	const h = 3600.0
	rate := strategy.Measure{Measure: "response-rate", Better: kpi.Higher, Weight: 1, Baseline: 0.5, BaselineAt: baseline, Target: 0.9, Days: 28}
	speed := strategy.Measure{Measure: "first-response-time", Better: kpi.Lower, Weight: 3, Baseline: 10 * h, BaselineAt: baseline, Target: 2 * h, Days: 28, Channel: "mail"}
	volume := strategy.Measure{Measure: "volume", Better: kpi.Within, Weight: 1, Baseline: 50, BaselineAt: baseline, Low: 5, High: 35, Days: 28}
	slow := speed
	slow.Statistic = strategy.P90
	slower := slow
	slower.Baseline, slower.Target = 40*24*h, 24*h
	none := rate
	none.Channel = "news"
	type want struct {
		Value, Progress, Expected float64
		State                     stat.State
		Why                       strategy.Reason
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		fill(w)
		for _, c := range []struct {
			name    string
			measure strategy.Measure
			want    want
		}{
			// 30 of 40: (0.75 − 0.5) / (0.9 − 0.5) = 0.625; half of the time has gone.
			{"a share", rate, want{0.75, 0.625, 0.5, stat.OnTrack, strategy.Judged}},
			// After 7 hours 21 of 40 have an answer, S = 0.475: (7 − 10) / (2 − 10) = 0.375.
			{"a wait", speed, want{7 * h, 0.375, 0.5, stat.Watch, strategy.Judged}},
			// A quarter still waits, at least two days: worse than the baseline of ten hours whatever comes.
			{"a wait not over", slow, want{0, 0, 0.5, stat.Off, strategy.Judged}},
			// That may be better or worse than forty days.
			{"a wait that may end well", slower, want{0, 0, 0.5, stat.Unknown, strategy.NotReached}},
			// 40 posts, the range ends at 35, nothing is left at 50: (50 − 40) / (50 − 35) = ⅔.
			{"a range", volume, want{40, 2.0 / 3, 0.5, stat.OnTrack, strategy.Judged}},
			{"nothing", none, want{0, 0, 0.5, stat.Unknown, strategy.NoNumber}},
		} {
			m := w.addMap(c.measure)
			e, err := w.s.Evaluate(w.ctx, m.ID, w.now)
			if err != nil {
				t.Fatal(err)
			}
			st, _ := e.Standing(named(m, "Answer mails").ID)
			r := st.Readings[0]
			got := want{r.Value.Value, r.Progress, r.Expected, r.State, r.Why}
			if r.Result.P90.Defined() && r.Statistic == strategy.P90 {
				got.Value, got.Progress = 0, 0 // "more than" something
			}
			if diff := cmp.Diff(c.want, got, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
				t.Errorf("%s: %s", c.name, diff)
			}
			if len(r.Spark) == 0 || len(r.Spark) > 12 {
				t.Errorf("%s: %d points of the last weeks", c.name, len(r.Spark))
			}
		}
		// Nobody told of anything within these days: a zero is none, and weighs nothing beside what was told.
		rare := volume
		rare.Days, rare.Low = 1, 0
		quiet := w.addMap(rare, rate)
		silent, err := w.s.Evaluate(w.ctx, quiet.ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		is, _ := silent.Standing(named(quiet, "Answer mails").ID)
		if r := is.Readings[0]; r.Why != strategy.Stale || r.State != stat.Unknown || r.Value.Value != 0 || is.Rolled.Coverage != 0.5 || is.Rolled.Fresh != 1 {
			t.Errorf("a number of silence: %q, %v, %+v", r.Why, r.Value, is.Rolled)
		}
		// Weighted: (1·0.625 + 3·0.375 + 1·⅔) / 5 = 0.48333; what has no number is left out and lowers the coverage to 5/6.
		m := w.addMap(rate, speed, volume, none)
		e, err := w.s.Evaluate(w.ctx, m.ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		st, _ := e.Standing(named(m, "Answer mails").ID)
		wantRolled := stat.Rolled{Progress: 29.0 / 60, Expected: 0.5, Coverage: 5.0 / 6, Fresh: 3, Total: 4, State: stat.OnTrack}
		if diff := cmp.Diff(wantRolled, st.Rolled, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff([]strategy.Gap{strategy.NoOwner, strategy.NoData}, st.Missing); diff != "" {
			t.Error(diff)
		}
		if e.OnTrack != 1 || e.Unknown != 2 || e.Watch+e.Off != 0 {
			t.Errorf("counted %d %d %d %d", e.OnTrack, e.Watch, e.Off, e.Unknown)
		}
		c, err := w.s.Course(w.ctx, st.Readings[1], st.DueAt, w.now)
		if err != nil {
			t.Fatal(err)
		}
		last := c.Points[len(c.Points)-1]
		if !last.At.Equal(w.now) || last.Value.Value != 7*h || len(c.Expected) != 2 || c.Expected[0].Value != 10*h || c.Expected[1].Value != 2*h {
			t.Errorf("course ends at %v, expected %+v", last, c.Expected)
		}
		// Facts are older than the baseline: the course begins with the first window that is told whole, as far back as it is ahead.
		w.ask("ancient", w.now.AddDate(-1, 0, 0), time.Hour)
		first, err := w.s.Course(w.ctx, st.Readings[1], w.now.AddDate(2, 0, 0), w.now)
		if err != nil || !first.Points[0].At.Before(c.Points[0].At) {
			t.Errorf("the course of two years ahead begins at %v, that of %v at %v (%v)", first.Points[0].At, st.DueAt, c.Points[0].At, err)
		}
	})
}

// What was answered a moment ago is given again, but never after a change of the map.
func TestChangesAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	fill(w)
	m := w.addMap(strategy.Measure{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 2, BaselineAt: baseline, Target: 78, Days: 28})
	state := func() (float64, float64) {
		e, err := w.s.Evaluate(w.ctx, m.ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		r := e.Objectives[1].Readings[0]
		return r.Value.Value, r.Progress
	}
	if v, p := state(); v != 40 || p != 0.5 {
		t.Fatalf("%v, %v done; want 40, 0.5", v, p)
	}
	w.ask("new", w.now.Add(-time.Hour), 0)
	if v, _ := state(); v != 40 {
		t.Errorf("computed anew within seconds: %v", v)
	}
	o, _ := m.Objective(named(m, "Answer mails").ID)
	changed := o.Measures[0]
	changed.Target = 80
	if _, err := w.s.ChangeMeasure(w.ctx, changed); err != nil {
		t.Fatal(err)
	}
	if v, p := state(); v != 41 || p != 0.5 {
		t.Errorf("after the change %v, %v done", v, p)
	}
	w.ask("newer", w.now.Add(-time.Hour), 0)
	w.now = w.now.Add(11 * time.Second)
	if v, _ := state(); v != 42 {
		t.Errorf("after eleven seconds %v, want 42", v)
	}
}

// Whatever the goals and the data are, every number of an evaluation can be written as JSON, and states follow the thresholds.
func TestNeverNaN(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	fill(w)
	catalogue := w.s.Measures().All()
	rapid.Check(t, func(t *rapid.T) {
		var list []strategy.Measure
		for range rapid.IntRange(0, 4).Draw(t, "measures") {
			def := rapid.SampledFrom(catalogue).Draw(t, "measure")
			low, high := strategy.Bounds(def.Unit)
			value := rapid.OneOf(rapid.Float64Range(low, high), rapid.SampledFrom([]float64{low, high, math.Nextafter(low, high), (low + high) / 2}))
			m := strategy.Measure{Measure: def.ID, Weight: rapid.Float64Range(1e-300, 1000).Draw(t, "weight"), Baseline: value.Draw(t, "baseline"), BaselineAt: baseline,
				Days: rapid.IntRange(1, 366).Draw(t, "days"), Channel: rapid.SampledFrom([]string{"", "mail", "news"}).Draw(t, "channel"), Topic: rapid.SampledFrom([]string{"", "bike"}).Draw(t, "topic")}
			m.Narrow(measure.Narrows(def, m.Filter()))
			a, b := value.Draw(t, "a"), value.Draw(t, "b")
			switch m.Better = rapid.SampledFrom([]kpi.Better{kpi.Higher, kpi.Lower, kpi.Within}).Draw(t, "better"); {
			case m.Better == kpi.Within:
				m.Low, m.High = min(a, b), max(a, b)
			case a == m.Baseline:
				continue
			default:
				if m.Target = a; a > m.Baseline {
					m.Better = kpi.Higher
				} else {
					m.Better = kpi.Lower
				}
			}
			list = append(list, m)
		}
		m, err := w.s.AddMap(w.ctx, draft(list...))
		if err != nil {
			t.Fatal(err)
		}
		defer w.s.RemoveMap(w.ctx, m.ID)
		at := w.now.Add(-time.Duration(rapid.IntRange(0, 400).Draw(t, "days ago")) * 24 * time.Hour)
		e, err := w.s.Evaluate(w.ctx, m.ID, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := json.Marshal(e); err != nil {
			t.Fatal(err)
		}
		for _, st := range e.Objectives {
			if r := st.Rolled; r.Progress < 0 || r.Progress > 1 || r.Coverage < 0 || r.Coverage > 1 || r.Fresh > r.Total {
				t.Fatalf("rolled up to %+v", r)
			}
			for _, r := range st.Readings {
				if (r.State == stat.Unknown) != (r.Why != strategy.Judged) {
					t.Fatalf("state %v because %q", r.State, r.Why)
				}
			}
		}
	})
}

// Whoever only asks what something counts for does not wait for numbers of this second.
func TestCountsDoNotWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	m := w.addMap(strategy.Measure{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: baseline, Target: 2, Days: 28})
	value := func() float64 {
		list, err := w.s.Counts(w.ctx, "mail", nil, w.now)
		if err != nil || len(list) != 1 {
			t.Fatal(list, err)
		}
		return list[0].Reading.Value.Value
	}
	if v := value(); v != 0 {
		t.Fatalf("%v at first", v)
	}
	w.ask("q", w.now.Add(-time.Hour), 0)
	w.now = w.now.Add(40 * time.Second)
	if v := value(); v != 0 {
		t.Errorf("computed anew after 40 seconds: %v", v)
	}
	if _, err := w.s.Evaluate(w.ctx, m.ID, w.now); err != nil {
		t.Fatal(err)
	}
	if v := value(); v != 1 {
		t.Errorf("%v although the map was looked at meanwhile", v)
	}
	w.now = w.now.Add(7 * time.Hour)
	w.ask("r", w.now.Add(-time.Hour), 0)
	if v := value(); v != 2 {
		t.Errorf("%v from seven hours ago", v)
	}
}

// TestRedefined holds that an objective whose own measure was changed after its baseline says so, until a new baseline is taken, also when it is the
// part of a ratio that was changed.
func TestRedefined(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	part := own.Definition{Name: "Brakes", Way: own.Count, Of: kpi.OfPosts, Better: kpi.Higher, Days: 28}
	over, err := w.s.Measures().AddOwn(w.ctx, part)
	if err != nil {
		t.Fatal(err)
	}
	ratio, err := w.s.Measures().AddOwn(w.ctx, own.Definition{Name: "Brakes of all", Way: own.Ratio, Over: over.ID, Under: "volume", Better: kpi.Higher, Days: 28})
	if err != nil {
		t.Fatal(err)
	}
	measured := func(id string) strategy.Measure {
		return strategy.Measure{Measure: id, Better: kpi.Higher, Weight: 1, Baseline: 0.1, BaselineAt: baseline, Target: 1, Days: 28}
	}
	m := w.addMap(measured(over.ID), measured(ratio.ID), measured("volume"))
	redefined := func() (out []string) {
		t.Helper()
		e, err := w.s.Evaluate(w.ctx, m.ID, w.now)
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range e.Objectives {
			for _, r := range st.Readings {
				if r.Redefined {
					out = append(out, r.Measure.Measure)
				}
			}
		}
		return out
	}
	if got := redefined(); len(got) != 0 {
		t.Errorf("nothing was changed but %v", got)
	}
	part.Name, part.Query = "Brakes, said so", "brake"
	if _, err := w.s.Measures().ChangeOwn(w.ctx, over.ID, part); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Hour)
	if got := redefined(); !slices.Equal(got, []string{over.ID, ratio.ID}) {
		t.Errorf("changed since are %v", got)
	}
	for _, o := range m.Objectives {
		for _, x := range o.Measures {
			x.Weight = 2 // which is no new baseline
			if x.Measure == over.ID {
				x.Baseline, x.BaselineAt = 0.3, w.now
			}
			if _, err := w.s.ChangeMeasure(w.ctx, x); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := redefined(); !slices.Equal(got, []string{ratio.ID}) {
		t.Errorf("with one new baseline %v", got)
	}
}
