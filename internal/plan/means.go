package plan

import (
	"context"
	"maps"
	"slices"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/sorting"
)

// Means is what there is to reach objectives with: an answer for the check of maps.
type Means struct {
	Objectives map[string]ObjectiveMeans // by id; one that no initiative serves is missing
	Owners     map[string]OwnerMeans     // by member; to those who do not steer, only themselves
}

// ObjectiveMeans is what is done for an objective.
type ObjectiveMeans struct {
	Funded      bool           // an approved or running initiative with a cost serves it, or one that is done did
	Initiatives int            // that are not stopped
	Cost        []money.Amount // of those that fund it; all of each, also where it serves other objectives too
	Minutes     int            // planned in their tasks
	Checkpoints int            // milestones, and ends of tasks, that are still to come
}

// OwnerMeans is the time of a member in an average week of the next twelve, in minutes.
type OwnerMeans struct {
	Available int // a week
	Planned   int // a week
	Over      int // weeks with more planned than available
}

// meansWeeks is over how many weeks the time of people is averaged.
const meansWeeks = 12

// Means says what there is to reach objectives with; to those who do not steer, without what it costs and without the hours of others.
func (s *Service) Means(ctx context.Context) (Means, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Means{}, err
	}
	list, err := s.all(ctx)
	if err != nil {
		return Means{}, err
	}
	w, err := s.world(ctx, list...)
	if err != nil {
		return Means{}, err
	}
	m, err := means(w, list)
	if !steers(ctx) {
		for o, of := range m.Objectives {
			of.Cost, of.Minutes = nil, 0
			m.Objectives[o] = of
		}
		who := me(ctx)
		maps.DeleteFunc(m.Owners, func(member string, _ OwnerMeans) bool { return member != who })
	}
	return m, err
}

func means(w World, list []Initiative) (Means, error) {
	m := Means{Objectives: map[string]ObjectiveMeans{}, Owners: map[string]OwnerMeans{}}
	costs := map[string]money.Sum{}
	for _, i := range list {
		if i.State == Stopped {
			continue
		}
		for _, o := range i.Objectives {
			of := m.Objectives[o]
			of.Initiatives++
			for _, t := range i.Tasks {
				if t.Done < 100 {
					of.Checkpoints++
				}
			}
			if i.Funds() {
				of.Funded = true
				if costs[o] == nil {
					costs[o] = money.Sum{}
				}
				for _, c := range i.Cost() {
					costs[o].Add(c.Currency, c.Minor)
				}
				for _, t := range i.Tasks {
					of.Minutes += t.Minutes
				}
			}
			m.Objectives[o] = of
		}
	}
	for o, sum := range costs {
		of := m.Objectives[o]
		of.Cost = sum.Amounts()
		m.Objectives[o] = of
	}
	c, err := capacity(w, list, w.Today, meansWeeks)
	if err != nil {
		return m, err
	}
	for _, p := range c.People {
		var of OwnerMeans
		for _, week := range p.Weeks {
			of.Available += week.Available
			of.Planned += week.Planned
			if week.Over() > 0 {
				of.Over++
			}
		}
		of.Available, of.Planned = of.Available/meansWeeks, of.Planned/meansWeeks
		m.Owners[p.Member] = of
	}
	return m, nil
}

// Funds reports whether its cost is decided on: approved, running or done, and not nothing.
func (i Initiative) Funds() bool {
	return (i.State == Approved || i.State == Running || i.State == Done) && len(i.Cost()) > 0
}

// Serving lists where the initiatives stand that serve an objective, stopped ones last.
func (s *Service) Serving(ctx context.Context, objective string) ([]Standing, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	list, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(i Initiative) bool { return !slices.Contains(i.Objectives, objective) })
	sorting.Stable(list, func(a, b Initiative) int {
		stopped := func(i Initiative) int {
			if i.State == Stopped {
				return 1
			}
			return 0
		}
		return stopped(a) - stopped(b)
	})
	return s.shownStandings(ctx, list)
}
