package kpi

import "github.com/entente/entente/internal/measure/stat"

// CSAT is the share of ratings of 4 and 5 on a scale of 1 to 5.
func CSAT() Measure {
	return Measure{
		ID: "csat", Section: Service, Entry: 8, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: Wilson, Evidence: Surveyed, Stage: Outtake,
		Dims: ofAnswers(), Of: OfFacts, From: stating(), Needs: needs("rating/csat"),
		Parts:   []Part{{"satisfied", Numerator}, {"dissatisfied", Denominator}},
		Formula: "CSAT = #{ r ≥ 4 } / #{ r }",
		Source: func(a Ask) Source {
			return a.ratings("csat", "CASE WHEN f.quantity >= 4 THEN 'satisfied' ELSE 'dissatisfied' END")
		},
		Estimate: shares(30, "satisfied", "dissatisfied"),
	}
}

// NPS is the net promoter score of ratings of 0 to 10.
func NPS() Measure { return promoters("nps", Service, 8) }

// EmployeeNPS is the same asked of employees.
func EmployeeNPS() Measure { return promoters("enps", Working, 27) }

func promoters(id string, section Section, entry int) Measure {
	return Measure{
		ID: id, Section: section, Entry: entry, Unit: Points, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: NetScore, Evidence: Surveyed, Stage: Outtake,
		Dims: ofAnswers(), Of: OfFacts, From: stating(), Needs: needs("rating/" + id),
		Parts:   []Part{{"promoters", Numerator}, {"passives", Denominator}, {"detractors", Numerator}},
		Formula: "NPS = 100 · (p − d),  SE = 100 · √((p + d − (p − d)²) / n)",
		Source: func(a Ask) Source {
			return a.ratings(id, "CASE WHEN f.quantity >= 9 THEN 'promoters' WHEN f.quantity >= 7 THEN 'passives' ELSE 'detractors' END")
		},
		Estimate: func(facts []Fact) Estimated {
			return Estimated{Value: stat.NPS(count(facts, "promoters"), count(facts, "passives"), count(facts, "detractors")).AtLeast(30)}
		},
	}
}

// CES is the mean of answers on how easy it was, on a scale of 1 to 7.
func CES() Measure {
	return Measure{
		ID: "ces", Section: Service, Entry: 8, Unit: Score, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: Student, Evidence: Surveyed, Stage: Outtake,
		Dims: ofAnswers(), Of: OfFacts, From: stating(), Needs: needs("rating/ces"),
		Parts:   []Part{{"rated", Numerator}},
		Formula: "CES = Σ rᵢ / n,  1 ≤ rᵢ ≤ 7",
		Source: func(a Ask) Source {
			s := a.ratings("ces", "'rated'")
			s.Sum = "f.quantity"
			return s
		},
		Estimate: func(facts []Fact) Estimated { return Estimated{Value: sum(facts, "rated").Mean().AtLeast(30)} },
	}
}

// ratings is the answers to a question; the quantity is the answer, each row one.
func (a Ask) ratings(label, part string) Source {
	s := a.stated("rating", part)
	s.N = ""
	s.Where.And("f.label = ?", label)
	return s
}
