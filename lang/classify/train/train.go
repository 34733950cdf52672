// Package train makes the weights of package classify: labelled texts and lexicons come in; a file of quantised weights and a model card go out.
//
// For each output (see row.go) one linear model is learned over hashed words and runs of letters, from the texts whose label for it is known, and a small
// network for all kinds together (see net.go). Outputs make the labels of the heads (see second.go); slopes, shifts and thresholds are chosen on texts
// scored by models that did not see them. The same files and the same seed give the same bytes, on any number of processors.
package train

import (
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/entente/entente/lang/classify"
)

// Options says what to train from.
type Options struct {
	Data string // folder of labelled texts, with refuse-hashes.txt
	Lang fs.FS  // folder lang of the source: posts and words of our own
	Seed uint64
	// Corrections is a file of what people said of posts, learned from beside the others; "" for none.
	Corrections string
	Lines       int       // size of the table, in lines of 64 bytes; 0 for the usual
	Log         io.Writer // what is being done
}

const (
	usualLines = 122880 // 7.5 MB
	thirds     = 3
	whole      = thirds // not a fold but all texts, where folds are learned without
	firstBrand = whole + 1
	folds      = firstBrand + 2
	leastSeen  = 3
	passes     = 6
	firstCost  = 2.2
)

// Result is what training gives.
type Result struct {
	Weights []byte
	Card    classify.Card
}

// trainer holds the texts while they are learned from.
type trainer struct {
	options  Options
	sources  []source
	sets     []*Set
	rows     []Row
	features []features
	docs     []doc
	lexicon  []byte

	table   *table
	weights [Outputs + Hidden][]int8
	scale   [Outputs + Hidden]float32
	bias    [Outputs + Hidden]float32
	outputs [][Outputs]float32 // by weights that did not see the row
	net     *net
	bent    [][Outputs]float32 // what a net that did not see the row says of outputs
	second  second
}

// Train learns everything.
func Train(ctx context.Context, o Options) (*Result, error) {
	if o.Lines == 0 {
		o.Lines = usualLines
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	t := &trainer{options: o, sources: sources()}
	steps := []struct {
		name string
		do   func(context.Context) error
	}{
		{"read texts", t.read},
		{"find features", t.extract},
		{"choose features", t.choose},
		{"learn", t.learn},
		{"learn what kinds have in common", t.learnNets},
		{"calibrate", t.combine},
	}
	for _, s := range steps {
		t.say("%s", s.name)
		if err := s.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
	return t.finish()
}

func (t *trainer) say(format string, args ...any) {
	fmt.Fprintf(t.options.Log, format+"\n", args...)
}

// read reads all texts, without those that are refused or held out under another name, and gives each its fold.
func (t *trainer) read(context.Context) error {
	refused, err := ReadRefused(filepath.Join(t.options.Data, "refuse-hashes.txt"))
	if err != nil {
		return err
	}
	held := map[string]bool{}
	for _, src := range t.sources {
		s, err := ReadSet(t.options.Data, src.file, refused, src.label)
		if err != nil {
			return err
		}
		for i := range s.Rows {
			r := &s.Rows[i]
			r.Weight = src.weight
			if src.held {
				held[Fingerprint(r.Text)] = true
			}
		}
		derive(s, src)
		t.sets = append(t.sets, s)
	}
	owned, err := ownSets(t.options.Lang, refused)
	if err != nil {
		return err
	}
	if t.options.Corrections != "" {
		s, err := correctedSet(t.options.Corrections, refused)
		if err != nil {
			return err
		}
		owned = append(owned, s)
	}
	for _, s := range owned {
		t.sets = append(t.sets, s)
		t.sources = append(t.sources, source{file: s.File, licence: apache})
	}
	for i, s := range t.sets {
		src := t.sources[i]
		kept := s.Rows[:0]
		for _, r := range s.Rows {
			f := Fingerprint(r.Text)
			switch {
			case src.held:
				r.Fold = -1
			case f != "" && held[f]:
				continue
			case src.brand > 0:
				r.Fold = firstBrand + src.brand - 1
			default:
				r.Fold = foldOf(f)
			}
			kept = append(kept, r)
		}
		s.Rows = kept
		t.weigh(s)
		t.rows = append(t.rows, s.Rows...)
		t.say("  %-50s %6d rows, %d refused", s.File, len(s.Rows), s.Refused)
	}
	if len(t.rows) == 0 {
		return fmt.Errorf("no texts in %s", t.options.Data)
	}
	return nil
}

func foldOf(fingerprint string) int {
	b, err := hex.DecodeString(fingerprint)
	if err != nil || len(b) == 0 {
		return 0
	}
	return int(b[0]) % thirds
}

// weigh makes the three sentiments of a set count the same.
func (t *trainer) weigh(s *Set) {
	var n [3]float32
	for _, r := range s.Rows {
		for o := range n {
			if r.is(o) {
				n[o]++
			}
		}
	}
	all := n[0] + n[1] + n[2]
	for i := range s.Rows {
		r := &s.Rows[i]
		r.cost = 1
		for o := range n {
			if r.is(o) {
				r.cost = all / 3 / n[o]
			}
		}
	}
}

// extract finds the features of all texts.
func (t *trainer) extract(ctx context.Context) error {
	b, err := buildLexicon(t.options.Lang)
	if err != nil {
		return err
	}
	t.say("  %d lines of the lexicons left out", len(b.Unknown))
	t.lexicon = b.Bytes()
	l, err := b.Lexicon()
	if err != nil {
		return err
	}
	t.features = make([]features, len(t.rows))
	t.parallel(len(t.rows), func() func(int) {
		r := classify.NewReader(l)
		return func(i int) {
			row := &t.rows[i]
			words, grams := r.Features(row.Text, row.Lang)
			f := &t.features[i]
			f.hashes = append(append(make([]uint32, 0, len(words)+len(grams)), words...), grams...)
			f.words = len(words)
			r.Dense(&f.dense)
		}
	})
	return ctx.Err()
}

// parallel calls what makes gives for each number below n, in as many goroutines as there are processors; each number is on its own, so that the
// order does not matter.
func (t *trainer) parallel(n int, makes func() func(int)) {
	var wg sync.WaitGroup
	var next sync.Mutex
	at := 0
	const batch = 64
	step := batch
	if n < 1000 {
		step = 1
	}
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			do := makes()
			for {
				next.Lock()
				from := at
				at = min(at+step, n)
				to := at
				next.Unlock()
				if from == to {
					return
				}
				for i := from; i < to; i++ {
					do(i)
				}
			}
		})
	}
	wg.Wait()
}

// app reports whether a text of ours is an app review.
func (r *Row) app() bool {
	return strings.HasPrefix(r.Set, "own/app-") || strings.HasPrefix(r.Set, "own/review")
}

// counts is how much a row counts for an output. Posts of ours are many and alike: they help most where they count less than posts of others, and app
// reviews are learned from apart from the rest, for their readers call more things a request (see docs/models/experiments.md).
func (r *Row) counts(output int) float32 {
	review, ours := strings.HasPrefix(r.Set, "feedback."), strings.HasPrefix(r.Set, "own/")
	about := func(names ...string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return strings.HasPrefix(r.Set, "own/"+n) })
	}
	switch output {
	case Suggestion:
		if review || r.app() {
			return 0.3
		}
		return 1
	case SuggestionReview:
		switch {
		case review:
			return 1
		case r.app(), about("suggestion", "complaint", "praise"):
			return 0.3
		}
		return 0.05
	case ComplaintReview:
		switch {
		case !ours:
			return r.Weight
		case r.app(), about("complaint"):
			return 0.6
		}
		return 0.1
	case ComplaintPost:
		switch {
		case !ours:
			return r.Weight
		case about("complaint", "tweets"):
			return 0.5
		case r.app():
			return 0.1
		}
		return 0.3
	case Review:
		switch {
		case r.app():
			return 0.3
		case about("suggestion", "forum"):
			return 3 // what is most like one
		}
		return 1
	}
	return r.Weight
}

// examples are the texts that teach an output, without those of a fold.
func (t *trainer) examples(output, without int) []example {
	var yes, no float64
	for i := range t.rows {
		if r := &t.rows[i]; r.Fold >= 0 && r.Fold != without && r.knows(output) {
			if r.is(output) {
				yes++
			} else {
				no++
			}
		}
	}
	more := float32(1)
	if yes > 0 && output > Positive {
		more = float32(min(max(math.Sqrt(no/yes), 0.5), 4))
	}
	var out []example
	for i := range t.rows {
		r := &t.rows[i]
		if r.Fold < 0 || r.Fold == without || !r.knows(output) {
			continue
		}
		e := example{doc: &t.docs[i], yes: r.is(output), cost: firstCost * r.counts(output)}
		switch {
		case output <= Positive:
			e.cost *= r.cost
			if e.yes {
				e.cost *= 2
			}
		case e.yes:
			e.cost *= more
		}
		out = append(out, e)
	}
	return out
}

// choose gives the features that are seen most often a place in the table. Labels have no say in it: else texts would be scored with features
// chosen by their own labels.
func (t *trainer) choose(ctx context.Context) error {
	c := newCounter(22)
	for i := range t.rows {
		if t.rows[i].Fold < 0 {
			continue
		}
		for _, h := range t.features[i].hashes {
			c.add(h)
		}
	}
	t.table = choose(c, leastSeen, t.options.Lines)
	t.say("  %d features, %d of them seen %d times or more, %d in the table", c.used, c.seen(leastSeen), leastSeen, t.table.used)
	t.docs = make([]doc, len(t.rows))
	t.parallel(len(t.rows), func() func(int) {
		return func(i int) { t.docs[i] = t.features[i].doc(t.table) }
	})
	return ctx.Err()
}

// quantise rounds weights to a byte; the few largest are cut.
func quantise(w []float32) (q []int8, scale float32) {
	sizes := make([]float32, 0, len(w))
	for _, x := range w {
		if x != 0 {
			sizes = append(sizes, max(x, -x))
		}
	}
	q = make([]int8, len(w))
	if len(sizes) == 0 {
		return q, 1
	}
	slices.Sort(sizes)
	scale = sizes[len(sizes)-1-len(sizes)/20000] / 127
	for i, x := range w {
		q[i] = int8(math.Round(float64(min(max(x/scale, -127), 127))))
	}
	return q, scale
}

// learn learns the outputs: for each one model from all texts, and one for each fold from the others, with which the fold is scored: for a third of
// the texts, and for the app reviews of a brand, so that those are judged by all that a classifier will know when it meets another brand.
func (t *trainer) learn(ctx context.Context) error {
	t.outputs = make([][Outputs]float32, len(t.rows))
	t.parallel(Outputs*folds, func() func(int) {
		return func(i int) {
			if ctx.Err() != nil {
				return
			}
			o, fold := i%Outputs, i/Outputs
			if fold == whole {
				fold = -1
			}
			w, bias := fit(t.examples(o, fold), t.table.size(), passes, t.options.Seed+uint64(i))
			q, scale := quantise(w)
			if fold < 0 {
				t.weights[o], t.scale[o], t.bias[o] = q, scale, bias
			}
			for j := range t.rows {
				if t.rows[j].Fold == fold {
					t.outputs[j][o] = t.docs[j].score(q, scale, bias)
				}
			}
		}
	})
	return ctx.Err()
}

// score computes an output as a classifier does.
func (d *doc) score(q []int8, scale, bias float32) float32 {
	var a, b int32
	for _, i := range d.at[:d.words] {
		a += int32(q[i])
	}
	for _, i := range d.at[d.words:] {
		b += int32(q[i])
	}
	bias += float32(float32(a)*d.value[0]) * scale
	return bias + float32(float32(b)*d.value[1])*scale
}
