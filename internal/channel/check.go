package channel

import (
	"context"
	"errors"
	"maps"
	"net"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

const tryFor = 30 * time.Second

// Try asks the place whether a draft's settings work, without keeping them. channel names the channel being changed, whose stored
// secrets then count, or is "".
func (s *Service) Try(ctx context.Context, channel string, draft Draft) (Health, error) {
	k, found := s.kind(draft.Kind)
	if !found {
		return Health{}, problem.New(problem.Invalid, "channel.unknown_kind", "Kind", clean(draft.Kind, 60)).On("kind")
	}
	a := Account{Kind: draft.Kind, Settings: Settings{}}
	if channel != "" {
		var err error
		if a, err = s.find(ctx, s.db.Read(), channel, true); err != nil {
			return Health{}, err
		}
	}
	given := maps.Clone(draft.Settings)
	if m, ok := k.Connector.(Minter); ok && channel == "" {
		if given == nil {
			given = Settings{}
		}
		for name, v := range m.Mint() {
			if given[name] == "" {
				given[name] = v
			}
		}
	}
	all, err := s.merged(k, &a, given)
	if err != nil {
		return Health{}, err
	}
	return s.ask(ctx, k, all)
}

// Check asks the place whether a channel's access works, and keeps what it says of its end.
func (s *Service) Check(ctx context.Context, channel string) (Health, error) {
	a, err := s.find(ctx, s.db.Read(), channel, true)
	if err != nil {
		return Health{}, err
	}
	k, found := s.kind(a.Kind)
	if !found {
		return Health{}, problem.New(problem.Invalid, "channel.not_polled")
	}
	all, err := s.opened(&a)
	if err != nil {
		return Health{}, err
	}
	h, err := s.ask(ctx, k, all)
	if err != nil {
		return h, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE channel_state SET expires_at = $1 WHERE channel = $2", db.T(h.ExpiresAt), a.ID)
		return err
	})
	return h, err
}

func (s *Service) ask(ctx context.Context, k kind, all Settings) (Health, error) {
	session, err := k.Open(all, s.world)
	if err != nil {
		return Health{}, err
	}
	defer session.Close()
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	leave, err := s.hosts.enter(ctx, k.says.machine(all), perHost)
	if err != nil {
		return Health{}, err
	}
	defer leave()
	h, err := session.Check(ctx)
	if err != nil {
		return Health{}, s.worded(err, k.says, all)
	}
	h.Title = clean(h.Title, 200)
	return h, nil
}

// worded turns a failure of the other side into a problem for people; secrets stay out of it.
func (s *Service) worded(err error, d Description, all Settings) error {
	var known *problem.Problem
	if errors.As(err, &known) {
		said := *known
		said.Code = problem.Invalid // that the place has nothing there says nothing of our pages
		return &said
	}
	kind := Temporary
	var fault *Fault
	if errors.As(err, &fault) {
		kind = fault.Kind
	}
	text := err.Error()
	if fault != nil {
		text = fault.Err.Error()
	}
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		text = lookup.Err + ": " + lookup.Name
	}
	for _, f := range d.Fields {
		if f.Type == Secret && all[f.Name] != "" {
			text = strings.ReplaceAll(text, all[f.Name], "•••")
		}
	}
	return problem.New(problem.Invalid, "channel.fault."+string(kind)+".said", "Said", clean(text, 300))
}
