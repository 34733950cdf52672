package chart

import (
	"context"
	"math"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
)

// Spot is one thing with two values, each with an interval when its low is below its high.
type Spot struct {
	Label       string
	Href        string // its page on this site, "" for none
	X, Y        float64
	XLow, XHigh float64
	YLow, YHigh float64
	Open        bool // drawn hollow: not decided yet
}

// ScatterProps describes Scatter. At most 60 spots are drawn; the table has them all.
type ScatterProps struct {
	Title          string
	X, Y           Unit
	XLabel, YLabel string
	Spots          []Spot
	Even           string // the name of the line on which both are equal, "" for none
	Note           string
}

// Scatter draws one value against another, with both intervals; spots are numbered in their order, as in the list below the drawing.
func Scatter(p ScatterProps) templ.Component {
	return component(func(ctx context.Context) figure {
		f := figure{title: p.Title, note: p.Note}
		drawn := false
		for _, s := range p.Spots {
			drawn = drawn || s.placed()
		}
		if !drawn {
			return f
		}
		if p.Even != "" {
			f.legend = append(f.legend, legendItem{"target", p.Even})
		}
		for _, s := range sizes() {
			f.drawings = append(f.drawings, p.draw(ctx, frame{s.width, math.Min(s.width*0.75, 420)}, s.class))
		}
		for i, s := range p.Spots {
			f.keys = append(f.keys, key{strconv.Itoa(i + 1), s.Label, local(s.Href)})
		}
		interval := func(u Unit, low, high float64) string {
			if (Point{Low: low, High: high}).band() {
				return between(ctx, u, low, high)
			}
			return "–"
		}
		f.table.head = []string{i18n.T(ctx, "ui.chart.category"), p.XLabel, i18n.T(ctx, "ui.chart.interval"), p.YLabel, i18n.T(ctx, "ui.chart.interval")}
		for i, s := range p.Spots {
			f.table.rows = append(f.table.rows, []string{strconv.Itoa(i+1) + ". " + s.Label, p.X.Write(ctx, s.X), interval(p.X, s.XLow, s.XHigh), p.Y.Write(ctx, s.Y), interval(p.Y, s.YLow, s.YHigh)})
		}
		return f
	})
}

func (s Spot) placed() bool { return finite(s.X) && finite(s.Y) }

func (s Spot) xBand() bool { return Point{Low: s.XLow, High: s.XHigh}.band() }
func (s Spot) yBand() bool { return Point{Low: s.YLow, High: s.YHigh}.band() }

// extent is from where to where both axes go; they begin at zero at the latest.
func (p ScatterProps) extent() (xLow, xHigh, yLow, yHigh float64) {
	for _, s := range p.Spots {
		if !s.placed() {
			continue
		}
		xLow, xHigh, yLow, yHigh = math.Min(xLow, s.X), math.Max(xHigh, s.X), math.Min(yLow, s.Y), math.Max(yHigh, s.Y)
		if s.xBand() {
			xLow, xHigh = math.Min(xLow, s.XLow), math.Max(xHigh, s.XHigh)
		}
		if s.yBand() {
			yLow, yHigh = math.Min(yLow, s.YLow), math.Max(yHigh, s.YHigh)
		}
	}
	return xLow, xHigh, yLow, yHigh
}

func (p ScatterProps) draw(ctx context.Context, f frame, class string) string {
	spots := p.Spots
	if len(spots) > 60 {
		spots = spots[:60]
	}
	xLow, xHigh, yLow, yHigh := p.extent()
	wanted := 6
	if f.width < 600 {
		wanted = 4
	}
	x, y := nice(p.X, xLow, xHigh, wanted), nice(p.Y, yLow, yHigh, 5)
	left := 16.0
	for _, t := range y.ticks {
		left = math.Max(left, 14+7*float64(len([]rune(p.Y.tick(ctx, t, y.step)))))
	}
	top, bottom := 26.0, f.height-42
	x.from, x.to = left, f.width-18
	y.from, y.to = bottom, top
	c := canvas{linked: slices.ContainsFunc(spots, func(s Spot) bool { return local(s.Href) != "" })}
	c.svg(f, class, p.Title)
	c.label("tick", 0, 12, "start", p.YLabel)
	c.label("tick", x.to, f.height-4, "end", p.XLabel)
	for _, t := range y.ticks {
		c.line("gridline", x.from, y.place(t), x.to, y.place(t))
		c.label("tick", left-8, y.place(t)+4, "end", p.Y.tick(ctx, t, y.step))
	}
	for _, t := range x.ticks {
		c.line("gridline", x.place(t), top, x.place(t), bottom)
		c.label("tick", x.place(t), bottom+18, "middle", p.X.tick(ctx, t, x.step))
	}
	if p.Even != "" {
		low, high := math.Max(x.low, y.low), math.Min(x.high, y.high)
		if high > low {
			c.line("line target", x.place(low), y.place(low), x.place(high), y.place(high))
		}
	}
	for i, s := range spots {
		if !s.placed() {
			continue
		}
		at := place{x.place(s.X), y.place(s.Y)}
		text := s.Label + "\n" + p.XLabel + " – " + p.X.Write(ctx, s.X)
		if s.xBand() {
			c.line("whisker s1", x.place(s.XLow), at.y, x.place(s.XHigh), at.y)
			text += " (" + between(ctx, p.X, s.XLow, s.XHigh) + ")"
		}
		text += "\n" + p.YLabel + " – " + p.Y.Write(ctx, s.Y)
		if s.yBand() {
			c.line("whisker s1", at.x, y.place(s.YLow), at.x, y.place(s.YHigh))
			text += " (" + between(ctx, p.Y, s.YLow, s.YHigh) + ")"
		}
		kind := "spot s1"
		if s.Open {
			kind += " spot-open"
		}
		end := c.slot(s.Href)
		c.circle(kind, at.x, at.y, 10)
		c.label(kind+" spot-number", at.x, at.y+4, "middle", strconv.Itoa(i+1))
		c.text("title", text)
		c.close(end)
	}
	c.close("svg")
	return c.String()
}
