package inbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/ledger"
)

// promise is a thing promised in a conversation, the n-th.
type promise struct {
	conversation string
	n            int
	due.Item
	used          int64
	changed, gone bool
}

const promiseColumns = "conversation, n, aim, policy, state, begun_at, since_at, used, due_at, warn_at, ended_at"

func promiseFields(p *promise) []any {
	return []any{&p.conversation, &p.n, (*string)(&p.Aim), &p.Policy, (*string)(&p.State), db.At(&p.BegunAt), db.At(&p.Since), &p.used, db.At(&p.DueAt),
		db.At(&p.WarnAt), db.At(&p.EndedAt)}
}

func (p *promise) row() []any {
	return []any{p.conversation, p.n, string(p.Aim), p.Policy, string(p.State), db.T(p.BegunAt), db.T(p.Since), p.Used.Microseconds(), db.T(p.DueAt),
		db.T(p.WarnAt), db.T(p.EndedAt)}
}

// served is what is promised in the conversations of a batch; only what has not ended, and what was dropped, which an answer that comes
// after all meets.
type served struct {
	book  *due.Book
	known map[string][]*promise // by conversation
}

// openBook reads what is promised; without promises nothing is looked at.
func (d *desk) openBook() error {
	p, found, err := promisesIn(d.ctx, d.q)
	if err != nil || !found {
		return err
	}
	d.served.known = map[string][]*promise{}
	d.served.book, err = p.Open()
	return err
}

func promisesIn(ctx context.Context, q db.Q) (p due.Promises, found bool, err error) {
	text, found, err := db.Value[string](ctx, q, "SELECT promises FROM service_promise WHERE one = 1")
	if err != nil || !found {
		return p, false, err
	}
	if err := json.Unmarshal([]byte(text), &p); err != nil {
		return p, false, fmt.Errorf("read what is promised: %w", err)
	}
	return p, true, nil
}

// readPromises reads what is promised in the conversations that are known.
func (d *desk) readPromises() error {
	if d.served.book == nil {
		return nil
	}
	ids := make([]string, 0, len(d.byID))
	for id, c := range d.byID {
		if _, ok := d.served.known[id]; !ok && c.Promised > 0 {
			ids = append(ids, id)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	sort.Strings(ids)
	list, err := db.All(d.ctx, d.q, promiseFields, "SELECT "+promiseColumns+" FROM conversation_promise WHERE state <> 'done' AND conversation IN "+
		db.Among(d.q, "$1")+" ORDER BY conversation, n", db.Texts(ids))
	if err != nil {
		return fmt.Errorf("read what is promised: %w", err)
	}
	for _, id := range ids {
		d.served.known[id] = []*promise{}
	}
	for i := range list {
		p := &list[i]
		p.Used = time.Duration(p.used) * time.Microsecond
		d.served.known[p.conversation] = append(d.served.known[p.conversation], p)
	}
	return nil
}

// Case is what policies look at in a conversation.
func (c *Conversation) Case() due.Case {
	return due.Case{Channel: c.Channel, Kind: c.Nature, Feeling: c.Feeling, Language: c.Lang, Priority: c.Priority, Private: c.Private}
}

// serve brings what is promised in a conversation up to what became of it by something done or said at an instant.
func (d *desk) serve(c *Conversation, at time.Time) error { return d.serveSince(c, at, at) }

// serveSince is serve for a conversation that was opened again at an instant that need not be this one.
func (d *desk) serveSince(c *Conversation, at, again time.Time) error {
	if d.served.book == nil {
		return nil
	}
	if _, ok := d.served.known[c.ID]; !ok {
		if c.Promised > 0 {
			if err := d.readPromises(); err != nil {
				return err
			}
		}
		d.served.known[c.ID] = append([]*promise{}, d.served.known[c.ID]...)
	}
	b := d.served.book
	var reply, dropped, whole *promise
	for _, x := range d.served.known[c.ID] {
		switch {
		case x.gone || x.State == due.Done:
		case x.State == due.Dropped:
			dropped = x
		case x.Aim == due.Resolution:
			whole = x
		default:
			reply = x
		}
	}
	for _, x := range []*promise{reply, whole} { // it may be another case now
		if x == nil {
			continue
		}
		p, was := b.For(c.Case(), x.BegunAt), x.Item
		x.gone = !b.Renew(&x.Item, p)
		if old := b.Policy(was.Policy); old != nil && (p == nil || p.ID != old.ID) && (was.Breached(at) || !x.gone && x.Breached(at)) {
			x.Item, x.gone = was, false // what it is taken for since neither mends what is broken nor breaks what is not
		}
		x.changed = x.changed || x.gone || x.Item != was
	}
	reply, whole = present(reply), present(whole)
	if reply != nil && !reply.BegunAt.Equal(c.WaitingSince) {
		p := b.Policy(reply.Policy)
		switch {
		case c.Waiting() && c.WaitingSince.Before(reply.BegunAt):
			b.Earlier(&reply.Item, p, c.WaitingSince)
		case c.State == Resolved:
			b.End(&reply.Item, p, due.Dropped, at)
		default:
			b.End(&reply.Item, p, due.Done, at)
		}
		if reply.changed = true; !reply.EndedAt.IsZero() {
			reply = nil
		}
	} else if reply == nil && dropped != nil && !c.Waiting() && at.Equal(c.LastOursAt) && !at.Before(dropped.BegunAt) &&
		at.Sub(dropped.EndedAt) < onItsWay {
		b.End(&dropped.Item, nil, due.Done, at) // the answer was on its way when it was resolved
		dropped.changed = true
	}
	if reply == nil && c.Waiting() {
		aim := due.NextReply
		if c.FirstReplyAt.IsZero() {
			aim = due.FirstReply
		}
		d.pledge(c, b.Begin(b.For(c.Case(), c.WaitingSince), aim, c.WaitingSince), at)
	}
	switch {
	case c.State == Resolved && whole != nil:
		b.End(&whole.Item, b.Policy(whole.Policy), due.Done, at)
		whole.changed = true
	case c.State == Open && whole == nil:
		from := c.OpenedAt
		if c.Reopened > 0 {
			from = again
		}
		p := b.For(c.Case(), from)
		i := b.Begin(p, due.Resolution, from)
		if i != nil && p.Pause && c.theirTurn() { // since we answered
			b.Pause(i, p, later(c.LastOursAt, from))
		}
		whole = d.pledge(c, i, at)
	}
	if c.State == Open && whole != nil {
		p := b.Policy(whole.Policy)
		if c.Reopened == 0 && c.OpenedAt.Before(whole.BegunAt) {
			b.Earlier(&whole.Item, p, c.OpenedAt)
			whole.changed = true
		}
		stands := p.Pause && c.theirTurn()
		if !stands && len(p.Waits) > 0 {
			var err error
			if _, stands, err = db.Value[int](d.ctx, d.q, "SELECT 1 FROM conversation_tag WHERE conversation = $1 AND tag IN "+db.Among(d.q, "$2")+" LIMIT 1", c.ID, db.Texts(p.Waits)); err != nil {
				return fmt.Errorf("read tags: %w", err)
			}
		}
		if stands && whole.State == due.Running {
			b.Pause(&whole.Item, p, at)
			whole.changed = true
		} else if !stands && whole.State == due.Paused {
			b.Resume(&whole.Item, p, at)
			whole.changed = true
		}
	}
	d.soonest(c)
	return nil
}

// onItsWay is how long after a conversation was resolved an answer counts as the one that resolved it: it may have waited for its channel.
const onItsWay = 24 * time.Hour

func present(p *promise) *promise {
	if p == nil || p.gone {
		return nil
	}
	return p
}

// theirTurn reports whether we answered and they have not since.
func (c *Conversation) theirTurn() bool { return !c.Waiting() && !c.LastOursAt.IsZero() }

// pledge adds what was begun, which may be nil. What would be over at this instant already is not promised, for nobody could have kept it; where a
// thread was parted it was promised before, in the other conversation.
func (d *desk) pledge(c *Conversation, i *due.Item, at time.Time) *promise {
	if i == nil || i.Breached(at) && !d.parted {
		return nil
	}
	p := &promise{conversation: c.ID, n: c.Promised, Item: *i, changed: true}
	c.Promised++
	d.served.known[c.ID] = append(d.served.known[c.ID], p)
	return p
}

// soonest notes in a conversation what is due next.
func (d *desk) soonest(c *Conversation) {
	d.dirty[c.ID] = true
	c.DueAt, c.DueAim, c.WarnAt = time.Time{}, "", time.Time{}
	for _, x := range d.served.known[c.ID] {
		if !x.gone && x.State == due.Running && (c.DueAt.IsZero() || x.DueAt.Before(c.DueAt)) {
			c.DueAt, c.DueAim, c.WarnAt = x.DueAt, string(x.Aim), x.WarnAt
		}
	}
}

// write writes what changed.
func (s *served) write(ctx context.Context, q db.Q) error {
	var rows, gone [][]any
	for _, id := range sortedKeys(s.known) {
		for _, p := range s.known[id] {
			switch {
			case p.gone:
				gone = append(gone, []any{p.conversation, p.n})
			case p.changed:
				rows = append(rows, p.row())
			}
			p.changed = false
		}
		s.known[id] = slices.DeleteFunc(s.known[id], func(p *promise) bool { return p.gone })
	}
	for _, g := range gone {
		if _, err := db.Exec(ctx, q, "DELETE FROM conversation_promise WHERE conversation = $1 AND n = $2", g...); err != nil {
			return err
		}
	}
	return db.Insert(ctx, q, "conversation_promise ("+promiseColumns+")", rows, `ON CONFLICT (conversation, n) DO UPDATE SET aim = excluded.aim,
		policy = excluded.policy, state = excluded.state, begun_at = excluded.begun_at, since_at = excluded.since_at, used = excluded.used,
		due_at = excluded.due_at, warn_at = excluded.warn_at, ended_at = excluded.ended_at`)
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// mergePromises takes what was promised in other into kept. Of two that run for the same aim the one begun first counts.
func (d *desk) mergePromises(kept, other *Conversation) error {
	if d.served.book == nil || kept.ID == other.ID {
		kept.Promised += other.Promised
		return nil
	}
	if err := d.readPromises(); err != nil {
		return err
	}
	if err := d.served.write(d.ctx, d.q); err != nil {
		return err
	}
	if _, err := db.Exec(d.ctx, d.q, "UPDATE conversation_promise SET conversation = $2, n = n + $3 WHERE conversation = $1", other.ID, kept.ID, kept.Promised); err != nil {
		return fmt.Errorf("join what is promised: %w", err)
	}
	all := d.served.known[kept.ID]
	for _, p := range d.served.known[other.ID] {
		p.conversation, p.n = kept.ID, p.n+kept.Promised
		all = append(all, p)
	}
	kept.Promised += other.Promised
	delete(d.served.known, other.ID)
	first := map[bool]*promise{}
	for _, p := range all {
		if p.State != due.Running && p.State != due.Paused {
			continue
		}
		whole := p.Aim == due.Resolution
		if f := first[whole]; f == nil {
			first[whole] = p
		} else if p.BegunAt.Before(f.BegunAt) {
			f.gone, first[whole] = true, p
		} else {
			p.gone = true
		}
	}
	d.served.known[kept.ID] = all
	return nil
}

// promised lets from now on hold what an activity says, for what is open too.
func (d *desk) promised(a *ledger.Activity) error {
	var said ledger.Promised
	if err := a.Decode(&said); err != nil {
		return err
	}
	if err := db.Insert(d.ctx, d.q, "service_promise (one, activity, promises, at)", [][]any{{1, a.ID, string(said.Promises), db.T(a.At)}},
		"ON CONFLICT (one) DO UPDATE SET activity = excluded.activity, promises = excluded.promises, at = excluded.at"); err != nil {
		return err
	}
	if err := d.openBook(); err != nil {
		return err
	}
	const piece = 1000
	for last := ""; ; {
		list, err := db.All(d.ctx, d.q, fields, "SELECT "+columns+" FROM conversation WHERE state = 'open' AND id > $1 ORDER BY id"+db.Limit(piece), last)
		if err != nil {
			return err
		}
		for i := range list {
			c := d.know(&list[i])
			last = c.ID
			if err := d.serveAnew(c, a.At); err != nil {
				return err
			}
		}
		if len(list) < piece {
			return nil
		}
		if err := d.write(); err != nil {
			return err
		}
		d.forget()
	}
}

// serveAnew is serve where nothing was done or said, but something else is promised: the time until the resolution of what was opened again runs
// since then.
func (d *desk) serveAnew(c *Conversation, at time.Time) error {
	again := at
	if c.Reopened > 0 {
		micros, found, err := db.Value[int64](d.ctx, d.q, "SELECT opened_at FROM conversation_span WHERE conversation = $1 AND n = $2", c.ID, c.Reopened)
		if err != nil {
			return fmt.Errorf("see when it was opened again: %w", err)
		}
		if found {
			again = time.UnixMicro(micros).UTC()
		}
	}
	return d.serveSince(c, at, again)
}

// forget lets go of what was read.
func (d *desk) forget() {
	clear(d.byID)
	clear(d.byRoot)
	clear(d.before)
	clear(d.dirty)
	clear(d.served.known)
	d.order = nil
}

// cut keeps apart what changes many conversations, and each word about a post: what is promised depends on all of them.
func cut(_ context.Context, _ db.Q, list []ledger.Activity) (int, error) {
	for i := range list {
		if k := list[i].Kind; k == ledger.ServicePromised || k == ledger.PostLabelled {
			return max(i, 1), nil
		}
	}
	return len(list), nil
}
