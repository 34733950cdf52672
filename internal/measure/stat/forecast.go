package stat

import (
	"math"
	"slices"
)

// Trend is the straight line through the course of a measure, with what it says of a later step.
type Trend struct {
	N                   int     // steps that were known
	Slope               float64 // by the step
	SlopeLow, SlopeHigh float64 // 95 % interval when Bounded
	Value               float64 // of the step asked for, on the line
	Low, High           float64 // 95 % interval of what will be observed there, when Bounded
	Bounded             bool    // false with fewer steps than FewestSteps, when they are alike, and further ahead than the past reaches back
	Far                 bool    // it is further ahead
	Least, Most         float64 // of what was seen
	Effective           float64 // independent steps that those known are worth, where there are FewestSteps
	Alike               bool    // they are worth fewer than FewestIndependent
}

// Rising and Falling report whether the interval of the slope leaves out zero.
func (t Trend) Rising() bool { return t.Bounded && t.SlopeLow > 0 }

// Falling is the other way round.
func (t Trend) Falling() bool { return t.Bounded && t.SlopeHigh < 0 }

// FewestSteps is of how many steps a line says something: through fewer points any line goes.
const FewestSteps = 6

// FewestIndependent is how many independent steps it takes: with fewer the quantile of Student's t alone makes the interval hold everything.
const FewestIndependent = 4

// Forecast draws the line of least squares through the steps of a course, NaN for those that are not known, and reads it so many steps after
// the last one. The interval is that of a prediction, Student's t with n−2 degrees of freedom. Successive steps resemble each other, so what is
// known of the line counts for n·(1−ρ)/(1+ρ) steps only, ρ being the autocorrelation of what is left over (as Bartlett 1946), and the degrees of freedom with it.
// A straight line is all it knows: it does not foresee a season, nor what somebody is going to change.
func Forecast(course []float64, ahead int) Trend {
	var x, y []float64
	for i, v := range course {
		if finite(v) {
			x, y = append(x, float64(i)), append(y, v)
		}
	}
	t := Trend{N: len(x)}
	if t.N < 2 || ahead < 0 {
		return t
	}
	n := float64(t.N)
	var mx, my, largest float64
	for i := range x {
		largest = math.Max(largest, math.Abs(y[i]))
	}
	t.Least, t.Most = slices.Min(y), slices.Max(y)
	if largest == 0 {
		largest = 1
	}
	for i := range x {
		mx += x[i] / n
		my += y[i] / largest / n // so that squares cannot overflow
	}
	var sxx, sxy float64
	for i := range x {
		sxx += (x[i] - mx) * (x[i] - mx)
		sxy += (x[i] - mx) * (y[i]/largest - my)
	}
	slope := sxy / sxx
	at := float64(len(course)-1+ahead) - mx
	t.Slope, t.Value = slope*largest, (my+slope*at)*largest
	if t.Far = t.N >= FewestSteps && float64(ahead) > x[t.N-1]-x[0]; t.Far || t.N < FewestSteps || !finite(t.Slope, t.Value) {
		return t
	}
	left := make([]float64, t.N)
	sum := 0.0
	for i := range x {
		left[i] = y[i]/largest - my - slope*(x[i]-mx)
		sum += left[i] * left[i]
	}
	inflation := 1.0
	if rho, ok := autocorrelation(left); ok {
		// A line takes some of the resemblance away: the estimate is too small by about (1+4ρ)/n (Kendall 1954, for a trend).
		if rho = math.Min(rho+(1+4*rho)/n, 0.9); rho > 0 {
			inflation = (1 + rho) / (1 - rho)
		}
	}
	if t.Effective = n / inflation; t.Effective < FewestIndependent {
		t.Alike = true
		return t
	}
	freedom := t.Effective - 2
	s := sum / (n - 2*inflation)
	q := tQuantile(0.975, freedom)
	half := q * math.Sqrt(s*inflation/sxx)
	t.SlopeLow, t.SlopeHigh = (slope-half)*largest, (slope+half)*largest
	half = q * math.Sqrt(s*(1+inflation*(1/n+at*at/sxx))) * largest
	t.Low, t.High = t.Value-half, t.Value+half
	t.Bounded = finite(t.SlopeLow, t.SlopeHigh, t.Low, t.High)
	return t
}
