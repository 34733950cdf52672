package kpi

import (
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// Polarity is the balance of opinions among what people labelled by hand, neutral posts left out.
func Polarity() Measure {
	return Measure{
		ID: "polarity", Section: Reputation, Entry: 16, Unit: Points, Better: Higher, Days: 90, Clock: NoClock, MinN: 30, Interval: Wilson, Evidence: Surveyed, Stage: Outtake,
		Dims: ofPosts(), Of: OfPosts, From: []string{ledger.PostLabelled, ledger.PostSaid},
		Parts:   []Part{{"positive", Numerator}, {"negative", Numerator}, {"neutral", LeftOut}},
		Formula: "s = 100 · (P − N) / (P + N)",
		Source:  func(a Ask) Source { return NetSentiment().Source(a) },
		Estimate: func(facts []Fact) Estimated {
			return Estimated{Value: stat.Polarity(count(facts, "positive"), count(facts, "negative")).AtLeast(30)}
		},
	}
}
