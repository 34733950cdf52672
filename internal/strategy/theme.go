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

// Theme is a vertical chain through a map: objectives of all perspectives that are told as one story.
type Theme struct {
	ID       string
	Position int
	Name     Words
	Colour   int // 1 to Colours; 0 is by its place
}

// MaxThemes bounds a map. Colours is how many colours there are to choose from; the style sheet names each, for light and dark.
const (
	MaxThemes = 9
	Colours   = 8
)

// colour is c when there is such a colour, else 0.
func colour(c int) int {
	if c < 0 || c > Colours {
		return 0
	}
	return c
}

// Shade is the colour that is drawn, 1 to Colours: the chosen one, else that of the place.
func Shade(chosen, place int) int {
	if colour(chosen) > 0 {
		return chosen
	}
	return max(place, 0)%Colours + 1
}

func themes(ctx context.Context, q db.Q, mapID string) ([]Theme, error) {
	list, err := db.All(ctx, q, func(t *Theme) []any { return []any{&t.ID, &t.Position, db.JSON(&t.Name), &t.Colour} },
		"SELECT id, position, name, colour FROM theme WHERE map = $1 ORDER BY position, id", mapID)
	if err != nil {
		return nil, fmt.Errorf("read themes: %w", err)
	}
	return list, nil
}

func insertTheme(ctx context.Context, q db.Q, mapID string, t Theme) error {
	return db.Insert(ctx, q, "theme (id, map, position, name, colour)", [][]any{{t.ID, mapID, t.Position, db.J(t.Name), t.Colour}}, "")
}

// Theme finds a theme of the map.
func (m Map) Theme(theme string) (Theme, bool) {
	for _, t := range m.Themes {
		if t.ID == theme {
			return t, true
		}
	}
	return Theme{}, false
}

// AddTheme gives a map one more theme.
func (s *Service) AddTheme(ctx context.Context, mapID string, t Theme) (Theme, error) {
	var err error
	if t.Name, err = t.Name.checked("name"); err != nil {
		return t, err
	}
	t.ID, t.Colour = s.newID(), colour(t.Colour)
	err = s.edit(ctx, mapID, "strategy.theme_added", "theme:"+t.ID, map[string]any{"name": t.Name}, func(ctx context.Context, q db.Q) error {
		list, err := themes(ctx, q, mapID)
		if err != nil {
			return err
		}
		if len(list) >= MaxThemes {
			return problem.New(problem.Invalid, "strategy.too_many_themes", "Max", MaxThemes).On("name")
		}
		for _, other := range list {
			t.Position = max(t.Position, other.Position+1)
		}
		return insertTheme(ctx, q, mapID, t)
	})
	return t, err
}

// ChangeTheme gives a theme another name and colour.
func (s *Service) ChangeTheme(ctx context.Context, t Theme) (Theme, error) {
	var err error
	if t.Name, err = t.Name.checked("name"); err != nil {
		return t, err
	}
	t.Colour = colour(t.Colour)
	err = s.ofTheme(ctx, t.ID, "strategy.theme_changed", map[string]any{"name": t.Name}, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE theme SET name = $1, colour = $2 WHERE id = $3", db.J(t.Name), t.Colour, t.ID)
		return err
	})
	return t, err
}

// MoveTheme puts a theme so many places further down among those of its map, or up; where there is no such place it stays.
func (s *Service) MoveTheme(ctx context.Context, theme string, by int) error {
	return s.ofTheme(ctx, theme, "strategy.theme_moved", map[string]any{"by": by}, func(ctx context.Context, q db.Q) error {
		mapID, _, err := db.Value[string](ctx, q, "SELECT map FROM theme WHERE id = $1", theme)
		if err != nil {
			return fmt.Errorf("find the map of a theme: %w", err)
		}
		row, err := themes(ctx, q, mapID)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(row, func(x Theme) bool { return x.ID == theme })
		to := at + by
		if at < 0 || to < 0 || to >= len(row) {
			return nil
		}
		moved := row[at]
		row = slices.Insert(slices.Delete(row, at, at+1), to, moved)
		for i, x := range row {
			if x.Position == i {
				continue
			}
			if _, err := db.Exec(ctx, q, "UPDATE theme SET position = $1 WHERE id = $2", i, x.ID); err != nil {
				return fmt.Errorf("move a theme: %w", err)
			}
		}
		return nil
	})
}

// RemoveTheme takes a theme away; its objectives stay.
func (s *Service) RemoveTheme(ctx context.Context, theme string) error {
	return s.ofTheme(ctx, theme, "strategy.theme_removed", nil, func(ctx context.Context, q db.Q) error {
		for _, statement := range []string{"DELETE FROM objective_theme WHERE theme = $1", "DELETE FROM theme WHERE id = $1"} {
			if _, err := db.Exec(ctx, q, statement, theme); err != nil {
				return fmt.Errorf("remove a theme: %w", err)
			}
		}
		return nil
	})
}

func (s *Service) ofTheme(ctx context.Context, theme, action string, details any, do func(ctx context.Context, q db.Q) error) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	mapID, err := s.mapOfRow(ctx, "theme", theme)
	if err != nil {
		return err
	}
	return s.edit(ctx, mapID, action, "theme:"+theme, details, do)
}

// mapOfRow finds the map of a theme or a perspective.
func (s *Service) mapOfRow(ctx context.Context, table, row string) (string, error) {
	if !id.Valid(row) {
		return "", notFound()
	}
	mapID, found, err := db.Value[string](ctx, s.db.Read(), "SELECT map FROM "+table+" WHERE id = $1", row)
	if err != nil {
		return "", fmt.Errorf("find the map of a %s: %w", table, err)
	}
	if !found {
		return "", notFound()
	}
	return mapID, nil
}
