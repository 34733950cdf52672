package strategy

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Objective is something to reach: a verb and a noun, one owner, a date, measures.
type Objective struct {
	ID, Map      string
	Perspective  string
	Name         Words
	Owner        string // member id; "" is nobody yet
	Stakeholders []string
	Note         string
	Goal         string    // the business goal it serves, in words
	GoalKind     string    // one of GoalKinds, or ""
	Stage        Stage     // of the chain of communication that it is about, or ""
	Themes       []string  // ids
	DueAt        time.Time // the instant by which it should be reached; zero is no date yet
	Position     float64   // among its neighbours on the map, when Placed
	Placed       bool
	CreatedAt    time.Time
	UpdatedAt    time.Time
	Measures     []Measure // the first is the one the map shows
	Seen         string    // Stamp of what whoever changes it has seen; "" saves it whatever others did
}

// Stage is where in the chain of communication an objective stands (AMEC framework: inputs to impact).
type Stage string

// Stages lists the stages, the earliest first.
func Stages() []Stage {
	return []Stage{"inputs", "activities", "outputs", "outtakes", "outcomes", "impact"}
}

// GoalKinds lists what kinds of business goals there are.
func GoalKinds() []string {
	return []string{"revenue", "retention", "cost", "risk", "reputation", "innovation", "people", "compliance"}
}

const (
	maxGoal         = 300
	maxNote         = 4000
	maxStakeholders = 20
)

type objectiveRow struct {
	Objective
	position *float64
}

func objectiveFields(o *objectiveRow) []any {
	return []any{&o.ID, &o.Map, &o.Perspective, db.JSON(&o.Name), &o.Owner, db.JSON(&o.Stakeholders), &o.Note, &o.Goal, &o.GoalKind, (*string)(&o.Stage), db.At(&o.DueAt), &o.position, db.At(&o.CreatedAt), db.At(&o.UpdatedAt)}
}

const objectiveColumns = "id, map, perspective, name, owner, stakeholders, note, goal, goal_kind, stage, due_at, position, created_at, updated_at"

// objectives reads objectives o that meet a condition, with their measures.
func objectives(ctx context.Context, q db.Q, condition, arg string) ([]Objective, error) {
	rows, err := db.All(ctx, q, objectiveFields, "SELECT "+objectiveColumns+" FROM objective o WHERE "+condition+" ORDER BY created_at, id", arg)
	if err != nil {
		return nil, fmt.Errorf("read objectives: %w", err)
	}
	list, err := db.All(ctx, q, measureFields, "SELECT "+measureColumns+" FROM objective_measure m JOIN objective o ON o.id = m.objective WHERE "+condition+" ORDER BY m.position, m.id", arg)
	if err != nil {
		return nil, fmt.Errorf("read the measures of objectives: %w", err)
	}
	of := map[string][]Measure{}
	for _, m := range list {
		of[m.Objective] = append(of[m.Objective], m.settled())
	}
	type pair struct{ objective, theme string }
	pairs, err := db.All(ctx, q, func(p *pair) []any { return []any{&p.objective, &p.theme} },
		"SELECT t.objective, t.theme FROM objective_theme t JOIN objective o ON o.id = t.objective WHERE "+condition+" ORDER BY t.theme", arg)
	if err != nil {
		return nil, fmt.Errorf("read the themes of objectives: %w", err)
	}
	themes := map[string][]string{}
	for _, p := range pairs {
		themes[p.objective] = append(themes[p.objective], p.theme)
	}
	out := make([]Objective, len(rows))
	for i, r := range rows {
		r.Themes = themes[r.ID]
		if r.position != nil {
			r.Position, r.Placed = *r.position, true
		}
		r.Measures = of[r.ID]
		out[i] = r.Objective
	}
	return out, nil
}

// Objective reads an objective with its measures.
func (s *Service) Objective(ctx context.Context, objective string) (Objective, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Objective{}, err
	}
	o, err := one(ctx, s.db.Read(), objective)
	return s.shownObjective(ctx, o), err
}

func one(ctx context.Context, q db.Q, objective string) (Objective, error) {
	if !id.Valid(objective) {
		return Objective{}, notFound()
	}
	list, err := objectives(ctx, q, "o.id = $1", objective)
	if err != nil {
		return Objective{}, err
	}
	if len(list) == 0 {
		return Objective{}, notFound()
	}
	return list[0], nil
}

func tooMany() error { return problem.New(problem.Invalid, "strategy.too_many", "Max", MaxObjectives) }

// checked puts an objective in order, or says all that is wrong with it.
func (s *Service) checked(ctx context.Context, m Map, o Objective) (Objective, error) {
	var errs []error
	var err error
	if o.Name, err = o.Name.checked("name"); err != nil {
		errs = append(errs, err)
	}
	if p, ok := m.Perspective(o.Perspective); !ok || len(m.Steps(p.ID)) > 0 {
		errs = append(errs, problem.New(problem.Invalid, "strategy.perspective_unknown").On("perspective"))
	}
	if o.Owner != "" {
		if _, err := s.org.Find(ctx, o.Owner); problem.Is(err, problem.Missing) {
			errs = append(errs, problem.New(problem.Invalid, "strategy.owner_unknown").On("owner"))
		} else if err != nil {
			return o, err
		}
	}
	var stakeholders []string
	for _, w := range o.Stakeholders {
		w, err := text(w, "stakeholders", 60)
		if err != nil {
			errs = append(errs, err)
		}
		if w != "" {
			stakeholders = append(stakeholders, w)
		}
	}
	if o.Stakeholders = stakeholders; len(stakeholders) > maxStakeholders {
		errs = append(errs, problem.New(problem.Invalid, "strategy.too_many_stakeholders", "Max", maxStakeholders).On("stakeholders"))
	}
	if o.Note, err = text(o.Note, "note", maxNote); err != nil {
		errs = append(errs, err)
	}
	if o.Goal, err = text(o.Goal, "goal", maxGoal); err != nil {
		errs = append(errs, err)
	}
	if o.GoalKind != "" && !slices.Contains(GoalKinds(), o.GoalKind) {
		errs = append(errs, problem.New(problem.Invalid, "strategy.goal_kind_unknown").On("goal_kind"))
	}
	if o.Stage != "" && !slices.Contains(Stages(), o.Stage) {
		errs = append(errs, problem.New(problem.Invalid, "strategy.stage_unknown").On("stage"))
	}
	var of []string
	for _, t := range o.Themes {
		if _, ok := m.Theme(t); !ok {
			errs = append(errs, problem.New(problem.Invalid, "strategy.theme_unknown").On("themes"))
		} else if !slices.Contains(of, t) {
			of = append(of, t)
		}
	}
	slices.Sort(of)
	o.Themes = of
	if y := o.DueAt.Year(); !o.DueAt.IsZero() && (y < 2000 || y > 2098) { // a date like 31/12/2099 stands for "no date"
		errs = append(errs, problem.New(problem.Invalid, "strategy.due_odd").On("due"))
	}
	if !(math.Abs(o.Position) < 1e9) {
		o.Position, o.Placed = 0, false
	}
	return o, errors.Join(errs...)
}

func (o Objective) position() any {
	if !o.Placed {
		return nil
	}
	return o.Position
}

func insertObjective(ctx context.Context, q db.Q, o Objective) error {
	stakeholders := o.Stakeholders
	if stakeholders == nil {
		stakeholders = []string{}
	}
	err := db.Insert(ctx, q, "objective ("+objectiveColumns+")", [][]any{{o.ID, o.Map, o.Perspective, db.J(o.Name), o.Owner, db.J(stakeholders), o.Note, o.Goal, o.GoalKind,
		string(o.Stage), db.T(o.DueAt), o.position(), db.T(o.CreatedAt), db.T(o.UpdatedAt)}}, "")
	if err != nil {
		return err
	}
	return setThemes(ctx, q, o)
}

func setThemes(ctx context.Context, q db.Q, o Objective) error {
	if _, err := db.Exec(ctx, q, "DELETE FROM objective_theme WHERE objective = $1", o.ID); err != nil {
		return fmt.Errorf("set the themes of an objective: %w", err)
	}
	for _, t := range o.Themes {
		if err := db.Insert(ctx, q, "objective_theme (objective, theme)", [][]any{{o.ID, t}}, ""); err != nil {
			return err
		}
	}
	return nil
}

// summary is what the audit log keeps of an objective.
func (o Objective) summary() map[string]any {
	return map[string]any{"name": o.Name, "owner": o.Owner, "perspective": o.Perspective, "due": o.DueAt}
}

// AddObjective puts an objective on its Map; measures are added one by one.
func (s *Service) AddObjective(ctx context.Context, o Objective) (Objective, error) {
	m, err := s.mapToEdit(ctx, o.Map)
	if err != nil {
		return o, err
	}
	if o, err = s.checked(ctx, m, o); err != nil {
		return o, err
	}
	now := s.Now()
	o.ID, o.CreatedAt, o.UpdatedAt, o.Measures = s.newID(), now, now, nil
	err = s.edit(ctx, m.ID, "strategy.objective_added", "objective:"+o.ID, o.summary(), func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM objective WHERE map = $1", m.ID)
		if err != nil {
			return fmt.Errorf("count objectives: %w", err)
		}
		if n >= MaxObjectives {
			return tooMany()
		}
		return insertObjective(ctx, q, o)
	})
	return o, err
}

// ChangeObjective saves an objective anew; its map, measures and place stay as they are.
func (s *Service) ChangeObjective(ctx context.Context, o Objective) (Objective, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return o, err
	}
	was, err := one(ctx, s.db.Read(), o.ID)
	if err != nil {
		return o, err
	}
	m, err := s.read(ctx, was.Map)
	if err != nil {
		return o, err
	}
	if o.Owner == was.Owner && o.Owner != "" { // an owner who left can stay until somebody else is found
		kept := o.Owner
		o.Owner = ""
		o, err = s.checked(ctx, m, o)
		o.Owner = kept
	} else {
		o, err = s.checked(ctx, m, o)
	}
	if err != nil {
		return o, err
	}
	o.Map, o.CreatedAt, o.UpdatedAt, o.Measures = was.Map, was.CreatedAt, s.Now(), was.Measures
	if o.Position, o.Placed = was.Position, was.Placed; o.Perspective != was.Perspective {
		o.Position, o.Placed = 0, false
	}
	stakeholders := o.Stakeholders
	if stakeholders == nil {
		stakeholders = []string{}
	}
	err = s.edit(ctx, was.Map, "strategy.objective_changed", "objective:"+o.ID, o.summary(), func(ctx context.Context, q db.Q) error {
		is, err := one(ctx, q, o.ID)
		if err != nil {
			return err
		}
		if err := overtaken(o.Seen, is.Stamp()); err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, `UPDATE objective SET perspective = $1, name = $2, owner = $3, stakeholders = $4, note = $5, due_at = $6, position = $7, updated_at = $8,
			goal = $9, goal_kind = $10, stage = $11 WHERE id = $12`,
			o.Perspective, db.J(o.Name), o.Owner, db.J(stakeholders), o.Note, db.T(o.DueAt), o.position(), db.T(o.UpdatedAt), o.Goal, o.GoalKind, string(o.Stage), o.ID)
		if err != nil {
			return fmt.Errorf("change an objective: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return setThemes(ctx, q, o)
	})
	return o, err
}

// RemoveObjective takes an objective away with its measures and links.
func (s *Service) RemoveObjective(ctx context.Context, objective string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	o, err := one(ctx, s.db.Read(), objective)
	if err != nil {
		return err
	}
	return s.edit(ctx, o.Map, "strategy.objective_removed", "objective:"+o.ID, o.summary(), func(ctx context.Context, q db.Q) error {
		for _, statement := range []string{"DELETE FROM contribution WHERE origin = $1 OR serves = $1", "DELETE FROM objective_theme WHERE objective = $1", "DELETE FROM objective_link WHERE origin = $1 OR serves = $1", "DELETE FROM objective_measure WHERE objective = $1", "DELETE FROM objective WHERE id = $1"} {
			if _, err := db.Exec(ctx, q, statement, o.ID); err != nil {
				return fmt.Errorf("remove an objective: %w", err)
			}
		}
		return nil
	})
}

func (s *Service) mapToEdit(ctx context.Context, mapID string) (Map, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return Map{}, err
	}
	if mapID == "" {
		return Map{}, notFound()
	}
	return s.read(ctx, mapID)
}
