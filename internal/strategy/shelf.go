package strategy

import (
	"sync"
	"time"
)

// shelf keeps evaluations for a while, so that many who look at one map cost as much as one.
type shelf struct {
	mu     sync.Mutex
	list   map[string]shelved
	latest map[string]shelved // of each map as it is now, whatever the minute
	moment sync.Mutex         // held by the one evaluation that reads one moment: each holds a connection, and needs others
}

// shelved is an evaluation, when it was begun, and how far the numbers were known to have come.
type shelved struct {
	e     Evaluation
	made  time.Time
	epoch int64
}

const (
	keptFor   = 10 * time.Second        // what nobody tells of changes
	keptLong  = 30 * time.Second        // when nothing came in: waits go on and windows move all the same
	keptLeast = time.Second             // whatever came in: what is evaluated more often holds up one page in fifty, and two seconds are promised
	bearable  = 1800 * time.Millisecond // after something came in
	mostAlike = 32
)

func (s *shelf) take(key string) (shelved, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.list[key]
	return f, ok
}

func (s *shelf) put(key string, f shelved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.list == nil {
		s.list = map[string]shelved{}
	}
	for k, old := range s.list {
		if f.made.Sub(old.made) > keptLong || len(s.list) >= mostAlike {
			delete(s.list, k)
		}
	}
	s.list[key] = f
}

// last is the newest evaluation of a map since it last changed, and when it was made.
func (s *shelf) last(key string) (e Evaluation, made time.Time, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := s.latest[key]
	return f.e, f.made, ok
}

func (s *shelf) putLast(key string, f shelved) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.latest == nil || len(s.latest) >= mostAlike {
		s.latest = map[string]shelved{}
	}
	s.latest[key] = f
}
