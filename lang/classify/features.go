package classify

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/entente/entente/lang"
)

// Bounds of what is read of one text.
const (
	maxBytes   = 6 << 10 // bytes read; people say what they feel in fewer
	maxLetters = 32      // letters of one word whose n-grams count
	leastGram  = 3
	mostGram   = 5
)

// Groups of features; each is weighed down by its own number of features.
const (
	wordGroup = iota // words, pairs of words, signs, and what is known of the text as a whole
	gramGroup        // runs of letters inside words
	groups
)

// Salts keep features of different sorts apart.
const (
	saltWord uint32 = 0x9e3779b1 * (iota + 1) & 0xffffffff
	saltPair
	saltDenied
	saltTag
	saltSign
	saltFirst
	saltFirstPair
	saltLast
	saltShape
	saltWordOf
	saltGram
	saltLexicon
	saltTriple
)

// token is a word or sign of a text, as features see it.
type token struct {
	hash       uint32 // of its folded letters
	start, end int32  // in the text
	kind       lang.Kind
	negator    bool
	first, n   int32 // its letters in reader.letters
}

// place is where a feature stands in the text.
type place struct{ start, end int32 }

// Reader turns texts into features, one after the other. It is not safe for concurrent use.
type Reader struct {
	text    string
	letters []rune // of all words, folded, each word between '_'
	tokens  []token
	found   [groups][]uint32
	places  [groups][]place // as found, when traced
	traced  bool
	signs   signs
	lexicon Lexicon
}

// NewReader gives a reader that looks words up in l.
func NewReader(l Lexicon) *Reader { return &Reader{lexicon: l} }

// signs are counts of a text.
type signs struct {
	words, caps, long         int
	exclaim, ask, dots, quote int
	names, tags, urls         int
	emoji, numbers            int
	startsWithName, endsAsk   bool

	pleasant, unpleasant   float32 // strengths of the lexicon's words
	lastPleasant, lastSour float32 // of those after the last "but"
	hits                   [named]uint8
}

// Features gives the hashes of what [Classifier] weighs in text, for the trainer: words and signs, and runs of letters. They stand until the
// next call.
func (r *Reader) Features(text, code string) (words, grams []uint32) {
	r.read(text, code)
	return r.found[wordGroup], r.found[gramGroup]
}

// read fills r with the features of text, whose language is code.
func (r *Reader) read(text, code string) {
	if len(text) > maxBytes {
		text = text[:maxBytes]
		for len(text) > 0 && !utf8.RuneStart(text[len(text)-1]) {
			text = text[:len(text)-1]
		}
	}
	text = mend(text)
	r.text = text
	r.letters, r.tokens = r.letters[:0], r.tokens[:0]
	for g := range r.found {
		r.found[g], r.places[g] = r.found[g][:0], r.places[g][:0]
	}
	r.signs = signs{}
	lang.Walk(text, func(t lang.Token) bool { r.take(t); return true })
	r.words(code)
	r.lookUp(code)
	r.grams()
	r.shape()
}

func mix(h uint32) uint32 {
	h ^= h >> 15
	h *= 0x2c1b3c6d
	h ^= h >> 12
	h *= 0x297a2d39
	return h ^ h>>15
}

func (r *Reader) add(group int, h uint32, start, end int32) {
	r.found[group] = append(r.found[group], mix(h))
	if r.traced {
		r.places[group] = append(r.places[group], place{start, end})
	}
}

const (
	fnvBasis = 2166136261
	fnvPrime = 16777619
)

// take folds one token.
func (r *Reader) take(t lang.Token) {
	s := r.text[t.Start:t.End]
	out := token{start: int32(t.Start), end: int32(t.End), kind: t.Kind, hash: fnvBasis}
	switch t.Kind {
	case lang.URL:
		r.signs.urls++
		out.hash = 1
	case lang.Name:
		if len(r.tokens) == 0 {
			r.signs.startsWithName = true
		}
		if strings.EqualFold(s, "@url") {
			out.kind, out.hash = lang.URL, 1
			r.signs.urls++
			break
		}
		r.signs.names++
		out.hash = 2
	case lang.Number:
		r.signs.numbers++
		out.hash = 3
	case lang.Emoji:
		r.signs.emoji++
		for _, c := range s {
			if c == 0xfe0f || c == 0xfe0e || c >= 0x1f3fb && c <= 0x1f3ff {
				continue
			}
			out.hash = (out.hash ^ uint32(c)) * fnvPrime
		}
	case lang.Emoticon:
		r.signs.emoji++
		for i := 0; i < len(s); i++ {
			if i > 1 && s[i] == s[i-1] || s[i] == '-' && len(s) > 2 {
				continue
			}
			out.hash = (out.hash ^ uint32(s[i])) * fnvPrime
		}
	case lang.Punct:
		r.punct(&out, s)
	case lang.Tag:
		r.signs.tags++
		r.fold(&out, s[1:])
	case lang.Word:
		r.fold(&out, s)
		if out.n == 4 && out.hash == hashHTTP || out.n == 5 && out.hash == hashHTTPS {
			r.signs.urls++
			out.kind, out.hash = lang.URL, 1
			break
		}
		r.signs.words++
	}
	r.tokens = append(r.tokens, out)
}

func (r *Reader) punct(out *token, s string) {
	c, n := utf8.DecodeRuneInString(s)
	count := len(s) / n
	switch c {
	case '!', '¡', '！':
		c = '!'
		r.signs.exclaim += count
	case '?', '¿', '？', '؟':
		c = '?'
		r.signs.ask += count
	case '.':
		if count > 1 {
			c = '…'
			count = 1
			r.signs.dots++
		}
	case '…':
		count = 1
		r.signs.dots++
	case '"', '«', '»', '“', '”':
		c = '"'
		r.signs.quote++
	}
	out.hash = (out.hash ^ uint32(c)) * fnvPrime
	out.hash = (out.hash ^ uint32(min(count, 3))) * fnvPrime
}

var (
	hashHTTP  = hashWord("http")
	hashHTTPS = hashWord("https")
)

// hashWord is the hash of a folded word.
func hashWord(w string) uint32 {
	h := uint32(fnvBasis)
	for _, c := range w {
		h = (h ^ uint32(c)) * fnvPrime
	}
	return h
}

// fold appends the folded letters of a word: lower case, no accents, the same letter at most twice in a row.
func (r *Reader) fold(out *token, s string) {
	r.letters = append(r.letters, '_')
	out.first = int32(len(r.letters))
	upper, lower, long := 0, 0, false
	h := out.hash
	var last, before rune
	for i := 0; i < len(s); {
		c, n := rune(s[i]), 1
		if c >= utf8.RuneSelf {
			c, n = utf8.DecodeRuneInString(s[i:])
		}
		i += n
		switch {
		case c >= 'a' && c <= 'z':
			lower++
		case c >= 'A' && c <= 'Z':
			c |= 0x20
			upper++
		case c < utf8.RuneSelf:
			if c == '_' {
				continue
			}
		case c == '’' || c == 'ʼ':
			c = '\''
		default:
			l := unicode.ToLower(c)
			if l != c {
				upper++
			} else {
				lower++
			}
			var second rune
			c, second = plain(l)
			if c == 0 {
				continue
			}
			if second != 0 {
				h = (h ^ uint32(c)) * fnvPrime
				r.letters = append(r.letters, c)
				before, last = last, c
				c = second
			}
		}
		if c == last && c == before {
			long = true
			continue
		}
		before, last = last, c
		h = (h ^ uint32(c)) * fnvPrime
		r.letters = append(r.letters, c)
	}
	out.n = int32(len(r.letters)) - out.first
	out.hash = h
	r.letters = append(r.letters, '_')
	if upper > 2 && lower == 0 {
		r.signs.caps++
	}
	if long {
		r.signs.long++
	}
	out.negator = isNegator(r.letters[out.first : out.first+out.n])
}

// latin is U+00C0 to U+017F without accents; a dot means that it takes two letters or stays.
const latin = "aaaaaa.ceeeeiiiidnooooo.ouuuuy..aaaaaa.ceeeeiiiidnooooo.ouuuuy.y" +
	"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii..jjkkqlllllllllln" +
	"nnnnnnnnoooooo..rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs"

// plain drops the accent of a lower-case letter; 0 means that nothing is left of it, second is set when two letters are.
func plain(c rune) (first, second rune) {
	if c >= 0xc0 && c < 0x180 {
		switch c {
		case 'æ':
			return 'a', 'e'
		case 'œ':
			return 'o', 'e'
		case 'ß':
			return 's', 's'
		}
		if l := latin[c-0xc0]; l != '.' {
			return rune(l), 0
		}
		return c, 0
	}
	if c < 0xc0 {
		return c, 0
	}
	if unicode.Is(unicode.Mn, c) && c < 0x900 || c == 0x640 || c >= 0x200b && c <= 0x200f || c == 0xad {
		return 0, 0
	}
	if c < 0x1e00 {
		return c, 0
	}
	var b [utf8.UTFMax]byte
	n := utf8.EncodeRune(b[:], c)
	if d := norm.NFKD.Properties(b[:n]).Decomposition(); len(d) > 0 {
		f, _ := utf8.DecodeRune(d)
		return unicode.ToLower(f), 0
	}
	return c, 0
}

// isNegator says whether a folded word denies what follows.
func isNegator(w []rune) bool {
	if len(w) < 2 || len(w) > 8 {
		return false
	}
	var b [8]byte
	for i, c := range w {
		if c >= utf8.RuneSelf {
			return false
		}
		b[i] = byte(c)
	}
	if len(w) > 3 && string(b[len(w)-3:len(w)]) == "n't" {
		return true
	}
	switch string(b[:len(w)]) {
	case "not", "no", "never", "without", "nothing", "nobody", "cannot", "cant", "dont", "doesnt", "didnt", "wont", "isnt", "wasnt", "aint",
		"nor", "hardly", "couldnt", "wouldnt",
		"pas", "jamais", "rien", "aucun", "aucune", "sans", "ni", "plus", "guere",
		"nicht", "kein", "keine", "keinen", "nie", "niemals", "ohne", "nix",
		"nunca", "sin", "nada", "jamas", "ningun", "ninguna",
		"non", "mai", "senza", "nessun", "nessuna", "niente",
		"nao", "sem", "nem", "nenhum", "nenhuma", "n":
		return true
	}
	return false
}

// reach is how many words a negator denies.
const reach = 3

// words adds the features made of whole words and signs.
func (r *Reader) words(code string) {
	of := saltWordOf
	for i := 0; i < len(code); i++ {
		of = (of ^ uint32(code[i])) * fnvPrime
	}
	denied := 0
	last, lastStart := uint32(11), int32(0)
	seen := 0
	for i := range r.tokens {
		t := &r.tokens[i]
		switch t.kind {
		case lang.Word, lang.Tag:
			r.add(wordGroup, t.hash^saltWord, t.start, t.end)
			r.add(wordGroup, t.hash^of, t.start, t.end)
			if t.kind == lang.Tag {
				r.add(wordGroup, t.hash^saltTag, t.start, t.end)
			}
			if denied > 0 {
				r.add(wordGroup, t.hash^saltDenied, t.start, t.end)
				denied--
			}
			if t.negator {
				denied = reach
			}
			if seen == 0 {
				r.add(wordGroup, t.hash^saltFirst, t.start, t.end)
			} else if seen == 1 {
				r.add(wordGroup, last*31^t.hash^saltFirstPair, lastStart, t.end)
			}
			seen++
		case lang.Punct:
			r.add(wordGroup, t.hash^saltSign, t.start, t.end)
			denied = 0
		case lang.Emoji, lang.Emoticon:
			r.add(wordGroup, t.hash^saltSign, t.start, t.end)
		default:
			r.add(wordGroup, t.hash^saltSign, t.start, t.end)
		}
		r.add(wordGroup, last*0x85ebca6b^t.hash^saltPair, lastStart, t.end)
		last, lastStart = t.hash, t.start
	}
	if n := len(r.tokens); n > 0 {
		t := &r.tokens[n-1]
		r.add(wordGroup, t.hash^saltLast, t.start, t.end)
		for i := n - 1; i >= 0 && i > n-4; i-- {
			if t := &r.tokens[i]; t.kind == lang.Punct && r.text[t.start] == '?' {
				r.signs.endsAsk = true
			} else if t.kind == lang.Word {
				break
			}
		}
	}
}

// lookUp adds what the lexicon knows of the words.
func (r *Reader) lookUp(code string) {
	switch code {
	case "fr", "en", "de", "es", "it", "pt":
	default:
		code = "en"
	}
	tongue, everywhere := tongue(code), tongue("")
	denied, strong := 0, float32(1)
	s := &r.signs
	for i := 0; i < len(r.tokens); {
		t := &r.tokens[i]
		if t.kind == lang.Punct {
			denied, strong = 0, 1
			i++
			continue
		}
		if t.n == 0 && t.kind != lang.Emoji && t.kind != lang.Emoticon {
			i++
			continue
		}
		e, n := entry{}, 0
		if t.n == 0 {
			if e = r.known(everywhere, t); !e.empty() {
				n = 1
			}
		} else {
			e, n = r.hit(i, tongue)
		}
		end := r.tokens[i+max(n, 1)-1].end
		was := denied > 0
		if denied > 0 {
			denied--
		}
		if t.negator {
			denied = reach
		}
		strength := strong
		for _, c := range e {
			class, power := c&31, c>>5
			if class == noClass {
				break
			}
			switch class {
			case negatorClass:
				denied = reach
			case intensifierClass:
				strong = 1.5
			case diminisherClass:
				strong = 0.6
			case contrastClass:
				s.lastPleasant, s.lastSour = 0, 0
			case positiveClass, negativeClass:
				v := strength * float32(power)
				good := class == positiveClass
				if was {
					good = !good
					v *= 0.6
				}
				if good {
					s.pleasant += v
					s.lastPleasant += v
				} else {
					s.unpleasant += v
					s.lastSour += v
				}
				strong = 1
			default:
				if class < firstNamed || class >= firstNamed+named {
					continue
				}
				if s.hits[class-firstNamed] < 9 {
					s.hits[class-firstNamed]++
				}
			}
			r.add(wordGroup, saltLexicon^(uint32(class)<<8|uint32(power)<<4|uint32(b2i(was))), t.start, end)
		}
		if !e.feels() {
			n = 1 // words in a phrase about something else may feel
		}
		i += max(n, 1)
	}
	level := func(v float32) uint32 { return uint32(min(max(v, -7), 7) + 8) }
	p := saltLexicon ^ 0x10000
	if s.pleasant > 0 || s.unpleasant > 0 {
		r.add(wordGroup, p^level(s.pleasant-s.unpleasant), 0, 0)
		r.add(wordGroup, p^0x1000^level(s.lastPleasant-s.lastSour), 0, 0)
		r.add(wordGroup, p^0x2000^level(s.pleasant)<<4^level(s.unpleasant), 0, 0)
	} else {
		r.add(wordGroup, p^0x3000, 0, 0)
	}
	for c, n := range s.hits {
		if n > 0 {
			r.add(wordGroup, p^0x4000^uint32(c)<<4^uint32(log2(int(n))), 0, 0)
		}
	}
}

// grams adds the runs of letters of each word.
func (r *Reader) grams() {
	for i := range r.tokens {
		t := &r.tokens[i]
		if t.n == 0 {
			continue
		}
		w := r.letters[t.first-1 : t.first+min(t.n, maxLetters)+1]
		for a := range w {
			h := saltGram
			for b := a; b < len(w) && b < a+mostGram; b++ {
				h = (h ^ uint32(w[b])) * fnvPrime
				if b >= a+leastGram-1 {
					r.add(gramGroup, h, t.start, t.end)
				}
			}
		}
	}
}

// shape adds what is seen of the text as a whole.
func (r *Reader) shape() {
	s := &r.signs
	for i, v := range [...]int{log2(s.words), log2(s.caps), log2(s.long), log2(s.exclaim), log2(s.ask), log2(s.dots), log2(s.names), log2(s.tags),
		log2(s.urls), log2(s.emoji), log2(s.numbers), log2(s.quote), b2i(s.startsWithName), b2i(s.endsAsk)} {
		if v > 0 {
			r.add(wordGroup, saltShape^uint32(i*64+v), 0, 0)
		}
	}
}

func log2(n int) int {
	k := 0
	for n > 0 {
		n >>= 1
		k++
	}
	return k
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}
