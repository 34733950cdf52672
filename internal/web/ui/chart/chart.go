// Package chart decides how figures are drawn: values with their intervals come in, SVG with a title, readable axes and a
// table of the same figures goes out, without script and without inline style.
//
// Every chart is a templ.Component and a pure function of its props and the language of the context. Missing values are
// NaN and become gaps; what is not finite is treated as missing.
//
//	Lines(LinesProps{Title, Unit, Series []Series{Name, Points, Dashed}, Target, Marks []Mark{From, To, Label, Alarm}, FromZero, Note, Low, Top, Short})
//	Bars(BarsProps{Title, Unit, Step: Day|Week|Month, Series, Marks, Note, Short})   stacked
//	Dots(DotsProps{Title, Unit, Items []Estimate{Label, Value, Low, High, N, Href}, Target, FromZero, Note})
//	Scatter(ScatterProps{Title, X, Y Unit, XLabel, YLabel, Spots []Spot{Label, Href, X, Y, XLow, XHigh, YLow, YHigh, Open}, Even, Note})
//	Bullet(BulletProps{Label, Unit, Value, Low, High, Baseline, Target, Expected, Tone})
//	Spark(SparkProps{Label, Unit, Values, Target})
//	Point{At, Value, Low, High, N, Href}; Missing() is the value of a gap
//
// Where rows stand behind a bar or a category, Href leads to them: the bar and its line in the table are links then.
//
//	Count(label, decimals), Share(decimals), Duration() in seconds, Money(currency) in minor units
package chart

import (
	"cmp"
	"context"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/sorting"
)

// Point is one value at one time. Low and High bound its interval when Low < High; N is the number of observations, 0 when unknown.
type Point struct {
	At        time.Time
	Value     float64 // NaN: missing
	Low, High float64
	N         int
	Href      string // to the rows behind a bar, on this site; "" for none
}

// Series is one named row of points, in any order.
type Series struct {
	Name   string
	Points []Point
	Dashed bool // a forecast, an expectation, a comparison
}

// Mark is an event drawn over the chart: a moment, or a stretch when To is after From.
type Mark struct {
	From, To time.Time
	Label    string
	Alarm    bool // a crisis rather than a release
}

// Missing is the value of a point that could not be measured.
func Missing() float64 { return math.NaN() }

const (
	maxSeries = 8
	maxSlots  = 400 // more moments than this get no hover text; the table has them
	maxRows   = 500
)

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func (p Point) band() bool { return finite(p.Low) && finite(p.High) && p.Low < p.High }

// tidy drops what cannot be placed, sorts by time and keeps the first of two points at one moment.
func tidy(series []Series) []Series {
	if len(series) > maxSeries {
		series = series[:maxSeries]
	}
	out := make([]Series, len(series))
	for i, s := range series {
		points := make([]Point, 0, len(s.Points))
		for _, p := range s.Points {
			if p.At.IsZero() || p.At.Year() < 1 || p.At.Year() > 9999 {
				continue
			}
			if !finite(p.Value) {
				p.Value = math.NaN()
			}
			points = append(points, p)
		}
		sorting.Stable(points, func(a, b Point) int { return a.At.Compare(b.At) })
		points = slices.CompactFunc(points, func(a, b Point) bool { return a.At.Equal(b.At) })
		s.Points = points
		out[i] = s
	}
	return out
}

// moments lists every time at which any series has a point.
func moments(series []Series) []time.Time {
	var out []time.Time
	for _, s := range series {
		for _, p := range s.Points {
			out = append(out, p.At)
		}
	}
	sorting.Func(out, time.Time.Compare)
	return slices.CompactFunc(out, time.Time.Equal)
}

func hasValue(series []Series) bool {
	for _, s := range series {
		for _, p := range s.Points {
			if finite(p.Value) {
				return true
			}
		}
	}
	return false
}

func at(s Series, t time.Time) (Point, bool) {
	i, ok := slices.BinarySearchFunc(s.Points, t, func(p Point, t time.Time) int { return p.At.Compare(t) })
	if !ok {
		return Point{Value: math.NaN()}, false
	}
	return s.Points[i], true
}

// frame is the size of one drawing.
type frame struct{ width, height float64 }

// size is one of the drawings made of each chart; the style sheet shows the one that fits, so that letters keep their size.
type size struct {
	width float64
	class string
	dates int // labels on the time axis, at most
}

func sizes() []size {
	return []size{{860, "chart-wide", 10}, {500, "chart-middle", 6}, {350, "chart-narrow", 4}}
}

func seriesClass(i int) string { return "s" + strconv.Itoa(i%maxSeries+1) }

// figure wraps drawings, legend and table.
type figure struct {
	title    string
	note     string
	legend   []legendItem
	drawings []string
	keys     []key
	table    table
	class    string
}

// key names what stands in a drawing by a number, and links to it.
type key struct{ number, label, href string }

// local is an address on this site; anything else is none.
func local(href string) string {
	if strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") && !strings.Contains(href, "\\") {
		return href
	}
	return ""
}

type legendItem struct{ class, label string }

type table struct {
	head  []string
	rows  [][]string
	hrefs []string // of rows, where there are any
}

func component(draw func(ctx context.Context) figure) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		f := draw(ctx)
		_, err := io.WriteString(w, f.html(ctx))
		return err
	})
}

func (f figure) html(ctx context.Context) string {
	var c canvas
	c.open("figure", "class", strings.TrimSpace("chart "+f.class))
	if f.title != "" {
		c.text("figcaption", f.title, "class", "chart-title")
	}
	if len(f.legend) > 0 {
		c.open("ul", "class", "chart-legend")
		for _, l := range f.legend {
			c.open("li")
			c.raw(`<svg class="chart-swatch" width="14" height="10" viewBox="0 0 14 10" aria-hidden="true" focusable="false"><line class="line ` + l.class + `" x1="0" y1="5" x2="14" y2="5"></line></svg>`)
			c.text("span", l.label)
			c.close("li")
		}
		c.close("ul")
	}
	if len(f.drawings) == 0 {
		c.text("p", i18n.T(ctx, "ui.chart.empty"), "class", "chart-empty")
	} else {
		for _, d := range f.drawings {
			c.raw(d)
		}
	}
	if len(f.keys) > 0 {
		c.open("ol", "class", "chart-keys")
		for _, k := range f.keys {
			c.open("li")
			if k.href != "" {
				c.text("a", k.label, "href", k.href)
			} else {
				c.text("span", k.label)
			}
			c.close("li")
		}
		c.close("ol")
	}
	if f.note != "" {
		c.text("p", f.note, "class", "chart-note")
	}
	if len(f.table.rows) > 0 {
		f.table.write(ctx, &c, f.title)
	}
	c.close("figure")
	return c.String()
}

func (t table) write(ctx context.Context, c *canvas, title string) {
	rows, hrefs := t.rows, t.hrefs
	c.open("details", "class", "chart-figures")
	c.text("summary", i18n.T(ctx, "ui.chart.table"))
	c.open("div", "class", "table-wrap", "role", "region", "tabindex", "0", "aria-label", cmp.Or(title, i18n.T(ctx, "ui.chart.table")))
	c.open("table", "class", "table table-small")
	c.open("thead")
	c.open("tr")
	for i, h := range t.head {
		c.text("th", h, "scope", "col", "class", numClass(i))
	}
	c.close("tr")
	c.close("thead")
	c.open("tbody")
	if len(rows) > maxRows {
		if len(hrefs) == len(rows) {
			hrefs = hrefs[len(rows)-maxRows:]
		}
		rows = rows[len(rows)-maxRows:]
	}
	for n, r := range rows {
		c.open("tr")
		for i, v := range r {
			if i == 0 && n < len(hrefs) && hrefs[n] != "" {
				c.open("th", "scope", "row")
				c.text("a", v, "href", hrefs[n])
				c.close("th")
			} else if i == 0 {
				c.text("th", v, "scope", "row")
			} else {
				c.text("td", v, "class", numClass(i))
			}
		}
		c.close("tr")
	}
	c.close("tbody")
	c.close("table")
	c.close("div")
	c.close("details")
}

func numClass(column int) string {
	if column == 0 {
		return ""
	}
	return "num"
}
