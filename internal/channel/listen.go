package channel

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
)

// listenAll keeps one listener for each channel whose place tells of news by itself.
func (s *Service) listenAll(ctx context.Context) {
	type listener struct {
		account Account
		stop    context.CancelFunc
	}
	running := map[string]listener{}
	var all sync.WaitGroup
	defer all.Wait()
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		wanted, err := s.streams(ctx)
		if err != nil && ctx.Err() == nil {
			s.log.Warn("channels to listen to could not be read", "error", err)
		}
		for id, l := range running {
			now, still := wanted[id]
			if err == nil && (!still || now.sealed != l.account.sealed || !maps.Equal(now.Settings, l.account.Settings)) {
				l.stop()
				delete(running, id)
			}
		}
		for id, a := range wanted {
			if _, there := running[id]; there {
				continue
			}
			inner, stop := context.WithCancel(ctx)
			running[id] = listener{a, stop}
			all.Go(func() { s.listenTo(inner, a) })
		}
		select {
		case <-ctx.Done():
			for _, l := range running {
				l.stop()
			}
			return
		case <-s.listen:
		case <-tick.C:
		}
	}
}

func (s *Service) streams(ctx context.Context) (map[string]Account, error) {
	out := map[string]Account{}
	for _, k := range s.kinds {
		if !k.says.Can.Has(Stream) {
			continue
		}
		list, err := s.accounts(ctx, s.db.Read(), "WHERE c.kind = $1 AND c.enabled = 1 AND c.removed_at IS NULL", k.says.Kind)
		if err != nil {
			return nil, err
		}
		for _, a := range list {
			if !a.State.Stopped() {
				out[a.ID] = a
			}
		}
	}
	return out, nil
}

// listenTo listens to one channel, and again after a pause when the connection breaks; polling goes on meanwhile.
func (s *Service) listenTo(ctx context.Context, a Account) {
	failures := 0
	for ctx.Err() == nil {
		since := s.clock()
		err := s.watch(ctx, a)
		if ctx.Err() != nil {
			return
		}
		if failures++; s.clock().Sub(since) > 5*time.Minute {
			failures = 1
		}
		wait := min(backoff(failures)/6, 30*time.Minute) // a first pause of about ten seconds
		s.log.Info("listening to a channel ended, will try again", "channel", a.ID, "wait", wait, "error", err)
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
}

func (s *Service) watch(ctx context.Context, a Account) (err error) {
	session, err := s.session(&a)
	if err != nil {
		return err
	}
	defer session.Close()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("the connector broke: %v", v)
		}
	}()
	streamer, ok := session.(Streamer)
	if !ok {
		return fmt.Errorf("connector %q does not stream", a.Kind)
	}
	return streamer.Watch(ctx, func() {
		if err := s.news(ctx, a.ID); err != nil && ctx.Err() == nil {
			s.log.Warn("a channel with news could not be made due", "channel", a.ID, "error", err)
		}
	})
}

// news makes a channel due at once. One that a person must look at first stays as it is.
func (s *Service) news(ctx context.Context, channel string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE channel_state SET due_at = $1 WHERE channel = $2 AND due_at > $1 AND due_at < $3",
			db.T(s.clock()), channel, db.T(never))
		return err
	})
	if err == nil {
		ring(s.due)
	}
	return err
}
