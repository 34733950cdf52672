package plan

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/problem"
)

// Risk is what may go wrong, by what it shows, and what is done then.
type Risk struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Trigger     string `json:"trigger"`
	Probability int    `json:"probability"` // 1 to 5
	Impact      int    `json:"impact"`      // 1 to 5
	Contingency string `json:"contingency"`
	Reserve     int64  `json:"reserve"` // minor units put aside for it
	Currency    string `json:"currency"`
	State       string `json:"state"`
}

// The states of a risk.
const (
	RiskOpen    = "open"
	RiskStruck  = "struck" // it happened
	RiskRemoved = "removed"
)

// RiskStates lists them.
func RiskStates() []string { return []string{RiskOpen, RiskStruck, RiskRemoved} }

// Score is probability × impact, 1 to 25.
func (r Risk) Score() int { return r.Probability * r.Impact }

// ChangeRisks saves the risks in their order. One without an id is new.
func (s *Service) ChangeRisks(ctx context.Context, initiative string, seen time.Time, risks []Risk) (Initiative, error) {
	return s.change(ctx, initiative, seen, "plan.risks_changed", func(i Initiative) (func(*Initiative), error) {
		if len(risks) > maxRisks {
			return nil, problem.New(problem.Invalid, "plan.too_many", "Max", maxRisks)
		}
		checked := slices.Clone(risks)
		var errs []error
		refuse := func(n int, field, key string, args ...any) {
			errs = append(errs, problem.New(problem.Invalid, key, args...).On(at("risk", n, field)))
		}
		known := map[string]bool{}
		for n := range checked {
			r := &checked[n]
			if r.ID == "" || known[r.ID] || !slices.ContainsFunc(i.Risks, func(o Risk) bool { return o.ID == r.ID }) {
				r.ID = s.newID()
			}
			known[r.ID] = true
			for _, t := range []struct {
				text  *string
				field string
				max   int
			}{{&r.Name, "name", 200}, {&r.Trigger, "trigger", 1000}, {&r.Contingency, "contingency", 2000}} {
				var err error
				if *t.text, err = text(*t.text, at("risk", n, t.field), t.max); err != nil {
					errs = append(errs, err)
				}
			}
			if r.Name == "" {
				refuse(n, "name", "problem.required")
			}
			if r.Probability < 1 || r.Probability > 5 {
				refuse(n, "probability", "plan.grade_bad")
			}
			if r.Impact < 1 || r.Impact > 5 {
				refuse(n, "impact", "plan.grade_bad")
			}
			if r.Currency == "" {
				r.Currency = i.Currency
			}
			if !money.Known(r.Currency) {
				refuse(n, "currency", "plan.currency_unknown")
			}
			if r.Reserve < 0 || r.Reserve > money.Most {
				refuse(n, "reserve", "plan.amount_bad")
			}
			if r.State == "" {
				r.State = RiskOpen
			}
			if !slices.Contains(RiskStates(), r.State) {
				refuse(n, "state", "plan.kind_unknown")
			}
		}
		return func(i *Initiative) { i.Risks = checked }, errors.Join(errs...)
	})
}

// Reserve is what is put aside for risks that are not gone, each currency for itself.
func (i Initiative) Reserve() []money.Amount {
	sum := money.Sum{}
	for _, r := range i.Risks {
		if r.State != RiskRemoved {
			sum.Add(r.Currency, r.Reserve)
		}
	}
	return sum.Amounts()
}
