package kpi

import (
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// ResponseRate is the share of conversations needing an answer that got one from a human being of ours. One that was closed without an
// answer needed none; how many were is told beside it.
func ResponseRate() Measure {
	return Measure{
		ID: "response-rate", Section: Service, Entry: 5, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Dims: ofConversations(), Of: OfConversations, From: []string{ledger.PostSaid, ledger.ConversationOpened, ledger.ConversationResolved, ledger.ConversationReopened},
		Parts:   []Part{{"answered", Numerator}, {"unanswered", Denominator}, {"closed_unanswered", LeftOut}},
		Formula: "r = A / (A + W)",
		Source: func(a Ask) Source {
			s := a.opened()
			s.Part = replyPart
			return s
		},
		Estimate: func(facts []Fact) Estimated {
			answered := count(facts, "answered")
			return Estimated{Value: stat.Share(answered, answered+count(facts, "unanswered")).AtLeast(20)}
		},
	}
}

const replyPart = "CASE WHEN c.first_reply_at IS NOT NULL THEN 'answered' WHEN c.state = 'resolved' THEN 'closed_unanswered' ELSE 'unanswered' END"
