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
	d.drops()
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
	d.open("g", "class", "map-band is-band-"+d.shadeOf(b))
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

func (d *drawing) shadeOf(b BandBox) string {
	if b.Band >= len(d.m.Bands) {
		return "1"
	}
	return strconv.Itoa(shade(d.m.Bands[b.Band].Shade, b.Band))
}

func (d *drawing) steps(b BandBox) {
	for _, s := range b.Steps {
		d.open("g", "class", "map-step is-band-"+d.shadeOf(b))
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
	class := "map-link is-weight-" + strconv.Itoa(weight)
	if !d.m.Bare {
		class = "map-link is-" + link.Verdict.String() + " is-weight-" + strconv.Itoa(weight)
	}
	if d.dim(link.From) || d.dim(link.To) {
		class += " is-dim"
	}
	d.open("g", "class", class, "data-from", link.From, "data-to", link.To)
	d.element("title", d.linkTitle(link))
	d.single("path", "class", "map-link-line", "d", pathData(c.Points))
	tip, back := arrow(c.Points)
	side := Point{-(tip.Y - back.Y) * 0.55, (tip.X - back.X) * 0.55}
	d.single("path", "class", "map-link-head", "d", "M"+pt(tip)+"L"+pt(Point{back.X + side.X, back.Y + side.Y})+"L"+pt(Point{back.X - side.X, back.Y - side.Y})+"Z")
	d.close("g")
}

func (d *drawing) linkTitle(l Link) string {
	s := d.name(l.From) + " → " + d.name(l.To)
	if v := d.o.Words.verdict(l.Verdict); v != "" && !d.m.Bare {
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
		if w.state(s) == "" || d.m.Bare {
			continue
		}
		next(w.state(s), 20)
		l.icon(s, x+7, y)
		write(w.state(s), 20)
	}
	if w.Expected != "" && !d.m.Bare {
		next(w.Expected, 16)
		l.single("path", "class", "map-bar-mark", "d", "M"+pt(Point{x + 6, y - 6})+"v12")
		write(w.Expected, 16)
	}
	used := map[stat.Verdict]bool{}
	for _, c := range d.p.Curves {
		used[d.m.Links[c.Link].Verdict] = true
	}
	for _, v := range []stat.Verdict{stat.Consistent, stat.NotConsistent, stat.TooFewData} {
		if !used[v] || w.verdict(v) == "" || d.m.Bare {
			continue
		}
		next(w.verdict(v), 42)
		l.open("g", "class", "map-link is-"+v.String()+" is-weight-2")
		l.single("path", "class", "map-link-line", "d", "M"+pt(Point{x, y})+"h34")
		l.close("g")
		write(w.verdict(v), 42)
	}
	for i, t := range d.m.Themes {
		next(t.Title, 22)
		l.themeMark(i, t, x+8, y)
		write(t.Title, 22)
	}
	l.close("g")
	return l.b.Bytes(), y + 22 - d.p.Height
}

// drops draws, behind everything else, where objectives may be dropped.
func (d *drawing) drops() {
	if !d.o.Edit {
		return
	}
	for _, b := range d.p.Bands {
		for i, box := range b.Drops {
			d.single("rect", "class", "map-drop", "x", px(box.X), "y", px(box.Y), "width", px(box.W), "height", px(box.H), "data-drop", d.placeName(b.Band, i))
		}
	}
}

// placeName is the id of the i-th place of a band: a step's, or its own.
func (d *drawing) placeName(band, i int) string {
	if band >= len(d.m.Bands) {
		return ""
	}
	if steps := d.m.Bands[band].Steps; i < len(steps) {
		return steps[i].ID
	}
	return d.m.Bands[band].ID
}

// placeOf is the id of the place where a node was put.
func (d *drawing) placeOf(n Node) string {
	if !d.o.Edit {
		return ""
	}
	g := 0
	for b, band := range d.m.Bands {
		for i := range max(1, len(band.Steps)) {
			if g == n.group {
				return d.placeName(b, i)
			}
			g++
		}
	}
	return ""
}

// dim reports whether an objective stands back.
func (d *drawing) dim(id string) bool {
	for _, o := range d.m.Objectives {
		if o.ID == id {
			return o.Dim
		}
	}
	return false
}

// themeMark draws the number of a theme on its colour.
func (d *drawing) themeMark(i int, t Theme, x, y float64) {
	d.open("g", "class", "map-theme is-theme-"+strconv.Itoa(shade(t.Shade, i)))
	d.single("circle", "class", "map-theme-mark", "cx", px(x), "cy", px(y), "r", "8")
	d.element("text", strconv.Itoa(i+1), "class", "map-theme-number", "x", px(x), "y", px(y+3.5))
	d.close("g")
}
