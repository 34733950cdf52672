package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
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
	inFlight flights

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
	until  time.Time // when the lease runs out, as far as is known here; guarded by flights once fetching began
}

// flights are the channels being fetched or waiting for that.
type flights struct {
	mu   sync.Mutex
	list map[*claimed]bool
}

func (f *flights) add(c *claimed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.list == nil {
		f.list = map[*claimed]bool{}
	}
	f.list[c] = true
}

func (f *flights) remove(c *claimed) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.list, c)
}

// overdue lists those whose lease ran out while they waited: they are still ours unless another node took them.
func (f *flights) overdue(now time.Time) (channels []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for c := range f.list {
		if !c.until.After(now) {
			channels = append(channels, c.ID)
		}
	}
	return channels
}

func (f *flights) until(c *claimed) time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return c.until
}

func (f *flights) extend(c *claimed, until time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c.until = until
}

// fetched is what one fetch brought.
type fetched struct {
	c      *claimed
	page   Page
	err    error
	ended  bool       // the work was ended meanwhile: the error says nothing of the channel
	limits *Limits    // what the place allows now, nil when it does not say
	last   bool       // the channel is let go after this
	ack    chan error // told when it is committed
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
		now := r.now()
		list, err := r.s.claim(ctx, now, r.inFlight.overdue(now))
		if err != nil {
			return err
		}
		for _, c := range list {
			r.fetching.Add(1)
			r.inFlight.add(c)
			r.fetchers.Go(func() {
				defer r.inFlight.remove(c)
				r.poll(ctx, c)
			})
		}
		if len(list) < claimMost {
			return nil
		}
	}
	return ctx.Err()
}

// claim leases what is due at now, but for the channels in not.
func (s *Service) claim(ctx context.Context, now time.Time, not []string) ([]*claimed, error) {
	lease := id.New()
	var list []*claimed
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		list = nil
		n, err := db.Exec(ctx, q, `UPDATE channel_state SET lease_until = $1, lease_by = $2 WHERE channel IN (
			SELECT s.channel FROM channel_state s JOIN channel c ON c.id = s.channel
			WHERE s.due_at <= $3 AND c.enabled = 1 AND c.removed_at IS NULL AND (s.lease_until IS NULL OR s.lease_until <= $3)
			AND s.channel NOT IN `+db.Among(q, "$4")+`
			ORDER BY s.due_at LIMIT `+fmt.Sprint(claimMost)+db.Pick(q, "", " FOR UPDATE OF s SKIP LOCKED")+")",
			db.T(now.Add(leaseFor)), lease, db.T(now), db.Texts(not))
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
			c.lease, c.due, c.cursor, c.until = lease, c.State.DueAt, json.RawMessage(rows[i].cursor), now.Add(leaseFor)
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
		if f.last {
			<-f.ack // in flight until it is stored
		}
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
		if errors.Is(err, errLost) {
			return
		}
		stuck := page.More && string(page.Cursor) == string(cursor)
		next := &fetched{page: page, err: err, limits: limitsOf(fetcher), ended: err != nil && ctx.Err() != nil, last: err != nil || !page.More || stuck || n == maxPages}
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
	if err := r.keep(ctx, c); err != nil {
		return Page{}, err
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

// errLost says that a channel is no longer ours to poll.
var errLost = errors.New("another has the channel")

// keep makes a lease that grew old while the channel waited for its place last for a fetch and its commit.
func (r *round) keep(ctx context.Context, c *claimed) error {
	now := r.now()
	if r.inFlight.until(c).Sub(now) > leaseFor/2 {
		return nil
	}
	until := now.Add(leaseFor)
	var n int64
	err := r.s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		n, err = db.Exec(ctx, q, "UPDATE channel_state SET lease_until = $1 WHERE channel = $2 AND lease_by = $3", db.T(until), c.ID, c.lease)
		return err
	})
	if err != nil && ctx.Err() == nil {
		// Nothing is known against the channel itself: it is claimed again when the lease has run out.
		r.s.log.Warn("a channel could not be kept", "channel", c.ID, "error", err)
		return errLost
	}
	if err == nil && n == 0 {
		return errLost
	}
	r.inFlight.extend(c, until)
	return err
}
