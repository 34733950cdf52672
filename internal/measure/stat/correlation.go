package stat

import "math"

// Verdict is what two series say about a link between objectives. It never says "proves".
type Verdict int

const (
	// TooFewData means the interval is so wide that it holds both no link and a clear one.
	TooFewData Verdict = iota
	// Consistent means the two moved as the link says: the interval is on the expected side of zero.
	Consistent
	// NotConsistent means a clear link (r of 0.5 in the expected direction) is outside the interval.
	NotConsistent
)

// String returns a stable word for storage and class names: too-few-data, consistent or not-consistent.
func (v Verdict) String() string {
	switch v {
	case Consistent:
		return "consistent"
	case NotConsistent:
		return "not-consistent"
	default:
		return "too-few-data"
	}
}

// Correlation is the result of testing one link at one lag.
type Correlation struct {
	R         float64 // Pearson's r, −1 to 1
	Low, High float64 // 95 % interval when Bounded
	N         int     // pairs of periods compared
	Effective float64 // independent pairs they are worth
	Lag       int     // periods by which the outcome follows the driver
	Bounded   bool
	Verdict   Verdict
}

const (
	fewestPairs = 12  // fewer than a year of months says nothing about a lag
	clearLink   = 0.5 // r that would be called a clear link
)

// Told reports whether there are enough pairs to say anything, be it that nothing can be told from chance.
func (c Correlation) Told() bool { return c.Bounded && c.N >= fewestPairs }

// Correlate compares driver[i] with outcome[i+lag], both at the same regular periods; NaN marks a missing period.
// rises says whether the link expects the outcome to rise with the driver (true) or to fall (false).
// The interval is Fisher's: tanh(atanh r ± z/√(m−3)). Successive periods resemble each other, so m is not the number of pairs
// but n·(1−ab)/(1+ab) with a, b the lag-one autocorrelations of the two series (Bartlett 1946), at most n.
// Two series that both grow correlate whatever the cause: pass Changes of each unless both are stationary.
func Correlate(driver, outcome []float64, lag int, rises bool) Correlation {
	c := Correlation{Lag: lag}
	var x, y []float64
	for i := range driver {
		j := i + lag
		if j < 0 || j >= len(outcome) || !finite(driver[i], outcome[j]) {
			continue
		}
		x, y = append(x, driver[i]), append(y, outcome[j])
	}
	c.N = len(x)
	r, ok := pearson(x, y)
	if !ok {
		return c
	}
	c.R = r
	c.Effective = float64(c.N)
	a, okA := autocorrelation(x)
	b, okB := autocorrelation(y)
	if okA && okB && a*b > 0 {
		c.Effective *= (1 - a*b) / (1 + a*b)
	}
	if c.Effective <= 3 {
		return c
	}
	mid, half := math.Atanh(clamp(r, -0.999999, 0.999999)), z95/math.Sqrt(c.Effective-3)
	c.Low, c.High, c.Bounded = math.Min(r, math.Tanh(mid-half)), math.Max(r, math.Tanh(mid+half)), true

	low, high := c.Low, c.High
	if !rises {
		low, high = -c.High, -c.Low
	}
	switch {
	case c.N < fewestPairs:
	case low > 0:
		c.Verdict = Consistent
	case high < clearLink:
		c.Verdict = NotConsistent
	}
	return c
}

// Correlogram tests every lag from 0 to most, for a chart. Choosing the best afterwards is not a test: with 20 lags one will
// look consistent by chance. The lag belongs in the hypothesis.
func Correlogram(driver, outcome []float64, most int, rises bool) []Correlation {
	most = min(most, len(outcome))
	if most < 0 {
		return nil
	}
	out := make([]Correlation, 0, most+1)
	for lag := range most + 1 {
		out = append(out, Correlate(driver, outcome, lag, rises))
	}
	return out
}

// Changes returns the difference of each period with the one before; the first, and those beside a missing one, are NaN.
func Changes(series []float64) []float64 {
	out := make([]float64, len(series))
	for i := range series {
		out[i] = math.NaN()
		if i > 0 && finite(series[i], series[i-1], series[i]-series[i-1]) {
			out[i] = series[i] - series[i-1]
		}
	}
	return out
}

func pearson(x, y []float64) (float64, bool) {
	if len(x) < 3 {
		return 0, false
	}
	x, okX := standardise(x)
	y, okY := standardise(y)
	if !okX || !okY {
		return 0, false
	}
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return clamp(sum, -1, 1), true
}

// standardise centres values and gives them length one; false when they do not vary.
func standardise(values []float64) ([]float64, bool) {
	largest := 0.0
	for _, v := range values {
		largest = math.Max(largest, math.Abs(v))
	}
	if largest == 0 {
		return nil, false
	}
	out, mean := make([]float64, len(values)), 0.0
	for i, v := range values {
		out[i] = v / largest // so that squares cannot overflow
		mean += out[i] / float64(len(values))
	}
	length := 0.0
	for i := range out {
		out[i] -= mean
		length += out[i] * out[i]
	}
	// Below this the variation is rounding error of equal values.
	if length < 1e-24*float64(len(values)) {
		return nil, false
	}
	for i := range out {
		out[i] /= math.Sqrt(length)
	}
	return out, true
}

func autocorrelation(values []float64) (float64, bool) {
	s, ok := standardise(values)
	if !ok {
		return 0, false
	}
	sum := 0.0
	for i := 1; i < len(s); i++ {
		sum += s[i] * s[i-1]
	}
	return clamp(sum, -1, 1), true
}
