package layout

import (
	"cmp"
	"math"
	"slices"

	"github.com/entente/entente/internal/sorting"
)

// route is the way of one link: upper and lower are its ends by row, pass its x in every row between, from the lower one up.
type route struct {
	edge         int
	lower, upper int
	pass         []float64
	ideal        []float64
	beside       bool // neighbours in one row: a straight line through the gap
	arc          bool // one row, not neighbours: over the boxes
	start, end   float64
}

// segment is the part of a route inside one channel.
type segment struct{ below, above float64 }

// cost scores the present order: crossings first, then length weighted by importance.
func (a *arrangement) cost() float64 {
	a.place()
	routes := a.routes()
	length := 0.0
	for _, r := range routes {
		e := a.links[r.edge]
		x := a.nodes[r.lower].middle()
		for _, p := range append(r.pass, a.nodes[r.upper].middle()) {
			length += math.Abs(p-x) * (0.5 + e.weight)
			x = p
		}
		if r.arc {
			length += 400
		}
	}
	return 1000*float64(a.crossings(routes)) + length
}

// routes finds the way of every link, ends in the middle of the boxes.
func (a *arrangement) routes() []route {
	load := make([][]int, len(a.rows))
	for r := range a.rows {
		load[r] = make([]int, len(a.rows[r].free))
	}
	place := make([]int, len(a.nodes)) // index in its row
	for _, r := range a.rows {
		for i, n := range r.members {
			place[n] = i
		}
	}
	routes := make([]route, 0, len(a.links))
	for i, e := range a.links {
		r := route{edge: i, lower: e.from, upper: e.to}
		if a.nodes[r.lower].row < a.nodes[r.upper].row {
			r.lower, r.upper = r.upper, r.lower
		}
		low, high := a.nodes[r.lower], a.nodes[r.upper]
		if low.row == high.row {
			apart := place[r.lower] - place[r.upper]
			r.beside = apart == 1 || apart == -1
			r.arc = !r.beside
		}
		x := low.middle()
		for at := low.row - 1; at > high.row; at-- {
			ideal := x + (high.middle()-x)/float64(at-high.row+1)
			best, chosen, lane := math.Inf(1), ideal, -1
			for s, free := range a.rows[at].free {
				c := clampTo(ideal, free)
				detour := math.Abs(c-ideal) + 0.3*math.Abs(c-high.middle())
				// A crowded gap is worth a detour.
				if crowd := float64(load[at][s]+1) * 7 / math.Max(7, free.to-free.from); crowd > 0.6 {
					detour += 220 * crowd * crowd
				}
				if detour < best {
					best, chosen, lane = detour, c, s
				}
			}
			if lane >= 0 {
				load[at][lane]++
			}
			r.pass, r.ideal = append(r.pass, chosen), append(r.ideal, ideal)
			x = chosen
		}
		r.start, r.end = low.middle(), high.middle()
		routes = append(routes, r)
	}
	return routes
}

func clampTo(x float64, s span) float64 { return math.Max(s.from, math.Min(s.to, x)) }

// spread separates what shares a gap, then the ends that share the border of a box.
func (a *arrangement) spread(routes []route) {
	type use struct{ route, k int }
	for at, r := range a.rows {
		for _, free := range r.free {
			var uses []use
			for i := range routes {
				if k := a.nodes[routes[i].lower].row - 1 - at; k >= 0 && k < len(routes[i].pass) {
					if x := routes[i].pass[k]; x >= free.from && x <= free.to {
						uses = append(uses, use{i, k})
					}
				}
			}
			sorting.Stable(uses, func(x, y use) int {
				rx, ry := routes[x.route], routes[y.route]
				return cmp.Or(cmp.Compare(rx.pass[x.k], ry.pass[y.k]), cmp.Compare(rx.ideal[x.k], ry.ideal[y.k]))
			})
			xs := make([]float64, len(uses))
			for i, u := range uses {
				xs[i] = routes[u.route].pass[u.k]
			}
			separate(xs, free, 7)
			for i, u := range uses {
				routes[u.route].pass[u.k] = xs[i]
			}
		}
	}
	type end struct {
		x      *float64
		toward float64
	}
	tops, bottoms := make([][]end, len(a.nodes)), make([][]end, len(a.nodes))
	for i := range routes {
		r := &routes[i]
		if r.beside {
			continue
		}
		first, last := a.nodes[r.upper].middle(), a.nodes[r.lower].middle()
		if len(r.pass) > 0 {
			first, last = r.pass[0], r.pass[len(r.pass)-1]
		}
		tops[r.lower] = append(tops[r.lower], end{&r.start, first})
		if r.arc {
			tops[r.upper] = append(tops[r.upper], end{&r.end, last})
		} else {
			bottoms[r.upper] = append(bottoms[r.upper], end{&r.end, last})
		}
	}
	for n := range a.nodes {
		node := a.nodes[n]
		for side, ends := range [2][]end{tops[n], bottoms[n]} {
			sorting.Stable(ends, func(x, y end) int { return cmp.Compare(x.toward, y.toward) })
			from, to := node.portLow, node.portHigh
			if side == 1 {
				from, to = node.X+node.W*0.14, node.X+node.W*0.86
			}
			step := math.Min(24, (to-from)/float64(max(1, len(ends)-1)))
			at := (from+to)/2 - step*float64(len(ends)-1)/2
			for i, e := range ends {
				*e.x = at + step*float64(i)
			}
		}
	}
}

// separate moves sorted places apart by least, as far as the span allows.
func separate(xs []float64, s span, least float64) {
	if len(xs) < 2 {
		return
	}
	least = math.Min(least, (s.to-s.from)/float64(len(xs)-1))
	for i := 1; i < len(xs); i++ {
		xs[i] = math.Max(xs[i], xs[i-1]+least)
	}
	if over := xs[len(xs)-1] - s.to; over > 0 {
		xs[len(xs)-1] -= over
		for i := len(xs) - 2; i >= 0; i-- {
			xs[i] = math.Min(xs[i], xs[i+1]-least)
		}
	}
}

// channels sorts the parts of routes by the channel they cross; channel r lies above row r.
func (a *arrangement) channels(routes []route) (through [][]segment, arcs [][]span) {
	through, arcs = make([][]segment, len(a.rows)), make([][]span, len(a.rows))
	for _, r := range routes {
		low, high := a.nodes[r.lower].row, a.nodes[r.upper].row
		if r.arc {
			arcs[low] = append(arcs[low], span{math.Min(r.start, r.end), math.Max(r.start, r.end)})
		}
		x := r.start
		for at := low; at > high; at-- {
			next := r.end
			if k := low - at; k < len(r.pass) {
				next = r.pass[k]
			}
			through[at] = append(through[at], segment{x, next})
			x = next
		}
	}
	return through, arcs
}

// crossings counts pairs of curves that cross. Inside a channel all curves have the same shape, so two cross exactly when their
// order at the bottom is not their order at the top.
func (a *arrangement) crossings(routes []route) int {
	through, arcs := a.channels(routes)
	n := 0
	for at := range through {
		n += inversions(through[at])
		for i, arc := range arcs[at] {
			for _, s := range through[at] {
				if s.below > arc.from && s.below < arc.to {
					n++
				}
			}
			for _, other := range arcs[at][i+1:] {
				if arc.from < other.from && other.from < arc.to && arc.to < other.to ||
					other.from < arc.from && arc.from < other.to && other.to < arc.to {
					n++
				}
			}
		}
	}
	for _, b := range routes {
		if !b.beside {
			continue
		}
		x, y := a.nodes[b.lower], a.nodes[b.upper]
		from, to := math.Min(x.X+x.W, y.X+y.W), math.Max(x.X, y.X)
		for _, r := range routes {
			if k := a.nodes[r.lower].row - 1 - x.row; k >= 0 && k < len(r.pass) && r.pass[k] > from && r.pass[k] < to {
				n++
			}
		}
	}
	return n
}

func inversions(segments []segment) int {
	n := 0
	for i, s := range segments {
		for _, o := range segments[i+1:] {
			if (s.below-o.below)*(s.above-o.above) < 0 {
				n++
			}
		}
	}
	return n
}

// draw fixes heights, then turns routes into curves.
func (a *arrangement) draw() Plan {
	routes := a.routes()
	a.spread(routes)
	through, arcs := a.channels(routes)
	y := a.heading()
	for r := range a.rows {
		row := &a.rows[r]
		row.channel = channelHeight(through[r], arcs[r], row.first, r == 0)
		row.top = math.Ceil(y + row.channel + row.strip)
		y = row.top + row.height
	}
	a.plan.Width, a.plan.Height = a.o.Width, math.Ceil(y+18+margin)
	for i := range a.nodes {
		n := &a.nodes[i]
		n.Y, n.H = a.rows[n.row].top, a.rows[n.row].height
	}
	a.boxes()
	for _, r := range routes {
		a.plan.Curves = append(a.plan.Curves, Curve{Link: a.links[r.edge].link, Points: a.bend(r)})
	}
	a.plan.Crossings = a.crossings(routes)
	a.number()
	return a.plan
}

func channelHeight(through []segment, arcs []span, first, top bool) float64 {
	widest := 0.0
	for _, s := range through {
		widest = math.Max(widest, math.Abs(s.below-s.above))
	}
	h := 24.0
	if first && !top {
		h = 34
	}
	if top {
		h = 18
	}
	if n := len(through); n > 0 {
		h = math.Max(h, 50+math.Min(60, 3*float64(n)+widest/14))
	}
	if len(arcs) > 0 {
		h = math.Max(h, 46+math.Min(40, 6*float64(len(arcs))))
	}
	return math.Round(h)
}

// bend makes the curve of a route from the link's start to its end.
func (a *arrangement) bend(r route) []Point {
	e := a.links[r.edge]
	low, high := a.nodes[r.lower], a.nodes[r.upper]
	var pts []Point
	line := func(p Point) { q := pts[len(pts)-1]; pts = append(pts, q, p, p) }
	switch {
	case r.beside:
		y := math.Round(low.Y + low.H/2)
		if r.lower > r.upper { // both directions at once stay apart
			y += 9
		} else {
			y -= 9
		}
		pts = []Point{{low.X + low.W, y}}
		end := Point{high.X, y}
		if high.X < low.X {
			pts[0].X, end.X = low.X, high.X+high.W
		}
		line(end)
	case r.arc:
		row := a.rows[low.row]
		top := low.Y - row.strip
		rise := row.channel * (0.45 + 0.45*math.Min(1, math.Abs(r.end-r.start)/(a.right-a.left))) / 0.75
		pts = []Point{{r.start, low.Y}}
		line(Point{r.start, top})
		pts = append(pts, Point{r.start, top - rise}, Point{r.end, top - rise}, Point{r.end, top})
		line(Point{r.end, high.Y})
	default:
		x := r.start
		pts = []Point{{x, low.Y}}
		for at := low.row; at > high.row; at-- {
			if a.rows[at].strip > 0 {
				line(Point{x, a.rows[at].top - a.rows[at].strip})
			}
			from, above := pts[len(pts)-1], a.rows[at-1]
			next, to := r.end, above.top+above.height
			if k := low.row - at; k < len(r.pass) {
				next = r.pass[k]
			}
			reach := (from.Y - to) * 0.5
			pts = append(pts, Point{x, from.Y - reach}, Point{next, to + reach}, Point{next, to})
			x = next
			if at-1 > high.row {
				line(Point{x, above.top})
			}
		}
	}
	if r.lower != e.from {
		slices.Reverse(pts)
	}
	return pts
}

// boxes makes band rectangles whose borders lie in the middle of the channels between them.
func (a *arrangement) boxes() {
	for r := 0; r < len(a.rows); {
		last := r
		for last+1 < len(a.rows) && a.rows[last+1].band == a.rows[r].band {
			last++
		}
		first := a.rows[r]
		start := first.top - first.strip - first.channel
		from := start
		if r > 0 {
			from = math.Round(start + first.channel/2 + 4)
		}
		to := a.rows[last].top + a.rows[last].height
		if last+1 < len(a.rows) {
			to = math.Round(to + a.rows[last+1].channel/2 - 4)
		} else {
			to += 18
		}
		box := BandBox{Box: Box{X: margin, Y: from, W: a.o.Width - 2*margin, H: to - from}, Band: first.band}
		box.Label = Box{X: margin, Y: from, W: gutter - 6, H: to - from}
		ems := (gutter - 6 - 20) / titleSize / bold
		box.Lines = limit(Wrap(a.m.Bands[first.band].Title, ems), max(1, int((to-from-12)/titleLead)), ems)
		for s := range a.m.Bands[first.band].Steps {
			b := a.stepBox(first.band, s)
			lines := a.stepLines(first.band, s)
			b.H = float64(len(lines))*13 + 8
			b.Y = first.top - 6 - b.H
			box.Steps = append(box.Steps, StepBox{Box: b, Lines: lines})
		}
		columns := max(1, len(a.m.Bands[first.band].Steps))
		cell := (a.right - a.left) / float64(columns)
		for c := range columns {
			box.Drops = append(box.Drops, Box{X: a.left + float64(c)*cell, Y: from, W: cell, H: to - from})
		}
		a.plan.Bands = append(a.plan.Bands, box)
		r = last + 1
	}
}

// number tells each node its place in its group.
func (a *arrangement) number() {
	for _, g := range a.groups {
		for i, n := range g.members {
			a.nodes[n].Order = i
		}
	}
	a.plan.Nodes = a.nodes
}

// heading is the room kept above the first band.
func (a *arrangement) heading() float64 {
	if !a.o.Standalone {
		return margin
	}
	title, desc := headingLines(a.m, a.o.Width)
	if len(title)+len(desc) == 0 {
		return margin
	}
	return margin + float64(len(title))*headingLead + float64(len(desc))*16 + 14
}

const headingLead = 26.0

// headingLines wraps the title and the description of a standalone drawing.
func headingLines(m Map, width float64) (title, desc []string) {
	big, small := (width-2*margin)/20/bold, (width-2*margin)/12
	return limit(Wrap(m.Title, big), 3, big), limit(Wrap(m.Desc, small), 4, small)
}
