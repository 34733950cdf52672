// Package marked decides how HTML that people wrote elsewhere is kept as Markdown: HTML comes in, Markdown that says and shows the same goes out.
package marked

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits of one text.
const (
	maxBytes = 200_000 // of Markdown; the rest is cut off
	maxDepth = 60      // elements inside each other; what is deeper is text
)

// Options say where addresses lead.
type Options struct {
	Link    func(address string) string              // where a link leads, "" for words without one; nil keeps all
	Picture func(address, alt string) (shown string) // the Markdown of a picture; nil makes a link of it
}

// From turns HTML into Markdown. Scripts, styles and frames are dropped.
func (o Options) From(source string) string {
	root, err := html.Parse(strings.NewReader(source))
	if err != nil {
		return Escape(source)
	}
	w := &writer{o: o}
	w.children(root, 0)
	return Tidy(w.b.String())
}

// Tidy trims a text, and leaves one empty line where there are several, but within fences.
func Tidy(s string) string {
	var out []string
	empty, fence := 0, ""
	for line := range strings.SplitSeq(s, "\n") {
		bare := strings.TrimLeft(line, "> ")
		switch {
		case fence != "" && strings.HasPrefix(bare, fence):
			fence = ""
		case fence == "" && strings.HasPrefix(bare, "```"):
			fence = bare[:len(bare)-len(strings.TrimLeft(bare, "`"))]
		}
		if fence == "" {
			line = strings.TrimRight(line, " \t")
		}
		if line == "" && fence == "" {
			if empty++; empty > 1 {
				continue
			}
		} else {
			empty = 0
		}
		out = append(out, line)
	}
	return strings.Trim(strings.Join(out, "\n"), "\n")
}

type writer struct {
	o    Options
	b    strings.Builder
	list []int // of each list one is in: the number of its next entry, 0 for dots
}

func (w *writer) full() bool { return w.b.Len() > maxBytes }

func (w *writer) children(n *html.Node, depth int) {
	for c := n.FirstChild; c != nil && !w.full(); c = c.NextSibling {
		w.node(c, depth+1)
	}
}

// inside gives what the children of n say, as a text of its own.
func (w *writer) inside(n *html.Node, depth int) string {
	in := &writer{o: w.o, list: w.list}
	in.children(n, depth)
	return in.b.String()
}

// block puts what n says between empty lines.
func (w *writer) block(text string) {
	if text = strings.Trim(text, "\n"); strings.TrimSpace(text) != "" {
		w.b.WriteString("\n\n" + text + "\n\n")
	}
}

func prefixed(text, first, rest string) string {
	lines := strings.Split(Tidy(text), "\n")
	for i, line := range lines {
		p := rest
		if i == 0 {
			p = first
		}
		lines[i] = strings.TrimRight(p+line, " ")
	}
	return strings.Join(lines, "\n")
}

func (w *writer) node(n *html.Node, depth int) {
	switch n.Type {
	case html.TextNode:
		w.text(n.Data)
		return
	case html.ElementNode:
	default:
		w.children(n, depth)
		return
	}
	if depth > maxDepth {
		w.text(words(n))
		return
	}
	switch n.DataAtom {
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Svg, atom.Head, atom.Object, atom.Textarea, atom.Select:
	case atom.Br:
		w.b.WriteString("\\\n")
	case atom.Hr:
		w.block("---")
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Dd, atom.Dt, atom.Figure, atom.Figcaption, atom.Details, atom.Summary:
		w.block(w.inside(n, depth))
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		if text := line(w.inside(n, depth)); text != "" {
			level, _ := strconv.Atoi(n.Data[1:])
			w.block(strings.Repeat("#", level) + " " + text)
		}
	case atom.Strong, atom.B:
		w.span(n, depth, "**")
	case atom.Em, atom.I:
		w.span(n, depth, "*")
	case atom.Del, atom.S, atom.Strike:
		w.span(n, depth, "~~")
	case atom.Code, atom.Kbd, atom.Tt, atom.Samp:
		w.b.WriteString(code(words(n)))
	case atom.Pre:
		w.fence(n)
	case atom.Blockquote:
		w.block(prefixed(w.inside(n, depth), "> ", "> "))
	case atom.Ul, atom.Ol:
		w.listed(n, depth)
	case atom.Li:
		w.entry(n, depth)
	case atom.Table:
		w.table(n, depth)
	case atom.A:
		w.link(n, depth)
	case atom.Img:
		w.picture(n)
	default:
		w.children(n, depth)
	}
}

// text writes words, each space as one, with what Markdown would take for marks escaped.
func (w *writer) text(s string) {
	if s == "" {
		return
	}
	folded := strings.Join(strings.Fields(s), " ")
	so := w.b.String()
	begins := so == "" || strings.HasSuffix(so, "\n")
	if isSpace(s[0]) && !begins && !strings.HasSuffix(so, " ") {
		w.b.WriteString(" ")
	}
	if folded == "" {
		return
	}
	w.b.WriteString(escape(folded, begins))
	if isSpace(s[len(s)-1]) {
		w.b.WriteString(" ")
	}
}

func isSpace(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }

// Escape is words as Markdown that shows them as they are.
func Escape(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = escape(strings.TrimSpace(lines[i]), true)
	}
	return strings.Join(lines, "\n")
}

func escape(s string, begins bool) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch c {
		case '\\', '`', '*', '_', '[', ']', '<', '~', '|', '&':
			b.WriteByte('\\')
		case '!':
			if i+1 < len(s) && s[i+1] == '[' || i+1 == len(s) {
				b.WriteByte('\\')
			}
		case '#', '>', '+', '-', '=', ':':
			if begins && i == 0 {
				b.WriteByte('\\')
			}
		case '.', ')':
			if begins && i > 0 && i < 10 && strings.Trim(s[:i], "0123456789") == "" {
				b.WriteByte('\\')
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

// span puts marks around words; spaces stay outside of them, and what has several paragraphs has none.
func (w *writer) span(n *html.Node, depth int, mark string) {
	in := w.inside(n, depth)
	bare := strings.TrimSpace(in)
	if bare == "" || strings.Contains(bare, "\n\n") {
		w.b.WriteString(in)
		return
	}
	if isSpace(in[0]) {
		w.b.WriteString(" ")
	}
	w.b.WriteString(mark + bare + mark)
	if isSpace(in[len(in)-1]) {
		w.b.WriteString(" ")
	}
}

// code is a span of code, between more backticks than it has.
func code(s string) string {
	s = strings.ReplaceAll(s, "\n", " ")
	if strings.TrimSpace(s) == "" {
		return s
	}
	fence := strings.Repeat("`", longest(s)+1)
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

func longest(s string) int {
	most, run := 0, 0
	for i := range len(s) {
		if s[i] != '`' {
			run = 0
			continue
		}
		run++
		most = max(most, run)
	}
	return most
}

func (w *writer) fence(n *html.Node) {
	lang := ""
	find := func(class string) {
		for c := range strings.FieldsSeq(class) {
			if l, ok := strings.CutPrefix(c, "lang-"); ok {
				lang = l
			} else if l, ok := strings.CutPrefix(c, "language-"); ok {
				lang = l
			}
		}
	}
	find(attr(n, "class"))
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.DataAtom == atom.Code {
			find(attr(c, "class"))
		}
	}
	if lang == "auto" || strings.ContainsAny(lang, "` \t") {
		lang = ""
	}
	s := strings.TrimRight(words(n), "\n")
	if s == "" {
		return
	}
	mark := strings.Repeat("`", max(3, longest(s)+1))
	w.b.WriteString("\n\n" + mark + lang + "\n" + s + "\n" + mark + "\n\n")
}

func (w *writer) listed(n *html.Node, depth int) {
	begin := 0
	if n.DataAtom == atom.Ol {
		begin = 1
		if k, err := strconv.Atoi(attr(n, "start")); err == nil && k >= 0 && k < 1e8 {
			begin = k
		}
	}
	in := &writer{o: w.o, list: append(w.list[:len(w.list):len(w.list)], begin)}
	in.children(n, depth)
	w.block(in.b.String())
}

func (w *writer) entry(n *html.Node, depth int) {
	mark := "- "
	if k := len(w.list); k > 0 && w.list[k-1] > 0 {
		mark = strconv.Itoa(w.list[k-1]) + ". "
		w.list[k-1]++
	}
	text := w.inside(n, depth)
	if strings.TrimSpace(text) == "" {
		return
	}
	w.b.WriteString("\n" + prefixed(text, mark, strings.Repeat(" ", len(mark))) + "\n")
}

func (w *writer) table(n *html.Node, depth int) {
	var rows [][]string
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if depth > maxDepth {
			return
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch c.DataAtom {
			case atom.Tr:
				rows = append(rows, nil)
				walk(c, depth+1)
			case atom.Td, atom.Th:
				if len(rows) > 0 {
					rows[len(rows)-1] = append(rows[len(rows)-1], line(w.inside(c, depth+1)))
				}
			default:
				walk(c, depth+1)
			}
		}
	}
	walk(n, depth)
	wide := 0
	for _, r := range rows {
		wide = max(wide, len(r))
	}
	if wide == 0 {
		return
	}
	var b strings.Builder
	for i, r := range rows {
		b.WriteString("|")
		for k := range wide {
			cell := " "
			if k < len(r) {
				cell = " " + r[k] + " "
			}
			b.WriteString(cell + "|")
		}
		b.WriteString("\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat(" --- |", wide) + "\n")
		}
	}
	w.block(b.String())
}

func (w *writer) link(n *html.Node, depth int) {
	to := strings.TrimSpace(attr(n, "href"))
	if w.o.Link != nil && to != "" {
		to = w.o.Link(to)
	}
	in := w.inside(n, depth)
	text := line(in)
	switch {
	case text == "" && strings.TrimSpace(words(n)) == "":
		return
	case to == "" || strings.ContainsAny(to, " \n<>") || strings.Contains(text, "]("):
		w.b.WriteString(in) // nowhere to go, or a picture that is its own link
		return
	case words(n) == to:
		w.b.WriteString("<" + to + ">")
		return
	}
	w.b.WriteString("[" + text + "](<" + to + ">)")
}

func (w *writer) picture(n *html.Node) {
	src, alt := strings.TrimSpace(attr(n, "src")), strings.Join(strings.Fields(attr(n, "alt")), " ")
	if strings.Contains(attr(n, "class"), "emoji") {
		w.b.WriteString(alt)
		return
	}
	if src == "" {
		w.b.WriteString(escape(alt, false))
		return
	}
	if w.o.Picture != nil {
		w.b.WriteString(w.o.Picture(src, alt))
		return
	}
	w.b.WriteString(Linked(src, alt))
}

// Linked is a picture that is not shown, as a link.
func Linked(address, words string) string {
	if words == "" {
		words = address[strings.LastIndexByte(address, '/')+1:]
	}
	if words = escape(line(words), false); words == "" || strings.ContainsAny(address, " \n<>") {
		return words
	}
	return "[" + words + "](<" + address + ">)"
}

func line(s string) string { return strings.Join(strings.Fields(s), " ") }

// words is all text below n, as it stands.
func words(n *html.Node) string {
	var b strings.Builder
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.DataAtom == atom.Br {
			b.WriteString("\n")
		}
		for c := n.FirstChild; c != nil && depth < 10*maxDepth; c = c.NextSibling {
			walk(c, depth+1)
		}
	}
	walk(n, 0)
	return b.String()
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
