package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
)

// DoubtSendings are the statements that a copy of a database needs before a program runs on it: what was waiting to be sent, the original
// has sent meanwhile, or sends yet. In the copy it is uncertain, so a person decides, or it is not sent at all.
func DoubtSendings() []string {
	return []string{
		"UPDATE outgoing SET state = 'uncertain', lease_until = NULL, lease_by = '' WHERE state IN ('queued', 'sending')",
		"UPDATE situation_copy SET state = 'cancelled' WHERE state = 'waiting'", // who goes on with the statement reaches them
		"UPDATE inbox_notice SET mail = 'uncertain', lease_until = NULL WHERE mail IN ('due', 'sending')",
		"UPDATE community_mail SET state = 'uncertain' WHERE state IN ('queued', 'sending')",
		"UPDATE report_sending SET state = 'uncertain', problem = 'report.mail.uncertain', lease_until = NULL WHERE state IN ('queued', 'sending')",
		"UPDATE fediverse_delivery SET state = 'failed' WHERE state = 'queued'",
		"DELETE FROM push_sending WHERE state IN ('queued', 'sending')",
	}
}

// doubt runs them on an SQLite file that nobody else has open.
func doubt(ctx context.Context, file string) (err error) {
	d, err := sql.Open("sqlite", "file:"+(&url.URL{Path: file}).EscapedPath()+"?_pragma=synchronous(FULL)")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	d.SetMaxOpenConns(1)
	for _, statement := range DoubtSendings() {
		if _, err := d.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("hold back what waits to be sent: %w", err)
		}
	}
	return nil
}
