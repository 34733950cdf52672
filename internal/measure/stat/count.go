package stat

import (
	"math"
	"time"
)

// Count estimates the mean of a Poisson count from one observed count k, with the exact interval of Garwood (1936,
// Biometrika 28:437): the 2.5 % quantile of Gamma(k) and the 97.5 % quantile of Gamma(k+1). Unit: events.
// It assumes independent events at a steady rate; a count inflated by one angry thread is wider than this says.
// N is k. A negative k gives no data; zero is data, with an upper end of 3.69.
func Count(k int) Estimate {
	if k < 0 {
		return Estimate{}
	}
	low := 0.0
	if k > 0 {
		low = gammaQuantile(0.025, float64(k))
	}
	return Estimate{
		Value: float64(k), Low: low, High: gammaQuantile(0.975, float64(k)+1), N: k, Grade: Enough, Bounded: true,
	}
}

// Rate estimates events per day from k events in a window; see Count. A window that is not positive gives no data.
func Rate(k int, window time.Duration) Estimate {
	if window <= 0 {
		return Estimate{}
	}
	return Count(k).Scale(1 / (window.Hours() / 24))
}

// PoissonTail is the chance of k or more events when mean are expected, the "is this a spike" number; 1 for k ≤ 0.
func PoissonTail(k int, mean float64) float64 {
	switch {
	case k <= 0:
		return 1
	case math.IsNaN(mean) || mean <= 0:
		return 0
	case math.IsInf(mean, 1):
		return 1
	}
	return gammaP(float64(k), mean)
}
