package layout

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// bipartite is two bands with links from the lower to the upper.
func bipartite(upper, lower int, links ...[2]int) Map {
	m := Map{Bands: []Band{{ID: "u"}, {ID: "l"}}}
	for i := range upper {
		m.Objectives = append(m.Objectives, Objective{ID: fmt.Sprint("u", i), Band: "u", Title: "Upper"})
	}
	for i := range lower {
		m.Objectives = append(m.Objectives, Objective{ID: fmt.Sprint("l", i), Band: "l", Title: "Lower"})
	}
	for _, l := range links {
		m.Links = append(m.Links, Link{From: fmt.Sprint("l", l[0]), To: fmt.Sprint("u", l[1])})
	}
	return m
}

func TestCrossings(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		m    Map
		want int
	}{
		{"none", bipartite(3, 3), 0},
		{"reversed is untangled", bipartite(4, 4, [2]int{0, 3}, [2]int{1, 2}, [2]int{2, 1}, [2]int{3, 0}), 0},
		{"a shuffled ladder is untangled", bipartite(5, 5, [2]int{0, 4}, [2]int{4, 4}, [2]int{4, 1}, [2]int{2, 1}, [2]int{2, 3}, [2]int{1, 3}, [2]int{1, 0}, [2]int{3, 0}), 0},
		{"K(2,2) cannot be drawn without", bipartite(2, 2, [2]int{0, 0}, [2]int{0, 1}, [2]int{1, 0}, [2]int{1, 1}), 1},
		{"K(3,3) has nine in two rows", bipartite(3, 3, [2]int{0, 0}, [2]int{0, 1}, [2]int{0, 2}, [2]int{1, 0}, [2]int{1, 1}, [2]int{1, 2}, [2]int{2, 0}, [2]int{2, 1}, [2]int{2, 2}), 9},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := Arrange(tt.m, Options{}).Crossings; got != tt.want {
				t.Errorf("crossings = %d, want %d", got, tt.want)
			}
		})
	}
}

func TestRealisticMapsStayReadable(t *testing.T) {
	t.Parallel()
	if got := Arrange(frenchMap(), Options{Width: 1380}).Crossings; got > 12 { // four columns whose order is given force most of these
		t.Errorf("12 objectives, 17 links: %d crossings", got)
	}
	// The same links in the order they were typed, for comparison.
	m := largeMap(15)
	for i := range m.Objectives {
		m.Objectives[i].Placed, m.Objectives[i].Position = true, float64(i)
	}
	typed, arranged := Arrange(m, Options{Width: 1380}).Crossings, Arrange(m, Options{Width: 1380, Untangle: true}).Crossings
	if arranged*3 > typed*2 {
		t.Errorf("15 objectives: %d crossings arranged, %d as typed", arranged, typed)
	}
}

func drawMap(t *rapid.T) Map {
	m := Map{Title: "t"}
	for b := range rapid.IntRange(1, 4).Draw(t, "bands") {
		band := Band{ID: fmt.Sprint(b), Title: "Perspective of the customer"}
		if b == 1 {
			for s := range rapid.IntRange(0, 4).Draw(t, "steps") {
				band.Steps = append(band.Steps, Step{ID: fmt.Sprint(s), Title: "De l’écoute à l’innovation"})
			}
		}
		m.Bands = append(m.Bands, band)
	}
	n := rapid.IntRange(0, 26).Draw(t, "objectives")
	for i := range n {
		m.Objectives = append(m.Objectives, Objective{
			ID: fmt.Sprint("o", i), Band: fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "band")), Step: fmt.Sprint(rapid.IntRange(0, 4).Draw(t, "step")),
			Title: rapid.SampledFrom([]string{"", "Court", "Répondre à chaque réclamation publique en moins de quatre heures ouvrées", "Anticonstitutionnellementanticonstitutionnellement"}).Draw(t, "title"),
			Card:  Card{Measure: "Délai", Value: rapid.SampledFrom([]string{"", "7 h", "1 234 567 890 € par trimestre"}).Draw(t, "value"), Target: "4 h", Bar: true},
		})
	}
	for range rapid.IntRange(0, 40).Draw(t, "links") {
		m.Links = append(m.Links, Link{From: fmt.Sprint("o", rapid.IntRange(0, 27).Draw(t, "from")), To: fmt.Sprint("o", rapid.IntRange(0, 27).Draw(t, "to"))})
	}
	return m
}

func inside(b Box, p Plan) bool {
	return b.X >= 0 && b.Y >= 0 && b.X+b.W <= p.Width+1e-6 && b.Y+b.H <= p.Height+1e-6
}

func overlap(a, b Box) bool {
	return a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H
}

func onBorder(p Point, b Box) bool {
	const e = 0.6
	inX, inY := p.X >= b.X-e && p.X <= b.X+b.W+e, p.Y >= b.Y-e && p.Y <= b.Y+b.H+e
	return inX && inY && (math.Abs(p.X-b.X) < e || math.Abs(p.X-b.X-b.W) < e || math.Abs(p.Y-b.Y) < e || math.Abs(p.Y-b.Y-b.H) < e)
}

// trace turns a chain of Béziers into short straight lines.
func trace(points []Point) []Point {
	out := []Point{points[0]}
	for i := 1; i+2 < len(points); i += 3 {
		a, b, c, d := points[i-1], points[i], points[i+1], points[i+2]
		for k := 1; k <= 25; k++ {
			t := float64(k) / 25
			u := 1 - t
			at := func(w, x, y, z float64) float64 { return u*u*u*w + 3*u*u*t*x + 3*u*t*t*y + t*t*t*z }
			out = append(out, Point{at(a.X, b.X, c.X, d.X), at(a.Y, b.Y, c.Y, d.Y)})
		}
	}
	return out
}

func TestPlanProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMap(t)
		o := Options{Width: rapid.SampledFrom([]float64{390, 700, 900, 1200, 1800}).Draw(t, "width")}
		p := Arrange(m, o)
		if diff := cmp.Diff(p, Arrange(m, o), cmp.AllowUnexported(Node{})); diff != "" {
			t.Fatalf("two arrangements of one map differ:\n%s", diff)
		}
		if len(p.Nodes) != len(m.Objectives) || len(p.Bands) != len(m.Bands) {
			t.Fatalf("%d of %d objectives, %d of %d bands", len(p.Nodes), len(m.Objectives), len(p.Bands), len(m.Bands))
		}
		if drawn := len(p.Curves) + len(p.Ignored); !p.Narrow && drawn != len(m.Links) {
			t.Fatalf("%d of %d links accounted for", drawn, len(m.Links))
		}
		byObjective := map[string]Node{}
		bands := map[int]Box{}
		for i, b := range p.Bands {
			if !inside(b.Box, p) {
				t.Fatalf("band %d %+v outside %v × %v", i, b.Box, p.Width, p.Height)
			}
			for _, other := range p.Bands[:i] {
				if overlap(b.Box, other.Box) {
					t.Fatalf("bands overlap: %+v %+v", b.Box, other.Box)
				}
			}
			bands[b.Band] = b.Box
		}
		for i, n := range p.Nodes {
			byObjective[m.Objectives[n.Objective].ID] = n
			if !inside(n.Box, p) {
				t.Fatalf("node %+v outside", n.Box)
			}
			home := slices.ContainsFunc(p.Bands, func(b BandBox) bool {
				return n.X >= b.X && n.X+n.W <= b.X+b.W && n.Y >= b.Y && n.Y+n.H <= b.Y+b.H
			})
			if !home {
				t.Fatalf("node %+v in no band", n.Box)
			}
			for _, other := range p.Nodes[:i] {
				if overlap(n.Box, other.Box) {
					t.Fatalf("nodes overlap: %+v %+v", n.Box, other.Box)
				}
			}
			for _, b := range p.Bands {
				for _, s := range b.Steps {
					if overlap(n.Box, s.Box) || !inside(s.Box, p) {
						t.Fatalf("step label %+v, node %+v", s.Box, n.Box)
					}
				}
			}
		}
		for _, c := range p.Curves {
			from, to := byObjective[m.Links[c.Link].From], byObjective[m.Links[c.Link].To]
			if !onBorder(c.Points[0], from.Box) || !onBorder(c.Points[len(c.Points)-1], to.Box) {
				t.Fatalf("curve %v – %v does not touch %+v – %+v", c.Points[0], c.Points[len(c.Points)-1], from.Box, to.Box)
			}
			for _, q := range trace(c.Points) {
				if !inside(Box{X: q.X, Y: q.Y}, p) {
					t.Fatalf("curve leaves the canvas at %v", q)
				}
				for _, n := range p.Nodes {
					if q.X > n.X+0.7 && q.X < n.X+n.W-0.7 && q.Y > n.Y+0.7 && q.Y < n.Y+n.H-0.7 {
						t.Fatalf("curve of link %d runs through node %+v at %v", c.Link, n.Box, q)
					}
				}
				for _, b := range p.Bands {
					for _, s := range b.Steps {
						if q.X > s.X+0.7 && q.X < s.X+s.W-0.7 && q.Y > s.Y+0.7 && q.Y < s.Y+s.H-0.7 {
							t.Fatalf("curve of link %d runs behind the label %+v at %v", c.Link, s.Box, q)
						}
					}
				}
			}
		}
	})
}

func TestCountedCrossingsAreDrawnCrossings(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var links [][2]int
		for range rapid.IntRange(0, 14).Draw(t, "links") {
			links = append(links, [2]int{rapid.IntRange(0, 4).Draw(t, "from"), rapid.IntRange(0, 4).Draw(t, "to")})
		}
		p := Arrange(bipartite(5, 5, links...), Options{Width: 1400})
		drawn := 0
		for i, c := range p.Curves {
			for _, other := range p.Curves[i+1:] {
				if meet(trace(c.Points), trace(other.Points)) {
					drawn++
				}
			}
		}
		if drawn != p.Crossings {
			t.Fatalf("%d counted, %d drawn", p.Crossings, drawn)
		}
	})
}

func meet(a, b []Point) bool {
	side := func(p, q, r Point) float64 { return (q.X-p.X)*(r.Y-p.Y) - (q.Y-p.Y)*(r.X-p.X) }
	for i := 1; i < len(a); i++ {
		for j := 1; j < len(b); j++ {
			if side(a[i-1], a[i], b[j-1])*side(a[i-1], a[i], b[j]) < 0 && side(b[j-1], b[j], a[i-1])*side(b[j-1], b[j], a[i]) < 0 {
				return true
			}
		}
	}
	return false
}

func TestAnObjectiveAddedMovesNobodyPastAnother(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMap(t)
		o := Options{Width: rapid.SampledFrom([]float64{390, 1000, 1400}).Draw(t, "width")}
		before := Arrange(m, o)
		order := map[string]int{}
		group := map[string]int{}
		for _, n := range before.Nodes {
			obj := &m.Objectives[n.Objective]
			obj.Position, obj.Placed = float64(n.Order), true
			order[obj.ID], group[obj.ID] = n.Order, n.group
		}
		m.Objectives = slices.Insert(m.Objectives, rapid.IntRange(0, len(m.Objectives)).Draw(t, "at"), Objective{ID: "new", Band: m.Bands[0].ID, Title: "New"})
		if len(m.Objectives) > 1 {
			m.Links = append(m.Links, Link{From: "new", To: m.Objectives[0].ID}, Link{From: m.Objectives[len(m.Objectives)-1].ID, To: "new"})
		}
		after := Arrange(m, o)
		for i, a := range after.Nodes {
			for _, b := range after.Nodes[i+1:] {
				ida, idb := m.Objectives[a.Objective].ID, m.Objectives[b.Objective].ID
				if ida == "new" || idb == "new" || group[ida] != group[idb] {
					continue
				}
				if (order[ida] < order[idb]) != (a.Order < b.Order) {
					t.Fatalf("%s and %s changed sides", ida, idb)
				}
			}
		}
	})
}

func TestHostileInputIsBounded(t *testing.T) {
	t.Parallel()
	m := Map{Objectives: []Objective{{ID: "same"}, {ID: "same"}}}
	for i := range 700 {
		m.Objectives = append(m.Objectives, Objective{ID: fmt.Sprint(i), Band: "nowhere", Title: string(make([]byte, 1000))})
		m.Bands = append(m.Bands, Band{ID: fmt.Sprint("b", i)})
		for k := range 5 {
			m.Links = append(m.Links, Link{From: fmt.Sprint(i), To: fmt.Sprint((i*13 + k*k) % 700), Weight: math.NaN()})
		}
	}
	p := Arrange(m, Options{Width: math.NaN()})
	if len(p.Nodes) != Most || len(p.Repeated) != 302 || p.Width != 1200 {
		t.Errorf("%d nodes, %d repeated, width %v", len(p.Nodes), len(p.Repeated), p.Width)
	}
	if p := Arrange(Map{}, Options{Width: -1}); len(p.Bands) != 1 {
		t.Errorf("empty map: %+v", p)
	}
}

func BenchmarkArrange(b *testing.B) {
	for _, n := range []int{15, 60, 400} {
		m := largeMap(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				Arrange(m, Options{Width: 1380})
			}
		})
	}
}

// On crowded cards a number is written smaller, or on more lines; it is never cut.
func TestValuesAreWhole(t *testing.T) {
	t.Parallel()
	m := Map{Bands: []Band{{ID: "b", Title: "B", Steps: []Step{{ID: "1"}, {ID: "2"}, {ID: "3"}, {ID: "4"}}}}}
	for i, step := range []string{"1", "2", "3", "4"} {
		m.Objectives = append(m.Objectives, Objective{ID: string(rune('a' + i)), Band: "b", Step: step, Title: "T",
			Card: Card{Measure: "M", Value: "plus de 1\u00a0046\u00a0conversations", Target: "60 à 160 conversations"}})
	}
	for _, width := range []float64{700, 900, 1180, 358} {
		o := Options{Width: width, Words: Words{Target: "Cible", Colon: "\u00a0: ", Unknown: "Sans donnée récente"}}
		p := Arrange(m, o)
		var b bytes.Buffer
		if err := Draw(&b, m, p, o); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(b.String(), "…") {
			t.Errorf("at %v something is cut", width)
		}
		for _, n := range p.Nodes {
			room := n.W - 2*inset
			for _, l := range n.value {
				if textWidth(l)*n.valueSize*bold > room {
					t.Errorf("at %v %q is wider than its card", width, l)
				}
			}
			for _, l := range n.target {
				if textWidth(l)*smallSize > room {
					t.Errorf("at %v %q is wider than its card", width, l)
				}
			}
			for _, l := range n.state {
				if textWidth(l)*smallSize*bold > room-19 {
					t.Errorf("at %v %q is wider than its card", width, l)
				}
			}
			if high := n.textHeight + 26; n.H < high {
				t.Errorf("at %v the card is %v high, its text %v", width, n.H, high)
			}
		}
	}
}
