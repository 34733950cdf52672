package strategy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Contribution says that an objective of one map serves an objective of another one: a department or a community works for the
// organisation. Each may serve many and be served by many.
type Contribution struct {
	Origin, Serves string
	Weight         float64 // over 0, beside the other contributions to the same objective
	Note           string
}

// MaxContributions is how many contributions an objective may give, and receive.
const MaxContributions = 20

func contributionFields(c *Contribution) []any {
	return []any{&c.Origin, &c.Serves, &c.Weight, &c.Note}
}

func contributions(ctx context.Context, q db.Q) ([]Contribution, error) {
	list, err := db.All(ctx, q, contributionFields, "SELECT origin, serves, weight, note FROM contribution ORDER BY origin, serves")
	if err != nil {
		return nil, fmt.Errorf("read contributions: %w", err)
	}
	return list, nil
}

// Contributions lists all contributions between maps.
func (s *Service) Contributions(ctx context.Context) ([]Contribution, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	return contributions(ctx, s.db.Read())
}

// Contribute states that an objective serves one of another map; saying it again changes weight and note.
func (s *Service) Contribute(ctx context.Context, c Contribution) (Contribution, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return c, err
	}
	from, err := one(ctx, s.db.Read(), c.Origin)
	if err != nil {
		return c, err
	}
	to, err := one(ctx, s.db.Read(), c.Serves)
	if err != nil {
		if problem.Is(err, problem.Missing) {
			err = problem.New(problem.Invalid, "strategy.objective_unknown").On("serves")
		}
		return c, err
	}
	var errs []error
	if from.Map == to.Map {
		errs = append(errs, problem.New(problem.Invalid, "strategy.contribution_same").On("serves"))
	}
	if c.Weight == 0 {
		c.Weight = 1
	}
	if math.IsNaN(c.Weight) || c.Weight <= 0 || c.Weight > 1000 {
		errs = append(errs, problem.New(problem.Invalid, "strategy.weight_bad", "Max", 1000).On("weight"))
	}
	if c.Note, err = text(c.Note, "note", 1000); err != nil {
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return c, err
	}
	err = s.edit(ctx, from.Map, "strategy.contribution_added", "objective:"+from.ID, c, func(ctx context.Context, q db.Q) error {
		// Two who close half a circle each on different maps must not pass each other.
		if _, err := db.Exec(ctx, q, "UPDATE strategy_map SET updated_at = updated_at WHERE id = $1", to.Map); err != nil {
			return fmt.Errorf("hold the other map: %w", err)
		}
		all, err := contributions(ctx, q)
		if err != nil {
			return err
		}
		given, taken := 0, 0
		for _, other := range all {
			switch {
			case other.Origin == c.Origin && other.Serves == c.Serves:
				_, err := db.Exec(ctx, q, "UPDATE contribution SET weight = $1, note = $2 WHERE origin = $3 AND serves = $4", c.Weight, c.Note, c.Origin, c.Serves)
				return err
			case other.Origin == c.Origin:
				given++
			case other.Serves == c.Serves:
				taken++
			}
		}
		if given >= MaxContributions || taken >= MaxContributions {
			return problem.New(problem.Invalid, "strategy.too_many_contributions", "Max", MaxContributions).On("serves")
		}
		if err := s.roundTrip(ctx, q, c.Origin, c.Serves, all, Map{}); err != nil {
			return err
		}
		return db.Insert(ctx, q, "contribution (origin, serves, weight, note)", [][]any{{c.Origin, c.Serves, c.Weight, c.Note}}, "")
	})
	return c, err
}

// roundTrip refuses a contribution that closes a circle over the links and contributions of all maps. A map that is given stands in for
// the one of its id.
func (s *Service) roundTrip(ctx context.Context, q db.Q, origin, serves string, others []Contribution, instead Map) error {
	type edge struct{ mapID, origin, serves string }
	links, err := db.All(ctx, q, func(e *edge) []any { return []any{&e.mapID, &e.origin, &e.serves} }, "SELECT map, origin, serves FROM objective_link")
	if err != nil {
		return fmt.Errorf("read all links: %w", err)
	}
	var all []Link
	for _, e := range links {
		if e.mapID != instead.ID {
			all = append(all, Link{Origin: e.origin, Serves: e.serves})
		}
	}
	all = append(all, instead.Links...)
	for _, c := range others {
		all = append(all, Link{Origin: c.Origin, Serves: c.Serves})
	}
	if leads(all, serves, origin) {
		return problem.New(problem.Invalid, "strategy.link_circle").On("serves")
	}
	return nil
}

// Withdraw takes a contribution away.
func (s *Service) Withdraw(ctx context.Context, origin, serves string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	if !validAll(origin, serves) {
		return notFound()
	}
	from, err := one(ctx, s.db.Read(), origin)
	if err != nil {
		return err
	}
	return s.edit(ctx, from.Map, "strategy.contribution_removed", "objective:"+from.ID, map[string]string{"serves": serves}, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM contribution WHERE origin = $1 AND serves = $2", origin, serves)
		if err == nil && n == 0 {
			return notFound()
		}
		return err
	})
}

// FarEnd is the other end of a contribution.
type FarEnd struct {
	Contribution
	Map      Map // without what is on it
	Standing Standing
}

// Reach is what an objective gives to other maps and gets from them, as those stand at a moment.
type Reach struct {
	Gives []FarEnd
	Gets  []FarEnd
	From  stat.Rolled // how far what contributes to it is, by weight
}

// Reach says for objectives, by id, what ties them to other maps. Other maps may be shown as they stood some minutes ago.
func (s *Service) Reach(ctx context.Context, at time.Time, objectives ...string) (map[string]Reach, error) {
	all, err := s.Contributions(ctx)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(c Contribution) bool {
		return !slices.Contains(objectives, c.Origin) && !slices.Contains(objectives, c.Serves)
	})
	out := map[string]Reach{}
	if len(all) == 0 {
		return out, nil
	}
	maps, err := s.Maps(ctx)
	if err != nil {
		return nil, err
	}
	place, err := s.mapsOf(ctx)
	if err != nil {
		return nil, err
	}
	evaluated := map[string]Evaluation{}
	far := func(c Contribution, objective string) (FarEnd, bool, error) {
		f := FarEnd{Contribution: c}
		mapID := place[objective]
		i := slices.IndexFunc(maps, func(m Map) bool { return m.ID == mapID })
		if i < 0 {
			return f, false, nil
		}
		f.Map = maps[i]
		e, done := evaluated[mapID]
		if !done {
			m, err := s.full(ctx, maps[i])
			if err != nil {
				return f, false, err
			}
			if e, err = s.soon(ctx, m, at); err != nil {
				return f, false, err
			}
			evaluated[mapID] = e
		}
		st, ok := e.Standing(objective)
		f.Standing = st
		return f, ok, nil
	}
	for _, c := range all {
		if slices.Contains(objectives, c.Origin) {
			if f, ok, err := far(c, c.Serves); err != nil {
				return nil, err
			} else if ok {
				r := out[c.Origin]
				r.Gives = append(r.Gives, f)
				out[c.Origin] = r
			}
		}
		if slices.Contains(objectives, c.Serves) {
			if f, ok, err := far(c, c.Origin); err != nil {
				return nil, err
			} else if ok {
				r := out[c.Serves]
				r.Gets = append(r.Gets, f)
				out[c.Serves] = r
			}
		}
	}
	for o, r := range out {
		var parts []stat.Part
		for _, f := range r.Gets {
			rolled := f.Standing.Rolled
			parts = append(parts, stat.Part{Weight: f.Weight, Progress: rolled.Progress, Expected: rolled.Expected, Fresh: rolled.State != stat.Unknown})
		}
		r.From = stat.DefaultThresholds().RollUp(parts)
		out[o] = r
	}
	return out, nil
}

// mapsOf says on which map each objective is.
func (s *Service) mapsOf(ctx context.Context) (map[string]string, error) {
	type pair struct{ objective, mapID string }
	list, err := db.All(ctx, s.db.Read(), func(p *pair) []any { return []any{&p.objective, &p.mapID} }, "SELECT id, map FROM objective")
	if err != nil {
		return nil, fmt.Errorf("list the maps of objectives: %w", err)
	}
	out := make(map[string]string, len(list))
	for _, p := range list {
		out[p.objective] = p.mapID
	}
	return out, nil
}
