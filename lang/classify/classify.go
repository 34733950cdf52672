// Package classify decides what the feeling and the kind of a short text are: a text comes in; its language, sentiment, kinds, emotion and
// aggression with their probabilities go out, and on request the words that weighed most.
//
// The models are one table of quantised weights, embedded in the program and used in place: nothing is downloaded, unpacked or learned at
// run time. Package train makes it. The card (see [Classifier.Card]) says from which data, how good it is and where it is weak.
package classify

import "errors"

// Classifier classifies texts. It is safe for concurrent use.
type Classifier struct {
	version string
	card    Card
}

// Options says what is known of a text beforehand.
type Options struct {
	// Lang is the language its channel or author claims, such as "fr" or "fr-CA": a prior, not the truth. "" when nothing is known.
	Lang string
}

// Weight is what one piece of a text adds to the score of a label.
type Weight struct {
	Text       string  // the piece, as it stands in the text; what it is in brackets when it has no place, such as "[length]"
	Start, End int     // bytes of the text; both 0 when it has no place
	Value      float64 // in logits; above 0 speaks for the label
}

// Explanation is how the score of a label came about: Bias plus the values of all weights is Score.
type Explanation struct {
	Label   Label
	P       float64
	Score   float64 // in logits
	Bias    float64
	Weights []Weight // the heaviest first
}

// Open gives the classifier with the embedded weights. It copies nothing and may be called often.
func Open() (*Classifier, error) {
	return nil, errors.New("no weights are embedded")
}

// Version names the rules and weights; it changes whenever an answer may.
func (c *Classifier) Version() string { return c.version }

// Card says where the models come from and how good they are.
func (c *Classifier) Card() Card { return c.card }

// Classify says what text is.
func (c *Classifier) Classify(text string, o Options) Labels {
	return Labels{}
}

// Explain says why the score of label is what it is for text.
func (c *Classifier) Explain(text string, label Label, o Options) Explanation {
	return Explanation{Label: label}
}

// Confusion is how often the model says what for what is, on validation: rows are what people said, columns what the model
// said, both in the order of Labels; each row sums to its number of texts. Kinds have one matrix a kind: absent, present.
// lang is the language of the texts; where too few are known, all languages together. nil when it was never measured.
func (c *Classifier) Confusion(label Label, lang string) [][]float64 {
	return nil
}
