package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync/atomic"
)

// pen is the one connection that writes to SQLite. Whoever has the turn writes. Statements stay prepared from one transaction to the
// next: parsing them anew costs small transactions more than running them.
type pen struct {
	db   *sql.DB
	turn chan struct{} // full: somebody writes
	conn *sql.Conn     // nil until first used
	list statements
	rows map[string]driver.Stmt // by text, of inserts

	commits atomic.Int64
}

func (p *pen) take(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("wait to write: %w", ctx.Err())
	}
}

func (p *pen) give() { <-p.turn }

// tx runs do in a transaction. ctx ends the wait for the turn and nothing later: a statement that can be cancelled costs a goroutine each,
// and transactions are short.
func (p *pen) tx(ctx context.Context, do func(ctx context.Context, q Q) error) (err error) {
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.give()
	if p.conn == nil {
		if p.conn, err = p.db.Conn(ctx); err != nil {
			p.conn = nil
			return fmt.Errorf("open for writing: %w", err)
		}
	}
	inner := context.WithoutCancel(ctx)
	if _, err := p.ExecContext(inner, "BEGIN IMMEDIATE"); err != nil {
		return fmt.Errorf("begin: %w", errors.Join(err, p.discard()))
	}
	committed := false
	defer func() { // after a panic too
		if committed {
			return
		}
		if _, back := p.conn.ExecContext(inner, "ROLLBACK"); back != nil {
			p.discard() // whatever state it is in, closing it ends the transaction
		}
	}()
	if err := do(inner, p); err != nil {
		return err
	}
	if _, err := p.ExecContext(inner, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	committed = true
	p.commits.Add(1)
	return nil
}

// discard is drop for a connection that nobody may use again.
func (p *pen) discard() error {
	if p.conn != nil {
		_ = p.conn.Raw(func(any) error { return driver.ErrBadConn }) // which makes the pool close it
	}
	return p.drop()
}

// drop gives the connection back; the next transaction opens another.
func (p *pen) drop() error {
	if p.conn == nil {
		return nil
	}
	errs := []error{p.list.drop(false)}
	for _, st := range p.rows {
		errs = append(errs, st.Close())
	}
	if err := p.conn.Close(); !errors.Is(err, sql.ErrConnDone) && !errors.Is(err, driver.ErrBadConn) {
		errs = append(errs, err)
	}
	p.conn, p.rows = nil, nil
	return errors.Join(errs...)
}

func (p *pen) close() error {
	if err := p.take(context.Background()); err != nil {
		return err
	}
	defer p.give()
	return p.drop()
}

// rest gives back the memory of the connection.
func (p *pen) rest(ctx context.Context) error {
	if err := p.take(ctx); err != nil {
		return err
	}
	defer p.give()
	if p.conn == nil {
		return nil
	}
	_, err := p.conn.ExecContext(context.WithoutCancel(ctx), shrinkMemory)
	return err
}

func (p *pen) Engine() Engine { return SQLite }

func (p *pen) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	if r, kept, err := p.list.exec(ctx, p.conn, query, args); kept {
		return r, err
	}
	return p.conn.ExecContext(ctx, query, args...)
}

func (p *pen) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if rows, kept, err := p.list.query(ctx, p.conn, query, args); kept {
		return rows, err
	}
	return p.conn.QueryContext(ctx, query, args...)
}

// each runs a statement once for each row of arguments; done, which may be nil, is told how each went. It talks to the driver itself: the locks and copies of database/sql cost a third
// of a small insert.
func (p *pen) each(ctx context.Context, query string, rows [][]any, done func(driver.Result) error) error {
	return p.conn.Raw(func(c any) error {
		st := p.rows[query]
		if st == nil {
			var err error
			if st, err = c.(driver.ConnPrepareContext).PrepareContext(ctx, query); err != nil {
				return err
			}
			if len(p.rows) >= maxStatements {
				defer st.Close()
			} else {
				if p.rows == nil {
					p.rows = map[string]driver.Stmt{}
				}
				p.rows[query] = st
			}
		}
		args := make([]driver.NamedValue, len(rows[0]))
		for _, row := range rows {
			for i, v := range row {
				switch n := v.(type) {
				case string, int64, nil: // as they are
				case int:
					v = int64(n)
				default:
					var err error
					if v, err = driver.DefaultParameterConverter.ConvertValue(v); err != nil {
						return fmt.Errorf("argument %d: %w", i+1, err)
					}
				}
				args[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
			}
			r, err := st.(driver.StmtExecContext).ExecContext(ctx, args)
			if err == nil && done != nil {
				err = done(r)
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
}
