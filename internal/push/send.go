package push

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
)

const (
	atOnce      = 50
	lease       = 2 * time.Minute
	sendFor     = 20 * time.Second
	mostTries   = 6
	livesFor    = 24 * time.Hour // so long a push service keeps a message for a browser that is off
	longestWait = 6 * time.Hour
)

// outcome is what became of a message.
type outcome struct {
	state string // sent, queued, failed, uncertain, gone
	after time.Duration
	err   error
}

// mostServices is how many push services are told at the same time; each is told by one worker, so that one that is slow holds up only its own.
const mostServices = 16

type due struct {
	service, browser, notice string
	attempts                 int
}

// SendOnce sends the messages that are due, and says how many it took on. That one is under way is kept before it goes out; of one of which nobody
// knows whether it arrived there is no second.
func (s *Service) SendOnce(ctx context.Context, write Write) (int, error) {
	var running sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	n := 0
	err := s.start(ctx, write, &running, func(did int, err error) {
		mu.Lock()
		defer mu.Unlock()
		n, errs = n+did, append(errs, err)
	})
	running.Wait()
	return n, errors.Join(append(errs, err)...)
}

// start begins to tell each push service that something is due for and that no worker tells; over is told when one has ended.
func (s *Service) start(ctx context.Context, write Write, running *sync.WaitGroup, over func(did int, err error)) error {
	now := s.clock()
	if _, err := s.note(ctx, "UPDATE push_sending SET state = 'uncertain' WHERE state = 'sending' AND due_at < $1", db.T(now)); err != nil {
		return err
	}
	q := s.db.Read()
	list, err := db.All(ctx, q, func(d *due) []any { return []any{&d.service, &d.browser, &d.notice, &d.attempts} },
		`SELECT service, browser, notice, attempts FROM (SELECT COALESCE(b.service, '') AS service, s.browser, s.notice, s.attempts, s.due_at,
			ROW_NUMBER() OVER (PARTITION BY COALESCE(b.service, '') ORDER BY s.due_at, s.notice, s.browser) AS nth
			FROM push_sending s LEFT JOIN push_browser b ON b.id = s.browser WHERE s.state = 'queued' AND s.due_at <= $1) AS x
		WHERE nth <= $2 AND service NOT IN `+db.Among(q, "$3")+" ORDER BY service, nth"+db.Limit(atOnce*mostServices), db.T(now), atOnce, db.Texts(s.told()))
	if err != nil {
		return fmt.Errorf("look for messages to browsers: %w", err)
	}
	for len(list) > 0 {
		n := 1
		for n < len(list) && list[n].service == list[0].service {
			n++
		}
		turn := list[:n]
		list = list[n:]
		if !s.begin(turn[0].service) {
			continue
		}
		running.Go(func() {
			did, err := s.tell(ctx, turn, write)
			s.end(turn[0].service)
			over(did, err)
		})
	}
	return nil
}

// told lists the services that are being told.
func (s *Service) told() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.busy))
}

func (s *Service) begin(service string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[service] || len(s.busy) >= mostServices {
		return false
	}
	if s.busy == nil {
		s.busy = map[string]bool{}
	}
	s.busy[service] = true
	return true
}

func (s *Service) end(service string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, service)
}

// tell sends messages through one service, one after the other.
func (s *Service) tell(ctx context.Context, list []due, write Write) (n int, err error) {
	for _, d := range list {
		if ctx.Err() != nil {
			return n, nil
		}
		took, err := s.note(ctx, "UPDATE push_sending SET state = 'sending', attempts = attempts + 1, due_at = $1 WHERE browser = $2 AND notice = $3 AND state = 'queued'",
			db.T(s.clock().Add(lease)), d.browser, d.notice)
		if err != nil {
			return n, err
		}
		if took == 0 {
			continue // another node has it
		}
		n++
		o := s.send(ctx, d.browser, d.notice, write)
		if o.err != nil {
			s.log.Info("a browser was not told", "browser", d.browser, "outcome", o.state, "error", o.err)
		}
		kept := context.WithoutCancel(ctx)
		at := s.clock()
		switch {
		case o.state == "gone":
			_, err = s.note(kept, "DELETE FROM push_browser WHERE id = $1", d.browser)
			o.state = "dropped"
		case o.state == "queued" && d.attempts+1 >= mostTries:
			o.state = "failed"
		case o.state == "queued":
			at = at.Add(min(longestWait, max(o.after, time.Duration(1<<d.attempts)*time.Minute)))
		case o.state == "sent":
			_, err = s.note(kept, "UPDATE push_browser SET told_at = $1 WHERE id = $2", db.T(at), d.browser)
		}
		if err != nil {
			return n, err
		}
		if _, err := s.note(kept, "UPDATE push_sending SET state = $1, due_at = $2 WHERE browser = $3 AND notice = $4 AND state = 'sending'", o.state, db.T(at), d.browser, d.notice); err != nil {
			return n, err
		}
	}
	return n, nil
}

func (s *Service) note(ctx context.Context, query string, args ...any) (n int64, err error) {
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err = db.Exec(ctx, q, query, args...)
		return err
	})
	if err != nil {
		err = fmt.Errorf("note how a message to a browser fares: %w", err)
	}
	return n, err
}

// send tells one browser of one notice.
func (s *Service) send(ctx context.Context, browser, notice string, write Write) outcome {
	b, found, err := db.One(ctx, s.db.Read(), browserFields, "SELECT "+browserColumns+" FROM push_browser b JOIN member_session x ON x.id = b.session WHERE b.id = $1", browser)
	if err != nil {
		return outcome{state: "queued", err: err}
	}
	if !found {
		return outcome{state: "gone"}
	}
	m, err := s.org.Find(ctx, b.Member)
	if err != nil {
		return outcome{state: "queued", err: err}
	}
	if m.State != org.Active {
		return outcome{state: "gone"}
	}
	plain, err := s.box.Open("push:"+b.ID, b.sealed)
	if err != nil {
		return outcome{state: "gone", err: err}
	}
	var a address
	if err := json.Unmarshal(plain, &a); err != nil {
		return outcome{state: "gone", err: err}
	}
	x, wanted, err := write(org.With(ctx, m), notice)
	if err != nil {
		return outcome{state: "queued", err: err}
	}
	if !wanted {
		return outcome{state: "dropped"}
	}
	text, err := json.Marshal(x)
	if err != nil {
		return outcome{state: "failed", err: err}
	}
	if len(text) > MaxText { // a title can be long in some scripts
		x.Body = ""
		if text, err = json.Marshal(x); err != nil || len(text) > MaxText {
			return outcome{state: "failed", err: fmt.Errorf("a message of %d bytes: %w", len(text), err)}
		}
	}
	return s.deliver(ctx, a, text, x.Tag)
}

// deliver hands a message to the push service of a browser.
func (s *Service) deliver(ctx context.Context, a address, text []byte, tag string) outcome {
	key, err := s.key(ctx)
	if err != nil || key == nil {
		return outcome{state: "queued", err: errors.Join(err, errors.New("there is no key for push services"))}
	}
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return outcome{state: "queued", err: err}
	}
	pass, err := voucher(key, a.Endpoint, strings.TrimRight(o.URL, "/"), s.clock())
	if err != nil {
		return outcome{state: "failed", err: err}
	}
	body, err := message(text, a)
	if err != nil {
		return outcome{state: "failed", err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, sendFor)
	defer cancel()
	var wrote atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { wrote.Store(true) }})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.Endpoint, bytes.NewReader(body))
	if err != nil {
		return outcome{state: "failed", err: err}
	}
	req.GetBody = nil // a connection that breaks is not tried again by itself
	for name, value := range map[string]string{"Authorization": pass, "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream",
		"TTL": strconv.Itoa(int(livesFor / time.Second)), "Urgency": "normal", "Topic": tag} {
		req.Header.Set(name, value)
	}
	res, err := s.http.Do(req)
	if err != nil {
		if wrote.Load() {
			return outcome{state: "uncertain", err: err}
		}
		return outcome{state: "queued", err: err}
	}
	defer res.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(res.Body, 300))
	switch c := res.StatusCode; {
	case c >= 200 && c < 300:
		return outcome{state: "sent"}
	case c == http.StatusNotFound || c == http.StatusGone:
		return outcome{state: "gone"}
	case c == http.StatusTooManyRequests || c >= 500:
		after := time.Duration(0)
		if n, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && n > 0 && n < 1<<20 {
			after = time.Duration(n) * time.Second
		}
		return outcome{state: "queued", after: after, err: fmt.Errorf("the push service answers %d", c)}
	default:
		return outcome{state: "failed", err: fmt.Errorf("the push service answers %d: %.200s", c, said)}
	}
}

// Loop tells browsers, until ctx ends.
func (s *Service) Loop(ctx context.Context, write Write) error {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	var running sync.WaitGroup
	defer running.Wait()
	failed := func(_ int, err error) {
		if err != nil && ctx.Err() == nil {
			s.log.Error("not all browsers were told, will try again", "error", err)
		}
	}
	for {
		failed(0, s.start(ctx, write, &running, failed))
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
