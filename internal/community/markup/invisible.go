package markup

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxMarks is how many marks may stand on one letter: two are needed in Vietnamese, four in Hebrew; towers of them cover the lines above.
const maxMarks = 5

// tidy takes out what nobody sees and what makes text be read in another order than it is written, mends bytes that are no text, and makes
// line ends "\n". No-break spaces, also narrow ones, stay: French needs them.
func tidy(s string) string {
	plain := true
	for i := range len(s) {
		if c := s[i]; c >= 0xc2 || c < ' ' && c != '\n' && c != '\t' || c == 0x7f || c >= utf8.RuneSelf && !utf8.RuneStart(c) {
			plain = false
			break
		}
	}
	if plain {
		return s
	}
	rtl := rightToLeft([]byte(s))
	var b strings.Builder
	b.Grow(len(s))
	var before rune
	marks := 0
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		next, _ := utf8.DecodeRuneInString(s[i+size:])
		switch {
		case r == '\r':
			if next != '\n' {
				b.WriteByte('\n')
			}
		case r == '\u2028' || r == '\u2029' || r == '\u0085' || r == '\v' || r == '\f':
			b.WriteByte('\n')
		case seen(r, before, next, rtl):
			if marks++; !unicode.Is(unicode.Mn, r) {
				marks = 0
			}
			if marks <= maxMarks {
				b.WriteRune(r)
				before = r
			}
		}
		i += size
	}
	return b.String()
}

// seen reports whether a rune shows, or changes how its neighbours show in a way that some script needs.
func seen(r, before, next rune, rtl bool) bool {
	switch {
	case r == '\n' || r == '\t':
		return true
	case r < 0x300 && r != 0xad && !unicode.IsControl(r):
		return true
	case r == '\u200d': // joins parts of an emoji, and letters of scripts that join
		return joins(before) && joins(next)
	case r == '\u200c':
		return joins(before) && unicode.IsLetter(before) && joins(next)
	case r == '\u200e' || r == '\u200f' || r == '\u061c':
		return rtl
	case r == '\ufe0e' || r == '\ufe0f':
		return before >= 0x2000 || before == '#' || before == '*' || before >= '0' && before <= '9' || before == '©' || before == '®'
	case r >= 0xe0020 && r <= 0xe007f: // flags of regions are a black flag and tags
		return before == 0x1f3f4 || before >= 0xe0020 && before <= 0xe007f
	case r >= 0xfe00 && r <= 0xfe0d, r >= 0xe0100 && r <= 0xe01ef, r >= 0x180b && r <= 0x180f:
		return unicode.Is(unicode.Han, before) || unicode.Is(unicode.Mongolian, before)
	case r == '\u115f' || r == '\u1160' || r == '\u3164' || r == '\uffa0' || r == '\u034f' || r == '\u2800' || r == '\u17b4' || r == '\u17b5':
		return false // letters that are blank
	case unicode.Is(unicode.Cf, r):
		return r >= 0x600 && r <= 0x605 || r == 0x6dd || r == 0x70f || r == 0x8e2 // signs that stand under numbers
	case unicode.IsControl(r), r >= 0xfff0 && r <= 0xfffb, unicode.Is(unicode.Noncharacter_Code_Point, r), unicode.Is(unicode.Co, r):
		return false
	}
	return true
}

// joins reports whether a joiner beside a rune changes what is seen.
func joins(r rune) bool {
	switch {
	case r >= 0x1f000 && r <= 0x1faff, r >= 0x2190 && r <= 0x2bff, r == 0xfe0f, r >= 0xe0020 && r <= 0xe007f:
		return true // emoji
	}
	return (unicode.IsLetter(r) || unicode.IsMark(r)) && !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic, unicode.Han)
}

// rightToLeft reports whether a text has letters that are read from the right.
func rightToLeft(b []byte) bool {
	for i := 0; i < len(b); {
		if b[i] < 0xd6 { // U+0590, the first of them, begins with 0xd6
			i++
			continue
		}
		r, size := utf8.DecodeRune(b[i:])
		if r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfefc || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff {
			return true
		}
		i += size
	}
	return false
}
