package course

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Attempt is somebody's way through one version of a course.
type Attempt struct {
	ID, Course, Member string
	Number             int
	BegunAt, EndedAt   time.Time
	Result             string // "", passed, failed, left

	Content Content
	Tries   map[string][]Try // by step, the first first
}

// The ends of an attempt.
const (
	Passed = "passed"
	Failed = "failed"
	Left   = "left"
)

// Try is one answer to a step.
type Try struct {
	Step   string
	N      int // 1 for the first
	Answer Answer
	Score  int // percent
	Passed bool
	At     time.Time
}

// Answer is what a learner gave: words to a scenario, or for each question of a quiz the places of the choices, from 0.
type Answer struct {
	Text    string  `json:"text,omitempty"`
	Choices [][]int `json:"choices,omitempty"`
}

const (
	maxAnswer = 8000 // characters
	mostTries = 100  // at one step
	// Pause is how long somebody who failed waits before they begin anew.
	Pause = time.Hour
)

// Done reports whether a step was passed.
func (a *Attempt) Done(step string) bool {
	for _, t := range a.Tries[step] {
		if t.Passed {
			return true
		}
	}
	return false
}

// Last is the latest try at a step.
func (a *Attempt) Last(step string) (Try, bool) {
	list := a.Tries[step]
	if len(list) == 0 {
		return Try{}, false
	}
	return list[len(list)-1], true
}

// Progress is how many steps were passed, of how many.
func (a *Attempt) Progress() (done, of int) {
	for _, st := range a.Content.Steps {
		if a.Done(st.ID) {
			done++
		}
	}
	return done, len(a.Content.Steps)
}

// Next is the first step that was not passed, "" for none.
func (a *Attempt) Next() string {
	for _, st := range a.Content.Steps {
		if !a.Done(st.ID) {
			return st.ID
		}
	}
	return ""
}

// Open reports whether it goes on.
func (a *Attempt) Open() bool { return a.ID != "" && a.EndedAt.IsZero() }

const attemptColumns = "id, course, member, number, begun_at, ended_at, result"

func attemptFields(a *Attempt) []any {
	return []any{&a.ID, &a.Course, &a.Member, &a.Number, db.At(&a.BegunAt), db.At(&a.EndedAt), &a.Result}
}

// Mine is the newest attempt of whoever acts at a course; nobody reads another's.
func (s *Service) Mine(ctx context.Context, course string) (Attempt, bool, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return Attempt{}, false, err
	}
	return s.newest(ctx, s.db.Read(), m.ID, course)
}

func (s *Service) newest(ctx context.Context, q db.Q, member, course string) (Attempt, bool, error) {
	if !id.Valid(course) {
		return Attempt{}, false, missing()
	}
	a, found, err := db.One(ctx, q, attemptFields, "SELECT "+attemptColumns+" FROM course_attempt WHERE member = $1 AND course = $2 ORDER BY begun_at DESC, id DESC LIMIT 1", member, course)
	if err != nil || !found {
		return a, false, err
	}
	if a.Content, err = s.version(ctx, q, a.Course, a.Number); err != nil {
		return a, false, err
	}
	list, err := db.All(ctx, q, func(t *Try) []any {
		return []any{&t.Step, &t.N, db.JSON(&t.Answer), &t.Score, db.Bool(&t.Passed), db.At(&t.At)}
	},
		"SELECT step, try, answer, score, passed, at FROM course_try WHERE attempt = $1 ORDER BY step, try", a.ID)
	if err != nil {
		return a, false, fmt.Errorf("read what was answered: %w", err)
	}
	a.Tries = map[string][]Try{}
	for _, t := range list {
		a.Tries[t.Step] = append(a.Tries[t.Step], t)
	}
	return a, true, nil
}

// Start begins a course, or goes on with what was begun: pressing twice begins once.
func (s *Service) Start(ctx context.Context, course string) (Attempt, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return Attempt{}, err
	}
	if m.ByToken() {
		return Attempt{}, problem.New(problem.Forbidden, "charter.in_person")
	}
	var a Attempt
	return a, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		c, err := s.find(ctx, q, course)
		if err != nil {
			return err
		}
		found := false
		if a, found, err = s.newest(ctx, q, m.ID, course); err != nil || found && a.EndedAt.IsZero() {
			return err
		}
		now := s.Now()
		switch {
		case !c.Open():
			return missing()
		case found && a.Result == Failed && now.Before(a.EndedAt.Add(Pause)):
			return problem.New(problem.Conflict, "course.pause", "Minutes", int(a.EndedAt.Add(Pause).Sub(now)/time.Minute)+1)
		}
		a = Attempt{ID: id.New(), Course: course, Member: m.ID, Number: c.Number, BegunAt: now, Content: c.Content, Tries: map[string][]Try{}}
		if err := db.Insert(ctx, q, "course_attempt (id, course, number, member, begun_at)", [][]any{{a.ID, a.Course, a.Number, a.Member, db.T(a.BegunAt)}}, ""); err != nil {
			return fmt.Errorf("begin a course: %w", err)
		}
		return nil
	})
}

// Leave ends what whoever acts has begun, so that they can begin the newest version.
func (s *Service) Leave(ctx context.Context, course string) error {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE course_attempt SET ended_at = $3, result = 'left' WHERE member = $1 AND course = $2 AND ended_at IS NULL", m.ID, course, db.T(s.Now()))
		return err
	})
}

// Give takes an answer to a step of what whoever acts has begun. seen is how many tries they had made when they saw the page: of two tabs one
// answers. Who passes the last step has the certificate in the same transaction.
func (s *Service) Give(ctx context.Context, course, step string, seen int, in Answer) (Attempt, error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return Attempt{}, err
	}
	if m.ByToken() {
		return Attempt{}, problem.New(problem.Forbidden, "charter.in_person")
	}
	in.Text = strings.TrimSpace(strings.ReplaceAll(strings.ReplaceAll(strings.ToValidUTF8(in.Text, "\uFFFD"), "\x00", ""), "\r\n", "\n"))
	if utf8.RuneCountInString(in.Text) > maxAnswer {
		return Attempt{}, problem.New(problem.Invalid, "problem.too_long", "Max", maxAnswer).On("text")
	}
	var a Attempt
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		found := false
		if a, found, err = s.newest(ctx, q, m.ID, course); err != nil {
			return err
		}
		if !found {
			return missing()
		}
		i, known := a.Content.Step(step)
		switch {
		case !known:
			return missing()
		case a.Done(step):
			return nil // it was passed in another tab
		case !a.EndedAt.IsZero():
			return problem.New(problem.Conflict, "course.over")
		case seen != len(a.Tries[step]):
			return problem.New(problem.Conflict, "course.other_tab")
		case seen >= mostTries:
			return problem.New(problem.Conflict, "course.enough")
		}
		st := &a.Content.Steps[i]
		t := Try{Step: step, N: seen + 1, Answer: in, At: s.Now()}
		if t.Score, t.Passed, err = s.grade(ctx, st, &t.Answer, m.Name); err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, "INSERT INTO course_try (attempt, step, try, answer, score, passed, at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING",
			a.ID, t.Step, t.N, db.J(t.Answer), t.Score, db.B(t.Passed), db.T(t.At))
		if err != nil {
			return fmt.Errorf("keep an answer: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "course.other_tab")
		}
		a.Tries[step] = append(a.Tries[step], t)
		switch {
		case a.Next() == "":
			return s.pass(ctx, q, &a, t.At)
		case !t.Passed && st.Tries > 0 && t.N >= st.Tries:
			return s.end(ctx, q, &a, Failed, t.At)
		}
		return nil
	})
	return a, err
}

func (s *Service) end(ctx context.Context, q db.Q, a *Attempt, result string, at time.Time) error {
	a.EndedAt, a.Result = at, result
	n, err := db.Exec(ctx, q, "UPDATE course_attempt SET ended_at = $2, result = $3 WHERE id = $1 AND ended_at IS NULL", a.ID, db.T(at), result)
	if err != nil {
		return fmt.Errorf("end an attempt: %w", err)
	}
	if n == 0 {
		return problem.New(problem.Conflict, "course.other_tab")
	}
	return s.org.Audit(ctx, q, "course."+result, "course:"+a.Course, map[string]any{"number": a.Number, "attempt": a.ID})
}
