package db_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestInsertManyRows stores what is awkward in columns: no value at all, some values, two types in one column.
func TestInsertManyRows(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		type row struct {
			N     int64
			Text  *string
			Score float64
			Small *int64
			None  *string
			Kept  string
		}
		text, small := "a'b\\{\"},NULL é", int64(7)
		want := []row{{1, &text, 1, &small, nil, "kept"}, {2, nil, 0.5, nil, nil, "kept"}, {3, new(string), -2, nil, nil, "kept"}, {4, &text, 1, nil, nil, "kept"},
			{5, nil, 0, nil, nil, "kept"}}
		rows := func(from int, mixed bool) (out [][]any) {
			for _, w := range want[from:] {
				values := []any{w.N, nil, w.Score, nil, nil}
				if w.Text != nil {
					values[1] = *w.Text
				}
				if w.Small != nil {
					values[3] = int(*w.Small)
				}
				if mixed && w.Score == float64(int64(w.Score)) {
					values[2] = int64(w.Score)
				}
				out = append(out, values)
			}
			return out
		}
		for _, mixed := range []bool{false, true} {
			var got []row
			var numbers []int64
			err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) (err error) {
				if _, err := db.Exec(ctx, q, "CREATE TABLE thing (n BIGINT PRIMARY KEY, text TEXT, score DOUBLE PRECISION, small INTEGER, none TEXT, kept TEXT DEFAULT 'kept')"); err != nil {
					return err
				}
				defer func() { _, e := db.Exec(ctx, q, "DROP TABLE thing"); err = errorOf(err, e) }()
				const into = "thing (n, text, score, small, none)"
				if err := db.InsertExpr(ctx, q, into, []string{"", "substr(%s, 1)"}, rows(0, mixed), ""); err != nil {
					return err
				}
				if _, err := db.Exec(ctx, q, "DELETE FROM thing WHERE n > 1"); err != nil {
					return err
				}
				if numbers, err = db.InsertReturning(ctx, q, into, rows(0, mixed), "ON CONFLICT DO NOTHING RETURNING n", db.Self[int64]); err != nil {
					return err
				}
				got, err = db.All(ctx, q, func(r *row) []any { return []any{&r.N, &r.Text, &r.Score, &r.Small, &r.None, &r.Kept} },
					"SELECT n, text, score, small, none, kept FROM thing ORDER BY n")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]int64{2, 3, 4, 5}, numbers); diff != "" {
				t.Error(diff)
			}
		}
	})
}

func errorOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
