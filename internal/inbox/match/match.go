// Package match decides who should answer what: conversations that wait and people with skills, languages, hours and time left come in; who
// fits, how well and why, and a fair spread of many conversations over many people go out.
package match

import (
	"cmp"
	"math"
	"slices"

	"github.com/entente/entente/internal/sorting"
)

// Trait is something a conversation has and people gather experience with: a topic, a kind of post, a channel, a language.
type Trait struct {
	What  What
	Value string
}

// What is a kind of trait.
type What string

// The kinds of trait.
const (
	Topic    What = "topic"   // id
	Kind     What = "kind"    // question, complaint, praise …
	Channel  What = "channel" // id
	Language What = "language"
)

// Need is what a conversation asks for.
type Need struct {
	ID     string
	Lang   string          // ISO 639-1, "" when it is not known
	Skills []string        // declared ones that fit what was said, as they are compared
	Traits []Trait         // sorted or not
	Passed map[string]bool // members who will not have it
	Urgent bool            // a rule put it before the others
	Target Target
}

// Target narrows to whom a conversation goes, as a rule says. What is empty does not narrow.
type Target struct {
	Member, Department, Skill string
}

// Person is somebody who answers.
type Person struct {
	ID, Department string
	Languages      []string
	Skills         []string // as they are compared
	Learned        map[Trait]int
	Here           bool    // by their hours, and not absent
	Offered        float64 // minutes a week, 0 for not said
	Left           float64 // minutes of it that are left; not counted when Offered is 0
	Open           int     // conversations they have
	Most           int     // of them at once, 0 for no bound
	Share          float64 // of what was given out lately, beside what they offered: 1 is their fair share
	Held           bool    // kept free for something else
}

// Cause says why somebody fits, or what speaks against it.
type Cause string

// The causes. Value and N of a reason say of what, and how much of it.
const (
	Speaks     Cause = "speaks"      // Value: language
	Skilled    Cause = "skill"       // Value: skill
	Learnt     Cause = "learned"     // Value: trait; N: conversations resolved
	Department Cause = "department"  // Value: department; a rule asks for it
	Named      Cause = "named"       // a rule names them
	Free       Cause = "free"        // N: minutes left this week
	LittleLoad Cause = "little_load" // N: open conversations
	Turn       Cause = "turn"        // they got less than their share
	Away       Cause = "away"        // not there now
	NoTime     Cause = "no_time"     // no minutes left
	Full       Cause = "full"        // N: open conversations, as many as one may have
)

// Reason is one cause as data.
type Reason struct {
	Cause Cause
	Trait Trait // of Learnt
	Value string
	N     int
}

// Fit is how well somebody fits a conversation.
type Fit struct {
	Member  string
	Score   float64
	Free    bool // they can take it now
	Reasons []Reason
}

// What a fit is worth. Skills that somebody declared count as much as having resolved three conversations about the same; experience grows by
// its logarithm, so that nobody gets everything for having had much.
const (
	forSkill    = 3.0
	mostSkills  = 2 // declared skills that count
	forTopic    = 1.5
	forKind     = 0.4
	forChannel  = 0.3
	forLanguage = 0.3
	mostLearned = 6.0
	forSpeaking = 1.0
	forLeft     = 1.0  // of all that was offered
	perOpen     = 0.35 // taken off for each conversation they have
	forTurn     = 1.0  // for having had nothing of a fair share
	awayCosts   = 4.0
	shareOf     = 0.1 // what one conversation is of the share of somebody who never said how much they offer
)

func weight(w What) float64 {
	switch w {
	case Topic:
		return forTopic
	case Kind:
		return forKind
	case Channel:
		return forChannel
	}
	return forLanguage
}

// crew is people with what they can by number, so that many conversations are looked at quickly.
type crew struct {
	people  []Person
	skills  map[string]int
	traits  map[Trait]int
	tongues map[string]int
	can     [][]bool    // by person, by skill
	learned [][]float64 // by person, by trait: what it is worth
	speaks  [][]bool    // by person, by language; nil when they never said
}

// asked is a need by number.
type asked struct {
	*Need
	skills, traits []int
	tongue         int // -1 when any will do
}

func number[K comparable](m map[K]int, k K) int {
	i, ok := m[k]
	if !ok {
		i = len(m)
		m[k] = i
	}
	return i
}

func assemble(people []Person, needs []Need) (*crew, []asked) {
	c := &crew{people: slices.Clone(people), skills: map[string]int{}, traits: map[Trait]int{}, tongues: map[string]int{}}
	list := make([]asked, len(needs))
	for i := range needs {
		n := &needs[i]
		a := asked{Need: n, tongue: -1}
		for _, s := range n.Skills {
			a.skills = append(a.skills, number(c.skills, s))
		}
		for _, t := range n.Traits {
			a.traits = append(a.traits, number(c.traits, t))
		}
		if n.Lang != "" {
			a.tongue = number(c.tongues, n.Lang)
		}
		list[i] = a
	}
	for i := range people {
		p := &people[i]
		can := make([]bool, len(c.skills))
		for _, s := range p.Skills {
			if at, ok := c.skills[s]; ok {
				can[at] = true
			}
		}
		learned := make([]float64, len(c.traits))
		for t, n := range p.Learned {
			if at, ok := c.traits[t]; ok && n > 0 {
				learned[at] = weight(t.What) * math.Log2(1+float64(n))
			}
		}
		var speaks []bool
		if len(p.Languages) > 0 {
			speaks = make([]bool, len(c.tongues))
			for _, l := range p.Languages {
				if at, ok := c.tongues[l]; ok {
					speaks[at] = true
				}
			}
		}
		c.can, c.learned, c.speaks = append(c.can, can), append(c.learned, learned), append(c.speaks, speaks)
	}
	return c, list
}

// fits says how well person j fits; ok is false when they may not have it at all: they passed, do not speak its language, or a rule sends it
// elsewhere.
func (c *crew) fits(n *asked, j int) (f Fit, ok bool) {
	p := &c.people[j]
	if n.tongue >= 0 && c.speaks[j] != nil && !c.speaks[j][n.tongue] || len(n.Passed) > 0 && n.Passed[p.ID] {
		return f, false
	}
	if t := &n.Target; *t != (Target{}) {
		if t.Member != "" && t.Member != p.ID || t.Department != "" && t.Department != p.Department || t.Skill != "" && !slices.Contains(p.Skills, t.Skill) {
			return f, false
		}
	}
	f = Fit{Member: p.ID, Free: p.Here && !p.Held && (p.Offered <= 0 || p.Left > 0) && (p.Most <= 0 || p.Open < p.Most)}
	if n.tongue >= 0 {
		f.Score += forSpeaking
	}
	counted := 0
	for _, s := range n.skills {
		if c.can[j][s] && counted < mostSkills {
			counted++
			f.Score += forSkill
		}
	}
	learned := 0.0
	for _, t := range n.traits {
		learned += c.learned[j][t]
	}
	f.Score += min(learned, mostLearned) - perOpen*float64(p.Open)
	if p.Offered > 0 && p.Left > 0 {
		f.Score += forLeft * min(p.Left/p.Offered, 1)
	}
	if p.Share < 1 {
		f.Score += forTurn * (1 - max(p.Share, 0))
	}
	if !p.Here {
		f.Score -= awayCosts
	}
	return f, true
}

// why explains how somebody fits.
func why(n *Need, p *Person) (out []Reason) {
	if n.Target.Member != "" {
		out = append(out, Reason{Cause: Named})
	}
	if n.Target.Department != "" {
		out = append(out, Reason{Cause: Department, Value: p.Department})
	}
	if n.Lang != "" {
		out = append(out, Reason{Cause: Speaks, Value: n.Lang})
	}
	counted := 0
	for _, s := range n.Skills {
		if counted < mostSkills && slices.Contains(p.Skills, s) {
			counted++
			out = append(out, Reason{Cause: Skilled, Value: s})
		}
	}
	for _, t := range n.Traits {
		if c := p.Learned[t]; c > 0 && (t.What == Topic || t.What == Kind) {
			out = append(out, Reason{Cause: Learnt, Trait: t, N: c})
		}
	}
	switch {
	case p.Offered <= 0:
	case p.Left <= 0:
		out = append(out, Reason{Cause: NoTime})
	default:
		out = append(out, Reason{Cause: Free, N: int(p.Left)})
	}
	if p.Most > 0 && p.Open >= p.Most {
		out = append(out, Reason{Cause: Full, N: p.Open})
	} else if p.Open <= 1 {
		out = append(out, Reason{Cause: LittleLoad, N: p.Open})
	}
	if p.Share < 0.5 {
		out = append(out, Reason{Cause: Turn})
	}
	if !p.Here {
		out = append(out, Reason{Cause: Away})
	}
	return out
}

// Rank lists those who fit a conversation, those who can take it now first, the best before the others; at most limit of them.
func Rank(n Need, people []Person, limit int) []Fit {
	c, list := assemble(people, []Need{n})
	type ranked struct {
		Fit
		at int
	}
	var all []ranked
	for j := range people {
		if f, ok := c.fits(&list[0], j); ok {
			all = append(all, ranked{f, j})
		}
	}
	sorting.Func(all, func(a, b ranked) int { return better(&a.Fit, &b.Fit) })
	var out []Fit
	for _, r := range all[:min(max(limit, 0), len(all))] {
		r.Reasons = why(&n, &people[r.at])
		out = append(out, r.Fit)
	}
	return out
}

func better(a, b *Fit) int {
	if a.Free != b.Free {
		if a.Free {
			return -1
		}
		return 1
	}
	if c := cmp.Compare(b.Score, a.Score); c != 0 {
		return c
	}
	return cmp.Compare(a.Member, b.Member)
}

// Spread gives each of many conversations, in their order but urgent ones first, to whoever fits best and can take it now, and counts what it
// gave: cost is the minutes that one takes. What nobody can take is not in the result.
func Spread(needs []Need, people []Person, cost float64) map[string]Fit {
	c, list := assemble(people, needs)
	sorting.Stable(list, func(a, b asked) int {
		switch {
		case a.Urgent == b.Urgent:
			return 0
		case a.Urgent:
			return -1
		}
		return 1
	})
	out := make(map[string]Fit, len(needs))
	for i := range list {
		n := &list[i]
		best, at := Fit{}, -1
		for j := range c.people {
			if f, ok := c.fits(n, j); ok && f.Free && (at < 0 || better(&f, &best) < 0) {
				best, at = f, j
			}
		}
		if at < 0 {
			continue
		}
		p := &c.people[at]
		best.Reasons = why(n.Need, p)
		out[n.ID] = best
		p.Open++
		p.Left -= cost
		if p.Offered > 0 {
			p.Share += cost / p.Offered
		} else {
			p.Share += shareOf
		}
	}
	return out
}
