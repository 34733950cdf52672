// Package jury decides in which order the entries of a challenge stand: what jurors gave each of them on each criterion comes in, ranks go out, with
// those that are equal on one rank. It is exact: nothing is rounded.
package jury

import (
	"cmp"
	"slices"

	"github.com/entente/entente/internal/sorting"
)

// Most and Least are the bounds of a score.
const (
	Least = 1
	Most  = 5
)

// Criterion is what entries are judged by; what weighs 2 counts twice.
type Criterion struct {
	Name   string `json:"name"`
	Weight int    `json:"weight"`
}

// Ballot is what one juror gave one entry: a score a criterion.
type Ballot struct {
	Entry  string
	Juror  string
	Scores []int
}

// Line is where an entry stands.
type Line struct {
	Entry  string
	Rank   int   // from 1, the same for those that are equal; 0 for what nobody judged
	Jurors int   // who judged it
	Points int   // of all jurors, weighed
	Of     int   // the most that could have been given by these jurors
	Each   []int // points a criterion, of all jurors, not weighed
}

// Share is the part of the points that could have been given, 0 to 1.
func (l Line) Share() float64 {
	if l.Of == 0 {
		return 0
	}
	return float64(l.Points) / float64(l.Of)
}

// Rank orders entries by the mean of what their jurors gave. What nobody judged comes last, without a rank. The order of ballots does not matter; a
// ballot with other than a score a criterion is left out, and so is a second one of the same juror.
func Rank(criteria []Criterion, entries []string, ballots []Ballot) []Line {
	lines, at, seen := make([]Line, len(entries)), map[string]int{}, map[[2]string]bool{}
	for i, e := range entries {
		lines[i] = Line{Entry: e, Each: make([]int, len(criteria))}
		at[e] = i
	}
	for _, b := range ballots {
		i, known := at[b.Entry]
		key := [2]string{b.Entry, b.Juror}
		if !known || seen[key] || len(b.Scores) != len(criteria) || slices.ContainsFunc(b.Scores, func(n int) bool { return n < Least || n > Most }) {
			continue
		}
		seen[key] = true
		l := &lines[i]
		l.Jurors++
		for c, n := range b.Scores {
			l.Points += n * criteria[c].Weight
			l.Of += Most * criteria[c].Weight
			l.Each[c] += n
		}
	}
	order := func(a, b Line) int { // the mean of a before that of b: a.Points / a.Of against b.Points / b.Of
		return cmp.Or(cmp.Compare(whether(a.Jurors == 0), whether(b.Jurors == 0)), cmp.Compare(b.Points*a.Of, a.Points*b.Of))
	}
	sorting.Stable(lines, func(a, b Line) int { return cmp.Or(order(a, b), cmp.Compare(a.Entry, b.Entry)) })
	for i := range lines {
		switch {
		case lines[i].Jurors == 0:
		case i > 0 && order(lines[i-1], lines[i]) == 0:
			lines[i].Rank = lines[i-1].Rank
		default:
			lines[i].Rank = i + 1
		}
	}
	return lines
}

func whether(b bool) int {
	if b {
		return 1
	}
	return 0
}
