package strategyweb

import (
	"context"
	"sync"
	"time"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// desk keeps one member from keeping the printer from the others: each has one file made at a time, a few more may wait in their own line,
// and so many are made within some minutes. It is safe for concurrent use; its zero value is ready.
type desk struct {
	mu    sync.Mutex
	lines map[string]*line
}

// line is that of one member.
type line struct {
	turn chan struct{} // of one
	in   int           // who waits or has the turn
	made []time.Time   // newest last, none older than deskFor
}

// A member gets so many files of maps within so long, and so many may be asked for at once.
const (
	deskMost = 16
	deskLine = 4
	deskFor  = 5 * time.Minute
	deskWait = 30 * time.Second
)

// take gives a member their turn, to be handed back with leave; or says why there is none.
func (d *desk) take(ctx context.Context, now time.Time) (leave func(), err error) {
	who := ""
	if m := org.Who(ctx); m != nil {
		who = m.ID
	}
	l, err := d.join(who, now)
	if err != nil {
		return nil, err
	}
	wait, cancel := context.WithTimeout(ctx, deskWait)
	defer cancel()
	select {
	case l.turn <- struct{}{}:
		return func() { <-l.turn; d.left(l) }, nil
	case <-wait.Done():
		d.left(l)
		return nil, problem.New(problem.Busy, "strategy.printing_already").Because(wait.Err())
	}
}

// join puts a member into their line.
func (d *desk) join(who string, now time.Time) (*line, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for id, l := range d.lines { // who has not printed for a while is forgotten
		for len(l.made) > 0 && now.Sub(l.made[0]) >= deskFor {
			l.made = l.made[1:]
		}
		if len(l.made) == 0 && l.in == 0 {
			delete(d.lines, id)
		}
	}
	l := d.lines[who]
	switch {
	case l == nil:
		if d.lines == nil {
			d.lines = map[string]*line{}
		}
		l = &line{turn: make(chan struct{}, 1)}
		d.lines[who] = l
	case l.in >= deskLine:
		return nil, problem.New(problem.Busy, "strategy.printing_already")
	case len(l.made) >= deskMost:
		minutes := int((deskFor-now.Sub(l.made[0]))/time.Minute) + 1
		return nil, problem.New(problem.Busy, "strategy.printed_enough", "Most", deskMost, "For", int(deskFor/time.Minute), "Wait", minutes)
	}
	l.in++
	l.made = append(l.made, now)
	return l, nil
}

func (d *desk) left(l *line) {
	d.mu.Lock()
	defer d.mu.Unlock()
	l.in--
}
