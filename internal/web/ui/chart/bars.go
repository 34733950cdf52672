package chart

import (
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
)

// Step is how wide in time one bar is.
type Step int

// The steps; Day is the zero value.
const (
	Day Step = iota
	Week
	Month
)

func (s Step) after(t time.Time) time.Time {
	switch s {
	case Week:
		return t.AddDate(0, 0, 7)
	case Month:
		return t.AddDate(0, 1, 0)
	}
	return t.AddDate(0, 0, 1)
}

func (s Step) text(ctx context.Context, t time.Time) string {
	switch s {
	case Week:
		return i18n.T(ctx, "ui.chart.week", "Day", i18n.Day(ctx, t))
	case Month:
		return i18n.Month(ctx, t)
	}
	return i18n.Day(ctx, t)
}

// BarsProps describes Bars. Points carry the start of their step; negative values hang below zero.
type BarsProps struct {
	Title  string
	Unit   Unit
	Step   Step
	Series []Series
	Marks  []Mark
	Note   string
	Short  bool
}

// Bars draws amounts per day, week or month, the series stacked.
func Bars(p BarsProps) templ.Component {
	return component(func(ctx context.Context) figure {
		lines := LinesProps{Title: p.Title, Unit: p.Unit, Series: tidy(p.Series), Short: p.Short}
		p.Series = lines.Series
		f := figure{title: p.Title, note: p.Note}
		if !hasValue(p.Series) {
			return f
		}
		f.legend = lines.legend(ctx)
		for _, s := range sizes() {
			f.drawings = append(f.drawings, p.draw(ctx, frame{s.width, lines.height()}, s))
		}
		f.table = lines.table(ctx, func(t time.Time) string { return p.Step.text(ctx, t) })
		return f
	})
}

// stack returns the highest and lowest reach of the stacked values at t.
func (p BarsProps) stack(t time.Time) (low, high float64) {
	for _, s := range p.Series {
		if pt, ok := at(s, t); ok && finite(pt.Value) {
			if pt.Value > 0 {
				high = math.Min(high+pt.Value, 1e300)
			} else {
				low = math.Max(low+pt.Value, -1e300)
			}
		}
	}
	return low, high
}

// rowsBehind is where the rows of a bar are listed, "" for nowhere; of several series the first says so.
func rowsBehind(series []Series, t time.Time) string {
	for _, s := range series {
		if pt, ok := at(s, t); ok && local(pt.Href) != "" {
			return pt.Href
		}
	}
	return ""
}

func (p BarsProps) draw(ctx context.Context, f frame, size size) string {
	times := moments(p.Series)
	low, high := 0.0, 0.0
	for _, t := range times {
		l, h := p.stack(t)
		low, high = math.Min(low, l), math.Max(high, h)
	}
	pl := newPlot(ctx, f, p.Unit, low, high, p.Marks)
	end := p.Step.after(times[len(times)-1])
	sp := span{times[0], end, pl.left + 2, pl.right}
	c := canvas{linked: slices.ContainsFunc(times, func(t time.Time) bool { return rowsBehind(p.Series, t) != "" })}
	c.svg(f, size.class, p.Title)
	pl.axes(ctx, &c, p.Unit)
	pl.marks(ctx, &c, sp, p.Marks)
	for _, t := range times {
		x0, x1 := sp.place(t), sp.place(p.Step.after(t))
		gap := math.Min((x1-x0)*0.18, 4)
		width := math.Min(math.Max(x1-x0-gap, 0.6), 48)
		x := x0 + (x1-x0-width)/2
		end := c.slot(rowsBehind(p.Series, t))
		if len(times) <= maxSlots {
			c.rect("hit", x0, pl.top, x1-x0, pl.bottom-pl.top)
		}
		lines := []string{p.Step.text(ctx, t)}
		up, down, total, count := 0.0, 0.0, 0.0, 0
		for i, s := range p.Series {
			pt, ok := at(s, t)
			if !ok {
				continue
			}
			text := i18n.T(ctx, "ui.chart.none")
			if finite(pt.Value) {
				text = p.Unit.Write(ctx, pt.Value)
				from, to := up, up+pt.Value
				if pt.Value < 0 {
					from, to = down, down+pt.Value
					down = to
				} else {
					up = to
				}
				total += pt.Value
				count++
				a, b := pl.y.place(from), pl.y.place(to)
				if pt.Value != 0 {
					c.rect("bar "+seriesClass(i), x, math.Min(a, b), width, math.Max(math.Abs(a-b), 0.5))
				}
			}
			if len(p.Series) > 1 {
				text = s.Name + " – " + text
			}
			lines = append(lines, text)
		}
		if count > 1 && finite(total) {
			lines = append(lines, i18n.T(ctx, "ui.chart.total")+" – "+p.Unit.Write(ctx, total))
		}
		if len(times) <= maxSlots {
			c.text("title", strings.Join(lines, "\n"))
		}
		c.close(end)
	}
	pl.dates(&c, sp, calendar(ctx, sp.first, times[len(times)-1], size.dates))
	c.close("svg")
	return c.String()
}
