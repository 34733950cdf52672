package enrich

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang/classify"
)

// Reason is why a post is taken for something.
type Reason struct {
	Head, Value  string
	P            float64
	For, Against []Piece // the heaviest first
}

// Piece is a piece of a text that speaks for or against a value.
type Piece struct {
	Text   string
	Weight float64 // in logits; below 0 speaks against
}

// explainer is an enricher that can say why.
type explainer interface {
	Explain(in Input, head, value string) (classify.Explanation, bool)
}

// most is how many pieces are named each way, and how many reasons.
const most = 6

// Why says what weighed most in what the model says of a post: of its sentiment, each kind it finds, and an emotion or an aggression.
func (r *Review) Why(p *Seen) []Reason {
	var by explainer
	for _, e := range r.enrich.enrichers {
		if x, can := e.(explainer); can {
			by = x
		}
	}
	if by == nil || !p.Known.Classified {
		return nil
	}
	k := &p.Known.Reading
	i, _ := top(k.Sentiment[:])
	asked := [][2]string{{Sentiment, Sentiments()[i]}}
	for i, kind := range KindNames() {
		if k.Said[i] || k.Kinds[i] >= 0.5 || slices.Contains(p.Known.Taken.Kinds, kind) {
			asked = append(asked, [2]string{Kinds, kind})
		}
	}
	if i, _ := top(k.Emotion[:]); Emotions()[i] != None {
		asked = append(asked, [2]string{Emotion, Emotions()[i]})
	}
	if i, _ := top(k.Aggression[:]); i > 0 {
		asked = append(asked, [2]string{Aggression, Aggressions()[i]})
	}
	var out []Reason
	for _, a := range asked[:min(len(asked), most)] {
		x, found := by.Explain(Input{p.Title, p.Text, p.Post.Lang}, a[0], a[1])
		if !found {
			continue
		}
		reason := Reason{Head: a[0], Value: a[1], P: k.P(a[0], a[1])}
		for _, p := range pieces(x.Weights) {
			switch {
			case p.Weight > 0 && len(reason.For) < most:
				reason.For = append(reason.For, p)
			case p.Weight < 0 && len(reason.Against) < most:
				reason.Against = append(reason.Against, p)
			}
		}
		out = append(out, reason)
	}
	return out
}

// pieces are the weights by what stands in the text, the heaviest first: what occurs twice counts once with both weights, and marks between
// words, which tell a reader nothing, are left out.
func pieces(weights []classify.Weight) []Piece {
	var out []Piece
	at := map[string]int{}
	for _, w := range weights {
		text := strings.TrimFunc(w.Text, func(r rune) bool { return unicode.IsSpace(r) || r == '.' || r == ',' || r == ';' || r == ':' })
		if text == "" || strings.IndexFunc(text, func(r rune) bool {
			return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsSymbol(r) || r == '!' || r == '?'
		}) < 0 {
			continue
		}
		key := strings.ToLower(text)
		if i, known := at[key]; known {
			out[i].Weight += w.Value
			continue
		}
		at[key] = len(out)
		out = append(out, Piece{text, w.Value})
	}
	sorting.Stable(out, func(a, b Piece) int { return cmp.Compare(max(b.Weight, -b.Weight), max(a.Weight, -a.Weight)) })
	return out
}

// Card is the card of the models, if there is one.
func (r *Review) Card() (classify.Card, bool) {
	for _, e := range r.enrich.enrichers {
		if c, has := e.(interface{ Card() (classify.Card, error) }); has {
			card, err := c.Card()
			if err != nil {
				r.log.Error("the card of the models cannot be read", "error", err)
			}
			return card, err == nil
		}
	}
	return classify.Card{}, false
}

// Confusion is how often the models say what for what is, on validation: rows are what people said, columns what the model said, in the order
// of Values; of a kind, absent and present. nil when nothing is known.
func (s *Service) Confusion(head, value string) [][]float64 {
	for _, e := range s.enrichers {
		if c, has := e.(interface {
			Confusion(head, value string) [][]float64
		}); has {
			return c.Confusion(head, value)
		}
	}
	return nil
}
