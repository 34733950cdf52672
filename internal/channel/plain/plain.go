// Package plain decides how markup reads without it: HTML comes in, plain text with its lines, lists and words kept apart goes out.
package plain

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// MaxText is the most bytes of text that are kept.
const MaxText = 200_000

// FromHTML turns HTML into plain text of at most MaxText bytes. Block elements begin new lines, paragraphs are set apart by an empty line,
// list entries begin with "- ", links keep their words, scripts and styles are dropped.
func FromHTML(s string) string {
	if !strings.ContainsAny(s, "<&") {
		return Tidy(foldSpace(s))
	}
	w := writer{}
	w.b.Grow(min(len(s), MaxText))
	z := html.NewTokenizer(strings.NewReader(s))
	z.SetMaxBuf(len(s) + 1)
	hidden := atom.Atom(0) // the element whose content is not for reading
	depth := 0             // of hidden within itself
	pre := 0
	lists := 0
	for !w.full {
		kind := z.Next()
		switch kind {
		case html.ErrorToken:
			return w.end()
		case html.TextToken:
			if hidden != 0 {
				continue
			}
			text := string(z.Text())
			if pre > 0 {
				w.verbatim(text)
			} else {
				w.words(text)
			}
		case html.StartTagToken, html.SelfClosingTagToken:
			name, hasAttr := z.TagName()
			tag := atom.Lookup(name)
			if hidden != 0 {
				if tag == hidden {
					depth++
				}
				continue
			}
			switch tag {
			case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Iframe, atom.Svg, atom.Select, atom.Textarea, atom.Title:
				if kind == html.StartTagToken {
					hidden, depth = tag, 1
				}
			case atom.Br:
				w.line()
			case atom.Hr:
				w.paragraph()
			case atom.Pre:
				pre++
				w.paragraph()
			case atom.Ul, atom.Ol, atom.Dl:
				if lists == 0 {
					w.paragraph()
				}
				lists = min(lists+1, maxIndent)
			case atom.Li:
				w.entry(max(lists-1, 0))
			case atom.Td, atom.Th:
				w.gap()
			case atom.Img:
				if hasAttr {
					w.words(alt(z))
				}
			default:
				w.block(tag)
			}
		case html.EndTagToken:
			name, _ := z.TagName()
			tag := atom.Lookup(name)
			if hidden != 0 {
				if tag == hidden {
					if depth--; depth == 0 {
						hidden = 0
					}
				}
				continue
			}
			switch tag {
			case atom.Pre:
				pre = max(pre-1, 0)
				w.paragraph()
			case atom.Ul, atom.Ol, atom.Dl:
				if lists = max(lists-1, 0); lists == 0 {
					w.paragraph()
				}
			case atom.Li:
				w.line()
			default:
				w.block(tag)
			}
		}
	}
	return w.end()
}

// Looks reports whether s is meant as HTML rather than as text in which < happens to stand: it has an end tag, a void element or a
// comment.
func Looks(s string) bool {
	for {
		i := strings.IndexByte(s, '<')
		if i < 0 || i+2 >= len(s) {
			return false
		}
		s = s[i+1:]
		if s[0] == '/' && letter(s[1]) || strings.HasPrefix(s, "!--") {
			return true
		}
		if letter(s[0]) {
			n := 1
			for n < len(s) && n < 12 && (letter(s[n]) || s[n] >= '0' && s[n] <= '9') {
				n++
			}
			if n < len(s) && (s[n] == '>' || s[n] == '/' || s[n] == ' ' || s[n] == '\n' || s[n] == '\t') {
				switch strings.ToLower(s[:n]) {
				case "br", "p", "img", "hr", "div", "li", "td", "tr":
					return true
				}
			}
		}
	}
}

// Tidy takes away trailing blanks, more than one empty line in a row, and what is beyond MaxText bytes; lines stay.
func Tidy(s string) string {
	if len(s) > MaxText {
		s = cut(s, MaxText)
	}
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "\n") && !strings.Contains(s, "\r") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	empty := 0
	s = strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\r", "\n")
	for line := range strings.SplitSeq(s, "\n") {
		line = strings.TrimRight(line, " \t\u00a0")
		if line == "" {
			empty++
			continue
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
			if empty > 0 {
				b.WriteByte('\n')
			}
		}
		empty = 0
		b.WriteString(line)
	}
	return b.String()
}

// Line makes one line of s, of at most limit bytes.
func Line(s string, limit int) string {
	s = foldSpace(strings.TrimSpace(s))
	if len(s) > limit {
		s = strings.TrimSpace(cut(s, limit-len("…"))) + "…"
	}
	return s
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func foldSpace(s string) string {
	if !strings.ContainsAny(s, "\n\r\t") && !strings.Contains(s, "  ") {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	space := false
	for i := range len(s) {
		switch c := s[i]; c {
		case ' ', '\n', '\r', '\t', '\f':
			space = true
		default:
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteByte(c)
		}
	}
	return b.String()
}

func alt(z *html.Tokenizer) string {
	for {
		key, value, more := z.TagAttr()
		if string(key) == "alt" {
			return " " + string(value) + " "
		}
		if !more {
			return ""
		}
	}
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
