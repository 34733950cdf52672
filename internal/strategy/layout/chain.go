package layout

import (
	"cmp"
	"fmt"
	"io"
	"math"

	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/sorting"
)

// Chain is a way told in columns, such as from value down to what somebody said.
type Chain struct {
	Title, Desc string
	Columns     []Column
	Edges       [][2]string // ids of boxes of neighbouring columns, or of further ones
}

// Column is one step of the way.
type Column struct {
	Title string
	Boxes []Station
}

// Station is one box of a column.
type Station struct {
	ID, Title, Note string
	Href            string
	State           stat.State
	Judged          bool   // whether it has a state to show
	Spoken          string // what a screen reader says; the title and the note when empty
}

const (
	chainGap   = 46.0
	chainTop   = 44.0
	chainApart = 12.0
)

// RenderChain writes a chain as SVG: columns side by side, or under 640 pixels one under the other without curves.
func RenderChain(w io.Writer, c Chain, o Options) error {
	d := &drawing{m: Map{Title: c.Title, Desc: c.Desc}, o: o}
	d.p.Width = math.Max(240, math.Min(o.Width, 6000))
	d.p.Narrow = d.p.Width < 640
	d.chain(c)
	if _, err := w.Write(d.b.Bytes()); err != nil {
		return fmt.Errorf("writing the chain: %w", err)
	}
	return nil
}

// placedStation is a station with its box and wrapped lines.
type placedStation struct {
	Station
	Box
	lines, note []string
}

func (s *placedStation) measure(width float64) {
	inner := width - 2*inset
	s.W = width
	s.lines = limit(Wrap(s.Title, inner/titleSize/bold), 4, inner/titleSize/bold)
	s.note = limit(Wrap(s.Note, inner/smallSize), 3, inner/smallSize)
	s.H = 2*8 + float64(len(s.lines))*titleLead + float64(len(s.note))*smallLead
	if s.Judged {
		s.H += 20
	}
}

func (d *drawing) chain(c Chain) {
	columns := make([][]*placedStation, len(c.Columns))
	at := map[string]*placedStation{}
	width := d.p.Width - 2*margin
	if !d.p.Narrow {
		n := float64(max(1, len(columns)))
		width = math.Min(250, (d.p.Width-2*margin-(n-1)*chainGap)/n)
	}
	for i, col := range c.Columns {
		for _, s := range col.Boxes {
			p := &placedStation{Station: s}
			p.measure(width)
			columns[i] = append(columns[i], p)
			at[s.ID] = p
		}
	}
	height := d.placeChain(c, columns, at, width)
	d.open("svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", "0 0 "+px(d.p.Width)+" "+px(height), "role", "group", "aria-labelledby", d.id("title"),
		"aria-describedby", d.id("desc"), "class", "map map-chain", "width", px(d.p.Width), "height", px(height))
	d.element("title", c.Title, "id", d.id("title"))
	d.element("desc", c.Desc, "id", d.id("desc"))
	if d.o.Standalone {
		d.b.WriteString("<style>" + Style() + "</style>")
		d.rect(Box{0, 0, d.p.Width, height}, "map-paper", "")
	}
	if !d.p.Narrow {
		d.open("g", "class", "map-links", "aria-hidden", "true")
		for _, e := range c.Edges {
			a, b := at[e[0]], at[e[1]]
			if a == nil || b == nil {
				continue
			}
			if a.X > b.X { // from left to right, whichever way the edge was told
				a, b = b, a
			}
			from, to := Point{a.X + a.W, a.Y + a.H/2}, Point{b.X, b.Y + b.H/2}
			reach := math.Max(20, (to.X-from.X)/2)
			d.open("g", "class", "map-link is-weight-2")
			d.single("path", "class", "map-link-line", "d", "M"+pt(from)+"C"+pt(Point{from.X + reach, from.Y})+" "+pt(Point{to.X - reach, to.Y})+" "+pt(to))
			d.close("g")
		}
		d.close("g")
	}
	for i, col := range c.Columns {
		if len(columns[i]) == 0 {
			continue
		}
		first := columns[i][0]
		y := first.Y - 12
		if !d.p.Narrow {
			y = 24
		}
		d.lines(limit(Wrap(col.Title, width/titleSize/bold), 1, width/titleSize/bold), "map-band-title", first.X, y, titleLead)
		for _, s := range columns[i] {
			d.station(s)
		}
	}
	d.close("svg")
}

// placeChain gives boxes their places and returns the height of all.
func (d *drawing) placeChain(c Chain, columns [][]*placedStation, at map[string]*placedStation, width float64) float64 {
	if d.p.Narrow {
		y := margin
		for _, col := range columns {
			if len(col) > 0 {
				y += 28
			}
			for _, s := range col {
				s.X, s.Y = margin, y
				y += s.H + chainApart
			}
		}
		return y + margin
	}
	step := width + chainGap
	if n := len(columns); n > 1 { // spread over the whole width
		step = (d.p.Width - 2*margin - width) / float64(n-1)
	}
	tall := 0.0
	for _, col := range columns {
		h := -chainApart
		for _, s := range col {
			h += s.H + chainApart
		}
		tall = math.Max(tall, h)
	}
	stack := func(i int) {
		h := -chainApart
		for _, s := range columns[i] {
			h += s.H + chainApart
		}
		y := chainTop + (tall-h)/2
		for _, s := range columns[i] {
			s.X, s.Y = margin+float64(i)*step, y
			y += s.H + chainApart
		}
	}
	for i := range columns {
		stack(i)
	}
	// Each column in the order of what it hangs on, first towards the right, then back.
	mean := func(s *placedStation) float64 {
		sum, n := 0.0, 0.0
		for _, e := range c.Edges {
			for k, id := range e {
				if other := at[e[1-k]]; id == s.ID && other != nil {
					sum, n = sum+other.Y+other.H/2, n+1
				}
			}
		}
		if n == 0 {
			return s.Y + s.H/2
		}
		return sum / n
	}
	for range 4 {
		for i := range columns {
			sorting.Stable(columns[i], func(a, b *placedStation) int { return cmp.Compare(mean(a), mean(b)) })
			stack(i)
		}
	}
	return chainTop + math.Max(tall, 40) + margin
}

func (d *drawing) station(s *placedStation) {
	class, tag := "map-objective", "g"
	if s.Judged {
		class += " is-" + s.State.String()
	}
	spoken := s.Spoken
	if spoken == "" {
		spoken = s.Title
		if s.Note != "" {
			spoken += ". " + s.Note
		}
	}
	if linked(s.Href) {
		tag = "a"
		d.open("a", "class", class, "href", s.Href)
		d.element("title", spoken)
	} else {
		d.open("g", "class", class, "role", "img", "aria-label", spoken)
	}
	d.open("g", "aria-hidden", "true")
	d.rect(s.Box, "map-card", "8")
	y := s.Y + 8
	d.lines(s.lines, "map-title", s.X+inset, y+12, titleLead)
	y += float64(len(s.lines)) * titleLead
	d.lines(s.note, "map-note", s.X+inset, y+10, smallLead)
	y += float64(len(s.note)) * smallLead
	if s.Judged {
		d.icon(s.State, s.X+inset+7, y+10)
		room := (s.W - 2*inset - 15) / smallSize / bold
		d.lines(limit(Wrap(d.o.Words.state(s.State), room), 1, room), "map-state", s.X+inset+19, y+14, smallLead)
	}
	d.close("g")
	d.close(tag)
}
