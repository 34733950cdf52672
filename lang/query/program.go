package query

import (
	"slices"
	"strings"

	"github.com/entente/entente/lang"
)

// A query becomes a program: numbers that stand for what a post has (terms), how they combine, and what must be looked at in the post itself
// (leaves). The lower bits of a number say what it is.
const (
	pTerm = iota // the post has term n
	pAll         // the post has each of the n terms that follow
	pAny         // the post has one of the n terms that follow
	pAnd         // n programs follow after the place where this one ends
	pOr          // the same
	pNot         // one program follows
	pLeaf        // leaf n

	pBits = 3
	pMask = 1<<pBits - 1
)

// leaf is what the terms of a post do not tell: where words stand, how they are spelled, and fields with many values.
type leaf struct {
	op                     op // opWords, opOr, opNear, opField
	scope                  scope
	exact, prefix, forward bool
	near                   int16
	at, count              uint32 // words, or kids, in the list of leaf words
	raw                    uint32 // the first spelling of an exact one
	field                  *node
}

// The keys under which the vocabulary holds what is no stem begin with one of these.
const (
	keyPrefix    = "\x01"
	keyTag       = "\x02"
	keyTagPrefix = "\x03"
	keyLang      = "\x04"
	keyKind      = "\x05"
	keySentiment = "\x06"
	keyEmotion   = "\x07"
	keySite      = "\x08"
	keyAuthor    = "\x0e"
	keyChannel   = "\x0f"
	keyIn        = "\x10"
)

// Builder compiles queries into a [Set], one after the other, so that they need not all be in memory.
type Builder struct {
	s       *Set
	classes map[string]uint32      // of terms
	stems   map[string][]stemClass // of terms
	leafOf  map[string]uint32      // by canonical form
	priors  []float32              // by class: the share of posts that have it, roughly
	often   []uint32               // by class: how many queries it stands in, counting each time
}

// NewBuilder starts an empty set.
func NewBuilder() *Builder {
	return &Builder{s: &Set{keys: map[string]uint32{}, program: make([]uint32, 1)},
		classes: map[string]uint32{}, stems: map[string][]stemClass{}, leafOf: map[string]uint32{}, priors: make([]float32, 1), often: make([]uint32, 1)}
}

// Add compiles a query; in results it goes by the number of queries added before. Nil and empty queries never match.
func (b *Builder) Add(q *Query) {
	if q.Empty() {
		b.s.starts = append(b.s.starts, 0)
		return
	}
	b.s.starts = append(b.s.starts, uint32(len(b.s.program)))
	b.compile(q.root)
}

func (b *Builder) emit(kind int, n uint32) {
	b.s.program = append(b.s.program, n<<pBits|uint32(kind))
}

func (b *Builder) compile(n *node) {
	if c, ok := b.plain(n); ok {
		b.term(c)
		return
	}
	switch n.op {
	case opAnd, opOr:
		b.combine(n)
	case opNot:
		b.emit(pNot, 0)
		b.compile(n.kids[0])
	case opField:
		key := b.fieldKey(n)
		if key == "" {
			b.emit(pLeaf, b.leaf(n))
			return
		}
		b.both(func() { b.term(b.virtual(key)) }, n)
	default:
		b.both(func() { b.presence(n) }, n)
	}
}

// both asks for what is needed, and then for the leaf itself.
func (b *Builder) both(needed func(), n *node) {
	b.group(pAnd, 2, func() {
		needed()
		b.emit(pLeaf, b.leaf(n))
	})
}

func (b *Builder) group(kind int, n int, body func()) {
	b.emit(kind, uint32(n))
	end := len(b.s.program)
	b.s.program = append(b.s.program, 0)
	body()
	b.s.program[end] = uint32(len(b.s.program))
}

func (b *Builder) term(class uint32) {
	b.often[class]++
	b.emit(pTerm, class)
}

func (b *Builder) terms(kind int, classes []uint32) {
	if len(classes) == 1 {
		b.term(classes[0])
		return
	}
	b.emit(kind, uint32(len(classes)))
	for _, c := range classes {
		b.often[c]++
		b.s.program = append(b.s.program, c)
	}
}

// combine puts the cheap parts first.
func (b *Builder) combine(n *node) {
	kind, list := pAnd, pAll
	if n.op == opOr {
		kind, list = pOr, pAny
	}
	var classes []uint32
	var others []*node
	for _, k := range n.kids {
		if c, ok := b.plain(k); !ok {
			others = append(others, k)
		} else if !slices.Contains(classes, c) {
			classes = append(classes, c)
		}
	}
	if len(others) == 0 {
		b.terms(list, classes)
		return
	}
	slices.SortStableFunc(others, func(x, y *node) int { return weight(x) - weight(y) })
	count := len(others)
	if len(classes) > 0 {
		count++
	}
	b.group(kind, count, func() {
		if len(classes) > 0 {
			b.terms(list, classes)
		}
		for _, k := range others {
			b.compile(k)
		}
	})
}

func weight(n *node) int {
	switch n.op {
	case opWords, opNear:
		return 1 + len(n.words)
	case opField:
		return 1
	}
	sum := 0
	for _, k := range n.kids {
		sum += weight(k)
	}
	return sum
}

// plain is the class of a node that says only that a post has something.
func (b *Builder) plain(n *node) (uint32, bool) {
	switch n.op {
	case opWords:
		if len(n.words) != 1 || n.exact || n.scope != anywhere {
			return 0, false
		}
		return b.word(n, 0), true
	case opField:
		switch n.field {
		case "lang":
			return b.virtual(keyLang + n.value), true
		case "kind":
			return b.virtual(keyKind + n.value), true
		case "sentiment":
			return b.virtual(keySentiment + n.value), true
		case "emotion":
			return b.virtual(keyEmotion + n.value), true
		case "site":
			return b.virtual(keySite + n.value), true
		case "tag":
			if strings.HasSuffix(n.value, "*") {
				return b.virtual(keyTagPrefix + tagKey(n.value)), true
			}
			return b.virtual(keyTag + tagKey(n.value)), true
		}
	}
	return 0, false
}

// fieldKey is something that any post has whose field has the value, "" when there is no such thing.
func (b *Builder) fieldKey(n *node) string {
	mark := map[string]string{"author": keyAuthor, "channel": keyChannel, "in": keyIn}[n.field]
	if mark == "" {
		return ""
	}
	runs := foldRuns(n.value)
	if strings.HasSuffix(n.value, "*") {
		runs = runs[:len(runs)-1]
	}
	longest := ""
	for _, r := range runs {
		if len(r) > len(longest) {
			longest = r
		}
	}
	if longest == "" {
		return ""
	}
	return mark + longest
}

// presence asks for the words of n, wherever they stand.
func (b *Builder) presence(n *node) {
	switch n.op {
	case opWords:
		var classes []uint32
		for i := range n.words {
			if c := b.word(n, i); !slices.Contains(classes, c) {
				classes = append(classes, c)
			}
		}
		b.terms(pAll, classes)
	default: // opOr, opNear
		kind := pAnd
		if n.op == opOr {
			kind = pOr
		}
		b.group(kind, len(n.kids), func() {
			for _, k := range n.kids {
				b.presence(k)
			}
		})
	}
}

// word is the class of a word of n.
func (b *Builder) word(n *node, i int) uint32 {
	w := &n.words[i]
	if n.prefix && i == len(n.words)-1 {
		return b.virtual(keyPrefix + w.term)
	}
	c, ok := b.classes[w.term]
	if !ok {
		c = b.class(rarity(w.term))
		b.classes[strings.Clone(w.term)] = c
		for v, stem := range w.stems() {
			b.stem(stem, c, v)
		}
	}
	return c
}

// virtual is the class of what is no word.
func (b *Builder) virtual(key string) uint32 {
	c, ok := b.s.keys[key]
	if !ok {
		prior := float32(0.001)
		switch mark := key[:1]; mark {
		case keyPrefix:
			prior = 0.02
			if len(key) < 6 {
				prior = 0.1
			}
			b.s.prefixes |= 1 << min(len(key)-1, 63)
		case keyLang, keySentiment:
			prior = 0.4
		case keyKind, keyEmotion:
			prior = 0.15
		case keySite:
			prior = 0.02
		case keyChannel, keyIn:
			prior = 0.05
		}
		b.s.uses |= 1 << key[0]
		c = b.class(prior)
		b.s.keys[strings.Clone(key)] = c
	}
	return c
}

func (b *Builder) class(prior float32) uint32 {
	b.priors = append(b.priors, prior)
	b.often = append(b.often, 0)
	return uint32(len(b.priors) - 1)
}

// stem notes that a class has a stem in a language.
func (b *Builder) stem(stem string, class uint32, variant int) {
	list, ok := b.stems[stem]
	if n := len(list) - 1; n >= 0 && list[n].class == class {
		list[n].variants |= 1 << variant
		return
	}
	if !ok {
		stem = strings.Clone(stem)
	}
	b.stems[stem] = append(list, stemClass{class, 1 << variant})
}

// leaf is the number of the leaf for n.
func (b *Builder) leaf(n *node) uint32 {
	key := n.String()
	if i, ok := b.leafOf[key]; ok {
		return i
	}
	l := leaf{op: n.op, scope: n.scope, exact: n.exact, prefix: n.prefix, forward: n.forward, near: int16(n.near)}
	var list []uint32
	switch n.op {
	case opField:
		field := *n
		field.value = strings.Clone(n.value)
		l.field = &field
		if n.field == "url" {
			b.s.uses |= usesLinks
		}
	case opOr, opNear:
		for _, k := range n.kids {
			list = append(list, b.leaf(k))
		}
	default:
		l.raw = uint32(len(b.s.raws))
		for i := range n.words {
			list = append(list, b.word(n, i))
			if n.exact {
				b.s.raws = append(b.s.raws, strings.Clone(n.words[i].raw))
			}
		}
	}
	l.at, l.count = uint32(len(b.s.leafWords)), uint32(len(list))
	b.s.leafWords = append(b.s.leafWords, list...)
	i := uint32(len(b.s.leaves))
	b.s.leaves = append(b.s.leaves, l)
	b.leafOf[key] = i
	return i
}

// rarity is the share of posts that have a word, guessed by its length and a few lists.
func rarity(term string) float32 {
	switch {
	case strings.Contains(frequent, " "+term+" "):
		return 0.2
	case len(term) < 3:
		return 0.1
	case len(term) == 3:
		return 0.03
	case len(term) == 4:
		return 0.01
	}
	return 0.003
}

// frequent lists words that say little about which query a post can match.
const frequent = " about after all also and any are been before but can could did even for from get got has have her here him his how its just like more not now off one only other " +
	"our out over she should some than that the their them then there these they this too very want was way well were what when where which who will with would you your " +
	"alors apres aussi autre aux avant avec avoir bien bon car ces cette comme dans deja depuis des deux donc elle elles encore est etait etre faire fait leur leurs les mais meme " +
	"moins mon non notre nous ont oui par parce pas peu plus pour quand que qui quoi sans ses son sont sous sur tout toute tous tres trop une vous votre "

// siteKeys calls yield for a host and the domains it stands below.
func siteKeys(host string, yield func(string)) {
	for host != "" {
		yield(host)
		_, rest, ok := strings.Cut(host, ".")
		if !ok {
			return
		}
		host = rest
	}
}

// langKeys calls yield for the values of lang: that a post's language has.
func langKeys(code string, yield func(string)) {
	code = strings.ToLower(code)
	if code == "" {
		yield(unknown)
		return
	}
	if code != unknown {
		yield(code)
	}
	if base := lang.Base(code); base != code && base != unknown {
		yield(base)
	}
}
