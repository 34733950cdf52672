package kpi

import (
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// ServiceLevel is the share of what fell due that was done in time, by what was promised then. What needed no answer is left out; what is
// not due yet too.
func ServiceLevel() Measure {
	return Measure{
		ID: "sla-attainment", Section: Service, Entry: 3, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Dims: ofConversations(), Moving: true, Of: OfConversations, From: []string{ledger.ServicePromised, ledger.PostSaid, ledger.ConversationResolved},
		Parts:   []Part{{"met", Numerator}, {"breached", Denominator}},
		Formula: "a = #{ due, met } / #{ due in the window }",
		Source: func(a Ask) Source {
			w := a.conversations(a.between(&db.Where{}, "x.due_at"))
			w.And("x.state <> 'dropped'").And("(x.ended_at IS NOT NULL OR x.due_at < ?)", db.T(a.Now))
			return Source{Table: "conversation_promise x JOIN conversation c ON c.id = x.conversation", ID: "c.id", At: "x.due_at", Tie: "x.n", Where: w,
				Part: "CASE WHEN x.ended_at IS NULL OR x.ended_at > x.due_at THEN 'breached' ELSE 'met' END"}
		},
		Estimate: func(facts []Fact) Estimated {
			met := count(facts, "met")
			return Estimated{Value: stat.Share(met, met+count(facts, "breached")).AtLeast(20)}
		},
	}
}
