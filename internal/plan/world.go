package plan

import (
	"context"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/plan/schedule"
)

// World is what plans are seen in: the day it is, the days that are worked, and who is there.
type World struct {
	Today    schedule.Day
	Calendar schedule.Calendar
	members  map[string]*org.Member
}

func (s *Service) world(ctx context.Context) (World, error) {
	w := World{Today: s.Today(ctx), members: map[string]*org.Member{}}
	var err error
	if w.Calendar, err = s.Calendar(ctx); err != nil {
		return w, err
	}
	list, err := s.org.Members(ctx)
	if err != nil {
		return w, err
	}
	for _, m := range list {
		w.members[m.ID] = m
	}
	return w, nil
}

// Active reports whether a member is there.
func (w World) Active(member string) bool {
	m := w.members[member]
	return m != nil && m.State == org.Active
}

// Name is what a member is called, "" for one who has gone.
func (w World) Name(member string) string {
	if m := w.members[member]; m != nil {
		return m.Name
	}
	return ""
}
