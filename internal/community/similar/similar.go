// Package similar decides how alike titles are: one that is asked for and those that exist come in, the ones that say nearly the same go
// out, the nearest first.
package similar

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/lang"
)

// Limits of what is compared.
const (
	mostWords  = 24  // of a title
	mostRunes  = 300 // of a title
	misspelt   = 0.7 // what a word counts that is found with one letter otherwise
	longEnough = 5   // letters of a word that may be misspelt
	begun      = 3   // letters of a last word that may be half typed
	faint      = 0.1 // what a word counts that says little in itself
)

// Title is one made ready to be compared. It is worth keeping when it is compared often.
type Title struct {
	words []word
	open  bool // its last word may be half typed
}

// word is one of a title: as it was typed, folded, and its stems, since nobody says which language a title is in.
type word struct {
	folded, french, english string
	weak                    bool
}

// Of reads a title of any language. A title that ends in a letter may go on: while people type, its last word also counts where it begins
// another.
func Of(title string) Title {
	n := 0
	for i := range title {
		if n++; n > mostRunes {
			title = title[:i]
			break
		}
	}
	last, _ := utf8.DecodeLastRuneInString(title)
	t := Title{open: last != ' ' && last != '?' && last != '.' && last != '!'}
	lang.Words(title, func(token lang.Token) bool {
		folded := lang.Term(title[token.Start:token.End])
		if folded == "" || slices.ContainsFunc(t.words, func(w word) bool { return w.folded == folded }) {
			return true
		}
		t.words = append(t.words, word{folded, lang.Stem("fr", folded), lang.Stem("en", folded), weak(folded)})
		return len(t.words) < mostWords
	})
	return t
}

// weak reports words that nearly every question has, in the languages of the interface; those of one letter or two are weak as well.
func weak(folded string) bool {
	return len(folded) < begun || strings.Contains(" the and for how what why when where which who can does did has have with from that this you your not are was "+
		"les des une est que qui quoi comment pourquoi quand pour dans avec sans sur pas mon mes vos votre notre sont ont avez fait faire peut peux plus ", " "+folded+" ")
}

// Match is a title that is like the one asked for.
type Match struct {
	Index int     // of the title in the list
	Score float64 // above 0, 1 when all words are the same
}

// Rank lists the titles that are at least so alike, the nearest first and equal ones as they came. Words that few of the titles have weigh
// more: two questions about the same rare part are nearer than two about wheels in a forum of bicycles.
func Rank(asked Title, titles []Title, least float64) []Match {
	weights := make([]float64, len(asked.words))
	hits := make([][]float64, len(asked.words)) // how well each title has the word
	for i, w := range asked.words {
		hits[i] = make([]float64, len(titles))
		found := 0
		for k, t := range titles {
			if hits[i][k] = t.has(w, asked.open && i == len(asked.words)-1); hits[i][k] > 0 {
				found++
			}
		}
		weights[i] = w.weight(found, len(titles))
	}
	var total float64
	for _, w := range weights {
		total += w
	}
	var out []Match
	for k, t := range titles {
		var shared float64
		matched := 0
		for i := range asked.words {
			shared += weights[i] * hits[i][k]
			if hits[i][k] > 0 {
				matched++
			}
		}
		if shared == 0 || total == 0 {
			continue
		}
		// What a title says beyond counts a little against it, whatever it is: it may be about something else.
		beyond := float64(max(0, t.strong()-matched))
		score := shared / total * (1 - 0.5*beyond/(beyond+float64(len(asked.words))+1))
		if score >= least {
			out = append(out, Match{k, score})
		}
	}
	sorting.Stable(out, func(a, b Match) int {
		switch {
		case a.Score > b.Score:
			return -1
		case a.Score < b.Score:
			return 1
		}
		return 0
	})
	return out
}

// weight is the inverse document frequency of a word, ln(1 + N/(n + ½)), for n of N titles that have it.
func (w word) weight(found, titles int) float64 {
	v := math.Log(1 + float64(titles+1)/(float64(found)+0.5))
	if w.weak {
		v *= faint
	}
	return v
}

// strong counts the words that say something.
func (t Title) strong() int {
	n := 0
	for _, w := range t.words {
		if !w.weak {
			n++
		}
	}
	return n
}

// has says how well a title has a word: 1 in any form, less when it is misspelt or only begun, 0 when it has not.
func (t Title) has(w word, open bool) float64 {
	var best float64
	for _, v := range t.words {
		switch {
		case v.folded == w.folded || v.french == w.french || v.english == w.english:
			return 1
		case open && len(w.folded) >= begun && strings.HasPrefix(v.folded, w.folded),
			len(w.folded) >= longEnough && len(v.folded) >= longEnough && OneOff(v.folded, w.folded):
			best = misspelt
		}
	}
	return best
}

// OneOff reports whether one letter more, less, other, or two that changed places make a word of the other.
func OneOff(a, b string) bool {
	if len(a) < len(b) {
		a, b = b, a
	}
	if len(a)-len(b) > utf8.UTFMax {
		return false
	}
	x, y := []rune(a), []rune(b)
	if len(x) < len(y) {
		x, y = y, x
	}
	if len(x)-len(y) > 1 {
		return false
	}
	i := 0
	for i < len(y) && x[i] == y[i] {
		i++
	}
	switch {
	case len(x) > len(y):
		return slices.Equal(x[i+1:], y[i:])
	case i == len(x):
		return true
	case slices.Equal(x[i+1:], y[i+1:]):
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}
