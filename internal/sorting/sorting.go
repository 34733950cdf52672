// Package sorting sorts by a comparison. It does what slices.SortFunc and slices.SortStableFunc do in less program: those are compiled anew for each type of
// element, and the hundred that were here took 0.95 MB. It is slower by the calls that come with it, so what sorts many thousands for each request uses slices.
package sorting

import "sort"

// Func sorts a list as compare tells: negative where a comes before b. Elements that are equal may change places.
func Func[T any](list []T, compare func(a, b T) int) {
	sort.Slice(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}

// Stable is Func, but elements that are equal keep their order.
func Stable[T any](list []T, compare func(a, b T) int) {
	sort.SliceStable(list, func(i, j int) bool { return compare(list[i], list[j]) < 0 })
}
