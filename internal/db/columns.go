package db

import (
	"strconv"
	"strings"
)

// fewRows is how many rows are better written out, each with placeholders of its own.
const fewRows = 4

// columnwise is an insert of rows for PostgreSQL with one array a column: the server parses and plans a short text once, however many rows
// there are, where thousands of placeholders cost more than storing the rows. ok is false when a column has values of several types.
func columnwise(into string, forms []string, rows [][]any, tail string) (text string, args []any, ok bool) {
	if len(rows) < fewRows {
		return "", nil, false
	}
	var head, selected, arrays, names strings.Builder
	for j := range rows[0] {
		kind, array, ok := column(rows, j)
		if !ok {
			return "", nil, false
		}
		value := "NULL"
		if array != nil {
			args = append(args, array)
			n := strconv.Itoa(len(args))
			value = "v.c" + n
			if len(args) > 1 {
				arrays.WriteByte(',')
				names.WriteByte(',')
			}
			arrays.WriteString("$" + n + "::" + kind)
			names.WriteString("c" + n)
		}
		if j < len(forms) && forms[j] != "" {
			value = strings.Replace(forms[j], "%s", value, 1)
		}
		if j > 0 {
			selected.WriteByte(',')
		}
		selected.WriteString(value)
	}
	if len(args) == 0 {
		return "", nil, false
	}
	head.WriteString("INSERT INTO " + into + " SELECT " + selected.String() + " FROM unnest(" + arrays.String() + ") AS v(" + names.String() + ") " + tail)
	return head.String(), args, true
}

// column gathers column j of rows as an array and its type; array is nil when all are NULL.
func column(rows [][]any, j int) (kind string, array any, ok bool) {
	nulls := false
	for _, row := range rows {
		is := ""
		switch row[j].(type) {
		case nil:
			nulls = true
			continue
		case string:
			is = "text[]"
		case int64, int:
			is = "bigint[]"
		case float64:
			is = "float8[]"
		default:
			return "", nil, false
		}
		if kind == "" {
			kind = is
		}
		if kind != is {
			return "", nil, false
		}
	}
	switch kind {
	case "text[]":
		return kind, gather(rows, j, nulls, func(v any) string { return v.(string) }), true
	case "bigint[]":
		return kind, gather(rows, j, nulls, func(v any) int64 {
			if n, ok := v.(int); ok {
				return int64(n)
			}
			return v.(int64)
		}), true
	case "float8[]":
		return kind, gather(rows, j, nulls, func(v any) float64 { return v.(float64) }), true
	}
	return "", nil, true
}

func gather[T any](rows [][]any, j int, nulls bool, value func(any) T) any {
	list := make([]T, len(rows))
	var places []*T
	if nulls {
		places = make([]*T, len(rows))
	}
	for i, row := range rows {
		if row[j] == nil {
			continue
		}
		list[i] = value(row[j])
		if nulls {
			places[i] = &list[i]
		}
	}
	if nulls {
		return places
	}
	return list
}
