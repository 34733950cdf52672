package inbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/lang/query"
)

// routes are the rules and skills that posts are tested against, compiled together: first what is diverted, then rules, then skills.
type routes struct {
	set     *query.Set
	diverts []Diversion
	rules   []Rule
	skills  []string
}

// routesNow compiles rules and skills.
func (s *Service) routesNow(ctx context.Context) (*routes, error) {
	list, err := s.compiled.Read(ctx, s.db, "", func(ctx context.Context) (*routes, error) {
		var r routes
		var err error
		if r.diverts, err = s.diversions(ctx, s.db.Read()); err != nil {
			return nil, err
		}
		if r.rules, err = s.rules(ctx, s.db.Read()); err != nil {
			return nil, err
		}
		profiles, err := s.team.All(ctx)
		if err != nil {
			return nil, err
		}
		for i := range profiles {
			for _, k := range profiles[i].Skills {
				r.skills = append(r.skills, team.Skill(k))
			}
		}
		for i := range r.rules {
			if t := r.rules[i].To; t.Kind == ToSkill {
				r.skills = append(r.skills, team.Skill(t.Value))
			}
		}
		slices.Sort(r.skills)
		r.skills = slices.Compact(r.skills)
		b := query.NewBuilder()
		add := func(words string) {
			parsed, err := ParseSearch(words)
			if err != nil {
				parsed = nil
			}
			b.Add(parsed)
		}
		for i := range r.diverts {
			add(r.diverts[i].Query)
		}
		for i := range r.rules {
			if r.rules[i].Active {
				add(r.rules[i].Query)
			} else {
				add("")
			}
		}
		for _, k := range r.skills {
			add(wordsOnly(k))
		}
		r.set = b.Set()
		return &r, nil
	})
	return list, err
}

// wordsOnly is a skill as a query: all its words, none of them an operator.
func wordsOnly(skill string) string {
	return strings.Join(strings.FieldsFunc(skill, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }), " ")
}

// needs says what conversations ask for.
func (s *Service) needs(ctx context.Context, q db.Q, list []Conversation) ([]match.Need, error) {
	r, err := s.routesNow(ctx)
	if err != nil {
		return nil, err
	}
	posts, ids := make([]string, len(list)), make([]string, len(list))
	for i := range list {
		posts[i], ids[i] = list[i].Post, list[i].ID
	}
	traits, langs, err := traitsOf(ctx, q, posts)
	if err != nil {
		return nil, err
	}
	said, err := channel.Posts(ctx, q, posts...)
	if err != nil {
		return nil, fmt.Errorf("read what is asked: %w", err)
	}
	docs, err := s.reader.Docs(ctx, q, said)
	if err != nil {
		return nil, err
	}
	passes, err := pairs(ctx, q, "SELECT conversation, member FROM conversation_pass WHERE conversation IN ", ids)
	if err != nil {
		return nil, err
	}
	diverted, err := pairs(ctx, q, "SELECT conversation, divert FROM routing_diverted WHERE conversation IN ", ids)
	if err != nil {
		return nil, err
	}
	out := make([]match.Need, len(list))
	for i := range list {
		c := &list[i]
		n := &out[i]
		n.ID, n.Lang = c.ID, langs[c.Post]
		n.Traits = append(traits[c.Post], match.Trait{What: match.Channel, Value: c.Channel})
		n.Passed = passes[c.ID]
		routed := false
		for j := range r.diverts {
			if diverted[c.ID][r.diverts[j].ID] && !routed {
				n.Target, n.Urgent, routed = r.diverts[j].To.narrow(), true, true
			}
		}
		if docs[c.Post] == nil {
			continue
		}
		for _, at := range r.set.Match(docs[c.Post]) {
			switch rule := at - len(r.diverts); {
			case rule < 0:
				if !routed {
					n.Target, n.Urgent, routed = r.diverts[at].To.narrow(), true, true
				}
			case rule < len(r.rules):
				if !routed {
					n.Target, n.Urgent, routed = r.rules[rule].To.narrow(), r.rules[rule].Urgent, true
				}
			default:
				n.Skills = append(n.Skills, r.skills[rule-len(r.rules)])
			}
		}
		if k := n.Target.Skill; k != "" && !slices.Contains(n.Skills, k) {
			n.Skills = append([]string{k}, n.Skills...)
		}
	}
	return out, nil
}

// pairs reads two texts a row, the second as a set by the first.
func pairs(ctx context.Context, q db.Q, what string, ids []string) (map[string]map[string]bool, error) {
	type row struct{ a, b string }
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.a, &r.b} }, what+db.Among(q, "$1"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("read what holds of conversations: %w", err)
	}
	out := map[string]map[string]bool{}
	for _, r := range list {
		if out[r.a] == nil {
			out[r.a] = map[string]bool{}
		}
		out[r.a][r.b] = true
	}
	return out, nil
}
