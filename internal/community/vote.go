package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// ballot is how somebody voted on a post.
type ballot struct {
	value int
	last  string // the activity that made it so
}

func ballotFields(b *ballot) []any { return []any{&b.value, &b.last} }

// voteTries is how often a vote is decided anew when the same person voted at the same moment elsewhere.
const voteTries = 3

// Vote makes a member's vote on a post 1 (useful), -1 (misleading) or 0 (none). Nobody votes on what they said, and comments have useful
// alone. A person has one vote on a post, however often they ask.
func (s *Service) Vote(ctx context.Context, community, post string, value int) (Post, Thread, error) {
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
	w, err := s.speaker(ctx, t.Space)
	if err != nil {
		return p, t, err
	}
	switch {
	case value < -1 || value > 1 || value < 0 && (p.Kind == "comment" || p.Kind == ""):
		return p, t, problem.New(problem.Invalid, "community.post.no_such_vote")
	case !p.DeletedAt.IsZero():
		return p, t, problem.New(problem.Conflict, "community.post.removed")
	case t.Locked:
		return p, t, problem.New(problem.Conflict, "community.thread.is_locked")
	case Wrote(m, p.Author):
		return p, t, problem.New(problem.Invalid, "community.post.own_vote")
	}
	if err := s.votes.within(m.ID, s.Now(), mostVotes); err != nil {
		return p, t, err
	}
	return p, t, s.replace(ctx, func(ctx context.Context) (*ledger.Activity, error) {
		is, _, err := db.One(ctx, s.db.Read(), ballotFields, "SELECT value, last FROM community_vote WHERE post = $1 AND voter = $2", p.ID, w.actor())
		if err != nil || is.value == value {
			return nil, err
		}
		return &ledger.Activity{Kind: ledger.VoteCast, Actor: w.actor(), Object: p.ID, Channel: w.community.Channel, At: s.Now(),
			Key: "vote:" + p.ID + ":" + m.ID + ":" + is.last, Data: ledger.Data(ledger.Vote{Value: value - is.value})}, nil
	})
}

// Votes are how a member voted on the posts of a thread, by post.
func (s *Service) Votes(ctx context.Context, m *org.Member, thread string) (map[string]int, error) {
	type row struct {
		post  string
		value int
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.post, &r.value} },
		"SELECT v.post, v.value FROM community_post p JOIN community_vote v ON v.post = p.id AND v.voter = $1 WHERE p.thread = $2", actorOf(m), thread)
	if err != nil {
		return nil, fmt.Errorf("read somebody's votes: %w", err)
	}
	out := make(map[string]int, len(list))
	for _, r := range list {
		out[r.post] = r.value
	}
	return out, nil
}
