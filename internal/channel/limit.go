package channel

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
)

// limitsOf asks a session what its place allows; nil when it does not tell.
func limitsOf(session any) *Limits {
	if s, tells := session.(Limiter); tells {
		if l := s.Limits(); l != (Limits{}) {
			return &l
		}
	}
	return nil
}

// now is what a session says, or l while it says nothing.
func (l Limits) now(session any) Limits {
	if newer := limitsOf(session); newer != nil {
		return *newer
	}
	return l
}

// learnLimits keeps what a session was told.
func (s *Service) learnLimits(ctx context.Context, a *Account, session any) {
	l := limitsOf(session)
	if l == nil {
		return
	}
	err := s.db.Tx(context.WithoutCancel(ctx), func(ctx context.Context, q db.Q) error { return keepLimits(ctx, q, a, *l) })
	if err != nil {
		s.log.Warn("what a place allows is not kept", "channel", a.ID, "error", err)
	}
}

// keepLimits keeps what a place allows from now on, when that is something else than before.
func keepLimits(ctx context.Context, q db.Q, a *Account, l Limits) error {
	if l.MaxLength == 0 {
		l.MaxLength = a.State.Limits.MaxLength // told in another exchange than the one just had
	}
	if l == a.State.Limits {
		return nil
	}
	if _, err := db.Exec(ctx, q, "UPDATE channel_state SET limits = $1 WHERE channel = $2", db.J(l), a.ID); err != nil {
		return fmt.Errorf("keep what a place allows: %w", err)
	}
	a.State.Limits = l
	return nil
}
