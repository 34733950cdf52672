package kpi

import "time"

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
		share := Overlap(f.At, f.Until, from, to)
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

// Overlap is the part of the days of a period that lies in a window, by the calendar of the zone of its beginning.
func Overlap(at, until, from, to time.Time) float64 {
	zone := at.Location()
	begin, end := days(at), days(until.In(zone))
	if end <= begin {
		return 0
	}
	return (min(end, days(to.In(zone))) - max(begin, days(from.In(zone)))) / (end - begin)
}

// days counts days, and parts of one, as the calendar shows them: those on which clocks change are as long as others.
func days(t time.Time) float64 {
	y, m, d := t.Date()
	begin, end := time.Date(y, m, d, 0, 0, 0, 0, t.Location()), time.Date(y, m, d+1, 0, 0, 0, 0, t.Location())
	return float64(number(t)) + float64(t.Sub(begin))/float64(end.Sub(begin))
}
