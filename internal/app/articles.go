package app

import (
	"cmp"
	"context"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxweb"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
)

const (
	mostArticles = 4
	inTitle      = 3 // a word of the title tells more than one of the text
	leastAlike   = 3
)

// articles finds approved articles about some words which everybody may read: their links go to people outside. Those in the language of whoever
// asks come first.
func (a *App) articles(ctx context.Context, words, lang string) []inboxweb.Article {
	sight, err := a.Community.Sees(org.With(ctx, nil), nil)
	if err != nil {
		a.Log.Warn("articles that may help could not be read", "error", err)
		return nil
	}
	sought := map[string]bool{}
	for _, w := range inbox.Sought(words) {
		sought[w] = true
	}
	type scored struct {
		inboxweb.Article
		score int
	}
	var found []scored
	for _, c := range sight.Communities() {
		list, err := a.Community.Articles(ctx, sight, community.ArticleQuery{Community: c.ID})
		if err != nil {
			a.Log.Warn("articles that may help could not be read", "error", err)
			return nil
		}
		for i := range list {
			art := &list[i]
			if !art.Public() || !sight.May(art.Space) {
				continue
			}
			s := scored{Article: inboxweb.Article{ID: art.ID, Title: art.Title, URL: a.Community.URL(ctx, c) + art.Path(), Lang: art.Lang}}
			for _, w := range inbox.Sought(art.Title) {
				if sought[w] {
					s.score += inTitle
				}
			}
			for _, w := range inbox.Sought(art.Excerpt) {
				if sought[w] {
					s.score++
				}
			}
			if s.score < leastAlike {
				continue
			}
			if art.Lang == lang {
				s.score += inTitle
			}
			found = append(found, s)
		}
	}
	sorting.Stable(found, func(x, y scored) int { return cmp.Compare(y.score, x.score) })
	var out []inboxweb.Article
	for _, s := range found[:min(len(found), mostArticles)] {
		out = append(out, s.Article)
	}
	return out
}
