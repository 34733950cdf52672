package stat

import "math"

// Lifetime estimates what a customer is worth, in the unit of margin, when each period he stays with probability r and his margins are
// discounted by d a period:
//
//	CLV = m·r/(1 + d − r)          the first margin comes after one period
//	CLV = m·(1 + d)/(1 + d − r)    the first margin comes now
//
// (Gupta and Lehmann 2003, J. Interact. Mark. 17:9). The interval takes both ends of margin and retention together, by the square root of
// squares of what each moves; r that reaches 1 + d has no upper end and is not Bounded. It assumes the same m and r for ever.
func Lifetime(margin, retention Estimate, discount float64, now bool) Estimate {
	if !margin.Defined() || !retention.Defined() || !(discount >= 0) || retention.Value < 0 || retention.Value > 1 || retention.Value >= 1+discount {
		return Estimate{}
	}
	factor := func(r float64) float64 {
		if now {
			return (1 + discount) / (1 + discount - r)
		}
		return r / (1 + discount - r)
	}
	f := Estimate{Value: factor(retention.Value), N: retention.N, Grade: retention.Grade}
	f.Low, f.High = f.Value, f.Value
	if retention.Bounded && retention.High < 1+discount {
		f.Low, f.High, f.Bounded = factor(math.Max(0, retention.Low)), factor(retention.High), true
	}
	if margin.Value >= 0 {
		e := Product(margin, f)
		if retention.Bounded && !f.Bounded {
			e.Bounded = false
		}
		return e
	}
	return Product(margin.Scale(-1), f).Scale(-1)
}

// FiniteLifetime is Σ mₜ·rᵗ/(1+d)ᵗ − cac for margins of periods t = 0, 1, …, in their unit. No error of its own is told.
func FiniteLifetime(margins []float64, retention, discount, cac float64) Estimate {
	if len(margins) == 0 || !(retention >= 0 && retention <= 1) || !(discount >= 0) {
		return Estimate{}
	}
	sum, weight := -cac, 1.0
	for _, m := range margins {
		sum += m * weight
		weight *= retention / (1 + discount)
	}
	return Exact(sum, len(margins))
}

// Return is (benefit − cost)/cost, a ratio: 0.5 means that each euro spent brought one and a half. The cost has no error of its own.
func Return(benefit Estimate, cost float64) Estimate {
	if !benefit.Defined() || !(cost > 0) {
		return Estimate{}
	}
	e := benefit.Scale(1 / cost)
	if e.Defined() {
		e.Value, e.Low, e.High = e.Value-1, e.Low-1, e.High-1
	}
	return e
}
