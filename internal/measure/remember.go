package measure

import (
	"context"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
)

// recollection names a number: of a key, from one hour to before another.
type recollection struct {
	key      string
	from, to int64
	by       string // the zone where days are counted, the hours where those are
}

func (k keeping) recollection(a kpi.Ask, from, to int64) recollection {
	r := recollection{key: k.id, from: from, to: to}
	if k.m.Between != nil && a.Zone != nil {
		r.by = a.Zone.String()
	}
	if h, ok := a.Hours.(openingHours); ok {
		r.by += h.text
	}
	return r
}

// remembered is the number of a window of whole hours, and what it stands on: while the days are the same and nothing in them is being put
// right, it is the same but for the longest wait that goes on.
type remembered struct {
	r         Result
	gens      []int64   // day and gen in turn
	now       time.Time // as of which it was made
	until     int64     // microseconds: from then on it is another
	longest   int64     // microseconds: when the wait began that goes on and is the longest of all; 0 where none is
	sentiment *stat.Confusion
}

// numbers gives numbers of windows: those that are remembered, and those that what is kept is read for. ok is false for those that are
// still to be read from the rows.
func (s *Service) numbers(ctx context.Context, m kpi.Measure, k keeping, a kpi.Ask, windows []Window) (out []Result, ok []bool, err error) {
	out, ok = make([]Result, len(windows)), make([]bool, len(windows))
	err = s.at(ctx, func(v *view) error {
		for i := 0; i < len(windows); i++ {
			r, found, err := s.remind(ctx, v, k, a, windows[i])
			if err != nil {
				return err
			}
			if found {
				out[i], ok[i] = r, true
			}
		}
		for i := 0; i < len(windows); {
			if ok[i] {
				i++
				continue
			}
			end := i + 1 // windows that follow each other are read at once
			cuts := []time.Time{windows[i].From, windows[i].To}
			for end < len(windows) && !ok[end] && windows[end].From.Equal(windows[end-1].To) {
				cuts = append(cuts, windows[end].To)
				end++
			}
			a.Cuts = cuts
			s.store.asked.Add(1)
			read, rolled, err := s.rolled(ctx, v, k, a)
			if err != nil {
				return err
			}
			if rolled {
				s.store.used.Add(1)
				facts := inOrder(read.list)
				read.list = facts
				for ; i < end; i++ {
					out[i], ok[i] = facts.result(m, windows[i]), true
					s.remember(k, a, windows[i], read, out[i])
				}
			}
			i = end
		}
		return nil
	})
	return out, ok, err
}

// hoursOf is the hours of a window; ok is false when it begins within one. Of an end within one, all of that hour is meant.
func hoursOf(w Window) (from, to int64, ok bool) {
	from = hourOf(w.From)
	return from, hourOf(w.To.Add(time.Hour - time.Microsecond)), startOfHour(from).Equal(w.From)
}

// remind gives a number that is remembered and still holds.
func (s *Service) remind(ctx context.Context, v *view, k keeping, a kpi.Ask, w Window) (Result, bool, error) {
	from, to, ok := hoursOf(w)
	if !ok || k.m.Stock || k.spread {
		return Result{}, false, nil
	}
	s.store.mu.Lock()
	p := s.store.past[k.recollection(a, from, to)]
	s.store.mu.Unlock()
	if p == nil || a.Now.Before(p.now) || a.Now.UnixMicro() >= p.until || !sameConfusion(p.sentiment, a.Sentiment) {
		return Result{}, false, nil
	}
	h, err := s.recall(ctx, v, k, floor(from, 24))
	if err != nil || h == nil {
		return Result{}, false, err
	}
	days, n := h.between(floor(from, 24), floor(to-1, 24)), 0
	if 2*len(days) != len(p.gens) || h.since > floor(from, 24) {
		return Result{}, false, nil
	}
	for _, d := range days {
		if p.gens[n] != d || p.gens[n+1] != h.days[d].gen {
			return Result{}, false, nil
		}
		n += 2
	}
	touched, err := v.dirty(ctx, k.thing, from, to)
	if err != nil || len(touched) > 0 {
		return Result{}, false, err
	}
	if !startOfHour(to).Equal(w.To) {
		if last, err := s.ended(ctx, v, k, a, h, w.To); err != nil || !last {
			return Result{}, false, err
		}
	}
	s.asked(ctx, k)
	s.store.asked.Add(1)
	s.store.used.Add(1)
	s.store.reminded.Add(1)
	r := p.r
	r.Window, r.Parts = w, slices.Clone(p.r.Parts)
	if p.longest != 0 {
		before, now := k.length(a, p.longest, p.now), k.length(a, p.longest, a.Now)
		longer(&r.Median, before, now)
		longer(&r.P90, before, now)
		r.Value = r.Median.In(time.Second)
	}
	return r, true, nil
}

// length is how long a wait that goes on has lasted, of which only working hours count by that clock.
func (k keeping) length(a kpi.Ask, begin int64, now time.Time) time.Duration {
	at := time.UnixMicro(begin)
	if k.m.Clock == kpi.Business {
		return a.Working(at, now.Sub(at))
	}
	return now.Sub(at)
}

// longer says of a wait that the longest goes on.
func longer(w *stat.Wait, before, now time.Duration) {
	for _, d := range []*time.Duration{&w.Value, &w.Low, &w.High, &w.Beyond} {
		if *d == before {
			*d = now
		}
	}
}

// remember keeps the number of a window that stands on whole days only.
func (s *Service) remember(k keeping, a kpi.Ask, w Window, read reading, r Result) {
	from, to, ok := hoursOf(w)
	if !ok || k.m.Stock || k.spread || slices.ContainsFunc(read.apart, func(p span) bool { return p.from < to && p.to > from }) {
		return
	}
	p := &remembered{r: r, now: a.Now, until: math.MaxInt64}
	if a.Sentiment != nil {
		p.sentiment = &stat.Confusion{Counts: a.Sentiment.Counts}
	}
	p.r.Parts = slices.Clone(r.Parts)
	if k.m.Ripens > 0 && from > hourOf(a.Now.Add(-k.m.Ripens)) {
		p.until = startOfHour(from).Add(k.m.Ripens).UnixMicro()
	}
	var on []int64
	for _, w := range read.running {
		if w.hour >= from && w.hour < to {
			if w.elsewhere {
				return
			}
			on = append(on, w.begin)
		}
	}
	if len(on) > 0 && !p.bear(k, a, w, read, on) {
		return
	}
	for _, d := range read.h.between(floor(from, 24), floor(to-1, 24)) {
		p.gens = append(p.gens, d, read.h.days[d].gen)
	}
	s.store.mu.Lock()
	defer s.store.mu.Unlock()
	if s.store.past == nil || len(s.store.past) > mostPast {
		s.store.past = map[recollection]*remembered{}
	}
	s.store.past[k.recollection(a, from, to)] = p
}

// bear works out how long a number holds although waits go on: until one of them has lasted as long as one that ended, for the curve is
// another then. ok is false when it does not hold for any time, or when the number is not only a curve.
func (p *remembered) bear(k keeping, a kpi.Ask, w Window, read reading, on []int64) (ok bool) {
	r := &p.r
	if k.m.Unit != kpi.Seconds || len(r.Terms) > 0 || r.Raw.Defined() || r.Value != r.Median.In(time.Second) || r.Median.Beyond != r.P90.Beyond {
		return false
	}
	now := p.now.UnixMicro()
	before := func(t time.Time) int {
		return sort.Search(len(read.list), func(i int) bool { return !read.list[i].At.Before(t) })
	}
	var ended []int64
	for _, f := range read.list[before(w.From):before(w.To)] {
		if !f.Open {
			ended = append(ended, max(f.For, 0).Microseconds())
		}
	}
	slices.Sort(ended)
	first, last := slices.Min(on), slices.Max(on)
	if last > now {
		return false // it has not begun
	}
	for _, begin := range on {
		length := k.length(a, begin, p.now).Microseconds() // grows no faster than time goes by
		if i, _ := slices.BinarySearch(ended, length+1); i < len(ended) {
			p.until = min(p.until, now+ended[i]-length)
		}
	}
	beyond := r.Median.Beyond
	switch longest := k.length(a, first, p.now); {
	case beyond > longest: // of what does not go on any more
		p.until = min(p.until, now+(beyond-longest).Microseconds())
	case len(ended) == 0 || ended[len(ended)-1] < longest.Microseconds():
		p.longest = first
	default:
		return false
	}
	return p.until > now
}

func sameConfusion(a, b *stat.Confusion) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return slices.EqualFunc(a.Counts, b.Counts, slices.Equal[[]float64])
}
