package strategy

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// MaxSteps is how many steps a perspective may have side by side.
const MaxSteps = 6

// AddPerspective puts one more perspective at the foot of a map, or one more step at the end of another one (Within). The first step of a
// perspective takes over its objectives.
func (s *Service) AddPerspective(ctx context.Context, mapID string, p Perspective) (Perspective, error) {
	var err error
	if p.Name, err = p.Name.checked("name"); err != nil {
		return p, err
	}
	p.ID, p.Colour = s.newID(), colour(p.Colour)
	err = s.edit(ctx, mapID, "strategy.perspective_added", "perspective:"+p.ID, map[string]any{"name": p.Name}, func(ctx context.Context, q db.Q) error {
		m, err := fullMap(ctx, q, mapID)
		if err != nil {
			return err
		}
		if len(m.Perspectives) >= maxPerspectives {
			return problem.New(problem.Invalid, "strategy.perspectives", "Max", maxPerspectives).On("name")
		}
		for _, other := range m.Perspectives {
			p.Position = max(p.Position, other.Position+1)
		}
		if p.Within != "" {
			band, ok := m.Perspective(p.Within)
			if !ok || band.Within != "" {
				return problem.New(problem.Invalid, "strategy.perspective_unknown").On("within")
			}
			if len(m.Steps(band.ID)) >= MaxSteps {
				return problem.New(problem.Invalid, "strategy.too_many_steps", "Max", MaxSteps).On("within")
			}
		}
		if err := db.Insert(ctx, q, "perspective (id, map, within, position, name, colour)", [][]any{{p.ID, mapID, p.Within, p.Position, db.J(p.Name), p.Colour}}, ""); err != nil {
			return err
		}
		if p.Within == "" {
			return nil
		}
		_, err = db.Exec(ctx, q, "UPDATE objective SET perspective = $1 WHERE perspective = $2", p.ID, p.Within)
		return err
	})
	return p, err
}

// ChangePerspective gives a perspective another name and colour.
func (s *Service) ChangePerspective(ctx context.Context, p Perspective) error {
	var err error
	if p.Name, err = p.Name.checked("name"); err != nil {
		return err
	}
	return s.ofPerspective(ctx, p.ID, "strategy.perspective_changed", map[string]any{"name": p.Name}, func(ctx context.Context, q db.Q, _ Map) error {
		_, err := db.Exec(ctx, q, "UPDATE perspective SET name = $1, colour = $2 WHERE id = $3", db.J(p.Name), colour(p.Colour), p.ID)
		return err
	})
}

// MovePerspective changes places with the neighbour that stands by places further down (right, for a step); less than 0 is up or left.
func (s *Service) MovePerspective(ctx context.Context, perspective string, by int) error {
	return s.ofPerspective(ctx, perspective, "strategy.perspective_moved", map[string]any{"by": by}, func(ctx context.Context, q db.Q, m Map) error {
		p, _ := m.Perspective(perspective)
		row := m.Steps(p.Within)
		at := slices.IndexFunc(row, func(x Perspective) bool { return x.ID == p.ID })
		to := at + by
		if at < 0 || to < 0 || to >= len(row) {
			return nil
		}
		row = slices.Delete(row, at, at+1)
		row = slices.Insert(row, to, p)
		positions := make([]int, len(row))
		for i, x := range row {
			positions[i] = x.Position
		}
		slices.Sort(positions)
		for i, x := range row {
			if i > 0 && positions[i] <= positions[i-1] {
				positions[i] = positions[i-1] + 1
			}
			if x.Position == positions[i] {
				continue
			}
			if _, err := db.Exec(ctx, q, "UPDATE perspective SET position = $1 WHERE id = $2", positions[i], x.ID); err != nil {
				return fmt.Errorf("move a perspective: %w", err)
			}
		}
		return nil
	})
}

// RemovePerspective takes a perspective away. One that holds objectives, or steps with objectives, hands them to another place first:
// into says which; "" refuses when there are any.
func (s *Service) RemovePerspective(ctx context.Context, perspective, into string) error {
	return s.ofPerspective(ctx, perspective, "strategy.perspective_removed", nil, func(ctx context.Context, q db.Q, m Map) error {
		p, _ := m.Perspective(perspective)
		gone := []string{p.ID}
		for _, step := range m.Steps(p.ID) {
			gone = append(gone, step.ID)
		}
		if p.Within == "" && len(m.Bands()) == 1 {
			return problem.New(problem.Conflict, "strategy.last_perspective")
		}
		// The objectives of a last step go back to its perspective.
		if p.Within != "" && len(m.Steps(p.Within)) == 1 && into == "" {
			into = p.Within
		} else if target, ok := m.Perspective(into); into != "" && (!ok || slices.Contains(gone, into) || len(m.Steps(target.ID)) > 0) {
			return problem.New(problem.Invalid, "strategy.perspective_unknown").On("into")
		}
		for _, o := range m.Objectives {
			if !slices.Contains(gone, o.Perspective) {
				continue
			}
			if into == "" {
				return problem.New(problem.Conflict, "strategy.perspective_full")
			}
			if _, err := db.Exec(ctx, q, "UPDATE objective SET perspective = $1, position = NULL WHERE id = $2", into, o.ID); err != nil {
				return fmt.Errorf("hand over an objective: %w", err)
			}
		}
		slices.Reverse(gone)
		for _, g := range gone {
			if _, err := db.Exec(ctx, q, "DELETE FROM perspective WHERE id = $1", g); err != nil {
				return fmt.Errorf("remove a perspective: %w", err)
			}
		}
		return nil
	})
}

func (s *Service) ofPerspective(ctx context.Context, perspective, action string, details any, do func(ctx context.Context, q db.Q, m Map) error) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	mapID, err := s.mapOfRow(ctx, "perspective", perspective)
	if err != nil {
		return err
	}
	return s.edit(ctx, mapID, action, "perspective:"+perspective, details, func(ctx context.Context, q db.Q) error {
		m, err := fullMap(ctx, q, mapID)
		if err != nil {
			return err
		}
		return do(ctx, q, m)
	})
}

// Paint is a name and a colour to give.
type Paint struct {
	Name   Words
	Colour int
}

// Rename changes the name of a map, and names and colours of its perspectives; perspectives that are not named keep theirs.
func (s *Service) Rename(ctx context.Context, mapID string, name Words, perspectives map[string]Words) error {
	paints := map[string]Paint{}
	for p, words := range perspectives {
		paints[p] = Paint{words, -1}
	}
	return s.ChangeMap(ctx, Map{ID: mapID, Name: name, Kind: "same"}, paints)
}

// ChangeMap saves name, kind and scope of a map, and the names and colours of the perspectives and themes that are given, by id.
func (s *Service) ChangeMap(ctx context.Context, m Map, paints map[string]Paint) error {
	name, err := m.Name.checked("name")
	if err != nil {
		return err
	}
	kind := m.Kind
	if kind != "same" {
		if kind, err = kind.checked(); err != nil {
			return err
		}
		if m.Scope, err = text(m.Scope, "scope", maxWords); err != nil {
			return err
		}
	}
	return s.edit(ctx, m.ID, "strategy.map_renamed", "map:"+m.ID, map[string]any{"name": name}, func(ctx context.Context, q db.Q) error {
		was, err := fullMap(ctx, q, m.ID)
		if err != nil {
			return err
		}
		if err := overtaken(m.Seen, was.Stamp()); err != nil {
			return err
		}
		if kind == "same" {
			kind, m.Scope = was.Kind, was.Scope
		}
		if _, err := db.Exec(ctx, q, "UPDATE strategy_map SET name = $1, kind = $2, scope = $3 WHERE id = $4", db.J(name), string(kind), m.Scope, m.ID); err != nil {
			return fmt.Errorf("rename a map: %w", err)
		}
		for row, p := range paints {
			table, chosen := "perspective", 0
			if x, ok := was.Perspective(row); ok {
				chosen = x.Colour
			} else if x, ok := was.Theme(row); ok {
				table, chosen = "theme", x.Colour
			} else {
				return notFound()
			}
			if p.Colour >= 0 {
				chosen = colour(p.Colour)
			}
			words, err := p.Name.checked(table + "_" + row)
			if err != nil {
				return err
			}
			if _, err := db.Exec(ctx, q, "UPDATE "+table+" SET name = $1, colour = $2 WHERE id = $3", db.J(words), chosen, row); err != nil {
				return fmt.Errorf("rename a %s: %w", table, err)
			}
		}
		return nil
	})
}

func validAll(list ...string) bool {
	return !slices.ContainsFunc(list, func(s string) bool { return !id.Valid(s) })
}
