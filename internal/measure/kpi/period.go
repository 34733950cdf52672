package kpi

import (
	"time"

	"github.com/entente/entente/internal/hours"
)

// within is the facts that count in a window. What is stated of a period counts in it by the days of the period that lie in the window:
//
//	share = days(period ∩ window) / days(period)
//
// in days of the calendar, of which one that the window cuts counts in part. So windows that divide a period add up to all of it.
func within(from, to time.Time, facts []Fact) []Fact {
	var out []Fact
	for _, f := range facts {
		if f.Until.IsZero() {
			if !f.At.Before(from) {
				out = append(out, f)
			}
			continue
		}
		share := hours.Overlap(f.At, f.Until, from, to)
		if share <= 0 {
			continue
		}
		if share < 1 {
			f.Share, f.Sum, f.Squares = share, f.Sum*share, f.Squares*share*share
		}
		out = append(out, f)
	}
	return out
}

// weight is how much of the fact counts.
func (f Fact) weight() float64 {
	if f.Share > 0 {
		return f.Share
	}
	return 1
}
