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

// world is that of some initiatives: it knows whoever has a part in them.
func (s *Service) world(ctx context.Context, list ...Initiative) (World, error) {
	w := World{Today: s.Today(ctx), members: map[string]*org.Member{}}
	var err error
	if w.Calendar, err = s.Calendar(ctx); err != nil {
		return w, err
	}
	var parts []string
	for k := range list {
		i := &list[k]
		parts = append(parts, i.Owner)
		for _, c := range i.Contributors {
			parts = append(parts, c.Member)
		}
		for _, t := range i.Tasks {
			parts = append(parts, t.Member)
		}
	}
	members, err := s.org.Members(ctx, parts...)
	if err != nil {
		return w, err
	}
	for _, m := range members {
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
