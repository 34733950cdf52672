package situation

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	fanBatch    = 200
	fanTries    = 5
	fanInterval = 15 * time.Second
)

func webAddress(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
}

// ring wakes Loop.
func (s *Service) ring() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Loop hands over the copies of statements that are under way, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	tick := time.NewTicker(fanInterval)
	defer tick.Stop()
	var looked time.Time
	for {
		if now := s.Now(); now.Sub(looked) >= lookEvery {
			looked = now
			if err := s.Look(ctx); err != nil && ctx.Err() == nil {
				s.log.Error("nobody was warned of situations, will try again", "error", err)
			}
		}
		if _, err := s.Deliver(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("a statement does not go on, will try again", "error", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.wake:
		case <-tick.C:
		}
	}
}

// Deliver hands over all copies that wait to the outbox of their channels and returns how many. A copy is marked in the transaction that
// queues it, so that each is queued once whenever the work is broken off, and by however many processes.
func (s *Service) Deliver(ctx context.Context) (int, error) {
	list, err := db.All(ctx, s.db.Read(), wordingFields, "SELECT "+wordingColumns+" FROM situation_statement WHERE state = 'underway' ORDER BY begun_at, id")
	if err != nil {
		return 0, fmt.Errorf("find statements under way: %w", err)
	}
	n := 0
	for i := range list {
		done, err := s.deliver(ctx, &list[i])
		n += done
		if err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Service) deliver(ctx context.Context, w *Wording) (n int, err error) {
	v, err := s.find(ctx, s.db.Read(), w.Situation)
	if err != nil {
		return 0, err
	}
	speaker, err := s.speaker(ctx, w, &v)
	if err != nil {
		return 0, err
	}
	if speaker == nil {
		return 0, nil // it waits for somebody who lets it go on
	}
	as := org.With(ctx, speaker)
	for {
		list, err := db.All(ctx, s.db.Read(), db.Self[string], "SELECT conversation FROM situation_copy WHERE statement = $1 AND state = 'waiting' ORDER BY tries, conversation"+db.Limit(fanBatch), w.ID)
		if err != nil {
			return n, fmt.Errorf("find copies that wait: %w", err)
		}
		if len(list) == 0 {
			return n, s.delivered(ctx, w)
		}
		if v.Drill {
			done, err := s.rehearse(ctx, w, list)
			n += done
			if err != nil {
				return n, err
			}
			continue
		}
		langs, err := s.languages(ctx, list)
		if err != nil {
			return n, err
		}
		for _, c := range list {
			if err := ctx.Err(); err != nil {
				return n, err
			}
			if err := s.copy(as, w, c, langs[c]); err != nil {
				return n, err
			}
			n++
		}
	}
}

// speaker is who says it: who let it go out, else who approved it, else the owner, whoever of them may still speak for all.
func (s *Service) speaker(ctx context.Context, w *Wording, v *Situation) (*org.Member, error) {
	for _, member := range []string{w.BegunBy, w.ApprovedBy, v.Owner} {
		if member == "" {
			continue
		}
		m, err := s.org.Find(ctx, member)
		if problem.Is(err, problem.Missing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if m.State == org.Active && m.Role.May(org.InboxAssign) {
			return m, nil
		}
	}
	return nil, nil
}

// Speaker is the name of who says a statement; "" when nobody is left who may.
func (s *Service) Speaker(ctx context.Context, w *Wording, v *Situation) (string, error) {
	m, err := s.speaker(ctx, w, v)
	if err != nil || m == nil {
		return "", err
	}
	return m.Name, nil
}

// languages are those in which conversations began, by conversation.
func (s *Service) languages(ctx context.Context, conversations []string) (map[string]string, error) {
	type row struct{ conversation, lang string }
	q := s.db.Read()
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.conversation, &r.lang} },
		"SELECT c.id, e.lang FROM conversation c JOIN enrichment e ON e.post = c.post WHERE e.lang <> '' AND c.id IN "+db.Among(q, "$1"), db.Texts(conversations))
	if err != nil {
		return nil, fmt.Errorf("read languages: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, r := range rows {
		out[r.conversation] = r.lang
	}
	return out, nil
}

// errSettled says that a copy waits no more: somebody stopped it, or another process was quicker.
var errSettled = errors.New("the copy waits no more")

// copy hands one copy over, or notes why it cannot be.
func (s *Service) copy(ctx context.Context, w *Wording, conversation, lang string) error {
	if err := s.step("copy"); err != nil {
		return err
	}
	c, err := s.inbox.Find(ctx, conversation)
	if problem.Is(err, problem.Missing) {
		return s.settle(ctx, w, conversation, "skipped", why(problem.Of(err)))
	}
	if err != nil {
		return err
	}
	if c.ID != conversation { // joined to another since: that one has a copy of its own, or gets this one
		twin, _, err := db.Value[int](ctx, s.db.Read(), `SELECT COUNT(*) FROM situation_copy WHERE statement = $1 AND conversation <> $2 AND state IN ('waiting', 'queued')
			AND (conversation = $3 OR conversation IN (SELECT id FROM conversation_alias WHERE conversation = $3))`, w.ID, conversation, c.ID)
		if err != nil {
			return err
		}
		if twin > 0 {
			return s.settle(ctx, w, conversation, "skipped", why(problem.New(problem.Invalid, "situation.joined")))
		}
	}
	if other, err := s.same(ctx, w, &c); err != nil {
		return err
	} else if other != "" {
		return s.settle(ctx, w, conversation, "skipped", why(problem.New(problem.Invalid, "situation.same_person")))
	}
	marked := false
	answer := inbox.Answer{Text: w.Text(lang), Private: c.Private || w.Content.Private, Token: "statement:" + w.ID + ":" + conversation, Leave: true,
		Also: func(ctx context.Context, q db.Q, sending string) error {
			n, err := db.Exec(ctx, q, "UPDATE situation_copy SET state = 'queued', sending = $3, why = '', at = $4 WHERE statement = $1 AND conversation = $2 AND state = 'waiting'",
				w.ID, conversation, sending, db.T(s.Now()))
			if err != nil {
				return err
			}
			if n == 0 {
				return errSettled
			}
			marked = true
			return s.step("queued")
		}}
	sending, err := s.inbox.Reply(ctx, c.ID, answer)
	if p := problem.Of(err); err != nil {
		switch {
		case p.Key == "inbox.cannot_reply.publicly" || p.Key == "inbox.cannot_reply.privately":
			answer.Private = !answer.Private
			sending, err = s.inbox.Reply(ctx, c.ID, answer)
		case p.Key == "channel.too_long" && w.Content.Short != "":
			answer.Text = w.Content.Short
			sending, err = s.inbox.Reply(ctx, c.ID, answer)
		}
	}
	p := problem.Of(err)
	switch {
	case err == nil && !marked: // queued by an earlier try whose token is known
		return s.settle(ctx, w, conversation, "queued", "", sending.ID)
	case err == nil, errors.Is(err, errSettled):
		return s.step("copied")
	case p.Code == problem.Conflict, p.Code == problem.Busy:
		return s.again(ctx, w, conversation, err)
	case p.Code != problem.Internal:
		return s.settle(ctx, w, conversation, "skipped", why(p))
	case db.Outage(err) || ctx.Err() != nil || s.hook != nil:
		return err
	}
	return s.again(ctx, w, conversation, err)
}

// same is another conversation in which whoever began this private one gets the statement, or did; "" for none. Of several it is the one that was
// handed over, else the newest. A public thread is read by others, and has its own.
func (s *Service) same(ctx context.Context, w *Wording, c *inbox.Conversation) (string, error) {
	if !c.Private || c.Author == "" {
		return "", nil
	}
	// CROSS, so that SQLite begins with the few conversations of a person and not with all copies, for each copy again.
	other, _, err := db.Value[string](ctx, s.db.Read(), `SELECT y.conversation FROM conversation_author a CROSS JOIN situation_copy y CROSS JOIN conversation c
		WHERE y.statement = $1 AND y.conversation = a.conversation AND y.state IN ('waiting', 'queued') AND c.id = y.conversation AND c.private = 1
			AND a.author IN (SELECT CAST($2 AS TEXT) UNION SELECT i.uri FROM identity i WHERE i.person = (SELECT o.person FROM identity o WHERE o.uri = $2 AND o.person <> ''))
		ORDER BY y.state, c.last_theirs_at DESC, c.id LIMIT 1`, w.ID, c.Author)
	if err != nil {
		return "", fmt.Errorf("find other conversations of a person: %w", err)
	}
	if other == c.ID {
		other = ""
	}
	return other, nil
}

// settle notes what became of a copy that waited.
func (s *Service) settle(ctx context.Context, w *Wording, conversation, state, why string, sending ...string) error {
	of := ""
	if len(sending) > 0 {
		of = sending[0]
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE situation_copy SET state = $3, why = $4, sending = $5, at = $6 WHERE statement = $1 AND conversation = $2 AND state = 'waiting'",
			w.ID, conversation, state, why, of, db.T(s.Now())); err != nil {
			return fmt.Errorf("note what became of a copy: %w", err)
		}
		return nil
	})
}

// again has a copy tried later, after the others, and not for ever.
func (s *Service) again(ctx context.Context, w *Wording, conversation string, because error) error {
	s.log.Warn("a copy of a statement was not queued", "statement", w.ID, "conversation", conversation, "error", because)
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE situation_copy SET tries = tries + 1, state = CASE WHEN tries + 1 >= $3 THEN 'skipped' ELSE state END, why = $4 WHERE statement = $1 AND conversation = $2 AND state = 'waiting'",
			w.ID, conversation, fanTries, why(problem.Of(because)))
		return err
	})
}

// rehearse lets the copies of a drill go nowhere.
func (s *Service) rehearse(ctx context.Context, w *Wording, list []string) (int, error) {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE situation_copy SET state = 'rehearsed', at = $3 WHERE statement = $1 AND state = 'waiting' AND conversation IN "+db.Among(q, "$2"), w.ID, db.Texts(list), db.T(s.Now()))
		return err
	})
	return len(list), err
}

// delivered states that nothing of a statement is left to be handed over.
func (s *Service) delivered(ctx context.Context, w *Wording) error {
	var stated []ledger.Activity
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		stated = nil
		type row struct {
			state string
			n     int
		}
		rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.state, &r.n} }, "SELECT state, COUNT(*) FROM situation_copy WHERE statement = $1 GROUP BY state", w.ID)
		if err != nil {
			return err
		}
		o := ledger.OfStatement{Statement: w.ID}
		for _, r := range rows {
			switch r.state {
			case "waiting":
				return nil
			case "skipped":
				o.Skipped = r.n
			case "queued", "rehearsed":
				o.Copies += r.n
			}
		}
		last, err := lastTurn(ctx, q, w)
		if err != nil || last.Kind != ledger.SituationBegun {
			return err
		}
		// It names the fact that let it go out, so that one end is stated for each beginning.
		stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.SituationDelivered, Actor: "entente", Object: w.Situation, At: s.Now(),
			Key: ledger.SituationDelivered + ":" + w.ID + ":" + last.ID, Data: ledger.Data(o)})
		return err
	})
	if err != nil {
		return fmt.Errorf("state that a statement is handed over: %w", err)
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// lastTurn is the last time a statement was let go out or stopped.
func lastTurn(ctx context.Context, q db.Q, w *Wording) (last ledger.Activity, err error) {
	list, err := db.All(ctx, q, func(a *ledger.Activity) []any { return []any{&a.ID, &a.Kind, (*[]byte)(&a.Data)} }, "SELECT id, kind, data FROM activity WHERE object = $1 AND object <> id AND kind IN ('"+
		ledger.SituationBegun+"', '"+ledger.SituationStopped+"') ORDER BY tx DESC, seq DESC", w.Situation)
	if err != nil {
		return last, fmt.Errorf("read what became of a statement: %w", err)
	}
	for _, a := range list {
		var o ledger.OfStatement
		if err := a.Decode(&o); err != nil {
			return last, err
		}
		if o.Statement == w.ID {
			return a, nil
		}
	}
	return last, nil
}

// step lets a test break off here.
func (s *Service) step(name string) error {
	if s.hook == nil {
		return nil
	}
	return s.hook(name)
}
