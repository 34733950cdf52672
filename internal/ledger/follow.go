package ledger

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
)

// Follower is a module that derives its tables from the ledger. All followers share one cursor and one transaction a batch, in their
// order: what stands to the left of a follower is already derived when its turn comes. When one of them changes, all are rebuilt.
type Follower struct {
	Name    string
	Version int      // raise it when Apply derives something else: everything is then rebuilt
	Tables  []string // what it derives, in an order in which they can be emptied
	// Apply digests activities in order, inside the transaction that also moves the cursor. It must give the same rows however the
	// ledger is cut into batches, and must not depend on the time it runs.
	Apply func(ctx context.Context, q db.Q, list []Activity) error
	// Cut, when set, says how many of list (at least one) may be digested together. A follower cuts before and after an activity that
	// changes what it derived from earlier ones, so that those to its right never see a later state than they would one at a time.
	Cut func(ctx context.Context, q db.Q, list []Activity) (int, error)
}

const batch = 2000

// Wake tells the loop that something was appended.
func (l *Ledger) Wake() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Run follows the ledger until ctx ends: at once when woken, and every interval for what other processes append.
func (l *Ledger) Run(ctx context.Context, interval time.Duration) error {
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		if err := l.CatchUp(ctx); err != nil && ctx.Err() == nil {
			l.log.Error("followers stopped, will try again", "error", err)
		}
		if err := l.hear(ctx); err != nil && ctx.Err() == nil {
			l.log.Warn("what other nodes digested was not heard", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-l.wake:
		case <-tick.C:
		}
	}
}

// hear announces what other nodes digested, so that pages open on this one are refreshed too.
func (l *Ledger) hear(ctx context.Context) error {
	c, found, err := l.cursor(ctx, l.db.Read(), "")
	if err != nil || !found {
		return err
	}
	l.mu.Lock()
	from, first := l.at, l.at == Position{}
	if first {
		l.at = c.Position // what was digested before this process began is no news
	}
	l.mu.Unlock()
	for !first && from.Before(c.Position) {
		list, err := l.after(ctx, l.db.Read(), from, batch)
		if err != nil || len(list) == 0 {
			return err
		}
		for i := range list {
			if c.Position.Before(list[i].Position()) {
				list = list[:i]
				break
			}
		}
		if len(list) == 0 {
			return nil
		}
		l.announce(list)
		from = list[len(list)-1].Position()
	}
	return nil
}

// CatchUp runs the followers until nothing is left to read that is certain.
func (l *Ledger) CatchUp(ctx context.Context) error {
	return l.catchUp(ctx, func() bool { return false })
}

// catchUp is CatchUp that stops once enough is digested, by whom ever: of many who wait for what they stated, one digests it for all.
func (l *Ledger) catchUp(ctx context.Context, enough func() bool) error {
	select {
	case <-l.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { l.turn <- struct{}{} }()
	if enough() {
		return nil
	}
	if err := l.prepare(ctx); err != nil {
		return err
	}
	for {
		n, err := l.step(ctx, batch)
		if err != nil || n == 0 || enough() {
			return err
		}
	}
}

// version names what the followers derive; the cursor is valid for it alone.
func (l *Ledger) version() string {
	parts := make([]string, len(l.followers))
	for i, f := range l.followers {
		parts[i] = f.Name + "." + strconv.Itoa(f.Version)
	}
	return strings.Join(parts, " ")
}

type cursor struct {
	version string
	Position
}

func (l *Ledger) cursor(ctx context.Context, q db.Q, tail string) (c cursor, found bool, err error) {
	c, found, err = db.One(ctx, q, func(c *cursor) []any { return []any{&c.version, &c.Tx, &c.Seq} },
		"SELECT version, tx, seq FROM derivation WHERE id = 1"+tail)
	if err != nil {
		return c, found, fmt.Errorf("read the cursor: %w", err)
	}
	return c, found, nil
}

// hold is cursor for whoever moves it: no other node does before the transaction ends.
func (l *Ledger) hold(ctx context.Context, q db.Q) (cursor, bool, error) {
	return l.cursor(ctx, q, db.Pick(q, "", " FOR UPDATE"))
}

// prepare makes the cursor, and begins again when the followers are others than those that derived what is there.
func (l *Ledger) prepare(ctx context.Context) error {
	if err := l.adopt(ctx); err != nil {
		return fmt.Errorf("adopt the ledger: %w", err)
	}
	c, found, err := l.cursor(ctx, l.db.Read(), "")
	if err != nil || found && c.version == l.version() {
		return err
	}
	return l.empty(ctx, func(ctx context.Context, q db.Q) (bool, error) {
		c, found, err := l.hold(ctx, q)
		return !found || c.version != l.version(), err // another node may have emptied it meanwhile
	})
}

// adopt makes a ledger ours that was restored into another PostgreSQL cluster: its activities carry transactions that this cluster has not
// reached, so followers would wait for them and their cursor would stand beyond everything new. They get the transaction 0: before all
// new ones, in the order of their numbers. What is derived is derived anew. It is looked for once a process.
func (l *Ledger) adopt(ctx context.Context) error {
	if l.adopted || l.db.Engine() != db.Postgres {
		return nil
	}
	foreign := func(ctx context.Context, q db.Q) (bool, error) {
		is, _, err := db.Value[bool](ctx, q, "SELECT COALESCE(MAX(tx), 0) >= pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM activity")
		return is, err
	}
	is, err := foreign(ctx, l.db.Read())
	if err != nil {
		return err
	}
	if is {
		err = l.empty(ctx, func(ctx context.Context, q db.Q) (bool, error) {
			if _, _, err := l.hold(ctx, q); err != nil {
				return false, err
			}
			if is, err := foreign(ctx, q); err != nil || !is { // another node did
				return false, err
			}
			l.log.Warn("the ledger comes from another PostgreSQL cluster; everything is derived anew")
			_, err := db.Exec(ctx, q, "UPDATE activity SET tx = 0")
			return true, err
		})
	}
	l.adopted = err == nil
	return err
}

// emptying stands before the version for which derived tables are being emptied: whoever starts then goes on with that.
const emptying = "emptying for "

// emptied is how many rows are taken out at a time, so that others write in between.
const emptied = 5000

// empty takes out all that is derived, if the answer to needed is yes, so that it is derived again from the first activity.
func (l *Ledger) empty(ctx context.Context, needed func(context.Context, db.Q) (bool, error)) error {
	mark := emptying + l.version()
	yes := false
	err := l.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if yes, err = needed(ctx, q); err != nil || !yes {
			return err
		}
		_, err = db.Exec(ctx, q, `INSERT INTO derivation (id, version, tx, seq) VALUES (1, $1, 0, 0)
			ON CONFLICT (id) DO UPDATE SET version = excluded.version, tx = 0, seq = 0`, mark)
		return err
	})
	if err != nil || !yes {
		return err
	}
	// Another node may be doing the same; once one is through, the rows are those that it derives.
	still := func(do func(context.Context, db.Q) error) (is bool, err error) {
		err = l.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			c, _, err := l.hold(ctx, q)
			if is = c.version == mark; err != nil || !is {
				return err
			}
			return do(ctx, q)
		})
		return is, err
	}
	for i := len(l.followers) - 1; i >= 0; i-- {
		for _, t := range l.followers[i].Tables {
			for more := true; more; {
				is, err := still(func(ctx context.Context, q db.Q) (err error) {
					more, err = db.Clear(ctx, q, t, emptied)
					return err
				})
				if err != nil || !is {
					return err
				}
			}
		}
	}
	_, err = still(func(ctx context.Context, q db.Q) error {
		for _, f := range l.followers {
			if _, err := db.Exec(ctx, q, "DELETE FROM follower_failure WHERE follower = $1", f.Name); err != nil {
				return err
			}
		}
		_, err := db.Exec(ctx, q, "UPDATE derivation SET version = $1 WHERE id = 1", l.version())
		return err
	})
	return err
}

// errOther says that a node of another version has taken over: its rows are not ours to go on with.
var errOther = errors.New("another version of the program derives these tables; stop one of them")

// step takes one batch through the followers, in one transaction with the cursor. When one fails, the batch is taken activity by
// activity and what cannot be digested is put aside in follower_failure, so that one bad fact does not stop the rest.
func (l *Ledger) step(ctx context.Context, size int) (int, error) {
	var list []Activity
	one := func(size int, tolerant bool) error {
		return l.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			list = nil
			at, _, err := l.hold(ctx, q)
			if err != nil {
				return err
			}
			if at.version != l.version() {
				return errOther
			}
			if list, err = l.after(ctx, q, at.Position, size); err != nil || len(list) == 0 {
				return err
			}
			for _, f := range l.followers {
				if f.Cut == nil || len(list) == 1 {
					continue
				}
				var n int
				err := f.safely(func() (err error) {
					n, err = f.Cut(ctx, q, list)
					return err
				})
				if err != nil {
					return &failure{f.Name, err}
				}
				list = list[:max(1, min(n, len(list)))]
			}
			for _, f := range l.followers {
				if err := f.apply(ctx, q, list, tolerant, l.clock()); err != nil {
					return err
				}
			}
			to := list[len(list)-1].Position()
			_, err = db.Exec(ctx, q, "UPDATE derivation SET tx = $1, seq = $2 WHERE id = 1", to.Tx, to.Seq)
			return err
		})
	}
	err := one(size, false)
	if bad := (*failure)(nil); errors.As(err, &bad) && ctx.Err() == nil {
		l.log.Warn("a batch failed, taking it one activity at a time", "error", err)
		n := 0
		for range size {
			if err = one(1, true); err != nil || len(list) == 0 {
				break
			}
			n++
			l.announce(list)
		}
		return n, err
	}
	if err != nil || len(list) == 0 {
		return 0, err
	}
	l.announce(list)
	return len(list), nil
}

// failure marks what a follower said about an activity, as against a database that is gone.
type failure struct {
	follower string
	err      error
}

func (f *failure) Error() string { return f.follower + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// safely turns a panic into an error: what strangers write must not stop the program, again after each restart.
func (f Follower) safely(do func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v\n%s", v, debug.Stack())
		}
	}()
	return do()
}

func (f Follower) apply(ctx context.Context, q db.Q, list []Activity, tolerant bool, now time.Time) error {
	if !tolerant {
		if err := f.safely(func() error { return f.Apply(ctx, q, list) }); err != nil {
			return &failure{f.Name, err}
		}
		return nil
	}
	if _, err := q.ExecContext(ctx, "SAVEPOINT one"); err != nil {
		return err
	}
	err := f.safely(func() error { return f.Apply(ctx, q, list) })
	if err == nil {
		_, err = q.ExecContext(ctx, "RELEASE SAVEPOINT one")
		return err
	}
	if errors.Is(err, context.Canceled) || db.Outage(err) {
		return err // the fact is not at fault: it is tried again
	}
	if _, back := q.ExecContext(ctx, "ROLLBACK TO SAVEPOINT one"); back != nil {
		return errors.Join(err, back)
	}
	if _, err := q.ExecContext(ctx, "RELEASE SAVEPOINT one"); err != nil {
		return err
	}
	_, err = db.Exec(ctx, q, `INSERT INTO follower_failure (follower, activity, error, at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (follower, activity) DO UPDATE SET error = excluded.error, at = excluded.at`, f.Name, list[0].ID, err.Error(), db.T(now))
	return err
}

func (l *Ledger) announce(list []Activity) {
	l.fresh.drop(list)
	p := list[len(list)-1].Position()
	l.mu.Lock()
	if l.at.Before(p) {
		l.at = p
	}
	watches := make([]func([]Activity), 0, len(l.watches))
	for _, w := range l.watches {
		watches = append(watches, w)
	}
	l.mu.Unlock()
	for _, w := range watches {
		w(list)
	}
}

// Watch calls f with activities once all followers that were level have digested them, until stop is called. f must not block.
func (l *Ledger) Watch(f func([]Activity)) (stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := l.next
	l.next++
	l.watches[n] = f
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.watches, n)
	}
}

// awaitFor is the longest Await waits: the facts are safe, only what follows from them is late.
const awaitFor = 10 * time.Second

// Await returns when the followers have digested the activities, so that whoever wrote can read what follows from it. It runs the
// followers itself rather than waiting for the loop.
func (l *Ledger) Await(ctx context.Context, list []Activity) error {
	if len(list) == 0 {
		return nil
	}
	p := list[len(list)-1].Position()
	patience := time.NewTimer(awaitFor)
	defer patience.Stop()
	digested := func() bool {
		l.mu.Lock()
		defer l.mu.Unlock()
		return !l.at.Before(p)
	}
	for try := 0; ; try++ {
		if err := l.catchUp(ctx, digested); err != nil {
			return fmt.Errorf("digest: %w", err)
		}
		if digested() {
			return nil
		}
		// Another node moved the cursor, or a transaction older than ours is still under way.
		c, _, err := l.cursor(ctx, l.db.Read(), "")
		if err != nil {
			return err
		}
		if !c.Position.Before(p) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-patience.C:
			l.log.Warn("a transaction under way holds the followers; what was stated will be seen later", "waited", awaitFor)
			return nil
		case <-time.After(min(time.Duration(try+1)*2*time.Millisecond, 50*time.Millisecond)):
		}
	}
}

// State is Append, then Await: for what people do on pages, who then see what they did.
func (l *Ledger) State(ctx context.Context, list ...Activity) ([]Activity, error) {
	added, err := l.Append(ctx, list...)
	if err != nil {
		return nil, err
	}
	return added, l.Await(ctx, added)
}

// Rebuild empties everything the followers derive and derives it again from the first activity. progress may be nil.
func (l *Ledger) Rebuild(ctx context.Context, size int, progress func(done int)) error {
	select {
	case <-l.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { l.turn <- struct{}{} }()
	if err := l.adopt(ctx); err != nil {
		return fmt.Errorf("adopt the ledger: %w", err)
	}
	if err := l.empty(ctx, func(context.Context, db.Q) (bool, error) { return true, nil }); err != nil {
		return fmt.Errorf("empty derived tables: %w", err)
	}
	done := 0
	return l.reach(ctx, func() (int, error) {
		n, err := l.step(ctx, size)
		done += n
		if n > 0 && progress != nil {
			progress(done)
		}
		return n, err
	})
}

// Finish runs the followers until everything that is in the ledger now is digested. CatchUp stops where a transaction under way, of whatever
// database of the cluster, holds the horizon; Finish waits for it.
func (l *Ledger) Finish(ctx context.Context) error {
	return l.reach(ctx, func() (int, error) { return 0, l.CatchUp(ctx) })
}

// reach repeats step until the cursor has come to where the ledger ended when step first had nothing left that was certain.
func (l *Ledger) reach(ctx context.Context, step func() (int, error)) error {
	var end *Position
	for {
		n, err := step()
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		if end == nil {
			last, _, err := db.One(ctx, l.db.Read(), func(p *Position) []any { return []any{&p.Tx, &p.Seq} },
				"SELECT tx, seq FROM activity ORDER BY "+wayOf(l.db.Read()).back+" LIMIT 1")
			if err != nil {
				return fmt.Errorf("find the end of the ledger: %w", err)
			}
			end = &last
		}
		c, _, err := l.cursor(ctx, l.db.Read(), "")
		if err != nil {
			return err
		}
		if !c.Position.Before(*end) {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Failure is an activity that a follower could not digest.
type Failure struct {
	Follower, Activity, Error string
	At                        time.Time
}

// Failures lists what could not be digested, newest first.
func (l *Ledger) Failures(ctx context.Context) ([]Failure, error) {
	return db.All(ctx, l.db.Read(), func(f *Failure) []any { return []any{&f.Follower, &f.Activity, &f.Error, db.At(&f.At)} },
		"SELECT follower, activity, error, at FROM follower_failure ORDER BY at DESC LIMIT 500")
}

// Tables lists all derived tables, in the order of the followers.
func (l *Ledger) Tables() []string {
	var out []string
	for _, f := range l.followers {
		out = append(out, f.Tables...)
	}
	return out
}

// Behind is how many activities the followers have still to digest.
func (l *Ledger) Behind(ctx context.Context) (int64, error) {
	c, _, err := l.cursor(ctx, l.db.Read(), "")
	if err != nil {
		return 0, err
	}
	n, _, err := db.Value[int64](ctx, l.db.Read(), "SELECT COUNT(*) FROM activity WHERE "+wayOf(l.db.Read()).beyond, c.Tx, c.Seq)
	return n, err
}
