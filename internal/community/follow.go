package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Follow notes that whoever acts wants to hear of a thread, or no more.
func (s *Service) Follow(ctx context.Context, community, thread string, wanted bool) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	o, err := s.Sees(ctx, nil)
	if err != nil {
		return err
	}
	t, err := s.Thread(ctx, o, community, thread)
	if err != nil {
		return err
	}
	statement, args := "DELETE FROM community_follow WHERE member = $1 AND thread = $2", []any{m.ID, t.ID}
	if wanted {
		statement, args = "INSERT INTO community_follow (member, thread, at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING", append(args, db.T(s.Now()))
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, statement, args...); err != nil {
			return fmt.Errorf("follow a thread: %w", err)
		}
		if wanted { // it would count before
			return setLevel(ctx, q, m.ID, atThread(t.ID), "", s.Now())
		}
		return nil
	})
}

// Follows reports whether a member follows a thread.
func (s *Service) Follows(ctx context.Context, m *org.Member, thread string) (bool, error) {
	_, found, err := db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM community_follow WHERE member = $1 AND thread = $2", m.ID, thread)
	return found, err
}
