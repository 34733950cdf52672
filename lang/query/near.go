package query

import (
	"cmp"
	"slices"
	"sort"
)

// span is the first and the last place that something takes in a post.
type span struct{ from, to int32 }

// spans lists where n, an operand of NEAR or two of them, stands in d, by their beginning.
func (n *node) spans(d *Doc) []span {
	var out []span
	switch n.op {
	case opNear:
		return beside(n.kids[0].spans(d), n.kids[1].spans(d), int32(n.near-1), n.forward)
	case opOr:
		for _, k := range n.kids {
			out = append(out, k.spans(d)...)
		}
		return ordered(out)
	}
	last := int32(len(n.words) - 1)
	if n.prefix && last == 0 {
		for i := range d.toks {
			if n.fits(d, i) {
				out = append(out, span{d.toks[i].at, d.toks[i].at})
			}
		}
		return out
	}
	i, ok := d.index[n.words[0].stems()[d.lang]]
	for ok && i >= 0 {
		if n.fits(d, int(i)) {
			out = append(out, span{d.toks[i].at, d.toks[i].at + last})
		}
		i = d.toks[i].before
	}
	slices.Reverse(out)
	return out
}

func ordered(list []span) []span {
	slices.SortFunc(list, func(a, b span) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	return slices.Compact(list)
}

// beside lists what a and b take together where at most n places are between them: for each one of a the next of b after it and, unless
// forward, for each one of b the next of a after it. Both lists are by their beginning, and so is what comes out.
func beside(a, b []span, n int32, forward bool) []span {
	out := follow(nil, a, b, n)
	if !forward {
		out = follow(out, b, a, n)
	}
	return ordered(out)
}

func follow(out, a, b []span, n int32) []span {
	for _, x := range a {
		i := sort.Search(len(b), func(i int) bool { return b[i].from > x.to })
		if i < len(b) && b[i].from-x.to-1 <= n {
			out = append(out, span{x.from, b[i].to})
		}
	}
	return out
}
