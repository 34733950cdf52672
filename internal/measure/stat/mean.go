package stat

import "math"

// Mean estimates the mean of values, in their unit, with Student's t interval: mean ± t(0.975, n−1)·s/√n.
// It assumes independent values and a mean that is roughly normal: with long tails (durations, money) and n under 30 use
// Quantile instead. Values that are not finite are left out and not counted. One value has no interval.
func Mean(values []float64) Estimate {
	n, mean, squares := 0, 0.0, 0.0
	for _, v := range values {
		if !finite(v) {
			continue
		}
		n++
		delta := v - mean
		mean += delta / float64(n)
		squares += delta * (v - mean)
	}
	if n == 0 || !finite(mean) {
		return Estimate{N: n}
	}
	e := Estimate{Value: mean, Low: mean, High: mean, N: n, Grade: Enough}
	if n < 2 {
		e.Grade = TooFew
		return e
	}
	half := tQuantile(0.975, float64(n-1)) * math.Sqrt(squares/float64(n-1)/float64(n))
	if !finite(half, mean-half, mean+half) {
		e.Grade = TooFew
		return e
	}
	e.Low, e.High, e.Bounded = mean-half, mean+half, true
	return e
}
