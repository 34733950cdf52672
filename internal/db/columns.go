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
	values, arrays, names, args, ok := selected(rows)
	if !ok {
		return "", nil, false
	}
	for j, form := range forms {
		if form != "" {
			values[j] = strings.Replace(form, "%s", values[j], 1)
		}
	}
	return "INSERT INTO " + into + " SELECT " + strings.Join(values, ",") + " FROM unnest(" + arrays + ") AS v(" + names + ") " + tail, args, true
}

// selected are the expressions of the columns of rows, selected from arrays, their placeholders and names.
func selected(rows [][]any) (values []string, arrays, names string, args []any, ok bool) {
	if len(rows) < fewRows {
		return nil, "", "", nil, false
	}
	var places, given []string
	for j := range rows[0] {
		kind, array, ok := column(rows, j)
		if !ok {
			return nil, "", "", nil, false
		}
		if array == nil {
			values = append(values, "NULL")
			continue
		}
		args = append(args, array)
		n := strconv.Itoa(len(args))
		values, places, given = append(values, "v.c"+n), append(places, "$"+n+"::"+kind), append(given, "c"+n)
	}
	return values, strings.Join(places, ","), strings.Join(given, ","), args, len(args) > 0
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
