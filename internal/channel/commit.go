package channel

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
)

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
	before := make([]Account, len(batch))
	for i, f := range batch {
		before[i] = f.c.Account
	}
	forget := func() { // what a transaction learned that is rolled back is learned again
		for i, f := range batch {
			f.c.Name, f.c.Settings, f.c.State = before[i].Name, before[i].Settings, before[i].State
		}
	}
	tries := 0
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if tries++; tries > 1 {
			forget()
		}
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
			case f.err != nil && !f.ended:
				sum.Failed++
			case f.last && len(added) == 0:
				sum.Unchanged++
			}
		}
		if s.hook != nil && len(batch) > 1 {
			return s.hook("commit together")
		}
		if s.hook != nil {
			return s.hook("commit")
		}
		return nil
	})
	if err != nil {
		forget()
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
	if f.ended {
		_, err := db.Exec(ctx, q, "UPDATE channel_state SET lease_until = NULL, lease_by = '' WHERE channel = $1", c.ID)
		return err
	}
	if f.limits != nil {
		if err := keepLimits(ctx, q, &c.Account, *f.limits); err != nil {
			return err
		}
	}
	if f.err != nil {
		fault, due := after(f.err, c.State.Failures+1, now)
		_, err := db.Exec(ctx, q, `UPDATE channel_state SET due_at = $1, failures = failures + 1, fault = $2, error = $3, lease_until = NULL, lease_by = ''
			WHERE channel = $4`, db.T(due), string(fault), s.remark(f.err, &c.Account).column(), c.ID)
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
		if until := c.State.Limits.Until(now); due.Before(until) {
			due = until
			if most := now.Add(heldMost); due.After(most) {
				due = most
			}
		}
	} else {
		until = db.T(now.Add(leaseFor))
	}
	// When it was made due while it was being asked, it stays due.
	_, err := db.Exec(ctx, q, `UPDATE channel_state SET cursor = $1, due_at = CASE WHEN due_at = $2 THEN $3 ELSE due_at END, polled_at = $4,
		changed_at = COALESCE($5, changed_at), failures = 0, fault = '', error = $6, lease_until = $7, lease_by = $8 WHERE channel = $9`,
		string(f.page.Cursor), db.T(c.due), db.T(due), db.T(now), changedAt, skipped(f.page.Skipped).column(), until, lease, c.ID)
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
	u, err := url.Parse(page.Moved)
	if page.Moved == "" || err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" ||
		len(page.Moved) > maxSetting || c.Settings["url"] == "" || c.Settings["url"] == page.Moved {
		return nil
	}
	next := maps.Clone(c.Settings)
	next["url"] = page.Moved
	if u.User != nil || c.sealed != "" && c.kind.says.moves(c.Settings, next) {
		return nil // a secret is not sent to where the place sends us: a person types both
	}
	c.Settings = next
	if _, err := db.Exec(ctx, q, "UPDATE channel SET settings = $1 WHERE id = $2", db.J(c.Settings), c.ID); err != nil {
		return fmt.Errorf("keep a channel's new address: %w", err)
	}
	return nil
}
