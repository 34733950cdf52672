package fediverse

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/fediverse/signature"
	"github.com/entente/entente/internal/problem"
)

// How deliveries go. A host is told by one worker at a time; hosts that were in trouble have only some of the workers, so that they hold nobody else.
const (
	deliverAtOnce = 16
	doubtful      = 6 // of them for hosts in trouble
	deliverTurn   = 25
	deliverFor    = 12 * time.Second // one
	turnFor       = time.Minute
	deliverLease  = 5 * time.Minute
	keepEvents    = 90 * 24 * time.Hour
	keepSeen      = 30 * 24 * time.Hour
)

// pauses are waited after each fault of a delivery; after the last it has failed.
func pauses() []time.Duration {
	return []time.Duration{time.Minute, 5 * time.Minute, 20 * time.Minute, time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour, 24 * time.Hour}
}

// busy are the hosts that are being told something.
type busy struct {
	mu    sync.Mutex
	hosts map[string]bool
}

func (b *busy) names() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []string
	for h := range b.hosts {
		out = append(out, h)
	}
	return out
}

func (b *busy) set(host string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.hosts == nil {
		b.hosts = map[string]bool{}
	}
	if on {
		b.hosts[host] = true
	} else {
		delete(b.hosts, host)
	}
}

// delivery is one activity for one inbox.
type delivery struct {
	event, inbox, community string
	signer, post, body      string
	attempts                int
}

type dueHost struct {
	host    string
	trouble int
}

// DeliverOnce gives each host that something is due for a turn, and returns how many deliveries were dealt with. An activity whose delivery was broken off is
// delivered again under the same id, by which the other side knows it.
func (s *Service) DeliverOnce(ctx context.Context, now time.Time) (int, error) {
	var running sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	n := 0
	_, err := s.start(ctx, now, &running, func(did int, err error) {
		mu.Lock()
		defer mu.Unlock()
		n += did
		errs = append(errs, err)
	})
	running.Wait()
	return n, errors.Join(append(errs, err)...)
}

// start begins a turn of each host that something is due for and that has none; over is told when one has ended. It returns how many it began.
func (s *Service) start(ctx context.Context, now time.Time, running *sync.WaitGroup, over func(did int, err error)) (int, error) {
	q := s.db.Read()
	hosts, err := db.All(ctx, q, func(h *dueHost) []any { return []any{&h.host, &h.trouble} },
		`SELECT host, trouble FROM (SELECT host, due_at, lease_until, ROW_NUMBER() OVER (PARTITION BY host ORDER BY created_at, event, inbox) AS nth, MAX(attempts) OVER (PARTITION BY host) AS trouble
			FROM fediverse_delivery WHERE state = 'queued' AND host NOT IN `+db.Among(q, "$2")+`) AS x
		WHERE nth = 1 AND due_at <= $1 AND (lease_until IS NULL OR lease_until <= $1) ORDER BY due_at, host`+db.Limit(256), db.T(now), db.Texts(s.busy.names()))
	if err != nil {
		return 0, fmt.Errorf("find what is to be delivered: %w", err)
	}
	for _, h := range hosts {
		s.busy.set(h.host, true)
		running.Go(func() {
			if h.trouble > 0 {
				s.ill <- struct{}{}
				defer func() { <-s.ill }()
			}
			s.sound <- struct{}{}
			did, err := 0, ctx.Err()
			if err == nil {
				did, err = s.turn(ctx, h.host, now)
			}
			<-s.sound
			s.busy.set(h.host, false)
			if ctx.Err() != nil {
				err = nil
			}
			over(did, err)
		})
	}
	return len(hosts), nil
}

// turn tells one host what is due, until it is in trouble or others have their turn.
func (s *Service) turn(ctx context.Context, host string, now time.Time) (int, error) {
	list, lease, err := s.claim(ctx, host, now)
	if err != nil {
		return 0, err
	}
	if err := s.at("claimed"); err != nil {
		return 0, err
	}
	began := s.clock()
	var sent []delivery
	for i := range list {
		d := &list[i]
		if ctx.Err() != nil || s.clock().Sub(began) > turnFor {
			break
		}
		state, why := s.deliver(ctx, d)
		if err := s.at("delivered"); err != nil {
			return len(sent), err
		}
		switch state {
		case "sent":
			sent = append(sent, *d)
			continue
		case "failed":
			if err := s.failed(ctx, d, why); err != nil {
				return len(sent), err
			}
			continue
		}
		if err := s.settle(ctx, lease, sent); err != nil {
			return len(sent), err
		}
		return len(sent), s.later(ctx, host, d, why)
	}
	return len(sent), s.settle(ctx, lease, sent)
}

func (s *Service) at(step string) error {
	if s.step == nil {
		return nil
	}
	return s.step(step)
}

// claim takes the oldest that waits for a host, up to the first that is not due or that another process has: nothing overtakes what was said before it.
func (s *Service) claim(ctx context.Context, host string, now time.Time) (list []delivery, lease string, err error) {
	lease = s.newID()
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		const oldest = " FROM fediverse_delivery WHERE state = 'queued' AND host = $1 ORDER BY created_at, event, inbox"
		free, err := db.All(ctx, q, db.Self[int], "SELECT CASE WHEN due_at <= $2 AND (lease_until IS NULL OR lease_until <= $2) THEN 1 ELSE 0 END"+oldest+db.Limit(deliverTurn), host, db.T(now))
		if err != nil {
			return err
		}
		first := slices.Index(free, 0)
		if first < 0 {
			first = len(free)
		}
		if first == 0 {
			return nil
		}
		n, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET lease_until = $2, lease_by = $3 WHERE state = 'queued' AND (lease_until IS NULL OR lease_until <= $4) AND (event, inbox) IN (SELECT event, inbox"+
			oldest+db.Limit(first)+")", host, db.T(s.Now().Add(deliverLease)), lease, db.T(now))
		if err == nil && n != int64(first) {
			err = errOther
		}
		if err != nil {
			return err
		}
		list, err = db.All(ctx, q, func(d *delivery) []any {
			return []any{&d.event, &d.inbox, &d.community, &d.attempts, &d.signer, &d.post, &d.body}
		}, `SELECT d.event, d.inbox, d.community, d.attempts, e.signer, e.post, e.body FROM fediverse_delivery d JOIN fediverse_event e ON e.id = d.event WHERE d.lease_by = $1
			ORDER BY d.created_at, d.event, d.inbox`, lease)
		return err
	})
	if errors.Is(err, errOther) {
		return nil, lease, nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("claim deliveries: %w", err)
	}
	return list, lease, nil
}

// deliver sends one: sent, failed when it is refused for good, or later.
func (s *Service) deliver(ctx context.Context, d *delivery) (state, why string) {
	_, c, err := s.live(ctx, d.community)
	if problem.Is(err, problem.Missing) {
		return "failed", "off"
	}
	if err != nil {
		return "later", err.Error()
	}
	if open, err := s.open(ctx, c, d.post, d.body); err != nil {
		return "later", err.Error()
	} else if !open {
		return "failed", "gone"
	}
	if !s.reachable(ctx, d.inbox) {
		return "failed", errAddress.Error()
	}
	key, err := s.key(ctx, c.ID)
	if err != nil {
		return "later", err.Error()
	}
	ctx, cancel := context.WithTimeout(ctx, deliverFor)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.inbox, bytes.NewReader([]byte(d.body)))
	if err != nil {
		return "failed", err.Error()
	}
	r.Header.Set("Content-Type", "application/activity+json")
	signer := s.GroupID(ctx, c)
	if d.signer != "" {
		signer = s.personID(ctx, c, d.signer)
	}
	if err := signature.Sign(r, []byte(d.body), signer+"#main-key", key, s.clock()); err != nil {
		return "later", err.Error()
	}
	answer, err := s.http.Do(r)
	if err != nil {
		if p := problem.Of(err); p.Key == "outside.private" || p.Key == "outside.scheme" {
			return "failed", p.Key
		}
		return "later", plainError(err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, 4096)) // so that the connection can be used again
	answer.Body.Close()
	switch code := answer.StatusCode; {
	case code >= 200 && code < 300:
		return "sent", ""
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code >= 500:
		return "later", answer.Status
	default:
		return "failed", answer.Status
	}
}

// plainError is what is shown of an error: not what we sent.
func plainError(err error) string {
	var deep error = err
	for next := errors.Unwrap(deep); next != nil; next = errors.Unwrap(deep) {
		deep = next
	}
	return deep.Error()
}

// settle notes what was delivered, and lets go of what was not.
func (s *Service) settle(ctx context.Context, lease string, sent []delivery) error {
	ctx = context.WithoutCancel(ctx)
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		for i := range sent {
			if _, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET state = 'sent', attempts = attempts + 1, error = '', sent_at = $1, lease_until = NULL, lease_by = '' WHERE event = $2 AND inbox = $3 AND state = 'queued'",
				db.T(s.Now()), sent[i].event, sent[i].inbox); err != nil {
				return err
			}
		}
		_, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET lease_until = NULL, lease_by = '' WHERE lease_by = $1", lease)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what was delivered: %w", err)
	}
	return nil
}

// failed notes that a delivery is refused for good. An inbox that is gone has no followers any more.
func (s *Service) failed(ctx context.Context, d *delivery, why string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if strings.HasPrefix(why, "410") {
			if _, err := db.Exec(ctx, q, "DELETE FROM fediverse_follower WHERE community = $1 AND inbox = $2", d.community, d.inbox); err != nil {
				return err
			}
			if _, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET state = 'failed', error = $1 WHERE community = $2 AND inbox = $3 AND state = 'queued'", clip(why), d.community, d.inbox); err != nil {
				return err
			}
		}
		_, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET state = 'failed', attempts = attempts + 1, error = $1, lease_until = NULL, lease_by = '' WHERE event = $2 AND inbox = $3", clip(why), d.event, d.inbox)
		return err
	})
	if err != nil {
		return fmt.Errorf("note what was refused: %w", err)
	}
	return nil
}

// later puts off all that waits for a host in trouble: it is asked once in a while, not for each. What was tried often enough has failed.
func (s *Service) later(ctx context.Context, host string, d *delivery, why string) error {
	steps := pauses()
	wait := steps[min(d.attempts, len(steps)-1)]
	due := s.Now().Add(wait)
	err := s.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET attempts = attempts + 1, error = $1, due_at = $2 WHERE event = $3 AND inbox = $4 AND state = 'queued'", clip(why), db.T(due), d.event, d.inbox); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET due_at = $1, lease_until = NULL, lease_by = '' WHERE host = $2 AND state = 'queued' AND due_at < $1", db.T(due), host); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET lease_until = NULL, lease_by = '' WHERE event = $1 AND inbox = $2", d.event, d.inbox); err != nil {
			return err
		}
		// What waited as long as all pauses together has had its chance, whether it was itself tried or stood behind another.
		whole := time.Duration(0)
		for _, p := range steps {
			whole += p
		}
		_, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET state = 'failed', error = $1 WHERE host = $2 AND state = 'queued' AND (attempts >= $3 OR queued_at < $4)", clip(why), host, len(steps), db.T(s.Now().Add(-whole)))
		return err
	})
	if err != nil {
		return fmt.Errorf("put off deliveries: %w", err)
	}
	return nil
}

func clip(s string) string { return strings.ToValidUTF8(s[:min(len(s), 200)], "") }

// Retry queues what failed for a host once more.
func (s *Service) Retry(ctx context.Context, communityID, host string) error {
	c, err := s.looksAfter(ctx, communityID)
	if err != nil {
		return err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "UPDATE fediverse_delivery SET state = 'queued', attempts = 0, due_at = $1, queued_at = $1, lease_until = NULL, lease_by = '' WHERE community = $2 AND host = $3 AND state IN ('failed', 'queued')",
			db.T(s.Now()), c.ID, host); err != nil {
			return fmt.Errorf("queue deliveries again: %w", err)
		}
		return s.org.Audit(ctx, q, "fediverse.retry", "community:"+c.ID, map[string]string{"host": host})
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// keepActors is how long somebody is known of whom nothing is here.
const keepActors = 30 * 24 * time.Hour

// Tidy forgets what was delivered long ago, and which activities were taken in long ago: their signatures are too old to be believed again. Whoever has
// neither said nor done anything that is still here, follows nothing and is not barred is forgotten too.
func (s *Service) Tidy(ctx context.Context) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM fediverse_seen WHERE at < $1", db.T(s.Now().Add(-keepSeen))); err != nil {
			return fmt.Errorf("forget what was taken in: %w", err)
		}
		old := db.T(s.Now().Add(-keepEvents))
		if _, err := db.Exec(ctx, q, "DELETE FROM fediverse_delivery WHERE created_at < $1", old); err != nil {
			return fmt.Errorf("forget deliveries: %w", err)
		}
		if _, err := db.Exec(ctx, q, `DELETE FROM fediverse_actor WHERE fetched_at < $1 AND uri NOT IN (SELECT actor FROM fediverse_follower) AND handle NOT IN (SELECT actor FROM fediverse_block)
			AND 'acct:' || handle NOT IN (SELECT author FROM community_post WHERE author LIKE 'acct:%' AND deleted_at IS NULL UNION SELECT voter FROM community_vote WHERE voter LIKE 'acct:%' AND value <> 0
			UNION SELECT voter FROM community_idea_vote WHERE voter LIKE 'acct:%' AND value <> 0 UNION SELECT voter FROM community_reaction WHERE voter LIKE 'acct:%' AND taken = 1
			UNION SELECT member FROM community_flag WHERE member LIKE 'acct:%' UNION SELECT author FROM community_case WHERE author LIKE 'acct:%')`, db.T(s.Now().Add(-keepActors))); err != nil {
			return fmt.Errorf("forget who has nothing here: %w", err)
		}
		_, err := db.Exec(ctx, q, "DELETE FROM fediverse_event WHERE at < $1 AND NOT EXISTS (SELECT 1 FROM fediverse_delivery d WHERE d.event = fediverse_event.id)", old)
		return err
	})
}
