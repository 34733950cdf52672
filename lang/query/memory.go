package query

import (
	"hash/maphash"
	"slices"

	"github.com/entente/entente/lang"
)

// What is looked up in the vocabulary of a set: words in the language with that number, and what else a post has.
const (
	lookTag = variants + iota
	lookTagKey
	lookLang
	lookKind
	lookSentiment
	lookEmotion
	lookSite
	lookAuthor
	lookChannel
	lookIn
)

// known is what the vocabulary of a set says of a word or value.
type known struct {
	raw [maxKnown]byte
	held
	sum   uint32 // of raw and look, to compare little
	n     uint8  // bytes of raw
	look  uint8
	void  bool // it is no word
	place bool // some leaf asks where it stands
	used  bool
}

// held is the classes of a word or value: most have one.
type held struct {
	one  uint32    // 0 when there is none, or several
	same uint16    // so many are of the word itself, the others of its beginnings
	many *[]uint32 // when there are several
}

// is says whether the word itself has a class.
func (h *held) is(class uint32) bool {
	if h.many == nil {
		return h.one == class && h.same == 1
	}
	return slices.Contains((*h.many)[:h.same], class)
}

// begins says whether a beginning of the word has a class.
func (h *held) begins(class uint32) bool {
	if h.many == nil {
		return h.one == class && h.same == 0
	}
	return slices.Contains((*h.many)[h.same:], class)
}

const (
	maxKnown   = 32 // longer ones are looked up anew each time
	firstKnown = 1 << 10
	mostKnown  = 1 << 16
)

// memory remembers what was looked up last, in bounded space: two places for each sum, of which the second is given away.
type memory struct {
	seed   maphash.Seed
	list   []known
	filled int
	long   known // what is too long to remember
}

func newMemory() memory { return memory{seed: maphash.MakeSeed(), list: make([]known, firstKnown)} }

func (m *memory) find(look uint8, raw string) (k *known, sum uint32, found bool) {
	if len(raw) > maxKnown {
		return &m.long, 0, false
	}
	h := maphash.String(m.seed, raw) + uint64(look)*0x9e3779b97f4a7c15
	sum = uint32(h >> 32)
	at := (uint32(h) ^ uint32(h>>17)) & uint32(len(m.list)-1)
	k = &m.list[at]
	if k.sum == sum && k.used && k.look == look && string(k.raw[:k.n]) == raw {
		return k, sum, true
	}
	first := k
	k = &m.list[at^1]
	if k.sum == sum && k.used && k.look == look && string(k.raw[:k.n]) == raw {
		return k, sum, true
	}
	if !first.used {
		k = first
	}
	return k, sum, false
}

// keep writes raw into a place that find gave.
func (m *memory) keep(k *known, sum uint32, look uint8, raw string) {
	if k == &m.long {
		*k = known{}
		return
	}
	if !k.used {
		m.filled++
	}
	*k = known{sum: sum, n: uint8(len(raw)), look: look, used: true}
	copy(k.raw[:], raw)
}

// grow makes room when most of it is taken.
func (m *memory) grow() {
	if m.filled*4 < len(m.list)*3 || len(m.list) >= mostKnown {
		return
	}
	m.list, m.filled = make([]known, 4*len(m.list)), 0
}

// resolve looks up what raw has in the vocabulary.
func (s *Set) resolve(k *known, look uint8, raw string, codes *[variants]string) {
	var ids []uint32
	var buf [80]byte
	add := func(mark, key string) {
		if id := s.keys[string(append(append(buf[:0], mark...), key...))]; id != 0 {
			ids = append(ids, id)
		}
	}
	switch look {
	case lookTag, lookTagKey:
		if look == lookTag {
			raw = tagKey(raw)
		}
		add(keyTag, raw)
		if s.uses&(1<<keyTagPrefix[0]) != 0 {
			for n := 1; n <= len(raw); n++ {
				add(keyTagPrefix, raw[:n])
			}
		}
	case lookLang:
		langKeys(raw, func(v string) { add(keyLang, v) })
	case lookKind:
		add(keyKind, lang.Fold(kindOf(raw)))
	case lookSentiment, lookEmotion:
		mark := keySentiment
		if look == lookEmotion {
			mark = keyEmotion
		}
		if raw == "" {
			raw = unknown
		}
		add(mark, lang.Fold(raw))
	case lookSite:
		siteKeys(raw, func(v string) { add(keySite, v) })
	case lookAuthor, lookChannel, lookIn:
		mark := [...]string{keyAuthor, keyChannel, keyIn}[look-lookAuthor]
		for _, r := range foldRuns(raw) {
			add(mark, r)
		}
	default:
		term, stem := (*lang.Stemmer)(nil).Word(codes[look], raw)
		k.void = term == ""
		if r, ok := s.stems[stem]; ok && !k.void {
			for _, c := range s.classes[r.from:r.to] {
				if c.variants>>look&1 == 1 {
					ids = append(ids, c.class)
				}
			}
			k.same = uint16(len(ids))
		}
		if s.prefixes != 0 {
			for n := 1; n <= len(term); n++ {
				if s.prefixes>>min(n, 63)&1 == 1 {
					add(keyPrefix, term[:n])
				}
			}
		}
	}
	switch {
	case len(ids) == 1:
		k.one = ids[0]
	case len(ids) > 1:
		k.many = &ids
	}
	k.place = slices.ContainsFunc(ids, s.placed.has)
}
