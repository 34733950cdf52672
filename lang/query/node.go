package query

import (
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/entente/entente/lang"
)

type op uint8

const (
	opAnd op = iota + 1
	opOr
	opNot
	opWords
	opNear
	opField
)

// scope says which parts of a post words are looked for in.
type scope uint8

const (
	anywhere scope = iota // title, text and tags
	inTitle
	inText
)

type node struct {
	op   op
	kids []*node

	words  []word
	scope  scope
	exact  bool
	prefix bool // the last word is the beginning of a word
	near   int  // words in any order, with at most near-1 others among them; 0 is a phrase

	// of opNear, whose kids are two operands: at most near-1 words between them
	forward bool // the second comes after the first

	field, value string
	start, end   int32 // of a field in the source
	when         moment
	low, high    int // of followers: both included
}

// variants is the number of ways a word can be stemmed: not at all, and in each language with stems.
const variants = 7

type word struct {
	raw, term  string
	forms      *forms
	start, end int32 // of its term or phrase in the source
}

// forms is the stems of a word, made when they are first asked for: most words of many topics are in other topics too.
type forms struct {
	once  sync.Once
	stems [variants]string
}

// stems are those of w by variant.
func (w *word) stems() *[variants]string {
	w.forms.once.Do(func() {
		for i, code := range codes() {
			w.forms.stems[i] = lang.Stem(code, w.raw)
		}
	})
	return &w.forms.stems
}

func codes() [variants]string { return [variants]string{"", "en", "fr", "de", "es", "it", "pt"} }

// variant is the index in a word's stems of the stem for a language.
func variant(code string) int {
	switch lang.Base(code) {
	case "en":
		return 1
	case "fr":
		return 2
	case "de":
		return 3
	case "es":
		return 4
	case "it":
		return 5
	case "pt":
		return 6
	}
	return 0
}

func newWord(raw string) word {
	return word{raw: strings.Clone(raw), term: lang.Term(raw), forms: &forms{}}
}

func join(o op, kids []*node) *node {
	var flat []*node
	for _, k := range kids {
		switch {
		case k == nil:
		case k.op == o:
			flat = append(flat, k.kids...)
		default:
			flat = append(flat, k)
		}
	}
	switch len(flat) {
	case 0:
		return nil
	case 1:
		return flat[0]
	}
	return &node{op: o, kids: flat}
}

func negate(n *node) *node {
	switch {
	case n == nil:
		return nil
	case n.op == opNot:
		return n.kids[0]
	}
	return &node{op: opNot, kids: []*node{n}}
}

func (n *node) String() string {
	var b strings.Builder
	n.write(&b, false)
	return b.String()
}

func (n *node) write(b *strings.Builder, inside bool) {
	switch n.op {
	case opAnd, opOr:
		if inside {
			b.WriteByte('(')
		}
		for i, k := range n.kids {
			if i > 0 {
				b.WriteByte(' ')
				if n.op == opOr {
					b.WriteString("OR ")
				}
			}
			k.write(b, true)
		}
		if inside {
			b.WriteByte(')')
		}
	case opNot:
		b.WriteByte('-')
		n.kids[0].writeOperand(b)
	case opNear:
		n.kids[0].write(b, true)
		b.WriteString(" NEAR/" + strconv.Itoa(n.near-1))
		if n.forward {
			b.WriteByte('f')
		}
		b.WriteByte(' ')
		n.kids[1].writeOperand(b)
	case opWords:
		n.writeWords(b)
	case opField:
		b.WriteString(n.field + ":")
		if n.field == "followers" || isBareValue(n.value) {
			b.WriteString(n.value)
		} else {
			b.WriteString(`"` + n.value + `"`)
		}
	}
}

// writeOperand writes n so that it stands as one thing.
func (n *node) writeOperand(b *strings.Builder) {
	if n.op != opNear {
		n.write(b, true)
		return
	}
	b.WriteByte('(')
	n.write(b, true)
	b.WriteByte(')')
}

func (n *node) writeWords(b *strings.Builder) {
	switch n.scope {
	case inTitle:
		b.WriteString("title:")
	case inText:
		b.WriteString("text:")
	}
	if n.exact {
		b.WriteByte('=')
	}
	if len(n.words) == 1 && isBareWord(n.words[0].raw) {
		b.WriteString(n.words[0].raw)
	} else {
		b.WriteByte('"')
		for i, w := range n.words {
			if i > 0 {
				b.WriteByte(' ')
			}
			b.WriteString(w.raw)
		}
		b.WriteByte('"')
	}
	if n.prefix {
		b.WriteByte('*')
	}
	if n.near > 0 {
		b.WriteString("~" + strconv.Itoa(n.near-1))
	}
}

func isBareWord(s string) bool {
	switch s {
	case "AND", "OR", "NOT", "NEAR":
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && (r < '0' || r > '9') {
			return false
		}
	}
	return true
}

func isBareValue(s string) bool {
	for i := 0; i < len(s); i++ {
		c := s[i]
		if !(c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || i > 0 && strings.IndexByte("._-@/:*", c) >= 0) {
			return false
		}
	}
	return s != ""
}
