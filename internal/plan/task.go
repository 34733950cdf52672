package plan

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// Task is a piece of work, or with Length 0 a milestone.
type Task struct {
	ID      string       `json:"id"`
	Name    string       `json:"name"`
	Length  int          `json:"length"` // working days
	From    schedule.Day `json:"from"`   // not before
	After   []Wait       `json:"after"`
	Member  string       `json:"member"`  // who does it, "" for nobody yet
	Minutes int          `json:"minutes"` // of work planned
	Done    int          `json:"done"`    // percent
	Began   schedule.Day `json:"began"`
	Ended   schedule.Day `json:"ended"`
}

// Wait says that a task begins when another has ended and Lag working days have gone by.
type Wait struct {
	Task string `json:"task"`
	Lag  int    `json:"lag"`
}

const (
	maxLength = 1000 // working days
	maxWaits  = 20
)

// ChangeTasks saves the tasks in their order. A task without an id is new; it can be named in After by the id "#3", the third of the list.
// Tasks that wait for each other in a circle are refused with their names.
func (s *Service) ChangeTasks(ctx context.Context, initiative string, seen time.Time, tasks []Task) (Initiative, error) {
	today := s.Today(ctx)
	return s.change(ctx, initiative, seen, "plan.tasks_changed", func(was Initiative) (func(*Initiative), error) {
		checked, err := s.checkTasks(ctx, tasks, was, today)
		return func(i *Initiative) { i.Tasks = checked }, err
	})
}

func (s *Service) checkTasks(ctx context.Context, tasks []Task, was Initiative, today schedule.Day) ([]Task, error) {
	if len(tasks) > MaxTasks {
		return nil, problem.New(problem.Invalid, "plan.too_many", "Max", MaxTasks)
	}
	tasks = slices.Clone(tasks)
	var errs []error
	refuse := func(n int, field, key string, args ...any) {
		errs = append(errs, problem.New(problem.Invalid, key, args...).On(at("task", n, field)))
	}
	ids := map[string]string{} // "#3" and known ids
	for n := range tasks {
		if old := tasks[n].ID; old == "" || ids[old] != "" || !slices.ContainsFunc(was.Tasks, func(t Task) bool { return t.ID == old }) {
			tasks[n].ID = s.newID()
		}
		ids[tasks[n].ID], ids["#"+itoa(n+1)] = tasks[n].ID, tasks[n].ID
	}
	for n := range tasks {
		t := &tasks[n]
		var err error
		if t.Name, err = text(t.Name, at("task", n, "name"), maxName); err != nil {
			errs = append(errs, err)
		} else if t.Name == "" {
			refuse(n, "name", "problem.required")
		}
		if t.Length < 0 || t.Length > maxLength {
			refuse(n, "length", "plan.length_bad", "Max", maxLength)
		}
		if t.From != 0 && !t.From.Valid() {
			refuse(n, "from", "plan.day_bad")
		}
		if t.Member != "" && !slices.ContainsFunc(was.Tasks, func(old Task) bool { return old.Member == t.Member }) {
			if err := s.member(ctx, t.Member); problem.Is(err, problem.Invalid) {
				errs = append(errs, problem.Of(err).On(at("task", n, "member")))
			} else if err != nil {
				return nil, err
			}
		}
		if t.Minutes < 0 || t.Minutes > schedule.MaxMinutes {
			refuse(n, "hours", "plan.hours_bad")
		}
		errs = append(errs, t.progress(today, func(field string) string { return at("task", n, field) })...)
		waits := []Wait{}
		for _, w := range t.After {
			w.Task = ids[w.Task]
			if w.Task == "" || slices.ContainsFunc(waits, func(o Wait) bool { return o.Task == w.Task }) || len(waits) == maxWaits {
				refuse(n, "after", "plan.after_bad")
				break
			}
			if w.Lag < 0 || w.Lag > schedule.MaxLag {
				refuse(n, "after", "plan.lag_bad", "Max", schedule.MaxLag)
				break
			}
			waits = append(waits, w)
		}
		t.After = waits
	}
	if len(errs) == 0 {
		var cycle *schedule.Cycle
		if _, err := schedule.Lay(steps(tasks), today, schedule.Ordinary()); errors.As(err, &cycle) {
			var names []string
			for _, n := range cycle.Chain {
				names = append(names, tasks[n].Name)
			}
			errs = append(errs, problem.New(problem.Invalid, "plan.task_circle", "Chain", strings.Join(names, " → ")).On(at("task", cycle.Chain[0], "after")))
		} else if err != nil {
			return nil, err
		}
	}
	return tasks, errors.Join(errs...)
}

// steps are tasks as schedules want them; who waits for what is gone waits for nothing.
func steps(tasks []Task) []schedule.Task {
	place := map[string]int{}
	for n, t := range tasks {
		place[t.ID] = n
	}
	out := make([]schedule.Task, len(tasks))
	for n, t := range tasks {
		out[n] = schedule.Task{Length: t.Length, From: t.From, Began: t.Began, Ended: t.Ended, Done: t.Done}
		for _, w := range t.After {
			if k, ok := place[w.Task]; ok {
				out[n].After = append(out[n].After, schedule.Link{Task: k, Lag: w.Lag})
			}
		}
	}
	return out
}
