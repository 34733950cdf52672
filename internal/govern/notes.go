package govern

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/problem"
)

// notes gathers all that is wrong with an entry while it is put in order.
type notes struct {
	ctx  context.Context
	s    *Service
	errs []error
	down error // not the entry's fault
}

func (s *Service) notes(ctx context.Context) *notes { return &notes{ctx: ctx, s: s} }

func (n *notes) refuse(field, key string, args ...any) {
	n.errs = append(n.errs, problem.New(problem.Invalid, key, args...).On(field))
}

func (n *notes) err() error {
	if n.down != nil {
		return n.down
	}
	return errors.Join(n.errs...)
}

func (n *notes) text(s *string, field string, most int) {
	*s = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(*s, "\uFFFD"), "\x00", ""))
	if utf8.RuneCountInString(*s) > most {
		n.refuse(field, "problem.too_long", "Max", most)
	}
}

func (n *notes) need(s *string, field string, most int) {
	if n.text(s, field, most); *s == "" {
		n.refuse(field, "problem.required")
	}
}

// scale takes 1 to 5.
func (n *notes) scale(v int, field string) {
	if v < 1 || v > 5 {
		n.refuse(field, "govern.scale_bad")
	}
}

func (n *notes) day(t time.Time, field string) {
	if y := t.Year(); !t.IsZero() && (y < 2000 || y > 2098) {
		n.refuse(field, "govern.day_bad")
	}
}

func (n *notes) needDay(t time.Time, field string) {
	if t.IsZero() {
		n.refuse(field, "problem.required")
		return
	}
	n.day(t, field)
}

func (n *notes) among(v, field string, known []string) {
	if !slices.Contains(known, v) {
		n.refuse(field, "govern.choice_bad")
	}
}

// member takes a member, or nobody. One who left may stay where they were.
func (n *notes) member(v, was, field string) {
	if v == "" || v == was {
		return
	}
	if _, err := n.s.org.Find(n.ctx, v); problem.Is(err, problem.Missing) {
		n.refuse(field, "govern.member_unknown")
	} else if err != nil {
		n.down = err
	}
}

// objective takes an objective of any map, or none. One that was removed may stay named.
func (n *notes) objective(v, was, field string) {
	if v == "" || v == was {
		return
	}
	if _, err := n.s.strategy.Objective(n.ctx, v); problem.Is(err, problem.Missing) {
		n.refuse(field, "govern.objective_unknown")
	} else if err != nil {
		n.down = err
	}
}

// Problems lists every problem joined in err: checks say all that is wrong at once.
func Problems(err error) []*problem.Problem {
	if err == nil {
		return nil
	}
	if list, ok := err.(interface{ Unwrap() []error }); ok {
		var out []*problem.Problem
		for _, e := range list.Unwrap() {
			out = append(out, Problems(e)...)
		}
		return out
	}
	if _, is := err.(*problem.Problem); !is {
		if inner := errors.Unwrap(err); inner != nil {
			return Problems(inner)
		}
	}
	return []*problem.Problem{problem.Of(err)}
}
