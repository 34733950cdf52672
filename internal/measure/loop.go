package measure

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
)

const settleEvery = time.Second / 2

// Loop puts right what is kept as facts come in, and keeps what is asked for, until ctx ends.
func (s *Service) Loop(ctx context.Context) error {
	s.store.watched.Store(true)
	defer s.store.watched.Store(false)
	ended := make(chan struct{})
	defer func() { <-ended }()
	inner, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer close(ended)
		s.listen(inner)
	}()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	tidied, told := time.Time{}, s.clock()
	for {
		began := time.Now()
		if err := s.Roll(ctx); err != nil && ctx.Err() == nil {
			s.log.Warn("measures were not all put right, will try again", "error", err)
		}
		took := time.Since(began)
		poke(s.store.told)
		if now := s.clock(); now.Sub(tidied) > time.Hour {
			if err := s.forget(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("measures that nobody asks for were not forgotten, will try again", "error", err)
			}
			tidied = now
		}
		if now := s.clock(); now.Sub(told) > s.lately {
			if err := s.tell(ctx); err != nil && ctx.Err() == nil {
				s.log.Warn("what was asked for was not told to other nodes, will try again", "error", err)
			}
			s.wakeRested()
			told = now
		}
		select {
		case <-ctx.Done():
			return nil
		case <-s.store.wake:
		case <-tick.C:
		}
		select { // what comes in one by one is put right together
		case <-ctx.Done():
			return nil
		case <-time.After(min(max(settleEvery, 3*took), 2*settleEvery) - time.Since(began)):
		}
	}
}

// poke wakes whoever waits, once.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// listen notes that numbers are others: when facts that count came in, here or on other nodes, and when something changed without a fact,
// such as a topic. It waits for nothing that Loop does.
func (s *Service) listen(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	last, waiting := int64(-1), false
	for {
		gen, err := generation(ctx, s.db.Read())
		touched := 0
		if err == nil {
			touched, _, err = db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM measure_touch"+db.Limit(1))
		}
		// What was touched will be put right in a moment, and is cheaper to read then: unless that takes long.
		soon := touched > 0 || s.store.settling.Load()
		if err == nil && (gen != last && !soon || soon && waiting) {
			last = gen
			s.store.epoch.Add(1)
		}
		waiting = false
		select {
		case <-ctx.Done():
			return
		case <-s.store.told:
		case <-tick.C:
			waiting = soon
		}
	}
}

// Roll puts right what has changed and reads what was asked for and is not kept, until nothing is left to do.
func (s *Service) Roll(ctx context.Context) error {
	for {
		n, err := s.settle(ctx)
		if errors.Is(err, errMoved) {
			continue
		}
		if err != nil {
			return fmt.Errorf("put measures right: %w", err)
		}
		if n > 0 {
			continue
		}
		wants := s.takeWanted()
		if len(wants) == 0 {
			return nil
		}
		more, err := s.fill(ctx, wants)
		switch {
		case errors.Is(err, errMoved):
			more, err = wants, nil
		case err != nil && ctx.Err() == nil && len(wants) > 1: // one of them may be at fault, and must not stand in the way of the others
			more, err = s.fillOneByOne(ctx, wants)
		}
		for _, w := range more { // what comes in meanwhile is put right between
			s.want(w.k, w.from)
		}
		if err != nil {
			return fmt.Errorf("keep measures: %w", err)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (s *Service) fillOneByOne(ctx context.Context, wants []want) (more []want, failed error) {
	for _, w := range wants {
		again, err := s.fill(ctx, []want{w})
		if errors.Is(err, errMoved) {
			again, err = []want{w}, nil
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("keep %s: %w", w.k.m.ID, err))
		}
		more = append(more, again...)
	}
	return more, failed
}

// takeWanted takes what is wanted, in an order in which what is read together stands together.
func (s *Service) takeWanted() []want {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	out := slices.SortedFunc(maps.Values(s.store.wanted), func(a, b want) int {
		return cmp.Or(cmp.Compare(a.k.thing, b.k.thing), cmp.Compare(b.from, a.from), cmp.Compare(a.k.id, b.k.id))
	})
	clear(s.store.wanted)
	return out[:min(len(out), s.most)] // more have no room
}
