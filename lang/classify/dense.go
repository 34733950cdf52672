package classify

import "math"

// Dense inputs of labels: what is known of the text as a whole.
const (
	denseWords = iota
	denseCaps
	denseLong
	denseExclaim
	denseAsk
	denseEndsAsk
	denseDots
	denseQuote
	denseEmoji
	denseURL
	denseNames
	DenseTo // begins with a name
	denseTags
	denseNumbers
	densePleasant
	denseSour
	denseBalance
	denseLastBalance
	DenseNamed // and on: one for each class of the lexicon
	Dense      = DenseNamed + named
)

var denseTitles = [DenseNamed]string{"length", "capitals", "long letters", "!", "?", "ends with ?", "...", "quotation marks", "emoji", "URL", "@names", "begins with @",
	"#tags", "numbers", "pleasant words", "unpleasant words", "balance of words", "balance at the end"}

// fill computes the dense inputs.
func (s *signs) fill(x *[Dense]float32) {
	n := max(float32(s.words), 1)
	x[denseWords] = float32(math.Log2(float64(s.words+1)))/4 - 1
	x[denseCaps] = min(float32(s.caps)/n*2, 1)
	x[denseLong] = min(float32(s.long), 2) / 2
	x[denseExclaim] = min(float32(s.exclaim), 4) / 4
	x[denseAsk] = min(float32(s.ask), 3) / 3
	x[denseEndsAsk] = float32(b2i(s.endsAsk))
	x[denseDots] = min(float32(s.dots), 2) / 2
	x[denseQuote] = min(float32(s.quote), 2) / 2
	x[denseEmoji] = min(float32(s.emoji), 3) / 3
	x[denseURL] = float32(min(s.urls, 1))
	x[denseNames] = min(float32(s.names), 3) / 3
	x[DenseTo] = float32(b2i(s.startsWithName))
	x[denseTags] = min(float32(s.tags), 4) / 4
	x[denseNumbers] = min(float32(s.numbers), 4) / 4
	x[densePleasant] = min(s.pleasant, 8) / 4
	x[denseSour] = min(s.unpleasant, 8) / 4
	x[denseBalance] = min(max(s.pleasant-s.unpleasant, -6), 6) / 3
	x[denseLastBalance] = min(max(s.lastPleasant-s.lastSour, -6), 6) / 3
	for i, k := range s.hits {
		x[DenseNamed+i] = min(float32(k), 3) / 2
	}
}

func denseTitle(i int) string {
	if i < DenseNamed {
		return denseTitles[i]
	}
	return "words of " + lexiconClasses[i-DenseNamed]
}
