// Package query decides which posts a topic or a search means: a line of the query language and posts
// come in; matches, problems to show beside the line, and full-text expressions that narrow the candidates go out.
//
// The language is described in docs/query-language.md.
package query

import "slices"

// Limits on what [Parse] takes; beyond them it reports a problem.
const (
	MaxBytes = 8192 // length of a query
	MaxWords = 500  // words in a query
	MaxDepth = 40   // nested parentheses
)

// Query is a parsed query. It is immutable and safe for concurrent use.
type Query struct {
	root *node // nil matches nothing
}

// Empty says whether q has nothing to look for; an empty query matches no post.
func (q *Query) Empty() bool { return q == nil || q.root == nil }

// String is the canonical form of q: it parses to a query that equals q.
func (q *Query) String() string {
	if q.Empty() {
		return ""
	}
	return q.root.String()
}

// Severity says whether a query with this problem should be accepted.
type Severity uint8

// The severities: an Error means that the query cannot be what its author wanted, so it should not be saved.
const (
	Warning Severity = iota + 1
	Error
)

// Problem is something to tell the author of a query, at src[Start:End].
type Problem struct {
	Start, End int            // byte offsets
	Severity   Severity       // Warning or Error
	Key        string         // words to show, such as "query.unclosed_quote"
	Args       map[string]any // arguments of those words
	Suggestion string         // what src[Start:End] could be replaced with, or ""
}

// HasErrors says whether one of the problems is an Error.
func HasErrors(problems []Problem) bool {
	return slices.ContainsFunc(problems, func(p Problem) bool { return p.Severity == Error })
}

// Fields lists the field names of the language, without their colon.
func Fields() []string {
	return []string{"text", "title", "url", "site", "author", "lang", "channel", "kind", "sentiment", "emotion", "tag", "followers",
		"since", "until", "in"}
}
