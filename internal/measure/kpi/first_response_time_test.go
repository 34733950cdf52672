package kpi

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/measure/stat"
)

// Of ten waits 1 to 10 hours the median is 5½; when 2, 4 and 6 are still open, S falls at 1, 3, 5, 7, 8, 9, 10 to .9, .7875, .65625, .49219 …
func TestFirstResponseTime(t *testing.T) {
	t.Parallel()
	var all, some []Fact
	for h := 1; h <= 10; h++ {
		all = append(all, waited(float64(h), false))
		some = append(some, waited(float64(h), h == 2 || h == 4 || h == 6))
	}
	e := FirstResponseTime().Estimate(all)
	if e.Value.Value != 5.5*3600 || e.Median.Value != 330*time.Minute || e.P90.Value != 570*time.Minute || !e.Value.OK() {
		t.Errorf("1 to 10 hours: %+v", e)
	}
	e = FirstResponseTime().Estimate(some)
	if e.Median.Value != 7*time.Hour || e.Median.Open != 3 || e.Median.N != 10 {
		t.Errorf("with three open: %+v, want a median of 7 hours", e.Median)
	}
	if e := FirstResponseTime().Estimate(all[:9]); e.Value.Grade != stat.TooFew {
		t.Errorf("nine are graded %s", e.Value.Grade)
	}
	open := []Fact{waited(1, true), waited(9, true)}
	if e := FirstResponseTime().Estimate(open); e.Median.Reached || e.Median.Beyond != 9*time.Hour {
		t.Errorf("nothing answered: %+v, want more than 9 hours", e.Median)
	}
}
