package stat

import (
	"math"
	"slices"
)

// Gini estimates how unevenly a sum is spread over those who brought it, 0 (all the same) to (n−1)/n (all from one):
//
//	G = Σ (2i − n − 1)·xᵢ / (n·Σx), x sorted rising
//
// with a 95 % interval from the jackknife of G, leaving out one after the other (Ogwang 2000, Oxf. Bull. Econ. Stat. 62:123). Values below 0 count
// as 0. Say among whom: with those who bring nothing it is higher. No data when nothing was brought.
func Gini(values []float64) Estimate {
	x := make([]float64, 0, len(values))
	for _, v := range values {
		if finite(v) {
			x = append(x, math.Max(0, v))
		}
	}
	slices.Sort(x)
	n := len(x)
	if n > 0 && x[n-1] > 0 { // the scale does not matter, and sums of the largest numbers there are would not be finite
		for i, most := 0, x[n-1]; i < n; i++ {
			x[i] /= most
		}
	}
	total, ranked := 0.0, 0.0
	for i, v := range x {
		total += v
		ranked += float64(i+1) * v
	}
	if n == 0 || !(total > 0) || !finite(total, ranked) {
		return Estimate{N: n}
	}
	of := func(n int, total, ranked float64) float64 {
		if n == 0 || total <= 0 {
			return 0
		}
		return clamp((2*ranked-float64(n+1)*total)/(float64(n)*total), 0, 1)
	}
	g := of(n, total, ranked)
	e := Estimate{Value: g, Low: g, High: g, N: n, Grade: Enough}
	if n < 3 {
		e.Grade = TooFew
		return e
	}
	// Without the i-th, those after it stand one place lower.
	after, mean, squares := total, 0.0, 0.0
	for i, v := range x {
		after -= v
		left := of(n-1, total-v, ranked-float64(i+1)*v-after)
		delta := left - mean
		mean += delta / float64(i+1)
		squares += delta * (left - mean)
	}
	half := z95 * math.Sqrt(float64(n-1)/float64(n)*squares)
	e.Low, e.High, e.Bounded = clamp(g-half, 0, 1), clamp(g+half, 0, 1), true
	return e
}

// TopShare is the part of a sum that the first share of those who brought it have, such as 0.01 for the top one in a hundred (at least one of
// them), in 0 to 1. It is worked out, not estimated: no interval.
func TopShare(values []float64, first float64) Estimate {
	x := make([]float64, 0, len(values))
	total := 0.0
	for _, v := range values {
		if finite(v) && v > 0 {
			x = append(x, v)
		}
	}
	slices.Sort(x)
	for _, v := range x {
		total += v // sorted: rounding does not depend on the order they came in
	}
	if len(x) == 0 || !finite(total) || !(first > 0 && first <= 1) {
		return Estimate{N: len(x)}
	}
	slices.Reverse(x)
	top := 0.0
	for _, v := range x[:max(1, int(math.Round(first*float64(len(x)))))] {
		top += v
	}
	return Exact(top/total, len(x))
}

// BusFactor is the smallest number of people who brought at least the given part (such as one half) of a sum, in people.
func BusFactor(values []float64, part float64) Estimate {
	x := make([]float64, 0, len(values))
	total := 0.0
	for _, v := range values {
		if finite(v) && v > 0 {
			x = append(x, v)
		}
	}
	slices.Sort(x)
	for _, v := range x {
		total += v // sorted: rounding does not depend on the order they came in
	}
	if len(x) == 0 || !finite(total) || !(part > 0 && part <= 1) {
		return Estimate{N: len(x)}
	}
	slices.Reverse(x)
	sum := 0.0
	for i, v := range x {
		if sum += v; sum >= part*total*(1-1e-12) {
			return Exact(float64(i+1), len(x))
		}
	}
	return Exact(float64(len(x)), len(x))
}
