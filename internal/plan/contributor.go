package plan

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// Contributor is somebody with hours released from their job: so many minutes each week, from a day to another. Days that are missing are
// those of the initiative.
type Contributor struct {
	Member  string       `json:"member"`
	Minutes int          `json:"minutes"` // a week
	From    schedule.Day `json:"from"`
	To      schedule.Day `json:"to"`
}

const maxWeek = 60 * 60 // minutes

// ChangePeople saves who contributes.
func (s *Service) ChangePeople(ctx context.Context, initiative string, seen time.Time, people []Contributor) (Initiative, error) {
	return s.change(ctx, initiative, seen, "plan.people_changed", func(i Initiative) (func(*Initiative), error) {
		if len(people) > maxContributors {
			return nil, problem.New(problem.Invalid, "plan.too_many", "Max", maxContributors)
		}
		var errs []error
		for n, c := range people {
			if !slices.ContainsFunc(i.Contributors, func(was Contributor) bool { return was.Member == c.Member }) {
				if err := s.member(ctx, c.Member); problem.Is(err, problem.Invalid) {
					errs = append(errs, problem.Of(err).On(at("person", n, "member")))
				} else if err != nil {
					return nil, err
				}
			}
			if c.Minutes <= 0 || c.Minutes > maxWeek {
				errs = append(errs, problem.New(problem.Invalid, "plan.week_bad", "Max", maxWeek/60).On(at("person", n, "hours")))
			}
			if err := ordered(c.From, c.To); err != nil {
				errs = append(errs, err.On(at("person", n, "to")))
			}
		}
		return func(i *Initiative) { i.Contributors = people }, errors.Join(errs...)
	})
}

// ordered refuses days that no plan has and an end before the beginning.
func ordered(from, to schedule.Day) *problem.Problem {
	if from != 0 && !from.Valid() || to != 0 && !to.Valid() {
		return problem.New(problem.Invalid, "plan.day_bad")
	}
	if from != 0 && to != 0 && to < from {
		return problem.New(problem.Invalid, "plan.end_before_start")
	}
	return nil
}

// span is from when to when somebody contributes to an initiative.
func (c Contributor) span(i Initiative) (from, to schedule.Day) {
	if from = c.From; from == 0 {
		from = i.Start
	}
	if to = c.To; to == 0 {
		to = i.End
	}
	return from, to
}
