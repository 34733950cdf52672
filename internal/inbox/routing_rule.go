package inbox

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

// TargetKind is a kind of somebody that conversations go to.
type TargetKind string

// The kinds of target. The zero value is nobody in particular.
const (
	ToMember     TargetKind = "member"     // id
	ToDepartment TargetKind = "department" // as written in profiles
	ToSkill      TargetKind = "skill"
)

// Target is to whom conversations go.
type Target struct {
	Kind  TargetKind
	Value string
}

func (t Target) narrow() match.Target {
	switch t.Kind {
	case ToMember:
		return match.Target{Member: t.Value}
	case ToDepartment:
		return match.Target{Department: t.Value}
	case ToSkill:
		return match.Target{Skill: team.Skill(t.Value)}
	}
	return match.Target{}
}

// Rule sends conversations whose first post matches a query to somebody. Of several that match, the first counts.
type Rule struct {
	ID, Name string
	Query    string // in the query language
	To       Target
	Urgent   bool // before the others
	Active   bool
}

const (
	mostRules   = 100
	maxRuleName = 80 // characters
)

// Rules lists the rules in their order.
func (s *Service) Rules(ctx context.Context) ([]Rule, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	return s.rules(ctx, s.db.Read())
}

func (s *Service) rules(ctx context.Context, q db.Q) ([]Rule, error) {
	list, err := db.All(ctx, q, func(r *Rule) []any {
		return []any{&r.ID, &r.Name, &r.Query, (*string)(&r.To.Kind), &r.To.Value, db.Bool(&r.Urgent), db.Bool(&r.Active)}
	}, "SELECT id, name, query, target_kind, target, urgent, active FROM routing_rule ORDER BY position, id")
	if err != nil {
		return nil, fmt.Errorf("read the rules of routing: %w", err)
	}
	return list, nil
}

func (r *Rule) check() error {
	var bad []error
	r.Name = strings.Join(strings.Fields(r.Name), " ")
	if r.Name == "" {
		bad = append(bad, problem.New(problem.Invalid, "problem.required").On("name"))
	} else if len([]rune(r.Name)) > maxRuleName {
		bad = append(bad, problem.New(problem.Invalid, "problem.too_long", "Max", maxRuleName).On("name"))
	}
	parsed, err := ParseSearch(r.Query)
	if err != nil {
		bad = append(bad, problem.Of(err).On("query"))
	} else if parsed.Empty() {
		bad = append(bad, problem.New(problem.Invalid, "problem.required").On("query"))
	}
	return errors.Join(append(bad, r.To.check())...)
}

func (t *Target) check() error {
	t.Value = strings.Join(strings.Fields(t.Value), " ")
	switch t.Kind {
	case ToMember:
		if !id.Valid(t.Value) {
			return problem.New(problem.Invalid, "problem.required").On("to")
		}
	case ToDepartment, ToSkill:
		if t.Value == "" || len(t.Value) > 240 {
			return problem.New(problem.Invalid, "problem.required").On("to")
		}
	default:
		return problem.New(problem.Invalid, "problem.required").On("to")
	}
	return nil
}

// SetRule keeps a rule, a new one at the end when it has no id.
func (s *Service) SetRule(ctx context.Context, r Rule) (Rule, error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return r, err
	}
	if err := r.check(); err != nil {
		return r, err
	}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		list, err := s.rules(ctx, q)
		if err != nil {
			return err
		}
		if r.ID == "" {
			if len(list) >= mostRules {
				return problem.New(problem.Invalid, "team.too_many", "Max", mostRules).On("name")
			}
			r.ID = id.New()
			if _, err := db.Exec(ctx, q, `INSERT INTO routing_rule (id, position, name, query, target_kind, target, urgent, active, changed_at)
				VALUES ($1, (SELECT COALESCE(MAX(position), 0) + 1 FROM routing_rule), $2, $3, $4, $5, $6, $7, $8)`, r.ID, r.Name, r.Query, string(r.To.Kind), r.To.Value,
				db.B(r.Urgent), db.B(r.Active), db.T(s.now())); err != nil {
				return err
			}
		} else {
			if !slices.ContainsFunc(list, func(o Rule) bool { return o.ID == r.ID }) {
				return missing()
			}
			if _, err := db.Exec(ctx, q, "UPDATE routing_rule SET name = $1, query = $2, target_kind = $3, target = $4, urgent = $5, active = $6, changed_at = $7 WHERE id = $8",
				r.Name, r.Query, string(r.To.Kind), r.To.Value, db.B(r.Urgent), db.B(r.Active), db.T(s.now()), r.ID); err != nil {
				return err
			}
		}
		return s.org.Audit(ctx, q, "routing.rule", "routing_rule:"+r.ID, r)
	})
	if err == nil {
		s.wakeRouting()
	}
	return r, err
}

// MoveRule puts a rule so many places further down, up when by is negative.
func (s *Service) MoveRule(ctx context.Context, rule string, by int) error {
	return s.reorder(ctx, "routing.rule_move", rule, func(list []Rule, at int) []Rule {
		r := list[at]
		list = slices.Delete(list, at, at+1)
		return slices.Insert(list, min(max(at+by, 0), len(list)), r)
	})
}

// RemoveRule takes a rule away.
func (s *Service) RemoveRule(ctx context.Context, rule string) error {
	return s.reorder(ctx, "routing.rule_remove", rule, func(list []Rule, at int) []Rule { return slices.Delete(list, at, at+1) })
}

func (s *Service) reorder(ctx context.Context, action, rule string, do func([]Rule, int) []Rule) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		list, err := s.rules(ctx, q)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(list, func(r Rule) bool { return r.ID == rule })
		if at < 0 {
			return missing()
		}
		list = do(list, at)
		if !slices.ContainsFunc(list, func(r Rule) bool { return r.ID == rule }) {
			if _, err := db.Exec(ctx, q, "DELETE FROM routing_rule WHERE id = $1", rule); err != nil {
				return err
			}
		}
		var rows [][]any
		for i, r := range list {
			rows = append(rows, []any{i + 1, r.ID})
		}
		if err := db.Update(ctx, q, "routing_rule", []string{"position"}, []string{"id"}, rows); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, action, "routing_rule:"+rule, nil)
	})
}

// Matching counts, among the open conversations that changed last, those whose first post matches a query: what a rule would do. looked is
// how many were looked at.
func (s *Service) Matching(ctx context.Context, words string) (n, looked int, err error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return 0, 0, err
	}
	parsed, err := ParseSearch(words)
	if err != nil || parsed.Empty() {
		return 0, 0, err
	}
	q := s.db.Read()
	posts, err := db.All(ctx, q, db.Self[string], "SELECT post FROM conversation WHERE state = 'open' ORDER BY last_at DESC, id DESC"+db.Limit(mostHere))
	if err != nil {
		return 0, 0, err
	}
	said, err := channel.Posts(ctx, q, posts...)
	if err != nil {
		return 0, 0, err
	}
	docs, err := s.reader.Docs(ctx, q, said)
	if err != nil {
		return 0, 0, err
	}
	for _, d := range docs {
		if parsed.Match(d) {
			n++
		}
	}
	return n, len(posts), nil
}

const mostHere = 500
