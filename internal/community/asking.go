package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
)

// Asking is the kind of a notice that asks how something went.
const Asking NoticeKind = "survey"

// Ask asks, in the transaction q, whoever wrote a post how it went, by a notice (and, where they wish that, a mail) that leads to path. It is false
// where nobody can be asked so: the channel is no community, they are no member, may not take part, or silenced the community.
func (s *Service) Ask(ctx context.Context, q db.Q, channel, author, post, path string) (bool, error) {
	type row struct{ community, thread, space string }
	r, found, err := db.One(ctx, q, func(r *row) []any { return []any{&r.community, &r.thread, &r.space} },
		`SELECT c.id, t.id, t.space FROM community c JOIN community_post p ON p.channel = c.channel JOIN community_thread t ON t.id = p.thread WHERE c.channel = $1 AND p.id = $2 AND p.author = $3`, channel, post, author)
	if err != nil {
		return false, fmt.Errorf("find where to ask: %w", err)
	}
	id, err := s.memberOf(ctx, author)
	if err != nil || !found || id == "" {
		return false, err
	}
	m, may, err := s.mayHear(ctx, id, r.space)
	if err != nil || !may {
		return false, err
	}
	wants, err := wantsOf(ctx, q, r.thread, r.space, r.community, id)
	if err != nil || wants.of(id) == Silence {
		return false, err
	}
	return true, s.tell(ctx, q, m, Notice{ID: s.newID(), Community: r.community, Kind: Asking, Thread: r.thread, Post: post, Subject: path, At: s.Now()})
}
