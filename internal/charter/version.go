package charter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// State is where a version stands at a moment.
type State string

// The states.
const (
	Draft      State = "draft"
	Coming     State = "coming" // in force from a later date
	InForce    State = "in_force"
	Superseded State = "superseded"
)

// Version is the charter as it was, is or should be.
type Version struct {
	ID          string
	Number      int
	Title       Words
	Preamble    Words
	Rules       []Rule
	Anew        bool      // those who acknowledged an earlier version must do so again
	Note        string    // what changed, and why
	InForceAt   time.Time // zero for a draft
	PublishedAt time.Time
	PublishedBy string // member id
	CreatedAt   time.Time
	UpdatedAt   time.Time
	State       State // when it was read
}

// Rule finds a rule.
func (v Version) Rule(rule string) (Rule, bool) {
	for _, r := range v.Rules {
		if r.ID == rule {
			return r, true
		}
	}
	return Rule{}, false
}

const versionColumns = "id, number, title, preamble, rules, anew, note, in_force_at, published_at, published_by, created_at, updated_at"

func versionFields(v *Version) []any {
	return []any{&v.ID, &v.Number, db.JSON(&v.Title), db.JSON(&v.Preamble), db.JSON(&v.Rules), db.Bool(&v.Anew), &v.Note, db.At(&v.InForceAt), db.At(&v.PublishedAt),
		&v.PublishedBy, db.At(&v.CreatedAt), db.At(&v.UpdatedAt)}
}

// versions reads all, newest first, with where they stand at a moment.
func versions(ctx context.Context, q db.Q, at time.Time) ([]Version, error) {
	list, err := db.All(ctx, q, versionFields, "SELECT "+versionColumns+" FROM charter_version ORDER BY number DESC")
	if err != nil {
		return nil, fmt.Errorf("read versions of the charter: %w", err)
	}
	stand(list, at)
	return list, nil
}

// stand says of each version, the newest first, where it stands at a moment.
func stand(list []Version, at time.Time) {
	now := -1
	for i, v := range list {
		if !v.InForceAt.IsZero() && !v.InForceAt.After(at) && (now < 0 || v.InForceAt.After(list[now].InForceAt)) {
			now = i
		}
	}
	for i := range list {
		v := &list[i]
		switch {
		case v.InForceAt.IsZero():
			v.State = Draft
		case i == now:
			v.State = InForce
		case v.InForceAt.After(at):
			v.State = Coming
		default:
			v.State = Superseded
		}
	}
}

func pick(list []Version, version string) (Version, error) {
	for _, v := range list {
		if v.ID == version {
			return v, nil
		}
	}
	return Version{}, notFound()
}

// current is the version in force; found is false before there is one.
func current(list []Version) (v Version, found bool) {
	i := slices.IndexFunc(list, func(v Version) bool { return v.State == InForce })
	if i < 0 {
		return Version{}, false
	}
	return list[i], true
}

// Versions lists all versions, newest first. A draft is shown to those who may edit it only.
func (s *Service) Versions(ctx context.Context) ([]Version, error) {
	if err := org.Require(ctx, org.SignedIn); err != nil {
		return nil, err
	}
	list, err := versions(ctx, s.db.Read(), s.Now())
	if err == nil && org.Require(ctx, org.StrategyEdit) != nil {
		list = slices.DeleteFunc(list, func(v Version) bool { return v.State == Draft })
	}
	return list, err
}

// Version reads one version.
func (s *Service) Version(ctx context.Context, version string) (Version, error) {
	list, err := s.Versions(ctx)
	if err != nil {
		return Version{}, err
	}
	return pick(list, version)
}

// Current is the version in force; the problem is Missing before there is one. Every reply that is written asks for it: it is read whole once and
// kept until the one in force is another or was changed. Do not change what it gives.
func (s *Service) Current(ctx context.Context) (Version, error) {
	q := s.db.Read()
	list, err := db.All(ctx, q, func(v *Version) []any { return []any{&v.ID, db.At(&v.InForceAt), db.At(&v.UpdatedAt)} },
		"SELECT id, in_force_at, updated_at FROM charter_version WHERE in_force_at IS NOT NULL ORDER BY number DESC")
	if err != nil {
		return Version{}, fmt.Errorf("find the version in force: %w", err)
	}
	stand(list, s.Now())
	v, found := current(list)
	if !found {
		return v, problem.New(problem.Missing, "charter.none_in_force")
	}
	if kept := s.inForce.Load(); kept != nil && kept.ID == v.ID && kept.UpdatedAt.Equal(v.UpdatedAt) {
		return *kept, nil
	}
	whole, found, err := db.One(ctx, q, versionFields, "SELECT "+versionColumns+" FROM charter_version WHERE id = $1", v.ID)
	if err == nil && !found {
		err = notFound()
	}
	if err != nil {
		return Version{}, fmt.Errorf("read the version in force: %w", err)
	}
	whole.State = InForce
	s.inForce.Store(&whole)
	return whole, nil
}

// Begin makes a draft: of the version in force, or, where there is none, of the charter that comes with Entente.
func (s *Service) Begin(ctx context.Context) (Version, error) {
	now := s.Now()
	v := Version{ID: s.newID(), Anew: true, CreatedAt: now, UpdatedAt: now, State: Draft}
	err := s.edit(ctx, "charter.drafted", "charter:"+v.ID, nil, func(ctx context.Context, q db.Q) error {
		list, err := versions(ctx, q, now)
		if err != nil {
			return err
		}
		v.Number = 1
		if len(list) > 0 {
			v.Number = list[0].Number + 1
		}
		for _, other := range list {
			if other.State == Draft {
				return problem.New(problem.Conflict, "charter.draft_already")
			}
		}
		if len(list) > 0 { // the last one published, also when it is not in force yet
			v.Title, v.Preamble, v.Rules = list[0].Title, list[0].Preamble, list[0].Rules
		} else {
			v.Title, v.Preamble, v.Rules = Default()
		}
		return insertVersion(ctx, q, v)
	})
	return v, err
}

func insertVersion(ctx context.Context, q db.Q, v Version) error {
	return db.Insert(ctx, q, "charter_version ("+versionColumns+")", [][]any{{v.ID, v.Number, db.J(v.Title), db.J(v.Preamble), db.J(v.Rules), db.B(v.Anew), v.Note,
		db.T(v.InForceAt), db.T(v.PublishedAt), v.PublishedBy, db.T(v.CreatedAt), db.T(v.UpdatedAt)}}, "")
}

// onDraft changes a draft; published versions stay as they are. do is given all versions too.
func (s *Service) onDraft(ctx context.Context, version, action string, details any, do func(v *Version, list []Version) error) (Version, error) {
	if !id.Valid(version) {
		return Version{}, notFound()
	}
	var out Version
	err := s.edit(ctx, action, "charter:"+version, details, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE charter_version SET updated_at = updated_at WHERE id = $1", version); err != nil { // two who edit it take turns
			return fmt.Errorf("hold the draft: %w", err)
		}
		list, err := versions(ctx, q, s.Now())
		if err != nil {
			return err
		}
		v, err := pick(list, version)
		if err != nil {
			return err
		}
		if v.State != Draft {
			return problem.New(problem.Conflict, "charter.published_already")
		}
		if err := do(&v, list); err != nil {
			return err
		}
		v.UpdatedAt = s.Now()
		_, err = db.Exec(ctx, q, "UPDATE charter_version SET title = $2, preamble = $3, rules = $4, anew = $5, note = $6, in_force_at = $7, published_at = $8, published_by = $9, updated_at = $10 WHERE id = $1",
			v.ID, db.J(v.Title), db.J(v.Preamble), db.J(v.Rules), db.B(v.Anew), v.Note, db.T(v.InForceAt), db.T(v.PublishedAt), v.PublishedBy, db.T(v.UpdatedAt))
		if err != nil {
			return fmt.Errorf("save the draft: %w", err)
		}
		out = v
		return nil
	})
	return out, err
}

// Reword saves title, preamble and the note of what changed. seen is the WordsMark of what whoever changes them has seen; when they read otherwise
// by now, it is a conflict.
func (s *Service) Reword(ctx context.Context, version, seen string, title, preamble Words, note string) (Version, error) {
	return s.onDraft(ctx, version, "charter.reworded", nil, func(v *Version, _ []Version) error {
		if v.WordsMark() != seen {
			return overtaken()
		}
		var errs [3]error
		v.Title, errs[0] = title.checked("title", 120)
		v.Preamble, errs[1] = preamble.checked("preamble", maxPreamble)
		v.Note, errs[2] = tidy(note, "note", 2000)
		if len(v.Title) == 0 && errs[0] == nil {
			errs[0] = problem.New(problem.Invalid, "charter.title_missing").On("title")
		}
		return errors.Join(errs[:]...)
	})
}

// SetRule adds a rule at the end, or changes the one with its ID; "" makes a new ID. seen is the Mark of what whoever changes it has seen, "" for a
// new one; when it reads otherwise by now, it is a conflict.
func (s *Service) SetRule(ctx context.Context, version, seen string, r Rule) (Rule, error) {
	if r.ID == "" {
		made := s.newID()
		r.ID = "r-" + made[len(made)-10:]
	}
	_, err := s.onDraft(ctx, version, "charter.rule_saved", map[string]any{"rule": r.ID, "binding": r.Binding}, func(v *Version, _ []Version) error {
		if was, found := v.Rule(r.ID); found && was.Mark() != seen || !found && seen != "" {
			return overtaken()
		}
		var err error
		if r, err = r.checked(); err != nil {
			return err
		}
		if i := slices.IndexFunc(v.Rules, func(o Rule) bool { return o.ID == r.ID }); i >= 0 {
			v.Rules[i] = r
			return nil
		}
		if len(v.Rules) >= maxRules {
			return problem.New(problem.Invalid, "charter.too_many_rules", "Max", maxRules)
		}
		v.Rules = append(v.Rules, r)
		return nil
	})
	return r, err
}

// RemoveRule takes a rule out of a draft.
func (s *Service) RemoveRule(ctx context.Context, version, rule string) error {
	_, err := s.onDraft(ctx, version, "charter.rule_removed", map[string]any{"rule": rule}, func(v *Version, _ []Version) error {
		n := len(v.Rules)
		if v.Rules = slices.DeleteFunc(v.Rules, func(r Rule) bool { return r.ID == rule }); len(v.Rules) == n {
			return notFound()
		}
		return nil
	})
	return err
}

// MoveRule moves a rule up by so many places, down when negative; it stops at the ends.
func (s *Service) MoveRule(ctx context.Context, version, rule string, up int) error {
	_, err := s.onDraft(ctx, version, "charter.rule_moved", map[string]any{"rule": rule}, func(v *Version, _ []Version) error {
		i := slices.IndexFunc(v.Rules, func(r Rule) bool { return r.ID == rule })
		if i < 0 {
			return notFound()
		}
		r := v.Rules[i]
		v.Rules = slices.Delete(v.Rules, i, i+1)
		v.Rules = slices.Insert(v.Rules, min(max(i-up, 0), len(v.Rules)), r)
		return nil
	})
	return err
}

// Discard throws a draft away, or withdraws a version that is still to come into force: nobody can have agreed to it yet. What is or was in
// force stays.
func (s *Service) Discard(ctx context.Context, version string) error {
	if !id.Valid(version) {
		return notFound()
	}
	details := map[string]any{}
	return s.edit(ctx, "charter.discarded", "charter:"+version, details, func(ctx context.Context, q db.Q) error {
		list, err := versions(ctx, q, s.Now())
		if err != nil {
			return err
		}
		v, err := pick(list, version)
		if err != nil {
			return err
		}
		details["number"], details["state"] = v.Number, v.State
		n, err := db.Exec(ctx, q, "DELETE FROM charter_version WHERE id = $1 AND (in_force_at IS NULL OR in_force_at > $2)", version, db.T(s.Now()))
		if err != nil {
			return fmt.Errorf("discard a draft: %w", err)
		}
		if n == 0 {
			return notFound()
		}
		return nil
	})
}

// Publish puts a draft in force from a moment, now at the earliest. anew says that all who speak must acknowledge it again. A charter that
// lacks words in one of the languages of the interface is refused: somebody would be bound by what they cannot read. So is one that would be
// in force before an older version that is still to come, which would then take its place.
func (s *Service) Publish(ctx context.Context, version, seen string, from time.Time, anew bool) (Version, error) {
	now := s.Now()
	if from.Before(now) {
		from = now
	}
	details := map[string]any{"in_force_at": from, "anew": anew}
	return s.onDraft(ctx, version, "charter.published", details, func(v *Version, list []Version) error {
		if seen != "" && v.Mark() != seen {
			return overtaken()
		}
		if from.After(now.AddDate(2, 0, 0)) {
			return problem.New(problem.Invalid, "charter.too_late").On("from")
		}
		if len(v.Rules) == 0 {
			return problem.New(problem.Invalid, "charter.no_rules")
		}
		for _, other := range list {
			if other.State == Coming && !from.After(other.InForceAt) {
				return problem.New(problem.Conflict, "charter.before_coming", "Number", other.Number).On("from")
			}
		}
		for _, lang := range i18n.Languages() {
			if v.Title[lang] == "" {
				return problem.New(problem.Invalid, "charter.title_untranslated", "Language", lang)
			}
			for i, r := range v.Rules {
				if r.Sentence[lang] == "" {
					return problem.New(problem.Invalid, "charter.rule_untranslated", "Number", i+1, "Language", lang)
				}
			}
		}
		// The first version binds nobody who agreed to another before: there is none.
		v.Anew = anew || v.Number == 1
		v.InForceAt, v.PublishedAt = from.UTC().Truncate(time.Microsecond), now
		if m := org.Who(ctx); m != nil {
			v.PublishedBy = m.ID
		}
		return nil
	})
}

// Text is the charter in one language, for whoever writes under it.
type Text struct {
	Version         string
	Number          int
	InForceAt       time.Time
	Title, Preamble string
	Rules           []Clause
}

// Clause is a rule in one language.
type Clause struct {
	ID            string
	Check         Check
	Binding       bool
	Reach         Reach
	Sentence, Why string
	Good, Bad     []string
}

// InForce is the charter that holds now, in lang; the problem is Missing before there is one. It asks for no permission: it is for those
// who help people write, and holds nothing secret.
func (s *Service) InForce(ctx context.Context, lang string) (Text, error) {
	v, err := s.Current(ctx)
	if err != nil {
		return Text{}, err
	}
	return v.In(lang), nil
}

// In is the version in one language.
func (v Version) In(lang string) Text {
	t := Text{Version: v.ID, Number: v.Number, InForceAt: v.InForceAt, Title: v.Title.In(lang), Preamble: v.Preamble.In(lang)}
	for _, r := range v.Rules {
		t.Rules = append(t.Rules, Clause{ID: r.ID, Check: r.Check, Binding: r.Binding, Reach: r.Reach, Sentence: r.Sentence.In(lang), Why: r.Why.In(lang),
			Good: r.Good.In(lang), Bad: r.Bad.In(lang)})
	}
	return t
}
