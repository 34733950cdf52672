package layout

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// bold is how much wider semi-bold text runs than the widths below.
const bold = 1.14

// longest is how many runes of a text are looked at; a title longer than that is not a title.
const longest = 600

// width is the advance of a rune in hundredths of an em: printable ASCII as in DejaVu Sans, one of the widest common faces, so
// that text measured here fits in the others too.
func width(r rune) int {
	const ascii = "" +
		"\x20\x28\x2e\x54\x40\x5f\x4e\x1b\x27\x27\x32\x54\x20\x24\x20\x22\x40\x40\x40\x40\x40\x40\x40\x40\x40\x40\x22\x22\x54\x54\x54\x35" +
		"\x64\x44\x45\x46\x4d\x3f\x3a\x4d\x4b\x1d\x1d\x42\x38\x56\x4b\x4f\x3c\x4f\x45\x3f\x3d\x49\x44\x63\x45\x3d\x45\x27\x22\x27\x54\x32" +
		"\x32\x3d\x3f\x37\x3f\x3e\x23\x3f\x3f\x1c\x1c\x3a\x1c\x61\x3f\x3d\x3f\x3f\x29\x34\x27\x3f\x3b\x52\x3b\x3b\x34\x40\x22\x40\x54"
	switch {
	case r >= 0x20 && r < 0x7f:
		return int(ascii[r-0x20])
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Me, r) || unicode.Is(unicode.Cf, r):
		return 0
	case r == 0x202f || r == 0x2009:
		return 20
	case r == 0xa0:
		return 32
	case r == '’' || r == '‘' || r == 'ı':
		return 32
	case r == '→' || r == '–' || r == '…' || r == 'œ' || r == 'æ' || r == '—' || r == 'Œ' || r == 'Æ':
		return 102
	case r < 0x2000 && unicode.IsUpper(r):
		return 76
	case r < 0x1100:
		return 64
	}
	return 105 // East Asian characters, symbols, pictographs
}

// textWidth measures a text in ems of its regular face.
func textWidth(s string) float64 {
	sum := 0
	for _, r := range s {
		sum += width(r)
	}
	return float64(sum) / 100
}

// clean makes a text safe to show in one flow: valid UTF-8, no control characters, none that turn the direction of writing.
// It keeps the first 600 characters.
func clean(s string) string { return cleanUpTo(s, longest) }

func cleanUpTo(s string, most int) string {
	var b strings.Builder
	n, space := 0, true
	for _, r := range s {
		if n++; n > most {
			break
		}
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == ' ' || r == 0x2028 || r == 0x2029 || r == 0x85:
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		case r == utf8.RuneError || unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069,
			r == 0xfeff || r&0xfffe == 0xfffe || unicode.Is(unicode.Co, r):
			continue
		}
		b.WriteRune(r)
		space = false
	}
	return strings.TrimRight(b.String(), " ")
}

// Wrap breaks a text into lines of at most ems (line width divided by font size). It breaks at spaces and after hyphens, never at
// the no-break spaces of French punctuation, and inside a word only when the word alone is too long. Control characters go.
// A text of nothing has no lines. Only the first 600 characters are kept.
func Wrap(text string, ems float64) []string {
	room := int(ems * 100)
	var lines []string
	var line strings.Builder
	used := 0
	flush := func() {
		if s := strings.TrimRight(line.String(), " "); s != "" {
			lines = append(lines, s)
		}
		line.Reset()
		used = 0
	}
	for _, piece := range pieces(clean(text)) {
		need := runeWidth(strings.TrimRight(piece, " "))
		if used > 0 && used+need > room {
			flush()
		}
		if need <= room {
			line.WriteString(piece)
			used += runeWidth(piece)
			continue
		}
		for _, r := range piece {
			w := width(r)
			if used > 0 && w > 0 && used+w > room {
				flush()
			}
			line.WriteRune(r)
			used += w
		}
	}
	flush()
	return lines
}

func runeWidth(s string) int {
	sum := 0
	for _, r := range s {
		sum += width(r)
	}
	return sum
}

// pieces cuts a text after spaces and hyphens.
func pieces(s string) []string {
	var out []string
	start := 0
	for i, r := range s {
		if r == ' ' || r == '-' || r == '/' || r == 0x2010 {
			out = append(out, s[start:i+utf8.RuneLen(r)])
			start = i + utf8.RuneLen(r)
		}
	}
	return append(out, s[start:])
}

// limit keeps at most n lines and ends the last with … when some were dropped.
func limit(lines []string, n int, ems float64) []string {
	if len(lines) <= n {
		return lines
	}
	last := []rune(lines[n-1])
	for len(last) > 0 && textWidth(string(last))+1.02 > ems {
		last = last[:len(last)-1]
	}
	return append(lines[:n-1:n-1], strings.TrimRight(string(last), " ,;:-")+"…")
}
