package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Update writes the columns of set in rows that are there, found by the columns of key; each of rows has the values of set, then those of
// key, which must be told apart. What is not there is left out. It is one statement a row on SQLite and one for all on PostgreSQL.
func Update(ctx context.Context, q Q, table string, set, key []string, rows [][]any) error {
	if len(rows) == 0 {
		return nil
	}
	if q.Engine() == Postgres {
		if values, arrays, names, args, ok := selected(rows); ok {
			text := "UPDATE " + table + " t SET " + pairs(set, ", ", "", values) + " FROM unnest(" + arrays + ") AS v(" + names + ") WHERE " +
				pairs(key, " AND ", "t.", values[len(set):])
			if _, err := q.ExecContext(ctx, text, args...); err != nil {
				return fmt.Errorf("update %s: %w", table, err)
			}
			return nil
		}
	}
	mark := numbered
	p, pen := q.(*pen)
	if pen {
		mark = bare
	}
	places := make([]string, len(set)+len(key))
	for i := range places {
		if places[i] = mark; !pen {
			places[i] += strconv.Itoa(i + 1)
		}
	}
	text := "UPDATE " + table + " SET " + pairs(set, ", ", "", places) + " WHERE " + pairs(key, " AND ", "", places[len(set):])
	if pen {
		if err := p.each(ctx, text, rows, nil); err != nil {
			return fmt.Errorf("update %s: %w", table, err)
		}
		return nil
	}
	for _, row := range rows {
		if _, err := q.ExecContext(ctx, text, row...); err != nil {
			return fmt.Errorf("update %s: %w", table, err)
		}
	}
	return nil
}

// pairs is "a = 1, b = 2".
func pairs(columns []string, between, prefix string, values []string) string {
	out := make([]string, len(columns))
	for i, c := range columns {
		out[i] = prefix + c + " = " + values[i]
	}
	return strings.Join(out, between)
}
