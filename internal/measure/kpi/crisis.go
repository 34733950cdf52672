package kpi

import (
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// OfSituations is conversations with one cause.
const OfSituations Thing = "situation"

// crisisFirst is when the first of a situation was said.
const crisisFirst = `COALESCE(v.since_at, (SELECT MIN(c.opened_at) FROM situation_conversation x JOIN conversation c
	ON c.id = COALESCE((SELECT a.conversation FROM conversation_alias a WHERE a.id = x.conversation), x.conversation) WHERE x.situation = v.id))`

// CrisisTimes are how long it took to see a crisis, to take it on, to say something and to end it. A crisis is a situation that was at the
// highest level at any time; drills are none. What has not come yet is observed until the all-clear or now.
func CrisisTimes() []Measure {
	crisis := func(id, formula, end string, from ...string) Measure {
		return Measure{
			ID: id, Section: Service, Entry: 5, Unit: Seconds, Better: Lower, Days: 365, Clock: Calendar, MinN: 3, Interval: Brookmeyer, Evidence: Measured, Stage: Output,
			Of: OfSituations, From: append([]string{ledger.SituationOpened, ledger.SituationTurned}, from...), Moving: true,
			Parts: []Part{{"ended", Numerator}, {"open", Denominator}}, Formula: formula,
			Source: func(a Ask) Source {
				w := a.between(&db.Where{}, "v.detected_at").And("v.peak = 'crisis'").And("v.drill = 0")
				s := Source{Table: "situation v", ID: "v.id", At: "v.detected_at", Where: w}
				if end == "" {
					w.And(crisisFirst + " IS NOT NULL")
					s.For = "CASE WHEN v.detected_at > " + crisisFirst + " THEN v.detected_at - " + crisisFirst + " ELSE 0 END"
					s.Part, s.Open = "'ended'", "0"
					return s
				}
				until := "COALESCE(" + end + ", v.cleared_at, " + w.Arg(db.T(a.Now.UTC().Truncate(time.Microsecond))) + ")"
				s.For = "CASE WHEN " + until + " > v.detected_at THEN " + until + " - v.detected_at ELSE 0 END"
				s.Part = "CASE WHEN " + end + " IS NULL THEN 'open' ELSE 'ended' END"
				s.Open = "CASE WHEN " + end + " IS NULL THEN 1 ELSE 0 END"
				return s
			},
			Estimate: func(facts []Fact) Estimated { return wait(facts, 3) },
		}
	}
	return []Measure{
		crisis("crisis-detection-time", "t = detected − first item", "", ledger.SituationGathered, ledger.SituationLet),
		crisis("crisis-acknowledgement-time", "t = acknowledged − detected", "v.acknowledged_at", ledger.SituationAcknowledged, ledger.SituationCleared),
		crisis("crisis-statement-time", "t = first public statement − detected", "v.stated_at", ledger.SituationBegun, ledger.SituationWorded, ledger.SituationCleared),
		crisis("crisis-all-clear-time", "t = all-clear − detected", "v.cleared_at", ledger.SituationCleared, ledger.SituationReopened),
	}
}
