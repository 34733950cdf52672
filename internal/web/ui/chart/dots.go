package chart

import (
	"context"
	"math"
	"slices"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
)

// Estimate is one category with its value, interval (when Low < High) and number of observations.
type Estimate struct {
	Label     string
	Value     float64
	Low, High float64
	N         int
	Href      string // to what stands behind it, on this site; "" for none
}

// DotsProps describes Dots. At most 60 categories are drawn; the table has them all.
type DotsProps struct {
	Title    string
	Unit     Unit
	Items    []Estimate
	Target   *float64
	FromZero bool
	Note     string
}

// Dots draws one estimate per category with its interval, in the order given.
func Dots(p DotsProps) templ.Component {
	return component(func(ctx context.Context) figure {
		f := figure{title: p.Title, note: p.Note}
		drawn := false
		for _, e := range p.Items {
			drawn = drawn || finite(e.Value)
		}
		if !drawn {
			return f
		}
		f.legend = LinesProps{Unit: p.Unit, Target: p.Target}.legend(ctx)
		for _, s := range sizes() {
			labels := 190.0
			if s.class == "chart-narrow" {
				labels = 0
			}
			f.drawings = append(f.drawings, p.draw(ctx, s.width, labels, s.class))
		}
		f.table.head = []string{i18n.T(ctx, "ui.chart.category"), i18n.T(ctx, "ui.chart.value"), i18n.T(ctx, "ui.chart.interval"), i18n.T(ctx, "ui.chart.n")}
		for _, e := range p.Items {
			interval, n := "–", "–"
			if e.band() {
				interval = between(ctx, p.Unit, e.Low, e.High)
			}
			if e.N > 0 {
				n = i18n.Number(ctx, float64(e.N), 0)
			}
			f.table.hrefs = append(f.table.hrefs, local(e.Href))
			f.table.rows = append(f.table.rows, []string{e.Label, p.Unit.Write(ctx, e.Value), interval, n})
		}
		return f
	})
}

func (e Estimate) band() bool { return Point{Low: e.Low, High: e.High}.band() }

func (p DotsProps) extent() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	add := func(v float64) {
		if finite(v) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	for _, e := range p.Items {
		if finite(e.Value) {
			add(e.Value)
			if e.band() {
				add(e.Low)
				add(e.High)
			}
		}
	}
	if p.Target != nil {
		add(*p.Target)
	}
	if p.FromZero {
		add(0)
	}
	return low, high
}

// draw writes labels left of the dots when labelWidth leaves room, else above them.
func (p DotsProps) draw(ctx context.Context, width, labelWidth float64, class string) string {
	items := p.Items
	if len(items) > 60 {
		items = items[:60]
	}
	row, labelLetters := 28.0, int(labelWidth/6.4)
	if labelWidth == 0 {
		row, labelLetters = 44, 48
	}
	f := frame{width, float64(len(items))*row + 34}
	low, high := p.extent()
	x := nice(p.Unit, low, high, 4)
	x.from, x.to = labelWidth+14, width-26
	bottom := f.height - 26
	c := canvas{linked: slices.ContainsFunc(items, func(e Estimate) bool { return local(e.Href) != "" })}
	c.svg(f, class, p.Title)
	for _, t := range x.ticks {
		at := x.place(t)
		c.line("gridline", at, 4, at, bottom)
		c.label("tick", at, bottom+18, "middle", p.Unit.tick(ctx, t, x.step))
	}
	if p.Target != nil && finite(*p.Target) {
		c.line("line target", x.place(*p.Target), 4, x.place(*p.Target), bottom)
	}
	for i, e := range items {
		y := float64(i)*row + row/2 + 4
		end := c.slot(e.Href)
		c.rect("hit", 0, y-row/2, width, row)
		if labelWidth == 0 {
			c.label("category", 0, y-6, "start", cut(e.Label, labelLetters))
			y += 10
		} else {
			c.label("category", 0, y+4, "start", cut(e.Label, labelLetters))
		}
		text := e.Label + " – " + p.Unit.Write(ctx, e.Value)
		if finite(e.Value) {
			if e.band() {
				c.line("whisker s1", x.place(e.Low), y, x.place(e.High), y)
				text += " (" + between(ctx, p.Unit, e.Low, e.High) + ")"
			}
			c.circle("point solid s1", x.place(e.Value), y, 4.5)
		} else {
			c.label("tick", x.from, y+4, "start", i18n.T(ctx, "ui.chart.none"))
		}
		if e.N > 0 {
			text += ", n = " + i18n.Number(ctx, float64(e.N), 0)
		}
		c.text("title", text)
		c.close(end)
	}
	c.close("svg")
	return c.String()
}
