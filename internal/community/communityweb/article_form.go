package communityweb

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// writeView is the form in which an article is written.
type writeView struct {
	hall
	a       *community.Article // the one that is changed, nil for a new one
	spaces  []ui.Option
	in      community.ArticleDraft
	space   string // slug
	months  string
	seen    int
	preview string
	form    *web.Form
	known   []string // products that it may be about
}

// readProducts finds what an article may be about: what is sold, as far as whoever writes may know that, and what other articles are about.
func (h *handlers) readProducts(ctx context.Context, v *writeView) (err error) {
	if v.known, err = h.s.Products(ctx, v.Sight, v.place.ID); err != nil {
		return err
	}
	if h.options.Products != nil && v.who.May(org.MeasureRead) {
		sold, err := h.options.Products(ctx)
		if err != nil {
			return err
		}
		v.known = append(v.known, sold...)
	}
	v.known = append(v.known, v.in.Products...)
	slices.Sort(v.known)
	v.known = slices.Compact(v.known)
	return nil
}

func (v *writeView) products() []ui.Option {
	var out []ui.Option
	for _, p := range v.known {
		out = append(out, ui.Option{Value: p, Label: p})
	}
	return out
}

func (v *writeView) title(ctx context.Context) string {
	if v.a != nil {
		return i18n.T(ctx, "community.article.edit")
	}
	return i18n.T(ctx, "community.article.new")
}

// kept is a field whose words the browser keeps; those of an article that is there take the place of what it says.
func (v *writeView) kept(f ui.Field) ui.Field {
	if v.a != nil {
		return begun(f)
	}
	return f
}

// wordsKey is what the browser keeps an article under, one that is there until somebody writes a newer version.
func (v *writeView) wordsKey() string {
	if v.a != nil {
		return v.draftKey("article-" + v.a.ID + "-" + strconv.Itoa(v.seen))
	}
	return v.draftKey(strings.Trim("article-"+v.in.Thread+v.in.Original+v.in.Conversation, "-"))
}

func (v *writeView) action(ctx context.Context) string {
	if v.a != nil {
		return v.href(ctx, "/articles/"+v.a.ID+"/edit")
	}
	return v.href(ctx, "/articles")
}

func (v *writeView) kinds(ctx context.Context) []ui.Option {
	var out []ui.Option
	for _, k := range community.ArticleKinds() {
		out = append(out, ui.Option{Value: k, Label: kindName(ctx, k)})
	}
	return out
}

func (h *handlers) writeView(r *http.Request) (*writeView, error) {
	at, err := h.hall(r)
	if err != nil {
		return nil, err
	}
	v := &writeView{hall: at, months: "12"}
	for _, sp := range at.shelves() {
		v.spaces = append(v.spaces, ui.Option{Value: sp.Slug, Label: sp.Called(at.lang, at.place.Langs...)})
	}
	if len(v.spaces) == 0 {
		return nil, h.s.JoinFirst(r.Context(), at.place.ID)
	}
	return v, nil
}

func (h *handlers) writing(w http.ResponseWriter, r *http.Request) error {
	v, err := h.writeView(r)
	if err != nil {
		return err
	}
	ctx, q := r.Context(), r.URL.Query()
	v.space = q.Get("space")
	v.in = community.ArticleDraft{Lang: v.lang, Kind: community.Guide, Token: id.New()}
	if thread := q.Get("thread"); thread != "" {
		t, err := h.s.Thread(ctx, v.Sight, v.place.ID, thread)
		if err != nil {
			return err
		}
		v.in.Thread, v.in.Title = t.ID, t.Title
		if t.Lang != "" {
			v.in.Lang = t.Lang
		}
		if v.in.Body, err = h.s.SeedOf(ctx, &t); err != nil {
			return err
		}
	}
	if conversation := q.Get("conversation"); conversation != "" {
		c, body, err := h.s.SeedOfConversation(ctx, conversation)
		if err != nil {
			return err
		}
		v.in.Conversation, v.in.Body = c.ID, body
		if slices.Contains(i18n.Languages(), c.Lang) {
			v.in.Lang = c.Lang
		}
	}
	if original := q.Get("original"); original != "" {
		a, err := h.s.Article(ctx, v.Sight, v.place.ID, original)
		if err != nil {
			return err
		}
		rev, err := h.s.Revision(ctx, a.ID, max(a.Approved, 1))
		if err != nil {
			return err
		}
		v.in.Original, v.in.Title, v.in.Body, v.in.Kind, v.in.Products, v.months = a.ID, rev.Title, rev.Markup, a.Kind, rev.Products, strconv.Itoa(a.Months)
		v.space = strings.TrimPrefix(v.spacePath(a.Space), "/")
		for _, l := range i18n.Languages() {
			if l != a.Lang {
				v.in.Lang = l
			}
		}
	}
	return h.showWrite(w, r, v)
}

func (h *handlers) showWrite(w http.ResponseWriter, r *http.Request, v *writeView) error {
	if err := h.readProducts(r.Context(), v); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: v.title(r.Context()), Head: hidden()}, writePage(v))
}

// read takes what was typed.
func (v *writeView) read(f *web.Form) {
	v.form = f
	v.space, v.months = f.Text("space"), f.Text("months")
	sp, _ := v.Space(v.place.ID, v.space)
	months, err := strconv.Atoi(strings.TrimSpace(v.months))
	if err != nil {
		months = -1
	}
	v.in = community.ArticleDraft{Space: sp.ID, Kind: f.Text("kind"), Title: f.Text("title"), Body: f.Text("body"), Lang: f.Text("lang"), Original: clip(f.Text("original"), 60),
		Thread: clip(f.Text("thread"), 60), Months: months, Token: clip(f.Text("token"), 100), Conversation: clip(f.Text("conversation"), 60)}
	for _, p := range f.Values["products"] {
		v.in.Products = append(v.in.Products, web.Clean(clip(p, 200)))
	}
	v.seen = number(f.Text("seen"))
	if f.Text("do") == "preview" {
		v.preview = community.Preview(v.in.Body)
	}
}

func (h *handlers) writeArticle(w http.ResponseWriter, r *http.Request) error {
	v, err := h.writeView(r)
	if err != nil {
		return err
	}
	f, err := h.readForm(r, &v.place)
	if err != nil {
		return err
	}
	v.read(f)
	if !f.OK() {
		web.Invalid(w)
		return h.showWrite(w, r, v)
	}
	if f.Text("do") == "preview" {
		return h.showWrite(w, r, v)
	}
	article, err := h.s.WriteArticle(r.Context(), v.in)
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showWrite(w, r, v)
	}
	if err != nil {
		return err
	}
	web.Said(w, r, f)
	web.Flash(w, r, ui.Success, "community.article.saved")
	return web.Redirect(w, r, v.place.Path()+"/articles/"+article)
}

// reviseView is the form of an article that is there.
func (h *handlers) reviseView(r *http.Request) (*writeView, error) {
	at, err := h.articleView(r)
	if err != nil {
		return nil, err
	}
	if !at.revises() {
		return nil, problem.New(problem.Forbidden, "community.post.not_yours")
	}
	return &writeView{hall: at.hall, a: &at.a}, nil
}

func (h *handlers) revising(w http.ResponseWriter, r *http.Request) error {
	v, err := h.reviseView(r)
	if err != nil {
		return err
	}
	rev, err := h.s.Revision(r.Context(), v.a.ID, v.a.Version)
	if err != nil {
		return err
	}
	v.in = community.ArticleDraft{Kind: v.a.Kind, Title: rev.Title, Body: rev.Markup, Lang: v.a.Lang, Products: rev.Products}
	v.months, v.seen = strconv.Itoa(v.a.Months), v.a.Version
	return h.showWrite(w, r, v)
}

func (h *handlers) revise(w http.ResponseWriter, r *http.Request) error {
	v, err := h.reviseView(r)
	if err != nil {
		return err
	}
	f, err := h.readForm(r, &v.place)
	if err != nil {
		return err
	}
	v.read(f)
	if !f.OK() {
		web.Invalid(w)
		return h.showWrite(w, r, v)
	}
	if f.Text("do") == "preview" {
		return h.showWrite(w, r, v)
	}
	err = h.s.ReviseArticle(r.Context(), v.place.ID, v.a.ID, v.in, v.seen)
	if err != nil && problem.Of(err).Field != "" {
		f.Refuse(err)
		web.Invalid(w)
		return h.showWrite(w, r, v)
	}
	if err != nil {
		return err
	}
	web.Said(w, r, f)
	web.Flash(w, r, ui.Success, "community.article.saved")
	return web.Redirect(w, r, v.place.Path()+v.a.Path()+"?version=newest")
}
