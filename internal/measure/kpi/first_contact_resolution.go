package kpi

import (
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// returnTime is how long after a resolution the same matter may come back.
const returnTime = 7 * day

// FirstContactResolution is the share of resolved conversations that took one turn of ours and did not come back within 7 days: not reopened,
// and no new conversation of the same author. Those resolved less than 7 days ago cannot be told yet.
func FirstContactResolution() Measure {
	return Measure{
		ID: "first-contact-resolution", Section: Service, Entry: 4, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Dims: ofConversations(), Of: OfConversations, From: []string{ledger.PostSaid, ledger.ConversationOpened, ledger.ConversationResolved, ledger.ConversationReopened}, Moving: true,
		Parts:   []Part{{"at_once", Numerator}, {"not_at_once", Denominator}, {"closed_unanswered", LeftOut}, {"too_recent", LeftOut}},
		Formula: "f = #{ resolved, one turn, not back within 7 d } / #{ resolved }",
		Source: func(a Ask) Source {
			w := a.conversations(a.between((&db.Where{}).And("s.n = 0"), "s.resolved_at"))
			young := w.Arg(db.T(a.Now.Add(-returnTime)))
			back := since(returnTime)
			return Source{Table: "conversation_span s JOIN conversation c ON c.id = s.conversation", ID: "c.id", At: "s.resolved_at", Where: w,
				Part: `CASE WHEN c.first_reply_at IS NULL OR c.first_reply_at > s.resolved_at THEN 'closed_unanswered'
					WHEN s.resolved_at > ` + young + ` THEN 'too_recent'
					WHEN EXISTS (SELECT 1 FROM post t WHERE t.root = c.root AND t.ours = 0 AND t.automatic = '' AND t.at > c.first_reply_at AND t.at < s.resolved_at) THEN 'not_at_once'
					WHEN EXISTS (SELECT 1 FROM conversation_span r WHERE r.conversation = c.id AND r.n = 1 AND r.opened_at <= s.resolved_at + ` + back + `) THEN 'not_at_once'
					WHEN EXISTS (SELECT 1 FROM conversation_author x JOIN conversation k ON k.id = x.conversation WHERE x.author = c.author AND k.id <> c.id
						AND k.opened_at > s.resolved_at AND k.opened_at <= s.resolved_at + ` + back + `) THEN 'not_at_once'
					ELSE 'at_once' END`}
		},
		Estimate: shares(20, "at_once", "not_at_once"),
	}
}
