package strategy_test

import (
	"math"
	"testing"
	"time"

	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
)

// Windows of four weeks that end each week share three: twenty-nine of them are eight, and a fact that stays in four of them is one fact.
func TestOutlookIsOfWindowsThatShareNoDay(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)
	due := at.AddDate(0, 2, 0)
	course := func(weeks int, shared time.Duration) strategy.Course {
		c := strategy.Course{Shared: shared}
		for i := range weeks {
			c.Points = append(c.Points, strategy.CoursePoint{At: at.AddDate(0, 0, -7*(weeks-1-i)),
				Value: stat.Estimate{Value: 40 + 3*float64(i%2) + 5*math.Sin(float64(i/4)*2), N: 40, Grade: stat.Enough}})
		}
		return c
	}
	const days28 = 28 * 24 * time.Hour
	for name, want := range map[string]struct {
		weeks  int
		shared time.Duration
		n      int
		told   bool
	}{
		"too few without a common day": {20, days28, 5, false},
		"enough of them":               {21, days28, 6, true},
		"states of a moment":           {13, 0, 13, true},
	} {
		got := course(want.weeks, want.shared).Outlook(due, at)
		if got.N != want.n || got.Bounded != want.told {
			t.Errorf("%s: %+v", name, got.Trend)
		}
	}
	// An hour that clocks take makes no window share a day.
	c := course(29, days28)
	for i := range c.Points[:10] {
		c.Points[i].At = c.Points[i].At.Add(time.Hour)
	}
	if got := c.Outlook(due, at); got.N != 8 {
		t.Errorf("with a change of clocks the line goes through %d", got.N)
	}
}
