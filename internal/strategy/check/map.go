package check

import (
	"slices"
	"time"
)

// Map is what is known of a map.
type Map struct {
	Objectives []Objective
	Links      [][2]string // from one objective to the one it serves
	Touched    map[string]time.Time
	Funded     map[string]bool // objectives with an approved initiative; nil when nothing is known of initiatives
}

const (
	// Readable is how many objectives a map can be steered by (Kaplan and Norton: 10 to 15).
	Readable = 15
	// StaleAfter is how long numbers and words may go without change before somebody should look.
	StaleAfter = 90 * 24 * time.Hour
	// ManyOwned is how many objectives one person can own and steer.
	ManyOwned = 4
)

// Flaw is what a rule says of a map: its words are under "check.map.RULE", with Args. Objectives are those it is about.
type Flaw struct {
	Rule       string
	Severe     bool
	Objectives []string
	Args       []any
}

// CheckMap holds a map against the rules, at a moment. What is well is not told.
func CheckMap(m Map, now time.Time) []Flaw {
	var out []Flaw
	about := func(rule string, severe bool, is func(Objective) bool) {
		var list []string
		for _, o := range m.Objectives {
			if is(o) {
				list = append(list, o.ID)
			}
		}
		if len(list) > 0 {
			out = append(out, Flaw{Rule: rule, Severe: severe, Objectives: list, Args: []any{"Count", len(list)}})
		}
	}
	up, down := map[string]bool{}, map[string]bool{}
	for _, l := range m.Links {
		up[l[0]], down[l[1]] = true, true
	}
	if circle := circle(m); len(circle) > 0 {
		out = append(out, Flaw{Rule: "circle", Severe: true, Objectives: circle, Args: []any{"Count", len(circle)}})
	}
	about("orphan", true, func(o Objective) bool { return !o.Top && !up[o.ID] })
	about("unserved", false, func(o Objective) bool { return o.Top && !down[o.ID] && len(m.Objectives) > 1 })
	about("no_owner", true, func(o Objective) bool { return o.Owner == "" })
	about("no_measure", true, func(o Objective) bool { return len(o.Measures) == 0 })
	about("no_leading", false, func(o Objective) bool {
		return len(o.Measures) > 0 && !slices.ContainsFunc(o.Measures, func(x Measure) bool { return x.Leading })
	})
	about("only_outputs", false, func(o Objective) bool {
		return len(o.Measures) > 0 && !slices.ContainsFunc(o.Measures, func(x Measure) bool { return late(x.Stage) })
	})
	about("overdue", true, func(o Objective) bool { return !o.Due.IsZero() && !o.Due.After(now) })
	about("stale", false, func(o Objective) bool {
		newest := m.Touched[o.ID]
		for _, x := range o.Measures {
			if x.Fresh.After(newest) {
				newest = x.Fresh
			}
		}
		return !newest.IsZero() && now.Sub(newest) > StaleAfter
	})
	if m.Funded != nil {
		about("unfunded", false, func(o Objective) bool { return !m.Funded[o.ID] })
	}
	owned := map[string][]string{}
	var owners []string
	for _, o := range m.Objectives {
		if o.Owner != "" {
			if owned[o.Owner] == nil {
				owners = append(owners, o.Owner)
			}
			owned[o.Owner] = append(owned[o.Owner], o.ID)
		}
	}
	for _, who := range owners {
		if n := len(owned[who]); n > ManyOwned {
			out = append(out, Flaw{Rule: "many_owned", Objectives: owned[who], Args: []any{"Count", n, "Owner", who}})
		}
	}
	if n := len(m.Objectives); n > Readable {
		out = append(out, Flaw{Rule: "many", Args: []any{"Count", n, "Most", Readable}})
	}
	return out
}

// circle gives the objectives of one circle of links, in their order; nil when there is none.
func circle(m Map) []string {
	next := map[string][]string{}
	for _, l := range m.Links {
		next[l[0]] = append(next[l[0]], l[1])
	}
	const walking, done = 1, 2
	state := map[string]int{}
	var path, found []string
	var walk func(string) bool
	walk = func(at string) bool {
		switch state[at] {
		case walking:
			found = slices.Clone(path[slices.Index(path, at):])
			return true
		case done:
			return false
		}
		state[at] = walking
		path = append(path, at)
		for _, to := range next[at] {
			if walk(to) {
				return true
			}
		}
		path = path[:len(path)-1]
		state[at] = done
		return false
	}
	for _, o := range m.Objectives {
		if walk(o.ID) {
			return found
		}
	}
	return nil
}
