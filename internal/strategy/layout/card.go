package layout

import (
	"math"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/measure/stat"
)

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
	parts := []string{clean(o.Title)}
	if !d.m.Bare {
		parts = append(parts, w.state(c.State))
	}
	switch {
	case d.m.Bare:
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
	for _, t := range o.Themes {
		if t >= 0 && t < len(d.m.Themes) {
			parts = append(parts, clean(d.m.Themes[t].Title))
		}
	}
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
	if d.m.Bare {
		class = "map-objective"
	}
	if o.Dim {
		class += " is-dim"
	}
	place := d.placeOf(n)
	tag := "g"
	if linked(o.Href) {
		// Its name is the title element: a label would have to repeat, word for word, the lines as they were wrapped.
		tag = "a"
		d.open("a", "class", class, "href", o.Href, "data-objective", o.ID, "data-place", place)
		d.element("title", label)
	} else {
		d.open("g", "class", class, "role", "img", "aria-label", label, "data-objective", o.ID, "data-place", place)
		d.element("title", o.Title)
	}
	d.open("g", "aria-hidden", "true") // the name says all of it, as sentences
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
	word := ""
	if !d.m.Bare {
		d.icon(o.Card.State, x+7, foot-5)
		d.lines(n.state, "map-state", x+19, foot-1-smallLead*float64(max(0, len(n.state)-1)), smallLead)
		for _, l := range n.state { // the course stands at the right of the longest
			if len(l) > len(word) {
				word = l
			}
		}
	}
	d.spark(o.Card.Points, x+19+textWidth(word)*smallSize*bold+8, right, foot-13)
	if len(n.Supports) > 0 {
		top := foot + 10
		d.single("path", "class", "map-rule", "d", "M"+pt(Point{x, top})+"H"+px(right))
		d.element("text", d.o.Words.Supports, "class", "map-supports-title", "x", px(x), "y", px(top+14))
		d.lines(n.Supports, "map-supports", x, top+14+smallLead, smallLead)
	}
	for i, t := range o.Themes {
		if t >= 0 && t < len(d.m.Themes) {
			d.themeMark(t, d.m.Themes[t], n.X+n.W-1, n.Y+15+float64(i)*17)
		}
	}
	if d.o.Edit && !d.p.Narrow {
		d.single("circle", "class", "map-handle", "cx", px(n.X+n.W/2), "cy", px(n.Y), "r", "6")
	}
	d.close("g")
	d.close(tag)
}

// value writes the value large and the target at its right, or under it when both do not fit; it returns the next y.
func (d *drawing) value(n Node, c Card, x, y, right float64) float64 {
	if c.Value == "" && c.Target == "" {
		return y
	}
	class := "map-value"
	if n.valueSize < valueSize {
		class += " is-small"
	}
	d.lines(n.value, class, x, y+17, titleLead)
	if extra := len(n.value) - 1; extra > 0 {
		y += float64(extra) * titleLead
	}
	switch {
	case n.wideTarget:
		d.lines(n.target, "map-target", x, y+17+smallLead, smallLead)
		y += float64(len(n.target)) * smallLead
	case len(n.value) == 0:
		d.lines(n.target, "map-target", x, y+17, smallLead)
		y += float64(max(0, len(n.target)-1)) * smallLead
	case len(n.target) > 0:
		d.element("text", n.target[0], "class", "map-target is-end", "x", px(right), "y", px(y+17))
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
