package community

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Trust is what somebody's behaviour in a community says of them.
type Trust struct {
	Posts    int // that stand, and that nobody questions at present; no more than mostCounted are counted
	Accepted int // answers of theirs
	Upheld   int // posts of theirs that moderators hid, removed or declined within remembers
	Since    time.Time
}

// What trust is made of. An accepted answer counts as several posts, one that moderators acted on takes several back.
const (
	mostCounted   = 50
	acceptedWorth = 3
	upheldCosts   = 5
	remembers     = 180 * 24 * time.Hour
)

// Points are what decides whether posts still wait for approval.
func (t Trust) Points() int { return t.Posts + acceptedWorth*t.Accepted - upheldCosts*t.Upheld }

// trust counts what somebody has done in a community.
func (s *Service) trust(ctx context.Context, c *Community, m *org.Member) (Trust, error) {
	return s.trustOf(ctx, c, actorOf(m), m.ID, m.CreatedAt)
}

// trustOf counts what an identity has done in a community; member is "" for somebody of elsewhere.
func (s *Service) trustOf(ctx context.Context, c *Community, author, member string, since time.Time) (Trust, error) {
	t := Trust{Since: since}
	q := s.db.Read()
	for into, query := range map[*int]string{
		&t.Posts: `SELECT COUNT(*) FROM (SELECT 1 AS one FROM community_post p WHERE p.author = $1 AND p.channel = $2 AND p.deleted_at IS NULL
			AND NOT EXISTS (SELECT 1 FROM community_case k WHERE k.post = p.id AND k.kind = 'flag' AND k.state = 'open')` + db.Limit(mostCounted) + ") AS l",
		&t.Accepted: "SELECT COUNT(*) FROM (SELECT 1 AS one FROM community_post p WHERE p.author = $1 AND p.channel = $2 AND p.accepted = 1" + db.Limit(mostCounted) + ") AS l",
	} {
		n, _, err := db.Value[int](ctx, q, query, author, c.Channel)
		if err != nil {
			return t, fmt.Errorf("count what somebody has said: %w", err)
		}
		*into = n
	}
	who, by := "member", member
	if member == "" {
		who, by = "member = '' AND author", author
	}
	var err error
	t.Upheld, _, err = db.Value[int](ctx, q, "SELECT COUNT(*) FROM community_case WHERE "+who+" = $1 AND community = $2 AND state IN ('hidden', 'deleted', 'declined') AND decided_at > $3",
		by, c.ID, db.T(s.Now().Add(-remembers)))
	if err != nil {
		return t, fmt.Errorf("count what moderators decided of somebody: %w", err)
	}
	return t, nil
}

// How much somebody new may say: within an hour, and waiting for approval at a time.
const (
	newFor      = 72 * time.Hour
	mostNew     = 20
	mostWaiting = 5
)

// slowed refuses somebody new who writes more than people do.
func (s *Service) slowed(ctx context.Context, w *speaker, t Trust) error {
	if t.Accepted > 0 || s.Now().Sub(w.member.CreatedAt) > newFor {
		return nil
	}
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM community_post WHERE author = $1 AND at > $2", w.actor(), db.T(s.Now().Add(-time.Hour)))
	if err != nil {
		return fmt.Errorf("count what somebody new has said: %w", err)
	}
	if n >= mostNew {
		return problem.New(problem.Busy, "community.moderation.slower", "Max", mostNew)
	}
	return nil
}

// Rule is how a community is moderated.
type Rule struct {
	FirstPosts int      // how much trust it takes until posts no longer wait for approval; 0 for none
	Blocked    []string // words, phrases and host names that make a post wait
}

const mostFirst = 20

// Rule reads how a community is moderated.
func (s *Service) Rule(ctx context.Context, community string) (Rule, error) {
	return s.rules.Read(ctx, s.db, community, func(ctx context.Context) (Rule, error) {
		r, _, err := db.One(ctx, s.db.Read(), func(r *Rule) []any { return []any{&r.FirstPosts, db.JSON(&r.Blocked)} },
			"SELECT first_posts, blocked FROM community_rule WHERE community = $1", community)
		if err != nil {
			return r, fmt.Errorf("read how a community is moderated: %w", err)
		}
		return r, nil
	})
}

// SetRule changes how a community is moderated; blocked has an entry a line.
func (s *Service) SetRule(ctx context.Context, community string, first int, blocked string) error {
	list, err := checkBlocked(blocked)
	if err != nil {
		return err
	}
	if first < 0 || first > mostFirst {
		return problem.New(problem.Invalid, "community.moderation.first_range", "Max", mostFirst).On("first")
	}
	if _, found, err := s.listed(ctx, community); err != nil || !found {
		return orNotFound(err)
	}
	return s.edit(ctx, org.CommunityModerate, "community.rule", "community:"+community, map[string]any{"first": first, "blocked": len(list)}, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, `INSERT INTO community_rule (community, first_posts, blocked, changed_at) VALUES ($1, $2, $3, $4)
			ON CONFLICT (community) DO UPDATE SET first_posts = excluded.first_posts, blocked = excluded.blocked, changed_at = excluded.changed_at`, community, first, db.J(list), db.T(s.Now()))
		if err != nil {
			return fmt.Errorf("keep how a community is moderated: %w", err)
		}
		return nil
	})
}
