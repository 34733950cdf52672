package query

// Indexed reports whether [Query.Narrow] alone decides what q matches, in whichever of the languages with stems a post is written: q is single words and tags, joined by AND and OR.
func (q *Query) Indexed() bool { return !q.Empty() && indexed(q.root) }

func indexed(n *node) bool {
	switch n.op {
	case opAnd, opOr:
		for _, kid := range n.kids {
			if !indexed(kid) {
				return false
			}
		}
		return true
	case opWords:
		return n.scope == anywhere && !n.exact && !n.prefix && n.near == 0 && len(n.words) == 1
	case opField:
		return n.field == "tag"
	}
	return false
}

// Words lists the words of q as they were written when it is nothing but single words that must all be there, so that whoever asks typed no more than words.
func (q *Query) Words() (words []string, plain bool) {
	if !q.Indexed() {
		return nil, false
	}
	list := []*node{q.root}
	if q.root.op == opAnd {
		list = q.root.kids
	}
	for _, n := range list {
		if n.op != opWords {
			return nil, false
		}
		words = append(words, n.words[0].raw)
	}
	return words, true
}

// TitleMark begins the words of an index that stand in a title, for those who index titles apart.
const TitleMark = "t1"
