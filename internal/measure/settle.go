package measure

import (
	"bytes"
	"context"
	"encoding/json"
	"maps"
	"runtime"
	"time"

	"github.com/entente/entente/internal/db"
)

const (
	mostTouched = 3000 // hours put right at once
	mostAtOnce  = 60   // pieces of a key read one by one; more are forgotten and read anew together
)

// keyRow is a key as it is stored.
type keyRow struct {
	id, measure, filter string
	since               int64
	asked               time.Time
}

// standing is how a key is kept.
type standing struct {
	since int64     // the first day
	asked time.Time // when a reader asked for it last, as far as this node knows
}

// keepings lists what is kept and can be read by this program.
func (s *Service) keepings(ctx context.Context, q db.Q) (out []keeping, stands map[string]standing, err error) {
	rows, err := db.All(ctx, q, func(r *keyRow) []any { return []any{&r.id, &r.measure, &r.filter, &r.since, db.At(&r.asked)} }, "SELECT id, measure, filter, since, asked_at FROM measure_key")
	if err != nil {
		return nil, nil, err
	}
	s.store.mu.Lock()
	asks := maps.Clone(s.store.asks)
	s.store.mu.Unlock()
	stands = map[string]standing{}
	for _, r := range rows {
		var f Filter
		if json.Unmarshal([]byte(r.filter), &f) != nil {
			continue
		}
		m, err := s.piece(ctx, r.measure, f)
		if err != nil {
			continue // of another version, or gone: forgotten in time
		}
		if k, ok := s.keepingOf(m, f); ok && k.id == r.id {
			out = append(out, k)
			stands[k.id] = standing{r.since, r.asked}
			if here := asks[k.id]; here.After(r.asked) {
				stands[k.id] = standing{r.since, here}
			}
		}
	}
	return out, stands, nil
}

// settle puts right the hours that changed, and says how many there were.
func (s *Service) settle(ctx context.Context) (int, error) {
	some, _, err := db.Value[int](ctx, s.db.Read(), "SELECT 1 FROM (SELECT place FROM measure_touch UNION ALL SELECT place FROM measure_stale) x LIMIT 1")
	if err != nil || some == 0 {
		return 0, err
	}
	s.store.settling.Store(true)
	defer s.store.settling.Store(false)
	// First they are set aside: what changes from here on is noted anew.
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		places, err := db.All(ctx, q, db.Self[int64], "DELETE FROM measure_touch WHERE place IN (SELECT place FROM measure_touch"+db.Limit(mostTouched)+") RETURNING place")
		if err != nil {
			return err
		}
		seen := map[int64]bool{}
		var rows [][]any
		for _, p := range places {
			if !seen[p] {
				seen[p] = true
				rows = append(rows, []any{p})
			}
		}
		if len(rows) == 0 {
			return nil
		}
		if _, err := db.Exec(ctx, q, "UPDATE measure_gen SET gen = gen + 1 WHERE one = 1"); err != nil {
			return err
		}
		return db.Insert(ctx, q, "measure_stale (place)", rows, "ON CONFLICT DO NOTHING")
	})
	if err != nil {
		return 0, err
	}
	var gen int64
	var places []int64
	type written struct {
		key  string
		day  int64
		data []byte
	}
	var out []written
	var left *keeping
	err = s.db.Snapshot(ctx, func(q db.Q) error {
		out = nil
		if gen, err = generation(ctx, q); err != nil {
			return err
		}
		if places, err = db.All(ctx, q, db.Self[int64], "SELECT place FROM measure_stale ORDER BY place"+db.Limit(mostTouched)); err != nil {
			return err
		}
		lately, hours := s.clock().Add(-s.lately), make([][]span, things)
		for _, p := range places {
			t, h := placed(p)
			hours[t] = append(hours[t], span{h, h + 1})
		}
		for t := range hours {
			hours[t] = unite(hours[t])
		}
		keys, stands, err := s.keepings(ctx, q)
		if err != nil {
			return err
		}
		for t := range things {
			list := hours[t]
			if len(list) == 0 {
				continue
			}
			var near, resting []keeping
			for _, k := range keys {
				if k.thing != t || list[len(list)-1].to <= stands[k.id].since*24 {
					continue
				}
				if len(list) <= mostAtOnce {
					if stands[k.id].asked.Before(lately) {
						resting = append(resting, k)
					} else {
						near = append(near, k)
					}
					continue
				}
				for d := range daysIn(list, stands[k.id].since) {
					out = append(out, written{k.id, d, nil})
				}
				s.want(k, stands[k.id].since)
			}
			unknown, err := unknownOf(ctx, q, resting, daysIn(list, ever))
			if err != nil {
				return err
			}
			for _, k := range resting {
				for d := range daysIn(list, stands[k.id].since) {
					if !unknown[k.id][d] {
						out = append(out, written{k.id, d, nil})
					}
				}
				s.rest(k, stands[k.id].since)
			}
			if len(near) == 0 {
				continue
			}
			before, err := daysOf(ctx, q, near, daysIn(list, ever))
			if err != nil {
				return err
			}
			fresh := map[string]map[int64]*daily{}
			ahead := map[string]map[int64]bool{} // days with something that is still to come: who knew of none must look again
			for _, p := range list {
				found, err := s.readTogether(ctx, q, near, startOfHour(p.from), startOfHour(p.to))
				if err != nil {
					return err
				}
				for _, k := range near {
					from := max(p.from, stands[k.id].since*24)
					if from >= p.to {
						continue
					}
					c := found[k.id]
					if c.err != nil {
						left = &k
						return c.err
					}
					if fresh[k.id] == nil {
						fresh[k.id], ahead[k.id] = map[int64]*daily{}, map[int64]bool{}
					}
					for d := floor(from, 24); d <= floor(p.to-1, 24); d++ {
						ahead[k.id][d] = ahead[k.id][d] || c.ahead
						was, there := before[k.id][d]
						old := was.d
						if fresh[k.id][d] != nil {
							old = fresh[k.id][d]
						} else if there && old == nil {
							continue // not known as a whole; it will be read as one
						}
						fresh[k.id][d] = splice(old, c.days[d], max(from-d*24, 0), min(p.to-d*24, 24))
					}
				}
				runtime.Gosched() // pages come first
			}
			for key, days := range fresh {
				for d, v := range days {
					data := v.bytes()
					if was, there := before[key][d]; (!there && len(data) == 0 || there && was.d != nil && bytes.Equal(was.data, data)) && !ahead[key][d] {
						continue // what stands on it stays as it is
					}
					out = append(out, written{key, d, data})
				}
			}
		}
		return nil
	})
	if left != nil {
		return 1, s.leave(ctx, *left)
	}
	if err != nil {
		return 0, err
	}
	err = s.change(ctx, gen, func(ctx context.Context, q db.Q, next int64) error {
		rows := make([][]any, len(out))
		for i, w := range out {
			rows[i] = []any{w.key, w.day, next, blob(w.data)}
		}
		if err := putDays(ctx, q, rows); err != nil {
			return err
		}
		if len(places) == 0 {
			return nil
		}
		_, err := db.Exec(ctx, q, "DELETE FROM measure_stale WHERE place >= $1 AND place <= $2", places[0], places[len(places)-1])
		return err
	})
	return max(1, len(places)), err
}

// packed is a day as it is stored; d is nil when it is not known.
type packed struct {
	data []byte
	d    *daily
}

// daysIn is the days that hours touch, from one on.
func daysIn(list []span, first int64) map[int64]bool {
	out := map[int64]bool{}
	for _, p := range list {
		for d := max(first, floor(p.from, 24)); d <= floor(p.to-1, 24); d++ {
			out[d] = true
		}
	}
	return out
}

// daysOf reads days of keys.
func daysOf(ctx context.Context, q db.Q, keys []keeping, days map[int64]bool) (map[string]map[int64]packed, error) {
	out := map[string]map[int64]packed{}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i], out[k.id] = k.id, map[int64]packed{}
	}
	among := db.Texts(ids)
	type row struct {
		key     string
		data    []byte
		unknown bool
	}
	for d := range days {
		// An empty text and NULL, a day that holds nothing and one that is not known, are both read as nil on SQLite.
		rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.key, &r.data, db.Bool(&r.unknown)} },
			"SELECT key, data, CASE WHEN data IS NULL THEN 1 ELSE 0 END FROM measure_day WHERE key IN "+db.Among(q, "$1")+" AND day = $2", among, d)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			p := packed{data: r.data}
			if !r.unknown {
				if p.d, err = unpack(r.data); err != nil {
					p.d = nil
				}
			}
			out[r.key][d] = p
		}
	}
	return out, nil
}

// unknownOf says which days of keys are not known already.
func unknownOf(ctx context.Context, q db.Q, keys []keeping, days map[int64]bool) (map[string]map[int64]bool, error) {
	out := map[string]map[int64]bool{}
	if len(keys) == 0 {
		return out, nil
	}
	ids := make([]string, len(keys))
	for i, k := range keys {
		ids[i], out[k.id] = k.id, map[int64]bool{}
	}
	among := db.Texts(ids)
	for d := range days {
		list, err := db.All(ctx, q, db.Self[string], "SELECT key FROM measure_day WHERE key IN "+db.Among(q, "$1")+" AND day = $2 AND data IS NULL", among, d)
		if err != nil {
			return nil, err
		}
		for _, key := range list {
			out[key][d] = true
		}
	}
	return out, nil
}

// blob is NULL for nothing known.
func blob(b []byte) any {
	if b == nil {
		return nil
	}
	return b
}

func putDays(ctx context.Context, q db.Q, rows [][]any) error {
	return db.Insert(ctx, q, "measure_day (key, day, gen, data)", rows, "ON CONFLICT (key, day) DO UPDATE SET gen = excluded.gen, data = excluded.data")
}

// splice puts the hours from one to another of a day anew.
func splice(old, part *daily, from, to int64) *daily {
	out := &daily{}
	take := func(d *daily, in func(h int64) bool) {
		if d == nil {
			return
		}
		for h := range int64(24) {
			if in(h) && d.moved&(1<<h) != 0 {
				out.moved |= 1 << h
			}
		}
		for i, it := range d.items {
			if in(int64(it.hour)) {
				out.add(d, i, it.hour)
			}
		}
	}
	take(old, func(h int64) bool { return h < from })
	take(part, func(h int64) bool { return h >= from && h < to })
	take(old, func(h int64) bool { return h >= to })
	return out
}
