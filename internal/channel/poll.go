package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

const (
	atOnce  = 24 // channels fetched at the same time
	perHost = 2  // of them, from the same machine

	fetchFor  = 3 * time.Minute
	leaseFor  = 10 * time.Minute // longer than one fetch and its commit
	maxPages  = 200              // of one channel in one go, so that no channel keeps others waiting
	claimMost = 500

	commitMost  = 4000                  // items put into one transaction
	commitAfter = 40 * time.Millisecond // how long facts wait for others to share a transaction with
	digestEvery = 4000                  // new facts after which followers are given their turn before more is fetched

	backoffFirst = time.Minute
	slowest      = 24 * time.Hour
	heldMost     = 7 * 24 * time.Hour // no place may ask to be left alone for longer
)

// Polled is what came of a round of polling.
type Polled struct {
	Channels  int // asked
	Unchanged int // had nothing new
	Failed    int
	Added     int // activities
}

// Poll asks channels when they are due, until ctx ends, and listens to those that tell of news by themselves.
func (s *Service) Poll(ctx context.Context) error {
	var listeners sync.WaitGroup
	listeners.Go(func() { s.listenAll(ctx) })
	defer listeners.Wait()
	r := s.round(ctx, s.clock)
	defer r.finish()
	for {
		if err := r.claimAll(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("channels could not be claimed, will try again", "error", err)
		}
		wait := 20 * time.Second
		if next, found, err := s.nextDue(ctx); err == nil && found {
			wait = min(wait, max(next.Sub(s.clock()), 100*time.Millisecond))
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-s.due:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// PollOnce asks every channel that is due at now, and returns when all is stated and digested.
func (s *Service) PollOnce(ctx context.Context, now time.Time) (Polled, error) {
	r := s.round(ctx, func() time.Time { return now })
	err := r.claimAll(ctx)
	r.finish()
	if err == nil && r.last != nil {
		err = s.ledger.Await(ctx, r.last)
	}
	return r.sum, errors.Join(err, ctx.Err())
}

func (s *Service) nextDue(ctx context.Context) (time.Time, bool, error) {
	type row struct{ at time.Time }
	v, found, err := db.One(ctx, s.db.Read(), func(v *row) []any { return []any{db.At(&v.at)} },
		`SELECT s.due_at FROM channel_state s JOIN channel c ON c.id = s.channel
		WHERE c.enabled = 1 AND c.removed_at IS NULL AND s.lease_until IS NULL ORDER BY s.due_at LIMIT 1`)
	return v.at, found, err
}

// round is channels being polled: fetchers that run side by side, and one committer that puts what they bring into few transactions.
type round struct {
	s        *Service
	now      func() time.Time
	slots    chan struct{}
	fetched  chan *fetched
	fetching atomic.Int64 // fetchers that will bring something without being told first
	fetchers sync.WaitGroup
	done     chan struct{}

	sum  Polled            // the committer's, read after finish
	last []ledger.Activity // the last activity stated
	owed int               // facts stated since the followers had their turn
}

// claimed is a channel that is ours to poll for a while.
type claimed struct {
	Account
	kind   kind
	lease  string
	due    time.Time // when it was due; when it no longer is, somebody asked for it meanwhile
	cursor json.RawMessage
}

// fetched is what one fetch brought.
type fetched struct {
	c    *claimed
	page Page
	err  error
	last bool       // the channel is let go after this
	ack  chan error // told when it is committed
}

func (s *Service) round(ctx context.Context, now func() time.Time) *round {
	r := &round{s: s, now: now, slots: make(chan struct{}, atOnce), fetched: make(chan *fetched, atOnce), done: make(chan struct{})}
	go r.commitAll(ctx)
	return r
}

func (r *round) finish() {
	r.fetchers.Wait()
	close(r.fetched)
	<-r.done
}

// claimAll leases everything that is due and starts fetching it.
func (r *round) claimAll(ctx context.Context) error {
	for ctx.Err() == nil {
		list, err := r.s.claim(ctx, r.now())
		if err != nil {
			return err
		}
		for _, c := range list {
			r.fetching.Add(1)
			r.fetchers.Go(func() { r.poll(ctx, c) })
		}
		if len(list) < claimMost {
			return nil
		}
	}
	return ctx.Err()
}

func (s *Service) claim(ctx context.Context, now time.Time) ([]*claimed, error) {
	lease := id.New()
	var list []*claimed
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		list = nil
		n, err := db.Exec(ctx, q, `UPDATE channel_state SET lease_until = $1, lease_by = $2 WHERE channel IN (
			SELECT s.channel FROM channel_state s JOIN channel c ON c.id = s.channel
			WHERE s.due_at <= $3 AND c.enabled = 1 AND c.removed_at IS NULL AND (s.lease_until IS NULL OR s.lease_until <= $3)
			ORDER BY s.due_at LIMIT `+fmt.Sprint(claimMost)+db.Pick(q, "", " FOR UPDATE OF s SKIP LOCKED")+")",
			db.T(now.Add(leaseFor)), lease, db.T(now))
		if err != nil || n == 0 {
			return err
		}
		type row struct {
			claimed
			cursor string
		}
		rows, err := db.All(ctx, q, func(v *row) []any { return append(accountFields(&v.Account), &v.cursor) },
			"SELECT "+accountColumns+", s.cursor"+accountTables+"WHERE s.lease_by = $1", lease)
		if err != nil {
			return err
		}
		for i := range rows {
			c := rows[i].claimed
			c.lease, c.due, c.cursor = lease, c.State.DueAt, json.RawMessage(rows[i].cursor)
			s.settle(&c.Account)
			list = append(list, &c)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claim channels: %w", err)
	}
	return list, nil
}

// poll fetches one channel's pages. While a page is being committed the next is fetched already, but it is handed over only after
// that: a cursor must not overtake the facts before it.
func (r *round) poll(ctx context.Context, c *claimed) {
	fetching := true
	rest := func() {
		if fetching {
			fetching = false
			r.fetching.Add(-1)
		}
	}
	defer rest()
	give := func(f *fetched) bool {
		f.c, f.ack = c, make(chan error, 1)
		rest()
		r.fetched <- f
		return !f.last
	}
	fetcher, done, err := r.s.fetcher(c)
	if err != nil {
		give(&fetched{err: &Fault{Kind: Refused, Err: err}, last: true})
		return
	}
	defer done()
	cursor := c.cursor
	var before *fetched
	for n := 1; ; n++ {
		page, err := r.fetch(ctx, c, fetcher, cursor)
		stuck := page.More && string(page.Cursor) == string(cursor)
		next := &fetched{page: page, err: err, last: err != nil || !page.More || stuck || n == maxPages}
		if before != nil {
			rest()
			if err := <-before.ack; err != nil {
				return // the committer has let the channel go
			}
		}
		if !give(next) {
			return
		}
		before, cursor = next, page.Cursor
		fetching = true
		r.fetching.Add(1)
	}
}

func (s *Service) fetcher(c *claimed) (f Fetcher, done func() error, err error) {
	var found bool
	if c.kind, found = s.kind(c.Kind); !found {
		return nil, nil, fmt.Errorf("no connector serves %q", c.Kind)
	}
	session, err := s.session(&c.Account)
	if err != nil {
		return nil, nil, err
	}
	f, ok := session.(Fetcher)
	if !ok {
		return nil, nil, errors.Join(fmt.Errorf("connector %q does not fetch", c.Kind), session.Close())
	}
	return f, session.Close, nil
}

func (r *round) fetch(ctx context.Context, c *claimed, f Fetcher, cursor json.RawMessage) (page Page, err error) {
	leave, err := r.s.hosts.enter(ctx, c.kind.says.machine(c.Settings), perHost)
	if err != nil {
		return Page{}, err
	}
	defer leave()
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return Page{}, ctx.Err()
	}
	// What comes from outside must not bring the rest down, whatever a parser makes of it.
	defer func() {
		if v := recover(); v != nil {
			page, err = Page{}, &Fault{Kind: Temporary, Err: fmt.Errorf("the connector broke: %v", v)}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
	defer cancel()
	page, err = f.Fetch(ctx, cursor)
	if err == nil && len(page.Cursor) == 0 {
		page.Cursor = cursor
	}
	if err == nil && !json.Valid(page.Cursor) {
		err = &Fault{Kind: Temporary, Err: errors.New("the connector gave a cursor that is no JSON")}
	}
	return page, err
}

// commitAll gathers what was fetched and commits it together: when nobody is about to bring more, when it is much, or when it waited.
func (r *round) commitAll(ctx context.Context) {
	defer close(r.done)
	var batch []*fetched
	items := 0
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	flush := func() {
		if len(batch) > 0 {
			r.commit(ctx, batch)
			batch, items = nil, 0
		}
	}
	for {
		var late <-chan time.Time
		if len(batch) > 0 {
			late = timer.C
		}
		select {
		case f, open := <-r.fetched:
			if !open {
				flush()
				return
			}
			if len(batch) == 0 {
				timer.Reset(commitAfter)
			}
			batch = append(batch, f)
			items += len(f.page.Items)
			if items >= commitMost || len(r.fetched) == 0 && r.fetching.Load() == 0 {
				flush()
			}
		case <-late:
			flush()
		}
	}
}

// commit puts facts, cursors and health of several channels into one transaction. When that fails each is tried alone, so that one
// that cannot be stored does not hold back the rest.
func (r *round) commit(ctx context.Context, batch []*fetched) {
	err := r.store(ctx, batch)
	if err != nil && ctx.Err() == nil && len(batch) > 1 {
		r.s.log.Warn("polled channels could not be stored together, storing each alone", "error", err)
		for _, f := range batch {
			r.commit(ctx, []*fetched{f})
		}
		return
	}
	if err != nil && ctx.Err() == nil && batch[0].err == nil {
		r.s.log.Error("what a channel brought could not be stored", "channel", batch[0].c.ID, "error", err)
		f := batch[0]
		failed := &fetched{c: f.c, err: &Fault{Kind: Temporary, Err: fmt.Errorf("could not be stored: %w", err)}, last: true}
		if again := r.store(ctx, []*fetched{failed}); again != nil {
			r.s.log.Error("nor could that be noted", "channel", f.c.ID, "error", again)
		}
	}
	for _, f := range batch {
		f.ack <- err
	}
	if err != nil && ctx.Err() != nil {
		r.letGo(batch)
	}
	if err == nil && r.owed >= digestEvery {
		// Whoever fetches waits for the committer, and the committer for those who digest: that is the back pressure.
		r.owed = 0
		if err := r.s.ledger.Await(ctx, r.last); err != nil && ctx.Err() == nil {
			r.s.log.Warn("followers are behind", "error", err)
		}
	}
}

// letGo gives channels back that were claimed when the work was ended, so that they need not wait for their lease to run out.
func (r *round) letGo(batch []*fetched) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	err := r.s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for _, f := range batch {
			if _, err := db.Exec(ctx, q, "UPDATE channel_state SET lease_until = NULL, lease_by = '' WHERE channel = $1 AND lease_by = $2",
				f.c.ID, f.c.lease); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.s.log.Warn("channels stay claimed until their lease ends", "error", err)
	}
}

func (r *round) store(ctx context.Context, batch []*fetched) error {
	s := r.s
	var sum Polled
	var last []ledger.Activity
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		sum, last = Polled{}, nil
		held, err := heldLeases(ctx, q, batch)
		if err != nil {
			return err
		}
		for _, f := range batch {
			if held[f.c.ID] != f.c.lease {
				continue // changed, removed or taken over meanwhile: the facts will be fetched again
			}
			added, err := s.state(ctx, q, &f.c.Account, f.page.Items)
			if err != nil {
				return err
			}
			if len(added) > 0 {
				last = added[len(added)-1:]
				sum.Added += len(added)
			}
			if err := s.note(ctx, q, f, len(added) > 0, r.now()); err != nil {
				return err
			}
			if f.last {
				sum.Channels++
			}
			switch {
			case f.err != nil && !errors.Is(f.err, context.Canceled):
				sum.Failed++
			case f.last && len(added) == 0:
				sum.Unchanged++
			}
		}
		if s.hook != nil {
			return s.hook("commit")
		}
		return nil
	})
	if err != nil {
		return err
	}
	r.sum.Channels += sum.Channels
	r.sum.Unchanged += sum.Unchanged
	r.sum.Failed += sum.Failed
	r.sum.Added += sum.Added
	if last != nil {
		r.last = last
		r.owed += sum.Added
		s.ledger.Wake()
	}
	return nil
}

func heldLeases(ctx context.Context, q db.Q, batch []*fetched) (map[string]string, error) {
	ids := make([]string, len(batch))
	for i, f := range batch {
		ids[i] = f.c.ID
	}
	type row struct{ channel, lease string }
	rows, err := db.All(ctx, q, func(v *row) []any { return []any{&v.channel, &v.lease} },
		"SELECT channel, lease_by FROM channel_state WHERE channel IN "+db.Among(q, "$1")+" ORDER BY channel"+db.Pick(q, "", " FOR UPDATE"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("see whose channels these are: %w", err)
	}
	held := make(map[string]string, len(rows))
	for _, v := range rows {
		held[v.channel] = v.lease
	}
	return held, nil
}

// note keeps a channel's cursor and health, and when it is due next.
func (s *Service) note(ctx context.Context, q db.Q, f *fetched, changed bool, now time.Time) error {
	c := f.c
	if errors.Is(f.err, context.Canceled) {
		_, err := db.Exec(ctx, q, "UPDATE channel_state SET lease_until = NULL, lease_by = '' WHERE channel = $1", c.ID)
		return err
	}
	if f.err != nil {
		fault, due := after(f.err, c.State.Failures+1, now)
		_, err := db.Exec(ctx, q, `UPDATE channel_state SET due_at = $1, failures = failures + 1, fault = $2, error = $3, lease_until = NULL, lease_by = ''
			WHERE channel = $4`, db.T(due), string(fault), s.reason(f.err, &c.Account), c.ID)
		if err != nil {
			return fmt.Errorf("note a fault: %w", err)
		}
		s.log.Info("a channel failed", "channel", c.ID, "kind", c.Kind, "fault", string(fault), "due_at", due)
		return nil
	}
	var changedAt, until any
	lease := c.lease
	if changed {
		changedAt = db.T(now)
		c.State.ChangedAt = now
	}
	due := c.due
	if f.last {
		lease = ""
		due = c.kind.next(c.State, f.page, now)
		if f.page.More && changed {
			due = now // there is more, and others had their turn
		}
	} else {
		until = db.T(now.Add(leaseFor))
	}
	remark := ""
	if n := len(f.page.Skipped); n > 0 {
		one := f.page.Skipped[0]
		remark = line(fmt.Sprintf("%d: %s %s %s", n, one.Place, one.Reason, one.Detail), 400)
	}
	// When it was made due while it was being asked, it stays due.
	_, err := db.Exec(ctx, q, `UPDATE channel_state SET cursor = $1, due_at = CASE WHEN due_at = $2 THEN $3 ELSE due_at END, polled_at = $4,
		changed_at = COALESCE($5, changed_at), failures = 0, fault = '', error = $6, lease_until = $7, lease_by = $8 WHERE channel = $9`,
		string(f.page.Cursor), db.T(c.due), db.T(due), db.T(now), changedAt, remark, until, lease, c.ID)
	if err != nil {
		return fmt.Errorf("note a poll: %w", err)
	}
	return c.learn(ctx, q, f.page)
}

// learn keeps a permanent new address and the name of the place.
func (c *claimed) learn(ctx context.Context, q db.Q, page Page) error {
	if title := line(page.Title, 200); title != "" && c.Name == provisional(c.kind.says, c.Settings) {
		name, err := freeName(ctx, q, title)
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE channel SET name = $1 WHERE id = $2 AND name = $3", name, c.ID, c.Name); err != nil {
			return fmt.Errorf("name a channel: %w", err)
		}
		c.Name = name
	}
	if u, err := url.Parse(page.Moved); page.Moved == "" || err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" ||
		len(page.Moved) > maxSetting || c.Settings["url"] == "" || c.Settings["url"] == page.Moved {
		return nil
	}
	c.Settings["url"] = page.Moved
	if _, err := db.Exec(ctx, q, "UPDATE channel SET settings = $1 WHERE id = $2", db.J(c.Settings), c.ID); err != nil {
		return fmt.Errorf("keep a channel's new address: %w", err)
	}
	return nil
}

// after says what a failure is and when to try again.
func after(err error, failures int, now time.Time) (FaultKind, time.Time) {
	kind, held := Temporary, time.Duration(0)
	var fault *Fault
	if errors.As(err, &fault) {
		kind, held = fault.Kind, min(fault.After, heldMost)
	} else if p := new(problem.Problem); errors.As(err, &p) && p.Code == problem.Invalid {
		kind = Refused
	}
	switch kind {
	case Unauthorised, Gone, Refused:
		return kind, never
	case Throttled:
		if held <= 0 {
			held = max(backoff(failures), 5*time.Minute)
		}
		return kind, now.Add(held)
	}
	return Temporary, now.Add(backoff(failures))
}

// backoff doubles from a minute to a day, give or take a quarter, so that those that failed together do not come back together.
func backoff(failures int) time.Duration {
	d := slowest
	if failures < 12 {
		d = min(backoffFirst<<max(failures-1, 0), slowest)
	}
	return time.Duration(float64(d) * (0.75 + rand.Float64()/2))
}

// next says when a channel is due after a good poll. What is said to us is fetched at the connector's pace; elsewhere the pause is an
// eighth of the time since something was last new, from half the connector's pace to a day.
func (k kind) next(state Access, page Page, now time.Time) time.Time {
	every := k.says.Every
	if every <= 0 {
		return never
	}
	if !k.says.Direct && !state.ChangedAt.IsZero() {
		every = min(max(now.Sub(state.ChangedAt)/8, every/2), max(slowest, every))
	}
	due := now.Add(time.Duration(float64(every) * (0.95 + rand.Float64()/10)))
	if due.Before(page.NotBefore) {
		due = page.NotBefore
		if most := now.Add(heldMost); due.After(most) {
			due = most
		}
	}
	return due
}
