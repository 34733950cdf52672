package jury_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/community/jury"
)

func TestRank(t *testing.T) {
	t.Parallel()
	criteria := []jury.Criterion{{Name: "useful", Weight: 2}, {Name: "cheap", Weight: 1}}
	got := ""
	for _, l := range jury.Rank(criteria, []string{"d", "c", "b", "a"}, []jury.Ballot{
		{Entry: "a", Juror: "ada", Scores: []int{5, 2}}, {Entry: "a", Juror: "bob", Scores: []int{4, 4}}, // 24 of 30
		{Entry: "b", Juror: "ada", Scores: []int{4, 4}}, // 12 of 15: equal, though one juror gave it
		{Entry: "c", Juror: "ada", Scores: []int{1, 5}}, {Entry: "c", Juror: "ada", Scores: []int{5, 5}}, {Entry: "c", Juror: "bob", Scores: []int{9, 5}}, {Entry: "c", Juror: "eve", Scores: []int{5}}, {Entry: "x", Juror: "eve", Scores: []int{5, 5}},
	}) {
		got += fmt.Sprint(l.Rank, l.Entry, l.Points, "/", l.Of, " ")
	}
	if want := "1a24/30 1b12/15 3c7/15 0d0/0 "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The order of ballots does not matter, ranks follow the means, and equal means share a rank.
func TestOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		criteria := []jury.Criterion{{Name: "a", Weight: rapid.IntRange(1, 3).Draw(t, "wa")}, {Name: "b", Weight: rapid.IntRange(1, 3).Draw(t, "wb")}}
		entries := []string{"p", "q", "r"}
		var ballots []jury.Ballot
		for _, e := range entries {
			for j := range rapid.IntRange(0, 3).Draw(t, "jurors") {
				ballots = append(ballots, jury.Ballot{Entry: e, Juror: fmt.Sprint(j), Scores: []int{rapid.IntRange(1, 5).Draw(t, "s"), rapid.IntRange(1, 5).Draw(t, "s")}})
			}
		}
		lines := jury.Rank(criteria, entries, ballots)
		again := jury.Rank(criteria, []string{"r", "p", "q"}, rapid.Permutation(ballots).Draw(t, "order"))
		if fmt.Sprint(lines) != fmt.Sprint(again) {
			t.Fatalf("%v\n%v", lines, again)
		}
		for i := 1; i < len(lines); i++ {
			a, b := lines[i-1], lines[i]
			if b.Rank > 0 && (a.Rank == b.Rank) != (a.Points*b.Of == b.Points*a.Of) || a.Jurors == 0 && b.Jurors > 0 || b.Rank > 0 && a.Share() < b.Share() {
				t.Fatalf("%+v before %+v", a, b)
			}
		}
	})
}
