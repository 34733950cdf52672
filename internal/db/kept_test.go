package db_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

func TestKept(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		set := func(value string) {
			t.Helper()
			if err := d.Tx(ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "INSERT INTO setting (key, value, changed_at) VALUES ('kept', $1, 0) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value", value)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		var kept db.Kept[string]
		asked := 0
		get := func(key string) string {
			t.Helper()
			v, err := kept.Read(ctx, d, key, func(ctx context.Context) (string, error) {
				asked++
				v, _, err := db.Value[string](ctx, d.Read(), "SELECT value FROM setting WHERE key = 'kept'")
				return key + v, err
			})
			if err != nil {
				t.Fatal(err)
			}
			return v
		}
		set("one")
		first := asked
		for range 3 {
			if got := get("a"); got != "aone" {
				t.Fatalf("got %q", got)
			}
		}
		// Another database of the same cluster may be written to meanwhile, so PostgreSQL may ask more than once.
		if d.Engine() == db.SQLite && asked-first != 1 {
			t.Errorf("asked %d times while nothing changed", asked-first)
		}
		if got := get("b"); got != "bone" {
			t.Errorf("another key: got %q", got)
		}
		set("two")
		if got := get("a"); got != "atwo" {
			t.Errorf("after a change: got %q", got)
		}
		wrong := errors.New("wrong")
		if _, err := kept.Read(ctx, d, "c", func(context.Context) (string, error) { return "x", wrong }); !errors.Is(err, wrong) {
			t.Errorf("got %v", err)
		}
		if got := get("c"); got != "ctwo" {
			t.Errorf("after a failure: got %q", got)
		}
	})
}

// What is committed while somebody reads is never hidden from who asks later.
func TestKeptBeside(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := t.Context()
		if err := d.Tx(ctx, func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "INSERT INTO setting (key, value, changed_at) VALUES ('kept', '0', 0)")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		var kept db.Kept[int]
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() {
				for range 50 {
					var before, after int
					err := d.Tx(ctx, func(ctx context.Context, q db.Q) error {
						if _, err := db.Exec(ctx, q, "UPDATE setting SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'kept'"); err != nil {
							return err
						}
						var err error
						before, _, err = db.Value[int](ctx, q, "SELECT CAST(value AS INTEGER) FROM setting WHERE key = 'kept'")
						return err
					})
					if err == nil {
						after, err = kept.Read(ctx, d, "", func(ctx context.Context) (int, error) {
							v, _, err := db.Value[int](ctx, d.Read(), "SELECT CAST(value AS INTEGER) FROM setting WHERE key = 'kept'")
							return v, err
						})
					}
					if err != nil || after < before {
						t.Errorf("wrote %d, then read %d, %v", before, after, err)
						return
					}
				}
			})
		}
		wait.Wait()
	})
}

// Another process, which for SQLite is another set of connections, is noticed too.
func TestKeptElsewhere(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "a.db")
	var list []*db.DB
	for range 2 {
		d, err := db.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if _, err := d.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		list = append(list, d)
	}
	var kept db.Kept[int]
	for i := range 3 {
		if err := list[1].Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "INSERT INTO setting (key, value, changed_at) VALUES ($1, '', 0)", fmt.Sprint(i))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		n, err := kept.Read(t.Context(), list[0], "", func(ctx context.Context) (int, error) {
			n, _, err := db.Value[int](ctx, list[0].Read(), "SELECT COUNT(*) FROM setting")
			return n, err
		})
		if err != nil || n != i+1 {
			t.Errorf("got %d, %v, want %d", n, err, i+1)
		}
	}
}

func BenchmarkVersion(b *testing.B) {
	d := dbtest.SQLite(b)
	for b.Loop() {
		if _, err := d.Version(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
