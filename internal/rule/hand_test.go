package rule_test

import (
	"log/slog"
	"slices"
	"testing"

	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/rule"
	"github.com/entente/entente/internal/team"
)

// TestHands: a rule puts tags on and hands to whoever is free of a department; where nobody is, the social team is told and the rule goes on.
func TestHands(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		s := team.New(k.DB, k.Org, slog.New(slog.DiscardHandler), k.Now)
		p := team.Profile{Member: k.vera.ID, Department: "Workshop", Languages: []string{"en"}, Calendar: hours.Calendar{Zone: "UTC"}, Routed: true, Minutes: 600}
		for d := range p.Calendar.Week {
			p.Calendar.Week[d] = []hours.Stretch{{From: 0, To: 24 * 60}}
		}
		was, err := s.Find(k.As(k.vera), k.vera.ID)
		must(t, err)
		_, err = s.Save(org.AsOperator(t.Context()), was.Mark(), p)
		must(t, err)
		if _, err := k.rules.Add(k.As(k.lead), rule.Rule{Name: "two", When: rule.Opened, Then: rule.Doings{Assign: k.vera.ID, Department: "Workshop"}}); err == nil {
			t.Error("a rule hands to two")
		}
		k.add(rule.Rule{Name: "workshop", When: rule.Opened, Then: rule.Doings{Department: "Workshop", Tags: []string{"Brakes", " brakes", "urgent"}}, Last: true})
		k.add(rule.Rule{Name: "nobody", When: rule.Resolved, Then: rule.Doings{Skill: "welding"}})
		c := k.hear("Brakes", "They squeak.")
		must(t, k.rules.Once(t.Context()))
		tags, err := k.Inbox.TagsOf(t.Context(), c.ID)
		must(t, err)
		if got := k.find(c); got.Assignee != k.vera.ID || !slices.Equal(tags, []string{"brakes", "urgent"}) {
			t.Errorf("with %q, tagged %q", got.Assignee, tags)
		}
		_, err = k.Inbox.Resolve(k.As(k.vera), c.ID)
		must(t, err)
		must(t, k.rules.Once(t.Context()))
		if !slices.Contains(k.told, "1rule.told_nobody") {
			t.Errorf("told %q", k.told)
		}
	})
}
