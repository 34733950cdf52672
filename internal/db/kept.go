package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Kept keeps what was read for as long as nothing at all is committed to the database, whoever commits it: many look at the same pages
// while nothing changes. On SQLite what another process commits is seen a fiftieth of a second later. Its zero value is ready. What it gives belongs to all who ask: nobody may change it.
type Kept[V any] struct {
	mu      sync.Mutex
	version string
	held    map[string]*answer[V]
}

// answer is what one who asks first reads for all who ask meanwhile.
type answer[V any] struct {
	read  chan struct{} // closed when it was read
	value V
	err   error
}

// maxKept bounds how many answers one Kept holds.
const maxKept = 256

// Read gives what read gave for the key, and asks it again when something was committed since. The key must name everything that the
// answer depends on beside the database.
func (k *Kept[V]) Read(ctx context.Context, d *DB, key string, read func(ctx context.Context) (V, error)) (V, error) {
	version, err := d.Version(ctx)
	if err != nil {
		var none V
		return none, err
	}
	k.mu.Lock()
	if k.version != version || len(k.held) >= maxKept {
		k.version, k.held = version, map[string]*answer[V]{}
	}
	a, found := k.held[key]
	if !found {
		a = &answer[V]{read: make(chan struct{})}
		k.held[key] = a
	}
	k.mu.Unlock()
	if !found {
		k.fill(ctx, key, a, read)
		return a.value, a.err
	}
	select {
	case <-a.read:
	case <-ctx.Done():
		return a.value, ctx.Err()
	}
	if a.err != nil { // perhaps it was whoever asked first who went away
		return read(ctx)
	}
	return a.value, nil
}

// Page is Read for whoever reads several kept answers for one page (AtOnce), and reads anew elsewhere: nobody decides upon what may be a moment old.
func (k *Kept[V]) Page(ctx context.Context, d *DB, key string, read func(ctx context.Context) (V, error)) (V, error) {
	if m, _ := ctx.Value(sightKey{}).(*sight); m == nil {
		return read(ctx)
	}
	return k.Read(ctx, d, key, read)
}

// errUnread is of an answer whose reader panicked.
var errUnread = errors.New("it was not read")

// fill reads an answer. One that could not be read is not kept.
//
// What is committed meanwhile makes another version, so an answer is never given to anybody who asked after something changed.
func (k *Kept[V]) fill(ctx context.Context, key string, a *answer[V], read func(ctx context.Context) (V, error)) {
	a.err = errUnread
	defer func() {
		if a.err != nil {
			k.mu.Lock()
			if k.held[key] == a {
				delete(k.held, key)
			}
			k.mu.Unlock()
		}
		close(a.read)
	}()
	a.value, a.err = read(ctx)
}

// Version stands for what is committed: while it is the same, every statement reads the same. On PostgreSQL a transaction of another
// database of the cluster changes it too. In a context of AtOnce it is what it was a moment ago.
func (d *DB) Version(ctx context.Context) (string, error) {
	m, _ := ctx.Value(sightKey{}).(*sight)
	if m == nil {
		return d.version(ctx)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.version != "" && time.Since(m.at) < atOnceFor {
		return m.version, nil
	}
	at := time.Now()
	v, err := d.version(ctx)
	if err == nil {
		m.version, m.at = v, at
	}
	return v, err
}

// AtOnce is for whoever reads several kept answers for one page: the version is asked for once, unless the same context commits something
// or a quarter of a second goes by.
func AtOnce(ctx context.Context) context.Context { return context.WithValue(ctx, sightKey{}, &sight{}) }

const atOnceFor = time.Second / 4

type sightKey struct{}

// sight is the version a page was begun with.
type sight struct {
	mu      sync.Mutex
	version string
	at      time.Time
}

// over makes the next reader in ctx ask anew.
func over(ctx context.Context) {
	if m, _ := ctx.Value(sightKey{}).(*sight); m != nil {
		m.mu.Lock()
		m.version = ""
		m.mu.Unlock()
	}
}

func (d *DB) version(ctx context.Context) (string, error) {
	if d.engine == Postgres {
		v, err := d.snapshots.ask(ctx, func(ctx context.Context) (string, error) {
			v, _, err := Value[string](ctx, d.Read(), "SELECT CAST(pg_current_snapshot() AS TEXT)")
			return v, err
		})
		if err != nil {
			return "", fmt.Errorf("read the version of the database: %w", err)
		}
		return v, nil
	}
	own := d.pen.commits.Load()
	n, err := d.mark.read(ctx)
	if err != nil {
		return "", fmt.Errorf("read the version of the database: %w", err)
	}
	return strconv.FormatInt(own, 36) + "." + strconv.FormatInt(n, 36), nil
}

// shared asks one question at a time for all who have it. Whoever comes while it is being answered waits for the next answer: the one under
// way may have been read before what they know of. Its zero value is ready.
type shared struct {
	mu   sync.Mutex
	busy bool
	next *answer[string] // for those who came since the question was asked
}

const sharedFor = 30 * time.Second // an answer that several wait for does not depend on one of them

func (s *shared) ask(ctx context.Context, read func(ctx context.Context) (string, error)) (string, error) {
	s.mu.Lock()
	if !s.busy {
		s.busy = true
		s.mu.Unlock()
		defer s.asked(read)
		return read(ctx)
	}
	if s.next == nil {
		s.next = &answer[string]{read: make(chan struct{})}
	}
	a := s.next
	s.mu.Unlock()
	select {
	case <-a.read:
		return a.value, a.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

// asked goes on with the question of those who wait, if there are any.
func (s *shared) asked(read func(ctx context.Context) (string, error)) {
	s.mu.Lock()
	a := s.next
	s.next, s.busy = nil, a != nil
	s.mu.Unlock()
	if a == nil {
		return
	}
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), sharedFor)
		defer cancel()
		a.value, a.err = read(ctx)
		close(a.read)
		s.asked(read)
	}()
}

// mark is the one connection that is asked whether any other committed something: SQLite answers that with a number that means something
// to that connection only. What this process commits is counted by the pen and known at once; others are asked about every elsewhereFor.
type mark struct {
	db   *sql.DB
	once sync.Mutex
	st   *sql.Stmt
	last atomic.Pointer[reading]
}

type reading struct {
	n  int64
	at time.Time
}

const (
	elsewhereFor = 20 * time.Millisecond  // how long it may take until what another process committed is seen
	askedFor     = 200 * time.Millisecond // the same while the one who asks is kept from the processor: nobody queues behind a single lock then
)

func (m *mark) read(ctx context.Context) (int64, error) {
	last := m.last.Load()
	if last != nil && time.Since(last.at) < elsewhereFor {
		return last.n, nil
	}
	if !m.once.TryLock() {
		if last != nil && time.Since(last.at) < askedFor {
			return last.n, nil
		}
		m.once.Lock()
	}
	defer m.once.Unlock()
	// Not the caller's context: one who goes away must not close the connection that all versions come from.
	ctx = context.WithoutCancel(ctx)
	if m.st == nil {
		st, err := m.db.PrepareContext(ctx, "PRAGMA data_version")
		if err != nil {
			return 0, err
		}
		m.st = st
	}
	now := reading{at: time.Now()}
	if err := m.st.QueryRowContext(ctx).Scan(&now.n); err != nil {
		return 0, err
	}
	m.last.Store(&now)
	return now.n, nil
}

func (m *mark) close() error {
	m.once.Lock()
	defer m.once.Unlock()
	if m.st != nil {
		m.st.Close()
	}
	return m.db.Close()
}
