package community

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// hearArticles tells those who look after a space that an article was handed in there, and its writer that it was approved or given back, with the words of who did.
func (s *Service) hearArticles(ctx context.Context) (int, error) {
	type step struct {
		fact, state, words, by, actor string
		Article
	}
	list, err := db.All(ctx, s.db.Read(), func(x *step) []any {
		return append(articleFields(&x.Article), &x.fact, &x.state, &x.words, &x.by, &x.actor)
	}, "SELECT "+articleColumns+`, e.activity, e.state, e.words, e.decider, COALESCE((SELECT t.actor FROM activity t WHERE t.id = e.activity), '') FROM community_article_step e JOIN community_article a ON a.id = e.article WHERE e.at > $1
		AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = e.activity) ORDER BY e.at, e.activity`+db.Limit(atOnce), db.T(s.Now().Add(-heardFor)))
	if err != nil {
		return 0, fmt.Errorf("look for what became of articles: %w", err)
	}
	all, err := s.Map(ctx)
	if err != nil {
		return 0, err
	}
	for i := range list {
		x := &list[i]
		var kind NoticeKind
		var people []string
		switch ArticleState(x.state) {
		case InReview:
			kind = HandedIn
			people, err = s.keepersOf(ctx, &x.Article)
		case Approved:
			kind = ArticleOut
		case Drafted:
			kind = ArticleBack
		}
		if err != nil {
			return i, err
		}
		author, err := s.memberOf(ctx, x.Author)
		if err != nil {
			return i, err
		}
		if kind == ArticleOut || kind == ArticleBack {
			people = []string{author}
		}
		at, known := all.spaces[x.Space]
		var to []told
		for _, id := range people {
			if id == "" || !known || kind == HandedIn && id == author {
				continue
			}
			m, may, err := s.mayHear(ctx, id, x.Space)
			if err != nil {
				return i, err
			}
			if may && !Wrote(m, x.actor) { // nobody is told of what they did
				to = append(to, told{m, kind})
			}
		}
		n := Notice{By: x.by, Words: x.words}
		if known {
			c := all.Communities[all.ids[all.Spaces[at].Community]]
			n.Community, n.Subject = c.ID, c.Path()+"/articles/"+x.ID+"?version=newest#"+x.fact // one notice each time
		}
		if kind != HandedIn { // what others wrote is shown where it stands, to who may read it then
			n.Words = strings.TrimSpace(x.Title + "\n" + x.words)
		}
		if err := s.heard(ctx, x.fact, to, n); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// hearStale tells the writer of an article, and those who look after its space, that it is to be looked at again: once each time, on the day it is.
func (s *Service) hearStale(ctx context.Context) (int, error) {
	now := s.Now()
	list, err := db.All(ctx, s.db.Read(), articleFields, "SELECT "+articleColumns+` FROM community_article a WHERE a.stale_at > $1 AND a.stale_at <= $2
		AND NOT EXISTS (SELECT 1 FROM community_heard h WHERE h.fact = 'stale:' || a.id || ':' || a.stale_at) ORDER BY a.stale_at, a.id`+db.Limit(atOnce), db.T(now.Add(-heardFor)), db.T(now))
	if err != nil {
		return 0, fmt.Errorf("look for articles to be looked at again: %w", err)
	}
	all, err := s.Map(ctx)
	if err != nil {
		return 0, err
	}
	for i := range list {
		a := &list[i]
		people, err := s.keepersOf(ctx, a)
		if err != nil {
			return i, err
		}
		author, err := s.memberOf(ctx, a.Author)
		if err != nil {
			return i, err
		}
		if author != "" && !slices.Contains(people, author) {
			people = append(people, author)
		}
		n := Notice{Words: a.Title}
		var to []told
		if at, known := all.spaces[a.Space]; known {
			c := all.Communities[all.ids[all.Spaces[at].Community]]
			n.Community, n.Subject = c.ID, c.Path()+"/articles/"+a.ID+"#"+strconv.FormatInt(a.CheckedAt.Unix(), 10) // one notice each time
			for _, id := range people {
				m, may, err := s.mayHear(ctx, id, a.Space)
				if err != nil {
					return i, err
				}
				if may {
					to = append(to, told{m, ArticleOld})
				}
			}
		}
		if err := s.heard(ctx, "stale:"+a.ID+":"+fmt.Sprint(db.T(a.CheckedAt.AddDate(0, a.Months, 0))), to, n); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// keepersOf are the members who look after the space of an article: its moderators, else the team that looks after communities.
func (s *Service) keepersOf(ctx context.Context, a *Article) ([]string, error) {
	list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT member FROM community_membership WHERE space = $1 AND state = 'in' AND role = 'moderator' ORDER BY member"+db.Limit(mostKeepers), a.Space)
	if err != nil {
		return nil, fmt.Errorf("find who looks after a space: %w", err)
	}
	if len(list) > 0 {
		return list, nil
	}
	team, err := s.org.Team(org.AsOperator(ctx))
	if err != nil {
		return nil, err
	}
	for _, m := range team {
		if m.State == org.Active && m.Role.May(org.CommunityModerate) && len(list) < mostKeepers {
			list = append(list, m.ID)
		}
	}
	slices.Sort(list)
	return list, nil
}
