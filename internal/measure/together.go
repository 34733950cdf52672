package measure

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
)

// counted is what was read of a key.
type counted struct {
	days  map[int64]*daily
	ahead bool  // some of it is still to come
	err   error // errOpenParts
}

// readTogether reads what keys of one thing count between two hours. Keys that differ by channel only are read once; waits and shares of
// conversations are read in one pass, whatever they are narrowed to.
func (s *Service) readTogether(ctx context.Context, q db.Q, keys []keeping, from, to time.Time) (map[string]counted, error) {
	out := map[string]counted{}
	now := s.clock()
	passes, rest := passesOf(keys, from, to, now)
	for _, p := range passes {
		if err := p.read(ctx, q, now, out); err != nil {
			return nil, fmt.Errorf("read %s together: %w", p.table, err)
		}
	}
	groups := map[wish][]keeping{}
	var order []wish
	for _, k := range rest {
		w := wish{k.m.ID, k.m.Version, k.f}
		w.f.Channel = ""
		if groups[w] == nil {
			order = append(order, w)
		}
		groups[w] = append(groups[w], k)
	}
	for _, w := range order {
		group := groups[w]
		f, apart := group[0].f, len(group) > 1
		if apart {
			f = w.f
		}
		cuts := []time.Time{from, to}
		if now.After(from) && now.Before(to) {
			cuts = []time.Time{from, now, to} // what is still to come is told apart
		}
		read := func(at time.Time) ([]kpi.Fact, error) {
			return raw(ctx, q, group[0].m, kpi.Ask{Cuts: cuts, Now: at, Filter: f, Apart: apart, Finely: group[0].when, Periods: group[0].periods()}, cuts, from, to)
		}
		list, err := read(now)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", w.id, err)
		}
		var later []kpi.Fact
		if group[0].moving {
			if later, err = read(forever()); err != nil {
				return nil, fmt.Errorf("read %s: %w", w.id, err)
			}
		}
		for _, k := range group {
			list, later := list, later
			if apart && k.f.Channel != "" {
				list, later = of(list, k.f.Channel), of(later, k.f.Channel)
			}
			c := counted{ahead: slices.ContainsFunc(list, func(f kpi.Fact) bool { return !f.At.Before(now) })}
			c.days, c.err = days(k, list, now, later)
			out[k.id] = c
		}
	}
	return out, nil
}

// of is the facts of a channel.
func of(list []kpi.Fact, channel string) []kpi.Fact {
	var out []kpi.Fact
	for i := range list {
		if list[i].Channel == channel {
			out = append(out, list[i])
		}
	}
	return out
}
