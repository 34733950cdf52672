package strategy

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Link is a hypothesis: when Origin gets better, so does what it Serves, some days later.
type Link struct {
	Origin, Serves string  // objectives
	Weight         float64 // 0 to 1: how strong we believe it to be
	LagDays        int
	Note           string // why we believe it
}

const maxLagDays = 3 * 366

func links(ctx context.Context, q db.Q, mapID string) ([]Link, error) {
	list, err := db.All(ctx, q, func(l *Link) []any { return []any{&l.Origin, &l.Serves, &l.Weight, &l.LagDays, &l.Note} },
		"SELECT origin, serves, weight, lag_days, note FROM objective_link WHERE map = $1 ORDER BY origin, serves", mapID)
	if err != nil {
		return nil, fmt.Errorf("read links: %w", err)
	}
	return list, nil
}

func insertLink(ctx context.Context, q db.Q, mapID string, l Link) error {
	return db.Insert(ctx, q, "objective_link (map, origin, serves, weight, lag_days, note)", [][]any{{mapID, l.Origin, l.Serves, l.Weight, l.LagDays, l.Note}}, "")
}

// checked refuses a link to itself, one that is there already and one that closes a circle.
func (l Link) checked(objectives []Objective, others []Link) (Link, error) {
	known := map[string]bool{}
	for _, o := range objectives {
		known[o.ID] = true
	}
	var errs []error
	switch {
	case !known[l.Origin], !known[l.Serves]:
		errs = append(errs, problem.New(problem.Invalid, "strategy.objective_unknown").On("serves"))
	case l.Origin == l.Serves:
		errs = append(errs, problem.New(problem.Invalid, "strategy.link_self").On("serves"))
	default:
		for _, o := range others {
			if o.Origin == l.Origin && o.Serves == l.Serves {
				errs = append(errs, problem.New(problem.Conflict, "strategy.link_twice").On("serves"))
			}
		}
		if leads(others, l.Serves, l.Origin) {
			errs = append(errs, problem.New(problem.Invalid, "strategy.link_circle").On("serves"))
		}
	}
	if l.Weight == 0 {
		l.Weight = 0.5
	}
	if math.IsNaN(l.Weight) || l.Weight < 0 || l.Weight > 1 {
		errs = append(errs, problem.New(problem.Invalid, "strategy.link_weight").On("weight"))
	}
	if l.LagDays < 0 || l.LagDays > maxLagDays {
		errs = append(errs, problem.New(problem.Invalid, "strategy.link_lag", "Max", maxLagDays/7).On("lag"))
	}
	var err error
	if l.Note, err = text(l.Note, "note", 1000); err != nil {
		errs = append(errs, err)
	}
	return l, errors.Join(errs...)
}

// leads reports whether links lead from one objective to another.
func leads(links []Link, from, to string) bool {
	seen := map[string]bool{}
	queue := []string{from}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		if at == to {
			return true
		}
		if seen[at] {
			continue
		}
		seen[at] = true
		for _, l := range links {
			if l.Origin == at {
				queue = append(queue, l.Serves)
			}
		}
	}
	return false
}

// AddLink states that an objective serves another one of its map.
func (s *Service) AddLink(ctx context.Context, l Link) (Link, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return l, err
	}
	o, err := one(ctx, s.db.Read(), l.Origin)
	if err != nil {
		return l, err
	}
	err = s.edit(ctx, o.Map, "strategy.link_added", "objective:"+o.ID, l, func(ctx context.Context, q db.Q) error {
		// edit holds the map: two who add half a circle each do not pass each other.
		all, err := objectives(ctx, q, "o.map = $1", o.Map)
		if err != nil {
			return err
		}
		others, err := links(ctx, q, o.Map)
		if err != nil {
			return err
		}
		if l, err = l.checked(all, others); err != nil {
			return err
		}
		given, err := contributions(ctx, q)
		if err != nil {
			return err
		}
		if err := s.roundTrip(ctx, q, l.Origin, l.Serves, given, Map{}); err != nil {
			return err
		}
		return insertLink(ctx, q, o.Map, l)
	})
	return l, err
}

// RemoveLink takes a link away.
func (s *Service) RemoveLink(ctx context.Context, origin, serves string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	if !id.Valid(serves) {
		return notFound()
	}
	o, err := one(ctx, s.db.Read(), origin)
	if err != nil {
		return err
	}
	return s.edit(ctx, o.Map, "strategy.link_removed", "objective:"+o.ID, map[string]string{"serves": serves}, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM objective_link WHERE origin = $1 AND serves = $2", origin, serves)
		if err != nil {
			return fmt.Errorf("remove a link: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return nil
	})
}
