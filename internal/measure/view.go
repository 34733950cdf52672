package measure

import (
	"context"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
)

// view is one moment of the database in which measures are read.
type view struct {
	q         db.Q
	gen       int64
	told      bool             // gen is known
	all       bool             // touched is known
	touched   [][]int64        // hours by thing, rising
	sentiment **stat.Confusion // once it was read
	many      bool             // it is read for several measures: what they share is read once
}

type viewKey struct{}

// Together lets all measures that do reads be of one moment, and what they have in common be read once. do must not read several at a time.
func (s *Service) Together(ctx context.Context, do func(ctx context.Context) error) error {
	return s.db.Snapshot(ctx, func(q db.Q) error { return do(context.WithValue(ctx, viewKey{}, &view{q: q, many: true})) })
}

// at runs do with the view of ctx, or one of its own.
func (s *Service) at(ctx context.Context, do func(v *view) error) error {
	if v, _ := ctx.Value(viewKey{}).(*view); v != nil {
		return do(v)
	}
	return s.db.Snapshot(ctx, func(q db.Q) error { return do(&view{q: q}) })
}

func (v *view) generation(ctx context.Context) (gen int64, err error) {
	if !v.told {
		if v.gen, err = generation(ctx, v.q); err != nil {
			return 0, err
		}
		v.told = true
	}
	return v.gen, nil
}

// dirty lists the hours between two in which something changed since they were put right.
func (v *view) dirty(ctx context.Context, t thing, from, to int64) ([]int64, error) {
	if !v.many {
		begin, end := t.places(from, to)
		places, err := db.All(ctx, v.q, db.Self[int64], `SELECT place FROM measure_touch WHERE place >= $1 AND place < $2 AND place % 4 = $3
			UNION SELECT place FROM measure_stale WHERE place >= $1 AND place < $2 AND place % 4 = $3`, begin, end, int64(t)%family)
		for i := range places {
			_, places[i] = placed(places[i])
		}
		return places, err
	}
	if !v.all {
		places, err := db.All(ctx, v.q, db.Self[int64], "SELECT place FROM measure_touch UNION SELECT place FROM measure_stale ORDER BY place")
		if err != nil {
			return nil, err
		}
		v.touched = make([][]int64, things)
		for _, p := range places {
			t, hour := placed(p)
			v.touched[t] = append(v.touched[t], hour)
		}
		v.all = true
	}
	a, _ := slices.BinarySearch(v.touched[t], from)
	b, _ := slices.BinarySearch(v.touched[t], to)
	return v.touched[t][a:max(a, b)], nil
}

// ending says that nothing of an hour of a key that changed last at gen comes after a moment.
type ending struct {
	hour, gen int64
	after     int64 // microseconds
}

// ended reports whether nothing that a key counts stands in the rest of the hour after a cut. It stays so until something of that day changes.
func (s *Service) ended(ctx context.Context, v *view, k keeping, a kpi.Ask, h *held, cut time.Time) (bool, error) {
	e := ending{hour: hourOf(cut), after: cut.UnixMicro()}
	if c := h.days[floor(e.hour, 24)]; c != nil {
		if c.unknown {
			return false, nil
		}
		e.gen = c.gen
	}
	s.store.mu.Lock()
	last, known := s.store.ends[k.id]
	s.store.mu.Unlock()
	fresh := a.Now.Sub(cut) < time.Minute // what is put right looks ahead from its own moment
	if fresh && known && last.hour == e.hour && last.gen == e.gen && last.after <= e.after {
		return true, nil
	}
	rest := []time.Time{cut, startOfHour(e.hour + 1)}
	facts, err := raw(ctx, v.q, k.m, a, rest, rest[0], rest[1])
	if err != nil || len(facts) > 0 || !fresh {
		return err == nil && len(facts) == 0, err
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.ends == nil || len(s.store.ends) > mostKeys {
		s.store.ends = map[string]ending{}
	}
	s.store.ends[k.id] = e
	return true, nil
}
