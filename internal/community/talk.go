package community

import (
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// talk is what the service keeps of threads while nothing changes.
type talk struct {
	lists db.Kept[List]
	posts db.Kept[[]Post]
	pace  pace
	votes pace
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
