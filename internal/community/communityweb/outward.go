package communityweb

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/community/card"
	"github.com/entente/entente/internal/community/linked"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
)

// outward registers what search engines, readers of feeds and other people's pages ask for.
func (h *handlers) outward(r *web.Routes) {
	for form := range feedForms() {
		for dir, read := range map[string]func(*http.Request, *feed) error{"": h.threadFeed, "ideas/": h.ideaFeed, "roadmap/": h.roadFeed, "events/": h.eventFeed, "challenges/": h.challengeFeed, "articles/": h.articleFeed} {
			r.Page("GET /c/{slug}/"+dir+form, org.Public, h.in(h.feeds(read)))
		}
	}
	r.Page("GET /c/{slug}/sitemap.xml", org.Public, h.in(h.sitemap))
	r.Page("GET /c/{slug}/sitemap/{part}", org.Public, h.in(h.sitemapPart))
	r.Page("GET /robots.txt", org.Public, h.allRobots)
	r.Page("GET /c/{slug}/robots.txt", org.Public, h.in(h.robots))
	r.Page("GET /c/{slug}/opensearch.xml", org.Public, h.in(h.openSearch))
	r.Page("GET /c/{slug}/oembed", org.Public, h.in(h.oembed))
	r.Page("GET /c/{slug}/card.png", org.Public, h.in(h.placeCard))
	r.Page("GET /c/{slug}/t/{thread}/card.png", org.Public, h.in(h.threadCard))
	r.Page("GET /c/{slug}/articles/{article}/card.png", org.Public, h.in(h.articleCard))
	r.Page("GET /c/{slug}/embed/t/{thread}", org.Public, h.in(h.embedThread))
	r.Page("GET /c/{slug}/embed/ideas", org.Public, h.in(h.embedIdeas))
	r.Page("GET /communities/{id}/embedding", org.CommunityEdit, h.embedding)
	r.Do("POST /communities/{id}/embedding", org.CommunityEdit, h.setEmbedding)
}

// world is a community as nobody in particular sees it: what is told to machines and to other sites, whoever asks. One that is not open to
// everybody is not there.
func (h *handlers) worldly(r *http.Request) (hall, error) {
	v, err := h.hall(r)
	if err != nil || !v.listed() {
		return v, problem.New(problem.Missing, "problem.not_found")
	}
	v.who = nil
	v.Sight, err = h.s.World(r.Context())
	return v, err
}

type mapLine struct {
	Loc string `xml:"loc"`
	Mod string `xml:"lastmod,omitempty"`
}

// sitemap lists the parts of the site map.
func (h *handlers) sitemap(w http.ResponseWriter, r *http.Request) error {
	v, err := h.worldly(r)
	if err != nil {
		return err
	}
	if h.unchanged(w, r, &v) {
		return nil
	}
	threads, articles, err := h.s.Parts(r.Context(), v.Sight, v.place.ID)
	if err != nil {
		return err
	}
	doc := struct {
		XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 sitemapindex"`
		Lines   []mapLine `xml:"sitemap"`
	}{Lines: []mapLine{{Loc: v.world("/sitemap/places.xml")}}}
	for i := range threads {
		doc.Lines = append(doc.Lines, mapLine{Loc: v.world("/sitemap/threads-" + strconv.Itoa(i+1) + ".xml")})
	}
	if articles {
		doc.Lines = append(doc.Lines, mapLine{Loc: v.world("/sitemap/articles.xml")})
	}
	return h.xml(w, "application/xml; charset=utf-8", doc)
}

func (h *handlers) sitemapPart(w http.ResponseWriter, r *http.Request) error {
	v, err := h.worldly(r)
	if err != nil {
		return err
	}
	if h.unchanged(w, r, &v) {
		return nil
	}
	ctx, name := r.Context(), strings.TrimSuffix(r.PathValue("part"), ".xml")
	var list []community.Mapped
	number, threads := strings.CutPrefix(name, "threads-")
	switch {
	case name == "places":
		list = []community.Mapped{{}, {Path: "/all"}}
		for _, sp := range v.Spaces(v.place.ID) {
			if v.May(sp.ID) && sp.ArchivedAt.IsZero() {
				list = append(list, community.Mapped{Path: "/" + sp.Slug})
			}
		}
	case name == "articles":
		list, err = h.s.MapArticles(ctx, v.Sight, v.place.ID)
	case threads:
		n, bad := strconv.Atoi(number)
		if bad != nil || n < 1 || n > 100_000 {
			return problem.New(problem.Missing, "problem.not_found")
		}
		list, err = h.s.MapThreads(ctx, v.Sight, v.place.ID, n)
		if err == nil && len(list) == 0 {
			err = problem.New(problem.Missing, "problem.not_found")
		}
	default:
		err = problem.New(problem.Missing, "problem.not_found")
	}
	if err != nil {
		return err
	}
	doc := struct {
		XMLName xml.Name  `xml:"http://www.sitemaps.org/schemas/sitemap/0.9 urlset"`
		Lines   []mapLine `xml:"url"`
	}{}
	for _, m := range list {
		line := mapLine{Loc: v.world(m.Path)}
		if !m.At.IsZero() {
			line.Mod = m.At.Format(time.RFC3339)
		}
		doc.Lines = append(doc.Lines, line)
	}
	return h.xml(w, "application/xml; charset=utf-8", doc)
}

func (h *handlers) robots(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil || !v.listed() {
		return h.file(w, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /\n"))
	}
	return h.file(w, "text/plain; charset=utf-8", []byte("User-agent: *\nDisallow: /p/\nDisallow: /ask\nDisallow: /similar\nDisallow: /search\nDisallow: /embed/\nSitemap: "+v.world("/sitemap.xml")+"\n"))
}

// allRobots tells robots at the installation's own host name what may be read: communities that are open to everybody, and nothing of the office.
func (h *handlers) allRobots(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	o, err := h.s.World(ctx)
	if err != nil {
		return err
	}
	text := "User-agent: *\nDisallow: /\nAllow: /c/\nAllow: /assets/\nAllow: /media/\nAllow: /robots.txt\n"
	for _, path := range []string{"p/", "ask", "similar", "search", "embed/"} {
		text += "Disallow: /c/*/" + path + "\n"
	}
	for _, c := range o.Communities() {
		if c.Audience == community.Everybody {
			text += "Sitemap: " + h.s.URL(ctx, c) + "/sitemap.xml\n"
		}
	}
	return h.file(w, "text/plain; charset=utf-8", []byte(text))
}

// openSearch tells browsers how the community is searched.
func (h *handlers) openSearch(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	type address struct {
		Type     string `xml:"type,attr"`
		Template string `xml:"template,attr"`
	}
	name := v.place.Called(v.lang)
	short := name
	if s := []rune(name); len(s) > 16 {
		short = string(s[:16])
	}
	w.Header().Set("Cache-Control", "private, max-age=86400")
	return h.xml(w, "application/opensearchdescription+xml; charset=utf-8", struct {
		XMLName xml.Name `xml:"http://a9.com/-/spec/opensearch/1.1/ OpenSearchDescription"`
		Short   string   `xml:"ShortName"`
		Long    string   `xml:"LongName"`
		About   string   `xml:"Description"`
		Charset string   `xml:"InputEncoding"`
		Lang    string   `xml:"Language"`
		URL     address  `xml:"Url"`
	}{Short: short, Long: name, About: i18n.T(r.Context(), "community.search.label") + " (" + name + ")", Charset: "UTF-8", Lang: v.lang, URL: address{"text/html", v.world("/search") + "?q={searchTerms}"}})
}

// oembed tells other sites how to show a thread, an article or the ideas that somebody links to there.
func (h *handlers) oembed(w http.ResponseWriter, r *http.Request) error {
	v, err := h.worldly(r)
	if err != nil {
		return err
	}
	ctx, q := r.Context(), r.URL.Query()
	if f := q.Get("format"); f != "" && f != "json" {
		w.WriteHeader(http.StatusNotImplemented) // as oEmbed says of formats that are not offered
		return nil
	}
	path, ours := strings.CutPrefix(q.Get("url"), v.url)
	var title, by, picture, frame string
	kind, rest, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch nobody := org.With(ctx, nil); {
	case !ours:
		return problem.New(problem.Missing, "problem.not_found")
	case kind == "t":
		t, err := h.s.Thread(nobody, v.Sight, v.place.ID, threadIn(path))
		if err != nil || !t.DeletedAt.IsZero() {
			return problem.New(problem.Missing, "problem.not_found")
		}
		title, by, picture, frame = t.Title, nameOf(ctx, t.AuthorName), "/t/"+t.ID+"/card.png", "/embed/t/"+t.ID
	case kind == "articles" && rest != "":
		id, _, _ := strings.Cut(rest, "/")
		a, err := h.s.Article(nobody, v.Sight, v.place.ID, id)
		if err != nil || !a.Public() {
			return problem.New(problem.Missing, "problem.not_found")
		}
		title, by, picture = a.Title, nameOf(ctx, a.AuthorName), "/articles/"+a.ID+"/card.png"
	case kind == "ideas":
		title, by, picture, frame = i18n.T(ctx, "community.idea.title"), v.place.Called(v.lang), "/card.png", "/embed/ideas"
	default:
		return problem.New(problem.Missing, "problem.not_found")
	}
	sites, err := h.s.Sites(ctx, v.place.ID)
	if err != nil {
		return err
	}
	doc := map[string]any{"version": "1.0", "type": "link", "title": title, "author_name": by, "provider_name": v.place.Called(v.lang), "provider_url": v.world(""),
		"cache_age": 3600, "thumbnail_url": v.world(picture), "thumbnail_width": card.Width, "thumbnail_height": card.Height}
	if len(sites) > 0 && frame != "" {
		width, height := within(q.Get("maxwidth"), 600), within(q.Get("maxheight"), 420)
		doc["type"], doc["width"], doc["height"] = "rich", width, height
		doc["html"] = frameOf(v.world(frame), title, width, height)
	}
	raw, err := json.Marshal(doc)
	if err != nil {
		return err
	}
	return h.file(w, "application/json; charset=utf-8", raw)
}

// within is a size that is wanted, no larger than what may be.
func within(most string, wanted int) int {
	if n, err := strconv.Atoi(most); err == nil && n > 0 {
		return max(100, min(n, wanted))
	}
	return wanted
}

// frameOf is what another site puts into a page to show something of ours.
func frameOf(src, title string, width, height int) string {
	return fmt.Sprintf(`<iframe src="%s" title="%s" width="%d" height="%d" loading="lazy" sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox allow-same-origin"></iframe>`,
		html.EscapeString(src), html.EscapeString(title), width, height)
}

func (h *handlers) placeCard(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	return h.card(w, r, &v, v.place.About.In(v.lang, v.place.Langs...), "")
}

func (h *handlers) threadCard(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	t, err := h.s.Thread(r.Context(), v.Sight, v.place.ID, r.PathValue("thread"))
	if err != nil || !t.DeletedAt.IsZero() {
		return problem.New(problem.Missing, "problem.not_found")
	}
	return h.card(w, r, &v, t.Title, t.Kind)
}

func (h *handlers) articleCard(w http.ResponseWriter, r *http.Request) error {
	v, err := h.hall(r)
	if err != nil {
		return err
	}
	a, err := h.s.Article(r.Context(), v.Sight, v.place.ID, r.PathValue("article"))
	if err != nil || !a.Public() {
		return problem.New(problem.Missing, "problem.not_found")
	}
	return h.card(w, r, &v, a.Title, community.Articles)
}

// card sends the picture that a link is shown with. It depends on its title and the look alone, so whoever has it is told that it is the same.
func (h *handlers) card(w http.ResponseWriter, r *http.Request, v *hall, title, kind string) error {
	word := ""
	if kind != "" {
		word = i18n.T(r.Context(), "community.search.one."+kind)
	}
	c := card.Card{Name: v.place.Called(v.lang), Title: title, Kind: word}
	c.Paper, c.Ink, c.Accent = v.place.Look.Colours()
	sum := sha256.Sum256(fmt.Appendf(nil, "1 %q", c))
	tag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	head := w.Header()
	head.Set("ETag", tag)
	head.Set("Cache-Control", "private, max-age=86400")
	if kind == "" && v.listed() { // what a title stands on may be for few
		head.Set("Cache-Control", "public, max-age=86400")
	}
	head.Set("Vary", "Accept-Language")
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	select { // drawing is dear: two at a time
	case h.drawing <- struct{}{}:
		defer func() { <-h.drawing }()
	case <-r.Context().Done():
		return r.Context().Err()
	}
	raw, err := card.Draw(c)
	if err != nil {
		return err
	}
	head.Set("Content-Type", "image/png")
	head.Set("Cross-Origin-Resource-Policy", "cross-origin")
	_, err = w.Write(raw)
	_ = err // the reader has gone; there is nobody to tell
	return nil
}

// public reports whether what stands in a space is for everybody.
func (v *hall) public(space string) bool {
	sp, _ := v.SpaceByID(space)
	return v.listed() && sp.Access == community.OpenSpace
}

func (v *hall) oembedHref(path string) string {
	return v.world("/oembed") + "?url=" + url.QueryEscape(v.world(path))
}

// saying is a post as programs that search are told of it.
func (v *threadView) saying(ctx context.Context, p *community.Post) linked.Said {
	return linked.Said{By: nameOf(ctx, p.AuthorName), Text: linked.Words(p.HTML), At: p.At, Edited: p.EditedAt, URL: v.world(v.t.Path()) + "#p-" + p.ID, Score: p.Score, Best: p.Accepted}
}

// linked says to programs that search what the page holds, as JSON-LD.
func (v *threadView) linked(ctx context.Context) string {
	t := linked.Thread{Title: v.t.Title, Said: v.saying(ctx, &v.first), Image: v.world("/t/" + v.t.ID + "/card.png"), Place: v.place.Called(v.lang), Home: v.world(""), Lang: v.t.Lang, Replies: v.t.Replies}
	t.URL, t.Score = v.world(v.t.Path()), v.t.Score
	for i := range v.posts {
		if p := &v.posts[i]; p.DeletedAt.IsZero() {
			t.List = append(t.List, v.saying(ctx, p))
		}
	}
	if v.t.Question() {
		return linked.Script(linked.Question(&t))
	}
	if e := v.event; e != nil { // its link is for those who come: the page tells them
		m := linked.Meeting{Name: v.t.Title, Description: v.t.Excerpt, Lang: v.t.Lang, Begins: e.StartsAt.In(e.Location()), Ends: e.EndsAt.In(e.Location()), Place: e.Place, Cancelled: e.Cancelled,
			Organiser: t.Place, Home: t.Home, URL: t.URL, Image: t.Image, Seats: e.Seats, Left: max(e.Seats-e.In, 0)}
		if e.Link != "" {
			m.Link = t.URL
		}
		return linked.Script(linked.Event(&m))
	}
	return linked.Script(linked.Discussion(&t))
}

func (v *articleView) linked(ctx context.Context) string {
	return linked.Script(linked.Article(&linked.Text{Title: v.rev.Title, Excerpt: v.a.Excerpt, Lang: v.a.Lang, By: nameOf(ctx, v.a.AuthorName), Credits: v.a.Credits, At: v.a.At, Changed: v.a.ApprovedAt,
		URL: v.world(v.a.Path()), Image: v.world("/articles/" + v.a.ID + "/card.png"), Publisher: v.place.Called(v.lang), Home: v.world(""), Version: v.a.Approved}))
}
