// Package db decides how SQL is spoken to: one text for SQLite and PostgreSQL, explicit transactions, times as microseconds, rows into values.
//
// Ids are text made in Go, times are integer microseconds UTC, money is integer minor units, states are text with a CHECK.
// On SQLite one connection writes and a pool reads, so a transaction never waits for a lock that another of our own holds.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Engine names a database engine.
type Engine string

// The engines.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Q is where statements run: a transaction, or the readers. Placeholders are $1, $2 …
type Q interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	Engine() Engine
}

// DB is an open database.
type DB struct {
	engine    Engine
	write     *sql.DB
	read      *sql.DB
	path      string
	reads     statements
	readers   int    // connections that read, at most
	snapshots shared // PostgreSQL: what is committed
	mark      mark
	pen       pen
}

// Open opens the database at address: a postgres:// URL, or the path of an SQLite file, made when it is not there.
func Open(ctx context.Context, address string) (*DB, error) {
	if u, err := url.Parse(address); err == nil && (u.Scheme == "postgres" || u.Scheme == "postgresql") {
		pool, err := sql.Open("pgx", address)
		if err != nil {
			return nil, fmt.Errorf("open postgresql: %w", err)
		}
		pool.SetMaxOpenConns(16)
		pool.SetMaxIdleConns(16)
		pool.SetConnMaxIdleTime(5 * time.Minute)
		if err := pool.PingContext(ctx); err != nil {
			pool.Close()
			return nil, fmt.Errorf("reach postgresql: %w", err)
		}
		return &DB{engine: Postgres, write: pool, read: pool}, nil
	}
	if err := os.MkdirAll(filepath.Dir(address), 0o700); err != nil {
		return nil, fmt.Errorf("make the data folder: %w", err)
	}
	// Made by us first: SQLite would let others read it.
	if f, err := os.OpenFile(address, os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("open %s: %w", address, err)
	} else if err := f.Close(); err != nil {
		return nil, fmt.Errorf("open %s: %w", address, err)
	}
	const pragmas = "?_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)" +
		"&_pragma=temp_store(MEMORY)&_pragma=mmap_size(0)&_txlock=immediate"
	file := "file:" + (&url.URL{Path: address}).EscapedPath()
	w, err := sql.Open("sqlite", file+pragmas+"&_pragma=cache_size(-64000)&_pragma=journal_size_limit(67108864)&_pragma=wal_autocheckpoint(8000)")
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", address, err)
	}
	w.SetMaxOpenConns(1)
	if err := w.PingContext(ctx); err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s: %w", address, err)
	}
	r, err := sql.Open("sqlite", file+pragmas+"&_pragma=query_only(ON)&_pragma=cache_size(-4000)")
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("open %s for reading: %w", address, err)
	}
	m, err := sql.Open("sqlite", file+pragmas+"&_pragma=query_only(ON)&_pragma=cache_size(-100)")
	if err != nil {
		w.Close()
		r.Close()
		return nil, fmt.Errorf("open %s for reading: %w", address, err)
	}
	m.SetMaxOpenConns(1)
	m.SetConnMaxIdleTime(0)
	m.SetConnMaxLifetime(0)
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	r.SetMaxOpenConns(readers)
	r.SetMaxIdleConns(readers)
	d := &DB{engine: SQLite, readers: readers, write: w, read: r, path: address, mark: mark{db: m}, pen: pen{db: w, turn: make(chan struct{}, 1)}}
	return d, nil
}

// Engine says which engine this is.
func (d *DB) Engine() Engine { return d.engine }

// Path is the SQLite file, "" on PostgreSQL.
func (d *DB) Path() string { return d.path }

// Close closes all connections.
func (d *DB) Close() error {
	err := d.reads.drop(true)
	if d.read == d.write {
		return d.write.Close()
	}
	return errors.Join(err, d.pen.close(), d.mark.close(), d.read.Close(), d.write.Close())
}

const shrinkMemory = "PRAGMA shrink_memory"

// Rest gives back the memory in which SQLite keeps pages, and closes the readers that nobody uses but one: each knows the whole schema and what was
// last asked. After an import, or a crowd, that is most of what the process holds beside its own. It waits for its turn to write, for a second at most.
func (d *DB) Rest(ctx context.Context) error {
	if d.engine != SQLite {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if err := d.pen.rest(ctx); err != nil {
		return err
	}
	d.read.SetMaxIdleConns(1)
	d.read.SetMaxIdleConns(d.readers)
	_, err := d.read.ExecContext(ctx, shrinkMemory)
	return err
}

// Ping answers whether the database can be reached.
func (d *DB) Ping(ctx context.Context) error { return d.read.PingContext(ctx) }

// Read is where pages read. Each statement sees the newest committed state.
func (d *DB) Read() Q {
	if d.engine == SQLite {
		return &reader{d}
	}
	return &plain{d.read, d.engine}
}

// Tx runs do in a writing transaction and commits when it returns nil. On PostgreSQL it tries again, up to 5 times in all, when the
// server gave up on a deadlock or a serialisation failure, and on both engines when do asks for it with ErrAgain; do must therefore change nothing outside the database.
func (d *DB) Tx(ctx context.Context, do func(ctx context.Context, q Q) error) error {
	defer over(ctx)
	for try := 1; ; try++ {
		err := d.once(ctx, do)
		if err == nil || try == 5 || !transient(err) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(try*try) * 5 * time.Millisecond):
		}
	}
}

func (d *DB) once(ctx context.Context, do func(ctx context.Context, q Q) error) error {
	if d.engine == SQLite {
		return d.pen.tx(ctx, do)
	}
	tx, err := d.write.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer tx.Rollback() // a no-op after Commit
	if err := do(ctx, &writer{tx}); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// ErrAgain is what do gives back to Tx when it must run again in a new transaction: on PostgreSQL, one with a higher number.
var ErrAgain = errors.New("to be tried again in a new transaction")

func transient(err error) bool {
	if errors.Is(err, ErrAgain) {
		return true
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "40001" || pg.Code == "40P01"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code()&0xff == sqlite3.SQLITE_BUSY
	}
	return false
}

// Outage reports whether err is the database's fault, or that of the machine below it, rather than that of what was asked: full disk, no
// memory, locks, time-outs, lost connections. The same may work later.
func Outage(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "08", "40", "53", "55", "57", "58":
			return true
		}
		return false
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOMEM, sqlite3.SQLITE_INTERRUPT:
			return true
		}
		return false
	}
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, sql.ErrConnDone) || errors.Is(err, context.DeadlineExceeded)
}

// Duplicate reports whether err says that a unique key is taken.
func Duplicate(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// Asked lists what readers asked so far, as it was written: for those who look at how the answers are found. Texts made for one call may be
// missing; on PostgreSQL there are none.
func (d *DB) Asked() []string { return d.reads.texts() }

type plain struct {
	*sql.DB
	engine Engine
}

func (p *plain) Engine() Engine { return p.engine }

type reader struct{ d *DB }

func (r *reader) Engine() Engine { return SQLite }

func (r *reader) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return r.d.read.ExecContext(ctx, query, args...) // refused by query_only
}

func (r *reader) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	// For a context that can end, the driver and database/sql start a goroutine each per statement. On two cores ten of them a page made
	// the slowest pages four times slower: what is ready to run waited behind them. So a statement under way is broken off for a deadline
	// only; All looks for an end between rows.
	if _, limited := ctx.Deadline(); !limited {
		ctx = context.WithoutCancel(ctx)
	}
	if rows, kept, err := r.d.reads.query(ctx, r.d.read, query, args); kept {
		return rows, err
	}
	return r.d.read.QueryContext(ctx, query, args...)
}

// writer is a transaction on PostgreSQL, whose driver keeps statements prepared by itself.
type writer struct{ *sql.Tx }

func (w *writer) Engine() Engine { return Postgres }
