package measure

import (
	"time"

	"github.com/entente/entente/internal/problem"
)

// Window is a stretch of time: From belongs to it, To does not.
type Window struct{ From, To time.Time }

// longest bounds what one question may read.
const longest = 11 * 366 * 24 * time.Hour

func (w Window) check() error {
	switch {
	case !w.From.Before(w.To):
		return problem.New(problem.Invalid, "measure.window_empty").On("to")
	case w.From.Year() < 1970 || w.To.Sub(w.From) > longest:
		return problem.New(problem.Invalid, "measure.window_long", "Years", 11).On("from")
	}
	return nil
}

// Before is the same stretch so many days earlier as the window touches by the calendar of zone: noon stays noon when clocks change.
func (w Window) Before(zone *time.Location) Window {
	days := 1 + int(dateOf(w.To.Add(-time.Microsecond), zone).Sub(dateOf(w.From, zone)).Hours()/24)
	back := func(t time.Time) time.Time { return t.In(zone).AddDate(0, 0, -days).UTC() }
	b := Window{back(w.From), back(w.To)}
	if !b.From.Before(b.To) { // clocks were put forward over it
		b.To = b.From.Add(w.To.Sub(w.From))
	}
	return b
}

// dateOf is the date of t in zone, as midnight UTC.
func dateOf(t time.Time, zone *time.Location) time.Time {
	y, m, d := t.In(zone).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// Last is the window of so many days by the calendar of zone that ends now: today, as far as it has come, is the last of them.
func Last(days int, now time.Time, zone *time.Location) Window {
	y, m, d := now.In(zone).Date()
	return Window{startOfDay(y, m, d-days+1, zone).UTC(), now}
}

// Days is the window from the first to the last day, both included, by the calendar of zone; it ends now when it would end later.
func Days(first, last time.Time, now time.Time, zone *time.Location) Window {
	y, m, d := last.Date()
	w := Window{startOfDay(first.Year(), first.Month(), first.Day(), zone).UTC(), startOfDay(y, m, d+1, zone).UTC()}
	if w.To.After(now) {
		w.To = now
	}
	return w
}

// Step is how wide the points of a series are.
type Step string

// The steps. A week begins on Monday.
const (
	Day   Step = "day"
	Week  Step = "week"
	Month Step = "month"
)

// Steps lists the steps.
func Steps() []Step { return []Step{Day, Week, Month} }

// maxPoints bounds a series: eleven years of weeks, three of days.
const maxPoints = 1100

// steps are the ends of the steps of a window; whether the first and the last are cut short by it.
type steps struct {
	cuts        []time.Time
	short, late bool
}

// steps cuts a window by the calendar of zone.
func (w Window) steps(step Step, zone *time.Location) (s steps, err error) {
	from := w.From.In(zone)
	y, m, d := from.Date()
	months, days := 0, 0
	switch step {
	case Day:
		days = 1
	case Week:
		days = 7
		d -= (int(from.Weekday()) + 6) % 7
	case Month:
		months, d = 1, 1
	default:
		return s, problem.New(problem.Invalid, "measure.step_unknown").On("step")
	}
	out := []time.Time{w.From}
	s.short = startOfDay(y, m, d, zone).Before(w.From)
	for {
		m, d = m+time.Month(months), d+days
		t := startOfDay(y, m, d, zone).UTC()
		if !t.Before(w.To) {
			return steps{append(out, w.To), s.short, t.After(w.To)}, nil
		}
		if t.After(out[len(out)-1]) { // a day that a zone left out has no length
			out = append(out, t)
		}
		if len(out) > maxPoints {
			return s, problem.New(problem.Invalid, "measure.too_many_points", "Max", maxPoints).On("step")
		}
	}
}

// startOfDay is the first instant at which clocks in a zone show that day, or a later one: where they are put forward at midnight that is
// not midnight, and where they are put back over midnight it is the first of two.
func startOfDay(year int, month time.Month, day int, zone *time.Location) time.Time {
	midnight := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	t := midnight.Add(-24 * time.Hour).In(zone) // no clock shows that day yet
	for {
		_, offset := t.Zone()
		u := midnight.Add(-time.Duration(offset) * time.Second)
		if u.Before(t) {
			return t // clocks were put forward over midnight
		}
		_, end := t.ZoneBounds()
		if end.IsZero() || u.Before(end) || !end.After(t) { // on some days after 2037 Go says that a zone ends where it begins
			return u
		}
		t = end
	}
}
