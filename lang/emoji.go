package lang

import "strings"

// emojiEnd is the end of the emoji whose first rune r, n bytes long, stands at i; 0 when there is none.
func emojiEnd(s string, i int, r rune, n int) int {
	end := i + n
	switch {
	case r < 0x80:
		// keycap: digit, #, * followed by an optional variation selector and U+20E3
		if r >= '0' && r <= '9' || r == '#' || r == '*' {
			rest := strings.TrimPrefix(s[end:], "\ufe0f")
			if strings.HasPrefix(rest, "\u20e3") {
				return len(s) - len(rest) + len("\u20e3")
			}
		}
		return 0
	case r >= 0x1f1e6 && r <= 0x1f1ff:
		if next, m := peek(s, end); next >= 0x1f1e6 && next <= 0x1f1ff {
			return end + m
		}
		return end
	case isPictograph(r):
	default:
		if !strings.HasPrefix(s[end:], "\ufe0f") || !isTextPictograph(r) {
			return 0
		}
	}
	for end < len(s) {
		next, m := decode(s, end)
		switch {
		case next == 0xfe0f || next == 0xfe0e || next == 0x20e3,
			next >= 0x1f3fb && next <= 0x1f3ff,
			next >= 0xe0020 && next <= 0xe007f:
			end += m
		case next == 0x200d:
			joined, k := peek(s, end+m)
			if !isPictograph(joined) && !isTextPictograph(joined) {
				return end
			}
			end += m + k
		default:
			return end
		}
	}
	return end
}

// isPictograph covers the blocks shown as pictures by default, and the symbols people use as such.
func isPictograph(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff && (r < 0x1f100 || r > 0x1f1e5) || r >= 0x2600 && r <= 0x27bf ||
		r == 0x231a || r == 0x231b || r >= 0x23e9 && r <= 0x23f3 || r >= 0x2b1b && r <= 0x2b1c || r == 0x2b50 || r == 0x2b55
}

// isTextPictograph covers signs that are emoji only with a variation selector.
func isTextPictograph(r rune) bool {
	return r == 0xa9 || r == 0xae || r == 0x203c || r == 0x2049 || r == 0x2122 || r == 0x2139 ||
		r >= 0x2190 && r <= 0x21ff || r >= 0x2300 && r <= 0x23ff || r >= 0x25a0 && r <= 0x27bf ||
		r >= 0x2900 && r <= 0x2bff || r == 0x3030 || r == 0x303d || r == 0x3297 || r == 0x3299 || r >= 0x1f100 && r <= 0x1f2ff
}

// emoticonEnd is the end of the emoticon at i, 0 when there is none.
func emoticonEnd(s string, i int) int {
	rest := s[i:]
	switch rest[0] {
	case '<':
		if strings.HasPrefix(rest, "<3") {
			return closed(s, i+2)
		}
		if strings.HasPrefix(rest, "</3") {
			return closed(s, i+3)
		}
		return 0
	case '^':
		if strings.HasPrefix(rest, "^^") {
			return i + 2
		}
		if strings.HasPrefix(rest, "^_^") {
			return i + 3
		}
		return 0
	case '-':
		if strings.HasPrefix(rest, "-_-") {
			return i + 3
		}
		return 0
	case '(':
		if len(rest) > 1 && (rest[1] == ':' || rest[1] == ';') && (len(rest) == 2 || rest[2] == ' ' || rest[2] == '\n') {
			return i + 2
		}
		return 0
	case ':', ';', '=':
	default:
		return 0
	}
	j := 1
	for j < len(rest) && (rest[j] == '\'' || rest[j] == '-' || rest[j] == 'o' && j == 1) && j < 3 {
		j++
	}
	if j >= len(rest) {
		return 0
	}
	switch m := rest[j]; m {
	case ')', '(', ']', '[', '|', '*':
		for j < len(rest) && rest[j] == m {
			j++
		}
		return i + j
	case '/', '\\':
		if wordBefore(s, i) || j+1 < len(rest) && rest[j+1] == '/' {
			return 0
		}
		return closed(s, i+j+1)
	case 'D', 'd', 'P', 'p', 'O', 'o', 'S', 's', 'x', 'X', '3', '$':
		if rest[0] == '=' && j == 1 && m != 'D' && m != 'P' {
			return 0
		}
		if wordBefore(s, i) && m != 'D' && m != 'P' {
			return 0
		}
		for j < len(rest) && rest[j] == m {
			j++
		}
		return closed(s, i+j)
	}
	return 0
}

func closed(s string, end int) int {
	if r, _ := peek(s, end); isWordRune(r) {
		return 0
	}
	return end
}
