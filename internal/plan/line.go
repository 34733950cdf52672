package plan

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

func itoa(n int) string { return strconv.Itoa(n) }

const (
	maxLabel    = 120
	maxLicences = 100_000
)

// ChangeBudget saves the lines of the budget in their order. A line without an id is new.
func (s *Service) ChangeBudget(ctx context.Context, initiative string, seen time.Time, lines []cost.Line) (Initiative, error) {
	return s.change(ctx, initiative, seen, "plan.budget_changed", func(was Initiative) (func(*Initiative), error) {
		checked, err := s.checkLines(lines, was)
		return func(i *Initiative) { i.Lines = checked }, err
	})
}

func (s *Service) checkLines(lines []cost.Line, was Initiative) ([]cost.Line, error) {
	if len(lines) > maxLines {
		return nil, problem.New(problem.Invalid, "plan.too_many", "Max", maxLines)
	}
	lines = slices.Clone(lines)
	var errs []error
	refuse := func(n int, field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(at("line", n, field)))
	}
	seen := map[string]bool{}
	for n := range lines {
		l := &lines[n]
		if l.ID == "" || seen[l.ID] || !slices.ContainsFunc(was.Lines, func(o cost.Line) bool { return o.ID == l.ID }) {
			l.ID = s.newID()
		}
		seen[l.ID] = true
		var err error
		if l.Label, err = text(l.Label, at("line", n, "label"), maxLabel); err != nil {
			errs = append(errs, err)
		} else if l.Label == "" {
			refuse(n, "label", "problem.required")
		}
		if l.Funding, err = text(l.Funding, at("line", n, "funding"), maxLabel); err != nil {
			errs = append(errs, err)
		}
		if !slices.Contains(cost.Kinds(), l.Kind) {
			refuse(n, "kind", "plan.kind_unknown")
		}
		if l.Currency == "" {
			l.Currency = was.Currency
		}
		if !money.Known(l.Currency) {
			refuse(n, "currency", "plan.currency_unknown")
		}
		if l.Amount <= 0 || l.Amount > money.Most {
			refuse(n, "amount", "plan.amount_bad")
		}
		if l.Kind == cost.OneOff || l.Kind == cost.Hours || l.Every == "" {
			l.Every = cost.Once
		}
		if !slices.Contains(cost.Rhythms(), l.Every) || l.Kind == cost.Recurring && l.Every == cost.Once {
			refuse(n, "every", "plan.every_bad")
		}
		if l.Kind != cost.Licences {
			l.Count = 0
		} else if l.Count < 1 || l.Count > maxLicences || l.Amount > money.Most/int64(max(l.Count, 1)) {
			refuse(n, "count", "plan.count_bad", "Max", maxLicences)
		}
		if l.Kind != cost.Hours {
			l.Minutes = 0
		} else if l.Minutes < 1 || l.Minutes > schedule.MaxMinutes || l.Amount > money.Most/int64(schedule.MaxMinutes/60) {
			refuse(n, "count", "plan.hours_bad")
		}
		if l.Kind == cost.OneOff {
			l.To = l.From
		}
		if err := ordered(l.From, l.To); err != nil {
			errs = append(errs, err.On(at("line", n, "to")))
		}
	}
	return lines, errors.Join(errs...)
}

// pieces are those of the lines in a currency.
func (i Initiative) pieces(currency string) []cost.Piece {
	var out []cost.Piece
	for _, l := range i.Lines {
		if l.Currency == currency {
			out = append(out, l.Pieces(i.Start, i.End)...)
		}
	}
	return out
}

// Cost is what the lines come to, each currency for itself.
func (i Initiative) Cost() []money.Amount {
	sum := money.Sum{}
	for _, l := range i.Lines {
		sum.Add(l.Currency, cost.Total(l.Pieces(i.Start, i.End)))
	}
	return sum.Amounts()
}

// currencies lists those in which anything is planned, the initiative's own first.
func (i Initiative) currencies() []string {
	out := []string{i.Currency}
	add := func(c string) {
		if c != "" && !slices.Contains(out, c) {
			out = append(out, c)
		}
	}
	for _, l := range i.Lines {
		add(l.Currency)
	}
	for _, r := range i.Risks {
		if r.Reserve != 0 {
			add(r.Currency)
		}
	}
	for _, b := range i.Benefits {
		if b.Kind == InMoney {
			add(b.Currency)
		}
	}
	return out
}
