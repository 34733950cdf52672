package layout

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/measure/stat"
)

// Render arranges a map and writes it as SVG: every objective a link with a spoken label, its state as shape, word and colour class,
// no script and no style attribute. Colours come from Style, in the page's style sheet or, Standalone, inside the file.
func Render(w io.Writer, m Map, o Options) error {
	return Draw(w, m, Arrange(m, o), o)
}

// Draw writes a plan made by Arrange from the same map and options.
func Draw(w io.Writer, m Map, p Plan, o Options) error {
	d := &drawing{m: m, o: o, p: p}
	d.svg()
	if _, err := w.Write(d.b.Bytes()); err != nil {
		return fmt.Errorf("writing the map: %w", err)
	}
	return nil
}

type drawing struct {
	m Map
	o Options
	p Plan
	b bytes.Buffer
}

// open writes a tag; values come in pairs with names and are escaped.
func (d *drawing) open(tag string, attributes ...string) { d.tag(tag, ">", attributes) }

func (d *drawing) single(tag string, attributes ...string) { d.tag(tag, "/>", attributes) }

func (d *drawing) tag(tag, end string, attributes []string) {
	d.b.WriteString("<" + tag)
	for i := 0; i+1 < len(attributes); i += 2 {
		if attributes[i+1] != "" {
			d.b.WriteString(" " + attributes[i] + `="` + escape(attributes[i+1]) + `"`)
		}
	}
	d.b.WriteString(end)
}

func (d *drawing) close(tag string) { d.b.WriteString("</" + tag + ">") }

func (d *drawing) element(tag, text string, attributes ...string) {
	d.open(tag, attributes...)
	d.b.WriteString(escape(text))
	d.close(tag)
}

// longestAttribute leaves room for the path of a curve and for a spoken label; it only bounds hostile input.
const longestAttribute = 20_000

func escape(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;").Replace(cleanUpTo(s, longestAttribute))
}

// px writes a length with at most one decimal.
func px(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}

func (d *drawing) rect(b Box, class, radius string) {
	d.single("rect", "class", class, "x", px(b.X), "y", px(b.Y), "width", px(b.W), "height", px(b.H), "rx", radius)
}

// lines writes one text element per line, baselines lead apart.
func (d *drawing) lines(lines []string, class string, x, y, lead float64) {
	for i, l := range lines {
		d.element("text", l, "class", class, "x", px(x), "y", px(y+float64(i)*lead))
	}
}

// id makes an element id that a hostile prefix cannot break.
func (d *drawing) id(name string) string {
	safe := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' {
			return r
		}
		return -1
	}, d.o.Prefix)
	return "map-" + safe + name
}

func (d *drawing) svg() {
	legend, legendHeight := d.legend()
	height := d.p.Height + legendHeight
	size := []string{"xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 " + px(d.p.Width) + " " + px(height), "role", "group",
		"aria-labelledby", d.id("title"), "aria-describedby", d.id("desc")}
	class := "map"
	if d.p.Narrow {
		class += " is-narrow"
	}
	size = append(size, "class", class, "width", px(d.p.Width), "height", px(height))
	d.open("svg", size...)
	d.element("title", d.m.Title, "id", d.id("title"))
	d.element("desc", d.m.Desc, "id", d.id("desc"))
	if d.o.Standalone {
		d.b.WriteString("<style>" + Style() + "</style>")
		d.rect(Box{0, 0, d.p.Width, height}, "map-paper", "")
		title, desc := headingLines(d.m, d.p.Width)
		d.lines(title, "map-heading", margin, margin+20, headingLead)
		d.lines(desc, "map-subheading", margin, margin+16+float64(len(title))*headingLead, 16)
	}
	for _, b := range d.p.Bands {
		d.band(b)
	}
	d.open("g", "class", "map-links", "aria-hidden", "true")
	for _, c := range d.p.Curves {
		d.curve(c)
	}
	d.close("g")
	for _, b := range d.p.Bands {
		d.steps(b)
	}
	for _, n := range d.p.Nodes {
		d.node(n)
	}
	d.b.Write(legend)
	d.close("svg")
}

func (d *drawing) band(b BandBox) {
	d.open("g", "class", "map-band is-band-"+strconv.Itoa(b.Band%6+1))
	d.rect(b.Box, "map-band-box", "10")
	if d.p.Narrow {
		d.lines(b.Lines, "map-band-title is-wide", b.Label.X+10, b.Label.Y+24, 19)
	} else {
		d.rect(Box{b.X, b.Y, b.Label.W, b.H}, "map-band-label", "10")
		y := b.Y + b.H/2 - float64(len(b.Lines)-1)*titleLead/2 + 4.5
		d.lines(b.Lines, "map-band-title", b.X+12, y, titleLead)
	}
	d.close("g")
}

func (d *drawing) steps(b BandBox) {
	for _, s := range b.Steps {
		d.open("g", "class", "map-step is-band-"+strconv.Itoa(b.Band%6+1))
		d.rect(s.Box, "map-step-box", "4")
		d.lines(s.Lines, "map-step-title", s.X+6, s.Y+14, 13)
		d.close("g")
	}
}

func (d *drawing) curve(c Curve) {
	link := d.m.Links[c.Link]
	weight := 2
	switch {
	case link.Weight > 0.66:
		weight = 3
	case link.Weight > 0 && link.Weight < 0.34:
		weight = 1
	}
	d.open("g", "class", "map-link is-"+link.Verdict.String()+" is-weight-"+strconv.Itoa(weight), "data-from", link.From, "data-to", link.To)
	d.element("title", d.linkTitle(link))
	d.single("path", "class", "map-link-line", "d", pathData(c.Points))
	tip, back := arrow(c.Points)
	side := Point{-(tip.Y - back.Y) * 0.55, (tip.X - back.X) * 0.55}
	d.single("path", "class", "map-link-head", "d", "M"+pt(tip)+"L"+pt(Point{back.X + side.X, back.Y + side.Y})+"L"+pt(Point{back.X - side.X, back.Y - side.Y})+"Z")
	d.close("g")
}

func (d *drawing) linkTitle(l Link) string {
	s := d.name(l.From) + " → " + d.name(l.To)
	if v := d.o.Words.verdict(l.Verdict); v != "" {
		s += " · " + v
	}
	if l.Note != "" {
		s += " · " + l.Note
	}
	return s
}

func (d *drawing) name(id string) string {
	for _, n := range d.p.Nodes {
		if o := d.m.Objectives[n.Objective]; o.ID == id {
			return o.Title
		}
	}
	return id
}

const headLength = 8.0

// arrow returns the tip of a curve and the middle of the base of its head.
func arrow(points []Point) (tip, back Point) {
	tip = points[len(points)-1]
	from := points[0]
	for i := len(points) - 2; i >= 0; i-- {
		if math.Hypot(points[i].X-tip.X, points[i].Y-tip.Y) > 0.5 {
			from = points[i]
			break
		}
	}
	length := math.Max(1e-9, math.Hypot(from.X-tip.X, from.Y-tip.Y))
	return tip, Point{tip.X + (from.X-tip.X)/length*headLength, tip.Y + (from.Y-tip.Y)/length*headLength}
}

func pt(p Point) string { return px(p.X) + " " + px(p.Y) }

// pathData writes a chain of Béziers, straight parts as lines, ending under the arrow head.
func pathData(points []Point) string {
	_, back := arrow(points)
	var b strings.Builder
	b.WriteString("M" + pt(points[0]))
	for i := 1; i+2 < len(points); i += 3 {
		end, control := points[i+2], points[i+1]
		straight := points[i] == points[i-1] && control == end
		if i+3 >= len(points) {
			control = Point{control.X + back.X - end.X, control.Y + back.Y - end.Y}
			end = back
		}
		if straight {
			b.WriteString("L" + pt(end))
		} else {
			b.WriteString("C" + pt(points[i]) + " " + pt(control) + " " + pt(end))
		}
	}
	return b.String()
}

// linked reports whether an address may be put in a page: a path of this site, or http(s).
func linked(href string) bool {
	if strings.ContainsAny(href, "\\\t\n\r\x00") {
		return false
	}
	lower := strings.ToLower(href)
	return strings.HasPrefix(href, "/") && !strings.HasPrefix(href, "//") || strings.HasPrefix(href, "#") ||
		strings.HasPrefix(lower, "https://") || strings.HasPrefix(lower, "http://")
}

// spoken is what a screen reader says for an objective: its title first, then state, value, target, progress and what it supports.
func (d *drawing) spoken(o Objective) string {
	w, c := d.o.Words, o.Card
	parts := []string{clean(o.Title), w.state(c.State)}
	switch {
	case c.Measure != "" && c.Value != "":
		parts = append(parts, c.Measure+w.colon()+c.Value)
	case c.Measure != "" || c.Value != "":
		parts = append(parts, c.Measure+c.Value)
	default:
		parts = append(parts, w.NoMeasure)
	}
	if c.Target != "" {
		parts = append(parts, w.Target+w.colon()+c.Target)
	}
	if c.Bar {
		parts = append(parts, w.Progress+w.colon()+percent(c.Progress), w.Expected+w.colon()+percent(c.Expected))
	}
	parts = append(parts, c.Note)
	var supports []string
	for _, curve := range d.drawn(o.ID) {
		supports = append(supports, d.name(curve))
	}
	if len(supports) > 0 {
		parts = append(parts, w.Supports+w.colon()+strings.Join(supports, ", "))
	}
	var kept []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			kept = append(kept, p)
		}
	}
	return strings.Join(kept, ". ")
}

// drawn lists the ids that an objective supports, narrow or wide.
func (d *drawing) drawn(id string) []string {
	ignored := map[int]bool{}
	for _, i := range d.p.Ignored {
		ignored[i] = true
	}
	var out []string
	for i, l := range d.m.Links {
		if l.From == id && !ignored[i] {
			out = append(out, l.To)
		}
	}
	return out
}

func percent(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "–"
	}
	return strconv.Itoa(int(math.Round(math.Max(-9.99, math.Min(9.99, v))*100))) + "\u00a0%"
}

func (d *drawing) node(n Node) {
	o := d.m.Objectives[n.Objective]
	class, label := "map-objective is-"+o.Card.State.String(), d.spoken(o)
	tag := "g"
	if linked(o.Href) {
		tag = "a"
		d.open("a", "class", class, "href", o.Href, "aria-label", label, "data-objective", o.ID)
	} else {
		d.open("g", "class", class, "role", "img", "aria-label", label, "data-objective", o.ID)
	}
	d.element("title", o.Title)
	d.rect(n.Box, "map-card", "8")
	d.single("path", "class", "map-accent", "d",
		"M"+pt(Point{n.X + 5, n.Y})+"a5 8 0 0 0 -5 8v"+px(n.H-16)+"a5 8 0 0 0 5 8z")
	x, y := n.X+inset, n.Y+inset
	d.lines(n.Lines, "map-title", x, y+11, titleLead)
	y += float64(len(n.Lines))*titleLead + 3
	d.lines(n.measure, "map-measure", x, y+9, smallLead)
	y += float64(len(n.measure)) * smallLead
	right := n.X + n.W - inset
	y = d.value(n, o.Card, x, y, right)
	if o.Card.Bar {
		d.bar(Box{x, y + 2, right - x, 6}, o.Card)
		y += 12
	}
	d.lines(n.note, "map-note", x, y+10, smallLead)
	foot := n.Y + n.H - 10
	if len(n.Supports) > 0 {
		foot -= smallLead*float64(len(n.Supports)+1) + 8
	}
	d.icon(o.Card.State, x+7, foot-5)
	word := d.o.Words.state(o.Card.State)
	d.element("text", word, "class", "map-state", "x", px(x+19), "y", px(foot-1))
	d.spark(o.Card.Points, x+19+textWidth(word)*smallSize*bold+8, right, foot-13)
	if len(n.Supports) > 0 {
		top := foot + 10
		d.single("path", "class", "map-rule", "d", "M"+pt(Point{x, top})+"H"+px(right))
		d.element("text", d.o.Words.Supports, "class", "map-supports-title", "x", px(x), "y", px(top+14))
		d.lines(n.Supports, "map-supports", x, top+14+smallLead, smallLead)
	}
	d.close(tag)
}

// value writes the value large and the target at its right, or under it when both do not fit; it returns the next y.
func (d *drawing) value(n Node, c Card, x, y, right float64) float64 {
	if c.Value == "" && c.Target == "" {
		return y
	}
	inner := right - x
	if c.Value != "" {
		v := limit(Wrap(c.Value, inner/16/bold), 1, inner/16/bold)
		d.lines(v, "map-value", x, y+17, 0)
	}
	if c.Target != "" {
		text := d.o.Words.Target + d.o.Words.colon() + c.Target
		t := limit(Wrap(text, inner/smallSize), 1, inner/smallSize)
		switch {
		case n.wideTarget:
			y += smallLead
			d.lines(t, "map-target", x, y+17, 0)
		case len(t) > 0 && c.Value == "":
			d.lines(t, "map-target", x, y+17, 0)
		case len(t) > 0:
			d.element("text", t[0], "class", "map-target is-end", "x", px(right), "y", px(y+17))
		}
	}
	return y + 24
}

// bar draws progress and, as a notch above and below it, where the path expects it.
func (d *drawing) bar(b Box, c Card) {
	d.rect(b, "map-bar", "3")
	if done := stat.Clip(c.Progress) * b.W; done > 0.5 {
		d.rect(Box{b.X, b.Y, done, b.H}, "map-bar-done", "3")
	}
	x := b.X + stat.Clip(c.Expected)*b.W
	d.single("path", "class", "map-bar-mark", "d", "M"+pt(Point{x, b.Y - 3})+"V"+px(b.Y+b.H+3))
}

// icon draws the state as a shape that differs without colour: disc with tick, triangle, square with cross, open ring.
func (d *drawing) icon(s stat.State, x, y float64) {
	d.open("g", "class", "map-icon is-"+s.String(), "aria-hidden", "true")
	switch s {
	case stat.OnTrack:
		d.single("circle", "class", "map-icon-shape", "cx", px(x), "cy", px(y), "r", "7")
		d.single("path", "class", "map-icon-mark", "d", "M"+pt(Point{x - 3.2, y + 0.2})+"l2.3 2.5l4.3 -5")
	case stat.Watch:
		d.single("path", "class", "map-icon-shape", "d", "M"+pt(Point{x, y - 7.5})+"l8 14h-16z")
		d.single("path", "class", "map-icon-mark", "d", "M"+pt(Point{x, y - 2.5})+"v4.5m0 2.4v0.2")
	case stat.Off:
		d.single("rect", "class", "map-icon-shape", "x", px(x-6.5), "y", px(y-6.5), "width", "13", "height", "13", "rx", "2")
		d.single("path", "class", "map-icon-mark", "d", "M"+pt(Point{x - 3, y - 3})+"l6 6m0 -6l-6 6")
	default:
		d.single("circle", "class", "map-icon-ring", "cx", px(x), "cy", px(y), "r", "6")
		d.single("path", "class", "map-icon-dash", "d", "M"+pt(Point{x - 2.5, y})+"h5")
	}
	d.close("g")
}

// spark draws recent values between from and to, if there is room and more than one.
func (d *drawing) spark(points []float64, from, to, y float64) {
	if len(points) > 120 {
		points = points[len(points)-120:]
	}
	const tall = 14.0
	wide := math.Min(72, to-from-4)
	low, high, known := math.Inf(1), math.Inf(-1), 0
	for _, v := range points {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			low, high, known = math.Min(low, v), math.Max(high, v), known+1
		}
	}
	if known < 2 || wide < 24 {
		return
	}
	left := to - wide - 3
	var path strings.Builder
	var last Point
	pen := "M"
	for i, v := range points {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			pen = "M"
			continue
		}
		at := 0.5
		if high > low {
			at = v/2 - low/2 // halves, so that the difference cannot overflow
			at /= high/2 - low/2
		}
		last = Point{left + wide*float64(i)/float64(len(points)-1), y + tall*(1-at)}
		path.WriteString(pen + pt(last))
		pen = "L"
	}
	d.single("path", "class", "map-spark", "d", path.String(), "aria-hidden", "true")
	d.single("circle", "class", "map-spark-last", "cx", px(last.X), "cy", px(last.Y), "r", "2.2", "aria-hidden", "true")
}

// legend draws what the shapes and lines mean and returns its height.
func (d *drawing) legend() ([]byte, float64) {
	l := &drawing{m: d.m, o: d.o, p: d.p}
	w := d.o.Words
	x, y := margin, d.p.Height+4
	next := func(text string, room float64) {
		if x > margin && x+room+textWidth(text)*smallSize > d.p.Width-margin {
			x, y = margin, y+22
		}
	}
	write := func(text string, room float64) {
		l.element("text", text, "class", "map-legend-text", "x", px(x+room), "y", px(y+4))
		x += room + textWidth(text)*smallSize + 22
	}
	l.open("g", "class", "map-legend", "role", "img", "aria-label", w.Legend)
	for _, s := range []stat.State{stat.OnTrack, stat.Watch, stat.Off, stat.Unknown} {
		if w.state(s) == "" {
			continue
		}
		next(w.state(s), 20)
		l.icon(s, x+7, y)
		write(w.state(s), 20)
	}
	if w.Expected != "" {
		next(w.Expected, 16)
		l.single("path", "class", "map-bar-mark", "d", "M"+pt(Point{x + 6, y - 6})+"v12")
		write(w.Expected, 16)
	}
	used := map[stat.Verdict]bool{}
	for _, c := range d.p.Curves {
		used[d.m.Links[c.Link].Verdict] = true
	}
	for _, v := range []stat.Verdict{stat.Consistent, stat.NotConsistent, stat.TooFewData} {
		if !used[v] || w.verdict(v) == "" {
			continue
		}
		next(w.verdict(v), 42)
		l.open("g", "class", "map-link is-"+v.String()+" is-weight-2")
		l.single("path", "class", "map-link-line", "d", "M"+pt(Point{x, y})+"h34")
		l.close("g")
		write(w.verdict(v), 42)
	}
	l.close("g")
	return l.b.Bytes(), y + 22 - d.p.Height
}
