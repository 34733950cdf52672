package kpi

import (
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// ResolutionTime is how long a conversation is open in all, from opened to resolved and from each reopening to the next resolution, for
// conversations opened in the window. Those open now are observed until now.
func ResolutionTime() Measure {
	return Measure{
		ID: "resolution-time", Section: Service, Entry: 2, Unit: Seconds, Better: Lower, Days: 30, Clock: Calendar, MinN: 10, Interval: Brookmeyer, Evidence: Measured, Stage: Output,
		Dims: ofConversations(), Moving: true, Of: OfConversations, From: []string{ledger.PostSaid, ledger.ConversationOpened, ledger.ConversationResolved, ledger.ConversationReopened, ledger.AnswerPicked},
		Parts:   []Part{{"resolved", Numerator}, {"open", Denominator}},
		Formula: "T = Σ (resolvedᵢ − openedᵢ);  S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  median = min{ t : S(t) ≤ ½ },  P90 = min{ t : S(t) ≤ ⅒ }",
		Source: func(a Ask) Source {
			s := a.opened()
			end := "COALESCE(s.resolved_at, " + s.Where.Arg(db.T(a.Now)) + ")"
			s.Part = "CASE WHEN c.state = 'open' THEN 'open' ELSE 'resolved' END"
			s.For = "COALESCE((SELECT CAST(SUM(CASE WHEN " + end + " > s.opened_at THEN " + end + " - s.opened_at ELSE 0 END) AS BIGINT) FROM conversation_span s WHERE s.conversation = c.id), 0)"
			s.Open = "CASE WHEN c.state = 'open' THEN 1 ELSE 0 END"
			return s
		},
		Estimate: func(facts []Fact) Estimated { return wait(facts, 10) },
	}
}
