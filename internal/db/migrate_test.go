package db_test

import (
	"context"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestMigrateLateNumber: an installation that has a higher number already takes a lower one that was written later, once.
func TestMigrateLateNumber(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for _, s := range []string{"DROP TABLE unsent_told", "DELETE FROM goose_db_version WHERE version_id = 376"} {
				if _, err := db.Exec(ctx, q, s); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{1, 0} {
			if n, err := d.Migrate(t.Context()); err != nil || n != want {
				t.Fatalf("%d steps, %v; want %d", n, err, want)
			}
		}
		if _, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM unsent_told"); err != nil {
			t.Error(err)
		}
	})
}
