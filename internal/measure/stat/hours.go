package stat

import "time"

// Span is a part of a day, from and to by the clock on the wall.
type Span struct{ From, To time.Duration }

// Hours is when somebody is there: by day of the week (Sunday is 0), in a zone, but for closed days such as "2026-12-25".
type Hours struct {
	Zone   *time.Location
	Week   [7][]Span
	Closed map[string]bool
}

// OfficeHours is Monday to Friday, 9 to 18, without closed days.
func OfficeHours(zone *time.Location) *Hours {
	if zone == nil {
		zone = time.UTC
	}
	h := &Hours{Zone: zone}
	for d := time.Monday; d <= time.Friday; d++ {
		h.Week[d] = []Span{{9 * time.Hour, 18 * time.Hour}}
	}
	return h
}

// mostDays bounds what is gone through day by day: ten years.
const mostDays = 3660

// Between is how much of the time from one moment to another somebody was there. What begins and ends while nobody is there is 0. A day on
// which clocks change is as long as it is: a span over the change is an hour shorter or longer. A wait of more than ten years is cut there;
// one that ends before it begins is 0.
func (h *Hours) Between(from, to time.Time) time.Duration {
	if h == nil || h.Zone == nil || !from.Before(to) {
		return 0
	}
	var sum time.Duration
	y, m, d := from.In(h.Zone).Date()
	for n := range mostDays {
		noon := time.Date(y, m, d+n, 12, 0, 0, 0, h.Zone)
		if noon.Add(-48 * time.Hour).After(to) {
			break
		}
		if h.Closed[noon.Format(time.DateOnly)] {
			continue
		}
		year, month, day := noon.Date()
		for _, s := range h.Week[noon.Weekday()] {
			at := func(d time.Duration) time.Time {
				return time.Date(year, month, day, 0, int(d/time.Minute), 0, 0, h.Zone)
			}
			begin, end := at(s.From), at(s.To)
			if begin.Before(from) {
				begin = from
			}
			if end.After(to) {
				end = to
			}
			if begin.Before(end) {
				sum += end.Sub(begin)
			}
		}
	}
	return sum
}
