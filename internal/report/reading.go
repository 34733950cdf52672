package report

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/report/tell"
)

// Reading is a tile with what it shows.
type Reading struct {
	Tile     Tile
	Measure  kpi.Measure
	Missing  []measure.Need // then there is nothing to show
	Window   measure.Window
	Result   measure.Result
	Against  measure.Result // what it is compared with, when Compared
	Compared bool
	Partly   bool // not all was told yet in what it is compared with, so there is no Change
	Change   measure.Change
	Points   []measure.Point
	Slices   []measure.Slice
	Problem  *problem.Problem // why it cannot be shown, such as a measure that is gone
}

// Read works out a tile at a moment, by the calendar of ctx. What keeps it from being shown stands in Problem; an error is ours.
func (s *Service) Read(ctx context.Context, t Tile, now time.Time) (Reading, error) {
	zone := i18n.Zone(ctx)
	r := Reading{Tile: t, Window: measure.Last(t.Days, now, zone)}
	err := s.read(ctx, &r, zone)
	if p := problem.Of(err); err != nil && (p.Code == problem.Invalid || p.Code == problem.Missing) {
		r.Problem, err = p, nil
	}
	return r, err
}

func (s *Service) read(ctx context.Context, r *Reading, zone *time.Location) (err error) {
	t := r.Tile
	if r.Measure, err = s.measures.Find(t.Measure); err != nil {
		return err
	}
	if r.Missing, err = s.measures.Missing(ctx, r.Measure); err != nil || len(r.Missing) > 0 {
		return err
	}
	rep, err := s.measures.Report(ctx, t.Measure, r.Window, t.Step, t.Filter)
	if err != nil {
		return err
	}
	r.Result, r.Points = rep.Result, rep.Points
	switch t.Compare {
	case WithBefore:
		r.Against, r.Compared = rep.Before, true
	case WithLastYear:
		if r.Against, err = s.measures.Compute(ctx, t.Measure, r.Window.LastYear(zone), t.Filter); err != nil {
			return err
		}
		r.Compared = true
	}
	if r.Compared {
		whole, err := s.measures.Comparable(ctx, r.Measure, &r.Against)
		if err != nil {
			return err
		}
		r.Partly = !whole
	}
	if r.Compared && !r.Partly {
		if r.Change = rep.Change; t.Compare != WithBefore || t.Statistic != Whole {
			r.Change = t.Statistic.change(r.Measure, r.Result, r.Against)
		}
	}
	if t.By != "" && (t.Kind == Bars || t.Kind == Table) {
		r.Slices, err = s.measures.By(ctx, t.Measure, r.Window, t.Filter, t.By)
	}
	return err
}

// Moved says how the number moved against what it is compared with, or why that cannot be said; good as tell.Change says it.
func (r Reading) Moved(ctx context.Context) (text string, good int) {
	against := i18n.T(ctx, "report.against."+string(r.Tile.Compare))
	switch {
	case !r.Compared:
		return "", 0
	case r.Against.Why == measure.Untold:
		return i18n.T(ctx, "report.change.untold", "Against", against), 0
	case r.Partly:
		return i18n.T(ctx, "report.change.partly", "Against", against), 0
	}
	return tell.Change(ctx, r.Measure, r.Tile.Statistic.Unit(r.Measure), r.Result.Currency, r.Change, string(r.Tile.Compare))
}

// Of is the number that a statistic takes from a result; a wait is in seconds.
func (k Statistic) Of(m kpi.Measure, r measure.Result) stat.Estimate {
	switch {
	case k == Count:
		return stat.Exact(float64(r.N), r.N)
	case m.Unit != kpi.Seconds:
		return r.Value
	case k == P90:
		return r.P90.In(time.Second)
	}
	return r.Median.In(time.Second)
}

// Unit is what that number is counted in.
func (k Statistic) Unit(m kpi.Measure) kpi.Unit {
	if k == Count {
		return kpi.Number
	}
	return m.Unit
}

// change holds two numbers against each other as measure does: shares by the interval of their difference, counts of everything exactly,
// anything else by whether the intervals meet.
func (k Statistic) change(m kpi.Measure, now, before measure.Result) measure.Change {
	a, b := k.Of(m, now), k.Of(m, before)
	if now.Currency != before.Currency || !a.Defined() || !b.Defined() || a.Beyond || b.Beyond {
		return measure.Change{}
	}
	c := measure.Change{By: a.Value - b.Value, Known: true}
	switch {
	case k == Count:
		x, y := stat.Count(now.N), stat.Count(before.N)
		c.Clear = !x.Overlaps(y)
	case m.Interval == kpi.ExactNumber:
		c.Clear = c.By != 0
	case !a.OK() || !b.OK() || !a.Bounded || !b.Bounded:
	case m.Unit == kpi.Share && m.Interval == kpi.Wilson && a.N == now.N && b.N == before.N:
		d := stat.ShareDifference(numerator(now), now.N, numerator(before), before.N)
		c.Clear = d.Bounded && (d.Low > 0 || d.High < 0)
	default:
		c.Clear = !a.Overlaps(b)
	}
	return c
}

func numerator(r measure.Result) int {
	n := 0
	for _, p := range r.Parts {
		if p.Role == kpi.Numerator {
			n += p.N
		}
	}
	return n
}

// RowsPath is where the rows behind a number are listed: the same days by the calendar of ctx, read at the same moment, narrowed alike.
func RowsPath(ctx context.Context, id string, w measure.Window, f measure.Filter) string {
	return path(ctx, "/measures/"+id+"/rows", w, f)
}

// MeasurePath is the page of a measure over the same days, narrowed alike.
func MeasurePath(ctx context.Context, id string, w measure.Window, f measure.Filter) string {
	return path(ctx, "/measures/"+id, w, f)
}

func path(ctx context.Context, to string, w measure.Window, f measure.Filter) string {
	zone := i18n.Zone(ctx)
	q := url.Values{"period": {"custom"}, "from": {w.From.In(zone).Format(time.DateOnly)}, "to": {w.To.Add(-time.Microsecond).In(zone).Format(time.DateOnly)},
		"at": {strconv.FormatInt(w.To.UnixMicro(), 10)}}
	for _, p := range Narrowed(f) {
		q.Set(string(p.By), p.Value)
	}
	return to + "?" + q.Encode()
}

// Narrowing is a dimension with the value it is narrowed to.
type Narrowing = kpi.Narrowing

// Narrowed lists what a filter narrows.
func Narrowed(f measure.Filter) []Narrowing { return f.Narrowed() }
