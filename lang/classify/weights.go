package classify

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/entente/entente/lang/internal/packed"
)

// Shape of the weights. A line is 64 bytes, one cache line, and holds two entries of 32: a fingerprint of the feature and one weight plus 128
// for each output. A feature without an entry weighs nothing.
const (
	lineBytes    = 64
	entryBytes   = 32
	MostOutputs  = entryBytes - 1
	Finals       = sentiments + kinds + emotions + aggressions
	Languages    = 7 // with weights of their own for labels; the last stands for all others
	magic        = "ECL3"
	featuresKind = 1 // raised when the features of a text change
)

// LanguageAt is the place of a language among those.
func LanguageAt(code string) int {
	switch code {
	case "fr":
		return 0
	case "en":
		return 1
	case "de":
		return 2
	case "es":
		return 3
	case "it":
		return 4
	case "pt":
		return 5
	}
	return 6
}

// FirstFinal is where the labels of each head begin among the scores.
var FirstFinal = [heads + 1]int{0, sentiments, sentiments + kinds, sentiments + kinds + emotions, Finals}

// InputsOf is how many inputs labels are made of, by the number of outputs: outputs, once more for posts that begin with a name, once more as far as the
// text is a review, the dense inputs, how far it is a review, and one.
func InputsOf(outputs int) int { return 3*outputs + Dense + 2 }

// Table is everything a [Classifier] knows, before it is written.
type Table struct {
	Version string
	Outputs int // the last of them says whether a text is a review
	Hidden  int // outputs after those, which are bent
	Lines   int
	Entries []byte // Lines * 64
	Scale   []float32
	Bias    []float32
	Lexicon []byte
	// Second[language][label][input] are the weights with which inputs (see [Inputs]) make labels, in the order of heads.
	Second [Languages][Finals][]float32
	Tuning Tuning
	Card   []byte
}

// Tuning is what turns scores into answers.
type Tuning struct {
	// A score s becomes a probability by Slope*s+Shift, in each language.
	Slope, Shift [Languages][Finals]float32
	// Least is the probability from which a kind, or aggression at index 0 of its head, is said to hold; for emotions probabilities are
	// divided by it before the greatest is chosen.
	Least [Languages][Finals]float32
}

// model is a weights file, read in place but for its table.
type model struct {
	version         string
	outputs, inputs int // outputs with the bent ones
	hidden          int // how many are bent
	lines           uint64
	table           table
	scale, bias     [MostOutputs]float32
	lexicon         Lexicon
	second          [Languages][Finals][]term
	tuning          Tuning
	card            string
}

// Bytes is the file.
func (t *Table) Bytes() ([]byte, error) {
	all := t.Outputs + t.Hidden
	if t.Outputs < 1 || all > MostOutputs || len(t.Entries) != t.Lines*lineBytes || len(t.Scale) != all || len(t.Bias) != all {
		return nil, errors.New("weights of another shape")
	}
	b := []byte(magic)
	b = append(b, featuresKind, byte(all), byte(len(t.Version)), byte(t.Hidden))
	b = append(b, t.Version...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	u32 := func(n int) { b = binary.LittleEndian.AppendUint32(b, uint32(n)) }
	f32 := func(fs ...float32) {
		for _, f := range fs {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(f))
		}
	}
	u32(t.Lines)
	u32(len(t.Lexicon))
	u32(len(t.Card))
	f32(t.Scale...)
	f32(t.Bias...)
	for l := range t.Second {
		for k := range t.Second[l] {
			if len(t.Second[l][k]) != InputsOf(all) {
				return nil, errors.New("labels of another shape")
			}
			terms := termsOf(t.Second[l][k])
			u32(len(terms))
			for _, x := range terms {
				u32(int(x.input))
				f32(x.weight)
			}
		}
	}
	for _, m := range []*[Languages][Finals]float32{&t.Tuning.Slope, &t.Tuning.Shift, &t.Tuning.Least} {
		for l := range m {
			f32(m[l][:]...)
		}
	}
	b = append(b, t.Lexicon...)
	b = append(b, t.Card...)
	entries, err := packed.Pack(t.Entries)
	return append(b, entries...), err
}

// read reads a weights file in place, without unpacking its table.
func read(file string) (*model, error) {
	if len(file) < 8 || file[:4] != magic {
		return nil, errors.New("these are no weights")
	}
	if file[4] != featuresKind {
		return nil, fmt.Errorf("weights for features %d, not %d", file[4], featuresKind)
	}
	m := &model{outputs: int(file[5]), hidden: int(file[7])}
	at := 8 + int(file[6])
	if m.outputs <= m.hidden || m.outputs > MostOutputs || len(file) < at+16 {
		return nil, errors.New("weights of another shape")
	}
	m.version = file[8:at]
	at = (at + 3) &^ 3
	m.inputs = InputsOf(m.outputs)
	u32 := func() int {
		v := uint32(file[at]) | uint32(file[at+1])<<8 | uint32(file[at+2])<<16 | uint32(file[at+3])<<24
		at += 4
		return int(v)
	}
	lines, lexicon, card := u32(), u32(), u32()
	rest := lexicon + card + 4*3*Languages*Finals // what comes between the terms and the table
	cut := errors.New("weights that were cut")
	if lines == 0 || lines > mostLines || len(file) < at+4*(2*m.outputs+Languages*Finals)+rest {
		return nil, cut
	}
	f32 := func(to []float32) {
		for i := range to {
			to[i] = math.Float32frombits(uint32(u32()))
		}
	}
	f32(m.scale[:m.outputs])
	f32(m.bias[:m.outputs])
	for l := range m.second {
		for k := range m.second[l] {
			if len(file) < at+4+rest {
				return nil, cut
			}
			n := u32()
			if n > m.inputs || len(file) < at+8*n+rest {
				return nil, cut
			}
			m.second[l][k] = make([]term, n)
			for i := range m.second[l][k] {
				x := &m.second[l][k][i]
				x.input = u32()
				x.weight = math.Float32frombits(uint32(u32()))
				if x.input >= m.inputs {
					return nil, errors.New("weights of another shape")
				}
			}
		}
	}
	if len(file) < at+rest {
		return nil, cut
	}
	for _, to := range []*[Languages][Finals]float32{&m.tuning.Slope, &m.tuning.Shift, &m.tuning.Least} {
		for l := range to {
			f32(to[l][:])
		}
	}
	var err error
	if m.lexicon, err = lexiconOf(file[at : at+lexicon]); err != nil {
		return nil, err
	}
	at += lexicon
	m.card = file[at : at+card]
	m.table.packed, m.table.size = file[at+card:], lines*lineBytes
	m.lines = uint64(lines)
	return m, nil
}

// Line is where the entries of a feature stand among lines lines, and its fingerprint there.
func Line(hash uint32, lines int) (line int, fingerprint byte) {
	return int(uint64(hash) * uint64(lines) >> 32), byte(hash)
}

func uint64At(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// entry is where the entry of a feature begins among entries, -1 when it has none.
func (m *model) entry(entries string, h uint32) int {
	at := int(uint64(h)*m.lines>>32) * lineBytes
	f := byte(h)
	if entries[at] == f {
		return at
	}
	if entries[at+entryBytes] == f {
		return at + entryBytes
	}
	return -1
}

// sum adds up the weights of features; n is how many have weights. Eight weights are added at a time, even and odd bytes in 16-bit lanes, which
// hold 256 of them.
func (m *model) sum(entries string, features []uint32, total *[entryBytes]int32) (n int) {
	const even = 0x00ff00ff00ff00ff
	lines := m.lines
	for len(features) > 0 {
		batch := features[:min(256, len(features))]
		features = features[len(batch):]
		var a, b, c, d, e, f, g, h uint64
		known := 0
		for _, x := range batch {
			at := int(uint64(x)*lines>>32) * lineBytes
			line := entries[at : at+lineBytes]
			p := byte(x)
			if line[0] != p {
				line = line[entryBytes:]
				if line[0] != p {
					continue
				}
			}
			known++
			w, y, z, v := uint64At(line, 0), uint64At(line, 8), uint64At(line, 16), uint64At(line, 24)
			a += w & even
			b += w >> 8 & even
			c += y & even
			d += y >> 8 & even
			e += z & even
			f += z >> 8 & even
			g += v & even
			h += v >> 8 & even
		}
		n += known
		for i, lanes := range [...][2]uint64{{a, b}, {c, d}, {e, f}, {g, h}} {
			for k := range 4 {
				total[8*i+2*k] += int32(lanes[0]>>(16*k)&0xffff) - 128*int32(known)
				total[8*i+2*k+1] += int32(lanes[1]>>(16*k)&0xffff) - 128*int32(known)
			}
		}
	}
	return n
}

// Norm is what one of n features of a group counts.
func Norm(n int) float32 { return float32(1 / math.Sqrt(float64(max(n, 1)))) }

// first computes the outputs for what r has read.
func (m *model) first(r *Reader, out *[MostOutputs]float32) (known int) {
	for i := range m.outputs {
		out[i] = m.bias[i]
	}
	entries := m.table.entries()
	for g := range r.found {
		var total [entryBytes]int32
		n := m.sum(entries, r.found[g], &total)
		known += n
		by := Norm(n)
		for i := range m.outputs {
			out[i] += float32(float32(total[i+1])*by) * m.scale[i]
		}
	}
	return known
}

// term is one input of a label, and its weight.
type term struct {
	input  int
	weight float32
}

func termsOf(weights []float32) []term {
	var out []term
	for i, w := range weights {
		if w != 0 {
			out = append(out, term{i, w})
		}
	}
	return out
}

// Inputs appends what labels are made of: the outputs, that at a place saying whether the text is one; the outputs of posts that begin with a name,
// and of reviews; what is known of the text as a whole; how far it is a review; and one.
func Inputs(dst, outputs []float32, at int, dense *[Dense]float32) []float32 {
	dst = append(dst, outputs...)
	to, review := dense[DenseTo], Likely(outputs[at])
	for _, o := range outputs {
		dst = append(dst, float32(o*to))
	}
	for _, o := range outputs {
		dst = append(dst, float32(o*review))
	}
	dst = append(dst, dense[:]...)
	return append(dst, review, 1)
}

// Bend makes a bent output of a sum.
func Bend(sum float32) float32 { return float32(math.Tanh(float64(sum))) }

// Likely is the probability that an output stands for.
func Likely(output float32) float32 { return float32(sigmoid(float64(output))) }

// Dense gives the dense inputs of the text that was read last.
func (r *Reader) Dense(x *[Dense]float32) { r.signs.fill(x) }

// scores computes the scores of all labels.
func (m *model) scores(x []float32, language int, out *[Finals]float32) {
	for k := range out {
		var s float32
		for _, t := range m.second[language][k] {
			s += float32(t.weight * x[t.input])
		}
		out[k] = s
	}
}
