// Package merit decides what recognition is worth, by rules that are data: what others found good in what somebody said comes in, points within
// caps, levels and badges go out. It knows nothing of databases.
package merit

import (
	"cmp"
	"slices"
	"time"

	"github.com/entente/entente/internal/sorting"
)

// What earns points. Nothing is earned by saying much: each is somebody else's word that it was good.
const (
	Accepted = "accepted" // an answer was accepted
	Useful   = "useful"   // a post was found useful
	Thanked  = "thanked"  // thanks on a post, or in words
	Helped   = "helped"   // an article helped a member
	Realised = "realised" // an idea was done
)

// Rule says what one merit is worth.
type Rule struct {
	Kind   string
	Points int
	Light  bool // given with one click: between two who give them to each other it counts less
}

// Rules lists what earns points.
func Rules() []Rule {
	return []Rule{{Accepted, 15, false}, {Useful, 2, true}, {Thanked, 3, true}, {Helped, 2, true}, {Realised, 20, false}}
}

// Caps bound what can be earned, so that a few who help each other, or one busy day, do not make a reputation. What one gives oneself is worth
// nothing at all.
type Caps struct {
	Day      int // points a day
	Pair     int // points from one person a month
	Returned int // of these, from somebody whose answers one accepts as they accept one's own
	Mutual   int // and with one click, from somebody to whom one gives such points
}

// Returns is what somebody gave, around a month, to whom gives to them.
type Returns struct {
	Click    bool // points of one click
	Accepted bool // an answer of theirs was accepted
}

// Bounds are the caps.
func Bounds() Caps { return Caps{Day: 45, Pair: 20, Returned: 8, Mutual: 4} }

// Row is one merit: what somebody gave for something that somebody else said.
type Row struct {
	Slot  string // of which there is one
	Kind  string
	Giver string
	On    string // what it was given for
	At    time.Time
}

// Month is the month that a merit counts in, of the calendar in UTC.
func Month(at time.Time) string { return at.UTC().Format("2006-01") }

// Around are the months whose gifts are returns of those of a month: a favour that is returned on the first of the next is one too.
func Around(month string) []string {
	at, err := time.Parse("2006-01", month)
	if err != nil {
		return nil
	}
	return []string{Month(at.AddDate(0, -1, 0)), month, Month(at.AddDate(0, 1, 0))}
}

// Points are what somebody earned by the rows of one month; back says what they gave whom around it. The order of the rows does not matter.
func Points(person string, rows []Row, back map[string]Returns) int {
	rows = slices.Clone(rows)
	sorting.Func(rows, func(a, b Row) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Slot, b.Slot)) })
	caps, worth := Bounds(), map[string]Rule{}
	for _, r := range Rules() {
		worth[r.Kind] = r
	}
	day, pair, click := map[string]int{}, map[string]int{}, map[string]int{}
	accepts := map[string]bool{}
	for _, r := range rows {
		accepts[r.Giver] = accepts[r.Giver] || r.Kind == Accepted
	}
	sum := 0
	for _, r := range rows {
		rule := worth[r.Kind]
		if r.Giver == person {
			continue
		}
		date := r.At.UTC().Format(time.DateOnly)
		n := min(rule.Points, caps.Day-day[date], caps.Pair-pair[r.Giver])
		if rule.Light && back[r.Giver].Click {
			n = min(n, caps.Mutual-click[r.Giver])
		}
		if back[r.Giver].Accepted && accepts[r.Giver] {
			n = min(n, caps.Returned-pair[r.Giver])
		}
		n = max(n, 0)
		if rule.Light {
			click[r.Giver] += n
		}
		day[date] += n
		pair[r.Giver] += n
		sum += n
	}
	return sum
}

// Levels are the points from which each level counts.
func Levels() []int { return []int{0, 15, 60, 180, 450} }

// Level is how far points reach, from 0; next is where the level after it begins, 0 for none.
func Level(points int) (level, next int) {
	all := Levels()
	for level+1 < len(all) && points >= all[level+1] {
		level++
	}
	if level+1 < len(all) {
		next = all[level+1]
	}
	return level, next
}

// Badge is given for so many merits of a kind, from so many people; with One, for one and the same thing.
type Badge struct {
	ID     string
	Kind   string
	Times  int
	People int
	One    bool
}

// Badges lists them.
func Badges() []Badge {
	return []Badge{
		{"first_answer", Accepted, 1, 1, false}, {"ten_answers", Accepted, 10, 5, false},
		{"good_post", Useful, 5, 5, true}, {"thanked", Thanked, 10, 6, false},
		{"good_guide", Helped, 8, 8, true}, {"idea_done", Realised, 1, 1, false},
	}
}

// Earned lists the badges that rows of all time give.
func Earned(person string, rows []Row) []string {
	type sum struct {
		n      int
		givers map[string]bool
	}
	of := map[[2]string]*sum{}
	add := func(kind, on string, giver string) {
		k := [2]string{kind, on}
		if of[k] == nil {
			of[k] = &sum{givers: map[string]bool{}}
		}
		of[k].n++
		of[k].givers[giver] = true
	}
	for _, r := range rows {
		if r.Giver == person {
			continue
		}
		add(r.Kind, "", r.Giver)
		if r.On != "" {
			add(r.Kind, r.On, r.Giver)
		}
	}
	out := []string{}
	for _, b := range Badges() {
		for k, s := range of {
			if k[0] == b.Kind && (k[1] != "") == b.One && s.n >= b.Times && len(s.givers) >= b.People {
				out = append(out, b.ID)
				break
			}
		}
	}
	return out
}
