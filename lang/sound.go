package lang

import (
	"slices"
	"strings"
)

// Sound is roughly how a folded word is said in French or English, so that what somebody writes by ear sounds as the word they mean: "dérayeur" and "dérailleur", "weel" and
// "wheel". It is coarse, and for comparing with other sounds of the same language only; "" where it is not known.
func Sound(code, folded string) string {
	if strings.IndexFunc(folded, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 {
		return ""
	}
	switch code {
	case "fr":
		return said(mute(folded, frenchEnds), frenchSaid)
	case "en":
		return said(mute(folded, englishEnds), englishSaid)
	}
	return ""
}

// spelled is how letters are said, where what comes next is one of next ("" for anything, "." for the end of the word) and not one of unless. The longest are
// tried first, and of those the first that fits.
type spelled struct{ letters, as, next, unless string }

const (
	soft  = "eiy"
	vowel = "aeiouy"
)

// nasal is a vowel before n or m in French, unless another vowel makes them a consonant, or they are written twice.
const nasal = vowel + "nm"

var frenchEnds, frenchSaid = []string{"s", "x", "z", "er", "et", "t", "d", "p"}, ordered([]spelled{
	{"eau", "o", "", ""}, {"au", "o", "", ""}, {"oeu", "9", "", ""}, {"eu", "9", "", ""}, {"ou", "8", "", ""}, {"oi", "wa", "", ""}, {"oy", "way", "", ""},
	{"aill", "ey", "", ""}, {"ail", "ey", "", vowel}, {"eill", "ey", "", ""}, {"eil", "ey", "", vowel}, {"ay", "ey", "", ""}, {"ouill", "8y", "", ""}, {"ouil", "8y", "", vowel},
	{"euill", "9y", "", ""}, {"euil", "9y", "", vowel}, {"ueil", "9y", "", vowel}, {"ill", "iy", "", ""}, {"ai", "ey", vowel, ""}, {"ai", "e", "", ""}, {"ei", "e", "", ""}, {"e", "", ".", ""}, {"y", "i", "", vowel}, {"oin", "w1", "", nasal},
	{"ain", "1", "", nasal}, {"aim", "1", "", nasal}, {"ein", "1", "", nasal}, {"in", "1", "", nasal}, {"im", "1", "", nasal}, {"yn", "1", "", nasal}, {"ym", "1", "", nasal},
	{"un", "1", "", nasal}, {"ien", "i1", "", nasal}, {"an", "2", "", nasal}, {"am", "2", "", nasal}, {"en", "2", "", nasal}, {"em", "2", "", nasal}, {"on", "3", "", nasal}, {"om", "3", "", nasal},
	{"tion", "si3", "", nasal}, {"ssion", "si3", "", nasal}, {"ph", "f", "", ""}, {"sch", "C", "", ""}, {"sh", "C", "", ""}, {"ch", "C", "", ""}, {"gn", "N", "", ""},
	{"qu", "k", "", ""}, {"q", "k", "", ""}, {"ck", "k", "", ""}, {"cc", "ks", soft, ""}, {"sc", "s", soft, ""}, {"c", "s", soft, ""}, {"c", "k", "", ""}, {"ge", "j", "ao", ""}, {"gu", "g", soft, ""},
	{"g", "j", soft, ""}, {"ss", "s", "", ""}, {"th", "t", "", ""}, {"h", "", "", ""}, {"w", "v", "", ""}, {"x", "ks", "", ""},
})

var englishEnds, englishSaid = []string{"s"}, ordered([]spelled{
	{"ai", "a", "", ""}, {"ay", "a", "", ""}, {"au", "a", "", ""}, {"aw", "a", "", ""}, {"ea", "I", "", ""}, {"ee", "I", "", ""}, {"ei", "I", "", ""}, {"ey", "I", "", ""}, {"ie", "I", "", ""},
	{"igh", "i", "", ""}, {"e", "", ".", ""}, {"y", "i", "", ""}, {"oa", "o", "", ""}, {"oe", "o", "", ""}, {"oo", "o", "", ""}, {"ou", "o", "", ""}, {"ow", "o", "", ""}, {"u", "o", "", ""}, {"ew", "o", "", ""},
	{"ui", "o", "", ""}, {"al", "l", ".", ""}, {"el", "l", ".", ""}, {"tion", "Son", "", ""}, {"sion", "Son", "", ""}, {"cian", "Son", "", ""}, {"ph", "f", "", ""}, {"gh", "", "", ""}, {"kn", "n", "", ""},
	{"wr", "r", "", ""}, {"wh", "w", "", ""}, {"ck", "k", "", ""}, {"qu", "kw", "", ""}, {"q", "k", "", ""}, {"sch", "sk", "", ""}, {"tch", "C", "", ""}, {"ch", "C", "", ""}, {"sh", "S", "", ""},
	{"dg", "j", soft, ""}, {"gu", "g", vowel, ""}, {"g", "j", soft, ""}, {"sc", "s", soft, ""}, {"c", "s", soft, ""}, {"c", "k", "", ""}, {"x", "ks", "", ""}, {"z", "s", "", ""},
})

// ordered are ways of spelling by their first letter.
func ordered(list []spelled) [][]spelled {
	out := make([][]spelled, 26)
	slices.SortStableFunc(list, func(a, b spelled) int { return len(b.letters) - len(a.letters) })
	for _, s := range list {
		out[s.letters[0]-'a'] = append(out[s.letters[0]-'a'], s)
	}
	return out
}

// mute takes off what is not heard at the end of a word, in the order given, each once, as long as three letters stay.
func mute(word string, ends []string) string {
	for _, end := range ends {
		if short, has := strings.CutSuffix(word, end); has && len(short) >= 3 {
			word = short
		}
	}
	return word
}

func said(word string, ways [][]spelled) string {
	var out []byte
	put := func(s string) {
		for i := range len(s) {
			if len(out) == 0 || out[len(out)-1] != s[i] {
				out = append(out, s[i])
			}
		}
	}
letters:
	for at := 0; at < len(word); {
		how := ways[word[at]-'a']
		for i := range how {
			rest, fits := strings.CutPrefix(word[at:], how[i].letters)
			if fits && how[i].before(rest) {
				put(how[i].as)
				at += len(how[i].letters)
				continue letters
			}
		}
		put(word[at : at+1])
		at++
	}
	return string(out)
}

// before reports whether letters are said so before the rest of a word.
func (s *spelled) before(rest string) bool {
	if rest == "" {
		return s.next == "" || s.next == "."
	}
	return (s.next == "" || strings.IndexByte(s.next, rest[0]) >= 0) && strings.IndexByte(s.unless, rest[0]) < 0
}

// SaidAs tells folded words that are said as one, in French or in English. Sounds of less than three are of too many words.
func SaidAs(folded string) func(other string) bool {
	fr, en := Sound("fr", folded), Sound("en", folded)
	return func(other string) bool {
		return len(fr) >= 3 && fr == Sound("fr", other) || len(en) >= 3 && en == Sound("en", other)
	}
}

// Beginnings are how words begin that may be said as a folded one: its first two letters, and other ways to write its first sound. There are MostBeginnings at most, none where
// Sound knows nothing.
func Beginnings(folded string) []string {
	if len(folded) < 4 || Sound("fr", folded) == "" {
		return nil
	}
	out := []string{folded[:2]}
	for _, way := range beginnings {
		rest, so := strings.CutPrefix(folded, way[0])
		if !so {
			continue
		}
		for _, other := range way[1:] {
			out = append(out, (other + rest)[:2])
		}
		break
	}
	return out
}

// MostBeginnings is how many Beginnings a word has at most.
const MostBeginnings = 4

// beginnings are other ways to write a first sound. The first that fits counts.
var beginnings = [][]string{{"ph", "f"}, {"f", "ph"}, {"qu", "k", "c"}, {"k", "c", "qu", "ch"}, {"ch", "sh"}, {"sh", "ch"}, {"c", "k", "s"}, {"s", "c"}, {"j", "g"}, {"g", "j"}, {"wh", "w"}, {"wr", "r"}, {"w", "wh"},
	{"r", "wr"}, {"kn", "n"}, {"n", "kn"}, {"o", "au", "ho"}, {"au", "o"}, {"h", ""}, {"e", "he", "ai"}, {"i", "hi", "y"}}
