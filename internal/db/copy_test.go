package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// A backup sends nothing that the original sends; the original goes on.
func TestBackupSendsNothing(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "INSERT INTO channel (id, kind, name, created_at) VALUES ('c', 'mail', 'Post', 0)"); err != nil {
			return err
		}
		for _, state := range []string{"failed", "queued", "sending", "sent", "uncertain", "withdrawn"} {
			if _, err := db.Exec(ctx, q, `INSERT INTO outgoing (id, channel, content, state, due_at, created_at, lease_by, lease_until)
				VALUES ($1, 'c', '{}', $1, 0, 0, 'node', 7)`, state); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := d.Backup(t.Context(), filepath.Join(dir, "copy.db")); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
		t.Errorf("the backup left %v, %v; want one file", files, err)
	}
	copied, err := db.Open(t.Context(), filepath.Join(dir, "copy.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	for name, test := range map[string]struct {
		d    *db.DB
		want []string
	}{
		"the copy":     {copied, []string{"failed", "uncertain", "uncertain", "sent", "uncertain", "withdrawn"}},
		"the original": {d, []string{"failed", "queued", "sending", "sent", "uncertain", "withdrawn"}},
	} {
		got, err := db.All(t.Context(), test.d.Read(), db.Self[string], "SELECT state FROM outgoing ORDER BY id")
		if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
			t.Errorf("%s, %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// What is written meanwhile is not seen, and nothing can be written.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		put := func(key string) error {
			return d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "INSERT INTO setting (key, value, changed_at) VALUES ($1, '1', 0)", key)
				return err
			})
		}
		count := func(q db.Q) int {
			n, _, err := db.Value[int](t.Context(), q, "SELECT COUNT(*) FROM setting")
			if err != nil {
				t.Error(err)
			}
			return n
		}
		before := count(d.Read())
		err := d.Snapshot(t.Context(), func(q db.Q) error {
			if n := count(q); n != before {
				t.Errorf("at first %d, want %d", n, before)
			}
			if err := put("a"); err != nil {
				return err
			}
			if n := count(q); n != before {
				t.Errorf("in the same moment %d, want %d", n, before)
			}
			if _, err := q.ExecContext(t.Context(), "DELETE FROM setting"); err == nil {
				t.Error("a reader may write")
			}
			return nil
		})
		if n := count(d.Read()); err != nil || n != before+1 {
			t.Errorf("afterwards %d, %v; want %d", n, err, before+1)
		}
		for range 50 { // connections come back as they were
			if err := d.Snapshot(t.Context(), func(q db.Q) error { count(q); return nil }); err != nil {
				t.Fatal(err)
			}
		}
		if err := put("b"); err != nil || count(d.Read()) != before+2 {
			t.Errorf("after many moments: %v", err)
		}
	})
}
