package charter

import (
	"slices"
	"strings"
	"unicode"
)

// Change is what became of a rule from one version to the next.
type Change string

// The changes.
const (
	Kept    Change = "kept"
	Added   Change = "added"
	Removed Change = "removed"
	Changed Change = "changed"
)

// Difference is one rule in two versions.
type Difference struct {
	Change   Change
	Was, Is  Rule
	Sentence []Piece // of Changed, and of those whose sentence is the same too
	Why      []Piece
	Moved    bool
	Bound    bool // it became binding, or advice
	Examples bool // examples, check or reach changed
}

// Piece is a stretch of words that stayed, came or went.
type Piece struct {
	Change Change // Kept, Added or Removed
	Text   string
}

// Compare lists the rules of two versions in the order of the later one, removed ones after what they stood behind, with texts in lang.
func Compare(was, is Version, lang string) []Difference {
	var out []Difference
	shared := func(v, other Version) []string {
		var ids []string
		for _, r := range v.Rules {
			if _, there := other.Rule(r.ID); there {
				ids = append(ids, r.ID)
			}
		}
		return ids
	}
	before, after := shared(was, is), shared(is, was)
	for _, r := range is.Rules {
		old, there := was.Rule(r.ID)
		if !there {
			out = append(out, Difference{Change: Added, Is: r, Sentence: []Piece{{Added, r.Sentence.In(lang)}}})
			continue
		}
		d := Difference{Change: Kept, Was: old, Is: r, Sentence: Wording(old.Sentence.In(lang), r.Sentence.In(lang)), Why: Wording(old.Why.In(lang), r.Why.In(lang))}
		d.Bound = old.Binding != r.Binding
		d.Moved = slices.Index(before, r.ID) != slices.Index(after, r.ID)
		d.Examples = !slices.Equal(old.Good.In(lang), r.Good.In(lang)) || !slices.Equal(old.Bad.In(lang), r.Bad.In(lang)) || old.Check != r.Check || old.Reach != r.Reach
		if d.Bound || d.Examples || old.Sentence.In(lang) != r.Sentence.In(lang) || old.Why.In(lang) != r.Why.In(lang) {
			d.Change = Changed
		}
		out = append(out, d)
	}
	for i, r := range was.Rules {
		if _, there := is.Rule(r.ID); there {
			continue
		}
		at := 0
		if i > 0 {
			at = 1 + slices.IndexFunc(out, func(d Difference) bool { return d.Was.ID == was.Rules[i-1].ID })
		}
		out = slices.Insert(out, at, Difference{Change: Removed, Was: r, Sentence: []Piece{{Removed, r.Sentence.In(lang)}}})
	}
	return out
}

// maxCompared bounds the table of the comparison: longer texts are shown as replaced whole.
const maxCompared = 1200

// Wording compares two texts word by word: the longest common subsequence stays.
func Wording(was, is string) []Piece {
	a, b := cut(was), cut(is)
	if len(a) > maxCompared || len(b) > maxCompared {
		if was == is {
			return []Piece{{Kept, is}}
		}
		return []Piece{{Removed, was}, {Added, is}}
	}
	// common[i][j] is how many words a[i:] and b[j:] share in order.
	common := make([][]uint16, len(a)+1)
	for i := range common {
		common[i] = make([]uint16, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				common[i][j] = common[i+1][j+1] + 1
			} else {
				common[i][j] = max(common[i+1][j], common[i][j+1])
			}
		}
	}
	var out []Piece
	say := func(c Change, text string) {
		if n := len(out); n > 0 && out[n-1].Change == c {
			out[n-1].Text += text
			return
		}
		out = append(out, Piece{c, text})
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			say(Kept, a[i])
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && common[i+1][j] >= common[i][j+1]:
			say(Removed, a[i])
			i++
		default:
			say(Added, b[j])
			j++
		}
	}
	return out
}

// cut splits a text into words with the space that follows them, so that the pieces joined are the text.
func cut(s string) []string {
	var out []string
	for s != "" {
		i := strings.IndexFunc(s, unicode.IsSpace)
		if i < 0 {
			return append(out, s)
		}
		rest := strings.TrimLeftFunc(s[i:], unicode.IsSpace)
		out = append(out, s[:len(s)-len(rest)])
		s = rest
	}
	return out
}
