package communityweb

import (
	"context"
	"net/http"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// How much of a thread and of a board other sites show.
const (
	embeddedPosts = 3
	embeddedIdeas = 10
)

// framed lets the sites of a community, and nobody else, put the page into theirs. The page is what nobody in particular sees.
func (h *handlers) framed(w http.ResponseWriter, r *http.Request) (hall, error) {
	v, err := h.worldly(r)
	if err != nil {
		return v, err
	}
	sites, err := h.s.Sites(r.Context(), v.place.ID)
	if err != nil {
		return v, err
	}
	head := w.Header()
	head.Set("Content-Security-Policy", strings.Replace(head.Get("Content-Security-Policy"), "frame-ancestors 'none'", "frame-ancestors "+strings.Join(append([]string{"'self'"}, sites...), " "), 1))
	return v, nil
}

// embedView is a thread or a board in somebody else's page.
type embedView struct {
	hall
	t     community.Thread
	first community.Post
	posts []community.Post
	ideas []community.Idea
}

func (h *handlers) embedThread(w http.ResponseWriter, r *http.Request) error {
	at, err := h.framed(w, r)
	if err != nil {
		return err
	}
	v := &embedView{hall: at}
	ctx := org.With(r.Context(), nil)
	if v.t, err = h.s.Thread(ctx, v.Sight, v.place.ID, r.PathValue("thread")); err != nil {
		return err
	}
	if !v.t.DeletedAt.IsZero() {
		return problem.New(problem.Missing, "problem.not_found")
	}
	leaf, err := h.s.Leaf(ctx, &v.t, 0)
	if err != nil {
		return err
	}
	v.first = leaf.First
	for _, p := range leaf.Posts {
		if p.DeletedAt.IsZero() && len(v.posts) < embeddedPosts {
			v.posts = append(v.posts, p)
		}
	}
	return web.Show(w, r, web.Page{Title: v.t.Title, Embedded: true, Head: embedHead(v)}, embedThreadBody(v))
}

func (h *handlers) embedIdeas(w http.ResponseWriter, r *http.Request) error {
	at, err := h.framed(w, r)
	if err != nil {
		return err
	}
	v := &embedView{hall: at}
	ctx := org.With(r.Context(), nil)
	in := community.BoardQuery{Community: v.place.ID, Order: community.ByVotes}
	if slug := r.URL.Query().Get("space"); slug != "" {
		sp, known := v.Space(v.place.ID, slug)
		if !known || !v.May(sp.ID) {
			return problem.New(problem.Missing, "problem.not_found")
		}
		in.Space = sp.ID
	}
	b, err := h.s.Board(ctx, v.Sight, in)
	if err != nil {
		return err
	}
	v.ideas = b.Ideas[:min(len(b.Ideas), embeddedIdeas)]
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.idea.title"), Embedded: true, Head: embedHead(v)}, embedIdeasBody(v))
}

// embeddingView is where one says which sites may show a community's threads.
type embeddingView struct {
	visit
	sites string
	url   string
	wrong wrong
}

func (v *embeddingView) sample(ctx context.Context) string {
	return frameOf(v.url+"/embed/ideas", i18n.T(ctx, "community.idea.title"), 600, 420)
}

func (h *handlers) embedding(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	sites, err := h.s.Sites(r.Context(), v.ID)
	if err != nil {
		return err
	}
	return h.showEmbedding(w, r, &embeddingView{visit: v, sites: strings.Join(sites, "\n")})
}

func (h *handlers) showEmbedding(w http.ResponseWriter, r *http.Request, v *embeddingView) error {
	v.url = h.s.URL(r.Context(), v.Community)
	return web.Show(w, r, web.Page{Title: i18n.T(r.Context(), "community.embed.title")}, embeddingBody(v))
}

func (h *handlers) setEmbedding(w http.ResponseWriter, r *http.Request) error {
	v, err := h.managed(r)
	if err != nil {
		return err
	}
	f, err := web.ReadForm(r)
	if err != nil {
		return err
	}
	if err := h.s.SetSites(r.Context(), v.ID, f.Get("sites")); err != nil {
		bad, err := mend(r.Context(), w, err)
		if err != nil {
			return err
		}
		return h.showEmbedding(w, r, &embeddingView{visit: v, sites: f.Get("sites"), wrong: bad})
	}
	web.Flash(w, r, ui.Success, "community.saved")
	return web.Redirect(w, r, "/communities/"+v.ID+"/embedding")
}
