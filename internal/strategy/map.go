package strategy

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Map is a strategy map: perspectives from value at the top to learning at the foot, objectives in them, links between those.
type Map struct {
	ID           string
	Name         Words
	Kind         Kind
	Scope        string // which department or community, in its own words
	CreatedAt    time.Time
	UpdatedAt    time.Time // of the map or anything on it
	Perspectives []Perspective
	Themes       []Theme
	Objectives   []Objective
	Links        []Link
	Seen         string // as of an Objective
}

// Kind says whose map it is.
type Kind string

// The kinds of maps.
const (
	OfOrganisation Kind = "organisation"
	OfDepartment   Kind = "department"
	OfCommunity    Kind = "community"
)

// Kinds lists the kinds of maps, the widest first.
func Kinds() []Kind { return []Kind{OfOrganisation, OfDepartment, OfCommunity} }

// checked is k, the organisation's when it is not said.
func (k Kind) checked() (Kind, error) {
	if k == "" {
		return OfOrganisation, nil
	}
	if !slices.Contains(Kinds(), k) {
		return k, problem.New(problem.Invalid, "strategy.kind_unknown").On("kind")
	}
	return k, nil
}

// Perspective is a band of a map, or, Within another, a step of it.
type Perspective struct {
	ID       string
	Within   string
	Position int
	Name     Words
	Colour   int // 1 to Colours; 0 is by its place
}

// MaxMaps and MaxObjectives bound an installation and a map. More than Readable objectives on a map is told as too many to steer by
// (Kaplan and Norton: 10 to 15).
const (
	MaxMaps         = 50
	MaxObjectives   = 60
	Readable        = 15
	maxPerspectives = 20
)

const mapColumns = "id, name, kind, scope, created_at, updated_at"

func mapFields(m *Map) []any {
	return []any{&m.ID, db.JSON(&m.Name), (*string)(&m.Kind), &m.Scope, db.At(&m.CreatedAt), db.At(&m.UpdatedAt)}
}

func mapOf(ctx context.Context, q db.Q, mapID string) (Map, error) {
	if !id.Valid(mapID) {
		return Map{}, notFound()
	}
	m, found, err := db.One(ctx, q, mapFields, "SELECT "+mapColumns+" FROM strategy_map WHERE id = $1", mapID)
	if err != nil {
		return m, fmt.Errorf("read a map: %w", err)
	}
	if !found {
		return m, notFound()
	}
	return m, nil
}

// Maps lists the maps, oldest first, without what is on them.
func (s *Service) Maps(ctx context.Context) ([]Map, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	list, err := s.lists.Page(ctx, s.db, "", func(ctx context.Context) ([]Map, error) {
		return db.All(ctx, s.db.Read(), mapFields, "SELECT "+mapColumns+" FROM strategy_map ORDER BY created_at, id")
	})
	if err != nil {
		return nil, fmt.Errorf("list maps: %w", err)
	}
	return slices.Clone(list), nil
}

// Map reads a map with all that is on it. "" is the first map; where there is none the problem is Missing.
func (s *Service) Map(ctx context.Context, mapID string) (Map, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Map{}, err
	}
	m, err := s.read(ctx, mapID)
	return s.shownMap(ctx, m), err
}

func (s *Service) read(ctx context.Context, mapID string) (Map, error) {
	mapID, err := s.named(ctx, mapID)
	if err != nil {
		return Map{}, err
	}
	return fullMap(ctx, s.db.Read(), mapID)
}

// named is the map somebody means: "" is the first one.
func (s *Service) named(ctx context.Context, mapID string) (string, error) {
	if mapID != "" {
		return mapID, nil
	}
	first, found, err := db.Value[string](ctx, s.db.Read(), "SELECT id FROM strategy_map ORDER BY created_at, id LIMIT 1")
	if err != nil {
		return "", fmt.Errorf("find the first map: %w", err)
	}
	if !found {
		return "", problem.New(problem.Missing, "strategy.no_map")
	}
	return first, nil
}

// standing is read for those who only look: a map that did not change since is not read again. Nobody may change what it gives.
func (s *Service) standing(ctx context.Context, mapID string) (Map, error) {
	mapID, err := s.named(ctx, mapID)
	if err != nil {
		return Map{}, err
	}
	m, err := mapOf(ctx, s.db.Read(), mapID)
	if err != nil {
		return m, err
	}
	return s.full(ctx, m)
}

// fullMap reads a map with all that is on it.
func fullMap(ctx context.Context, q db.Q, mapID string) (Map, error) {
	m, err := mapOf(ctx, q, mapID)
	if err != nil {
		return m, err
	}
	m.Perspectives, err = db.All(ctx, q, func(p *Perspective) []any { return []any{&p.ID, &p.Within, &p.Position, db.JSON(&p.Name), &p.Colour} },
		"SELECT id, within, position, name, colour FROM perspective WHERE map = $1 ORDER BY position, id", m.ID)
	if err != nil {
		return m, fmt.Errorf("read perspectives: %w", err)
	}
	if m.Themes, err = themes(ctx, q, m.ID); err != nil {
		return m, err
	}
	if m.Objectives, err = objectives(ctx, q, "o.map = $1", m.ID); err != nil {
		return m, err
	}
	m.Links, err = links(ctx, q, m.ID)
	return m, err
}

// Bands are the perspectives that stand by themselves, top first.
func (m Map) Bands() []Perspective { return m.Steps("") }

// Steps are the perspectives within another one, in order.
func (m Map) Steps(within string) []Perspective {
	var out []Perspective
	for _, p := range m.Perspectives {
		if p.Within == within {
			out = append(out, p)
		}
	}
	return out
}

// Perspective finds a perspective of the map.
func (m Map) Perspective(perspective string) (Perspective, bool) {
	for _, p := range m.Perspectives {
		if p.ID == perspective {
			return p, true
		}
	}
	return Perspective{}, false
}

// Places are the perspectives that hold objectives: steps, and bands without steps.
func (m Map) Places() []Perspective {
	var out []Perspective
	for _, b := range m.Bands() {
		if steps := m.Steps(b.ID); len(steps) > 0 {
			out = append(out, steps...)
		} else {
			out = append(out, b)
		}
	}
	return out
}

// Band is the band in which a perspective stands.
func (m Map) Band(perspective string) string {
	if p, ok := m.Perspective(perspective); ok && p.Within != "" {
		return p.Within
	}
	return perspective
}

// Objective finds an objective of the map.
func (m Map) Objective(objective string) (Objective, bool) {
	for _, o := range m.Objectives {
		if o.ID == objective {
			return o, true
		}
	}
	return Objective{}, false
}

// Draft is a map to be made.
type Draft struct {
	Name         Words
	Kind         Kind
	Scope        string
	Themes       []Theme       // so are these
	Perspectives []Perspective // IDs are the draft's own
	Objectives   []Objective   // so are these
	Links        []Link
}

// AddMap makes a map of a draft, all of it or nothing.
func (s *Service) AddMap(ctx context.Context, d Draft) (Map, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return Map{}, err
	}
	made, err := s.make(ctx, &d)
	if err != nil {
		return Map{}, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.insertMap(ctx, q, made) })
	if err != nil {
		return Map{}, err
	}
	return s.read(ctx, made.ID)
}

// make checks a draft and gives everything on it an identity.
func (s *Service) make(ctx context.Context, d *Draft) (Map, error) {
	now := s.Now()
	m := Map{ID: s.newID(), CreatedAt: now, UpdatedAt: now}
	var err error
	if m.Name, err = d.Name.checked("name"); err != nil {
		return m, err
	}
	if m.Kind, err = d.Kind.checked(); err != nil {
		return m, err
	}
	if m.Scope, err = text(d.Scope, "scope", maxWords); err != nil {
		return m, err
	}
	if len(d.Perspectives) == 0 || len(d.Perspectives) > maxPerspectives {
		return m, problem.New(problem.Invalid, "strategy.perspectives", "Max", maxPerspectives).On("perspectives")
	}
	if len(d.Objectives) > MaxObjectives {
		return m, tooMany()
	}
	ids := map[string]string{"": ""}
	for _, p := range d.Perspectives {
		if p.ID == "" || ids[p.ID] != "" {
			return m, problem.New(problem.Invalid, "strategy.perspective_unknown").On("perspectives")
		}
		ids[p.ID] = s.newID()
	}
	for i, p := range d.Perspectives {
		within, ok := ids[p.Within]
		if !ok || p.Within == p.ID {
			return m, problem.New(problem.Invalid, "strategy.perspective_unknown").On("perspectives")
		}
		name, err := p.Name.checked("name")
		if err != nil {
			return m, err
		}
		m.Perspectives = append(m.Perspectives, Perspective{ID: ids[p.ID], Within: within, Position: i, Name: name, Colour: colour(p.Colour)})
	}
	themed := map[string]string{}
	if len(d.Themes) > MaxThemes {
		return m, problem.New(problem.Invalid, "strategy.too_many_themes", "Max", MaxThemes).On("themes")
	}
	for i, t := range d.Themes {
		name, err := t.Name.checked("name")
		if err != nil {
			return m, err
		}
		if t.ID == "" || themed[t.ID] != "" {
			return m, problem.New(problem.Invalid, "strategy.theme_unknown").On("themes")
		}
		themed[t.ID] = s.newID()
		m.Themes = append(m.Themes, Theme{ID: themed[t.ID], Position: i, Name: name, Colour: colour(t.Colour)})
	}
	ids = map[string]string{}
	places := map[string]string{}
	for i, p := range d.Perspectives {
		places[p.ID] = m.Perspectives[i].ID
	}
	names := map[string]Words{}
	for _, o := range d.Objectives {
		called := o.Name
		names[o.ID] = called
		if o.ID == "" || ids[o.ID] != "" {
			return m, blame(called, problem.New(problem.Invalid, "strategy.objective_unknown").On("objectives"))
		}
		draft := o.ID
		o.Map, o.Perspective = m.ID, places[o.Perspective]
		var tells []string
		for _, t := range o.Themes {
			if themed[t] == "" {
				return m, blame(called, problem.New(problem.Invalid, "strategy.theme_unknown").On("themes"))
			}
			tells = append(tells, themed[t])
		}
		o.Themes = tells
		if o, err = s.checked(ctx, m, o); err != nil {
			return m, blame(called, err)
		}
		o.ID, o.CreatedAt, o.UpdatedAt = s.newID(), now, now
		ids[draft] = o.ID
		list := o.Measures
		o.Measures = nil
		for i, measured := range list {
			measured.Position = i
			if measured, err = s.checkMeasure(ctx, measured); err != nil {
				return m, blame(called, err)
			}
			measured.ID, measured.Objective = s.newID(), o.ID
			o.Measures = append(o.Measures, measured)
		}
		m.Objectives = append(m.Objectives, o)
	}
	for _, l := range d.Links {
		called := between(names[l.Origin], names[l.Serves])
		l.Origin, l.Serves = ids[l.Origin], ids[l.Serves]
		if l, err = l.checked(m.Objectives, m.Links); err != nil {
			return m, blame(called, err)
		}
		m.Links = append(m.Links, l)
	}
	m.settle()
	return m, nil
}

func (s *Service) insertMap(ctx context.Context, q db.Q, m Map) error {
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM strategy_map")
	if err != nil {
		return fmt.Errorf("count maps: %w", err)
	}
	if n >= MaxMaps {
		return problem.New(problem.Invalid, "strategy.too_many_maps", "Max", MaxMaps)
	}
	if err := db.Insert(ctx, q, "strategy_map ("+mapColumns+")", [][]any{{m.ID, db.J(m.Name), string(m.Kind), m.Scope, db.T(m.CreatedAt), db.T(m.UpdatedAt)}}, ""); err != nil {
		return err
	}
	for _, p := range m.Perspectives {
		if err := db.Insert(ctx, q, "perspective (id, map, within, position, name, colour)", [][]any{{p.ID, m.ID, p.Within, p.Position, db.J(p.Name), p.Colour}}, ""); err != nil {
			return err
		}
	}
	for _, t := range m.Themes {
		if err := insertTheme(ctx, q, m.ID, t); err != nil {
			return err
		}
	}
	for _, o := range m.Objectives {
		if err := insertObjective(ctx, q, o); err != nil {
			return err
		}
		for _, measured := range o.Measures {
			if err := insertMeasure(ctx, q, measured); err != nil {
				return err
			}
		}
	}
	for _, l := range m.Links {
		if err := insertLink(ctx, q, m.ID, l); err != nil {
			return err
		}
	}
	after, err := snapshotOf(ctx, q, m.ID)
	if err != nil {
		return err
	}
	if err := s.keep(ctx, q, &Change{Action: added, Object: "map:" + m.ID}, m.ID, m.CreatedAt, diff(snapshot{}, after), after); err != nil {
		return err
	}
	return s.org.Audit(ctx, q, added, "map:"+m.ID, map[string]any{"name": m.Name, "objectives": len(m.Objectives)})
}

// RemoveMap takes a map and all that is on it away; the audit log keeps its name.
func (s *Service) RemoveMap(ctx context.Context, mapID string) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		m, err := mapOf(ctx, q, mapID)
		if err != nil {
			return err
		}
		for _, statement := range []string{
			"DELETE FROM strategy_share WHERE map = $1",
			"DELETE FROM strategy_change WHERE map = $1",
			"DELETE FROM contribution WHERE origin IN (SELECT id FROM objective WHERE map = $1) OR serves IN (SELECT id FROM objective WHERE map = $1)",
			"DELETE FROM objective_theme WHERE objective IN (SELECT id FROM objective WHERE map = $1)",
			"DELETE FROM theme WHERE map = $1",
			"DELETE FROM objective_link WHERE map = $1",
			"DELETE FROM objective_measure WHERE objective IN (SELECT id FROM objective WHERE map = $1)",
			"DELETE FROM objective WHERE map = $1",
			"DELETE FROM perspective WHERE map = $1",
			"DELETE FROM strategy_map WHERE id = $1",
		} {
			if _, err := db.Exec(ctx, q, statement, mapID); err != nil {
				return fmt.Errorf("remove a map: %w", err)
			}
		}
		return s.org.Audit(ctx, q, "strategy.map_removed", "map:"+mapID, map[string]any{"name": m.Name})
	})
}
