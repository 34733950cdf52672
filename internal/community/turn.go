package community

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Turn does something with a thread that who moderates its space may do: pinned, unpinned, locked, unlocked, closed as saying the same as
// the thread to, reopened, moved to the space to.
func (s *Service) Turn(ctx context.Context, community, thread, state, to string) error {
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
	if !o.MayModerate(t.Space) {
		return problem.New(problem.Forbidden, "problem.forbidden")
	}
	done := false
	switch state {
	case pinned, unpinned:
		done = t.Pinned == (state == pinned)
	case locked, unlocked:
		done = t.Locked == (state == locked)
	case reopened:
		done = t.DuplicateOf == "" || t.Kind == Ideas // one that was merged stays so: its votes have moved
	case closed:
		_, same, err := s.Post(ctx, o, community, to)
		if err != nil || same.ID == t.ID || same.DuplicateOf != "" {
			return problem.New(problem.Invalid, "community.thread.no_such_original").On("to")
		}
		to, done = same.ID, t.DuplicateOf == same.ID
	case moved:
		sp, known := o.SpaceByID(to)
		from, _ := o.SpaceByID(t.Space)
		if !known || sp.Community != community || !o.MayModerate(to) || !sp.Takes(t.Kind) || sp.Listened() != from.Listened() {
			return problem.New(problem.Invalid, "community.thread.no_such_space").On("to")
		}
		done = t.Space == to
	default:
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	if done {
		return nil
	}
	if state != closed && state != moved {
		to = ""
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.ThreadTurned, Actor: actorOf(m), Object: t.ID, Channel: t.Channel, At: s.Now(),
			Data: ledger.Data(ledger.Turned{State: state, To: to})}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "community.thread_"+state, "post:"+t.ID, map[string]string{"community": community, "to": to})
	})
	if err != nil {
		return fmt.Errorf("change a thread: %w", err)
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}
