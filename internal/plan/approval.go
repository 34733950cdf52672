package plan

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
)

// Approval is what was approved, when and by whom: what costs, dates and scope are held against afterwards.
type Approval struct {
	At       time.Time      `json:"at"`
	By       string         `json:"by"` // member id, "" for nobody who signed in
	Start    schedule.Day   `json:"start"`
	End      schedule.Day   `json:"end"`
	ScopeIn  string         `json:"scope_in"`
	ScopeOut string         `json:"scope_out"`
	Cost     []money.Amount `json:"cost"`
	Reserve  []money.Amount `json:"reserve"`
	Lines    []cost.Line    `json:"lines"`
	Tasks    []ApprovedTask `json:"tasks"`
	Terms    *Terms         `json:"terms,omitempty"` // nil of what was approved before they were kept
}

// Terms is what else an approval stands on, without which there is none: who answers for it, what for, how, until when, what if, and what it brings.
type Terms struct {
	Owner      string    `json:"owner"`
	Objectives []string  `json:"objectives"`
	Outcome    string    `json:"outcome"`
	Manner     string    `json:"manner"`
	Exit       string    `json:"exit"`
	Risks      []Risk    `json:"risks"`
	Benefits   []Benefit `json:"benefits"`
}

// ApprovedTask is when a task was to be done.
type ApprovedTask struct {
	ID     string       `json:"id"`
	Name   string       `json:"name"`
	Length int          `json:"length"`
	From   schedule.Day `json:"from"`
	After  []Wait       `json:"after"`
	Start  schedule.Day `json:"start"`
	End    schedule.Day `json:"end"`
}

// approval is what is approved now, with the days that its tasks have in plan.
func (i Initiative) approval(by string, at time.Time, plan schedule.Plan) *Approval {
	a := &Approval{At: at, By: by, Start: i.Start, End: i.End, ScopeIn: i.ScopeIn, ScopeOut: i.ScopeOut, Cost: i.Cost(), Reserve: i.Reserve(), Lines: i.Lines,
		Terms: &Terms{i.Owner, i.Objectives, i.Outcome, i.Manner, i.Exit, i.Risks, i.Benefits}}
	for n, t := range i.Tasks {
		a.Tasks = append(a.Tasks, ApprovedTask{ID: t.ID, Name: t.Name, Length: t.Length, From: t.From, After: t.After, Start: plan.Slots[n].Start, End: plan.Slots[n].End})
	}
	return a
}

// Task is when a task was to be done.
func (a *Approval) Task(task string) (ApprovedTask, bool) {
	if a == nil {
		return ApprovedTask{}, false
	}
	for _, t := range a.Tasks {
		if t.ID == task {
			return t, true
		}
	}
	return ApprovedTask{}, false
}

func (a *Approval) costText() string {
	var parts []string
	for _, m := range a.Cost {
		parts = append(parts, money.Typed(m.Minor, m.Currency, ".")+" "+m.Currency)
	}
	return strings.Join(parts, ", ")
}

// Change is something about cost, dates, scope or terms that is not as it was approved: a sentence plan.change.KEY of what it was and is.
type Change struct {
	Key      string
	Name     string       // of the line or task
	Was, Now string       // texts
	WasOn    schedule.Day // days
	NowOn    schedule.Day
	WasCost  []money.Amount
	NowCost  []money.Amount
}

// Changes lists what has changed since approval in cost, dates, scope and terms; with any, it needs approval again. What is done and when it was
// done changes no plan, nor does how likely a risk is thought to be or that it struck.
func (i Initiative) Changes() (out []Change) {
	a := i.Approved
	if a == nil {
		return nil
	}
	if a.Start != i.Start {
		out = append(out, Change{Key: "start", WasOn: a.Start, NowOn: i.Start})
	}
	if a.End != i.End {
		out = append(out, Change{Key: "end", WasOn: a.End, NowOn: i.End})
	}
	if a.ScopeIn != i.ScopeIn {
		out = append(out, Change{Key: "scope_in", Was: a.ScopeIn, Now: i.ScopeIn})
	}
	if a.ScopeOut != i.ScopeOut {
		out = append(out, Change{Key: "scope_out", Was: a.ScopeOut, Now: i.ScopeOut})
	}
	of := func(l cost.Line, start, end schedule.Day) []money.Amount {
		return []money.Amount{{Minor: cost.Total(l.Pieces(start, end)), Currency: l.Currency}}
	}
	find := func(list []cost.Line, id string) (cost.Line, bool) {
		n := slices.IndexFunc(list, func(l cost.Line) bool { return l.ID == id })
		if n < 0 {
			return cost.Line{}, false
		}
		return list[n], true
	}
	for _, was := range a.Lines {
		now, ok := find(i.Lines, was.ID)
		if !ok {
			out = append(out, Change{Key: "line_removed", Name: was.Label, WasCost: of(was, a.Start, a.End)})
			continue
		}
		plain := now // what it is called is no change of the cost
		plain.Label = was.Label
		if before, after := of(was, a.Start, a.End), of(now, i.Start, i.End); plain != was || before[0] != after[0] {
			out = append(out, Change{Key: "line_changed", Name: now.Label, WasCost: before, NowCost: after})
		}
	}
	for _, now := range i.Lines {
		if _, ok := find(a.Lines, now.ID); !ok {
			out = append(out, Change{Key: "line_added", Name: now.Label, NowCost: of(now, i.Start, i.End)})
		}
	}
	if was, now := fmt.Sprint(a.Reserve), fmt.Sprint(i.Reserve()); was != now {
		out = append(out, Change{Key: "reserve", WasCost: a.Reserve, NowCost: i.Reserve()})
	}
	for _, was := range a.Tasks {
		n := slices.IndexFunc(i.Tasks, func(t Task) bool { return t.ID == was.ID })
		if n < 0 {
			out = append(out, Change{Key: "task_removed", Name: was.Name})
			continue
		}
		if t := i.Tasks[n]; t.Length != was.Length || t.From != was.From || !slices.Equal(t.After, was.After) {
			out = append(out, Change{Key: "task_moved", Name: t.Name})
		}
	}
	for _, t := range i.Tasks {
		if _, ok := a.Task(t.ID); !ok {
			out = append(out, Change{Key: "task_added", Name: t.Name})
		}
	}
	return append(out, i.terms(a.Terms)...)
}

// terms lists what has changed in the terms of an approval.
func (i Initiative) terms(was *Terms) (out []Change) {
	if was == nil {
		return nil
	}
	if was.Owner != i.Owner {
		out = append(out, Change{Key: "owner"})
	}
	if !slices.Equal(slices.Sorted(slices.Values(was.Objectives)), slices.Sorted(slices.Values(i.Objectives))) {
		out = append(out, Change{Key: "objectives"})
	}
	for _, t := range []struct{ key, was, now string }{{"outcome", was.Outcome, i.Outcome}, {"manner", was.Manner, i.Manner}, {"exit", was.Exit, i.Exit}} {
		if t.was != t.now {
			out = append(out, Change{Key: t.key, Was: t.was, Now: t.now})
		}
	}
	for _, r := range was.Risks {
		n := slices.IndexFunc(i.Risks, func(o Risk) bool { return o.ID == r.ID })
		if n < 0 {
			out = append(out, Change{Key: "risk_removed", Name: r.Name})
			continue
		}
		if now := i.Risks[n]; now.Trigger != r.Trigger {
			out = append(out, Change{Key: "trigger", Name: now.Name, Was: r.Trigger})
		}
		if now := i.Risks[n]; now.Contingency != r.Contingency {
			out = append(out, Change{Key: "contingency", Name: now.Name, Was: r.Contingency})
		}
	}
	for _, r := range i.Risks {
		if !slices.ContainsFunc(was.Risks, func(o Risk) bool { return o.ID == r.ID }) {
			out = append(out, Change{Key: "risk_added", Name: r.Name})
		}
	}
	for _, b := range was.Benefits {
		n := slices.IndexFunc(i.Benefits, func(o Benefit) bool { return o.ID == b.ID })
		if n < 0 {
			out = append(out, Change{Key: "benefit_removed", Name: b.Label})
			continue
		}
		now := i.Benefits[n]
		if b.Label, b.Hidden = now.Label, now.Hidden; b != now { // what it is called is no change of what it brings
			out = append(out, Change{Key: "benefit_changed", Name: now.Label})
		}
	}
	for _, b := range i.Benefits {
		if !slices.ContainsFunc(was.Benefits, func(o Benefit) bool { return o.ID == b.ID }) {
			out = append(out, Change{Key: "benefit_added", Name: b.Label})
		}
	}
	return out
}
