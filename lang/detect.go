package lang

import (
	_ "embed"
	"errors"
	"math"
	"slices"
	"strings"
	"sync"

	"github.com/entente/entente/lang/internal/packed"
)

// DetectVersion names the rules and weights behind [Detect]; it changes whenever an answer may.
const DetectVersion = "3"

// weights is written by lang/detect/train; see [NewDetector].
//
//go:embed detect/weights.bin
var weights string

const (
	columns      = 16     // of weights; the last Latin language has none: all are told relative to it
	weightsMagic = "ELD3" // and the version of [Features]
	leastSure    = 0.25   // an answer less likely than this is none
	fewLetters   = 5      // fewer than this need ...
	sureOfFew    = 0.6    // ... a surer answer
	logOdds      = 2.77   // 16 to 1: how much likelier the language becomes that the channel names
	sureOfOthers = 0.9    // what it takes against a channel's language that the model does not know
	asGood       = 0.5    // how likely such a language is then
	steps        = 8      // of temperature, each for texts twice as long as the one before
)

// Detector tells languages by the weights it was made from. The zero value tells languages by their script only.
type Detector struct {
	latin, cyrillic    string // codes of the languages, two letters each
	bias, temperatures string // float32 each
	rows               string
	scale              float32
}

// NewDetector makes a detector of weights, which it unpacks. Layout, little-endian: "ELD3"; number of languages in Latin
// letters (at most 17) and in Cyrillic ones; then, packed, their codes (2 bytes each); the size of a step of weight (float32); a
// temperature for each length of text (8 float32); a bias for each language (float32); then [FeatureRows] rows of 16
// bytes, one weight plus 128 for each language, Latin ones less the last of them, Cyrillic ones in the first columns.
func NewDetector(weights string) (Detector, error) {
	const head = len(weightsMagic) + 2
	if len(weights) < head || weights[:4] != weightsMagic {
		return Detector{}, errors.New("these are no weights of the language detector")
	}
	latin, cyrillic := int(weights[4]), int(weights[5])
	n := latin + cyrillic
	if latin > columns+1 || cyrillic > columns {
		return Detector{}, errors.New("weights of the language detector have another shape")
	}
	rest, err := packed.Unpack(weights[head:], 2*n+4+4*steps+4*n+FeatureRows*columns)
	if err != nil {
		return Detector{}, err
	}
	var d Detector
	d.latin, d.cyrillic, rest = rest[:2*latin], rest[2*latin:2*n], rest[2*n:]
	d.scale, rest = float32At(rest, 0), rest[4:]
	d.temperatures, rest = rest[:4*steps], rest[4*steps:]
	d.bias, d.rows = rest[:4*n], rest[4*n:]
	return d, nil
}

// embedded is the detector of the weights that come with the package.
var embedded = sync.OnceValue(func() Detector {
	d, err := NewDetector(weights)
	if err != nil { // they are part of this program, so it is damaged
		panic(err)
	}
	return d
})

// Detected lists the languages that [Detect] tells apart by their words; it knows those with a script of
// their own besides.
func Detected() []string {
	var out []string
	d := embedded()
	for codes := d.latin + d.cyrillic; codes != ""; codes = codes[2:] {
		out = append(out, codes[:2])
	}
	return append(append(out, "vi", "sr"), otherScripts()...)
}

func otherScripts() []string {
	return []string{"ar", "el", "he", "fa", "ur", "uk", "be", "mk", "zh", "ja", "ko", "th", "hi", "bn", "pa", "gu", "or", "ta",
		"te", "kn", "ml", "si", "lo", "bo", "my", "ka", "am", "km", "hy"}
}

// Detect says in which language text is written (ISO 639-1, Norwegian as "no") and how likely that is (0 to 1);
// "" when there is too little to tell. Languages with a script of their own, or letters of their own in a shared
// one, are told by it; the others by a log-linear model of words and character n-grams (see lang/detect/train).
func Detect(text string) (code string, p float64) { return embedded().DetectWith(text, "") }

// DetectWith is [Detect] for a text whose channel says that it is written in prior (a language tag such as "fr",
// "pt-BR" or "nb"; "" for none). That makes the language sixteen times likelier than the text alone does: clear
// text wins, unclear text follows the channel. Too little text stays "".
func DetectWith(text, prior string) (code string, p float64) {
	return embedded().DetectWith(text, prior)
}

// Detect is [Detect] with these weights.
func (d Detector) Detect(text string) (code string, p float64) { return d.DetectWith(text, "") }

// DetectWith is [DetectWith] with these weights.
func (d Detector) DetectWith(text, prior string) (code string, p float64) {
	if prior != "" {
		prior = priorCode(prior)
	}
	var l letters
	var buf [maxFeatures + 256]uint32
	grams := features(buf[:0], text, &l)
	code, p, script := l.script(prior)
	switch script {
	case 'l':
		return d.words(grams, d.latin, 0, l.latin, prior)
	case 'c':
		return d.words(grams, d.cyrillic, len(d.latin)/2, l.cyrillic, prior)
	}
	return code, p
}

// priorCode is the code of a language tag, "" for tags that name no language.
func priorCode(tag string) string {
	switch code := Base(tag); code {
	case "nb", "nn":
		return "no"
	case "und", "mul", "zxx", "mis":
		return ""
	default:
		if len(code) < 2 || len(code) > 3 || strings.Trim(code, "abcdefghijklmnopqrstuvwxyz") != "" {
			return ""
		}
		return code
	}
}

// words tells apart the languages of codes, whose biases begin at first.
func (d Detector) words(grams []uint32, codes string, first, letters int, prior string) (string, float64) {
	n := len(codes) / 2
	if len(grams) == 0 || n == 0 || letters < 3 {
		return "", 0
	}
	total := d.sum(grams)
	temperature := d.temperature(len(grams))
	norm := d.scale / float32(math.Sqrt(float64(len(grams))))
	var score [columns + 1]float32
	best := 0
	known := prior == ""
	for i := range n {
		s := float32At(d.bias, 4*(first+i)) * temperature
		if i < columns {
			s += norm * temperature * float32(total[i])
		}
		if prior != "" && codes[2*i:2*i+2] == prior {
			s += logOdds
			known = true
		}
		if score[i] = s; s > score[best] {
			best = i
		}
	}
	all := float32(0)
	for _, s := range score[:n] {
		if s -= score[best]; s > -12 {
			all += float32(math.Exp(float64(s)))
		}
	}
	p := 1 / float64(all)
	if !known && (isRelative(prior, codes[2*best:2*best+2]) || p < sureOfOthers && (first == 0) == latinTag(prior)) {
		return prior, max(1-p, asGood)
	}
	if p < leastSure || letters < fewLetters && p < sureOfFew {
		return "", p
	}
	return codes[2*best : 2*best+2], p
}

// isRelative says whether a language that the weights do not know looks like one that they do.
func isRelative(code, known string) bool {
	switch known {
	case "cs":
		return code == "sk"
	case "hr":
		return code == "sr" || code == "bs" || code == "sl" || code == "sh"
	case "ru", "bg":
		return code == "uk" || code == "be" || code == "mk" || code == "sr"
	case "es", "pt", "fr", "it":
		return code == "ca" || code == "gl" || code == "oc" || code == "ast"
	case "nl", "de":
		return code == "af" || code == "lb" || code == "fy" || code == "gsw"
	case "fi":
		return code == "et"
	case "da", "no", "sv":
		return code == "is" || code == "fo"
	}
	return false
}

// latinTag says whether a language that the weights do not know is written in Latin letters, as far as it is known.
func latinTag(code string) bool {
	return !slices.Contains(otherScripts(), code)
}

// temperature is interpolated between the steps, which stand for 2, 4, 8 ... 256 n-grams.
func (d Detector) temperature(grams int) float32 {
	at := float32(math.Log2(float64(max(2, grams)))) - 1
	i := min(int(at), steps-2)
	share := min(at-float32(i), 1)
	return (1-share)*float32At(d.temperatures, 4*i) + share*float32At(d.temperatures, 4*i+4)
}

// sum adds up the rows of grams. Weights are added eight at a time: even and odd bytes in 16-bit lanes, which
// hold 256 of them.
func (d Detector) sum(grams []uint32) (total [columns]int32) {
	const even = 0x00ff00ff00ff00ff
	rows := d.rows
	for len(grams) > 0 {
		batch := grams[:min(256, len(grams))]
		grams = grams[len(batch):]
		var a, b, c, e uint64
		for _, g := range batch {
			row := rows[int(g)*columns : int(g)*columns+columns]
			x, y := uint64At(row, 0), uint64At(row, 8)
			a += x & even
			b += x >> 8 & even
			c += y & even
			e += y >> 8 & even
		}
		for i, lanes := range [...][2]uint64{{a, b}, {c, e}} {
			for k := range 4 {
				total[8*i+2*k] += int32(lanes[0]>>(16*k)&0xffff) - 128*int32(len(batch))
				total[8*i+2*k+1] += int32(lanes[1]>>(16*k)&0xffff) - 128*int32(len(batch))
			}
		}
	}
	return total
}

func float32At(s string, i int) float32 {
	return math.Float32frombits(uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24)
}

func uint64At(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}
