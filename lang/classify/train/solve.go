package train

import (
	"math"
	"math/rand/v2"
	"slices"
)

// doc is a text as the solver sees it: the places of its features in the weights, words first, and how much one of each group counts.
type doc struct {
	at    []uint32
	words int
	value [2]float32
	times []times
}

// weight is that of a feature, and the scale of the feature, squared.
type weight struct{ w, scale float32 }

func (d *doc) dot(w []weight) float32 {
	var a, b float32
	for _, i := range d.at[:d.words] {
		a += w[i].w
	}
	for _, i := range d.at[d.words:] {
		b += w[i].w
	}
	return float32(a*d.value[0]) + float32(b*d.value[1])
}

func (d *doc) push(w []weight, by float32) {
	a, b := by*d.value[0], by*d.value[1]
	for _, i := range d.at[:d.words] {
		w[i].w += float32(a * w[i].scale)
	}
	for _, i := range d.at[d.words:] {
		w[i].w += float32(b * w[i].scale)
	}
}

// squared is the squared length under the scales of features; one may stand there several times.
func (d *doc) squared(w []weight) float32 {
	var sum float32
	for _, f := range d.times {
		v := d.value[1]
		if f.word {
			v = d.value[0]
		}
		v *= float32(f.n)
		sum += float32(float32(v*v) * w[f.at].scale)
	}
	return sum
}

// scales makes features that tell the two sides apart count more than others: by the logarithm of the ratio of their shares (Wang and Manning 2012).
func scales(examples []example, w []weight) {
	p, q := make([]float32, len(w)), make([]float32, len(w))
	var np, nq float64
	for i := range examples {
		e := &examples[i]
		to := q
		if e.yes {
			to = p
		}
		for _, f := range e.doc.times {
			to[f.at] += e.cost
			if e.yes {
				np += float64(e.cost)
			} else {
				nq += float64(e.cost)
			}
		}
	}
	for i := range w {
		r := math.Log((float64(p[i])+smooth)/(float64(q[i])+smooth)) - math.Log((np+smooth)/(nq+smooth))
		s := leastScale + math.Abs(r)
		w[i].scale = float32(s * s)
	}
}

// What is added to the counts of features, and to their scales.
const smooth, leastScale = 1, 0.1

// times is how often a feature stands in a text.
type times struct {
	at   uint32
	n    uint16
	word bool
}

// measure counts the features.
func (d *doc) measure() {
	sorted := slices.Clone(d.at)
	slices.Sort(sorted[:d.words])
	slices.Sort(sorted[d.words:])
	d.times = make([]times, 0, len(sorted))
	for i, at := range sorted {
		if n := len(d.times); n > 0 && d.times[n-1].at == at && d.times[n-1].word == (i < d.words) {
			d.times[n-1].n++
			continue
		}
		d.times = append(d.times, times{at, 1, i < d.words})
	}
}

// example is one text with what the solver shall make of it.
type example struct {
	doc  *doc
	yes  bool
	cost float32
}

// fit minimises half the squared length of the weights plus the costs times the logistic losses, by coordinate descent in the dual
// (Yu, Huang and Lin 2011). The same examples in the same order give the same weights, to the bit.
func fit(examples []example, size, passes int, seed uint64) (out []float32, bias float32) {
	const biased = 1 // square of the feature that is always there
	w := make([]weight, size)
	scales(examples, w)
	rng := rand.New(rand.NewPCG(seed, 1))
	n := len(examples)
	alpha := make([][2]float32, n)
	square := make([]float32, n)
	order := make([]int32, n)
	for i := range examples {
		e := &examples[i]
		order[i] = int32(i)
		square[i] = e.doc.squared(w) + biased
		a := min(0.001*e.cost, 1e-8)
		alpha[i] = [2]float32{a, e.cost - a}
	}
	for pass := range passes {
		rng.Shuffle(n, func(i, j int) { order[i], order[j] = order[j], order[i] })
		moved := 0.0
		for _, i := range order {
			e := &examples[i]
			y := float32(-1)
			if e.yes {
				y = 1
			}
			b := y * (e.doc.dot(w) + bias)
			a, c := square[i], e.cost
			one, two, sign := 0, 1, float32(1)
			if 0.5*a*(alpha[i][1]-alpha[i][0])+b < 0 {
				one, two, sign = 1, 0, -1
			}
			old := alpha[i][one]
			z := newton(float64(old), float64(a), float64(sign*b), float64(c))
			step := sign * (z - old) * y
			if step == 0 {
				continue
			}
			alpha[i][one], alpha[i][two] = z, c-z
			e.doc.push(w, step)
			bias += step
			moved += math.Abs(float64(step)) / float64(c)
		}
		if pass > 2 && moved < 0.002*float64(n) {
			break
		}
	}
	out = make([]float32, size)
	for i := range w {
		out[i] = w[i].w
	}
	return out, bias
}

// newton finds the dual variable of one example between 0 and c.
func newton(old, a, b, c float64) float32 {
	z := old
	if c-z < 0.5*c {
		z *= 0.1
	}
	gradient := func() float64 { return a*(z-old) + b + math.Log(z/(c-z)) }
	for range 20 {
		g := gradient()
		if math.Abs(g) < 1e-3 {
			break
		}
		next := z - g/(a+c/(c-z)/z)
		if next <= 0 {
			z *= 0.1
		} else if next >= c {
			z = (z + c) / 2
		} else {
			z = next
		}
	}
	f := float32(z)
	return min(max(f, float32(1e-9*c)), float32(c*(1-1e-6)))
}
