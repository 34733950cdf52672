package feed

import "strings"

// rss reads RSS 0.9x, 1.0 and 2.0 from the scanner, whose last token is the start of the root.
func (d *document) rss(s *scanner) {
	d.format = "rss"
	d.version = s.attr("version")
	if s.top().name == "rdf" {
		d.version = "1.0"
		if strings.Contains(strings.ToLower(s.doc[s.at:s.pos]), "netscape.com/rdf/simple/0.9") {
			d.version = "0.9"
		}
	}
	d.lang = s.top().lang
	if s.top().name == "channel" {
		d.channel(s)
		return
	}
	root := s.top().space
	s.each(func() {
		if s.top().space != root && s.top().space != "" {
			return
		}
		switch s.top().name {
		case "channel":
			d.channel(s)
		case "item":
			d.item(s, root)
		}
	})
}

func (d *document) channel(s *scanner) {
	native := s.top().space
	var late channelFallback
	s.each(func() {
		e := s.top()
		switch e.space {
		case "", native:
			switch e.name {
			case "title":
				d.title = s.prose()
			case "link":
				if link := s.link(); link != "" {
					d.link = link
				}
			case "language":
				d.lang = s.line()
			case "managingeditor":
				late.editor = s.line()
			case "webmaster":
				late.master = s.line()
			case "pubdate":
				late.published = s.line()
			case "lastbuilddate":
				d.updated = s.line()
			case "ttl":
				d.pace.ttl(s.line())
			case "skiphours":
				s.each(func() { d.pace.skipHour(s.line()) })
			case "skipdays":
				s.each(func() { d.pace.skipDay(s.line()) })
			case "item":
				d.item(s, native)
			}
		case "atom", "atom03", "atom10":
			if e.name == "link" {
				rel, href := strings.ToLower(s.attr("rel")), resolve(e.base, s.attr("href"))
				switch rel {
				case "self":
					d.self = href
				case "", "alternate":
					if late.link == "" {
						late.link = href
					}
				}
			}
		case "dc":
			switch e.name {
			case "title":
				late.title = s.prose()
			case "language":
				late.lang = s.line()
			case "creator":
				late.creator = s.line()
			case "author":
				late.author = s.line()
			case "date":
				late.date = s.line()
			}
		case "itunes":
			if e.name == "author" {
				late.itunes = s.line()
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
	late.fill(d)
}

// channelFallback keeps what counts only when nothing better is said.
type channelFallback struct {
	link, lang, editor, master, creator, author, itunes, published, date string
	title                                                                prose
}

func (f *channelFallback) fill(d *document) {
	if d.link == "" {
		d.link = f.link
	}
	if d.lang == "" {
		d.lang = f.lang
	}
	if d.title.text == "" {
		d.title = f.title
	}
	d.updated = first(d.updated, f.date, f.published)
	if p := parsePerson(first(f.editor, f.master, f.author, f.creator, f.itunes)); !p.empty() {
		d.authors = []person{p}
	}
}

func (d *document) item(s *scanner, native string) {
	if len(d.entries) >= maxItems {
		d.faults.surplus++
		return
	}
	var it entry
	var late itemFallback
	it.about = s.attr("rdf:about")
	it.base = s.top().base
	it.lang = s.top().lang
	whole := s.each(func() {
		e := s.top()
		switch e.space {
		case "content":
			if e.name == "encoded" {
				it.content = s.prose()
			}
		case "", native:
			switch e.name {
			case "title":
				it.title = s.prose()
			case "description":
				it.summary = s.prose()
			case "link":
				if link := s.link(); link != "" {
					it.link = link
				}
			case "author":
				late.author = s.line()
			case "pubdate":
				it.published = s.line()
			case "guid":
				permalink := !strings.EqualFold(s.attr("ispermalink"), "false")
				it.id = s.line()
				late.permalink = permalink && web(it.id)
			case "category":
				it.category(s.line())
			case "enclosure":
				it.enclosure(enclosure{resolve(e.base, s.attr("url")), s.attr("type"), s.attr("length")})
			case "encoded":
				late.encoded = s.prose()
			}
		default:
			late.take(s, e, &it)
		}
	})
	if !whole {
		d.faults.cut(s, first(it.id, it.link, it.title.text))
		return
	}
	late.fill(&it)
	d.entries = append(d.entries, it)
}

// itemFallback keeps what counts only when nothing better is said.
type itemFallback struct {
	author, dcAuthor, creator, itunes, date, atomPublished, keywords string
	title, encoded, dcDescription, itunesSummary, atomSummary        prose
	media, atomContent                                               prose
	atomAuthor                                                       person
	subjects, terms                                                  []string
	permalink                                                        bool
}

func (f *itemFallback) take(s *scanner, e *element, it *entry) {
	switch e.space {
	case "dc":
		switch e.name {
		case "title":
			if f.title.text == "" {
				f.title = s.prose()
			}
		case "description":
			if f.dcDescription.text == "" {
				f.dcDescription = s.prose()
			}
		case "creator":
			f.creator = first(f.creator, s.line())
		case "author":
			f.dcAuthor = first(f.dcAuthor, s.line())
		case "date":
			f.date = first(f.date, s.line())
		case "subject":
			if len(f.subjects) < maxCategories {
				f.subjects = append(f.subjects, s.line())
			}
		case "language":
			it.lang = s.line()
		}
	case "dcterms":
		switch e.name {
		case "created", "issued":
			f.atomPublished = first(f.atomPublished, s.line())
		case "modified":
			it.updated = first(it.updated, s.line())
		}
	case "itunes":
		switch e.name {
		case "author":
			f.itunes = s.line()
		case "summary":
			f.itunesSummary = s.prose()
		case "keywords":
			f.keywords = s.line()
		}
	case "media":
		it.media(s, &f.media)
	case "thr":
		it.reply(s)
	case "atom", "atom03", "atom10":
		switch e.name {
		case "content":
			f.atomContent = s.atomProse()
		case "summary":
			f.atomSummary = s.atomProse()
		case "updated":
			it.updated = first(it.updated, s.line())
		case "published":
			f.atomPublished = first(f.atomPublished, s.line())
		case "author":
			f.atomAuthor = s.person()
		case "category":
			if term := s.attr("term"); term != "" && len(f.terms) < maxCategories {
				f.terms = append(f.terms, term)
			}
		}
	}
}

func (f *itemFallback) fill(it *entry) {
	it.title = firstProse(it.title, f.title)
	it.summary = firstProse(it.summary, f.dcDescription, f.itunesSummary, f.atomSummary)
	it.content = firstProse(it.content, f.atomContent)
	if it.content.text == "" && it.summary.text == "" {
		it.content = firstProse(f.encoded, f.media)
	}
	it.published = first(it.published, f.date, f.atomPublished)
	it.updated = first(f.date, it.updated)
	if p := parsePerson(first(f.author, f.dcAuthor, f.creator, f.itunes)); !p.empty() {
		it.authors = []person{p}
	} else if !f.atomAuthor.empty() {
		it.authors = []person{f.atomAuthor}
	}
	if f.keywords != "" {
		for word := range strings.SplitSeq(f.keywords, ",") {
			it.category(word)
		}
	}
	for _, c := range f.subjects {
		it.category(c)
	}
	for _, c := range f.terms {
		it.category(c)
	}
	if it.link == "" && f.permalink {
		it.link = it.id
	}
}

func (it *entry) category(c string) {
	if len(it.categories) < maxCategories && strings.TrimSpace(c) != "" {
		it.categories = append(it.categories, c)
	}
}

func (it *entry) enclosure(e enclosure) {
	if e.url != "" && len(it.enclosures) < maxEnclosures {
		it.enclosures = append(it.enclosures, e)
	}
}

// media reads a description from the Media RSS vocabulary, which video sites use instead of a summary.
func (it *entry) media(s *scanner, into *prose) {
	switch s.top().name {
	case "group", "content":
		s.each(func() { it.media(s, into) })
	case "description":
		if into.text == "" {
			*into = s.prose()
		}
	}
}

func (it *entry) reply(s *scanner) {
	if s.top().name == "in-reply-to" {
		if ref := first(s.attr("ref"), s.attr("href")); ref != "" && len(it.replyTo) < maxAuthors {
			it.replyTo = append(it.replyTo, ref)
		}
	}
}

// prose reads an element that RSS lets be text or HTML.
func (s *scanner) prose() prose {
	in := s.content(false)
	if in.markup {
		return prose{in.text, hyper}
	}
	return prose{in.text, unsaid}
}

// link reads <link>address</link> or <link href="address"/>.
func (s *scanner) link() string {
	base, href := s.top().base, s.attr("href")
	return resolve(base, first(s.line(), href))
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}

func firstProse(values ...prose) prose {
	for _, v := range values {
		if v.text != "" {
			return v
		}
	}
	return prose{}
}

func web(s string) bool {
	return len(s) > 8 && (strings.EqualFold(s[:7], "http://") || strings.EqualFold(s[:8], "https://")) && !strings.ContainsAny(s, " \t\r\n")
}
