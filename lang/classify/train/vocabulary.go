package train

import (
	"cmp"
	"slices"

	"github.com/entente/entente/lang/classify"
)

// counter counts features by their hashes: open addressing.
type counter struct {
	keys   []uint32
	counts []int32
	bits   uint
	used   int
}

func newCounter(bits uint) *counter {
	return &counter{keys: make([]uint32, 1<<bits), counts: make([]int32, 1<<bits), bits: bits}
}

func (c *counter) slot(h uint32) uint32 {
	mask := uint32(1)<<c.bits - 1
	i := h * 0x9e3779b1 >> (32 - c.bits)
	for c.counts[i] != 0 && c.keys[i] != h {
		i = (i + 1) & mask
	}
	return i
}

func (c *counter) add(h uint32) {
	i := c.slot(h)
	if c.counts[i] == 0 {
		if c.used*4 > len(c.keys)*3 {
			c.grow()
			i = c.slot(h)
		}
		c.keys[i] = h
		c.used++
	}
	c.counts[i]++
}

func (c *counter) grow() {
	old := *c
	*c = *newCounter(old.bits + 1)
	c.used = old.used
	for i, n := range old.counts {
		if n != 0 {
			j := c.slot(old.keys[i])
			c.keys[j], c.counts[j] = old.keys[i], n
		}
	}
}

// seen is how many features were seen at least least times.
func (c *counter) seen(least int32) int {
	n := 0
	for _, x := range c.counts {
		if x >= least {
			n++
		}
	}
	return n
}

// table is the vocabulary as a classifier has it: two entries a line, known by fingerprints, so that some features are taken for others.
type table struct {
	lines  int
	marks  []byte // fingerprints, two a line
	filled []bool
	used   int
}

func newTable(lines int) *table {
	return &table{lines: lines, marks: make([]byte, 2*lines), filled: make([]bool, 2*lines)}
}

// put makes an entry; it reports false when the line is full or has one that looks the same.
func (t *table) put(h uint32) bool {
	line, mark := classify.Line(h, t.lines)
	for i := 2 * line; i < 2*line+2; i++ {
		if t.filled[i] && t.marks[i] == mark {
			return false
		}
		if !t.filled[i] {
			t.marks[i], t.filled[i] = mark, true
			t.used++
			return true
		}
	}
	return false
}

func (t *table) place(h uint32) int32 {
	line, mark := classify.Line(h, t.lines)
	for i := 2 * line; i < 2*line+2; i++ {
		if t.marks[i] == mark {
			return int32(i)
		}
	}
	return -1
}

func (t *table) size() int { return 2 * t.lines }

// choose fills a table with the features seen most often.
func choose(c *counter, least int32, lines int) *table {
	type candidate struct {
		hash uint32
		n    int32
	}
	var all []candidate
	for i, n := range c.counts {
		if n >= least {
			all = append(all, candidate{c.keys[i], n})
		}
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.hash, b.hash))
	})
	t := newTable(lines)
	for _, c := range all {
		t.put(c.hash)
	}
	return t
}

// features are the hashes of the features of one text, words first.
type features struct {
	hashes []uint32
	words  int
	dense  [classify.Dense]float32
}

func (f *features) doc(v *table) doc {
	d := doc{at: make([]uint32, 0, len(f.hashes))}
	for i, h := range f.hashes {
		if i == f.words {
			d.words = len(d.at)
		}
		if p := v.place(h); p >= 0 {
			d.at = append(d.at, uint32(p))
		}
	}
	if f.words == len(f.hashes) {
		d.words = len(d.at)
	}
	d.value = [2]float32{classify.Norm(d.words), classify.Norm(len(d.at) - d.words)}
	d.measure()
	return d
}
