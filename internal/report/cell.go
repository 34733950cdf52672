package report

import (
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
)

// Cell is one number that a tile shows.
type Cell struct {
	What     string // "now", the comparison, "step", or the name of a value of a dimension
	Window   measure.Window
	Unit     kpi.Unit
	Currency string
	Value    stat.Estimate
	N        int // behind it
}

// Cells lists the numbers of a tile: the one of the window, what it is compared with, then its parts or its steps. name says what a value of a
// dimension is called.
func (r Reading) Cells(name func(kpi.Dimension, measure.Choice) string) []Cell {
	if r.Problem != nil || len(r.Missing) > 0 {
		return nil
	}
	of := func(what string, x measure.Result) Cell {
		k := r.Tile.Statistic
		return Cell{what, x.Window, k.Unit(r.Measure), x.Currency, k.Of(r.Measure, x), x.N}
	}
	out := []Cell{of("now", r.Result)}
	if r.Compared {
		out = append(out, of(string(r.Tile.Compare), r.Against))
	}
	for _, sl := range r.Slices {
		out = append(out, of(name(r.Tile.By, sl.Value), sl.Result))
	}
	if r.Tile.Kind == Line || r.Tile.Kind == Table && r.Tile.By == "" {
		for _, p := range r.Points {
			out = append(out, of("step", p.Result))
		}
	}
	return out
}
