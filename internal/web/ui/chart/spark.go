package chart

import (
	"context"
	"io"
	"math"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
)

// SparkProps describes a small line beside a number: values in order, evenly spaced, NaN for missing.
type SparkProps struct {
	Label     string // of what; the figures are added for screen readers
	Unit      Unit
	Values    []float64
	Low, High []float64 // the interval around each value, NaN for none; nil or as many as Values
	Target    *float64
}

// Spark draws the way a measure went, without axes. Nothing is drawn without a value.
func Spark(p SparkProps) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		_, err := io.WriteString(w, p.draw(ctx))
		return err
	})
}

func (p SparkProps) draw(ctx context.Context) string {
	f := frame{120, 30}
	points := make([]Point, len(p.Values))
	low, high := math.Inf(1), math.Inf(-1)
	first, last := math.NaN(), math.NaN()
	origin := time.Unix(0, 0)
	for i, v := range p.Values {
		points[i] = Point{At: origin.Add(time.Duration(i) * time.Second), Value: v}
		if !finite(v) {
			continue
		}
		low, high = math.Min(low, v), math.Max(high, v)
		if !finite(first) {
			first = v
		}
		last = v
		if i < len(p.Low) && i < len(p.High) && finite(p.Low[i]) && finite(p.High[i]) {
			points[i].Low, points[i].High = p.Low[i], p.High[i]
		}
	}
	if !finite(first) {
		return ""
	}
	label := i18n.T(ctx, "ui.chart.spark", "First", p.Unit.Write(ctx, first), "Last", p.Unit.Write(ctx, last), "Low", p.Unit.Write(ctx, low), "High", p.Unit.Write(ctx, high))
	if p.Label != "" {
		label = p.Label + ". " + label
	}
	if p.Target != nil && finite(*p.Target) {
		low, high = math.Min(low, *p.Target), math.Max(high, *p.Target)
	}
	for _, pt := range points {
		if finite(pt.Value) && pt.band() {
			low, high = math.Min(low, pt.Low), math.Max(high, pt.High)
		}
	}
	y := scale{low: low, high: high, from: f.height - 4, to: 4}
	if low == high {
		y.from, y.to = f.height/2, f.height/2
	}
	sp := span{points[0].At, points[len(points)-1].At, 3, f.width - 4}
	var c canvas
	c.svg(f, "spark", label)
	if p.Target != nil && finite(*p.Target) {
		c.line("line target", 0, y.place(*p.Target), f.width, y.place(*p.Target))
	}
	for _, run := range runs(points) {
		LinesProps{}.band(&c, plot{y: y}, sp, run, "s1")
	}
	var end Point
	for _, run := range runs(points) {
		if len(run) > 1 {
			c.empty("path", "class", "line s1", "d", path(thin(run, sp, y)))
		} else {
			c.circle("point s1", sp.place(run[0].At), y.place(run[0].Value), 1.5)
		}
		end = run[len(run)-1]
	}
	c.circle("point s1", sp.place(end.At), y.place(end.Value), 2.5)
	c.text("title", label)
	c.close("svg")
	return c.String()
}
