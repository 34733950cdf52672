// Package archive decides what an installation is when it is carried away: everything that is kept (facts, members, settings, topics, maps)
// goes into one zip of JSON lines, and comes back equal; what is derived is derived again.
package archive

import (
	"archive/zip"
	"bufio"
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// Format is the version of the archive; an older program refuses a newer one.
const Format = 1

// Table is a kept table: its columns come from the database, in its own order.
type Table struct {
	Name  string
	Order string // columns that make the order certain
}

// Manifest is the file manifest.json of an archive.
type Manifest struct {
	Format  int            `json:"format"`
	Schema  int64          `json:"schema"` // number of the newest migration
	MadeAt  time.Time      `json:"made_at"`
	Tables  []string       `json:"tables"`
	Rows    map[string]int `json:"rows"`
	Sealing string         `json:"sealing"` // what to know about secrets
}

const sealing = "Secrets of channels are carried sealed: they open only with the sealing key of the installation they come from."

// ledgerTable holds the facts; its numbers are given anew.
const ledgerTable = "activity"

// Write writes everything to w, as it is at one moment, and returns the manifest.
func Write(ctx context.Context, d *db.DB, w io.Writer, tables []Table, now time.Time, progress func(table string, rows int)) (m Manifest, err error) {
	err = d.Snapshot(ctx, func(q db.Q) (err error) {
		m, err = write(ctx, q, w, tables, now, progress)
		return err
	})
	return m, err
}

func write(ctx context.Context, q db.Q, w io.Writer, tables []Table, now time.Time, progress func(table string, rows int)) (Manifest, error) {
	m := Manifest{Format: Format, Schema: db.Newest(), MadeAt: now.UTC(), Rows: map[string]int{}, Sealing: sealing}
	z := zip.NewWriter(w)
	for _, t := range tables {
		f, err := z.Create(t.Name + ".jsonl")
		if err != nil {
			return m, err
		}
		buffered := bufio.NewWriterSize(f, 1<<16)
		n, err := writeTable(ctx, q, buffered, t)
		if err != nil {
			return m, fmt.Errorf("export %s: %w", t.Name, err)
		}
		if err := buffered.Flush(); err != nil {
			return m, err
		}
		m.Tables = append(m.Tables, t.Name)
		m.Rows[t.Name] = n
		if progress != nil {
			progress(t.Name, n)
		}
	}
	f, err := z.Create("manifest.json")
	if err != nil {
		return m, err
	}
	e := json.NewEncoder(f)
	e.SetIndent("", "  ")
	if err := e.Encode(m); err != nil {
		return m, err
	}
	return m, z.Close()
}

func writeTable(ctx context.Context, q db.Q, w io.Writer, t Table) (int, error) {
	order := t.Order
	if t.Name == ledgerTable {
		order = ledger.InOrder(q)
	}
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+t.Name+" ORDER BY "+order)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return 0, err
	}
	binary, err := binaries(rows)
	if err != nil {
		return 0, err
	}
	values := make([]any, len(columns))
	places := make([]any, len(columns))
	for i := range values {
		places[i] = &values[i]
	}
	n := 0
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return n, err
		}
		row := make(map[string]any, len(columns))
		for i, c := range columns {
			if t.Name == ledgerTable && (c == "seq" || c == "tx") {
				continue
			}
			switch v := values[i].(type) {
			case nil:
			case []byte:
				if binary[i] {
					row[c] = v // as base64
				} else {
					row[c] = string(v)
				}
			default:
				row[c] = v
			}
		}
		if err := e.Encode(row); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

const maxLine = ledger.MaxData + 1<<20

// Read reads an archive into an empty installation. Nothing is written unless all of it can be: one transaction holds it. What waited to
// be sent is uncertain then: the installation that the archive comes from may have sent it.
func Read(ctx context.Context, d *db.DB, r io.ReaderAt, size int64, tables []Table, progress func(table string, rows int)) (Manifest, error) {
	var m Manifest
	z, err := zip.NewReader(r, size)
	if err != nil {
		return m, problem.New(problem.Invalid, "archive.no_archive").Because(err)
	}
	f, err := z.Open("manifest.json")
	if err != nil {
		return m, problem.New(problem.Invalid, "archive.no_archive").Because(err)
	}
	err = json.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&m)
	f.Close()
	if err != nil {
		return m, problem.New(problem.Invalid, "archive.no_archive").Because(err)
	}
	if m.Format > Format || m.Schema > db.Newest() {
		return m, problem.New(problem.Invalid, "archive.newer")
	}
	err = d.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for _, t := range tables {
			n, _, err := db.Value[int64](ctx, q, "SELECT COUNT(*) FROM "+t.Name)
			if err != nil {
				return err
			}
			if n > 0 {
				return problem.New(problem.Conflict, "archive.not_empty")
			}
		}
		for _, t := range tables {
			if !slices.Contains(m.Tables, t.Name) {
				continue // from before this table existed
			}
			n, err := readTable(ctx, q, z, t)
			if err != nil {
				return fmt.Errorf("import %s: %w", t.Name, err)
			}
			if n != m.Rows[t.Name] {
				return problem.New(problem.Invalid, "archive.incomplete", "Table", t.Name, "Want", m.Rows[t.Name], "Got", n)
			}
			if progress != nil {
				progress(t.Name, n)
			}
		}
		for _, statement := range db.DoubtSendings() {
			if _, err := db.Exec(ctx, q, statement); err != nil {
				return fmt.Errorf("hold back what waits to be sent: %w", err)
			}
		}
		return nil
	})
	return m, err
}

func readTable(ctx context.Context, q db.Q, z *zip.Reader, t Table) (int, error) {
	f, err := z.Open(t.Name + ".jsonl")
	if err != nil {
		return 0, problem.New(problem.Invalid, "archive.incomplete", "Table", t.Name, "Want", "?", "Got", 0).Because(err)
	}
	defer f.Close()
	known, err := columnsOf(ctx, q, t.Name)
	if err != nil {
		return 0, err
	}
	holdsBytes := slices.Contains(slices.Collect(maps.Values(known)), true)
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 1<<16), maxLine)
	n := 0
	var batch [][]any
	var columns []string
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		err := db.Insert(ctx, q, t.Name+" ("+strings.Join(columns, ", ")+")", batch, "")
		batch = batch[:0]
		return err
	}
	for lines.Scan() {
		d := json.NewDecoder(strings.NewReader(lines.Text()))
		d.UseNumber() // microseconds do not fit a float
		var row map[string]any
		if err := d.Decode(&row); err != nil {
			return n, problem.New(problem.Invalid, "archive.bad_line", "Table", t.Name, "Line", n+1).Because(err)
		}
		names := slices.Sorted(maps.Keys(row))
		for _, c := range names {
			if _, there := known[c]; !there {
				return n, problem.New(problem.Invalid, "archive.bad_line", "Table", t.Name, "Line", n+1)
			}
		}
		if !slices.Equal(names, columns) {
			if err := flush(); err != nil {
				return n, err
			}
			columns = names
		}
		values := make([]any, len(names))
		for i, c := range names {
			values[i] = row[c]
			if text, ok := row[c].(string); ok && known[c] {
				raw, err := base64.StdEncoding.DecodeString(text)
				if err != nil {
					return n, problem.New(problem.Invalid, "archive.bad_line", "Table", t.Name, "Line", n+1).Because(err)
				}
				values[i] = raw
			}
			if v, ok := row[c].(json.Number); ok {
				if whole, err := strconv.ParseInt(string(v), 10, 64); err == nil {
					values[i] = whole
				} else if real, err := v.Float64(); err == nil {
					values[i] = real
				}
			}
		}
		batch = append(batch, values)
		n++
		if len(batch) == 256 || holdsBytes && len(batch) == 8 {
			if err := flush(); err != nil {
				return n, err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return n, problem.New(problem.Invalid, "archive.bad_line", "Table", t.Name, "Line", n+1).Because(err)
	}
	return n, flush()
}

// columnsOf are the columns of a table, and whether each holds bytes rather than text.
func columnsOf(ctx context.Context, q db.Q, table string) (map[string]bool, error) {
	rows, err := q.QueryContext(ctx, "SELECT * FROM "+table+" LIMIT 0")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	binary, err := binaries(rows)
	if err != nil {
		return nil, err
	}
	out := map[string]bool{}
	for i, n := range names {
		out[n] = binary[i]
	}
	return out, rows.Err()
}

// binaries says which columns hold bytes.
func binaries(rows *sql.Rows) ([]bool, error) {
	types, err := rows.ColumnTypes()
	if err != nil {
		return nil, err
	}
	out := make([]bool, len(types))
	for i, t := range types {
		out[i] = t.DatabaseTypeName() == "BLOB" || t.DatabaseTypeName() == "BYTEA"
	}
	return out, nil
}
