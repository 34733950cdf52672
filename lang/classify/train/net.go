package train

import (
	"context"
	"math"
	"math/rand/v2"
	"strings"

	"github.com/entente/entente/lang/classify"
)

// Hidden is how many bent outputs there are: sums like the outputs, but learned together, for what kinds have in common, and bent by a hyperbolic tangent.
// They take the bytes of a line that outputs leave.
const Hidden = classify.MostOutputs - Outputs

const (
	started  = 0.02 // spread of the first weights
	dropped  = 0.3  // share of features that are left out of a text, another each time
	rounds   = 3    // over all texts
	reviewed = 10   // over app reviews and what is like them
)

// net is a small network: features make Hidden bent sums, those make logits of outputs (Collobert and Weston 2008 share words among tasks so).
type net struct {
	in      []float32 // feature after feature
	squares []float32 // of the gradients of features so far (Duchi, Hazan and Singer 2011)
	out     [Outputs][Hidden]float32
	steps   [Outputs][Hidden]float32
	bias    [Outputs]float32
}

const firstSquare = 0.01

// learnNet learns from all texts but those of a fold: first what kinds are everywhere, then what they are in app reviews.
func (t *trainer) learnNet(ctx context.Context, without int) *net {
	n := &net{in: make([]float32, t.table.size()*Hidden)}
	rng := rand.New(rand.NewPCG(t.options.Seed, 2))
	for i := range n.in {
		n.in[i] = float32(rng.NormFloat64() * started)
	}
	for o := range n.out {
		for k := range n.out[o] {
			n.out[o][k] = float32(rng.NormFloat64() * 0.3)
		}
	}
	var all, like []int
	for i := range t.rows {
		switch r := &t.rows[i]; {
		case r.Fold < 0 || r.Fold == without:
		case r.likeReview():
			like = append(like, i)
			if !strings.HasPrefix(r.Set, "feedback.") {
				all = append(all, i)
			}
		default:
			all = append(all, i)
		}
	}
	touched := make([]bool, t.table.size())
	n.learn(ctx, t, rng, all, rounds, 0.05, touched, func(i, o int) float32 {
		r := &t.rows[i]
		switch o {
		case ComplaintPost, ComplaintReview, Suggestion, Question, Praise, Stars:
			return r.Weight
		case Mood, Negative, Neutral, Positive:
			if r.Lang == "fr" || r.Lang == "en" && i%4 == 0 {
				return 0.1
			}
		}
		return 0
	})
	n.learn(ctx, t, rng, like, reviewed, 0.02, touched, func(i, o int) float32 {
		r := &t.rows[i]
		switch {
		case strings.HasPrefix(r.Set, "feedback."):
			return 1
		case o == Suggestion:
			return r.counts(SuggestionReview)
		}
		return 0.3
	})
	for at, is := range touched {
		if !is { // it would only be noise
			clear(n.in[at*Hidden : (at+1)*Hidden])
		}
	}
	return n
}

// likeReview reports whether a row teaches the net a second time.
func (r *Row) likeReview() bool {
	if strings.HasPrefix(r.Set, "feedback.") || strings.HasPrefix(r.Set, "complaint.") || r.app() {
		return true
	}
	for _, s := range []string{"suggestion", "complaint", "praise", "forum", "tweets"} {
		if strings.HasPrefix(r.Set, "own/"+s) {
			return true
		}
	}
	return false
}

// learn goes over rows several times, ever more slowly; cost is how much an output of a row counts.
func (n *net) learn(ctx context.Context, t *trainer, rng *rand.Rand, rows []int, times int, rate float32, touched []bool, cost func(row, output int) float32) {
	n.squares = make([]float32, t.table.size())
	for i := range n.squares {
		n.squares[i] = firstSquare
	}
	for o := range n.steps {
		for k := range n.steps[o] {
			n.steps[o][k] = firstSquare
		}
	}
	var kept []uint32
	for time := range times {
		if ctx.Err() != nil {
			return
		}
		rng.Shuffle(len(rows), func(a, b int) { rows[a], rows[b] = rows[b], rows[a] })
		by := rate * (1 - 0.9*float32(time)/float32(times))
		for _, i := range rows {
			kept = n.step(&t.docs[i], &t.rows[i], rng, by, kept[:0], touched, func(o int) float32 { return cost(i, o) })
		}
	}
}

// step learns from one text.
func (n *net) step(d *doc, r *Row, rng *rand.Rand, rate float32, kept []uint32, touched []bool, cost func(output int) float32) []uint32 {
	words := 0
	for j, at := range d.at {
		if rng.Float64() < dropped {
			continue
		}
		kept = append(kept, at)
		if j < d.words {
			words++
		}
	}
	value := [2]float32{classify.Norm(words), classify.Norm(len(kept) - words)}
	var bent, back [Hidden]float32
	for j, at := range kept {
		v := value[b2i(j >= words)]
		for k, x := range n.in[int(at)*Hidden : (int(at)+1)*Hidden] {
			bent[k] += float32(v * x)
		}
	}
	for k, x := range bent {
		bent[k] = classify.Bend(x)
	}
	learned := false
	for o := range Outputs {
		if !r.knows(o) {
			continue
		}
		c := cost(o)
		if c == 0 {
			continue
		}
		learned = true
		g := c * (float32(sigmoid(n.logit(o, &bent))) - float32(b2i(r.is(o))))
		n.bias[o] -= float32(0.1 * rate * g)
		for k := range bent {
			back[k] += float32(g * n.out[o][k])
			w := float32(g * bent[k])
			n.steps[o][k] += float32(w * w)
			n.out[o][k] -= float32(rate*w) / float32(math.Sqrt(float64(n.steps[o][k])))
		}
	}
	if !learned {
		return kept
	}
	var square float32
	for k, x := range bent {
		back[k] *= 1 - float32(x*x)
		square += float32(back[k] * back[k])
	}
	square /= Hidden
	for j, at := range kept {
		v := value[b2i(j >= words)]
		touched[at] = true
		n.squares[at] += float32(square * v * v)
		by := float32(rate*v) / float32(math.Sqrt(float64(n.squares[at])))
		w := n.in[int(at)*Hidden : (int(at)+1)*Hidden]
		for k := range w {
			w[k] -= float32(by * back[k])
		}
	}
	return kept
}

func (n *net) logit(output int, bent *[Hidden]float32) float32 {
	z := n.bias[output]
	for k, x := range bent {
		z += float32(n.out[output][k] * x)
	}
	return z
}

// quantised gives the weights of features as a classifier has them, one slice for each bent output.
func (n *net) quantised() (q [Hidden][]int8, scale [Hidden]float32) {
	w := make([]float32, len(n.in)/Hidden)
	for k := range q {
		for i := range w {
			w[i] = n.in[i*Hidden+k]
		}
		q[k], scale[k] = quantise(w)
	}
	return q, scale
}

// learnNets learns a net from all texts, and one for each fold from the others, with which the fold is scored.
func (t *trainer) learnNets(ctx context.Context) error {
	t.bent = make([][Outputs]float32, len(t.rows))
	t.parallel(folds, func() func(int) {
		return func(fold int) {
			if fold == whole {
				fold = -1
			}
			n := t.learnNet(ctx, fold)
			q, scale := n.quantised()
			for j := range t.rows {
				if t.rows[j].Fold != fold {
					continue
				}
				var bent [Hidden]float32
				for k := range bent {
					bent[k] = classify.Bend(t.docs[j].score(q[k], scale[k], 0))
				}
				for o := range Outputs {
					t.bent[j][o] = n.logit(o, &bent)
				}
			}
			if fold < 0 {
				t.net = n
				for k := range q {
					t.weights[Outputs+k], t.scale[Outputs+k] = q[k], scale[k]
				}
				n.in, n.squares = nil, nil
			}
		}
	})
	return ctx.Err()
}
