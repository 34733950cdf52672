package layout

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// steering is a map as people draw them: n objectives in three bands, the middle one in four steps, each serving some above it.
func steering(r *rand.Rand, n, links int) Map {
	m := Map{Title: "t", Bands: []Band{{ID: "value", Title: "Shareholder and customer value"},
		{ID: "internal", Title: "Internal and operational value", Steps: []Step{{"s0", "Objectives"}, {"s1", "Insight"}, {"s2", "Plan"}, {"s3", "Govern"}}},
		{ID: "learning", Title: "Learning and growth"}}}
	level := make([]int, n) // 0 is the top
	for i := range n {
		level[i] = []int{0, 1, 1, 2, 1, 0, 1, 2}[i%8]
		o := Objective{ID: fmt.Sprint("o", i), Title: "Answer every question in time", Band: []string{"value", "internal", "learning"}[level[i]]}
		if level[i] == 1 {
			o.Step = fmt.Sprint("s", r.IntN(4))
		}
		m.Objectives = append(m.Objectives, o)
	}
	for range 400 {
		if len(m.Links) == links {
			break
		}
		from, to := r.IntN(n), r.IntN(n)
		if level[from] <= level[to] {
			continue
		}
		l := Link{From: fmt.Sprint("o", from), To: fmt.Sprint("o", to)}
		twice := false
		for _, other := range m.Links {
			twice = twice || other.From == l.From && other.To == l.To
		}
		if !twice {
			m.Links = append(m.Links, l)
		}
	}
	return m
}

// A map of 15 objectives and 30 links that were drawn at random stays under a third of the crossings that a random order has, and under
// a bound: of the 435 pairs of links at most 90 cross.
func TestCrossingsAreBounded(t *testing.T) {
	t.Parallel()
	for seed := range uint64(8) {
		m := steering(rand.New(rand.NewPCG(seed, 1)), 15, 30)
		got := Arrange(m, Options{Width: 1180}).Crossings
		if got > 90 {
			t.Fatalf("%d objectives, %d links: %d crossings", len(m.Objectives), len(m.Links), got)
		}
		typed := m
		typed.Objectives = append([]Objective(nil), m.Objectives...)
		for i := range typed.Objectives {
			typed.Objectives[i].Placed, typed.Objectives[i].Position = true, float64(i)
		}
		if was := Arrange(typed, Options{Width: 1180}).Crossings; got > was {
			t.Fatalf("%d crossings arranged, %d as typed", got, was)
		}
	}
}

// Every box of a map of 60 objectives has its name whole and at least the least width, in reading size.
func TestSixtyAreLegible(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		p := Arrange(steering(rand.New(rand.NewPCG(seed, 1)), 60, 90), Options{Width: 1180})
		if len(p.Nodes) != 60 || p.Narrow {
			t.Fatalf("%d boxes, narrow %v", len(p.Nodes), p.Narrow)
		}
		for _, n := range p.Nodes {
			if n.W < tightest || strings.Contains(strings.Join(n.Lines, " "), "…") {
				t.Fatalf("box %+v: %q", n.Box, n.Lines)
			}
		}
	}
}

// A place to drop into lies in its band and holds the boxes that stand there.
func TestDrops(t *testing.T) {
	t.Parallel()
	for seed := range uint64(6) {
		m := steering(rand.New(rand.NewPCG(seed, 2)), 20, 20)
		p := Arrange(m, Options{Width: 1180})
		for _, b := range p.Bands {
			if len(b.Drops) != max(1, len(m.Bands[b.Band].Steps)) {
				t.Fatalf("%d places in %q", len(b.Drops), m.Bands[b.Band].ID)
			}
			for i, d := range b.Drops {
				if d.Y != b.Y || d.H != b.H || d.X < b.X || d.X+d.W > b.X+b.W+1e-6 {
					t.Fatalf("place %+v outside of %+v", d, b.Box)
				}
				for _, n := range p.Nodes {
					o := m.Objectives[n.Objective]
					here := o.Band == m.Bands[b.Band].ID && (o.Step == "" || o.Step == m.Bands[b.Band].Steps[i].ID)
					if middle := n.X + n.W/2; here && (middle < d.X || middle > d.X+d.W) {
						t.Fatalf("%s stands at %v, its place is %+v", o.ID, middle, d)
					}
				}
			}
		}
	}
}

// What the editor takes hold of is there for it, and nowhere else.
func TestEditing(t *testing.T) {
	t.Parallel()
	m := frenchMap()
	m.Themes = []Theme{{Title: "Confiance", Shade: 3}, {Title: "<Écoute>"}}
	m.Objectives[0].Themes = []int{0, 1, 7}
	m.Objectives[1].Dim = true
	var plain, edit bytes.Buffer
	if err := Render(&plain, m, Options{Width: 1180}); err != nil {
		t.Fatal(err)
	}
	if err := Render(&edit, m, Options{Width: 1180, Edit: true}); err != nil {
		t.Fatal(err)
	}
	count := func(s, what string) int { return strings.Count(s, what) }
	if n := count(edit.String(), "map-handle"); n != len(m.Objectives) || count(plain.String(), "map-handle")+count(plain.String(), "map-drop") != 0 {
		t.Errorf("%d handles", n)
	}
	if n := count(edit.String(), `data-drop="goals"`); n != 1 || count(edit.String(), `data-place="goals"`) != 2 || count(edit.String(), `data-place="value"`) != 3 {
		t.Errorf("%d places for the first step", n)
	}
	// Two marks on the card and two in the legend; spoken, escaped.
	if n := count(plain.String(), "map-theme-mark"); n != 4 || !strings.Contains(plain.String(), "Confiance. &lt;Écoute&gt;") || count(plain.String(), "is-dim") < 2 {
		t.Errorf("%d marks of themes", n)
	}
}

// Sketches and chains are drawn whole for whatever is in them.
func TestSketchAndChain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := drawMap(t)
		before := fmt.Sprintf("%+v", m.Objectives)
		var b bytes.Buffer
		if err := Sketch(&b, m, `a "sketch"`); err != nil {
			t.Fatal(err)
		}
		if strings.Count(b.String(), `class="map-tile-box"`) != len(m.Objectives) || strings.Contains(b.String(), "NaN") || !strings.Contains(b.String(), "&#34;sketch&#34;") {
			t.Fatalf("%.400s", b.String())
		}
		if after := fmt.Sprintf("%+v", m.Objectives); after != before {
			t.Fatal("the sketch changed the map it was given")
		}
		c := Chain{Title: "t"}
		total := 0
		for i := range rapid.IntRange(0, 6).Draw(t, "columns") {
			col := Column{Title: "Column"}
			for k := range rapid.IntRange(0, 8).Draw(t, "boxes") {
				total++
				col.Boxes = append(col.Boxes, Station{ID: fmt.Sprint(i, "-", k), Title: rapid.SampledFrom([]string{"", "Court", "Répondre à chaque réclamation publique en moins de quatre heures"}).Draw(t, "title"),
					Note: "n = 3", Judged: k%2 == 0, Href: rapid.SampledFrom([]string{"", "/x", "javascript:alert(1)"}).Draw(t, "href")})
			}
			c.Columns = append(c.Columns, col)
		}
		for range rapid.IntRange(0, 12).Draw(t, "edges") {
			c.Edges = append(c.Edges, [2]string{fmt.Sprint(rapid.IntRange(0, 5).Draw(t, "a"), "-", 0), fmt.Sprint(rapid.IntRange(0, 6).Draw(t, "b"), "-", 1)})
		}
		b.Reset()
		if err := RenderChain(&b, c, Options{Width: rapid.SampledFrom([]float64{100, 390, 700, 1180}).Draw(t, "width")}); err != nil {
			t.Fatal(err)
		}
		if s := b.String(); strings.Count(s, `class="map-card"`) != total || strings.Contains(s, "NaN") || strings.Contains(s, "javascript") {
			t.Fatalf("%d boxes: %.600s", total, s)
		}
	})
}

// contrast is that of WCAG between two colours such as #1b2430.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light := func(c string) float64 {
		if len(c) == 4 {
			c = "#" + strings.Repeat(c[1:2], 2) + strings.Repeat(c[2:3], 2) + strings.Repeat(c[3:4], 2)
		}
		sum := 0.0
		for i, w := range []float64{0.2126, 0.7152, 0.0722} {
			v, err := strconv.ParseUint(c[1+2*i:3+2*i], 16, 8)
			if err != nil {
				t.Fatalf("%q: %v", c, err)
			}
			x := float64(v) / 255
			if x <= 0.04045 {
				x /= 12.92
			} else {
				x = math.Pow((x+0.055)/1.055, 2.4)
			}
			sum += w * x
		}
		return sum
	}
	x, y := light(a), light(b)
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

// Names can be read on every colour of bands, and numbers on every colour of themes, light and dark.
func TestContrast(t *testing.T) {
	t.Parallel()
	style := Style()
	parts := strings.SplitN(style, "@media screen and (prefers-color-scheme:dark)", 2)
	token := regexp.MustCompile(`--map-([a-z0-9]+):(#[0-9a-f]{3,6})`)
	for name, text := range map[string]string{"light": parts[0], "dark": strings.SplitN(parts[1], "@media", 2)[0]} {
		colours := map[string]string{}
		for _, m := range token.FindAllStringSubmatch(text, -1) {
			colours[m[1]] = m[2]
		}
		for i := 1; i <= Shades; i++ {
			for _, pair := range []struct {
				front, back string
				least       float64
			}{{"ink", fmt.Sprint("b", i), 4.5}, {"ink", fmt.Sprint("t", i), 4.5}, {"soft", fmt.Sprint("b", i), 4.5}, {"on", fmt.Sprint("h", i), 4.5}, {fmt.Sprint("h", i), "card", 3}, {"focus", fmt.Sprint("b", i), 3}} {
				if colours[pair.front] == "" || colours[pair.back] == "" {
					t.Fatalf("%s: there is no colour %s or %s", name, pair.front, pair.back)
				}
				if got := contrast(t, colours[pair.front], colours[pair.back]); got < pair.least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, want %.1f", name, pair.front, pair.back, got, pair.least)
				}
			}
		}
	}
}
