package query

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/entente/entente/lang"
)

// Parse reads a query. It always returns a query, the best reading of src it can make, and never panics;
// a query with an Error among its problems should be shown to its author again, not saved.
func Parse(src string) (*Query, []Problem) {
	p := &parser{src: src}
	if len(src) > MaxBytes {
		p.report(0, len(src), Error, "query.too_long", "", "Max", MaxBytes)
		src = strings.ToValidUTF8(src[:MaxBytes], "")
		p.src = src
	}
	p.lex()
	root := p.or(0)
	for p.at < len(p.toks) { // only a stray closing parenthesis stops or()
		t := p.toks[p.at]
		p.at++
		if t.kind == tokClose {
			p.report(t.start, t.end, Error, "query.unopened_paren", "")
		}
		root = join(opAnd, []*node{root, p.or(0)})
	}
	q := &Query{root: root}
	p.lint(q)
	return q, p.problems
}

type tokKind uint8

const (
	tokNode tokKind = iota + 1
	tokOpen
	tokClose
	tokAnd
	tokOr
	tokNot
	tokNear
)

type tok struct {
	kind       tokKind
	start, end int
	node       *node
	scope      scope // of tokOpen
	near       int   // of tokNear
	forward    bool  // of tokNear
	lower      string
}

type parser struct {
	src      string
	toks     []tok
	at       int
	words    int
	problems []Problem
}

func (p *parser) report(start, end int, s Severity, key, suggestion string, args ...any) {
	if len(p.problems) >= 50 {
		return
	}
	pr := Problem{Start: start, End: end, Severity: s, Key: key, Suggestion: suggestion}
	for i := 0; i+1 < len(args); i += 2 {
		if pr.Args == nil {
			pr.Args = map[string]any{}
		}
		pr.Args[args[i].(string)] = args[i+1]
	}
	p.problems = append(p.problems, pr)
}

func (p *parser) push(t tok) { p.toks = append(p.toks, t) }

func (p *parser) lex() {
	for i := 0; i < len(p.src); {
		r, n := utf8.DecodeRuneInString(p.src[i:])
		switch {
		case unicode.IsSpace(r):
			i += n
		case r == '(':
			p.push(tok{kind: tokOpen, start: i, end: i + 1})
			i++
		case r == ')':
			p.push(tok{kind: tokClose, start: i, end: i + 1})
			i++
		case r == '-' && i+1 < len(p.src) && !spaceAt(p.src, i+1):
			p.push(tok{kind: tokNot, start: i, end: i + 1})
			i++
		default:
			i = p.lexTerm(i)
		}
	}
}

func spaceAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return unicode.IsSpace(r)
}

// closing is the quote that closes the quote r, 0 when r opens nothing.
func closing(r rune) rune {
	switch r {
	case '"':
		return '"'
	case '“', '”', '„':
		return '”'
	case '«':
		return '»'
	}
	return 0
}

// bareEnd is where the word that starts at i ends.
func bareEnd(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if unicode.IsSpace(r) || r == '(' || r == ')' || closing(r) != 0 {
			break
		}
		i += n
	}
	return i
}

func (p *parser) lexTerm(i int) int {
	end := bareEnd(p.src, i)
	bare := p.src[i:end]
	if p.operator(i, end, bare) {
		return end
	}
	colon := strings.IndexByte(bare, ':')
	if sign := strings.IndexAny(bare, "<>="); sign > 0 && colon < 0 && isField(strings.ToLower(bare[:sign])) {
		name := strings.ToLower(bare[:sign])
		p.report(i, end, Error, "query.missing_colon", name+":"+bare[sign:], "Field", name)
		return end
	}
	if len(bare) > 1 && bare[0] == '~' && bare[1] >= '0' && bare[1] <= '9' && i > 0 {
		p.report(i, end, Error, "query.lone_tilde", "", "Word", bare)
		return end
	}
	if colon < 1 || !isName(bare[:colon]) || strings.HasPrefix(bare[colon:], "://") {
		return p.lexWords(i, i, anywhere)
	}
	name, value := strings.ToLower(bare[:colon]), i+colon+1
	next := rune(0)
	if value < len(p.src) {
		next, _ = utf8.DecodeRuneInString(p.src[value:])
	}
	if value == end && next != '(' && closing(next) == 0 {
		if isField(name) {
			p.report(i, value, Error, "query.missing_value", "", "Field", name)
			return end
		}
		return p.lexWords(i, i, anywhere)
	}
	if !isField(name) {
		near := fieldNamed(name)
		if near == "" {
			near = nearest(name, Fields())
		}
		if near != "" {
			p.report(i, value, Error, "query.unknown_field_near", near+":", "Field", bare[:colon], "Nearest", near)
		} else {
			p.report(i, value, Error, "query.unknown_field", "", "Field", bare[:colon])
		}
		if next == '(' {
			return value
		}
		return p.lexWords(i, value, anywhere)
	}
	s := anywhere
	switch name {
	case "title":
		s = inTitle
	case "text":
		s = inText
	}
	if next == '(' {
		if s == anywhere {
			p.report(i, value, Error, "query.no_group", "", "Field", name)
			return value
		}
		p.push(tok{kind: tokOpen, start: i, end: value + 1, scope: s})
		return value + 1
	}
	if s != anywhere {
		return p.lexWords(i, value, s)
	}
	return p.lexField(name, i, value)
}

// operator takes a bare word that is an operator, and warns of words that look like one.
func (p *parser) operator(start, end int, bare string) bool {
	t := tok{start: start, end: end}
	switch {
	case bare == "AND":
		t.kind = tokAnd
	case bare == "OR":
		t.kind = tokOr
	case bare == "NOT":
		t.kind = tokNot
	case bare == "NEAR" || strings.HasPrefix(bare, "NEAR/"):
		count, forward := strings.CutSuffix(strings.ToLower(strings.TrimPrefix(bare[4:], "/")), "f")
		n, err := strconv.Atoi(count)
		if err != nil || n < 0 || n > 100 {
			suggestion := "NEAR/5"
			if forward {
				suggestion = "NEAR/5f"
			}
			p.report(start, end, Error, "query.near_words", suggestion)
			n = 5
		}
		t.kind, t.near, t.forward = tokNear, n, forward
	default:
		return false
	}
	p.push(t)
	return true
}

// quoted reads the quoted text at i, when there is one, and says where it ends.
func (p *parser) quoted(i int) (text string, end int, ok bool) {
	if i >= len(p.src) {
		return "", i, false
	}
	r, n := utf8.DecodeRuneInString(p.src[i:])
	c := closing(r)
	if c == 0 {
		return "", i, false
	}
	j := strings.IndexRune(p.src[i+n:], c)
	if j < 0 && c == '”' {
		c = '"'
		j = strings.IndexRune(p.src[i+n:], c)
	}
	if j < 0 {
		p.report(i, len(p.src), Error, "query.unclosed_quote", strings.TrimRight(p.src[i:], " ")+string(c))
		return strings.ReplaceAll(p.src[i+n:], `"`, " "), len(p.src), true
	}
	// a query keeps no other kind of quote inside its phrases, so that it can be written again
	return strings.ReplaceAll(p.src[i+n:i+n+j], `"`, " "), i + n + j + utf8.RuneLen(c), true
}

// lexWords reads words, a phrase or an exact term whose text starts at i (its field at start).
func (p *parser) lexWords(start, i int, s scope) int {
	n := &node{op: opWords, scope: s}
	if i < len(p.src) && p.src[i] == '=' {
		n.exact = true
		i++
	}
	text, end, isQuoted := p.quoted(i)
	if isQuoted {
		if end < len(p.src) && p.src[end] == '*' {
			n.prefix = true
			end++
		} else if end < len(p.src) && p.src[end] == '~' {
			d := end + 1
			for d < len(p.src) && p.src[d] >= '0' && p.src[d] <= '9' && d < end+4 {
				d++
			}
			if k, err := strconv.Atoi(p.src[end+1 : d]); err == nil {
				n.near, end = min(k, 100)+1, d
			}
		}
	} else {
		end = bareEnd(p.src, i)
		text = p.src[i:end]
		if s == anywhere && !n.exact {
			if done := p.lexSigned(text, start, i, end); done {
				return end
			}
		}
		if strings.HasSuffix(text, "*") {
			n.prefix = true
			text = strings.TrimRight(text, "*")
		}
		if strings.Contains(text, "*") && strings.IndexFunc(text, func(r rune) bool { return r != '*' }) >= 0 {
			p.report(i, end, Error, "query.inner_star", "", "Word", text)
		}
	}
	n.words = p.cut(text, start, end)
	if len(n.words) == 0 {
		p.noWord(start, end)
		return end
	}
	if len(n.words) == 1 {
		n.near = 0
	}
	if n.prefix {
		last := n.words[len(n.words)-1].term
		if len(last) < 2 {
			p.report(start, end, Error, "query.prefix_short", "", "Word", last)
		}
		n.exact = false
	}
	t := tok{kind: tokNode, start: start, end: end, node: n}
	if !isQuoted && s == anywhere {
		t.lower = text
	}
	p.push(t)
	return end
}

// lexSigned reads #tag, and URLs.
func (p *parser) lexSigned(text string, start, i, end int) bool {
	tokens := lang.Tokens(text)
	if len(tokens) == 0 || tokens[0].Start != 0 {
		return false
	}
	switch first := text[:tokens[0].End]; tokens[0].Kind {
	case lang.Tag:
		if len(tokens) > 1 && text[tokens[1].Start:] != "*" {
			return false
		}
		p.pushField("tag", strings.TrimPrefix(text, "#"), start, end)
		return true
	case lang.URL:
		p.pushField("url", first, start, end)
		return true
	}
	return false
}

func (p *parser) noWord(start, end int) {
	text, suggestion := p.src[start:end], ""
	switch text {
	case "|", "||":
		suggestion = "OR"
	case "&", "&&", "+":
		suggestion = "AND"
	case "!", "-":
		suggestion = "NOT"
	}
	if suggestion != "" {
		p.report(start, end, Error, "query.symbol_operator", suggestion, "Word", text, "Operator", suggestion)
		return
	}
	sev := Warning
	if strings.ContainsAny(text, "*=:") || closing([]rune(text)[0]) != 0 {
		sev = Error
	}
	p.report(start, end, sev, "query.no_word", "", "Text", text)
}

func (p *parser) cut(text string, start, end int) []word {
	var out []word
	lang.Words(text, func(t lang.Token) bool {
		w := text[t.Start:t.End]
		if lang.Term(w) == "" {
			return true
		}
		if p.words++; p.words > MaxWords {
			if p.words == MaxWords+1 {
				p.report(start, end, Error, "query.too_many", "", "Max", MaxWords)
			}
			return false
		}
		word := newWord(w)
		word.start, word.end = int32(start), int32(end)
		out = append(out, word)
		return true
	})
	return out
}

func (p *parser) lexField(name string, start, i int) int {
	text, end, ok := p.quoted(i)
	if !ok {
		end = bareEnd(p.src, i)
		text = p.src[i:end]
	}
	p.pushField(name, text, start, end)
	return end
}

func (p *parser) pushField(name, value string, start, end int) {
	if p.words++; p.words > MaxWords {
		if p.words == MaxWords+1 {
			p.report(start, end, Error, "query.too_many", "", "Max", MaxWords)
		}
		return
	}
	value = strings.Join(strings.Fields(strings.ToValidUTF8(value, "")), " ")
	n := &node{op: opField, field: name, value: value, start: int32(start), end: int32(end)}
	if name == "tag" {
		n.value = strings.TrimLeft(value, "#")
	}
	if !p.checkField(n, start, end) {
		return
	}
	p.push(tok{kind: tokNode, start: start, end: end, node: n})
}

func (p *parser) or(depth int) *node {
	kids := []*node{p.and(depth)}
	for p.at < len(p.toks) && p.toks[p.at].kind == tokOr {
		t := p.toks[p.at]
		p.at++
		right := p.and(depth)
		if kids[len(kids)-1] == nil || right == nil {
			p.report(t.start, t.end, Error, "query.missing_operand", "", "Operator", "OR")
		}
		kids = append(kids, right)
	}
	return join(opOr, kids)
}

func (p *parser) and(depth int) *node {
	var kids []*node
	for p.at < len(p.toks) {
		t := p.toks[p.at]
		switch t.kind {
		case tokOr, tokClose:
			return join(opAnd, kids)
		case tokAnd:
			p.at++
			if len(kids) == 0 || p.at == len(p.toks) || !startsOperand(p.toks[p.at].kind) {
				p.report(t.start, t.end, Error, "query.missing_operand", "", "Operator", "AND")
			}
			continue
		case tokNear:
			p.at++
			if right := p.operand(depth); len(kids) > 0 && canNear(kids[len(kids)-1]) && canNear(right) {
				kids[len(kids)-1] = &node{op: opNear, near: t.near + 1, forward: t.forward, kids: []*node{kids[len(kids)-1], right}}
			} else {
				p.report(t.start, t.end, Error, "query.near_words", "")
			}
			continue
		}
		if n := p.unary(depth); n != nil {
			kids = append(kids, n)
		}
	}
	return join(opAnd, kids)
}

func startsOperand(k tokKind) bool {
	return k == tokNode || k == tokOpen || k == tokNot || k == tokNear
}

// operand reads what stands on the right of NEAR: a term, or a group.
func (p *parser) operand(depth int) *node {
	if p.at == len(p.toks) {
		return nil
	}
	t := p.toks[p.at]
	switch t.kind {
	case tokNode:
		p.at++
		return t.node
	case tokOpen:
		p.at++
		return p.group(t, depth)
	}
	return nil
}

// canNear says whether n stands at places of a post: words, phrases, a choice of them, or two that are near each other.
func canNear(n *node) bool {
	if n == nil {
		return false
	}
	switch n.op {
	case opWords:
		return n.near == 0
	case opOr:
		return !slices.ContainsFunc(n.kids, func(k *node) bool { return !canNear(k) })
	}
	return n.op == opNear
}

func (p *parser) unary(depth int) *node {
	negative := false
	var not tok
	for p.at < len(p.toks) && p.toks[p.at].kind == tokNot {
		negative = !negative
		not = p.toks[p.at]
		p.at++
	}
	if p.at == len(p.toks) || !startsOperand(p.toks[p.at].kind) || p.toks[p.at].kind == tokNear {
		if not.end > 0 {
			p.report(not.start, not.end, Error, "query.missing_operand", "", "Operator", "NOT")
		}
		return nil
	}
	t := p.toks[p.at]
	p.at++
	n := t.node
	if t.kind == tokOpen {
		n = p.group(t, depth)
	}
	if negative {
		return negate(n)
	}
	return n
}

func (p *parser) group(open tok, depth int) *node {
	if depth >= MaxDepth {
		p.report(open.start, open.end, Error, "query.too_deep", "", "Max", MaxDepth)
		p.at = len(p.toks)
		return nil
	}
	n := p.or(depth + 1)
	if p.at < len(p.toks) { // or() stops at a closing parenthesis only
		if n == nil {
			p.report(open.start, p.toks[p.at].end, Warning, "query.empty_group", "")
		}
		p.at++
	} else {
		p.report(open.start, len(p.src), Error, "query.unclosed_paren", strings.TrimRight(p.src[open.start:], " ")+")")
	}
	if open.scope != anywhere {
		n = p.narrowScope(n, open.scope)
	}
	return n
}

// narrowScope gives a field's scope to the words of its group that have none.
func (p *parser) narrowScope(n *node, s scope) *node {
	if n == nil || n.op == opField {
		return n
	}
	out := *n
	if n.op == opWords {
		if out.scope == anywhere {
			out.scope = s
		}
		return &out
	}
	out.kids = make([]*node, len(n.kids))
	for i, k := range n.kids {
		out.kids[i] = p.narrowScope(k, s)
	}
	return &out
}
