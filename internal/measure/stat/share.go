package stat

import "math"

// Share estimates k/n with the Wilson score interval (Wilson 1927, JASA 22:209), in 0 to 1:
//
//	(p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n)
//
// It assumes n independent yes/no observations. n of 0 or less, or k outside 0..n, gives no data: a numerator that is not
// part of its denominator is an error of counting, not a share.
func Share(k, n int) Estimate {
	if n <= 0 || k < 0 || k > n {
		return Estimate{}
	}
	p, size := float64(k)/float64(n), float64(n)
	z2 := z95 * z95
	middle := (p + z2/(2*size)) / (1 + z2/size)
	half := z95 * math.Sqrt(p*(1-p)/size+z2/(4*size*size)) / (1 + z2/size)
	// At the borders the formula gives 0 and 1 exactly but for rounding.
	low, high := math.Min(clamp(middle-half, 0, 1), p), math.Max(clamp(middle+half, 0, 1), p)
	return Estimate{Value: p, Low: low, High: high, N: n, Grade: Enough, Bounded: true}
}

// ShareDifference estimates k1/n1 − k2/n2 with Newcombe's hybrid score interval (method 10, Newcombe 1998,
// Stat. Med. 17:873), in −1 to 1. It assumes two independent groups. N is the size of both together.
func ShareDifference(k1, n1, k2, n2 int) Estimate {
	a, b := Share(k1, n1), Share(k2, n2)
	if !a.Defined() || !b.Defined() {
		return Estimate{}
	}
	d := a.Value - b.Value
	return Estimate{
		Value:   d,
		Low:     clamp(d-math.Hypot(a.Value-a.Low, b.High-b.Value), -1, 1),
		High:    clamp(d+math.Hypot(a.High-a.Value, b.Value-b.Low), -1, 1),
		N:       a.N + b.N,
		Grade:   Enough,
		Bounded: true,
	}
}
