// Package markup decides how what people write is shown: Markdown comes in, HTML that is safe in any page, plain text, mentions and links
// go out, and the same source always gives the same.
package markup

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/text"

	"github.com/entente/entente/internal/problem"
)

// Version rises when the same source gives other HTML: whoever keeps HTML keeps the version beside it.
const Version = 1

// Limits of one document. A table beyond its limits is shown as the lines it was typed in; the others are refused.
const (
	MaxRunes   = 40_000
	MaxLinks   = 100
	MaxDepth   = 16      // quotes and lists inside each other
	MaxHTML    = 512_000 // bytes, of HTML and of text each
	MaxColumns = 32
	MaxCells   = 4_000
	maxAddress = 2_000 // bytes of a link's address; a longer one is text
	maxOpened  = 500   // beginnings of links and of references, of which each that never ends is looked for to the end
	maxSigns   = 3_000 // rows of * _ ~ between two blank lines: pairing them costs the square
)

// Doc is a document as it is shown.
type Doc struct {
	HTML     string   // safe in any page
	Text     string   // every word of it and no mark-up: for search, classification, mails
	Mentions []string // handles after @, in lower case, each once, in order
	Links    []string // addresses of links, absolute or of this site, each once, in order
}

// Options say where a document stands. The zero value is a reply in a thread.
type Options struct {
	Top      int                                        // level of the document's highest heading, 2 to 6; 0 is 3
	Pictures string                                     // prefix of paths under which pictures are shown; "" is PicturePath
	Mention  func(handle string) (path string, ok bool) // page of who is mentioned, "" for none; not ok: nobody, plain text. nil shows all as mentions without a link
}

// PicturePath is where pictures of this installation are served from.
const PicturePath = "/media/"

// Render makes a document of Markdown, as a reply in a thread.
func Render(src string) (Doc, error) { return Options{}.Render(src) }

// Render makes a document of Markdown. Refused are documents beyond the limits, as problems that people can read; the document given
// with a refusal is Plain, so that what was stated once can always be shown.
func (o Options) Render(src string) (Doc, error) {
	if len(src) > MaxRunes && utf8.RuneCountInString(src) > MaxRunes {
		return Plain(src), problem.New(problem.TooLarge, "markup.long", "Most", MaxRunes)
	}
	source := []byte(tidy(src))
	if nested(source) > MaxDepth {
		return Plain(src), deep()
	}
	if bytes.Count(source, []byte("](")) > maxOpened || bytes.Count(source, []byte("]:")) > maxOpened {
		return Plain(src), problem.New(problem.TooLarge, "markup.links", "Most", MaxLinks)
	}
	if signs(source) > maxSigns {
		return Plain(src), problem.New(problem.TooLarge, "markup.heavy")
	}
	w := &writer{source: source, top: min(max(o.Top, 2), 6), pictures: o.Pictures, mention: o.Mention}
	if o.Top == 0 {
		w.top = 3
	}
	if w.pictures == "" {
		w.pictures = PicturePath
	}
	w.rtl = rightToLeft(source)
	w.blocks(reader.Parse(text.NewReader(source)), 0)
	if w.refused != nil {
		return Plain(src), w.refused
	}
	return Doc{
		HTML:     washed(w.html),
		Text:     string(w.text),
		Mentions: w.mentions,
		Links:    w.links,
	}, nil
}

// Plain shows a source as it was typed, as paragraphs, cut after MaxRunes.
func Plain(src string) Doc {
	cut := src
	if len(src) > MaxRunes {
		n := 0
		for i := range src {
			if n++; n > MaxRunes {
				cut = src[:i] + "…"
				break
			}
		}
	}
	w := &writer{}
	for part := range strings.SplitSeq(tidy(cut), "\n\n") {
		if part = strings.Trim(part, "\n"); strings.TrimSpace(part) == "" {
			continue
		}
		w.need(2)
		w.tag("<p>")
		for i, line := range strings.Split(part, "\n") {
			if i > 0 {
				w.tag("<br>\n")
				w.need(1)
			}
			w.say(line)
		}
		w.tag("</p>\n")
	}
	return Doc{HTML: string(w.html), Text: string(w.text)}
}

func deep() error { return problem.New(problem.Invalid, "markup.deep", "Most", MaxDepth) }
