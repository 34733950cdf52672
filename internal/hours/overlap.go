package hours

import "time"

// Overlap is the part of the days of a period that lies in a window, by the calendar of the zone of its beginning; below zero where they lie apart.
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
	return float64(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix()/86400) + float64(t.Sub(begin))/float64(end.Sub(begin))
}
