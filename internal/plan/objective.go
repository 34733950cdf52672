package plan

import (
	"context"
	"slices"

	"github.com/entente/entente/internal/strategy"
)

// Objective is one that initiatives can serve.
type Objective struct {
	ID        string
	Name, Map strategy.Words
}

// Objectives lists the objectives of all maps, map by map.
func (s *Service) Objectives(ctx context.Context) ([]Objective, error) {
	maps, err := s.strategy.Maps(ctx)
	if err != nil {
		return nil, err
	}
	var out []Objective
	for _, m := range maps {
		full, err := s.strategy.Map(ctx, m.ID)
		if err != nil {
			return nil, err
		}
		for _, o := range full.Objectives {
			out = append(out, Objective{o.ID, o.Name, full.Name})
		}
	}
	return out, nil
}

// Measures lists the ids of the catalogue, in its order: what a benefit can be measured by.
func (s *Service) Measures() []string {
	var out []string
	for _, m := range s.measures.All() {
		out = append(out, m.ID)
	}
	return slices.Clip(out)
}

// Unfunded lists the objectives that no approved, running or finished initiative with a cost serves.
func (m Means) Unfunded(list []Objective) []Objective {
	return slices.DeleteFunc(slices.Clone(list), func(o Objective) bool { return m.Objectives[o.ID].Funded })
}
