package stat

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func source(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 7)) }

func binomial(r *rand.Rand, n int, p float64) int {
	k := 0
	for range n {
		if r.Float64() < p {
			k++
		}
	}
	return k
}

func poisson(r *rand.Rand, mean float64) int {
	k, t := 0, r.ExpFloat64()
	for t < mean {
		k++
		t += r.ExpFloat64()
	}
	return k
}

// Each experiment draws data from a known truth; the share of intervals that hold the truth must be near 95 %.
func TestCoverage(t *testing.T) {
	t.Parallel()
	const runs = 3000
	holds := func(e Estimate, truth float64) bool { return e.Low <= truth && truth <= e.High }
	holdsWait := func(w Wait, truth float64) bool {
		return w.Low.Seconds() <= truth && (!w.HighReached || truth <= w.High.Seconds())
	}
	tests := []struct {
		name     string
		from, to float64
		run      func(r *rand.Rand) bool
	}{
		{"share 0.3 of 40", 0.93, 0.97, func(r *rand.Rand) bool { return holds(Share(binomial(r, 40, 0.3), 40), 0.3) }},
		{"share 0.05 of 60", 0.92, 0.985, func(r *rand.Rand) bool { return holds(Share(binomial(r, 60, 0.05), 60), 0.05) }},
		{"difference", 0.93, 0.98, func(r *rand.Rand) bool {
			return holds(ShareDifference(binomial(r, 50, 0.6), 50, binomial(r, 30, 0.4), 30), 0.2)
		}},
		{"count 4 is exact, so wide", 0.95, 0.99, func(r *rand.Rand) bool { return holds(Count(poisson(r, 4)), 4) }},
		{"count 60", 0.945, 0.975, func(r *rand.Rand) bool { return holds(Count(poisson(r, 60)), 60) }},
		{"net sentiment of 300", 0.935, 0.965, func(r *rand.Rand) bool { return holds(sentiment(r, 300, 0.4, 0.1), 30) }},
		{"net sentiment of 15", 0.93, 0.985, func(r *rand.Rand) bool { return holds(sentiment(r, 15, 0.4, 0.1), 30) }},
		{"net sentiment nearly one-sided", 0.92, 0.99, func(r *rand.Rand) bool { return holds(sentiment(r, 30, 0.93, 0.03), 90) }},
		{"mean of 8", 0.94, 0.96, func(r *rand.Rand) bool {
			v := make([]float64, 8)
			for i := range v {
				v[i] = 10 + 3*r.NormFloat64()
			}
			return holds(Mean(v), 10)
		}},
		{"median of 41 waits", 0.95, 0.98, func(r *rand.Rand) bool {
			return holdsWait(Median(waits(r, 41)), 3600*math.Ln2)
		}},
		{"P90 of 80 waits", 0.95, 0.985, func(r *rand.Rand) bool {
			return holdsWait(P90(waits(r, 80)), 3600*math.Log(10))
		}},
		{"Kaplan-Meier median, a third open", 0.935, 0.97, func(r *rand.Rand) bool {
			return holdsWait(KaplanMeier(cut(r, 60)).Median(), 3600*math.Ln2)
		}},
		{"Kaplan-Meier P90, a third open", 0.93, 0.99, func(r *rand.Rand) bool {
			return holdsWait(KaplanMeier(cut(r, 120)).P90(), 3600*math.Log(10))
		}},
		{"share ended within the hour", 0.93, 0.97, func(r *rand.Rand) bool {
			return holds(KaplanMeier(cut(r, 60)).EndedBy(time.Hour), 1-math.Exp(-1))
		}},
		{"correlation 0.6 of 40", 0.93, 0.97, func(r *rand.Rand) bool {
			x, y := make([]float64, 40), make([]float64, 40)
			for i := range x {
				x[i] = r.NormFloat64()
				y[i] = 0.6*x[i] + 0.8*r.NormFloat64()
			}
			c := Correlate(x, y, 0, true)
			return c.Low <= 0.6 && 0.6 <= c.High
		}},
		// Without the effective number of pairs this is near 0.80.
		{"no correlation of two persistent series", 0.90, 0.97, func(r *rand.Rand) bool {
			c := Correlate(persistent(r, 80), persistent(r, 80), 0, true)
			return c.Low <= 0 && 0 <= c.High
		}},
	}
	for i, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, held := source(uint64(i+1)), 0
			for range runs {
				if tt.run(r) {
					held++
				}
			}
			got := float64(held) / runs
			t.Logf("coverage %.3f", got)
			if got < tt.from || got > tt.to {
				t.Errorf("coverage = %.3f, want %.3f to %.3f", got, tt.from, tt.to)
			}
		})
	}
}

func sentiment(r *rand.Rand, n int, p, d float64) Estimate {
	var pos, neg int
	for range n {
		switch u := r.Float64(); {
		case u < p:
			pos++
		case u < p+d:
			neg++
		}
	}
	return NetSentiment(pos, n-pos-neg, neg)
}

func waits(r *rand.Rand, n int) []time.Duration {
	out := make([]time.Duration, n)
	for i := range out {
		out[i] = time.Duration(r.ExpFloat64() * float64(time.Hour))
	}
	return out
}

func cut(r *rand.Rand, n int) []Observation {
	out := make([]Observation, n)
	for i, d := range waits(r, n) {
		limit := time.Duration(r.ExpFloat64() * 2 * float64(time.Hour))
		out[i] = Observation{For: min(d, limit), Censored: limit < d}
	}
	return out
}

func persistent(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	last := r.NormFloat64()
	for i := range out {
		last = 0.6*last + 0.8*r.NormFloat64()
		out[i] = last
	}
	return out
}

func TestDroppingOpenWaitsFlatters(t *testing.T) {
	t.Parallel()
	r := source(99)
	var all []Observation
	var ended []time.Duration
	for _, o := range cut(r, 4000) {
		all = append(all, o)
		if !o.Censored {
			ended = append(ended, o.For)
		}
	}
	truth := 3600 * math.Ln2
	near(t, "Kaplan-Meier median", KaplanMeier(all).Median().Value.Seconds(), truth, 150)
	if naive := Median(ended).Value.Seconds(); naive > 0.8*truth {
		t.Errorf("median of the ended only = %.0f s; the truth is %.0f s", naive, truth)
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	t.Run("intervals hold the value", rapid.MakeCheck(func(t *rapid.T) {
		n := rapid.IntRange(1, 100_000).Draw(t, "n")
		k := rapid.IntRange(0, n).Draw(t, "k")
		u := rapid.IntRange(0, n-k).Draw(t, "u")
		for _, e := range []Estimate{Share(k, n), NetSentiment(k, u, n-k-u), Count(k), ShareDifference(k, n, u, n), Polarity(k, n-k)} {
			if !(e.Low <= e.Value && e.Value <= e.High) || !finite(e.Low, e.High) {
				t.Fatalf("value outside its interval: %+v", e)
			}
		}
	}))
	t.Run("without open waits the curve is the quantile", rapid.MakeCheck(func(t *rapid.T) {
		seconds := rapid.SliceOfN(rapid.IntRange(-5, 60), 1, 80).Draw(t, "seconds")
		p := rapid.SampledFrom([]float64{0.1, 0.25, 0.5, 0.75, 0.9}).Draw(t, "p")
		durations, observations := make([]time.Duration, len(seconds)), make([]Observation, len(seconds))
		for i, s := range seconds {
			durations[i] = time.Duration(s) * time.Second
			observations[i] = Observation{For: durations[i]}
		}
		a, b := Quantile(durations, p), KaplanMeier(observations).Quantile(p)
		if a.Value != b.Value || !b.Reached {
			t.Fatalf("quantile %v, curve %v", a.Value, b.Value)
		}
	}))
	t.Run("the curve falls and its quantiles are ordered", rapid.MakeCheck(func(t *rapid.T) {
		observations := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Observation {
			return Observation{For: time.Duration(rapid.Int64().Draw(t, "for")), Censored: rapid.Bool().Draw(t, "open")}
		}), 0, 60).Draw(t, "observations")
		s := KaplanMeier(observations)
		last := 1.0
		for _, step := range s.Steps() {
			if step.Share > last || step.Share < 0 || step.Low > step.Share+1e-12 || step.High < step.Share-1e-12 {
				t.Fatalf("step %+v after %v", step, last)
			}
			last = step.Share
		}
		m, p := s.Median(), s.P90()
		if m.Value > p.Value || m.Low > m.Value || m.HighReached && m.High < m.Value || p.Reached && !m.Reached {
			t.Fatalf("median %+v, P90 %+v", m, p)
		}
	}))
	t.Run("nothing panics and correlations stay in range", rapid.MakeCheck(func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.OneOf(rapid.Float64(), rapid.Just(math.NaN()), rapid.Just(math.Inf(1))), 0, 40)
		x, y := values.Draw(t, "x"), values.Draw(t, "y")
		c := Correlate(x, y, rapid.IntRange(-50, 50).Draw(t, "lag"), rapid.Bool().Draw(t, "rises"))
		if !finite(c.R, c.Low, c.High, c.Effective) || c.Low < -1 || c.High > 1 || c.Low > c.High {
			t.Fatalf("%+v", c)
		}
		if m := Mean(x); !finite(m.Value, m.Low, m.High) {
			t.Fatalf("%+v", m)
		}
		g := Goal{Better: Better(rapid.IntRange(0, 2).Draw(t, "better")), Baseline: rapid.Float64().Draw(t, "b"), Target: rapid.Float64().Draw(t, "t")}
		if p, err := g.Progress(rapid.Float64().Draw(t, "v")); err == nil && !finite(p) {
			t.Fatalf("progress %v", p)
		}
	}))
}
