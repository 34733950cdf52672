package plan

import "github.com/entente/entente/internal/plan/schedule"

// Section is a part of an initiative that is edited as a whole.
type Section string

// The sections.
const (
	AboutIt  Section = "about"
	People   Section = "people"
	Tasks    Section = "tasks"
	Budget   Section = "budget"
	Risks    Section = "risks"
	Benefits Section = "benefits"
)

// Gap is something that keeps an initiative from being approved, or only makes it weaker: a sentence plan.gap.KEY and the field in which it
// is put right.
type Gap struct {
	Key     string
	Args    []any
	Section Section
	Field   string
}

// gaps lists what is missing for approval, in the order of the forms; without any it can be approved.
func (w World) gaps(i Initiative) []Gap {
	out := i.gaps()
	if i.Owner != "" && !w.Active(i.Owner) {
		out = append([]Gap{{Key: "owner_gone", Section: AboutIt, Field: "owner"}}, out...)
	}
	return out
}

func (i Initiative) gaps() (out []Gap) {
	need := func(missing bool, section Section, key, field string, args ...any) {
		if missing {
			out = append(out, Gap{key, args, section, field})
		}
	}
	need(i.Owner == "", AboutIt, "owner", "owner")
	need(len(i.Objectives) == 0, AboutIt, "objective", "objectives")
	need(i.Start == 0, AboutIt, "start", "start")
	need(i.End == 0, AboutIt, "end", "end")
	need(i.Outcome == "", AboutIt, "outcome", "outcome")
	need(i.ScopeIn == "", AboutIt, "scope", "scope_in")
	need(i.Manner == "", AboutIt, "manner", "manner")
	need(i.Exit == "", AboutIt, "exit", "exit")
	need(len(i.Tasks) == 0, Tasks, "tasks", at("task", 0, "name"))
	need(len(i.Cost()) == 0, Budget, "cost", at("line", 0, "amount"))
	for n, l := range i.Lines {
		need(l.Funding == "", Budget, "funding", at("line", n, "funding"), "Name", l.Label)
		need(len(l.Pieces(i.Start, i.End)) == 0 && i.Start != 0, Budget, "line_days", at("line", n, "from"), "Name", l.Label)
	}
	need(len(i.Risks) == 0, Risks, "risk", at("risk", 0, "name"))
	for n, r := range i.Risks {
		need(r.Trigger == "", Risks, "trigger", at("risk", n, "trigger"), "Name", r.Name)
		need(r.Contingency == "", Risks, "contingency", at("risk", n, "contingency"), "Name", r.Name)
	}
	need(len(i.Benefits) == 0, Benefits, "benefit", at("benefit", 0, "label"))
	return out
}

// weaknesses lists what does not keep an initiative from being approved and should be known by whoever approves it.
func (i Initiative) weaknesses(c schedule.Calendar, today schedule.Day) (out []Gap) {
	weak := func(is bool, section Section, key, field string, args ...any) {
		if is {
			out = append(out, Gap{key, args, section, field})
		}
	}
	weak(len(i.Contributors) == 0, People, "people", at("person", 0, "member"))
	if plan, err := i.lay(c, today); err == nil && i.End != 0 {
		for n, slot := range plan.Slots {
			weak(slot.End > i.End, Tasks, "task_after_end", at("task", n, "from"), "Name", i.Tasks[n].Name)
		}
	}
	nobody := 0
	for _, t := range i.Tasks {
		if t.Length > 0 && t.Member == "" {
			nobody++
		}
	}
	weak(nobody > 0, Tasks, "task_nobody", at("task", 0, "member"), "Count", nobody)
	weak(len(i.Risks) > 0 && len(i.Reserve()) == 0, Risks, "reserve", at("risk", 0, "reserve"))
	weak(i.Start != 0 && !c.Working(i.Start), AboutIt, "start_closed", "start")
	weak(i.End != 0 && !c.Working(i.End), AboutIt, "end_closed", "end")
	weak(i.ScopeOut == "", AboutIt, "scope_out", "scope_out")
	return out
}

// lay plans the tasks as if nothing were done. Without a start the first day a task names stands in, or today.
func (i Initiative) lay(c schedule.Calendar, today schedule.Day) (schedule.Plan, error) {
	return schedule.Lay(steps(i.Tasks), i.begin(today), c)
}

func (i Initiative) begin(today schedule.Day) schedule.Day {
	if i.Start != 0 {
		return i.Start
	}
	first := schedule.Day(0)
	for _, t := range i.Tasks {
		if t.From != 0 && (first == 0 || t.From < first) {
			first = t.From
		}
	}
	if first == 0 {
		return today
	}
	return first
}
