package kpi

import (
	"math"
	"testing"
)

// TestReputationIndex holds the index against one worked out by hand: S 65 (80 positive, 20 negative, 100 neutral), V 30 (30 of 100), R 62.5
// (ten answers of 4 and the ten of 3 that are drawn towards), C 80 % answered × 90 % in time = 72, T 60.
func TestReputationIndex(t *testing.T) {
	t.Parallel()
	facts := []Fact{{Part: "positive", N: 80}, {Part: "negative", N: 20}, {Part: "neutral", N: 100}, {Part: "ours", N: 30}, {Part: "other_topics", N: 70},
		{Part: "rating_csat", N: 10, Sum: 40, Squares: 160}, {Part: "answered", N: 80}, {Part: "unanswered", N: 20}, {Part: "promoters", N: 60}, {Part: "no_promoters", N: 40}}
	promises := []Fact{{Part: "met", N: 45}, {Part: "breached", N: 5}}
	for _, c := range []struct {
		facts []Fact
		care  float64
		index float64
	}{{append(promises, facts...), 72, 55.720856}, {facts, 80, 56.907470}, {append([]Fact{{Part: "breached", N: 5}}, facts...), 0, 23.689248}} {
		e := ReputationIndex().Estimate(c.facts)
		care := e.Terms[3].Value
		if math.Abs(care.Value-c.care) > 1e-9 || math.Abs(e.Value.Value-c.index) > 1e-6 || e.Value.Low >= e.Value.Value || e.Value.High <= e.Value.Value || e.Value.N != 200 {
			t.Errorf("care %+v, index %+v, want %v and %v", care, e.Value, c.care, c.index)
		}
	}
}
