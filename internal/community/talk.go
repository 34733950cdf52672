package community

import (
	"context"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

// talk is what the service keeps of threads while nothing changes.
type talk struct {
	lists  db.Kept[List]
	leaves db.Kept[Leaf]
	pace   pace
	votes  pace
	files  pace

	adorned  db.Kept[[]File]
	opened   sync.Once
	decoding chan struct{} // pictures being decoded

	boards db.Kept[Board]
	asks   db.Kept[map[string]bool] // threads in which somebody was asked to help
	misses pace                     // searches without result that were counted

	once sync.Once
	boot string
}

// pace lets each member do so much in a while. Its zero value is ready.
type pace struct {
	mu    sync.Mutex
	begun time.Time
	done  map[string]int
}

// How much of each a member may do within paceFor: people who write or vote faster are programs.
const (
	paceFor   = time.Minute
	mostSaid  = 12
	mostVotes = 60
)

// take counts something said.
func (p *pace) take(member string, now time.Time) error { return p.within(member, now, mostSaid) }

func (p *pace) within(member string, now time.Time, most int) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if age := now.Sub(p.begun); p.done == nil || age >= paceFor || age < 0 {
		p.begun, p.done = now, map[string]int{}
	}
	if p.done[member] >= most {
		return problem.New(problem.Busy, "community.post.too_fast")
	}
	p.done[member]++
	return nil
}

// Stamp stands for everything that pages show: while it is the same, so are they. Each run of the program has its own.
func (s *Service) Stamp(ctx context.Context) (string, error) {
	s.once.Do(func() { s.boot = id.New() })
	version, err := s.db.Version(ctx)
	return s.boot + version, err
}
