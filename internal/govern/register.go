package govern

import (
	"context"
	"fmt"
	"strconv"
	"strings"

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
