package db

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema to the newest version and returns how many steps it took. Several nodes may call it at once.
func (d *DB) Migrate(ctx context.Context) (int, error) {
	files, err := d.migrations()
	if err != nil {
		return 0, err
	}
	dialect := database.DialectSQLite3
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger())}
	if d.engine == Postgres {
		dialect = database.DialectPostgres
		locker, err := lock.NewPostgresTableLocker()
		if err != nil {
			return 0, fmt.Errorf("prepare the migration lock: %w", err)
		}
		options = append(options, goose.WithLocker(locker))
	}
	p, err := goose.NewProvider(dialect, d.write, files, options...)
	if err != nil {
		return 0, fmt.Errorf("read migrations: %w", err)
	}
	done, err := p.Up(ctx)
	if err != nil {
		return len(done), fmt.Errorf("migrate: %w", err)
	}
	return len(done), nil
}

// Newest is the number of the newest migration known to this binary.
func Newest() int64 {
	names, _ := fs.Glob(migrations, "migrations/*.sql")
	var n int64
	for _, name := range names {
		if v, err := goose.NumericComponent(path.Base(name)); err == nil {
			n = max(n, v)
		}
	}
	return n
}

// migrations gives this engine's files: N_name.postgres.sql stands for N_name.sql on PostgreSQL, and {{serial}} is the column that the
// engine numbers by itself.
func (d *DB) migrations() (fs.FS, error) {
	out := fstest.MapFS{}
	err := fs.WalkDir(migrations, "migrations", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		f, err := migrations.Open(name)
		if err != nil {
			return err
		}
		defer f.Close()
		text, err := io.ReadAll(f)
		if err != nil {
			return err
		}
		base, special := strings.CutSuffix(path.Base(name), ".postgres.sql")
		if special && d.engine != Postgres {
			return nil
		}
		if special {
			base += ".sql"
		} else {
			base = path.Base(name)
			if d.engine == Postgres {
				if _, err := fs.Stat(migrations, strings.TrimSuffix(name, ".sql")+".postgres.sql"); err == nil {
					return nil
				}
			}
		}
		serial := "INTEGER PRIMARY KEY"
		if d.engine == Postgres {
			serial = "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
		}
		out[base] = &fstest.MapFile{Data: bytes.ReplaceAll(text, []byte("{{serial}}"), []byte(serial))}
		return nil
	})
	return out, err
}
