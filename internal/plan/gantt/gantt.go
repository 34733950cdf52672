// Package gantt decides how a timeline is drawn: rows with their days come in, SVG with months, weeks, bars, a line for today and arrows
// between what waits for each other goes out, without script and without style attributes.
package gantt

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/plan/schedule"
)

// Span is from a day to another, both included.
type Span struct{ From, To schedule.Day }

func (s Span) none() bool { return s.From == 0 || s.To == 0 }

// Row is one line of the timeline. Forecast is drawn as the bar, Planned as a thin line below it; either may be missing.
type Row struct {
	Label     string
	Spoken    string // the row in a sentence, shown when it is pointed at
	Planned   Span
	Forecast  Span
	Done      float64 // share, 0 to 1
	Milestone bool
	Critical  bool
	Late      bool
	Ended     bool
	After     []int // rows it waits for
}

// Chart is a timeline.
type Chart struct {
	Title, Desc string
	Today, End  schedule.Day // End is when all should be done, or no day
	Calendar    schedule.Calendar
	Rows        []Row
}

// Words are how the reader calls things.
type Words struct {
	Month func(schedule.Day) string // short, without the year
	Today, End, Planned, Forecast,
	Done, Critical, Late, Milestone string
}

// Options say how large, and for where. Standalone brings its own style and paper.
type Options struct {
	Width      float64
	Standalone bool
}

const (
	rowHeight  = 26.0
	headHeight = 56.0
	barHeight  = 12.0
	margin     = 8.0
	letter     = 6.6 // mean width of a letter of 12 px
	mostRows   = 500
)

type drawing struct {
	strings.Builder
	c           Chart
	w           Words
	first, last schedule.Day // of the scale
	left, right float64      // of the scale
	foot        float64
}

// Render draws a chart. It gives "" when no row has a day.
func Render(c Chart, w Words, o Options) string {
	if len(c.Rows) > mostRows {
		c.Rows = c.Rows[:mostRows]
	}
	d := &drawing{c: c, w: w}
	if !d.scale(o.Width) {
		return ""
	}
	height := headHeight + rowHeight*float64(len(c.Rows)) + 34
	d.foot = headHeight + rowHeight*float64(len(c.Rows))
	d.open("svg", "xmlns", "http://www.w3.org/2000/svg", "class", "gantt", "viewBox", "0 0 "+px(o.Width)+" "+px(height), "width", px(o.Width), "height", px(height), "role", "img",
		"aria-label", c.Title+". "+c.Desc)
	if o.Standalone {
		d.WriteString("<style>" + Style() + "</style>")
		d.rect("gantt-paper", 0, 0, o.Width, height, 0)
	}
	d.grid()
	d.links()
	for n := range c.Rows {
		d.row(n)
	}
	d.mark(c.End, "gantt-end", w.End, false)
	d.mark(c.Today, "gantt-today", w.Today, true)
	d.legend()
	d.WriteString("</svg>")
	return d.String()
}

// scale finds the days to be shown: those of the rows, today when it is near, and whole weeks around.
func (d *drawing) scale(width float64) bool {
	for _, r := range d.c.Rows {
		for _, s := range []Span{r.Planned, r.Forecast} {
			if s.none() {
				continue
			}
			if d.first == 0 || s.From < d.first {
				d.first = s.From
			}
			d.last = max(d.last, s.To)
		}
	}
	if d.first == 0 {
		return false
	}
	near := max(d.last-d.first, 60) / 2
	for _, day := range []schedule.Day{d.c.Today, d.c.End} {
		if day != 0 && day > d.first-near && day < d.last+near {
			d.first, d.last = min(d.first, day), max(d.last, day)
		}
	}
	d.first, d.last = d.first.Monday(), d.last.Monday()+6
	if d.last-d.first < 27 {
		d.last = d.first + 27
	}
	longest := 0
	for _, r := range d.c.Rows {
		longest = max(longest, len([]rune(r.Label)))
	}
	d.left = margin + math.Min(math.Max(float64(longest)*letter+14, 120), width*0.3)
	d.right = width - margin
	return true
}

// x is where a day begins.
func (d *drawing) x(day schedule.Day) float64 {
	return d.left + (d.right-d.left)*float64(day-d.first)/float64(d.last-d.first+1)
}

func (d *drawing) day() float64 { return (d.right - d.left) / float64(d.last-d.first+1) }

func (d *drawing) grid() {
	if d.day() >= 3 { // days without work
		for day := d.first; day <= d.last; day++ {
			if d.c.Calendar.Working(day) {
				continue
			}
			to := day
			for to < d.last && !d.c.Calendar.Working(to+1) {
				to++
			}
			d.rect("gantt-closed", d.x(day), headHeight, d.x(to+1)-d.x(day), d.foot-headHeight, 0)
			day = to
		}
	}
	for n := range d.c.Rows {
		if n%2 == 1 {
			d.rect("gantt-stripe", margin, headHeight+rowHeight*float64(n), d.right-margin, rowHeight, 0)
		}
	}
	weeks := d.day()*7 >= 20
	if weeks {
		for day := d.first; day <= d.last; day += 7 {
			d.line("gantt-week", d.x(day), headHeight-6, d.x(day), d.foot)
			_, _, n := day.Date()
			d.text(strconv.Itoa(n), "gantt-tick", d.x(day)+2, headHeight-8, "")
		}
	}
	// The width of a month decides whether each is named, each third, or years alone.
	step := 1
	for _, next := range []int{3, 12, 60} {
		if d.day()*30*float64(step) < 40 {
			step = next
		}
	}
	said := 0
	for month := d.first.FirstOfMonth(); month <= d.last; month = month.AddMonths(1) {
		y, m, _ := month.Date()
		at := max(month, d.first)
		if month >= d.first && (int(m)-1)%min(step, 12) == 0 {
			d.line("gantt-month", d.x(month), 4, d.x(month), d.foot)
		}
		if (int(m)-1)%min(step, 12) != 0 && month >= d.first || step == 60 && y%5 != 0 {
			continue
		}
		if room := d.x(min(month.AddMonths(step), d.last+1)) - d.x(at); room < 30 {
			continue
		} else if label := d.w.Month(month); step >= 12 {
			d.text(strconv.Itoa(y), "gantt-head", d.x(at)+3, 16, "")
		} else {
			if whole := label + " " + strconv.Itoa(y); y != said && room > headWidth(whole) {
				label, said = whole, y
			}
			if room < headWidth(label) {
				continue
			}
			d.text(label, "gantt-head", d.x(at)+3, 16, "")
		}
	}
	d.line("gantt-rule", margin, headHeight, d.right, headHeight)
	d.line("gantt-rule", margin, d.foot, d.right, d.foot)
}

// headWidth is about how much room a bold label of 12 px takes, and a gap behind it.
func headWidth(label string) float64 { return 7.6*float64(utf8.RuneCountInString(label)) + 5 }

// ends are where the bar of a row begins and ends; a milestone is a point at the end of its day.
func (d *drawing) ends(r Row) (from, to float64, ok bool) {
	s := r.Forecast
	if s.none() {
		s = r.Planned
	}
	if s.none() {
		return 0, 0, false
	}
	if r.Milestone {
		x := d.x(s.To) + d.day()/2
		return x, x, true
	}
	return d.x(s.From), math.Max(d.x(s.To+1), d.x(s.From)+2), true
}

func (d *drawing) middle(n int) float64 { return headHeight + rowHeight*float64(n) + 10 }

func (d *drawing) links() {
	for n, r := range d.c.Rows {
		to, _, ok := d.ends(r)
		for _, k := range r.After {
			if k < 0 || k >= len(d.c.Rows) || k == n || !ok {
				continue
			}
			_, from, has := d.ends(d.c.Rows[k])
			if !has {
				continue
			}
			class := "gantt-link"
			if r.Critical && d.c.Rows[k].Critical {
				class += " is-critical"
			}
			y1, y2 := d.middle(k), d.middle(n)
			turn := from + 4
			path := "M" + px(from) + " " + px(y1) + "H" + px(turn)
			if tip := to - 3; tip < turn { // it runs back: between the rows
				between := y2 - rowHeight/2
				if y2 < y1 {
					between = y2 + rowHeight/2
				}
				path += "V" + px(between) + "H" + px(to-7) + "V" + px(y2) + "H" + px(tip)
			} else {
				path += "V" + px(y2) + "H" + px(tip)
			}
			d.single("path", "class", class, "d", path)
			d.single("path", "class", class+" gantt-tip", "d", "M"+px(to)+" "+px(y2)+"l-4.5 -3v6z")
		}
	}
}

func (d *drawing) row(n int) {
	r := d.c.Rows[n]
	y := d.middle(n)
	class := "gantt-row"
	for name, is := range map[string]bool{" is-critical": r.Critical, " is-late": r.Late, " is-ended": r.Ended} {
		if is {
			class += name
		}
	}
	parts := strings.Fields(class)
	slices.Sort(parts)
	d.open("g", "class", strings.Join(parts, " "))
	if r.Spoken != "" {
		d.element("title", r.Spoken)
	}
	d.text(cut(r.Label, int((d.left-margin-10)/letter)), "gantt-label", margin+2, y+4, "")
	if !r.Planned.none() {
		if r.Milestone {
			x := d.x(r.Planned.To) + d.day()/2
			d.single("path", "class", "gantt-planned-point", "d", diamond(x, y, 6.5))
		} else {
			d.rect("gantt-planned", d.x(r.Planned.From), y+barHeight/2+2, math.Max(d.x(r.Planned.To+1)-d.x(r.Planned.From), 2), 3, 1)
		}
	}
	if from, to, ok := d.ends(r); ok && !r.Forecast.none() {
		if r.Milestone {
			d.single("path", "class", "gantt-point", "d", diamond(from, y, 6.5))
		} else {
			d.rect("gantt-bar", from, y-barHeight/2, to-from, barHeight, 2)
			if done := math.Min(math.Max(r.Done, 0), 1); done > 0 {
				d.rect("gantt-done", from, y-barHeight/2, (to-from)*done, barHeight, 2)
			}
		}
	}
	d.WriteString("</g>")
}

func diamond(x, y, r float64) string {
	return "M" + px(x-r) + " " + px(y) + "L" + px(x) + " " + px(y-r) + "L" + px(x+r) + " " + px(y) + "L" + px(x) + " " + px(y+r) + "Z"
}

// mark draws a line over all rows at a day that is shown.
func (d *drawing) mark(day schedule.Day, class, label string, middle bool) {
	if day < d.first || day > d.last {
		return
	}
	x := d.x(day + 1)
	if middle {
		x = d.x(day) + d.day()/2
	}
	d.line(class, x, headHeight-4, x, d.foot)
	wide := float64(len([]rune(label)))*letter + 6
	if x+wide > d.right {
		d.text(label, class+"-label", x-3, 32, "end")
	} else {
		d.text(label, class+"-label", x+3, 32, "")
	}
}

func (d *drawing) legend() {
	x, y := margin+2, d.foot+20
	sample := func(class, shape, label string) {
		if label == "" {
			return
		}
		d.open("g", "class", class)
		switch shape {
		case "bar":
			d.rect("gantt-bar", x, y-9, 22, 10, 2)
		case "done":
			d.rect("gantt-bar", x, y-9, 22, 10, 2)
			d.rect("gantt-done", x, y-9, 13, 10, 2)
		case "thin":
			d.rect("gantt-planned", x, y-5, 22, 3, 1)
		case "point":
			d.single("path", "class", "gantt-point", "d", diamond(x+11, y-4, 6))
		}
		d.text(label, "gantt-legend", x+28, y, "")
		d.WriteString("</g>")
		x += 28 + float64(len([]rune(label)))*letter + 18
	}
	has := func(is func(Row) bool) bool { return slices.ContainsFunc(d.c.Rows, is) }
	sample("gantt-row", "bar", d.w.Forecast)
	sample("gantt-row", "thin", d.w.Planned)
	if has(func(r Row) bool { return r.Done > 0 }) {
		sample("gantt-row", "done", d.w.Done)
	}
	if has(func(r Row) bool { return r.Critical }) {
		sample("gantt-row is-critical", "bar", d.w.Critical)
	}
	if has(func(r Row) bool { return r.Late }) {
		sample("gantt-row is-late", "bar", d.w.Late)
	}
	if has(func(r Row) bool { return r.Milestone }) {
		sample("gantt-row", "point", d.w.Milestone)
	}
}

func (d *drawing) open(tag string, attributes ...string) { d.tag(tag, ">", attributes) }

func (d *drawing) single(tag string, attributes ...string) { d.tag(tag, "/>", attributes) }

func (d *drawing) tag(tag, end string, attributes []string) {
	d.WriteString("<" + tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			d.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
		}
	}
	d.WriteString(end)
}

func (d *drawing) element(tag, text string, attributes ...string) {
	d.open(tag, attributes...)
	d.WriteString(escape(text) + "</" + tag + ">")
}

func (d *drawing) text(text, class string, x, y float64, anchor string) {
	d.element("text", text, "class", class, "x", px(x), "y", px(y), "text-anchor", anchor)
}

func (d *drawing) line(class string, x1, y1, x2, y2 float64) {
	d.single("line", "class", class, "x1", px(x1), "y1", px(y1), "x2", px(x2), "y2", px(y2))
}

func (d *drawing) rect(class string, x, y, w, h, r float64) {
	radius := ""
	if r > 0 {
		radius = px(r)
	}
	d.single("rect", "class", class, "x", px(x), "y", px(y), "width", px(math.Max(w, 0)), "height", px(h), "rx", radius)
}

// px writes a length with at most one decimal.
func px(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	return strconv.FormatFloat(math.Round(math.Max(-1e5, math.Min(1e5, v))*10)/10, 'f', -1, 64)
}

// escape makes text safe in XML, without characters that XML does not have.
func escape(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(s)
}

func cut(s string, letters int) string {
	r := []rune(s)
	if len(r) <= letters {
		return s
	}
	return strings.TrimRight(string(r[:max(letters-1, 1)]), " ") + "…"
}
