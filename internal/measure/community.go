package measure

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/sorting"
)

// nowhere is a channel that there is none of.
const nowhere = "-"

// communities lists those of ours that are heard, by what they are called for whoever reads.
func (s *Service) communities(ctx context.Context) ([]community.Community, error) {
	list, err := db.All(ctx, s.db.Read(), func(c *community.Community) []any {
		return []any{&c.ID, &c.Slug, &c.Channel, db.JSON(&c.Name), db.JSON(&c.Langs), db.At(&c.ClosedAt)}
	}, "SELECT id, slug, channel, name, langs, closed_at FROM community WHERE channel <> '' ORDER BY created_at, id LIMIT 1000")
	if err != nil {
		return nil, fmt.Errorf("list communities: %w", err)
	}
	lang := i18n.Lang(ctx)
	sorting.Stable(list, func(a, b community.Community) int { return cmp.Compare(a.Called(lang), b.Called(lang)) })
	return list, nil
}

// called is all that facts and filters may call a community, one a line: its id, its slug, each of its names, and those as filters kept them
// before they kept ids.
func called(c community.Community) string {
	kept, _ := json.Marshal(c.Name) // texts always marshal
	out := []string{c.ID, c.Slug, string(kept)}
	for _, name := range c.Name {
		out = append(out, name)
	}
	slices.Sort(out)
	return strings.Join(slices.Compact(out), "\n")
}

// meant finds the community of ours that a filter names.
func meant(list []community.Community, name string) int {
	return slices.IndexFunc(list, func(c community.Community) bool {
		return slices.Contains(strings.Split(called(c), "\n"), name)
	})
}

// CommunityID is the id of a community of ours that is called so, else the name as it is.
func (s *Service) CommunityID(ctx context.Context, name string) (string, error) {
	if name == "" {
		return "", nil
	}
	list, err := s.communities(ctx)
	if i := meant(list, name); i >= 0 {
		name = list[i].ID
	}
	return name, err
}

// Settled puts a filter into the terms of what a measure counts. What is said stands on channels, so that a community of ours becomes its
// channel; business facts name channels and communities in words, so that what ours are called goes along.
func (s *Service) Settled(ctx context.Context, m kpi.Measure, f Filter) (Filter, error) {
	facts := m.Of == kpi.OfFacts || slices.ContainsFunc(m.Needs, func(n string) bool { _, _, fact := kpi.FactNeed(n); return fact })
	if f.Community == "" && (f.Channel == "" || !facts) {
		return f, nil
	}
	list, err := s.communities(ctx)
	if err != nil {
		return f, err
	}
	i := meant(list, f.Community)
	if f.Community == "" {
		i = slices.IndexFunc(list, func(c community.Community) bool { return c.Channel == f.Channel })
	}
	channel := f.Channel
	if i >= 0 && channel == "" {
		channel = list[i].Channel
	}
	if m.Of != kpi.OfFacts && f.Community != "" {
		if i < 0 || channel != list[i].Channel {
			f.Channel, f.Community = nowhere, ""
			return f, nil
		}
		f.Channel, f.Community = channel, ""
	}
	if !facts {
		return f, nil
	}
	if i >= 0 {
		f.Called = kpi.Called{Community: called(list[i]), One: m.Of != kpi.OfFacts}
		if f.Community != "" {
			f.Community = list[i].ID
		}
	}
	if channel == "" {
		return f, nil
	}
	name, found, err := db.Value[string](ctx, s.db.Read(), "SELECT name FROM channel WHERE id = $1", channel)
	if err != nil {
		return f, fmt.Errorf("read what a channel is called: %w", err)
	}
	if f.Called.Channel = channel; found {
		f.Called.Channel += "\n" + name
	}
	return f, nil
}
