package dbtest

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/entente/entente/internal/db"
)

// Migrating a database takes a third of a second, copying one that is migrated a twentieth. So one of each engine is made for each schema, by whichever
// test comes first, in a folder that all test processes of this account share; it is copied by all.

// copyModel makes a migrated SQLite database at file.
func copyModel(file string) error {
	model, err := sqliteModel()
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(model)
	if err != nil {
		return err
	}
	return os.WriteFile(file, raw, 0o600)
}

var sqliteModel = sync.OnceValues(func() (string, error) {
	ctx := context.Background()
	dir, done, err := alone()
	if err != nil {
		return "", err
	}
	defer done()
	draft := filepath.Join(dir, "draft.db")
	for _, name := range []string{draft, draft + "-wal", draft + "-shm"} { // of a process that was killed
		os.Remove(name)
	}
	d, err := db.Open(ctx, draft)
	if err != nil {
		return "", err
	}
	defer d.Close()
	schema, err := d.Schema()
	if err != nil {
		return "", err
	}
	model := filepath.Join(dir, "sqlite-"+schema+".db")
	if _, err := os.Stat(model); err == nil {
		return model, nil
	}
	old, _ := filepath.Glob(filepath.Join(dir, "sqlite-*.db"))
	for _, name := range old {
		if was, err := os.Stat(name); err == nil && time.Since(was.ModTime()) > 48*time.Hour {
			os.Remove(name)
		}
	}
	if _, err := d.Migrate(ctx); err != nil {
		return "", err
	}
	if err := d.Close(); err != nil { // all is in the file then
		return "", err
	}
	return model, os.Rename(draft, model)
})

// server is where test databases are made.
var server = sync.OnceValues(cluster)

// postgresModel is the name of a migrated database there.
var postgresModel = sync.OnceValues(func() (string, error) {
	server, err := server()
	if err != nil {
		return "", err
	}
	ctx := context.Background()
	_, done, err := alone()
	if err != nil {
		return "", err
	}
	defer done()
	admin, err := sql.Open("pgx", server)
	if err != nil {
		return "", err
	}
	defer admin.Close()
	d, err := db.Open(ctx, server)
	if err != nil {
		return "", err
	}
	schema, err := d.Schema()
	d.Close()
	if err != nil {
		return "", err
	}
	name, draft, found := "model_"+schema, "draft_"+schema, 0
	if err := admin.QueryRowContext(ctx, "SELECT COUNT(*) FROM pg_database WHERE datname = $1", name).Scan(&found); err != nil {
		return "", err
	}
	if found == 0 {
		for _, statement := range []string{"DROP DATABASE IF EXISTS " + draft + " WITH (FORCE)", "CREATE DATABASE " + draft} {
			if _, err := admin.ExecContext(ctx, statement); err != nil {
				return "", fmt.Errorf("make a model of test databases: %w", err)
			}
		}
		d, err := db.Open(ctx, addressOf(server, draft))
		if err != nil {
			return "", err
		}
		_, err = d.Migrate(ctx)
		d.Close()
		if err != nil {
			return "", err
		}
		if _, err := admin.ExecContext(ctx, "ALTER DATABASE "+draft+" RENAME TO "+name); err != nil {
			return "", fmt.Errorf("make a model of test databases: %w", err)
		}
	}
	return name, nil
})

// alone waits until no other test process makes a model, and says where they are.
func alone() (dir string, done func(), err error) {
	dir = filepath.Join(os.TempDir(), "entente-test-models-"+strconv.Itoa(os.Getuid()))
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", nil, err
	}
	turn, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err := syscall.Flock(int(turn.Fd()), syscall.LOCK_EX); err != nil {
		turn.Close()
		return "", nil, fmt.Errorf("wait for the models of test databases: %w", err)
	}
	return dir, func() { turn.Close() }, nil
}
