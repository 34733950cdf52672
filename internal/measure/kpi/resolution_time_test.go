package kpi

import (
	"testing"
	"time"
)

// Ten conversations, nine resolved after 1 to 9 days and one open for 20: P90 is 9 days, and at 10 % exactly it is between 9 and the end.
func TestResolutionTime(t *testing.T) {
	t.Parallel()
	var list []Fact
	for d := 1; d <= 9; d++ {
		list = append(list, waited(float64(24*d), false))
	}
	e := ResolutionTime().Estimate(append(list, waited(480, true)))
	if e.Median.Value != 132*time.Hour || !e.P90.Reached || e.P90.Value < 216*time.Hour || e.P90.Open != 1 {
		t.Errorf("median %v, P90 %+v", e.Median.Value, e.P90)
	}
}
