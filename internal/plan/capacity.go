package plan

import (
	"cmp"
	"context"
	"strings"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/sorting"
)

// Capacity is who has how many hours for initiatives and how many are planned, week by week.
type Capacity struct {
	World  World
	Weeks  []schedule.Day // their Mondays
	People []Person
}

// Person is the weeks of one member, in the order of Capacity.Weeks.
type Person struct {
	Member string
	Name   string // "" for one who has gone
	Weeks  []Week
}

// Week is the hours of a person in a week, in minutes.
type Week struct {
	Available int
	Planned   int
	Of        []Load // by initiative, the most first
}

// Load is what an initiative takes of a week.
type Load struct {
	Initiative string
	Name       string
	Minutes    int
	Available  int // what was released for it
}

// Over is how many minutes too many are planned.
func (w Week) Over() int { return max(w.Planned-w.Available, 0) }

// Over is how many minutes too many are planned in all weeks.
func (p Person) Over() int {
	n := 0
	for _, w := range p.Weeks {
		n += w.Over()
	}
	return n
}

// Capacity adds up the people of all initiatives that are proposed, approved or running, over so many weeks from that of a day. Those who do
// not steer see their own weeks.
func (s *Service) Capacity(ctx context.Context, from schedule.Day, weeks int) (Capacity, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Capacity{}, err
	}
	list, err := s.all(ctx)
	if err != nil {
		return Capacity{}, err
	}
	w, err := s.world(ctx, list...)
	if err != nil {
		return Capacity{}, err
	}
	c, err := capacity(w, list, from, min(max(weeks, 1), 53))
	return c.shown(ctx), err
}

// capacity is pure. Hours released count by the working days of a week on which they hold; hours planned are spread evenly over the working
// days of their task as it is forecast, to the minute.
func capacity(w World, list []Initiative, from schedule.Day, weeks int) (Capacity, error) {
	first := from.Monday()
	c := Capacity{World: w}
	for n := range weeks {
		c.Weeks = append(c.Weeks, first+schedule.Day(7*n))
	}
	last := first + schedule.Day(7*weeks) - 1
	people := map[string][]Week{}
	of := func(member string) []Week {
		if people[member] == nil {
			people[member] = make([]Week, weeks)
		}
		return people[member]
	}
	load := func(week *Week, i Initiative) *Load {
		for n := range week.Of {
			if week.Of[n].Initiative == i.ID {
				return &week.Of[n]
			}
		}
		week.Of = append(week.Of, Load{Initiative: i.ID, Name: i.Name})
		return &week.Of[len(week.Of)-1]
	}
	for _, i := range list {
		if !i.State.Live() {
			continue
		}
		for _, k := range i.Contributors {
			begin, end := k.span(i)
			for n := range weeks {
				monday := c.Weeks[n]
				days := w.Calendar.Days(max(begin, monday), min(end, monday+6))
				if begin == 0 || end == 0 || days == 0 {
					continue
				}
				minutes := int(money.Part(int64(k.Minutes), int64(days), int64(w.Calendar.Week())))
				week := &of(k.Member)[n]
				week.Available += minutes
				load(week, i).Available += minutes
			}
		}
		plan, err := schedule.Forecast(steps(i.Tasks), i.begin(w.Today), w.Today, w.Calendar)
		if err != nil {
			return c, err
		}
		for n, t := range i.Tasks {
			slot := plan.Slots[n]
			if t.Member == "" || t.Minutes == 0 || slot.End < first || slot.Start > last {
				continue
			}
			spread(w.Calendar, slot, t.Minutes, c.Weeks, func(at, minutes int) {
				week := &of(t.Member)[at]
				week.Planned += minutes
				load(week, i).Minutes += minutes
			})
		}
	}
	for member, list := range people {
		for n := range list {
			sorting.Func(list[n].Of, func(a, b Load) int {
				return cmp.Or(cmp.Compare(b.Minutes, a.Minutes), cmp.Compare(a.Initiative, b.Initiative))
			})
		}
		c.People = append(c.People, Person{Member: member, Name: w.Name(member), Weeks: list})
	}
	sorting.Func(c.People, func(a, b Person) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Member, b.Member))
	})
	return c, nil
}

// spread shares minutes out over the weeks of a slot by their working days; weeks outside those asked for take their part too.
func spread(c schedule.Calendar, slot schedule.Slot, minutes int, weeks []schedule.Day, give func(week, minutes int)) {
	all := int64(c.Days(slot.Start, slot.End))
	if all == 0 { // done on days that are not worked
		all = 1
	}
	upTo := func(day schedule.Day) int64 {
		if day >= slot.End {
			return int64(minutes)
		}
		return money.Part(int64(minutes), int64(c.Days(slot.Start, day)), all)
	}
	for n, monday := range weeks {
		if slot.End < monday || slot.Start > monday+6 {
			continue
		}
		if m := upTo(monday+6) - upTo(monday-1); m > 0 {
			give(n, int(m))
		}
	}
}

// Overload is a person with more planned than released in a week, and what causes it.
type Overload struct {
	Person Person
	Week   schedule.Day
	Load   Week
}

// Overloads lists who has too much planned, the week with the most first.
func (c Capacity) Overloads() []Overload {
	var out []Overload
	for _, p := range c.People {
		for n, w := range p.Weeks {
			if w.Over() > 0 {
				out = append(out, Overload{p, c.Weeks[n], w})
			}
		}
	}
	sorting.Stable(out, func(a, b Overload) int { return cmp.Compare(b.Load.Over(), a.Load.Over()) })
	return out
}
