// Package due decides when something that happens every week or every month happens next: a rhythm with an hour in a zone comes in, an instant goes out.
package due

import (
	"time"

	"github.com/entente/entente/internal/problem"
)

// Every says how often.
type Every string

// The rhythms.
const (
	Week  Every = "week"
	Month Every = "month"
)

// Rhythm is when something happens, by the clocks of a zone.
type Rhythm struct {
	Every   Every        `json:"every"`
	Weekday time.Weekday `json:"weekday"` // of Week
	Day     int          `json:"day"`     // of Month, 1 to 31; in a shorter month its last day
	Minute  int          `json:"minute"`  // of the day, 0 to 1439
	Zone    string       `json:"zone"`
}

// Check refuses what never happens, and zones that are not known.
func (r Rhythm) Check() error {
	switch {
	case r.Every == Week && (r.Weekday < time.Sunday || r.Weekday > time.Saturday):
		return problem.New(problem.Invalid, "report.weekday_bad").On("weekday")
	case r.Every == Month && (r.Day < 1 || r.Day > 31):
		return problem.New(problem.Invalid, "report.day_bad").On("day")
	case r.Every != Week && r.Every != Month:
		return problem.New(problem.Invalid, "report.every_bad").On("every")
	case r.Minute < 0 || r.Minute >= 24*60:
		return problem.New(problem.Invalid, "report.hour_bad").On("hour")
	}
	if _, err := time.LoadLocation(r.Zone); err != nil || r.Zone == "" || r.Zone == "Local" {
		return problem.New(problem.Invalid, "report.zone_bad").On("zone")
	}
	return nil
}

// Next is the first time after an instant. Each due date happens once: at an hour that clocks leave out, when they have been put forward; at
// one that they show twice, the first time. A rhythm that Check refuses is next never (the zero time).
func (r Rhythm) Next(after time.Time) time.Time {
	if r.Check() != nil {
		return time.Time{}
	}
	zone, err := time.LoadLocation(r.Zone)
	if err != nil {
		return time.Time{}
	}
	y, m, d := after.In(zone).AddDate(0, 0, -1).Date() // a zone can move by a day
	for {
		if r.on(y, m, d) {
			if t := at(y, m, d, r.Minute, zone); t.After(after) {
				return t.UTC()
			}
		}
		y, m, d = time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC).Date()
	}
}

// on reports whether a day is one of the rhythm.
func (r Rhythm) on(y int, m time.Month, d int) bool {
	if r.Every == Week {
		return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Weekday() == r.Weekday
	}
	last := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day()
	return d == min(r.Day, last)
}

// at is the first instant at which clocks of a zone show that minute of that day, or have gone past it.
func at(y int, m time.Month, d, minute int, zone *time.Location) time.Time {
	wall := time.Date(y, m, d, 0, minute, 0, 0, time.UTC)
	t := wall.Add(-26 * time.Hour).In(zone)
	for {
		_, offset := t.Zone()
		u := wall.Add(-time.Duration(offset) * time.Second)
		if u.Before(t) {
			return t // clocks were put forward over it
		}
		_, end := t.ZoneBounds()
		if end.IsZero() || u.Before(end) || !end.After(t) {
			return u
		}
		t = end
	}
}
