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
	rapid.Check(t, func(t *rapid.T) {
		begin := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
		var rows, own []merit.Row
		for i := range rapid.IntRange(0, 120).Draw(t, "n") {
			r := merit.Row{Slot: fmt.Sprint(i), Kind: merit.Rules()[rapid.IntRange(0, 4).Draw(t, "kind")].Kind, Giver: rapid.SampledFrom(people).Draw(t, "giver"),
				At: begin.Add(time.Duration(rapid.IntRange(0, 30*24-1).Draw(t, "hour")) * time.Hour)}
			if rows = append(rows, r); r.Giver == "ada" {
				own = append(own, r)
			}
		}
		mutual := map[string]merit.Returns{"bob": {Click: rapid.Bool().Draw(t, "mutual"), Accepted: rapid.Bool().Draw(t, "returned")}}
		sum := merit.Points("ada", rows, mutual)
		if again := merit.Points("ada", rapid.Permutation(rows).Draw(t, "order"), mutual); again != sum {
			t.Fatalf("%d in one order, %d in another", sum, again)
		}
		if n := merit.Points("ada", own, nil); n != 0 {
			t.Fatalf("%d points given by oneself", n)
		}
		caps := merit.Bounds()
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
			if n := merit.Points("ada", list, mutual); n > caps.Day {
				t.Fatalf("%d points on %s", n, day)
			}
		}
		if n := merit.Points("ada", light, mutual); mutual["bob"].Click && n > caps.Mutual || n > caps.Pair {
			t.Fatalf("%d points between two who vote for each other", n)
		}
		accepted, both := false, []merit.Row{}
		for _, r := range rows {
			if r.Giver == "bob" {
				both, accepted = append(both, r), accepted || r.Kind == merit.Accepted
			}
		}
		if n := merit.Points("ada", both, mutual); accepted && mutual["bob"].Accepted && n > caps.Returned {
			t.Fatalf("%d points between two who accept each other's answers", n)
		}
	})
}

func TestLevelsAndBadges(t *testing.T) {
	t.Parallel()
	for points, want := range map[int][2]int{0: {0, 15}, 14: {0, 15}, 15: {1, 60}, 449: {3, 450}, 9000: {4, 0}} {
		if level, next := merit.Level(points); level != want[0] || next != want[1] {
			t.Errorf("%d points are level %d, next at %d", points, level, next)
		}
	}
	var rows []merit.Row
	for i := range 12 { // one friend alone gives no badge that wants several people
		rows = append(rows, merit.Row{Slot: fmt.Sprint(i), Kind: merit.Accepted, Giver: "bob", On: fmt.Sprint(i)}, merit.Row{Slot: fmt.Sprint("u", i), Kind: merit.Useful, Giver: "ada", On: "p"})
	}
	if got := fmt.Sprint(merit.Earned("ada", rows)); got != "[first_answer]" {
		t.Error(got)
	}
	for i := range 5 {
		rows = append(rows, merit.Row{Slot: fmt.Sprint("v", i), Kind: merit.Useful, Giver: fmt.Sprint("g", i), On: "p"})
	}
	if got := fmt.Sprint(merit.Earned("ada", rows)); got != "[first_answer good_post]" {
		t.Error(got)
	}
}
