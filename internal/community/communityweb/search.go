package communityweb

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

// searchView is what a search of a community found.
type searchView struct {
	hall
	in     community.Search
	found  community.Results
	misses []community.Miss
}

func (v *searchView) at(ctx context.Context, kind, space string, page int) string {
	q := url.Values{"q": {v.in.Words}}
	if kind != "" {
		q.Set("kind", kind)
	}
	if space != "" {
		sp, _ := v.SpaceByID(space)
		q.Set("space", sp.Slug)
	}
	if page > 0 {
		q.Set("page", strconv.Itoa(page))
	}
	return v.href(ctx, "/search") + "?" + q.Encode()
}

func searchKinds() []string {
	return []string{community.Questions, community.Discussions, community.Ideas, community.Articles, community.People}
}

func (v *searchView) tabs(ctx context.Context) []ui.Tab {
	sum := 0
	for _, n := range v.found.Kinds {
		sum += n
	}
	out := []ui.Tab{{Label: i18n.T(ctx, "community.search.all"), Href: v.at(ctx, "", "", 0), Count: sum, Current: v.in.Kind == ""}}
	for _, k := range searchKinds() {
		if n := v.found.Kinds[k]; n > 0 || v.in.Kind == k {
			out = append(out, ui.Tab{Label: i18n.T(ctx, "community.search.kind."+k), Href: v.at(ctx, k, "", 0), Count: n, Current: v.in.Kind == k})
		}
	}
	return out
}

// places are the spaces in which something was found, when there are several.
func (v *searchView) places() []community.Space {
	var out []community.Space
	for _, sp := range v.Spaces(v.place.ID) {
		if v.found.Spaces[sp.ID] > 0 {
			out = append(out, sp)
		}
	}
	if len(out) < 2 && v.in.Space == "" {
		return nil
	}
	return out
}

func (v *searchView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.in.Page > 0 {
		p.Newer = v.at(ctx, v.in.Kind, v.in.Space, v.in.Page-1)
	}
	if v.found.More {
		p.Older = v.at(ctx, v.in.Kind, v.in.Space, v.in.Page+1)
	}
	return p
}

// asks reports whether whoever looked may ask instead.
func (v *searchView) asks() bool {
	return (&listView{hall: v.hall}).begins(community.Questions)
}

func (h *handlers) search(w http.ResponseWriter, r *http.Request) error {
	at, err := h.hall(r)
	if err != nil {
		return err
	}
	ctx, q := r.Context(), r.URL.Query()
	v := &searchView{hall: at, in: community.Search{Community: at.place.ID, Words: clip(q.Get("q"), 400), Page: min(max(number(q.Get("page")), 0), 100)}}
	for _, k := range searchKinds() {
		if k == q.Get("kind") {
			v.in.Kind = k
		}
	}
	if sp, known := at.Space(at.place.ID, q.Get("space")); known && at.May(sp.ID) {
		v.in.Space = sp.ID
	}
	if v.found, err = h.s.Search(ctx, at.Sight, v.in); err != nil {
		return err
	}
	if at.who != nil && at.who.May(org.CommunityModerate) && v.in.Words == "" {
		if v.misses, err = h.s.Misses(ctx, at.place.ID); err != nil {
			return err
		}
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "community.search.title"), Head: hidden()}, searchPage(v))
}
