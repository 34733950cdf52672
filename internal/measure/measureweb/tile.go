package measureweb

import (
	"context"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/web/ui"
)

// current is the tile of this period on the page of one measure.
func current(ctx context.Context, v view, r measure.Report) ui.StatProps {
	p := statOf(ctx, v, r)
	p.Label, p.Href, p.Trend = i18n.T(ctx, "measure.now"), v.to("/measures/"+r.Measure.ID+"/rows", "at", v.moment()), nil
	if r.Measure.Unit == kpi.Seconds {
		p.Label = i18n.T(ctx, "measure.median")
	}
	return p
}

// tail is the tile of the ninetieth percentile of a wait.
func tail(ctx context.Context, v view, r measure.Report) ui.StatProps {
	f := waitOf(ctx, r.Measure, r.Result.P90)
	note := i18n.T(ctx, "measure.p90_about")
	if f.note != "" {
		note = f.note
	}
	return ui.StatProps{Label: i18n.T(ctx, "measure.p90"), Value: f.value, Interval: f.interval, N: r.Result.P90.N, Note: note, Href: v.to("/measures/"+r.Measure.ID+"/rows", "at", v.moment())}
}

// former is the tile of the period before.
func former(ctx context.Context, v view, r measure.Report) ui.StatProps {
	f := figureOf(ctx, r.Measure, r.Before)
	return ui.StatProps{Label: i18n.T(ctx, "measure.before"), Value: f.value, Unit: f.unit, Interval: f.interval, N: r.Before.N, Note: f.note,
		Href: v.rowsOf(r.Measure, r.Before.Window, i18n.Zone(ctx))}
}

// denominator is what a measure is divided by: of a share all that is in n.
func denominator(ctx context.Context, m kpi.Measure) string {
	switch m.Unit {
	case kpi.Share:
		var parts []string
		for _, p := range m.Parts {
			if p.Role == kpi.Numerator || p.Role == kpi.Denominator {
				parts = append(parts, i18n.T(ctx, "measure.part."+p.ID))
			}
		}
		return strings.Join(parts, " + ")
	case kpi.Points, kpi.Score, kpi.Index, kpi.Ratio:
		return i18n.T(ctx, "measure.denominator_formula")
	}
	return i18n.T(ctx, "measure.denominator_none")
}

func least(ctx context.Context, m kpi.Measure) string {
	if m.MinN == 0 {
		return i18n.T(ctx, "measure.min_n_none")
	}
	return i18n.T(ctx, "measure.min_n_value", "N", count(ctx, m.MinN))
}
