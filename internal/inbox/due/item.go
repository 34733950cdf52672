package due

import "time"

// State is where something promised stands.
type State string

// The states. What is running or paused and past its time is breached already; the state says how it ended.
const (
	Running State = "running"
	Paused  State = "paused"
	Done    State = "done"    // met when it ended in time, else breached
	Dropped State = "dropped" // nothing was owed after all: it was resolved without an answer
)

// Item is one thing promised in a conversation.
type Item struct {
	Aim     Aim
	Policy  string
	State   State
	BegunAt time.Time
	Since   time.Time     // since when its clock runs; zero unless it does
	Used    time.Duration // working time that had passed before that
	DueAt   time.Time     // zero while its clock stands still
	WarnAt  time.Time     // zero for never, and while its clock stands still
	EndedAt time.Time
}

// Begin starts the clock of an aim; nil when the policy, which may be nil, promises nothing for it.
func (b *Book) Begin(p *Policy, a Aim, at time.Time) *Item {
	if p == nil || p.Minutes(a) == 0 || at.Before(p.From) {
		return nil
	}
	i := &Item{Aim: a, State: Running, BegunAt: at, Since: at}
	b.Renew(i, p)
	return i
}

// Renew counts an item that has not ended by a policy, which may be another than before or may have changed. It reports whether the policy
// promises something for it.
func (b *Book) Renew(i *Item, p *Policy) bool {
	if p == nil || p.Minutes(i.Aim) == 0 || i.BegunAt.Before(p.From) {
		return false
	}
	i.Policy, i.DueAt, i.WarnAt = p.ID, time.Time{}, time.Time{}
	if i.State != Running {
		return true
	}
	whole := time.Duration(p.Minutes(i.Aim)) * time.Minute
	i.DueAt = b.add(p, i.Since, whole-i.Used).UTC().Truncate(time.Microsecond)
	if p.Warn > 0 {
		i.WarnAt = b.add(p, i.Since, whole*time.Duration(p.Warn)/100-i.Used).UTC().Truncate(time.Microsecond)
	}
	return true
}

// Breached reports whether its time was over at an instant before it ended.
func (i *Item) Breached(now time.Time) bool {
	if i.DueAt.IsZero() {
		return false
	}
	if !i.EndedAt.IsZero() {
		now = i.EndedAt
	}
	return now.After(i.DueAt)
}

// Pause stops its clock, unless its time was over by then: what was breached stays so.
func (b *Book) Pause(i *Item, p *Policy, at time.Time) {
	if i.State != Running || i.Breached(at) {
		return
	}
	i.Used += b.Between(p, i.Since, at)
	i.State, i.Since = Paused, time.Time{}
	b.Renew(i, p)
}

// Resume lets its clock run on.
func (b *Book) Resume(i *Item, p *Policy, at time.Time) {
	if i.State != Paused {
		return
	}
	i.State, i.Since = Running, at
	b.Renew(i, p)
}

// Earlier moves its beginning back: what it began with was said earlier than was known.
func (b *Book) Earlier(i *Item, p *Policy, at time.Time) {
	if i.Since.Equal(i.BegunAt) {
		i.Since = at
	}
	i.BegunAt = at
	b.Renew(i, p)
}

// End stops its clock for good. What is dropped after its time was breached all the same, and ends as done. Of what ends while its clock
// stands still, DueAt is when it would have been due had the clock run on then.
func (b *Book) End(i *Item, p *Policy, state State, at time.Time) {
	if i.State == Paused && p != nil {
		i.State, i.Since = Running, at
		b.Renew(i, p)
	}
	i.EndedAt = at
	if state == Dropped && i.Breached(at) {
		state = Done
	}
	i.State, i.Since = state, time.Time{}
}

// Left is how much working time there is until it is due, negative when it is over; while its clock stands still, how much there will be.
func (b *Book) Left(i *Item, p *Policy, now time.Time) time.Duration {
	if i.State == Running {
		if now.After(i.DueAt) {
			return -b.Between(p, i.DueAt, now)
		}
		return b.Between(p, now, i.DueAt)
	}
	return time.Duration(p.Minutes(i.Aim))*time.Minute - i.Used
}
