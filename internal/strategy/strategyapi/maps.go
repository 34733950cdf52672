package strategyapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
)

// NewMap says with what a map begins.
type NewMap struct {
	Template string            `json:"template,omitempty" enum:"social,small,employees,alliance,empty" doc:"social when absent."`
	Name     map[string]string `json:"name,omitempty" doc:"The template's when absent; an empty map needs one."`
	Kind     string            `json:"kind,omitempty" enum:"organisation,department,community"`
	Scope    string            `json:"scope,omitempty" maxLength:"120"`
}

// MapDraft is what a map should be called, and whose it is.
type MapDraft struct {
	Name  map[string]string `json:"name"`
	Kind  string            `json:"kind,omitempty" enum:"organisation,department,community"`
	Scope string            `json:"scope,omitempty" maxLength:"120"`
}

// PartDraft is what a perspective or a theme should be.
type PartDraft struct {
	Name   map[string]string `json:"name"`
	Colour int               `json:"colour,omitempty" minimum:"0" maximum:"8"`
}

// PerspectiveDraft is what a new perspective should be.
type PerspectiveDraft struct {
	PartDraft
	Within string `json:"within,omitempty" maxLength:"50" doc:"The perspective it is a step of."`
}

// MapTemplate is a map with which an organisation can begin.
type MapTemplate struct {
	ID           string              `json:"id"`
	Name         map[string]string   `json:"name"`
	Perspectives []map[string]string `json:"perspectives" doc:"Names, top first."`
	Objectives   []map[string]string `json:"objectives"`
}

// Contribution says that an objective serves one of another map.
type Contribution struct {
	From   string  `json:"from" maxLength:"50"`
	To     string  `json:"to" maxLength:"50" doc:"An objective of another map."`
	Weight float64 `json:"weight,omitempty" minimum:"0" maximum:"1000" doc:"1 when absent."`
	Note   string  `json:"note,omitempty" maxLength:"1000"`
}

// MapChange is a change of a map.
type MapChange struct {
	ID      string            `json:"id"`
	Number  int64             `json:"number"`
	At      time.Time         `json:"at"`
	Member  string            `json:"member,omitempty"`
	Action  string            `json:"action"`
	Object  string            `json:"object"`
	Name    map[string]string `json:"name" doc:"Of the object, as it was called."`
	Undoes  string            `json:"undoes,omitempty"`
	Undone  bool              `json:"undone"`
	CanUndo bool              `json:"can_undo"`
}

func change(c strategy.Change) MapChange {
	return MapChange{c.ID, c.Number, c.At, c.Member, c.Action, c.Object, c.Name, c.Undoes, c.Undone, c.CanUndo()}
}

// MapShare is a link with which a map is read without an account.
type MapShare struct {
	ID        string     `json:"id"`
	Label     string     `json:"label,omitempty"`
	Shows     string     `json:"shows" enum:"names,states,values"`
	Member    string     `json:"member,omitempty"`
	CreatedAt time.Time  `json:"created_at"`
	ExpiresAt time.Time  `json:"expires_at"`
	RevokedAt *time.Time `json:"revoked_at,omitempty"`
	Opened    int64      `json:"opened"`
	Path      string     `json:"path,omitempty" doc:"Where the map is read; said once, when the link is made."`
}

func share(l strategy.Share) MapShare {
	out := MapShare{ID: l.ID, Label: l.Label, Shows: string(l.Shows), Member: l.Member, CreatedAt: l.CreatedAt, ExpiresAt: l.ExpiresAt, Opened: l.Opened}
	if !l.RevokedAt.IsZero() {
		out.RevokedAt = &l.RevokedAt
	}
	return out
}

// MapShareDraft is what a link should be.
type MapShareDraft struct {
	Label string `json:"label,omitempty" maxLength:"120" doc:"For whom it is."`
	Shows string `json:"shows" enum:"names,states,values"`
	Days  int    `json:"days" minimum:"1" maximum:"366"`
}

// ImportedMap is what came of a map file.
type ImportedMap struct {
	FullMap
	LeftOut []string `json:"left_out" doc:"What this installation does not have, by the names of the file."`
}

type opMaker func(id, method, path, summary string, p org.Permission) api.Op

func mapOperations(a *api.API, s *strategy.Service, op opMaker) {
	api.Add(a, op("list-map-templates", http.MethodGet, "/map-templates", "List the templates of maps", org.StrategyRead), func(context.Context, *struct{}) (*api.List[MapTemplate], error) {
		var out []MapTemplate
		for _, t := range strategy.Templates() {
			m := t.Preview()
			x := MapTemplate{ID: t.ID, Name: m.Name}
			for _, p := range m.Perspectives {
				x.Perspectives = append(x.Perspectives, p.Name)
			}
			for _, o := range m.Objectives {
				x.Objectives = append(x.Objectives, o.Name)
			}
			out = append(out, x)
		}
		return api.Listed(out, ""), nil
	})
	api.Add(a, op("replace-map", http.MethodPut, "/maps/{id}", "Change what a map is called and whose it is", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body MapDraft
		}) (*api.One[FullMap], error) {
			if err := s.ChangeMap(ctx, strategy.Map{ID: in.ID, Name: in.Body.Name, Kind: strategy.Kind(in.Body.Kind), Scope: in.Body.Scope}, nil); err != nil {
				return nil, err
			}
			m, err := s.Map(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return api.Only(full(m)), nil
		})
	api.Add(a, op("export-map", http.MethodGet, "/maps/{id}/file", "A map as a file that another installation can read", org.StrategyRead),
		func(ctx context.Context, in *ByID) (*api.One[map[string]any], error) {
			raw, err := s.Export(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			out := map[string]any{}
			if err := json.Unmarshal(raw, &out); err != nil {
				return nil, err
			}
			return api.Only(out), nil
		})
	api.Add(a, op("import-map", http.MethodPost, "/map-files", "Make a map of a file", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			Lenient bool `query:"lenient" doc:"Leave measures out whose measure, channel or topic is not here."`
			Body    map[string]any
		}) (*api.One[ImportedMap], error) {
			raw, err := json.Marshal(in.Body)
			if err != nil {
				return nil, err
			}
			got, err := s.Import(ctx, bytes.NewReader(raw), strategy.Lookups{}, in.Lenient)
			if err != nil {
				return nil, err
			}
			left := got.LeftOut
			if left == nil {
				left = []string{}
			}
			return api.Only(ImportedMap{full(got.Map), left}), nil
		})
	partOperations(a, s, op)
	historyOperations(a, s, op)
	shareOperations(a, s, op)
	api.Add(a, op("compare-map", http.MethodGet, "/maps/{id}/comparison", "A map at two moments", org.StrategyRead),
		func(ctx context.Context, in *struct {
			ByID
			From time.Time `query:"from" required:"true"`
			To   time.Time `query:"to" doc:"Now when absent."`
		}) (*api.One[MapComparison], error) {
			to := s.Now()
			if !in.To.IsZero() && in.To.Before(to) {
				to = in.To.UTC()
			}
			c, err := s.Compare(ctx, in.ID, in.From.UTC(), to)
			if err != nil {
				return nil, err
			}
			return api.Only(comparison(c)), nil
		})
}

func partOperations(a *api.API, s *strategy.Service, op opMaker) {
	api.Add(a, op("create-perspective", http.MethodPost, "/maps/{id}/perspectives", "Add a perspective or a step", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body PerspectiveDraft
		}) (*api.One[Perspective], error) {
			p, err := s.AddPerspective(ctx, in.ID, strategy.Perspective{Name: in.Body.Name, Within: in.Body.Within, Colour: in.Body.Colour})
			if err != nil {
				return nil, err
			}
			return api.Only(Perspective{p.ID, p.Within, p.Position, p.Name, p.Colour}), nil
		})
	api.Add(a, op("replace-perspective", http.MethodPut, "/perspectives/{id}", "Change name and colour of a perspective", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body PartDraft
		}) (*api.None, error) {
			return &api.None{}, s.ChangePerspective(ctx, strategy.Perspective{ID: in.ID, Name: in.Body.Name, Colour: in.Body.Colour})
		})
	api.Add(a, op("move-perspective", http.MethodPut, "/perspectives/{id}/place", "Move a perspective down, or up", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				By int `json:"by" minimum:"-20" maximum:"20" doc:"Places down (right, for a step); less than 0 is up."`
			}
		}) (*api.None, error) {
			return &api.None{}, s.MovePerspective(ctx, in.ID, in.Body.By)
		})
	api.Add(a, op("delete-perspective", http.MethodDelete, "/perspectives/{id}", "Remove a perspective", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Into string `query:"into" maxLength:"50" doc:"Where its objectives go."`
		}) (*api.None, error) {
			return &api.None{}, s.RemovePerspective(ctx, in.ID, in.Into)
		})
	api.Add(a, op("create-theme", http.MethodPost, "/maps/{id}/themes", "Add a theme", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body PartDraft
		}) (*api.One[MapTheme], error) {
			t, err := s.AddTheme(ctx, in.ID, strategy.Theme{Name: in.Body.Name, Colour: in.Body.Colour})
			if err != nil {
				return nil, err
			}
			return api.Only(theme(t)), nil
		})
	api.Add(a, op("replace-theme", http.MethodPut, "/themes/{id}", "Change name and colour of a theme", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body PartDraft
		}) (*api.None, error) {
			_, err := s.ChangeTheme(ctx, strategy.Theme{ID: in.ID, Name: in.Body.Name, Colour: in.Body.Colour})
			return &api.None{}, err
		})
	api.Add(a, op("delete-theme", http.MethodDelete, "/themes/{id}", "Remove a theme; its objectives stay", org.StrategyEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.RemoveTheme(ctx, in.ID)
	})
	api.Add(a, op("move-objective", http.MethodPut, "/objectives/{id}/place", "Put an objective into a perspective, before another one", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			ByID
			Body struct {
				Perspective string `json:"perspective" maxLength:"50"`
				Before      string `json:"before,omitempty" maxLength:"50" doc:"At the end when absent."`
			}
		}) (*api.None, error) {
			return &api.None{}, s.Move(ctx, in.ID, in.Body.Perspective, in.Body.Before)
		})
	api.Add(a, op("list-contributions", http.MethodGet, "/contributions", "List what contributes to what over all maps", org.StrategyRead),
		func(ctx context.Context, _ *struct{}) (*api.List[Contribution], error) {
			list, err := s.Contributions(ctx)
			if err != nil {
				return nil, err
			}
			out := make([]Contribution, len(list))
			for i, c := range list {
				out[i] = Contribution{c.Origin, c.Serves, c.Weight, c.Note}
			}
			return api.Listed(out, ""), nil
		})
	api.Add(a, op("create-contribution", http.MethodPost, "/contributions", "State that an objective serves one of another map", org.StrategyEdit),
		func(ctx context.Context, in *struct{ Body Contribution }) (*api.One[Contribution], error) {
			c, err := s.Contribute(ctx, strategy.Contribution{Origin: in.Body.From, Serves: in.Body.To, Weight: in.Body.Weight, Note: in.Body.Note})
			if err != nil {
				return nil, err
			}
			return api.Only(Contribution{c.Origin, c.Serves, c.Weight, c.Note}), nil
		})
	api.Add(a, op("delete-contribution", http.MethodDelete, "/contributions/{from}/{to}", "Take a contribution away", org.StrategyEdit),
		func(ctx context.Context, in *struct {
			From string `path:"from" maxLength:"50"`
			To   string `path:"to" maxLength:"50"`
		}) (*api.None, error) {
			return &api.None{}, s.Withdraw(ctx, in.From, in.To)
		})
}

func historyOperations(a *api.API, s *strategy.Service, op opMaker) {
	api.Add(a, op("list-map-changes", http.MethodGet, "/maps/{id}/changes", "What was changed on a map, newest first", org.StrategyRead),
		func(ctx context.Context, in *struct {
			ByID
			Before int64 `query:"before" minimum:"0" doc:"Only changes with a smaller number."`
			Limit  int   `query:"limit" minimum:"0" maximum:"200"`
		}) (*api.List[MapChange], error) {
			list, err := s.Changes(ctx, in.ID, in.Before, in.Limit)
			if err != nil {
				return nil, err
			}
			out := make([]MapChange, len(list))
			for i, c := range list {
				out[i] = change(c)
			}
			return api.Listed(out, ""), nil
		})
	back := func(id, path, summary string, do func(context.Context, string) (strategy.Change, error)) {
		o := op(id, http.MethodPost, path, summary, org.StrategyEdit)
		api.Add(a, o, func(ctx context.Context, in *ByID) (*api.One[MapChange], error) {
			c, err := do(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return api.Only(change(c)), nil
		})
	}
	back("undo-map-change", "/maps/{id}/undo", "Take back the last change that one made oneself", s.Undo)
	back("redo-map-change", "/maps/{id}/redo", "Bring back what was taken back last", s.Redo)
}

func shareOperations(a *api.API, s *strategy.Service, op opMaker) {
	api.Add(a, op("list-map-shares", http.MethodGet, "/maps/{id}/shares", "List the links with which a map is read", org.StrategyEdit),
		func(ctx context.Context, in *ByID) (*api.List[MapShare], error) {
			list, err := s.Shares(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			out := make([]MapShare, len(list))
			for i, l := range list {
				out[i] = share(l)
			}
			return api.Listed(out, ""), nil
		})
	made := op("create-map-share", http.MethodPost, "/maps/{id}/shares", "Make a link with which anybody reads a map until it ends", org.StrategyEdit)
	made.Secret = true // the answer holds the link, of which only the digest is kept
	api.Add(a, made,
		func(ctx context.Context, in *struct {
			ByID
			Body MapShareDraft
		}) (*api.One[MapShare], error) {
			secret, l, err := s.MakeShare(ctx, strategy.Share{Map: in.ID, Label: in.Body.Label, Shows: strategy.Shows(in.Body.Shows)}, time.Duration(in.Body.Days)*24*time.Hour)
			if err != nil {
				return nil, err
			}
			out := share(l)
			out.Path = strategy.SharedPath + secret
			return api.Only(out), nil
		})
	api.Add(a, op("revoke-map-share", http.MethodDelete, "/map-shares/{id}", "Make a link useless", org.StrategyEdit), func(ctx context.Context, in *ByID) (*api.None, error) {
		return &api.None{}, s.RevokeShare(ctx, in.ID)
	})
}
