package train

import (
	"github.com/entente/entente/lang/classify"
)

// truth is which label of a head a row has, -1 when that is not known; for kinds whether it has the kind k.
func (r *Row) truth(h classify.Head, k int) int {
	switch h {
	case classify.SentimentHead:
		for i := range 3 {
			if r.knows(Negative) && r.is(i) {
				return i
			}
		}
	case classify.KindHead:
		if yes, w := r.taught(final(h, uint8(k))); w > 0 {
			return b2i(yes)
		}
	case classify.EmotionHead:
		if r.knows(NoEmotion) {
			found := -1
			for i, o := range emotionOutputs {
				if r.is(o) {
					if found >= 0 {
						return -1 // several
					}
					found = i
				}
			}
			return found
		}
	case classify.AggressionHead:
		if yes, w := r.taught(final(h, 0)); w > 0 {
			return b2i(yes)
		}
	}
	return -1
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

const (
	bins         = 10
	leastOfTexts = 150 // in a language, for a matrix of its own
)

// calibrations notes how far probabilities can be believed, and what is taken for what.
func (m *measuring) calibrations() {
	for _, h := range classify.Heads() {
		labels := len(h.Labels())
		if h == classify.AggressionHead {
			labels = 1
		}
		for k := range labels {
			m.reliability(h, k)
			if h == classify.KindHead || k == 0 {
				m.matrices(h, k)
			}
		}
	}
}

func (m *measuring) reliability(h classify.Head, k int) {
	var n, so, sum [bins]float64
	for i := range m.t.rows {
		r := &m.t.rows[i]
		truth := r.truth(h, k)
		if truth < 0 {
			continue
		}
		p := m.labels[i].P(classify.Label{Head: h, Index: uint8(k)})
		yes := truth == 1
		switch h {
		case classify.SentimentHead, classify.EmotionHead:
			yes = truth == k
		case classify.AggressionHead:
			p = 1 - p
		}
		b := min(int(p*bins), bins-1)
		n[b]++
		sum[b] += p
		so[b] += float64(b2i(yes))
	}
	label := h.Labels()[k]
	if h == classify.AggressionHead {
		label = "any"
	}
	for b := range n {
		if n[b] >= 20 {
			m.card.Bins = append(m.card.Bins, classify.Bin{Head: h.String(), Label: label, P: sum[b] / n[b], Share: so[b] / n[b], N: int(n[b])})
		}
	}
}

func (m *measuring) matrices(h classify.Head, k int) {
	names, label := h.Labels(), ""
	switch h {
	case classify.KindHead:
		names, label = []string{"other", h.Labels()[k]}, h.Labels()[k]
	case classify.AggressionHead:
		names = []string{"none", "aggression"}
	}
	for _, lang := range []string{"", "fr", "en", "de", "es", "it", "pt"} {
		var so, said []int
		for i := range m.t.rows {
			r := &m.t.rows[i]
			truth := r.truth(h, k)
			if truth < 0 || lang != "" && r.Lang != lang {
				continue
			}
			l := &m.labels[i]
			so = append(so, truth)
			switch h {
			case classify.SentimentHead:
				said = append(said, int(l.Sentiment))
			case classify.KindHead:
				said = append(said, b2i(l.Kinds.Has(classify.Kind(k))))
			case classify.EmotionHead:
				said = append(said, int(l.Emotion))
			case classify.AggressionHead:
				said = append(said, b2i(l.Aggression != classify.NoAggression))
			}
		}
		if len(so) < leastOfTexts {
			continue
		}
		m.card.Matrices = append(m.card.Matrices, classify.Matrix{Head: h.String(), Label: label, Lang: lang, Names: names,
			Counts: confusion(len(names), so, said)})
	}
}
