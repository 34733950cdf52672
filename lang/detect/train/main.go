// Command train makes the weights of lang.Detect from texts labelled with their language: it reads
// label<TAB>language<TAB>text lines and a list of refused hashes, and writes lang/detect/weights.bin.
//
// The model is multinomial logistic regression over hashed character n-grams, fitted by stochastic gradient
// descent. The same data gives the same bytes: rows are sorted, the order of each pass comes from a fixed seed, one
// goroutine computes, and products are rounded before they are added. One row in twenty, chosen by the hash
// of its text, is held out and never trained on; the figures printed are about those.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"flag"
	"fmt"
	"html"
	"io"
	"log"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/entente/entente/lang"
)

const (
	buckets  = 1 << 16
	rowBytes = 20
	seed     = 20261121
)

type row struct {
	label int
	text  string
	grams []uint32
}

func main() {
	data := flag.String("data", "../shared/data/language", "folder with lid.xed22.train.tsv and refuse-hashes.txt")
	out := flag.String("out", "lang/detect/weights.bin", "file to write")
	epochs := flag.Int("epochs", 16, "passes over the rows")
	flag.Parse()
	if err := run(*data, *out, *epochs, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

func run(data, out string, epochs int, w io.Writer) error {
	refused, err := readRefused(data + "/refuse-hashes.txt")
	if err != nil {
		return fmt.Errorf("read refused hashes: %w", err)
	}
	f, err := os.Open(data + "/lid.xed22.train.tsv")
	if err != nil {
		return fmt.Errorf("open texts: %w", err)
	}
	defer f.Close()
	codes, train, held, err := readRows(f, refused)
	if err != nil {
		return fmt.Errorf("read texts: %w", err)
	}
	fmt.Fprintf(w, "%d languages, %d rows to train on, %d held out\n", len(codes), len(train), len(held))
	m := fit(codes, train, epochs)
	m.calibrate(held)
	if err := os.WriteFile(out, m.bytes(), 0o644); err != nil {
		return fmt.Errorf("write weights: %w", err)
	}
	m.report(w, held)
	return nil
}

// byScript lists the languages of the file that their script tells.
func byScript(code string) bool { return code == "ar" || code == "el" || code == "he" }

func readRefused(name string) (map[string]bool, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for l := range strings.Lines(string(b)) {
		out[strings.TrimSpace(l)] = true
	}
	return out, nil
}

// fingerprint is the hash by which a text is refused: the first 24 hexadecimal digits of the SHA-256 of its word
// characters, in lower case, without names and URLs; "" for texts with fewer than 12 such characters.
func fingerprint(text string) string {
	text = html.UnescapeString(text)
	text = regexp.MustCompile(`https?://\S+|www\.\S+|@\w+`).ReplaceAllString(text, "")
	n := 0
	text = strings.Map(func(r rune) rune {
		if r == '_' || unicode.IsLetter(r) || unicode.IsNumber(r) {
			n++
			return unicode.ToLower(r)
		}
		return -1
	}, text)
	if n < 12 {
		return ""
	}
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])[:24]
}

func readRows(r io.Reader, refused map[string]bool) (codes []string, train, held []row, err error) {
	type line struct{ code, text string }
	var lines []line
	sc := bufio.NewScanner(r)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		p := strings.SplitN(sc.Text(), "\t", 3)
		if len(p) != 3 || byScript(p[0]) || refused[fingerprint(p[2])] {
			continue
		}
		lines = append(lines, line{p[0], p[2]})
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Or(cmp.Compare(a.code, b.code), cmp.Compare(a.text, b.text)) })
	lines = slices.Compact(lines)
	for _, l := range lines {
		if len(codes) == 0 || codes[len(codes)-1] != l.code {
			codes = append(codes, l.code)
		}
		r := row{label: len(codes) - 1, text: l.text, grams: lang.Features(nil, l.text)}
		if len(r.grams) == 0 {
			continue
		}
		if heldOut(l.text) {
			held = append(held, r)
		} else {
			train = append(train, r)
		}
	}
	return codes, train, held, sc.Err()
}

func heldOut(text string) bool {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsLetter(r) {
			b.WriteRune(unicode.ToLower(r))
		}
	}
	sum := sha256.Sum256([]byte(b.String()))
	return binary.LittleEndian.Uint64(sum[:])%20 == 0
}

type model struct {
	codes       []string
	w           []float32 // bucket by language
	bias        []float32
	temperature float32
	cyrillic    []bool
}

func fit(codes []string, rows []row, epochs int) *model {
	k := len(codes)
	m := &model{codes: codes, w: make([]float32, buckets*k), bias: make([]float32, k), temperature: 1, cyrillic: make([]bool, k)}
	for i, c := range codes {
		m.cyrillic[i] = c == "bg" || c == "ru"
	}
	count := make([]int, k)
	for _, r := range rows {
		count[r.label]++
	}
	weight := make([]float32, k)
	for i := range weight { // rarer languages weigh more, but a rare row is not worth ten
		weight[i] = float32(math.Sqrt(float64(len(rows)) / float64(k*max(count[i], 1))))
	}
	rng := rand.New(rand.NewPCG(seed, 1))
	order := make([]int, len(rows))
	for i := range order {
		order[i] = i
	}
	step, steps := 0, epochs*len(rows)
	p := make([]float32, k)
	var grams []uint32
	for range epochs {
		rng.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		for _, i := range order {
			r := rows[i]
			grams = vary(rng, r, grams[:0])
			if len(grams) == 0 {
				continue
			}
			rate := 0.6 * float32(1-float64(step)/float64(steps))
			step++
			m.probabilities(p, grams, m.cyrillic[r.label])
			norm := float32(1 / math.Sqrt(float64(len(grams))))
			for j := range p {
				g := p[j]
				if j == r.label {
					g--
				}
				p[j] = rate * weight[r.label] * g
				m.bias[j] -= float32(0.01 * p[j])
				p[j] *= norm
			}
			for _, g := range grams {
				at := m.w[int(g)*k : int(g)*k+k]
				for j := range at {
					at[j] -= p[j]
				}
			}
		}
	}
	return m
}

// vary gives the n-grams of a row, sometimes without accents and sometimes of a piece of it only, as people type.
func vary(rng *rand.Rand, r row, dst []uint32) []uint32 {
	switch rng.IntN(10) {
	case 0:
		return lang.Features(dst, lang.Fold(r.text))
	case 1, 2:
		words := strings.Fields(r.text)
		if n := len(words); n > 3 {
			from := rng.IntN(n - 2)
			to := from + 2 + rng.IntN(n-from-1)
			return lang.Features(dst, strings.Join(words[from:to], " "))
		}
	}
	return append(dst, r.grams...)
}

func (m *model) probabilities(p []float32, grams []uint32, cyrillic bool) {
	k := len(m.codes)
	clear(p)
	for _, g := range grams {
		at := m.w[int(g)*k : int(g)*k+k]
		for j := range p {
			p[j] += at[j]
		}
	}
	norm := float32(1 / math.Sqrt(float64(len(grams))))
	top := float32(math.Inf(-1))
	for j := range p {
		p[j] = (float32(p[j]*norm) + m.bias[j]) * m.temperature
		if m.cyrillic[j] == cyrillic {
			top = max(top, p[j])
		}
	}
	all := float32(0)
	for j := range p {
		if m.cyrillic[j] != cyrillic {
			p[j] = 0
			continue
		}
		p[j] = float32(math.Exp(float64(p[j] - top)))
		all += p[j]
	}
	for j := range p {
		p[j] /= all
	}
}

// calibrate chooses the temperature under which the held-out answers are most likely.
func (m *model) calibrate(held []row) {
	best, at := math.Inf(-1), float32(1)
	p := make([]float32, len(m.codes))
	for t := float32(0.5); t < 1.6; t += 0.1 {
		m.temperature = t
		sum := 0.0
		for _, r := range held {
			m.probabilities(p, r.grams, m.cyrillic[r.label])
			sum += math.Log(max(float64(p[r.label]), 1e-9))
		}
		if sum > best {
			best, at = sum, t
		}
	}
	m.temperature = at
}

// scale is the size of one quantised step: 127 of them reach all but the largest weights, which are cut.
func (m *model) scale() float32 {
	abs := make([]float32, len(m.w))
	for i, w := range m.w {
		abs[i] = max(w, -w)
	}
	slices.Sort(abs)
	return abs[len(abs)-1-len(abs)/20000] / 127
}

func (m *model) bytes() []byte {
	var b bytes.Buffer
	b.WriteString("ELD1\x01")
	b.WriteByte(byte(len(m.codes)))
	for _, c := range m.codes {
		b.WriteString(c)
	}
	scale := m.scale()
	for _, f := range append([]float32{scale, m.temperature}, m.bias...) {
		b.Write(binary.LittleEndian.AppendUint32(nil, math.Float32bits(f)))
	}
	k := len(m.codes)
	for g := range buckets {
		var line [rowBytes]byte
		for j := range rowBytes {
			line[j] = 128
			if j < k {
				line[j] = byte(128 + min(127, max(-127, math.RoundToEven(float64(m.w[g*k+j]/scale)))))
			}
		}
		b.Write(line[:])
	}
	return b.Bytes()
}

func (m *model) report(w io.Writer, held []row) {
	k := len(m.codes)
	p := make([]float32, k)
	hits, all := make([]int, k), make([]int, k)
	for _, r := range held {
		m.probabilities(p, r.grams, m.cyrillic[r.label])
		all[r.label]++
		if slices.Index(p, slices.Max(p)) == r.label {
			hits[r.label]++
		}
	}
	mean, right := 0.0, 0
	for i, c := range m.codes {
		fmt.Fprintf(w, "%s %5d held out, recall %.4f\n", c, all[i], float64(hits[i])/float64(max(1, all[i])))
		mean += float64(hits[i]) / float64(max(1, all[i])) / float64(k)
		right += hits[i]
	}
	fmt.Fprintf(w, "accuracy %.4f, mean recall %.4f (before rounding of the weights), temperature %.1f\n", float64(right)/float64(len(held)), mean, m.temperature)
}
