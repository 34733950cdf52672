package community

import (
	"context"

	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Turn does something with a thread that who moderates its space may do: pinned, unpinned, locked, unlocked, closed as saying the same as
// the thread to, reopened, moved to the space to, merged into the thread to.
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
	case merged:
		_, into, err := s.Post(ctx, o, community, to)
		from, _ := o.SpaceByID(t.Space)
		sp, _ := o.SpaceByID(into.Space)
		switch {
		case err != nil || into.ID == t.ID || into.Kind != t.Kind || !parts(&t) || !into.DeletedAt.IsZero() || !t.DeletedAt.IsZero():
			return problem.New(problem.Invalid, "community.thread.no_such_merge").On("to")
		case !o.MayModerate(into.Space) || sp.Listened() != from.Listened():
			return problem.New(problem.Invalid, "community.thread.no_such_merge").On("to")
		}
		return s.merge(ctx, community, &t, &into)
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
	return s.turned(ctx, community, &t, ledger.Turned{State: state, To: to}, nil)
}
