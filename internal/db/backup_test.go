package db_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

func TestBackup(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO setting (key, value, changed_at) VALUES ('colour', '\"green\"', 0)")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "copy.db")
	if err := d.Backup(t.Context(), file); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v; want 0600", info.Mode(), err)
	}
	copied, err := db.Open(t.Context(), file)
	if err != nil {
		t.Fatal(err)
	}
	defer copied.Close()
	got, found, err := db.Value[string](t.Context(), copied.Read(), "SELECT value FROM setting WHERE key = 'colour'")
	if err != nil || !found || got != `"green"` {
		t.Errorf("the copy holds %q, %v, %v", got, found, err)
	}
	if err := d.Backup(t.Context(), filepath.Join(t.TempDir(), "no", "such", "folder.db")); err == nil {
		t.Error("a backup into nowhere succeeded")
	}
	if _, err := d.Read().ExecContext(t.Context(), "DELETE FROM setting"); err == nil {
		t.Error("readers may write after a backup")
	}
}
