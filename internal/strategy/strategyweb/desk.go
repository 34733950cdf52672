package strategyweb

import (
	"context"
	"sync"
	"time"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// desk keeps one member from keeping the printer from the others: each has one file made at a time, and so many within some minutes.
// It is safe for concurrent use; its zero value is ready.
type desk struct {
	mu   sync.Mutex
	busy map[string]bool
	made map[string][]time.Time // newest last, none older than deskFor
}

// A member gets so many files of maps within so long.
const (
	deskMost = 12
	deskFor  = 5 * time.Minute
)

// take gives a member their turn, to be handed back with leave; or says why there is none now.
func (d *desk) take(ctx context.Context, now time.Time) (leave func(), err error) {
	who := ""
	if m := org.Who(ctx); m != nil {
		who = m.ID
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.busy == nil {
		d.busy, d.made = map[string]bool{}, map[string][]time.Time{}
	}
	for id, list := range d.made { // who has not printed for a while is forgotten
		for len(list) > 0 && now.Sub(list[0]) >= deskFor {
			list = list[1:]
		}
		if d.made[id] = list; len(list) == 0 {
			delete(d.made, id)
		}
	}
	switch list := d.made[who]; {
	case d.busy[who]:
		return nil, problem.New(problem.Busy, "strategy.printing_already")
	case len(list) >= deskMost:
		minutes := int((deskFor-now.Sub(list[0]))/time.Minute) + 1
		return nil, problem.New(problem.Busy, "strategy.printed_enough", "Most", deskMost, "For", int(deskFor/time.Minute), "Wait", minutes)
	}
	d.busy[who] = true
	d.made[who] = append(d.made[who], now)
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		delete(d.busy, who)
	}, nil
}
