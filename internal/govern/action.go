package govern

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Action is what somebody took upon themselves in a review.
type Action struct {
	ID                   string
	Review               string // "" for one that came up elsewhere
	Name                 string
	Owner                string // member id
	DueAt                time.Time
	Objective            string
	DoneAt               time.Time
	Outcome              string
	CreatedAt, UpdatedAt time.Time
}

// Overdue reports whether it should have been done by now.
func (a Action) Overdue(now time.Time) bool {
	return a.DoneAt.IsZero() && !a.DueAt.IsZero() && a.DueAt.Before(now)
}

func actions() register[Action] {
	return register[Action]{
		table: "review_action", order: "CASE WHEN done_at IS NULL THEN 0 ELSE 1 END, due_at, created_at, id",
		columns: "id, review, name, owner, due_at, objective, done_at, outcome, created_at, updated_at",
		fields: func(a *Action) []any {
			return []any{&a.ID, &a.Review, &a.Name, &a.Owner, db.At(&a.DueAt), &a.Objective, db.At(&a.DoneAt), &a.Outcome, db.At(&a.CreatedAt), db.At(&a.UpdatedAt)}
		},
		row: func(a Action) []any {
			return []any{a.ID, a.Review, a.Name, a.Owner, db.T(a.DueAt), a.Objective, db.T(a.DoneAt), a.Outcome, db.T(a.CreatedAt), db.T(a.UpdatedAt)}
		},
	}
}

func (s *Service) checkAction(ctx context.Context, a, was Action) (Action, error) {
	n := s.notes(ctx)
	n.need(&a.Name, "name", 300)
	if a.Owner == "" {
		n.refuse("owner", "govern.owner_missing")
	}
	n.member(a.Owner, was.Owner, "owner")
	n.needDay(a.DueAt, "due_at")
	n.objective(a.Objective, was.Objective, "objective")
	if a.Review != "" && a.Review != was.Review {
		if _, err := s.Review(ctx, a.Review); err != nil {
			return a, err
		}
	}
	n.text(&a.Outcome, "outcome", 4000)
	return a, n.err()
}

func (a Action) summary() map[string]any {
	return map[string]any{"name": a.Name, "owner": a.Owner, "due": a.DueAt, "done": !a.DoneAt.IsZero()}
}

// Actions lists all, open ones first, the earliest due first.
func (s *Service) Actions(ctx context.Context) ([]Action, error) { return list(ctx, s, actions(), "") }

// ActionsOf lists those of a review.
func (s *Service) ActionsOf(ctx context.Context, review string) ([]Action, error) {
	return list(ctx, s, actions(), "review = $1", review)
}

// Action reads one.
func (s *Service) Action(ctx context.Context, action string) (Action, error) {
	return one(ctx, s, actions(), action)
}

// AddAction notes an action.
func (s *Service) AddAction(ctx context.Context, a Action) (Action, error) {
	a, err := s.checkAction(ctx, a, Action{})
	if err != nil {
		return a, err
	}
	a.ID, a.CreatedAt, a.UpdatedAt, a.DoneAt = s.newID(), s.Now(), s.Now(), time.Time{}
	return a, s.edit(ctx, org.StrategyEdit, "govern.action_added", "action:"+a.ID, a.summary(), func(ctx context.Context, q db.Q) error { return actions().insert(ctx, q, a) })
}

// ChangeAction saves an action anew. UpdatedAt is that of what whoever changes it has seen; when
// somebody else changed it since, that is a conflict. Zero saves it whatever others did.
func (s *Service) ChangeAction(ctx context.Context, a Action) (Action, error) {
	was, err := s.Action(ctx, a.ID)
	if err != nil {
		return a, err
	}
	if a, err = s.checkAction(ctx, a, was); err != nil {
		return a, err
	}
	is, err := change(ctx, s, actions(), changing[Action]{entry: a.ID, seen: a.UpdatedAt, action: "govern.action_changed", object: "action", put: func(was Action, at time.Time) (Action, any, error) {
		is := a
		is.DoneAt, is.CreatedAt, is.UpdatedAt = was.DoneAt, was.CreatedAt, at
		return is, map[string]any{"name": is.Name, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return a, err
	}
	return is, nil
}

// FinishAction notes that an action is done, with what came of it, or, not done, that it is open again. Its owner may, and those who steer.
// seen is the UpdatedAt of what whoever finishes has seen; zero finishes whatever others did.
func (s *Service) FinishAction(ctx context.Context, action string, seen time.Time, done bool, outcome string) (Action, error) {
	was, err := s.Action(ctx, action)
	if err != nil {
		return was, err
	}
	n := s.notes(ctx)
	if n.text(&outcome, "outcome", 4000); n.err() != nil {
		return was, n.err()
	}
	is, err := change(ctx, s, actions(), changing[Action]{entry: action, seen: seen, action: "govern.action_finished", object: "action", may: func(was Action) org.Permission {
		if was.Owner != "" && was.Owner == me(ctx) {
			return org.StrategyRead
		}
		return org.StrategyEdit
	}, put: func(a Action, at time.Time) (Action, any, error) {
		a.DoneAt, a.UpdatedAt = time.Time{}, at
		if done {
			a.DoneAt = s.Now()
		}
		if outcome != "" {
			a.Outcome = outcome
		}
		return a, a.summary(), nil
	}})
	if err != nil {
		return was, err
	}
	return is, nil
}

// RemoveAction takes an action away.
func (s *Service) RemoveAction(ctx context.Context, action string) error {
	return s.edit(ctx, org.StrategyEdit, "govern.action_removed", "action:"+action, nil, func(ctx context.Context, q db.Q) error { return actions().remove(ctx, q, action) })
}
