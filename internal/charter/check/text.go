package check

import (
	"regexp"
	"sort"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/lang"
)

// text is what is to be said, made ready: the author's own words folded to plain small letters, with the way back.
type text struct {
	raw   string
	own   folded // without what is quoted
	whole folded
}

// folded is a text in small letters without accents, with plain apostrophes and spaces. at has the byte of the original for each of its bytes,
// and for its end.
type folded struct {
	s  string
	at []int
}

func fold(raw string) folded {
	var b strings.Builder
	at := make([]int, 0, len(raw)+1)
	put := func(s string, from int) {
		b.WriteString(s)
		for range len(s) {
			at = append(at, from)
		}
	}
	for i := 0; i < len(raw); {
		c := raw[i]
		if c < utf8.RuneSelf {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			put(string(rune(c)), i)
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(raw[i:])
		switch {
		case r == '’' || r == '‘' || r == 'ʼ':
			put("'", i)
		case unicode.IsSpace(r):
			put(" ", i)
		case r == utf8.RuneError:
			put("?", i)
		case unicode.IsLetter(r) || unicode.IsNumber(r):
			put(lang.Fold(raw[i:i+n]), i)
		default:
			put(raw[i:i+n], i)
		}
		i += n
	}
	return folded{b.String(), append(at, len(raw))}
}

// span is where a piece of the folded text stands in the original, without the space around it.
func (f *folded) span(raw string, from, to int) Span {
	for from < to && (f.s[from] == ' ' || f.s[from] == '\n') {
		from++
	}
	for from < to && (f.s[to-1] == ' ' || f.s[to-1] == '\n') {
		to--
	}
	out := Span{f.at[from], f.at[from]}
	if to > from {
		_, n := utf8.DecodeRuneInString(raw[f.at[to-1]:])
		out.To = f.at[to-1] + n
	}
	return out
}

const mostSpans = 8

// find lists where a pattern stands.
func (f *folded) find(raw string, pattern *regexp.Regexp) []Span {
	var out []Span
	for _, m := range pattern.FindAllStringIndex(f.s, mostSpans) {
		if m[1] > m[0] {
			out = append(out, f.span(raw, m[0], m[1]))
		}
	}
	return out
}

func read(raw string) text {
	return text{raw: raw, whole: fold(raw), own: fold(Own(raw))}
}

// find lists where a pattern stands in the author's own words.
func (t *text) find(pattern *regexp.Regexp) []Span { return t.own.find(t.raw, pattern) }

// before reports whether a pattern stands in the so many bytes before a place, in the same sentence.
func (t *text) before(s Span, most int, pattern *regexp.Regexp) bool {
	words := t.raw[max(0, s.From-2*most):s.From]
	if i := strings.LastIndexAny(words, ".!?\n"); i >= 0 {
		words = words[i+1:]
	}
	f := strings.NewReplacer("why not", "", "pourquoi ne pas", "").Replace(fold(words).s) // that is a proposal
	return pattern.MatchString(f[max(0, len(f)-most):])
}

// meant lists where a pattern stands and is not denied just before: "not your fault" is no reproach.
func (t *text) meant(pattern *regexp.Regexp, most int) []Span {
	var out []Span
	for _, s := range t.find(pattern) {
		if !t.before(s, most, denies) {
			out = append(out, s)
		}
	}
	return out
}

// words counts the author's own.
func (t *text) words() int { return len(strings.Fields(lettersOnly(t.own.s))) }

func lettersOnly(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return ' '
	}, s)
}

// sentences are pieces of the author's own words, each up to a full stop or the end of a line.
func (t *text) sentences() []Span {
	own := Own(t.raw)
	var out []Span
	from := 0
	end := func(to int) {
		for from < to && own[from] == ' ' {
			from++
		}
		if strings.TrimSpace(own[from:to]) != "" {
			out = append(out, Span{from, to})
		}
		from = to
	}
	for i := 0; i < len(own); i++ {
		switch own[i] {
		case '\n':
			end(i)
		case '.', '!', '?':
			for i+1 < len(own) && strings.IndexByte(".!? ", own[i+1]) >= 0 && own[i] != ' ' {
				i++
			}
			if i+1 >= len(own) || own[i] == ' ' || own[i+1] == '\n' {
				end(i + 1)
			}
		}
	}
	end(len(own))
	return out
}

func merged(lists ...[]Span) []Span {
	var out []Span
	for _, l := range lists {
		out = append(out, l...)
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].From != out[j].From {
			return out[i].From < out[j].From
		}
		return out[i].To > out[j].To
	})
	kept := out[:0]
	for _, s := range out {
		if n := len(kept); n > 0 && s.From < kept[n-1].To {
			kept[n-1].To = max(kept[n-1].To, s.To)
			continue
		}
		kept = append(kept, s)
	}
	return kept[:min(len(kept), mostSpans)]
}
