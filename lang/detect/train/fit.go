package train

import (
	"context"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/entente/entente/lang"
)

const (
	width = 17 // languages of one script
	steps = 8  // of temperature
)

// recipe is how texts are mixed. Shares are of the examples drawn.
type recipe struct {
	epochs    int
	rate      float32 // of the first step; it falls to 0
	words     float64 // one to three words of a language's vocabulary, each language as often
	pieces    float64 // of the rest: one to five words of a row
	plain     float64 // without accents
	posts     float64 // rows of posts that a language counts with, at most
	ours      float64 // how often each of our own words is seen in an epoch, about
	drop      float64 // of the features of an example, at most: what is left must tell too
	power     float64 // how even languages are: 1 for all alike, 0 for as many as there are rows
	even      float64 // a language's rows weigh as the root of their number times this
	stray     float32 // rows less likely than this under a model that did not see them are dropped ...
	straySure float32 // ... when it is this sure of another language
}

func shipped() recipe {
	return recipe{epochs: 12, rate: 4, words: 0.35, pieces: 0.3, plain: 0.08, posts: 12000, ours: 1, drop: 0.75,
		even: 8000, power: 0.9, stray: 0.02, straySure: 0.95}
}

// script is a set of languages that only their words tell apart.
type script struct{ codes []string }

type model struct {
	scripts      [2]script // Latin, Cyrillic
	w            []float32 // bucket by width; both scripts use the first columns
	bias         [2][width]float32
	temperatures [steps]float32
}

// place gives the script and column of a language.
func (m *model) place(code string) (script, column int, ok bool) {
	for s := range m.scripts {
		if i := slices.Index(m.scripts[s].codes, code); i >= 0 {
			return s, i, true
		}
	}
	return 0, 0, false
}

func newModel(rows []row) *model {
	m := &model{w: make([]float32, width*lang.FeatureRows)}
	for i := range m.temperatures {
		m.temperatures[i] = 1
	}
	for _, r := range rows {
		s := 0
		if r.code == "bg" || r.code == "ru" {
			s = 1
		}
		if codes := &m.scripts[s].codes; !slices.Contains(*codes, r.code) {
			*codes = append(*codes, r.code)
		}
	}
	for s := range m.scripts {
		slices.Sort(m.scripts[s].codes)
	}
	return m
}

// fit makes a model of rows.
func fit(ctx context.Context, c *corpus, rows []row, r recipe, seed uint64, progress func(float64)) (*model, error) {
	m := newModel(rows)
	d := newDeck(c, m, rows, r)
	rng := rand.New(rand.NewPCG(seed, 1))
	all := r.epochs * d.epoch()
	var grams []uint32
	for step := range all {
		if step&4095 == 0 {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			progress(float64(step) / float64(all))
		}
		var s, column int
		grams, s, column = d.draw(rng, grams[:0])
		if len(grams) > 0 {
			rate := r.rate * (1 - float32(step)/float32(all))
			m.learn(grams, s, column, rate)
		}
	}
	return m, nil
}

// learn takes one step down the gradient of the log-likelihood.
func (m *model) learn(grams []uint32, s, column int, rate float32) {
	var p [width]float32
	m.probabilities(&p, grams, s, 1)
	norm := float32(1 / math.Sqrt(float64(len(grams))))
	p[column]--
	for j := range p {
		step := float32(rate * p[j])
		m.bias[s][j] -= float32(0.01 * step)
		p[j] = float32(step * norm)
	}
	for _, g := range grams {
		at := (*[width]float32)(m.w[int(g)*width:])
		for j := range at {
			at[j] -= p[j]
		}
	}
}

func (m *model) probabilities(p *[width]float32, grams []uint32, s int, temperature float32) {
	var sum [width]float32
	for _, g := range grams {
		at := (*[width]float32)(m.w[int(g)*width:])
		for j := range sum {
			sum[j] += at[j]
		}
	}
	norm := float32(1 / math.Sqrt(float64(len(grams))))
	n := len(m.scripts[s].codes)
	top := float32(math.Inf(-1))
	for j := range n {
		sum[j] = float32((float32(sum[j]*norm) + m.bias[s][j]) * temperature)
		top = max(top, sum[j])
	}
	all := float32(0)
	for j := range p {
		p[j] = 0
		if j < n {
			p[j] = exp(sum[j] - top)
			all += p[j]
		}
	}
	for j := range n {
		p[j] /= all
	}
}

// exp is e to the x for x of at most 0, the same on every machine, to about 7 digits: 2 to the whole part of x/ln 2 by the
// exponent's bits, the rest by its series.
func exp(x float32) float32 {
	if x < -80 {
		return 0
	}
	y := float64(x) * (1 / math.Ln2)
	whole := math.Floor(y)
	f := float64(float64(y-whole) * math.Ln2)
	sum, term := 1.0, 1.0
	for k := 1.0; k < 12; k++ {
		term = float64(term*f) / k
		sum += term
	}
	return float32(sum * math.Float64frombits(uint64(int64(whole)+1023)<<52))
}
