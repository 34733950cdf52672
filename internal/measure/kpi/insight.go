package kpi

import (
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
)

// OfInsights is what was heard and handed to a department that can act on it.
const OfInsights Thing = "insight"

// handed is the insights handed over between the cuts.
func (a Ask) handed() Source {
	return Source{Table: "insight i", ID: "i.id", At: "i.created_at", Where: a.between(&db.Where{}, "i.created_at"),
		Part: "CASE WHEN " + decided + " THEN 'decided' ELSE 'undecided' END"}
}

const decided = "i.verdict <> '' AND i.decided_at IS NOT NULL"

func insight(m Measure) Measure {
	m.Section, m.Entry, m.Days, m.MinN, m.Evidence, m.Of = Innovation, 25, 180, 10, Measured, OfInsights
	m.From = []string{"govern.insight_handed", "govern.insight_decided"}
	m.Parts = []Part{{"decided", Numerator}, {"undecided", Denominator}}
	m.Moving = true // a decision changes what was handed over long ago
	return m
}

// InsightRate is the share of the insights handed to a department that were decided on, whatever was decided.
func InsightRate() Measure {
	return insight(Measure{
		ID: "insight-to-decision-rate", Unit: Share, Better: Higher, Clock: NoClock, Interval: Wilson, Stage: Outcome,
		Formula: "d = #{ insights routed, decided } / #{ insights routed }",
		Source:  func(a Ask) Source { return a.handed() },
		Estimate: func(facts []Fact) Estimated {
			n := count(facts, "decided")
			return Estimated{Value: stat.Share(n, n+count(facts, "undecided")).AtLeast(10)}
		},
	})
}

// InsightTime is how long a department takes to decide on what it was handed; what waits is counted with how long it has waited.
func InsightTime() Measure {
	return insight(Measure{
		ID: "insight-to-decision-time", Unit: Seconds, Better: Lower, Clock: Calendar, Interval: Brookmeyer, Stage: Outcome,
		Formula: "S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  median = min{ t : S(t) ≤ ½ }",
		Source: func(a Ask) Source {
			s := a.handed()
			now := s.Where.Arg(db.T(a.Now.UTC().Truncate(time.Microsecond)))
			until := "CASE WHEN " + decided + " THEN i.decided_at ELSE " + now + " END"
			s.For = "CASE WHEN " + until + " > i.created_at THEN " + until + " - i.created_at ELSE 0 END"
			s.Open = "CASE WHEN " + decided + " THEN 0 ELSE 1 END"
			return s
		},
		Estimate: func(facts []Fact) Estimated { return wait(facts, 10) },
	})
}
