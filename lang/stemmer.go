package lang

import (
	"hash/maphash"
	"strings"
	"sync/atomic"
)

// Stemmer stems words and remembers the most recent ones, in bounded memory. Make one with [NewStemmer]
// and share it: it is safe for concurrent use. A nil *Stemmer works too, without memory.
type Stemmer struct {
	seed maphash.Seed
	slot []atomic.Pointer[entry]
}

type entry struct{ code, word, term, stem string }

const (
	slots      = 1 << 14
	maxMemoed  = 40
	wordsGuess = 6
)

// NewStemmer makes a stemmer that remembers at most 16384 words (a few megabytes).
func NewStemmer() *Stemmer {
	return &Stemmer{seed: maphash.MakeSeed(), slot: make([]atomic.Pointer[entry], slots)}
}

// Word is the [Term] and the [Stem] of one word in a language.
func (s *Stemmer) Word(code, word string) (term, stem string) {
	if s == nil || len(word) > maxMemoed {
		term = Term(word)
		return term, stemTerm(Base(code), term)
	}
	h := maphash.String(s.seed, word)
	if len(code) > 0 {
		h ^= uint64(code[0])*0x9e3779b97f4a7c15 ^ uint64(code[len(code)-1])*0xc2b2ae3d27d4eb4f
	}
	p := &s.slot[(h^h>>32)%slots]
	if e := p.Load(); e != nil && e.word == word && e.code == code {
		return e.term, e.stem
	}
	word = strings.Clone(word) // the memory must not keep whole posts alive
	term = Term(word)
	stem = stemTerm(Base(code), term)
	p.Store(&entry{strings.Clone(code), word, term, stem})
	return term, stem
}

// Stems is the string that full-text indexes hold for text: the stems of its [Words], separated by one space.
func (s *Stemmer) Stems(code, text string) string {
	return string(s.AppendStems(make([]byte, 0, len(text)+8), code, text))
}

// AppendStems appends [Stemmer.Stems] to dst, with a space before it when dst is not empty.
func (s *Stemmer) AppendStems(dst []byte, code, text string) []byte {
	Words(text, func(t Token) bool {
		if _, stem := s.Word(code, text[t.Start:t.End]); stem != "" {
			if len(dst) > 0 {
				dst = append(dst, ' ')
			}
			dst = append(dst, stem...)
		}
		return true
	})
	return dst
}

// Stems lists the stems of the [Words] of text in a language, in order.
func Stems(code, text string) []string {
	out := make([]string, 0, len(text)/wordsGuess+1)
	Words(text, func(t Token) bool {
		if stem := Stem(code, text[t.Start:t.End]); stem != "" {
			out = append(out, stem)
		}
		return true
	})
	return out
}
