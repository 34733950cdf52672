package query

import (
	"slices"
	"time"
)

// Asks says whether q looks at one of the fields, wherever in it.
func (q *Query) Asks(fields ...string) bool {
	return !q.Empty() && q.root.asks(fields)
}

func (n *node) asks(fields []string) bool {
	return n.op == opField && slices.Contains(fields, n.field) || slices.ContainsFunc(n.kids, func(k *node) bool { return k.asks(fields) })
}

// Requirement is a field that every post has which a query matches, for those who can narrow a search by it.
type Requirement struct {
	Field, Value string
	// Since and until: the bounds, the second one excluded; when zero, Ago is the age of a post when it was learned of.
	From, Before time.Time
	Ago          time.Duration
}

// Called says whether name has the words of r, which is of the field author, channel or in.
func (r Requirement) Called(name string) bool { return runsMatch(r.Value, name) }

// Required lists the fields that every post has which q matches. It need not list all of them.
func (q *Query) Required() []Requirement {
	if q.Empty() {
		return nil
	}
	nodes := []*node{q.root}
	if q.root.op == opAnd {
		nodes = q.root.kids
	}
	var out []Requirement
	for _, n := range nodes {
		if n.op != opField {
			continue
		}
		r := Requirement{Field: n.field, Value: n.value, Ago: n.when.ago}
		if !n.when.at.IsZero() {
			r.From, r.Before = n.when.at, n.when.end
		}
		out = append(out, r)
	}
	return out
}

// Term is a word that a query wants, where it stands in the source, and the query for it alone.
type Term struct {
	Text       string
	Start, End int // of the term or phrase it belongs to
	Query      *Query
}

// Terms lists the words that posts must have for q, leaving out those that only exclude.
func (q *Query) Terms() []Term {
	if q.Empty() {
		return nil
	}
	var out []Term
	seen := map[string]bool{}
	var walk func(n *node)
	walk = func(n *node) {
		if n.op == opNot {
			return
		}
		for i := range n.words {
			w := &n.words[i]
			prefix := n.prefix && i == len(n.words)-1
			if seen[w.term] {
				continue
			}
			seen[w.term] = true
			out = append(out, Term{w.raw, int(w.start), int(w.end), &Query{root: &node{op: opWords, words: []word{*w}, prefix: prefix}}})
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(q.root)
	return out
}
