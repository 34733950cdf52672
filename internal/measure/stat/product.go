package stat

import "math"

// Exact is a number without an error of its own, such as a price or a complete count; N says how many rows are behind it.
func Exact(value float64, n int) Estimate {
	if !finite(value) {
		return Estimate{N: n}
	}
	return Estimate{Value: value, Low: value, High: value, N: n, Grade: Enough}
}

// Product estimates the product of independent positive factors, in the product of their units, with an interval on the log scale:
//
//	ln P ± √( Σ (ln Pᵢ-end − ln Pᵢ)² )        (the method of variance estimates recovery: Zou and Donner 2008, Stat. Med. 27:1693)
//
// each side from the same side of the factors' own intervals; one that is not Bounded has no error. A factor of 0, or an interval that reaches
// it, makes the product's lower end 0. N is the smallest of the bounded factors, for the weakest link carries no more. A factor without data, or below 0, gives none.
func Product(factors ...Estimate) Estimate {
	return combine(factors, nil)
}

// Quotient estimates over / under; see Product. A divisor of 0 gives no data, one whose interval reaches 0 an interval without an upper end:
// it is not Bounded.
func Quotient(over, under Estimate) Estimate {
	return combine([]Estimate{over}, []Estimate{under})
}

func combine(over, under []Estimate) Estimate {
	e := Estimate{Grade: Enough, N: math.MaxInt}
	value := scaled{1, 0}
	down, up, errs, zero := 0.0, 0.0, false, false
	least := math.MaxInt
	for i, f := range append(append([]Estimate{}, over...), under...) {
		below := i >= len(over)
		if !f.Defined() || f.Value < 0 || below && f.Value == 0 {
			return Estimate{}
		}
		least = min(least, f.N)
		if f.Grade == TooFew {
			e.Grade = TooFew
		}
		low, high := f.Value, f.Value
		if f.Bounded {
			errs = true
			e.N = min(e.N, f.N)
			low, high = math.Max(f.Low, 0), math.Max(f.High, 0)
		}
		if !below {
			value = value.times(f.Value)
			if f.Value == 0 {
				zero = true
				continue
			}
			down, up = math.Hypot(down, math.Log(f.Value/low)), math.Hypot(up, math.Log(high/f.Value))
			continue
		}
		value = value.over(f.Value)
		down, up = math.Hypot(down, math.Log(high/f.Value)), math.Hypot(up, math.Log(f.Value/low))
	}
	if !errs {
		e.N = least
	}
	if e.Value = value.float(); !finite(e.Value) {
		return Estimate{N: e.N}
	}
	e.Low, e.High = e.Value, e.Value
	switch {
	case !errs:
	case zero:
		// What is 0 may be as much as the upper ends come to.
		most := scaled{1, 0}
		for _, f := range over {
			most = most.times(math.Max(f.Value, f.High))
		}
		for _, f := range under {
			most = most.over(f.Value)
		}
		if high := most.float(); finite(high) {
			e.Low, e.High, e.Bounded = 0, high, true
		}
	default:
		if low, high := e.Value*math.Exp(-down), e.Value*math.Exp(up); finite(low, high) {
			e.Low, e.High, e.Bounded = low, high, true
		} else if finite(low) {
			e.Low = low
		}
	}
	return e
}

// scaled is fraction·2^exponent, with the fraction in ½ to 1 or 0. What lies between two factors may be larger than any float64 or so small that
// it has few digits left, though the product of all is neither: then the order of factors would change it.
type scaled struct {
	fraction float64
	exponent int
}

func (s scaled) times(v float64) scaled {
	f, e := math.Frexp(v)
	f, more := math.Frexp(s.fraction * f)
	return scaled{f, s.exponent + e + more}
}

func (s scaled) over(v float64) scaled {
	f, e := math.Frexp(v)
	f, more := math.Frexp(s.fraction / f)
	return scaled{f, s.exponent - e + more}
}

func (s scaled) float() float64 { return math.Ldexp(s.fraction, s.exponent) }

// Plus is e + o of independent estimates in the same unit; the sides of the intervals are combined by the square root of squares.
func (e Estimate) Plus(o Estimate) Estimate {
	if !e.Defined() || !o.Defined() {
		return Estimate{}
	}
	s := Estimate{Value: e.Value + o.Value, N: max(e.N, o.N), Grade: min(e.Grade, o.Grade), Bounded: e.Bounded || o.Bounded}
	side := func(a, b float64) float64 { return math.Hypot(a, b) }
	low, high := 0.0, 0.0
	for _, x := range []Estimate{e, o} {
		if x.Bounded {
			low, high = side(low, x.Value-x.Low), side(high, x.High-x.Value)
		}
	}
	s.Low, s.High = s.Value-low, s.Value+high
	if !finite(s.Value, s.Low, s.High) {
		return Estimate{}
	}
	return s
}

// Minus is e − o; see Plus.
func (e Estimate) Minus(o Estimate) Estimate {
	if !o.Defined() {
		return Estimate{}
	}
	return e.Plus(o.Scale(-1))
}

// RatioOfSums estimates Σy / Σx over the same units (months, channels, orders), with Student's t interval over the delta method's error:
//
//	r ± t(0.975, n−1)·√( Σ(yᵢ − r·xᵢ)² / (n−1) · n ) / Σx        (Cochran 1977, Sampling Techniques, 2.11)
//
// It assumes independent units. One unit has no interval; Σx of 0 or less gives no data.
func RatioOfSums(y, x []float64) Estimate {
	n := min(len(y), len(x))
	sy, sx := 0.0, 0.0
	for i := range n {
		sy, sx = sy+y[i], sx+x[i]
	}
	if n == 0 || !(sx > 0) || !finite(sy, sx, sy/sx) {
		return Estimate{N: n}
	}
	r, rest := sy/sx, 0.0
	for i := range n {
		rest += (y[i] - r*x[i]) * (y[i] - r*x[i])
	}
	e := Estimate{Value: r, Low: r, High: r, N: n, Grade: Enough}
	if n < 2 {
		return e
	}
	half := tQuantile(0.975, float64(n-1)) * math.Sqrt(rest/float64(n-1)*float64(n)) / sx
	if finite(half, r-half, r+half) {
		e.Low, e.High, e.Bounded = r-half, r+half, true
	}
	return e
}

// Over estimates a count of events for each unit of what they were exposed to: k/exposure with Garwood's interval; see Count. An exposure
// that is not positive gives no data.
func Over(k int, exposure float64) Estimate {
	if !(exposure > 0) {
		return Estimate{}
	}
	return Count(k).Scale(1 / exposure)
}
