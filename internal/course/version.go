package course

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Course is one course, as it is being written, and which version was published last.
type Course struct {
	ID        string
	Draft     Content
	Number    int // of the version published last; 0 for none
	RetiredAt time.Time
	ChangedAt time.Time

	Content Content // of the version published last
}

// Mark changes whenever the draft does: give it back as what was seen.
func (c *Course) Mark() string {
	raw, _ := json.Marshal(c.Draft) // plain values always marshal
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8])
}

// Open reports whether somebody may begin it.
func (c *Course) Open() bool { return c.Number > 0 && c.RetiredAt.IsZero() }

// Changed reports whether the draft says something else than what was published.
func (c *Course) Changed() bool {
	a, _ := json.Marshal(c.Draft)
	b, _ := json.Marshal(c.Content)
	return c.Number == 0 || string(a) != string(b)
}

const (
	courseColumns = "c.id, c.draft, c.number, c.retired_at, c.changed_at, COALESCE(v.content, '{}')"
	courseTables  = " FROM course c LEFT JOIN course_version v ON v.course = c.id AND v.number = c.number "
	mostCourses   = 200
)

func courseFields(c *Course) []any {
	return []any{&c.ID, db.JSON(&c.Draft), &c.Number, db.At(&c.RetiredAt), db.At(&c.ChangedAt), db.JSON(&c.Content)}
}

// Courses lists the courses that can be begun; for those who assign, all.
func (s *Service) Courses(ctx context.Context) ([]Course, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	where := "WHERE c.number > 0 AND c.retired_at IS NULL"
	if org.Require(ctx, org.InboxAssign) == nil {
		where = ""
	}
	list, err := db.All(ctx, s.db.Read(), courseFields, "SELECT "+courseColumns+courseTables+where+" ORDER BY c.created_at, c.id"+db.Limit(mostCourses))
	if err != nil {
		return nil, fmt.Errorf("read courses: %w", err)
	}
	return list, nil
}

// Find returns a course; what was not published is for those who assign.
func (s *Service) Find(ctx context.Context, course string) (Course, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return Course{}, err
	}
	c, err := s.find(ctx, s.db.Read(), course)
	if err == nil && c.Number == 0 && org.Require(ctx, org.InboxAssign) != nil {
		err = missing()
	}
	return c, err
}

func (s *Service) find(ctx context.Context, q db.Q, course string) (Course, error) {
	if !id.Valid(course) {
		return Course{}, missing()
	}
	c, found, err := db.One(ctx, q, courseFields, "SELECT "+courseColumns+courseTables+"WHERE c.id = $1", course)
	if err != nil {
		return c, fmt.Errorf("read a course: %w", err)
	}
	if !found {
		return c, missing()
	}
	return c, nil
}

// version is what a published version says.
func (s *Service) version(ctx context.Context, q db.Q, course string, number int) (Content, error) {
	type row struct{ c Content }
	r, found, err := db.One(ctx, q, func(r *row) []any { return []any{db.JSON(&r.c)} }, "SELECT content FROM course_version WHERE course = $1 AND number = $2", course, number)
	if err == nil && !found {
		err = missing()
	}
	if err != nil {
		return Content{}, fmt.Errorf("read a version: %w", err)
	}
	return r.c, nil
}

// number gives steps that have none an ID.
func (v *Content) number() {
	for i := range v.Steps {
		if v.Steps[i].ID == "" {
			v.Steps[i].ID = v.free(v.Steps[i].Kind)
		}
	}
}

// Add makes a course that nobody can learn from yet.
func (s *Service) Add(ctx context.Context, v Content) (Course, error) {
	v.Steps = slices.Clone(v.Steps)
	v.number()
	c := Course{ID: id.New(), Draft: v, ChangedAt: s.Now()}
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return c, err
	}
	if err := c.Draft.check(false); err != nil {
		return c, err
	}
	return c, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM course")
		if err != nil {
			return err
		}
		if n >= mostCourses {
			return problem.New(problem.Invalid, "team.too_many", "Max", mostCourses).On("title")
		}
		if err := db.Insert(ctx, q, "course (id, draft, created_at, changed_at)", [][]any{{c.ID, db.J(c.Draft), db.T(c.ChangedAt), db.T(c.ChangedAt)}}, ""); err != nil {
			return fmt.Errorf("keep a course: %w", err)
		}
		return s.org.Audit(ctx, q, "course.add", "course:"+c.ID, map[string]any{"title": c.Draft.Title})
	})
}

// edit changes the draft of a course; seen is the Mark of what the writer saw.
func (s *Service) edit(ctx context.Context, course, seen, action string, change func(v *Content) error) (Course, error) {
	var c Course
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return c, err
	}
	return c, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		if c, err = s.find(ctx, q, course); err != nil {
			return err
		}
		if seen != c.Mark() {
			return problem.New(problem.Conflict, "problem.conflict")
		}
		if err := change(&c.Draft); err != nil {
			return err
		}
		if err := c.Draft.check(false); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE course SET draft = $2, changed_at = $3 WHERE id = $1", c.ID, db.J(c.Draft), db.T(s.Now())); err != nil {
			return fmt.Errorf("keep a draft: %w", err)
		}
		return s.org.Audit(ctx, q, action, "course:"+c.ID, map[string]any{"title": c.Draft.Title})
	})
}

// Replace changes the whole draft; steps keep their IDs, new ones get some.
func (s *Service) Replace(ctx context.Context, course, seen string, v Content) (Course, error) {
	return s.edit(ctx, course, seen, "course.edit", func(to *Content) error {
		v.number()
		*to = v
		return nil
	})
}

// SetHead changes what stands over the steps of the draft.
func (s *Service) SetHead(ctx context.Context, course, seen string, v Content) (Course, error) {
	return s.edit(ctx, course, seen, "course.edit", func(to *Content) error {
		to.Title, to.About, to.Minutes, to.Months = v.Title, v.About, v.Minutes, v.Months
		return nil
	})
}

// SetStep changes a step of the draft, or adds one when it has no ID.
func (s *Service) SetStep(ctx context.Context, course, seen string, st Step) (Course, error) {
	return s.edit(ctx, course, seen, "course.edit", func(to *Content) error {
		if st.ID == "" {
			st.ID = to.free(st.Kind)
			to.Steps = append(to.Steps, st)
		} else {
			i, found := to.Step(st.ID)
			if !found {
				return missing()
			}
			st.Kind = to.Steps[i].Kind
			to.Steps[i] = st
		}
		var c checks
		c.step(&st)
		return errors.Join(c.list...)
	})
}

// MoveStep puts a step of the draft one place up, or down.
func (s *Service) MoveStep(ctx context.Context, course, seen, step string, down bool) (Course, error) {
	return s.edit(ctx, course, seen, "course.edit", func(to *Content) error {
		i, found := to.Step(step)
		j := i - 1
		if down {
			j = i + 1
		}
		if !found {
			return missing()
		}
		if j >= 0 && j < len(to.Steps) {
			to.Steps[i], to.Steps[j] = to.Steps[j], to.Steps[i]
		}
		return nil
	})
}

// RemoveStep takes a step out of the draft.
func (s *Service) RemoveStep(ctx context.Context, course, seen, step string) (Course, error) {
	return s.edit(ctx, course, seen, "course.edit", func(to *Content) error {
		i, found := to.Step(step)
		if !found {
			return missing()
		}
		to.Steps = slices.Delete(to.Steps, i, i+1)
		return nil
	})
}

// Publish makes the draft the version that learners begin from now on. Who has begun an earlier one goes on with that.
func (s *Service) Publish(ctx context.Context, course, seen string) (Course, error) {
	var c Course
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return c, err
	}
	by := ""
	if m := org.Who(ctx); m != nil {
		by = m.ID
	}
	return c, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		if c, err = s.find(ctx, q, course); err != nil {
			return err
		}
		if seen != c.Mark() {
			return problem.New(problem.Conflict, "problem.conflict")
		}
		if err := c.Draft.check(true); err != nil {
			return err
		}
		if !c.Changed() && c.RetiredAt.IsZero() {
			return nil
		}
		now := db.T(s.Now())
		if c.Changed() {
			c.Number, c.Content = c.Number+1, c.Draft
			if err := db.Insert(ctx, q, "course_version (course, number, content, published_at, published_by)", [][]any{{c.ID, c.Number, db.J(c.Content), now, by}}, ""); err != nil {
				return fmt.Errorf("publish a course: %w", err)
			}
		}
		c.RetiredAt = time.Time{}
		if _, err := db.Exec(ctx, q, "UPDATE course SET number = $2, retired_at = NULL, changed_at = $3 WHERE id = $1", c.ID, c.Number, now); err != nil {
			return fmt.Errorf("publish a course: %w", err)
		}
		return s.org.Audit(ctx, q, "course.publish", "course:"+c.ID, map[string]any{"number": c.Number, "title": c.Content.Title})
	})
}

// Retire takes a course off the list: who has begun it may finish, certificates stay valid. The course that the right to speak hangs on stays.
func (s *Service) Retire(ctx context.Context, course string) error {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return err
	}
	g, err := s.Gate(ctx)
	if err != nil {
		return err
	}
	if g.Reach != Nowhere && g.Course == course {
		return problem.New(problem.Invalid, "course.gates")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := s.find(ctx, q, course); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE course SET retired_at = $2 WHERE id = $1 AND retired_at IS NULL", course, db.T(s.Now())); err != nil {
			return fmt.Errorf("retire a course: %w", err)
		}
		return s.org.Audit(ctx, q, "course.retire", "course:"+course, nil)
	})
}
