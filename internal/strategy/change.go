package strategy

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Change is one change of a map: who did what to what, and when. Its rows are kept with it, so that it can be taken back.
type Change struct {
	ID, Map string
	Number  int64 // of its map, from 1
	At      time.Time
	Member  string // id; "" is the operator
	Action  string // such as strategy.objective_added, as in the audit log
	Object  string // such as objective:ID
	Name    Words  // of the object, as it was called then
	Undoes  string // the change that it takes back or brings back
	Undone  bool

	patch string
}

// What taking back and bringing back are called.
const (
	Undone = "strategy.undone"
	Redone = "strategy.redone"
	added  = "strategy.map_added"
)

// CanUndo reports whether the change is one that can be taken back at all.
func (c Change) CanUndo() bool {
	return !c.Undone && c.Action != added && c.Action != Undone && c.Action != Redone
}

const changeColumns = "id, map, number, at, member, action, object, name, undoes, undone, patch"

func changeFields(c *Change) []any {
	return []any{&c.ID, &c.Map, &c.Number, db.At(&c.At), &c.Member, &c.Action, &c.Object, db.JSON(&c.Name), &c.Undoes, db.Bool(&c.Undone), &c.patch}
}

// edit runs a change of a map: the permission, the transaction, places for what is new, the map's new time, what the change did to its
// rows and the audit entry are the same for all changes. What changes nothing leaves no trace.
func (s *Service) edit(ctx context.Context, mapID, action, object string, details any, do func(ctx context.Context, q db.Q) error) error {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return err
	}
	if !id.Valid(mapID) {
		return notFound()
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		before, err := s.hold(ctx, q, mapID)
		if err != nil {
			return err
		}
		if err := do(ctx, q); err != nil {
			return err
		}
		if err := s.settlePlaces(ctx, q, mapID); err != nil {
			return err
		}
		after, err := snapshotOf(ctx, q, mapID)
		if err != nil {
			return err
		}
		_, err = s.note(ctx, q, mapID, before, after, Change{Action: action, Object: object}, details)
		return err
	})
}

// hold keeps others from changing the map until the transaction ends, and says how it stands.
func (s *Service) hold(ctx context.Context, q db.Q, mapID string) (snapshot, error) {
	n, err := db.Exec(ctx, q, "UPDATE strategy_map SET updated_at = updated_at WHERE id = $1", mapID)
	if err != nil {
		return nil, fmt.Errorf("hold the map: %w", err)
	}
	if n == 0 {
		return nil, notFound()
	}
	return snapshotOf(ctx, q, mapID)
}

// note keeps what a change did, and tells the audit log.
func (s *Service) note(ctx context.Context, q db.Q, mapID string, before, after snapshot, c Change, details any) (Change, error) {
	patch := diff(before, after)
	if len(patch) == 0 {
		return c, nil
	}
	m, err := mapOf(ctx, q, mapID)
	if err != nil {
		return c, err
	}
	// Always later than before: what was computed for a map is kept under its time.
	at := s.Now()
	if !at.After(m.UpdatedAt) {
		at = m.UpdatedAt.Add(time.Microsecond)
	}
	if _, err := db.Exec(ctx, q, "UPDATE strategy_map SET updated_at = $1 WHERE id = $2", db.T(at), mapID); err != nil {
		return c, fmt.Errorf("note the change of the map: %w", err)
	}
	if err := s.keep(ctx, q, &c, mapID, at, patch, before, after); err != nil {
		return c, err
	}
	return c, s.org.Audit(ctx, q, c.Action, c.Object, details)
}

// keep inserts a change.
func (s *Service) keep(ctx context.Context, q db.Q, c *Change, mapID string, at time.Time, patch []rowChange, states ...snapshot) error {
	last, _, err := db.Value[int64](ctx, q, "SELECT COALESCE(MAX(number), 0) FROM strategy_change WHERE map = $1", mapID)
	if err != nil {
		return fmt.Errorf("number a change: %w", err)
	}
	raw, err := json.Marshal(patch)
	if err != nil {
		return fmt.Errorf("keep a change: %w", err)
	}
	c.ID, c.Map, c.Number, c.At, c.Member = s.newID(), mapID, last+1, at, actor(ctx)
	if c.Name == nil {
		c.Name = called(c.Object, states...)
	}
	return db.Insert(ctx, q, "strategy_change ("+changeColumns+")", [][]any{{c.ID, c.Map, c.Number, db.T(c.At), c.Member, c.Action, c.Object, db.J(c.Name), c.Undoes, db.B(c.Undone), string(raw)}}, "")
}

func actor(ctx context.Context) string {
	if m := org.Who(ctx); m != nil {
		return m.ID
	}
	return ""
}

// called finds the name of an object such as objective:ID in one of the states, the last first.
func called(object string, states ...snapshot) Words {
	kind, key, _ := strings.Cut(object, ":")
	if kind == "map" {
		kind = "strategy_map"
	}
	for i := len(states) - 1; i >= 0; i-- {
		if r, ok := states[i][rowName(kind, []string{key})]; ok {
			var w Words
			if text, is := r.fields["name"].(string); is && json.Unmarshal([]byte(text), &w) == nil {
				return w
			}
		}
	}
	return Words{}
}

// Changes lists the changes of a map, newest first, from the one before number on; 0 begins at the newest. At most limit of them, 50 for 0.
func (s *Service) Changes(ctx context.Context, mapID string, before int64, limit int) ([]Change, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	if !id.Valid(mapID) {
		return nil, notFound()
	}
	if limit <= 0 || limit > 200 {
		limit = 50
	}
	if before <= 0 {
		before = 1 << 62
	}
	list, err := db.All(ctx, s.db.Read(), changeFields, "SELECT "+changeColumns+" FROM strategy_change WHERE map = $1 AND number < $2 ORDER BY number DESC"+db.Limit(limit), mapID, before)
	if err != nil {
		return nil, fmt.Errorf("list the changes of a map: %w", err)
	}
	return list, nil
}

// Steps says what whoever acts in ctx could take back and bring back on a map; nil is nothing.
func (s *Service) Steps(ctx context.Context, mapID string) (undo, redo *Change, err error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, nil, err
	}
	undo, redo, err = steps(ctx, s.db.Read(), mapID)
	if redo != nil { // what would be brought back, rather than that it was taken back
		action, found, err := db.Value[string](ctx, s.db.Read(), "SELECT action FROM strategy_change WHERE id = $1", redo.Undoes)
		if err != nil {
			return nil, nil, fmt.Errorf("find what was taken back: %w", err)
		}
		if found {
			redo.Action = action
		}
	}
	return undo, redo, err
}

func steps(ctx context.Context, q db.Q, mapID string) (undo, redo *Change, err error) {
	if !id.Valid(mapID) {
		return nil, nil, notFound()
	}
	me := actor(ctx)
	last := func(condition string) (*Change, error) {
		c, found, err := db.One(ctx, q, changeFields, "SELECT "+changeColumns+" FROM strategy_change WHERE map = $1 AND member = $2 AND "+condition+" ORDER BY number DESC LIMIT 1", mapID, me)
		if err != nil {
			return nil, fmt.Errorf("find a change to take back: %w", err)
		}
		if !found {
			return nil, nil
		}
		return &c, nil
	}
	const own = "action NOT IN ('" + Undone + "', '" + Redone + "', '" + added + "')"
	if undo, err = last("undone = 0 AND " + own); err != nil {
		return nil, nil, err
	}
	newest, err := last(own)
	if err != nil {
		return nil, nil, err
	}
	if redo, err = last("undone = 0 AND action = '" + Undone + "'"); err != nil {
		return nil, nil, err
	}
	if redo != nil && newest != nil && newest.Number > redo.Number {
		redo = nil // something else was done since
	}
	return undo, redo, nil
}

// Undo takes the last change back that whoever acts in ctx made on a map. It is refused when somebody changed the same thing since.
func (s *Service) Undo(ctx context.Context, mapID string) (Change, error) {
	return s.stepBack(ctx, mapID, Undone, func(ctx context.Context, q db.Q) (*Change, error) {
		undo, _, err := steps(ctx, q, mapID)
		return undo, err
	})
}

// Redo brings back what Undo took back last, unless something else was done since.
func (s *Service) Redo(ctx context.Context, mapID string) (Change, error) {
	return s.stepBack(ctx, mapID, Redone, func(ctx context.Context, q db.Q) (*Change, error) {
		_, redo, err := steps(ctx, q, mapID)
		return redo, err
	})
}

// Revert takes any change of a map back, whoever made it, unless the same thing was changed since.
func (s *Service) Revert(ctx context.Context, mapID, change string) (Change, error) {
	return s.stepBack(ctx, mapID, Undone, func(ctx context.Context, q db.Q) (*Change, error) {
		if !id.Valid(change) {
			return nil, notFound()
		}
		c, found, err := db.One(ctx, q, changeFields, "SELECT "+changeColumns+" FROM strategy_change WHERE map = $1 AND id = $2", mapID, change)
		if err != nil {
			return nil, fmt.Errorf("find a change: %w", err)
		}
		if !found {
			return nil, notFound()
		}
		if !c.CanUndo() {
			return nil, nil
		}
		return &c, nil
	})
}

func (s *Service) stepBack(ctx context.Context, mapID, action string, find func(ctx context.Context, q db.Q) (*Change, error)) (Change, error) {
	if err := org.Require(ctx, org.StrategyEdit); err != nil {
		return Change{}, err
	}
	if !id.Valid(mapID) {
		return Change{}, notFound()
	}
	var done Change
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		before, err := s.hold(ctx, q, mapID)
		if err != nil {
			return err
		}
		target, err := find(ctx, q)
		if err != nil {
			return err
		}
		if target == nil {
			return problem.New(problem.Conflict, "strategy.nothing_to_undo")
		}
		patch, err := readPatch(target.patch)
		if err != nil {
			return err
		}
		back := reversed(patch)
		for _, c := range back {
			if !before.meets(c) {
				return s.overtaken(ctx, q, *target, c)
			}
		}
		after := before.clone()
		after.apply(back)
		if err := s.whole(ctx, q, mapID, after); err != nil {
			return err
		}
		if err := write(ctx, q, back); err != nil {
			return err
		}
		first := target.ID // of a chain of taking back and bringing back
		if action == Redone {
			first = target.Undoes
		}
		done, err = s.note(ctx, q, mapID, before, after, Change{Action: action, Object: target.Object, Name: target.Name, Undoes: first},
			map[string]any{"name": target.Name, "change": first, "did": target.Action})
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE strategy_change SET undone = 1 WHERE id = $1", target.ID); err != nil {
			return fmt.Errorf("note what was taken back: %w", err)
		}
		if action == Redone {
			_, err = db.Exec(ctx, q, "UPDATE strategy_change SET undone = 0 WHERE id = $1", first)
		}
		return err
	})
	return done, err
}

// overtaken says who changed what a change did since.
func (s *Service) overtaken(ctx context.Context, q db.Q, target Change, c rowChange) error {
	later, err := db.All(ctx, q, changeFields, "SELECT "+changeColumns+" FROM strategy_change WHERE map = $1 AND number > $2 ORDER BY number DESC", target.Map, target.Number)
	if err != nil {
		return fmt.Errorf("find who changed it since: %w", err)
	}
	who := ""
	for _, l := range later {
		patch, err := readPatch(l.patch)
		if err != nil {
			return err
		}
		for _, other := range patch {
			if who == "" && other.name() == c.name() {
				if m, err := s.org.Find(ctx, l.Member); err == nil {
					who = m.Name
				}
			}
		}
	}
	if who == "" {
		return problem.New(problem.Conflict, "strategy.undo_changed")
	}
	return problem.New(problem.Conflict, "strategy.undo_changed_by", "Name", who)
}
