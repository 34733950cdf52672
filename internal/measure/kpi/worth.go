package kpi

import "github.com/entente/entente/internal/measure/stat"

// returns is benefits by grade, and costs.
func (a Ask) returns() Source {
	s := a.statedAny("CASE f.kind WHEN 'cost' THEN 'cost' ELSE 'benefit_' || f.label END", "CASE f.kind WHEN 'cost' THEN "+total+" ELSE COALESCE(f.amount, 0) END", "benefit", "cost")
	s.Currency = "f.currency"
	return s
}

// ProgrammeReturn is what all of it returned on its cost, by benefits that were measured or held against a control group only.
func ProgrammeReturn() Measure {
	return Measure{
		ID: "programme-return", Section: Worth, Entry: 32, Unit: Ratio, Better: Higher, Days: 365, Clock: NoClock, Interval: ExactNumber, Evidence: Measured, Stage: Impact,
		Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs("benefit", "cost"), Spread: true,
		Parts:   []Part{{"benefit_measured", Numerator}, {"benefit_holdout", Numerator}, {"cost", Denominator}, {"benefit_modelled", LeftOut}, {"benefit_assumed", LeftOut}},
		Formula: "ROI = (Σ benefits measured or held out − cost) / cost",
		Source:  func(a Ask) Source { return a.returns() },
		Estimate: func(facts []Fact) Estimated {
			return inMoney(facts, func(string) Estimated {
				proven, rest, cost := sum(facts, "benefit_measured", "benefit_holdout"), sum(facts, "benefit_modelled", "benefit_assumed"), sum(facts, "cost")
				e := Estimated{Terms: []Term{{ID: "benefit_proven", Unit: Money, Value: stat.Exact(proven.Sum, proven.N)}, {ID: "cost", Unit: Money, Value: stat.Exact(cost.Sum, cost.N)},
					{ID: "benefit_potential", Unit: Money, Value: stat.Exact(rest.Sum, rest.N)}}}
				if cost.N > 0 && proven.N+rest.N > 0 {
					e.Value = stat.Return(stat.Exact(proven.Sum, proven.N+cost.N), cost.Sum)
				}
				return e
			})
		},
	}
}

// ProgrammePotential is benefits that were modelled or assumed. They are never added to those that were measured.
func ProgrammePotential() Measure {
	return Measure{
		ID: "programme-potential", Section: Worth, Entry: 32, Unit: Money, Better: Higher, Days: 365, Clock: NoClock, Interval: ExactNumber, Evidence: Assumed, Stage: Impact,
		Dims: ofFacts(), Of: OfFacts, From: stating(), Needs: needs("benefit/modelled|assumed"), Spread: true,
		Parts:   []Part{{"benefit_modelled", Numerator}, {"benefit_assumed", Numerator}},
		Formula: "P = Σ benefits modelled or assumed",
		Source: func(a Ask) Source {
			s := a.returns()
			s.Where.And("f.kind = 'benefit'").And("f.label IN ('modelled', 'assumed')")
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			return inMoney(facts, func(string) Estimated {
				m := sum(facts, "benefit_modelled", "benefit_assumed")
				if m.N == 0 {
					return Estimated{}
				}
				return Estimated{Value: stat.Exact(m.Sum, m.N)}
			})
		},
	}
}
