package wire

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Limits of what one text becomes.
const (
	MostRunes = 20_000 // of Markdown
	mostLinks = 60
	mostDeep  = 6 // quotes and lists inside each other; deeper ones stand side by side
)

// Markdown makes of HTML that somebody else wrote what our Markdown can say of it. Pictures, sound and frames become links or nothing, so that nothing is
// loaded from elsewhere; words are escaped, so that they are words.
func Markdown(source string) string {
	w := &writer{}
	z := html.NewTokenizer(strings.NewReader(source))
	z.SetMaxBuf(maxContent)
	for w.n < MostRunes {
		switch z.Next() {
		case html.ErrorToken:
			return w.done()
		case html.TextToken:
			if w.skip == 0 {
				w.words(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			w.begin(&t)
		case html.EndTagToken:
			t := z.Token()
			w.end(t.DataAtom)
		}
	}
	return w.done() + " …"
}

type writer struct {
	b     strings.Builder
	n     int // runes written
	due   int // line ends before the next word
	gap   bool
	bare  bool // the line has no word yet
	lists []item
	quote int
	skip  int // inside what is not shown
	pre   int
	href  []string
	marks []string // emphasis that is open
	links int
}

type item struct {
	ordered bool
	n       int
}

// hidden is what is not shown, with all in it. Mastodon shortens addresses by spans of class invisible, which are part of the words of a link and stay out.
func hidden(a atom.Atom) bool {
	switch a {
	case atom.Script, atom.Style, atom.Template, atom.Head, atom.Title, atom.Noscript, atom.Iframe, atom.Object, atom.Embed, atom.Svg, atom.Math, atom.Textarea, atom.Select:
		return true
	}
	return false
}

func (w *writer) begin(t *html.Token) {
	a := t.DataAtom
	if t.Type == html.StartTagToken && hidden(a) {
		w.skip++
	}
	if w.skip > 0 {
		return
	}
	switch a {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Table, atom.Figure, atom.Dl:
		w.paragraph(2)
	case atom.Tr, atom.Dt, atom.Dd, atom.Figcaption:
		w.paragraph(1)
	case atom.Td, atom.Th:
		w.gap = true
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.paragraph(2)
		w.open("**")
	case atom.Br:
		w.due = max(w.due, 1)
	case atom.Hr:
		w.paragraph(2)
	case atom.Blockquote:
		w.paragraph(2)
		w.quote++
	case atom.Ul, atom.Ol:
		w.paragraph(map[bool]int{true: 2, false: 1}[len(w.lists) == 0])
		if len(w.lists) < 2*mostDeep {
			w.lists = append(w.lists, item{ordered: a == atom.Ol})
		}
	case atom.Li:
		w.paragraph(1)
		w.point()
	case atom.Pre:
		w.paragraph(2)
		w.fence()
		w.pre++
	case atom.Strong, atom.B:
		w.open("**")
	case atom.Em, atom.I:
		w.open("*")
	case atom.A:
		w.link(t)
	case atom.Img, atom.Video, atom.Audio, atom.Source:
		w.media(t)
	}
}

func (w *writer) end(a atom.Atom) {
	if hidden(a) && w.skip > 0 {
		w.skip--
		return
	}
	if w.skip > 0 {
		return
	}
	switch a {
	case atom.P, atom.Div, atom.Section, atom.Article, atom.Table, atom.Figure, atom.Dl:
		w.paragraph(2)
	case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
		w.shut("**")
		w.paragraph(2)
	case atom.Blockquote:
		w.paragraph(2)
		w.quote = max(w.quote-1, 0)
	case atom.Ul, atom.Ol:
		if len(w.lists) > 0 {
			w.lists = w.lists[:len(w.lists)-1]
		}
		w.paragraph(map[bool]int{true: 2, false: 1}[len(w.lists) == 0])
	case atom.Pre:
		if w.pre > 0 {
			w.pre--
			w.fence()
		}
	case atom.Strong, atom.B:
		w.shut("**")
	case atom.Em, atom.I:
		w.shut("*")
	case atom.A:
		w.unlink()
	}
}

// paragraph ends the line; what emphasis is open ends with it.
func (w *writer) paragraph(lines int) {
	for len(w.marks) > 0 {
		w.shut(w.marks[len(w.marks)-1])
	}
	for len(w.href) > 0 {
		w.unlink()
	}
	if w.b.Len() > 0 {
		w.due = max(w.due, lines)
	}
	w.gap = false
}

// prefix is what stands before each line.
func (w *writer) prefix() string { return strings.Repeat("> ", min(w.quote, mostDeep)) }

// settle writes what is due before a word.
func (w *writer) settle() {
	if w.b.Len() == 0 && w.due == 0 {
		w.due, w.gap = 0, false
		w.raw(w.prefix())
		return
	}
	if w.due > 0 {
		if w.due == 1 && len(w.lists) == 0 && w.pre == 0 {
			w.raw("  ")
		}
		for i := range min(w.due, 2) {
			w.raw("\n")
			if i+1 < w.due {
				w.raw(strings.TrimRight(w.prefix(), " "))
			}
		}
		w.raw(w.prefix())
		if n := min(len(w.lists), mostDeep); n > 0 && !w.bare {
			w.raw(strings.Repeat("   ", n))
		}
		w.due, w.gap = 0, false
		return
	}
	if w.gap {
		w.raw(" ")
		w.gap = false
	}
}

// point begins an entry of a list.
func (w *writer) point() {
	if len(w.lists) == 0 {
		w.lists = append(w.lists, item{})
	}
	at := &w.lists[len(w.lists)-1]
	at.n++
	w.bare = true
	w.settle()
	w.bare = false
	w.raw(strings.Repeat("   ", min(len(w.lists), mostDeep)-1))
	if at.ordered && at.n < 1000 {
		w.raw("1. ")
		return
	}
	w.raw("-  ")
}

func (w *writer) fence() {
	if w.pre > 0 {
		return
	}
	w.due = max(w.due, 0)
	w.settle()
	w.raw("\n" + w.prefix() + "```\n" + w.prefix())
	w.gap = false
}

func (w *writer) open(mark string) {
	if w.pre > 0 || len(w.marks) >= 3 {
		return
	}
	for _, m := range w.marks {
		if m == mark {
			return
		}
	}
	w.settle()
	w.marks = append(w.marks, mark)
	w.raw(mark)
}

// shut ends emphasis; what was opened in it ends before.
func (w *writer) shut(mark string) {
	at := -1
	for i, m := range w.marks {
		if m == mark {
			at = i
		}
	}
	if at < 0 {
		return
	}
	for i := len(w.marks) - 1; i >= at; i-- {
		w.raw(w.marks[i])
	}
	w.marks = w.marks[:at]
}

func (w *writer) link(t *html.Token) {
	to := ""
	for _, a := range t.Attr {
		if a.Key == "href" {
			to = Address(strings.TrimSpace(a.Val))
		}
	}
	w.settle()
	if to == "" || w.pre > 0 || w.links >= mostLinks || strings.ContainsAny(to, "<>()\\ ") || len(w.href) > 0 {
		w.href = append(w.href, "")
		return
	}
	w.links++
	w.href = append(w.href, to)
	w.raw("[")
}

func (w *writer) unlink() {
	if len(w.href) == 0 {
		return
	}
	to := w.href[len(w.href)-1]
	w.href = w.href[:len(w.href)-1]
	if to == "" {
		return
	}
	if strings.HasSuffix(w.b.String(), "[") { // no words
		w.raw(escape(to))
	}
	w.raw("](" + to + ")")
}

// media names what is not loaded.
func (w *writer) media(t *html.Token) {
	to, name := "", ""
	for _, a := range t.Attr {
		switch a.Key {
		case "src":
			to = Address(strings.TrimSpace(a.Val))
		case "alt", "title":
			if name == "" {
				name = a.Val
			}
		}
	}
	switch {
	case len(w.href) > 0 || to == "" || w.links >= mostLinks || strings.ContainsAny(to, "<>()\\ "):
		w.words(name)
	default:
		w.settle()
		w.links++
		w.raw(Link(name, to))
	}
}

// Link is a link with its words, or its host where it has none.
func Link(name, to string) string {
	words := strings.Join(strings.Fields(name), " ")
	if words == "" {
		words = Host(to)
	}
	return "[" + escape(words) + "](" + to + ")"
}

func (w *writer) words(s string) {
	if w.pre > 0 {
		s = strings.ReplaceAll(strings.ReplaceAll(s, "```", "'''"), "\r", "")
		w.raw(strings.ReplaceAll(s, "\n", "\n"+w.prefix()))
		return
	}
	fields := strings.Fields(s)
	if len(fields) == 0 {
		w.gap = w.gap || s != "" && w.b.Len() > 0
		return
	}
	if strings.IndexAny(s[:1], " \t\r\n") == 0 && w.b.Len() > 0 {
		w.gap = true
	}
	for i, f := range fields {
		if i > 0 {
			w.gap = true
		}
		begins := w.due > 0 || w.b.Len() == 0
		w.settle()
		if to := bare(f); to != "" && len(w.href) == 0 && w.links < mostLinks {
			w.links++
			w.raw(Link(f, to))
		} else if begins {
			w.raw(escapeFirst(f))
		} else {
			w.raw(escape(f))
		}
		if w.n > MostRunes {
			return
		}
	}
	w.gap = strings.LastIndexAny(s, " \t\r\n") == len(s)-1
}

func (w *writer) raw(s string) {
	w.n += utf8.RuneCountInString(s)
	w.b.WriteString(s)
}

func (w *writer) done() string {
	w.paragraph(0)
	if w.pre > 0 {
		w.raw("\n" + w.prefix() + "```")
	}
	return strings.TrimSpace(strings.ToValidUTF8(w.b.String(), ""))
}

// bare is the address that a word is, "" for none.
func bare(word string) string {
	if !strings.HasPrefix(word, "https://") && !strings.HasPrefix(word, "http://") || strings.ContainsAny(word, "<>()\\\"'") {
		return ""
	}
	return Address(word)
}

// escape writes words so that Markdown reads them as words; what may be a handle of a member is not one here.
func escape(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch r {
		case '\\', '`', '*', '_', '{', '}', '[', ']', '<', '>', '#', '|', '~', '!', '@', '&':
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// escapeFirst is escape at the beginning of a line, where more means something.
func escapeFirst(s string) string {
	out := escape(s)
	switch {
	case strings.HasPrefix(out, "-"), strings.HasPrefix(out, "+"), strings.HasPrefix(out, "="):
		return "\\" + out
	}
	digits := strings.TrimLeft(out, "0123456789")
	if len(digits) < len(out) && (strings.HasPrefix(digits, ".") || strings.HasPrefix(digits, ")")) {
		return out[:len(out)-len(digits)] + "\\" + digits
	}
	return out
}
