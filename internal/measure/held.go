package measure

import (
	"context"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
)

// held is what this process knows of a key, as it stood at gen: which days there are, and of those that were needed what they hold.
type held struct {
	gen   int64
	since int64           // the first day that is kept
	from  int64           // the first day that was looked for
	days  map[int64]*cell // nobody changes a map that others see
	order []int64         // of days
	sums  []int           // of a stock: what the days before each of order add up to, as far as they are known
	used  time.Time       // by a reader
}

// cell is a day of a key; gen is that of its last change, so two of the same gen hold the same.
type cell struct {
	gen     int64
	unknown bool
	d       atomic.Pointer[daily] // nil: not in memory
	seen    atomic.Int64          // when it was last needed, in seconds
}

// ever is a day before all others.
const ever = math.MinInt64

// between lists the days that hold something, from one to another.
func (h *held) between(from, to int64) []int64 {
	a, _ := slices.BinarySearch(h.order, from)
	b, _ := slices.BinarySearch(h.order, to+1)
	return h.order[a:max(a, b)]
}

// until adds up what a stock moved by before a day; whole is false when a day of those is not known, or must be read anew.
func (h *held) until(day int64) (sum int, whole bool) {
	i, _ := slices.BinarySearch(h.order, day)
	if i >= len(h.sums) {
		return 0, false
	}
	return h.sums[i], true
}

// add makes sums; all days must be in memory.
func (h *held) add() {
	sum := 0
	h.sums = append(make([]int, 0, len(h.order)+1), 0)
	for _, n := range h.order {
		d := h.days[n].d.Load()
		if h.days[n].unknown || d == nil || d.moved != 0 {
			return
		}
		for i := range d.items {
			sum += int(d.items[i].n)
		}
		h.sums = append(h.sums, sum)
	}
}

// recall brings what is held of a key from a day on to the moment of a view; nil when nothing is kept, or when it is newer than that moment.
func (s *Service) recall(ctx context.Context, v *view, k keeping, first int64) (*held, error) {
	gen, err := v.generation(ctx)
	if err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	h := s.store.keys[k.id]
	s.store.mu.Unlock()
	switch {
	case h != nil && h.gen == gen && h.from <= first:
		return h, nil
	case h != nil && h.gen > gen:
		return nil, nil
	}
	if first != ever { // the next who asks will look further back
		first = min(first, floor(hourOf(s.clock()), 24)-usual)
	}
	type row struct {
		since         int64
		oldest, newer *int64
	}
	r, ok, err := db.One(ctx, v.q, func(r *row) []any { return []any{&r.since, &r.oldest, &r.newer} }, `SELECT since,
		(SELECT MIN(gen) FROM measure_day WHERE key = $1), (SELECT MAX(gen) FROM measure_day WHERE key = $1) FROM measure_key WHERE id = $1`, k.id)
	if err != nil || !ok {
		return nil, err
	}
	next := &held{gen: gen, since: r.since, from: first, days: map[int64]*cell{}}
	switch {
	case r.oldest == nil: // nothing is counted
	case h == nil || *r.oldest > h.gen: // all is new: it may have been forgotten and kept again, and has no days of before then
		err = next.look(ctx, v.q, k.id, first, math.MaxInt64)
	default:
		next.from, next.days, next.order, next.sums = h.from, h.days, h.order, h.sums
		if *r.newer > h.gen || h.from > first {
			next.days, next.order, next.sums = make(map[int64]*cell, len(h.days)+1), nil, nil
			for n, c := range h.days {
				next.days[n] = c
			}
		}
		if *r.newer > h.gen {
			err = next.catchUp(ctx, v.q, k.id, h.gen)
		}
		if err == nil && h.from > first {
			next.from = first
			err = next.look(ctx, v.q, k.id, first, h.from)
		}
	}
	if err != nil {
		return nil, err
	}
	if next.order == nil {
		for n := range next.days {
			next.order = append(next.order, n)
		}
		slices.Sort(next.order)
	}
	if k.m.Stock && next.sums == nil {
		if err := s.load(ctx, v.q, k, next, next.order); err != nil {
			return nil, err
		}
		next.add()
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.keys == nil {
		s.store.keys = map[string]*held{}
	}
	if now := s.store.keys[k.id]; now != nil {
		if now.gen > next.gen || now.gen == next.gen && now.from <= next.from {
			return next, nil
		}
		next.used = now.used
	}
	s.store.keys[k.id] = next
	return next, nil
}

// look finds the days from one to before another.
func (h *held) look(ctx context.Context, q db.Q, key string, from, to int64) error {
	return h.note(ctx, q, "SELECT day, gen, CASE WHEN data IS NULL THEN 1 ELSE 0 END FROM measure_day WHERE key = $1 AND day >= $2 AND day < $3", key, from, to)
}

// catchUp finds the days that changed after a generation.
func (h *held) catchUp(ctx context.Context, q db.Q, key string, after int64) error {
	return h.note(ctx, q, "SELECT day, gen, CASE WHEN data IS NULL THEN 1 ELSE 0 END FROM measure_day WHERE key = $1 AND gen > $2", key, after)
}

func (h *held) note(ctx context.Context, q db.Q, query string, args ...any) error {
	type row struct {
		day, gen int64
		unknown  bool
	}
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.day, &r.gen, db.Bool(&r.unknown)} }, query, args...)
	for _, r := range rows {
		if r.day >= h.from {
			h.days[r.day] = &cell{gen: r.gen, unknown: r.unknown}
		}
	}
	return err
}

// load brings days into memory that are not there. The moment of q must be that of h.
func (s *Service) load(ctx context.Context, q db.Q, k keeping, h *held, days []int64) error {
	now := time.Now().Unix()
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, n := range days {
		c := h.days[n]
		c.seen.Store(now)
		if c.d.Load() == nil && !c.unknown {
			first, last = min(first, n), max(last, n)
		}
	}
	if first > last {
		return nil
	}
	type row struct {
		day, gen int64
		data     []byte
	}
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.day, &r.gen, &r.data} },
		"SELECT day, gen, data FROM measure_day WHERE key = $1 AND day >= $2 AND day <= $3 AND data IS NOT NULL", k.id, first, last)
	if err != nil {
		return err
	}
	for _, r := range rows {
		c := h.days[r.day]
		if c == nil || c.gen != r.gen || c.d.Load() != nil {
			continue
		}
		d, err := unpack(r.data)
		if err != nil {
			continue // read from the rows, and kept anew
		}
		if c.seen.Store(now); c.d.CompareAndSwap(nil, d) {
			s.store.items.Add(d.weight())
		}
	}
	s.makeLight(now)
	return nil
}

// makeLight lets days go that were not needed for a while, then more, until what is held is not too much.
func (s *Service) makeLight(now int64) {
	if s.store.items.Load() <= mostItems {
		return
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	for _, idle := range []int64{60, 5, 0} {
		items := int64(0)
		for _, h := range s.store.keys {
			for _, c := range h.days {
				d := c.d.Load()
				if d != nil && now-c.seen.Load() > idle {
					c.d.Store(nil)
					d = nil
				}
				if d != nil {
					items += d.weight()
				}
			}
		}
		s.store.items.Store(items)
		if items <= mostItems*3/4 {
			return
		}
	}
}
