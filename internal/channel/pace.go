package channel

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/entente/entente/internal/problem"
)

// after says what a failure is and when to try again.
func after(err error, failures int, now time.Time) (FaultKind, time.Time) {
	kind, held := Temporary, time.Duration(0)
	var fault *Fault
	if errors.As(err, &fault) {
		kind, held = fault.Kind, min(fault.After, heldMost)
	} else if p := new(problem.Problem); errors.As(err, &p) && p.Code == problem.Invalid {
		kind = Refused
	}
	switch kind {
	case Unauthorised, Gone, Refused:
		return kind, never
	case Throttled:
		if held <= 0 {
			held = max(backoff(failures), 5*time.Minute)
		}
		return kind, now.Add(held)
	}
	return Temporary, now.Add(backoff(failures))
}

// backoff doubles from a minute to a day, give or take a quarter, so that those that failed together do not come back together.
func backoff(failures int) time.Duration {
	d := slowest
	if failures < 12 {
		d = min(backoffFirst<<max(failures-1, 0), slowest)
	}
	return time.Duration(float64(d) * (0.75 + rand.Float64()/2))
}

// next says when a channel is due after a good poll. What is said to us is fetched at the connector's pace; elsewhere the pause is an
// eighth of the time since something was last new, from the connector's pace to a day.
func (k kind) next(state Access, page Page, now time.Time) time.Time {
	every := k.says.Every
	if every <= 0 {
		return never
	}
	if !k.says.Direct && !state.ChangedAt.IsZero() {
		every = max(min(now.Sub(state.ChangedAt)/8, slowest), every)
	}
	due := now.Add(time.Duration(float64(every) * (0.95 + rand.Float64()/10)))
	if due.Before(page.NotBefore) {
		due = page.NotBefore
		if most := now.Add(heldMost); due.After(most) {
			due = most
		}
	}
	return due
}
