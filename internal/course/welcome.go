package course

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/team"
)

// Task is one thing a new colleague does before they are at home.
type Task struct {
	Name    string // profile, charter, course, reply
	Minutes int
	Done    bool
	Waiting bool // it is somebody else's turn
	Href    string
	Args    []any
}

// Welcome is how far a new colleague is.
type Welcome struct {
	Tasks    []Task
	Aside    bool // they put the list aside
	Progress Attempt
	Mentor   string // name
}

// Minutes is what is done and what all of it takes.
func (w *Welcome) Minutes() (done, of int) {
	for _, t := range w.Tasks {
		of += t.Minutes
		if t.Done {
			done += t.Minutes
		}
	}
	return done, of
}

// Done reports whether all is done.
func (w *Welcome) Done() bool {
	for _, t := range w.Tasks {
		if !t.Done {
			return false
		}
	}
	return true
}

// NewFor is how long after they joined somebody is shown the list by itself.
const NewFor = 60 * 24 * time.Hour

// Welcomed is the list of whoever acts: what they did is read from what there is, nothing is ticked by hand.
func (s *Service) Welcomed(ctx context.Context) (Welcome, error) {
	var w Welcome
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return w, err
	}
	p, err := s.team.Find(ctx, m.ID)
	if err != nil {
		return w, err
	}
	if mentor, err := s.org.Find(ctx, p.Mentor); err == nil && p.Mentor != "" {
		w.Mentor = mentor.Name
	}
	agreed, err := s.charter.Acknowledged(ctx, m.ID)
	if err != nil {
		return w, err
	}
	w.Tasks = []Task{
		{Name: "profile", Minutes: 2, Done: p.Known, Href: "/team/" + m.ID},
		{Name: "charter", Minutes: 4, Done: agreed, Href: "/charter"},
	}
	first, found, err := s.first(ctx)
	if err != nil {
		return w, err
	}
	if found {
		list, err := s.Own(ctx)
		if err != nil {
			return w, err
		}
		best, _ := Best(list, first.ID, m.ID, s.Now())
		if w.Progress, _, err = s.Mine(ctx, first.ID); err != nil {
			return w, err
		}
		w.Tasks = append(w.Tasks, Task{Name: "course", Minutes: first.Content.Minutes, Done: best.Valid(s.Now()), Href: "/courses/" + first.ID, Args: []any{"Title", first.Content.Title.In(m.Lang)}})
	}
	reply := Task{Name: "reply", Minutes: 4, Href: "/inbox"}
	q := s.db.Read()
	if reply.Done, err = some(ctx, q, "SELECT 1 FROM reply_approval WHERE member = $1 AND state IN ('approved', 'changed') LIMIT 1", m.ID); err != nil {
		return w, err
	}
	if !reply.Done && p.Approval != team.Beginner {
		reply.Name = "reply_free"
		if reply.Done, err = some(ctx, q, "SELECT 1 FROM outgoing WHERE member = $1 AND state = 'sent' LIMIT 1", m.ID); err != nil {
			return w, err
		}
	}
	if !reply.Done {
		if reply.Waiting, err = some(ctx, q, "SELECT 1 FROM reply_approval WHERE member = $1 AND state = 'waiting' LIMIT 1", m.ID); err != nil {
			return w, err
		}
	}
	w.Tasks = append(w.Tasks, reply)
	if w.Aside, err = some(ctx, q, "SELECT 1 FROM course_welcome WHERE member = $1", m.ID); err != nil {
		return w, fmt.Errorf("read what was put aside: %w", err)
	}
	return w, nil
}

// first is the course of new colleagues: the one that the right to speak hangs on, else the oldest.
func (s *Service) first(ctx context.Context) (Course, bool, error) {
	g, err := s.Gate(ctx)
	if err != nil {
		return Course{}, false, err
	}
	list, err := s.Courses(ctx)
	if err != nil {
		return Course{}, false, err
	}
	var one Course
	found := false
	for _, c := range list {
		if c.Open() && (!found || c.ID == g.Course) {
			one, found = c, true
		}
	}
	return one, found, nil
}

func some(ctx context.Context, q db.Q, query, member string) (bool, error) {
	_, found, err := db.Value[int](ctx, q, query, member)
	return found, err
}

// Greets reports whether the start page shows whoever acts the list: who joined a short while ago, has not done all of it and did not put it aside.
func (s *Service) Greets(ctx context.Context) bool {
	m := org.Who(ctx)
	if m == nil || !m.May(org.InboxEdit) || m.CreatedAt.Before(s.Now().Add(-NewFor)) {
		return false
	}
	w, err := s.Welcomed(ctx)
	return err == nil && !w.Aside && !w.Done()
}

// PutAside takes the list from the start page of whoever acts.
func (s *Service) PutAside(ctx context.Context) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO course_welcome (member, aside_at) VALUES ($1, $2) ON CONFLICT (member) DO NOTHING", m.ID, db.T(s.Now()))
		return err
	})
}
