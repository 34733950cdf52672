package community

import (
	"fmt"
	"testing"
)

func TestFreeHandle(t *testing.T) {
	t.Parallel()
	name := func(n int) string {
		if n == 1 {
			return "anna"
		}
		return fmt.Sprintf("anna-%d", n)
	}
	for have := range 300 {
		taken, asked := map[string]bool{}, 0
		for n := range have {
			taken[name(n+1)] = true
		}
		got, err := freeHandle("anna", func(h string) (bool, error) { asked++; return taken[h], nil })
		if err != nil || got != name(have+1) {
			t.Errorf("%d of the name: got %q, %v, want %q", have, got, err, name(have+1))
		}
		if asked > 20 {
			t.Errorf("%d of the name: asked %d times", have, asked)
		}
	}
	// Somebody whose name ends in a number leaves a gap, or fills one.
	for _, have := range [][]int{{1, 3}, {1, 2, 4}, {1, 2, 3, 4, 5, 6, 7, 64}, {1, 2, 8, 16, 32}} {
		taken := map[string]bool{}
		for _, n := range have {
			taken[name(n)] = true
		}
		if got, err := freeHandle("anna", func(h string) (bool, error) { return taken[h], nil }); err != nil || taken[got] {
			t.Errorf("%v: got %q, %v, which is taken", have, got, err)
		}
	}
	if _, err := freeHandle("anna", func(string) (bool, error) { return false, fmt.Errorf("gone") }); err == nil {
		t.Error("an error was lost")
	}
}
