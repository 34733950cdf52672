package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/team"
)

// What Filter.Service narrows to.
const (
	Late    = "late"    // its time is over
	Soon    = "soon"    // late, or so near that whoever has it is warned
	Running = "running" // something is due some time
)

// Ages lists the ages, in days, by which a view can be narrowed.
func Ages() []int { return []int{1, 3, 7, 30} }

// timely reports whether what a filter lets through changes while nothing happens.
func (f *Filter) timely() bool {
	return f.Words != "" || f.Skill != "" || f.Service != "" || f.Age != 0
}

// narrow adds what a filter says beyond whose and where. A walk goes along one index: what narrows a view that has an index of its own is
// looked at row by row, as it does where few things wait or are due.
func (w *walk) narrow(f Filter, now time.Time) error {
	switch f.Service {
	case "":
	case Late, Soon, Running: // they are gone through by when they are due, whatever the view
		w.column, w.up = "due_at", true
		w.where.And("due_at IS NOT NULL")
	default:
		return problem.New(problem.Invalid, "problem.bad_form").On("service")
	}
	switch f.Service {
	case Late:
		w.where.And("due_at < ?", db.T(now))
	case Soon:
		w.where.And("COALESCE(warn_at, due_at) < ?", db.T(now))
	}
	if f.Priority != "" {
		if rank(f.Priority) < 0 {
			return problem.New(problem.Invalid, "problem.bad_form").On("priority")
		}
		w.where.And("priority = ?", strings.TrimSuffix(f.Priority, due.Usual))
	}
	if f.Age != 0 {
		if !slices.Contains(Ages(), f.Age) {
			return problem.New(problem.Invalid, "problem.bad_form").On("age")
		}
		w.where.And("opened_at + 0 < ?", db.T(now.AddDate(0, 0, -f.Age)))
	}
	return nil
}

// alike narrows a walk to the conversations of a language, feeling and nature. Those with a rare one are sorted; of a frequent one the walk
// meets enough. An index in the order of the walk would move with everything that is said.
func (w *walk) alike(ctx context.Context, q db.Q, f Filter) error {
	for _, c := range [][2]string{{"lang", f.Language}, {"feeling", f.Feeling}, {"nature", f.Nature}} {
		if c[1] == "" {
			continue
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM (SELECT 1 FROM conversation WHERE "+c[0]+" = $1"+db.Limit(fewInView+1)+") AS v", c[1])
		if err != nil {
			return fmt.Errorf("count conversations by %s: %w", c[0], err)
		}
		if n <= fewInView {
			w.where.And("id IN (SELECT id FROM conversation WHERE "+c[0]+" = ?)", c[1])
		} else {
			w.where.And(c[0]+db.Pick(q, " || ''", "")+" = ?", c[1]) // SQLite would go by its index and sort; PostgreSQL knows how frequent it is
		}
	}
	return nil
}

// tagged narrows a walk to the conversations with a tag. Those with a rare one are sorted; of a frequent one the walk meets enough.
func (w *walk) tagged(ctx context.Context, q db.Q, tag string) error {
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM (SELECT 1 FROM conversation_tag WHERE tag = $1"+db.Limit(fewInView+1)+") AS v", tag)
	if err != nil {
		return fmt.Errorf("count what has a tag: %w", err)
	}
	if n <= fewInView {
		w.where.And("id IN (SELECT conversation FROM conversation_tag WHERE tag = ?)", tag)
	} else {
		w.where.And("EXISTS (SELECT 1 FROM conversation_tag t WHERE t.tag = ? AND t.conversation = conversation.id)", tag)
	}
	return nil
}

// ofDepartment narrows a walk to what the members of a department have.
func (s *Service) ofDepartment(ctx context.Context, q db.Q, w *walk, department string) error {
	all, err := s.team.All(ctx)
	if err != nil {
		return fmt.Errorf("find who is in a department: %w", err)
	}
	members := []string{}
	for _, p := range all {
		if p.Department == department {
			members = append(members, p.Member)
		}
	}
	w.where.And("assignee || '' IN "+db.Among(q, "?"), db.Texts(members))
	return nil
}

// Skills lists what those who answer are skilled in, as each first wrote it, in the order of the alphabet.
func (s *Service) Skills(ctx context.Context) ([]string, error) {
	all, err := s.team.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("list skills: %w", err)
	}
	seen := map[string]bool{}
	var out []string
	for i := range all {
		for _, k := range all[i].Skills {
			if folded := team.Skill(k); !seen[folded] {
				seen[folded] = true
				out = append(out, k)
			}
		}
	}
	sorting.Func(out, func(a, b string) int { return strings.Compare(team.Skill(a), team.Skill(b)) })
	return out, nil
}

// Departments lists the departments of those who answer.
func (s *Service) Departments(ctx context.Context) ([]string, error) {
	return s.departments.Read(ctx, s.db, "", func(ctx context.Context) ([]string, error) {
		return db.All(ctx, s.db.Read(), db.Self[string], "SELECT DISTINCT department FROM team_profile WHERE department <> '' ORDER BY department LIMIT 200")
	})
}

// Languages lists the languages of conversations, at most 50.
func (s *Service) Languages(ctx context.Context) ([]string, error) {
	return s.languages.Read(ctx, s.db, "", func(ctx context.Context) ([]string, error) {
		var out []string
		for last := ""; len(out) < 50; { // from one to the next along the index
			next, found, err := db.Value[string](ctx, s.db.Read(), "SELECT lang FROM conversation WHERE lang > $1 ORDER BY lang LIMIT 1", last)
			if err != nil || !found {
				return out, err
			}
			out, last = append(out, next), next
		}
		return out, nil
	})
}
