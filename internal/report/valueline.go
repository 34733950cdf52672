package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/problem"
)

// ValueLine says what one of a measure is worth, and to which objective.
type ValueLine struct {
	ID                   string
	Objective            string // id, "" for none
	Name                 string
	Measure              string
	Filter               measure.Filter
	Price                int64 // minor units for one of the measure: a contact, an hour, a person
	Currency             string
	Grade                Grade  // on what the price stands
	Reason               string // where the price comes from
	CreatedAt, UpdatedAt time.Time
}

const (
	valueLineColumns = "id, objective, name, measure, filter, price, currency, grade, reason, created_at, updated_at"
	maxValueLines    = 200
	mostPrice        = 1e12
)

func valueLineFields(l *ValueLine) []any {
	return []any{&l.ID, &l.Objective, &l.Name, &l.Measure, db.JSON(&l.Filter), &l.Price, &l.Currency, (*string)(&l.Grade), &l.Reason, db.At(&l.CreatedAt), db.At(&l.UpdatedAt)}
}

// ValueLines lists them, oldest first. A price is money, so they are for those who steer the strategy.
func (s *Service) ValueLines(ctx context.Context) ([]ValueLine, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return nil, err
	}
	return s.valueLines(ctx)
}

func (s *Service) valueLines(ctx context.Context) ([]ValueLine, error) {
	list, err := db.All(ctx, s.db.Read(), valueLineFields, "SELECT "+valueLineColumns+" FROM value_line ORDER BY created_at, id"+db.Limit(maxValueLines))
	if err != nil {
		return nil, fmt.Errorf("list value lines: %w", err)
	}
	return list, nil
}

// SaveValueLine adds a line, or changes the one with its id.
func (s *Service) SaveValueLine(ctx context.Context, l ValueLine) (ValueLine, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return l, err
	}
	if err := s.checkLine(ctx, &l); err != nil {
		return l, err
	}
	fresh := l.ID == ""
	if !fresh && !id.Valid(l.ID) {
		return l, notFound()
	}
	l.UpdatedAt = s.Now()
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if fresh {
			n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM value_line")
			if err != nil {
				return fmt.Errorf("count value lines: %w", err)
			}
			if n >= maxValueLines {
				return problem.New(problem.Conflict, "report.too_many_lines", "Max", maxValueLines)
			}
			l.ID, l.CreatedAt = s.newID(), l.UpdatedAt
			if err := db.Insert(ctx, q, "value_line ("+valueLineColumns+")", [][]any{{l.ID, l.Objective, l.Name, l.Measure, db.J(l.Filter), l.Price, l.Currency, string(l.Grade), l.Reason, db.T(l.CreatedAt), db.T(l.UpdatedAt)}}, ""); err != nil {
				return err
			}
		} else {
			n, err := db.Exec(ctx, q, "UPDATE value_line SET objective = $1, name = $2, measure = $3, filter = $4, price = $5, currency = $6, grade = $7, reason = $8, updated_at = $9 WHERE id = $10",
				l.Objective, l.Name, l.Measure, db.J(l.Filter), l.Price, l.Currency, string(l.Grade), l.Reason, db.T(l.UpdatedAt), l.ID)
			if err != nil {
				return fmt.Errorf("save a value line: %w", err)
			}
			if n == 0 {
				return notFound()
			}
		}
		return s.org.Audit(ctx, q, "report.value_line_saved", "value_line:"+l.ID, map[string]any{"name": l.Name, "measure": l.Measure, "price": l.Price, "currency": l.Currency, "grade": l.Grade})
	})
	return l, err
}

func (s *Service) checkLine(ctx context.Context, l *ValueLine) error {
	var errs []error
	var err error
	refuse := func(field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(field))
	}
	if l.Name, err = text(l.Name, "name", maxName); err != nil {
		errs = append(errs, err)
	} else if l.Name == "" {
		refuse("name", "problem.required")
	}
	if l.Reason, err = text(l.Reason, "reason", maxAbout); err != nil {
		errs = append(errs, err)
	} else if l.Reason == "" {
		refuse("reason", "report.reason_missing")
	}
	m, err := s.measures.Find(l.Measure)
	switch {
	case err != nil:
		refuse("measure", "report.measure_unknown")
	case m.Unit == kpi.Seconds || m.Unit == kpi.Money || m.Unit == kpi.Share || m.Unit == kpi.Ratio || m.Unit == kpi.Points || m.Unit == kpi.Index || m.Unit == kpi.Score:
		refuse("measure", "report.measure_uncountable")
	case measure.Narrows(m, l.Filter) != l.Filter:
		refuse("filter", "report.filter_not")
	}
	if l.Price <= 0 || l.Price > mostPrice {
		refuse("price", "report.price_bad")
	}
	if !money.Known(l.Currency) {
		refuse("currency", "plan.currency_unknown")
	}
	if !slices.Contains(Grades(), l.Grade) {
		refuse("grade", "report.grade_unknown")
	}
	if l.Objective != "" {
		names, err := s.ObjectiveNames(ctx)
		if err != nil {
			return err
		}
		if _, found := names[l.Objective]; !found {
			refuse("objective", "report.objective_unknown")
		}
	}
	return errors.Join(errs...)
}

// RemoveValueLine removes a line.
func (s *Service) RemoveValueLine(ctx context.Context, line string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM value_line WHERE id = $1", line)
		if err != nil {
			return fmt.Errorf("remove a value line: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return s.org.Audit(ctx, q, "report.value_line_removed", "value_line:"+line, nil)
	})
}
