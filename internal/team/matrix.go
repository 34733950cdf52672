package team

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Letter is a part somebody has in a kind of work.
type Letter string

// The letters of the responsibility matrix.
const (
	Responsible Letter = "r" // does it
	Accountable Letter = "a" // answers for it; one for each kind of work
	Consulted   Letter = "c" // is asked before
	Informed    Letter = "i" // is told after
)

// Letters lists the letters.
func Letters() []Letter { return []Letter{Responsible, Accountable, Consulted, Informed} }

// Work is a kind of work, and who has which part in it. Who is role:NAME, department:NAME or member:ID.
type Work struct {
	ID, Name string
	Duties   map[string]Letter
}

// Gap is what a line of the matrix lacks.
type Gap string

// The gaps.
const (
	NobodyDoes    Gap = "nobody_does"
	NobodyAnswers Gap = "nobody_answers"
	SeveralAnswer Gap = "several_answer"
)

// Gaps says what a kind of work lacks: work is done by somebody, and exactly one answers for it.
func (w *Work) Gaps() (out []Gap) {
	count := map[Letter]int{}
	for _, l := range w.Duties {
		count[l]++
	}
	if count[Responsible] == 0 && count[Accountable] == 0 {
		out = append(out, NobodyDoes)
	}
	switch n := count[Accountable]; {
	case n == 0:
		out = append(out, NobodyAnswers)
	case n > 1:
		out = append(out, SeveralAnswer)
	}
	return out
}

const (
	mostWorks = 60
	maxWork   = 120 // characters
	mostWho   = 40
)

// Matrix lists the kinds of work in their order.
func (s *Service) Matrix(ctx context.Context) ([]Work, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	list, err := s.works.Read(ctx, s.db, "", func(ctx context.Context) ([]Work, error) {
		list, err := db.All(ctx, s.db.Read(), func(w *Work) []any { return []any{&w.ID, &w.Name} }, "SELECT id, name FROM team_work ORDER BY position, id")
		if err != nil {
			return nil, fmt.Errorf("read the matrix: %w", err)
		}
		type duty struct{ work, who, letter string }
		duties, err := db.All(ctx, s.db.Read(), func(d *duty) []any { return []any{&d.work, &d.who, &d.letter} }, "SELECT work, who, letter FROM team_duty")
		if err != nil {
			return nil, fmt.Errorf("read the matrix: %w", err)
		}
		for i := range list {
			list[i].Duties = map[string]Letter{}
			for _, d := range duties {
				if d.work == list[i].ID {
					list[i].Duties[d.who] = Letter(d.letter)
				}
			}
		}
		return list, nil
	})
	return slices.Clone(list), err
}

// SetWork keeps a kind of work with its duties, a new one when it has no id.
func (s *Service) SetWork(ctx context.Context, w Work) (Work, error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return w, err
	}
	var bad []error
	w.Name = strings.Join(strings.Fields(strings.ReplaceAll(strings.ToValidUTF8(w.Name, ""), "\x00", "")), " ")
	switch {
	case w.Name == "":
		bad = append(bad, problem.New(problem.Invalid, "problem.required").On("name"))
	case utf8.RuneCountInString(w.Name) > maxWork:
		bad = append(bad, problem.New(problem.Invalid, "problem.too_long", "Max", maxWork).On("name"))
	}
	if len(w.Duties) > mostWho {
		bad = append(bad, problem.New(problem.Invalid, "team.too_many", "Max", mostWho).On("name"))
	}
	for who, l := range w.Duties {
		kind, name, _ := strings.Cut(who, ":")
		known := name != "" && utf8.ValidString(name) && len(name) <= 4*maxSkill && !strings.ContainsRune(name, 0)
		switch kind {
		case "role":
			known = known && slices.Contains(org.Roles(), org.Role(name))
		case "member":
			known = known && id.Valid(name)
		case "department":
		default:
			known = false
		}
		if !known || !slices.Contains(Letters(), l) {
			bad = append(bad, problem.New(problem.Invalid, "problem.bad_form"))
			break
		}
	}
	if err := errors.Join(bad...); err != nil {
		return w, err
	}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM team_work")
		if err != nil {
			return err
		}
		action := "team.work"
		if w.ID == "" {
			if n >= mostWorks {
				return problem.New(problem.Invalid, "team.too_many", "Max", mostWorks).On("name")
			}
			w.ID = id.New()
			action = "team.work_add"
			if _, err := db.Exec(ctx, q, "INSERT INTO team_work (id, position, name, changed_at) VALUES ($1, (SELECT COALESCE(MAX(position), 0) + 1 FROM team_work), $2, $3)",
				w.ID, w.Name, db.T(s.now())); err != nil {
				return err
			}
		} else {
			if !id.Valid(w.ID) {
				return missing()
			}
			changed, err := db.Exec(ctx, q, "UPDATE team_work SET name = $1, changed_at = $2 WHERE id = $3", w.Name, db.T(s.now()), w.ID)
			if err != nil {
				return err
			}
			if changed == 0 {
				return missing()
			}
			if _, err := db.Exec(ctx, q, "DELETE FROM team_duty WHERE work = $1", w.ID); err != nil {
				return err
			}
		}
		var rows [][]any
		for who, l := range w.Duties {
			rows = append(rows, []any{w.ID, who, string(l)})
		}
		if err := db.Insert(ctx, q, "team_duty (work, who, letter)", rows, ""); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, action, "work:"+w.ID, map[string]any{"name": w.Name, "duties": w.Duties})
	})
	return w, err
}

// RemoveWork takes a kind of work off the matrix.
func (s *Service) RemoveWork(ctx context.Context, work string) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	if !id.Valid(work) {
		return missing()
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM team_duty WHERE work = $1", work); err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, "DELETE FROM team_work WHERE id = $1", work)
		if err == nil && n == 0 {
			err = missing()
		}
		if err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "team.work_remove", "work:"+work, nil)
	})
}
