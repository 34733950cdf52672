package e2e

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"archive/zip"

	"github.com/entente/entente/internal/app"
	"github.com/entente/entente/internal/config"
	"github.com/entente/entente/internal/db"
)

func (p place) config() config.Config {
	return config.Config{Data: p.data, DatabaseURL: p.database, Listen: "127.0.0.1:0", LogLevel: "error", LogFormat: "text"}
}

// open opens an installation that no program runs on, for looking into it.
func (p place) open(t testing.TB) *app.App {
	t.Helper()
	a, err := app.Open(t.Context(), p.config(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func closed(t testing.TB, a *app.App) {
	t.Helper()
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// sql runs a statement on the database of an installation that may be running: SQLite waits for its turn.
func (p place) sql(t testing.TB, statement string, args ...any) int64 {
	t.Helper()
	d := p.raw(t)
	defer d.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, err := d.ExecContext(ctx, statement, args...)
	for range 5 { // beside a program that writes the same rows in another order, PostgreSQL may end either
		if err == nil || !strings.Contains(err.Error(), "40P01") {
			break
		}
		r, err = d.ExecContext(ctx, statement, args...)
	}
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	n, err := r.RowsAffected()
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// rows reads rows as text, columns separated by |, NULL as nothing.
func (p place) rows(t testing.TB, query string, args ...any) []string {
	t.Helper()
	d := p.raw(t)
	defer d.Close()
	return textRows(t, d, query, args...)
}

func (p place) count(t testing.TB, query string, args ...any) int {
	t.Helper()
	n := 0
	if _, err := fmt.Sscan(p.rows(t, query, args...)[0], &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (p place) raw(t testing.TB) *sql.DB {
	t.Helper()
	c := p.config()
	driver, address := "sqlite", "file:"+c.Database()+"?_pragma=busy_timeout(120000)"
	if p.database != "" {
		driver, address = "pgx", p.database
	}
	d, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	d.SetMaxOpenConns(1)
	return d
}

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func textRows(t testing.TB, q querier, query string, args ...any) []string {
	t.Helper()
	rows, err := q.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values := make([]sql.NullString, len(columns))
		places := make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			t.Fatal(err)
		}
		parts := make([]string, len(columns))
		for i, v := range values {
			parts[i] = v.String
		}
		out = append(out, strings.Join(parts, "|"))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// derived reads every table that is derived from the ledger, sorted.
func derived(t testing.TB, a *app.App) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, table := range a.Ledger.Tables() {
		what := "*"
		if table == "post_text" && a.DB.Engine() == db.SQLite {
			what = "rowid" // the index keeps no text of its own
		}
		rows := textRows(t, a.DB.Read(), "SELECT "+what+" FROM "+table)
		slices.Sort(rows)
		out[table] = rows
	}
	return out
}

// sameAfterRebuild compares what is derived with what a rebuild derives.
func sameAfterRebuild(t testing.TB, p place) {
	t.Helper()
	a := p.open(t)
	if err := a.Ledger.Finish(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := derived(t, a)
	closed(t, a)
	p.must(t, "rebuild")
	a = p.open(t)
	defer closed(t, a)
	after := derived(t, a)
	rows := 0
	for table, list := range before {
		rows += len(list)
		if diff := cmp.Diff(list, after[table]); diff != "" {
			t.Errorf("%s was not what a rebuild derives (-was +rebuilt):\n%.3000s", table, diff)
		}
	}
	if rows == 0 {
		t.Error("nothing is derived")
	}
	if n, err := a.Ledger.Failures(t.Context()); err != nil || len(n) > 0 {
		t.Errorf("%d activities could not be digested: %v %v", len(n), n, err)
	}
}

// archived reads an archive: the lines of every table, by name, in their order.
func archived(t testing.TB, file string) map[string][]map[string]any {
	t.Helper()
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	out := map[string][]map[string]any{}
	for _, f := range z.File {
		name, table := strings.CutSuffix(f.Name, ".jsonl")
		if !table {
			continue
		}
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(r)
		lines.Buffer(nil, 64<<20)
		out[name] = nil
		for lines.Scan() {
			var row map[string]any
			if err := json.Unmarshal(lines.Bytes(), &row); err != nil {
				t.Fatalf("%s: %v", f.Name, err)
			}
			out[name] = append(out[name], row)
		}
		if err := lines.Err(); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	return out
}
