// Package classify decides what the feeling and the kind of a short text are: a text comes in; its language, sentiment, kinds, emotion and
// aggression with their probabilities go out, and on request the words that weighed most.
//
// The models are one table of quantised weights, packed in the program and unpacked in memory when the first text is classified: nothing is downloaded or
// learned at run time. Package train makes it. The card (see [Classifier.Card]) says from which data, how good it is and where it is weak.
package classify

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"

	"github.com/entente/entente/lang"
)

// weights is written by package train.
//
//go:embed weights.bin
var weights string

// Classifier classifies texts. It is safe for concurrent use.
type Classifier struct {
	model *model
	works sync.Pool // of *work
}

// work is what one call needs.
type work struct {
	reader Reader
	inputs []float32
	bends  [MostOutputs]float32 // what is left of the sums of outputs that are bent
}

// Options says what is known of a text beforehand.
type Options struct {
	// Lang is the language its channel or author claims, such as "fr" or "fr-CA": a prior, not the truth. "" when nothing is known.
	Lang string
}

// Open gives the classifier with the weights of the program. It unpacks nothing yet.
func Open() (*Classifier, error) {
	c, err := open(weights)
	if err != nil {
		return nil, fmt.Errorf("read the embedded weights: %w", err)
	}
	return c, nil
}

// Read gives a classifier with the weights of a file that package train made, and says what is wrong with another.
func Read(file string) (*Classifier, error) {
	c, err := open(file)
	if err == nil {
		_, err = c.model.table.unpack()
	}
	if err != nil {
		return nil, err
	}
	return c, nil
}

func open(file string) (*Classifier, error) {
	m, err := read(file)
	if err != nil {
		return nil, err
	}
	c := &Classifier{model: m}
	c.works.New = func() any { return &work{reader: Reader{lexicon: m.lexicon}} }
	return c, nil
}

// Rest gives back the memory of the unpacked weights (8 MB). The next text unpacks them again, in some 30 ms.
func (c *Classifier) Rest() { c.model.table.rest() }

// Version names the rules and weights; it changes whenever an answer may.
func (c *Classifier) Version() string { return c.model.version }

// Card says where the models come from and how good they are.
func (c *Classifier) Card() (Card, error) {
	var card Card
	if err := json.Unmarshal([]byte(c.model.card), &card); err != nil {
		return Card{}, fmt.Errorf("read the model card: %w", err)
	}
	return card, nil
}

// Classify says what text is.
func (c *Classifier) Classify(text string, o Options) Labels {
	w := c.works.Get().(*work)
	defer c.works.Put(w)
	var out Labels
	out.Language, out.LanguageP = language(text, o)
	at := LanguageAt(out.Language)
	var scores [Finals]float32
	known := c.score(w, text, out.Language, at, &scores)
	c.model.tuning.decide(&scores, at, &out)
	if known < leastKnown || at == Languages-1 {
		out.unsure = 1<<heads - 1
	}
	if known < leastKnown {
		out.Aggression, out.Emotion, out.Sentiment = NoAggression, NoEmotion, Neutral
	}
	if known < leastKnown || w.reader.saysNothing(out.Language) {
		out.Kinds, out.KindP = 0, [kinds]float64{}
	}
	return out
}

// leastWords is how many words a text needs to be of a kind when nobody can tell its language.
const leastWords = 3

// saysNothing reports whether the text that was read last is too little to be of any kind.
func (r *Reader) saysNothing(code string) bool { return code == "" && r.signs.words < leastWords }

// leastKnown is how many features with weights a text needs before the model dares to answer.
const leastKnown = 3

func language(text string, o Options) (code string, p float64) { return lang.DetectWith(text, o.Lang) }

// score computes the scores of all labels.
func (c *Classifier) score(w *work, text, code string, at int, scores *[Finals]float32) (known int) {
	w.reader.read(text, code)
	m := c.model
	var first [MostOutputs]float32
	known = m.first(&w.reader, &first)
	for i := m.outputs - m.hidden; i < m.outputs; i++ {
		sum := first[i]
		first[i], w.bends[i] = Bend(sum), 1
		if sum != 0 {
			w.bends[i] = first[i] / sum
		}
	}
	var dense [Dense]float32
	w.reader.signs.fill(&dense)
	w.inputs = Inputs(w.inputs[:0], first[:m.outputs], m.outputs-m.hidden-1, &dense)
	m.scores(w.inputs, at, scores)
	return known
}

func sigmoid(x float64) float64 { return 1 / (1 + math.Exp(-x)) }

// Decide turns scores into labels.
func (t *Tuning) Decide(scores *[Finals]float32, language int) Labels {
	var out Labels
	t.decide(scores, language, &out)
	return out
}

// decide turns scores into probabilities and labels.
func (t *Tuning) decide(scores *[Finals]float32, language int, out *Labels) {
	logit := func(h Head, i int) float64 {
		k := FirstFinal[h] + i
		return float64(t.Slope[language][k]*scores[k] + t.Shift[language][k])
	}
	least := func(h Head, i int) float64 { return float64(t.Least[language][FirstFinal[h]+i]) }

	top, sum := math.Inf(-1), 0.0
	for i := range out.SentimentP {
		out.SentimentP[i] = logit(SentimentHead, i)
		if out.SentimentP[i] > top {
			top, out.Sentiment = out.SentimentP[i], Sentiment(i)
		}
	}
	for i, x := range out.SentimentP {
		out.SentimentP[i] = math.Exp(x - top)
		sum += out.SentimentP[i]
	}
	for i := range out.SentimentP {
		out.SentimentP[i] /= sum
	}
	out.mark(SentimentHead, out.SentimentP[out.Sentiment] < leastSure)

	doubtful := false
	for i := range out.KindP {
		p := sigmoid(logit(KindHead, i))
		out.KindP[i] = p
		if p >= least(KindHead, i) {
			out.Kinds |= 1 << i
		}
		doubtful = doubtful || math.Abs(p-least(KindHead, i)) < doubt
	}
	out.mark(KindHead, doubtful)

	top, sum = -1, 0
	for i := range out.EmotionP {
		p := sigmoid(logit(EmotionHead, i))
		out.EmotionP[i] = p
		sum += p
		if r := p / max(least(EmotionHead, i), 1e-6); r > top {
			top, out.Emotion = r, Emotion(i)
		}
	}
	for i := range out.EmotionP {
		out.EmotionP[i] /= max(sum, 1e-9)
	}
	out.mark(EmotionHead, out.EmotionP[out.Emotion] < leastSureEmotion)

	any := sigmoid(logit(AggressionHead, 0))
	hate := sigmoid(logit(AggressionHead, int(Hate)))
	insult := (1 - hate) * sigmoid(logit(AggressionHead, int(Insult)))
	out.AggressionP = [aggressions]float64{1 - any, any * (1 - hate - insult), any * insult, any * hate}
	if any >= least(AggressionHead, 0) {
		out.Aggression = Attack
		for a := Insult; a <= Hate; a++ {
			if out.AggressionP[a] > out.AggressionP[out.Aggression] {
				out.Aggression = a
			}
		}
	}
	out.mark(AggressionHead, math.Abs(any-least(AggressionHead, 0)) < doubt)
}

// Where the model abstains.
const (
	leastSure        = 0.4  // probability of the best of three sentiments
	leastSureEmotion = 0.25 // of the best of seven emotions
	doubt            = 0.05 // distance of a probability from its threshold
)

func (l *Labels) mark(h Head, unsure bool) {
	if unsure {
		l.unsure |= 1 << h
	}
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

// Explain says why the score of label is what it is for text. Of the emotions it gives the score before they are weighed against each other, of the
// aggressions that of any.
func (c *Classifier) Explain(text string, label Label, o Options) Explanation {
	out := Explanation{Label: label}
	if label.Head >= heads || int(label.Index) >= len(label.Head.Labels()) {
		return out
	}
	w := &work{reader: Reader{lexicon: c.model.lexicon, traced: true}}
	code, _ := language(text, o)
	at := LanguageAt(code)
	var scores [Finals]float32
	known := c.score(w, text, code, at, &scores)
	var labels Labels
	c.model.tuning.decide(&scores, at, &labels)
	if label.Head != KindHead || known >= leastKnown && !w.reader.saysNothing(code) {
		out.P = labels.P(label)
	}
	k := FirstFinal[label.Head] + int(label.Index)
	if label.Head == AggressionHead && (label.Index == uint8(NoAggression) || label.Index == uint8(Attack)) {
		k = FirstFinal[AggressionHead]
	}
	m := c.model
	slope := float64(m.tuning.Slope[at][k])
	sign := 1.0
	if label.Head == AggressionHead && label.Index == uint8(NoAggression) {
		sign = -1
	}
	second := m.second[at][k]
	through, fixed := m.through(second, w.inputs)
	for i := m.outputs - m.hidden; i < m.outputs; i++ {
		through[i] *= float64(w.bends[i])
	}
	out.Bias = float64(m.tuning.Shift[at][k]) + slope*fixed
	for i := range m.outputs {
		out.Bias += slope * through[i] * float64(m.bias[i])
	}
	out.Bias *= sign
	pieces := map[place]float64{}
	for g := range w.reader.found {
		m.pieces(&w.reader, g, &through, sign*slope, pieces)
	}
	for p, v := range pieces {
		piece := Weight{Start: int(p.start), End: int(p.end), Value: v, Text: "[shape]"}
		if p.end > p.start {
			piece.Text = w.reader.text[p.start:p.end]
			if int(p.end) > len(text) || text[p.start:p.end] != piece.Text { // the text was mended
				piece.Start, piece.End = 0, 0
			}
		}
		out.Weights = append(out.Weights, piece)
	}
	for _, t := range second {
		v := sign * slope * float64(t.weight*w.inputs[t.input])
		switch i := t.input - 3*m.outputs; {
		case i < 0 || v == 0:
		case i < Dense:
			out.Weights = append(out.Weights, Weight{Text: "[" + denseTitle(i) + "]", Value: v})
		case i == Dense:
			out.Weights = append(out.Weights, Weight{Text: "[like a review]", Value: v})
		}
	}
	slices.SortFunc(out.Weights, func(a, b Weight) int {
		switch x, y := math.Abs(a.Value), math.Abs(b.Value); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return a.Start - b.Start
	})
	out.Score = out.Bias
	for _, p := range out.Weights {
		out.Score += p.Value
	}
	return out
}

// through is how much each output counts for a label, and what the label has without any.
func (m *model) through(second []term, inputs []float32) (out [MostOutputs]float64, fixed float64) {
	to, review := float64(inputs[3*m.outputs+DenseTo]), float64(inputs[3*m.outputs+Dense])
	for _, t := range second {
		w := float64(t.weight)
		switch {
		case t.input < m.outputs:
			out[t.input] += w
		case t.input < 2*m.outputs:
			out[t.input-m.outputs] += to * w
		case t.input < 3*m.outputs:
			out[t.input-2*m.outputs] += review * w
		case t.input == m.inputs-1:
			fixed = w
		}
	}
	return out, fixed
}

// pieces adds up what the features of a group weigh, by where they stand.
func (m *model) pieces(r *Reader, group int, through *[MostOutputs]float64, slope float64, to map[place]float64) {
	entries, known := m.table.entries(), 0
	for _, h := range r.found[group] {
		if m.entry(entries, h) >= 0 {
			known++
		}
	}
	by := float64(Norm(known))
	for i, h := range r.found[group] {
		at := m.entry(entries, h)
		if at < 0 {
			continue
		}
		v := 0.0
		for o := range m.outputs {
			v += through[o] * float64(m.scale[o]) * float64(int(entries[at+1+o])-128)
		}
		to[r.places[group][i]] += slope * by * v
	}
}

// Confusion is how often the model says what for what is, on validation: rows are what people said, columns what the model
// said, both in the order of the labels; kinds have one matrix each: absent, present. lang is the language of the texts; where too
// few are known, all languages together. nil when it was never measured.
func (c *Classifier) Confusion(label Label, lang string) [][]float64 {
	card, err := c.Card()
	if err != nil {
		return nil
	}
	var general [][]float64
	for _, m := range card.Matrices {
		if m.Head != label.Head.String() || label.Head == KindHead && m.Label != KindHead.Labels()[min(int(label.Index), kinds-1)] {
			continue
		}
		switch m.Lang {
		case lang:
			return m.Counts
		case "":
			general = m.Counts
		}
	}
	return general
}
