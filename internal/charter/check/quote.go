package check

import (
	"strings"
	"unicode/utf8"
)

// leastQuoted is how many words between quotation marks are somebody else's; fewer are a way of speaking.
const leastQuoted = 3

// Own is the text with what is quoted blanked, byte for byte: lines that begin with ">", and what stands between quotation marks.
func Own(text string) string {
	b := []byte(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if b[i] != '\n' {
				b[i] = ' '
			}
		}
	}
	for from := 0; from < len(text); {
		to := len(text)
		if n := strings.IndexByte(text[from:], '\n'); n >= 0 {
			to = from + n
		}
		if strings.HasPrefix(strings.TrimLeft(text[from:to], " \t\u00a0"), ">") {
			blank(from, to)
		}
		from = to + 1
	}
	// A mark that is never closed quotes nothing: a slip must not make words another's.
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		close := closing(r)
		if close == "" {
			i += n
			continue
		}
		end := strings.Index(string(b[i+n:min(len(b), i+n+maxQuote)]), close)
		if end < 0 {
			i += n
			continue
		}
		if len(strings.Fields(string(b[i+n:i+n+end]))) >= leastQuoted {
			blank(i, i+n+end+len(close))
		}
		i += n + end + len(close)
	}
	return string(b)
}

// maxQuote is how many bytes a quotation has at most: beyond, the mark is taken for a slip.
const maxQuote = 4000

func closing(r rune) string {
	switch r {
	case '«':
		return "»"
	case '“':
		return "”"
	case '„':
		return "“"
	case '"':
		return `"`
	}
	return ""
}
