package layout

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strconv"
)

// Sketch writes a small picture of a map, without words: bands, objectives in the colour of their state, links. label is what is read out
// in its place.
func Sketch(w io.Writer, m Map, label string) error {
	m.Objectives = slices.Clone(m.Objectives)
	for i := range m.Objectives { // every box the same: what is on a card does not matter at this size
		m.Objectives[i].Card = Card{State: m.Objectives[i].Card.State, Bar: true}
	}
	p := Arrange(m, Options{Width: 900})
	d := &drawing{m: m, p: p}
	d.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+px(p.Width)+" "+px(p.Height), "role", "img", "aria-label", label, "class", "map map-sketch")
	for _, b := range p.Bands {
		d.open("g", "class", "map-band is-band-"+d.shadeOf(b))
		d.rect(b.Box, "map-band-box", "14")
		if !p.Narrow {
			d.rect(Box{b.X, b.Y, b.Label.W, b.H}, "map-band-label", "14")
		}
		d.close("g")
	}
	d.open("g", "class", "map-links")
	for _, c := range p.Curves {
		d.open("g", "class", "map-link is-"+m.Links[c.Link].Verdict.String()+" is-weight-3")
		d.single("path", "class", "map-link-line", "d", pathData(c.Points))
		d.close("g")
	}
	d.close("g")
	for _, n := range p.Nodes {
		d.open("g", "class", "map-objective is-"+m.Objectives[n.Objective].Card.State.String())
		d.rect(n.Box, "map-card", "10")
		d.single("rect", "class", "map-accent", "x", px(n.X), "y", px(n.Y), "width", "14", "height", px(n.H), "rx", "7")
		d.close("g")
	}
	d.close("svg")
	if _, err := io.Copy(w, bytes.NewReader(d.b.Bytes())); err != nil {
		return fmt.Errorf("writing the sketch of a map of %s objectives: %w", strconv.Itoa(len(m.Objectives)), err)
	}
	return nil
}
