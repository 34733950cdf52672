package lang

import (
	"slices"
	"strings"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
	"github.com/blevesearch/snowballstem/french"
	"github.com/blevesearch/snowballstem/german"
	"github.com/blevesearch/snowballstem/italian"
	"github.com/blevesearch/snowballstem/portuguese"
	"github.com/blevesearch/snowballstem/spanish"
)

// IndexVersion names the rules behind [Words], [Fold] and [Stem]; it changes whenever texts must be indexed again.
const IndexVersion = "2"

// Stemmed lists the languages that have stems; the others are indexed by their folded words.
func Stemmed() []string { return []string{"en", "fr", "de", "es", "it", "pt"} }

// Base is the language without its region, in lower case: "fr-CA" gives "fr".
func Base(code string) string {
	if i := strings.IndexAny(code, "-_"); i >= 0 {
		code = code[:i]
	}
	return strings.ToLower(code)
}

// Stem is the stem of one word in a language, folded: letters that carry the meaning, the same for a word's
// forms ("Services" and "service" in "en"). It depends on [Term](word) alone, so that words typed with and
// without accents always agree; suffixes that Snowball knows by their accents are given them back first.
//
// A stem is a beginning of the folded word followed by one of [StemTails].
func Stem(code, word string) string { return stemTerm(Base(code), Term(word)) }

// StemTails lists what may follow, in a stem, the letters it has in common with its word.
func StemTails() []string {
	return []string{"", "e", "i", "ie", "l", "nt", "qu", "t", "x", "y"} // hoping, happy, dying, journaux, récemment, explication, différence, heureuse, skies
}

func stemTerm(code, term string) string {
	if len(term) < 3 || len(term) > 40 {
		return term
	}
	var stem func(*snowballstem.Env) bool
	var restored string
	switch code {
	case "en":
		stem = english.Stem
	case "fr":
		// Snowball leaves the plural of what ends in a vowel other than e: vélos, tatamis, menus, sofas.
		stem, restored = french.Stem, restore(term, "ees", "e", "ee", "e", "os", "o", "is", "i", "us", "u", "as", "a")
	case "de":
		stem = german.Stem
	case "es":
		stem, restored = spanish.Stem, restore(term, "acion", "ación", "ucion", "ución", "logia", "logía")
	case "it":
		stem, restored = italian.Stem, restore(term, "ita", "ità")
	case "pt":
		stem, restored = portuguese.Stem, restore(term, "cao", "ção", "coes", "ções", "oes", "ões", "ao", "ão")
	default:
		return term
	}
	for i := 0; i < len(term); i++ {
		if term[i] < 'a' || term[i] > 'z' {
			return term
		}
	}
	if restored == "" {
		restored = term
	}
	env := snowballstem.NewEnv(restored)
	stem(env)
	return anchor(Fold(env.Current()), term)
}

// restore replaces the first ending of term found in pairs (ending, replacement).
func restore(term string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		if len(term) > len(pairs[i])+2 && strings.HasSuffix(term, pairs[i]) {
			return term[:len(term)-len(pairs[i])] + pairs[i+1]
		}
	}
	return term
}

// anchor holds a stem to the promise made by Stem, on which the narrowing of prefix searches rests.
func anchor(stem, term string) string {
	n := 0
	for n < len(stem) && n < len(term) && stem[n] == term[n] {
		n++
	}
	if n < 2 {
		return term
	}
	if slices.Contains(StemTails(), stem[n:]) {
		return strings.Clone(stem)
	}
	return term[:n]
}
