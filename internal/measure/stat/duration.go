package stat

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Wait is an estimated quantile of durations; the zero value is "no data".
type Wait struct {
	Value       time.Duration // the quantile when Reached, otherwise Beyond
	Low         time.Duration // lower end of the 95 % interval; always a true lower bound
	High        time.Duration // upper end of the 95 % interval when HighReached
	Beyond      time.Duration // longest time observed; when not Reached the quantile is more than this
	N           int           // observations, open ones included
	Open        int           // of which still open (censored)
	Grade       Grade
	Reached     bool // whether enough of the observations ended for the quantile to be seen
	HighReached bool // whether the interval has an upper end
}

// OK reports whether the quantile was reached on enough observations.
func (w Wait) OK() bool { return w.Grade == Enough && w.Reached }

// Defined reports whether there is anything to show, be it only "more than Beyond".
func (w Wait) Defined() bool { return w.Grade != NoData }

// AtLeast returns w with Grade TooFew when it stands on fewer than n observations.
func (w Wait) AtLeast(n int) Wait {
	if w.Grade == Enough && w.N < n {
		w.Grade = TooFew
	}
	return w
}

// In returns w as an Estimate in the given unit (time.Hour for hours). A quantile that was not reached is graded TooFew with
// its lower bound as value, Beyond; an interval without an upper end is not Bounded.
func (w Wait) In(unit time.Duration) Estimate {
	if !w.Defined() || unit <= 0 {
		return Estimate{N: w.N}
	}
	in := func(d time.Duration) float64 { return float64(d) / float64(unit) }
	e := Estimate{Value: in(w.Value), Low: in(w.Low), High: in(w.High), N: w.N, Grade: w.Grade, Bounded: w.HighReached}
	if !w.Reached {
		e.Grade, e.Beyond = TooFew, true
	}
	if !w.HighReached {
		e.High = math.Max(e.Low, e.Value)
	}
	return e
}

// Quantile estimates the p quantile (0 < p < 1) of finished durations: the inverse of the empirical distribution, averaged at
// its steps (definition 2 of Hyndman and Fan 1996). The interval is distribution-free: the narrowest pair of order statistics
// with at most 2.5 % of Binomial(n, p) on either side (David and Nagaraja 2003, 7.1); with few observations the upper end does not exist.
// Durations under 0 (clocks that disagree) count as 0. Leaving out what is still open flatters: use KaplanMeier when some are.
func Quantile(durations []time.Duration, p float64) Wait {
	n := len(durations)
	if n == 0 || !(p > 0 && p < 1) {
		return Wait{}
	}
	sorted := make([]time.Duration, n)
	for i, d := range durations {
		sorted[i] = max(d, 0)
	}
	slices.Sort(sorted)

	w := Wait{N: n, Grade: Enough, Reached: true, Beyond: sorted[n-1]}
	position := float64(n) * p
	if whole := math.Round(position); math.Abs(position-whole) < 1e-9*float64(n) && whole >= 1 && int(whole) < n {
		w.Value = middle(sorted[int(whole)-1], sorted[int(whole)])
	} else {
		w.Value = sorted[min(n, int(math.Ceil(position)))-1]
	}
	// lower is the number of ranks r with CDF(r−1) ≤ 2.5 %, so the last such rank.
	lower := sort.Search(n, func(k int) bool { return binomialCDF(k, n, p) > 0.025 })
	if lower > 0 {
		w.Low = min(sorted[lower-1], w.Value)
	}
	upper := sort.Search(n, func(k int) bool { return binomialCDF(k, n, p) >= 0.975 }) + 1
	if upper <= n {
		w.High, w.HighReached = max(sorted[upper-1], w.Value), true
	}
	return w
}

// Median is Quantile at one half.
func Median(durations []time.Duration) Wait { return Quantile(durations, 0.5) }

// P90 is Quantile at nine tenths: the wait that one in ten exceeds.
func P90(durations []time.Duration) Wait { return Quantile(durations, 0.9) }

func middle(a, b time.Duration) time.Duration { return a + (b-a)/2 }
