package kpi

import (
	"math"
	"testing"

	"github.com/entente/entente/internal/measure/stat"
)

// TestOverallSentiment holds the correction against a world mixed by hand: 20 % negative, 30 % neutral, 50 % positive, seen through M.
func TestOverallSentiment(t *testing.T) {
	t.Parallel()
	m := &stat.Confusion{Counts: [][]float64{{700, 200, 100}, {150, 700, 150}, {50, 200, 750}}}
	by := func(part string, n int, c *stat.Confusion) Fact { return Fact{Part: part, N: n, By: c} }
	e := OverallSentiment().Estimate([]Fact{by("negative", 2100, m), by("neutral", 3500, m), by("positive", 4400, m), by("unsure", 500, m)})
	if math.Abs(e.Value.Value-30) > 1e-6 || math.Abs(e.Raw.Value-23) > 1e-9 || e.Value.Low >= 30 || e.Value.High <= 30 {
		t.Errorf("corrected %+v, raw %+v", e.Value, e.Raw)
	}
	if e := OverallSentiment().Estimate([]Fact{by("negative", 20, nil), by("positive", 80, nil), by("neutral", 100, nil)}); math.Abs(e.Value.Value-30) > 1e-9 || e.Raw.Defined() {
		t.Errorf("without a matrix: %+v", e)
	}
	blind := &stat.Confusion{Counts: [][]float64{{1, 1, 1}, {1, 1, 1}, {1, 1, 1}}}
	if e := OverallSentiment().Estimate([]Fact{by("positive", 80, blind)}); math.Abs(e.Value.Value-100) > 1e-9 || e.Raw.Defined() {
		t.Errorf("with a matrix that tells nothing apart: %+v", e)
	}
	// 1,000 posts labelled by hand, all negative: they count as they are, the model's only for the rest.
	hand := Fact{Part: "negative", N: 1000, Key: byHand}
	e = OverallSentiment().Estimate([]Fact{by("negative", 3100, m), by("neutral", 3500, m), by("positive", 4400, m), hand, by("negative", -1000, m)})
	if want := (10000*30.0 - 1000*100) / 11000; math.Abs(e.Value.Value-want) > 1e-6 || e.Value.N != 11000 {
		t.Errorf("beside labels by hand: %+v, want %v", e.Value, want)
	}
	if e := OverallSentiment().Estimate(nil); e.Value.Defined() {
		t.Errorf("of nothing: %+v", e)
	}
}
