package enrich

import (
	"sync"

	"github.com/entente/entente/lang"
	"github.com/entente/entente/lang/classify"
)

// Classifier says language, sentiment, kinds, emotion and aggression with the models in the program.
type Classifier struct {
	c         *classify.Classifier
	card      func() (classify.Card, error) // read once: it is long
	confusion func() map[classify.Label][][]float64
}

// OpenClassifier makes the enricher.
func OpenClassifier() (Classifier, error) {
	c, err := classify.Open()
	if err != nil {
		return Classifier{}, err
	}
	return Classifier{c, sync.OnceValues(c.Card), sync.OnceValue(func() map[classify.Label][][]float64 {
		out := map[classify.Label][][]float64{}
		for _, h := range classify.Heads() {
			for i := range h.Labels() {
				l := classify.Label{Head: h, Index: uint8(i)}
				out[l] = c.Confusion(l, "")
			}
		}
		return out
	})}, nil
}

// Name is that of package classify.
func (Classifier) Name() string { return "classify" }

// Version follows the models'.
func (e Classifier) Version() string { return e.c.Version() }

// Rest gives back the memory of the models until the next post.
func (e Classifier) Rest() { e.c.Rest() }

// Card says where the models come from.
func (e Classifier) Card() (classify.Card, error) { return e.card() }

// Enrich says all heads at once.
func (e Classifier) Enrich(in Input, r *Reading) {
	said := e.c.Classify(in.whole(), classify.Options{Lang: in.Hint})
	r.Lang, r.LangP = said.Language, said.LanguageP
	if r.Lang == "" {
		r.Lang, r.LangP = lang.Base(in.Hint), 0
	}
	r.Classified = true
	r.Sentiment, r.Kinds, r.Emotion, r.Aggression = said.SentimentP, said.KindP, said.EmotionP, said.AggressionP
	for i := range r.Said {
		r.Said[i] = said.Kinds.Has(classify.Kind(i))
	}
	for i, h := range []classify.Head{classify.SentimentHead, classify.EmotionHead, classify.AggressionHead} {
		r.Sure[i] = said.Sure(h)
	}
}

// Explain says why a value of a head has its probability for a post; found is false for what the model is not asked.
func (e Classifier) Explain(in Input, head, value string) (x classify.Explanation, found bool) {
	l, err := labelOf(head, value)
	if err != nil {
		return x, false
	}
	return e.c.Explain(in.whole(), l, classify.Options{Lang: in.Hint}), true
}

// Confusion is that of the card, for all languages together.
func (e Classifier) Confusion(head, value string) [][]float64 {
	if value == "" && len(Values(head)) > 0 {
		value = Values(head)[0]
	}
	l, err := labelOf(head, value)
	if err != nil {
		return nil
	}
	return e.confusion()[l]
}

func labelOf(head, value string) (classify.Label, error) {
	if head == Kinds {
		head = "kind"
	}
	return classify.LabelOf(head + ":" + value)
}
