package strategyapi

import (
	"context"
	"net/http"
	"time"

	"github.com/entente/entente/internal/api"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/strategy"
)

// MapComparison is a map at two moments.
type MapComparison struct {
	Before     Evaluation          `json:"before"`
	After      Evaluation          `json:"after"`
	Objectives []ComparedObjective `json:"objectives"`
	Changes    []MapChange         `json:"changes" doc:"Of the map in between, newest first, 100 at most."`
}

// ComparedObjective is what became of an objective.
type ComparedObjective struct {
	Objective string            `json:"objective"`
	Name      map[string]string `json:"name"`
	Added     bool              `json:"added"`
	Removed   bool              `json:"removed"`
	Renamed   bool              `json:"renamed"`
	Moved     bool              `json:"moved"`
	Measures  []ComparedMeasure `json:"measures"`
}

// ComparedMeasure is a number then and now.
type ComparedMeasure struct {
	ID      string   `json:"id"`
	Verdict string   `json:"verdict" enum:"clear,chance,unknown,redefined" doc:"Whether chance alone would seldom make such a difference."`
	By      *float64 `json:"by,omitempty" doc:"In the unit of the measure."`
	Low     *float64 `json:"low,omitempty" doc:"Of the 95 % interval of the difference."`
	High    *float64 `json:"high,omitempty" doc:"Of the 95 % interval of the difference."`
}

func comparison(c strategy.Comparison) MapComparison {
	out := MapComparison{Before: evaluation(c.Before), After: evaluation(c.After), Objectives: []ComparedObjective{}, Changes: []MapChange{}}
	for _, o := range c.Objectives {
		x := ComparedObjective{Added: o.Added(), Removed: o.Removed(), Renamed: o.Renamed, Moved: o.Moved, Measures: []ComparedMeasure{}}
		st := o.After
		if st == nil {
			st = o.Before
		}
		x.Objective, x.Name = st.ID, st.Name
		for _, m := range o.Measures {
			r := m.After
			if r == nil {
				r = m.Before
			}
			y := ComparedMeasure{ID: r.ID, Verdict: string(m.Verdict)}
			if m.Verdict == strategy.Clear || m.Verdict == strategy.Chance {
				y.By, y.Low, y.High = &m.By, &m.Low, &m.High
			}
			x.Measures = append(x.Measures, y)
		}
		out.Objectives = append(out.Objectives, x)
	}
	for _, k := range c.Changes {
		out.Changes = append(out.Changes, change(k))
	}
	return out
}

// Sight is the line of sight of an objective.
type Sight struct {
	Objective string     `json:"objective"`
	Above     []Above    `json:"above" doc:"What it leads to, nearest first, over all maps."`
	Edges     [][]string `json:"edges" doc:"Pairs: the first leads to the second."`
	Behind    []Behind   `json:"behind"`
}

// Above is an objective that another one leads to.
type Above struct {
	Objective string            `json:"objective"`
	Name      map[string]string `json:"name"`
	Map       string            `json:"map"`
	Depth     int               `json:"depth"`
	State     string            `json:"state" enum:"on-track,watch,off,unknown"`
}

// Behind is what stands behind a measure.
type Behind struct {
	ID   string     `json:"id" doc:"Of the measure of the objective."`
	Rows []SightRow `json:"rows" doc:"The last five that it counts."`
}

// SightRow is something that a measure counts.
type SightRow struct {
	Of    string    `json:"of" doc:"post, conversation, fact or person."`
	ID    string    `json:"id"`
	At    time.Time `json:"at"`
	Title string    `json:"title,omitempty" doc:"For those who may read it."`
}

func sightOperation(a *api.API, s *strategy.Service, op opMaker) {
	api.Add(a, op("see-objective", http.MethodGet, "/objectives/{id}/sight", "From an objective up to value and down to what was said last", org.StrategyRead),
		func(ctx context.Context, in *ByID) (*api.One[Sight], error) {
			v, err := s.Sight(ctx, in.ID, s.Now())
			if err != nil {
				return nil, err
			}
			out := Sight{Objective: in.ID, Above: []Above{}, Edges: [][]string{}, Behind: []Behind{}}
			for _, x := range v.Above {
				out.Above = append(out.Above, Above{x.Standing.ID, x.Standing.Name, x.Map.ID, x.Depth, x.Standing.Rolled.State.String()})
			}
			for _, e := range v.Edges {
				out.Edges = append(out.Edges, []string{e[0], e[1]})
			}
			for _, b := range v.Behind {
				y := Behind{ID: b.Reading.ID, Rows: []SightRow{}}
				for _, r := range b.Rows {
					y.Rows = append(y.Rows, SightRow{string(r.Of), r.ID, r.At, r.Title})
				}
				out.Behind = append(out.Behind, y)
			}
			return api.Only(out), nil
		})
}
