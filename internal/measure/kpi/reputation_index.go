package kpi

import (
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/measure/stat"
)

// ReputationIndex is our own index of e-reputation: there is no accepted formula, and its weights are a choice. Sides without facts are left
// out and their weight goes to the others; which those are stands beside the number.
func ReputationIndex() Measure {
	return Measure{
		ID: "reputation-index", Section: Reputation, Entry: 18, Unit: Index, Better: Higher, Days: 90, Clock: NoClock, MinN: 100, Interval: LogDelta, Evidence: Modelled, Stage: Outtake,
		Dims: []Dimension{ByChannel, ByTopic}, Of: OfPosts, From: append([]string{ledger.PostSaid, ledger.PostLabelled, ledger.ConversationOpened, ledger.ServicePromised}, stating()...), Confused: true,
		Parts:   []Part{{"positive", Numerator}, {"neutral", Denominator}, {"negative", Numerator}, {"unsure", LeftOut}},
		Formula: "I = S^0.25 · V^0.20 · R^0.20 · C^0.20 · T^0.15",
		Source:  func(a Ask) Source { return OverallSentiment().Source(a) },
		Made: func(f Filter) []Made {
			rated := f // what people rated is of no topic, unless that is stated; all of it counts
			rated.Topic = ""
			out := []Made{{Measure: OverallSentiment(), Filter: f}, {Measure: ResponseRate(), Filter: f}, {Measure: ServiceLevel(), Filter: f},
				{Measure: reputationRatings(), Filter: rated}, {Measure: reputationAdvice(), Filter: rated}}
			if f.Topic != "" {
				out = append(out, Made{Measure: reputationVoices(), Filter: f})
			}
			return out
		},
		Estimate: reputation,
	}
}

func reputationRatings() Measure {
	return Measure{ID: "reputation-index/ratings", Of: OfFacts, Parts: []Part{{"rating_csat", Numerator}}, Source: func(a Ask) Source {
		s := a.stated("rating", "'rating_' || f.label")
		s.N, s.Sum = "", "f.quantity"
		s.Where.And("f.label = 'csat'")
		return s
	}}
}

func reputationAdvice() Measure {
	return Measure{ID: "reputation-index/advice", Of: OfFacts, Parts: []Part{{"promoters", Numerator}, {"no_promoters", Denominator}}, Source: func(a Ask) Source {
		return a.ratings("nps", "CASE WHEN f.quantity >= 9 THEN 'promoters' ELSE 'no_promoters' END")
	}}
}

func reputationVoices() Measure {
	return Measure{ID: "reputation-index/voices", Of: OfPosts, Parts: []Part{{"ours", Numerator}, {"other_topics", Denominator}, {"no_topic", LeftOut}},
		Source: func(a Ask) Source { return a.voices() }}
}

func reputation(facts []Fact) Estimated {
	tone := OverallSentiment().Estimate(facts).Value
	ours := count(facts, "ours")
	// Care is the response rate times the service level; where nothing is promised, the response rate alone.
	care := stat.Share(count(facts, "answered"), count(facts, "answered")+count(facts, "unanswered"))
	if due := count(facts, "met") + count(facts, "breached"); due > 0 {
		care = stat.Product(care, stat.Share(count(facts, "met"), due))
	}
	sides := []struct {
		id     string
		unit   Unit
		value  stat.Estimate
		score  stat.Estimate
		weight float64
	}{
		{"tone", Points, tone, tone.Goalposts(-100, 100), 0.25},
		{"visibility", Share, stat.Share(ours, ours+count(facts, "other_topics")), stat.Estimate{}, 0.20},
		{"ratings", Score, stat.BayesAverage(sum(facts, "rating_csat"), 3, 10), stat.Estimate{}, 0.20},
		{"care", Share, care, stat.Estimate{}, 0.20},
		{"advice", Share, stat.Share(count(facts, "promoters"), count(facts, "promoters")+count(facts, "no_promoters")), stat.Estimate{}, 0.15},
	}
	sides[1].score, sides[2].score = sides[1].value.Goalposts(0, 1), sides[2].value.Goalposts(1, 5)
	sides[3].score, sides[4].score = sides[3].value.Goalposts(0, 1), sides[4].value.Goalposts(0, 1)
	dims := make([]stat.Dimension, len(sides))
	there := 0.0
	for i, s := range sides {
		dims[i] = stat.Dimension{Score: s.score, Weight: s.weight}
		if s.score.Defined() {
			there += s.weight
		}
	}
	index, without := stat.Composite(dims)
	e := Estimated{}
	for i, s := range sides {
		t := Term{ID: "reputation_" + s.id, Unit: Index, Value: s.score, Without: without[i]}
		if s.score.Defined() {
			t.Weight = s.weight / there
		}
		e.Terms = append(e.Terms, t)
	}
	n := tone.N
	if index.N < 3 || !tone.Defined() {
		if index.Defined() {
			e.Why = "too_few_sides"
		}
		return e
	}
	index.N = n
	e.Value = index.AtLeast(100)
	return e
}
