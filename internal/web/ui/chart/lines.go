package chart

import (
	"context"
	"math"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/entente/entente/internal/i18n"
)

// LinesProps describes Lines and, with Step, Bars.
type LinesProps struct {
	Title    string // also the name of the picture
	Unit     Unit
	Series   []Series // at most 8
	Target   *float64 // nil for none
	Marks    []Mark
	FromZero bool     // the value axis starts at zero
	Note     string   // below the chart: formula, exclusions
	Low, Top *float64 // fixed ends of the value axis
	Short    bool     // half the height
}

// Lines draws values over time: one line per series, bands where points have intervals, gaps where they are missing.
func Lines(p LinesProps) templ.Component {
	return component(func(ctx context.Context) figure {
		p.Series = tidy(p.Series)
		f := figure{title: p.Title, note: p.Note}
		if !hasValue(p.Series) {
			return f
		}
		f.legend = p.legend(ctx)
		for _, s := range sizes() {
			f.drawings = append(f.drawings, p.draw(ctx, frame{s.width, p.height()}, s))
		}
		f.table = p.table(ctx, func(t time.Time) string { return dateText(ctx, t, p.daily()) })
		return f
	})
}

func (p LinesProps) height() float64 {
	if p.Short {
		return 150
	}
	return 240
}

// daily reports that every moment is a midnight of the reader's zone, so that the time of day says nothing.
func (p LinesProps) daily() func(time.Time) bool {
	return func(t time.Time) bool { return t.Hour() == 0 && t.Minute() == 0 && t.Second() == 0 }
}

func dateText(ctx context.Context, t time.Time, midnight func(time.Time) bool) string {
	if midnight(t.In(i18n.Zone(ctx))) || midnight(t.UTC()) {
		return i18n.Day(ctx, t)
	}
	return i18n.DateTime(ctx, t)
}

func (p LinesProps) legend(ctx context.Context) []legendItem {
	var out []legendItem
	if len(p.Series) > 1 {
		for i, s := range p.Series {
			class := seriesClass(i)
			if s.Dashed {
				class += " dashed"
			}
			out = append(out, legendItem{class, s.Name})
		}
	}
	if p.Target != nil && finite(*p.Target) {
		out = append(out, legendItem{"target", i18n.T(ctx, "ui.chart.target") + " " + p.Unit.Write(ctx, *p.Target)})
	}
	return out
}

func (p LinesProps) extent() (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	add := func(v float64) {
		if finite(v) {
			low, high = math.Min(low, v), math.Max(high, v)
		}
	}
	for _, s := range p.Series {
		for _, pt := range s.Points {
			if !finite(pt.Value) {
				continue
			}
			add(pt.Value)
			if pt.band() {
				add(pt.Low)
				add(pt.High)
			}
		}
	}
	if p.Target != nil {
		add(*p.Target)
	}
	if p.FromZero {
		add(0)
	}
	if p.Low != nil {
		add(*p.Low)
	}
	if p.Top != nil {
		add(*p.Top)
	}
	return low, high
}

// plot is the inside of a chart with axes.
type plot struct {
	frame
	y                        scale
	left, right, top, bottom float64
}

// newPlot leaves room above the plot for the unit and the names of marks when there are any.
func newPlot(ctx context.Context, f frame, u Unit, low, high float64, marks []Mark) plot {
	wanted := 4
	if f.height < 180 {
		wanted = 2
	}
	pl := plot{frame: f, y: nice(u, low, high, wanted), top: 26, right: f.width - 10, bottom: f.height - 24}
	if u.axis() == "" && len(marks) == 0 {
		pl.top = 10
	}
	longest := 2
	for _, t := range pl.y.ticks {
		longest = max(longest, len([]rune(u.tick(ctx, t, pl.y.step))))
	}
	pl.left = math.Min(float64(longest)*6.6+14, f.width/3)
	pl.y.from, pl.y.to = pl.bottom, pl.top
	return pl
}

func (pl plot) axes(ctx context.Context, c *canvas, u Unit) {
	for _, t := range pl.y.ticks {
		y := pl.y.place(t)
		class := "gridline"
		if t == 0 {
			class = "gridline zero"
		}
		c.line(class, pl.left, y, pl.right, y)
		c.label("tick", pl.left-8, y+4, "end", u.tick(ctx, t, pl.y.step))
	}
	if label := u.axis(); label != "" {
		c.label("tick unit", 0, 10, "start", cut(label, 40))
	}
}

func (pl plot) dates(c *canvas, sp span, ticks []moment) {
	last := math.Inf(-1)
	for _, m := range ticks {
		x := sp.place(m.at)
		half := float64(len([]rune(m.label))) * 3.3
		anchor, from, to := "middle", x-half, x+half
		if to > pl.width {
			anchor, from, to = "end", x-2*half, x
		}
		if from < last+10 {
			continue
		}
		last = to
		c.line("tickmark", x, pl.bottom, x, pl.bottom+4)
		c.label("tick", x, pl.bottom+18, anchor, m.label)
	}
}

func (pl plot) marks(ctx context.Context, c *canvas, sp span, marks []Mark) {
	for _, m := range marks {
		if m.From.IsZero() || m.From.After(sp.last) || (m.To.Before(sp.first) && m.From.Before(sp.first)) {
			continue
		}
		class := "mark"
		if m.Alarm {
			class = "mark mark-alarm"
		}
		x := sp.place(m.From)
		c.open("g", "class", class)
		if m.To.After(m.From) {
			c.rect("mark-stretch", x, pl.top, math.Max(sp.place(m.To)-x, 2), pl.bottom-pl.top)
		} else {
			c.line("mark-line", x, pl.top, x, pl.bottom)
		}
		anchor, tx := "start", x+4
		if x > pl.width*0.7 {
			anchor, tx = "end", x-4
		}
		c.label("mark-label", tx, pl.top-7, anchor, cut(m.Label, 24))
		text := m.Label + " – " + i18n.Day(ctx, m.From)
		if m.To.After(m.From) {
			text += " → " + i18n.Day(ctx, m.To)
		}
		c.text("title", text)
		c.close("g")
	}
}

func (p LinesProps) draw(ctx context.Context, f frame, size size) string {
	low, high := p.extent()
	pl := newPlot(ctx, f, p.Unit, low, high, p.Marks)
	times := moments(p.Series)
	sp := span{times[0], times[len(times)-1], pl.left + 6, pl.right - 4}
	var c canvas
	c.svg(f, size.class, p.Title)
	pl.axes(ctx, &c, p.Unit)
	pl.dates(&c, sp, calendar(ctx, sp.first, sp.last, size.dates))
	pl.marks(ctx, &c, sp, p.Marks)
	for i, s := range p.Series {
		for _, run := range runs(s.Points) {
			p.band(&c, pl, sp, run, seriesClass(i))
		}
	}
	if p.Target != nil && finite(*p.Target) {
		y := pl.y.place(*p.Target)
		c.line("line target", pl.left, y, pl.right, y)
	}
	for i, s := range p.Series {
		lineClass := "line " + seriesClass(i)
		if s.Dashed {
			lineClass += " dashed"
		}
		for _, run := range runs(s.Points) {
			if len(run) == 1 {
				c.circle("point "+seriesClass(i), sp.place(run[0].At), pl.y.place(run[0].Value), 3)
				continue
			}
			c.empty("path", "class", lineClass, "d", path(thin(run, sp, pl.y)))
		}
	}
	p.slots(ctx, &c, pl, sp, times)
	c.close("svg")
	return c.String()
}

// runs cuts points into stretches without a missing value.
func runs(points []Point) [][]Point {
	var out [][]Point
	start := -1
	for i, p := range points {
		if finite(p.Value) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			out = append(out, points[start:i])
			start = -1
		}
	}
	if start >= 0 {
		out = append(out, points[start:])
	}
	return out
}

type place struct{ x, y float64 }

// thin keeps the first, lowest, highest and last point of each column of one pixel, so that peaks survive.
func thin(run []Point, sp span, y scale) []place {
	out := make([]place, 0, min(len(run), 4096))
	if len(run) < 1500 {
		for _, p := range run {
			out = append(out, place{sp.place(p.At), y.place(p.Value)})
		}
		return out
	}
	for i := 0; i < len(run); {
		column := math.Floor(sp.place(run[i].At))
		lowest, highest, j := i, i, i
		for ; j < len(run) && math.Floor(sp.place(run[j].At)) == column; j++ {
			if run[j].Value < run[lowest].Value {
				lowest = j
			}
			if run[j].Value > run[highest].Value {
				highest = j
			}
		}
		keep := []int{i, min(lowest, highest), max(lowest, highest), j - 1}
		for k, at := range keep {
			if k > 0 && at <= keep[k-1] {
				continue
			}
			out = append(out, place{sp.place(run[at].At), y.place(run[at].Value)})
		}
		i = j
	}
	return out
}

func path(places []place) string {
	var b strings.Builder
	for i, p := range places {
		if i == 0 {
			b.WriteByte('M')
		} else {
			b.WriteByte('L')
		}
		b.WriteString(num(p.x) + " " + num(p.y))
	}
	return b.String()
}

func (p LinesProps) band(c *canvas, pl plot, sp span, run []Point, class string) {
	var stretch []Point
	flush := func() {
		switch {
		case len(stretch) == 1:
			x := sp.place(stretch[0].At)
			c.line("whisker "+class, x, pl.y.place(stretch[0].Low), x, pl.y.place(stretch[0].High))
		case len(stretch) > 1 && len(stretch) < 1500:
			var edge []place
			for _, pt := range stretch {
				edge = append(edge, place{sp.place(pt.At), pl.y.place(pt.High)})
			}
			for i := len(stretch) - 1; i >= 0; i-- {
				edge = append(edge, place{sp.place(stretch[i].At), pl.y.place(stretch[i].Low)})
			}
			c.empty("path", "class", "band "+class, "d", path(edge)+"Z")
		}
		stretch = nil
	}
	for _, pt := range run {
		if !pt.band() {
			flush()
			continue
		}
		stretch = append(stretch, pt)
	}
	flush()
}

// slots are the invisible columns that show guide, points and title under the pointer.
func (p LinesProps) slots(ctx context.Context, c *canvas, pl plot, sp span, times []time.Time) {
	if len(times) > maxSlots {
		return
	}
	for i, t := range times {
		x := sp.place(t)
		from, to := pl.left, pl.right
		if i > 0 {
			from = (sp.place(times[i-1]) + x) / 2
		}
		if i < len(times)-1 {
			to = (sp.place(times[i+1]) + x) / 2
		}
		c.open("g", "class", "slot")
		c.rect("hit", from, pl.top, to-from, pl.bottom-pl.top)
		c.line("guide", x, pl.top, x, pl.bottom)
		lines := []string{dateText(ctx, t, p.daily())}
		for k, s := range p.Series {
			pt, ok := at(s, t)
			if !ok {
				continue
			}
			if finite(pt.Value) {
				c.circle("point "+seriesClass(k), x, pl.y.place(pt.Value), 3.5)
			}
			lines = append(lines, p.pointText(ctx, s.Name, pt))
		}
		c.text("title", strings.Join(lines, "\n"))
		c.close("g")
	}
}

func (p LinesProps) pointText(ctx context.Context, name string, pt Point) string {
	text := i18n.T(ctx, "ui.chart.none")
	if finite(pt.Value) {
		text = p.Unit.Write(ctx, pt.Value)
	}
	if name != "" && len(p.Series) > 1 {
		text = name + " – " + text
	}
	if pt.band() {
		text += " (" + between(ctx, p.Unit, pt.Low, pt.High) + ")"
	}
	if pt.N > 0 {
		text += ", n = " + i18n.Number(ctx, float64(pt.N), 0)
	}
	return text
}

func between(ctx context.Context, u Unit, low, high float64) string {
	return i18n.T(ctx, "ui.chart.between", "Low", u.Write(ctx, low), "High", u.Write(ctx, high))
}

func (p LinesProps) table(ctx context.Context, date func(time.Time) string) table {
	t := table{head: []string{i18n.T(ctx, "ui.chart.date")}}
	type columns struct{ band, n bool }
	cols := make([]columns, len(p.Series))
	for i, s := range p.Series {
		for _, pt := range s.Points {
			cols[i].band = cols[i].band || pt.band()
			cols[i].n = cols[i].n || pt.N > 0
		}
		name := s.Name
		if name == "" {
			name = i18n.T(ctx, "ui.chart.value")
		}
		t.head = append(t.head, name)
		if cols[i].band {
			t.head = append(t.head, i18n.T(ctx, "ui.chart.interval"))
		}
		if cols[i].n {
			t.head = append(t.head, i18n.T(ctx, "ui.chart.n"))
		}
	}
	times := moments(p.Series)
	if len(times) > maxRows {
		times = times[len(times)-maxRows:]
	}
	for _, m := range times {
		row := []string{date(m)}
		t.hrefs = append(t.hrefs, rowsBehind(p.Series, m))
		for i, s := range p.Series {
			pt, _ := at(s, m)
			row = append(row, p.Unit.Write(ctx, pt.Value))
			if cols[i].band {
				text := "–"
				if pt.band() {
					text = between(ctx, p.Unit, pt.Low, pt.High)
				}
				row = append(row, text)
			}
			if cols[i].n {
				row = append(row, i18n.Number(ctx, float64(pt.N), 0))
			}
		}
		t.rows = append(t.rows, row)
	}
	return t
}
