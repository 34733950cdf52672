package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/entente/entente/internal/db"
)

const (
	chunk      = 31 // days that are read at once
	stockChunk = 92 // of a stock, which is read to its beginning
)

// stretch is days of a key that are to be read: those that are lost, all that it holds, or some more of before.
type stretch struct {
	want
	there      bool
	begin, end int64 // from a day to before another
	since      int64 // from when it is known then
	lost       []int64
}

// fill reads some of what is wanted and not known, the newest days first, of as many keys together as want the same days. more is false when
// nothing is left.
func (s *Service) fill(ctx context.Context, wants []want) (more []want, err error) {
	var gen int64
	var found map[string]counted
	var now []stretch
	err = s.db.Snapshot(ctx, func(q db.Q) (err error) {
		more, now = nil, nil
		if gen, err = generation(ctx, q); err != nil {
			return err
		}
		for _, w := range wants {
			st, some, err := s.next(ctx, q, w)
			if err != nil {
				return err
			}
			if !some {
				continue
			}
			more = append(more, w)
			if len(now) == 0 || now[0].k.thing == st.k.thing && now[0].begin == st.begin && now[0].end == st.end {
				now = append(now, st)
			}
		}
		if len(now) == 0 {
			return nil
		}
		keys := make([]keeping, len(now))
		for i, st := range now {
			keys[i] = st.k
		}
		found, err = s.readTogether(ctx, q, keys, startOfHour(now[0].begin*24), startOfHour(now[0].end*24))
		return err
	})
	if err != nil || len(now) == 0 {
		return nil, err
	}
	for _, st := range now {
		if found[st.k.id].err == nil {
			continue
		}
		more = slices.DeleteFunc(more, func(w want) bool { return w.k.id == st.k.id })
		if err := s.leave(ctx, st.k); err != nil {
			return more, err
		}
		return more, nil // what was read before is not kept
	}
	err = s.change(ctx, gen, func(ctx context.Context, q db.Q, next int64) error {
		var rows [][]any
		for _, st := range now {
			days := found[st.k.id].days
			for _, d := range st.lost {
				if d >= st.begin && d < st.end && days[d] == nil {
					rows = append(rows, []any{st.k.id, d, next, []byte{}})
				}
			}
			for d, v := range days {
				rows = append(rows, []any{st.k.id, d, next, v.bytes()})
			}
		}
		if err := putDays(ctx, q, rows); err != nil {
			return err
		}
		for _, st := range now {
			if err := s.note(ctx, q, st); err != nil {
				return err
			}
		}
		return nil
	})
	return more, err
}

// next is what of a key is to be read first.
func (s *Service) next(ctx context.Context, q db.Q, w want) (st stretch, some bool, err error) {
	k := w.k
	st.want = w
	since, there, err := db.Value[int64](ctx, q, "SELECT since FROM measure_key WHERE id = $1", k.id)
	if err != nil {
		return st, false, err
	}
	st.there = there
	if there {
		if st.lost, err = db.All(ctx, q, db.Self[int64], "SELECT day FROM measure_day WHERE key = $1 AND data IS NULL ORDER BY day", k.id); err != nil {
			return st, false, err
		}
	}
	today := floor(hourOf(s.clock()), 24)
	switch {
	case len(st.lost) > 0:
		st.begin, st.end, st.since = st.lost[0], st.lost[0]+1, since
		for _, d := range st.lost { // days in a row, as far as one reading goes
			if d < st.begin+chunk {
				st.end = d + 1
			}
		}
		return st, true, nil
	case !there:
		real, err := exists(ctx, q, k.f)
		if err != nil || !real {
			return st, false, err
		}
		st.begin, st.end = max(min(w.from, today), today-chunk), floor(hourOf(forever()), 24)
		since = today + 1
		if k.m.Stock {
			st.begin = today - stockChunk
		}
	case since > w.from || k.m.Stock && since > 0:
		st.begin, st.end = max(w.from, since-chunk), since
		if k.m.Stock {
			st.begin = since - stockChunk
		}
	default:
		return st, false, nil
	}
	st.since = st.begin
	if k.m.Stock {
		first, _, err := db.One(ctx, q, func(t *time.Time) []any { return []any{db.At(t)} }, "SELECT MIN(opened_at) FROM conversation_span")
		if err != nil {
			return st, false, err
		}
		if first.IsZero() || floor(hourOf(first), 24) >= st.begin || st.begin <= 0 { // to its beginning
			st.begin, st.since = floor(hourOf(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)), 24), 0
		}
	}
	return st, true, nil
}

// note writes down how far a key is known.
func (s *Service) note(ctx context.Context, q db.Q, st stretch) error {
	k := st.k
	if st.there {
		_, err := db.Exec(ctx, q, "UPDATE measure_key SET since = CASE WHEN since < $1 THEN since ELSE $1 END WHERE id = $2", st.since, k.id)
		return err
	}
	if err := s.makeRoom(ctx, q); err != nil {
		return err
	}
	filter, _ := json.Marshal(k.f) // texts always marshal
	_, err := db.Exec(ctx, q, "INSERT INTO measure_key (id, measure, filter, since, asked_at) VALUES ($1, $2, $3, $4, $5)", k.id, k.m.ID, string(filter), st.since, db.T(s.clock()))
	return err
}

// Anew forgets all that is kept and reads it again from the rows, as far back as it was known.
func (s *Service) Anew(ctx context.Context) error {
	var keys []keeping
	var stands map[string]standing
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		if keys, stands, err = s.keepings(ctx, q); err != nil {
			return err
		}
		for _, table := range []string{"measure_key", "measure_day", "measure_touch", "measure_stale"} {
			if _, err := db.Exec(ctx, q, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		_, err = db.Exec(ctx, q, "UPDATE measure_gen SET gen = gen + 1 WHERE one = 1")
		return err
	})
	if err != nil {
		return fmt.Errorf("forget what measures keep: %w", err)
	}
	s.store.mu.Lock()
	s.store.keys, s.store.past, s.store.ends, s.store.asks = nil, nil, nil, nil
	s.store.items.Store(0)
	s.store.mu.Unlock()
	for _, k := range keys {
		s.want(k, stands[k.id].since)
	}
	if err := s.Roll(ctx); err != nil {
		return err
	}
	// To read all again is not to ask for it.
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		for id, was := range stands {
			if _, err := db.Exec(ctx, q, "UPDATE measure_key SET asked_at = $1 WHERE id = $2", db.T(was.asked), id); err != nil {
				return err
			}
		}
		return s.tellAsked(ctx, q) // what was asked for meanwhile
	})
}
