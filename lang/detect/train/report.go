package train

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/lang"
)

// Report says what was trained on and how well the weights do on texts that they were not made from.
type Report struct {
	Seed             uint64   `json:"seed"`
	Bytes            int      `json:"bytes"` // of the weights
	Files            []File   `json:"files"`
	TrainedOn        int      `json:"trained_on"` // rows
	Refused          int      `json:"refused"`    // rows that a test set has
	Strays           int      `json:"strays"`     // rows dropped because another language is all but certain
	Figures          []Figure `json:"figures"`
	Reliability      []Bin    `json:"reliability"`       // of held-out subtitles and words
	CalibrationError float64  `json:"calibration_error"` // mean distance of what is said from what is so
}

// Figure is a share of right answers. An unknown language counts as a wrong answer.
type Figure struct {
	Set       string             `json:"set"`
	N         int                `json:"n"`
	Right     float64            `json:"right"`
	Low       float64            `json:"low"` // of the 95 % interval (Wilson)
	High      float64            `json:"high"`
	Mean      float64            `json:"mean"` // over languages
	Unknown   float64            `json:"unknown"`
	Languages map[string]float64 `json:"languages,omitempty"` // right, by language
	Mixed     map[string]int     `json:"mixed,omitempty"`     // the most frequent confusions, "da>no"
}

// Bin compares how likely answers were said to be with how often they were right.
type Bin struct {
	Said  float64 `json:"said"`
	Right float64 `json:"right"`
	N     int     `json:"n"`
}

// measure runs the weights as the program does.
func (c *corpus) measure(d lang.Detector) Report {
	rep := Report{Files: c.files, Refused: c.refused}
	sets := map[string][]row{"sentences": c.held}
	for name, rows := range c.measured {
		sets[name] = rows
	}
	maps.Copy(sets, c.pairs())
	sets["sentences.22"] = append(slices.Clone(c.held), c.measured["scripts"]...)
	for _, r := range sets["sentences.22"] {
		if len(strings.Fields(r.text)) >= 5 {
			sets["sentences.22.5words"] = append(sets["sentences.22.5words"], r)
		}
	}
	var bins [10]struct {
		said     float64
		right, n int
	}
	for _, name := range slices.Sorted(maps.Keys(sets)) {
		f := Figure{Set: name}
		all, right, mixed := map[string]int{}, map[string]int{}, map[string]int{}
		unknown, hits := 0, 0
		for _, r := range sets[name] {
			got, p := d.Detect(r.text)
			all[r.code]++
			f.N++
			hit := got == r.code
			if got == "" {
				unknown++
			}
			if hit {
				right[r.code]++
				hits++
			} else {
				mixed[r.code+">"+got]++
			}
			if got != "" && (name == "sentences" || name == "words.types") {
				b := &bins[min(9, int(p*10))]
				b.said += p
				b.n++
				if hit {
					b.right++
				}
			}
		}
		if f.N == 0 {
			continue
		}
		f.Right, f.Unknown = float64(hits)/float64(f.N), float64(unknown)/float64(f.N)
		f.Low, f.High = wilson(hits, f.N)
		f.Languages = map[string]float64{}
		for _, code := range slices.Sorted(maps.Keys(all)) {
			f.Languages[code] = float64(right[code]) / float64(all[code])
			f.Mean += f.Languages[code] / float64(len(all))
		}
		f.Mixed = most(mixed, 12)
		rep.Figures = append(rep.Figures, f)
	}
	answers := 0
	for _, b := range bins {
		if b.n > 0 {
			x := Bin{b.said / float64(b.n), float64(b.right) / float64(b.n), b.n}
			rep.Reliability = append(rep.Reliability, x)
			rep.CalibrationError += math.Abs(x.Said-x.Right) * float64(b.n)
			answers += b.n
		}
	}
	rep.CalibrationError /= float64(max(1, answers))
	return rep
}

func most(count map[string]int, n int) map[string]int {
	keys := slices.Sorted(maps.Keys(count))
	slices.SortStableFunc(keys, func(a, b string) int { return count[b] - count[a] })
	out := map[string]int{}
	for _, k := range keys[:min(n, len(keys))] {
		out[k] = count[k]
	}
	return out
}

// wilson is the 95 % interval of a share.
func wilson(k, n int) (low, high float64) {
	const z = 1.959964
	p, m := float64(k)/float64(n), float64(n)
	mid := (p + z*z/(2*m)) / (1 + z*z/m)
	half := z / (1 + z*z/m) * math.Sqrt(p*(1-p)/m+z*z/(4*m*m))
	return mid - half, mid + half
}

// pairs makes short texts of the held-out rows: two words that follow each other, two of at least 5 letters from
// anywhere, and two that no row trained on has. The latter two leave out names, see [isName].
func (c *corpus) pairs() map[string][]row {
	known := map[string]bool{}
	for _, r := range c.rows {
		for _, w := range wordsOf(r.text) {
			known[r.code+strings.ToLower(w)] = true
		}
	}
	rng := rand.New(rand.NewPCG(Seed, 3))
	out := map[string][]row{}
	long, unseen := map[string][]string{}, map[string][]string{}
	for _, r := range c.held {
		words := wordsOf(r.text)
		for i, w := range words {
			if i > 0 && utf8.RuneCountInString(w) >= 3 && utf8.RuneCountInString(words[i-1]) >= 3 && rng.IntN(4) == 0 {
				out["words.next"] = append(out["words.next"], row{code: r.code, text: strings.ToLower(words[i-1] + " " + w)})
			}
			name := isName(r, w)
			if w = strings.ToLower(w); name || utf8.RuneCountInString(w) < 5 || slices.Contains(long[r.code], w) {
				continue
			}
			long[r.code] = append(long[r.code], w)
			if !known[r.code+w] {
				unseen[r.code] = append(unseen[r.code], w)
			}
		}
	}
	for _, code := range slices.Sorted(maps.Keys(long)) {
		for range 600 {
			pick := func(from []string) string {
				return from[rng.IntN(len(from))] + " " + from[rng.IntN(len(from))]
			}
			out["words.types"] = append(out["words.types"], row{code: code, text: pick(long[code])})
			if len(unseen[code]) > 1 {
				out["words.unseen"] = append(out["words.unseen"], row{code: code, text: pick(unseen[code])})
			}
		}
	}
	return out
}

// wordsOf gives the words of a text.
func wordsOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) && r != '\'' })
}
