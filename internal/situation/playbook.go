package situation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// What ticks a step off by itself.
const (
	Acknowledging = "acknowledge"
	Telling       = "tell"
	Holds         = "holding"
	Stating       = "statement"
	Clearing      = "clear"
)

// Doing lists what can tick a step off by itself.
func Doing() []string { return []string{Acknowledging, Telling, Holds, Stating, Clearing} }

// Playbook says what to do in situations of a level, and by when.
type Playbook struct {
	ID, Name, About      string
	Level                Level
	Steps                []Step
	CreatedAt, UpdatedAt time.Time
}

func (p *Playbook) steps() []ledger.SituationStep {
	out := make([]ledger.SituationStep, len(p.Steps))
	for i, s := range p.Steps {
		out[i] = ledger.SituationStep{Name: s.Name, After: int64(s.After / time.Minute), Does: s.Does}
	}
	return out
}

const bookColumns = "id, name, level, about, steps, created_at, updated_at"

func bookFields(p *Playbook) []any {
	return []any{&p.ID, &p.Name, (*string)(&p.Level), &p.About, db.JSON(&p.Steps), db.At(&p.CreatedAt), db.At(&p.UpdatedAt)}
}

// Usual is the playbook for a level that everybody can begin with, in the language of ctx.
func Usual(ctx context.Context, level Level) Playbook {
	p := Playbook{Name: i18n.T(ctx, "situation.book."+string(level)), Level: level}
	add := func(after time.Duration, name, does string) {
		p.Steps = append(p.Steps, Step{Name: i18n.T(ctx, "situation.step."+name), After: after, Does: does})
	}
	switch level {
	case Watch:
		add(time.Hour, "acknowledge", Acknowledging)
		add(4*time.Hour, "facts", "")
		add(24*time.Hour, "level", "")
	case Serious:
		add(30*time.Minute, "acknowledge", Acknowledging)
		add(time.Hour, "tell_department", Telling)
		add(2*time.Hour, "holding", Holds)
		add(4*time.Hour, "facts", "")
		add(8*time.Hour, "statement", Stating)
		add(48*time.Hour, "clear", Clearing)
	default:
		add(15*time.Minute, "acknowledge", Acknowledging)
		add(30*time.Minute, "tell_direction", Telling)
		add(45*time.Minute, "holding", Holds)
		add(time.Hour, "pause", "")
		add(2*time.Hour, "facts", "")
		add(4*time.Hour, "statement", Stating)
		add(24*time.Hour, "again", "")
		add(72*time.Hour, "clear", Clearing)
	}
	return p
}

// Playbooks lists the playbooks by level and name.
func (s *Service) Playbooks(ctx context.Context) ([]Playbook, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	list, err := db.All(ctx, s.db.Read(), bookFields, "SELECT "+bookColumns+" FROM situation_playbook ORDER BY name, id LIMIT 200")
	if err != nil {
		return nil, fmt.Errorf("list playbooks: %w", err)
	}
	sorting.Stable(list, func(a, b Playbook) int { return slices.Index(Levels(), a.Level) - slices.Index(Levels(), b.Level) })
	return list, nil
}

// Playbook returns one playbook.
func (s *Service) Playbook(ctx context.Context, book string) (Playbook, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Playbook{}, err
	}
	p, found, err := db.One(ctx, s.db.Read(), bookFields, "SELECT "+bookColumns+" FROM situation_playbook WHERE id = $1", book)
	if err == nil && !found {
		err = notFound()
	}
	return p, err
}

// bookFor is the playbook of a new situation: the one asked for, else the first of its level, else the usual one.
func (s *Service) bookFor(ctx context.Context, book string, level Level) (Playbook, error) {
	switch book {
	case "none":
		return Playbook{}, nil
	case "":
		list, err := s.Playbooks(ctx)
		if err != nil {
			return Playbook{}, err
		}
		if i := slices.IndexFunc(list, func(p Playbook) bool { return p.Level == level }); i >= 0 {
			return list[i], nil
		}
		return Usual(ctx, level), nil
	}
	p, err := s.Playbook(ctx, book)
	if problem.Is(err, problem.Missing) {
		err = problem.New(problem.Invalid, "situation.no_playbook").On("playbook")
	}
	return p, err
}

func (p *Playbook) check() error {
	var err error
	if p.Name, err = checked(p.Name, "name", maxName, true); err != nil {
		return err
	}
	if p.About, err = checked(p.About, "about", maxAbout, false); err != nil {
		return err
	}
	if !p.Level.known() {
		return problem.New(problem.Invalid, "situation.no_level").On("level")
	}
	steps := make([]Step, 0, len(p.Steps))
	for _, s := range p.Steps {
		if s.Name, err = checked(s.Name, "steps", maxName, false); err != nil {
			return err
		}
		if s.Name == "" {
			continue
		}
		if s.After < 0 || s.After > 366*24*time.Hour {
			return problem.New(problem.Invalid, "situation.step_time").On("steps")
		}
		if s.Does != "" && !slices.Contains(Doing(), s.Does) {
			return problem.New(problem.Invalid, "situation.step_does").On("steps")
		}
		steps = append(steps, Step{Name: s.Name, After: s.After.Truncate(time.Minute), Does: s.Does})
	}
	if len(steps) == 0 || len(steps) > maxSteps {
		return problem.New(problem.Invalid, "situation.step_count", "Max", maxSteps).On("steps")
	}
	sorting.Stable(steps, func(a, b Step) int { return int((a.After - b.After) / time.Minute) })
	p.Steps = steps
	return nil
}

// SavePlaybook adds a playbook, or changes the one with its id. UpdatedAt, where given, is when who changes it has seen it changed last.
func (s *Service) SavePlaybook(ctx context.Context, p Playbook) (Playbook, error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return p, err
	}
	if err := p.check(); err != nil {
		return p, err
	}
	now := s.Now()
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if p.ID == "" {
			n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM situation_playbook")
			if err != nil {
				return err
			}
			if n >= 200 {
				return problem.New(problem.Invalid, "situation.many_playbooks", "Max", 200)
			}
			p.ID = s.ids.Make(now)
			p.CreatedAt, p.UpdatedAt = now, now
			if err := db.Insert(ctx, q, "situation_playbook ("+bookColumns+")", [][]any{{p.ID, p.Name, string(p.Level), p.About, db.J(p.Steps), db.T(now), db.T(now)}}, ""); err != nil {
				return err
			}
			return s.org.Audit(ctx, q, "situation.playbook_add", "playbook:"+p.ID, nil)
		}
		if !id.Valid(p.ID) {
			return notFound()
		}
		last, found, err := db.One(ctx, q, func(t *time.Time) []any { return []any{db.At(t)} }, "UPDATE situation_playbook SET updated_at = updated_at WHERE id = $1 RETURNING updated_at", p.ID)
		switch {
		case err != nil:
			return err
		case !found:
			return notFound()
		case !p.UpdatedAt.IsZero() && !p.UpdatedAt.Equal(last):
			return problem.New(problem.Conflict, "situation.changed_meanwhile")
		}
		if !now.After(last) {
			now = last.Add(time.Microsecond)
		}
		p.UpdatedAt = now
		if _, err := db.Exec(ctx, q, "UPDATE situation_playbook SET name = $2, level = $3, about = $4, steps = $5, updated_at = $6 WHERE id = $1", p.ID, p.Name, string(p.Level), p.About, db.J(p.Steps), db.T(now)); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "situation.playbook_change", "playbook:"+p.ID, nil)
	})
	if err != nil {
		return p, fmt.Errorf("save a playbook: %w", err)
	}
	return s.Playbook(ctx, p.ID)
}

// RemovePlaybook removes a playbook; situations keep the steps they began with.
func (s *Service) RemovePlaybook(ctx context.Context, book string) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM situation_playbook WHERE id = $1", book)
		if err != nil {
			return fmt.Errorf("remove a playbook: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return s.org.Audit(ctx, q, "situation.playbook_remove", "playbook:"+book, nil)
	})
}
