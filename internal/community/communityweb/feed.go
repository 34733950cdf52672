package communityweb

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"net/http"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/problem"
)

// feedView is a list of threads for programs.
type feedView struct {
	listView
	firsts map[string]community.Post
}

func (h *handlers) spaceFile(w http.ResponseWriter, r *http.Request) error {
	switch r.PathValue("file") {
	case "feed.atom":
		return h.atom(w, r)
	case "feed.json":
		return h.jsonFeed(w, r)
	}
	return problem.New(problem.Missing, "problem.not_found")
}

// feedView reads the newest threads of a space or of all the community. Feeds are read by programs that have not signed in: who may not
// read the list is told so and not sent to sign in.
func (h *handlers) feedView(w http.ResponseWriter, r *http.Request) (v *feedView, done bool, err error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, false, problem.New(problem.Missing, "problem.not_found")
	}
	v = &feedView{listView: listView{hall: at, order: community.Newest}, firsts: map[string]community.Post{}}
	in := community.Query{Community: at.place.ID, Order: community.Newest}
	if slug := r.PathValue("space"); slug != "" {
		sp, known := at.Space(at.place.ID, slug)
		if !known || !at.May(sp.ID) {
			return nil, false, problem.New(problem.Missing, "problem.not_found")
		}
		v.space, in.Space = &sp, sp.ID
	}
	if h.unchanged(w, r, &v.hall) {
		return v, true, nil
	}
	ctx := r.Context()
	if v.list, err = h.s.Threads(ctx, v.Sight, in); err != nil {
		return nil, false, err
	}
	v.firsts, err = h.s.Openings(ctx, v.list.Threads)
	return v, false, err
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

func (v *feedView) name(ctx context.Context) string {
	if v.space == nil {
		return v.place.Called(v.lang)
	}
	return v.place.Called(v.lang) + " · " + v.title(ctx)
}

func (v *feedView) path(file string) string {
	if v.space == nil {
		return "/" + file
	}
	return "/" + v.space.Slug + "/" + file
}

func (h *handlers) atom(w http.ResponseWriter, r *http.Request) error {
	v, done, err := h.feedView(w, r)
	if err != nil || done {
		return err
	}
	ctx := r.Context()
	f := atomFeed{Lang: v.lang, ID: v.world(v.path("feed.atom")), Title: v.name(ctx), Updated: v.place.CreatedAt.Format(time.RFC3339), Links: []atomLink{
		{Rel: "self", Type: "application/atom+xml", Href: v.world(v.path("feed.atom"))}, {Rel: "alternate", Type: "text/html", Href: v.world(v.base())}}}
	latest := v.place.CreatedAt
	for i := range v.list.Threads {
		t := &v.list.Threads[i]
		first := v.firsts[t.ID]
		updated := t.At
		if first.EditedAt.After(updated) {
			updated = first.EditedAt
		}
		if updated.After(latest) {
			latest = updated
		}
		e := atomEntry{ID: v.world("/t/" + t.ID), Title: t.Title, Published: t.At.Format(time.RFC3339), Updated: updated.Format(time.RFC3339),
			Link: atomLink{Rel: "alternate", Type: "text/html", Href: v.world(t.Path())}, Author: nameOf(ctx, t.AuthorName), Content: atomContent{"html", first.HTML}}
		for _, tag := range t.Tags {
			e.Tags = append(e.Tags, atomTag{tag})
		}
		f.Entries = append(f.Entries, e)
	}
	f.Updated = latest.Format(time.RFC3339)
	raw, err := xml.Marshal(f)
	if err != nil {
		return err
	}
	return h.file(w, "application/atom+xml; charset=utf-8", append([]byte(xml.Header), raw...))
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

func (h *handlers) jsonFeed(w http.ResponseWriter, r *http.Request) error {
	v, done, err := h.feedView(w, r)
	if err != nil || done {
		return err
	}
	ctx := r.Context()
	items := []jsonItem{}
	for i := range v.list.Threads {
		t := &v.list.Threads[i]
		first := v.firsts[t.ID]
		items = append(items, jsonItem{ID: v.world("/t/" + t.ID), URL: v.world(t.Path()), Title: t.Title, HTML: first.HTML, Summary: t.Excerpt, Published: t.At,
			Modified: first.EditedAt, Authors: []map[string]any{{"name": nameOf(ctx, t.AuthorName)}}, Tags: t.Tags, Language: t.Lang})
	}
	raw, err := json.Marshal(map[string]any{"version": "https://jsonfeed.org/version/1.1", "title": v.name(ctx), "home_page_url": v.world(v.base()),
		"feed_url": v.world(v.path("feed.json")), "language": v.lang, "items": items})
	if err != nil {
		return err
	}
	return h.file(w, "application/feed+json; charset=utf-8", raw)
}

// sitemapMost is how many threads a site map names: the newest.
const sitemapMost = 400

func (h *handlers) sitemap(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil || !v.listed() {
		return problem.New(problem.Missing, "problem.not_found")
	}
	if h.unchanged(w, r, &v) {
		return nil
	}
	type line struct {
		Loc string `xml:"loc"`
		Mod string `xml:"lastmod,omitempty"`
	}
	doc := struct {
		XMLName xml.Name `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		Lines   []line   `xml:"url"`
	}{Lines: []line{{Loc: v.world("")}, {Loc: v.world("/all")}}}
	for _, sp := range v.Spaces(v.place.ID) {
		if v.May(sp.ID) && sp.Access == community.OpenSpace {
			doc.Lines = append(doc.Lines, line{Loc: v.world("/" + sp.Slug)})
		}
	}
	for page := 0; len(doc.Lines) < sitemapMost; page++ {
		list, err := h.s.Threads(r.Context(), v.Sight, community.Query{Community: v.place.ID, Order: community.Newest, Page: page})
		if err != nil {
			return err
		}
		for i := range list.Threads {
			doc.Lines = append(doc.Lines, line{v.world(list.Threads[i].Path()), list.Threads[i].LastAt.Format(time.RFC3339)})
		}
		if !list.More {
			break
		}
	}
	raw, err := xml.Marshal(doc)
	if err != nil {
		return err
	}
	return h.file(w, "application/xml; charset=utf-8", append([]byte(xml.Header), raw...))
}

func (h *handlers) robots(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil || !v.listed() {
		return h.file(w, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n"))
	}
	return h.file(w, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /p/\nDisallow: /ask\nDisallow: /similar\nSitemap: "+v.world("/sitemap.xml")+"\n"))
}

// linked says to programs that search what the page holds: schema.org QAPage or DiscussionForumPosting, as JSON-LD.
func (v *threadView) linked() string {
	person := func(name string) map[string]any { return map[string]any{"@type": "Person", "name": name} }
	said := func(kind string, p *community.Post) map[string]any {
		out := map[string]any{"@type": kind, "text": p.Markup, "datePublished": p.At.Format(time.RFC3339), "author": person(p.AuthorName),
			"url": v.world(v.t.Path()) + "#p-" + p.ID}
		if p.AuthorName == "" {
			delete(out, "author")
		}
		if !p.EditedAt.IsZero() {
			out["dateModified"] = p.EditedAt.Format(time.RFC3339)
		}
		return out
	}
	var page map[string]any
	first := said("Question", &v.first)
	first["url"] = v.world(v.t.Path())
	if v.t.Question() {
		first["name"], first["answerCount"], first["upvoteCount"] = v.t.Title, v.t.Replies, v.t.Score
		var suggested []any
		for i := range v.posts {
			p := &v.posts[i]
			if !p.DeletedAt.IsZero() {
				continue
			}
			a := said("Answer", p)
			a["upvoteCount"] = p.Score
			if p.Accepted {
				first["acceptedAnswer"] = a
			} else {
				suggested = append(suggested, a)
			}
		}
		if suggested != nil {
			first["suggestedAnswer"] = suggested
		}
		page = map[string]any{"@context": "https://schema.org", "@type": "QAPage", "mainEntity": first}
	} else {
		first["@type"], first["headline"], first["@context"], first["commentCount"] = "DiscussionForumPosting", v.t.Title, "https://schema.org", v.t.Replies
		var replies []any
		for i := range v.posts {
			if p := &v.posts[i]; p.DeletedAt.IsZero() {
				replies = append(replies, said("Comment", p))
			}
		}
		if replies != nil {
			first["comment"] = replies
		}
		page = first
	}
	raw, err := json.Marshal(page) // < > & are written \u003c …: nothing in it can end the element
	if err != nil {
		return ""
	}
	return `<script type="application/ld+json">` + string(raw) + "</script>"
}
