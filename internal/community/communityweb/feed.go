package communityweb

import (
	"cmp"
	"context"
	"encoding/json"
	"encoding/xml"
	"html"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/web"
)

// feed is a list for programs.
type feed struct {
	hall
	name  string
	file  string // its path in the community, without what says the format
	home  string // the path of the page
	query string // what narrows it, with its "?"; "" for all
	tag   string // that its items have, or, of articles, what they are about; "" for all
	items []feedItem
}

type feedItem struct {
	id, path, title, by, html, summary, lang string
	tags                                     []string
	at, updated                              time.Time
}

// feedForms are the formats a feed can be had in, by how its address ends.
func feedForms() map[string]func(h *handlers, w http.ResponseWriter, r *http.Request, f *feed) error {
	return map[string]func(h *handlers, w http.ResponseWriter, r *http.Request, f *feed) error{"feed.atom": (*handlers).atom, "feed.json": (*handlers).jsonFeed, "feed.rss": (*handlers).rss}
}

// feeds sends a list in the format that is asked for. Feeds are read by programs that have not signed in: who may not read the list is told
// so and not sent to sign in.
func (h *handlers) feeds(read func(r *http.Request, f *feed) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		send, known := feedForms()[r.PathValue("file")]
		if !known {
			if send, known = feedForms()[path.Base(r.URL.Path)]; !known {
				return problem.New(problem.Missing, "problem.not_found")
			}
		}
		at, err := h.hall(r)
		if err != nil {
			return problem.New(problem.Missing, "problem.not_found")
		}
		if h.unchanged(w, r, &at) {
			return nil
		}
		f := &feed{hall: at}
		if err := read(r, f); err != nil {
			return err
		}
		parts := []string{f.place.Called(f.lang)}
		if f.name != "" { // "" is of all
			parts = append(parts, f.name)
		}
		if f.tag != "" {
			parts = append(parts, "#"+f.tag)
		}
		f.name = strings.Join(parts, " · ")
		return send(h, w, r, f)
	}
}

// narrow is the tag that a feed was asked for, which its addresses then have; "" for none.
func (f *feed) narrow(r *http.Request) string {
	if f.tag = tagIn(r); f.tag != "" {
		join := "?"
		if f.query != "" {
			join = "&"
		}
		f.query += join + "tag=" + url.QueryEscape(f.tag)
	}
	return f.tag
}

// tagIn is the tag that a list was asked for; "" for none.
func tagIn(r *http.Request) string { return clip(web.Clean(r.URL.Query().Get("tag")), 200) }

// tagQuery is how an address narrows a list to a tag.
func tagQuery(tag string) string {
	if tag == "" {
		return ""
	}
	return "?tag=" + url.QueryEscape(tag)
}

// tagHref leads to what has the same tag as an idea or an event; "" for other threads.
func (v *threadView) tagHref(ctx context.Context, tag string) string {
	switch v.t.Kind {
	case community.Ideas:
		return v.href(ctx, "/ideas"+tagQuery(tag))
	case community.Events:
		return v.href(ctx, "/events"+tagQuery(tag))
	}
	return ""
}

// threadFeed reads the newest threads of a space or of all the community, and of a space that holds articles those.
func (h *handlers) threadFeed(r *http.Request, f *feed) error {
	ctx := r.Context()
	in := community.Query{Community: f.place.ID, Order: community.Newest}
	f.file, f.home = "/feed", "/all"
	if o := community.Order(r.URL.Query().Get("order")); slices.Contains(community.Orders(), o) {
		in.Order, f.query = o, "?order="+string(o)
	}
	in.Tag = f.narrow(r)
	if slug := r.PathValue("space"); slug != "" {
		sp, known := f.Space(f.place.ID, slug)
		if !known || !f.May(sp.ID) {
			return problem.New(problem.Missing, "problem.not_found")
		}
		in.Space, f.name, f.file, f.home = sp.ID, f.spaceName(sp.ID), "/"+sp.Slug+"/feed", "/"+sp.Slug
		if len(sp.Holds) == 1 && sp.Takes(community.Articles) {
			return h.articlesInto(ctx, f, community.ArticleQuery{Community: f.place.ID, Space: sp.ID, Product: in.Tag})
		}
		if len(sp.Holds) == 1 && sp.Takes(community.Events) {
			return h.eventsInto(ctx, f, community.EventQuery{Community: f.place.ID, Space: sp.ID, Tag: in.Tag})
		}
	}
	list, err := h.s.Threads(ctx, f.Sight, in)
	if err != nil {
		return err
	}
	return h.threadsInto(ctx, f, list.Threads)
}

func (h *handlers) threadsInto(ctx context.Context, f *feed, list []community.Thread) error {
	firsts, err := h.s.Openings(ctx, list)
	if err != nil {
		return err
	}
	for i := range list {
		t := &list[i]
		first := firsts[t.ID]
		item := feedItem{id: f.world("/t/" + t.ID), path: t.Path(), title: t.Title, by: nameOf(ctx, t.AuthorName), html: first.HTML, summary: t.Excerpt, lang: t.Lang, tags: t.Tags, at: t.At, updated: t.At}
		if first.EditedAt.After(t.At) {
			item.updated = first.EditedAt
		}
		f.items = append(f.items, item)
	}
	return nil
}

// ideaFeed reads the newest ideas of all boards.
func (h *handlers) ideaFeed(r *http.Request, f *feed) error {
	ctx := r.Context()
	f.name, f.file, f.home = i18n.T(ctx, "community.idea.title"), "/ideas/feed", "/ideas"
	b, err := h.s.Board(ctx, f.Sight, community.BoardQuery{Community: f.place.ID, Order: community.ByAge, Tag: f.narrow(r)})
	if err != nil {
		return err
	}
	list := make([]community.Thread, len(b.Ideas))
	for i := range b.Ideas {
		list[i] = b.Ideas[i].Thread
	}
	return h.threadsInto(ctx, f, list)
}

// roadFeed reads what was decided last about ideas that are planned, under way or done.
func (h *handlers) roadFeed(r *http.Request, f *feed) error {
	ctx := r.Context()
	f.name, f.file, f.home = i18n.T(ctx, "community.idea.roadmap"), "/roadmap/feed", "/roadmap"
	columns, err := h.s.Roadmap(ctx, f.Sight, f.place.ID, f.narrow(r))
	if err != nil {
		return err
	}
	for status, list := range columns {
		for i := range list {
			it := &list[i]
			f.items = append(f.items, feedItem{id: f.world("/t/"+it.ID) + "#" + string(status), path: it.Path(), title: statusName(ctx, status) + " · " + it.Title, by: nameOf(ctx, it.ReasonBy), html: html.EscapeString(it.Reason),
				summary: it.Excerpt, lang: it.Lang, tags: it.Tags, at: it.StatusAt, updated: it.StatusAt})
		}
	}
	sorting.Func(f.items, func(a, b feedItem) int { return cmp.Or(b.at.Compare(a.at), cmp.Compare(a.id, b.id)) })
	f.items = f.items[:min(len(f.items), feedMost)]
	return nil
}

// eventFeed reads what takes place next.
func (h *handlers) eventFeed(r *http.Request, f *feed) error {
	f.name, f.file, f.home = i18n.T(r.Context(), "community.event.title"), "/events/feed", "/events"
	return h.eventsInto(r.Context(), f, community.EventQuery{Community: f.place.ID, Tag: f.narrow(r)})
}

func (h *handlers) eventsInto(ctx context.Context, f *feed, in community.EventQuery) error {
	list, _, err := h.s.Events(ctx, f.Sight, in)
	if err != nil {
		return err
	}
	for i := range list[:min(len(list), feedMost)] {
		e := &list[i]
		when := e.When(ctx)
		if e.Cancelled {
			when += " · " + i18n.T(ctx, "community.event.is_off")
		}
		f.items = append(f.items, feedItem{id: f.world("/t/" + e.ID), path: e.Path(), title: e.Title + " · " + when, by: nameOf(ctx, e.AuthorName),
			html: "<p>" + html.EscapeString(when+" · "+e.Place) + "</p><p>" + html.EscapeString(e.Excerpt) + "</p>", summary: e.Excerpt, lang: e.Lang, tags: e.Tags, at: e.At, updated: later(e.At, e.ChangedAt)})
	}
	return nil
}

// challengeFeed reads the challenges.
func (h *handlers) challengeFeed(r *http.Request, f *feed) error {
	ctx := r.Context()
	f.name, f.file, f.home = i18n.T(ctx, "community.challenge.title"), "/challenges/feed", "/challenges"
	list, err := h.s.Challenges(ctx, f.Sight, f.place.ID)
	if err != nil {
		return err
	}
	for i := range list[:min(len(list), feedMost)] {
		c := &list[i]
		at := c.At
		if now := h.s.Now(); now.After(c.JudgedAt) {
			at = c.JudgedAt // there is a result
		}
		f.items = append(f.items, feedItem{id: f.world("/challenges/" + c.ID), path: "/challenges/" + c.ID, title: c.Title, by: nameOf(ctx, c.AuthorName), html: c.HTML, at: c.At, updated: at})
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// articleFeed reads the articles approved last.
func (h *handlers) articleFeed(r *http.Request, f *feed) error {
	ctx := r.Context()
	f.name, f.file, f.home = i18n.T(ctx, "community.article.title"), "/articles/feed", "/articles"
	return h.articlesInto(ctx, f, community.ArticleQuery{Community: f.place.ID, Product: f.narrow(r)})
}

// feedMost is how many articles a feed has.
const feedMost = 25

func (h *handlers) articlesInto(ctx context.Context, f *feed, in community.ArticleQuery) error {
	list, err := h.s.Articles(ctx, f.Sight, in)
	if err != nil {
		return err
	}
	for _, a := range list[:min(len(list), feedMost)] {
		rev, err := h.s.Revision(ctx, a.ID, a.Approved)
		if err != nil {
			return err
		}
		f.items = append(f.items, feedItem{id: f.world("/articles/" + a.ID), path: a.Path(), title: a.Title, by: nameOf(ctx, a.AuthorName), html: rev.HTML, summary: a.Excerpt, lang: a.Lang, tags: a.Products, at: a.At, updated: a.ApprovedAt})
	}
	return nil
}

type atomFeed struct {
	XMLName xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Lang    string      `xml:"xml:lang,attr"`
	ID      string      `xml:"id"`
	Title   string      `xml:"title"`
	Updated string      `xml:"updated"`
	Links   []atomLink  `xml:"link"`
	Entries []atomEntry `xml:"entry"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr,omitempty"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	ID        string      `xml:"id"`
	Title     string      `xml:"title"`
	Published string      `xml:"published"`
	Updated   string      `xml:"updated"`
	Link      atomLink    `xml:"link"`
	Author    string      `xml:"author>name"`
	Tags      []atomTag   `xml:"category"`
	Content   atomContent `xml:"content"`
}

type atomTag struct {
	Term string `xml:"term,attr"`
}

type atomContent struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

func (h *handlers) atom(w http.ResponseWriter, _ *http.Request, f *feed) error {
	self := f.world(f.file+".atom") + f.query
	doc := atomFeed{Lang: f.lang, ID: self, Title: f.name, Links: []atomLink{{Rel: "self", Type: "application/atom+xml", Href: self}, {Rel: "alternate", Type: "text/html", Href: f.world(f.home) + f.query}}}
	latest := f.place.CreatedAt
	for _, i := range f.items {
		if i.updated.After(latest) {
			latest = i.updated
		}
		e := atomEntry{ID: i.id, Title: i.title, Published: i.at.Format(time.RFC3339), Updated: i.updated.Format(time.RFC3339),
			Link: atomLink{Rel: "alternate", Type: "text/html", Href: f.world(i.path)}, Author: i.by, Content: atomContent{"html", i.html}}
		for _, tag := range i.tags {
			e.Tags = append(e.Tags, atomTag{tag})
		}
		doc.Entries = append(doc.Entries, e)
	}
	doc.Updated = latest.Format(time.RFC3339)
	return h.xml(w, "application/atom+xml; charset=utf-8", doc)
}

type rssItem struct {
	Title string   `xml:"title"`
	Link  string   `xml:"link"`
	ID    string   `xml:"guid"`
	At    string   `xml:"pubDate"`
	By    string   `xml:"http://purl.org/dc/elements/1.1/ creator"`
	Tags  []string `xml:"category"`
	Text  string   `xml:"description"`
}

func (h *handlers) rss(w http.ResponseWriter, _ *http.Request, f *feed) error {
	type channel struct {
		Title string    `xml:"title"`
		Link  string    `xml:"link"`
		About string    `xml:"description"`
		Lang  string    `xml:"language"`
		Items []rssItem `xml:"item"`
	}
	doc := struct {
		XMLName xml.Name `xml:"rss"`
		Version string   `xml:"version,attr"`
		Channel channel  `xml:"channel"`
	}{Version: "2.0", Channel: channel{Title: f.name, Link: f.world(f.home) + f.query, About: f.name, Lang: f.lang}}
	for _, i := range f.items {
		doc.Channel.Items = append(doc.Channel.Items, rssItem{i.title, f.world(i.path), i.id, i.at.UTC().Format(time.RFC1123Z), i.by, i.tags, i.html})
	}
	return h.xml(w, "application/rss+xml; charset=utf-8", doc)
}

// xml sends a document.
func (h *handlers) xml(w http.ResponseWriter, kind string, doc any) error {
	raw, err := xml.Marshal(doc)
	if err != nil {
		return err
	}
	return h.file(w, kind, append([]byte(xml.Header), raw...))
}

// file sends what programs read.
func (h *handlers) file(w http.ResponseWriter, kind string, raw []byte) error {
	w.Header().Set("Content-Type", kind)
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-cache, private")
	}
	w.Header().Set("Vary", "Cookie, Accept-Language")
	_, err := w.Write(raw)
	_ = err // the reader has gone; there is nobody to tell
	return nil
}

type jsonItem struct {
	ID        string           `json:"id"`
	URL       string           `json:"url"`
	Title     string           `json:"title"`
	HTML      string           `json:"content_html"`
	Summary   string           `json:"summary,omitempty"`
	Published time.Time        `json:"date_published"`
	Modified  time.Time        `json:"date_modified,omitzero"`
	Authors   []map[string]any `json:"authors"`
	Tags      []string         `json:"tags,omitempty"`
	Language  string           `json:"language,omitempty"`
}

func (h *handlers) jsonFeed(w http.ResponseWriter, _ *http.Request, f *feed) error {
	items := []jsonItem{}
	for _, i := range f.items {
		item := jsonItem{ID: i.id, URL: f.world(i.path), Title: i.title, HTML: i.html, Summary: i.summary, Published: i.at, Authors: []map[string]any{{"name": i.by}}, Tags: i.tags, Language: i.lang}
		if i.updated.After(i.at) {
			item.Modified = i.updated
		}
		items = append(items, item)
	}
	raw, err := json.Marshal(map[string]any{"version": "https://jsonfeed.org/version/1.1", "title": f.name, "home_page_url": f.world(f.home) + f.query,
		"feed_url": f.world(f.file+".json") + f.query, "language": f.lang, "items": items})
	if err != nil {
		return err
	}
	return h.file(w, "application/feed+json; charset=utf-8", raw)
}

// spaceFile sends the feed of a space.
func (h *handlers) spaceFile(w http.ResponseWriter, r *http.Request) error {
	return h.feeds(h.threadFeed)(w, r)
}
