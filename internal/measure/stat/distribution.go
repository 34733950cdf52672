package stat

import "math"

// gammaP is the regularised lower incomplete gamma function P(a, x): series below a+1, Lentz continued fraction above
// (Abramowitz and Stegun 6.5.29 and 6.5.31). Relative error about 1e-13 for a up to 1e4.
func gammaP(a, x float64) float64 {
	if x <= 0 {
		return 0
	}
	lg, _ := math.Lgamma(a)
	front := math.Exp(a*math.Log(x) - x - lg)
	if x < a+1 {
		term, sum := 1/a, 1/a
		for n := 1; n < 100_000; n++ {
			term *= x / (a + float64(n))
			sum += term
			if term < sum*1e-16 {
				break
			}
		}
		return clamp(sum*front, 0, 1)
	}
	const tiny = 1e-300
	b := x + 1 - a
	c, d := 1/tiny, 1/b
	h := d
	for i := 1; i < 100_000; i++ {
		an := -float64(i) * (float64(i) - a)
		b += 2
		d = nonZero(an*d+b, tiny)
		c = nonZero(b+an/c, tiny)
		d = 1 / d
		h *= d * c
		if math.Abs(d*c-1) < 1e-15 {
			break
		}
	}
	return clamp(1-front*h, 0, 1)
}

func nonZero(v, tiny float64) float64 {
	if math.Abs(v) < tiny {
		return tiny
	}
	return v
}

// gammaQuantile is x such that P(a, x) = p, for unit scale. Above a = 10,000 it is the Wilson–Hilferty (1931) cube, whose
// relative error there is under 1e-6.
func gammaQuantile(p, a float64) float64 {
	z := math.Sqrt2 * math.Erfinv(2*p-1)
	guess := a * math.Pow(math.Max(0, 1-1/(9*a)+z/(3*math.Sqrt(a))), 3)
	if a > 10_000 {
		return guess
	}
	low, high := 0.0, 2*guess+10
	for gammaP(a, high) < p {
		high *= 2
	}
	return bisect(low, high, p, func(x float64) float64 { return gammaP(a, x) })
}

// bisect finds x in [low, high] where the increasing function f reaches p.
func bisect(low, high, p float64, f func(float64) float64) float64 {
	for range 200 {
		mid := low + (high-low)/2
		if mid <= low || mid >= high {
			break
		}
		if f(mid) < p {
			low = mid
		} else {
			high = mid
		}
	}
	return low + (high-low)/2
}

// betaI is the regularised incomplete beta function I_x(a, b) by Lentz's continued fraction (Abramowitz and Stegun 26.5.8).
func betaI(x, a, b float64) float64 {
	switch {
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2):
		return 1 - betaI(1-x, b, a)
	}
	la, _ := math.Lgamma(a)
	lb, _ := math.Lgamma(b)
	lab, _ := math.Lgamma(a + b)
	front := math.Exp(lab-la-lb+a*math.Log(x)+b*math.Log1p(-x)) / a
	const tiny = 1e-300
	c, d := 1.0, 1/nonZero(1-(a+b)*x/(a+1), tiny)
	h := d
	for i := 1; i < 100_000; i++ {
		m := float64(i)
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		d = 1 / nonZero(1+even*d, tiny)
		c = nonZero(1+even/c, tiny)
		h *= d * c
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		d = 1 / nonZero(1+odd*d, tiny)
		c = nonZero(1+odd/c, tiny)
		h *= d * c
		if math.Abs(d*c-1) < 1e-15 {
			break
		}
	}
	return clamp(front*h, 0, 1)
}

// tQuantile is the p quantile (p ≥ 0.5) of Student's t with df degrees of freedom.
func tQuantile(p, df float64) float64 {
	if df > 1e6 {
		return math.Sqrt2 * math.Erfinv(2*p-1)
	}
	cdf := func(t float64) float64 { return 1 - betaI(df/(df+t*t), df/2, 0.5)/2 }
	high := 2.0
	for cdf(high) < p {
		high *= 2
	}
	return bisect(0, high, p, cdf)
}

// binomialCDF is the chance of k or fewer successes in n trials of chance p.
func binomialCDF(k, n int, p float64) float64 {
	switch {
	case k < 0:
		return 0
	case k >= n:
		return 1
	}
	return betaI(1-p, float64(n-k), float64(k)+1)
}
