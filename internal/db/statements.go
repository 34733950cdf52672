package db

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
)

const maxStatements = 600

// statements keeps prepared statements by text: SQLite's parser costs more than a point read. A text is prepared when it is asked for the second time. Where there is no
// room for another, those leave that nobody asked for since there was none the last time: so texts made for one call, such as lists written out, never make the others slow.
type statements struct {
	mu   sync.RWMutex
	list map[string]*statement
	off  bool
}

type statement struct {
	asked atomic.Bool // again, since room was made
	mu    sync.RWMutex
	st    *sql.Stmt // nil: not prepared yet
	gone  bool
}

type preparer interface {
	PrepareContext(ctx context.Context, query string) (*sql.Stmt, error)
}

// query runs a text with the statement that is kept of it. Without one, kept is false and nothing was run.
func (s *statements) query(ctx context.Context, on preparer, text string, args []any) (rows *sql.Rows, kept bool, err error) {
	kept = s.with(ctx, on, text, func(st *sql.Stmt) { rows, err = st.QueryContext(ctx, args...) })
	return rows, kept, err
}

// exec is query for what gives no rows.
func (s *statements) exec(ctx context.Context, on preparer, text string, args []any) (r sql.Result, kept bool, err error) {
	kept = s.with(ctx, on, text, func(st *sql.Stmt) { r, err = st.ExecContext(ctx, args...) })
	return r, kept, err
}

// with gives do the statement of a text, unless the text is asked for the first time or cannot be prepared: running it as it is then gives the error to whoever asked.
func (s *statements) with(ctx context.Context, on preparer, text string, do func(*sql.Stmt)) bool {
	s.mu.RLock()
	e := s.list[text]
	s.mu.RUnlock()
	if e == nil {
		s.meet(text)
		return false
	}
	if !e.asked.Load() {
		e.asked.Store(true)
	}
	e.mu.RLock()
	defer func() { e.mu.RUnlock() }()
	if e.st == nil && !e.gone {
		e.mu.RUnlock()
		e.prepare(ctx, on, text)
		e.mu.RLock()
	}
	if e.st == nil {
		return false
	}
	do(e.st)
	return true
}

// prepare prepares a text that is asked for again.
func (e *statement) prepare(ctx context.Context, on preparer, text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.st == nil && !e.gone {
		if st, err := on.PrepareContext(ctx, text); err == nil {
			e.st = st
		}
	}
}

// meet notes that a text was asked for once, and makes room for it.
func (s *statements) meet(text string) {
	var left []*statement
	s.mu.Lock()
	if len(s.list) >= maxStatements {
		for text, e := range s.list {
			if !e.asked.Swap(false) {
				delete(s.list, text)
				left = append(left, e)
			}
		}
	}
	if !s.off && len(s.list) < maxStatements && s.list[text] == nil {
		if s.list == nil {
			s.list = map[string]*statement{}
		}
		s.list[text] = &statement{}
	}
	s.mu.Unlock()
	for _, e := range left {
		_ = e.close() // nobody asks for it any more
	}
}

// close waits for whoever just asks. Rows that are still read keep what they need.
func (e *statement) close() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.gone = true
	if e.st == nil {
		return nil
	}
	return e.st.Close()
}

func (s *statements) texts() []string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return slices.Sorted(maps.Keys(s.list))
}

// drop closes all that is kept; with off, nothing is kept from then on.
func (s *statements) drop(off bool) error {
	s.mu.Lock()
	list := s.list
	s.list, s.off = nil, s.off || off
	s.mu.Unlock()
	var errs []error
	for _, e := range list {
		errs = append(errs, e.close())
	}
	return errors.Join(errs...)
}
