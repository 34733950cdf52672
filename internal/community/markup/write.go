package markup

import (
	"bytes"
	"slices"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"

	"github.com/entente/entente/internal/problem"
)

// QuoteMark stands before each line of a quote in Doc.Text, once for each quote that it is in.
const QuoteMark = "> "

// writer makes HTML and text of a parsed document in one walk.
type writer struct {
	source   []byte
	top      int
	pictures string
	mention  func(string) (string, bool)
	rtl      bool // blocks say dir="auto" when some of them may be read from the right

	html, text []byte
	due        int    // line ends before the next word of the text
	prefix     string // of the text's lines: marks of quotes, indents of lists
	levels     []int  // of the headings above this place
	inLink     bool
	mentions   []string
	links      []string
	linked     int
	refused    error
}

// need asks for at least n line ends before the next word of the text.
func (w *writer) need(n int) { w.due = max(w.due, n) }

// tag writes HTML of ours.
func (w *writer) tag(s string) { w.html = append(w.html, s...) }

// open writes a block's tag.
func (w *writer) open(name string) {
	w.tag("<")
	w.tag(name)
	if w.rtl {
		w.tag(` dir="auto"`)
	}
	w.tag(">")
}

// say writes words to both.
func (w *writer) say(s string) {
	w.escape(s)
	w.note(s)
}

// note writes words to the text.
func (w *writer) note(s string) {
	if s == "" {
		return
	}
	if w.due > 0 || len(w.text) == 0 {
		if len(w.text) > 0 {
			for range w.due {
				w.text = append(w.text, '\n')
			}
		}
		w.text = append(w.text, w.prefix...)
		w.due = 0
	}
	w.text = append(w.text, s...)
	if len(w.text) > MaxHTML {
		w.refuse(problem.New(problem.TooLarge, "markup.heavy"))
	}
}

func (w *writer) escape(s string) {
	from := 0
	for i := range len(s) {
		var e string
		switch s[i] {
		case '<':
			e = "&lt;"
		case '>':
			e = "&gt;"
		case '&':
			e = "&amp;"
		case '"':
			e = "&#34;"
		case '\'':
			e = "&#39;"
		default:
			continue
		}
		w.html = append(append(w.html, s[from:i]...), e...)
		from = i + 1
	}
	w.html = append(w.html, s[from:]...)
	if len(w.html) > MaxHTML {
		w.refuse(problem.New(problem.TooLarge, "markup.heavy"))
	}
}

func (w *writer) refuse(p *problem.Problem) {
	if w.refused == nil {
		w.refused = p
	}
}

// blocks writes the children of a block.
func (w *writer) blocks(n ast.Node, depth int) {
	if depth > 2*MaxDepth {
		w.refuse(problem.New(problem.Invalid, "markup.deep", "Most", MaxDepth))
		return
	}
	for c := n.FirstChild(); c != nil && w.refused == nil; c = c.NextSibling() {
		w.block(c, depth+1)
	}
}

func (w *writer) block(n ast.Node, depth int) {
	switch n := n.(type) {
	case *ast.Paragraph:
		w.need(2)
		w.open("p")
		w.inlines(n, depth)
		w.tag("</p>\n")
	case *ast.TextBlock:
		w.need(1)
		w.inlines(n, depth)
		if n.NextSibling() != nil {
			w.tag("\n")
		}
	case *ast.Heading:
		name := "h" + strconv.Itoa(w.level(n.Level))
		w.need(2)
		w.open(name)
		w.inlines(n, depth)
		w.tag("</" + name + ">\n")
		w.need(2)
	case *ast.Blockquote:
		w.need(2)
		w.tag("<blockquote>\n")
		w.within(QuoteMark, func() { w.blocks(n, depth) })
		w.tag("</blockquote>\n")
		w.need(2)
	case *ast.List:
		w.list(n, depth)
	case *ast.CodeBlock:
		w.code(n, "")
	case *ast.FencedCodeBlock:
		w.code(n, string(n.Language(w.source)))
	case *ast.ThematicBreak:
		w.tag("<hr>\n")
		w.need(2)
	case *extast.Table:
		w.table(n, depth)
	case *ast.LinkReferenceDefinition:
	default:
		w.blocks(n, depth)
	}
}

// level is what a heading becomes: the highest of a document is top, and none is more than one below the one it stands under.
func (w *writer) level(written int) int {
	for len(w.levels) > 0 && w.levels[len(w.levels)-1] >= written {
		w.levels = w.levels[:len(w.levels)-1]
	}
	w.levels = append(w.levels, written)
	return min(w.top+len(w.levels)-1, 6)
}

// within writes with a longer prefix before the text's lines.
func (w *writer) within(prefix string, run func()) {
	before := w.prefix
	w.prefix += prefix
	run()
	w.prefix = before
}

func (w *writer) list(n *ast.List, depth int) {
	name := "ul"
	w.need(1)
	if n.Parent().Kind() != ast.KindListItem {
		w.need(2)
	}
	if n.IsOrdered() {
		name = "ol"
	}
	w.tag("<" + name)
	if n.IsOrdered() && n.Start != 1 {
		w.tag(` start="` + strconv.Itoa(n.Start) + `"`)
	}
	w.tag(">\n")
	number := n.Start
	for c := n.FirstChild(); c != nil && w.refused == nil; c = c.NextSibling() {
		mark := "- "
		if n.IsOrdered() {
			mark = strconv.Itoa(number) + ". "
			number++
		}
		w.open("li")
		if c.FirstChild() == nil {
			w.tag("</li>\n")
			continue
		}
		if !n.IsTight {
			w.tag("\n")
			w.need(2)
		} else {
			w.need(1)
		}
		w.note(mark)
		due := w.due
		w.within(strings.Repeat(" ", len(mark)), func() {
			w.first(c, depth+1)
		})
		w.due = max(w.due, due)
		w.tag("</li>\n")
	}
	w.tag("</" + name + ">\n")
	w.need(2)
}

// first writes the blocks of a list item, of which the first stands on the line of its mark.
func (w *writer) first(item ast.Node, depth int) {
	if depth > 2*MaxDepth {
		w.refuse(problem.New(problem.Invalid, "markup.deep", "Most", MaxDepth))
		return
	}
	for c := item.FirstChild(); c != nil && w.refused == nil; c = c.NextSibling() {
		if c == item.FirstChild() && (c.Kind() == ast.KindParagraph || c.Kind() == ast.KindTextBlock) {
			if c.Kind() == ast.KindParagraph {
				w.open("p")
				w.inlines(c, depth)
				w.tag("</p>\n")
			} else {
				w.inlines(c, depth)
				if c.NextSibling() != nil {
					w.tag("\n")
				}
			}
			continue
		}
		w.block(c, depth+1)
	}
}

func (w *writer) code(n ast.Node, language string) {
	w.need(2)
	w.tag(`<pre tabindex="0"><code`)
	if known(language) {
		w.tag(` class="language-` + language + `"`)
	}
	w.tag(">")
	lines := n.Lines()
	for i := range lines.Len() {
		at := lines.At(i)
		line := string(at.Value(w.source))
		w.escape(line)
		w.note(strings.TrimSuffix(line, "\n"))
		w.due++
		if w.refused != nil {
			return
		}
	}
	w.due = min(w.due, 2)
	w.tag("</code></pre>\n")
	w.need(2)
}

// known reports whether a language's name may stand in a class.
func known(language string) bool {
	for i := range len(language) {
		c := language[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '+' && c != '-' && c != '#' {
			return false
		}
	}
	return language != "" && len(language) <= 20
}

func (w *writer) table(n *extast.Table, depth int) {
	w.need(2)
	w.tag("<div class=\"prose-table\" tabindex=\"0\"><table>\n")
	body := false
	for row := n.FirstChild(); row != nil && w.refused == nil; row = row.NextSibling() {
		name := "td"
		if row.Kind() == extast.KindTableHeader {
			name = "th"
			w.tag("<thead>\n")
		} else if !body {
			body = true
			w.tag("<tbody>\n")
		}
		w.need(1)
		w.tag("<tr>")
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			w.tag("<" + name)
			if w.rtl {
				w.tag(` dir="auto"`)
			}
			if name == "th" {
				w.tag(` scope="col"`)
			}
			if c, ok := cell.(*extast.TableCell); ok && (c.Alignment == extast.AlignRight || c.Alignment == extast.AlignCenter) {
				w.tag(` class="is-` + c.Alignment.String() + `"`)
			}
			w.tag(">")
			if cell != row.FirstChild() {
				w.note(" | ")
			}
			w.inlines(cell, depth)
			w.tag("</" + name + ">")
		}
		w.tag("</tr>\n")
		if name == "th" {
			w.tag("</thead>\n")
		}
	}
	if body {
		w.tag("</tbody>\n")
	}
	w.tag("</table></div>\n")
	w.need(2)
}

// inlines writes the children of what holds words.
func (w *writer) inlines(n ast.Node, depth int) {
	if depth > 8*MaxDepth {
		w.refuse(problem.New(problem.Invalid, "markup.deep", "Most", MaxDepth))
		return
	}
	for c := n.FirstChild(); c != nil && w.refused == nil; c = c.NextSibling() {
		w.inline(c, depth+1)
	}
}

func (w *writer) inline(n ast.Node, depth int) {
	switch n := n.(type) {
	case *ast.Text:
		value := n.Segment.Value(w.source)
		if n.IsRaw() {
			w.say(string(value))
		} else {
			w.say(w.words(value))
		}
		if n.HardLineBreak() || n.SoftLineBreak() {
			w.tag("<br>\n")
			w.need(1)
		}
	case *ast.String:
		w.say(string(n.Value))
	case *ast.CodeSpan:
		w.tag("<code>")
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			if t, ok := c.(*ast.Text); ok {
				w.say(strings.ReplaceAll(string(t.Segment.Value(w.source)), "\n", " "))
			}
		}
		w.tag("</code>")
	case *ast.Emphasis:
		name := "em"
		if n.Level == 2 {
			name = "strong"
		}
		w.wrap(name, n, depth)
	case *extast.Strikethrough:
		w.wrap("del", n, depth)
	case *extast.TaskCheckBox:
		if n.IsChecked {
			w.say("☑ ")
		} else {
			w.say("☐ ")
		}
	case *ast.Link:
		w.link(n, string(n.Destination), depth)
	case *ast.Image:
		w.picture(n, depth)
	case *ast.AutoLink:
		w.bare(n)
	case *mention:
		w.mentioned(n.handle)
	case *emoji:
		w.say(emojis[n.name])
	default:
		w.inlines(n, depth)
	}
}

func (w *writer) wrap(name string, n ast.Node, depth int) {
	w.tag("<" + name + ">")
	w.inlines(n, depth)
	w.tag("</" + name + ">")
}

// words resolves \* and &eacute; and takes out what those made that is not seen.
func (w *writer) words(b []byte) string {
	plain := true
	for _, c := range b {
		if c == '\\' || c == '&' {
			plain = false
			break
		}
	}
	if plain {
		return string(b)
	}
	return resolve(b)
}

// resolve reads backslashes and references, each once: \&amp; is &amp;.
func resolve(b []byte) string {
	var out strings.Builder
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && util.IsPunct(b[i+1]) {
			i++
			out.WriteByte(b[i])
			continue
		}
		if b[i] == '&' {
			if n, means := reference(b[i:]); n > 0 {
				out.WriteString(strings.ReplaceAll(tidy(means), "\n", " "))
				i += n - 1
				continue
			}
		}
		out.WriteByte(b[i])
	}
	return out.String()
}

// reference reads one that b begins with, and how many bytes it takes; 0 when it is none.
func reference(b []byte) (n int, means string) {
	end := bytes.IndexByte(b[:min(len(b), 34)], ';')
	if end < 2 {
		return 0, ""
	}
	name := string(b[1:end])
	if name[0] != '#' {
		entity, known := util.LookUpHTML5EntityByName(name)
		if !known {
			return 0, ""
		}
		return end + 1, string(entity.Characters)
	}
	digits, base := name[1:], 10
	if len(digits) > 0 && (digits[0] == 'x' || digits[0] == 'X') {
		digits, base = digits[1:], 16
	}
	code, err := strconv.ParseUint(digits, base, 32)
	if err != nil || len(digits) > 7 {
		return 0, ""
	}
	return end + 1, string(util.ToValidRune(rune(code)))
}

// link writes a link with the words of its children. What may not be followed keeps its words.
func (w *writer) link(n ast.Node, raw string, depth int) {
	at, ok := follow(address(raw))
	if !ok || w.inLink {
		w.inlines(n, depth)
		return
	}
	w.begin(at)
	from := len(w.text)
	w.inlines(n, depth)
	shown := string(w.text[min(from, len(w.text)):])
	if strings.TrimSpace(shown) == "" { // a link that nobody sees
		if at.host != "" {
			w.say(at.host)
		} else {
			w.say(at.href)
		}
	}
	w.end(at, shown)
}

// bare writes an address that stands as it is.
func (w *writer) bare(n *ast.AutoLink) {
	label := string(n.Label(w.source))
	raw := label
	if len(n.Protocol) > 0 {
		raw = string(n.Protocol) + "://" + label
	}
	if n.AutoLinkType == ast.AutoLinkEmail && !strings.HasPrefix(strings.ToLower(raw), "mailto:") {
		raw = "mailto:" + raw
	}
	at, ok := follow(raw)
	if !ok || w.inLink {
		w.say(label)
		return
	}
	w.begin(at)
	w.say(label)
	w.end(at, label)
}

func (w *writer) begin(at link) {
	if w.linked++; w.linked > MaxLinks {
		w.refuse(problem.New(problem.TooLarge, "markup.links", "Most", MaxLinks))
	}
	if !slices.Contains(w.links, at.href) {
		w.links = append(w.links, at.href)
	}
	w.tag(`<a href="`)
	w.escape(at.href)
	w.tag(`" rel="nofollow ugc noopener">`)
	w.inLink = true
}

// end closes a link, and says its host where the words before hide it.
func (w *writer) end(at link, shown string) {
	w.inLink = false
	w.tag("</a>")
	claimed := claims(shown)
	lies := claimed != "" && at.host != "" && strings.TrimPrefix(claimed, "www.") != strings.TrimPrefix(at.host, "www.")
	if at.odd || lies {
		w.tag(` <span class="prose-host">`)
		w.escape("(" + at.host + ")")
		w.note(" (" + at.host + ")")
		w.tag("</span>")
	}
}

// picture shows a picture of this installation; one from elsewhere is a link to it, so that nobody is told who reads here.
func (w *writer) picture(n *ast.Image, depth int) {
	raw := address(string(n.Destination))
	at, ok := follow(raw)
	if !ok || w.inLink && at.host != "" {
		w.inlines(n, depth)
		return
	}
	if at.host != "" || !strings.HasPrefix(at.href, w.pictures) || strings.Contains(at.href, "..") || strings.ContainsAny(at.href, "?#") {
		w.link(n, string(n.Destination), depth)
		return
	}
	alt := &writer{source: w.source, inLink: true, mention: nil}
	alt.inlines(n, depth)
	w.tag(`<img src="`)
	w.escape(at.href)
	w.tag(`" alt="`)
	w.escape(strings.ReplaceAll(string(alt.text), "\n", " "))
	w.tag(`" loading="lazy" decoding="async">`)
	w.note(string(alt.text))
	if alt.refused != nil && w.refused == nil {
		w.refused = alt.refused
	}
}

// address reads what stands in the brackets of a link.
func address(raw string) string { return resolve([]byte(raw)) }

func (w *writer) mentioned(handle string) {
	folded := strings.ToLower(handle)
	if !slices.Contains(w.mentions, folded) {
		w.mentions = append(w.mentions, folded)
	}
	path, ok := "", true
	if w.mention != nil {
		path, ok = w.mention(folded)
	}
	if !ok {
		w.say("@" + handle)
		return
	}
	if path == "" || w.inLink {
		w.tag(`<span class="prose-mention">`)
		w.say("@" + handle)
		w.tag("</span>")
		return
	}
	w.tag(`<a class="prose-mention" href="`)
	w.escape(path)
	w.tag(`">`)
	w.say("@" + handle)
	w.tag("</a>")
}
