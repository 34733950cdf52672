// Package merit decides what recognition is worth, by rules that are data: what others found good in what somebody said comes in, points within
// caps, levels and badges go out. It knows nothing of databases.
package merit

import (
	"cmp"
	_ "embed" // the rules
	"encoding/json"
	"slices"
	"strconv"
	"strings"
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

// Rules are what recognition goes by: those written in rules.json, or as owners changed them.
type Rules struct {
	Merits []Rule  `json:"merits"`
	Caps   Caps    `json:"caps"`
	Levels []int   `json:"levels"` // the points from which each level counts, the first 0
	Badges []Badge `json:"badges"`
}

// Rule says what one merit is worth.
type Rule struct {
	Kind   string `json:"kind"`
	Points int    `json:"points"`
	Light  bool   `json:"light"` // given with one click: between two who give them to each other it counts less
}

// Caps bound what can be earned, so that a few who help each other, or one busy day, do not make a reputation. What one gives oneself is worth
// nothing at all.
type Caps struct {
	Day      int `json:"day"`      // points a day
	Pair     int `json:"pair"`     // points from one person a month; who decides in office gives in nobody's favour, and is no such person
	Returned int `json:"returned"` // of these, from somebody whose answers one accepts as they accept one's own
	Mutual   int `json:"mutual"`   // and with one click, from somebody to whom one gives such points
}

// Badge is given for so many merits of a kind, from so many people; with One, for one and the same thing. One that is Off is given to nobody.
type Badge struct {
	ID     string            `json:"id"`
	Off    bool              `json:"off"`
	Name   map[string]string `json:"name"` // by language, as owners call it; else it has the name that it comes with
	Kind   string            `json:"kind"`
	Times  int               `json:"times"`
	People int               `json:"people"`
	One    bool              `json:"one"`
}

//go:embed rules.json
var written []byte

// Written are the rules as they come with the program.
func Written() (Rules, error) {
	var r Rules
	err := json.Unmarshal(written, &r)
	return r, err
}

// MostPoints bounds what one merit is worth, a cap and a level; MostTimes how often something must happen for a badge.
const (
	MostPoints = 100_000
	MostTimes  = 1_000
)

// Wrong names the first field of rules that is out of its bounds, with them; "" for none.
func (r Rules) Wrong() (field string, from, to int) {
	least := 0
	for _, x := range []struct {
		field    string
		n        int
		from, to int
	}{{"day", r.Caps.Day, 1, MostPoints}, {"pair", r.Caps.Pair, 1, r.Caps.Day}, {"returned", r.Caps.Returned, 0, r.Caps.Pair}, {"mutual", r.Caps.Mutual, 0, r.Caps.Pair}} {
		if x.n < x.from || x.n > x.to {
			return x.field, x.from, x.to
		}
	}
	for _, m := range r.Merits {
		if m.Points < 0 || m.Points > r.Caps.Day {
			return m.Kind, 0, r.Caps.Day
		}
	}
	for i, n := range r.Levels {
		most := MostPoints
		if i == 0 {
			most = 0
		}
		if n < least || n > most {
			return "level" + strconv.Itoa(i), least, most
		}
		least = n + 1
	}
	for _, b := range r.Badges {
		if b.Times < 1 || b.Times > MostTimes {
			return b.Field("times"), 1, MostTimes
		}
		if b.People < 1 || b.People > b.Times {
			return b.Field("people"), 1, b.Times
		}
	}
	return "", 0, 0
}

// own begins the ids of badges that owners added; NewBadge is the id of one that is being added.
const (
	own      = "own_"
	NewBadge = "new"
)

// OwnID is the id of a badge that owners add.
func OwnID(unique string) string { return own + unique }

// Own reports whether owners added a badge: it has no name but theirs, and can be taken out again.
func (b Badge) Own() bool { return b.ID == NewBadge || strings.HasPrefix(b.ID, own) }

// Field is what forms call something of a badge.
func (b Badge) Field(what string) string { return "badge-" + b.ID + "-" + what }

// Returns is what somebody gave, around a month, to whom gives to them.
type Returns struct {
	Click    bool // points of one click
	Accepted bool // an answer of theirs was accepted
}

// Row is one merit: what somebody gave for something that somebody else said.
type Row struct {
	Slot   string // of which there is one
	Kind   string
	Giver  string
	Office bool   // decided for the community, by who looks after it
	On     string // what it was given for
	Space  string // where that is, "" for nowhere
	At     time.Time
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

// Points are what somebody earned by the rows of one month, by space; back says what they gave whom around it. The order of the rows does not matter.
func (r Rules) Points(person string, rows []Row, back map[string]Returns) map[string]int {
	rows = slices.Clone(rows)
	sorting.Func(rows, func(a, b Row) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Slot, b.Slot)) })
	caps, worth := r.Caps, map[string]Rule{}
	for _, m := range r.Merits {
		worth[m.Kind] = m
	}
	day, pair, click := map[string]int{}, map[string]int{}, map[string]int{}
	accepts := map[string]bool{}
	for _, m := range rows {
		accepts[m.Giver] = accepts[m.Giver] || m.Kind == Accepted && !m.Office
	}
	out := map[string]int{}
	for _, m := range rows {
		rule := worth[m.Kind]
		if m.Giver == person {
			continue
		}
		date := m.At.UTC().Format(time.DateOnly)
		n := min(rule.Points, caps.Day-day[date])
		if !m.Office {
			n = min(n, caps.Pair-pair[m.Giver])
			if rule.Light && back[m.Giver].Click {
				n = min(n, caps.Mutual-click[m.Giver])
			}
			if back[m.Giver].Accepted && accepts[m.Giver] {
				n = min(n, caps.Returned-pair[m.Giver])
			}
			n = max(n, 0)
			if rule.Light {
				click[m.Giver] += n
			}
			pair[m.Giver] += n
		}
		if n > 0 {
			day[date] += n
			out[m.Space] += n
		}
	}
	return out
}

// Level is how far points reach, from 0; next is where the level after it begins, 0 for none.
func (r Rules) Level(points int) (level, next int) {
	all := r.Levels
	for level+1 < len(all) && points >= all[level+1] {
		level++
	}
	if level+1 < len(all) {
		next = all[level+1]
	}
	return level, next
}

// Earned lists the badges that rows of all time give.
func (r Rules) Earned(person string, rows []Row) []string {
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
	for _, m := range rows {
		if m.Giver == person {
			continue
		}
		add(m.Kind, "", m.Giver)
		if m.On != "" {
			add(m.Kind, m.On, m.Giver)
		}
	}
	out := []string{}
	for _, b := range r.Badges {
		for k, s := range of {
			if !b.Off && k[0] == b.Kind && (k[1] != "") == b.One && s.n >= b.Times && len(s.givers) >= b.People {
				out = append(out, b.ID)
				break
			}
		}
	}
	return out
}
