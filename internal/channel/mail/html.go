package mail

import (
	"io"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const maxOpen = 256 // elements inside each other that are told apart

type open struct {
	tag    atom.Atom
	hidden bool
	quote  bool
	pre    bool
}

// page turns HTML into lines; what is quoted is marked with "> " like in plain text, so that both are understood in one way.
type page struct {
	out    strings.Builder
	line   strings.Builder
	stack  []open
	hidden int
	quotes int
	pre    int
	space  bool // a blank is due before the next word
	blank  int  // line feeds due before the next line
	lines  int
}

// htmlText is the readable text of a page: no styles, scripts or hidden parts.
func htmlText(s string) string {
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(4 * maxText)
	p := &page{}
	for {
		switch z.Next() {
		case html.ErrorToken:
			if z.Err() != io.EOF && p.out.Len() == 0 && p.line.Len() == 0 {
				return ""
			}
			p.end()
			return p.out.String()
		case html.TextToken:
			if p.hidden == 0 {
				p.words(string(z.Text()))
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			p.start(z)
		case html.EndTagToken:
			name, _ := z.TagName()
			p.close(atom.Lookup(name))
		}
	}
}

func (p *page) start(z *html.Tokenizer) {
	name, more := z.TagName()
	tag := atom.Lookup(name)
	var class, id, style, kind, alt string
	for more {
		var k, v []byte
		k, v, more = z.TagAttr()
		switch string(k) {
		case "class":
			class = string(v)
		case "id":
			id = string(v)
		case "style":
			style = strings.ToLower(strings.ReplaceAll(string(v), " ", ""))
		case "type":
			kind = string(v)
		case "alt":
			alt = string(v)
		}
	}
	switch tag {
	case atom.Br:
		switch {
		case p.line.Len() > 0:
			p.breakLine(1)
		case p.out.Len() > 0 && p.hidden == 0: // a break on an empty line is a blank line
			p.blank = 2
		}
		return
	case atom.Hr:
		p.breakLine(1)
		return
	case atom.Img:
		if p.hidden == 0 && len([]rune(alt)) <= 2 { // emoji are sent as images
			p.words(alt)
		}
		return
	case atom.Meta, atom.Link, atom.Input, atom.Col, atom.Base, atom.Area, atom.Wbr, atom.Source, atom.Embed, 0:
		return
	case atom.P, atom.Li, atom.Tr, atom.Td:
		// These end by themselves where another one starts.
		if n := len(p.stack); n > 0 && p.stack[n-1].tag == tag {
			p.close(tag)
		}
	}
	o := open{tag: tag}
	switch tag {
	case atom.Style, atom.Script, atom.Head, atom.Title, atom.Noscript, atom.Template, atom.Object, atom.Select, atom.Svg:
		o.hidden = true
	case atom.Blockquote:
		o.quote = !strings.Contains(style, "border:none") || strings.EqualFold(kind, "cite")
	case atom.Pre:
		o.pre = true
	}
	if strings.Contains(style, "display:none") || strings.Contains(style, "mso-hide:all") {
		o.hidden = true
	}
	if tag == atom.Div && (strings.Contains(class, "yahoo_quoted") && !strings.Contains(class, "begin")) {
		o.quote = true
	}
	switch tag {
	case atom.P, atom.Ul, atom.Ol, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.Pre, atom.Blockquote:
		p.breakLine(blankFor(tag))
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dt, atom.Dd, atom.Address, atom.Center, atom.H5, atom.H6:
		p.breakLine(1)
	case atom.Li:
		p.breakLine(1)
		if p.hidden == 0 {
			p.words("- ")
		}
	case atom.Td, atom.Th:
		p.space = true
	}
	if (strings.Contains(class, "gmail_signature") && !strings.Contains(class, "prefix") || strings.Contains(class, "moz-signature") || id == "Signature" || id == "x_Signature") && p.hidden == 0 {
		p.signature()
	}
	if len(p.stack) >= maxOpen {
		return
	}
	p.stack = append(p.stack, o)
	p.count(o, 1)
}

func blankFor(tag atom.Atom) int {
	if tag == atom.Blockquote {
		return 1
	}
	return 2
}

func (p *page) close(tag atom.Atom) {
	switch tag {
	case atom.P, atom.Ul, atom.Ol, atom.Table, atom.H1, atom.H2, atom.H3, atom.H4, atom.Pre:
		p.breakLine(2)
	case atom.Div, atom.Tr, atom.Li, atom.Blockquote, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Dd, atom.Dt, atom.Address, atom.Center:
		p.breakLine(1)
	}
	for i := len(p.stack) - 1; i >= 0; i-- {
		o := p.stack[i]
		if o.tag == tag {
			for _, gone := range p.stack[i:] {
				p.count(gone, -1)
			}
			p.stack = p.stack[:i]
			return
		}
		// A stray end tag must not close the quotation around it.
		if o.quote && tag != atom.Body && tag != atom.Html && tag != atom.Div {
			return
		}
	}
}

func (p *page) count(o open, by int) {
	if o.hidden {
		p.hidden += by
	}
	if o.quote {
		if p.line.Len() > 0 {
			p.flush()
		}
		p.quotes += by
	}
	if o.pre {
		p.pre += by
	}
}

// signature writes the mark that plain text has, unless the mailer wrote it.
func (p *page) signature() {
	p.breakLine(1)
	if !strings.HasSuffix(strings.TrimRight(p.out.String()[max(0, p.out.Len()-8):], " \n"), "--") {
		p.line.WriteString("-- ")
		p.flush()
	}
}

func (p *page) breakLine(n int) {
	if p.line.Len() > 0 {
		p.flush()
		p.blank = n
		return
	}
	if n == 1 && p.blank >= 1 {
		return
	}
	p.blank = max(p.blank, n)
}

func (p *page) flush() {
	if p.out.Len() > 0 {
		for range max(p.blank, 1) {
			p.out.WriteByte('\n')
		}
	}
	p.blank = 0
	if p.quotes > 0 {
		p.out.WriteString(strings.Repeat(">", min(p.quotes, 9)))
		p.out.WriteByte(' ')
	}
	p.out.WriteString(p.line.String())
	p.line.Reset()
	p.space = false
}

func (p *page) end() {
	if p.line.Len() > 0 {
		p.flush()
	}
}

func (p *page) words(s string) {
	if p.pre > 0 {
		for i, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
			if i > 0 {
				if p.line.Len() > 0 {
					p.flush()
				} else {
					p.blank = max(p.blank+1, 2)
				}
			}
			p.line.WriteString(clean(l))
		}
		return
	}
	for _, r := range s {
		switch {
		case r == '\u00a0':
			if p.line.Len() > 0 && !p.space {
				p.line.WriteRune(r)
			}
		case r == '\u200b' || r == '\u200c' || r == '\u034f' || r == '\ufeff' || r == '\u00ad':
			// Newsletters fill their preview with these.
		case unicode.IsSpace(r):
			p.space = p.line.Len() > 0
		case unwanted(r):
		default:
			if p.space && p.line.Len() > 0 {
				p.line.WriteByte(' ')
			}
			p.space = false
			p.line.WriteRune(r)
		}
	}
}
