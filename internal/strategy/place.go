package strategy

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
	"github.com/entente/entente/internal/strategy/layout"
)

// arrangedAt is the width, in pixels, for which places are looked for: a page on a desk.
const arrangedAt = 1180

// outline is a map as the layout wants it, without words that differ from reader to reader.
func (m Map) outline() layout.Map {
	var out layout.Map
	for _, b := range m.Bands() {
		band := layout.Band{ID: b.ID}
		for _, s := range m.Steps(b.ID) {
			band.Steps = append(band.Steps, layout.Step{ID: s.ID, Title: s.Name.In("en")})
		}
		out.Bands = append(out.Bands, band)
	}
	for _, o := range m.Objectives {
		out.Objectives = append(out.Objectives, layout.Objective{ID: o.ID, Band: m.Band(o.Perspective), Step: o.Perspective, Title: o.Name.In("en"), Position: o.Position, Placed: o.Placed})
	}
	for _, l := range m.Links {
		out.Links = append(out.Links, layout.Link{From: l.Origin, To: l.Serves, Weight: l.Weight})
	}
	return out
}

// settle gives a place to every objective that has none, between neighbours that keep theirs: a map does not jump when it is edited. It
// says which were placed.
func (m *Map) settle() []int {
	if !slices.ContainsFunc(m.Objectives, func(o Objective) bool { return !o.Placed }) {
		return nil
	}
	plan := layout.Arrange(m.outline(), layout.Options{Width: arrangedAt})
	rows := map[string][]layout.Node{}
	for _, n := range plan.Nodes {
		p := m.Objectives[n.Objective].Perspective
		rows[p] = append(rows[p], n)
	}
	var settled []int
	for _, row := range rows {
		sorting.Func(row, func(a, b layout.Node) int { return a.Order - b.Order })
		for i := 0; i < len(row); {
			if m.Objectives[row[i].Objective].Placed {
				i++
				continue
			}
			end := i
			for end < len(row) && !m.Objectives[row[end].Objective].Placed {
				end++
			}
			count := float64(end - i)
			from, step := 0.0, 1.0
			switch {
			case i > 0 && end < len(row):
				low, high := m.Objectives[row[i-1].Objective].Position, m.Objectives[row[end].Objective].Position
				step = (high - low) / (count + 1)
				from = low + step
			case i > 0:
				from = m.Objectives[row[i-1].Objective].Position + 1
			case end < len(row):
				from = m.Objectives[row[end].Objective].Position - count
			}
			for k := i; k < end; k++ {
				o := &m.Objectives[row[k].Objective]
				o.Position, o.Placed = from+float64(k-i)*step, true
				settled = append(settled, row[k].Objective)
			}
			i = end
		}
	}
	return settled
}

// settlePlaces stores the places that settle finds.
func (s *Service) settlePlaces(ctx context.Context, q db.Q, mapID string) error {
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM objective WHERE map = $1 AND position IS NULL", mapID)
	if err != nil || n == 0 {
		return err
	}
	m, err := fullMap(ctx, q, mapID)
	if err != nil {
		return err
	}
	for _, i := range m.settle() {
		if _, err := db.Exec(ctx, q, "UPDATE objective SET position = $1 WHERE id = $2", m.Objectives[i].Position, m.Objectives[i].ID); err != nil {
			return fmt.Errorf("place an objective: %w", err)
		}
	}
	return nil
}

// Row lists the objectives of a place, from left to right, or from top to bottom in a step.
func (m Map) Row(perspective string) []Objective {
	var out []Objective
	for _, o := range m.Objectives {
		if o.Perspective == perspective {
			out = append(out, o)
		}
	}
	sorting.Stable(out, func(a, b Objective) int {
		switch {
		case !a.Placed || !b.Placed:
			return int(db.B(b.Placed) - db.B(a.Placed))
		case a.Position < b.Position:
			return -1
		case a.Position > b.Position:
			return 1
		}
		return 0
	})
	return out
}

// Place stores the order of objectives from left to right; those that are not of the map are ignored. No order forgets all places and
// looks for those with the fewest crossings.
func (s *Service) Place(ctx context.Context, mapID string, order []string) error {
	return s.edit(ctx, mapID, "strategy.map_arranged", "map:"+mapID, map[string]any{"objectives": len(order)}, func(ctx context.Context, q db.Q) error {
		if len(order) == 0 {
			_, err := db.Exec(ctx, q, "UPDATE objective SET position = NULL WHERE map = $1", mapID)
			return err
		}
		for i, o := range order[:min(len(order), MaxObjectives)] {
			if !id.Valid(o) {
				continue
			}
			if _, err := db.Exec(ctx, q, "UPDATE objective SET position = $1 WHERE id = $2 AND map = $3", float64(i), o, mapID); err != nil {
				return fmt.Errorf("place an objective: %w", err)
			}
		}
		return nil
	})
}

// Move puts an objective into a perspective or step of its map, before another one there; "" is at the end.
func (s *Service) Move(ctx context.Context, objective, perspective, before string) error {
	o, err := s.ofMap(ctx, objective)
	if err != nil {
		return err
	}
	return s.edit(ctx, o.Map, "strategy.objective_moved", "objective:"+o.ID, map[string]any{"perspective": perspective}, func(ctx context.Context, q db.Q) error {
		m, err := fullMap(ctx, q, o.Map)
		if err != nil {
			return err
		}
		if p, ok := m.Perspective(perspective); !ok || len(m.Steps(p.ID)) > 0 {
			return problem.New(problem.Invalid, "strategy.perspective_unknown").On("perspective")
		}
		row := slices.DeleteFunc(m.Row(perspective), func(x Objective) bool { return x.ID == o.ID })
		at := slices.IndexFunc(row, func(x Objective) bool { return x.ID == before })
		if at < 0 {
			at = len(row)
		}
		position := 0.0
		switch {
		case at > 0 && at < len(row):
			position = (row[at-1].Position + row[at].Position) / 2
			if position <= row[at-1].Position || position >= row[at].Position { // halved too often: all places of the row anew
				row = slices.Insert(row, at, o)
				for i, x := range row {
					if _, err := db.Exec(ctx, q, "UPDATE objective SET position = $1, perspective = $2 WHERE id = $3", float64(i), perspective, x.ID); err != nil {
						return fmt.Errorf("move an objective: %w", err)
					}
				}
				return nil
			}
		case at > 0:
			position = row[at-1].Position + 1
		case len(row) > 0:
			position = row[0].Position - 1
		}
		_, err = db.Exec(ctx, q, "UPDATE objective SET position = $1, perspective = $2 WHERE id = $3", position, perspective, o.ID)
		return err
	})
}

// Way is a direction on a map.
type Way string

// The ways.
const (
	Left  Way = "left"
	Right Way = "right"
	Up    Way = "up"
	Down  Way = "down"
)

// Nudge moves an objective one place: past its neighbour, into the step beside, or into the perspective above or below. moved is false at
// the edge of the map.
func (s *Service) Nudge(ctx context.Context, objective string, way Way) (moved bool, err error) {
	o, err := s.ofMap(ctx, objective)
	if err != nil {
		return false, err
	}
	m, err := s.read(ctx, o.Map)
	if err != nil {
		return false, err
	}
	perspective, before, ok := m.beside(o, way)
	if !ok {
		return false, nil
	}
	return true, s.Move(ctx, objective, perspective, before)
}

// beside says where an objective stands after one step in a direction.
func (m Map) beside(o Objective, way Way) (perspective, before string, ok bool) {
	row := m.Row(o.Perspective)
	at := slices.IndexFunc(row, func(x Objective) bool { return x.ID == o.ID })
	p, _ := m.Perspective(o.Perspective)
	if at < 0 {
		return "", "", false
	}
	along := 0 // within the row: from left to right, in a step from top to bottom
	across := 0
	switch {
	case way == Left, way == Up:
		along, across = -1, -1
	case way == Right, way == Down:
		along, across = 1, 1
	default:
		return "", "", false
	}
	inStep := p.Within != ""
	if inStep == (way == Up || way == Down) {
		across = 0
	} else {
		along = 0
	}
	if along != 0 {
		if to := at + along; to >= 0 && to < len(row) {
			if along < 0 {
				return p.ID, row[to].ID, true
			}
			if to+1 < len(row) {
				return p.ID, row[to+1].ID, true
			}
			return p.ID, "", true
		}
		if !inStep {
			return "", "", false
		}
		across = along // out of a step, upwards or downwards
	}
	if inStep && (way == Left || way == Right) {
		steps := m.Steps(p.Within)
		i := slices.IndexFunc(steps, func(x Perspective) bool { return x.ID == p.ID }) + across
		if i < 0 || i >= len(steps) {
			return "", "", false
		}
		return steps[i].ID, nth(m.Row(steps[i].ID), at), true
	}
	bands := m.Bands()
	i := slices.IndexFunc(bands, func(x Perspective) bool { return x.ID == m.Band(p.ID) })
	share := float64(at) / float64(max(1, len(row)))
	if steps := m.Steps(p.Within); inStep {
		share = float64(slices.IndexFunc(steps, func(x Perspective) bool { return x.ID == p.ID })) / float64(len(steps))
	}
	if i += across; i < 0 || i >= len(bands) {
		return "", "", false
	}
	if steps := m.Steps(bands[i].ID); len(steps) > 0 {
		step := steps[min(len(steps)-1, int(share*float64(len(steps))))]
		if across > 0 {
			return step.ID, nth(m.Row(step.ID), 0), true
		}
		return step.ID, "", true
	}
	next := m.Row(bands[i].ID)
	return bands[i].ID, nth(next, int(share*float64(len(next))+0.5)), true
}

// nth is the id of an objective of a row, "" behind its end.
func nth(row []Objective, i int) string {
	if i < 0 || i >= len(row) {
		return ""
	}
	return row[i].ID
}

// RenameObjective gives an objective another name in one language.
func (s *Service) RenameObjective(ctx context.Context, objective, lang, name string) error {
	o, err := s.ofMap(ctx, objective)
	if err != nil {
		return err
	}
	words := Words{}
	for l, n := range o.Name {
		words[l] = n
	}
	words[lang] = name
	if words, err = words.checked("name"); err != nil {
		return err
	}
	return s.edit(ctx, o.Map, "strategy.objective_changed", "objective:"+o.ID, map[string]any{"name": words}, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE objective SET name = $1, updated_at = $2 WHERE id = $3", db.J(words), db.T(s.Now()), o.ID)
		return err
	})
}

// ofMap finds an objective that whoever acts in ctx may change.
func (s *Service) ofMap(ctx context.Context, objective string) (Objective, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return Objective{}, err
	}
	return one(ctx, s.db.Read(), objective)
}
