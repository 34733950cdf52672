package plan

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// Progress is what somebody reports of a task: how far it is, and the time it took since they last did.
type Progress struct {
	Done         int // percent
	Began, Ended schedule.Day
	Minutes      int          // worked and not reported yet, of whoever reports; 0 books nothing
	Day          schedule.Day // of these minutes
	Note         string       // to them
}

// MayReport reports whether whoever asks may report on a task: who does it, who owns the initiative, and those who steer.
func (i Initiative) MayReport(ctx context.Context, t Task) bool {
	return (i.State == Approved || i.State == Running) && (i.Leads(ctx) || t.Member != "" && t.Member == me(ctx) && i.Works(ctx))
}

// Task finds a task by its id.
func (i Initiative) Task(task string) (Task, bool) {
	n := slices.IndexFunc(i.Tasks, func(t Task) bool { return t.ID == task })
	if n < 0 {
		return Task{}, false
	}
	return i.Tasks[n], true
}

// Report notes progress of a task of an initiative that is approved or runs, without the right to change plans. seen is the UpdatedAt of
// what whoever reports has seen; zero reports whatever others did.
func (s *Service) Report(ctx context.Context, initiative string, seen time.Time, task string, p Progress) (Initiative, error) {
	today := s.Today(ctx)
	i, err := s.save(ctx, initiative, seen, "plan.progress_reported", func(i Initiative) bool {
		t, ok := i.Task(task)
		return i.Leads(ctx) || !ok && i.Works(ctx) || ok && t.Member != "" && t.Member == me(ctx) && i.Works(ctx)
	}, func(ctx context.Context, q db.Q, i *Initiative) (map[string]any, error) {
		n := slices.IndexFunc(i.Tasks, func(t Task) bool { return t.ID == task })
		if n < 0 {
			return nil, notFound()
		}
		if i.State != Approved && i.State != Running {
			return nil, problem.New(problem.Conflict, "plan.report_state")
		}
		i.Tasks = slices.Clone(i.Tasks)
		t := &i.Tasks[n]
		was := *t
		t.Done, t.Began, t.Ended = p.Done, p.Began, p.Ended
		if err := errors.Join(t.progress(today, func(field string) string { return field })...); err != nil {
			return nil, err
		}
		details := map[string]any{"task": t.Name, "was": was.Done, "is": t.Done}
		if p.Minutes != 0 {
			if p.Note == "" {
				p.Note = t.Name
			}
			b, err := s.checkBooking(Booking{Initiative: i.ID, Day: p.Day, Minutes: p.Minutes, Note: p.Note, Member: me(ctx)}, *i, today)
			if err == nil {
				err = s.putBooking(ctx, q, &b)
			}
			if err != nil {
				return nil, err
			}
			details["hours"] = schedule.TypeMinutes(b.Minutes)
		}
		return details, nil
	})
	return i.shown(ctx, s.priced), err
}

// progress puts in order how far a task is, or says what is wrong with it; on names the fields.
func (t *Task) progress(today schedule.Day, on func(string) string) (errs []error) {
	refuse := func(field, key string) { errs = append(errs, problem.New(problem.Invalid, key).On(on(field))) }
	if t.Done < 0 || t.Done > 100 {
		refuse("done", "plan.percent_bad")
	}
	if t.Began > today || t.Began != 0 && !t.Began.Valid() {
		refuse("began", "plan.not_yet")
	}
	switch {
	case t.Ended > today, t.Ended != 0 && !t.Ended.Valid():
		refuse("ended", "plan.not_yet")
	case t.Ended != 0 && t.Began > t.Ended:
		refuse("ended", "plan.end_before_start")
	case t.Ended != 0:
		t.Done = 100
		if t.Began == 0 && t.Length == 0 {
			t.Began = t.Ended
		}
	}
	return errs
}
