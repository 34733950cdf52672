package govern

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Decision is what was decided, why, and what was not chosen instead.
type Decision struct {
	ID                   string
	Name                 string
	Why, Instead         string
	DecidedBy            string // in words: who, or which meeting
	DecidedAt            time.Time
	Owner                string // member id: sees to it
	Objective, Review    string
	ReviewAt             time.Time // when it should be looked at again
	State                string
	CreatedAt, UpdatedAt time.Time
}

// DecisionStates lists where a decision can stand.
func DecisionStates() []string { return []string{"holds", "revised", "withdrawn"} }

// Due reports whether it is time to look at a decision again.
func (d Decision) Due(now time.Time) bool {
	return d.State == "holds" && !d.ReviewAt.IsZero() && d.ReviewAt.Before(now)
}

func decisions() register[Decision] {
	return register[Decision]{
		table: "decision", order: "decided_at DESC, id DESC",
		columns: "id, name, why, instead, decided_by, decided_at, owner, objective, review, review_at, state, created_at, updated_at",
		fields: func(d *Decision) []any {
			return []any{&d.ID, &d.Name, &d.Why, &d.Instead, &d.DecidedBy, db.At(&d.DecidedAt), &d.Owner, &d.Objective, &d.Review, db.At(&d.ReviewAt), &d.State, db.At(&d.CreatedAt), db.At(&d.UpdatedAt)}
		},
		row: func(d Decision) []any {
			return []any{d.ID, d.Name, d.Why, d.Instead, d.DecidedBy, db.T(d.DecidedAt), d.Owner, d.Objective, d.Review, db.T(d.ReviewAt), d.State, db.T(d.CreatedAt), db.T(d.UpdatedAt)}
		},
	}
}

func (s *Service) checkDecision(ctx context.Context, d, was Decision) (Decision, error) {
	n := s.notes(ctx)
	n.need(&d.Name, "name", 300)
	n.text(&d.Why, "why", 4000)
	n.text(&d.Instead, "instead", 4000)
	n.text(&d.DecidedBy, "decided_by", 300)
	n.needDay(d.DecidedAt, "decided_at")
	n.member(d.Owner, was.Owner, "owner")
	n.objective(d.Objective, was.Objective, "objective")
	if d.Review != "" && d.Review != was.Review {
		if _, err := s.Review(ctx, d.Review); err != nil {
			return d, err
		}
	}
	n.day(d.ReviewAt, "review_at")
	if d.State == "" {
		d.State = "holds"
	}
	n.among(d.State, "state", DecisionStates())
	return d, n.err()
}

func (d Decision) summary() map[string]any {
	return map[string]any{"name": d.Name, "state": d.State, "owner": d.Owner}
}

// Decisions lists the log, newest first.
func (s *Service) Decisions(ctx context.Context) ([]Decision, error) {
	return list(ctx, s, decisions(), "")
}

// Decision reads one.
func (s *Service) Decision(ctx context.Context, decision string) (Decision, error) {
	return one(ctx, s, decisions(), decision)
}

// AddDecision writes a decision into the log.
func (s *Service) AddDecision(ctx context.Context, d Decision) (Decision, error) {
	d, err := s.checkDecision(ctx, d, Decision{})
	if err != nil {
		return d, err
	}
	d.ID, d.CreatedAt, d.UpdatedAt = s.newID(), s.Now(), s.Now()
	return d, s.edit(ctx, org.StrategyEdit, "govern.decision_added", "decision:"+d.ID, d.summary(), func(ctx context.Context, q db.Q) error { return decisions().insert(ctx, q, d) })
}

// ChangeDecision saves a decision anew; the audit log keeps what it was called and where it stood. UpdatedAt is that of what whoever changes it has seen; when
// somebody else changed it since, that is a conflict. Zero saves it whatever others did.
func (s *Service) ChangeDecision(ctx context.Context, d Decision) (Decision, error) {
	was, err := s.Decision(ctx, d.ID)
	if err != nil {
		return d, err
	}
	if d, err = s.checkDecision(ctx, d, was); err != nil {
		return d, err
	}
	is, err := change(ctx, s, decisions(), changing[Decision]{entry: d.ID, seen: d.UpdatedAt, action: "govern.decision_changed", object: "decision", put: func(was Decision, at time.Time) (Decision, any, error) {
		is := d
		is.CreatedAt, is.UpdatedAt = was.CreatedAt, at
		return is, map[string]any{"name": is.Name, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return d, err
	}
	return is, nil
}

// RemoveDecision takes a decision out of the log; the audit log keeps that it was there.
func (s *Service) RemoveDecision(ctx context.Context, decision string) error {
	was, err := s.Decision(ctx, decision)
	if err != nil {
		return err
	}
	return s.edit(ctx, org.StrategyEdit, "govern.decision_removed", "decision:"+decision, was.summary(), func(ctx context.Context, q db.Q) error {
		return decisions().remove(ctx, q, decision)
	})
}
