package strategy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/sorting"
)

// whole refuses a state of a map that could not have come about by editing: something refers to what is not there, or a limit or a rule
// of links is broken. It is how taking back is refused when others built on what would go.
func (s *Service) whole(ctx context.Context, q db.Q, mapID string, st snapshot) error {
	broken := problem.New(problem.Conflict, "strategy.undo_needed")
	m := st.toMap(mapID)
	if len(m.Perspectives) == 0 || len(m.Perspectives) > maxPerspectives || len(m.Themes) > MaxThemes || len(m.Objectives) > MaxObjectives {
		return broken
	}
	for _, p := range m.Perspectives {
		if within, ok := m.Perspective(p.Within); p.Within != "" && (!ok || within.Within != "") {
			return broken
		}
	}
	known := map[string]bool{}
	for _, o := range m.Objectives {
		known[o.ID] = true
		if p, ok := m.Perspective(o.Perspective); !ok || len(m.Steps(p.ID)) > 0 || len(o.Measures) > MaxMeasures {
			return broken
		}
		for _, t := range o.Themes {
			if _, ok := m.Theme(t); !ok {
				return broken
			}
		}
	}
	var links []Link
	for _, l := range m.Links {
		if !known[l.Origin] || !known[l.Serves] || leads(links, l.Serves, l.Origin) {
			return broken
		}
		links = append(links, l)
	}
	for _, r := range st {
		switch tables()[r.table].name {
		case "objective_measure":
			if o, _ := r.fields["objective"].(string); !known[o] {
				return broken
			}
		case "objective_theme":
			if !known[r.key[0]] {
				return broken
			}
		case "contribution":
			for _, end := range r.key {
				if known[end] {
					continue
				}
				if n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM objective WHERE id = $1 AND map <> $2", end, mapID); err != nil {
					return fmt.Errorf("look at the other end of a contribution: %w", err)
				} else if n == 0 {
					return broken
				}
			}
			others, err := contributions(ctx, q)
			if err != nil {
				return err
			}
			others = slices.DeleteFunc(others, func(c Contribution) bool { return c.Origin == r.key[0] && c.Serves == r.key[1] })
			if err := s.roundTrip(ctx, q, r.key[0], r.key[1], others, m); err != nil {
				return broken
			}
		}
	}
	return nil
}

// toMap makes a map of its rows.
func (st snapshot) toMap(mapID string) Map {
	m := Map{ID: mapID}
	words := func(v any) (w Words) {
		if text, ok := v.(string); ok {
			_ = json.Unmarshal([]byte(text), &w) // what we wrote ourselves
		}
		return w
	}
	text := func(v any) string { t, _ := v.(string); return t }
	whole := func(v any) int { n, _ := v.(int64); return int(n) }
	real := func(v any) float64 { f, _ := v.(float64); return f }
	when := func(v any) time.Time {
		if n, ok := v.(int64); ok {
			return time.UnixMicro(n).UTC()
		}
		return time.Time{}
	}
	all := tables()
	measures, themes := map[string][]Measure{}, map[string][]string{}
	for _, r := range st {
		f := r.fields
		switch all[r.table].name {
		case "strategy_map":
			m.Name, m.Kind, m.Scope, m.CreatedAt = words(f["name"]), Kind(text(f["kind"])), text(f["scope"]), when(f["created_at"])
		case "perspective":
			m.Perspectives = append(m.Perspectives, Perspective{ID: r.key[0], Within: text(f["within"]), Position: whole(f["position"]), Name: words(f["name"]), Colour: whole(f["colour"])})
		case "theme":
			m.Themes = append(m.Themes, Theme{ID: r.key[0], Position: whole(f["position"]), Name: words(f["name"]), Colour: whole(f["colour"])})
		case "objective":
			o := Objective{ID: r.key[0], Map: mapID, Perspective: text(f["perspective"]), Name: words(f["name"]), Owner: text(f["owner"]), Note: text(f["note"]), Goal: text(f["goal"]),
				GoalKind: text(f["goal_kind"]), Stage: Stage(text(f["stage"])), DueAt: when(f["due_at"]), CreatedAt: when(f["created_at"]), UpdatedAt: when(f["updated_at"])}
			_ = json.Unmarshal([]byte(text(f["stakeholders"])), &o.Stakeholders)
			if f["position"] != nil {
				o.Position, o.Placed = real(f["position"]), true
			}
			m.Objectives = append(m.Objectives, o)
		case "objective_theme":
			themes[r.key[0]] = append(themes[r.key[0]], r.key[1])
		case "objective_measure":
			x := Measure{ID: r.key[0], Objective: text(f["objective"]), Position: whole(f["position"]), Measure: text(f["measure"]), Statistic: Statistic(text(f["statistic"])),
				Better: kpi.Better(text(f["better"])), Weight: real(f["weight"]), Baseline: real(f["baseline"]), BaselineAt: when(f["baseline_at"]), Target: real(f["target"]),
				Low: real(f["low"]), High: real(f["high"]), Days: whole(f["days"]), Channel: text(f["channel"]), Topic: text(f["topic"]), Language: text(f["language"]),
				Community: text(f["community"]), Kind: text(f["kind"]), Team: text(f["team"]), Partner: text(f["partner"]), Campaign: text(f["campaign"]), Defined: text(f["defined"]), Timing: Timing(text(f["timing"]))}
			measures[x.Objective] = append(measures[x.Objective], x)
		case "objective_link":
			m.Links = append(m.Links, Link{Origin: r.key[0], Serves: r.key[1], Weight: real(f["weight"]), LagDays: whole(f["lag_days"]), Note: text(f["note"])})
		}
	}
	sorting.Func(m.Perspectives, func(a, b Perspective) int { return byPlace(a.Position, b.Position, a.ID, b.ID) })
	sorting.Func(m.Themes, func(a, b Theme) int { return byPlace(a.Position, b.Position, a.ID, b.ID) })
	sorting.Func(m.Objectives, func(a, b Objective) int {
		if c := a.CreatedAt.Compare(b.CreatedAt); c != 0 {
			return c
		}
		return byPlace(0, 0, a.ID, b.ID)
	})
	sorting.Func(m.Links, func(a, b Link) int { return byPlace(0, 0, a.Origin+" "+a.Serves, b.Origin+" "+b.Serves) })
	for i := range m.Objectives {
		o := &m.Objectives[i]
		sorting.Func(measures[o.ID], func(a, b Measure) int { return byPlace(a.Position, b.Position, a.ID, b.ID) })
		slices.Sort(themes[o.ID])
		o.Measures, o.Themes = measures[o.ID], themes[o.ID]
	}
	return m
}

func byPlace(a, b int, ida, idb string) int {
	switch {
	case a != b:
		return a - b
	case ida < idb:
		return -1
	case ida > idb:
		return 1
	}
	return 0
}

// MapAt is a map as it stood at a moment, told by its changes; existed is false before it was made.
func (s *Service) MapAt(ctx context.Context, mapID string, at time.Time) (m Map, existed bool, err error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return Map{}, false, err
	}
	m, existed, err = s.mapAt(ctx, mapID, at)
	return s.shownMap(ctx, m), existed, err
}

func (s *Service) mapAt(ctx context.Context, mapID string, at time.Time) (m Map, existed bool, err error) {
	if !id.Valid(mapID) {
		return Map{}, false, notFound()
	}
	q := s.db.Read()
	is, err := mapOf(ctx, q, mapID)
	if err != nil {
		return Map{}, false, err
	}
	st, err := snapshotOf(ctx, q, mapID)
	if err != nil {
		return Map{}, false, err
	}
	later, err := db.All(ctx, q, changeFields, "SELECT "+changeColumns+" FROM strategy_change WHERE map = $1 AND at > $2 ORDER BY number DESC", mapID, db.T(at))
	if err != nil {
		return Map{}, false, fmt.Errorf("read the changes since: %w", err)
	}
	for _, c := range later {
		patch, err := readPatch(c.patch)
		if err != nil {
			return Map{}, false, err
		}
		st.apply(reversed(patch))
	}
	if m = st.toMap(mapID); is.CreatedAt.After(at) {
		m.CreatedAt, m.UpdatedAt = is.CreatedAt, is.CreatedAt
		return m, false, nil
	}
	m.CreatedAt, m.UpdatedAt = is.CreatedAt, is.UpdatedAt
	if len(later) > 0 {
		last, found, err := db.One(ctx, q, func(t *time.Time) []any { return []any{db.At(t)} },
			"SELECT at FROM strategy_change WHERE map = $1 AND at <= $2 ORDER BY number DESC LIMIT 1", mapID, db.T(at))
		if err != nil {
			return Map{}, false, fmt.Errorf("find the last change before: %w", err)
		}
		if m.UpdatedAt = is.CreatedAt; found {
			m.UpdatedAt = last
		}
	}
	return m, true, nil
}
