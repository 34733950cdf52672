package lang

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// latin folds U+00C0 to U+017F to one letter each; a dot means that plain does it another way.
const latin = "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkqlllllllllln" +
	"nnnnnnnnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

// Fold lowers the case of s and drops its accents: "Œuvre à Noël" gives "oeuvre a noel", "Straße" gives
// "strasse". Compatibility forms are decomposed (NFKD); digits of other scripts become ASCII digits.
// Text that is lower-case ASCII already is returned as it is.
func Fold(s string) string {
	i := 0
	for i < len(s) && s[i] < utf8.RuneSelf && (s[i] < 'A' || s[i] > 'Z') {
		i++
	}
	if i == len(s) {
		return s
	}
	return string(appendFold(make([]byte, 0, len(s)+8), s))
}

func appendFold(dst []byte, s string) []byte {
	start, jamo := len(dst), false
	for i := 0; i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r >= 0xc0 && r < 0x180 && latin[r-0xc0] != '.' {
			dst = append(dst, latin[r-0xc0])
			i += n
			continue
		}
		if d := norm.NFKD.PropertiesString(s[i : i+n]).Decomposition(); len(d) > 0 {
			for len(d) > 0 {
				r, m := utf8.DecodeRune(d)
				dst = appendPlain(dst, r)
				d = d[m:]
			}
		} else {
			jamo = jamo || r >= 0x1100 && r <= 0x11ff
			dst = appendPlain(dst, r)
		}
		i += n
	}
	if jamo { // conjoining jamo are the only letters that NFKD would leave apart from their syllable
		return append(dst[:start], norm.NFC.Bytes(dst[start:])...)
	}
	return dst
}

func appendPlain(dst []byte, r rune) []byte {
	if r < utf8.RuneSelf {
		if r >= 'A' && r <= 'Z' {
			r |= 0x20
		}
		return append(dst, byte(r))
	}
	switch r {
	case 'æ', 'Æ':
		return append(dst, "ae"...)
	case 'œ', 'Œ':
		return append(dst, "oe"...)
	case 'ß', 'ẞ':
		return append(dst, "ss"...)
	case 'þ', 'Þ':
		return append(dst, "th"...)
	case 'ς':
		r = 'σ'
	case 'ʼ', '’':
		return append(dst, '\'')
	case 'ـ': // tatweel only stretches a word
		return dst
	}
	switch {
	case unicode.Is(unicode.Mn, r) || isJoiner(r):
		return dst
	case unicode.IsDigit(r):
		return append(dst, digit(r))
	}
	lower := unicode.ToLower(r)
	if lower >= 0xc0 && lower < 0x180 && latin[lower-0xc0] != '.' {
		return append(dst, latin[lower-0xc0])
	}
	return utf8.AppendRune(dst, lower)
}

// digit is the ASCII digit for r; decimal digits of a script stand in a row of ten.
func digit(r rune) byte {
	n := 0
	for unicode.IsDigit(r-1) && n < 80 {
		r--
		n++
	}
	return byte('0' + n%10)
}

// maxTerm bounds an indexed word, in bytes: engines refuse much longer ones and nobody searches them.
const maxTerm = 64

// Term is the indexed form of one word as [Words] gives it, before stemming: folded, letters and digits only,
// at most 64 bytes; an emoji becomes its code points ("u1f525"). It may be empty.
func Term(word string) string {
	if isPlainTerm(word) {
		return word
	}
	return string(appendTerm(make([]byte, 0, len(word)+8), word))
}

func isPlainTerm(w string) bool {
	for i := 0; i < len(w); i++ {
		if c := w[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9') {
			return false
		}
	}
	return len(w) <= maxTerm
}

func appendTerm(dst []byte, word string) []byte {
	if len(word) > 4*maxTerm { // keeps hostile words cheap; four bytes a rune still fill a term
		word = strings.ToValidUTF8(word[:4*maxTerm], "")
	}
	if r, n := peek(word, 0); n > 0 && emojiEnd(word, 0, r, n) == len(word) {
		return appendEmoji(dst, word)
	}
	for _, s := range [...]string{"'s", "’s", "'S", "’S"} {
		if len(word) > len(s) && strings.HasSuffix(word, s) {
			word = word[:len(word)-len(s)]
			break
		}
	}
	start := len(dst)
	dst = appendFold(dst, word)
	folded := dst[start:]
	keep := start
	ascii := true
	for _, c := range folded {
		if c >= utf8.RuneSelf {
			ascii = false
			break
		}
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			dst[keep] = c
			keep++
		}
	}
	if ascii {
		return dst[:min(keep, start+maxTerm)]
	}
	out := make([]byte, 0, len(folded))
	for i := 0; i < len(folded); {
		r, n := utf8.DecodeRune(folded[i:])
		var piece []byte
		switch {
		case r >= 0x10000 && unicode.IsLetter(r):
			// engines know different versions of Unicode beyond the basic plane
			piece = strconv.AppendInt([]byte{'u'}, int64(r), 16)
		case r != utf8.RuneError && (unicode.IsLetter(r) || r >= '0' && r <= '9'):
			piece = folded[i : i+n]
		}
		if len(out)+len(piece) > maxTerm {
			break
		}
		out = append(out, piece...)
		i += n
	}
	return append(dst[:start], out...)
}

func appendEmoji(dst []byte, word string) []byte {
	start := len(dst)
	for _, r := range word {
		if isVariation(r) || isJoiner(r) || r >= 0x1f3fb && r <= 0x1f3ff || r >= 0xe0020 && r <= 0xe007f {
			continue
		}
		if len(dst)-start+8 > maxTerm {
			break
		}
		dst = append(dst, 'u')
		dst = strconv.AppendInt(dst, int64(r), 16)
	}
	if len(dst) == start { // a lone skin tone
		dst = append(dst, "u1f3fb"...)
	}
	return dst
}
