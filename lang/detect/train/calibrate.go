package train

import (
	"math"
	"math/rand/v2"
)

// calibrate chooses, for each length of text, the temperature under which the held-out answers are most likely: whole
// rows and pieces of them. Eight numbers are chosen so; the figures measured on the same rows gain nothing worth telling.
func (m *model) calibrate(c *corpus) {
	type example struct {
		grams     []uint32
		s, column int
	}
	var byLength [steps][]example
	rng := rand.New(rand.NewPCG(Seed, 2))
	for _, r := range c.held {
		s, column, ok := m.place(r.code)
		if !ok {
			continue
		}
		for cut := range 3 {
			pieces := r.pieces
			if cut > 0 && len(pieces) > 1 {
				n := 1 + rng.IntN(min(len(pieces), 3))
				from := rng.IntN(len(pieces) - n + 1)
				pieces = pieces[from : from+n]
			}
			grams := c.lexicon.all(pieces)
			if len(grams) == 0 {
				continue
			}
			at := min(steps-1, int(math.Round(math.Log2(float64(max(2, len(grams))))))-1)
			byLength[at] = append(byLength[at], example{grams, s, column})
		}
	}
	var p [width]float32
	for at, examples := range byLength {
		best := math.Inf(-1)
		for k := range 24 {
			t := 0.3 + 0.1*float32(k)
			sum := 0.0
			for _, e := range examples {
				m.probabilities(&p, e.grams, e.s, t)
				sum += math.Log(max(float64(p[e.column]), 1e-6))
			}
			if sum > best {
				best, m.temperatures[at] = sum, t
			}
		}
		if len(examples) < 50 {
			m.temperatures[at] = 1
			if at > 0 {
				m.temperatures[at] = m.temperatures[at-1]
			}
		}
	}
}
