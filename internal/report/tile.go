package report

import (
	"context"
	"errors"
	"slices"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
)

// Kind is how a tile shows its measure.
type Kind string

// The kinds.
const (
	Figure Kind = "number" // with its change and its interval
	Line   Kind = "line"   // over time
	Bars   Kind = "bars"   // by the values of a dimension
	Table  Kind = "table"  // the same, or step by step, in words
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{Figure, Line, Bars, Table} }

// Statistic is which number of a measure is shown.
type Statistic string

// The statistics: the measure's own (of a wait the median), the ninetieth percentile of a wait, and how many are behind it.
const (
	Whole Statistic = ""
	P90   Statistic = "p90"
	Count Statistic = "n"
)

// Compare is what a number is held against.
type Compare string

// The comparisons.
const (
	WithBefore   Compare = "before"
	WithLastYear Compare = "last_year"
	WithNothing  Compare = "none"
)

// Compares lists the comparisons.
func Compares() []Compare { return []Compare{WithBefore, WithLastYear, WithNothing} }

// Spans lists how many days a window can have, ending today.
func Spans() []int { return []int{7, 30, 90, 182, 365} }

// Tile is one number, drawing or table of a dashboard.
type Tile struct {
	ID        string         `json:"id"`
	Kind      Kind           `json:"kind"`
	Title     string         `json:"title,omitempty"` // "" is the name of the measure
	Measure   string         `json:"measure"`
	Statistic Statistic      `json:"statistic,omitempty"`
	Filter    measure.Filter `json:"filter"`
	Days      int            `json:"days"`
	Step      measure.Step   `json:"step"`
	By        kpi.Dimension  `json:"by,omitempty"`
	Compare   Compare        `json:"compare"`
	Width     int            `json:"width"` // 1 to 3 columns
}

// check fills in what is not said and refuses what cannot be shown.
func (s *Service) check(t *Tile) error {
	m, err := s.measures.Find(t.Measure)
	if err != nil {
		return problem.New(problem.Invalid, "report.measure_unknown").On("measure").Because(err)
	}
	var errs []error
	refuse := func(field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(field))
	}
	if t.Title, err = text(t.Title, "title", maxName); err != nil {
		errs = append(errs, err)
	}
	if t.Kind == "" {
		t.Kind = Figure
	}
	if t.Days == 0 {
		t.Days = 30
	}
	if t.Step == "" {
		t.Step = measure.Week
	}
	if t.Compare == "" {
		t.Compare = WithBefore
	}
	t.Width = min(max(t.Width, 1), 3)
	if !slices.Contains(Kinds(), t.Kind) {
		refuse("kind", "report.kind_unknown")
	}
	if !slices.Contains([]Statistic{Whole, P90, Count}, t.Statistic) || t.Statistic == P90 && m.Unit != kpi.Seconds {
		refuse("statistic", "report.statistic_unknown")
	}
	if !slices.Contains(Spans(), t.Days) {
		refuse("days", "report.days_unknown")
	}
	if !slices.Contains(measure.Steps(), t.Step) {
		refuse("step", "measure.step_unknown")
	}
	if !slices.Contains(Compares(), t.Compare) {
		refuse("compare", "report.compare_unknown")
	}
	if t.Kind == Bars && t.By == "" {
		refuse("by", "report.by_missing")
	}
	if t.By != "" && !slices.Contains(m.Dims, t.By) {
		refuse("by", "report.by_not")
	}
	if measure.Narrows(m, t.Filter) != t.Filter {
		refuse("filter", "report.filter_not")
	}
	return errors.Join(errs...)
}

// AddTile puts a tile at the end of a dashboard.
func (s *Service) AddTile(ctx context.Context, dashboard string, t Tile) (Dashboard, error) {
	return s.change(ctx, dashboard, "report.tile_added", func(d *Dashboard) error {
		if len(d.Tiles) >= MaxTiles {
			return problem.New(problem.Conflict, "report.too_many_tiles", "Max", MaxTiles)
		}
		t.ID = s.newID()
		d.Tiles = append(d.Tiles, t)
		return s.check(&d.Tiles[len(d.Tiles)-1])
	})
}

// ChangeTile replaces a tile.
func (s *Service) ChangeTile(ctx context.Context, dashboard string, t Tile) (Dashboard, error) {
	return s.onTile(ctx, dashboard, t.ID, "report.tile_changed", func(d *Dashboard, i int) error {
		d.Tiles[i] = t
		return s.check(&d.Tiles[i])
	})
}

// RemoveTile removes a tile.
func (s *Service) RemoveTile(ctx context.Context, dashboard, tile string) (Dashboard, error) {
	return s.onTile(ctx, dashboard, tile, "report.tile_removed", func(d *Dashboard, i int) error {
		d.Tiles = slices.Delete(d.Tiles, i, i+1)
		return nil
	})
}

// MoveTile moves a tile by so many places; at the ends it stays.
func (s *Service) MoveTile(ctx context.Context, dashboard, tile string, by int) (Dashboard, error) {
	return s.onTile(ctx, dashboard, tile, "report.tile_moved", func(d *Dashboard, i int) error {
		t := d.Tiles[i]
		d.Tiles = slices.Delete(d.Tiles, i, i+1)
		d.Tiles = slices.Insert(d.Tiles, min(max(i+min(max(by, -MaxTiles), MaxTiles), 0), len(d.Tiles)), t)
		return nil
	})
}

// WidenTile makes a tile so many columns wider, or narrower.
func (s *Service) WidenTile(ctx context.Context, dashboard, tile string, by int) (Dashboard, error) {
	return s.onTile(ctx, dashboard, tile, "report.tile_changed", func(d *Dashboard, i int) error {
		d.Tiles[i].Width = min(max(d.Tiles[i].Width+min(max(by, -3), 3), 1), 3)
		return nil
	})
}

func (s *Service) onTile(ctx context.Context, dashboard, tile, action string, do func(d *Dashboard, i int) error) (Dashboard, error) {
	change := func(d *Dashboard) error {
		i := slices.IndexFunc(d.Tiles, func(t Tile) bool { return t.ID == tile })
		if i < 0 {
			return notFound()
		}
		return do(d, i)
	}
	return s.change(ctx, dashboard, action, change)
}
