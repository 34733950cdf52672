package db

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"testing/fstest"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"

	"github.com/entente/entente/internal/db/migrations"
)

// Migrate brings the schema to the newest version and returns how many steps it took. Several nodes may call it at once.
func (d *DB) Migrate(ctx context.Context) (int, error) {
	files, err := d.migrations()
	if err != nil {
		return 0, err
	}
	dialect := database.DialectSQLite3
	// Migrations are numbered by area, and an installation may have taken a higher number before a lower one was written.
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()), goose.WithAllowOutofOrder(true)}
	if d.engine == Postgres {
		dialect = database.DialectPostgres
		locker, err := lock.NewPostgresTableLocker()
		if err != nil {
			return 0, fmt.Errorf("prepare the migration lock: %w", err)
		}
		options = append(options, goose.WithLocker(locker))
	}
	if d.engine == SQLite { // one connection writes
		if err := d.pen.take(ctx); err != nil {
			return 0, err
		}
		defer d.pen.give()
		if err := d.pen.drop(); err != nil {
			return 0, fmt.Errorf("make room for migrating: %w", err)
		}
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
	names, _ := fs.Glob(migrations.Files(), "*.sql")
	var n int64
	for _, name := range names {
		if v, err := goose.NumericComponent(path.Base(name)); err == nil {
			n = max(n, v)
		}
	}
	return n
}

// Schema stands for what Migrate makes of an empty database: another when a migration is another.
func (d *DB) Schema() (string, error) {
	files, err := d.migrations()
	if err != nil {
		return "", err
	}
	names, err := fs.Glob(files, "*.sql") // in order
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), nil
}

// migrations gives this engine's files: N_name.postgres.sql stands for N_name.sql on PostgreSQL, {{serial}} is the column that the engine
// numbers by itself, {{place}} a primary key of numbers that rows are stored by, {{clustered}} stores rows by their primary key, and
// {{binary}} orders texts by their bytes whatever the language of the database.
func (d *DB) migrations() (fs.FS, error) {
	out, all := fstest.MapFS{}, migrations.Files()
	names, err := fs.Glob(all, "*.sql")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		base, special := strings.CutSuffix(name, ".postgres.sql")
		switch {
		case special && d.engine != Postgres:
			continue
		case special:
			base += ".sql"
		case d.engine == Postgres:
			if _, err := fs.Stat(all, strings.TrimSuffix(name, ".sql")+".postgres.sql"); err == nil {
				continue
			}
			base = name
		default:
			base = name
		}
		text, err := fs.ReadFile(all, name)
		if err != nil {
			return nil, err
		}
		words := strings.NewReplacer("{{serial}}", "INTEGER PRIMARY KEY", "{{place}}", "INTEGER PRIMARY KEY", " {{clustered}}", " WITHOUT ROWID",
			"{{binary}}", "COLLATE BINARY")
		if d.engine == Postgres {
			words = strings.NewReplacer("{{serial}}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY", "{{place}}", "BIGINT PRIMARY KEY", " {{clustered}}", "",
				"{{binary}}", `COLLATE "C"`)
		}
		out[base] = &fstest.MapFile{Data: []byte(words.Replace(string(text)))}
	}
	return out, nil
}
