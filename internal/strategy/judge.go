package strategy

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/problem"
)

// settle rolls the measures up and notes what is missing.
func (st *Standing) settle(m Map, top string, at time.Time) {
	var parts, leading, lagging []stat.Part
	noData := false
	for _, r := range st.Readings {
		part := stat.Part{Weight: r.Weight, Progress: r.Progress, Expected: r.Expected, Fresh: r.Why == Judged}
		if parts = append(parts, part); r.Timing == Leading {
			leading = append(leading, part)
		} else {
			lagging = append(lagging, part)
		}
		st.Few = st.Few || r.Why == TooFew
		noData = noData || r.Why != Judged && r.Why != NoPath
	}
	judge := stat.DefaultThresholds()
	st.Rolled, st.Leading, st.Lagging = judge.RollUp(parts), judge.RollUp(leading), judge.RollUp(lagging)
	serves := m.Band(st.Perspective) == top
	for _, l := range m.Links {
		serves = serves || l.Origin == st.ID
	}
	for _, g := range []struct {
		gap  Gap
		lack bool
	}{
		{NoOwner, st.Owner == ""}, {NoDue, st.DueAt.IsZero()}, {Overdue, !st.DueAt.IsZero() && !at.Before(st.DueAt)},
		{NoMeasure, len(st.Readings) == 0}, {NoData, noData}, {NoLink, !serves},
	} {
		if g.lack {
			st.Missing = append(st.Missing, g.gap)
		}
	}
}

// TooFew reports whether an objective has no state because numbers of its measures stand on too few observations, and not because there are none.
func (st Standing) TooFew() bool {
	return st.Few && st.Rolled.State == stat.Unknown
}

// reading computes a measure and judges it.
func (s *Service) reading(ctx context.Context, m Measure, due, at time.Time, zone *time.Location) (Reading, error) {
	r := Reading{Measure: m, Window: m.Window(at, zone)}
	def, err := s.measures.Find(m.Measure)
	if err != nil {
		r.Why = Gone
		return r, nil
	}
	r.Unit = def.Unit
	r.Redefined = m.Defined != "" && m.Defined != s.measures.Definition(def)
	r.Result, err = s.measures.Compute(measure.Permitted(ctx), m.Measure, r.Window, m.Filter())
	if problem.Is(err, problem.Invalid) || problem.Is(err, problem.Missing) {
		r.Why = Gone
		return r, nil
	}
	if err != nil {
		return r, fmt.Errorf("measure %s: %w", m.Measure, err)
	}
	r.judge(due, at)
	if r.Why != Judged && r.Why != NoPath || r.Result.N > 0 && !def.Stock && def.Between == nil {
		return r, nil // rows of the window are behind it
	}
	told, err := s.measures.Told(ctx, def, r.Window)
	if err != nil {
		return r, err
	}
	if !told {
		r.Why, r.State = Stale, stat.Unknown
	}
	return r, nil
}

// judge sets progress, expectation and state from the result.
func (r *Reading) judge(due, at time.Time) {
	var notReached bool
	r.Value, notReached = pick(r.Result, r.Unit, r.Statistic)
	progress, err := r.Goal().Progress(r.Value.Value)
	expected, path := r.Measure.Expected(at, due)
	switch {
	case !r.Value.Defined():
		r.Why = NoNumber
	case err != nil:
		r.Why = BadGoal
	case notReached && !(r.Better == kpi.Lower && r.Value.Value > r.Baseline):
		r.Why = NotReached
	case !r.Value.OK() && !notReached:
		r.Why = TooFew
	case !path:
		r.Why = NoPath
	}
	if err == nil && r.Value.Defined() {
		r.Progress = progress
	}
	if path {
		r.Expected = expected
	}
	if r.Why == Judged {
		r.State = stat.DefaultThresholds().State(r.Progress, r.Expected)
	}
}

// pick takes the number of a statistic out of a result. notReached: so many still wait that the number is only "more than".
func pick(r measure.Result, u kpi.Unit, statistic Statistic) (e stat.Estimate, notReached bool) {
	if u != kpi.Seconds {
		return r.Value, false
	}
	w := r.Median
	if statistic == P90 {
		w = r.P90
	}
	return w.In(time.Second), w.Defined() && !w.Reached && w.Grade == stat.Enough
}
