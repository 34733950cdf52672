package merit_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/recognition/merit"
)

// Whatever happens, in whatever order, nobody earns more than the caps, nothing for what they give themselves, and the order does not matter.
func TestCaps(t *testing.T) {
	t.Parallel()
	people := []string{"ada", "bob", "eve", "zoe"}
	rules := written(t)
	points := func(rows []merit.Row, back map[string]merit.Returns) (sum int) {
		for _, n := range rules.Points("ada", rows, back) {
			sum += n
		}
		return sum
	}
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		var rows, own []merit.Row
		for i := range rapid.IntRange(0, 120).Draw(t, "n") {
			r := merit.Row{Slot: fmt.Sprint(i), Kind: rules.Merits[rapid.IntRange(0, 4).Draw(t, "kind")].Kind, Giver: rapid.SampledFrom(people).Draw(t, "giver"), Space: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "space"),
				At: begin.Add(time.Duration(rapid.IntRange(0, 30*24-1).Draw(t, "hour")) * time.Hour)}
			if rows = append(rows, r); r.Giver == "ada" {
				own = append(own, r)
			}
		}
		mutual := map[string]merit.Returns{"bob": {Click: rapid.Bool().Draw(t, "mutual"), Accepted: rapid.Bool().Draw(t, "returned")}}
		sum := points(rows, mutual)
		if again := points(rapid.Permutation(rows).Draw(t, "order"), mutual); again != sum {
			t.Fatalf("%d in one order, %d in another", sum, again)
		}
		if n := points(own, nil); n != 0 {
			t.Fatalf("%d points given by oneself", n)
		}
		caps := rules.Caps
		if sum > caps.Pair*(len(people)-1) {
			t.Fatalf("%d points from %d people", sum, len(people)-1)
		}
		days, light := map[string][]merit.Row{}, []merit.Row{}
		for _, r := range rows {
			days[r.At.Format(time.DateOnly)] = append(days[r.At.Format(time.DateOnly)], r)
			if r.Giver == "bob" && (r.Kind == merit.Useful || r.Kind == merit.Thanked || r.Kind == merit.Helped) {
				light = append(light, r)
			}
		}
		for day, list := range days {
			if n := points(list, mutual); n > caps.Day {
				t.Fatalf("%d points on %s", n, day)
			}
		}
		if n := points(light, mutual); mutual["bob"].Click && n > caps.Mutual || n > caps.Pair {
			t.Fatalf("%d points between two who vote for each other", n)
		}
		accepted, both := false, []merit.Row{}
		for _, r := range rows {
			if r.Giver == "bob" {
				both, accepted = append(both, r), accepted || r.Kind == merit.Accepted
			}
		}
		if n := points(both, mutual); accepted && mutual["bob"].Accepted && n > caps.Returned {
			t.Fatalf("%d points between two who accept each other's answers", n)
		}
	})
}

// TestOffice: what who looks after a community decides for it is in nobody's favour: the caps between two do not hold it, that of a day does.
func TestOffice(t *testing.T) {
	t.Parallel()
	rules := written(t)
	var rows []merit.Row
	for i := range 4 {
		rows = append(rows, merit.Row{Slot: fmt.Sprint(i), Kind: merit.Accepted, Giver: "mod", Office: true, Space: "s", At: time.Date(2026, 11, 1+i/2, 8, 0, 0, 0, time.UTC)})
	}
	rows = append(rows, merit.Row{Slot: "own", Kind: merit.Thanked, Giver: "mod", At: time.Date(2026, 11, 9, 8, 0, 0, 0, time.UTC)})
	back := map[string]merit.Returns{"mod": {Accepted: true}}
	if got := fmt.Sprint(rules.Points("ada", rows, back)); got != "map[:3 s:60]" {
		t.Error(got)
	}
	for i := range rows {
		rows[i].Office = false
	}
	if got := fmt.Sprint(rules.Points("ada", rows, back)); got != "map[s:8]" {
		t.Error(got)
	}
}

// TestWrong: the rules that come with the program are within the bounds, and what owners could write is held against them.
func TestWrong(t *testing.T) {
	t.Parallel()
	if field, _, _ := written(t).Wrong(); field != "" {
		t.Error(field)
	}
	for want, change := range map[string]func(*merit.Rules){
		"day":      func(r *merit.Rules) { r.Caps.Day = 0 },
		"pair":     func(r *merit.Rules) { r.Caps.Pair = 46 },
		"returned": func(r *merit.Rules) { r.Caps.Returned = 21 },
		"mutual":   func(r *merit.Rules) { r.Caps.Mutual = -1 },
		"useful":   func(r *merit.Rules) { r.Merits[1].Points = 46 },
		"level0":   func(r *merit.Rules) { r.Levels[0] = 1 },
		"level2":   func(r *merit.Rules) { r.Levels[2] = 15 },
		"level4":   func(r *merit.Rules) { r.Levels[4] = merit.MostPoints + 1 },
	} {
		r := written(t)
		change(&r)
		if field, from, to := r.Wrong(); field != want || from > to {
			t.Errorf("%q from %d to %d, want %q", field, from, to, want)
		}
	}
}

func written(t *testing.T) merit.Rules {
	t.Helper()
	r, err := merit.Written()
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLevelsAndBadges(t *testing.T) {
	t.Parallel()
	rules := written(t)
	for points, want := range map[int][2]int{0: {0, 15}, 14: {0, 15}, 15: {1, 60}, 449: {3, 450}, 9000: {4, 0}} {
		if level, next := rules.Level(points); level != want[0] || next != want[1] {
			t.Errorf("%d points are level %d, next at %d", points, level, next)
		}
	}
	var rows []merit.Row
	for i := range 12 { // one friend alone gives no badge that wants several people
		rows = append(rows, merit.Row{Slot: fmt.Sprint(i), Kind: merit.Accepted, Giver: "bob", On: fmt.Sprint(i)}, merit.Row{Slot: fmt.Sprint("u", i), Kind: merit.Useful, Giver: "ada", On: "p"})
	}
	if got := fmt.Sprint(rules.Earned("ada", rows)); got != "[first_answer]" {
		t.Error(got)
	}
	for i := range 5 {
		rows = append(rows, merit.Row{Slot: fmt.Sprint("v", i), Kind: merit.Useful, Giver: fmt.Sprint("g", i), On: "p"})
	}
	if got := fmt.Sprint(rules.Earned("ada", rows)); got != "[first_answer good_post]" {
		t.Error(got)
	}
}
