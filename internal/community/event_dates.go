package community

import (
	"slices"
	"strconv"
	"time"

	"github.com/entente/entente/internal/problem"
)

// How often an event takes place; once for "".
const (
	EachFortnight = "fortnight"
	EachWeek      = "week"
	EachMonth     = "month" // on the same weekday: the second Tuesday, or the last where there is no fifth
)

// Often lists how often an event may take place.
func Often() []string { return []string{"", EachWeek, EachFortnight, EachMonth} }

// mostDates is how many dates an event has.
const mostDates = 60

// again are the times at which an event that begins at from begins again, in its zone, until the end of a day or as often as asked for. The clocks of the
// zone show the same each time; where they leave that out it is an hour later.
func again(from time.Time, often string, zone *time.Location, until time.Time, most int) []time.Time {
	var out []time.Time
	at := from.In(zone)
	for n := 1; len(out) < most; n++ {
		day := at.AddDate(0, 0, 7*n)
		switch often {
		case EachFortnight:
			day = at.AddDate(0, 0, 14*n)
		case EachMonth:
			day = monthly(at, n)
		case EachWeek:
		default:
			return nil
		}
		if !until.IsZero() && !day.Before(until) {
			break
		}
		out = append(out, day.UTC())
	}
	return out
}

// monthly is the day n months later on which the same weekday comes for the same time in its month.
func monthly(at time.Time, n int) time.Time {
	first := time.Date(at.Year(), at.Month()+time.Month(n), 1, at.Hour(), at.Minute(), 0, 0, at.Location())
	day := 1 + (int(at.Weekday())-int(first.Weekday())+7)%7 + 7*((at.Day()-1)/7)
	if last := first.AddDate(0, 1, -1).Day(); day > last {
		day -= 7
	}
	return time.Date(first.Year(), first.Month(), day, at.Hour(), at.Minute(), 0, 0, at.Location())
}

// dates are the further dates of a plan.
func (p EventPlan) dates(starts time.Time, zone *time.Location) ([]time.Time, error) {
	if p.Often == "" {
		return nil, nil
	}
	if !slices.Contains(Often(), p.Often) {
		return nil, problem.New(problem.Invalid, "problem.bad_form")
	}
	until, err := time.ParseInLocation(time.DateOnly, p.Until, zone)
	if err != nil {
		return nil, problem.New(problem.Invalid, "community.challenge.bad_day").On("until")
	}
	list := again(starts, p.Often, zone, until.AddDate(0, 0, 1), mostDates)
	switch {
	case len(list) == 0:
		return nil, problem.New(problem.Invalid, "community.event.no_dates").On("until")
	case len(list) >= mostDates:
		return nil, problem.New(problem.Invalid, "community.event.many_dates", "Max", mostDates).On("until")
	}
	return list, nil
}

// Repeats reports whether the event takes place more than once.
func (e *Event) Repeats() bool { return e.Often != "" }

// DatePath is the path of the event on this date.
func (e *Event) DatePath() string {
	if !e.Repeats() {
		return e.Path()
	}
	return e.Path() + "?date=" + strconv.Itoa(e.Date)
}

// next is which of the dates of an event somebody means who names none: the one that comes next and takes place, or else the last.
func next(dates []Event, now time.Time) (Event, bool) {
	if len(dates) == 0 {
		return Event{}, false
	}
	best := -1
	for i := range dates {
		d := &dates[i]
		if d.Over(now) {
			continue
		}
		if best < 0 || dates[best].Cancelled && !d.Cancelled || dates[best].Cancelled == d.Cancelled && d.StartsAt.Before(dates[best].StartsAt) {
			best = i
		}
	}
	if best < 0 {
		best = 0
		for i := range dates {
			if dates[i].StartsAt.After(dates[best].StartsAt) {
				best = i
			}
		}
	}
	return dates[best], true
}
