package db_test

import (
	"context"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestClear empties tables of each sort; where triggers hear of rows, piece by piece, and of each once.
func TestClear(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		texts := []string{"CREATE TABLE plain (a TEXT NOT NULL)", "CREATE TABLE heard (a TEXT PRIMARY KEY, b INTEGER)", "CREATE TABLE keyed (a TEXT NOT NULL, b INTEGER NOT NULL, PRIMARY KEY (b, a))"}
		if d.Engine() == db.SQLite {
			texts[2] += " WITHOUT ROWID"
			texts = append(texts, "CREATE TABLE gone (a TEXT NOT NULL)", "CREATE VIRTUAL TABLE words USING fts5 (a, content='', contentless_delete=1, detail=none)",
				"CREATE TRIGGER heard_gone AFTER DELETE ON heard BEGIN INSERT INTO gone (a) VALUES (OLD.a); END", "CREATE TRIGGER keyed_gone AFTER DELETE ON keyed BEGIN INSERT INTO gone (a) VALUES (OLD.a); END")
		}
		const rows = 25
		for _, a := range []string{"x", "y", "z", "v", "w"} {
			for b := range rows / 5 {
				texts = append(texts, "INSERT INTO plain (a) VALUES ('"+a+"')", "INSERT INTO heard (a, b) VALUES ('"+a+string(rune('0'+b))+"', 1)", "INSERT INTO keyed (a, b) VALUES ('"+a+"', "+string(rune('0'+b))+")")
				if d.Engine() == db.SQLite {
					texts = append(texts, "INSERT INTO words (rowid, a) VALUES ((SELECT COUNT(*) FROM plain), '"+a+"')")
				}
			}
		}
		err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for _, text := range texts {
				if _, err := db.Exec(ctx, q, text); err != nil {
					return err
				}
			}
			for _, table := range []string{"plain", "heard", "keyed", "words"} {
				if table == "words" && d.Engine() == db.Postgres {
					continue
				}
				pieces, left := 0, "SELECT COUNT(*) FROM "+table
				if table == "words" {
					left += " WHERE words MATCH 'x'"
				}
				for more := true; more; pieces++ {
					var err error
					if more, err = db.Clear(ctx, q, table, 10); err != nil {
						return err
					}
				}
				if n, _, err := db.Value[int](ctx, q, left); n != 0 || err != nil {
					t.Errorf("%s keeps %d, %v", table, n, err)
				}
				if slow := d.Engine() == db.SQLite && (table == "heard" || table == "keyed"); slow != (pieces == 3) {
					t.Errorf("%s in %d pieces", table, pieces)
				}
			}
			if d.Engine() == db.SQLite {
				if n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM gone"); n != 2*rows || err != nil {
					t.Errorf("triggers heard of %d, %v", n, err)
				}
				_, err := db.Exec(ctx, q, "INSERT INTO words (rowid, a) VALUES (1, 'x')")
				return err
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
