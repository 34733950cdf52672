package reportweb

import (
	"context"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
	"github.com/entente/entente/internal/report/tell"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

type listPage struct {
	List   []report.Dashboard
	Owners map[string]string
	Edit   bool
}

func (h *handlers) list(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := listPage{Edit: org.Who(ctx).May(org.MeasureEdit)}
	var err error
	if p.List, err = h.s.Dashboards(ctx); err != nil {
		return err
	}
	var owners []string
	for i := range p.List {
		owners = append(owners, p.List[i].Owner)
	}
	if p.Owners, err = h.org.Names(ctx, owners); err != nil {
		return err
	}
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "report.dashboards")}, listBody(p))
}

// seenBy says in words who sees a dashboard.
func seenBy(ctx context.Context, d report.Dashboard) string {
	if len(d.Roles) == 0 {
		return i18n.T(ctx, "report.private")
	}
	out := ""
	for i, r := range d.Roles {
		if i > 0 {
			out += ", "
		}
		out += i18n.T(ctx, "org.role."+string(r))
	}
	return i18n.T(ctx, "report.shared_with", "Roles", out)
}

type showPage struct {
	Dashboard report.Dashboard
	Readings  []report.Reading
	Names     names
	Edit      bool
	At        time.Time
	Notes     *notesPart
}

func (h *handlers) show(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	p := showPage{At: h.s.Now()}
	var err error
	if p.Dashboard, err = h.s.Dashboard(ctx, r.PathValue("id")); err != nil {
		return err
	}
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	p.Edit = p.Dashboard.MayChange(ctx)
	for _, t := range p.Dashboard.Tiles {
		read, err := h.s.Read(ctx, t, p.At)
		if err != nil {
			return err
		}
		p.Readings = append(p.Readings, read)
	}
	return web.Show(w, r, web.Page{Title: p.Dashboard.Name, Wide: true}, showBody(p))
}

// title is what stands over a tile.
func title(ctx context.Context, r report.Reading) string {
	if r.Tile.Title != "" || r.Measure.ID == "" {
		return r.Tile.Title
	}
	return measureName(ctx, r.Measure)
}

// unitOf is how charts write the statistic of a tile.
func unitOf(ctx context.Context, r report.Reading) chart.Unit {
	switch u := r.Tile.Statistic.Unit(r.Measure); u {
	case kpi.Share:
		return chart.Share(0)
	case kpi.Ratio:
		return chart.Share(1)
	case kpi.Seconds:
		return chart.Duration()
	case kpi.Money:
		return chart.Money(r.Result.Currency)
	case kpi.Points, kpi.Hours, kpi.Index:
		return chart.Count(measure.Word(ctx, u, 2), 1)
	case kpi.Score:
		return chart.Count("", 2)
	default:
		if u.Things() {
			return chart.Whole("measure.count."+string(u), measure.Word(ctx, u, 2))
		}
		return chart.Count(measure.Word(ctx, u, 2), 0)
	}
}

func figure(ctx context.Context, r report.Reading) tell.Figure {
	k := r.Tile.Statistic
	return tell.Of(ctx, r.Measure, r.Result, k.Unit(r.Measure), k.Of(r.Measure, r.Result))
}

func statOf(ctx context.Context, r report.Reading, n names) ui.StatProps {
	f := figure(ctx, r)
	p := ui.StatProps{Label: title(ctx, r), Value: f.Value, Unit: f.Unit, Interval: f.Interval, N: r.Result.N, Note: f.Note, Href: report.RowsPath(ctx, r.Tile.Measure, r.Window, r.Tile.Filter)}
	var good int
	p.Change, good = r.Moved(ctx)
	switch good {
	case 1:
		p.Tone = ui.Success
	case -1:
		p.Tone = ui.Danger
	}
	var values []float64
	for _, q := range r.Points {
		v := chart.Missing()
		if e := r.Tile.Statistic.Of(r.Measure, q.Result); e.Defined() && !e.Beyond && !q.Short {
			v = e.Value
		}
		values = append(values, v)
	}
	p.Trend = chart.Spark(chart.SparkProps{Label: p.Label, Unit: unitOf(ctx, r), Values: values})
	return p
}

func lines(ctx context.Context, r report.Reading) chart.LinesProps {
	k := r.Tile.Statistic
	p := chart.LinesProps{Title: title(ctx, r), Unit: unitOf(ctx, r), FromZero: r.Measure.Unit != kpi.Points, Short: r.Tile.Width == 1}
	s := chart.Series{Name: p.Title}
	for _, q := range r.Points {
		c := chart.Point{At: q.Window.From, Value: chart.Missing(), N: q.N}
		if r.Measure.Stock {
			c.At = q.Window.To
		}
		// Of a volume, a step that is cut short would look like a fall.
		volume := k == report.Count || r.Measure.Unit == kpi.Posts || r.Measure.Unit == kpi.Conversations && !r.Measure.Stock
		if e := k.Of(r.Measure, q.Result); e.Defined() && !e.Beyond && !(q.Short && volume && len(r.Points) > 2) {
			c.Value = e.Value
			if e.Bounded {
				c.Low, c.High = e.Low, e.High
			}
		}
		s.Points = append(s.Points, c)
	}
	p.Series = []chart.Series{s}
	return p
}

func bars(ctx context.Context, r report.Reading) chart.DotsProps {
	k := r.Tile.Statistic
	p := chart.DotsProps{Title: title(ctx, r), Unit: unitOf(ctx, r), FromZero: r.Measure.Unit != kpi.Points}
	for _, sl := range r.Slices {
		e := chart.Estimate{Label: tell.Value(ctx, r.Tile.By, sl.Value.ID, sl.Value.Name), N: sl.Result.N, Value: math.NaN()}
		if v := k.Of(r.Measure, sl.Result); v.Defined() && !v.Beyond {
			e.Value = v.Value
			if v.Bounded {
				e.Low, e.High = v.Low, v.High
			}
		}
		p.Items = append(p.Items, e)
	}
	return p
}

// row is a line of a table tile.
type row struct{ Label, Value, Interval, N, Href string }

func rows(ctx context.Context, r report.Reading) []row {
	k := r.Tile.Statistic
	var out []row
	if r.Tile.By != "" {
		for _, sl := range r.Slices {
			f := tell.Of(ctx, r.Measure, sl.Result, k.Unit(r.Measure), k.Of(r.Measure, sl.Result))
			out = append(out, row{tell.Value(ctx, r.Tile.By, sl.Value.ID, sl.Value.Name), f.Whole(), f.Interval, count(ctx, sl.Result.N), report.RowsPath(ctx, r.Tile.Measure, r.Window, sl.Filter)})
		}
		return out
	}
	for _, q := range slices.Backward(r.Points) {
		f := tell.Of(ctx, r.Measure, q.Result, k.Unit(r.Measure), k.Of(r.Measure, q.Result))
		out = append(out, row{i18n.Day(ctx, q.Window.From), f.Whole(), f.Interval, count(ctx, q.N), report.RowsPath(ctx, r.Tile.Measure, q.Window, r.Tile.Filter)})
	}
	return out
}
