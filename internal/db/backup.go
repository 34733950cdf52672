package db

import (
	"context"
	"errors"
	"fmt"
)

// Backup copies the embedded database, as it is at one moment, into a new file. PostgreSQL has its own tools for that.
func (d *DB) Backup(ctx context.Context, file string) error {
	if d.engine != SQLite {
		return errors.New("the database is PostgreSQL: use pg_dump")
	}
	if _, err := d.read.ExecContext(ctx, "VACUUM INTO $1", file); err != nil {
		return fmt.Errorf("copy the database to %s: %w", file, err)
	}
	return nil
}
