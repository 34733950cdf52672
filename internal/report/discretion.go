package report

import (
	"context"
	"slices"
	"strings"

	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
)

// discreetNotes are notes without those that tell amounts, for who does not see them.
func discreetNotes(ctx context.Context, list []Note) []Note {
	if org.SeesMoney(ctx) {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(n Note) bool { return n.Measure.InMoney() })
}

// discreet is the ledger without amounts: what there is, on what evidence, from how many.
func (v ValueLedger) discreet() ValueLedger {
	v.Hidden, v.Sums = true, nil
	v.Entries = slices.Clone(v.Entries)
	for i, e := range v.Entries {
		v.Entries[i] = Entry{Origin: e.Origin, Ref: e.Ref, Name: e.Name, Measure: e.Measure, Filter: e.Filter, Result: measure.Result{N: e.Result.N}, Objectives: e.Objectives, Grade: e.Grade, N: e.N, Rows: e.Rows, Why: e.Why, Twice: e.Twice}
	}
	// The order by amount would tell which is worth more.
	sorting.Stable(v.Entries, func(a, b Entry) int {
		if a.Grade.Proven() != b.Grade.Proven() {
			if a.Grade.Proven() {
				return -1
			}
			return 1
		}
		return strings.Compare(string(a.Origin)+a.Ref, string(b.Origin)+b.Ref)
	})
	return v
}
