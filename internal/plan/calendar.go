package plan

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

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

// Calendar is on which days the organisation works; from Monday to Friday until somebody says otherwise, and not on the holidays of its business
// hours.
func (s *Service) Calendar(ctx context.Context) (schedule.Calendar, error) {
	var kept calendarKept
	if err := s.org.Setting(ctx, calendarSetting, &kept); err != nil {
		return schedule.Calendar{}, err
	}
	holidays, err := s.Holidays(ctx)
	if err != nil {
		return schedule.Calendar{}, err
	}
	y, _, _ := s.Today(ctx).Date()
	return schedule.NewCalendar(kept.Works, append(kept.Closed, holidaysAround(holidays, y)...)), nil
}

// WrittenCalendar is Calendar by what was written for plans alone.
func (s *Service) WrittenCalendar(ctx context.Context) (schedule.Calendar, error) {
	var kept calendarKept
	if err := s.org.Setting(ctx, calendarSetting, &kept); err != nil {
		return schedule.Calendar{}, err
	}
	return schedule.NewCalendar(kept.Works, kept.Closed), nil
}

// Holidays are those of the business hours: 2026-05-14, or 12-25 for every year.
func (s *Service) Holidays(ctx context.Context) ([]string, error) {
	c, err := s.measures.Hours(ctx)
	return c.Holidays, err
}

const yearsAround = 15 // a plan is not longer

// holidaysAround are the days of holidays; those of every year in the years around one.
func holidaysAround(list []string, year int) []schedule.Day {
	var out []schedule.Day
	for _, h := range list {
		if at, err := time.Parse(time.DateOnly, h); err == nil {
			if d := schedule.On(at.Date()); d.Valid() {
				out = append(out, d)
			}
			continue
		}
		for y := year - yearsAround; y <= year+yearsAround; y++ {
			if at, err := time.Parse(time.DateOnly, strconv.Itoa(y)+"-"+h); err == nil { // no 29 February in most
				if d := schedule.On(at.Date()); d.Valid() {
					out = append(out, d)
				}
			}
		}
	}
	return out
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
