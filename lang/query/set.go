package query

import (
	"math/bits"
	"strings"
)

// Set is many queries compiled together, so that a post is tested against those that can match it only.
// It is immutable and safe for concurrent use.
type Set struct {
	queries  []*Query
	byStem   map[string][]int32
	byPrefix map[string][]int32 // by the first bytes of a term, prefixLen at most
	byTag    map[string][]int32
	always   []int32 // queries that no word narrows
}

const prefixLen = 3

// NewSet compiles queries; results refer to them by their index. Nil and empty queries never match.
func NewSet(queries []*Query) *Set {
	s := &Set{queries: queries, byStem: map[string][]int32{}, byPrefix: map[string][]int32{}, byTag: map[string][]int32{}}
	for i, q := range queries {
		if q.Empty() {
			continue
		}
		k := need(q.root)
		if k == nil {
			s.always = append(s.always, int32(i))
			continue
		}
		for _, stem := range k.stems {
			s.byStem[stem] = addID(s.byStem[stem], int32(i))
		}
		for _, p := range k.prefixes {
			s.byPrefix[p] = addID(s.byPrefix[p], int32(i))
		}
		for _, t := range k.tags {
			s.byTag[t] = addID(s.byTag[t], int32(i))
		}
	}
	return s
}

func addID(ids []int32, id int32) []int32 {
	if len(ids) > 0 && ids[len(ids)-1] == id {
		return ids
	}
	return append(ids, id)
}

// Len is the number of queries in the set.
func (s *Set) Len() int { return len(s.queries) }

// Match lists the indexes of the queries that mean d, in order.
func (s *Set) Match(d *Doc) []int {
	if d == nil || len(s.queries) == 0 {
		return nil
	}
	if !d.ready {
		d = NewDoc(*d, nil)
	}
	seen := make([]uint64, (len(s.queries)+63)/64)
	mark := func(ids []int32) {
		for _, id := range ids {
			seen[id/64] |= 1 << (id % 64)
		}
	}
	mark(s.always)
	for _, t := range d.tags {
		mark(s.byTag[t])
	}
	if len(s.byStem) > 0 || len(s.byPrefix) > 0 {
		for i := range d.toks {
			t := &d.toks[i]
			if t.before < 0 {
				mark(s.byStem[t.stem])
			}
			if len(s.byPrefix) > 0 {
				for n := 1; n <= prefixLen && n <= len(t.term); n++ {
					mark(s.byPrefix[t.term[:n]])
				}
			}
		}
	}
	var out []int
	for w, b := range seen {
		for ; b != 0; b &= b - 1 {
			i := w*64 + bits.TrailingZeros64(b)
			if s.queries[i].root.match(d) {
				out = append(out, i)
			}
		}
	}
	return out
}

// keys holds stems and beginnings of which any post that matches has at least one.
type keys struct {
	stems, prefixes, tags []string
	rarity                int
}

func need(n *node) *keys {
	switch n.op {
	case opAnd:
		var best *keys
		for _, kid := range n.kids {
			if k := need(kid); k != nil && (best == nil || k.rarity > best.rarity) {
				best = k
			}
		}
		return best
	case opOr:
		all := &keys{rarity: 1 << 20}
		for _, kid := range n.kids {
			k := need(kid)
			if k == nil {
				return nil
			}
			all.stems = append(all.stems, k.stems...)
			all.prefixes = append(all.prefixes, k.prefixes...)
			all.tags = append(all.tags, k.tags...)
			all.rarity = min(all.rarity, k.rarity)
		}
		return all
	case opWords:
		var best *keys
		for i, w := range n.words {
			k := &keys{stems: w.stems[:], rarity: 2 * len(w.stems[0])}
			if n.prefix && i == len(n.words)-1 {
				k = &keys{prefixes: []string{w.term[:min(prefixLen, len(w.term))]}, rarity: 3}
			} else if strings.Contains(frequent, " "+w.term+" ") {
				k.rarity = 1
			}
			if best == nil || k.rarity > best.rarity {
				best = k
			}
		}
		return best
	case opField:
		if n.field == "tag" && !strings.HasSuffix(n.value, "*") {
			return &keys{tags: []string{tagKey(n.value)}, rarity: 16}
		}
	}
	return nil
}

// frequent lists long words that say little about which query a post can match.
const frequent = " about after also been before could even from have here just like more only other over should some than that their them then there these they " +
	"this very want well were what when where which will with would your " +
	"alors apres aussi autre avant avec avoir bien cette comme dans deja depuis deux donc elle elles encore etre fait leur leurs mais meme moins notre nous " +
	"parce pour plus quand sans sont sous sur tous tout toute tres vous votre "
