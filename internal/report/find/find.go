// Package find decides what of many numbers is out of the ordinary: estimates of two periods, days and parts come in; how seldom chance does as
// much, what is left after looking at many, and which part made most of a change go out.
package find

import (
	"math"

	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/sorting"
)

// FalseShare is the share of notes that may be chance (Benjamini and Hochberg 1995), on average over many looks.
const FalseShare = 0.05

// Scale is on what the difference of two numbers is near normal.
type Scale int

// The scales: as it is, of logarithms for what is over 0, of log odds for shares.
const (
	Linear Scale = iota
	Log
	Odds
)

// on moves an estimate to a scale, with its standard error from its 95 % interval; ok is false where the scale does not know it.
func (s Scale) on(e stat.Estimate) (v, se float64, ok bool) {
	if !e.Defined() || !e.Bounded {
		return 0, 0, false
	}
	f := func(x float64) float64 { return x }
	switch s {
	case Log:
		f = math.Log
	case Odds:
		f = func(x float64) float64 { return math.Log(x / (1 - x)) }
	}
	v, low, high := f(e.Value), f(e.Low), f(e.High)
	se = (high - low) / (2 * 1.959963984540054)
	ok = !math.IsNaN(v) && !math.IsInf(v, 0) && !math.IsNaN(se) && !math.IsInf(se, 0) && se > 0
	return v, se, ok
}

// P is how often chance alone would make two numbers differ as much, two-sided: z of their difference on a scale over the standard errors of
// their 95 % intervals. Where the scale does not know them it is Linear's; 1 where nothing can be said.
func P(now, before stat.Estimate, s Scale) float64 {
	a, sa, ok := s.on(now)
	b, sb, ok2 := s.on(before)
	if !ok || !ok2 {
		if s != Linear {
			return P(now, before, Linear)
		}
		return 1
	}
	return twoSided((a - b) / math.Hypot(sa, sb))
}

func twoSided(z float64) float64 { return math.Erfc(math.Abs(z) / math.Sqrt2) }

// Discoveries tells which of many tests stand when a share q of what stands may be chance: the largest k with p(k) ≤ q·k/m, and all below it
// (Benjamini and Hochberg). p that is not a number never stands.
func Discoveries(p []float64, q float64) []bool {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	value := func(i int) float64 {
		if math.IsNaN(p[i]) {
			return 2
		}
		return p[i]
	}
	sorting.Stable(order, func(a, b int) int {
		switch {
		case value(a) < value(b):
			return -1
		case value(a) > value(b):
			return 1
		}
		return 0
	})
	out := make([]bool, len(p))
	for k := len(order); k > 0; k-- {
		if value(order[k-1]) <= q*float64(k)/float64(len(p)) {
			for _, i := range order[:k] {
				out[i] = true
			}
			break
		}
	}
	return out
}

// Surge is how often chance would bring a day with as many or more than now, when the same days of weeks before brought these: the greatest of
// the Poisson tail over their mean and the tails of Student's t of the spike z/√(1 + 1/n), of the numbers and of their logarithms, so that days
// that vary more than Poisson, by adding or by multiplying, need more.
// At least four before are needed; else 1.
func Surge(before []float64, now float64) float64 { return tail(before, now, true) }

// Dip is the same for as few or fewer.
func Dip(before []float64, now float64) float64 { return tail(before, now, false) }

func tail(before []float64, now float64, up bool) float64 {
	n := len(before)
	if n < 4 || math.IsNaN(now) || now < 0 {
		return 1
	}
	mean := 0.0
	for _, v := range before {
		mean += v / float64(n)
	}
	poisson := stat.PoissonTail(int(math.Ceil(now)), mean)
	if !up {
		poisson = 1 - stat.PoissonTail(int(math.Floor(now))+1, mean)
	}
	logs := make([]float64, n)
	for i, v := range before {
		logs[i] = math.Log(v + 0.5)
	}
	p := poisson
	for _, spike := range []stat.Estimate{stat.Spike(before, now), stat.Spike(logs, math.Log(now+0.5))} {
		if !spike.Defined() { // they do not vary
			continue
		}
		z := spike.Value / math.Sqrt(1+1/float64(n))
		if !up {
			z = -z
		}
		p = math.Max(p, studentTail(z, n-1))
	}
	return p
}

// studentTail is the chance of t or more with so many degrees of freedom (Abramowitz and Stegun 26.7.3 and 26.7.4).
func studentTail(t float64, df int) float64 {
	theta := math.Atan(math.Abs(t) / math.Sqrt(float64(df)))
	c2 := math.Cos(theta) * math.Cos(theta)
	sum, term := 0.0, 1.0
	var inside float64
	if df%2 == 1 {
		term = math.Cos(theta)
		for k := 1; k <= df-2; k += 2 {
			sum += term
			term *= c2 * float64(k+1) / float64(k+2)
		}
		inside = 2 / math.Pi * (theta + math.Sin(theta)*sum)
	} else {
		for k := 0; k <= df-2; k += 2 {
			sum += term
			term *= c2 * float64(k+1) / float64(k+2)
		}
		inside = math.Sin(theta) * sum
	}
	p := math.Max(0, (1-inside)/2)
	if t < 0 {
		return 1 - p
	}
	return p
}

// Part is what a change was for one value of a dimension.
type Part struct {
	Now, Before stat.Estimate
	N           int // behind Now
}

// Finding is a part that made most of a change.
type Finding struct {
	Part  int     // index
	Share float64 // of the change
	P     float64 // how often chance alone would set it apart from the rest as much
}

// Mostly looks in parts for those that made most of a change, in the order of P: more than half of it, the same way, on at least so many,
// beyond chance by itself, and apart from the rest. Counts add up (Log, added): a part is held against all that is not in it. Of other numbers
// it is held against the mean of the other parts, weighted by how sure they are, and its share of the change is by n. Whoever looks over several
// dimensions corrects P for all parts looked at (Looked) with Discoveries.
func Mostly(parts []Part, total Part, s Scale, added bool, least int) (found []Finding, looked []float64) {
	up := total.Now.Value > total.Before.Value
	whole := total.Now.Value - total.Before.Value
	if !added {
		whole = 0
		for _, p := range parts {
			whole += float64(p.N) * difference(p)
		}
	}
	for i, p := range parts {
		apart := 1.0
		if added {
			apart = rates(p.Now.Value, p.Before.Value, total.Now.Value-p.Now.Value, total.Before.Value-p.Before.Value)
		} else {
			apart = against(parts, i, s)
		}
		looked = append(looked, apart)
		if p.N < least || (difference(p) > 0) != up || difference(p) == 0 || whole == 0 {
			continue
		}
		share := difference(p) / whole
		if !added {
			share = float64(p.N) * difference(p) / whole
		}
		if share > 0.5 && P(p.Now, p.Before, s) < 0.05 {
			found = append(found, Finding{i, share, apart})
		}
	}
	sorting.Stable(found, func(a, b Finding) int {
		switch {
		case a.P < b.P:
			return -1
		case a.P > b.P:
			return 1
		}
		return 0
	})
	return found, looked
}

func difference(p Part) float64 {
	if !p.Now.Defined() || !p.Before.Defined() {
		return 0
	}
	return p.Now.Value - p.Before.Value
}

// rates is how often chance alone would make a part grow so differently from the rest: z of the log of the ratio of their growth, with half an
// event added to each count (Haldane and Anscombe).
func rates(now, before, restNow, restBefore float64) float64 {
	a, b, c, d := now+0.5, before+0.5, math.Max(restNow, 0)+0.5, math.Max(restBefore, 0)+0.5
	if c+d <= 1 {
		return 1 // there is no rest
	}
	return twoSided(math.Log(a*d/(b*c)) / math.Sqrt(1/a+1/b+1/c+1/d))
}

// against is how often chance alone would set the change of a part apart from that of the others.
func against(parts []Part, i int, s Scale) float64 {
	own, ownSE, ok := moved(parts[i], s)
	if !ok {
		return 1
	}
	var sum, weight float64
	for j, p := range parts {
		if j == i {
			continue
		}
		if d, se, ok := moved(p, s); ok {
			sum += d / (se * se)
			weight += 1 / (se * se)
		}
	}
	if weight == 0 {
		return 1
	}
	return twoSided((own - sum/weight) / math.Hypot(ownSE, 1/math.Sqrt(weight)))
}

func moved(p Part, s Scale) (d, se float64, ok bool) {
	a, sa, ok := s.on(p.Now)
	b, sb, ok2 := s.on(p.Before)
	return a - b, math.Hypot(sa, sb), ok && ok2
}
