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
		for n := 0; n != i+1 && t.Context().Err() == nil; {
			var err error
			if n, err = kept.Read(t.Context(), list[0], "", func(ctx context.Context) (int, error) {
				n, _, err := db.Value[int](ctx, list[0].Read(), "SELECT COUNT(*) FROM setting")
				return n, err
			}); err != nil || n > i+1 {
				t.Fatalf("got %d, %v, want %d", n, err, i+1)
			}
		}
	}
}

// A page that reads several kept answers asks for the version once, and sees what it commits itself.
func TestAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		write := func(ctx context.Context, value string) {
			t.Helper()
			if err := d.Tx(ctx, func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "INSERT INTO setting (key, value, changed_at) VALUES ('at once', $1, 0) ON CONFLICT (key) DO UPDATE SET value = EXCLUDED.value", value)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		var kept db.Kept[string]
		see := func(ctx context.Context, want string) {
			t.Helper()
			got, err := kept.Read(ctx, d, "", func(ctx context.Context) (string, error) {
				v, _, err := db.Value[string](ctx, d.Read(), "SELECT value FROM setting WHERE key = 'at once'")
				return v, err
			})
			if err != nil || got != want {
				t.Errorf("got %q, %v, want %q", got, err, want)
			}
		}
		write(t.Context(), "one")
		page := db.AtOnce(t.Context())
		see(page, "one")
		write(t.Context(), "two")
		see(t.Context(), "two")
		write(page, "three")
		see(page, "three")
		see(db.AtOnce(t.Context()), "three")
	})
}

// Whoever goes away is not read for any longer.
func TestAllEnds(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		n := 0
		_, err := db.All(ctx, d.Read(), func(v *int) []any {
			if n++; n == 10 {
				cancel()
			}
			return []any{v}
		}, "WITH RECURSIVE c(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM c WHERE i < 1000000) SELECT i FROM c")
		if !errors.Is(err, context.Canceled) || n > 100000 {
			t.Errorf("read %d rows: %v", n, err)
		}
		if _, err := db.All(ctx, d.Read(), db.Self[int], "SELECT 1"); !errors.Is(err, context.Canceled) {
			t.Errorf("asked after the end: %v", err)
		}
	})
}

func BenchmarkVersion(b *testing.B) {
	d := dbtest.SQLite(b)
	for b.Loop() {
		if _, err := d.Version(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}
