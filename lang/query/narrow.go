package query

import (
	"slices"
	"strings"

	"github.com/entente/entente/lang"
)

// Engine is a full-text engine.
type Engine string

// The engines that [Query.Narrow] writes for.
const (
	SQLite   Engine = "sqlite"   // right side of MATCH on an FTS5 table whose words end at spaces only
	Postgres Engine = "postgres" // a tsquery over a tsvector of the words as they are
)

// Narrow is a full-text expression that every post q matches satisfies, over the text of [Doc.IndexText];
// candidates must still be matched. It is "" when no word can narrow the search.
func (q *Query) Narrow(engine Engine) string {
	if q.Empty() {
		return ""
	}
	n := narrow(q.root)
	if n == nil {
		return ""
	}
	var b strings.Builder
	if engine == Postgres {
		n.writePostgres(&b, false)
	} else {
		n.writeSQLite(&b, false)
	}
	return b.String()
}

// sieve is a full-text expression: and, or, or a phrase (of which the last word may be a beginning).
// A nil sieve lets everything through.
type sieve struct {
	op     op // opAnd, opOr, opWords
	kids   []*sieve
	words  []string
	prefix bool
}

func narrow(n *node) *sieve {
	switch n.op {
	case opAnd, opOr, opNear:
		o := opAnd
		if n.op == opOr {
			o = opOr
		}
		var kids []*sieve
		for _, kid := range n.kids {
			k := narrow(kid)
			if k == nil && o == opOr {
				return nil
			}
			kids = append(kids, k)
		}
		return sift(o, kids)
	case opWords:
		return narrowWords(n)
	case opField:
		if n.field == "tag" {
			return narrowTag(n.value)
		}
	}
	return nil
}

func sift(o op, kids []*sieve) *sieve {
	kids = slices.DeleteFunc(kids, func(k *sieve) bool { return k == nil })
	switch len(kids) {
	case 0:
		return nil
	case 1:
		return kids[0]
	}
	return &sieve{op: o, kids: kids}
}

func narrowWords(n *node) *sieve {
	words := n.words
	var last *sieve
	if n.prefix {
		last = narrowPrefix(words[len(words)-1].term)
		words = words[:len(words)-1]
	}
	var ways []*sieve
	var seen []string
	for v := range variants {
		stems := make([]string, len(words))
		for i, w := range words {
			stems[i] = w.stems()[v]
		}
		key := strings.Join(stems, " ")
		if len(stems) == 0 || slices.Contains(seen, key) {
			continue
		}
		seen = append(seen, key)
		if n.near == 0 {
			ways = append(ways, &sieve{op: opWords, words: stems})
			continue
		}
		var all []*sieve
		for _, s := range stems {
			all = append(all, &sieve{op: opWords, words: []string{s}})
		}
		ways = append(ways, sift(opAnd, all))
	}
	return sift(opAnd, []*sieve{sift(opOr, ways), last})
}

// narrowPrefix finds words by their stems: a word that begins with term has a stem that does too, or one that
// is a beginning of term and one of the tails that stems may have.
func narrowPrefix(term string) *sieve {
	ways := []*sieve{{op: opWords, words: []string{term}, prefix: true}}
	if strings.IndexFunc(term, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 {
		return ways[0] // only words of these letters have stems
	}
	var seen []string
	for n := 2; n < len(term); n++ {
		for _, tail := range lang.StemTails() {
			if s := term[:n] + tail; !strings.HasPrefix(s, term) && !slices.Contains(seen, s) {
				seen = append(seen, s)
				ways = append(ways, &sieve{op: opWords, words: []string{s}})
			}
		}
	}
	return sift(opOr, ways)
}

func narrowTag(value string) *sieve {
	return &sieve{op: opWords, words: []string{tagMark + tagKey(value)}, prefix: strings.HasSuffix(value, "*")}
}

// writeSQLite asks for all words of a phrase in any order: the index knows no places (detail=none).
func (s *sieve) writeSQLite(b *strings.Builder, inside bool) {
	if s.op != opWords {
		s.writeKids(b, inside, map[op]string{opAnd: " AND ", opOr: " OR "}[s.op], (*sieve).writeSQLite)
		return
	}
	if inside && len(s.words) > 1 {
		b.WriteByte('(')
	}
	for i, w := range s.words {
		if i > 0 {
			b.WriteString(" AND ")
		}
		b.WriteString(`"` + strings.ReplaceAll(w, `"`, `""`) + `"`)
	}
	if s.prefix {
		b.WriteString(" *")
	}
	if inside && len(s.words) > 1 {
		b.WriteByte(')')
	}
}

func (s *sieve) writePostgres(b *strings.Builder, inside bool) {
	if s.op != opWords {
		s.writeKids(b, inside, map[op]string{opAnd: " & ", opOr: " | "}[s.op], (*sieve).writePostgres)
		return
	}
	// positions end at 16383 in a tsvector, so a phrase would lose posts: all its words, in any order, do not
	if inside && len(s.words) > 1 {
		b.WriteByte('(')
	}
	for i, w := range s.words {
		if i > 0 {
			b.WriteString(" & ")
		}
		b.WriteString(`'` + strings.NewReplacer(`'`, `''`, `\`, `\\`).Replace(w) + `'`)
	}
	if s.prefix {
		b.WriteString(":*")
	}
	if inside && len(s.words) > 1 {
		b.WriteByte(')')
	}
}

func (s *sieve) writeKids(b *strings.Builder, inside bool, between string, write func(*sieve, *strings.Builder, bool)) {
	if inside {
		b.WriteByte('(')
	}
	for i, k := range s.kids {
		if i > 0 {
			b.WriteString(between)
		}
		write(k, b, true)
	}
	if inside {
		b.WriteByte(')')
	}
}
