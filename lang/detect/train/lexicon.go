package train

import (
	"strings"

	"github.com/entente/entente/lang"
)

// lexicon keeps the features of every word, as typed and without its accents: no feature reaches over white space, so
// those of a text are those of its words.
type lexicon struct {
	ids   map[string]int32
	words []string
	grams [][]uint32
	plain [][]uint32
}

func newLexicon() *lexicon { return &lexicon{ids: map[string]int32{}} }

// knows says whether text has a feature at all.
func (x *lexicon) knows(text string) bool { return len(x.cut(text)) > 0 }

// cut gives the words of text that have features.
func (x *lexicon) cut(text string) []int32 {
	var out []int32
	for w := range strings.FieldsSeq(text) {
		id := x.id(w)
		if len(x.grams[id]) > 0 {
			out = append(out, id)
		}
	}
	return out
}

func (x *lexicon) id(w string) int32 {
	if id, ok := x.ids[w]; ok {
		return id
	}
	id := int32(len(x.words))
	x.ids[w] = id
	x.words = append(x.words, w)
	grams := lang.Features(nil, w)
	plain := grams
	if f := lang.Fold(w); f != w {
		plain = lang.Features(nil, f)
	}
	x.grams, x.plain = append(x.grams, grams), append(x.plain, plain)
	return id
}

// all gives the features of words, as many as are weighed.
func (x *lexicon) all(words []int32) []uint32 {
	var out []uint32
	for _, w := range words {
		out = append(out, x.grams[w]...)
	}
	return out[:min(len(out), 600)]
}
