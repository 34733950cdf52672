package query

import (
	"math"
	"slices"
	"sync"
)

// Set is many queries compiled together, so that a post is tested against those that can match it only. Make it with a [Builder] or
// [NewSet]. It is immutable and safe for concurrent use.
type Set struct {
	stems    map[string]stemRange // of the words asked for
	classes  []stemClass          // by stem
	keys     map[string]uint32    // classes of what is no word
	count    int                  // of classes: terms that queries ask for, told apart by all their stems; 0 is none of them
	prefixes uint64               // the lengths that prefixes have, by bits; the last one for all beyond
	uses     uint64               // which keys are asked for, by bits

	program   []uint32
	starts    []uint32 // by query: where its program begins, 0 when it has none
	leaves    []leaf
	leafWords []uint32
	raws      []string
	from      []uint32  // by class: where its postings begin
	postings  []posting // by class
	posted    bits      // by class: whether there are any
	placed    bits      // by class: whether some leaf asks where it stands
	always    []uint32  // queries that nothing narrows

	pool sync.Pool // of *Matcher
}

const usesLinks = 1 << 63

// stemClass says that a word has some stem in some languages (by bits).
type stemClass struct {
	class    uint32
	variants uint8
}

// stemRange is where the classes of a stem stand.
type stemRange struct{ from, to uint32 }

// posting says that a post with some class may match a query.
type posting struct {
	query uint32
	start uint32 // of its program; 0 when nothing else is asked for
	need  uint32 // another class that must be there, 0 for none
}

// NewSet compiles queries; results refer to them by their index. Nil and empty queries never match.
func NewSet(queries []*Query) *Set {
	b := NewBuilder()
	for _, q := range queries {
		b.Add(q)
	}
	return b.Set()
}

// Len is the number of queries in the set.
func (s *Set) Len() int { return len(s.starts) }

// Match lists the indexes of the queries that mean d, in order. Where posts come in numbers, give each goroutine a [Matcher] of its own.
func (s *Set) Match(d *Doc) []int {
	if d == nil || len(s.starts) == 0 {
		return nil
	}
	m, ok := s.pool.Get().(*Matcher)
	if !ok {
		m = s.NewMatcher()
	}
	defer s.pool.Put(m)
	var out []int
	for _, i := range m.Match(d) {
		out = append(out, int(i))
	}
	return out
}

// Set finishes the set; the builder must not be used afterwards.
func (b *Builder) Set() *Set {
	s := b.s
	s.count = len(b.priors)
	s.placed = make(bits, s.count/64+1)
	for i := range s.leaves {
		if l := &s.leaves[i]; l.op == opWords {
			for _, class := range s.leafWords[l.at : l.at+l.count] {
				s.placed.set(class)
			}
		}
	}
	b.index()
	b.s = nil
	w := writer{s: s, priors: b.priors, often: b.often, count: make([]uint32, s.count+1)}
	for i, ip := range s.starts {
		if ip == 0 {
			continue
		}
		if w.cost(ip) == impossible {
			s.always = append(s.always, uint32(i))
			continue
		}
		w.query = uint32(i)
		w.post(ip, 0, true)
	}
	s.from, s.posted = make([]uint32, s.count+1), make(bits, s.count/64+1)
	for class, sum := 0, uint32(0); class < len(s.from); class++ {
		s.from[class] = sum
		sum += w.count[class]
		if w.count[class] > 0 {
			s.posted.set(uint32(class))
		}
	}
	s.postings = make([]posting, s.from[len(s.from)-1])
	w.next = append([]uint32{}, s.from...)
	for i, ip := range s.starts {
		if ip != 0 && w.cost(ip) != impossible {
			w.query = uint32(i)
			w.post(ip, 0, true)
		}
	}
	for _, list := range []*[]uint32{&s.program, &s.starts, &s.leafWords, &s.always} {
		*list = slices.Clone(*list)
	}
	return s
}

// index lists the classes of words by their stems.
func (b *Builder) index() {
	s := b.s
	s.stems = make(map[string]stemRange, len(b.stems))
	for stem, list := range b.stems {
		from := uint32(len(s.classes))
		s.classes = append(s.classes, list...)
		s.stems[stem] = stemRange{from, uint32(len(s.classes))}
	}
	b.stems = nil
	s.classes = slices.Clip(s.classes)
}

// writer chooses for each query the terms of which any post that matches has at least one, as rare as can be, and lists the query there.
type writer struct {
	s      *Set
	priors []float32
	often  []uint32
	query  uint32
	count  []uint32 // by class, while next is nil
	next   []uint32 // by class: where the next posting goes
}

const impossible = float32(math.MaxFloat32)

// classCost guesses how much work a term makes: how many posts have it times how many queries are then looked at.
func (w *writer) classCost(class uint32) float32 { return w.priors[class] * float32(w.often[class]) }

// cost is what it costs to be called for the program at ip, impossible when posts without any term may match.
func (w *writer) cost(ip uint32) float32 {
	p := w.s.program
	n := p[ip] >> pBits
	switch p[ip] & pMask {
	case pTerm:
		return w.classCost(n)
	case pAll:
		_, c := w.rarest(ip)
		return c
	case pAny:
		sum := float32(0)
		for _, c := range p[ip+1 : ip+1+n] {
			sum += w.classCost(c)
		}
		return sum
	case pAnd:
		best := impossible
		for kid := ip + 2; n > 0; n-- {
			best = min(best, w.cost(kid))
			kid = skip(p, kid)
		}
		return best
	case pOr:
		sum := float32(0)
		for kid := ip + 2; n > 0; n-- {
			c := w.cost(kid)
			if c == impossible {
				return impossible
			}
			sum += c
			kid = skip(p, kid)
		}
		return sum
	}
	return impossible
}

// rarest is the term of a list that costs least.
func (w *writer) rarest(ip uint32) (class uint32, cost float32) {
	n := w.s.program[ip] >> pBits
	cost = impossible
	for _, c := range w.s.program[ip+1 : ip+1+n] {
		if k := w.classCost(c); k < cost {
			class, cost = c, k
		}
	}
	return class, cost
}

// post lists the query under the terms of the program at ip. need is a class that must be there too. whole says that whatever satisfies the
// program at ip and need satisfies the query.
func (w *writer) post(ip, need uint32, whole bool) {
	p := w.s.program
	n := p[ip] >> pBits
	switch p[ip] & pMask {
	case pTerm:
		w.list(n, need, whole)
	case pAll:
		best, _ := w.rarest(ip)
		second, cost := uint32(0), impossible
		for _, c := range p[ip+1 : ip+1+n] {
			if k := w.classCost(c); c != best && k < cost {
				second, cost = c, k
			}
		}
		w.list(best, second, whole && n == 2 && need == 0)
	case pAny:
		for _, c := range p[ip+1 : ip+1+n] {
			w.list(c, need, whole)
		}
	case pAnd:
		best, cost := uint32(0), impossible
		other, otherCost := uint32(0), impossible // a term beside
		for i, kid := uint32(0), ip+2; i < n; i++ {
			if c := w.cost(kid); c < cost {
				best, cost = kid, c
			}
			kid = skip(p, kid)
		}
		for i, kid := uint32(0), ip+2; i < n; i++ {
			class := uint32(0)
			switch p[kid] & pMask {
			case pTerm:
				class = p[kid] >> pBits
			case pAll:
				class, _ = w.rarest(kid)
			}
			if class != 0 && kid != best && w.classCost(class) < otherCost {
				other, otherCost = class, w.classCost(class)
			}
			kid = skip(p, kid)
		}
		if other == 0 {
			other = need
		}
		w.post(best, other, whole && n == 2 && need == 0 && other != 0 && p[best]&pMask <= pAny && isTerm(p, ip+2, best))
	case pOr:
		for kid := ip + 2; n > 0; n-- {
			w.post(kid, need, whole)
			kid = skip(p, kid)
		}
	}
}

// isTerm says whether the one of two programs that is not best is a single term, which need holds then.
func isTerm(p []uint32, first, best uint32) bool {
	other := first
	if other == best {
		other = skip(p, best)
	}
	return p[other]&pMask == pTerm
}

func (w *writer) list(class, need uint32, whole bool) {
	if w.next == nil {
		w.count[class]++
		return
	}
	start := w.s.starts[w.query]
	if whole {
		start = 0
	}
	w.s.postings[w.next[class]] = posting{w.query, start, need}
	w.next[class]++
}

// skip is where the program after the one at ip begins.
func skip(p []uint32, ip uint32) uint32 {
	for p[ip]&pMask == pNot {
		ip++
	}
	switch p[ip] & pMask {
	case pAll, pAny:
		return ip + 1 + p[ip]>>pBits
	case pAnd, pOr:
		return p[ip+1]
	}
	return ip + 1
}
