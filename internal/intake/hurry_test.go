package intake

import (
	"runtime/debug"
	"testing"
)

// TestHurry is not parallel: what it looks at belongs to the process.
func TestHurry(t *testing.T) {
	percent := func() int {
		p := debug.SetGCPercent(100)
		debug.SetGCPercent(p)
		return p
	}
	before := percent()
	rest := Hurry()
	if during := percent(); during != hurryPercent {
		t.Errorf("the heap may grow by %d %% during an import", during)
	}
	rest()
	if after := percent(); after != before {
		t.Errorf("%d %% after, %d %% before", after, before)
	}
}
