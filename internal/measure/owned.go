package measure

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/own"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/lang/query"
)

// Own is a measure that people put together.
type Own struct {
	ID         string // begins with own.Prefix
	Version    int    // that counts
	CreatedAt  time.Time
	Definition own.Definition
}

// OwnVersion is one of its definitions.
type OwnVersion struct {
	Version    int
	Definition own.Definition
	At         time.Time
	Member     string // who made it, "" for a program
}

const (
	mostOwn     = 200
	mostRatios  = 4 // one above the other
	mostChanged = 500
)

// definition is how an own measure is stored.
type definition struct {
	id      string
	version int
	created time.Time
	text    string
}

const ownColumns = "SELECT o.id, o.version, o.created_at, v.definition FROM measure_own o JOIN measure_own_version v ON v.own = o.id AND v.version = o.version WHERE o.removed_at IS NULL"

func ownFields(d *definition) []any { return []any{&d.id, &d.version, db.At(&d.created), &d.text} }

func (d definition) own() (o Own, err error) {
	o = Own{ID: d.id, Version: d.version, CreatedAt: d.created}
	if err := json.Unmarshal([]byte(d.text), &o.Definition); err != nil {
		return o, fmt.Errorf("read the definition of %s: %w", d.id, err)
	}
	return o, nil
}

// Owned lists the measures that people put together, by name.
func (s *Service) Owned(ctx context.Context) ([]Own, error) {
	if err := may(ctx); err != nil {
		return nil, err
	}
	return s.owned(ctx)
}

func (s *Service) owned(ctx context.Context) ([]Own, error) {
	list, err := db.All(ctx, s.db.Read(), ownFields, ownColumns+" ORDER BY o.created_at, o.id"+db.Limit(mostOwn))
	if err != nil {
		return nil, fmt.Errorf("list own measures: %w", err)
	}
	out := make([]Own, 0, len(list))
	for _, d := range list {
		o, err := d.own()
		if err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, nil
}

// OwnOf is one of them.
func (s *Service) OwnOf(ctx context.Context, id string) (Own, error) {
	if err := may(ctx); err != nil {
		return Own{}, err
	}
	return ownAt(ctx, s.db.Read(), id)
}

func ownAt(ctx context.Context, q db.Q, id string) (Own, error) {
	d, found, err := db.One(ctx, q, ownFields, ownColumns+" AND o.id = $1", id)
	if err != nil {
		return Own{}, fmt.Errorf("read an own measure: %w", err)
	}
	if !found {
		return Own{}, problem.New(problem.Missing, "measure.unknown")
	}
	return d.own()
}

// Definition tells definitions of a measure that people put together apart, with those that a ratio is made of; "" for the catalogue.
func (s *Service) Definition(m kpi.Measure) string {
	out := m.Version
	for _, id := range []string{m.Over, m.Under} {
		if part, err := s.Find(id); id != "" && err == nil {
			out += " " + s.Definition(part)
		}
	}
	return strings.TrimSpace(out)
}

// ownMeasure makes a measure of what people put together; above are the ratios it stands in.
func (s *Service) ownMeasure(ctx context.Context, o Own, above []string) (kpi.Measure, error) {
	docs := func(ctx context.Context, q db.Q, posts []channel.Post) (map[string]*query.Doc, error) {
		if s.enrich == nil {
			return nil, errors.New("posts are not read: there is no enricher")
		}
		return s.enrich.Docs(ctx, q, posts)
	}
	return o.Definition.Measure(o.ID, strconv.Itoa(o.Version), docs, func(id string) (kpi.Measure, error) {
		return s.beneath(ctx, id, append(above, o.ID))
	})
}

// beneath finds a measure for a ratio, and refuses circles.
func (s *Service) beneath(ctx context.Context, id string, above []string) (kpi.Measure, error) {
	for _, a := range above {
		if a == id && id != "" {
			return kpi.Measure{}, problem.New(problem.Conflict, "own.circular")
		}
	}
	if len(above) > mostRatios {
		return kpi.Measure{}, problem.New(problem.Conflict, "own.circular")
	}
	if !strings.HasPrefix(id, own.Prefix) {
		return s.catalogue(id)
	}
	o, err := ownAt(ctx, s.db.Read(), id)
	if err != nil {
		return kpi.Measure{}, err
	}
	return s.ownMeasure(ctx, o, above)
}

// ownMeasures makes all of them; those that cannot be made, because what they stand on is gone, are left out.
func (s *Service) ownMeasures(ctx context.Context) []kpi.Measure {
	list, err := s.owned(ctx)
	if err != nil {
		s.log.Warn("own measures were not read", "error", err)
		return nil
	}
	var out []kpi.Measure
	for _, o := range list {
		if m, err := s.ownMeasure(ctx, o, nil); err == nil {
			out = append(out, m)
		}
	}
	return out
}

// CheckOwn makes a definition whole and says what is wrong with it; id is the measure it changes, "" for a new one.
func (s *Service) CheckOwn(ctx context.Context, id string, d *own.Definition) error {
	return d.Check(func(of string) (kpi.Measure, error) { return s.beneath(ctx, of, []string{id}) })
}

// AddOwn saves a new measure.
func (s *Service) AddOwn(ctx context.Context, d own.Definition) (Own, error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return Own{}, err
	}
	if err := s.CheckOwn(ctx, "", &d); err != nil {
		return Own{}, err
	}
	now := s.clock().UTC().Truncate(time.Microsecond)
	o := Own{ID: own.Prefix + id.New(), Version: 1, CreatedAt: now, Definition: d}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM measure_own WHERE removed_at IS NULL")
		if err != nil {
			return err
		}
		if n >= mostOwn {
			return problem.New(problem.Invalid, "own.too_many", "Max", mostOwn)
		}
		if err := db.Insert(ctx, q, "measure_own (id, version, created_at)", [][]any{{o.ID, 1, db.T(now)}}, ""); err != nil {
			return err
		}
		if err := s.addVersion(ctx, q, o, now); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "measure.own_added", o.ID, d)
	})
	return o, err
}

func (s *Service) addVersion(ctx context.Context, q db.Q, o Own, now time.Time) error {
	raw, err := json.Marshal(o.Definition)
	if err != nil {
		return fmt.Errorf("write a definition: %w", err)
	}
	member := ""
	if m := org.Who(ctx); m != nil {
		member = m.ID
	}
	return db.Insert(ctx, q, "measure_own_version (own, version, definition, at, member)", [][]any{{o.ID, o.Version, string(raw), db.T(now), member}}, "")
}

// ChangeOwn saves another definition, which counts from now on, for the past too; the earlier ones stay.
func (s *Service) ChangeOwn(ctx context.Context, id string, d own.Definition) (Own, error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return Own{}, err
	}
	if err := s.CheckOwn(ctx, id, &d); err != nil {
		return Own{}, err
	}
	var o Own
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		before, err := ownAt(ctx, q, id)
		if err != nil {
			return err
		}
		if before.Definition == d {
			o = before
			return nil
		}
		last, _, err := db.Value[int](ctx, q, "SELECT MAX(version) FROM measure_own_version WHERE own = $1", id)
		if err != nil {
			return err
		}
		if last >= mostChanged {
			return problem.New(problem.Invalid, "own.too_often", "Max", mostChanged)
		}
		o = before
		o.Version, o.Definition = last+1, d
		if err := s.addVersion(ctx, q, o, s.clock().UTC().Truncate(time.Microsecond)); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE measure_own SET version = $1 WHERE id = $2", o.Version, id); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "measure.own_changed", id, map[string]any{"version": o.Version, "definition": d})
	})
	return o, err
}

// ChooseOwn lets an earlier or later definition count.
func (s *Service) ChooseOwn(ctx context.Context, id string, version int) (Own, error) {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return Own{}, err
	}
	versions, err := s.versions(ctx, id)
	if err != nil {
		return Own{}, err
	}
	for _, v := range versions {
		if v.Version != version {
			continue
		}
		if err := s.CheckOwn(ctx, id, &v.Definition); err != nil {
			return Own{}, err
		}
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "UPDATE measure_own SET version = $1 WHERE id = $2", version, id); err != nil {
				return err
			}
			return s.org.Audit(ctx, q, "measure.own_chosen", id, map[string]int{"version": version})
		})
		if err != nil {
			return Own{}, err
		}
		return ownAt(ctx, s.db.Read(), id)
	}
	return Own{}, problem.New(problem.Missing, "own.no_version")
}

// RemoveOwn takes a measure out of use. Where it is used there is no number any more.
func (s *Service) RemoveOwn(ctx context.Context, id string) error {
	if err := org.Require(ctx, org.MeasureEdit); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := ownAt(ctx, q, id); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE measure_own SET removed_at = $1 WHERE id = $2", db.T(s.clock()), id); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "measure.own_removed", id, nil)
	})
}

// OwnVersions lists the definitions of a measure, newest first.
func (s *Service) OwnVersions(ctx context.Context, id string) ([]OwnVersion, error) {
	if err := may(ctx); err != nil {
		return nil, err
	}
	return s.versions(ctx, id)
}

func (s *Service) versions(ctx context.Context, id string) ([]OwnVersion, error) {
	if _, err := ownAt(ctx, s.db.Read(), id); err != nil {
		return nil, err
	}
	type row struct {
		v    OwnVersion
		text string
	}
	list, err := db.All(ctx, s.db.Read(), func(r *row) []any { return []any{&r.v.Version, &r.text, db.At(&r.v.At), &r.v.Member} },
		"SELECT version, definition, at, member FROM measure_own_version WHERE own = $1 ORDER BY version DESC", id)
	if err != nil {
		return nil, fmt.Errorf("list definitions: %w", err)
	}
	out := make([]OwnVersion, len(list))
	for i, r := range list {
		if err := json.Unmarshal([]byte(r.text), &r.v.Definition); err != nil {
			return nil, fmt.Errorf("read a definition of %s: %w", id, err)
		}
		out[i] = r.v
	}
	return out, nil
}

const (
	previewFor = 3 * time.Second // how long the preview of a definition may take at most
	mostShown  = 5               // rows of it
)

// PreviewOwn computes what a definition would give, with the newest rows behind it, without saving it; the window is shortened to a week when it takes too long.
func (s *Service) PreviewOwn(ctx context.Context, id string, d own.Definition, w Window) (Report, []Row, error) {
	if err := may(ctx); err != nil {
		return Report{}, nil, err
	}
	if err := s.CheckOwn(ctx, id, &d); err != nil {
		return Report{}, nil, err
	}
	m, err := s.ownMeasure(ctx, Own{ID: own.Prefix + "preview", Definition: d}, nil)
	if err != nil {
		return Report{}, nil, err
	}
	for _, days := range []int{0, 7, 1} {
		if days > 0 {
			w.From = w.To.AddDate(0, 0, -days)
		}
		c, cancel := context.WithTimeout(ctx, previewFor)
		r := Report{Measure: m}
		list, err := s.readRows(c, m, []time.Time{w.From, w.To})
		var rows []Row
		if err == nil {
			rows, _, err = s.rowsOf(c, m, w, Filter{}, Paging{Limit: mostShown})
		}
		cancel()
		if err == nil {
			r.Result = list.result(m, w).shown(ctx, m)
			return r, rows, nil
		}
		if ctx.Err() != nil || c.Err() == nil {
			return r, nil, err
		}
	}
	return Report{}, nil, problem.New(problem.Invalid, "own.too_slow")
}

// readRows reads facts from the rows.
func (s *Service) readRows(ctx context.Context, m kpi.Measure, cuts []time.Time) (facts, error) {
	a, err := s.asking(ctx, m, cuts, Filter{})
	if err != nil {
		return nil, err
	}
	list, err := m.Read(ctx, s.db.Read(), a)
	return inOrder(list), err
}

// Name is what a measure is called: as typed, or in the reader's language.
func Name(ctx context.Context, m kpi.Measure) string {
	if m.Name != "" {
		return m.Name
	}
	return i18n.T(ctx, "measure."+m.ID+".name")
}

// Word is the word beside a value, in the singular or plural that it takes, "" where the number says it.
func Word(ctx context.Context, u kpi.Unit, v float64) string {
	switch u {
	case kpi.Share, kpi.Seconds, kpi.Ratio, kpi.Money, kpi.Number, "":
		return ""
	}
	if key := "measure.short." + string(u); !u.Things() {
		if i18n.Has(key) {
			return i18n.T(ctx, key)
		}
		return ""
	}
	v = math.Abs(v)
	n := min(v, 1e9)
	if n != math.Trunc(n) && i18n.Lang(ctx) != "fr" { // 1.5 is one in French and several in English (CLDR)
		n = 2
	}
	return i18n.N(ctx, "measure.word."+string(u), int(n))
}
