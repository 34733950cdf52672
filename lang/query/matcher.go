package query

import (
	"slices"
	"strings"

	"github.com/entente/entente/lang"
)

// Matcher tests posts against a set, one after the other. It remembers the words it met, in bounded memory (a few megabytes), and is for one
// goroutine at a time.
type Matcher struct {
	s     *Set
	codes [variants]string
	words memory

	there bits     // by class: whether the post has it
	last  []int32  // by class that is there: the place of its word that stands last, -1 for what is no word
	done  bits     // by query: whether it is decided
	epoch uint32   // of the post
	leaf  []uint32 // by leaf: twice the epoch when it was looked at, and 1 when the post has it

	d       *Doc
	variant int
	toks    []place
	next    int32    // where the next word stands
	seen    []uint32 // classes that are there
	tried   []uint32 // queries that are decided
	links   []string
	out     []int32
}

// bits are so small that the processor keeps them at hand.
type bits []uint64

func (b bits) has(i uint32) bool { return b[i>>6]>>(i&63)&1 == 1 }
func (b bits) set(i uint32)      { b[i>>6] |= 1 << (i & 63) }
func (b bits) clear(list []uint32) {
	for _, i := range list {
		b[i>>6] = 0
	}
}

// place is a word of the post that some query asks for.
type place struct {
	raw string
	held
	before int32 // the place before of the same word, -1 when there is none
	at     int32
	part   scope
}

// NewMatcher makes a matcher for s.
func (s *Set) NewMatcher() *Matcher {
	return &Matcher{s: s, codes: codes(), words: newMemory(), there: make(bits, s.count/64+1), last: make([]int32, s.count),
		done: make(bits, len(s.starts)/64+1), leaf: make([]uint32, len(s.leaves))}
}

// Match lists the indexes of the queries that mean d, in order; the list is valid until the next call. d need not come from [NewDoc]: a post
// that is matched once is cheaper as it is.
func (m *Matcher) Match(d *Doc) []int32 {
	m.begin(d)
	if d.ready {
		m.take(d)
	} else {
		m.read(d)
	}
	m.about(d)
	s := m.s
	for _, class := range m.seen {
		if !s.posted.has(class) {
			continue
		}
		for i, end := s.from[class], s.from[class+1]; i < end; i++ {
			p := &s.postings[i]
			if m.done.has(p.query) || p.need != 0 && !m.there.has(p.need) {
				continue
			}
			m.done.set(p.query)
			m.tried = append(m.tried, p.query)
			if p.start == 0 || m.eval(p.start) {
				m.out = append(m.out, int32(p.query))
			}
		}
	}
	for _, q := range s.always {
		if m.eval(s.starts[q]) {
			m.out = append(m.out, int32(q))
		}
	}
	slices.Sort(m.out)
	m.d = nil
	return m.out
}

func (m *Matcher) begin(d *Doc) {
	m.there.clear(m.seen)
	m.done.clear(m.tried)
	if m.epoch++; m.epoch == 1<<31 {
		m.epoch = 1
		clear(m.leaf)
	}
	if cap(m.toks) > 1<<14 { // after a post of a book's length
		m.toks = nil
	}
	clear(m.links)
	m.d, m.variant, m.next = d, variant(d.Lang), 0
	m.toks, m.seen, m.tried, m.links, m.out = m.toks[:0], m.seen[:0], m.tried[:0], m.links[:0], m.out[:0]
	m.words.grow()
}

// read cuts the post into words and takes those that are asked for.
func (m *Matcher) read(d *Doc) {
	m.next += partGap
	m.cut(head(d.Title, maxTitle), inTitle)
	m.next += partGap
	m.cut(head(d.Text, maxText), inText)
	for i, t := range d.Tags {
		if i == maxTags {
			break
		}
		t = head(strings.TrimLeft(t, "#"), maxTag)
		m.next += partGap
		m.cut(t, anywhere)
		m.mark(lookTag, t, keyTag, keyTagPrefix)
	}
}

func (m *Matcher) cut(s string, part scope) {
	inside := func(t lang.Token) bool { return true }
	lang.Walk(s, func(t lang.Token) bool {
		switch t.Kind {
		case lang.Word:
			if c := s[t.End-1]; c == '\'' || c == 0x99 && strings.HasSuffix(s[t.Start:t.End], "’") {
				return true // elided
			}
			m.word(s[t.Start:t.End], part)
		case lang.Emoji:
			m.word(s[t.Start:t.End], part)
		case lang.Tag, lang.Name, lang.Number:
			piece := s[t.Start:t.End]
			if t.Kind == lang.Tag && part != anywhere {
				m.mark(lookTag, piece, keyTag, keyTagPrefix)
			}
			inside = func(w lang.Token) bool {
				m.word(piece[w.Start:w.End], part)
				return true
			}
			lang.Words(piece, inside)
		case lang.URL:
			if m.s.uses&usesLinks != 0 {
				m.links = append(m.links, s[t.Start:t.End])
			}
		}
		return true
	})
}

func (m *Matcher) word(raw string, part scope) {
	k := m.look(uint8(m.variant), raw)
	if k.void {
		return
	}
	if k.place {
		m.stand(k, raw, m.next, part)
	} else {
		m.notes(&k.held)
	}
	m.next++
}

// take takes the words of a post that is cut already.
func (m *Matcher) take(d *Doc) {
	for i := range d.toks {
		t := &d.toks[i]
		if k := m.look(uint8(m.variant), t.raw); k.place {
			m.stand(k, t.raw, t.at, t.part)
		} else {
			m.notes(&k.held)
		}
	}
	for _, key := range d.tags {
		m.mark(lookTagKey, key, keyTag, keyTagPrefix)
	}
	m.links = append(m.links, d.links...)
}

// stand notes that a word stands somewhere.
func (m *Matcher) stand(k *known, raw string, at int32, part scope) {
	i := int32(len(m.toks))
	p := place{raw: raw, held: k.held, before: -1, at: at, part: part}
	switch {
	case k.many != nil:
		for _, class := range (*k.many)[:k.same] {
			p.before = m.put(class, i)
		}
		for _, class := range (*k.many)[k.same:] {
			m.note(class)
		}
	case k.same == 1:
		p.before = m.put(k.one, i)
	default:
		m.note(k.one)
	}
	m.toks = append(m.toks, p)
}

// put notes that a class has its last word at place i, and returns the one before.
func (m *Matcher) put(class uint32, i int32) int32 {
	before := int32(-1)
	if m.there.has(class) {
		before = m.last[class]
	} else {
		m.there.set(class)
		m.seen = append(m.seen, class)
	}
	m.last[class] = i
	return before
}

// notes that the post has all classes of something.
func (m *Matcher) notes(h *held) {
	if h.one != 0 {
		m.note(h.one)
	} else if h.many != nil {
		for _, class := range *h.many {
			m.note(class)
		}
	}
}

func (m *Matcher) note(class uint32) {
	if !m.there.has(class) {
		m.there.set(class)
		m.last[class] = -1
		m.seen = append(m.seen, class)
	}
}

// mark notes what else the post has, when it is asked for under one of the keys.
func (m *Matcher) mark(look uint8, raw string, keys ...string) {
	for _, key := range keys {
		if m.s.uses&(1<<key[0]) != 0 {
			m.notes(&m.look(look, raw).held)
			return
		}
	}
}

// about notes what is known of the post beside its words.
func (m *Matcher) about(d *Doc) {
	if m.s.uses == 0 {
		return
	}
	m.mark(lookLang, d.Lang, keyLang)
	m.mark(lookKind, d.Kind, keyKind)
	for _, k := range d.Kinds {
		if k != "" {
			m.mark(lookKind, k, keyKind)
		}
	}
	m.mark(lookSentiment, d.Sentiment, keySentiment)
	m.mark(lookEmotion, d.Emotion, keyEmotion)
	if m.s.uses&(1<<keySite[0]) != 0 {
		m.mark(lookSite, siteOf(d.URL), keySite)
	}
	m.mark(lookAuthor, d.Author, keyAuthor)
	m.mark(lookAuthor, d.AuthorName, keyAuthor)
	m.mark(lookChannel, d.Channel, keyChannel)
	m.mark(lookIn, d.In, keyIn)
}

func (m *Matcher) look(look uint8, raw string) *known {
	k, sum, found := m.words.find(look, raw)
	if !found {
		m.words.keep(k, sum, look, raw)
		m.s.resolve(k, look, raw, &m.codes)
	}
	return k
}

// eval runs the program at ip.
func (m *Matcher) eval(ip uint32) bool {
	p := m.s.program
	n := p[ip] >> pBits
	switch p[ip] & pMask {
	case pTerm:
		return m.there.has(n)
	case pAll:
		for _, c := range p[ip+1 : ip+1+n] {
			if !m.there.has(c) {
				return false
			}
		}
		return true
	case pAny:
		for _, c := range p[ip+1 : ip+1+n] {
			if m.there.has(c) {
				return true
			}
		}
		return false
	case pAnd:
		for kid := ip + 2; n > 0; n-- {
			if !m.eval(kid) {
				return false
			}
			kid = skip(p, kid)
		}
		return true
	case pOr:
		for kid := ip + 2; n > 0; n-- {
			if m.eval(kid) {
				return true
			}
			kid = skip(p, kid)
		}
		return false
	case pNot:
		return !m.eval(ip + 1)
	}
	if mark := m.leaf[n]; mark>>1 == m.epoch {
		return mark&1 == 1
	}
	mark := m.epoch << 1
	if m.leafHolds(n) {
		mark |= 1
	}
	m.leaf[n] = mark
	return mark&1 == 1
}

func (m *Matcher) leafHolds(i uint32) bool {
	l := &m.s.leaves[i]
	switch {
	case l.op == opField:
		return m.field(l.field)
	case l.op == opWords && l.near > 0:
		return m.bag(l)
	case l.op == opWords && !(l.prefix && l.count == 1):
		words := m.wordsOf(l)
		if !m.there.has(words[0]) {
			return false
		}
		for i := m.last[words[0]]; i >= 0; i = m.toks[i].before {
			if m.fits(l, int(i)) {
				return true
			}
		}
		return false
	}
	return len(m.spans(l)) > 0
}

func (m *Matcher) field(n *node) bool {
	if n.field == "url" {
		return n.inLinks(m.d.URL, m.links)
	}
	return n.matchField(m.d)
}

func (m *Matcher) wordsOf(l *leaf) []uint32 { return m.s.leafWords[l.at : l.at+l.count] }

// fits says whether the words of l stand from place i on.
func (m *Matcher) fits(l *leaf, i int) bool {
	words := m.wordsOf(l)
	if i+len(words) > len(m.toks) || l.scope != anywhere && m.toks[i].part != l.scope {
		return false
	}
	for k, class := range words {
		t := &m.toks[i+k]
		if t.at != m.toks[i].at+int32(k) {
			return false
		}
		if l.prefix && k == len(words)-1 {
			if !t.begins(class) {
				return false
			}
			continue
		}
		if !t.is(class) || l.exact && !sameSpelling(t.raw, m.s.raws[int(l.raw)+k]) {
			return false
		}
	}
	return true
}

// spans lists where l stands in the post, by their beginning.
func (m *Matcher) spans(l *leaf) []span {
	words := m.wordsOf(l)
	var out []span
	switch l.op {
	case opNear:
		a, b := m.spans(&m.s.leaves[words[0]]), []span(nil)
		if len(a) > 0 {
			b = m.spans(&m.s.leaves[words[1]])
		}
		return beside(a, b, int32(l.near-1), l.forward)
	case opOr:
		for _, k := range words {
			out = append(out, m.spans(&m.s.leaves[k])...)
		}
		return ordered(out)
	}
	last := int32(len(words) - 1)
	if l.prefix && last == 0 {
		for i := range m.toks {
			if m.fits(l, i) {
				out = append(out, span{m.toks[i].at, m.toks[i].at})
			}
		}
		return out
	}
	if !m.there.has(words[0]) {
		return nil
	}
	for i := m.last[words[0]]; i >= 0; i = m.toks[i].before {
		if m.fits(l, int(i)) {
			out = append(out, span{m.toks[i].at, m.toks[i].at + last})
		}
	}
	slices.Reverse(out)
	return out
}

// bag goes through the post once and remembers where each word of l stood last.
func (m *Matcher) bag(l *leaf) bool {
	words := m.wordsOf(l)
	last := make([]int32, len(words))
	for i := range last {
		last[i] = -1 << 30
	}
	width := int32(len(words)) + int32(l.near) - 1
	for i := range m.toks {
		t := &m.toks[i]
		if l.scope != anywhere && t.part != l.scope {
			continue
		}
		hit := false
		for k, class := range words {
			if t.is(class) {
				last[k], hit = t.at, true
			}
		}
		if hit && t.at-slices.Min(last) < width {
			return true
		}
	}
	return false
}
