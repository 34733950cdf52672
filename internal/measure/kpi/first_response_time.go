package kpi

import (
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// FirstResponseTime is how long it takes until a human being of ours answers, for conversations opened in the window. Those still waiting
// are observed until now, those closed without an answer until they were closed: leaving them out would flatter.
func FirstResponseTime() Measure {
	return Measure{
		ID: "first-response-time", Section: Service, Entry: 1, Unit: Seconds, Better: Lower, Days: 30, Clock: Calendar, MinN: 10, Interval: Brookmeyer, Evidence: Measured, Stage: Output,
		Dims: ofConversations(), Moving: true, Of: OfConversations, From: []string{ledger.PostSaid, ledger.ConversationOpened, ledger.ConversationResolved},
		Parts:   []Part{{"answered", Numerator}, {"unanswered", Denominator}, {"closed_unanswered", Denominator}},
		Formula: "S(t) = ∏ (1 − dᵢ/nᵢ), tᵢ ≤ t;  median = min{ t : S(t) ≤ ½ },  P90 = min{ t : S(t) ≤ ⅒ }",
		Source: func(a Ask) Source {
			s := a.opened()
			end := "COALESCE(c.first_reply_at, c.resolved_at, " + s.Where.Arg(db.T(a.Now)) + ")"
			s.Part = replyPart
			s.For = "CASE WHEN " + end + " > c.opened_at THEN " + end + " - c.opened_at ELSE 0 END"
			s.Open = "CASE WHEN c.first_reply_at IS NULL THEN 1 ELSE 0 END"
			return s
		},
		Estimate: func(facts []Fact) Estimated { return wait(facts, 10) },
	}
}
