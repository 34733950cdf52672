package communityweb

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/lang/query"
)

// searchView is what a search of a community found.
type searchView struct {
	hall
	in     community.Search
	found  community.Results
	misses []community.Miss
}

// at is the address of a search in which some things are asked otherwise.
func (v *searchView) at(ctx context.Context, change func(in *community.Search)) string {
	in := v.in
	in.Page = 0
	change(&in)
	q := url.Values{"q": {in.Words}}
	sp, _ := v.SpaceByID(in.Space)
	for name, value := range map[string]string{"kind": in.Kind, "space": sp.Slug, "lang": in.Lang, "tag": in.Tag, "state": in.State} {
		if value != "" {
			q.Set(name, value)
		}
	}
	if in.Days > 0 {
		q.Set("days", strconv.Itoa(in.Days))
	}
	if in.Page > 0 {
		q.Set("page", strconv.Itoa(in.Page))
	}
	if in.Whole {
		q.Set("count", "all")
	}
	return v.href(ctx, "/search") + "?" + q.Encode()
}

// facet is something by which results can be narrowed.
type facet struct {
	Label   string
	Choices []choice
}

// choice is one way to narrow results. Chosen once more it no longer does.
type choice struct {
	Label, Href string
	N           int
	Current     bool
}

// mostTags is how many tags are offered, those that most results have.
const mostTags = 8

// facets are the ways in which the results can be narrowed: those that leave something out, and those that do now.
func (v *searchView) facets(ctx context.Context) []facet {
	t := func(key string, args ...any) string { return i18n.T(ctx, "community.search."+key, args...) }
	var out []facet
	put := func(label string, list []choice) {
		narrows := false
		for _, c := range list {
			narrows = narrows || c.Current || c.N < v.found.Sum
		}
		if len(list) > 0 && narrows {
			out = append(out, facet{label, list})
		}
	}
	pick := func(label string, n int, current bool, change func(in *community.Search)) choice {
		return choice{label, v.at(ctx, change), n, current}
	}
	var list []choice
	for _, sp := range v.Spaces(v.place.ID) {
		if n := v.found.Spaces[sp.ID]; n > 0 || v.in.Space == sp.ID {
			list = append(list, pick(v.spaceName(sp.ID), n, v.in.Space == sp.ID, func(in *community.Search) { in.Space = other(in.Space, sp.ID) }))
		}
	}
	put(t("space"), list)
	list = nil
	for _, state := range []string{community.QuestionSolved, community.QuestionAnswered, community.QuestionOpen} {
		if n := v.found.States[state]; n > 0 || v.in.State == state {
			list = append(list, pick(t("state."+state), n, v.in.State == state, func(in *community.Search) { in.State = other(in.State, state) }))
		}
	}
	put(t("state"), list)
	list = nil
	for _, code := range most(v.found.Langs, v.in.Lang, mostTags) {
		list = append(list, pick(i18n.Language(ctx, code), v.found.Langs[code], v.in.Lang == code, func(in *community.Search) { in.Lang = other(in.Lang, code) }))
	}
	put(t("lang"), list)
	list = nil
	for _, days := range community.Ages() {
		if n := v.found.Ages[days]; n > 0 && n < v.found.Sum || v.in.Days == days {
			list = append(list, pick(i18n.N(ctx, "community.search.days", days), n, v.in.Days == days, func(in *community.Search) {
				if in.Days == days {
					days = 0
				}
				in.Days = days
			}))
		}
	}
	put(t("since"), list)
	list = nil
	for _, tag := range most(v.found.Tags, v.in.Tag, mostTags) {
		list = append(list, pick(tag, v.found.Tags[tag], v.in.Tag == tag, func(in *community.Search) { in.Tag = other(in.Tag, tag) }))
	}
	put(t("tag"), list)
	return out
}

// other is what is chosen once one is clicked.
func other(now, clicked string) string {
	if now == clicked {
		return ""
	}
	return clicked
}

// most are the keys with the highest counts, and the one that is chosen.
func most(counts map[string]int, chosen string, n int) []string {
	if _, known := counts[chosen]; chosen != "" && !known {
		counts[chosen] = 0
	}
	out := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), strings.Compare(a, b))
	})
	if i := slices.Index(out, chosen); i >= n {
		out[n-1] = chosen
	}
	return out[:min(n, len(out))]
}

func searchKinds() []string {
	return []string{community.Questions, community.Discussions, community.Ideas, community.Articles, community.Events, community.People}
}

func (v *searchView) tabs(ctx context.Context) []ui.Tab {
	sum := 0
	for _, n := range v.found.Kinds {
		sum += n
	}
	out := []ui.Tab{{Label: i18n.T(ctx, "community.search.all"), Href: v.at(ctx, func(in *community.Search) { in.Kind = "" }), Count: sum, Current: v.in.Kind == ""}}
	for _, k := range searchKinds() {
		if n := v.found.Kinds[k]; n > 0 || v.in.Kind == k {
			out = append(out, ui.Tab{Label: i18n.T(ctx, "community.search.kind."+k), Href: v.at(ctx, func(in *community.Search) { in.Kind = k }), Count: n, Current: v.in.Kind == k})
		}
	}
	return out
}

func (v *searchView) pages(ctx context.Context) ui.Pages {
	var p ui.Pages
	if v.in.Page > 0 {
		p.Newer = v.at(ctx, func(in *community.Search) { in.Page = v.in.Page - 1 })
	}
	if v.found.More {
		p.Older = v.at(ctx, func(in *community.Search) { in.Page = v.in.Page + 1 })
	}
	return p
}

// wrong are words on a mistake in a query.
func (v *searchView) wrong(ctx context.Context, p query.Problem) string {
	pairs := make([]any, 0, 2*len(p.Args))
	for k, value := range p.Args {
		pairs = append(pairs, k, value)
	}
	return i18n.T(ctx, p.Key, pairs...)
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
	v.in.Lang, v.in.Tag = clip(q.Get("lang"), 20), clip(q.Get("tag"), 100)
	if state := q.Get("state"); slices.Contains([]string{community.QuestionSolved, community.QuestionAnswered, community.QuestionOpen}, state) {
		v.in.State = state
	}
	if days := number(q.Get("days")); slices.Contains(community.Ages(), days) {
		v.in.Days = days
	}
	if sp, known := at.Space(at.place.ID, q.Get("space")); known && at.May(sp.ID) {
		v.in.Space = sp.ID
	}
	v.in.Whole = at.who != nil && q.Get("count") == "all"
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
