package sorting_test

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/sorting"
)

// TestSorted: it sorts as package slices does.
func TestSorted(t *testing.T) {
	type named struct{ key, at int }
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOf(rapid.IntRange(0, 9)).Draw(t, "keys")
		list := make([]named, len(keys))
		for i, k := range keys {
			list[i] = named{k, i}
		}
		byKey := func(a, b named) int { return cmp.Compare(a.key, b.key) }
		want := slices.Clone(list)
		slices.SortStableFunc(want, byKey)
		stable := slices.Clone(list)
		if sorting.Stable(stable, byKey); !slices.Equal(stable, want) {
			t.Fatalf("%v, want %v", stable, want)
		}
		if sorting.Func(list, func(a, b named) int { return cmp.Or(byKey(a, b), cmp.Compare(a.at, b.at)) }); !slices.Equal(list, want) {
			t.Fatalf("%v, want %v", list, want)
		}
	})
}
