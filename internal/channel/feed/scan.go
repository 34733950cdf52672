package feed

import (
	"html"
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

// maxDepth is how deep elements may lie within each other; real feeds stay under 30.
const maxDepth = 200

type token uint8

const (
	tokenEnd   token = iota // an element ends
	tokenStart              // an element begins
	tokenText               // characters
	tokenOver               // there is no more
)

// scanner reads XML as it is found in the wild: it forgives what can be understood (end tags that were forgotten or crossed, bare
// ampersands, unknown entities, prefixes that nobody declared), expands no entities of the document's own, and needs memory for the
// elements that are open and nothing else. Text it gives is part of the document, not a copy.
type scanner struct {
	doc  string
	pos  int
	at   int // where the last token began
	open []element
	ns   []binding

	attrs    []attribute // of the last start
	from, to int         // of the last text
	cdata    bool        // the last text was a CDATA section
	single   bool        // the last start was <a/>
	implied  int         // ends still to be told, because an outer element ended
	broken   bool        // the document stops in the middle of something
	strays   int         // end tags that ended nothing
	deep     bool        // it stopped because of maxDepth
}

type element struct {
	raw   string // as written
	space string // short name of the vocabulary: "", "atom", "dc" …
	name  string // lower case, without prefix
	base  string // xml:base in scope
	lang  string // xml:lang in scope
	ns    int    // bindings before it
}

type binding struct{ prefix, space string }

type attribute struct{ name, value string }

// next moves to the next token.
func (s *scanner) next() token {
	if s.implied > 0 {
		s.implied--
		s.pop()
		return tokenEnd
	}
	if s.single {
		s.single = false
		s.at = s.pos
		s.pop()
		return tokenEnd
	}
	for s.pos < len(s.doc) {
		s.at = s.pos
		rest := s.doc[s.pos:]
		lt := strings.IndexByte(rest, '<')
		if lt != 0 {
			if lt < 0 {
				lt = len(rest)
			}
			return s.text(s.pos, s.pos+lt, s.pos+lt, false)
		}
		if len(rest) < 2 {
			s.pos, s.broken = len(s.doc), true
			return tokenOver
		}
		switch c := rest[1]; {
		case c == '!':
			if strings.HasPrefix(rest, "<![CDATA[") {
				end := strings.Index(rest, "]]>")
				if end < 0 {
					s.pos, s.broken = len(s.doc), true
					return tokenOver
				}
				return s.text(s.pos+len("<![CDATA["), s.pos+end, s.pos+end+3, true)
			}
			if !s.skipDeclaration(rest) {
				return tokenOver
			}
		case c == '?':
			end := strings.IndexByte(rest, '>')
			if end < 0 {
				s.pos, s.broken = len(s.doc), true
				return tokenOver
			}
			s.pos += end + 1
		case c == '/':
			end := strings.IndexByte(rest, '>')
			if end < 0 {
				s.pos, s.broken = len(s.doc), true
				return tokenOver
			}
			s.pos += end + 1
			if s.closes(strings.TrimSpace(rest[2:end])) {
				s.pop()
				return tokenEnd
			}
		case nameStart(c):
			if !s.start() {
				return tokenOver
			}
			return tokenStart
		default:
			lt = strings.IndexByte(rest[1:], '<')
			if lt < 0 {
				lt = len(rest) - 1
			}
			return s.text(s.pos, s.pos+1+lt, s.pos+1+lt, false)
		}
	}
	if len(s.open) > 0 {
		s.broken = true
	}
	return tokenOver
}

func (s *scanner) text(from, to, next int, cdata bool) token {
	s.from, s.to, s.pos, s.cdata = from, to, next, cdata
	return tokenText
}

// skipDeclaration passes over a comment or a document type. Entities declared there are never used: that is what bombs are made of.
func (s *scanner) skipDeclaration(rest string) bool {
	if strings.HasPrefix(rest, "<!--") {
		end := strings.Index(rest[4:], "-->")
		if end < 0 {
			s.pos, s.broken = len(s.doc), true
			return false
		}
		s.pos += 4 + end + 3
		return true
	}
	brackets := 0
	for i := 2; i < len(rest); i++ {
		switch rest[i] {
		case '"', '\'':
			end := strings.IndexByte(rest[i+1:], rest[i])
			if end < 0 {
				s.pos, s.broken = len(s.doc), true
				return false
			}
			i += end + 1
		case '[':
			brackets++
		case ']':
			brackets--
		case '>':
			if brackets <= 0 {
				s.pos += i + 1
				return true
			}
		}
	}
	s.pos, s.broken = len(s.doc), true
	return false
}

// closes finds the element that an end tag ends, and how many inside it end with it.
func (s *scanner) closes(name string) bool {
	floor := 0
	if s.strays > 1000 { // no feed but a hostile one is this wrong
		floor = max(len(s.open)-4, 0)
	}
	for i := len(s.open) - 1; i >= floor; i-- {
		if s.open[i].raw == name || len(s.open[i].raw) == len(name) && strings.EqualFold(s.open[i].raw, name) {
			s.implied = len(s.open) - 1 - i
			return true
		}
	}
	s.strays++
	// A misspelled end tag ends what is open; a stray one of HTML ends nothing.
	if len(s.open) > 1 && name != "" && !strings.Contains(name, ":") && atom.Lookup([]byte(strings.ToLower(name))) == 0 {
		s.implied = 0
		return true
	}
	return false
}

func (s *scanner) pop() {
	last := len(s.open) - 1
	s.ns = s.ns[:s.open[last].ns]
	s.open = s.open[:last]
}

// start reads a start tag.
func (s *scanner) start() bool {
	if len(s.open) >= maxDepth {
		s.broken, s.deep = true, true
		s.pos = len(s.doc)
		return false
	}
	doc := s.doc
	i := s.pos + 1
	for i < len(doc) && !space(doc[i]) && doc[i] != '>' && doc[i] != '/' {
		i++
	}
	e := element{raw: doc[s.pos+1 : i], ns: len(s.ns)}
	if n := len(s.open); n > 0 {
		e.base, e.lang = s.open[n-1].base, s.open[n-1].lang
	}
	s.attrs = s.attrs[:0]
	for {
		for i < len(doc) && (space(doc[i]) || doc[i] == '/' && (i+1 >= len(doc) || doc[i+1] != '>')) {
			i++
		}
		if i >= len(doc) {
			s.pos, s.broken = len(doc), true
			return false
		}
		if doc[i] == '>' {
			i++
			break
		}
		if doc[i] == '/' {
			i += 2
			s.single = true
			break
		}
		from := i
		for i < len(doc) && doc[i] != '=' && !space(doc[i]) && doc[i] != '>' && doc[i] != '/' {
			i++
		}
		name := doc[from:i]
		for i < len(doc) && space(doc[i]) {
			i++
		}
		value := ""
		if i < len(doc) && doc[i] == '=' {
			i++
			for i < len(doc) && space(doc[i]) {
				i++
			}
			if i < len(doc) && (doc[i] == '"' || doc[i] == '\'') {
				end := strings.IndexByte(doc[i+1:], doc[i])
				if end < 0 {
					s.pos, s.broken = len(doc), true
					return false
				}
				value = doc[i+1 : i+1+end]
				i += end + 2
			} else {
				from = i
				for i < len(doc) && !space(doc[i]) && doc[i] != '>' {
					i++
				}
				value = doc[from:i]
			}
		}
		s.attribute(&e, name, value)
	}
	s.pos = i
	prefix, local := "", e.raw
	if colon := strings.IndexByte(e.raw, ':'); colon >= 0 {
		prefix, local = e.raw[:colon], e.raw[colon+1:]
	}
	e.space = s.space(prefix)
	e.name = strings.ToLower(local)
	s.open = append(s.open, e)
	return true
}

func (s *scanner) attribute(e *element, name, value string) {
	switch {
	case name == "":
	case name == "xmlns":
		s.bind("", value)
	case strings.HasPrefix(name, "xmlns:"):
		s.bind(name[len("xmlns:"):], value)
	case name == "xml:base":
		e.base = resolve(e.base, decode(value))
	case name == "xml:lang":
		e.lang = decode(value)
	case len(s.attrs) < 64:
		s.attrs = append(s.attrs, attribute{name, value})
	}
}

func (s *scanner) bind(prefix, uri string) {
	if len(s.ns) < 10*maxDepth {
		s.ns = append(s.ns, binding{prefix, vocabulary(strings.TrimSpace(uri), prefix)})
	}
}

func (s *scanner) space(prefix string) string {
	for i := len(s.ns) - 1; i >= 0; i-- {
		if s.ns[i].prefix == prefix {
			return s.ns[i].space
		}
	}
	return strings.ToLower(prefix)
}

// top is the element that the last start began.
func (s *scanner) top() *element { return &s.open[len(s.open)-1] }

// attr gives an attribute of the last start, whatever its case; it must be asked before the next token.
func (s *scanner) attr(name string) string {
	for _, a := range s.attrs {
		if len(a.name) == len(name) && strings.EqualFold(a.name, name) {
			return strings.TrimSpace(decode(a.value))
		}
	}
	return ""
}

// each calls fn for every child of the element that the last start began. It is false when the document stops before the element ends.
func (s *scanner) each(fn func()) bool {
	depth := len(s.open)
	for {
		switch s.next() {
		case tokenOver:
			return false
		case tokenStart:
			inner := len(s.open)
			fn()
			for len(s.open) >= inner {
				if s.next() == tokenOver {
					return false
				}
			}
		case tokenEnd:
			if len(s.open) < depth {
				return true
			}
		}
	}
}

// inner is what stands in an element.
type inner struct {
	text   string // entities decoded when there is no markup
	markup bool   // text is markup: there were elements inside
	whole  bool   // false when the document stopped before the element ended
}

// content reads the element that the last start began, up to its end. With raw, entities stay as they are.
func (s *scanner) content(raw bool) inner {
	depth, from := len(s.open), s.pos
	var first string
	var b strings.Builder
	pieces, markup, sections := 0, false, false
	for {
		switch s.next() {
		case tokenOver:
			return inner{}
		case tokenStart:
			markup = true
		case tokenText:
			sections = sections || s.cdata
			if markup {
				continue
			}
			piece := s.doc[s.from:s.to]
			if !s.cdata && !raw {
				piece = decode(piece)
			}
			switch pieces {
			case 0:
				first = piece
			case 1:
				b.WriteString(first)
				fallthrough
			default:
				b.WriteString(piece)
			}
			pieces++
		case tokenEnd:
			if len(s.open) >= depth {
				continue
			}
			if markup {
				text := s.doc[from:max(s.at, from)]
				if sections {
					text = strings.ReplaceAll(strings.ReplaceAll(text, "<![CDATA[", ""), "]]>", "")
				}
				return inner{strings.TrimSpace(text), true, true}
			}
			if pieces > 1 {
				first = b.String()
			}
			return inner{strings.TrimSpace(first), false, true}
		}
	}
}

// line reads the element's text.
func (s *scanner) line() string { return s.content(false).text }

// decode replaces entities. Those of XML and HTML are known; what is none stays as written.
func decode(s string) string {
	amp := strings.IndexByte(s, '&')
	if amp < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for amp >= 0 {
		b.WriteString(s[:amp])
		s = s[amp:]
		window := s[:min(len(s), 40)]
		end := strings.IndexByte(window, ';')
		if end < 2 || strings.ContainsAny(window[1:end], "& \t\r\n<") {
			b.WriteByte('&')
			s = s[1:]
		} else if to, ok := entity(window[1:end]); ok {
			b.WriteString(to)
			s = s[end+1:]
		} else {
			b.WriteByte('&')
			s = s[1:]
		}
		amp = strings.IndexByte(s, '&')
	}
	b.WriteString(s)
	return b.String()
}

func entity(name string) (string, bool) {
	switch name {
	case "amp":
		return "&", true
	case "lt":
		return "<", true
	case "gt":
		return ">", true
	case "quot":
		return `"`, true
	case "apos":
		return "'", true
	case "nbsp":
		return "\u00a0", true
	}
	if name[0] == '#' {
		return reference(name[1:])
	}
	// Without its semicolon an old entity such as &copy would be found inside a longer word.
	whole := html.UnescapeString("&" + name + ";")
	if whole == html.UnescapeString("&"+name)+";" {
		return "", false
	}
	return whole, true
}

func reference(digits string) (string, bool) {
	base, value := 10, 0
	if digits != "" && digits[0]|0x20 == 'x' {
		base, digits = 16, digits[1:]
	}
	if digits == "" {
		return "", false
	}
	for i := range len(digits) {
		d := int(digits[i])
		switch {
		case d >= '0' && d <= '9':
			d -= '0'
		case base == 16 && d|0x20 >= 'a' && d|0x20 <= 'f':
			d = d | 0x20 - 'a' + 10
		default:
			return "", false
		}
		value = min(value*base+d, utf8.MaxRune+1)
	}
	switch {
	case value >= 0x80 && value <= 0x9f:
		return html.UnescapeString("&#" + digitsOf(base) + digits + ";"), true // windows-1252, as browsers do
	case value == '\t', value == '\n', value == '\r', value >= 0x20 && utf8.ValidRune(rune(value)):
		return string(rune(value)), true
	case value < 0x20:
		return "", true
	}
	return "\uFFFD", true
}

func digitsOf(base int) string {
	if base == 16 {
		return "x"
	}
	return ""
}

// resolve makes ref absolute when it can.
func resolve(base, ref string) string {
	ref = strings.TrimSpace(ref)
	if base == "" || ref == "" || absolute(ref) {
		return ref
	}
	b, err := url.Parse(base)
	if err != nil {
		return ref
	}
	r, err := url.Parse(ref)
	if err != nil {
		return ref
	}
	return b.ResolveReference(r).String()
}

// absolute reports whether a reference begins with a scheme.
func absolute(ref string) bool {
	for i := range len(ref) {
		c := ref[i]
		switch {
		case c|0x20 >= 'a' && c|0x20 <= 'z':
		case i > 0 && (c >= '0' && c <= '9' || c == '+' || c == '-' || c == '.'):
		default:
			return i > 0 && c == ':'
		}
	}
	return false
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func nameStart(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' || c == ':' || c >= 0x80
}
