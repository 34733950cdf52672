package train

import (
	"context"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/entente/entente/lang/classify"
)

// second is how outputs make labels: for each language and label the weights of the inputs.
type second struct {
	weights [classify.Languages][classify.Finals][]float32
	scores  [][classify.Finals]float32 // of each row, by outputs that did not see it
	tuning  classify.Tuning
}

// final is the place of one label of one head.
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

// combine says how outputs make labels, and scores all rows. Learning that from outputs of models that did not see
// the rows was tried, with and without what is known of the text as a whole, and was worse everywhere: it learns which file a text comes from.
func (t *trainer) combine(ctx context.Context) error {
	s := &t.second
	complaint := t.weigh2(classify.Complaint, ComplaintPost, ComplaintReview)
	suggestion := t.weigh2(classify.Suggestion, Suggestion, SuggestionReview)
	t.asUsual(suggestion, usualSuggestions)
	pairs := []*pair{complaint, suggestion}
	for l := range s.weights {
		for k := range s.weights[l] {
			s.weights[l][k] = make([]float32, classify.InputsOf(Outputs+Hidden))
		}
		for h, outputs := range map[classify.Head][]int{
			classify.SentimentHead: {Negative, Neutral, Positive},
			classify.KindHead:      {Praise, -1, -1, Question, Lead, Job},
			classify.EmotionHead:   emotionOutputs[:],
		} {
			for i, o := range outputs {
				if o >= 0 {
					s.weights[l][final(h, uint8(i))][o] = 1
				}
			}
		}
		for _, p := range pairs {
			p.set(s.weights[l][final(classify.KindHead, uint8(p.kind))], t.net)
		}
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
		var all [Outputs + Hidden]float32 // nets of several folds bend otherwise: pairs know what theirs say
		return func(i int) {
			copy(all[:], t.outputs[i][:])
			x = classify.Inputs(x[:0], all[:], Review, &t.features[i].dense)
			for k := range classify.Finals {
				s.scores[i][k] = dot(s.weights[classify.LanguageAt(t.rows[i].Lang)][k], x)
			}
			for _, p := range pairs {
				s.scores[i][final(classify.KindHead, uint8(p.kind))] = p.score(t, i)
			}
		}
	})
	t.tune()
	return ctx.Err()
}

// usualSuggestions is the share of texts with a suggestion among those that are no app reviews.
const usualSuggestions = 0.025

// pair is how two outputs, of posts and of app reviews, make one label.
type pair struct {
	kind         classify.Kind
	post, review int
	weights      []float64
}

// inputs are what the weights of a pair are for: both outputs of row i, once more for posts that begin with a name, and for app reviews; the same of the net.
func (p *pair) inputs(t *trainer, i int) []float64 {
	post, review := float64(t.outputs[i][p.post]), float64(t.outputs[i][p.review])
	to, app := float64(t.features[i].dense[classify.DenseTo]), float64(classify.Likely(t.outputs[i][Review]))
	of, in := float64(t.bent[i][p.post]), float64(t.bent[i][p.review])
	return []float64{post, review, float64(to * post), float64(to * review), to, float64(app * post), float64(app * review), of, float64(app * of), float64(app * in), app, 1}
}

// Places among the inputs of a pair.
const (
	ofNet = iota + 7
	ofNetApp
	inNetApp
	appAlone
	always
	pairInputs
)

// score is the score of row i.
func (p *pair) score(t *trainer, i int) float32 {
	z := 0.0
	for j, x := range p.inputs(t, i) {
		z += float64(p.weights[j] * x)
	}
	return float32(z)
}

// set puts the weights where a classifier has them.
func (p *pair) set(w []float32, n *net) {
	const all = Outputs + Hidden
	for i, at := range []int{p.post, p.review, all + p.post, all + p.review, 3*all + classify.DenseTo, 2*all + p.post, 2*all + p.review} {
		w[at] = float32(p.weights[i])
	}
	w[len(w)-2], w[len(w)-1] = float32(p.weights[appAlone]), float32(p.weights[always])
	if n == nil {
		return
	}
	of, ofApp, inApp := float32(p.weights[ofNet]), float32(p.weights[ofNetApp]), float32(p.weights[inNetApp])
	for k := range Hidden {
		w[Outputs+k] = float32(of * n.out[p.post][k])
		w[2*all+Outputs+k] = float32(ofApp*n.out[p.post][k]) + float32(inApp*n.out[p.review][k])
	}
	w[len(w)-1] += float32(of * n.bias[p.post])
	w[len(w)-2] += float32(ofApp*n.bias[p.post]) + float32(inApp*n.bias[p.review])
}

// weigh2 finds how much two outputs of a kind count, in posts that begin with a name, in app reviews and in others. Each file counts the same.
func (t *trainer) weigh2(kind classify.Kind, post, review int) *pair {
	k := final(classify.KindHead, uint8(kind))
	out := &pair{kind: kind, post: post, review: review}
	file := func(r *Row) string {
		switch {
		case r.app():
			return "own/app"
		case strings.HasPrefix(r.Set, "own/"):
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
		xs = append(xs, out.inputs(t, i))
		ys, costs = append(ys, yes), append(costs, 1000/count[file(r)])
	}
	start := make([]float64, pairInputs)
	start[0], start[1] = 0.5, 0.5
	out.weights = logistic(xs, ys, costs, start, 1)
	t.say("  %s: %.2f", kind, out.weights)
	return out
}

// asUsual makes one threshold fit reviews and other texts, where a share of the others are of the kind in a real stream: nearly half of ours are.
func (t *trainer) asUsual(p *pair, share float64) {
	files := map[string]*judged{}
	for i := range t.rows {
		r := &t.rows[i]
		if !r.knows(p.review) || r.Fold < 0 || r.app() {
			continue
		}
		name := r.Set
		if strings.HasPrefix(name, "own/") {
			name = "own/"
		}
		if files[name] == nil {
			files[name] = &judged{weight: 1, of: f1}
		}
		files[name].add(r.is(p.review), float64(p.score(t, i)))
	}
	ours := files["own/"]
	delete(files, "own/")
	if ours == nil || ours.n < enough || len(files) == 0 {
		return
	}
	ours.weigh(share)
	others := make([]*judged, 0, len(files))
	for _, name := range slices.Sorted(maps.Keys(files)) {
		others = append(others, files[name])
	}
	shift := float64(bestThreshold(others, -4, 4, 0.05) - bestThreshold([]*judged{ours}, -4, 4, 0.05))
	p.weights[always] += shift
	p.weights[appAlone] -= shift
	t.say("  others by %+.2f", shift)
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
			insult[3*(Outputs+Hidden)+classify.DenseNamed+i] = 4
		case "slur":
			insult[3*(Outputs+Hidden)+classify.DenseNamed+i] = 4
			hate[3*(Outputs+Hidden)+classify.DenseNamed+i] = 2
		case "hate-target", "dehumanising":
			hate[3*(Outputs+Hidden)+classify.DenseNamed+i] = 2
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
