package schedule

import (
	"slices"
	"sort"
	"time"
)

// Calendar says on which days work is done. Make it with NewCalendar.
type Calendar struct {
	works  [7]bool // by time.Weekday
	closed []Day   // working weekdays on which no work is done, in order
	week   int
}

// NewCalendar makes a calendar of working weekdays (by time.Weekday) without the days that are closed. A week without any working day is
// taken for one from Monday to Friday.
func NewCalendar(works [7]bool, closed []Day) Calendar {
	if works == [7]bool{} {
		works = [7]bool{false, true, true, true, true, true, false}
	}
	c := Calendar{works: works}
	for _, w := range works {
		if w {
			c.week++
		}
	}
	for _, d := range closed {
		if works[d.Weekday()] {
			c.closed = append(c.closed, d)
		}
	}
	slices.Sort(c.closed)
	c.closed = slices.Compact(c.closed)
	return c
}

// Ordinary works from Monday to Friday.
func Ordinary() Calendar { return NewCalendar([7]bool{}, nil) }

// Weekdays says which weekdays are worked.
func (c Calendar) Weekdays() [7]bool { return c.works }

// Week is how many days of an ordinary week are worked.
func (c Calendar) Week() int { return c.week }

// Closed lists the working weekdays without work.
func (c Calendar) Closed() []Day { return slices.Clone(c.closed) }

// Working reports whether work is done on a day.
func (c Calendar) Working(d Day) bool {
	_, closed := slices.BinarySearch(c.closed, d)
	return c.works[d.Weekday()] && !closed
}

// Index is how many days before d are working days, counted from a Monday long ago: the number of the working day d, or of the next one.
func (c Calendar) Index(d Day) int {
	origin := On(1990, time.January, 1) // a Monday
	days := int(d - origin)
	if days <= 0 {
		return 0
	}
	n := days / 7 * c.week
	for w := range days % 7 {
		if c.works[(w+1)%7] {
			n++
		}
	}
	return n - sort.Search(len(c.closed), func(i int) bool { return c.closed[i] >= d })
}

// At is the working day with a number.
func (c Calendar) At(index int) Day {
	low := On(1990, time.January, 1)
	// The first day d with Index(d+1) > index is the one.
	n := sort.Search(150*366, func(i int) bool { return c.Index(low+Day(i)+1) > index })
	return low + Day(n)
}

// Days counts the working days from a day to another, both included; 0 when to is before from.
func (c Calendar) Days(from, to Day) int {
	if to < from {
		return 0
	}
	return c.Index(to+1) - c.Index(from)
}

// Late is how many working days day is after due, negative when before it.
func (c Calendar) Late(due, day Day) int {
	if day >= due {
		return c.Days(due+1, day)
	}
	return -c.Days(day+1, due)
}
