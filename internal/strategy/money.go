package strategy

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
)

// discreet are measures without the amounts of those in money: what they should reach, and from where.
func (s *Service) discreet(list []Measure) []Measure {
	var out []Measure
	for i, m := range list {
		if !s.inMoney(m.Measure) {
			continue
		}
		if out == nil {
			out = slices.Clone(list)
		}
		m.Hidden, m.Baseline, m.Target, m.Low, m.High = true, 0, 0, 0, 0
		out[i] = m
	}
	if out == nil {
		return list
	}
	return out
}

func (s *Service) inMoney(measure string) bool {
	def, err := s.measures.Find(measure)
	return err == nil && def.InMoney()
}

// shownObjective is an objective as whoever asks may see it.
func (s *Service) shownObjective(ctx context.Context, o Objective) Objective {
	if !org.SeesMoney(ctx) {
		o.Measures = s.discreet(o.Measures)
	}
	return o
}

// shownMap is a map as whoever asks may see it.
func (s *Service) shownMap(ctx context.Context, m Map) Map {
	if org.SeesMoney(ctx) {
		return m
	}
	m.Objectives = slices.Clone(m.Objectives)
	for i := range m.Objectives {
		m.Objectives[i].Measures = s.discreet(m.Objectives[i].Measures)
	}
	return m
}

// shown is an evaluation as whoever asks may see it: where objectives stand is for all who read the strategy, amounts are not. What it was made
// of stays with it, so that rules can still be held against it.
func (s *Service) shown(ctx context.Context, e Evaluation) Evaluation {
	if org.SeesMoney(ctx) || !slices.ContainsFunc(e.Objectives, func(st Standing) bool {
		return slices.ContainsFunc(st.Readings, func(r Reading) bool { return s.inMoney(r.Measure.Measure) })
	}) {
		return e
	}
	e.Map = s.shownMap(ctx, e.Map)
	e.Objectives = slices.Clone(e.Objectives)
	e.Stamp = -e.Stamp // what is drawn of it is not what is drawn for others
	for i := range e.Objectives {
		st := &e.Objectives[i]
		st.Measures, st.Readings = s.discreet(st.Measures), slices.Clone(st.Readings)
		for j, r := range st.Readings {
			if s.inMoney(r.Measure.Measure) && r.whole == nil {
				st.Readings[j] = r.discreet(s)
			}
		}
	}
	return e
}

// discreet is a reading without its amounts.
func (r Reading) discreet(s *Service) Reading {
	whole := r
	r.whole, r.Measure = &whole, s.discreet([]Measure{r.Measure})[0]
	r.Value, r.Spark = stat.Estimate{}, nil
	r.Result = measure.Result{ID: r.Result.ID, Unit: r.Result.Unit, Window: r.Result.Window, N: r.Result.N, Open: r.Result.Open, LeftOut: r.Result.LeftOut, Of: r.Result.Of, Parts: r.Result.Parts, Why: measure.Hidden}
	return r
}

// open is a reading with its amounts, for what reckons with them and tells none.
func (r Reading) open() Reading {
	if r.whole != nil {
		return *r.whole
	}
	return r
}
