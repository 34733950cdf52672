package layout

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/measure/stat"
)

// elements parses a drawing and lists its start tags; a drawing that is not well-formed fails.
func elements(t interface {
	Helper()
	Fatalf(string, ...any)
}, svg string) []xml.StartElement {
	t.Helper()
	var out []xml.StartElement
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatalf("not well-formed: %v\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			out = append(out, e.Copy())
		}
	}
}

func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

func render(t interface {
	Helper()
	Fatalf(string, ...any)
}, m Map, o Options) string {
	t.Helper()
	var b bytes.Buffer
	if err := Render(&b, m, o); err != nil {
		t.Fatalf("render: %v", err)
	}
	return b.String()
}

func TestRenderSpeaksAndLinks(t *testing.T) {
	t.Parallel()
	for _, width := range []float64{390, 1300} {
		svg := render(t, frenchMap(), Options{Width: width, Words: frenchWords()})
		labels := map[string]string{}
		for _, part := range strings.Split(svg, "<a ")[1:] {
			_, rest, _ := strings.Cut(part, ` href="`)
			href, rest, _ := strings.Cut(rest, `"`)
			_, rest, _ = strings.Cut(rest, "<title>")
			labels[href], _, _ = strings.Cut(rest, "</title>")
		}
		if len(labels) != 12 {
			t.Fatalf("%d linked objectives, want 12", len(labels))
		}
		want := "Répondre à chaque réclamation publique en moins de quatre heures. En retard. Délai de première réponse, médiane\u00a0: 7 h 40. " +
			"Cible\u00a0: 4 h. Avancement\u00a0: 20\u00a0%. Attendu à ce jour\u00a0: 60\u00a0%. " +
			"Soutient\u00a0: Fidéliser les propriétaires de vélos électriques, Améliorer la réputation de la marque dans les forums spécialisés"
		if diff := cmp.Diff(want, labels["/o/i1"]); diff != "" {
			t.Errorf("spoken label at %v (-want +got):\n%s", width, diff)
		}
		if got := strings.Count(svg, `class="map-link-line"`); (width < 640) != (got == 0) {
			t.Errorf("width %v: %d curves", width, got)
		}
		if got := strings.Count(svg, ">Soutient<"); (width < 640) != (got > 0) {
			t.Errorf("width %v: %d lists of what is supported", width, got)
		}
	}
}

func TestStateIsShapeAndWordToo(t *testing.T) {
	t.Parallel()
	shapes := map[string]bool{}
	for _, s := range []stat.State{stat.Unknown, stat.OnTrack, stat.Watch, stat.Off} {
		m := Map{Objectives: []Objective{{ID: "a", Title: "A", Card: Card{State: s}}}}
		svg := render(t, m, Options{Words: englishWords()})
		if word := englishWords().state(s); !strings.Contains(svg, `class="map-state"`) || !strings.Contains(svg, word) {
			t.Errorf("%v: the word %q is not there", s, word)
		}
		start := strings.Index(svg, `<g class="map-icon is-`+s.String()+`"`)
		icon := svg[start+len(`<g class="map-icon is-`+s.String()+`"`):]
		shapes[icon[:strings.Index(icon, "</g>")]] = true
	}
	if len(shapes) != 4 {
		t.Errorf("%d different shapes for 4 states", len(shapes))
	}
}

func TestStandaloneCarriesItsStyle(t *testing.T) {
	t.Parallel()
	alone := render(t, frenchMap(), Options{Words: frenchWords(), Standalone: true})
	inPage := render(t, frenchMap(), Options{Words: frenchWords(), Prefix: `x" onload="y`})
	if !strings.Contains(alone, "<style>") || strings.Contains(inPage, "<style>") {
		t.Error("the style belongs into the file and not into the page")
	}
	if !strings.Contains(inPage, `id="map-xonloadytitle"`) {
		t.Error("the prefix of ids is not made safe")
	}
	elements(t, alone)
	if strings.ContainsAny(Style(), "<&") {
		t.Error("the style would break an XML file")
	}
}

func TestLongCurvesAndSeriesAreWhole(t *testing.T) {
	t.Parallel()
	m := largeMap(60)
	m.Objectives[1].Card.Points = wave(120, .3, 2)
	m.Links = append(m.Links, Link{From: "o59", To: "o0"})
	svg := render(t, m, Options{Width: 1200, Words: englishWords()})
	longest, spark := 0, 0
	for _, e := range elements(t, svg) {
		d := attribute(e, "d")
		switch attribute(e, "class") {
		case "map-link-line":
			longest = max(longest, len(d))
			if strings.Count(d, "C") > 0 && strings.Count(d[strings.LastIndex(d, "C"):], " ") < 5 {
				t.Errorf("a curve is cut: %s", d)
			}
		case "map-spark":
			spark = max(spark, strings.Count(d, "L")+1)
		}
	}
	if longest < 300 || spark != 120 {
		t.Errorf("longest curve %d bytes, longest series %d points, want over 300 and 120", longest, spark)
	}
}

func hostile(t *rapid.T, name string) string {
	return rapid.OneOf(
		rapid.SampledFrom([]string{`"><script>alert(1)</script>`, "]]>", "javascript:alert(1)", "//evil.example", "\x00\x1b\ufffe\xff", "a\u202eb", "&lt;", "'", "https://ok.example/?a=1&b=2", "JaVaScRiPt:1", "/\\evil"}),
		rapid.String(),
	).Draw(t, name)
}

func TestHostileTextStaysText(t *testing.T) {
	t.Parallel()
	number := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{math.NaN(), math.Inf(1), math.Inf(-1), -math.MaxFloat64, math.MaxFloat64, 0.5}))
	rapid.Check(t, func(t *rapid.T) {
		m := Map{Title: hostile(t, "title"), Desc: hostile(t, "desc"), Bands: []Band{{ID: "b", Title: hostile(t, "band"), Steps: []Step{{Title: hostile(t, "step")}}}}}
		ids := []string{"a"}
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			id := hostile(t, "id")
			ids = append(ids, id)
			m.Objectives = append(m.Objectives, Objective{
				ID: id, Title: hostile(t, "objective"), Href: hostile(t, "href"), Band: "b",
				Card: Card{State: stat.State(rapid.Int().Draw(t, "state")), Measure: hostile(t, "measure"), Value: hostile(t, "value"), Target: hostile(t, "target"),
					Note: hostile(t, "note"), Bar: true, Progress: number.Draw(t, "p"), Expected: number.Draw(t, "e"), Points: rapid.SliceOfN(number, 0, 5).Draw(t, "points")},
			})
		}
		for range rapid.IntRange(0, 4).Draw(t, "links") {
			m.Links = append(m.Links, Link{From: rapid.SampledFrom(ids).Draw(t, "from"), To: rapid.SampledFrom(ids).Draw(t, "to"), Weight: number.Draw(t, "w"), Note: hostile(t, "note")})
		}
		svg := render(t, m, Options{Width: rapid.SampledFrom([]float64{300, 1200}).Draw(t, "width"), Words: englishWords()})
		if !utf8.ValidString(svg) || strings.Contains(svg, "NaN") && !strings.Contains(m.Title, "NaN") || strings.Contains(svg, "\u202e") {
			t.Fatalf("unfit characters in %q", svg)
		}
		allowed := map[string]bool{"svg": true, "title": true, "desc": true, "g": true, "a": true, "rect": true, "path": true, "circle": true, "text": true}
		for _, e := range elements(t, svg) {
			if !allowed[e.Name.Local] {
				t.Fatalf("element %s", e.Name.Local)
			}
			for _, a := range e.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Fatalf("attribute %s", a.Name.Local)
				}
				if a.Name.Local == "href" && !linked(a.Value) {
					t.Fatalf("href %q", a.Value)
				}
			}
		}
	})
}

func TestLinked(t *testing.T) {
	t.Parallel()
	for href, want := range map[string]bool{
		"/objectives/1": true, "https://a.example/x": true, "#o1": true, "": false, "//evil.example": false, "/\\evil.example": false,
		"javascript:alert(1)": false, "data:text/html,x": false, " javascript:1": false, "/\t/evil.example": false, "objectives/1": false,
	} {
		if got := linked(href); got != want {
			t.Errorf("linked(%q) = %v", href, got)
		}
	}
}

func TestWrap(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, text string
		ems        float64
		want       []string
	}{
		{"nothing", " \n\t", 10, nil},
		{"fits", "Court", 10, []string{"Court"}},
		{"at spaces", "Fidéliser les propriétaires", 8, []string{"Fidéliser les", "propriétaires"}},
		{"not before French punctuation", "Où en est-on\u00a0?", 5, []string{"Où en", "est-on\u00a0?"}},
		{"after hyphens", "avant-après", 4, []string{"avant-", "après"}},
		{"inside a word only when alone", "iiiiiiiiii", 1.5, []string{"iiiii", "iiiii"}},
		{"marks stay on their letter", "e\u0301e\u0301", 0.7, []string{"e\u0301", "e\u0301"}},
		{"control characters go", "a\x00b\u202ec\xff", 9, []string{"abc"}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, Wrap(tt.text, tt.ems)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func FuzzWrap(f *testing.F) {
	f.Add("Répondre à chaque réclamation publique", 9.5)
	f.Add("日本語のテキスト e\u0301\u202e", 0.0)
	f.Add("", -1.0)
	f.Add("a b", math.NaN())
	f.Fuzz(func(t *testing.T, text string, ems float64) {
		kept := 0
		for _, line := range Wrap(text, ems) {
			if line == "" || !utf8.ValidString(line) {
				t.Fatalf("line %q", line)
			}
			if n := utf8.RuneCountInString(line); ems > 1.1 && textWidth(line) > ems+1e-6 && n > 1 {
				t.Fatalf("%q is %v ems wide, room for %v", line, textWidth(line), ems)
			}
			kept += len(strings.ReplaceAll(line, " ", ""))
		}
		if want := len(strings.ReplaceAll(clean(text), " ", "")); kept != want {
			t.Fatalf("%d of %d bytes kept", kept, want)
		}
	})
}

// A sketch of a large map is as large as that of a small one: every objective is a tile inside, none on another, and no tangle of links.
func TestSketch(t *testing.T) {
	t.Parallel()
	for _, n := range []int{0, 1, 12, 60} {
		m := Map{Bands: []Band{{ID: "0"}, {ID: "1"}, {ID: "2"}}}
		for i := range n {
			m.Objectives = append(m.Objectives, Objective{ID: fmt.Sprint(i), Band: fmt.Sprint(i % 3), Title: "A"})
			if i > 2 {
				m.Links = append(m.Links, Link{From: fmt.Sprint(i), To: fmt.Sprint(i % 3)})
			}
		}
		var b bytes.Buffer
		if err := Sketch(&b, m, "A map"); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.String(), "map-tile-box"); got != n {
			t.Errorf("%d tiles of %d objectives", got, n)
		}
		if got := strings.Count(b.String(), "map-link-line"); n == 60 && got > 0 || n == 12 && got != 9 {
			t.Errorf("%d links are drawn on a sketch of %d objectives", got, n)
		}
		d := &drawing{m: m, p: Arrange(bared(m), Options{Width: 900})}
		tiles := d.tiles()
		for id, a := range tiles {
			if a.X < 0 || a.Y < 0 || a.X+a.W > sketchWidth || a.Y+a.H > sketchHeight || a.W < 8 || a.H < 4 {
				t.Errorf("%d objectives: tile %s is %v", n, id, a)
			}
			for other, c := range tiles {
				if id != other && a.X < c.X+c.W && c.X < a.X+a.W && a.Y < c.Y+c.H && c.Y < a.Y+a.H {
					t.Errorf("%d objectives: tile %s lies on %s", n, id, other)
				}
			}
		}
	}
}
