package strategy

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/entente/entente/internal/db"
)

// column is one column of a kept table: t is text, i a whole number, f a number.
type column struct {
	name  string
	kind  byte
	quiet bool // kept with a row, but its change alone is none
}

// table is what a snapshot knows of a table: parents stand before what refers to them.
type table struct {
	name    string
	key     []string
	columns []column
	of      string // the condition for the rows of map $1
}

func tables() []table {
	text := func(names ...string) []column {
		var out []column
		for _, n := range names {
			out = append(out, column{name: n, kind: 't'})
		}
		return out
	}
	whole := func(name string) column { return column{name: name, kind: 'i'} }
	real := func(name string) column { return column{name: name, kind: 'f'} }
	quiet := func(name string) column { return column{name: name, kind: 'i', quiet: true} }
	const mine = "(SELECT id FROM objective WHERE map = $1)"
	return []table{
		{"strategy_map", []string{"id"}, append(text("name", "kind", "scope"), quiet("created_at")), "id = $1"},
		{"perspective", []string{"id"}, append(text("map", "within", "name"), whole("position"), whole("colour")), "map = $1"},
		{"theme", []string{"id"}, append(text("map", "name"), whole("position"), whole("colour")), "map = $1"},
		{"objective", []string{"id"}, append(text("map", "perspective", "name", "owner", "stakeholders", "note", "goal", "goal_kind", "stage"), whole("due_at"), real("position"),
			quiet("created_at"), quiet("updated_at")), "map = $1"},
		{"objective_theme", []string{"objective", "theme"}, nil, "objective IN " + mine},
		{"objective_measure", []string{"id"}, append(text("objective", "measure", "statistic", "better", "timing", "channel", "topic", "language", "community", "kind", "team", "partner", "campaign", "defined"), whole("position"), whole("baseline_at"),
			whole("days"), real("weight"), real("baseline"), real("target"), real("low"), real("high")), "objective IN " + mine},
		{"objective_link", []string{"origin", "serves"}, append(text("map", "note"), whole("lag_days"), real("weight")), "map = $1"},
		{"contribution", []string{"origin", "serves"}, append(text("note"), real("weight")), "origin IN " + mine + " OR serves IN " + mine},
	}
}

func (t table) names() []string {
	out := slices.Clone(t.key)
	for _, c := range t.columns {
		out = append(out, c.name)
	}
	return out
}

// fields are the values of a row, by column: text, int64, float64 or nil.
type fields map[string]any

// snapshot is every row of a map, by table and key.
type snapshot map[string]row

type row struct {
	table  int // in tables
	key    []string
	fields fields
}

func rowName(table string, key []string) string { return table + ":" + strings.Join(key, " ") }

// snapshotOf reads all rows of a map.
func snapshotOf(ctx context.Context, q db.Q, mapID string) (snapshot, error) {
	out := snapshot{}
	for i, t := range tables() {
		names := t.names()
		rows, err := db.All(ctx, q, func(values *[]any) []any {
			*values = make([]any, len(names))
			into := make([]any, len(names))
			for i := range *values {
				into[i] = &(*values)[i]
			}
			return into
		}, "SELECT "+strings.Join(names, ", ")+" FROM "+t.name+" WHERE "+t.of, mapID)
		if err != nil {
			return nil, fmt.Errorf("read %s as it stands: %w", t.name, err)
		}
		for _, values := range rows {
			r := row{table: i, fields: fields{}}
			for j := range t.key {
				r.key = append(r.key, asText(values[j]))
			}
			for j, c := range t.columns {
				r.fields[c.name] = c.settle(values[len(t.key)+j])
			}
			out[rowName(t.name, r.key)] = r
		}
	}
	return out, nil
}

func asText(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return ""
}

// settle gives a value the type that its column has in memory, whatever a database or JSON made of it.
func (c column) settle(v any) any {
	switch v := v.(type) {
	case nil:
		return nil
	case json.Number:
		if c.kind == 'i' {
			n, _ := strconv.ParseInt(v.String(), 10, 64)
			return n
		}
		f, _ := strconv.ParseFloat(v.String(), 64)
		return f
	case int64:
		if c.kind == 'f' {
			return float64(v)
		}
		return v
	case float64:
		if c.kind == 'i' {
			return int64(v)
		}
		return v
	}
	return asText(v)
}

// rowChange is what happened to a row. From nil: it was not there; To nil: it is no more; else the columns that differ.
type rowChange struct {
	Table string   `json:"t"`
	Key   []string `json:"k"`
	From  fields   `json:"from"`
	To    fields   `json:"to"`
}

func (c rowChange) name() string { return rowName(c.Table, c.Key) }

// diff says how one snapshot became another, parents first.
func diff(before, after snapshot) []rowChange {
	var out []rowChange
	for i, t := range tables() {
		names := map[string]bool{}
		for _, s := range []snapshot{before, after} {
			for name, r := range s {
				if r.table == i {
					names[name] = true
				}
			}
		}
		sorted := make([]string, 0, len(names))
		for name := range names {
			sorted = append(sorted, name)
		}
		slices.Sort(sorted)
		for _, name := range sorted {
			b, was := before[name]
			a, is := after[name]
			switch {
			case !was:
				out = append(out, rowChange{t.name, a.key, nil, a.fields})
			case !is:
				out = append(out, rowChange{t.name, b.key, b.fields, nil})
			default:
				c := rowChange{t.name, a.key, fields{}, fields{}}
				for _, col := range t.columns {
					if !col.quiet && a.fields[col.name] != b.fields[col.name] {
						c.From[col.name], c.To[col.name] = b.fields[col.name], a.fields[col.name]
					}
				}
				if len(c.From) > 0 {
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// reversed leads back.
func reversed(patch []rowChange) []rowChange {
	out := make([]rowChange, len(patch))
	for i, c := range patch {
		out[len(patch)-1-i] = rowChange{c.Table, c.Key, c.To, c.From}
	}
	return out
}

// meets reports whether a row still stands as a change found or left it; columns that the change did not touch may differ.
func (s snapshot) meets(c rowChange) bool {
	r, is := s[c.name()]
	if !is || c.From == nil {
		return !is && c.From == nil
	}
	t := tables()[r.table]
	for _, col := range t.columns {
		if v, named := c.From[col.name]; named && !col.quiet && r.fields[col.name] != v {
			return false
		}
	}
	return true
}

// apply makes the changes in memory, without asking what stands there.
func (s snapshot) apply(patch []rowChange) {
	for _, c := range patch {
		name := c.name()
		if c.To == nil {
			delete(s, name)
			continue
		}
		r, is := s[name]
		next := row{table: slices.IndexFunc(tables(), func(t table) bool { return t.name == c.Table }), key: c.Key, fields: fields{}}
		if next.table < 0 {
			continue
		}
		if is {
			for k, v := range r.fields {
				next.fields[k] = v
			}
		}
		for k, v := range c.To {
			next.fields[k] = v
		}
		s[name] = next
	}
}

func (s snapshot) clone() snapshot {
	out := make(snapshot, len(s))
	for name, r := range s {
		out[name] = r // rows are never changed in place
	}
	return out
}

// write makes the changes in the database: what is new, parents first, then what differs, then what goes, children first.
func write(ctx context.Context, q db.Q, patch []rowChange) error {
	all := tables()
	of := func(t table, wanted func(rowChange) bool, do func(rowChange) error) error {
		for _, c := range patch {
			if c.Table == t.name && wanted(c) {
				if err := do(c); err != nil {
					return fmt.Errorf("write %s: %w", c.name(), err)
				}
			}
		}
		return nil
	}
	for _, t := range all {
		err := of(t, func(c rowChange) bool { return c.From == nil && c.To != nil }, func(c rowChange) error {
			values := make([]any, 0, len(t.key)+len(t.columns))
			for _, k := range c.Key {
				values = append(values, k)
			}
			for _, col := range t.columns {
				v, named := c.To[col.name]
				if !named && col.kind == 't' { // the change is older than the column
					v = ""
				}
				values = append(values, v)
			}
			return db.Insert(ctx, q, t.name+" ("+strings.Join(t.names(), ", ")+")", [][]any{values}, "")
		})
		if err != nil {
			return err
		}
	}
	for _, t := range all {
		err := of(t, func(c rowChange) bool { return c.From != nil && c.To != nil }, func(c rowChange) error {
			var set []string
			var args []any
			for _, col := range t.columns {
				if v, named := c.To[col.name]; named {
					args = append(args, v)
					set = append(set, col.name+" = $"+strconv.Itoa(len(args)))
				}
			}
			_, err := db.Exec(ctx, q, "UPDATE "+t.name+" SET "+strings.Join(set, ", ")+" WHERE "+keyed(t, len(args)), append(args, keys(c)...)...)
			return err
		})
		if err != nil {
			return err
		}
	}
	slices.Reverse(all)
	for _, t := range all {
		err := of(t, func(c rowChange) bool { return c.To == nil }, func(c rowChange) error {
			_, err := db.Exec(ctx, q, "DELETE FROM "+t.name+" WHERE "+keyed(t, 0), keys(c)...)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func keyed(t table, after int) string {
	var parts []string
	for i, k := range t.key {
		parts = append(parts, k+" = $"+strconv.Itoa(after+i+1))
	}
	return strings.Join(parts, " AND ")
}

func keys(c rowChange) []any {
	var out []any
	for _, k := range c.Key {
		out = append(out, k)
	}
	return out
}

// readPatch reads changes as they are kept.
func readPatch(raw string) ([]rowChange, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(raw)))
	d.UseNumber()
	var out []rowChange
	if err := d.Decode(&out); err != nil {
		return nil, fmt.Errorf("read a kept change: %w", err)
	}
	all := tables()
	for _, c := range out {
		i := slices.IndexFunc(all, func(t table) bool { return t.name == c.Table })
		if i < 0 || len(c.Key) != len(all[i].key) {
			return nil, fmt.Errorf("read a kept change: there is no table %q", c.Table)
		}
		for _, f := range []fields{c.From, c.To} {
			for _, col := range all[i].columns {
				if v, named := f[col.name]; named {
					f[col.name] = col.settle(v)
				}
			}
		}
	}
	return out, nil
}
