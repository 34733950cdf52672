package query

import (
	"strings"
	"unicode"
)

// ParseExclusions reads a list of what a query must not find, one on a line: a word, or several words that stand one after the other, or
// anything of the query language. It returns a query that matches what has one of them, nil when there is none; positions of problems are
// those in src.
func ParseExclusions(src string) (*Query, []Problem) {
	var kids []*node
	var problems []Problem
	if len(src) > MaxBytes {
		problems = append(problems, Problem{End: len(src), Severity: Error, Key: "query.too_long", Args: map[string]any{"Max": MaxBytes}})
		src = strings.ToValidUTF8(src[:MaxBytes], "")
	}
	words := 0
	for at := 0; at <= len(src) && len(problems) < 50; {
		line, _, _ := strings.Cut(src[at:], "\n")
		text := strings.TrimSpace(line)
		start := at + strings.Index(line, text)
		at += len(line) + 1
		if text == "" || words > MaxWords {
			continue
		}
		q, found := parseExclusion(text)
		for _, p := range found {
			p.Start, p.End = min(p.Start+start, start+len(text)), min(p.End+start, start+len(text))
			problems = append(problems, p)
		}
		if !q.Empty() {
			words += q.root.size()
			kids = append(kids, q.root)
		}
	}
	if words > MaxWords {
		problems = append(problems, Problem{End: len(src), Severity: Error, Key: "query.too_many", Args: map[string]any{"Max": MaxWords}})
	}
	if root := join(opOr, kids); root != nil {
		return &Query{root: root}, problems
	}
	return nil, problems
}

// parseExclusion reads plain words as a phrase: nobody writes quotation marks in a list.
func parseExclusion(text string) (*Query, []Problem) {
	if isPhrase(text) {
		return Parse(`"` + text + `"`)
	}
	q, problems := Parse(text)
	if !q.Empty() && !HasErrors(problems) && !positive(q.root) { // what lacks something is nearly everything
		problems = append(problems, Problem{End: len(text), Severity: Error, Key: "query.negative_exclusion"})
	}
	var out []Problem
	for _, p := range problems {
		if p.Key != "query.only_negative" {
			out = append(out, p)
		}
	}
	return q, out
}

func isPhrase(text string) bool {
	for _, word := range strings.Fields(text) {
		switch word {
		case "AND", "OR", "NOT":
			return false
		}
		if strings.HasPrefix(word, "NEAR/") || word[0] == '-' || word[0] == '#' {
			return false
		}
	}
	return strings.IndexFunc(text, func(r rune) bool {
		return r == '"' || r == ':' || r == '*' || r == '=' || r == '(' || r == ')' || closing(r) != 0 || unicode.IsControl(r)
	}) < 0
}

// Without is q without what excluded matches; nil excludes nothing.
func (q *Query) Without(excluded *Query) *Query {
	if q.Empty() || excluded.Empty() {
		return q
	}
	return &Query{root: join(opAnd, []*node{q.root, negate(excluded.root)})}
}

func (n *node) size() int {
	sum := max(1, len(n.words))
	for _, k := range n.kids {
		sum += k.size()
	}
	return sum
}
