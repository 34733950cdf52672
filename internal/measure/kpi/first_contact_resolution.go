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

// ServiceLevel waits for service levels: until when what is to be answered.
func ServiceLevel() Measure {
	return pending(Measure{
		ID: "sla-attainment", Section: Service, Entry: 3, Unit: Share, Better: Higher, Days: 30, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Parts:   []Part{{"met", Numerator}, {"breached", Denominator}},
		Formula: "a = #{ due, met } / #{ due in the window }",
	}, "service-level")
}

// CrisisTimes wait for situations: conversations with one cause.
func CrisisTimes() []Measure {
	var out []Measure
	for _, id := range []string{"crisis-detection-time", "crisis-acknowledgement-time", "crisis-statement-time", "crisis-all-clear-time"} {
		out = append(out, pending(Measure{
			ID: id, Section: Service, Entry: 5, Unit: Seconds, Better: Lower, Days: 365, Clock: Calendar, MinN: 3, Interval: Brookmeyer, Evidence: Measured, Stage: Output,
			Parts: []Part{{"ended", Numerator}, {"open", Denominator}},
			Formula: map[string]string{"crisis-detection-time": "t = detected − first item", "crisis-acknowledgement-time": "t = acknowledged − detected",
				"crisis-statement-time": "t = first public statement − detected", "crisis-all-clear-time": "t = all-clear − detected"}[id],
		}, "situation"))
	}
	return out
}

// KnowledgeCorrection waits for articles.
func KnowledgeCorrection() Measure {
	return pending(Measure{
		ID: "knowledge-correction-rate", Section: Service, Entry: 9, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Parts:   []Part{{"corrected", Numerator}, {"flagged", Denominator}},
		Formula: "k = #{ articles made or corrected } / #{ cases flagged }",
	}, "knowledge")
}

// ArticleReuse waits for articles.
func ArticleReuse() Measure {
	return pending(Measure{
		ID: "article-reuse", Section: Service, Entry: 9, Unit: Conversations, Better: Higher, Days: 90, Clock: NoClock, Interval: Poisson, Evidence: Measured, Stage: Outcome,
		Parts:   []Part{{"linked", Numerator}},
		Formula: "u = #{ cases linking an article }",
	}, "knowledge")
}
