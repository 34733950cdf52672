package measureweb

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/web/ui"
	"github.com/entente/entente/internal/web/ui/chart"
)

// plain is the unit of a measure's values, without its word.
func plain(u kpi.Unit) chart.Unit {
	switch u {
	case kpi.Share:
		return chart.Share(0)
	case kpi.Seconds:
		return chart.Duration()
	case kpi.Points, kpi.Hours, kpi.Index:
		return chart.Count("", 1)
	case kpi.Score:
		return chart.Count("", 2)
	case kpi.Ratio:
		return chart.Share(2)
	}
	if u.Things() {
		return chart.Whole("", "")
	}
	return chart.Count("", 0)
}

// inUnit is plain, of an amount in a currency.
func inUnit(u kpi.Unit, currency string) chart.Unit {
	if u == kpi.Money {
		return chart.Money(currency)
	}
	return plain(u)
}

// spoken is the unit with its word, for the head of an axis.
func spoken(ctx context.Context, u kpi.Unit) chart.Unit {
	switch u {
	case kpi.Share, kpi.Seconds, kpi.Ratio:
		return plain(u)
	case kpi.Points, kpi.Hours, kpi.Index:
		return chart.Count(short(ctx, u), 1)
	case kpi.Score:
		return chart.Count(short(ctx, u), 2)
	}
	if u.Things() {
		return chart.Whole("measure.count."+string(u), short(ctx, u))
	}
	return chart.Count(short(ctx, u), 0)
}

// short is the word beside several, "" where the number says it.
func short(ctx context.Context, u kpi.Unit) string { return measure.Word(ctx, u, 2) }

func name(ctx context.Context, m kpi.Measure) string { return measure.Name(ctx, m) }

// valueName is what a value of a dimension is called.
func valueName(ctx context.Context, by kpi.Dimension, c measure.Choice) string {
	switch by {
	case kpi.ByLanguage:
		return i18n.Language(ctx, c.ID)
	case kpi.ByKind:
		if key := "enrich.kinds." + c.ID; i18n.Has(key) {
			return i18n.T(ctx, key)
		}
	}
	return c.Name
}

func word(ctx context.Context, m kpi.Measure, about string) string {
	if m.Section == kpi.Own {
		switch about {
		case "about":
			if m.About != "" {
				return m.About
			}
			return i18n.T(ctx, "own.made_by")
		case "formula":
			return i18n.T(ctx, "own.in_words", "Formula", m.Formula)
		}
		return i18n.T(ctx, "own.generic."+about)
	}
	return i18n.T(ctx, "measure."+m.ID+"."+about)
}

// inSymbols is the formula; some have words in them, which are those of the reader.
func inSymbols(ctx context.Context, m kpi.Measure) string {
	if key := "measure." + m.ID + ".symbols"; i18n.Has(key) {
		return i18n.T(ctx, key)
	}
	return m.Formula
}

// figure is a number ready to read.
type figure struct{ value, unit, interval, note string }

func figureOf(ctx context.Context, m kpi.Measure, r measure.Result) figure {
	if m.Unit == kpi.Seconds && r.Why == "" {
		return waitOf(ctx, m, r.Median)
	}
	u := inUnit(m.Unit, r.Currency)
	f := figure{value: u.Write(ctx, r.Value.Value), unit: measure.Word(ctx, m.Unit, r.Value.Value)}
	switch {
	case !r.Value.Defined() && r.Why != "":
		return figure{value: "–", note: i18n.T(ctx, "measure.why."+r.Why, "Currencies", strings.Join(r.Currencies, ", "))}
	case !r.Value.Defined():
		return figure{value: "–", note: i18n.T(ctx, "measure.nothing")}
	case r.Value.Grade == stat.TooFew:
		f.note = tooFew(ctx, m, r.Value.N)
	case m.Interval == kpi.ExactNumber:
		f.note = i18n.T(ctx, "measure.exact")
	}
	if r.Value.Bounded {
		f.interval = between(ctx, u, r.Value.Low, r.Value.High)
	}
	return f
}

func waitOf(ctx context.Context, m kpi.Measure, w stat.Wait) figure {
	u := chart.Duration()
	f := figure{value: u.Write(ctx, w.Value.Seconds())}
	switch {
	case !w.Defined():
		return figure{value: "–", note: i18n.T(ctx, "measure.nothing")}
	case !w.Reached:
		f.value = i18n.T(ctx, "measure.more_than", "Value", u.Write(ctx, w.Beyond.Seconds()))
	}
	switch {
	case w.HighReached:
		f.interval = between(ctx, u, w.Low.Seconds(), w.High.Seconds())
	case w.Reached:
		f.interval = i18n.T(ctx, "measure.at_least", "Low", u.Write(ctx, w.Low.Seconds()))
	}
	if w.N < m.MinN {
		f.note = tooFew(ctx, m, w.N)
	}
	return f
}

func tooFew(ctx context.Context, m kpi.Measure, n int) string {
	return i18n.T(ctx, "measure.too_few_of", "N", count(ctx, n), "Min", count(ctx, m.MinN))
}

func between(ctx context.Context, u chart.Unit, low, high float64) string {
	return i18n.T(ctx, "measure.between", "Low", u.Write(ctx, low), "High", u.Write(ctx, high))
}

func count(ctx context.Context, n int) string { return i18n.Number(ctx, float64(n), 0) }

// changeOf says how a number moved; it is coloured only when chance would seldom do as much and one way is better.
func changeOf(ctx context.Context, r measure.Report) (string, ui.Tone) {
	c, m := r.Change, r.Measure
	if !c.Known {
		return "", ui.Neutral
	}
	if c.By == 0 {
		return i18n.T(ctx, "measure.change.same"), ui.Neutral
	}
	sign := "+"
	if c.By < 0 {
		sign = "−"
	}
	by := sign + inUnit(m.Unit, r.Result.Currency).Write(ctx, math.Abs(c.By))
	if unit := short(ctx, m.Unit); m.Unit == kpi.Points {
		by += "\u00a0" + unit
	} else if m.Unit == kpi.Share {
		by = sign + i18n.Number(ctx, math.Abs(c.By)*100, 1) + "\u00a0" + short(ctx, kpi.Points)
	}
	if c.TooFew {
		return i18n.T(ctx, "measure.change.few", "By", by), ui.Neutral
	}
	if !c.Clear {
		return i18n.T(ctx, "measure.change.noise", "By", by), ui.Neutral
	}
	tone := ui.Neutral
	if m.Interval != kpi.ExactNumber && (m.Better == kpi.Higher || m.Better == kpi.Lower) {
		tone = ui.Danger
		if (c.By > 0) == (m.Better == kpi.Higher) {
			tone = ui.Success
		}
	}
	return i18n.T(ctx, "measure.change.clear", "By", by), tone
}

func statOf(ctx context.Context, v view, r measure.Report) ui.StatProps {
	m, f := r.Measure, figureOf(ctx, r.Measure, r.Result)
	change, tone := changeOf(ctx, r)
	notes := []string{}
	if f.note != "" {
		notes = append(notes, f.note)
	}
	if r.Result.Of > 0 && m.Of == kpi.OfPosts && m.Unit != kpi.Ratio {
		notes = append(notes, i18n.T(ctx, "measure.coverage", "N", count(ctx, r.Result.N), "Of", count(ctx, r.Result.Of)))
	}
	if r.Result.Open > 0 {
		notes = append(notes, i18n.T(ctx, "measure.still_open", "N", count(ctx, r.Result.Open)))
	}
	if r.Result.LeftOut > 0 {
		notes = append(notes, i18n.N(ctx, "measure.left_out", r.Result.LeftOut))
	}
	if r.Result.Raw.Defined() {
		notes = append(notes, i18n.T(ctx, "measure.raw_value", "Value", plain(m.Unit).Write(ctx, r.Result.Raw.Value)))
	}
	label := name(ctx, m)
	if m.Unit == kpi.Seconds {
		label += " (" + strings.ToLower(i18n.T(ctx, "measure.median")) + ")"
	}
	return ui.StatProps{Label: label, Value: f.value, Unit: f.unit, N: r.Result.N, Interval: f.interval, Change: change, Tone: tone,
		Note: strings.Join(notes, " · "), Href: v.to("/measures/" + m.ID),
		Trend: chart.Spark(chart.SparkProps{Label: name(ctx, m), Unit: inUnit(m.Unit, r.Result.Currency), Values: trend(r), Low: bound(r, false), High: bound(r, true)})}
}

// drawn reports whether a point goes into a chart: of a volume, a step that is cut short would look like a fall.
func drawn(r measure.Report, p measure.Point) bool {
	return p.Value.Defined() && !(p.Short && r.Measure.Unit == kpi.Posts && len(r.Points) > 2)
}

func trend(r measure.Report) []float64 {
	out := make([]float64, len(r.Points))
	for i, p := range r.Points {
		out[i] = chart.Missing()
		if drawn(r, p) {
			out[i] = p.Value.Value
		}
	}
	return out
}

// bound is one end of the intervals along trend.
func bound(r measure.Report, high bool) []float64 {
	out := make([]float64, len(r.Points))
	for i, p := range r.Points {
		out[i] = chart.Missing()
		v := p.Value
		if !drawn(r, p) || !v.Bounded {
			continue
		}
		if out[i] = v.Low; high {
			out[i] = v.High
		}
	}
	return out
}

// course draws a report over time.
func course(ctx context.Context, v view, r measure.Report) chart.LinesProps {
	m := r.Measure
	unit := spoken(ctx, m.Unit)
	if m.Unit == kpi.Money {
		unit = chart.Money(r.Result.Currency)
	}
	p := chart.LinesProps{Title: name(ctx, m), Unit: unit, FromZero: m.Unit != kpi.Points, Note: i18n.T(ctx, "measure.chart_note")}
	if m.Stock {
		p.Note = i18n.T(ctx, "measure.chart_stock")
	}
	if v.widened {
		p.Note = i18n.T(ctx, "measure.widened."+string(v.Step)) + " " + p.Note
	}
	if m.Unit == kpi.Share {
		one := 1.0
		p.Top = &one
	}
	at := func(q measure.Point) time.Time {
		if m.Stock {
			return q.Window.To
		}
		return q.Window.From
	}
	first := chart.Series{Name: name(ctx, m)}
	if m.Unit == kpi.Seconds {
		first.Name = i18n.T(ctx, "measure.median")
	}
	raw, corrected := chart.Series{Name: i18n.T(ctx, "measure.raw"), Dashed: true}, false
	last, reached := chart.Series{Name: i18n.T(ctx, "measure.p90"), Dashed: true}, false
	for _, q := range r.Points {
		rows := ""
		if q.N > 0 {
			rows = v.rowsIn(m, q.Window, i18n.Zone(ctx))
		}
		if m.Unit == kpi.Seconds {
			median := waitPoint(at(q), q.Median)
			median.Href = rows
			first.Points = append(first.Points, median)
			p90 := waitPoint(at(q), q.P90)
			p90.Low, p90.High = 0, 0 // two bands over each other cannot be read
			last.Points = append(last.Points, p90)
			reached = reached || q.P90.Reached
			continue
		}
		c := chart.Point{At: at(q), Value: chart.Missing(), N: q.N, Href: rows}
		if drawn(r, q) {
			c.Value = q.Value.Value
			if q.Value.Bounded {
				c.Low, c.High = q.Value.Low, q.Value.High
			}
		}
		first.Points = append(first.Points, c)
		c.Low, c.High = 0, 0 // two bands over each other cannot be read
		if c.Value = chart.Missing(); drawn(r, q) && q.Raw.Defined() {
			c.Value, corrected = q.Raw.Value, true
		}
		raw.Points = append(raw.Points, c)
	}
	p.Series = []chart.Series{first}
	if corrected {
		p.Series = append(p.Series, raw)
	}
	if reached {
		p.Series = append(p.Series, last)
	}
	return p
}

func waitPoint(at time.Time, w stat.Wait) chart.Point {
	c := chart.Point{At: at, Value: chart.Missing(), N: w.N}
	if w.Reached {
		c.Value = w.Value.Seconds()
		if w.HighReached {
			c.Low, c.High = w.Low.Seconds(), w.High.Seconds()
		}
	}
	return c
}

// alike says whether two groups that are compared moved alike before, or which facts it takes to know; "" of other measures.
func alike(ctx context.Context, r measure.Result) string {
	i := slices.IndexFunc(r.Terms, func(t kpi.Term) bool { return t.ID == kpi.PreTrend })
	if i < 0 {
		return ""
	}
	switch v := r.Terms[i].Value; {
	case !v.Bounded:
		return i18n.N(ctx, "measure.pretrend.missing", v.N)
	case v.Low <= 0 && v.High >= 0:
		return i18n.N(ctx, "measure.pretrend.alike", v.N)
	default:
		return i18n.N(ctx, "measure.pretrend.apart", v.N)
	}
}
