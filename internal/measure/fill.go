package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
)

const chunk = 31 // days that are read at once

// fill reads some of what is wanted and not known, the newest days first; more is false when nothing is left.
func (s *Service) fill(ctx context.Context, w want) (more bool, err error) {
	k := w.k
	var gen, since int64
	var days map[int64]*daily
	var there, real bool
	var lost []int64
	begin, end := int64(0), int64(0)
	err = s.db.Snapshot(ctx, func(q db.Q) (err error) {
		if gen, err = generation(ctx, q); err != nil {
			return err
		}
		if since, there, err = db.Value[int64](ctx, q, "SELECT since FROM measure_key WHERE id = $1", k.id); err != nil {
			return err
		}
		if there {
			if lost, err = db.All(ctx, q, db.Self[int64], "SELECT day FROM measure_day WHERE key = $1 AND data IS NULL ORDER BY day", k.id); err != nil {
				return err
			}
		}
		today := floor(hourOf(s.clock()), 24)
		from, to := time.Time{}, time.Time{}
		switch {
		case len(lost) > 0:
			begin, end = lost[0], lost[0]+1
			for _, d := range lost { // days in a row, as far as one reading goes
				if d < begin+chunk {
					end = d + 1
				}
			}
			from, to = startOfHour(begin*24), startOfHour(end*24)
		case !there:
			if real, err = exists(ctx, q, k.f); err != nil || !real {
				return err
			}
			begin, end = max(min(w.from, today), today-chunk), floor(hourOf(forever()), 24)
			if k.m.Stock {
				begin = floor(hourOf(time.Date(1, 1, 2, 0, 0, 0, 0, time.UTC)), 24)
			}
			from, to = startOfHour(begin*24), startOfHour(end*24)
		case since > w.from:
			begin, end = max(w.from, since-chunk), since
			from, to = startOfHour(begin*24), startOfHour(end*24)
		default:
			return nil
		}
		days, err = s.readDays(ctx, q, k, from, to)
		return err
	})
	if err != nil || end == 0 && begin == 0 {
		return false, err
	}
	err = s.change(ctx, gen, func(ctx context.Context, q db.Q, next int64) error {
		var rows [][]any
		for _, d := range lost {
			if d >= begin && d < end && days[d] == nil {
				rows = append(rows, []any{k.id, d, next, []byte{}})
			}
		}
		for d, v := range days {
			rows = append(rows, []any{k.id, d, next, v.bytes()})
		}
		if err := putDays(ctx, q, rows); err != nil {
			return err
		}
		if !there {
			if err := s.makeRoom(ctx, q); err != nil {
				return err
			}
			filter, _ := json.Marshal(k.f) // texts always marshal
			since := begin
			if k.m.Stock {
				since = 0
			}
			_, err := db.Exec(ctx, q, "INSERT INTO measure_key (id, measure, filter, since, asked_at) VALUES ($1, $2, $3, $4, $5)", k.id, k.m.ID, string(filter), since, db.T(s.clock()))
			return err
		}
		_, err := db.Exec(ctx, q, "UPDATE measure_key SET since = CASE WHEN since < $1 THEN since ELSE $1 END WHERE id = $2", begin, k.id)
		return err
	})
	return true, err
}

// readDays reads what a key counts between two hours.
func (s *Service) readDays(ctx context.Context, q db.Q, k keeping, from, to time.Time) (map[int64]*daily, error) {
	now := s.clock()
	cuts := []time.Time{from, to}
	read := func(at time.Time) ([]kpi.Fact, error) {
		return raw(ctx, q, k.m, kpi.Ask{Cuts: cuts, Now: at, Filter: k.f}, cuts, from, to)
	}
	list, err := read(now)
	if err != nil {
		return nil, err
	}
	var later []kpi.Fact
	if k.moving {
		if later, err = read(forever()); err != nil {
			return nil, err
		}
	}
	return days(k, list, now, later)
}

// Anew forgets all that is kept and reads it again from the rows, as far back as it was known.
func (s *Service) Anew(ctx context.Context) error {
	var keys []keeping
	var since map[string]int64
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		if keys, since, err = s.keepings(ctx, q); err != nil {
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
		s.want(k, since[k.id])
	}
	return s.Roll(ctx)
}
