package channel

import (
	"fmt"
	"testing"
	"time"
)

// However many call, what is remembered of them stays bounded, and those who have not called for long are forgotten first.
func TestRates(t *testing.T) {
	t.Parallel()
	var r rates
	for i := range maxRates + 10 {
		r.of(fmt.Sprint(i), noon).AllowN(noon, 1)
	}
	if n := len(r.list); n > maxRates+1 {
		t.Errorf("%d are remembered, want at most %d", n, maxRates+1)
	}
	if r.of("new", noon) != r.of("newer", noon) {
		t.Error("those beyond do not share a rate")
	}
	later := noon.Add(time.Minute)
	if r.of("new", later) == r.of("newer", later) || len(r.list) != 2 {
		t.Errorf("%d are remembered a minute later, want the two that call", len(r.list))
	}
}
