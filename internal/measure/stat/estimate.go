// Package stat decides how sure a number is: counts, durations, ratings and series come in; estimates with their n,
// their 95 % interval and their progress towards a target go out.
package stat

import "math"

// z95 is the 97.5 % quantile of the standard normal distribution, for two-sided 95 % intervals.
const z95 = 1.959963984540054

// Grade says how much an estimate may carry.
type Grade int

const (
	// NoData means nothing was observed: Value is meaningless and must not be shown as 0.
	NoData Grade = iota
	// TooFew means fewer observations than asked for: show the value with its n, do not colour, alert or compare.
	TooFew
	// Enough means the estimate may be used.
	Enough
)

// String returns a stable word for storage and class names: no-data, too-few or enough.
func (g Grade) String() string {
	switch g {
	case TooFew:
		return "too-few"
	case Enough:
		return "enough"
	default:
		return "no-data"
	}
}

// Estimate is a number with what is known about its precision; the zero value is "no data".
// The unit is that of the function that made it (shares are 0 to 1, net scores -100 to 100).
// All fields are always finite, so that an estimate can be stored and sent as JSON.
type Estimate struct {
	Value   float64 // point estimate; 0 when Grade is NoData
	Low     float64 // lower end of the 95 % interval when Bounded
	High    float64 // upper end of the 95 % interval when Bounded
	N       int     // observations it stands on
	Grade   Grade
	Bounded bool // whether an interval could be computed
	Beyond  bool // what is estimated was not seen: it is more than Value
}

// OK reports whether the estimate may be coloured, compared and alerted on.
func (e Estimate) OK() bool { return e.Grade == Enough }

// Defined reports whether there is a value to show at all.
func (e Estimate) Defined() bool { return e.Grade != NoData }

// AtLeast returns e with Grade TooFew when it stands on fewer than n observations. It never raises a grade.
func (e Estimate) AtLeast(n int) Estimate {
	if e.Grade == Enough && e.N < n {
		e.Grade = TooFew
	}
	return e
}

// Scale returns e in another unit, every value multiplied by factor; a negative factor swaps the ends of the interval.
// A factor that is not finite, or a result that is not, gives no data.
func (e Estimate) Scale(factor float64) Estimate {
	if !e.Defined() {
		return e
	}
	e.Value, e.Low, e.High = e.Value*factor, e.Low*factor, e.High*factor
	if factor < 0 {
		e.Low, e.High = e.High, e.Low
	}
	if !finite(e.Value, e.Low, e.High) {
		return Estimate{N: e.N}
	}
	return e
}

// Overlaps reports whether the intervals of two bounded estimates share a point. Overlap does not prove equality;
// for two shares use ShareDifference.
func (e Estimate) Overlaps(other Estimate) bool {
	return e.Bounded && other.Bounded && e.Low <= other.High && other.Low <= e.High
}

func finite(values ...float64) bool {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

func clamp(v, low, high float64) float64 { return math.Max(low, math.Min(high, v)) }
