package recognition

import (
	"context"
	"fmt"
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

// Rules are the rules in force.
func (s *Service) Rules(ctx context.Context) (merit.Rules, error) {
	return s.rules.Read(ctx, s.db, "", func(ctx context.Context) (merit.Rules, error) { return rulesOf(ctx, s.db.Read(), "") })
}

// Change is a change of the rules.
type Change struct {
	At    time.Time
	By    string
	Rules merit.Rules // from then on
}

// mostChanges is how many changes of the rules are told.
const mostChanges = 50

// Changes tells how the rules were changed, the newest first.
func (s *Service) Changes(ctx context.Context) ([]Change, error) {
	base, err := merit.Written()
	if err != nil {
		return nil, err
	}
	type row struct {
		Change
		set ledger.MeritRules
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{db.At(&r.At), &r.By, db.JSON(&r.set)} },
		"SELECT at, by_name, rules FROM recognition_rule ORDER BY month DESC, at DESC, id DESC"+db.Limit(mostChanges))
	if err != nil {
		return nil, fmt.Errorf("read how rules were changed: %w", err)
	}
	out := make([]Change, len(list))
	for i, r := range list {
		out[i] = r.Change
		out[i].Rules = with(base, r.set)
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
func (s *Service) Change(ctx context.Context, set ledger.MeritRules) error {
	if err := org.Require(ctx, org.OrgEdit); err != nil {
		return err
	}
	now, err := s.Rules(ctx)
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
	m := org.Who(ctx)
	set.By = m.Name
	set.Badges = make([]ledger.MeritBadge, len(to.Badges))
	for i, b := range to.Badges {
		if b.ID == merit.NewBadge {
			b.ID = merit.OwnID(id.New())
		}
		set.Badges[i] = ledger.MeritBadge(b)
	}
	a := ledger.Activity{Kind: ledger.RecognitionSet, Actor: "member:" + m.ID, Object: "recognition", At: s.now(), Data: ledger.Data(set)}
	a.ID = id.New()
	a.Key = "recognition:" + a.ID
	if _, err := s.ledger.State(ctx, a); err != nil {
		return fmt.Errorf("state the rules of recognition: %w", err)
	}
	return nil
}
