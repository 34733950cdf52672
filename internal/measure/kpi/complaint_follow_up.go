package kpi

import (
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

// FollowedUp tells our private answers t in conversations k in which x takes part. The hours of complaints that they follow up are noted when there are others.
const FollowedUp = "k.root = t.root AND x.conversation = k.id AND t.ours = 1 AND t.private = 1"

// ComplaintFollowUp is the share of negative public conversations we answered in which we did both: answer in public and go on in private with
// the same author.
func ComplaintFollowUp() Measure {
	return Measure{
		ID: "complaint-follow-up", Section: Service, Entry: 5, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Modelled, Stage: Output,
		Dims: ofConversations(), Of: OfConversations, From: []string{ledger.PostSaid, ledger.PostLabelled, ledger.ConversationOpened},
		Parts:   []Part{{"public_and_private", Numerator}, {"one_only", Denominator}, {"unanswered", LeftOut}},
		Formula: "c = #{ negative, public answer and private follow-up } / #{ negative, answered }",
		Source: func(a Ask) Source {
			s := a.opened()
			s.Where.And("c.private = 0").And("EXISTS (SELECT 1 FROM enrichment e WHERE e.post = c.post AND (e.sentiment = 'negative' OR ',' || e.kinds || ',' LIKE '%,complaint,%'))")
			public := "CASE WHEN EXISTS (SELECT 1 FROM post t WHERE t.root = c.root AND t.ours = 1 AND t.automatic = '' AND t.private = 0 AND t.at >= c.opened_at) THEN 1 ELSE 0 END"
			// Of a few, whatever each author ever took part in is looked at; of many, our private answers since are, once.
			private := "CASE WHEN EXISTS (SELECT 1 FROM conversation_author x CROSS JOIN conversation k CROSS JOIN post t WHERE x.author = c.author AND " + FollowedUp + " AND t.automatic = '' AND t.at >= c.opened_at) THEN 1 ELSE 0 END"
			if a.To().Sub(a.From()) > 2*day {
				s.Table += " LEFT JOIN (SELECT x.author, MAX(t.at) AS at FROM post t CROSS JOIN conversation k CROSS JOIN conversation_author x WHERE " + FollowedUp + " AND t.automatic = '' AND t.at >= " +
					s.Where.Arg(db.T(a.From())) + " GROUP BY x.author) z ON z.author = c.author"
				private = "CASE WHEN z.at >= c.opened_at THEN 1 ELSE 0 END"
			}
			s.Part = "CASE " + public + " + " + private + " WHEN 2 THEN 'public_and_private' WHEN 1 THEN 'one_only' ELSE 'unanswered' END"
			return s
		},
		Estimate: shares(20, "public_and_private", "one_only"),
	}
}
