// Package hours decides when somebody is there: a week with opening times, holidays and a time zone come in, and the working time between two
// instants goes out, right across clock changes.
package hours

import (
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/problem"
)

// Stretch is a time of a day at which somebody is there, in minutes since midnight by the clocks of the zone: From belongs to it, To does not.
type Stretch struct {
	From int `json:"from" minimum:"0" maximum:"1440"`
	To   int `json:"to" minimum:"0" maximum:"1440"`
}

// Calendar is when somebody is there. Days are by weekday, Sunday first; a holiday is a date such as 2026-12-25, or 12-25 for every year.
type Calendar struct {
	Zone     string       `json:"zone"`
	Week     [7][]Stretch `json:"week"`
	Holidays []string     `json:"holidays"`
}

// Usual is Monday to Friday, nine to six.
func Usual(zone string) Calendar {
	c := Calendar{Zone: zone}
	for d := time.Monday; d <= time.Friday; d++ {
		c.Week[d] = []Stretch{{9 * 60, 18 * 60}}
	}
	return c
}

const (
	mostStretches = 6
	mostHolidays  = 400
)

// Check puts a calendar in order and says what is wrong with it.
func (c *Calendar) Check() error {
	var bad []error
	if _, err := time.LoadLocation(c.Zone); err != nil || c.Zone == "" || c.Zone == "Local" {
		bad = append(bad, problem.New(problem.Invalid, "measure.bad_zone").On("zone"))
	}
	open := false
	for d := range c.Week {
		field := fmt.Sprintf("day%d", d)
		if len(c.Week[d]) > mostStretches {
			bad = append(bad, problem.New(problem.Invalid, "measure.hours.too_many", "Max", mostStretches).On(field))
			continue
		}
		sort.Slice(c.Week[d], func(i, j int) bool { return c.Week[d][i].From < c.Week[d][j].From })
		last := 0
		for i, s := range c.Week[d] {
			if s.From < 0 || s.To > 24*60 || s.From >= s.To || i > 0 && s.From < last {
				bad = append(bad, problem.New(problem.Invalid, "measure.hours.bad_times").On(field))
				break
			}
			last, open = s.To, true
		}
	}
	if !open && len(bad) == 0 {
		bad = append(bad, problem.New(problem.Invalid, "measure.hours.never").On("day1"))
	}
	if len(c.Holidays) > mostHolidays {
		return errors.Join(append(bad, problem.New(problem.Invalid, "measure.hours.too_many", "Max", mostHolidays).On("holidays"))...)
	}
	for i, h := range c.Holidays {
		h = strings.TrimSpace(h)
		c.Holidays[i] = h
		if _, err := time.Parse("2006-01-02", h); err == nil {
			continue
		}
		if _, err := time.Parse("2006-01-02", "2024-"+h); err != nil { // a leap year knows all days
			bad = append(bad, problem.New(problem.Invalid, "measure.hours.bad_holiday", "Date", h).On("holidays"))
		}
	}
	slices.Sort(c.Holidays)
	c.Holidays = slices.Compact(c.Holidays)
	return errors.Join(bad...)
}

// Clock computes with a checked calendar. It is safe for concurrent use.
type Clock struct {
	zone    *time.Location
	week    [7][]Stretch
	holiday map[string]bool

	mu    sync.Mutex
	years map[int]*year
}

// year is the working time of all dates of a year before each of them; at the end that of the whole year.
type year [367]time.Duration

// Clock reads a calendar.
func (c Calendar) Clock() (*Clock, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		return nil, fmt.Errorf("the zone of business hours: %w", err)
	}
	out := &Clock{zone: zone, week: c.Week, holiday: map[string]bool{}}
	for _, h := range c.Holidays {
		out.holiday[h] = true
	}
	return out, nil
}

// Open reports whether somebody is there at an instant: by what clocks show there.
func (c *Clock) Open(t time.Time) bool {
	t = t.In(c.zone)
	if c.off(t) {
		return false
	}
	minute := t.Hour()*60 + t.Minute()
	for _, s := range c.week[t.Weekday()] {
		if minute >= s.From && minute < s.To {
			return true
		}
	}
	return false
}

func (c *Clock) off(day time.Time) bool {
	return len(c.holiday) > 0 && (c.holiday[day.Format("2006-01-02")] || c.holiday[day.Format("01-02")])
}

// Between is the working time from one instant to another, 0 when it ends before it begins. What counts are the instants at which clocks
// show a time at which somebody is there: an hour that clocks skip does not count, one that they show twice counts twice.
func (c *Clock) Between(from, to time.Time) time.Duration {
	if !from.Before(to) {
		return 0
	}
	first, last := noon(from.In(c.zone)), noon(to.In(c.zone))
	// Dates well within lie in it whole, wherever clocks change, and were added up before: a wait of years costs what one of days does.
	if begin, end := first.AddDate(0, 0, 2), last.AddDate(0, 0, -2); end.Sub(begin) > 7*24*time.Hour {
		return c.days(first, begin, from, to) + c.whole(begin, end) + c.days(end, last.AddDate(0, 0, 1), from, to)
	}
	return c.days(first, last.AddDate(0, 0, 1), from, to)
}

// noon is the date that an instant has; only that counts of it.
func noon(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
}

// days is the working time between two instants of the dates from one to before another.
func (c *Clock) days(first, end, from, to time.Time) (sum time.Duration) {
	for day := first; day.Before(end); day = day.AddDate(0, 0, 1) {
		if stretches := c.week[day.Weekday()]; len(stretches) > 0 && !c.off(day) {
			sum += c.onDay(day, stretches, from, to)
		}
	}
	return sum
}

// whole is the working time of the dates from one to before another.
func (c *Clock) whole(first, end time.Time) time.Duration {
	sum := c.year(end.Year())[end.YearDay()-1] - c.year(first.Year())[first.YearDay()-1]
	for y := first.Year(); y < end.Year(); y++ {
		sum += c.year(y)[366]
	}
	return sum
}

func (c *Clock) year(y int) *year {
	c.mu.Lock()
	defer c.mu.Unlock()
	if of := c.years[y]; of != nil {
		return of
	}
	of, sum := &year{}, time.Duration(0)
	for n := range of {
		of[n] = sum
		if day := time.Date(y, 1, 1+n, 12, 0, 0, 0, time.UTC); day.Year() == y {
			sum += c.days(day, day.AddDate(0, 0, 1), day.AddDate(0, 0, -3), day.AddDate(0, 0, 3))
		}
	}
	if c.years == nil {
		c.years = map[int]*year{}
	}
	c.years[y] = of
	return of
}

// onDay is the working time of a date between two instants.
func (c *Clock) onDay(day time.Time, stretches []Stretch, from, to time.Time) (sum time.Duration) {
	c.pieces(day, stretches, func(a, b time.Time) {
		if a.Before(from) {
			a = from
		}
		if b.After(to) {
			b = to
		}
		if a.Before(b) {
			sum += b.Sub(a)
		}
	})
	return sum
}

// pieces gives the times of a date at which somebody is there. The offset may change within the day: each part of it with one offset is
// looked at by itself.
func (c *Clock) pieces(day time.Time, stretches []Stretch, piece func(from, to time.Time)) {
	midnight := time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
	t := midnight.Add(-15 * time.Hour).In(c.zone) // offsets lie between −12 and +14 hours
	limit := midnight.Add(40 * time.Hour)
	for t.Before(limit) {
		_, offset := t.Zone()
		_, end := t.ZoneBounds()
		if end.IsZero() || end.After(limit) || !end.After(t) {
			end = limit
		}
		shown := midnight.Add(-time.Duration(offset) * time.Second) // when clocks with this offset show midnight
		for _, s := range stretches {
			a, b := shown.Add(time.Duration(s.From)*time.Minute), shown.Add(time.Duration(s.To)*time.Minute)
			if a.Before(t) {
				a = t
			}
			if b.After(end) {
				b = end
			}
			if a.Before(b) {
				piece(a, b)
			}
		}
		t = end
	}
}
