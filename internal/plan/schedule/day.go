// Package schedule decides when work happens: lengths in working days, dependencies and what is done come in; the day each task begins and
// ends, the critical path and the slack go out.
package schedule

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Day is a day of the calendar without a place on earth: days since 1970-01-01. Zero is no day. Clock changes cannot move it.
type Day int

// The days that plans may have; a date such as 31/12/2099 stands for "no date".
const (
	firstYear = 2000
	lastYear  = 2098
)

// On is the day with this date.
func On(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// Of is the day it is in a zone at a moment; no day for the zero time.
func Of(t time.Time, zone *time.Location) Day {
	if t.IsZero() {
		return 0
	}
	y, m, d := t.In(zone).Date()
	return On(y, m, d)
}

// Date is the day's date.
func (d Day) Date() (year int, month time.Month, day int) { return d.utc().Date() }

func (d Day) utc() time.Time { return time.Unix(int64(d)*86400, 0).UTC() }

// Noon is the middle of the day in a zone, zero for no day: no clock change has ever taken a noon away.
func (d Day) Noon(zone *time.Location) time.Time {
	if d == 0 {
		return time.Time{}
	}
	y, m, day := d.Date()
	return time.Date(y, m, day, 12, 0, 0, 0, zone)
}

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.utc().Weekday() }

// Monday is the first day of the day's week.
func (d Day) Monday() Day { return d - Day((int(d.Weekday())+6)%7) }

// FirstOfMonth is the first day of the day's month.
func (d Day) FirstOfMonth() Day {
	y, m, _ := d.Date()
	return On(y, m, 1)
}

// AddMonths is the same day n months later, or the last of that month where it has no such day: 31 January and one month is 28 February.
func (d Day) AddMonths(n int) Day {
	y, m, day := d.Date()
	first := On(y, m+time.Month(n), 1)
	y, m, _ = first.Date()
	return min(first+Day(day-1), On(y, m+1, 1)-1)
}

// Valid reports whether plans may have this day.
func (d Day) Valid() bool {
	y, _, _ := d.Date()
	return y >= firstYear && y <= lastYear
}

// String is 2026-11-22, and "" for no day.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return d.utc().Format(time.DateOnly)
}

// MarshalText is String.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (d *Day) UnmarshalText(text []byte) error {
	day, ok := ParseDay(string(text))
	if !ok {
		return fmt.Errorf("%.20q is no day", text)
	}
	*d = day
	return nil
}

// ParseDay reads 2026-11-22, and as people write it 22/11/2026 or 22.11.2026, the day first. "" is no day. ok is false for what is no day of
// the calendar, or one that no plan has.
func ParseDay(text string) (day Day, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" {
		return 0, true
	}
	if len(text) > 10 {
		return 0, false
	}
	split := func(sep string) (parts [3]int, ok bool) {
		fields := strings.Split(text, sep)
		if len(fields) != 3 {
			return parts, false
		}
		for i, f := range fields {
			n, err := strconv.ParseUint(f, 10, 16)
			if err != nil {
				return parts, false
			}
			parts[i] = int(n)
		}
		return parts, true
	}
	p, ok := split("-")
	if !ok {
		for _, sep := range []string{"/", "."} {
			if q, found := split(sep); found {
				p, ok = [3]int{q[2], q[1], q[0]}, true
			}
		}
	}
	if !ok || p[0] < firstYear || p[0] > lastYear || p[1] < 1 || p[1] > 12 {
		return 0, false
	}
	day = On(p[0], time.Month(p[1]), p[2])
	if y, m, d := day.Date(); y != p[0] || int(m) != p[1] || d != p[2] {
		return 0, false
	}
	return day, true
}
