package feed

import (
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/entente/entente/internal/problem"
)

// Outline is a feed or a folder of an OPML list.
type Outline struct {
	Title    string
	URL      string // of the feed; "" for a folder
	Site     string // of the web site, or ""
	Outlines []Outline
}

const (
	maxOutlines = 20_000
	maxFolders  = 50 // within each other
)

// Feeds gives all feeds of a list, folders opened, each address once.
func Feeds(list []Outline) []Outline {
	var out []Outline
	seen := map[string]bool{}
	var walk func([]Outline)
	walk = func(list []Outline) {
		for _, o := range list {
			if o.URL != "" && !seen[o.URL] {
				seen[o.URL] = true
				out = append(out, Outline{Title: o.Title, URL: o.URL, Site: o.Site})
			}
			walk(o.Outlines)
		}
	}
	walk(list)
	return out
}

// ReadOPML reads a list of feeds, of at most MaxBody bytes. Names of attributes count in any case, and text and title both name an outline.
// Outlines that are neither a feed nor hold one are left out. The error is a *problem.Problem when this is no OPML.
func ReadOPML(r io.Reader) ([]Outline, error) {
	body, err := io.ReadAll(io.LimitReader(r, MaxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read a list of feeds: %w", err)
	}
	if len(body) > MaxBody {
		return nil, problem.New(problem.TooLarge, "feed.too_large", "Limit", "16 MB")
	}
	s := &scanner{doc: strings.TrimSpace(toUTF8(body, ""))}
	if s.doc == "" || s.doc[0] != '<' || root(s) != "opml" {
		return nil, problem.New(problem.Invalid, "feed.not_opml")
	}
	left := maxOutlines
	var out []Outline
	s.each(func() {
		if s.top().name == "body" {
			out = append(out, s.outlines(&left, 1)...)
		}
	})
	switch {
	case left < 0:
		return nil, problem.New(problem.TooLarge, "feed.opml_too_many", "Limit", maxOutlines)
	case s.broken:
		return nil, problem.New(problem.Invalid, "feed.opml_broken")
	}
	return out, nil
}

func (s *scanner) outlines(left *int, depth int) []Outline {
	var out []Outline
	s.each(func() {
		if s.top().name != "outline" || depth > maxFolders {
			return
		}
		if *left--; *left < 0 {
			return
		}
		o := Outline{
			Title: first(s.attr("title"), s.attr("text")),
			URL:   first(s.attr("xmlurl"), s.attr("xml_url")),
			Site:  first(s.attr("htmlurl"), s.attr("html_url")),
		}
		if kind := strings.ToLower(s.attr("type")); o.URL == "" && (kind == "rss" || kind == "atom" || kind == "feed") {
			o.URL = s.attr("url")
		}
		if o.Title == o.URL {
			o.Title = "" // stands where a name was missing
		}
		if o.URL != "" {
			// What people were given is not always an address; what is not goes no further.
			if address, err := Address(o.URL); err == nil {
				o.URL = address
			} else {
				o.URL = ""
			}
			o.Site = link(o.Site, "")
		} else {
			o.Site = ""
		}
		o.Outlines = s.outlines(left, depth+1)
		if o.URL != "" || len(o.Outlines) > 0 {
			out = append(out, o)
		}
	})
	return out
}

// WriteOPML writes a list of feeds as OPML 2.0, which ReadOPML and other programs read.
func WriteOPML(w io.Writer, title string, list []Outline) error {
	out := bufio.NewWriter(w)
	_, _ = out.WriteString(xml.Header + `<opml version="2.0"><head><title>`)
	_ = xml.EscapeText(out, []byte(title))
	_, _ = out.WriteString("</title></head>\n<body>\n")
	writeOutlines(out, list, 1)
	_, _ = out.WriteString("</body></opml>\n")
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write a list of feeds: %w", err)
	}
	return nil
}

func writeOutlines(out *bufio.Writer, list []Outline, depth int) {
	for _, o := range list {
		_, _ = out.WriteString(strings.Repeat("  ", min(depth, maxFolders)) + "<outline")
		write := func(name, value string) {
			if value != "" {
				_, _ = out.WriteString(" " + name + `="`)
				_ = xml.EscapeText(out, []byte(value))
				_ = out.WriteByte('"')
			}
		}
		if o.URL != "" {
			write("type", "rss")
		}
		if text := first(o.Title, o.URL); text == "" {
			_, _ = out.WriteString(` text=""`)
		} else {
			write("text", text)
		}
		write("title", o.Title)
		write("xmlUrl", o.URL)
		write("htmlUrl", o.Site)
		if len(o.Outlines) == 0 {
			_, _ = out.WriteString("/>\n")
			continue
		}
		_, _ = out.WriteString(">\n")
		writeOutlines(out, o.Outlines, depth+1)
		_, _ = out.WriteString("</outline>\n")
	}
}
