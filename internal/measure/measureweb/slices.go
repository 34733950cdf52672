package measureweb

import (
	"context"
	"slices"
	"strings"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

// dots draws a measure broken down.
func dots(ctx context.Context, p measureProps) chart.DotsProps {
	m := p.Report.Measure
	d := chart.DotsProps{Title: i18n.T(ctx, "measure.by."+string(p.View.By)), Unit: inUnit(m.Unit, p.Report.Result.Currency), FromZero: m.Unit != kpi.Points}
	for _, s := range p.Slices {
		e := chart.Estimate{Label: valueName(ctx, p.View.By, s.Value), N: s.Result.N, Href: p.View.rowsTo(m, s.Filter), Value: chart.Missing()}
		if m.Unit == kpi.Seconds {
			if w := s.Result.Median; w.Reached {
				e.Value = w.Value.Seconds()
				if w.HighReached {
					e.Low, e.High = w.Low.Seconds(), w.High.Seconds()
				}
			}
		} else if v := s.Result.Value; v.Defined() {
			e.Value = v.Value
			if v.Bounded {
				e.Low, e.High = v.Low, v.High
			}
		}
		d.Items = append(d.Items, e)
	}
	return d
}

// dimTabs are the ways to break a measure down.
func dimTabs(ctx context.Context, p measureProps) []ui.Tab {
	path := "/measures/" + p.Report.Measure.ID
	tabs := []ui.Tab{{Label: i18n.T(ctx, "measure.by.none"), Href: p.View.to(path), Current: p.View.By == ""}}
	for _, d := range p.Report.Measure.Dims {
		tabs = append(tabs, ui.Tab{Label: i18n.T(ctx, "measure.by."+string(d)), Href: p.View.to(path, "by", string(d)) + "#by", Current: p.View.By == d})
	}
	return tabs
}

// needWords says what is missing, and where it can be brought.
func needWords(ctx context.Context, n measure.Need) (text, href string) {
	if text = n.Text(ctx); n.Kind == "" || org.Require(ctx, org.ImportRun) != nil {
		return text, "" // nobody can bring it, or others do
	}
	return text, "/import?format=facts&kind=" + n.Kind
}

// bring says what a line of what is missing holds, and where an example of it is and one can be stated.
func bring(ctx context.Context, n measure.Need) (what, example, form string) {
	if n.Kind == "" {
		return "", "", ""
	}
	for _, key := range []string{"measure.bring." + n.Kind + "." + strings.ReplaceAll(n.Label, "|", "_"), "measure.bring." + n.Kind} {
		if i18n.Has(key) {
			what = i18n.T(ctx, key)
			break
		}
	}
	if org.Require(ctx, org.MeasureEdit) == nil {
		form = "/business/facts/new?kind=" + n.Kind
	}
	return what, "/business/example?kind=" + n.Kind, form
}

// notBy says what a measure cannot be told apart by, and why; "" when there is nothing of that sort.
func notBy(ctx context.Context, m kpi.Measure) string {
	var names []string
	for _, d := range kpi.Dimensions() {
		if !slices.Contains(m.Dims, d) {
			names = append(names, i18n.T(ctx, "measure.dim."+string(d)))
		}
	}
	if len(names) == 0 {
		return ""
	}
	key := "measure.not_by." + string(m.Of)
	if !i18n.Has(key) {
		key = "measure.not_by"
	}
	return i18n.T(ctx, key, "List", strings.Join(names, ", "))
}

// termOf writes a number that another is worked out of.
func termOf(ctx context.Context, t kpi.Term) figure {
	return figureOf(ctx, kpi.Measure{Unit: t.Unit}, measure.Result{Value: t.Value, Currency: t.Currency})
}

// weighted reports whether terms are the sides of an index.
func weighted(terms []kpi.Term) bool {
	return slices.ContainsFunc(terms, func(t kpi.Term) bool { return t.Weight > 0 })
}

func termColumns(ctx context.Context, terms []kpi.Term) []ui.Column {
	out := []ui.Column{{Label: i18n.T(ctx, "measure.term")}, {Label: i18n.T(ctx, "measure.number_of"), Numeric: true}, {Label: i18n.T(ctx, "measure.interval_of")}, {Label: "n", Numeric: true}}
	if weighted(terms) {
		out = append(out, ui.Column{Label: i18n.T(ctx, "measure.term.weight"), Numeric: true}, ui.Column{Label: i18n.T(ctx, "measure.term.without"), Numeric: true})
	}
	return out
}

func termName(ctx context.Context, t kpi.Term) string {
	if t.Name != "" {
		return t.Name
	}
	if key := "measure.term." + t.ID; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return t.ID
}
