package business

import (
	"context"
	"fmt"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/intake"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Rule says what is done with files of the watched folder whose name fits.
type Rule struct {
	ID, Pattern, Kind string
	Settings          intake.Settings // how the file is read
	CreatedAt         time.Time
}

const ruleColumns = "id, pattern, kind, settings, created_at"

func ruleFields(r *Rule) []any {
	return []any{&r.ID, &r.Pattern, &r.Kind, db.JSON(&r.Settings), db.At(&r.CreatedAt)}
}

const maxRules = 100

// fits reports whether a file of this name is one of the rule's, whatever the case.
func (r *Rule) fits(name string) bool {
	ok, err := path.Match(strings.ToLower(r.Pattern), strings.ToLower(name))
	return ok && err == nil
}

// Rules lists the rules, in the order in which they are tried.
func (w *Watcher) Rules(ctx context.Context) ([]Rule, error) {
	return db.All(ctx, w.db.Read(), ruleFields, "SELECT "+ruleColumns+" FROM watch_rule ORDER BY created_at, id")
}

// AddRule adds a rule behind the others.
func (w *Watcher) AddRule(ctx context.Context, r Rule) (Rule, error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return r, err
	}
	r.Pattern = strings.TrimSpace(r.Pattern)
	if _, err := path.Match(r.Pattern, "x"); err != nil || r.Pattern == "" || len(r.Pattern) > 200 || !utf8.ValidString(r.Pattern) || strings.ContainsAny(r.Pattern, "/\\\x00") {
		return r, problem.New(problem.Invalid, "business.watch.bad_pattern").On("pattern")
	}
	if _, found := Kind(r.Kind); !found {
		return r, problem.New(problem.Invalid, "ledger.fact.kind", "Value", r.Kind).On("kind")
	}
	r.Settings.Target = intake.FactTarget(r.Kind)
	if c := r.Settings.Currency; c != "" && intake.CurrencyOf(c) == "" {
		return r, problem.New(problem.Invalid, "intake.bad_currency").On("currency")
	}
	r.ID, r.CreatedAt = id.New(), w.clock().UTC().Truncate(time.Microsecond)
	err := w.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM watch_rule")
		if err != nil {
			return err
		}
		if n >= maxRules {
			return problem.New(problem.Invalid, "business.watch.too_many", "Max", maxRules).On("pattern")
		}
		// The first rule that fits takes a file, so a second one with the same pattern would never do anything.
		list, err := db.All(ctx, q, ruleFields, "SELECT "+ruleColumns+" FROM watch_rule")
		if err != nil {
			return fmt.Errorf("look for the same rule: %w", err)
		}
		for _, other := range list {
			if strings.EqualFold(other.Pattern, r.Pattern) {
				return problem.New(problem.Conflict, "business.watch.same_pattern").On("pattern")
			}
			if !r.CreatedAt.After(other.CreatedAt) { // behind the others, also within one moment of the clock or after it was put back
				r.CreatedAt = other.CreatedAt.Add(time.Microsecond)
			}
		}
		if err := db.Insert(ctx, q, "watch_rule ("+ruleColumns+")", [][]any{{r.ID, r.Pattern, r.Kind, db.J(r.Settings), db.T(r.CreatedAt)}}, ""); err != nil {
			return fmt.Errorf("add a rule: %w", err)
		}
		return w.org.Audit(ctx, q, "business.watch_add", "watch_rule:"+r.ID, map[string]any{"pattern": r.Pattern, "kind": r.Kind})
	})
	return r, err
}

// RemoveRule takes a rule away; files that were imported by it stay imported.
func (w *Watcher) RemoveRule(ctx context.Context, rule string) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	return w.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		r, found, err := db.One(ctx, q, ruleFields, "DELETE FROM watch_rule WHERE id = $1 RETURNING "+ruleColumns, rule)
		if err != nil {
			return fmt.Errorf("remove a rule: %w", err)
		}
		if !found {
			return problem.New(problem.Missing, "problem.not_found")
		}
		return w.org.Audit(ctx, q, "business.watch_remove", "watch_rule:"+r.ID, map[string]any{"pattern": r.Pattern, "kind": r.Kind})
	})
}
