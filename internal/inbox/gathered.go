package inbox

import (
	"context"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// What Filter.Situation narrows to, beside one situation by its id or by words of its name.
const (
	InAny  = "any"  // in a situation that goes on
	InNone = "none" // in none
)

// Gathering says which conversations are in a situation, InAny or one by id or name, as a condition over a conversation's id. It reads in q.
type Gathering func(ctx context.Context, q db.Q, situation string) (condition string, args []any, err error)

// WithSituations lets views be narrowed by situations, which stand right of the inbox. Call it once, before the service is used.
func (s *Service) WithSituations(g Gathering) *Service {
	s.gathering = g
	return s
}

// gathered is a situation by which somebody narrows.
type gathered struct {
	situation string
	not       bool
}

// gatheredIn takes the situations out of a search, for they are of conversations and not of posts: situation:any, -situation:none, situation:"two words". They
// stand beside the other words; within a choice or in parentheses they are left where they are, and refused there as no field of posts.
func gatheredIn(words string) (rest string, list []gathered) {
	if !strings.Contains(strings.ToLower(words), "situation:") {
		return words, nil
	}
	var kept []string
	for _, t := range tokens(words) {
		field, not := strings.CutPrefix(t, "-")
		if n := len("situation:"); len(field) >= n && strings.EqualFold(field[:n], "situation:") {
			if len(kept) > 0 && kept[len(kept)-1] == "NOT" {
				kept, not = kept[:len(kept)-1], !not
			}
			list = append(list, gathered{strings.Trim(field[n:], "\"«»\u00a0 "), not})
			continue
		}
		switch t {
		case "OR":
			return words, nil
		case "AND": // the same as nothing between them
		default:
			kept = append(kept, t)
		}
	}
	return strings.Join(kept, " "), list
}

// tokens cuts a search where there is space outside of quotes and parentheses.
func tokens(words string) (out []string) {
	from, depth, quote := 0, 0, rune(0)
	cut := func(to int) {
		if t := strings.TrimSpace(words[from:to]); t != "" {
			out = append(out, t)
		}
		from = to
	}
	for i, r := range words {
		switch {
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"':
			quote = '"'
		case r == '«':
			quote = '»'
		case r == '(':
			depth++
		case r == ')':
			depth--
		case depth <= 0 && (r == ' ' || r == '\t' || r == '\n' || r == '\r'):
			cut(i)
		}
	}
	cut(len(words))
	return out
}

// Legible says why what a filter looks for cannot be understood, nil when it can.
func (s *Service) Legible(ctx context.Context, f Filter) error {
	if _, err := ParseSearch(f.Words); err != nil {
		return err
	}
	return s.gatheredBy(ctx, s.db.Read(), &walk{}, f)
}

// gatheredBy narrows a walk by the situations that a filter names.
func (s *Service) gatheredBy(ctx context.Context, q db.Q, w *walk, f Filter) error {
	_, list := gatheredIn(f.Words)
	for _, g := range list {
		if err := s.within(ctx, q, w, g, "q"); err != nil {
			return err
		}
	}
	if f.Situation == "" {
		return nil
	}
	return s.within(ctx, q, w, gathered{situation: f.Situation}, "situation")
}

// within narrows a walk to what is in a situation, or not.
func (s *Service) within(ctx context.Context, q db.Q, w *walk, g gathered, field string) error {
	switch {
	case g.situation == "":
		return problem.New(problem.Invalid, "inbox.situation_beside").On(field)
	case s.gathering == nil:
		return problem.New(problem.Invalid, "problem.bad_form").On(field)
	}
	if g.situation == InNone {
		g = gathered{InAny, !g.not}
	}
	condition, args, err := s.gathering(ctx, q, g.situation)
	if p := problem.Of(err); err != nil && p.Code == problem.Invalid {
		return p.On(field)
	} else if err != nil {
		return err
	}
	if g.not {
		condition = "NOT (" + condition + ")"
	}
	w.where.And(condition, args...)
	return nil
}
