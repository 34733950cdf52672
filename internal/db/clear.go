package db

import (
	"context"
	"fmt"
	"strings"
)

// Clear takes rows out of a table, all of them where that is quick and else some most; more says that others may be left. SQLite writes one transaction at a time: emptying a
// table row by row, as it must be where triggers hear of each, would keep everybody else waiting.
func Clear(ctx context.Context, q Q, table string, most int) (more bool, err error) {
	fail := func(err error) error {
		if err != nil {
			return fmt.Errorf("empty %s: %w", table, err)
		}
		return nil
	}
	if q.Engine() == Postgres {
		_, err := Exec(ctx, q, "DELETE FROM "+table)
		return false, fail(err)
	}
	type kind struct {
		virtual, keyed bool // keyed: WITHOUT ROWID
		triggers       int
	}
	k, _, err := One(ctx, q, func(k *kind) []any { return []any{&k.virtual, &k.keyed, &k.triggers} },
		"SELECT type = 'virtual', wr, (SELECT COUNT(*) FROM sqlite_master m WHERE m.type = 'trigger' AND m.tbl_name = l.name) FROM pragma_table_list l WHERE l.schema = 'main' AND l.name = $1", table)
	switch {
	case err != nil:
	case k.virtual:
		_, err = Exec(ctx, q, "INSERT INTO "+table+" ("+table+") VALUES ('delete-all')") // FTS5 drops the index as a whole
	case k.triggers == 0:
		_, err = Exec(ctx, q, "DELETE FROM "+table) // drops pages as a whole
	default:
		key := []string{"rowid"}
		if k.keyed {
			if key, err = All(ctx, q, Self[string], "SELECT name FROM pragma_table_info($1) WHERE pk > 0 ORDER BY pk", table); err != nil {
				return false, fail(err)
			}
		}
		columns := strings.Join(key, ", ")
		var n int64
		n, err = Exec(ctx, q, "DELETE FROM "+table+" WHERE ("+columns+") IN (SELECT "+columns+" FROM "+table+Limit(most)+")")
		return n == int64(most), fail(err)
	}
	return false, fail(err)
}
