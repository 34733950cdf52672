package channel

import (
	"context"
	"maps"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// restart forgets what stopped a channel and takes it away from whoever is polling it with settings that are no more.
func restart(ctx context.Context, q db.Q, channel string, due time.Time) error {
	_, err := db.Exec(ctx, q, `UPDATE channel_state SET due_at = $1, failures = 0, fault = '', error = '', lease_until = NULL, lease_by = ''
		WHERE channel = $2`, db.T(due), channel)
	return err
}

// Renew makes new secrets for a channel whose secrets we make; the old ones end now. They are in Shown, this once.
func (s *Service) Renew(ctx context.Context, channel string) (Account, error) {
	var fresh Settings
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		k, _ := s.kind(a.Kind)
		m, ok := k.Connector.(Minter)
		if !ok {
			return problem.New(problem.Invalid, "channel.no_renewal")
		}
		secrets, err := s.unseal(a.ID, a.sealed)
		if err != nil {
			secrets = Settings{}
		}
		fresh = m.Mint()
		maps.Copy(secrets, fresh)
		if _, err := db.Exec(ctx, q, "UPDATE channel SET secrets = $1 WHERE id = $2", s.seal(a.ID, secrets), a.ID); err != nil {
			return err
		}
		return s.noteDone(ctx, q, "channel.renew", "channel:"+a.ID, nil)
	})
	if err != nil {
		return Account{}, err
	}
	a, err := s.Find(ctx, channel)
	a.Shown = fresh
	return a, err
}

// Enable lets a channel be polled and spoken through.
func (s *Service) Enable(ctx context.Context, channel string) error {
	return s.turn(ctx, channel, true)
}

// Disable stops a channel; what it brought stays.
func (s *Service) Disable(ctx context.Context, channel string) error {
	return s.turn(ctx, channel, false)
}

func (s *Service) turn(ctx context.Context, channel string, on bool) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		due := never
		k, found := s.kind(a.Kind)
		if err := s.mayServe(ctx, k.says, a, Account{Inbox: a.Inbox, Enabled: on}); err != nil {
			return err
		}
		if on && found && k.says.Can.Has(Fetch) {
			due = s.clock()
		}
		if _, err := db.Exec(ctx, q, "UPDATE channel SET enabled = $1 WHERE id = $2", db.B(on), a.ID); err != nil {
			return err
		}
		action := "channel.disable"
		if on {
			action = "channel.enable"
		}
		if err := s.noteDone(ctx, q, action, "channel:"+a.ID, nil); err != nil {
			return err
		}
		return restart(ctx, q, a.ID, due)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// PollNow makes a channel due at this moment, whatever held it back.
func (s *Service) PollNow(ctx context.Context, channel string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		if k, found := s.kind(a.Kind); !found || !k.says.Can.Has(Fetch) {
			return problem.New(problem.Invalid, "channel.not_polled")
		}
		if !a.Enabled {
			return problem.New(problem.Invalid, "channel.disabled")
		}
		return restart(ctx, q, a.ID, s.clock())
	})
	if err == nil {
		s.changed()
	}
	return err
}

// Remove takes a channel away: its secrets and cursor are destroyed, what it brought stays, and what still waits to be sent through it
// is withdrawn.
func (s *Service) Remove(ctx context.Context, channel string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE channel SET removed_at = $1, enabled = 0, secrets = '' WHERE id = $2", db.T(s.clock()), a.ID); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE outgoing SET state = 'withdrawn' WHERE channel = $1 AND state = 'queued'", a.ID); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE channel_state SET cursor = 'null' WHERE channel = $1", a.ID); err != nil {
			return err
		}
		if err := restart(ctx, q, a.ID, never); err != nil {
			return err
		}
		return s.noteDone(ctx, q, "channel.remove", "channel:"+a.ID, map[string]string{"kind": a.Kind, "name": a.Name})
	})
	if err == nil {
		s.changed()
	}
	return err
}
