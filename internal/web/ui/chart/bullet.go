package chart

import (
	"context"
	"math"
	"strings"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
)

// BulletProps describes one measure on its way from a baseline to a target. NaN Value: not measured yet; nil: unknown.
type BulletProps struct {
	Label     string
	Unit      Unit
	Value     float64
	Low, High float64 // interval of the value when Low < High
	Baseline  *float64
	Target    *float64
	Expected  *float64 // where the value should be today
	Tone      string   // "success", "warning", "danger" or empty: state of the objective
}

// Bullet draws a value against baseline, target and what was expected by now.
func Bullet(p BulletProps) templ.Component {
	return component(func(ctx context.Context) figure {
		f := figure{class: "chart-bullet", title: p.Label}
		known := map[string]*float64{"baseline": p.Baseline, "expected": p.Expected, "target": p.Target}
		var notes []string
		low, high := 0.0, math.Inf(-1)
		add := func(v float64) {
			if finite(v) {
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
		add(p.Value)
		band := Point{Low: p.Low, High: p.High}.band()
		if finite(p.Value) {
			notes = append(notes, i18n.T(ctx, "ui.chart.value")+" "+p.Unit.Write(ctx, p.Value))
			if band {
				add(p.Low)
				add(p.High)
				notes[0] += " (" + between(ctx, p.Unit, p.Low, p.High) + ")"
			}
		}
		for _, name := range []string{"baseline", "expected", "target"} {
			if v := known[name]; v != nil && finite(*v) {
				add(*v)
				notes = append(notes, i18n.T(ctx, "ui.chart."+name)+" "+p.Unit.Write(ctx, *v))
			}
		}
		f.note = strings.Join(notes, " · ")
		if !finite(high) {
			return f
		}
		if high <= low {
			high = low + 1
		}
		label := strings.TrimPrefix(p.Label+". "+f.note, ". ")
		f.drawings = []string{p.draw(frame{480, 26}, "chart-any", label, low, high, band)}
		return f
	})
}

func (p BulletProps) draw(f frame, class, label string, low, high float64, band bool) string {
	x := scale{low: low, high: high, from: 2, to: f.width - 4}
	tone := ""
	switch p.Tone {
	case "success", "warning", "danger":
		tone = " tone-" + p.Tone
	}
	var c canvas
	c.svg(f, class, label)
	c.rect("bullet-track", 0, 7, f.width, 12, "rx", "2")
	zero := x.place(0)
	if finite(p.Value) {
		v := x.place(p.Value)
		c.rect("bullet-value"+tone, math.Min(zero, v), 9, math.Abs(v-zero), 8, "rx", "1")
		if band {
			c.line("bullet-interval", x.place(p.Low), 13, x.place(p.High), 13)
		}
	}
	if p.Baseline != nil && finite(*p.Baseline) {
		c.line("bullet-baseline", x.place(*p.Baseline), 4, x.place(*p.Baseline), 22)
	}
	if p.Expected != nil && finite(*p.Expected) {
		at := x.place(*p.Expected)
		c.empty("path", "class", "bullet-expected", "d", "M"+num(at-4)+" 0L"+num(at+4)+" 0L"+num(at)+" 6Z")
	}
	if p.Target != nil && finite(*p.Target) {
		c.line("bullet-target", x.place(*p.Target), 2, x.place(*p.Target), 24)
	}
	c.text("title", label)
	c.close("svg")
	return c.String()
}
