package train

import (
	"context"
	"math"
	"strings"

	"github.com/entente/entente/lang/classify"
)

// second is the second stage: for each language and label the weights of the inputs.
type second struct {
	weights [classify.Languages][classify.Finals][]float32
	scores  [][classify.Finals]float32 // of each row, by outputs that did not see it
	tuning  classify.Tuning
}

// final is one label of one head in the second stage.
func final(h classify.Head, label uint8) int { return classify.FirstFinal[h] + int(label) }

// taught says what a row teaches of a label: whether it holds, and how much that counts; 0 when the row knows nothing of it.
func (r *Row) taught(k int) (yes bool, weight float32) {
	by := func(os ...int) (bool, float32) {
		known, yes := false, false
		for _, o := range os {
			known = known || r.knows(o)
			yes = yes || r.is(o)
		}
		if !known {
			return false, 0
		}
		return yes, r.Weight
	}
	sentiment, kind, emotion, aggression := classify.FirstFinal[0], classify.FirstFinal[1], classify.FirstFinal[2], classify.FirstFinal[3]
	switch {
	case k < kind:
		yes, w := by([]int{Negative, Neutral, Positive}[k-sentiment])
		return yes, w * r.cost
	case k < emotion:
		if k == final(classify.KindHead, uint8(classify.Question)) && r.easy() {
			yes, w := by(Question)
			return yes, w / 10
		}
		return by([][]int{{Praise}, {ComplaintPost, ComplaintReview}, {Suggestion}, {Question}, {Lead}, {Job}}[k-kind]...)
	case k < aggression:
		if !strings.HasPrefix(r.Set, "emotion.goemotions") && r.Lang == "en" {
			yes, w := by([]int{Anger, Disgust, Fear, Joy, Sadness, Surprise, NoEmotion}[k-emotion])
			return yes, w / 10 // their texts were chosen for having one
		}
		return by([]int{Anger, Disgust, Fear, Joy, Sadness, Surprise, NoEmotion}[k-emotion])
	}
	switch k - aggression {
	case int(classify.NoAggression):
		yes, w := by(Offensive, Toxic)
		if r.chosen() {
			w /= 10
		}
		return yes, w
	case int(classify.Hate):
		return by(Hate)
	}
	return false, 0
}

// easy says that a text comes from sets in which every other text is a question, as nowhere else.
func (r *Row) easy() bool {
	return strings.HasPrefix(r.Set, "lid.") || strings.HasPrefix(r.Set, "emotion.xed") || strings.HasPrefix(r.Set, "intent.")
}

// chosen says that a text comes from sets that were gathered by rude words, so that nearly all are rude.
func (r *Row) chosen() bool {
	return r.Lang == "en" && (strings.HasPrefix(r.Set, "toxic.davidson") || strings.HasPrefix(r.Set, "toxic.mlma"))
}

// combine says how the outputs of the first stage make the labels, and scores all rows. Learning that from outputs of models that did not see
// the rows was tried, with and without what is known of the text as a whole, and was worse everywhere: it learns which file a text comes from.
func (t *trainer) combine(ctx context.Context) error {
	s := &t.second
	complaint := t.weighComplaints()
	for l := range s.weights {
		for k := range s.weights[l] {
			s.weights[l][k] = make([]float32, 2*Outputs+classify.Dense+1)
		}
		for h, outputs := range map[classify.Head][]int{
			classify.SentimentHead: {Negative, Neutral, Positive},
			classify.KindHead:      {Praise, -1, Suggestion, Question, Lead, Job},
			classify.EmotionHead:   emotionOutputs[:],
		} {
			for i, o := range outputs {
				if o >= 0 {
					s.weights[l][final(h, uint8(i))][o] = 1
				}
			}
		}
		w := s.weights[l][final(classify.KindHead, uint8(classify.Complaint))]
		w[ComplaintPost], w[ComplaintReview] = float32(complaint[0]), float32(complaint[1])
		w[Outputs+ComplaintPost], w[Outputs+ComplaintReview] = float32(complaint[2]), float32(complaint[3])
		w[2*Outputs+classify.DenseTo], w[len(w)-1] = float32(complaint[4]), float32(complaint[5])
		rude := s.weights[l][final(classify.AggressionHead, 0)]
		switch l {
		case classify.LanguageAt("en"):
			rude[Offensive] = 1
		case classify.LanguageAt("fr"):
			rude[Toxic] = 1
		default:
			rude[Offensive], rude[Toxic] = 0.5, 0.5
		}
		t.byLexicon(l)
	}
	s.scores = make([][classify.Finals]float32, len(t.rows))
	t.parallel(len(t.rows), func() func(int) {
		var x []float32
		return func(i int) {
			x = classify.Inputs(x[:0], t.outputs[i][:], &t.features[i].dense)
			for k := range classify.Finals {
				s.scores[i][k] = dot(s.weights[classify.LanguageAt(t.rows[i].Lang)][k], x)
			}
		}
	})
	t.tune()
	return ctx.Err()
}

// weighComplaints finds how much the two outputs of complaints count, in posts that begin with a name and in others. Each file counts the same.
func (t *trainer) weighComplaints() []float64 {
	k := final(classify.KindHead, uint8(classify.Complaint))
	file := func(r *Row) string {
		if strings.HasPrefix(r.Set, "own/") {
			return "own/"
		}
		return r.Set
	}
	count := map[string]float64{}
	for i := range t.rows {
		if _, ok := t.rows[i].teaches(k); ok {
			count[file(&t.rows[i])]++
		}
	}
	var xs [][]float64
	var ys []bool
	var costs []float64
	for i := range t.rows {
		r := &t.rows[i]
		yes, ok := r.teaches(k)
		if !ok || count[file(r)] < enough {
			continue
		}
		post, review := float64(t.outputs[i][ComplaintPost]), float64(t.outputs[i][ComplaintReview])
		to := float64(t.features[i].dense[classify.DenseTo])
		xs = append(xs, []float64{post, review, float64(to * post), float64(to * review), to, 1})
		ys, costs = append(ys, yes), append(costs, 1000/count[file(r)])
	}
	return logistic(xs, ys, costs, []float64{0.5, 0.5, 0, 0, 0, 0}, 1)
}

// byLexicon sets what nobody labelled for us: the lexicon tells insults from other attacks; and in French hate beyond racism was not labelled, so
// without a word for a group or against one, an attack is rather taken for an insult.
func (t *trainer) byLexicon(l int) {
	insult := t.second.weights[l][final(classify.AggressionHead, uint8(classify.Insult))]
	hate := t.second.weights[l][final(classify.AggressionHead, uint8(classify.Hate))]
	hate[Hate] = 1
	insult[len(insult)-1], hate[len(hate)-1] = -1, -1.5
	for i, c := range classify.LexiconClasses() {
		switch c {
		case "insult":
			insult[2*Outputs+classify.DenseNamed+i] = 4
		case "slur":
			insult[2*Outputs+classify.DenseNamed+i] = 4
			hate[2*Outputs+classify.DenseNamed+i] = 2
		case "hate-target", "dehumanising":
			hate[2*Outputs+classify.DenseNamed+i] = 2
		}
	}
}

func dot(w, x []float32) float32 {
	var s float32
	for i, v := range x {
		s += float32(w[i] * v)
	}
	return s
}

func sigmoid(x float32) float64 { return 1 / (1 + math.Exp(-float64(x))) }
