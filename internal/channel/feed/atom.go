package feed

import (
	"encoding/base64"
	"strings"
)

// atom reads Atom 0.3 and 1.0 from the scanner, whose last token is the start of the root.
func (d *document) atom(s *scanner) {
	d.format = "atom"
	d.version = s.attr("version")
	if d.version == "" {
		switch s.top().space {
		case "atom":
			d.version = "1.0"
		case "atom03":
			d.version = "0.3"
		}
	}
	d.lang = first(s.top().lang, s.attr("lang"))
	s.each(func() {
		e := s.top()
		switch e.space {
		case "", "atom", "atom03":
			switch e.name {
			case "title":
				d.title = s.atomProse()
			case "updated", "modified":
				d.updated = s.line()
			case "link":
				switch href := resolve(e.base, s.attr("href")); strings.ToLower(s.attr("rel")) {
				case "self":
					d.self = first(d.self, href)
				case "", "alternate":
					d.link = first(d.link, href)
				}
			case "author":
				if p := s.person(); !p.empty() && len(d.authors) < maxAuthors {
					d.authors = append(d.authors, p)
				}
			case "entry":
				d.entry(s)
			}
		case "sy":
			switch e.name {
			case "updateperiod":
				d.pace.period(s.line())
			case "updatefrequency":
				d.pace.frequency(s.line())
			}
		}
	})
}

func (d *document) entry(s *scanner) {
	if len(d.entries) >= maxItems {
		d.faults.surplus++
		return
	}
	var it entry
	var media, dc prose
	var creator string
	it.base = s.top().base
	it.lang = s.top().lang
	whole := s.each(func() {
		e := s.top()
		switch e.space {
		case "", "atom", "atom03":
			switch e.name {
			case "title":
				it.title = s.atomProse()
			case "id":
				it.id = resolve(e.base, s.line())
			case "summary":
				it.summary = s.atomProse()
			case "content":
				it.content = s.atomProse()
			case "updated", "modified":
				it.updated = s.line()
			case "published", "issued", "created":
				if p := s.line(); it.published == "" || e.name != "created" {
					it.published = p
				}
			case "author":
				if p := s.person(); !p.empty() && len(it.authors) < maxAuthors {
					it.authors = append(it.authors, p)
				}
			case "category":
				it.category(first(s.attr("label"), s.attr("term")))
			case "link":
				href := resolve(e.base, s.attr("href"))
				switch strings.ToLower(s.attr("rel")) {
				case "", "alternate":
					it.link = first(it.link, href)
				case "enclosure":
					it.enclosure(enclosure{href, s.attr("type"), s.attr("length")})
				}
			case "source":
				s.each(func() {
					if s.top().name == "author" && len(it.authors) == 0 {
						d.borrowed(&it, s.person())
					}
				})
			}
		case "media":
			it.media(s, &media)
		case "thr":
			it.reply(s)
		case "dc":
			switch e.name {
			case "creator":
				creator = first(creator, s.line())
			case "description":
				dc = s.prose()
			case "subject":
				it.category(s.line())
			}
		}
	})
	if !whole {
		d.faults.cut(s, first(it.id, it.link, it.title.text))
		return
	}
	if it.content.text == "" && it.summary.text == "" {
		it.content = firstProse(media, dc)
	}
	if p := parsePerson(creator); len(it.authors) == 0 && !p.empty() {
		it.authors = []person{p}
	}
	it.published = first(it.published, it.updated)
	d.entries = append(d.entries, it)
}

// borrowed is the author of the feed that an entry was taken from; it counts when the entry names nobody.
func (d *document) borrowed(it *entry, p person) {
	if !p.empty() {
		it.source = p
	}
}

// person reads an Atom person.
func (s *scanner) person() person {
	var p person
	s.each(func() {
		e := s.top()
		switch e.name {
		case "name":
			p.name = s.line()
		case "email":
			p.mail = s.line()
		case "uri", "url", "homepage":
			base := e.base
			p.uri = resolve(base, s.line())
		}
	})
	return p
}

// atomProse reads an Atom text construct, whose form its type says.
func (s *scanner) atomProse() prose {
	kind, mode := strings.ToLower(s.attr("type")), strings.ToLower(s.attr("mode"))
	xhtml := strings.Contains(kind, "xhtml")
	in := s.content(xhtml)
	switch {
	case mode == "base64" || binaryType(kind):
		if decoded, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(in.text), "")); err == nil {
			in.text = clean(decoded)
		}
		if kind == "" || binaryType(kind) {
			return prose{in.text, unsaid}
		}
		return prose{in.text, formOf(kind)}
	case xhtml:
		return prose{unwrap(in.text), hyper}
	case in.markup && strings.Contains(kind, "html"): // escaped HTML in a div that is not
		return prose{decode(unwrap(in.text)), hyper}
	case in.markup:
		return prose{unwrap(in.text), hyper}
	}
	return prose{in.text, formOf(kind)}
}

func formOf(kind string) form {
	switch {
	case strings.Contains(kind, "html"):
		return hyper
	case kind == "text" || kind == "text/plain":
		return literal
	}
	return unsaid
}

func binaryType(kind string) bool {
	switch kind {
	case "application/octet-stream", "application/pdf", "application/zip", "application/gzip", "application/x-gzip", "application/ogg":
		return true
	}
	return strings.HasPrefix(kind, "image/") || strings.HasPrefix(kind, "audio/") || strings.HasPrefix(kind, "video/")
}

// unwrap takes away the div that Atom asks for around XHTML, when it is the only element.
func unwrap(s string) string {
	if !strings.HasPrefix(s, "<div") || !strings.HasSuffix(s, "</div>") {
		return s
	}
	open := strings.IndexByte(s, '>')
	if open < 0 || s[open-1] == '/' || !space(s[4]) && s[4] != '>' {
		return s
	}
	in := s[open+1 : len(s)-len("</div>")]
	if strings.Contains(in, "<div") || strings.Contains(in, "</div") {
		depth := 1
		for rest := s[open+1:]; ; {
			i := strings.Index(rest, "div")
			if i < 0 {
				break
			}
			if i > 0 && rest[i-1] == '<' {
				depth++
			} else if i > 1 && rest[i-2:i] == "</" {
				if depth--; depth == 0 && len(rest) > i+4 {
					return s
				}
			}
			rest = rest[i+3:]
		}
	}
	return strings.TrimSpace(in)
}
