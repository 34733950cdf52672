package communityweb

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// articles registers the pages of articles, and of the search that finds them too.
func (h *handlers) articles(r *web.Routes) {
	r.Page("GET /c/{slug}/search", org.Public, h.in(h.search))
	r.Page("GET /c/{slug}/articles", org.Public, h.in(h.articleList))
	r.Page("GET /c/{slug}/articles/new", org.SignedIn, h.in(h.writing))
	r.Do("POST /c/{slug}/articles", org.SignedIn, h.in(h.writeArticle))
	r.Page("GET /c/{slug}/articles/{article}", org.Public, h.in(h.article))
	r.Page("GET /c/{slug}/articles/{article}/{words}", org.Public, h.in(h.article))
	r.Page("GET /c/{slug}/articles/{article}/versions", org.Public, h.in(h.versions))
	r.Page("GET /c/{slug}/articles/{article}/edit", org.SignedIn, h.in(h.revising))
	r.Do("POST /c/{slug}/articles/{article}/edit", org.SignedIn, h.in(h.revise))
	r.Do("POST /c/{slug}/articles/{article}/turn", org.SignedIn, h.in(h.turnArticle))
	r.Do("POST /c/{slug}/articles/{article}/helped", org.Public, h.in(h.helped))
}

// articlesView is a list of articles.
type articlesView struct {
	hall
	space   *community.Space // nil for all of the community
	kind    string
	product string
	about   []string // what the articles are about that everybody reads
	waiting bool     // those that are being written or read before approval
	stale   bool     // those to be looked at again
	again   int      // how many these are, for who looks after articles
	list    []community.Article
	spaces  []community.Space // where whoever asks may write one
}

func (v *articlesView) title(ctx context.Context) string {
	if v.space == nil {
		return i18n.T(ctx, "community.article.title")
	}
	return v.space.Called(v.lang, v.place.Langs...)
}

func (v *articlesView) path() string {
	if v.space == nil {
		return "/articles"
	}
	return "/" + v.space.Slug
}

func (v *articlesView) tabs(ctx context.Context) []ui.Tab {
	at := func(q string) string { return v.href(ctx, v.path()) + q }
	out := []ui.Tab{{Label: i18n.T(ctx, "community.article.any_kind"), Href: at(""), Current: v.kind == "" && !v.waiting && !v.stale}}
	for _, k := range community.ArticleKinds() {
		out = append(out, ui.Tab{Label: kindName(ctx, k), Href: at("?kind=" + k), Current: v.kind == k})
	}
	if v.who != nil && len(v.spaces) > 0 {
		out = append(out, ui.Tab{Label: i18n.T(ctx, "community.article.waiting"), Href: at("?waiting=yes"), Current: v.waiting})
	}
	if v.again > 0 || v.stale {
		out = append(out, ui.Tab{Label: i18n.N(ctx, "community.article.again", v.again), Href: at("?again=yes"), Current: v.stale})
	}
	return out
}

func (v *articlesView) newHref(ctx context.Context) string {
	to := v.href(ctx, "/articles/new")
	if v.space != nil {
		to += "?space=" + url.QueryEscape(v.space.Slug)
	}
	return to
}

// narrowed is what the feed of the list has behind its address.
func (v *articlesView) narrowed() string {
	if v.product == "" {
		return ""
	}
	return "?tag=" + url.QueryEscape(v.product)
}

// productHref is the list of the articles about a product.
func (v *hall) productHref(ctx context.Context, product string) string {
	return v.href(ctx, "/articles?product="+url.QueryEscape(product))
}

func (v *articlesView) products(ctx context.Context) []ui.Option {
	out := []ui.Option{{Label: i18n.T(ctx, "community.article.any_product")}}
	for _, p := range v.about {
		out = append(out, ui.Option{Value: p, Label: p})
	}
	return out
}

func kindName(ctx context.Context, kind string) string {
	return i18n.T(ctx, "community.article.kind."+kind)
}

func stateName(ctx context.Context, s community.ArticleState) string {
	return i18n.T(ctx, "community.article.state."+string(s))
}

// shelves are the spaces of a community in which whoever asks may write articles.
func (v *hall) shelves() []community.Space {
	var out []community.Space
	for _, sp := range v.Spaces(v.place.ID) {
		if v.who != nil && sp.Takes(community.Articles) && v.MayWrite(sp.ID) {
			out = append(out, sp)
		}
	}
	return out
}

func (h *handlers) articleList(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	return h.showArticles(w, r, at, nil)
}

func (h *handlers) showArticles(w http.ResponseWriter, r *http.Request, at hall, space *community.Space) error {
	if h.unchanged(w, r, &at) {
		return nil
	}
	ctx, q := r.Context(), r.URL.Query()
	v := &articlesView{hall: at, space: space, spaces: at.shelves(), waiting: q.Get("waiting") != "" && at.who != nil}
	for _, k := range community.ArticleKinds() {
		if k == q.Get("kind") {
			v.kind = k
		}
	}
	v.product = clip(web.Clean(cmp.Or(q.Get("product"), q.Get("tag"))), 100) // the second as feeds have it
	in := community.ArticleQuery{Community: at.place.ID, Kind: v.kind, Product: v.product, Unread: v.waiting}
	if space != nil {
		in.Space = space.ID
	}
	var err error
	keeps := at.who != nil && slices.ContainsFunc(v.spaces, func(sp community.Space) bool { return at.MayModerate(sp.ID) })
	if v.stale = keeps && !v.waiting && q.Get("again") != ""; keeps {
		old, err := h.s.Articles(ctx, at.Sight, community.ArticleQuery{Community: in.Community, Space: in.Space, Stale: true})
		if err != nil {
			return err
		}
		v.again = len(old)
	}
	in.Stale = v.stale
	if v.list, err = h.s.Articles(ctx, at.Sight, in); err != nil {
		return err
	}
	if v.about, err = h.s.Products(ctx, at.Sight, at.place.ID); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: v.title(ctx), Head: articlesHead(v)}, articlesPage(v))
}

// articleView is the page of an article.
type articleView struct {
	hall
	a            community.Article
	rev          community.Revision // the one shown
	newer        bool               // the newest version is shown, which is not the approved one
	translations []community.Article
	outdated     bool
	steps        []community.ArticleStep
	reasons      []string
	form         *web.Form
}

func (v *articleView) revises() bool { return v.MayRevise(v.who, &v.a) }

func (v *articleView) ways() []community.ArticleState { return v.Ways(v.who, &v.a) }

func (v *articleView) translates() bool {
	return v.who != nil && v.MayWrite(v.a.Space) && v.a.Public() && v.a.Original == "" && len(i18n.Languages()) > 1+len(v.translations)
}

// source is the conversation that the article was made of, for who reads the inbox.
func (v *articleView) source() string {
	if v.a.Conversation == "" || v.who == nil || !v.who.May(org.InboxRead) {
		return ""
	}
	return "/inbox/" + v.a.Conversation
}

func (v *articleView) at(ctx context.Context, what string) string {
	return v.href(ctx, "/articles/"+v.a.ID+what)
}

func (h *handlers) articleView(r *http.Request) (*articleView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &articleView{hall: at}
	v.a, err = h.s.Article(r.Context(), at.Sight, at.place.ID, r.PathValue("article"))
	return v, err
}

func (h *handlers) article(w http.ResponseWriter, r *http.Request) error {
	v, err := h.articleView(r)
	if err != nil {
		return err
	}
	if r.PathValue("words") != v.a.Words() {
		http.Redirect(w, r, v.href(r.Context(), v.a.Path()), http.StatusMovedPermanently)
		return nil
	}
	if h.unchanged(w, r, &v.hall) {
		return nil
	}
	return h.showArticle(w, r, v)
}

func (h *handlers) showArticle(w http.ResponseWriter, r *http.Request, v *articleView) (err error) {
	ctx := r.Context()
	version := v.a.Approved
	if version == 0 || v.revises() && r.URL.Query().Get("version") == "newest" {
		version = v.a.Version
	}
	v.newer = version != v.a.Approved
	if v.rev, err = h.s.Revision(ctx, v.a.ID, version); err != nil {
		return err
	}
	if v.translations, err = h.s.Translations(ctx, &v.a); err != nil {
		return err
	}
	if v.outdated, err = h.s.Outdated(ctx, &v.a); err != nil {
		return err
	}
	if v.revises() {
		if v.steps, err = h.s.ArticleSteps(ctx, v.a.ID); err != nil {
			return err
		}
		if v.reasons, err = h.s.Reasons(ctx, v.a.ID); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: v.rev.Title, Head: articleHead(v)}, articlePage(v))
}

// versionsView is the versions of an article, each with what it changed.
type versionsView struct {
	*articleView
	list []community.Revision
}

func (h *handlers) versions(w http.ResponseWriter, r *http.Request) error {
	v, err := h.articleView(r)
	if err != nil {
		return err
	}
	list, err := h.s.Revisions(r.Context(), v.a.ID)
	if err != nil {
		return err
	}
	for !v.revises() && len(list) > 0 && list[0].Version > v.a.Approved {
		list = list[1:] // what is not approved is not read by everybody
	}
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.article.versions"), Head: hidden()}, versionsPage(&versionsView{v, list}))
}

func (h *handlers) turnArticle(w http.ResponseWriter, r *http.Request) error {
	v, err := h.articleView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.TurnArticle(r.Context(), v.place.ID, v.a.ID, community.ArticleState(f.Text("state")), f.Text("words")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.article.turned")
	return web.Redirect(w, r, v.place.Path()+"/articles/"+v.a.ID)
}

// readerCookie holds the secret under which somebody who has not signed in says whether an article helped.
const (
	readerCookie = "reader"
	readerFor    = 90 * 24 * time.Hour
)

func (h *handlers) helped(w http.ResponseWriter, r *http.Request) error {
	v, err := h.articleView(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	secret := ""
	if v.who == nil {
		if c, err := r.Cookie(readerCookie); err == nil && len(c.Value) >= 20 && len(c.Value) <= 200 {
			secret = c.Value
		} else {
			var b [24]byte
			rand.Read(b[:]) // never fails: see crypto/rand
			secret = base64.RawURLEncoding.EncodeToString(b[:])
			http.SetCookie(w, &http.Cookie{Name: readerCookie, Value: secret, Path: "/", MaxAge: int(readerFor.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode,
				Secure: strings.HasPrefix(v.url, "https://")})
		}
	}
	if err := h.s.Helped(r.Context(), v.place.ID, v.a.ID, secret, f.Text("helped") == "yes", f.Text("reason")); err != nil {
		return err
	}
	web.Flash(w, r, ui.Success, "community.article.thank_you")
	return web.Redirect(w, r, v.place.Path()+v.a.Path())
}

// articleLinks are the articles made of a thread, and the way to make one.
type articleLinks struct {
	list  []community.Article
	makes bool
}

func (h *handlers) fillArticles(ctx context.Context, v *threadView) error {
	list, err := h.s.ArticlesOf(ctx, v.Sight, v.t.ID)
	if err != nil {
		return err
	}
	v.articles = &articleLinks{list: list}
	from, _ := v.SpaceByID(v.t.Space)
	for _, sp := range v.shelves() {
		if v.t.DeletedAt.IsZero() && (from.Access == community.OpenSpace || sp.ID == from.ID) && v.who.Role != org.Plain {
			v.articles.makes = true
		}
	}
	return nil
}

// FromConversation shows beside a conversation of the inbox which articles were made of what was answered there, and offers to make one.
func FromConversation(ctx context.Context, s *community.Service, conversation string, answered bool) ([]ui.Panel, error) {
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return nil, err
	}
	made, err := s.ArticlesOfConversation(ctx, o, conversation)
	if err != nil {
		return nil, err
	}
	p := sourcePanel{conversation: conversation, made: map[string]string{}}
	for _, c := range o.Communities() {
		v := hall{Sight: o, place: c, who: org.Who(ctx), lang: i18n.Lang(ctx)}
		for _, a := range made {
			if sp, _ := o.SpaceByID(a.Space); sp.Community == c.ID {
				p.list = append(p.list, a)
				p.made[a.ID] = c.Path() + a.Path()
			}
		}
		if answered && len(v.shelves()) > 0 {
			p.places = append(p.places, c)
		}
	}
	if len(p.list)+len(p.places) == 0 {
		return nil, nil
	}
	return []ui.Panel{{Title: i18n.T(ctx, "community.article.title"), Body: sourceBody(p)}}, nil
}

type sourcePanel struct {
	conversation string
	list         []community.Article
	made         map[string]string // where each is
	places       []community.Community
}
