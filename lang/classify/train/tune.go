package train

import (
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/entente/entente/lang/classify"
)

// Bounds of thresholds.
const (
	leastThreshold = 0.1
	mostThreshold  = 0.9
	enough         = 60 // texts of a kind in a language before it has a threshold of its own
)

// tune chooses slopes, shifts and thresholds on scores of rows by weights that did not see them.
func (t *trainer) tune() {
	u := &t.second.tuning
	for l := range u.Slope {
		for k := range u.Slope[l] {
			u.Slope[l][k] = 1
			u.Least[l][k] = 0.5
		}
	}
	t.tuneSentiment()
	kind, emotion, aggression := classify.FirstFinal[classify.KindHead], classify.FirstFinal[classify.EmotionHead], classify.FirstFinal[classify.AggressionHead]
	for k := kind; k <= aggression; k++ {
		t.calibrate(k)
	}
	for k := kind; k < emotion; k++ {
		t.threshold(k, f1)
	}
	t.threshold(aggression, bothF1)
	t.tuneEmotion()
}

// teaches reports whether a row says something of label k where texts are as they come.
func (r *Row) teaches(k int) (yes, ok bool) {
	yes, w := r.taught(k)
	return yes, w > 0 && r.Fold >= 0 && !r.easy() && !r.chosen()
}

// calibrate finds slope and shift of a label by logistic regression, for each language with enough texts, and for all.
func (t *trainer) calibrate(k int) {
	// the other texts were chosen for their emotions: how often those are so says nothing of other texts
	emotion := k >= classify.FirstFinal[classify.EmotionHead] && k < classify.FirstFinal[classify.AggressionHead]
	platt := func(of func(*Row) bool) (slope, shift float32, ok bool) {
		var xs []float64
		var ys []float64
		n := 0.0
		for i := range t.rows {
			r := &t.rows[i]
			yes, teaches := r.teaches(k)
			if !teaches || !of(r) || emotion && !strings.HasPrefix(r.Set, "emotion.goemotions") {
				continue
			}
			xs, ys = append(xs, float64(t.second.scores[i][k])), append(ys, float64(b2i(yes)))
			n += ys[len(ys)-1]
		}
		if n < enough || n > float64(len(ys)-enough) {
			return 1, 0, false
		}
		a, b := 1.0, 0.0
		for range 25 { // Newton's method, with a little that holds the slope near 1
			ga, gb, haa, hab, hbb := a-1, 0.0, 1.0, 0.0, 1e-6
			for i, x := range xs {
				p := 1 / (1 + math.Exp(-(float64(a*x) + b)))
				d, v := p-ys[i], p*(1-p)
				ga += float64(d * x)
				gb += d
				haa += float64(v*x) * x
				hab += float64(v * x)
				hbb += v
			}
			det := float64(haa*hbb) - float64(hab*hab)
			a -= (float64(ga*hbb) - float64(gb*hab)) / det
			b -= (float64(gb*haa) - float64(ga*hab)) / det
		}
		if math.IsNaN(a) || a < 0.3 || a > 4 {
			return 1, 0, false
		}
		return float32(a), float32(b), true
	}
	slope, shift, _ := platt(func(*Row) bool { return true })
	for l := range t.second.tuning.Slope {
		a, b, ok := platt(func(r *Row) bool { return classify.LanguageAt(r.Lang) == l })
		if !ok {
			a, b = slope, shift
		}
		t.second.tuning.Slope[l][k], t.second.tuning.Shift[l][k] = a, b
	}
}

// p is the probability of a label for a row.
func (t *trainer) p(i, k int) float64 {
	l := classify.LanguageAt(t.rows[i].Lang)
	u := &t.second.tuning
	return sigmoid(float32(u.Slope[l][k]*t.second.scores[i][k]) + u.Shift[l][k])
}

// labelName names a label.
func labelName(k int) string {
	for _, h := range classify.Heads() {
		if at := classify.FirstFinal[h]; k >= at && k < at+len(h.Labels()) {
			return classify.Label{Head: h, Index: uint8(k - at)}.String()
		}
	}
	return ""
}

// judged are texts of one file with what they are and how likely they are said to be it.
type judged struct {
	yes    []bool
	p      []float64
	n      int     // how many are
	weight float64 // how much one that is counts beside one that is not
	of     metric
}

func (j *judged) add(yes bool, p float64) {
	j.yes, j.p = append(j.yes, yes), append(j.p, p)
	j.n += b2i(yes)
}

// weigh makes those that are count as if they were a share of all.
func (j *judged) weigh(share float64) {
	j.weight = share / (1 - share) * float64(len(j.yes)-j.n) / float64(max(j.n, 1))
}

// metric says how well what was said fits what is so; one that is counts weight.
type metric func(yes, said []bool, weight float64) float64

// bestThreshold is where the metric is best in the mean over files, for no file is what will come: the middle of what is as good as the best, for the
// best itself is chance.
func bestThreshold(files []*judged, least, most, step float64) float64 {
	values := make([]float64, int((most-least)/step+0.5)+1)
	for _, f := range files {
		said := make([]bool, len(f.p))
		for j := range values {
			for i, x := range f.p {
				said[i] = x >= least+float64(step*float64(j))
			}
			values[j] += f.of(f.yes, said, f.weight)
		}
	}
	best := slices.Max(values)
	var sum, count float64
	for j, v := range values {
		if v > best-0.004*float64(len(files)) {
			sum += least + float64(step*float64(j))
			count++
		}
	}
	return sum / count
}

// threshold chooses, for each language, the probability from which a label is said to hold.
func (t *trainer) threshold(k int, of metric) {
	suggestion := k == final(classify.KindHead, uint8(classify.Suggestion))
	pick := func(in func(*Row) bool) (float32, bool) {
		files := map[string]*judged{}
		for i := range t.rows {
			r := &t.rows[i]
			y, teaches := r.teaches(k)
			if !teaches || !in(r) {
				continue
			}
			name := r.Set
			switch {
			case strings.HasPrefix(name, "own/"):
				name = "own/"
			case strings.HasPrefix(name, "sentiment."), strings.HasPrefix(name, "question."), strings.HasPrefix(name, "emotion."):
				name = "others"
			}
			if suggestion && name == "own/" {
				continue // see asUsual
			}
			if files[name] == nil {
				files[name] = &judged{weight: 1, of: of}
				if strings.HasPrefix(name, "complaint.") {
					files[name].of = bothF1
				}
			}
			files[name].add(y, t.p(i, k))
		}
		var used []*judged
		for _, name := range slices.Sorted(maps.Keys(files)) {
			f := files[name]
			if f.n < enough || f.n == len(f.yes) {
				continue
			}
			t.say("  %s, %s: best at %.2f", labelName(k), name, bestThreshold([]*judged{f}, leastThreshold, mostThreshold, 0.02))
			used = append(used, f)
		}
		if len(used) == 0 {
			return 0, false
		}
		return float32(bestThreshold(used, leastThreshold, mostThreshold, 0.02)), true
	}
	general, ok := pick(func(*Row) bool { return true })
	if !ok {
		general = 0.5
	}
	for l := range t.second.tuning.Least {
		if x, ok := pick(func(r *Row) bool { return classify.LanguageAt(r.Lang) == l }); ok {
			t.second.tuning.Least[l][k] = x
		} else {
			t.second.tuning.Least[l][k] = general
		}
	}
}

// tuneSentiment finds, for each language, how much stars and mood say besides, and the slope and shifts that make the answers likeliest.
func (t *trainer) tuneSentiment() {
	for l := range t.second.tuning.Slope {
		var rows []int
		for i := range t.rows {
			if r := &t.rows[i]; r.Fold >= 0 && r.knows(Negative) && classify.LanguageAt(r.Lang) == l && strings.HasPrefix(r.Set, "sentiment.") {
				rows = append(rows, i)
			}
		}
		// slope, shift of neutral, shift of positive, weight of stars, weight of mood
		best := [5]float64{1}
		value := func(v [5]float64) float64 {
			sum := 0.0
			for _, i := range rows {
				s, o := &t.second.scores[i], &t.outputs[i]
				besides := float64(v[3]*float64(o[Stars])) + float64(v[4]*float64(o[Mood]))
				x := [3]float64{float64(s[0]) - besides, float64(s[1]), float64(s[2]) + besides}
				var all, right float64
				for k := range x {
					shift := 0.0
					if k > 0 {
						shift = v[k]
					}
					e := math.Exp(float64(v[0]*x[k]) + shift)
					all += e
					if t.rows[i].is(k) {
						right = e
					}
				}
				sum += math.Log(right/all) * float64(t.rows[i].cost)
			}
			return sum
		}
		if len(rows) > enough {
			top := value(best)
			for _, step := range []float64{0.2, 0.2, 0.1, 0.1, 0.05} {
				for j := range best {
					for _, d := range []float64{step, -step} {
						try := best
						try[j] += d
						if j == 0 && try[0] < 0.3 || j > 2 && try[j] < 0 {
							continue
						}
						if v := value(try); v > top {
							best, top = try, v
							break
						}
					}
				}
			}
		}
		for k := range 3 {
			t.second.tuning.Slope[l][k] = float32(best[0])
			if k > 0 {
				t.second.tuning.Shift[l][k] = float32(best[k])
			}
		}
		for k, sign := range map[int]float32{0: -1, 2: 1} {
			t.second.weights[l][k][Stars] = sign * float32(best[3])
			t.second.weights[l][k][Mood] = sign * float32(best[4])
		}
		for i := range t.rows {
			if classify.LanguageAt(t.rows[i].Lang) == l {
				besides := float32(best[3])*t.outputs[i][Stars] + float32(best[4])*t.outputs[i][Mood]
				t.second.scores[i][0] -= besides
				t.second.scores[i][2] += besides
			}
		}
		t.say("  %s: slope %.2f, neutral %+.2f, positive %+.2f, stars %.2f, mood %.2f", languageNames[l], best[0], best[1], best[2], best[3], best[4])
	}
}

var languageNames = [classify.Languages]string{"fr", "en", "de", "es", "it", "pt", "others"}

// emotionOutputs are the outputs of the emotions, in the order of the head.
var emotionOutputs = [...]int{Anger, Disgust, Fear, Joy, Sadness, Surprise, NoEmotion}

// tuneEmotion finds by what the probabilities of emotions are divided before the greatest is taken, so that rare ones have their chance.
func (t *trainer) tuneEmotion() {
	first := classify.FirstFinal[classify.EmotionHead]
	const n = len(emotionOutputs)
	var ps [][n]float64
	var rows []*Row
	for i := range t.rows {
		r := &t.rows[i]
		if r.Fold < 0 || !strings.HasPrefix(r.Set, "emotion.goemotions") || !r.knows(Anger) {
			continue
		}
		var p [n]float64
		for k := range p {
			p[k] = t.p(i, first+k)
		}
		ps, rows = append(ps, p), append(rows, r)
	}
	by := [n]float64{0.35, 0.25, 0.35, 0.5, 0.35, 0.35, 0.45}
	value := func() float64 {
		var right, said, so [n]float64
		for i := range ps {
			k := 0
			for j := range by {
				if ps[i][j]/by[j] > ps[i][k]/by[k] {
					k = j
				}
			}
			said[k]++
			for j, o := range emotionOutputs {
				if rows[i].is(o) {
					so[j]++
					if j == k {
						right[k]++
					}
				}
			}
		}
		sum := 0.0
		for k := range by {
			if said[k]+so[k] > 0 {
				sum += 2 * right[k] / (said[k] + so[k])
			}
		}
		return sum / float64(n)
	}
	best := value()
	for _, step := range []float64{1.3, 1.3, 1.12, 1.12, 1.05} {
		for k := range by {
			for _, f := range []float64{step, 1 / step} {
				old := by[k]
				by[k] = old * f
				if v := value(); v > best {
					best = v
				} else {
					by[k] = old
				}
			}
		}
	}
	for l := range t.second.tuning.Least {
		for k, x := range by {
			t.second.tuning.Least[l][first+k] = float32(x)
		}
	}
}
