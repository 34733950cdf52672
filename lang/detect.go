package lang

import (
	_ "embed"
	"math"
)

// DetectVersion names the rules and weights behind [Detect]; it changes whenever an answer may.
const DetectVersion = "1"

// weights is written by lang/detect/train. Layout, little-endian: "ELD1"; version of features (1 byte); number of
// languages (1 byte, at most 20); their codes (2 bytes each); scale and temperature (float32 each); a bias
// for each language (float32); then 65536 rows of 20 bytes, one weight plus 128 for each language.
//
//go:embed detect/weights.bin
var weights string

const (
	rowBytes  = 20
	rows      = 1 << featureBits
	leastSure = 0.4
	// below this number of letters only a surer answer counts
	fewLetters, sureOfFew = 8, 0.7
)

// Detected lists the languages that [Detect] tells apart by their words; it knows those with a script of
// their own besides.
func Detected() []string {
	m, ok := readModel()
	if !ok {
		return nil
	}
	var out []string
	for i := range m.n {
		out = append(out, m.code(i))
	}
	return append(out, "ar", "el", "he", "fa", "ur", "uk", "be", "sr", "mk", "vi", "zh", "ja", "ko", "th", "hi", "bn", "pa", "gu", "or", "ta",
		"te", "kn", "ml", "si", "lo", "bo", "my", "ka", "am", "km", "hy")
}

// Detect says in which language text is written (ISO 639-1) and how likely that is (0 to 1);
// "" when there is too little to tell. Languages with a script of their own, or letters of their own in a shared
// one, are told by it; the others by a log-linear model of character n-grams (see lang/detect/train).
func Detect(text string) (code string, p float64) {
	var l letters
	var buf [maxFeatures + 256]uint32
	grams := features(buf[:0], text, &l)
	code, p, script := l.script()
	if script != 0 {
		return detectWords(grams, script == 'c', l.latin+l.cyrillic)
	}
	return code, p
}

// script gives the language when the script tells it, or the script ('l' or 'c') whose words must tell it.
func (l *letters) script() (code string, p float64, script byte) {
	east := 3 * (l.han + l.kana) // one character there is worth several letters
	best := max(l.latin, l.cyrillic, l.arabic, east, 2*l.hangul, l.greek, l.hebrew, l.thai, l.other)
	all := l.latin + l.cyrillic + l.arabic + east + 2*l.hangul + l.greek + l.hebrew + l.thai + l.other
	if best < 2 {
		return "", 0, 0
	}
	p = float64(best) / float64(all)
	share := func(part, of int) bool { return 50*part >= of } // 2 % of the letters
	switch best {
	case l.latin:
		if l.vietnamese > 1 && 20*l.vietnamese >= l.latin {
			return "vi", p, 0
		}
		return "", 0, 'l'
	case l.cyrillic:
		switch {
		case l.macedonian > 0 && share(l.macedonian, best) || l.macedonian > 0 && l.serbian > 0:
			return "mk", p, 0
		case share(l.serbian, best) && l.serbian > 0:
			return "sr", p, 0
		case l.belarusian > 0:
			return "be", p, 0
		case l.ukrainian > 0 && share(l.ukrainian, best):
			return "uk", p, 0
		}
		return "", 0, 'c'
	case l.arabic:
		switch {
		case l.urdu > 0 && share(l.urdu, best):
			return "ur", p, 0
		case l.persian > 0 && share(l.persian, best):
			return "fa", p, 0
		}
		return "ar", p, 0
	case east:
		if 10*l.kana >= l.han {
			return "ja", p, 0
		}
		return "zh", p, 0
	case 2 * l.hangul:
		return "ko", p, 0
	case l.greek:
		return "el", p, 0
	case l.hebrew:
		return "he", p, 0
	case l.thai:
		return "th", p, 0
	}
	if l.otherCode == "" {
		return "", 0, 0
	}
	return l.otherCode, p, 0
}

type model struct {
	n                  int
	codes, bias, rows  string
	scale, temperature float32
}

func readModel() (model, bool) {
	const fixed = 4 + 1 + 1
	if len(weights) < fixed || weights[:4] != "ELD1" {
		return model{}, false
	}
	m := model{n: int(weights[5])}
	rest := weights[fixed:]
	if m.n > rowBytes || len(rest) != 2*m.n+8+4*m.n+rows*rowBytes {
		return model{}, false
	}
	m.codes, rest = rest[:2*m.n], rest[2*m.n:]
	m.scale, m.temperature, rest = float32At(rest, 0), float32At(rest, 4), rest[8:]
	m.bias, m.rows = rest[:4*m.n], rest[4*m.n:]
	return m, true
}

func (m model) code(i int) string { return m.codes[2*i : 2*i+2] }

func float32At(s string, i int) float32 {
	return math.Float32frombits(uint32(s[i]) | uint32(s[i+1])<<8 | uint32(s[i+2])<<16 | uint32(s[i+3])<<24)
}

func uint64At(s string, i int) uint64 {
	s = s[i : i+8]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// sum adds up the rows of grams. Weights are added eight at a time: even and odd bytes in 16-bit lanes, which
// hold 256 of them.
func (m model) sum(grams []uint32) (total [rowBytes]int32) {
	const even = 0x00ff00ff00ff00ff
	for len(grams) > 0 {
		batch := grams[:min(256, len(grams))]
		grams = grams[len(batch):]
		var a, b, c, d, e, f uint64
		for _, g := range batch {
			row := m.rows[int(g)*rowBytes : int(g)*rowBytes+rowBytes]
			x, y, z := uint64At(row, 0), uint64At(row, 8), uint64At(row, 12)>>32
			a += x & even
			b += x >> 8 & even
			c += y & even
			d += y >> 8 & even
			e += z & even
			f += z >> 8 & even
		}
		for i, lanes := range [...][2]uint64{{a, b}, {c, d}, {e, f}} {
			for k := 0; k < 4 && 8*i+2*k < rowBytes; k++ {
				total[8*i+2*k] += int32(lanes[0]>>(16*k)&0xffff) - 128*int32(len(batch))
				total[8*i+2*k+1] += int32(lanes[1]>>(16*k)&0xffff) - 128*int32(len(batch))
			}
		}
	}
	return total
}

func detectWords(grams []uint32, cyrillic bool, letters int) (string, float64) {
	m, ok := readModel()
	if !ok || len(grams) == 0 {
		return "", 0
	}
	total := m.sum(grams)
	norm := m.scale / float32(math.Sqrt(float64(len(grams))))
	best, top := -1, float32(0)
	var score [rowBytes]float32
	for i := range m.n {
		if (m.code(i) == "bg" || m.code(i) == "ru") != cyrillic {
			continue
		}
		score[i] = (float32At(m.bias, 4*i) + norm*float32(total[i])) * m.temperature
		if best < 0 || score[i] > top {
			best, top = i, score[i]
		}
	}
	if best < 0 {
		return "", 0
	}
	all := 0.0
	for i := range m.n {
		if (m.code(i) == "bg" || m.code(i) == "ru") == cyrillic {
			all += math.Exp(float64(score[i] - top))
		}
	}
	p := 1 / all
	if p < leastSure || letters < fewLetters && p < sureOfFew {
		return "", p
	}
	return m.code(best), p
}
