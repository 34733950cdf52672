package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db/dbtest"
)

// TestCopiedBlocks fills a database through the ledger and another with copies of its first block: save for ids, the rows are the same.
func TestCopiedBlocks(t *testing.T) {
	t.Parallel()
	for engine, places := range map[string]func(t *testing.T) (data, database string){
		"sqlite":   func(t *testing.T) (string, string) { return t.TempDir(), "" },
		"postgres": func(t *testing.T) (string, string) { return t.TempDir(), dbtest.PostgresURL(t) },
	} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			now := time.Now().UTC().Truncate(time.Hour)
			clock := func() time.Time { return now }
			p := planned(900, 300, now)
			var rows [2]map[string][]string
			for i, copied := range []bool{false, true} {
				data, database := places(t)
				if err := fillMap(context.Background(), data, database, p, copied, clock); err != nil {
					t.Fatal(err)
				}
				rows[i] = contents(t, data, database)
			}
			for table, want := range rows[0] {
				if len(want) == 0 {
					t.Errorf("nothing is in %s: that says nothing", table)
				}
				if diff := cmp.Diff(want, rows[1][table]); diff != "" {
					t.Errorf("%s: -stated +copied\n%.3000s", table, diff)
				}
			}
		})
	}
}

// contents reads the derived tables with names in the place of ids, sorted.
func contents(t *testing.T, data, database string) map[string][]string {
	t.Helper()
	driver, at := "pgx", database
	if database == "" {
		driver, at = "sqlite", filepath.Join(data, "entente.db")
	}
	d, err := sql.Open(driver, at)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	read := func(query string) (out [][]any) {
		list, err := d.Query(query)
		if err != nil {
			t.Fatal(query, err)
		}
		defer list.Close()
		names, _ := list.Columns()
		for list.Next() {
			row := make([]any, len(names))
			for i := range row {
				row[i] = new(any)
			}
			if err := list.Scan(row...); err != nil {
				t.Fatal(err)
			}
			for i := range row {
				row[i] = *row[i].(*any)
				if names[i] == "tx" {
					row[i] = nil
				}
			}
			out = append(out, row)
		}
		return out
	}
	var names []string
	for _, q := range []string{"SELECT id, 'channel ' || name FROM channel", "SELECT id, 'topic ' || name FROM topic",
		"SELECT c.id, 'conversation ' || p.external_id FROM conversation c JOIN post p ON p.id = c.post", "SELECT id, 'activity ' || REPLACE(key, channel, '') FROM activity"} {
		for _, r := range read(q) {
			names = append(names, fmt.Sprint(r[0]), fmt.Sprint(r[1]))
		}
	}
	named := strings.NewReplacer(names...)
	out := map[string][]string{}
	tables := []string{"identity", "conversation_count", "derivation"}
	for _, s := range shifts {
		tables = append(tables, s.table)
	}
	add := func(name, query string) {
		for _, r := range read(query) {
			out[name] = append(out[name], named.Replace(fmt.Sprint(r...)))
		}
		sort.Strings(out[name])
	}
	for _, table := range tables {
		out[table] = nil
		add(table, "SELECT * FROM "+table)
	}
	if database == "" {
		add("post_text", "SELECT rowid FROM post_text WHERE post_text MATCH 'couver'")
		add("triggers", "SELECT sql FROM sqlite_master WHERE type = 'trigger'")
	} else {
		add("post_text", "SELECT seq, CAST(stems AS TEXT) FROM post_text")
	}
	return out
}
