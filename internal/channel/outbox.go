package channel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// SendingState says how far something we say has come.
type SendingState string

// The states of a sending.
const (
	Queued    SendingState = "queued"    // waits for its time
	Underway  SendingState = "sending"   // may be on the wire
	Sent      SendingState = "sent"      // the other side has it
	Failed    SendingState = "failed"    // it was refused, and the other side does not have it
	Unknown   SendingState = "uncertain" // it may or may not be there: a person must look, it is not sent again by itself
	Withdrawn SendingState = "withdrawn"
)

// Sending is something we say, on its way.
type Sending struct {
	ID           string
	Channel      string
	Conversation string
	Member       string // who says it
	Content      Outgoing
	State        SendingState
	Attempts     int
	DueAt        time.Time
	Remark       Remark // why it is not sent
	ExternalID   string // once sent
	CreatedAt    time.Time
	SentAt       time.Time

	lease string
}

const (
	sendFor      = time.Minute
	sendLease    = 5 * time.Minute  // much longer than sendFor: whoever holds it has long given up when it ends
	sendTurn     = time.Minute      // of one channel, before others have theirs
	sendPause    = 30 * time.Second // of a channel after a fault
	sendTries    = 8                // at least, and
	sendWaits    = 72 * time.Hour   // at least, of what a place does not take for the moment: it may be down for days
	sendLater    = time.Hour        // at most, between two of them
	sendMost     = 64               // claimed at once
	sendAtOnce   = 8                // channels spoken through at the same time
	maxOutgoing  = 100_000          // bytes of text
	commitTries  = 5                // to note that something was sent
	commitPause  = 50 * time.Millisecond
	sendInterval = 15 * time.Second
)

const sendingColumns = `o.id, o.channel, o.conversation, o.member, o.content, o.state, o.attempts, o.due_at, o.error, o.external_id, o.created_at,
	o.sent_at, o.lease_by`

func sendingFields(v *Sending) []any {
	return []any{&v.ID, &v.Channel, &v.Conversation, &v.Member, db.JSON(&v.Content), (*string)(&v.State), &v.Attempts, db.At(&v.DueAt), &v.Remark,
		&v.ExternalID, db.At(&v.CreatedAt), db.At(&v.SentAt), &v.lease}
}

// Queue keeps something to be sent through a channel, not before notBefore, in the caller's transaction; call WakeSender after the
// commit. conversation and member may be "".
func (s *Service) Queue(ctx context.Context, q db.Q, channel, conversation, member string, out Outgoing, notBefore time.Time) (string, error) {
	a, err := s.find(ctx, q, channel, true)
	if err != nil {
		return "", err
	}
	k, found := s.kind(a.Kind)
	want := Publish
	switch {
	case out.Private:
		want = PrivateReply
	case out.InReplyTo != "":
		want = PublicReply
	}
	if !found || !k.says.Can.Has(want) {
		return "", problem.New(problem.Invalid, "channel.cannot_send", "Name", a.Name)
	}
	if out.Text = strings.TrimSpace(clean(out.Text, maxOutgoing+1)); out.Text == "" {
		return "", problem.New(problem.Invalid, "problem.required").On("text")
	}
	if len(out.Text) > maxOutgoing {
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", maxOutgoing).On("text")
	}
	if most := a.State.Limits.MaxLength; most > 0 && utf8.RuneCountInString(out.Text) > most {
		return "", problem.New(problem.Invalid, "channel.too_long", "Max", most, "Name", a.Name).On("text")
	}
	out.Subject, out.AuthorName = line(out.Subject, maxTitle), line(out.AuthorName, maxName)
	now := s.clock()
	key := s.ids.Make(now) // grows, so that what is said first is sent first
	if out.Key == "" {
		out.Key = key
	}
	if out.At.IsZero() {
		out.At = now.UTC()
	}
	if notBefore.Before(now) {
		notBefore = now
	}
	_, err = db.Exec(ctx, q, `INSERT INTO outgoing (id, channel, conversation, member, content, state, due_at, created_at)
		VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)`, key, a.ID, conversation, member, db.J(out), db.T(notBefore), db.T(now))
	if err != nil {
		return "", fmt.Errorf("queue what is to be sent: %w", err)
	}
	return key, nil
}

// Say is Queue in a transaction of its own.
func (s *Service) Say(ctx context.Context, channel, conversation, member string, out Outgoing, notBefore time.Time) (key string, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		key, err = s.Queue(ctx, q, channel, conversation, member, out, notBefore)
		return err
	})
	if err == nil {
		s.WakeSender()
	}
	return key, err
}

// WakeSender tells SendLoop that something was queued.
func (s *Service) WakeSender() { ring(s.send) }

// Withdraw takes back what is not yet on its way.
func (s *Service) Withdraw(ctx context.Context, sending string) error {
	return s.move(ctx, sending, "channel.sending_withdraw", "state = 'withdrawn', lease_until = NULL, lease_by = ''", Queued, Failed, Unknown)
}

// Resend sends once more what failed or what a person has found not to be there.
func (s *Service) Resend(ctx context.Context, sending string) error {
	err := s.move(ctx, sending, "channel.sending_resend", fmt.Sprintf("state = 'queued', attempts = 0, error = '', lease_until = NULL, lease_by = '', due_at = %d",
		s.clock().UnixMicro()), Failed, Unknown)
	if err == nil {
		s.WakeSender()
	}
	return err
}

func (s *Service) move(ctx context.Context, sending, action, set string, from ...SendingState) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		v, err := s.sending(ctx, q, sending)
		if err != nil {
			return err
		}
		n, err := db.Exec(ctx, q, "UPDATE outgoing SET "+set+" WHERE id = $1 AND state IN "+db.Among(q, "$2"), v.ID, db.Texts(texts(from)))
		if err != nil {
			return fmt.Errorf("change a sending: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Conflict, "channel.sending_moved_on")
		}
		return s.noteDone(ctx, q, action, "sending:"+v.ID, map[string]string{"channel": v.Channel, "was": string(v.State)})
	})
}

func texts(list []SendingState) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// MarkSent says of a sending that failed or is uncertain that a person saw it there. externalID is its id there, or "" when unknown.
func (s *Service) MarkSent(ctx context.Context, sending, externalID string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		v, err := s.sending(ctx, q, sending)
		if err != nil {
			return err
		}
		if v.State != Failed && v.State != Unknown {
			return problem.New(problem.Conflict, "channel.sending_moved_on")
		}
		if err := s.arrived(ctx, q, v, Receipt{ExternalID: or(strings.TrimSpace(externalID), v.Content.Key)}, Failed, Unknown); err != nil {
			return err
		}
		return s.noteDone(ctx, q, "channel.sending_mark_sent", "sending:"+v.ID, map[string]string{"channel": v.Channel, "was": string(v.State)})
	})
	if err == nil {
		s.ledger.Wake()
	}
	return err
}

// Sending returns one sending.
func (s *Service) Sending(ctx context.Context, sending string) (Sending, error) {
	return s.sending(ctx, s.db.Read(), sending)
}

func (s *Service) sending(ctx context.Context, q db.Q, sending string) (Sending, error) {
	v, found, err := db.One(ctx, q, sendingFields, "SELECT "+sendingColumns+" FROM outgoing o WHERE o.id = $1", sending)
	if err == nil && !found {
		err = problem.New(problem.Missing, "problem.not_found")
	}
	return v, err
}

// Sendings lists what was said from a conversation and is not withdrawn, oldest first.
func (s *Service) Sendings(ctx context.Context, conversation string) ([]Sending, error) {
	return db.All(ctx, s.db.Read(), sendingFields, "SELECT "+sendingColumns+` FROM outgoing o
		WHERE o.conversation = $1 AND o.state <> 'withdrawn' ORDER BY o.created_at, o.id`, conversation)
}

// Unsent lists what is not sent: what a person must look at first, then what waits, oldest first.
func (s *Service) Unsent(ctx context.Context, limit int) ([]Sending, error) {
	return db.All(ctx, s.db.Read(), sendingFields, "SELECT "+sendingColumns+` FROM outgoing o
		WHERE o.state IN ('uncertain', 'failed', 'sending', 'queued')
		ORDER BY CASE o.state WHEN 'uncertain' THEN 0 WHEN 'failed' THEN 1 ELSE 2 END, o.created_at, o.id`+db.Limit(limit))
}

// SendingFilter narrows a list of sendings. What is zero does not narrow.
type SendingFilter struct {
	State        SendingState
	Channel      string
	Conversation string
	After        string // id of a sending: only later ones
	Limit        int    // at most this many, 50 when 0
}

// Outgoing lists sendings in the order they were queued.
func (s *Service) Outgoing(ctx context.Context, f SendingFilter) ([]Sending, error) {
	var w db.Where
	if f.State != "" {
		w.And("o.state = ?", string(f.State))
	}
	if f.Channel != "" {
		w.And("o.channel = ?", f.Channel)
	}
	if f.Conversation != "" {
		w.And("o.conversation = ?", f.Conversation)
	}
	if f.After != "" {
		w.And("o.id > ?", f.After)
	}
	if f.Limit == 0 {
		f.Limit = 50
	}
	return db.All(ctx, s.db.Read(), sendingFields, "SELECT "+sendingColumns+" FROM outgoing o "+w.String()+" ORDER BY o.id"+db.Limit(f.Limit), w.Args...)
}

// Stuck counts the sendings that a person must look at.
func (s *Service) Stuck(ctx context.Context) (int, error) {
	n, _, err := db.Value[int](ctx, s.db.Read(), "SELECT COUNT(*) FROM outgoing WHERE state IN ('uncertain', 'failed')")
	return n, err
}

// SendLoop sends what is queued, until ctx ends. Each channel goes at its own speed.
func (s *Service) SendLoop(ctx context.Context) error {
	tick := time.NewTicker(sendInterval)
	defer tick.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	slots := make(chan struct{}, sendAtOnce)
	over := func(err error) {
		if err != nil && ctx.Err() == nil {
			s.log.Error("sending stopped, will try again", "error", err)
		}
		ring(s.send) // there may be more for the channel
	}
	for {
		for ctx.Err() == nil {
			n, err := s.startSending(ctx, s.clock(), slots, &running, over)
			if err != nil && ctx.Err() == nil {
				s.log.Error("sending did not begin, will try again", "error", err)
			}
			if n == 0 || err != nil {
				break
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.send:
		case <-tick.C:
		}
	}
}

// SendOnce sends what is due at now, at most 64 sendings, and settles what an earlier process left half done. It returns how many
// sendings it dealt with.
func (s *Service) SendOnce(ctx context.Context, now time.Time) (int, error) {
	var running sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	n, err := s.startSending(ctx, now, make(chan struct{}, sendAtOnce), &running, func(err error) {
		mu.Lock()
		defer mu.Unlock()
		errs = append(errs, err)
	})
	running.Wait()
	return n, errors.Join(append(errs, err)...)
}

// startSending claims what is due at now for channels that nothing is being sent through and starts sending it, each channel by itself;
// over is told when one is done. It returns how many sendings it claimed.
func (s *Service) startSending(ctx context.Context, now time.Time, slots chan struct{}, running *sync.WaitGroup, over func(error)) (int, error) {
	list, left, err := s.claimSendings(ctx, now)
	if err != nil {
		return 0, err
	}
	if err := s.step("claimed"); err != nil {
		return 0, err
	}
	byChannel := map[string][]Sending{}
	for _, v := range slices.Concat(left, list) {
		byChannel[v.Channel] = append(byChannel[v.Channel], v)
	}
	interrupted := map[string]bool{}
	for _, v := range left {
		interrupted[v.ID] = true
	}
	for channel, list := range byChannel {
		s.speaking.add(channel)
		running.Go(func() {
			slots <- struct{}{}
			err := s.sendThrough(ctx, channel, list, interrupted)
			<-slots
			s.speaking.remove(channel)
			s.ledger.Wake()
			over(err)
		})
	}
	return len(list) + len(left), nil
}

// step lets a test break off here.
func (s *Service) step(name string) error {
	if s.hook == nil {
		return nil
	}
	return s.hook(name)
}

// claimSendings leases what is due, and what was being sent by a process that is no more.
func (s *Service) claimSendings(ctx context.Context, now time.Time) (due, left []Sending, err error) {
	lease := id.New()
	const take = `UPDATE outgoing SET lease_until = $1, lease_by = $2 WHERE id IN (
		SELECT o.id FROM outgoing o JOIN channel c ON c.id = o.channel WHERE %s ORDER BY o.due_at, o.id LIMIT %d%s)`
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		due, left = nil, nil
		skip := db.Pick(q, "", " FOR UPDATE OF o SKIP LOCKED")
		busy := db.Texts(s.speaking.names())
		claim := func(lease, where string) ([]Sending, error) {
			where += " AND o.channel NOT IN " + db.Among(q, "$4")
			n, err := db.Exec(ctx, q, fmt.Sprintf(take, where, sendMost, skip), db.T(now.Add(sendLease)), lease, db.T(now), busy)
			if err != nil || n == 0 {
				return nil, err
			}
			// What met a fault goes last, or it would hold up the rest each time.
			return db.All(ctx, q, sendingFields, "SELECT "+sendingColumns+` FROM outgoing o WHERE o.lease_by = $1 AND o.lease_by <> ''
				ORDER BY CASE o.error WHEN '' THEN 0 ELSE 1 END, o.created_at, o.id`, lease)
		}
		var err error
		if left, err = claim(lease+".left", "o.state = 'sending' AND o.lease_until <= $3"); err != nil {
			return err
		}
		// What was said first in a conversation goes first, also when it waits for another try.
		due, err = claim(lease, `o.state = 'queued' AND o.due_at <= $3 AND (o.lease_until IS NULL OR o.lease_until <= $3)
			AND c.enabled = 1 AND c.removed_at IS NULL AND (o.conversation = '' OR NOT EXISTS (SELECT 1 FROM outgoing e WHERE e.conversation = o.conversation
				AND e.channel = o.channel AND e.state IN ('queued', 'sending') AND e.id < o.id AND (e.state = 'sending' OR e.attempts > 0 OR e.lease_until > $3)))`)
		return err
	})
	if err != nil {
		return nil, nil, fmt.Errorf("claim what is to be sent: %w", err)
	}
	return due, left, nil
}

// begin marks one sending as being sent, durably, before anything goes out. It says no when the sending was withdrawn or taken over.
func (s *Service) begin(ctx context.Context, v *Sending) (bool, error) {
	var n int64
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		n, err = db.Exec(ctx, q, `UPDATE outgoing SET state = 'sending', attempts = attempts + 1, lease_until = $1
			WHERE id = $2 AND lease_by = $3 AND state = 'queued'`, db.T(s.clock().Add(sendLease)), v.ID, v.lease)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("mark what is being sent: %w", err)
	}
	v.Attempts++
	return n == 1, nil
}

// sendThrough deals with the sendings of one channel, in order. When the place does not take one now, or it took long, the rest is put
// back: others have their turn, and a place in trouble is not asked for each.
func (s *Service) sendThrough(ctx context.Context, channel string, list []Sending, interrupted map[string]bool) error {
	began := s.clock()
	a, err := s.Find(ctx, channel)
	if err != nil {
		return err
	}
	var sender Sender
	session, err := s.session(&a)
	if err != nil {
		err = &Fault{Kind: Refused, Err: err}
	} else {
		defer session.Close()
		var ok bool
		if sender, ok = session.(Sender); !ok {
			err = &Fault{Kind: Refused, Err: fmt.Errorf("connector %q does not send", a.Kind)}
		}
	}
	finder, _ := session.(Finder)
	defer s.learnLimits(ctx, &a, session)
	for i, v := range list {
		var receipt Receipt
		fault := err
		if interrupted[v.ID] {
			receipt, fault = find(ctx, finder, v.Content, errors.New("it was being sent when the work was broken off"))
		} else {
			if ctx.Err() != nil { // nothing of it or of what follows has gone out
				return errors.Join(ctx.Err(), s.putBack(list[i:], 0))
			}
			if until := a.State.Limits.now(session).Until(began); !until.IsZero() {
				return s.putBack(list[i:], min(until.Sub(began), heldMost))
			}
			mine, e := s.begin(ctx, &v)
			if e != nil {
				return e
			}
			if !mine {
				continue
			}
			if e := s.step("begun"); e != nil {
				return e
			}
			if fault == nil {
				receipt, fault = s.trySend(ctx, sender, v.Content)
			}
			if e := s.step("sent"); e != nil {
				return e
			}
			var f *Fault
			if errors.As(fault, &f) && f.Kind == Uncertain {
				receipt, fault = find(ctx, finder, v.Content, f)
			}
		}
		if e := s.conclude(ctx, &a, v, receipt, fault); e != nil {
			return e
		}
		if f := new(Fault); errors.As(fault, &f) && (f.Kind == Temporary || f.Kind == Throttled) {
			return s.putBack(list[i+1:], max(sendPause, min(f.After, heldMost)))
		}
		if s.clock().Sub(began) >= sendTurn {
			return s.putBack(list[i+1:], 0)
		}
	}
	return nil
}

// trySend sends, and takes whatever is not said to be otherwise for uncertain: once the call is made, only the other side knows.
func (s *Service) trySend(ctx context.Context, sender Sender, out Outgoing) (receipt Receipt, err error) {
	defer func() {
		if v := recover(); v != nil {
			receipt, err = Receipt{}, &Fault{Kind: Uncertain, Err: fmt.Errorf("the connector broke: %v", v)}
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	receipt, err = sender.Send(ctx, out)
	var fault *Fault
	if p := new(problem.Problem); errors.As(err, &p) && p.Code == problem.Invalid && !errors.As(err, &fault) {
		return receipt, &Fault{Kind: Refused, Err: err}
	}
	if err != nil && !errors.As(err, &fault) {
		return receipt, &Fault{Kind: Uncertain, Err: err}
	}
	return receipt, err
}

// find asks whether it arrived. When nobody can tell for sure that it did, it stays uncertain: that it is not found now does not prove
// that it will not be there in a minute.
func find(ctx context.Context, finder Finder, out Outgoing, why error) (receipt Receipt, err error) {
	doubt := &Fault{Kind: Uncertain, Err: why}
	if finder == nil {
		return Receipt{}, doubt
	}
	defer func() {
		if v := recover(); v != nil {
			receipt, err = Receipt{}, &Fault{Kind: Uncertain, Err: fmt.Errorf("%w; the connector broke: %v", why, v)}
		}
	}()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), sendFor)
	defer cancel()
	receipt, found, err := finder.Find(ctx, out)
	if err != nil {
		return Receipt{}, &Fault{Kind: Uncertain, Err: fmt.Errorf("%w; looking for it: %w", why, err)}
	}
	if !found {
		return Receipt{}, doubt
	}
	return receipt, nil
}

// putBack lets go of what was claimed and not begun, not to be sent for a while. What an earlier process left is anyone's again.
func (s *Service) putBack(list []Sending, wait time.Duration) error {
	if len(list) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	now := s.clock()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for _, v := range list {
			if _, err := db.Exec(ctx, q, `UPDATE outgoing SET lease_until = NULL, lease_by = '', due_at = CASE WHEN due_at < $1 THEN $1 ELSE due_at END
				WHERE id = $2 AND lease_by = $3 AND state = 'queued'`, db.T(now.Add(wait)), v.ID, v.lease); err != nil {
				return fmt.Errorf("put back what was not sent: %w", err)
			}
			if _, err := db.Exec(ctx, q, "UPDATE outgoing SET lease_until = $1 WHERE id = $2 AND lease_by = $3 AND state = 'sending'",
				db.T(now), v.ID, v.lease); err != nil {
				return fmt.Errorf("put back what was left: %w", err)
			}
		}
		return nil
	})
}

// names are a set that several work on.
type names struct {
	mu   sync.Mutex
	list map[string]int
}

func (n *names) add(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.list == nil {
		n.list = map[string]int{}
	}
	n.list[name]++
}

func (n *names) remove(name string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.list[name]--; n.list[name] <= 0 {
		delete(n.list, name)
	}
}

func (n *names) names() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Sorted(maps.Keys(n.list))
}

// conclude keeps what came of a sending. It is worth several tries, and goes on when the work is being ended: what is on the other side
// is a fact.
func (s *Service) conclude(ctx context.Context, a *Account, v Sending, receipt Receipt, fault error) error {
	ctx = context.WithoutCancel(ctx)
	for try := 1; ; try++ {
		err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			if fault == nil {
				if err := s.arrived(ctx, q, v, receipt, Underway, Unknown); err != nil {
					return err
				}
			} else if err := s.missed(ctx, q, a, v, fault, s.clock()); err != nil {
				return err
			}
			return s.step("conclude")
		})
		if err == nil || try == commitTries || s.hook != nil {
			if err != nil {
				err = fmt.Errorf("keep what came of a sending: %w", err)
			}
			return err
		}
		s.log.Warn("what came of a sending could not be kept, trying again", "sending", v.ID, "error", err)
		time.Sleep(time.Duration(try) * commitPause) // not ended by a stop: what was sent must be kept before the program goes
	}
}

// missed keeps why something was not sent.
func (s *Service) missed(ctx context.Context, q db.Q, a *Account, v Sending, err error, now time.Time) error {
	kind, due := Uncertain, now
	var fault *Fault
	if errors.As(err, &fault) {
		kind = fault.Kind
	}
	state, attempts := Failed, v.Attempts
	switch kind {
	case Uncertain:
		state = Unknown
	case Throttled:
		state, attempts = Queued, v.Attempts-1 // it was not tried
		due = now.Add(min(max(fault.After, 10*time.Second), heldMost))
		if fault.After <= 0 {
			due = now.Add(backoff(v.Attempts))
		}
	case Temporary:
		if v.Attempts < sendTries || now.Sub(v.CreatedAt) < sendWaits {
			state, due = Queued, now.Add(min(backoff(v.Attempts), sendLater))
		}
	}
	_, e := db.Exec(ctx, q, `UPDATE outgoing SET state = $1, attempts = $2, due_at = $3, error = $4, lease_until = NULL, lease_by = ''
		WHERE id = $5 AND lease_by = $6 AND state = 'sending'`, string(state), attempts, db.T(due), s.remark(err, a).column(), v.ID, v.lease)
	if e != nil {
		return fmt.Errorf("note why something was not sent: %w", e)
	}
	if state != Queued {
		s.log.Warn("something was not sent", "sending", v.ID, "channel", v.Channel, "state", string(state), "fault", string(kind))
	}
	return nil
}

// arrived keeps that the other side has it and states the post. Coming back over the channel it has the same key, so it is one post;
// when it came back before we knew, what only we know is added to it.
func (s *Service) arrived(ctx context.Context, q db.Q, v Sending, receipt Receipt, from ...SendingState) error {
	a, err := s.find(ctx, q, v.Channel, false)
	if err != nil {
		return err
	}
	k, _ := s.kind(a.Kind)
	external := External(or(receipt.ExternalID, v.Content.Key))
	now := s.clock()
	n, err := db.Exec(ctx, q, `UPDATE outgoing SET state = 'sent', external_id = $1, sent_at = $2, error = '', lease_until = NULL, lease_by = ''
		WHERE id = $3 AND state IN `+db.Among(q, "$4"), external, db.T(now), v.ID, db.Texts(texts(from)))
	if err != nil {
		return fmt.Errorf("note that something was sent: %w", err)
	}
	if n == 0 {
		return nil // concluded by another node, which found it there
	}
	out := v.Content
	if out.Carries != "" {
		_, err := s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.PostCarried, Actor: a.URI(), Object: out.Carries, Channel: a.ID, At: now,
			Key: "carried:" + a.ID + ":" + external, Data: ledger.Data(ledger.Carried{ExternalID: external})})
		return err
	}
	replies := append([]string{out.InReplyTo}, out.References...)
	slices.Reverse(replies[1:]) // references are oldest first
	item := Item{At: receipt.At, Said: ledger.Said{ExternalID: external, Kind: k.says.Says, AuthorName: out.AuthorName, Title: out.Subject,
		Text: out.Text, URL: receipt.URL, InReplyTo: replies, Private: out.Private, Ours: true, Member: v.Member, To: out.To,
		Conversation: v.Conversation}}
	if item.At.IsZero() {
		item.At = now
	}
	said := s.said(&a, item)
	if v.Member != "" {
		said.Actor = "member:" + v.Member
	}
	added, err := s.ledger.AppendTx(ctx, q, said)
	if err != nil || len(added) > 0 {
		return err
	}
	_, err = s.edit(ctx, q, said)
	return err
}
