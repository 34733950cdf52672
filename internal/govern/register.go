package govern

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// register says how one kind of entry is kept: its table, its columns in the order of fields and row, the id first.
type register[T any] struct {
	table, columns, order string
	fields                func(*T) []any
	row                   func(T) []any
}

// maxEntries bounds a register: more is nothing that people steer by.
const maxEntries = 2000

func (g register[T]) all(ctx context.Context, q db.Q, where string, args ...any) ([]T, error) {
	if where != "" {
		where = " WHERE " + where
	}
	list, err := db.All(ctx, q, g.fields, "SELECT "+g.columns+" FROM "+g.table+where+" ORDER BY "+g.order+db.Limit(maxEntries), args...)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", g.table, err)
	}
	return list, nil
}

func (g register[T]) find(ctx context.Context, q db.Q, entry string) (T, error) {
	if !id.Valid(entry) {
		var none T
		return none, notFound()
	}
	v, found, err := db.One(ctx, q, g.fields, "SELECT "+g.columns+" FROM "+g.table+" WHERE id = $1", entry)
	if err != nil {
		return v, fmt.Errorf("read %s: %w", g.table, err)
	}
	if !found {
		return v, notFound()
	}
	return v, nil
}

func (g register[T]) insert(ctx context.Context, q db.Q, v T) error {
	n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM "+g.table)
	if err != nil {
		return fmt.Errorf("count %s: %w", g.table, err)
	}
	if n >= maxEntries {
		return problem.New(problem.Invalid, "govern.too_many", "Max", maxEntries)
	}
	return db.Insert(ctx, q, g.table+" ("+g.columns+")", [][]any{g.row(v)}, "")
}

func (g register[T]) update(ctx context.Context, q db.Q, v T) error {
	var b strings.Builder
	for i, c := range strings.Split(g.columns, ", ") {
		if i > 1 {
			b.WriteString(", ")
		}
		if i > 0 {
			b.WriteString(c + " = $" + strconv.Itoa(i+1))
		}
	}
	n, err := db.Exec(ctx, q, "UPDATE "+g.table+" SET "+b.String()+" WHERE id = $1", g.row(v)...)
	if err != nil {
		return fmt.Errorf("change %s: %w", g.table, err)
	}
	if n == 0 {
		return notFound()
	}
	return nil
}

// hold makes whoever else changes the entry wait, so that of two who save at once the second sees what the first did. last is when it was
// changed before, and at is when it counts as changed now: always later, so that who has seen it earlier is found out.
func (g register[T]) hold(ctx context.Context, q db.Q, entry string, now time.Time) (was T, last, at time.Time, err error) {
	if !id.Valid(entry) {
		return was, now, now, notFound()
	}
	last, found, err := db.One(ctx, q, func(t *time.Time) []any { return []any{db.At(t)} }, "UPDATE "+g.table+" SET updated_at = updated_at WHERE id = $1 RETURNING updated_at", entry)
	switch {
	case err != nil:
		return was, now, now, fmt.Errorf("hold an entry of %s: %w", g.table, err)
	case !found:
		return was, now, now, notFound()
	}
	if at = now; !at.After(last) {
		at = last.Add(time.Microsecond)
	}
	was, err = g.find(ctx, q, entry)
	return was, last, at, err
}

func (g register[T]) remove(ctx context.Context, q db.Q, entry string) error {
	if !id.Valid(entry) {
		return notFound()
	}
	n, err := db.Exec(ctx, q, "DELETE FROM "+g.table+" WHERE id = $1", entry)
	if err != nil {
		return fmt.Errorf("remove from %s: %w", g.table, err)
	}
	if n == 0 {
		return notFound()
	}
	return nil
}

// list and one read for those who may see the strategy.
func list[T any](ctx context.Context, s *Service, g register[T], where string, args ...any) ([]T, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		return nil, err
	}
	return g.all(ctx, s.db.Read(), where, args...)
}

func one[T any](ctx context.Context, s *Service, g register[T], entry string) (T, error) {
	if err := org.Require(ctx, org.StrategyRead); err != nil {
		var none T
		return none, err
	}
	return g.find(ctx, s.db.Read(), entry)
}

// changing says how an entry is changed.
type changing[T any] struct {
	entry          string
	seen           time.Time                                                // UpdatedAt of what whoever changes it has seen; zero changes it whatever others did
	action, object string                                                   // of the audit entry
	may            func(was T) org.Permission                               // nil: those who steer
	put            func(was T, at time.Time) (is T, details any, err error) // what should be, of what is there
}

// change saves a change: that it is made of what is there now, permission, transaction and audit entry are the same for all.
func change[T any](ctx context.Context, s *Service, g register[T], c changing[T]) (T, error) {
	var is T
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		was, last, at, err := g.hold(ctx, q, c.entry, s.Now())
		if err != nil {
			return err
		}
		p := org.StrategyEdit
		if c.may != nil {
			p = c.may(was)
		}
		if err := org.Require(ctx, p); err != nil {
			return err
		}
		if !c.seen.IsZero() && !c.seen.Equal(last) {
			return conflict("govern.changed_meanwhile")
		}
		var details any
		if is, details, err = c.put(was, at); err != nil {
			return err
		}
		if err := g.update(ctx, q, is); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, c.action, c.object+":"+c.entry, details)
	})
	return is, err
}
