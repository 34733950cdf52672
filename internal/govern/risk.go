package govern

import (
	"context"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

// Risk is something that may happen and would hurt, with what sets it off and what we do then.
type Risk struct {
	ID                   string
	Name                 string
	Cause                string // the trigger: by what we would see it come
	Probability, Impact  int    // 1 to 5
	Response             string // what we do before
	Contingency          string // what we do when it happens
	Owner                string // member id
	Objective            string // it endangers this one
	ReviewAt             time.Time
	State                string
	CreatedAt, UpdatedAt time.Time
}

// The states of a risk.
const (
	RiskOpen     = "open"
	RiskOccurred = "occurred"
	RiskClosed   = "closed"
)

// RiskStates lists the states of a risk.
func RiskStates() []string { return []string{RiskOpen, RiskOccurred, RiskClosed} }

// Severity is probability times impact, 1 to 25.
func (r Risk) Severity() int { return r.Probability * r.Impact }

// Level is how much attention a severity asks for: "low" up to 5, "middle" up to 12, "high" above.
func Level(severity int) string {
	switch {
	case severity > 12:
		return "high"
	case severity > 5:
		return "middle"
	}
	return "low"
}

// Gaps says what a risk lacks to be in hand: an owner, a contingency for one that is not low, a review date, or its review is over due.
func (r Risk) Gaps(now time.Time) []string {
	if r.State == RiskClosed {
		return nil
	}
	var out []string
	if r.Owner == "" {
		out = append(out, "owner")
	}
	if r.Contingency == "" && Level(r.Severity()) != "low" {
		out = append(out, "contingency")
	}
	if r.ReviewAt.IsZero() {
		out = append(out, "review_at")
	} else if r.ReviewAt.Before(now) {
		out = append(out, "overdue")
	}
	return out
}

func risks() register[Risk] {
	return register[Risk]{
		table: "risk_entry", order: "probability * impact DESC, created_at, id",
		columns: "id, name, cause, probability, impact, response, contingency, owner, objective, review_at, state, created_at, updated_at",
		fields: func(r *Risk) []any {
			return []any{&r.ID, &r.Name, &r.Cause, &r.Probability, &r.Impact, &r.Response, &r.Contingency, &r.Owner, &r.Objective, db.At(&r.ReviewAt), &r.State, db.At(&r.CreatedAt), db.At(&r.UpdatedAt)}
		},
		row: func(r Risk) []any {
			return []any{r.ID, r.Name, r.Cause, r.Probability, r.Impact, r.Response, r.Contingency, r.Owner, r.Objective, db.T(r.ReviewAt), r.State, db.T(r.CreatedAt), db.T(r.UpdatedAt)}
		},
	}
}

func (s *Service) checkRisk(ctx context.Context, r, was Risk) (Risk, error) {
	n := s.notes(ctx)
	n.need(&r.Name, "name", 200)
	n.text(&r.Cause, "cause", 2000)
	n.scale(r.Probability, "probability")
	n.scale(r.Impact, "impact")
	n.text(&r.Response, "response", 4000)
	n.text(&r.Contingency, "contingency", 4000)
	n.member(r.Owner, was.Owner, "owner")
	n.objective(r.Objective, was.Objective, "objective")
	n.day(r.ReviewAt, "review_at")
	if r.State == "" {
		r.State = RiskOpen
	}
	n.among(r.State, "state", RiskStates())
	return r, n.err()
}

func (r Risk) summary() map[string]any {
	return map[string]any{"name": r.Name, "probability": r.Probability, "impact": r.Impact, "state": r.State, "owner": r.Owner}
}

// Risks lists the register, the gravest first.
func (s *Service) Risks(ctx context.Context) ([]Risk, error) { return list(ctx, s, risks(), "") }

// Risk reads one.
func (s *Service) Risk(ctx context.Context, risk string) (Risk, error) {
	return one(ctx, s, risks(), risk)
}

// AddRisk puts a risk into the register.
func (s *Service) AddRisk(ctx context.Context, r Risk) (Risk, error) {
	r, err := s.checkRisk(ctx, r, Risk{})
	if err != nil {
		return r, err
	}
	r.ID, r.CreatedAt, r.UpdatedAt = s.newID(), s.Now(), s.Now()
	return r, s.edit(ctx, org.StrategyEdit, "govern.risk_added", "risk:"+r.ID, r.summary(), func(ctx context.Context, q db.Q) error { return risks().insert(ctx, q, r) })
}

// ChangeRisk saves a risk anew. UpdatedAt is that of what whoever changes it has seen; when
// somebody else changed it since, that is a conflict. Zero saves it whatever others did.
func (s *Service) ChangeRisk(ctx context.Context, r Risk) (Risk, error) {
	was, err := s.Risk(ctx, r.ID)
	if err != nil {
		return r, err
	}
	if r, err = s.checkRisk(ctx, r, was); err != nil {
		return r, err
	}
	is, err := change(ctx, s, risks(), changing[Risk]{entry: r.ID, seen: r.UpdatedAt, action: "govern.risk_changed", object: "risk", put: func(was Risk, at time.Time) (Risk, any, error) {
		is := r
		is.CreatedAt, is.UpdatedAt = was.CreatedAt, at
		return is, map[string]any{"name": is.Name, "was": was.summary(), "is": is.summary()}, nil
	}})
	if err != nil {
		return r, err
	}
	return is, nil
}

// RemoveRisk takes a risk out of the register.
func (s *Service) RemoveRisk(ctx context.Context, risk string) error {
	return s.edit(ctx, org.StrategyEdit, "govern.risk_removed", "risk:"+risk, nil, func(ctx context.Context, q db.Q) error { return risks().remove(ctx, q, risk) })
}
