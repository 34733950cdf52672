// Package strategyapi offers strategy maps over REST: what is on them and where it stands.
package strategyapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
)

// ByID names one thing.
type ByID struct {
	ID string `path:"id" maxLength:"50"`
}

// Operations adds the operations.
func Operations(a *api.API, s *strategy.Service) {
	op := func(id, method, path, summary string, p org.Permission) api.Op {
		o := api.Op{ID: id, Method: method, Path: path, Tag: "strategy", Summary: summary, Permission: p}
		if method == http.MethodPost {
			o.Status = http.StatusCreated
		}
		return o
	}
	api.Add(a, op("list-maps", http.MethodGet, "/maps", "List strategy maps", org.StrategyRead), func(ctx context.Context, _ *struct{}) (*api.List[Map], error) {
		list, err := s.Maps(ctx)
		if err != nil {
			return nil, err
		}
		out := make([]Map, len(list))
		for i, m := range list {
			out[i] = ofMap(m)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("create-map", http.MethodPost, "/maps", "Make a map from a template", org.StrategyEdit), func(ctx context.Context, in *struct{ Body NewMap }) (*api.One[FullMap], error) {
		d := in.Body
		as := strategy.As{Name: d.Name, Kind: strategy.Kind(d.Kind), Scope: d.Scope}
		var m strategy.Map
		var err error
		if d.Template == "empty" {
			m, err = s.EmptyMap(ctx, as)
		} else {
			m, err = s.FromTemplate(ctx, d.Template, as)
		}
		if err != nil {
			return nil, err
		}
		return api.Only(full(m)), nil
	})
	api.Add(a, op("get-map", http.MethodGet, "/maps/{id}", "A map with what is on it", org.StrategyRead), func(ctx context.Context, in *ByID) (*api.One[FullMap], error) {
		m, err := s.Map(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(full(m)), nil
	})
	api.Add(a, op("delete-map", http.MethodDelete, "/maps/{id}", "Remove a map with what is on it", org.StrategyEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.RemoveMap(ctx, in.ID)
	})
	mapOperations(a, s, op)
	sightOperation(a, s, op)
	api.Add(a, op("evaluate-map", http.MethodGet, "/maps/{id}/evaluation", "Where everything on a map stands", org.StrategyRead),
		func(ctx context.Context, in *struct {
			ByID
			At time.Time `query:"at" doc:"A moment in the past; now when absent."`
		}) (*api.One[Evaluation], error) {
			at := s.Now()
			if !in.At.IsZero() && in.At.Before(at) {
				at = in.At.UTC()
			}
			e, err := s.Evaluate(ctx, in.ID, at)
			if err != nil {
				return nil, err
			}
			return api.Only(evaluation(e)), nil
		})

	api.Add(a, op("create-objective", http.MethodPost, "/maps/{id}/objectives", "Put an objective on a map", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body ObjectiveDraft
		}) (*api.One[Objective], error) {
			o := in.Body.objective()
			o.Map = in.ID
			o, err := s.AddObjective(ctx, o)
			if err != nil {
				return nil, err
			}
			return api.Only(objective(o)), nil
		})
	api.Add(a, op("get-objective", http.MethodGet, "/objectives/{id}", "One objective", org.StrategyRead), func(ctx context.Context, in *ByID) (*api.One[Objective], error) {
		o, err := s.Objective(ctx, in.ID)
		if err != nil {
			return nil, err
		}
		return api.Only(objective(o)), nil
	})
	api.Add(a, op("replace-objective", http.MethodPut, "/objectives/{id}", "Change an objective", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body ObjectiveDraft
		}) (*api.One[Objective], error) {
			o := in.Body.objective()
			o.ID = in.ID
			o, err := s.ChangeObjective(ctx, o)
			if err != nil {
				return nil, err
			}
			return api.Only(objective(o)), nil
		})
	api.Add(a, op("delete-objective", http.MethodDelete, "/objectives/{id}", "Remove an objective with its measures and links", org.StrategyEdit),
		func(ctx context.Context, in *ByID) (*api.None, error) {
			return &api.None{}, s.RemoveObjective(ctx, in.ID)
		})

	api.Add(a, op("create-objective-measure", http.MethodPost, "/objectives/{id}/measures", "Give an objective a measure", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body MeasureDraft
		}) (*api.One[Measure], error) {
			m := in.Body.measure()
			m.Objective = in.ID
			m, err := s.AddMeasure(ctx, m)
			if err != nil {
				return nil, err
			}
			return api.Only(measureOf(m)), nil
		})
	api.Add(a, op("replace-objective-measure", http.MethodPut, "/objective-measures/{id}", "Change a measure of an objective", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body MeasureDraft
		}) (*api.One[Measure], error) {
			m := in.Body.measure()
			m.ID = in.ID
			m, err := s.ChangeMeasure(ctx, m)
			if err != nil {
				return nil, err
			}
			return api.Only(measureOf(m)), nil
		})
	api.Add(a, op("delete-objective-measure", http.MethodDelete, "/objective-measures/{id}", "Take a measure away from its objective", org.StrategyEdit),
		func(ctx context.Context, in *ByID) (*api.None, error) {
			return &api.None{}, s.RemoveMeasure(ctx, in.ID)
		})

	api.Add(a, op("create-link", http.MethodPost, "/objective-links", "State that an objective serves another one", org.StrategyEdit),
		func(ctx context.Context, in *struct{ Body Link }) (*api.One[Link], error) {
			l, err := s.AddLink(ctx, strategy.Link{Origin: in.Body.From, Serves: in.Body.To, LagDays: in.Body.LagDays, Weight: in.Body.Weight, Note: in.Body.Note})
			if err != nil {
				return nil, err
			}
			return api.Only(link(l)), nil
		})
	api.Add(a, op("delete-link", http.MethodDelete, "/objective-links/{from}/{to}", "Take a link away", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			From string `path:"from" maxLength:"50"`
			To   string `path:"to" maxLength:"50"`
		}) (*api.None, error) {
			return &api.None{}, s.RemoveLink(ctx, in.From, in.To)
		})
}
