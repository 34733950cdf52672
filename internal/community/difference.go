package community

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Piece is a part of two texts: in both, only in the later, or only in the earlier.
type Piece struct {
	Text           string
	Added, Removed bool
}

// mostCells bounds what finding a difference takes: above it lines are compared instead of words, and above that the whole is another.
const mostCells = 4_000_000

// Difference says what has to be taken from and put into was to make it is: the pieces that are not Added make was, those not Removed is.
func Difference(was, is string) []Piece {
	a, b := pieces(was, wordEnd), pieces(is, wordEnd)
	if len(a)*len(b) > mostCells {
		a, b = pieces(was, lineEnd), pieces(is, lineEnd)
	}
	begin := 0
	for begin < len(a) && begin < len(b) && a[begin] == b[begin] {
		begin++
	}
	end := 0
	for end < len(a)-begin && end < len(b)-begin && a[len(a)-1-end] == b[len(b)-1-end] {
		end++
	}
	var out []Piece
	put := func(added, removed bool, words ...string) {
		text := strings.Join(words, "")
		switch last := len(out) - 1; {
		case text == "":
		case last >= 0 && out[last].Added == added && out[last].Removed == removed:
			out[last].Text += text
		default:
			out = append(out, Piece{text, added, removed})
		}
	}
	put(false, false, a[:begin]...)
	x, y := a[begin:len(a)-end], b[begin:len(b)-end]
	if len(x)*len(y) > mostCells {
		put(false, true, x...)
		put(true, false, y...)
	} else {
		longest(x, y, put)
	}
	put(false, false, a[len(a)-end:]...)
	return out
}

// longest goes along a longest common subsequence.
func longest(x, y []string, put func(added, removed bool, words ...string)) {
	width := len(y) + 1
	table := make([]int32, (len(x)+1)*width)
	for i := len(x) - 1; i >= 0; i-- {
		for j := len(y) - 1; j >= 0; j-- {
			if x[i] == y[j] {
				table[i*width+j] = table[(i+1)*width+j+1] + 1
			} else {
				table[i*width+j] = max(table[(i+1)*width+j], table[i*width+j+1])
			}
		}
	}
	// What was removed stands before what came in its place.
	i, j := 0, 0
	var removed, added []string
	flush := func() {
		put(false, true, removed...)
		put(true, false, added...)
		removed, added = removed[:0], added[:0]
	}
	for i < len(x) || j < len(y) {
		switch {
		case i < len(x) && j < len(y) && x[i] == y[j]:
			flush()
			put(false, false, x[i])
			i, j = i+1, j+1
		case j == len(y) || i < len(x) && table[(i+1)*width+j] >= table[i*width+j+1]:
			removed = append(removed, x[i])
			i++
		default:
			added = append(added, y[j])
			j++
		}
	}
	flush()
}

// wordEnd is how many bytes the first word, or the first run of anything else of one kind, has.
func wordEnd(s string) int {
	first, size := utf8.DecodeRuneInString(s)
	kind := func(r rune) int {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r):
			return 1
		case r == '\n':
			return 2
		case unicode.IsSpace(r):
			return 3
		}
		return 0
	}
	k := kind(first)
	if k == 0 {
		return size
	}
	for i, r := range s {
		if kind(r) != k {
			return i
		}
	}
	return len(s)
}

func lineEnd(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i + 1
	}
	return len(s)
}

func pieces(s string, next func(string) int) []string {
	var out []string
	for s != "" {
		n := next(s)
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}
