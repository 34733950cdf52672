package enrich_test

import (
	"strings"
	"testing"

	"github.com/entente/entente/internal/enrich"
)

// TestClassifier holds that what the models say arrives whole, and that each of their labels can be explained.
func TestClassifier(t *testing.T) {
	t.Parallel()
	c, err := enrich.OpenClassifier()
	if err != nil {
		t.Fatal(err)
	}
	if c.Version() == "" || strings.ContainsAny(c.Version(), "/+") {
		t.Errorf("version %q", c.Version())
	}
	for _, in := range []enrich.Input{{Text: "I love this bike, it is wonderful, thank you so much!"}, {Title: "Retour", Text: "C'est nul, rien ne marche et personne ne répond", Hint: "fr"},
		{}, {Text: strings.Repeat("é", 3000)}, {Text: "\xff\x00"}} {
		var r enrich.Reading
		c.Enrich(in, &r)
		sum := func(p []float64) (s float64) {
			for _, v := range p {
				s += v
			}
			return s
		}
		for name, s := range map[string]float64{"sentiment": sum(r.Sentiment[:]), "emotion": sum(r.Emotion[:]), "aggression": sum(r.Aggression[:])} {
			if !r.Classified || s < 0.99 || s > 1.01 {
				t.Errorf("%.20q: %s adds up to %v", in.Text, name, s)
			}
		}
		for _, head := range []string{enrich.Sentiment, enrich.Kinds, enrich.Emotion, enrich.Aggression} {
			for _, v := range enrich.Values(head) {
				if x, found := c.Explain(in, head, v); !found || x.P < 0 || x.P > 1 {
					t.Errorf("%s %s of %.20q cannot be explained", head, v, in.Text)
				}
			}
		}
	}
	var glad, cross enrich.Reading
	c.Enrich(enrich.Input{Text: "I love this bike, it is wonderful, thank you so much!"}, &glad)
	c.Enrich(enrich.Input{Text: "This is awful, it broke again and nobody answers. Never again!"}, &cross)
	if glad.Sentiment[2] < 0.5 || cross.Sentiment[0] < 0.5 || glad.Lang != "en" {
		t.Errorf("glad %v, cross %v", glad.Sentiment, cross.Sentiment)
	}
	if _, found := c.Explain(enrich.Input{Text: "x"}, enrich.Kinds, "pest"); found {
		t.Error("a kind that is none is explained")
	}
	if card, err := c.Card(); err != nil || len(card.Data) == 0 || len(card.Figures) == 0 {
		t.Errorf("the card: %d sets, %d figures (%v)", len(card.Data), len(card.Figures), err)
	}
}
