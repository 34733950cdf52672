package kpi

import "github.com/entente/entente/internal/ledger"

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
			public := "EXISTS (SELECT 1 FROM post t WHERE t.root = c.root AND t.ours = 1 AND t.automatic = '' AND t.private = 0)"
			private := `EXISTS (SELECT 1 FROM conversation_author x JOIN conversation k ON k.id = x.conversation JOIN post t ON t.root = k.root
				WHERE x.author = c.author AND t.ours = 1 AND t.automatic = '' AND t.private = 1 AND t.at >= c.opened_at)`
			s.Part = "CASE WHEN " + public + " AND " + private + " THEN 'public_and_private' WHEN " + public + " OR " + private + " THEN 'one_only' ELSE 'unanswered' END"
			return s
		},
		Estimate: shares(20, "public_and_private", "one_only"),
	}
}
