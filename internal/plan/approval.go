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
	a := &Approval{At: at, By: by, Start: i.Start, End: i.End, ScopeIn: i.ScopeIn, ScopeOut: i.ScopeOut, Cost: i.Cost(), Reserve: i.Reserve(), Lines: i.Lines}
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

// Change is something about cost, dates or scope that is not as it was approved: a sentence plan.change.KEY of what it was and is.
type Change struct {
	Key      string
	Name     string       // of the line or task
	Was, Now string       // texts
	WasOn    schedule.Day // days
	NowOn    schedule.Day
	WasCost  []money.Amount
	NowCost  []money.Amount
}

// Changes lists what has changed since approval in cost, dates and scope; with any, it needs approval again. What is done and when it was
// done changes no plan.
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
	return out
}
