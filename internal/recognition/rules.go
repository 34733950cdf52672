package recognition

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/recognition/merit"
)

// Rules are the rules in force in a community; channel "" is of those that have none of their own.
func (s *Service) Rules(ctx context.Context, channel string) (merit.Rules, error) {
	return s.rules.Read(ctx, s.db, channel, func(ctx context.Context) (merit.Rules, error) { return rulesOf(ctx, s.db.Read(), channel, "") })
}

// HasOwn reports whether a community has rules of its own.
func (s *Service) HasOwn(ctx context.Context, channel string) (bool, error) {
	set, found, err := ruleOf(ctx, s.db.Read(), channel, "")
	return found && !set.General, err
}

// Change is a change of the rules.
type Change struct {
	At    time.Time
	By    string
	Was   merit.Rules
	Rules merit.Rules // from then on
	Ended bool        // the community goes by the rules of all from then on
}

// mostChanges is how many changes of the rules are told.
const mostChanges = 50

// Changes tells how the rules of a community were changed, or with channel "" those of all, the newest first.
func (s *Service) Changes(ctx context.Context, channel string) ([]Change, error) {
	base, err := merit.Written()
	if err != nil {
		return nil, err
	}
	type row struct {
		Change
		set ledger.MeritRules
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, func(r *row) []any { return []any{db.At(&r.At), db.JSON(&r.set)} }, "SELECT at, data"+stated+db.Limit(mostChanges), channel, int64(math.MaxInt64))
	if err != nil {
		return nil, fmt.Errorf("read how rules were changed: %w", err)
	}
	out := make([]Change, len(list))
	for i := len(list) - 1; i >= 0; i-- {
		r := list[i]
		out[i] = r.Change
		out[i].By = r.set.By
		general := base
		if channel != "" {
			if general, err = rulesOf(ctx, q, "", merit.Month(r.At)); err != nil {
				return nil, err
			}
		}
		if out[i].Was = general; i+1 < len(list) {
			out[i].Was = out[i+1].Rules
		}
		if out[i].Ended = r.set.General; r.set.General {
			out[i].Rules = general
		} else {
			out[i].Rules = with(base, r.set)
		}
	}
	return out, nil
}

// maxBadge bounds what a badge is called, in characters, and maxOwn how many are added.
const (
	maxBadge = 40
	maxOwn   = 20
)

// Change changes what merits are worth, the caps, the levels and the badges, from the month that has begun on: what was earned in the months before stays. Badges that are not
// named stay as they are; one with the id merit.NewBadge is added, one of ours without a kind is taken out. Owners may.
// channel is of the community whose rules these are from now on, "" for all that have none of their own; with General it has none any more.
func (s *Service) Change(ctx context.Context, channel string, set ledger.MeritRules) error {
	if err := org.Require(ctx, org.OrgEdit); err != nil {
		return err
	}
	if set.General {
		if own, err := s.HasOwn(ctx, channel); err != nil || !own || channel == "" {
			return err
		}
		return s.state(ctx, channel, ledger.MeritRules{General: true})
	}
	now, err := s.Rules(ctx, channel)
	if err != nil {
		return err
	}
	for i := range set.Badges {
		b := &set.Badges[i]
		if b.Kind == "" && merit.Badge(*b).Own() {
			continue
		}
		if !slices.ContainsFunc(now.Merits, func(r merit.Rule) bool { return r.Kind == b.Kind }) {
			return problem.New(problem.Invalid, "problem.bad_form")
		}
		named := map[string]string{}
		for lang, name := range b.Name {
			name = strings.Join(strings.Fields(community.TextOf(name)), " ")
			if utf8.RuneCountInString(name) > maxBadge {
				return problem.New(problem.Invalid, "problem.too_long", "Max", maxBadge).On(merit.Badge(*b).Field("name-" + lang))
			}
			if i18n.Known(lang) && name != "" {
				named[lang] = name
			}
		}
		if b.Name = named; len(named) == 0 {
			b.Name = nil
		}
		if b.Name == nil && merit.Badge(*b).Own() {
			return problem.New(problem.Invalid, "problem.required").On(merit.Badge(*b).Field("name-" + i18n.Lang(ctx)))
		}
	}
	to := with(now, set)
	to.Badges = slices.DeleteFunc(to.Badges, func(b merit.Badge) bool { return b.Own() && b.Kind == "" })
	owned := 0
	for _, b := range to.Badges {
		if b.Own() {
			owned++
		}
	}
	if owned > maxOwn {
		return problem.New(problem.Invalid, "recognition.many_badges", "Max", maxOwn).On(merit.Badge{ID: merit.NewBadge}.Field("name-" + i18n.Lang(ctx)))
	}
	if len(to.Levels) != len(now.Levels) || len(set.Points) != len(now.Merits) {
		return problem.New(problem.Invalid, "problem.bad_form")
	}
	if field, from, most := to.Wrong(); field != "" {
		return problem.New(problem.Invalid, "recognition.bounds", "From", from, "To", most).On(field)
	}
	if reflect.DeepEqual(now, to) {
		return nil
	}
	set.Badges = make([]ledger.MeritBadge, len(to.Badges))
	for i, b := range to.Badges {
		if b.ID == merit.NewBadge {
			b.ID = merit.OwnID(id.New())
		}
		set.Badges[i] = ledger.MeritBadge(b)
	}
	return s.state(ctx, channel, set)
}

func (s *Service) state(ctx context.Context, channel string, set ledger.MeritRules) error {
	m := org.Who(ctx)
	set.By = m.Name
	a := ledger.Activity{Kind: ledger.RecognitionSet, Actor: "member:" + m.ID, Object: rulesObject, Channel: channel, At: s.now(), Data: ledger.Data(set)}
	a.ID = id.New()
	a.Key = "recognition:" + a.ID
	if _, err := s.ledger.State(ctx, a); err != nil {
		return fmt.Errorf("state the rules of recognition: %w", err)
	}
	return nil
}
