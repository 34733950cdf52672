package db

import (
	"context"
	"errors"
	"fmt"
	"os"
)

// Backup copies the embedded database, as it is at one moment, into a new file, readable by its owner only. The file is there once it is
// whole, and sends nothing by itself: see DoubtSendings. PostgreSQL has its own tools for that.
func (d *DB) Backup(ctx context.Context, file string) (err error) {
	if d.engine != SQLite {
		return errors.New("the database is PostgreSQL: use pg_dump")
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("copy the database to %s: %w", file, err)
		}
	}()
	part := file + ".part"
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	defer os.Remove(part)
	c, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer c.Close()
	// Readers may write nothing, not even into another file; this one may for a moment. The source is only read.
	if _, err := c.ExecContext(ctx, "PRAGMA query_only = OFF"); err != nil {
		return err
	}
	defer c.ExecContext(context.WithoutCancel(ctx), "PRAGMA query_only = ON")
	if _, err := c.ExecContext(ctx, "VACUUM INTO $1", part); err != nil {
		return err
	}
	if err := doubt(ctx, part); err != nil {
		return err
	}
	return os.Rename(part, file)
}
