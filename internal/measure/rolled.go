package measure

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"sync"
	"sync/atomic"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/sorting"
)

// store is what this process has read of the kept days; the database is right, this is only quicker.
type store struct {
	mu     sync.Mutex
	known  map[wish]found
	keys   map[string]*held
	items  atomic.Int64 // of days in memory
	past   map[recollection]*remembered
	ends   map[string]ending
	wanted map[string]want
	rested map[string]want      // keys with days that were not put right, since nobody asked for them lately
	asks   map[string]time.Time // when readers last asked for keys, as far as the database was not told
	wake   chan struct{}        // something is to be put right, or to be kept
	told   chan struct{}        // facts came in

	epoch       atomic.Int64
	watched     atomic.Bool
	settling    atomic.Bool
	asked, used atomic.Int64 // readings that could stand on what is kept, and those that did
	reminded    atomic.Int64 // numbers that were remembered
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

// want is what somebody asked for and had to read directly.
type want struct {
	k    keeping
	from int64 // day
}

const (
	mostItems  = 4 << 20 // 64 MB
	mostPast   = 20_000  // numbers that are remembered
	mostWanted = 2000
	mostPieces = 80  // read apart; of more, those near each other are read together
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
	poke(s.store.wake)
}

// rest notes that days of a key are not known, and are put right when somebody asks, or with others from time to time.
func (s *Service) rest(k keeping, from int64) {
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.rested == nil {
		s.store.rested = map[string]want{}
	}
	s.store.rested[k.id] = want{k, from}
}

// wakeRested lets days that were not put right be so now.
func (s *Service) wakeRested() {
	s.store.mu.Lock()
	list := s.store.rested
	s.store.rested = nil
	s.store.mu.Unlock()
	for _, w := range list {
		s.want(w.k, w.from)
	}
}

// Keep lets a measure with a filter be kept from a moment on, where it can be, before anybody asks for it.
func (s *Service) Keep(ctx context.Context, m kpi.Measure, f Filter, from time.Time) {
	if k, ok := s.keepingOf(m, f); ok && Accepts(m, f) == nil {
		s.asked(ctx, k)
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
	sorting.Func(list, func(a, b span) int { return int(min(max(a.from-b.from, -1), 1)) })
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

// fewer joins the pieces that lie nearest to each other until they are not too many.
func fewer(list []span) []span {
	for gap := int64(1); len(list) > mostPieces; gap *= 2 {
		out := list[:1]
		for _, p := range list[1:] {
			if last := &out[len(out)-1]; p.from-last.to <= gap {
				last.to = p.to
			} else {
				out = append(out, p)
			}
		}
		list = out
	}
	return list
}

// reading is facts that were read, and what is known of how they were.
type reading struct {
	list    []kpi.Fact
	h       *held
	apart   []span // read from the rows
	running []running
}

// rolled reads the facts between cuts: whole hours from the days that are kept, the rest from the rows themselves. ok is false when
// reading everything directly is as good.
func (s *Service) rolled(ctx context.Context, v *view, k keeping, a kpi.Ask) (out reading, ok bool, err error) {
	from, to := hourOf(a.From()), hourOf(a.To().Add(time.Hour-time.Microsecond))
	cuts := a.Cuts
	a.Periods = k.periods()
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
	first := floor(from, 24)
	if k.m.Stock {
		first = ever
	}
	h, err := s.recall(ctx, v, k, first)
	if err != nil {
		return out, false, fmt.Errorf("read what is kept: %w", err)
	}
	if h != nil {
		s.asked(ctx, k)
	}
	if k.m.Stock {
		first = 0
	}
	if h == nil || h.since > first {
		s.want(k, min(first, max(0, floor(hourOf(a.Now), 24)-usual)))
	}
	if h == nil || h.since > floor(to-1, 24) || k.m.Stock && h.since > 0 {
		return out, false, nil
	}
	out.h = h
	begin, before := from, 0
	if k.m.Stock {
		begin = 0
		if len(h.order) > 0 {
			begin = min(0, h.order[0]*24)
		}
	}
	touched, err := v.dirty(ctx, k.thing, begin, to)
	if err != nil {
		return out, false, fmt.Errorf("read what changed: %w", err)
	}
	var apart []span
	for _, hour := range touched {
		apart = append(apart, span{hour, hour + 1})
	}
	for i, c := range cuts { // hours that a cut goes through; those at the ends are read in part
		hour := hourOf(c)
		if startOfHour(hour).Equal(c) {
			continue
		}
		if i == len(cuts)-1 && !slices.Contains(touched, hour) {
			if last, err := s.ended(ctx, v, k, a, h, c); err != nil {
				return out, false, err
			} else if last {
				continue // nothing of that hour comes after the cut
			}
		}
		apart = append(apart, span{hour, hour + 1})
	}
	edge := hourOf(a.Now.Add(-k.m.Ripens))
	if k.m.Ripens > 0 && edge >= begin && edge < to {
		apart = append(apart, span{edge, edge + 1})
	}
	if h.since > floor(from, 24) {
		apart = append(apart, span{from, h.since * 24})
	}
	if k.m.Stock { // days that are over are added up already
		if early := floor(from, 24); !slices.ContainsFunc(apart, func(p span) bool { return p.from < early*24 }) {
			if sum, whole := h.until(early); whole {
				begin, before = max(begin, early*24), sum
			}
		}
	}
	lost := false
	within := h.between(floor(begin, 24), floor(to-1, 24))
	if err := s.load(ctx, v.q, k, h, within); err != nil {
		return out, false, fmt.Errorf("read what is kept: %w", err)
	}
	days := make([]*daily, len(within))
	for i, d := range within {
		day := h.days[d].d.Load()
		if h.days[d].unknown || day == nil {
			apart, lost = append(apart, span{d * 24, d*24 + 24}), true
			continue
		}
		days[i] = day
		for m, hour := day.moved, int64(0); m != 0; m, hour = m>>1, hour+1 {
			if m&1 != 0 {
				apart = append(apart, span{d*24 + hour, d*24 + hour + 1})
			}
		}
	}
	if lost {
		s.want(k, first)
	}
	apart = fewer(unite(apart))
	out.apart = apart
	c := counting{k: k, cuts: cuts, now: a.Now, stock: k.m.Stock, edge: edge}
	if k.m.Clock == kpi.Business {
		c.working = a.Working
	}
	if k.m.Unit == kpi.Seconds { // one fact a wait: the list would be copied again and again
		n := 0
		for _, day := range days {
			if day != nil {
				n += len(day.items)
			}
		}
		c.list = make([]kpi.Fact, 0, n+n/8)
	}
	i := 0
	for at, d := range within {
		day := days[at]
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
	list := c.facts()
	if k.when && a.Zone != nil {
		for i := range list {
			list[i].At = list[i].At.In(a.Zone)
		}
	}
	if k.spread {
		earlier := a
		earlier.Periods = kpi.Begun
		facts, err := k.m.Read(ctx, v.q, earlier)
		if err != nil {
			return out, false, err
		}
		list = append(list, facts...)
	}
	out.running = c.running
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
		facts, err := raw(ctx, v.q, k.m, a, cuts, piece, to)
		if err != nil {
			return out, false, err
		}
		list = append(list, facts...)
	}
	if k.m.Stock { // what was before is one fact
		rest := list[:0]
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
	out.list = list
	return out, true, nil
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
