package db_test

import (
	"context"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// A database that rested, with its connections in use before, is written and read as ever; one that somebody writes to is left alone.
func TestRest(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		say := func(key string) {
			t.Helper()
			if err := d.Tx(ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "INSERT INTO setting (key, value, changed_at) VALUES ($1, $2, 0)", key, `"x"`)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{"rest.1", "rest.2"} {
			say(key)
			if err := d.Rest(ctx); err != nil {
				t.Fatalf("rest after %s: %v", key, err)
			}
		}
		say("rest.3")
		n, _, err := db.Value[int](ctx, d.Read(), "SELECT COUNT(*) FROM setting WHERE key LIKE 'rest.%'")
		if err != nil || n != 3 {
			t.Errorf("%d settings (%v), want 3", n, err)
		}
		if d.Engine() != db.SQLite {
			return
		}
		err = d.Tx(ctx, func(ctx context.Context, _ db.Q) error {
			soon, cancel := context.WithCancel(context.Background())
			cancel()
			return d.Rest(soon)
		})
		if err == nil {
			t.Error("rested while somebody wrote")
		}
	})
}
