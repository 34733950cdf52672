package db_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestUpdate changes few rows and many, with values and without, by one column and by two; what is not there stays away.
func TestUpdate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		for _, many := range []int{0, 1, 3, 4, 40} {
			type row struct {
				A     string
				N     int64
				At    *int64
				Small int64
			}
			var got, want []row
			err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				if _, err := db.Exec(ctx, q, "CREATE TABLE thing (a TEXT NOT NULL, n INTEGER NOT NULL, at BIGINT, small INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (a, n))"); err != nil {
					return err
				}
				var rows, at, small [][]any
				for i := range 50 {
					a, n := fmt.Sprint("a", i%7), int64(i)
					rows = append(rows, []any{a, n, int64(9)})
					nine := int64(9)
					w := row{a, n, &nine, 0}
					if i < many {
						v := any(nil)
						w.At = nil
						if i%2 == 0 {
							v, w.At = n, &n
						}
						at = append(at, []any{v, a, n})
						small, w.Small = append(small, []any{int(n), nil, int(n)}), n
						if many == 4 {
							w.At = nil
						}
					}
					want = append(want, w)
				}
				if many > 0 {
					at = append(at, []any{int64(1), "nobody", int64(1)})
				}
				if err := db.Insert(ctx, q, "thing (a, n, at)", rows, ""); err != nil {
					return err
				}
				if err := db.Update(ctx, q, "thing", []string{"at"}, []string{"a", "n"}, at); err != nil {
					return err
				}
				set, cut := []string{"small", "at"}, small
				if many != 4 { // only there the column that is NULL in all rows is written
					set, cut = set[:1], nil
					for _, r := range small {
						cut = append(cut, []any{r[0], r[2]})
					}
				}
				if err := db.Update(ctx, q, "thing", set, []string{"n"}, cut); err != nil {
					return err
				}
				var err error
				if got, err = db.All(ctx, q, func(r *row) []any { return []any{&r.A, &r.N, &r.At, &r.Small} }, "SELECT a, n, at, small FROM thing ORDER BY n"); err != nil {
					return err
				}
				_, err = db.Exec(ctx, q, "DROP TABLE thing")
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%d rows: %s", many, diff)
			}
		}
	})
}
