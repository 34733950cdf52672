package rule

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// Bounds.
const (
	MostRules   = 200
	MostPerHour = 2000
	UsualBudget = 60
	LongestWait = 90 * 24 * time.Hour
	maxName     = 120
	maxNote     = 4000
	maxTold     = 20
	maxTags     = 10
	maxTag      = 40
	mostFound   = 100
)

// Add keeps a new rule, the last in the order.
func (s *Service) Add(ctx context.Context, r Rule) (Rule, error) {
	m, err := editor(ctx)
	if err != nil {
		return r, err
	}
	if r, err = s.checked(ctx, r); err != nil {
		return r, err
	}
	now := s.Now()
	r.ID, r.Owner, r.CreatedAt, r.UpdatedAt, r.SinceAt, r.Why = s.ids.Make(now), m.ID, now, now, now, ""
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		all, err := s.list(ctx, q)
		if err != nil {
			return err
		}
		if len(all) >= MostRules {
			return problem.New(problem.Invalid, "rule.too_many", "Max", MostRules)
		}
		r.Place = 1
		if len(all) > 0 {
			r.Place = all[len(all)-1].Place + 1
		}
		if err := db.Insert(ctx, q, "rule ("+columns+")", [][]any{r.row()}, ""); err != nil {
			return fmt.Errorf("keep a rule: %w", err)
		}
		return s.org.Audit(ctx, q, "rule.add", "rule:"+r.ID, r.told())
	})
	return r, err
}

// Change saves a rule anew, from now on in the name of whoever saves it. UpdatedAt is that of what they have seen; zero saves it whatever
// others did. When it looks, its order and whether it is on stay.
func (s *Service) Change(ctx context.Context, r Rule) (Rule, error) {
	m, err := editor(ctx)
	if err != nil {
		return r, err
	}
	if r, err = s.checked(ctx, r); err != nil {
		return r, err
	}
	return s.turn(ctx, r.ID, r.UpdatedAt, "rule.change", func(is *Rule) error {
		r.Place, r.CreatedAt, r.SinceAt = is.Place, is.CreatedAt, is.SinceAt
		if is.State != On && r.State == On || is.When != r.When || is.WaitFor != r.WaitFor {
			r.SinceAt = s.Now() // what was before is not caught up with
		}
		if r.State == On || r.State == Off {
			r.Why = ""
		} else {
			r.State, r.Why = is.State, is.Why
		}
		r.Owner = m.ID
		*is = r
		return nil
	})
}

// Switch turns a rule on or off. One that is switched on looks at what happens from now on.
func (s *Service) Switch(ctx context.Context, rule string, on bool) (Rule, error) {
	if _, err := editor(ctx); err != nil {
		return Rule{}, err
	}
	return s.turn(ctx, rule, time.Time{}, "rule.switch", func(r *Rule) error {
		switch {
		case on && r.State != On:
			owner, err := s.org.Find(ctx, r.Owner)
			if err != nil && !problem.Is(err, problem.Missing) {
				return err
			}
			if err != nil || owner.State != org.Active || !owner.Role.May(org.InboxAssign) {
				return problem.New(problem.Invalid, "rule.owner_gone")
			}
			r.State, r.Why, r.SinceAt = On, "", s.Now()
		case !on:
			r.State, r.Why = Off, ""
		}
		return nil
	})
}

// Move puts a rule one place up or down.
func (s *Service) Move(ctx context.Context, rule string, up bool) error {
	if _, err := editor(ctx); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		all, err := s.list(ctx, q)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(all, func(r Rule) bool { return r.ID == rule })
		if i < 0 {
			return missing()
		}
		j := i + 1
		if up {
			j = i - 1
		}
		if j < 0 || j >= len(all) {
			return nil
		}
		all[i], all[j] = all[j], all[i]
		for n, r := range all {
			if _, err := db.Exec(ctx, q, "UPDATE rule SET place = $1 WHERE id = $2", n+1, r.ID); err != nil {
				return fmt.Errorf("order rules: %w", err)
			}
		}
		return s.org.Audit(ctx, q, "rule.move", "rule:"+rule, map[string]any{"place": j + 1})
	})
}

// Remove takes a rule away; what it did stays in the log.
func (s *Service) Remove(ctx context.Context, rule string) error {
	if _, err := editor(ctx); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		r, err := s.find(ctx, q, rule)
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE rule SET removed_at = $1, state = 'off' WHERE id = $2", db.T(s.Now()), rule); err != nil {
			return fmt.Errorf("remove a rule: %w", err)
		}
		return s.org.Audit(ctx, q, "rule.remove", "rule:"+rule, r.told())
	})
}

func editor(ctx context.Context) (*org.Member, error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return nil, err
	}
	m := org.Who(ctx)
	if m == nil {
		return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return m, nil
}

// turn changes a rule by its row, so that of two who do the second sees what the first did.
func (s *Service) turn(ctx context.Context, rule string, seen time.Time, action string, put func(*Rule) error) (Rule, error) {
	var r Rule
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE rule SET updated_at = updated_at WHERE id = $1 AND removed_at IS NULL", rule)
		if err != nil {
			return fmt.Errorf("hold a rule: %w", err)
		}
		if n == 0 {
			return missing()
		}
		if r, err = s.find(ctx, q, rule); err != nil {
			return err
		}
		if !seen.IsZero() && !seen.Equal(r.UpdatedAt) {
			return problem.New(problem.Conflict, "rule.changed_meanwhile")
		}
		last := r.UpdatedAt
		if err := put(&r); err != nil {
			return err
		}
		if r.UpdatedAt = s.Now(); !r.UpdatedAt.After(last) {
			r.UpdatedAt = last.Add(time.Microsecond)
		}
		if err := update(ctx, q, &r); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, action, "rule:"+r.ID, r.told())
	})
	return r, err
}

func update(ctx context.Context, q db.Q, r *Rule) error {
	if err := db.Update(ctx, q, "rule", strings.Split(columns, ", ")[1:], []string{"id"}, [][]any{append(r.row()[1:], r.ID)}); err != nil {
		return fmt.Errorf("change a rule: %w", err)
	}
	return nil
}

// told is what the audit log keeps.
func (r *Rule) told() map[string]any {
	return map[string]any{"name": r.Name, "when": r.When, "if": r.If, "then": r.Then, "state": r.State, "per_hour": r.PerHour, "last": r.Last}
}

// Problems are all that is wrong with a draft.
func Problems(err error) []*problem.Problem {
	var all several
	if errors.As(err, &all) {
		return all
	}
	var p *problem.Problem
	if errors.As(err, &p) {
		return []*problem.Problem{p}
	}
	return nil
}

type several []*problem.Problem

func (s several) Error() string   { return s[0].Error() }
func (s several) Unwrap() []error { return []error{s[0]} }

// checked tidies a draft and says all that is wrong with it.
func (s *Service) checked(ctx context.Context, r Rule) (Rule, error) {
	var bad several
	wrong := func(field, key string, args ...any) {
		bad = append(bad, problem.New(problem.Invalid, key, args...).On(field))
	}
	text := func(v *string, field string, most int) {
		*v = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(*v, "\uFFFD"), "\x00", ""))
		if utf8.RuneCountInString(*v) > most {
			wrong(field, "problem.too_long", "Max", most)
		}
	}
	if text(&r.Name, "name", maxName); r.Name == "" {
		wrong("name", "problem.required")
	}
	if !slices.Contains(Occasions(), r.When) {
		wrong("when", "rule.no_occasion")
	}
	if r.When != Waiting {
		r.WaitFor = 0
	} else if r.WaitFor < time.Minute || r.WaitFor > LongestWait {
		wrong("wait", "rule.wait_bad", "Max", int(LongestWait/(24*time.Hour)))
	}
	text(&r.If.Words, "words", query.MaxBytes)
	parsed, found := query.Parse(r.If.Words)
	for _, p := range found {
		if p.Severity == query.Error && r.If.Words != "" {
			var args []any
			for k, v := range p.Args {
				args = append(args, k, v)
			}
			wrong("words", p.Key, args...)
			break
		}
	}
	r.meant = parsed
	if len(r.If.Channels) > mostFound {
		wrong("channels", "rule.too_many", "Max", mostFound)
	}
	among := func(v, field string, known ...string) {
		if v != "" && !slices.Contains(known, v) {
			wrong(field, "rule.no_value")
		}
	}
	among(r.If.Privacy, "privacy", Public, Private)
	among(r.If.Standing, "standing", Without, OpenOne, Done)
	if r.If.Reopened < 0 || r.If.Reopened > 1000 {
		wrong("reopened", "rule.no_value")
	}
	among(r.Then.Sentiment, "sentiment", enrich.Sentiments()...)
	among(r.Then.Kind, "kind", enrich.KindNames()...)
	member := func(v, field string, p org.Permission) {
		m, err := s.org.Find(ctx, v)
		if err != nil || m.State != org.Active || !m.Role.May(p) {
			wrong(field, "rule.no_member")
		}
	}
	if r.If.Held != "" && r.If.Held != Nobody && r.If.Held != Somebody {
		member(r.If.Held, "held", org.SignedIn)
	}
	var tags []string
	for _, t := range r.Then.Tags {
		if t = strings.TrimSpace(t); t != "" && !slices.Contains(tags, t) {
			tags = append(tags, t)
		}
		text(&t, "tags", maxTag)
	}
	if r.Then.Tags = tags; len(tags) > maxTags {
		wrong("tags", "rule.too_many", "Max", maxTags)
	}
	text(&r.Then.Department, "department", maxName)
	text(&r.Then.Skill, "skill", maxName)
	if n := len(slices.DeleteFunc([]string{r.Then.Assign, r.Then.Department, r.Then.Skill}, func(v string) bool { return v == "" })); n > 1 {
		wrong("assign", "rule.one_hand")
	}
	if r.Then.Assign != "" {
		member(r.Then.Assign, "assign", org.InboxEdit)
	}
	if len(r.Then.Tell) > maxTold {
		wrong("tell", "rule.too_many", "Max", maxTold)
	} else {
		for _, m := range r.Then.Tell {
			member(m, "tell", org.InboxRead)
		}
	}
	text(&r.Then.Note, "note", maxNote)
	text(&r.Then.Because, "because", maxNote)
	if !r.Then.Resolve {
		r.Then.Because = ""
	}
	switch {
	case r.Then.none():
		wrong("then", "rule.does_nothing")
	case r.Then.hands() && r.Then.Release:
		wrong("release", "rule.assign_and_release")
	case r.When == Resolved && r.Then.Resolve:
		wrong("resolve", "rule.resolved_already")
	case r.Then.Open && r.When != Heard && r.When != Labelled:
		wrong("open", "rule.open_already")
	case r.If.Standing == Done && r.When == Waiting:
		wrong("standing", "rule.never_waits")
	}
	if r.PerHour == 0 {
		r.PerHour = UsualBudget
	}
	if r.PerHour < 1 || r.PerHour > MostPerHour {
		wrong("per_hour", "rule.budget_bad", "Max", MostPerHour)
	}
	if r.State != On {
		if r.State != Paused {
			r.State = Off
		}
	}
	if len(bad) > 0 {
		return r, bad
	}
	return r, nil
}
