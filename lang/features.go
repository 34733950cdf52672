package lang

import (
	"unicode"
	"unicode/utf8"
)

// Shape of the features of the language model; the weights file was trained for it.
const (
	featureBits = 16
	maxGram     = 5
	maxFeatures = 900 // about 180 letters, plenty to tell a language
)

// letters counts the letters of each script that tells something about a language.
type letters struct {
	latin, vietnamese                      int
	cyrillic, ukrainian, belarusian        int
	serbian, macedonian                    int
	arabic, persian, urdu                  int
	han, kana, hangul, greek, hebrew, thai int
	other                                  int
	otherCode                              string
}

// Features appends to dst the buckets (below 65536) of the character n-grams that [Detect] weighs in text,
// for the trainer of its weights. Only words count: no URLs, names, tags, numbers or emoji.
func Features(dst []uint32, text string) []uint32 {
	var l letters
	return features(dst, text, &l)
}

func features(dst []uint32, text string, l *letters) []uint32 {
	budget := len(dst) + maxFeatures
	read := 0
	Walk(text, func(t Token) bool {
		if t.Kind != Word {
			return true
		}
		dst = appendGrams(dst, text[t.Start:t.End], l)
		read += t.End - t.Start
		return len(dst) < budget && read < 8*maxFeatures
	})
	return dst[:min(len(dst), budget)]
}

// appendGrams appends the n-grams of one word between its borders, up to 40 letters of it.
func appendGrams(dst []uint32, word string, l *letters) []uint32 {
	var buf [42]rune
	buf[0] = '_'
	n := 1
	for i := 0; i < len(word) && n < len(buf)-1; {
		r, m := rune(word[i]), 1
		if r < utf8.RuneSelf {
			if r >= 'A' && r <= 'Z' {
				r |= 0x20
			}
			if r >= 'a' && r <= 'z' {
				l.latin++
			} else if r != '\'' {
				i++
				continue // digits and joiners
			}
		} else {
			r, m = utf8.DecodeRuneInString(word[i:])
			if r == '’' || r == 'ʼ' {
				r = '\''
			} else {
				r = unicode.ToLower(r)
				l.count(r)
			}
		}
		buf[n] = r
		n++
		i += m
	}
	if n == 1 {
		return dst
	}
	if r := buf[1]; isUnspaced(r) {
		return dst // the script says it all
	}
	buf[n] = '_'
	n++
	for i := 0; i < n; i++ {
		h := uint32(2166136261)
		for j := i; j < n && j < i+maxGram; j++ {
			h = (h ^ uint32(buf[j])) * 16777619
			if j == i && (i == 0 || i == n-1) {
				continue
			}
			x := h ^ h>>15
			x *= 0x2c1b3c6d
			dst = append(dst, (x^x>>16)&(1<<featureBits-1))
		}
	}
	return dst
}

func (l *letters) count(r rune) {
	switch {
	case r < 0x250:
		l.latin++
		if r == 'ơ' || r == 'ư' || r == 'đ' {
			l.vietnamese++
		}
	case r < 0x370:
	case r < 0x400:
		l.greek++
	case r < 0x530:
		l.cyrillic++
		switch r {
		case 'і', 'ї', 'є', 'ґ':
			l.ukrainian++
		case 'ў':
			l.belarusian++
		case 'ђ', 'ћ', 'ј', 'љ', 'њ', 'џ':
			l.serbian++
		case 'ѓ', 'ќ', 'ѕ':
			l.macedonian++
		}
	case r < 0x590:
		l.named("hy")
	case r < 0x600:
		l.hebrew++
	case r < 0x700 || r >= 0x750 && r < 0x780:
		l.arabic++
		switch r {
		case 'پ', 'چ', 'ژ', 'گ', 'ک', 'ی':
			l.persian++
		case 'ٹ', 'ڈ', 'ڑ', 'ے', 'ں', 'ہ':
			l.urdu++
		}
	case r < 0x900:
		l.named("")
	case r < 0xe00:
		l.named([...]string{"hi", "bn", "pa", "gu", "or", "ta", "te", "kn", "ml", "si"}[(r-0x900)>>7])
	case r < 0xe80:
		l.thai++
	case r < 0xf00:
		l.named("lo")
	case r < 0x1000:
		l.named("bo")
	case r < 0x10a0:
		l.named("my")
	case r < 0x1100 || r >= 0x1c90 && r < 0x1cc0:
		l.named("ka")
	case r < 0x1200 || r >= 0xac00 && r < 0xd7b0:
		l.hangul++
	case r < 0x1380:
		l.named("am")
	case r >= 0x1780 && r < 0x1800:
		l.named("km")
	case r >= 0x1e00 && r < 0x1f00:
		l.latin++
		if r >= 0x1ea0 && r <= 0x1ef9 {
			l.vietnamese++
		}
	case r >= 0x1f00 && r < 0x2000:
		l.greek++
	case r >= 0x3040 && r < 0x3100:
		l.kana++
	case r >= 0x3400 && r < 0xa000 || r >= 0x20000 && r < 0x30000:
		l.han++
	default:
		l.named("")
	}
}

func (l *letters) named(code string) {
	l.other++
	if code != "" {
		l.otherCode = code
	}
}
