package kpi

import (
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// KnowledgeCorrection waits for which cases were flagged.
func KnowledgeCorrection() Measure {
	return pending(Measure{
		ID: "knowledge-correction-rate", Section: Service, Entry: 9, Unit: Share, Better: Higher, Days: 90, Clock: NoClock, MinN: 20, Interval: Wilson, Evidence: Measured, Stage: Output,
		Parts:   []Part{{"corrected", Numerator}, {"flagged", Denominator}},
		Formula: "k = #{ articles made or corrected } / #{ cases flagged }",
	}, "flagged")
}

// ArticleReuse is how many conversations were answered with an article of a community of ours.
func ArticleReuse() Measure {
	return Measure{
		ID: "article-reuse", Section: Service, Entry: 9, Unit: Conversations, Better: Higher, Days: 90, Clock: NoClock, Interval: Poisson, Evidence: Measured, Stage: Outcome,
		Dims: ofConversations(), Of: OfConversations, From: []string{ledger.ConversationOpened, ledger.PostSaid},
		Parts:   []Part{{"linked", Numerator}},
		Formula: "u = #{ cases linking an article }",
		Source: func(a Ask) Source {
			s := a.opened()
			s.Part = "'linked'"
			s.Where.And("EXISTS (SELECT 1 FROM post t WHERE t.root = c.root AND t.ours = 1 AND t.automatic = '' AND t.text LIKE '%/c/%/articles/%')")
			return s
		},
		Estimate: func(facts []Fact) Estimated { return Estimated{Value: stat.Count(count(facts, "linked"))} },
	}
}
