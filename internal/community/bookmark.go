package community

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// maxBookmarks is how many posts a member may put aside.
const maxBookmarks = 1_000

// Bookmark puts a post aside for whoever acts, or no more. Nobody else learns of it.
func (s *Service) Bookmark(ctx context.Context, community, post string, wanted bool) (Post, Thread, error) {
	m := org.Who(ctx)
	if m == nil {
		return Post{}, Thread{}, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return Post{}, Thread{}, err
	}
	p, t, err := s.Post(ctx, o, community, post)
	if err != nil {
		return p, t, err
	}
	return p, t, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if !wanted {
			_, err := db.Exec(ctx, q, "DELETE FROM community_bookmark WHERE member = $1 AND post = $2", m.ID, p.ID)
			return err
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_bookmark WHERE member = $1", m.ID)
		if err != nil {
			return fmt.Errorf("count bookmarks: %w", err)
		}
		if n >= maxBookmarks {
			return problem.New(problem.Conflict, "community.post.many_bookmarks", "Most", maxBookmarks)
		}
		_, err = db.Exec(ctx, q, "INSERT INTO community_bookmark (member, post, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", m.ID, p.ID, db.T(s.Now()))
		return err
	})
}

// Bookmarked is a post that was put aside, with the title of its thread.
type Bookmarked struct {
	Post
	Space       string
	ThreadTitle string
	MarkedAt    time.Time
}

const bookmarksShown = 50

// Bookmarks lists what whoever acts has put aside in a community and may still read, the newest first; page is from 0.
func (s *Service) Bookmarks(ctx context.Context, o Sight, community string, page int) (list []Bookmarked, more bool, err error) {
	m := org.Who(ctx)
	if m == nil {
		return nil, false, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	q := s.db.Read()
	list, err = db.All(ctx, q, func(b *Bookmarked) []any {
		return append(postFields(&b.Post), &b.Space, &b.ThreadTitle, db.At(&b.MarkedAt))
	}, "SELECT "+postColumns+`, t.space, t.title, b.at FROM community_bookmark b JOIN community_post p ON p.id = b.post JOIN community_thread t ON t.id = p.thread
		WHERE b.member = $1 AND p.deleted_at IS NULL AND t.space IN `+db.Among(q, "$2")+" ORDER BY b.at DESC, b.post DESC"+db.Limit(bookmarksShown+1)+
		fmt.Sprintf(" OFFSET %d", min(max(page, 0), maxBookmarks/bookmarksShown)*bookmarksShown), m.ID, db.Texts(o.Readable(community)))
	if err != nil {
		return nil, false, fmt.Errorf("list bookmarks: %w", err)
	}
	if len(list) > bookmarksShown {
		return list[:bookmarksShown], true, nil
	}
	return list, false, nil
}

// Marked says which of the posts a member has put aside.
func (s *Service) Marked(ctx context.Context, m *org.Member, posts []string) (map[string]bool, error) {
	if m == nil || len(posts) == 0 {
		return nil, nil
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, db.Self[string], "SELECT post FROM community_bookmark WHERE member = $1 AND post IN "+db.Among(q, "$2"), m.ID, db.Texts(posts))
	if err != nil {
		return nil, fmt.Errorf("see what was put aside: %w", err)
	}
	out := map[string]bool{}
	for _, p := range list {
		out[p] = true
	}
	return out, nil
}
