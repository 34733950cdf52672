package db

import (
	"context"
	"database/sql"
	"fmt"
)

// Snapshot runs do over one moment of the database: all that it reads is as it was then, whatever is written meanwhile. Nothing can be
// written in it.
func (d *DB) Snapshot(ctx context.Context, do func(q Q) error) error {
	if d.engine == Postgres {
		tx, err := d.read.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
		if err != nil {
			return fmt.Errorf("begin to read: %w", err)
		}
		defer tx.Rollback()
		return do(&writer{tx})
	}
	c, err := d.read.Conn(ctx)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	return do(&moment{c})
}

// moment is a reading transaction on SQLite.
type moment struct{ *sql.Conn }

func (m *moment) Engine() Engine { return SQLite }
