package stat

import "math"

// Moments are what is known of values that were merged: how many, their sum and the sum of their squares, in their unit.
type Moments struct {
	N            int
	Sum, Squares float64
}

// Add merges two groups of values.
func (m Moments) Add(o Moments) Moments {
	return Moments{m.N + o.N, m.Sum + o.Sum, m.Squares + o.Squares}
}

// MomentsOf merges values; those that are not finite are left out.
func MomentsOf(values ...float64) (m Moments) {
	for _, v := range values {
		if finite(v, v*v) {
			m = m.Add(Moments{1, v, v * v})
		}
	}
	return m
}

// variance is the sample variance; what rounding makes negative is 0.
func (m Moments) variance() float64 {
	n := float64(m.N)
	return math.Max(0, (m.Squares-m.Sum*m.Sum/n)/(n-1))
}

// Mean is Mean of the values that were merged: sum/n ± t(0.975, n−1)·s/√n. Where values are large and differ little, s loses digits: for
// amounts of money over 10⁷ that differ by cents use Mean.
func (m Moments) Mean() Estimate {
	if m.N <= 0 || !finite(m.Sum, m.Squares) {
		return Estimate{}
	}
	mean := m.Sum / float64(m.N)
	e := Estimate{Value: mean, Low: mean, High: mean, N: m.N, Grade: Enough}
	if m.N < 2 {
		e.Grade = TooFew
		return e
	}
	half := tQuantile(0.975, float64(m.N-1)) * math.Sqrt(m.variance()/float64(m.N))
	if !finite(half, mean-half, mean+half) {
		e.Grade = TooFew
		return e
	}
	e.Low, e.High, e.Bounded = mean-half, mean+half, true
	return e
}

// DifferenceOfMeans estimates mean(a) − mean(b) of two independent groups, in their unit, with Welch's interval (Welch 1947, Biometrika
// 34:28), whose degrees of freedom are Satterthwaite's. Each group needs two values. N is the size of both together.
func DifferenceOfMeans(a, b Moments) Estimate {
	return contrast([]Moments{a, b}, []float64{1, -1})
}

// DifferenceInDifferences estimates (T₁ − T₀) − (C₁ − C₀) from the values of the treated after and before and of the controls after and
// before, in their unit, with a Welch interval over four independent groups. It is the effect only if both groups would have moved alike
// without the treatment; PreTrend says whether they did so earlier. (Angrist and Pischke 2009, 5.2)
// Values of the same people before and after are not independent: then take each one's change and use DifferenceOfMeans, which is narrower.
func DifferenceInDifferences(treatedAfter, treatedBefore, controlAfter, controlBefore Moments) Estimate {
	return contrast([]Moments{treatedAfter, treatedBefore, controlAfter, controlBefore}, []float64{1, -1, -1, 1})
}

// contrast is Σ wᵢ·meanᵢ with Satterthwaite's degrees of freedom.
func contrast(groups []Moments, weights []float64) Estimate {
	e := Estimate{Grade: Enough}
	spread, freedom := 0.0, 0.0
	for i, g := range groups {
		if g.N <= 0 || !finite(g.Sum, g.Squares) {
			return Estimate{}
		}
		e.N += g.N
		e.Value += weights[i] * g.Sum / float64(g.N)
		if g.N < 2 {
			e.Grade = TooFew
			continue
		}
		v := weights[i] * weights[i] * g.variance() / float64(g.N)
		spread += v
		freedom += v * v / float64(g.N-1)
	}
	e.Low, e.High = e.Value, e.Value
	if e.Grade == TooFew {
		return e
	}
	half := 0.0
	if spread > 0 {
		half = tQuantile(0.975, math.Max(1, spread*spread/freedom)) * math.Sqrt(spread)
	}
	if !finite(e.Value, half) {
		return Estimate{N: e.N}
	}
	e.Low, e.High, e.Bounded = e.Value-half, e.Value+half, true
	return e
}

// PreTrend estimates by how much more the treated moved than the controls from one period to the next before anything was done: the slope
// over time of the difference of the two series, in their unit a period, with Student's t interval. An interval that holds zero does not
// prove that they moved alike; one that does not hold it says that a difference in differences is no effect. It needs three periods.
func PreTrend(treated, control []float64) Estimate {
	var x, y []float64
	for i := range min(len(treated), len(control)) {
		if d := treated[i] - control[i]; finite(d) {
			x, y = append(x, float64(i)), append(y, d)
		}
	}
	n := float64(len(x))
	if len(x) < 3 {
		return Estimate{N: len(x)}
	}
	mx, my := 0.0, 0.0
	for i := range x {
		mx, my = mx+x[i]/n, my+y[i]/n
	}
	sxx, sxy := 0.0, 0.0
	for i := range x {
		sxx, sxy = sxx+(x[i]-mx)*(x[i]-mx), sxy+(x[i]-mx)*(y[i]-my)
	}
	slope, rest := sxy/sxx, 0.0
	for i := range x {
		r := y[i] - my - slope*(x[i]-mx)
		rest += r * r
	}
	half := tQuantile(0.975, n-2) * math.Sqrt(rest/(n-2)/sxx)
	if !finite(slope, half) {
		return Estimate{N: len(x)}
	}
	return Estimate{Value: slope, Low: slope - half, High: slope + half, N: len(x), Grade: Enough, Bounded: true}
}
