// Package due decides until when somebody is answered: what was promised to whom, business hours and what happens in a conversation
// come in, due times, warnings, pauses and breaches go out.
package due

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/problem"
)

// Aim is what is promised.
type Aim string

// The aims.
const (
	FirstReply Aim = "first_reply" // of a human being of ours
	NextReply  Aim = "next_reply"  // to each later word of theirs
	Resolution Aim = "resolution"
)

// Aims lists the aims.
func Aims() []Aim { return []Aim{FirstReply, NextReply, Resolution} }

// Around is the id of the calendar in which somebody is always there.
const Around = ""

// Calendar is business hours with a name.
type Calendar struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	hours.Calendar
}

// Policy is what is promised to some. Of what it is for, an empty list narrows nothing.
type Policy struct {
	ID         string   `json:"id"`
	Name       string   `json:"name"`
	Channels   []string `json:"channels,omitempty"`   // ids; a community is one
	Kinds      []string `json:"kinds,omitempty"`      // complaint, question, …
	Feelings   []string `json:"feelings,omitempty"`   // negative, neutral, positive
	Languages  []string `json:"languages,omitempty"`  // ISO 639-1
	Priorities []string `json:"priorities,omitempty"` // see Priorities
	Seen       string   `json:"seen,omitempty"`       // public or private; "" for both

	FirstReply int `json:"first_reply,omitempty"` // minutes by the calendar; 0 promises nothing
	NextReply  int `json:"next_reply,omitempty"`
	Resolution int `json:"resolution,omitempty"`

	Calendar string    `json:"calendar,omitempty"` // id; Around for day and night
	Pause    bool      `json:"pause"`              // the time until resolution stands still while they owe us a word
	Waits    []string  `json:"waits,omitempty"`    // tags: it stands still while a conversation has one of them, such as what waits for a supplier
	Warn     int       `json:"warn"`               // percent of the time after which whoever has it is told; 0 for never
	Escalate []string  `json:"escalate,omitempty"` // members told of a breach; empty: those who may assign
	From     time.Time `json:"from"`               // what began earlier was promised nothing
}

// Usual is the priority of what nobody said more of; conversations keep it as "".
const Usual = "usual"

// Priorities lists how much something presses, the most pressing first.
func Priorities() []string { return []string{"urgent", "high", Usual, "low"} }

// Promises are all calendars and policies; the first policy that is for a conversation counts.
type Promises struct {
	Calendars []Calendar `json:"calendars"`
	Policies  []Policy   `json:"policies"`
}

const (
	mostPolicies  = 100
	mostCalendars = 50
	mostMinutes   = 366 * 24 * 60
	mostName      = 100
	mostOf        = 500
)

// Check puts promises in order and says what is wrong with them. Fields are named policy.INDEX.FIELD and calendar.INDEX.FIELD.
func (p *Promises) Check() error {
	var bad []error
	refuse := func(err *problem.Problem, list string, n int, field string) {
		bad = append(bad, err.On(fmt.Sprintf("%s.%d.%s", list, n, field)))
	}
	name := func(s *string, list string, n int) {
		*s = strings.TrimSpace(strings.ToValidUTF8(*s, ""))
		if *s == "" {
			refuse(problem.New(problem.Invalid, "problem.required"), list, n, "name")
		} else if utf8.RuneCountInString(*s) > mostName {
			refuse(problem.New(problem.Invalid, "problem.too_long", "Max", mostName), list, n, "name")
		}
	}
	if len(p.Policies) > mostPolicies || len(p.Calendars) > mostCalendars {
		return problem.New(problem.Invalid, "service.too_many", "Max", mostPolicies).On("name")
	}
	known := map[string]bool{Around: true}
	for i := range p.Calendars {
		c := &p.Calendars[i]
		name(&c.Name, "calendar", i)
		if known[c.ID] {
			refuse(problem.New(problem.Invalid, "service.bad_id"), "calendar", i, "id")
		}
		known[c.ID] = true
		var each func(err error)
		each = func(err error) {
			if many, ok := err.(interface{ Unwrap() []error }); ok {
				for _, one := range many.Unwrap() {
					each(one)
				}
			} else if err != nil {
				one := problem.Of(err)
				refuse(problem.New(one.Code, one.Key, one.Args...), "calendar", i, one.Field)
			}
		}
		each(c.Calendar.Check())
	}
	ids := map[string]bool{}
	for i := range p.Policies {
		t := &p.Policies[i]
		name(&t.Name, "policy", i)
		if t.ID == "" || ids[t.ID] {
			refuse(problem.New(problem.Invalid, "service.bad_id"), "policy", i, "id")
		}
		ids[t.ID] = true
		if !known[t.Calendar] {
			refuse(problem.New(problem.Invalid, "service.no_calendar"), "policy", i, "calendar")
		}
		for _, a := range Aims() {
			if n := t.Minutes(a); n < 0 || n > mostMinutes {
				refuse(problem.New(problem.Invalid, "service.bad_target"), "policy", i, string(a))
			}
		}
		if t.FirstReply+t.NextReply+t.Resolution == 0 {
			refuse(problem.New(problem.Invalid, "service.nothing"), "policy", i, string(FirstReply))
		}
		if t.Warn < 0 || t.Warn > 99 {
			refuse(problem.New(problem.Invalid, "service.bad_warn"), "policy", i, "warn")
		}
		if t.Seen != "" && t.Seen != "public" && t.Seen != "private" {
			refuse(problem.New(problem.Invalid, "problem.bad_form"), "policy", i, "seen")
		}
		for _, x := range t.Priorities {
			if !slices.Contains(Priorities(), x) {
				refuse(problem.New(problem.Invalid, "problem.bad_form"), "policy", i, "priorities")
			}
		}
		for field, list := range map[string]*[]string{"channels": &t.Channels, "kinds": &t.Kinds, "feelings": &t.Feelings, "languages": &t.Languages,
			"priorities": &t.Priorities, "waits": &t.Waits, "escalate": &t.Escalate} {
			slices.Sort(*list)
			if *list = slices.Compact(*list); len(*list) > mostOf {
				refuse(problem.New(problem.Invalid, "service.too_many", "Max", mostOf), "policy", i, field)
			}
		}
		t.From = t.From.UTC().Truncate(time.Microsecond)
	}
	return errors.Join(bad...)
}

// Minutes is how much time there is for an aim; 0 is no promise.
func (p *Policy) Minutes(a Aim) int {
	switch a {
	case FirstReply:
		return p.FirstReply
	case NextReply:
		return p.NextReply
	case Resolution:
		return p.Resolution
	}
	return 0
}

// Case is what policies look at in a conversation.
type Case struct {
	Channel, Kind, Feeling, Language, Priority string
	Private                                    bool
}

// fits reports whether a policy is for a case.
func (p *Policy) fits(c Case) bool {
	among := func(list []string, v string) bool { return len(list) == 0 || slices.Contains(list, v) }
	priority := c.Priority
	if priority == "" {
		priority = Usual
	}
	seen := "public"
	if c.Private {
		seen = "private"
	}
	return among(p.Channels, c.Channel) && among(p.Kinds, c.Kind) && among(p.Feelings, c.Feeling) && among(p.Languages, c.Language) &&
		among(p.Priorities, priority) && (p.Seen == "" || p.Seen == seen)
}

// Book is promises ready to be counted with. It is safe for concurrent use.
type Book struct {
	policies []Policy
	clocks   map[string]*hours.Clock
}

// Open makes a book of checked promises.
func (p *Promises) Open() (*Book, error) {
	b := &Book{policies: p.Policies, clocks: map[string]*hours.Clock{}}
	for _, c := range p.Calendars {
		clock, err := c.Calendar.Clock()
		if err != nil {
			return nil, fmt.Errorf("open the calendar %s: %w", c.ID, err)
		}
		b.clocks[c.ID] = clock
	}
	return b, nil
}

// For is what was promised in a case that began at an instant, nil when it was nothing. What holds only since then does not count: what was
// promised before it stays.
func (b *Book) For(c Case, begun time.Time) *Policy {
	for i := range b.policies {
		if b.policies[i].fits(c) && !begun.Before(b.policies[i].From) {
			return &b.policies[i]
		}
	}
	return nil
}

// Policy is the policy with this id, nil when there is none.
func (b *Book) Policy(id string) *Policy {
	for i := range b.policies {
		if b.policies[i].ID == id {
			return &b.policies[i]
		}
	}
	return nil
}

// Between is how much of the time between two instants counts by the calendar of a policy.
func (b *Book) Between(p *Policy, from, to time.Time) time.Duration {
	if c := b.clocks[p.Calendar]; c != nil {
		return c.Between(from, to)
	}
	return max(to.Sub(from), 0)
}

// add is when this much has passed by the calendar of a policy.
func (b *Book) add(p *Policy, from time.Time, d time.Duration) time.Time {
	if c := b.clocks[p.Calendar]; c != nil {
		if at, ok := c.Add(from, d); ok {
			return at
		}
		return from.AddDate(10, 0, 0) // nobody is there for ten years: as good as never
	}
	return from.Add(max(d, 0))
}
