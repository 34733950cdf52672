package communityweb

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui"
)

// A line that is kept is what would be drawn now, whatever was drawn before: all that a line shows is what it is kept by.
func TestKeptLines(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 12, 0, 30, 0, time.UTC)
	first := community.Thread{ID: "t1", Kind: community.Questions, Title: "Brakes squeak", Excerpt: "In the rain.", Tags: []string{"brakes"}, Lang: "en", AuthorName: "Ana", Space: "s1",
		At: now.Add(-3 * time.Hour), LastAt: now.Add(-time.Hour), LastName: "Bea", Replies: 2}
	threads := []community.Thread{first}
	for _, change := range []func(*community.Thread){
		func(t *community.Thread) { t.ID = "t2" }, func(t *community.Thread) { t.Kind = community.Discussions }, func(t *community.Thread) { t.Title = "" },
		func(t *community.Thread) { t.Excerpt = "" }, func(t *community.Thread) { t.Tags = nil }, func(t *community.Thread) { t.Lang = "fr" },
		func(t *community.Thread) { t.AuthorName = "" }, func(t *community.Thread) { t.At = t.At.Add(-time.Second) }, func(t *community.Thread) { t.LastAt = t.At },
		func(t *community.Thread) { t.LastName = "Cy" }, func(t *community.Thread) { t.Replies = 1 }, func(t *community.Thread) { t.Score = 3 },
		func(t *community.Thread) { t.Accepted = "p" }, func(t *community.Thread) { t.Pinned = true }, func(t *community.Thread) { t.Locked = true }, func(t *community.Thread) { t.DuplicateOf = "t9" },
	} {
		x := first
		change(&x)
		threads = append(threads, x)
	}
	place := community.Community{ID: "c", Slug: "c", Langs: []string{"en"}}
	other := community.Community{ID: "d", Slug: "d", Langs: []string{"en"}}
	space := &community.Space{ID: "s1", Slug: "s1"}
	var memo ui.Memo
	for round := range 2 {
		for _, lang := range []string{"en", "fr"} {
			for _, zone := range []string{"UTC", "Europe/Paris"} {
				where, err := time.LoadLocation(zone)
				if err != nil {
					t.Fatal(err)
				}
				ctx := i18n.With(context.Background(), lang, where)
				for _, v := range []*listView{
					{hall: hall{place: place, now: now, lang: lang}, order: community.Active, space: space},
					{hall: hall{place: other, now: now, lang: lang}, order: community.Active, space: space},
					{hall: hall{place: place, now: now, lang: lang}, order: community.Waiting, space: space},
					{hall: hall{place: place, now: now.Add(time.Minute), lang: lang}, order: community.Waiting, space: space},
					{hall: hall{place: place, now: now.Add(70 * 24 * time.Hour), lang: lang}, order: community.Active, space: space},
					{hall: hall{place: place, now: now, lang: lang}, order: community.Active, space: space, unread: map[string]bool{"t1": true}},
				} {
					v.lines = &memo
					for i := range threads {
						if got, want := shown(t, ctx, kept(ctx, v, &threads[i])), shown(t, ctx, line(v, &threads[i])); got != want {
							t.Errorf("round %d, %s, %s, thread %d: kept\n%s\nwhere it is\n%s", round, lang, zone, i, got, want)
						}
					}
				}
			}
		}
	}
}

func shown(t *testing.T, ctx context.Context, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(ctx, &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
