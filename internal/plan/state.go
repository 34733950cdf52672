package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// State is where an initiative stands.
type State string

// The states.
const (
	Draft    State = "draft"
	Proposed State = "proposed"
	Approved State = "approved"
	Running  State = "running"
	Done     State = "done"
	Stopped  State = "stopped"
)

// States lists the states.
func States() []State { return []State{Draft, Proposed, Approved, Running, Done, Stopped} }

// Closed reports whether nothing is done any more.
func (s State) Closed() bool { return s == Done || s == Stopped }

// Live reports whether its people and its money are planned for: proposed, approved or running.
func (s State) Live() bool { return s == Proposed || s == Approved || s == Running }

// Step is a decision on an initiative.
type Step string

// The steps. SendBack needs a reason, as Stop does.
const (
	Propose  Step = "propose"
	Withdraw Step = "withdraw"
	SendBack Step = "send_back"
	Approve  Step = "approve"
	Start    Step = "start"
	Finish   Step = "finish"
	Stop     Step = "stop"
	Reopen   Step = "reopen"
)

// Steps lists what can be decided in a state. An approved plan can be approved again when it has changed.
func (i Initiative) Steps() []Step {
	switch i.State {
	case Draft:
		return []Step{Propose, Stop}
	case Proposed:
		return []Step{Approve, SendBack, Withdraw, Stop}
	case Approved:
		if len(i.Changes()) > 0 {
			return []Step{Approve, Stop}
		}
		return []Step{Start, Stop}
	case Running:
		if len(i.Changes()) > 0 {
			return []Step{Approve, Finish, Stop}
		}
		return []Step{Finish, Stop}
	case Done, Stopped:
		return []Step{Reopen}
	}
	return nil
}

func (s Step) leadsTo(i Initiative) State {
	switch s {
	case Propose:
		return Proposed
	case Approve:
		if i.State == Running {
			return Running
		}
		return Approved
	case Start:
		return Running
	case Finish:
		return Done
	case Stop:
		return Stopped
	}
	return Draft
}

// Take decides: those who steer may, and the owner may say that it is done. Approval and start are refused with everything that is missing, each a problem of its own (org.Problems lists them).
func (s *Service) Take(ctx context.Context, initiative string, seen time.Time, step Step, note string) (Initiative, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil && step != Finish {
		return Initiative{}, err
	}
	note, err := text(note, "note", 1000)
	if err != nil {
		return Initiative{}, err
	}
	if (step == SendBack || step == Stop) && note == "" {
		return Initiative{}, problem.New(problem.Invalid, "plan.reason_missing").On("note")
	}
	was, err := s.Initiative(ctx, initiative)
	if err != nil {
		return Initiative{}, err
	}
	w, err := s.world(ctx, was)
	if err != nil {
		return Initiative{}, err
	}
	may := func(i Initiative) bool { return step == Finish && i.Leads(ctx) }
	i, err := s.save(ctx, initiative, seen, "plan."+string(step), may, func(ctx context.Context, q db.Q, i *Initiative) (map[string]any, error) {
		possible := false
		for _, p := range i.Steps() {
			possible = possible || p == step
		}
		if !possible {
			return nil, problem.New(problem.Conflict, "plan.step_impossible")
		}
		details := map[string]any{}
		if note != "" {
			details["note"] = note
		}
		who := me(ctx)
		if step == Approve || step == Start { // whoever approved may have gone since, and older approvals did not hold all
			var errs []error
			for _, g := range w.gaps(*i) {
				errs = append(errs, problem.New(problem.Invalid, "plan.gap."+g.Key, g.Args...).On(g.Field))
			}
			if len(errs) > 0 {
				return nil, errors.Join(errs...)
			}
		}
		if step == Approve {
			plan, err := i.lay(w.Calendar, w.Today)
			if err != nil {
				return nil, fmt.Errorf("lay out the tasks: %w", err)
			}
			i.Approved = i.approval(who, s.Now(), plan)
			details["cost"] = i.Approved.costText()
		}
		i.State = step.leadsTo(*i)
		err := db.Insert(ctx, q, "initiative_step (id, initiative, at, member, step, note)", [][]any{{s.newID(), i.ID, db.T(s.Now()), who, string(step), note}}, "")
		return details, err
	})
	return i.shown(ctx, s.priced), err
}

// MayTake lists what whoever asks can decide: those who steer all that is possible, the owner that it is done.
func (i Initiative) MayTake(ctx context.Context) []Step {
	if steers(ctx) {
		return i.Steps()
	}
	return slices.DeleteFunc(i.Steps(), func(s Step) bool { return s != Finish || !i.Leads(ctx) })
}

// Taken is a decision that was taken.
type Taken struct {
	At     time.Time
	Member string // id, "" for nobody who signed in
	Step   Step
	Note   string
}

// History lists the decisions on an initiative, newest first.
func (s *Service) History(ctx context.Context, initiative string) ([]Taken, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), func(t *Taken) []any { return []any{db.At(&t.At), &t.Member, &t.Step, &t.Note} },
		"SELECT at, member, step, note FROM initiative_step WHERE initiative = $1 ORDER BY id DESC"+db.Limit(200), initiative)
	if err != nil {
		return nil, fmt.Errorf("read the decisions: %w", err)
	}
	return list, nil
}
