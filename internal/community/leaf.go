package community

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/sorting"
)

// Leaf is a page of a thread.
type Leaf struct {
	First    Post              // the post it began with, on every page
	Posts    []Post            // answers: the accepted one, then by votes; or replies by time
	Comments map[string][]Post // by the post they are on
	Names    map[string]string // who said a post that one on the page answers
	Page     int               // from 0
	Pages    int               // at least 1
}

// Shows reports whether a post is on the page.
func (l *Leaf) Shows(post string) bool {
	return l.First.ID == post || slices.ContainsFunc(l.Posts, func(p Post) bool { return p.ID == post })
}

const (
	leafed       = 100   // answers or replies on a page
	maxComments  = 1_000 // on a page
	maxLeaf      = 10_000
	wholeThreads = 600 // posts: a thread of no more is read at once
)

// order of answers and replies; the questions' own is also that of better.
func leafOrder(t *Thread) string {
	if t.Question() {
		return "p.accepted DESC, p.score DESC, p.at, p.id"
	}
	return "p.at, p.id"
}

// below are the posts of a thread that stand on pages: neither its first, nor comments, nor what was removed from a question and has none.
const below = `p.thread = $1 AND p.id <> $1 AND p.kind <> 'comment' AND (p.kind = '' OR p.deleted_at IS NULL OR EXISTS (SELECT 1 FROM community_post c
	WHERE c.thread = $1 AND c.parent = p.id AND c.kind = 'comment'))`

// Leaf reads a page of a thread that may be read; page is from 0. A page beyond the last is the last.
func (s *Service) Leaf(ctx context.Context, t *Thread, page int) (Leaf, error) {
	page = min(max(page, 0), maxLeaf)
	return s.leaves.Read(ctx, s.db, fmt.Sprintf("%s|%d", t.ID, page), func(ctx context.Context) (Leaf, error) {
		l, err := s.leaf(ctx, t, page)
		if err != nil {
			return l, fmt.Errorf("read a thread: %w", err)
		}
		return l, nil
	})
}

func (s *Service) leaf(ctx context.Context, t *Thread, page int) (Leaf, error) {
	q := s.db.Read()
	if t.Replies <= leafed {
		list, err := db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1 ORDER BY p.at, p.id"+db.Limit(wholeThreads+1), t.ID)
		if err != nil {
			return Leaf{}, err
		}
		if len(list) <= wholeThreads {
			return whole(t, list), nil
		}
	}
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_post p WHERE "+below, t.ID)
	if err != nil {
		return Leaf{}, err
	}
	l := Leaf{Pages: max(1, (n+leafed-1)/leafed), Comments: map[string][]Post{}, Names: map[string]string{}}
	l.Page = min(page, l.Pages-1)
	if l.First, _, err = db.One(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.id = $1", t.ID); err != nil {
		return l, err
	}
	if l.Posts, err = db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE "+below+" ORDER BY "+leafOrder(t)+db.Limit(leafed)+
		fmt.Sprintf(" OFFSET %d", l.Page*leafed), t.ID); err != nil {
		return l, err
	}
	on, above := []string{t.ID}, []string{}
	for i := range l.Posts {
		on = append(on, l.Posts[i].ID)
		if p := l.Posts[i].Parent; p != t.ID && !t.Question() {
			above = append(above, p)
		}
	}
	if t.Question() {
		list, err := db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.thread = $1 AND p.kind = 'comment' AND p.parent IN "+db.Among(q, "$2")+
			" ORDER BY p.at, p.id"+db.Limit(maxComments), t.ID, db.Texts(on))
		if err != nil {
			return l, err
		}
		for _, p := range list {
			l.Comments[p.Parent] = append(l.Comments[p.Parent], p)
		}
	}
	if len(above) == 0 {
		return l, nil
	}
	type name struct{ post, name string }
	names, err := db.All(ctx, q, func(n *name) []any { return []any{&n.post, &n.name} }, "SELECT id, author_name FROM community_post WHERE id IN "+db.Among(q, "$1"), db.Texts(above))
	for _, n := range names {
		l.Names[n.post] = n.name
	}
	return l, err
}

// whole is the only page of a thread.
func whole(t *Thread, list []Post) Leaf {
	l := Leaf{Pages: 1, Comments: map[string][]Post{}, Names: map[string]string{}}
	for _, p := range list {
		l.Names[p.ID] = p.AuthorName
		switch {
		case p.ID == t.ID:
			l.First = p
		case p.Kind == "comment":
			l.Comments[p.Parent] = append(l.Comments[p.Parent], p)
		default:
			l.Posts = append(l.Posts, p)
		}
	}
	l.Posts = slices.DeleteFunc(l.Posts, func(p Post) bool {
		return !p.DeletedAt.IsZero() && p.Kind != "" && len(l.Comments[p.ID]) == 0
	})
	if t.Question() {
		sorting.Stable(l.Posts, func(a, b Post) int {
			if a.Accepted != b.Accepted {
				return int(db.B(b.Accepted) - db.B(a.Accepted))
			}
			return cmp.Compare(b.Score, a.Score)
		})
	}
	return l
}

// PageOf is the page of its thread that a post is on, from 0.
func (s *Service) PageOf(ctx context.Context, t *Thread, p *Post) (int, error) {
	if t.Replies <= leafed || p.ID == t.ID {
		return 0, nil
	}
	q, at := s.db.Read(), *p
	if p.Kind == "comment" {
		if p.Parent == t.ID {
			return 0, nil
		}
		var err error
		if at, _, err = db.One(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.id = $1", p.Parent); err != nil {
			return 0, fmt.Errorf("find what a comment is on: %w", err)
		}
	}
	before := "(p.at < $2 OR p.at = $2 AND p.id < $3)"
	args := []any{t.ID, db.T(at.At), at.ID}
	if t.Question() {
		before = "(p.accepted > $4 OR p.accepted = $4 AND (p.score > $5 OR p.score = $5 AND " + before + "))"
		args = append(args, db.B(at.Accepted), at.Score)
	}
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_post p WHERE "+below+" AND "+before, args...)
	if err != nil {
		return 0, fmt.Errorf("find the page of a post: %w", err)
	}
	return n / leafed, nil
}

// Openings are the first posts of threads that may be read, by thread.
func (s *Service) Openings(ctx context.Context, threads []Thread) (map[string]Post, error) {
	ids := make([]string, len(threads))
	for i := range threads {
		ids[i] = threads[i].ID
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, postFields, "SELECT "+postColumns+" FROM community_post p WHERE p.id IN "+db.Among(q, "$1"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("read how threads began: %w", err)
	}
	out := make(map[string]Post, len(list))
	for _, p := range list {
		out[p.ID] = p
	}
	return out, nil
}
