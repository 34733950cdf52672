package query

import (
	"strings"
	"time"
)

// lint adds the problems that show only once the whole query is read.
func (p *parser) lint(q *Query) {
	p.looksLikeOperators()
	if q.Empty() {
		if !HasErrors(p.problems) {
			p.report(0, len(p.src), Error, "query.empty", "")
		}
		return
	}
	if !positive(q.root) {
		p.report(0, len(p.src), Warning, "query.only_negative", "")
	}
	p.contradictions(q.root)
}

func (p *parser) looksLikeOperators() {
	for i, t := range p.toks {
		if t.kind != tokNode || t.lower == "" || i+1 == len(p.toks) {
			continue
		}
		operator, key := "", "query.lower_operator"
		switch t.lower {
		case "and", "And":
			operator = "AND"
		case "or", "Or":
			operator = "OR"
		case "not", "Not":
			operator = "NOT"
		case "ET", "Et", "et":
			operator, key = "AND", "query.french_operator"
		case "OU", "Ou", "ou":
			operator, key = "OR", "query.french_operator"
		case "SAUF", "Sauf", "sauf", "NON", "PAS", "SANS":
			operator, key = "NOT", "query.french_operator"
		default:
			if rest, ok := strings.CutPrefix(strings.ToLower(t.lower), "near/"); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
				operator = "NEAR/" + rest
			}
		}
		if operator == "" || i == 0 && operator != "NOT" {
			continue
		}
		p.report(t.start, t.end, Warning, key, operator, "Word", t.lower, "Operator", operator)
	}
}

// positive says whether n can only match a post that has something, rather than lacks something.
func positive(n *node) bool {
	switch n.op {
	case opNot:
		return false
	case opAnd:
		for _, k := range n.kids {
			if positive(k) {
				return true
			}
		}
		return false
	case opOr:
		for _, k := range n.kids {
			if !positive(k) {
				return false
			}
		}
	}
	return true
}

func (p *parser) contradictions(n *node) {
	for _, k := range n.kids {
		p.contradictions(k)
	}
	if n.op != opAnd {
		return
	}
	wanted := map[string]bool{}
	var since, until *node
	only := map[string]string{}
	clash := func(what string) {
		p.report(0, len(p.src), Error, "query.contradictory", "", "Term", what)
	}
	for _, k := range n.kids {
		if k.op != opNot {
			wanted[k.String()] = true
		}
		if k.op != opField {
			continue
		}
		switch k.field {
		case "since":
			since = k
		case "until":
			until = k
		case "lang", "sentiment", "emotion":
			if v, ok := only[k.field]; ok && v != k.value && (k.field != "lang" || len(v) == len(k.value)) {
				clash(k.field + ":" + v + " " + k.String())
			}
			only[k.field] = k.value
		}
	}
	for _, k := range n.kids {
		if k.op == opNot && wanted[k.kids[0].String()] {
			clash(k.kids[0].String() + " " + k.String())
		}
	}
	if since != nil && until != nil && since.when.at.IsZero() == until.when.at.IsZero() {
		now := time.Unix(0, 0)
		if since.when.start(now).After(until.when.stop(now)) {
			clash(since.String() + " " + until.String())
		}
	}
}
