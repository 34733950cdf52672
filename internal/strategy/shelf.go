package strategy

import (
	"sync"
	"time"
)

// shelf keeps evaluations for a few seconds, so that many who look at one map cost as much as one.
type shelf struct {
	mu     sync.Mutex
	list   map[string]shelved
	latest map[string]shelved // of each map as it is now, whatever the minute
}

type shelved struct {
	e     Evaluation
	until time.Time
}

const (
	keptFor   = 10 * time.Second
	mostAlike = 32
)

func (s *shelf) take(key string, now time.Time) (Evaluation, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.list[key]
	if !ok || !now.Before(f.until) {
		return Evaluation{}, false
	}
	return f.e, true
}

func (s *shelf) put(key string, e Evaluation, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.list = map[string]shelved{}
	}
	for k, f := range s.list {
		if !now.Before(f.until) || len(s.list) >= mostAlike {
			delete(s.list, k)
		}
	}
	s.list[key] = shelved{e, now.Add(keptFor)}
}

// last is the newest evaluation of a map since it last changed, and when it was made.
func (s *shelf) last(key string) (e Evaluation, made time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.latest[key]
	return f.e, f.until.Add(-keptFor), ok
}

func (s *shelf) putLast(key string, e Evaluation, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil || len(s.latest) >= mostAlike {
		s.latest = map[string]shelved{}
	}
	s.latest[key] = shelved{e, now.Add(keptFor)}
}
