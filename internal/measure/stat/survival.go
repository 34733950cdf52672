package stat

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Observation is one wait: how long it lasted, or has lasted so far when it is Censored (still open, or cut by the window).
type Observation struct {
	For      time.Duration
	Censored bool
}

// Step is one point of a survival curve.
type Step struct {
	At        time.Duration
	Share     float64 // still waiting just after At
	Low, High float64 // 95 % pointwise interval
	AtRisk    int     // waiting just before At
	Ended     int     // that ended at At
	bounded   bool
}

// Survival is a Kaplan–Meier curve: the share still waiting after a given time.
type Survival struct {
	steps   []Step
	n, open int
	beyond  time.Duration
}

// KaplanMeier estimates the curve S(t) = Π (1 − dᵢ/nᵢ) over the times at which waits ended (Kaplan and Meier 1958), with
// Greenwood's variance and log-log 95 % limits S^exp(±z·σ/ln S) (Kalbfleisch and Prentice 1980).
// It assumes that what is still open will go on like what ended: if the hardest conversations are the open ones, it flatters
// still, but less than leaving them out. Waits under 0 count as 0; at equal times an end comes before a censoring.
func KaplanMeier(observations []Observation) Survival {
	sorted := slices.Clone(observations)
	for i := range sorted {
		sorted[i].For = max(sorted[i].For, 0)
	}
	slices.SortFunc(sorted, func(a, b Observation) int { return cmp.Compare(a.For, b.For) })

	s := Survival{n: len(sorted)}
	share, greenwood := 1.0, 0.0
	for i := 0; i < len(sorted); {
		at, ended, next := sorted[i].For, 0, i
		for ; next < len(sorted) && sorted[next].For == at; next++ {
			if sorted[next].Censored {
				s.open++
			} else {
				ended++
			}
		}
		s.beyond = at
		if ended > 0 {
			risk := float64(len(sorted) - i)
			d := float64(ended)
			share *= 1 - d/risk
			greenwood += d / (risk * (risk - d))
			step := Step{At: at, Share: share, AtRisk: len(sorted) - i, Ended: ended}
			step.Low, step.High, step.bounded = logLog(share, greenwood)
			s.steps = append(s.steps, step)
		}
		i = next
	}
	return s
}

// logLog returns the limits of the share, which do not exist once nobody is left waiting.
func logLog(share, greenwood float64) (low, high float64, ok bool) {
	if share <= 0 || share >= 1 {
		return 0, share, false
	}
	reach := z95 * math.Sqrt(greenwood) / math.Abs(math.Log(share))
	return math.Pow(share, math.Exp(reach)), math.Pow(share, math.Exp(-reach)), true
}

// Steps returns the curve for drawing, in order of time.
func (s Survival) Steps() []Step { return slices.Clone(s.steps) }

// Quantile estimates the time by which the share p (0 < p < 1) of waits has ended: the first time the curve is at or under 1−p,
// averaged with the next when it is exactly there. The interval is Brookmeyer and Crowley's (1982) on the log-log scale: from
// the first time the lower limit of the curve is at or under 1−p to the first time its upper limit is.
// Reached is false when the curve stays above: too many are still open to tell, only that it is more than Beyond.
func (s Survival) Quantile(p float64) Wait {
	if s.n == 0 || !(p > 0 && p < 1) {
		return Wait{}
	}
	const slack = 1e-9 // products of fractions land a rounding error beside the value they stand for
	level := 1 - p
	w := Wait{N: s.n, Open: s.open, Beyond: s.beyond, Value: s.beyond, Low: s.beyond, Grade: Enough}
	lowFound := false
	for i, step := range s.steps {
		if !w.Reached && step.Share <= level+slack {
			w.Value, w.Reached = step.At, true
			if step.Share >= level-slack && i+1 < len(s.steps) {
				w.Value = middle(step.At, s.steps[i+1].At)
			}
		}
		if !lowFound && (step.Share <= 0 || step.bounded && step.Low <= level+slack) {
			w.Low, lowFound = step.At, true
		}
		if !w.HighReached && step.bounded && step.High <= level+slack {
			w.High, w.HighReached = step.At, true
		}
	}
	w.Low = min(w.Low, w.Value)
	if w.HighReached {
		w.High = max(w.High, w.Value)
	}
	return w
}

// Median is Quantile at one half.
func (s Survival) Median() Wait { return s.Quantile(0.5) }

// P90 is Quantile at nine tenths; with more than one in ten still open it is often not reached.
func (s Survival) P90() Wait { return s.Quantile(0.9) }

// EndedBy estimates the share of waits ended within d, in 0 to 1, with the curve's log-log limits. Beyond the longest
// observation, and before the first end or after the last where the limits do not exist, it is not Bounded.
func (s Survival) EndedBy(d time.Duration) Estimate {
	if s.n == 0 || d < 0 {
		return Estimate{N: s.n}
	}
	e := Estimate{N: s.n, Grade: Enough}
	last := Step{Share: 1}
	for _, step := range s.steps {
		if step.At > d {
			break
		}
		last = step
	}
	e.Value = 1 - last.Share
	e.Low, e.High = e.Value, e.Value
	if d > s.beyond && last.Share > 0 {
		e.Grade = TooFew
		return e
	}
	if last.bounded {
		e.Low, e.High, e.Bounded = 1-last.High, 1-last.Low, true
	}
	return e
}
