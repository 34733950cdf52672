package strategy

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Sight is the line of sight of an objective: up to the value that it serves, over all maps, and down to what was said last behind each of
// its measures.
type Sight struct {
	Standing Standing
	Map      Map
	Above    []Above // nearest first
	Edges    [][2]string
	Behind   []Behind // in the order of Standing.Readings
}

// Above is an objective that another one leads to.
type Above struct {
	Standing Standing
	Map      Map // without what is on it
	Depth    int // links and contributions in between, the longest way; from 1
}

// Behind is what stands behind the number of a measure: the last rows of those that it counts.
type Behind struct {
	Reading Reading
	Rows    []measure.Row
}

const (
	mostAbove  = 40
	mostBehind = 5
)

// Sight gathers the line of sight of an objective at a moment. What was said is there for those who may read it.
func (s *Service) Sight(ctx context.Context, objective string, at time.Time) (Sight, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Sight{}, err
	}
	o, err := s.Objective(ctx, objective)
	if err != nil {
		return Sight{}, err
	}
	e, err := s.Evaluate(ctx, o.Map, at)
	if err != nil {
		return Sight{}, err
	}
	st, ok := e.Standing(o.ID)
	if !ok {
		return Sight{}, notFound()
	}
	v := Sight{Standing: st, Map: e.Map}
	if v.Above, v.Edges, err = s.above(ctx, e, o.ID, at); err != nil {
		return v, err
	}
	for _, r := range st.Readings {
		b := Behind{Reading: r}
		if r.Why != Gone {
			b.Rows, _, err = s.measures.Rows(measure.Permitted(ctx), r.Measure.Measure, r.Window, r.Filter(), measure.Paging{Limit: mostBehind})
			if err != nil && !problem.Is(err, problem.Invalid) && !problem.Is(err, problem.Missing) {
				return v, fmt.Errorf("rows behind %s: %w", r.Measure.Measure, err)
			}
		}
		v.Behind = append(v.Behind, b)
	}
	return v, nil
}

// above lists what an objective leads to: by the links of its map, by contributions, and on from there.
func (s *Service) above(ctx context.Context, e Evaluation, objective string, at time.Time) ([]Above, [][2]string, error) {
	given, err := contributions(ctx, s.db.Read())
	if err != nil {
		return nil, nil, err
	}
	place := map[string]string{objective: e.Map.ID}
	if len(given) > 0 {
		if place, err = s.mapsOf(ctx); err != nil {
			return nil, nil, err
		}
	}
	evaluated := map[string]Evaluation{e.Map.ID: e}
	of := func(mapID string) (Evaluation, error) {
		if e, ok := evaluated[mapID]; ok {
			return e, nil
		}
		m, err := s.read(ctx, mapID)
		if err != nil {
			return Evaluation{}, err
		}
		e, err := s.soon(ctx, m, at)
		evaluated[mapID] = e
		return e, err
	}
	depth := map[string]int{objective: 0}
	var order []string
	var edges [][2]string
	drawn := map[[2]string]bool{}
	// There are no circles, so the longest ways are found in as many rounds as there are objectives at most.
	for front := []string{objective}; len(front) > 0 && len(order) < mostAbove; {
		var next []string
		for _, from := range front {
			mapID, known := place[from]
			if !known {
				mapID = e.Map.ID
			}
			here, err := of(mapID)
			if err != nil {
				return nil, nil, err
			}
			reach := func(to string) {
				if edge := [2]string{from, to}; !drawn[edge] {
					drawn[edge] = true
					edges = append(edges, edge)
				}
				if d, seen := depth[to]; !seen || d < depth[from]+1 {
					if !seen {
						order = append(order, to)
					}
					depth[to] = depth[from] + 1
					next = append(next, to)
				}
			}
			for _, l := range here.Links {
				if l.Origin == from {
					reach(l.Serves)
				}
			}
			for _, c := range given {
				if c.Origin == from {
					reach(c.Serves)
				}
			}
		}
		front = next
	}
	var out []Above
	for _, id := range order {
		mapID, known := place[id]
		if !known {
			mapID = e.Map.ID
		}
		there, err := of(mapID)
		if err != nil {
			return nil, nil, err
		}
		if st, ok := there.Standing(id); ok {
			m := there.Map
			m.Objectives, m.Links, m.Perspectives, m.Themes = nil, nil, nil, nil
			out = append(out, Above{st, m, depth[id]})
		}
	}
	return out, edges, nil
}
