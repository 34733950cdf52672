package stat

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Confusion is how often a classifier says what for what is: Counts[i][j] items are i and were called j. There may be more columns than
// rows, such as one for "not sure".
type Confusion struct{ Counts [][]float64 }

// draws is how often the interval is drawn anew; with these, its ends move by a thirtieth of its width from seed to seed.
const draws = 200

// Shares estimates the true shares of the rows, in 0 to 1, from how often each column was said: with M[i][j] the share of i that is called j,
// and q the observed shares,
//
//	π = (Mᵀ)⁻¹ q        (Rogan and Gladen 1978, Am. J. Epidemiol. 107:71; least squares when there are more columns than rows)
//
// clipped to 0 and renormalised. The 95 % interval holds the middle of what comes out, before clipping, when q and the rows of M are drawn
// anew from their Jeffreys posteriors, so that it is sure neither of what was observed nor of the classifier's errors. It assumes that the classifier errs here as it did where the matrix was counted, whatever the shares. No data when nothing was
// observed, a row is empty or the matrix tells too little apart: its condition is over 10, or if all classes were equally frequent and ever so
// many items observed, the interval would still be half as wide as can be.
func (c Confusion) Shares(observed []int) []Estimate {
	out := make([]Estimate, len(c.Counts))
	for i := range out {
		weights := make([]float64, len(c.Counts))
		weights[i] = 1
		out[i] = c.Score(observed, weights)
		if !out[i].Defined() { // shares that do not add up to one would be misread
			return make([]Estimate, len(c.Counts))
		}
	}
	return out
}

// SharesBeside is Shares of what was observed together with items whose classes are known, such as by people: those count as they are, with
// no error of their own.
func (c Confusion) SharesBeside(known, observed []int) []Estimate {
	sure, rest := 0, 0
	for _, n := range known {
		sure += n
	}
	for _, n := range observed {
		rest += n
	}
	out := make([]Estimate, len(c.Counts))
	if sure == 0 || len(known) != len(out) {
		if sure == 0 {
			return c.Shares(observed)
		}
		return out
	}
	if rest == 0 {
		for i, n := range known {
			out[i] = Share(n, sure)
		}
		return out
	}
	all, share := float64(sure+rest), float64(rest)/float64(sure+rest)
	for i, e := range c.Shares(observed) {
		if !e.Defined() {
			return make([]Estimate, len(c.Counts))
		}
		base := float64(known[i]) / all
		e.Value, e.Low, e.High, e.N = base+share*e.Value, base+share*e.Low, base+share*e.High, sure+rest
		out[i] = e
	}
	return out
}

// ScoreBeside is Score of what was observed together with items whose classes are known, such as by people; see SharesBeside.
func (c Confusion) ScoreBeside(known, observed []int, weights []float64) Estimate {
	sure, rest, score := 0, 0, 0.0
	if len(known) != len(weights) {
		return Estimate{}
	}
	for i, n := range known {
		if n < 0 {
			return Estimate{}
		}
		sure += n
		score += float64(n) * weights[i]
	}
	for _, n := range observed {
		rest += max(n, 0)
	}
	e := c.Score(observed, weights)
	switch {
	case sure == 0:
		return e
	case rest == 0:
		return Exact(score/float64(sure), sure)
	case !e.Defined():
		return Estimate{N: sure + rest}
	}
	part := float64(rest) / float64(sure+rest)
	base := score / float64(sure+rest)
	e.Value, e.Low, e.High, e.N = base+part*e.Value, base+part*e.Low, base+part*e.High, sure+rest
	return e
}

// Score estimates the sum of weights over the true shares, such as 100, 0, −100 for a net score; see Shares.
func (c Confusion) Score(observed []int, weights []float64) Estimate {
	n := 0
	for _, v := range observed {
		if v < 0 {
			return Estimate{}
		}
		n += v
	}
	k := len(c.Counts)
	if n == 0 || k == 0 || len(weights) != k {
		return Estimate{}
	}
	matrix := make([][]float64, k)
	for i, row := range c.Counts {
		if len(row) != len(observed) || len(row) < k {
			return Estimate{N: n}
		}
		sum := 0.0
		for _, v := range row {
			if !(v >= 0) || math.IsInf(v, 0) {
				return Estimate{N: n}
			}
			sum += v
		}
		if sum <= 0 {
			return Estimate{N: n}
		}
		matrix[i] = make([]float64, len(row))
		for j, v := range row {
			matrix[i][j] = v / sum
		}
	}
	shares := make([]float64, len(observed))
	for j, v := range observed {
		shares[j] = float64(v) / float64(n)
	}
	truth, ok := unmix(matrix, shares, 10)
	if !ok {
		return Estimate{N: n}
	}
	value := dot(clip(truth), weights)
	source := rand.New(rand.NewPCG(uint64(n), uint64(len(observed)))) // the same figures give the same interval
	even := make([]float64, len(observed))                            // what is observed when all classes are equally frequent
	for i := range matrix {
		for j, v := range matrix[i] {
			even[j] += v / float64(k)
		}
	}
	drawn, known := make([]float64, 0, draws), make([]float64, 0, draws)
	again := make([][]float64, k)
	for n := range draws {
		for i, row := range c.Counts {
			again[i] = dirichlet(source, row)
		}
		counts := make([]float64, len(observed))
		for j, v := range observed {
			counts[j] = float64(v)
		}
		if t, ok := unmix(again, dirichlet(source, counts), math.Inf(1)); ok {
			drawn = append(drawn, dot(t, weights))
		}
		if n%2 == 1 {
			continue
		}
		if t, ok := unmix(again, even, math.Inf(1)); ok {
			known = append(known, dot(t, weights))
		}
	}
	if len(drawn) < draws*9/10 || len(known) < draws/2*9/10 {
		return Estimate{N: n}
	}
	slices.Sort(drawn)
	slices.Sort(known)
	least, most := slices.Min(weights), slices.Max(weights) // what any shares can come to
	if known[int(0.975*float64(len(known)))]-known[int(0.025*float64(len(known)))] > (most-least)/2 {
		return Estimate{N: n}
	}
	low, high := clamp(drawn[int(0.025*float64(len(drawn)))], least, most), clamp(drawn[int(0.975*float64(len(drawn)))], least, most)
	return Estimate{Value: value, Low: math.Min(low, value), High: math.Max(high, value), N: n, Grade: Enough, Bounded: true}
}

// unmix solves Mᵀπ = q by least squares; false when M tells too little apart. Shares may come out below 0.
func unmix(m [][]float64, q []float64, condition float64) ([]float64, bool) {
	k := len(m)
	a := make([][]float64, k) // M Mᵀ beside M q
	for i := range a {
		a[i] = make([]float64, k+1)
		for j := range k {
			a[i][j] = dot(m[i], m[j])
		}
		a[i][k] = dot(m[i], q)
	}
	least, most := math.Inf(1), 0.0
	for c := range k {
		p := c
		for r := c + 1; r < k; r++ {
			if math.Abs(a[r][c]) > math.Abs(a[p][c]) {
				p = r
			}
		}
		a[c], a[p] = a[p], a[c]
		pivot := math.Abs(a[c][c])
		least, most = math.Min(least, pivot), math.Max(most, pivot)
		if pivot < 1e-9 {
			return nil, false
		}
		for r := range k {
			if r == c {
				continue
			}
			f := a[r][c] / a[c][c]
			for x := c; x <= k; x++ {
				a[r][x] -= f * a[c][x]
			}
		}
	}
	if math.Sqrt(most/least) > condition {
		return nil, false
	}
	out, sum := make([]float64, k), 0.0
	for i := range out {
		out[i] = a[i][k] / a[i][i]
		sum += out[i]
	}
	if !(sum > 1e-9) || !finite(out...) {
		return nil, false
	}
	for i := range out {
		out[i] /= sum // 1 already where M has as many columns as rows
	}
	return out, true
}

// clip makes shares of what may be below 0.
func clip(p []float64) []float64 {
	out, sum := make([]float64, len(p)), 0.0
	for i, v := range p {
		out[i] = math.Max(v, 0)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// dirichlet draws shares from the posterior of counts under Jeffreys' prior.
func dirichlet(source *rand.Rand, counts []float64) []float64 {
	out, sum := make([]float64, len(counts)), 0.0
	for i, n := range counts {
		out[i] = gamma(source, n+0.5)
		sum += out[i]
	}
	for i := range out {
		out[i] /= sum
	}
	return out
}

// gamma draws from the gamma distribution of shape a ≥ ½ (Marsaglia and Tsang 2000).
func gamma(source *rand.Rand, a float64) float64 {
	boost := 1.0
	if a < 1 {
		boost = math.Pow(source.Float64(), 1/a)
		a++
	}
	d := a - 1.0/3
	c := 1 / math.Sqrt(9*d)
	for {
		x := source.NormFloat64()
		v := 1 + c*x
		if v <= 0 {
			continue
		}
		v *= v * v
		if math.Log(source.Float64()) < x*x/2+d-d*v+d*math.Log(v) {
			return d * v * boost
		}
	}
}
