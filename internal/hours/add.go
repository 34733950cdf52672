package hours

import (
	"slices"
	"time"

	"github.com/entente/entente/internal/sorting"
)

// farthest is how many days ahead Add looks.
const farthest = 3700

type piece struct{ from, to time.Time }

// Add is the first instant at which this much working time has passed since from: Between(from, Add(from, d)) is d. Of nothing, or less, it
// is from itself, whoever is there. ok is false when so much does not come within ten years.
func (c *Clock) Add(from time.Time, d time.Duration) (at time.Time, ok bool) {
	if d <= 0 {
		return from, true
	}
	y, m, first := from.In(c.zone).Date()
	var waiting []piece // of the date before, in order
	for n := -1; n < farthest; n++ {
		day := time.Date(y, m, first+n, 12, 0, 0, 0, time.UTC)
		settled := len(waiting)
		if stretches := c.week[day.Weekday()]; len(stretches) > 0 && !c.off(day) {
			c.pieces(day, stretches, func(a, b time.Time) { waiting = append(waiting, piece{a, b}) })
		}
		// Where clocks go back over midnight, a bit of a date comes before the end of the one before.
		if settled > 0 && len(waiting) > settled && waiting[settled].from.Before(waiting[settled-1].from) {
			last := waiting[settled-1]
			sorting.Func(waiting, func(a, b piece) int { return a.from.Compare(b.from) })
			settled = slices.Index(waiting, last) + 1
		}
		for _, p := range waiting[:settled] {
			if p.from.Before(from) {
				p.from = from
			}
			if !p.from.Before(p.to) {
				continue
			}
			if long := p.to.Sub(p.from); long < d {
				d -= long
				continue
			}
			return p.from.Add(d), true
		}
		waiting = append(waiting[:0], waiting[settled:]...)
	}
	return time.Time{}, false
}
