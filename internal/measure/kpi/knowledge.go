package kpi

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
