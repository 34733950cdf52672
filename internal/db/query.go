package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// All runs a query and reads every row with fields, which gives the addresses to scan into.
func All[T any](ctx context.Context, q Q, fields func(*T) []any, query string, args ...any) ([]T, error) {
	var out []T
	err := scan(ctx, q, 0, query, args, func() []any {
		if len(out) == cap(out) { // rows of pages are wide: growing from one by one would copy them seven times
			out = slices.Grow(out, max(8, cap(out)))
		}
		out = out[:len(out)+1]
		return fields(&out[len(out)-1])
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// One is All for a query of at most one row; found is false when there is none.
func One[T any](ctx context.Context, q Q, fields func(*T) []any, query string, args ...any) (v T, found bool, err error) {
	err = scan(ctx, q, 1, query, args, func() []any {
		found = true
		return fields(&v)
	})
	return v, found && err == nil, err
}

// scan reads rows, at most limit of them unless that is 0, into the addresses that next gives. It knows nothing of their type: what is
// written for each type stands in the program once for each.
func scan(ctx context.Context, q Q, limit int, query string, args []any, next func() []any) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return fmt.Errorf("query: %w", err)
	}
	defer rows.Close()
	for n := 0; (limit == 0 || n < limit) && rows.Next(); n++ {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read rows: %w", err)
		}
		if err := rows.Scan(next()...); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read rows: %w", err)
	}
	return nil
}

// Value reads a single value, such as a count; found is false when there is no row.
func Value[T any](ctx context.Context, q Q, query string, args ...any) (v T, found bool, err error) {
	return One(ctx, q, func(v *T) []any { return []any{v} }, query, args...)
}

// Self gives the address of a plain value: All(ctx, q, db.Self[string], …) reads one column.
func Self[T any](v *T) []any { return []any{v} }

// Limit is " LIMIT n", written out: SQLite plans a statement anew each time a limit is bound to a parameter.
func Limit(n int) string { return " LIMIT " + strconv.Itoa(n) }

// Exec runs a statement and returns how many rows it changed.
func Exec(ctx context.Context, q Q, query string, args ...any) (int64, error) {
	res, err := q.ExecContext(ctx, query, args...)
	if err != nil {
		return 0, fmt.Errorf("exec: %w", err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, fmt.Errorf("count changed rows: %w", err)
	}
	return n, nil
}

// Insert writes rows into a table: into is "post (id, seq, text)", tail what follows the values, such as "ON CONFLICT DO NOTHING".
// One prepared statement a row on SQLite, where that is fastest; on PostgreSQL one statement, with an array a column where values allow it.
func Insert(ctx context.Context, q Q, into string, rows [][]any, tail string) error {
	return InsertExpr(ctx, q, into, nil, rows, tail)
}

// InsertExpr is Insert where column i is written as forms[i], in which %s is the placeholder; "" for the placeholder alone.
func InsertExpr(ctx context.Context, q Q, into string, forms []string, rows [][]any, tail string) error {
	if p, ok := q.(*pen); ok {
		if len(rows) == 0 {
			return nil
		}
		text, _ := values(into, forms, rows[:1], tail, bare)
		if err := p.each(ctx, text, rows, nil); err != nil {
			return fmt.Errorf("insert into %s: %w", into, err)
		}
		return nil
	}
	if q.Engine() == Postgres {
		if text, args, ok := columnwise(into, forms, rows, tail); ok {
			if _, err := q.ExecContext(ctx, text, args...); err != nil {
				return fmt.Errorf("insert into %s: %w", into, err)
			}
			return nil
		}
	}
	return insert(rows, func(batch [][]any) error {
		text, args := values(into, forms, batch, tail, numbered)
		if _, err := q.ExecContext(ctx, text, args...); err != nil {
			return fmt.Errorf("insert into %s: %w", into, err)
		}
		return nil
	}, q.Engine())
}

// InsertReturning is Insert whose tail ends with RETURNING columns; fields reads them. Rows skipped by ON CONFLICT DO NOTHING return nothing.
func InsertReturning[T any](ctx context.Context, q Q, into string, rows [][]any, tail string, fields func(*T) []any) ([]T, error) {
	if q.Engine() == Postgres {
		if text, args, ok := columnwise(into, nil, rows, tail); ok {
			out, err := All(ctx, q, fields, text, args...)
			if err != nil {
				return nil, fmt.Errorf("insert into %s: %w", into, err)
			}
			return out, nil
		}
	}
	var out []T
	err := insert(rows, func(batch [][]any) error {
		text, args := values(into, nil, batch, tail, numbered)
		got, err := All(ctx, q, fields, text, args...)
		if err != nil {
			return fmt.Errorf("insert into %s: %w", into, err)
		}
		out = append(out, got...)
		return nil
	}, q.Engine())
	return out, err
}

// InsertNumbered is Insert in a transaction on SQLite, without RETURNING, which costs as much again: it returns the number each row is
// stored by, 0 for one that ON CONFLICT DO NOTHING left out.
func InsertNumbered(ctx context.Context, q Q, into string, rows [][]any, tail string) ([]int64, error) {
	p, ok := q.(*pen)
	if !ok {
		return nil, fmt.Errorf("insert into %s: rows are numbered on SQLite, in a transaction", into)
	}
	if len(rows) == 0 {
		return nil, nil
	}
	text, _ := values(into, nil, rows[:1], tail, bare)
	out := make([]int64, 0, len(rows))
	err := p.each(ctx, text, rows, func(r driver.Result) error {
		changed, err := r.RowsAffected()
		if err != nil || changed == 0 {
			out = append(out, 0)
			return err
		}
		n, err := r.LastInsertId()
		out = append(out, n)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("insert into %s: %w", into, err)
	}
	return out, nil
}

// insert cuts rows into statements. Few distinct sizes, so that prepared statements are found again.
func insert(rows [][]any, run func([][]any) error, engine Engine) error {
	sizes := []int{1}
	if engine == Postgres {
		sizes = []int{256, 64, 16, 4, 1}
	}
	for len(rows) > 0 {
		n := 1
		for _, s := range sizes {
			if s <= len(rows) && s*len(rows[0]) <= 60000 {
				n = s
				break
			}
		}
		if err := run(rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// How placeholders are written. SQLite's driver looks up each one that has a name, at each run.
const (
	numbered = "$"
	bare     = "?"
)

func values(into string, forms []string, rows [][]any, tail, mark string) (string, []any) {
	var b strings.Builder
	b.Grow(len(into) + len(tail) + 20 + len(rows)*len(rows[0])*6)
	b.WriteString("INSERT INTO ")
	b.WriteString(into)
	b.WriteString(" VALUES ")
	args := make([]any, 0, len(rows)*len(rows[0]))
	for i, row := range rows {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('(')
		for j, v := range row {
			if j > 0 {
				b.WriteByte(',')
			}
			args = append(args, v)
			place := mark
			if mark == numbered {
				place += strconv.Itoa(len(args))
			}
			if j < len(forms) && forms[j] != "" {
				place = strings.Replace(forms[j], "%s", place, 1)
			}
			b.WriteString(place)
		}
		b.WriteByte(')')
	}
	b.WriteByte(' ')
	b.WriteString(tail)
	return b.String(), args
}

// Pick chooses between two texts where the engines differ. Its uses are counted by a test.
func Pick(q Q, sqlite, postgres string) string {
	if q.Engine() == Postgres {
		return postgres
	}
	return sqlite
}

// Among returns a subquery over the texts given to the placeholder as Texts: "WHERE id IN " + db.Among(q, "$1"). The statement's text
// does not depend on how many there are.
func Among(q Q, placeholder string) string {
	return Pick(q, "(SELECT value FROM json_each("+placeholder+"))", "(SELECT jsonb_array_elements_text("+placeholder+"::jsonb))")
}

// Texts is the argument for Among.
func Texts(list []string) string {
	if list == nil {
		return "[]"
	}
	raw, _ := json.Marshal(list) // strings always marshal
	return string(raw)
}

// Where collects conditions joined by AND and their arguments. Write ? for the argument: it becomes the next placeholder.
type Where struct {
	parts []string
	Args  []any
}

// And adds a condition; each ? in it stands for the next of args.
func (w *Where) And(condition string, args ...any) *Where {
	var b strings.Builder
	for _, r := range condition {
		if r == '?' && len(args) > 0 {
			w.Args = append(w.Args, args[0])
			args = args[1:]
			b.WriteString("$" + strconv.Itoa(len(w.Args)))
			continue
		}
		b.WriteRune(r)
	}
	w.parts = append(w.parts, b.String())
	return w
}

// Arg adds an argument and returns its placeholder.
func (w *Where) Arg(v any) string {
	w.Args = append(w.Args, v)
	return "$" + strconv.Itoa(len(w.Args))
}

// String is "WHERE a AND b", or "" without conditions.
func (w *Where) String() string {
	if len(w.parts) == 0 {
		return ""
	}
	return "WHERE " + strings.Join(w.parts, " AND ")
}

// T is a time as it is stored: microseconds since 1970 UTC, NULL for the zero time.
func T(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// At scans a stored time into t.
func At(t *time.Time) sql.Scanner { return at{t} }

type at struct{ t *time.Time }

func (a at) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*a.t = time.Time{}
	case int64:
		*a.t = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is stored as %T", v)
	}
	return nil
}

// S is a text as it is stored where "" means none: NULL.
func S(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// Str scans a text that may be NULL.
func Str(s *string) sql.Scanner { return str{s} }

type str struct{ s *string }

func (a str) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*a.s = ""
	case string:
		*a.s = v
	case []byte:
		*a.s = string(v)
	default:
		return fmt.Errorf("a text is stored as %T", v)
	}
	return nil
}

// B is a truth as it is stored: 1 or 0.
func B(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// Bool scans a stored truth.
func Bool(b *bool) sql.Scanner { return truth{b} }

type truth struct{ b *bool }

func (a truth) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*a.b = false
	case int64:
		*a.b = v != 0
	case bool:
		*a.b = v
	default:
		return fmt.Errorf("a truth is stored as %T", v)
	}
	return nil
}

// J is a value as it is stored in a JSON column.
func J(v any) any {
	raw, err := json.Marshal(v)
	if err != nil {
		return "null"
	}
	return string(raw)
}

// JSON scans a JSON column into v, a pointer; NULL leaves it alone.
func JSON(v any) sql.Scanner { return asJSON{v} }

type asJSON struct{ v any }

func (a asJSON) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		return nil
	case string:
		return json.Unmarshal([]byte(v), a.v)
	case []byte:
		return json.Unmarshal(v, a.v)
	default:
		return fmt.Errorf("JSON is stored as %T", v)
	}
}
