package layout

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"

	"github.com/entente/entente/internal/sorting"
)

// The size of a sketch, and how many tiles stand side by side at most; with more links than mostSketched none is drawn: they would be a tangle.
const (
	sketchWidth  = 320.0
	sketchHeight = 168.0
	sketchRow    = 10
	mostSketched = 24
)

// Sketch writes a small picture of a map, without words: bands, a tile for each objective in the colour of its state, links where they can
// be told apart. It is as large whatever is on the map. label is what is read out in its place.
func Sketch(w io.Writer, m Map, label string) error {
	d := &drawing{m: m, p: Arrange(bared(m), Options{Width: 900})}
	d.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+px(sketchWidth)+" "+px(sketchHeight), "role", "img", "aria-label", label, "class", "map map-sketch")
	tiles := d.tiles()
	d.open("g", "class", "map-links")
	if len(d.p.Curves) <= mostSketched {
		for _, c := range d.p.Curves {
			l := m.Links[c.Link]
			d.string(tiles[l.From], tiles[l.To], l)
		}
	}
	d.close("g")
	for _, n := range d.p.Nodes {
		o := m.Objectives[n.Objective]
		class := "map-objective is-" + o.Card.State.String()
		if m.Bare {
			class = "map-objective is-bare"
		}
		d.open("g", "class", class)
		d.rect(tiles[o.ID], "map-tile-box", "3")
		d.close("g")
	}
	d.close("svg")
	if _, err := io.Copy(w, bytes.NewReader(d.b.Bytes())); err != nil {
		return fmt.Errorf("writing the sketch of a map of %s objectives: %w", strconv.Itoa(len(m.Objectives)), err)
	}
	return nil
}

// bared is a map with nothing on its cards, which does not matter at this size.
func bared(m Map) Map {
	m.Objectives = slices.Clone(m.Objectives)
	for i := range m.Objectives {
		m.Objectives[i].Card = Card{State: m.Objectives[i].Card.State}
	}
	return m
}

// tiles draws the bands and gives each objective its box, by id: rows of at most ten, in the order in which they stand on the map.
func (d *drawing) tiles() map[string]Box {
	bands := map[int][]Node{}
	rows := 0.0
	for _, b := range d.p.Bands {
		for _, n := range d.p.Nodes {
			if y := n.Y + n.H/2; y >= b.Y && y <= b.Y+b.H {
				bands[b.Band] = append(bands[b.Band], n)
			}
		}
		sorting.Stable(bands[b.Band], func(x, y Node) int { return cmp.Or(cmp.Compare(x.row, y.row), cmp.Compare(x.X, y.X)) })
		rows += math.Max(1, math.Ceil(float64(len(bands[b.Band]))/sketchRow))
	}
	const pad, label = 3.0, 26.0
	out := map[string]Box{}
	y := 0.0
	for _, b := range d.p.Bands {
		list := bands[b.Band]
		lines := int(math.Max(1, math.Ceil(float64(len(list))/sketchRow)))
		tall := (sketchHeight - pad*float64(len(d.p.Bands)-1)) * float64(lines) / rows
		d.open("g", "class", "map-band is-band-"+d.shadeOf(b))
		d.rect(Box{0, y, sketchWidth, tall}, "map-band-box", "5")
		d.rect(Box{0, y, label, tall}, "map-band-label", "5")
		d.close("g")
		for line := range lines {
			from := len(list) * line / lines
			to := len(list) * (line + 1) / lines
			k := float64(to - from)
			room := sketchWidth - label - 2*pad
			wide := math.Min(48, room/math.Max(k, 1)*0.72)
			high := math.Min(wide*0.55, tall/float64(lines)*0.56)
			for i, n := range list[from:to] {
				x := label + pad + room*(float64(i)+0.5)/k - wide/2
				mid := y + tall*(float64(line)+0.5)/float64(lines)
				out[d.m.Objectives[n.Objective].ID] = Box{x, mid - high/2, wide, high}
			}
		}
		y += tall + pad
	}
	return out
}

// string draws a link between two tiles.
func (d *drawing) string(from, to Box, l Link) {
	a, b := Point{from.X + from.W/2, from.Y}, Point{to.X + to.W/2, to.Y + to.H}
	if math.Abs(from.Y-to.Y) < 1 { // side by side
		a, b = Point{from.X + from.W/2, from.Y}, Point{to.X + to.W/2, to.Y}
	}
	bend := math.Max(8, math.Abs(a.Y-b.Y)/2)
	into := b.Y + bend
	if a.Y == b.Y {
		into = b.Y - bend
	}
	d.open("g", "class", "map-link is-"+l.Verdict.String()+" is-weight-1")
	d.single("path", "class", "map-link-line", "d", "M"+pt(a)+"C"+pt(Point{a.X, a.Y - bend})+" "+pt(Point{b.X, into})+" "+pt(b))
	d.close("g")
}
