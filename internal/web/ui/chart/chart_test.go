package chart_test

import (
	"context"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/web/ui/chart"
)

var update = flag.Bool("update", false, "write the golden files again")

func day(i int) time.Time { return time.Date(2026, time.May, 4, 0, 0, 0, 0, time.UTC).AddDate(0, 0, i) }

func draw(t interface{ Fatal(...any) }, lang string, c templ.Component) string {
	var b strings.Builder
	if err := c.Render(i18n.With(context.Background(), lang, time.UTC), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// wellFormed reports the first mistake in html read as XML, which is stricter than a browser.
func wellFormed(html string) error {
	d := xml.NewDecoder(strings.NewReader(html))
	for {
		if _, err := d.Token(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

var (
	tags      = regexp.MustCompile(`<[^>]*>`)
	forbidden = regexp.MustCompile(`(?i)NaN|Inf\b| style=|<script|<style| on[a-z]+=`)
)

func check(t interface{ Fatalf(string, ...any) }, html string) {
	if err := wellFormed(html); err != nil {
		t.Fatalf("not well formed: %v\n%s", err, html)
	}
	for _, tag := range tags.FindAllString(html, -1) {
		// Labels are quoted in attributes; what matters is what stands outside of quotes.
		bare := regexp.MustCompile(`"[^"]*"`).ReplaceAllString(tag, `""`)
		if bad := forbidden.FindString(bare); bad != "" {
			t.Fatalf("%q in %s", bad, tag)
		}
	}
	for _, attr := range regexp.MustCompile(` (?:x|y|x1|x2|y1|y2|cx|cy|r|width|height|d|viewBox)="([^"]*)"`).FindAllStringSubmatch(html, -1) {
		if !regexp.MustCompile(`^[-0-9. MLZ]+$`).MatchString(attr[1]) {
			t.Fatalf("not a coordinate: %s", attr[0])
		}
	}
}

var number = rapid.OneOf(
	rapid.Float64(),
	rapid.Float64Range(-1000, 1000),
	rapid.SampledFrom([]float64{0, 1, math.NaN(), math.Inf(1), math.Inf(-1), math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 1e-9, 1e15}),
)

var moment = rapid.Custom(func(t *rapid.T) time.Time {
	switch rapid.IntRange(0, 9).Draw(t, "far") {
	case 0:
		return time.Time{}
	case 1:
		return time.Unix(rapid.Int64().Draw(t, "seconds"), 0)
	}
	return day(0).Add(time.Duration(rapid.Int64Range(0, int64(400*24*time.Hour)).Draw(t, "since")))
})

var words = rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", `"><script>alert(1)</script>`, "' onload='x", "\x00\xff", "]]>", "&lt;"}))

func points(t *rapid.T) []chart.Point {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chart.Point {
		return chart.Point{At: moment.Draw(t, "at"), Value: number.Draw(t, "value"), Low: number.Draw(t, "low"), High: number.Draw(t, "high"), N: rapid.Int().Draw(t, "n"), Href: rapid.SampledFrom([]string{"", "/rows?a=1&b=2", "//elsewhere", "javascript:alert(1)"}).Draw(t, "href")}
	}), 0, 30).Draw(t, "points")
}

func unit(t *rapid.T) chart.Unit {
	switch rapid.IntRange(0, 3).Draw(t, "unit") {
	case 0:
		return chart.Share(rapid.IntRange(-1, 9).Draw(t, "decimals"))
	case 1:
		return chart.Duration()
	case 2:
		return chart.Money(words.Draw(t, "currency"))
	}
	return chart.Count(words.Draw(t, "label"), rapid.IntRange(-1, 9).Draw(t, "decimals"))
}

func maybe(t *rapid.T, name string) *float64 {
	if rapid.Bool().Draw(t, name) {
		v := number.Draw(t, name+" value")
		return &v
	}
	return nil
}

// TestAnything draws every chart from any input: always well formed, never a coordinate that is not a number, never a label that becomes an element.
func TestAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lang := rapid.SampledFrom([]string{"en", "fr"}).Draw(t, "lang")
		u := unit(t)
		var series []chart.Series
		for range rapid.IntRange(0, 3).Draw(t, "series") {
			series = append(series, chart.Series{Name: words.Draw(t, "name"), Points: points(t), Dashed: rapid.Bool().Draw(t, "dashed")})
		}
		marks := []chart.Mark{{From: moment.Draw(t, "from"), To: moment.Draw(t, "to"), Label: words.Draw(t, "mark"), Alarm: rapid.Bool().Draw(t, "alarm")}}
		title := words.Draw(t, "title")
		check(t, draw(t, lang, chart.Lines(chart.LinesProps{Title: title, Unit: u, Series: series, Marks: marks, Target: maybe(t, "target"), Low: maybe(t, "bottom"), Top: maybe(t, "top"), FromZero: rapid.Bool().Draw(t, "zero")})))
		check(t, draw(t, lang, chart.Bars(chart.BarsProps{Title: title, Unit: u, Series: series, Marks: marks, Step: chart.Step(rapid.IntRange(-1, 4).Draw(t, "step"))})))
		items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chart.Estimate {
			return chart.Estimate{Label: words.Draw(t, "label"), Value: number.Draw(t, "value"), Low: number.Draw(t, "low"), High: number.Draw(t, "high"), N: rapid.Int().Draw(t, "n"), Href: words.Draw(t, "href")}
		}), 0, 6).Draw(t, "items")
		check(t, draw(t, lang, chart.Dots(chart.DotsProps{Title: title, Unit: u, Items: items, Target: maybe(t, "target")})))
		spots := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) chart.Spot {
			v := func(name string) float64 { return number.Draw(t, name) }
			return chart.Spot{Label: words.Draw(t, "label"), Href: words.Draw(t, "href"), X: v("x"), Y: v("y"), XLow: v("x low"), XHigh: v("x high"), YLow: v("y low"), YHigh: v("y high"), Open: rapid.Bool().Draw(t, "open")}
		}), 0, 6).Draw(t, "spots")
		check(t, draw(t, lang, chart.Scatter(chart.ScatterProps{Title: title, X: u, Y: unit(t), XLabel: title, YLabel: "y", Spots: spots, Even: rapid.SampledFrom([]string{"", "even"}).Draw(t, "even")})))
		check(t, draw(t, lang, chart.Spark(chart.SparkProps{Label: title, Unit: u, Values: rapid.SliceOfN(number, 0, 20).Draw(t, "values"), Target: maybe(t, "target")})))
		check(t, draw(t, lang, chart.Bullet(chart.BulletProps{Label: title, Unit: u, Value: number.Draw(t, "value"), Low: number.Draw(t, "low"), High: number.Draw(t, "high"), Baseline: maybe(t, "baseline"), Target: maybe(t, "target"), Expected: maybe(t, "expected"), Tone: words.Draw(t, "tone")})))
	})
}

// TestRowsBehind: what has rows behind it is a link in the drawing and in the table, and never leads to another site.
func TestRowsBehind(t *testing.T) {
	t.Parallel()
	bars := func(href string) string {
		return draw(t, "en", chart.Bars(chart.BarsProps{Title: "Posts", Series: []chart.Series{{Points: []chart.Point{{At: day(0), Value: 3}, {At: day(1), Value: 2, Href: href}}}}}))
	}
	got := bars("/mentions?a=1&b=2")
	check(t, got)
	if n := strings.Count(got, `href="/mentions?a=1&amp;b=2"`); n != 4 { // three sizes and the table
		t.Errorf("%d links", n)
	}
	if !strings.Contains(got, `role="group"`) || strings.Contains(bars(""), `role="group"`) {
		t.Error("a drawing with links is one picture")
	}
	for _, bad := range []string{"", "https://elsewhere.example", "//elsewhere.example", "javascript:alert(1)", `/\elsewhere`} {
		if strings.Contains(bars(bad), "<a ") {
			t.Errorf("%q is a link", bad)
		}
	}
	dots := draw(t, "en", chart.Dots(chart.DotsProps{Title: "Returns", Items: []chart.Estimate{{Label: "Guides", Value: 2, Href: "/initiatives/1"}, {Label: "Club", Value: 1}}}))
	if n := strings.Count(dots, `href="/initiatives/1"`); n != 4 {
		t.Errorf("%d links", n)
	}
	scatter := draw(t, "en", chart.Scatter(chart.ScatterProps{Title: "Cost and benefit", X: chart.Money("EUR"), Y: chart.Money("EUR"), XLabel: "Cost", YLabel: "Benefit", Even: "As much as it costs",
		Spots: []chart.Spot{{Label: "Guides", Href: "/initiatives/1", X: 100000, XHigh: 120000, XLow: 100000, Y: 300000, YLow: 50000, YHigh: 400000}, {Label: "Club", X: 50000, Y: chart.Missing(), Open: true}}}))
	check(t, scatter)
	for _, want := range []string{"€1,000.00", "€3,000.00", "As much as it costs", "whisker", `class="chart-keys"`, "2. Club"} {
		if !strings.Contains(scatter, want) {
			t.Errorf("the scatter does not say %q", want)
		}
	}
	if n := strings.Count(scatter, `href="/initiatives/1"`); n != 4 { // three sizes and the list
		t.Errorf("%d links", n)
	}
}

func TestGaps(t *testing.T) {
	t.Parallel()
	row := func(values ...float64) chart.LinesProps {
		var s chart.Series
		for i, v := range values {
			s.Points = append(s.Points, chart.Point{At: day(i), Value: v})
		}
		return chart.LinesProps{Title: "x", Series: []chart.Series{s}}
	}
	nan := chart.Missing()
	tests := []struct {
		name         string
		props        chart.LinesProps
		paths, empty int
	}{
		{"one line", row(1, 2, 3), 1, 0},
		{"a gap cuts it", row(1, 2, nan, 3, 4), 2, 0},
		{"one point is a dot, not a line", row(1), 0, 0},
		{"nothing", row(), 0, 1},
		{"only gaps", row(nan, nan), 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			html := draw(t, "en", chart.Lines(tt.props))
			wide, _, _ := strings.Cut(html, "chart-middle")
			if got := strings.Count(wide, `class="line s1" d=`); got != tt.paths {
				t.Errorf("got %d stretches of line, want %d", got, tt.paths)
			}
			if got := strings.Count(html, "chart-empty"); got != tt.empty {
				t.Errorf("got %d empty states, want %d", got, tt.empty)
			}
		})
	}
}

func TestManyPointsStayLight(t *testing.T) {
	t.Parallel()
	var s chart.Series
	for i := range 50_000 {
		s.Points = append(s.Points, chart.Point{At: day(0).Add(time.Duration(i) * time.Minute), Value: math.Sin(float64(i) / 500)})
	}
	s.Points[25_000].Value = 40 // a peak of one minute must survive
	html := draw(t, "en", chart.Lines(chart.LinesProps{Title: "x", Series: []chart.Series{s}}))
	if len(html) > 300_000 {
		t.Errorf("50,000 points make %d bytes", len(html))
	}
	if !strings.Contains(html, " 10L") {
		t.Error("the peak at the top of the chart was lost")
	}
	check(t, html)
}

func TestGolden(t *testing.T) {
	t.Parallel()
	target := 0.9
	rate := chart.Series{Name: "Mail", Points: []chart.Point{
		{At: day(0), Value: 0.5, Low: 0.4, High: 0.6, N: 12}, {At: day(7), Value: 0.7, Low: 0.62, High: 0.8, N: 31}, {At: day(14), Value: chart.Missing()}, {At: day(21), Value: 0.85, N: 40},
	}}
	tests := map[string]templ.Component{
		"lines":  chart.Lines(chart.LinesProps{Title: "Response rate", Unit: chart.Share(0), Series: []chart.Series{rate}, Target: &target, FromZero: true, Marks: []chart.Mark{{From: day(5), To: day(9), Label: "Recall", Alarm: true}}}),
		"bars":   chart.Bars(chart.BarsProps{Title: "Posts", Unit: chart.Count("posts", 0), Step: chart.Week, Series: []chart.Series{{Name: "A", Points: []chart.Point{{At: day(0), Value: 3}, {At: day(7), Value: 5}}}, {Name: "B", Points: []chart.Point{{At: day(0), Value: 2}}}}}),
		"dots":   chart.Dots(chart.DotsProps{Title: "By channel", Unit: chart.Duration(), Items: []chart.Estimate{{Label: "Mail", Value: 5400, Low: 3600, High: 7200, N: 31}, {Label: "Forum", Value: chart.Missing()}}}),
		"spark":  chart.Spark(chart.SparkProps{Label: "Orders", Unit: chart.Money("EUR"), Values: []float64{100, 250, chart.Missing(), 50}}),
		"bullet": chart.Bullet(chart.BulletProps{Label: "Response rate", Unit: chart.Share(0), Value: 0.81, Baseline: new(0.62), Target: &target, Tone: "success"}),
	}
	for name, c := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := strings.ReplaceAll(draw(t, "fr", c), "><", ">\n<") + "\n"
			check(t, got)
			path := filepath.Join("testdata", name+".html")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestWrite(t *testing.T) {
	t.Parallel()
	tests := []struct {
		unit chart.Unit
		v    float64
		want string
	}{
		{chart.Count("posts", 0), 12480, "12,480\u00a0posts"},
		{chart.Count("", 1), 0.25, "0.2"},
		{chart.Count("", 0), 0.004, "0.0040"},
		{chart.Count("", 0), 1e18, "1e+18"},
		{chart.Count("", 0), math.NaN(), "–"},
		{chart.Share(0), 0.84, "84%"},
		{chart.Share(1), math.Inf(1), "–"},
		{chart.Duration(), 5400, "1\u00a0h 30\u00a0min"},
		{chart.Duration(), -60, "−1\u00a0min"},
	}
	for _, tt := range tests {
		if got := tt.unit.Write(i18n.With(t.Context(), "en", nil), tt.v); got != tt.want {
			t.Errorf("%v: got %q, want %q", tt.v, got, tt.want)
		}
	}
}
