package measure

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
)

// store is what this process has read of the kept days; the database is right, this is only quicker.
type store struct {
	mu     sync.Mutex
	known  map[wish]found
	keys   map[string]*held
	items  int // in all keys
	wanted map[string]want
	asks   map[string]time.Time // when readers last asked for keys, as far as the database was not told
	wake   chan struct{}        // something is to be put right, or to be kept
	told   chan struct{}        // facts came in

	epoch       atomic.Int64
	watched     atomic.Bool
	asked, used atomic.Int64 // readings that could stand on what is kept, and those that did
}

// wish is a measure with a filter.
type wish struct {
	id, version string
	f           Filter
}

type found struct {
	k  keeping
	ok bool
}

// held is what a key counted, as it stood at gen.
type held struct {
	gen   int64
	since int64            // the first day that is known
	days  map[int64]*daily // nil: not known now
	order []int64          // of days
	items int
	used  time.Time // by a reader; zero for what only the background reads
}

// between lists the days that hold something, from one to another.
func (h *held) between(from, to int64) []int64 {
	a, _ := slices.BinarySearch(h.order, from)
	b, _ := slices.BinarySearch(h.order, to+1)
	return h.order[a:max(a, b)]
}

// want is what somebody asked for and had to read directly.
type want struct {
	k    keeping
	from int64 // day
}

const (
	mostItems  = 4 << 20 // 64 MB
	mostWanted = 2000
	mostPieces = 80  // read apart; more are read together
	usual      = 200 // days that are kept of whatever is asked for: half a year by weeks is drawn of most
)

// keepingOf is kept, remembered.
func (s *Service) keepingOf(m kpi.Measure, f Filter) (keeping, bool) {
	w := wish{m.ID, m.Version, f}
	s.store.mu.Lock()
	v, ok := s.store.known[w]
	s.store.mu.Unlock()
	if ok {
		return v.k, v.ok
	}
	v.k, v.ok = kept(m, f)
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.known == nil || len(s.store.known) > 10_000 {
		s.store.known = map[wish]found{}
	}
	s.store.known[w] = v
	return v.k, v.ok
}

// generation is how far what is kept has come, in the moment that q reads.
func generation(ctx context.Context, q db.Q) (int64, error) {
	gen, _, err := db.Value[int64](ctx, q, "SELECT gen FROM measure_gen WHERE one = 1")
	return gen, err
}

// recall brings what is held of a key to the moment that q reads; nil when nothing is kept, or when it is newer than that moment.
func (s *Service) recall(ctx context.Context, q db.Q, k keeping) (*held, error) {
	gen, err := generation(ctx, q)
	if err != nil {
		return nil, err
	}
	s.store.mu.Lock()
	h := s.store.keys[k.id]
	s.store.mu.Unlock()
	if h != nil && h.gen == gen {
		return h, nil
	}
	if h != nil && h.gen > gen {
		return nil, nil
	}
	since, ok, err := db.Value[int64](ctx, q, "SELECT since FROM measure_key WHERE id = $1", k.id)
	if err != nil || !ok {
		return nil, err
	}
	next := &held{gen: gen, since: since, days: map[int64]*daily{}}
	after := int64(-1)
	if h != nil {
		after, next.days = h.gen, maps.Clone(h.days)
	}
	if err := next.catchUp(ctx, q, k.id, after); err != nil {
		return nil, err
	}
	if h != nil { // a key that was forgotten and is kept again has no days of before
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM measure_day WHERE key = $1", k.id)
		if err != nil {
			return nil, err
		}
		if n != len(next.days) {
			next.days = map[int64]*daily{}
			if err := next.catchUp(ctx, q, k.id, -1); err != nil {
				return nil, err
			}
		}
	}
	for n, d := range next.days {
		next.order = append(next.order, n)
		if d != nil {
			next.items += len(d.items) + 2
		}
	}
	slices.Sort(next.order)
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.keys == nil {
		s.store.keys = map[string]*held{}
	}
	if now := s.store.keys[k.id]; now != nil {
		if now.gen >= next.gen {
			return next, nil
		}
		s.store.items -= now.items
		next.used = now.used
	}
	s.store.keys[k.id] = next
	s.store.items += next.items
	for s.store.items > mostItems && len(s.store.keys) > 1 { // what was not read for longest goes
		oldest := ""
		for id, h := range s.store.keys {
			if id != k.id && (oldest == "" || h.used.Before(s.store.keys[oldest].used)) {
				oldest = id
			}
		}
		s.store.items -= s.store.keys[oldest].items
		delete(s.store.keys, oldest)
	}
	return next, nil
}

// catchUp reads the days that changed after a generation.
func (h *held) catchUp(ctx context.Context, q db.Q, key string, after int64) error {
	type row struct {
		day  int64
		data []byte
	}
	rows, err := db.All(ctx, q, func(r *row) []any { return []any{&r.day, &r.data} },
		"SELECT day, data FROM measure_day WHERE key = $1 AND gen > $2", key, after)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if r.data == nil {
			h.days[r.day] = nil // not known now
			continue
		}
		if h.days[r.day], err = unpack(r.data); err != nil {
			h.days[r.day] = nil
		}
	}
	return nil
}

// want notes that a key should be kept from a day on.
func (s *Service) want(k keeping, from int64) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.wanted == nil {
		s.store.wanted = map[string]want{}
	}
	if w, ok := s.store.wanted[k.id]; ok && w.from <= from || !ok && len(s.store.wanted) >= mostWanted {
		return
	}
	s.store.wanted[k.id] = want{k, from}
	select {
	case s.store.wake <- struct{}{}:
	default:
	}
}

// Keep lets a measure with a filter be kept from a moment on, where it can be, before anybody asks for it.
func (s *Service) Keep(m kpi.Measure, f Filter, from time.Time) {
	if k, ok := s.keepingOf(m, f); ok && accepts(m, f) == nil {
		s.asked(k)
		first := floor(hourOf(from), 24)
		if m.Stock {
			first = 0
		}
		s.want(k, first)
	}
}

// span is hours from to before to.
type span struct{ from, to int64 }

// unite sorts spans and joins those that meet.
func unite(list []span) []span {
	slices.SortFunc(list, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
	out := list[:0]
	for _, p := range list {
		if n := len(out); n > 0 && p.from <= out[n-1].to {
			out[n-1].to = max(out[n-1].to, p.to)
			continue
		}
		out = append(out, p)
	}
	return out
}

// dirty lists the hours between two in which something changed since they were put right.
func dirty(ctx context.Context, q db.Q, t thing, from, to int64) ([]int64, error) {
	places, err := db.All(ctx, q, db.Self[int64], `SELECT place FROM measure_touch WHERE place >= $1 AND place < $2 AND place % 4 = $3
		UNION SELECT place FROM measure_stale WHERE place >= $1 AND place < $2 AND place % 4 = $3`, from*int64(things), to*int64(things), int64(t))
	for i := range places {
		places[i] = floor(places[i], int64(things))
	}
	return places, err
}

// rolled reads the facts between cuts: whole hours from the days that are kept, the rest from the rows themselves. ok is false when
// reading everything directly is as good.
func (s *Service) rolled(ctx context.Context, k keeping, a kpi.Ask) (list []kpi.Fact, ok bool, err error) {
	s.store.asked.Add(1)
	err = s.db.Snapshot(ctx, func(q db.Q) error {
		list, ok, err = s.rolledAt(ctx, q, k, a)
		return err
	})
	if ok {
		s.store.used.Add(1)
	}
	return list, ok, err
}

func (s *Service) rolledAt(ctx context.Context, q db.Q, k keeping, a kpi.Ask) (list []kpi.Fact, ok bool, err error) {
	from, to := hourOf(a.From()), hourOf(a.To().Add(time.Hour-time.Microsecond))
	cuts := a.Cuts
	if k.m.Stock && a.To().After(a.Now) {
		cuts = slices.Clone(cuts)
		for i := range cuts {
			if cuts[i].After(a.Now) {
				cuts[i] = a.Now
			}
		}
		to = min(to, hourOf(a.Now.Add(time.Hour-time.Microsecond)))
	}
	end := cuts[len(cuts)-1]
	h, err := s.recall(ctx, q, k)
	if err != nil {
		return nil, false, fmt.Errorf("read what is kept: %w", err)
	}
	if h != nil {
		s.asked(k)
	}
	first := floor(from, 24)
	if k.m.Stock {
		first = 0
	}
	if h == nil || h.since > first {
		s.want(k, min(first, max(0, floor(hourOf(a.Now), 24)-usual)))
	}
	if h == nil || h.since > floor(to-1, 24) || k.m.Stock && h.since > 0 {
		return nil, false, nil
	}
	begin := from
	if k.m.Stock {
		begin = 0
		if len(h.order) > 0 {
			begin = min(0, h.order[0]*24)
		}
	}
	touched, err := dirty(ctx, q, k.thing, begin, to)
	if err != nil {
		return nil, false, fmt.Errorf("read what changed: %w", err)
	}
	var apart []span
	for _, hour := range touched {
		apart = append(apart, span{hour, hour + 1})
	}
	for _, c := range cuts { // hours that a cut goes through; those at the ends are read in part
		if hour := hourOf(c); !startOfHour(hour).Equal(c) {
			apart = append(apart, span{hour, hour + 1})
		}
	}
	if h.since > floor(from, 24) {
		apart = append(apart, span{from, h.since * 24})
	}
	lost := false
	within := h.between(floor(begin, 24), floor(to-1, 24))
	for _, d := range within {
		day := h.days[d]
		if day == nil {
			apart, lost = append(apart, span{d * 24, d*24 + 24}), true
			continue
		}
		for m, hour := day.moved, int64(0); m != 0; m, hour = m>>1, hour+1 {
			if m&1 != 0 {
				apart = append(apart, span{d*24 + hour, d*24 + hour + 1})
			}
		}
	}
	if lost {
		s.want(k, first)
	}
	apart = unite(apart)
	if len(apart) > mostPieces {
		return nil, false, nil
	}
	c := counting{k: k, cuts: cuts, now: a.Now, stock: k.m.Stock}
	if k.m.Unit == kpi.Seconds { // one fact a wait: the list would be copied again and again
		n := 0
		for _, d := range within {
			if day := h.days[d]; day != nil {
				n += len(day.items)
			}
		}
		c.list = make([]kpi.Fact, 0, n+n/8)
	}
	i := 0
	for _, d := range within {
		day := h.days[d]
		if day == nil || d < h.since {
			continue
		}
		for n := range day.items {
			hour := d*24 + int64(day.items[n].hour)
			for i < len(apart) && apart[i].to <= hour {
				i++
			}
			if hour < begin || hour >= to || i < len(apart) && apart[i].from <= hour {
				continue
			}
			c.add(hour, day, n)
		}
	}
	list = c.facts()
	low, high := a.From(), end
	if k.m.Stock {
		low = startOfHour(begin)
	}
	for _, p := range apart {
		piece, to := startOfHour(p.from), startOfHour(p.to)
		if piece.Before(low) {
			piece = low
		}
		if to.After(high) {
			to = high
		}
		if !piece.Before(to) {
			continue
		}
		facts, err := raw(ctx, q, k.m, a, cuts, piece, to)
		if err != nil {
			return nil, false, err
		}
		list = append(list, facts...)
	}
	if k.m.Stock { // what was before is one fact
		before, rest := 0, list[:0]
		for _, f := range list {
			if f.At.Before(a.From()) {
				before += f.N
				continue
			}
			rest = append(rest, f)
		}
		part := k.m.Parts[0].ID
		list = append(rest, kpi.Fact{At: a.From().Add(-time.Microsecond), Part: part, N: before})
	}
	if k.m.Confused {
		for i := range list {
			list[i].By = a.Sentiment
		}
	}
	return list, true, nil
}

// raw reads the facts from a moment to another from the rows, told apart by the cuts between.
func raw(ctx context.Context, q db.Q, m kpi.Measure, a kpi.Ask, cuts []time.Time, from, to time.Time) ([]kpi.Fact, error) {
	inner := []time.Time{from}
	i := sort.Search(len(cuts), func(i int) bool { return cuts[i].After(from) })
	for ; i < len(cuts) && cuts[i].Before(to); i++ {
		if !cuts[i].Equal(inner[len(inner)-1]) {
			inner = append(inner, cuts[i])
		}
	}
	a.Cuts = append(inner, to)
	if m.Stock {
		return m.Changes(ctx, q, a)
	}
	return m.Read(ctx, q, a)
}

// counting adds kept facts up between cuts.
type counting struct {
	k     keeping
	cuts  []time.Time
	now   time.Time
	stock bool
	place int // the cut that the last fact followed
	sums  map[group]*kpi.Fact
	list  []kpi.Fact
}

type group struct {
	cut      int
	part     uint8
	currency string
}

// add counts an item; they come in order of hours.
func (c *counting) add(hour int64, d *daily, n int) {
	at, it := startOfHour(hour), d.items[n]
	for c.place < len(c.cuts) && !c.cuts[c.place].After(at) {
		c.place++
	}
	if int(it.part) >= len(c.k.m.Parts) {
		return
	}
	if it.wait != 0 || it.open || it.running || c.k.m.Unit == kpi.Seconds {
		wait := time.Duration(it.wait) * time.Microsecond
		if it.running {
			wait = max(0, c.now.Sub(time.UnixMicro(it.wait)))
		}
		for range it.n { // waits are counted one by one
			c.list = append(c.list, kpi.Fact{At: at, Part: c.k.m.Parts[it.part].ID, N: 1, For: wait, Open: it.open})
		}
		return
	}
	g := group{cut: c.place, part: it.part}
	var s sum
	if d.sums != nil {
		s = d.sums[n]
		g.currency = s.currency
	}
	if c.sums == nil {
		c.sums = map[group]*kpi.Fact{}
	}
	f := c.sums[g]
	if f == nil {
		f = &kpi.Fact{At: at, Part: c.k.m.Parts[it.part].ID, Currency: s.currency}
		c.sums[g] = f
	}
	f.N += int(it.n)
	f.Sum += s.sum
	f.Squares += s.squares
}

func (c *counting) facts() []kpi.Fact {
	out := slices.Grow(c.list, len(c.sums))
	for _, f := range c.sums {
		out = append(out, *f)
	}
	return out
}

// days packs facts that were read now and, where they may move as time goes by, once more as of a moment after everything. Hours whose facts
// differ by more than waits that go on are marked.
func days(k keeping, now []kpi.Fact, at time.Time, later []kpi.Fact) (map[int64]*daily, error) {
	out := map[int64]*daily{}
	type hourly struct{ now, later []kpi.Fact }
	hours := map[int64]*hourly{}
	sortInto := func(list []kpi.Fact, later bool) {
		for _, f := range list {
			h := hours[hourOf(f.At)]
			if h == nil {
				h = &hourly{}
				hours[hourOf(f.At)] = h
			}
			if later {
				h.later = append(h.later, f)
			} else {
				h.now = append(h.now, f)
			}
		}
	}
	sortInto(now, false)
	if k.moving {
		sortInto(later, true)
	}
	order := make([]int64, 0, len(hours))
	for h := range hours {
		order = append(order, h)
	}
	slices.Sort(order)
	for _, h := range order {
		d := out[floor(h, 24)]
		if d == nil {
			d = &daily{}
			out[floor(h, 24)] = d
		}
		items, sums, still, err := hourItems(k, hours[h].now, at, hours[h].later)
		if err != nil {
			return nil, err
		}
		hour := uint8(h - floor(h, 24)*24)
		if !still {
			d.moved |= 1 << hour
			continue
		}
		for i := range items {
			items[i].hour = hour
		}
		d.items = append(d.items, items...)
		if sums != nil {
			d.sums = append(d.sums, sums...)
		}
	}
	return out, nil
}

// errOpenParts says that a measure counts parts that it does not name.
var errOpenParts = errors.New("a measure counts a part that it does not name")

// leave stops keeping a key.
func (s *Service) leave(ctx context.Context, k keeping) error {
	s.store.mu.Lock()
	s.store.known[wish{k.m.ID, k.m.Version, k.f}] = found{}
	s.store.mu.Unlock()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := lockGen(ctx, q); err != nil {
			return err
		}
		return drop(ctx, q, []string{k.id})
	})
}

// alike is what items of an hour are gathered by.
type alike struct {
	part          uint8
	open, running bool
	wait          int64
	currency      string
}

// gather makes items of the facts of an hour, read as of asked.
func gather(k keeping, list []kpi.Fact, asked time.Time) (items []item, sums []sum, err error) {
	place := make(map[alike]int, min(len(list), 64))
	add := false
	for i := range list {
		add = add || list[i].Sum != 0 || list[i].Squares != 0 || list[i].Currency != ""
	}
	for i := range list {
		f := &list[i]
		part, ok := partOf(k.m, f.Part)
		if !ok {
			return nil, nil, errOpenParts
		}
		by := alike{part: part, open: f.Open, wait: f.For.Microseconds(), currency: f.Currency}
		if asked.Equal(forever()) && f.For > 100*365*day {
			by.running, by.wait = true, asked.UnixMicro()-by.wait
		}
		n, there := place[by]
		if !there {
			n = len(items)
			place[by] = n
			items = append(items, item{part: part, open: f.Open, running: by.running, wait: by.wait})
			if add {
				sums = append(sums, sum{currency: f.Currency})
			}
		}
		items[n].n += int32(f.N)
		if add {
			sums[n].sum += f.Sum
			sums[n].squares += f.Squares
		}
	}
	return items, sums, nil
}

// hourItems makes items of the facts of an hour; still is false when they differ from those of a later moment by more than waits that go on.
func hourItems(k keeping, now []kpi.Fact, at time.Time, later []kpi.Fact) (items []item, sums []sum, still bool, err error) {
	if !k.moving {
		items, sums, err = gather(k, now, at)
		return items, sums, true, err
	}
	if items, sums, err = gather(k, later, forever()); err != nil {
		return nil, nil, false, err
	}
	seen, seenSums, err := gather(k, now, at)
	if err != nil {
		return nil, nil, false, err
	}
	type total struct {
		n            int32
		sum, squares float64
	}
	totals := func(items []item, sums []sum) map[alike]total {
		out := make(map[alike]total, len(items))
		for i, it := range items {
			by := alike{part: it.part, open: it.open, wait: it.wait}
			if it.running {
				by.wait = max(0, at.UnixMicro()-it.wait)
			}
			s := sum{}
			if sums != nil {
				s = sums[i]
				by.currency = s.currency
			}
			t := out[by]
			out[by] = total{t.n + it.n, t.sum + s.sum, t.squares + s.squares}
		}
		return out
	}
	return items, sums, maps.Equal(totals(items, sums), totals(seen, seenSums)), nil
}
