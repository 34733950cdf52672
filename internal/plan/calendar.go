package plan

import (
	"context"
	"errors"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

const calendarSetting = "plan.calendar"

type calendarKept struct {
	Works  [7]bool        `json:"works"` // by day of the week, Sunday first
	Closed []schedule.Day `json:"closed"`
}

const maxClosed = 1000

// Calendar is on which days the organisation works; from Monday to Friday until somebody says otherwise.
func (s *Service) Calendar(ctx context.Context) (schedule.Calendar, error) {
	var kept calendarKept
	if err := s.org.Setting(ctx, calendarSetting, &kept); err != nil {
		return schedule.Calendar{}, err
	}
	return schedule.NewCalendar(kept.Works, kept.Closed), nil
}

// ChangeCalendar sets the working weekdays and the days on which nobody works. Plans move with it; what was approved keeps its days.
func (s *Service) ChangeCalendar(ctx context.Context, works [7]bool, closed []schedule.Day) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	var errs []error
	if works == [7]bool{} {
		errs = append(errs, problem.New(problem.Invalid, "plan.no_weekday").On("works"))
	}
	if len(closed) > maxClosed {
		errs = append(errs, problem.New(problem.Invalid, "plan.too_many", "Max", maxClosed).On("closed"))
	}
	for _, d := range closed {
		if !d.Valid() {
			errs = append(errs, problem.New(problem.Invalid, "plan.day_bad").On("closed"))
			break
		}
	}
	if err := errors.Join(errs...); err != nil {
		return err
	}
	closed = slices.Clone(closed)
	slices.Sort(closed)
	closed = slices.Compact(closed)
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.org.SetSetting(ctx, q, calendarSetting, calendarKept{works, closed}); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "plan.calendar_changed", "organisation", map[string]any{"days": len(closed)})
	})
}
