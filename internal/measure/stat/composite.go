package stat

import (
	"math"
	"slices"
	"time"
)

// Dimension is one side of an index: a score of 0 to 100 and its weight.
type Dimension struct {
	Score  Estimate
	Weight float64
}

// Composite estimates a weighted geometric mean of scores, in 0 to 100:
//
//	I = Π max(scoreᵢ, 1)^(wᵢ/Σw)
//
// so that a weak side is not made up for by a strong one, as in the human development index since 2010. Scores under 1 count as 1: a single 0
// would hide all else. Its interval combines those of the scores on the log scale; scores that are not Bounded have no error. Dimensions
// without data are left out and the weights of the rest are scaled up; N is how many were there. without[i] is the index without dimension i.
func Composite(dims []Dimension) (index Estimate, without []float64) {
	of := func(skip int) Estimate {
		total, used := 0.0, 0
		for i, d := range dims {
			if i != skip && d.Score.Defined() && d.Weight > 0 && finite(d.Weight) {
				total += d.Weight
				used++
			}
		}
		if used == 0 {
			return Estimate{}
		}
		sum, down, up, bounded := 0.0, 0.0, 0.0, false
		for i, d := range dims {
			if i == skip || !d.Score.Defined() || !(d.Weight > 0) || !finite(d.Weight) {
				continue
			}
			w := d.Weight / total
			level := func(v float64) float64 { return math.Log(clamp(v, 1, 100)) }
			at := level(d.Score.Value)
			sum += w * at
			if d.Score.Bounded {
				bounded = true
				down, up = math.Hypot(down, w*(at-level(d.Score.Low))), math.Hypot(up, w*(level(d.Score.High)-at))
			}
		}
		e := Exact(math.Exp(sum), used)
		e.Low, e.High, e.Bounded = math.Exp(sum-down), math.Exp(sum+up), bounded
		return e
	}
	without = make([]float64, len(dims))
	for i := range dims {
		without[i] = of(i).Value
	}
	return of(-1), without
}

// Goalposts puts e on a scale of 0 to 100 between two fixed posts, whatever the others have; best may be the lower one. Beyond them it is
// clipped.
func (e Estimate) Goalposts(worst, best float64) Estimate {
	if !e.Defined() || worst == best || !finite(worst, best) {
		return Estimate{N: e.N}
	}
	to := func(v float64) float64 { return clamp(100*(v-worst)/(best-worst), 0, 100) }
	e.Value, e.Low, e.High = to(e.Value), to(e.Low), to(e.High)
	if e.Low > e.High {
		e.Low, e.High = e.High, e.Low
	}
	return e
}

// Standing is where a value stands among earlier ones, in 0 to 1: the share of them below it, those equal to it half (the percentile rank).
// NaN among them are left out. Without any there is no data.
func Standing(value float64, earlier []float64) Estimate {
	n, below := 0, 0.0
	for _, v := range earlier {
		if !finite(v) {
			continue
		}
		n++
		if v < value {
			below++
		} else if v == value {
			below += 0.5
		}
	}
	if n == 0 || !finite(value) {
		return Estimate{N: n}
	}
	return Exact(below/float64(n), n)
}

// BayesAverage estimates the mean of answers drawn towards a prior mean that is worth so many answers, in their unit:
//
//	(C·m + Σx) / (C + n)
//
// so that two answers of five do not beat a hundred of 4.6. The interval is that of the posterior of a normal mean whose spread is known from
// the answers; with fewer than two answers there is none.
func BayesAverage(answers Moments, prior, worth float64) Estimate {
	if answers.N <= 0 || !(worth >= 0) || !finite(prior, worth, answers.Sum, answers.Squares) {
		return Estimate{}
	}
	weight := worth + float64(answers.N)
	e := Exact((worth*prior+answers.Sum)/weight, answers.N)
	if answers.N < 2 || !e.Defined() {
		return e
	}
	half := tQuantile(0.975, float64(answers.N-1)) * math.Sqrt(answers.variance()/weight)
	if finite(half) {
		e.Low, e.High, e.Bounded = e.Value-half, e.Value+half, true
	}
	return e
}

// Act is something a partner or member did, and how long ago.
type Act struct {
	Points float64
	Ago    time.Duration
}

// Decayed is what acts come to now, in points: Σ points · 2^(−ago/halfLife), each kind of act up to most a window so that cheap acts cannot be
// piled up. Acts of the future count as of now.
func Decayed(acts []Act, halfLife time.Duration, most float64) Estimate {
	if halfLife <= 0 || !(most > 0) {
		return Estimate{}
	}
	values := make([]float64, 0, len(acts))
	for _, a := range acts {
		if finite(a.Points) && a.Points > 0 {
			values = append(values, a.Points*math.Exp2(-float64(max(a.Ago, 0))/float64(halfLife)))
		}
	}
	slices.Sort(values) // so that rounding does not depend on the order of acts
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return Exact(math.Min(sum, most), len(acts))
}

// Spike is how far a number stands above those before it, in their standard deviations: z = (now − mean)/s. Beside it see PoissonTail, which
// says how seldom chance does as much. No data with fewer than three before, or when they do not vary.
func Spike(before []float64, now float64) Estimate {
	m := MomentsOf(before...)
	if m.N < 3 || !finite(now) {
		return Estimate{N: m.N}
	}
	mean, squares := m.Sum/float64(m.N), 0.0
	for _, v := range before {
		if finite(v, v*v) {
			squares += (v - mean) * (v - mean)
		}
	}
	s := math.Sqrt(squares / float64(m.N-1))
	if s <= 1e-12*math.Abs(mean) {
		return Estimate{N: m.N}
	}
	return Exact((now-mean)/s, m.N)
}
