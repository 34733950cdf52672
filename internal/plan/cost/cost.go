// Package cost decides when money is spent or earned: budget lines and benefits come in; what they come to, month by month and up to a day,
// goes out, exact to the cent.
package cost

import (
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
)

// Kind is what a line is for.
type Kind string

// The kinds of lines.
const (
	OneOff    Kind = "one_off"
	Recurring Kind = "recurring"
	Hours     Kind = "hours"    // of staff, at a rate
	Licences  Kind = "licences" // so many, at a price each
)

// Kinds lists the kinds.
func Kinds() []Kind { return []Kind{OneOff, Recurring, Hours, Licences} }

// Every is how often an amount is due.
type Every string

// The rhythms.
const (
	Once    Every = "once"
	Month   Every = "month"
	Quarter Every = "quarter"
	Year    Every = "year"
)

// Rhythms lists the rhythms.
func Rhythms() []Every { return []Every{Once, Month, Quarter, Year} }

// Months is how many months one amount is for; 0 for Once.
func (e Every) Months() int {
	return map[Every]int{Month: 1, Quarter: 3, Year: 12}[e]
}

// Line is one line of a budget. Amount is, in minor units: all of a one-off, each time of a recurring one, an hour's rate, or the price of one
// licence each time.
type Line struct {
	ID       string       `json:"id"`
	Kind     Kind         `json:"kind"`
	Label    string       `json:"label"`
	Funding  string       `json:"funding"` // the department that pays
	Currency string       `json:"currency"`
	Amount   int64        `json:"amount"`
	Every    Every        `json:"every"`   // of recurring lines and licences
	Count    int          `json:"count"`   // of licences
	Minutes  int          `json:"minutes"` // of hours
	From     schedule.Day `json:"from"`    // no day: when the initiative starts
	To       schedule.Day `json:"to"`      // no day: when it ends
}

// Piece is an amount that is spent evenly from a day to another, both included.
type Piece struct {
	From, To schedule.Day
	Minor    int64
}

// Pieces cuts a line at its months. start and end stand in for the days it does not name. A one-off without a day is due at the start. A line
// that ends before it begins has no pieces.
func (l Line) Pieces(start, end schedule.Day) []Piece {
	from, to := l.From, l.To
	if from == 0 {
		from = start
	}
	if to == 0 {
		to = max(end, from)
	}
	if from == 0 {
		return nil
	}
	switch l.Kind {
	case OneOff:
		return []Piece{{from, from, l.Amount}}
	case Hours:
		if to < from {
			return nil
		}
		return []Piece{{from, to, money.Worth(int64(l.Minutes), l.Amount)}}
	case Licences:
		return repeat(l.Amount*int64(l.Count), l.Every, from, to)
	case Recurring:
		return repeat(l.Amount, l.Every, from, to)
	}
	return nil
}

// repeat is an amount due on a day and every so many months after, until to. Each is shared out over its months: what three cannot share
// evenly differs by a cent, and together they are the amount.
func repeat(amount int64, every Every, from, to schedule.Day) []Piece {
	months := every.Months()
	if months == 0 {
		return []Piece{{from, from, amount}}
	}
	var out []Piece
	for k := 0; k < 12*200 && from.AddMonths(k) <= to; k += months {
		n := 0
		for n < months && from.AddMonths(k+n) <= to {
			n++
		}
		for i, part := range money.Split(amount, n) {
			out = append(out, Piece{from.AddMonths(k + i), min(from.AddMonths(k+i+1)-1, to), part})
		}
	}
	return out
}

// Total adds pieces up.
func Total(pieces []Piece) int64 {
	var sum int64
	for _, p := range pieces {
		sum += p.Minor
	}
	return sum
}

// Until is what is spent up to the end of a day.
func Until(pieces []Piece, day schedule.Day) int64 {
	var sum int64
	for _, p := range pieces {
		if day >= p.From {
			sum += money.Part(p.Minor, int64(day-p.From+1), int64(p.To-p.From+1))
		}
	}
	return sum
}

// Monthly is an amount of a month, by its first day.
type Monthly struct {
	Month schedule.Day
	Minor int64
}

// ByMonth is what pieces come to in each month from that of a day to that of another; nothing of what lies within is lost.
func ByMonth(pieces []Piece, from, to schedule.Day) []Monthly {
	if from == 0 || to < from {
		return nil
	}
	var out []Monthly
	month := from.FirstOfMonth()
	before := Until(pieces, month-1)
	for i := 0; month <= to && i < 12*200; i++ {
		next := month.AddMonths(1)
		upTo := Until(pieces, next-1)
		out = append(out, Monthly{month, upTo - before})
		month, before = next, upTo
	}
	return out
}

// Bounds are the first and the last day of pieces; no days without any.
func Bounds(pieces []Piece) (first, last schedule.Day) {
	for _, p := range pieces {
		if first == 0 || p.From < first {
			first = p.From
		}
		last = max(last, p.To)
	}
	return first, last
}
