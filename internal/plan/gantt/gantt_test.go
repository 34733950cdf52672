package gantt_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/plan/gantt"
	"github.com/entente/entente/internal/plan/schedule"
)

func words() gantt.Words {
	return gantt.Words{Month: func(d schedule.Day) string { _, m, _ := d.Date(); return m.String()[:3] }, Today: "Today", End: "End", Planned: "Planned", Forecast: "Forecast",
		Done: "Done", Critical: "Critical path", Late: "Late", Milestone: "Milestone"}
}

// sixty is a plan of sixty tasks over a year.
func sixty() gantt.Chart {
	start := schedule.On(2026, 11, 2)
	c := gantt.Chart{Title: "Sixty", Desc: "Sixty tasks.", Today: start + 40, End: start + 300, Calendar: schedule.Ordinary()}
	for n := range 60 {
		from := start + schedule.Day(n*5)
		r := gantt.Row{Label: fmt.Sprintf("Task %d with a rather long name that does not fit", n), Spoken: "spoken", Planned: gantt.Span{From: from, To: from + 8}, Forecast: gantt.Span{From: from + 3, To: from + 14},
			Done: float64(n%4) / 3, Milestone: n%15 == 14, Critical: n%3 == 0, Late: n%5 == 0}
		if n > 0 {
			r.After = []int{n - 1}
		}
		c.Rows = append(c.Rows, r)
	}
	return c
}

// drawn reads a picture back and fails when it is no XML, has a style attribute or script, or anything lies outside of it.
func drawn(t interface {
	Fatalf(string, ...any)
	Helper()
}, svg string, width float64) (texts []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return texts
		}
		if err != nil {
			t.Fatalf("%v in %.300s", err, svg)
		}
		switch token := token.(type) {
		case xml.CharData:
			texts = append(texts, string(token))
		case xml.StartElement:
			for _, a := range token.Attr {
				if a.Name.Local == "style" || strings.HasPrefix(a.Name.Local, "on") {
					t.Fatalf("%s has %s", token.Name.Local, a.Name.Local)
				}
				if strings.HasPrefix(a.Name.Local, "x") && a.Name.Local != "xmlns" {
					if v, err := strconv.ParseFloat(a.Value, 64); err != nil || v < -1 || v > width+1 {
						t.Fatalf("%s at x = %s", token.Name.Local, a.Value)
					}
				}
			}
		}
	}
}

func TestRender(t *testing.T) {
	t.Parallel()
	svg := gantt.Render(sixty(), words(), gantt.Options{Width: 1180, Standalone: true})
	if dir := os.Getenv("ENTENTE_SHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, "gantt.svg"), []byte(svg), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	all := strings.Join(drawn(t, svg, 1180), "|")
	for _, want := range []string{"Today", "End", "Critical path", "Late", "Milestone", "Nov 2026", "Task 59 with"} {
		if !strings.Contains(all, want) {
			t.Errorf("the picture does not say %q", want)
		}
	}
	if n := strings.Count(svg, `class="gantt-link`); n != 59*2 {
		t.Errorf("%d lines of links, want %d", n, 59*2)
	}
	if got := gantt.Render(gantt.Chart{Rows: []gantt.Row{{Label: "no day"}}}, words(), gantt.Options{Width: 500}); got != "" {
		t.Errorf("nothing is drawn as %.80s", got)
	}
	// The last month is named as far as there is room: a year that would be cut is left out.
	french := words()
	french.Month = func(schedule.Day) string { return "janv." }
	for last, whole := range map[int]bool{6: false, 20: true} {
		season := gantt.Chart{Calendar: schedule.Ordinary(), Rows: []gantt.Row{{Label: "a", Forecast: gantt.Span{From: schedule.On(2026, 10, 5), To: schedule.On(2027, 1, last)}}}}
		if svg := gantt.Render(season, french, gantt.Options{Width: 900}); strings.Contains(svg, ">janv. 2027<") != whole || strings.Count(svg, ">janv.") != 4 {
			t.Errorf("until %d January the last month is named whole: %v, want %v", last, !whole, whole)
		}
	}
	// Rows far apart get years on the scale, not a thousand weeks.
	long := gantt.Chart{Calendar: schedule.Ordinary(), Rows: []gantt.Row{{Label: "a", Forecast: gantt.Span{From: schedule.On(2000, 1, 1), To: schedule.On(2098, 1, 1)}}}}
	if svg := gantt.Render(long, words(), gantt.Options{Width: 900}); len(svg) > 20_000 || !strings.Contains(svg, ">2050<") {
		t.Errorf("a century takes %d bytes", len(svg))
	}
}

// Whatever the names and the days, the picture is sound XML and stays in its frame.
func TestHostile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := func(name string) schedule.Day {
			return schedule.On(2026, 1, 1) + schedule.Day(rapid.IntRange(-9000, 20000).Draw(t, name))
		}
		c := gantt.Chart{Title: rapid.String().Draw(t, "title"), Calendar: schedule.Ordinary(), Today: day("today")}
		n := rapid.IntRange(1, 6).Draw(t, "n")
		for range n {
			from := day("from")
			c.Rows = append(c.Rows, gantt.Row{Label: rapid.String().Draw(t, "label"), Spoken: `<script>"&'`, Forecast: gantt.Span{From: from, To: from + schedule.Day(rapid.IntRange(0, 500).Draw(t, "for"))},
				Done: rapid.Float64().Draw(t, "done"), Milestone: rapid.Bool().Draw(t, "milestone"), After: []int{rapid.IntRange(-1, 7).Draw(t, "after")}})
		}
		width := float64(rapid.IntRange(400, 1400).Draw(t, "width"))
		drawn(t, gantt.Render(c, words(), gantt.Options{Width: width}), width)
	})
}
