package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
)

// DoubtSendings is the statement that a copy of a database needs before a program runs on it: what was waiting to be sent, the original
// has sent meanwhile, or sends yet. In the copy it is uncertain, so a person decides.
const DoubtSendings = "UPDATE outgoing SET state = 'uncertain', lease_until = NULL, lease_by = '' WHERE state IN ('queued', 'sending')"

// doubt runs DoubtSendings on an SQLite file that nobody else has open.
func doubt(ctx context.Context, file string) (err error) {
	d, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	d.SetMaxOpenConns(1)
	if _, err := d.ExecContext(ctx, DoubtSendings); err != nil {
		return fmt.Errorf("hold back what waits to be sent: %w", err)
	}
	return nil
}
