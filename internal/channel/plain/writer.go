package plain

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html/atom"
)

const maxIndent = 8

// writer puts words beside each other with one blank between them, and remembers the break that the next word needs.
type writer struct {
	b      strings.Builder
	breaks int  // line feeds due before the next word
	space  bool // a blank is due before the next word
	bullet bool // a list entry has begun and has no word yet
	full   bool
}

func (w *writer) line()      { w.breaks = max(w.breaks, 1); w.space = false }
func (w *writer) paragraph() { w.breaks = 2; w.space = false }
func (w *writer) gap()       { w.space = true }

func (w *writer) entry(indent int) {
	w.line()
	w.flush()
	if w.b.Len() > 0 && !strings.HasSuffix(w.b.String(), "\n") {
		w.b.WriteByte('\n')
	}
	for range indent {
		w.b.WriteString("  ")
	}
	w.b.WriteString("- ")
	w.bullet = true
}

// block begins or ends an element; the ones that are unknown or inline do not break.
func (w *writer) block(tag atom.Atom) {
	if w.bullet {
		return
	}
	switch tag {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Blockquote, atom.Table, atom.Figure:
		w.paragraph()
	case atom.Div, atom.Tr, atom.Section, atom.Article, atom.Header, atom.Footer, atom.Main, atom.Aside, atom.Nav, atom.Address, atom.Form,
		atom.Dt, atom.Dd, atom.Figcaption, atom.Caption, atom.Thead, atom.Tbody, atom.Tfoot, atom.Fieldset, atom.Legend, atom.Details,
		atom.Summary, atom.Center, atom.Body, atom.Html, atom.Option, atom.Video, atom.Audio:
		w.line()
	}
}

func (w *writer) flush() {
	if w.b.Len() == 0 || w.bullet {
		w.breaks, w.space = 0, false
		return
	}
	if w.breaks > 0 {
		w.b.WriteString("\n\n"[:w.breaks])
	} else if w.space {
		w.b.WriteByte(' ')
	}
	w.breaks, w.space = 0, false
}

// words writes text whose blanks and line feeds mean nothing but the end of a word.
func (w *writer) words(s string) {
	for len(s) > 0 && !w.full {
		n := 0
		for n < len(s) && !blank(s[n]) {
			n++
		}
		if n == 0 {
			w.space = true
			s = s[1:]
			continue
		}
		w.flush()
		w.put(s[:n])
		s = s[n:]
	}
}

// verbatim writes text whose blanks count.
func (w *writer) verbatim(s string) {
	if strings.TrimSpace(s) == "" {
		w.space = true
		return
	}
	w.flush()
	w.put(strings.ReplaceAll(s, "\r", ""))
}

func (w *writer) put(s string) {
	w.bullet = false
	if w.b.Len()+len(s) >= MaxText {
		s = cut(s, max(MaxText-w.b.Len(), 0))
		w.full = true
	}
	if utf8.ValidString(s) {
		w.b.WriteString(s)
	} else {
		w.b.WriteString(strings.ToValidUTF8(s, "\uFFFD"))
	}
}

func (w *writer) end() string {
	s := w.b.String()
	s = strings.TrimSpace(s)
	if strings.HasSuffix(s, "\n-") || s == "-" {
		s = strings.TrimSuffix(s, "-")
	}
	return Tidy(s)
}

func blank(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f' }
