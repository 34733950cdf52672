package inbox

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/team"
)

// Fairness is what each member got and gave beside what they offered, and who covers what is asked for.
type Fairness struct {
	From      time.Time // until now
	Members   []Fair    // by name: nobody is ranked
	Skills    []Coverage
	Languages []Coverage
	Looked    int // conversations that wait, of which Coverage.Asked counts
}

// Fair is what one member got and gave.
type Fair struct {
	Member, Name             string
	Offered, Given           time.Duration
	Open, Resolved, Passed   int
	Away, Routed, IsBeginner bool
}

// Share is what was given of what was offered; 0 when nothing was offered.
func (f *Fair) Share() float64 {
	if f.Offered <= 0 {
		return 0
	}
	return float64(f.Given) / float64(f.Offered)
}

// Coverage is how many ask for something and how many can.
type Coverage struct {
	What  string // skill as written, or code of a language
	Asked int    // waiting conversations
	Can   int    // members who take part in routing
}

// Thin reports whether something is asked for that one member knows at most: nobody else can when they are away.
func (c *Coverage) Thin() bool { return c.Asked > 0 && c.Can <= 1 }

// fairFor is how far a report looks back: four weeks, so that all days of the week weigh the same.
const fairFor = 28 * 24 * time.Hour

// Fairness reports on the last four weeks.
func (s *Service) Fairness(ctx context.Context) (f Fairness, err error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return f, err
	}
	now := s.now()
	f.From = now.Add(-fairFor)
	profiles, err := s.team.All(ctx)
	if err != nil {
		return f, err
	}
	today := s.team.Local(ctx)
	given, err := s.team.Given(ctx, today.Add(-fairFor).AddDate(0, 0, 1).Format(time.DateOnly), today.AddDate(0, 0, 2).Format(time.DateOnly))
	if err != nil {
		return f, err
	}
	open, err := s.openCounts(ctx)
	if err != nil {
		return f, err
	}
	resolved, err := s.counted(ctx, "SELECT resolved_by, COUNT(*) FROM conversation_span WHERE resolved_by IN (SELECT id FROM member) AND resolved_at >= $1 GROUP BY resolved_by", db.T(f.From))
	if err != nil {
		return f, err
	}
	passed, err := s.counted(ctx, "SELECT member, COUNT(*) FROM conversation_pass WHERE at >= $1 GROUP BY member", db.T(f.From))
	if err != nil {
		return f, err
	}
	for i := range profiles {
		p := &profiles[i]
		_, away := p.Away(now)
		f.Members = append(f.Members, Fair{Member: p.Member, Name: p.Name, Offered: time.Duration(p.Minutes) * time.Minute * 4, Given: given[p.Member], Open: open[p.Member],
			Resolved: resolved[p.Member], Passed: passed[p.Member], Away: away, Routed: p.Known && p.Routed, IsBeginner: p.Approval == team.Beginner})
	}
	return f, s.cover(ctx, &f, profiles)
}

func (s *Service) counted(ctx context.Context, query string, args ...any) (map[string]int, error) {
	type row struct {
		member string
		n      int
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.member, &r.n} }, query, args...)
	if err != nil {
		return nil, fmt.Errorf("count what members did: %w", err)
	}
	out := make(map[string]int, len(list))
	for _, r := range list {
		out[r.member] = r.n
	}
	return out, nil
}

// cover counts who can what is asked for in the conversations that wait longest.
func (s *Service) cover(ctx context.Context, f *Fairness, profiles []team.Profile) error {
	q := s.db.Read()
	list, err := db.All(ctx, q, fields, "SELECT "+columns+" FROM conversation WHERE waiting_since IS NOT NULL ORDER BY waiting_since, id"+db.Limit(mostHere))
	if err != nil {
		return fmt.Errorf("read what waits: %w", err)
	}
	needs, err := s.needs(ctx, q, list)
	if err != nil {
		return err
	}
	f.Looked = len(list)
	skills, languages := map[string]*Coverage{}, map[string]*Coverage{}
	add := func(m map[string]*Coverage, key, what string) *Coverage {
		if m[key] == nil {
			m[key] = &Coverage{What: what}
		}
		return m[key]
	}
	for i := range profiles {
		if !profiles[i].Known || !profiles[i].Routed {
			continue
		}
		for _, k := range profiles[i].Skills {
			add(skills, team.Skill(k), k).Can++
		}
		for _, l := range profiles[i].Languages {
			add(languages, l, l).Can++
		}
	}
	for i := range needs {
		for _, k := range needs[i].Skills {
			add(skills, k, k).Asked++
		}
		if l := needs[i].Lang; l != "" {
			add(languages, l, l).Asked++
		}
	}
	f.Skills, f.Languages = sorted(skills), sorted(languages)
	return nil
}

// sorted lists what is asked for most first.
func sorted(m map[string]*Coverage) []Coverage {
	out := make([]Coverage, 0, len(m))
	for _, c := range m {
		out = append(out, *c)
	}
	sorting.Func(out, func(a, b Coverage) int {
		if a.Asked != b.Asked {
			return b.Asked - a.Asked
		}
		return strings.Compare(team.Skill(a.What), team.Skill(b.What))
	})
	return out
}
