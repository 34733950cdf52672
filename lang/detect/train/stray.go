package train

import (
	"context"
	"slices"
)

// withoutStrays drops the rows that a model of other rows is sure to be in another language.
func (c *corpus) withoutStrays(ctx context.Context, o Options, r recipe) (kept []row, dropped int, err error) {
	if r.stray == 0 {
		return c.rows, 0, nil
	}
	quick := r
	quick.epochs = max(1, r.epochs/4)
	var halves [2][]row
	for i, x := range c.rows {
		halves[i&1] = append(halves[i&1], x)
	}
	var grams []uint32
	var p [width]float32
	bad := map[int]bool{}
	for h := range halves {
		m, err := fit(ctx, c, halves[1-h], quick, o.Seed, func(share float64) { o.Progress(0.1*float64(h) + 0.1*share) })
		if err != nil {
			return nil, 0, err
		}
		for i, x := range c.rows {
			if i&1 != h || x.from == ours {
				continue
			}
			grams = grams[:0]
			for _, id := range x.pieces {
				grams = append(grams, c.lexicon.grams[id]...)
			}
			s, column, ok := m.place(x.code)
			if !ok {
				continue
			}
			m.probabilities(&p, grams, s, 1)
			if p[column] < r.stray && slices.Max(p[:]) > r.straySure {
				bad[i] = true
			}
		}
	}
	for i, x := range c.rows {
		if !bad[i] {
			kept = append(kept, x)
		}
	}
	return kept, len(bad), nil
}
