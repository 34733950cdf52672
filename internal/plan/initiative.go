package plan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/money"
	"github.com/entente/entente/internal/plan/schedule"
	"github.com/entente/entente/internal/problem"
)

// Initiative is what is done for objectives: by whom, when, how, for how much, and what if it goes wrong.
type Initiative struct {
	ID           string
	Name         string // no two have the same; business facts name it
	State        State
	Owner        string // member id; "" is nobody yet
	Outcome      string // what will be different
	ScopeIn      string
	ScopeOut     string
	Manner       string // how it is done
	Exit         string // when it counts as done, or is given up
	Start, End   schedule.Day
	Currency     string   // of new lines
	Objectives   []string // ids of what it serves; one may have been removed since
	Contributors []Contributor
	Tasks        []Task
	Lines        []cost.Line
	Risks        []Risk
	Benefits     []Benefit
	Approved     *Approval // the last one, nil before
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Discreet     bool // money, and hours of others, are left out for whoever asked
}

// The most there may be.
const (
	MaxInitiatives  = 300
	MaxTasks        = 200
	maxLines        = 100
	maxRisks        = 50
	maxBenefits     = 30
	maxContributors = 60
	maxObjectives   = 30
	maxName         = 120
	maxText         = 4000
)

const initiativeColumns = "id, name, name_key, state, owner, outcome, scope_in, scope_out, manner, exit_criteria, start_on, end_on, currency, objectives, contributors, tasks, lines, risks, benefits, approved, created_at, updated_at"

type initiativeRow struct {
	Initiative
	key, start, end string
}

func initiativeFields(i *initiativeRow) []any {
	return []any{&i.ID, &i.Name, &i.key, &i.State, &i.Owner, &i.Outcome, &i.ScopeIn, &i.ScopeOut, &i.Manner, &i.Exit, &i.start, &i.end, &i.Currency,
		db.JSON(&i.Objectives), db.JSON(&i.Contributors), db.JSON(&i.Tasks), db.JSON(&i.Lines), db.JSON(&i.Risks), db.JSON(&i.Benefits), db.JSON(&i.Approved),
		db.At(&i.CreatedAt), db.At(&i.UpdatedAt)}
}

func (i Initiative) values() []any {
	return []any{i.ID, i.Name, nameKey(i.Name), string(i.State), i.Owner, i.Outcome, i.ScopeIn, i.ScopeOut, i.Manner, i.Exit, i.Start.String(), i.End.String(), i.Currency,
		list(i.Objectives), list(i.Contributors), list(i.Tasks), list(i.Lines), list(i.Risks), list(i.Benefits), db.J(i.Approved), db.T(i.CreatedAt), db.T(i.UpdatedAt)}
}

func list[T any](l []T) any {
	if l == nil {
		l = []T{}
	}
	return db.J(l)
}

// nameKey is equal for names that people take for the same.
func nameKey(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(norm.NFKC.String(name))), " ")
}

func initiatives(ctx context.Context, q db.Q, condition string, args ...any) ([]Initiative, error) {
	rows, err := db.All(ctx, q, initiativeFields, "SELECT "+initiativeColumns+" FROM initiative "+condition, args...)
	if err != nil {
		return nil, fmt.Errorf("read initiatives: %w", err)
	}
	out := make([]Initiative, len(rows))
	for n, r := range rows {
		if err := errors.Join(r.Start.UnmarshalText([]byte(r.start)), r.End.UnmarshalText([]byte(r.end))); err != nil {
			return nil, fmt.Errorf("read the initiative %s: %w", r.ID, err)
		}
		out[n] = r.Initiative
	}
	return out, nil
}

func one(ctx context.Context, q db.Q, initiative string) (Initiative, error) {
	if !id.Valid(initiative) {
		return Initiative{}, notFound()
	}
	list, err := initiatives(ctx, q, "WHERE id = $1", initiative)
	if err != nil {
		return Initiative{}, err
	}
	if len(list) == 0 {
		return Initiative{}, notFound()
	}
	return list[0], nil
}

// Initiative reads one.
func (s *Service) Initiative(ctx context.Context, initiative string) (Initiative, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Initiative{}, err
	}
	i, err := one(ctx, s.db.Read(), initiative)
	return i.shown(ctx, s.priced), err
}

// Initiatives lists all of them, those that start first first, those without a date last.
func (s *Service) Initiatives(ctx context.Context) ([]Initiative, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	list, err := s.all(ctx)
	return shownAll(ctx, list, s.priced), err
}

// all lists them with everything, for what is computed of them.
func (s *Service) all(ctx context.Context) ([]Initiative, error) {
	return initiatives(ctx, s.db.Read(), "ORDER BY CASE WHEN start_on = '' THEN 1 ELSE 0 END, start_on, id")
}

// About is what an initiative is, apart from its tasks, people, money and risks.
type About struct {
	Name, Owner                              string
	Outcome, ScopeIn, ScopeOut, Manner, Exit string
	Start, End                               schedule.Day
	Currency                                 string
	Objectives                               []string
}

// About is what can be changed with ChangeAbout.
func (i Initiative) About() About {
	return About{i.Name, i.Owner, i.Outcome, i.ScopeIn, i.ScopeOut, i.Manner, i.Exit, i.Start, i.End, i.Currency, i.Objectives}
}

// checked puts it in order, or says all that is wrong with it; what was in was is let stand even when it is gone.
func (s *Service) checked(ctx context.Context, a About, was Initiative) (About, error) {
	var errs []error
	note := func(p *problem.Problem, field string) { errs = append(errs, p.On(field)) }
	for _, t := range []struct {
		text  *string
		field string
		max   int
	}{{&a.Name, "name", maxName}, {&a.Outcome, "outcome", maxText}, {&a.ScopeIn, "scope_in", maxText}, {&a.ScopeOut, "scope_out", maxText},
		{&a.Manner, "manner", maxText}, {&a.Exit, "exit", maxText}} {
		var err error
		if *t.text, err = text(*t.text, t.field, t.max); err != nil {
			errs = append(errs, err)
		}
	}
	if a.Name = strings.Join(strings.Fields(a.Name), " "); a.Name == "" {
		note(problem.New(problem.Invalid, "problem.required"), "name")
	}
	if a.Owner != "" && a.Owner != was.Owner {
		if err := s.member(ctx, a.Owner); problem.Is(err, problem.Invalid) {
			errs = append(errs, problem.Of(err).On("owner"))
		} else if err != nil {
			return a, err
		}
	}
	for field, d := range map[string]schedule.Day{"start": a.Start, "end": a.End} {
		if d != 0 && !d.Valid() {
			note(problem.New(problem.Invalid, "plan.day_bad"), field)
		}
	}
	if a.Start != 0 && a.End != 0 && a.End < a.Start {
		note(problem.New(problem.Invalid, "plan.end_before_start"), "end")
	}
	if a.Currency == "" {
		a.Currency = "EUR"
	}
	if !money.Known(a.Currency) {
		note(problem.New(problem.Invalid, "plan.currency_unknown"), "currency")
	}
	a.Objectives = slices.DeleteFunc(slices.Clone(a.Objectives), func(o string) bool { return o == "" })
	slices.Sort(a.Objectives)
	a.Objectives = slices.Compact(a.Objectives)
	if len(a.Objectives) > maxObjectives {
		note(problem.New(problem.Invalid, "plan.too_many", "Max", maxObjectives), "objectives")
	} else {
		for _, o := range a.Objectives {
			if slices.Contains(was.Objectives, o) {
				continue
			}
			if _, err := s.strategy.Objective(ctx, o); problem.Is(err, problem.Missing) {
				note(problem.New(problem.Invalid, "plan.objective_unknown"), "objectives")
			} else if err != nil {
				return a, err
			}
		}
	}
	return a, errors.Join(errs...)
}

// member refuses who is no member.
func (s *Service) member(ctx context.Context, member string) error {
	if !id.Valid(member) {
		return problem.New(problem.Invalid, "plan.member_unknown")
	}
	if _, err := s.org.Find(ctx, member); problem.Is(err, problem.Missing) {
		return problem.New(problem.Invalid, "plan.member_unknown")
	} else if err != nil {
		return err
	}
	return nil
}

func (i *Initiative) set(a About) {
	i.Name, i.Owner, i.Outcome, i.ScopeIn, i.ScopeOut, i.Manner, i.Exit = a.Name, a.Owner, a.Outcome, a.ScopeIn, a.ScopeOut, a.Manner, a.Exit
	i.Start, i.End, i.Currency, i.Objectives = a.Start, a.End, a.Currency, a.Objectives
}

// Add makes a draft.
func (s *Service) Add(ctx context.Context, a About) (Initiative, error) {
	i, add, err := s.Adding(ctx, a)
	if err != nil {
		return i, err
	}
	return i, s.db.Tx(ctx, add)
}

// Adding is an initiative that add keeps, in the transaction of what it is made for.
func (s *Service) Adding(ctx context.Context, a About) (i Initiative, add func(ctx context.Context, q db.Q) error, err error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return i, nil, err
	}
	if a, err = s.checked(ctx, a, Initiative{}); err != nil {
		return i, nil, err
	}
	now := s.Now()
	i = Initiative{ID: s.newID(), State: Draft, CreatedAt: now, UpdatedAt: now}
	i.set(a)
	return i, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM initiative")
		if err != nil {
			return fmt.Errorf("count initiatives: %w", err)
		}
		if n >= MaxInitiatives {
			return problem.New(problem.Invalid, "plan.too_many_initiatives", "Max", MaxInitiatives)
		}
		if err := db.Insert(ctx, q, "initiative ("+initiativeColumns+")", [][]any{i.values()}, ""); err != nil {
			return taken(err)
		}
		return s.org.Audit(ctx, q, "plan.initiative_added", "initiative:"+i.ID, map[string]any{"name": i.Name})
	}, nil
}

func taken(err error) error {
	if db.Duplicate(err) {
		return problem.New(problem.Conflict, "plan.name_taken").On("name")
	}
	return err
}

// ChangeAbout saves what an initiative is. seen is the UpdatedAt of what whoever changes it has seen; zero changes it whatever others did.
func (s *Service) ChangeAbout(ctx context.Context, initiative string, seen time.Time, a About) (Initiative, error) {
	return s.change(ctx, initiative, seen, "plan.initiative_changed", func(was Initiative) (func(*Initiative), error) {
		a, err := s.checked(ctx, a, was)
		return func(i *Initiative) { i.set(a) }, err
	})
}

// change saves a change of an initiative that is not closed: permission, what others changed meanwhile, transaction and audit entry are the
// same for all changes. What is wanted is checked before the transaction, which then only puts it in place.
func (s *Service) change(ctx context.Context, initiative string, seen time.Time, action string, check func(was Initiative) (func(*Initiative), error)) (Initiative, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return Initiative{}, err
	}
	was, err := one(ctx, s.db.Read(), initiative)
	if err != nil {
		return Initiative{}, err
	}
	put, err := check(was)
	if err != nil {
		return Initiative{}, err
	}
	return s.save(ctx, initiative, seen, action, nil, func(_ context.Context, _ db.Q, i *Initiative) (map[string]any, error) {
		if i.State.Closed() {
			return nil, problem.New(problem.Conflict, "plan.closed")
		}
		put(i)
		return nil, nil
	})
}

// save lets those through who steer and, by what stands there now, those of may.
func (s *Service) save(ctx context.Context, initiative string, seen time.Time, action string, may func(Initiative) bool, do func(ctx context.Context, q db.Q, i *Initiative) (map[string]any, error)) (Initiative, error) {
	forbidden := org.Require(ctx, org.StrategyEdit)
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Initiative{}, err
	}
	if may == nil && forbidden != nil {
		return Initiative{}, forbidden
	}
	if !id.Valid(initiative) {
		return Initiative{}, notFound()
	}
	var out Initiative
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		// Held, so that of two who save at once the second sees what the first did.
		if _, err := db.Exec(ctx, q, "UPDATE initiative SET updated_at = updated_at WHERE id = $1", initiative); err != nil {
			return fmt.Errorf("hold the initiative: %w", err)
		}
		i, err := one(ctx, q, initiative)
		if err != nil {
			return err
		}
		if forbidden != nil && !may(i) {
			return forbidden
		}
		if !seen.IsZero() && !seen.Equal(i.UpdatedAt) {
			return problem.New(problem.Conflict, "plan.changed_meanwhile")
		}
		details, err := do(ctx, q, &i)
		if err != nil {
			return err
		}
		at := s.Now()
		if !at.After(i.UpdatedAt) {
			at = i.UpdatedAt.Add(time.Microsecond)
		}
		i.UpdatedAt = at
		if err := write(ctx, q, i); err != nil {
			return err
		}
		if details == nil {
			details = map[string]any{}
		}
		details["name"] = i.Name
		out = i
		return s.org.Audit(ctx, q, action, "initiative:"+i.ID, details)
	})
	return out, err
}

func write(ctx context.Context, q db.Q, i Initiative) error {
	var set []string
	for n, column := range strings.Split(initiativeColumns, ", ")[1:] {
		set = append(set, fmt.Sprintf("%s = $%d", column, n+2))
	}
	if _, err := db.Exec(ctx, q, "UPDATE initiative SET "+strings.Join(set, ", ")+" WHERE id = $1", i.values()...); err != nil {
		return taken(fmt.Errorf("save an initiative: %w", err))
	}
	return nil
}

// Remove takes a draft away, with its history. What was proposed or decided stays: it can be stopped.
func (s *Service) Remove(ctx context.Context, initiative string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		i, err := one(ctx, q, initiative)
		if err != nil {
			return err
		}
		if i.State != Draft || i.Approved != nil {
			return problem.New(problem.Conflict, "plan.only_drafts")
		}
		for _, statement := range []string{"DELETE FROM initiative_step WHERE initiative = $1", "DELETE FROM initiative_booking WHERE initiative = $1", "DELETE FROM initiative WHERE id = $1"} {
			if _, err := db.Exec(ctx, q, statement, i.ID); err != nil {
				return fmt.Errorf("remove an initiative: %w", err)
			}
		}
		return s.org.Audit(ctx, q, "plan.initiative_removed", "initiative:"+i.ID, map[string]any{"name": i.Name})
	})
}
