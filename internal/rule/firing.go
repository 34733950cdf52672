package rule

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// FiringState is how far what a rule does with a fact has come.
type FiringState string

// The states of a firing.
const (
	Due     FiringState = "due"    // decided, not all is done yet
	Carried FiringState = "done"   // all is done
	Failed  FiringState = "failed" // a step was refused
	Held    FiringState = "held"   // beyond the budget: nothing was done
)

// Firing is one time a rule met a fact.
type Firing struct {
	ID           string
	Rule         string
	Fact         string
	When         Occasion
	Conversation string
	Post         string
	Why          Why
	Steps        []Step
	State        FiringState
	At           time.Time

	chain []string
}

// Step is one thing done, or why it was not.
type Step struct {
	Do   string `json:"do"` // as in Doings
	Key  string `json:"key,omitempty"`
	Args []any  `json:"args,omitempty"`
}

// Refused is why a step was not done, nil when it was.
func (s Step) Refused() *problem.Problem {
	if s.Key == "" {
		return nil
	}
	return problem.New(problem.Invalid, s.Key, s.Args...)
}

const firingColumns = "id, rule, fact, occasion, conversation, post, why, chain, steps, state, at"

func firingFields(f *Firing) []any {
	return []any{&f.ID, &f.Rule, &f.Fact, (*string)(&f.When), &f.Conversation, &f.Post, db.JSON(&f.Why), db.JSON(&f.chain), db.JSON(&f.Steps), (*string)(&f.State), db.At(&f.At)}
}

// keep notes that a rule met a fact; fresh is false when it had met it before.
func (s *Service) keep(ctx context.Context, q db.Q, f *Firing) (fresh bool, err error) {
	n, err := db.Exec(ctx, q, "INSERT INTO rule_firing ("+firingColumns+") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT DO NOTHING",
		f.ID, f.Rule, f.Fact, string(f.When), f.Conversation, f.Post, db.J(f.Why), db.J(f.chain), db.J(f.Steps), string(f.State), db.T(f.At))
	if err != nil {
		return false, fmt.Errorf("note that a rule fired: %w", err)
	}
	return n > 0, nil
}

// settle notes how far a firing has come.
func (f *Firing) settle(ctx context.Context, q db.Q) error {
	if _, err := db.Exec(ctx, q, "UPDATE rule_firing SET conversation = $1, steps = $2, state = $3 WHERE id = $4", f.Conversation, db.J(f.Steps), string(f.State), f.ID); err != nil {
		return fmt.Errorf("note what a rule did: %w", err)
	}
	return nil
}

// Firings lists what a rule did, newest first; before is the id of the firing it goes on after, "" for the newest.
func (s *Service) Firings(ctx context.Context, rule, before string, limit int) ([]Firing, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	if _, found, err := db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM rule WHERE id = $1", rule); err != nil || !found { // one that is removed has its log still
		if err == nil {
			err = missing()
		}
		return nil, err
	}
	var w db.Where
	w.And("rule = ?", rule)
	if before != "" {
		if !id.Valid(before) {
			return nil, problem.New(problem.Invalid, "rule.bad_cursor").On("cursor")
		}
		w.And("id < ?", before)
	}
	return db.All(ctx, s.db.Read(), firingFields, "SELECT "+firingColumns+" FROM rule_firing "+w.String()+" ORDER BY id DESC"+db.Limit(min(max(limit, 1), 200)), w.Args...)
}

// FiredIn lists what rules did with a conversation, newest first.
func (s *Service) FiredIn(ctx context.Context, conversation string) ([]Firing, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), firingFields, "SELECT "+firingColumns+" FROM rule_firing WHERE conversation = $1 ORDER BY at DESC, id DESC LIMIT 10", conversation)
}

// Tally is how often a rule fired.
type Tally struct {
	Done, Failed, Held int
	LastAt             time.Time
}

// Tallies counts the firings of all rules since a moment, by rule.
func (s *Service) Tallies(ctx context.Context, since time.Time) (map[string]Tally, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	type row struct {
		rule, state string
		n           int
		last        time.Time
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.rule, &r.state, &r.n, db.At(&r.last)} },
		"SELECT rule, state, COUNT(*), MAX(at) FROM rule_firing WHERE at >= $1 GROUP BY rule, state", db.T(since))
	if err != nil {
		return nil, fmt.Errorf("count what rules did: %w", err)
	}
	out := map[string]Tally{}
	for _, r := range list {
		t := out[r.rule]
		switch FiringState(r.state) {
		case Failed:
			t.Failed += r.n
		case Held:
			t.Held += r.n
		default:
			t.Done += r.n
		}
		if r.last.After(t.LastAt) {
			t.LastAt = r.last
		}
		out[r.rule] = t
	}
	return out, nil
}

// FiredAt are the moments a rule fired since one, oldest first, at most 20,000.
func (s *Service) FiredAt(ctx context.Context, rule string, since time.Time) ([]time.Time, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return db.All(ctx, s.db.Read(), func(t *time.Time) []any { return []any{db.At(t)} },
		"SELECT at FROM rule_firing WHERE rule = $1 AND at >= $2 AND state <> 'held' ORDER BY at LIMIT 20000", rule, db.T(since))
}
