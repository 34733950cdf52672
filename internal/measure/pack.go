package measure

import (
	"maps"
	"slices"
	"time"

	"github.com/entente/entente/internal/measure/kpi"
)

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
		if err := packHour(out, k, h, hours[h].now, at, hours[h].later); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// packHour adds an hour to the day it is of; the hours of a day come in order.
func packHour(out map[int64]*daily, k keeping, h int64, now []kpi.Fact, at time.Time, later []kpi.Fact) error {
	d := out[floor(h, 24)]
	if d == nil {
		d = &daily{}
		out[floor(h, 24)] = d
	}
	hour := uint8(h - floor(h, 24)*24)
	if k.m.Ripens > 0 && at.Before(startOfHour(h).Add(k.m.Ripens)) { // as it counts now, and as it will
		for _, p := range []struct {
			age  uint8
			list []kpi.Fact
			of   time.Time
		}{{young, now, at}, {ripe, later, forever()}} {
			items, err := gather(k, p.list, p.of)
			if err != nil {
				return err
			}
			for i := range items.items {
				items.items[i].age = p.age
				d.add(items, i, hour)
			}
		}
		return nil
	}
	items, still, err := hourItems(k, now, at, later)
	if err != nil {
		return err
	}
	if !still {
		d.moved |= 1 << hour
		return nil
	}
	for i := range items.items {
		d.add(items, i, hour)
	}
	return nil
}

// alike is what items of an hour are gathered by.
type alike struct {
	part          uint8
	open, running bool
	wait          int64
	currency      string
	key           string
	after         uint32
	lasts         int64
}

// gather makes items of the facts of an hour, read as of asked.
func gather(k keeping, list []kpi.Fact, asked time.Time) (*daily, error) {
	d := &daily{}
	place := make(map[alike]int, min(len(list), 64))
	add := false
	for i := range list {
		add = add || list[i].Sum != 0 || list[i].Squares != 0 || list[i].Currency != ""
	}
	for i := range list {
		f := &list[i]
		part, ok := partOf(k.m, f.Part)
		if !ok {
			return nil, errOpenParts
		}
		by := alike{part: part, open: f.Open, wait: f.For.Microseconds(), currency: f.Currency}
		if asked.Equal(forever()) && f.For > 100*365*day {
			by.running, by.wait = true, asked.UnixMicro()-by.wait
		}
		if k.whose {
			by.key = f.Key
		}
		if k.when {
			by.after = uint32(f.At.UnixMicro() - startOfHour(hourOf(f.At)).UnixMicro())
			if !f.Until.IsZero() {
				by.lasts = f.Until.Sub(f.At).Microseconds()
			}
		}
		n, there := place[by]
		if !there {
			n = len(d.items)
			place[by] = n
			d.items = append(d.items, item{part: part, open: f.Open, running: by.running, wait: by.wait})
			if add {
				d.sums = append(d.sums, sum{currency: f.Currency})
			}
			if k.whose || k.when {
				d.whose = append(d.whose, whose{d.name(by.key), by.after, by.lasts})
			}
		}
		d.items[n].n += int32(f.N)
		if add {
			d.sums[n].sum += f.Sum
			d.sums[n].squares += f.Squares
		}
	}
	return d, nil
}

// hourItems makes items of the facts of an hour; still is false when they differ from those of a later moment by more than waits that go on.
func hourItems(k keeping, now []kpi.Fact, at time.Time, later []kpi.Fact) (items *daily, still bool, err error) {
	if !k.moving {
		items, err = gather(k, now, at)
		return items, true, err
	}
	if items, err = gather(k, later, forever()); err != nil {
		return nil, false, err
	}
	seen, err := gather(k, now, at)
	if err != nil {
		return nil, false, err
	}
	type total struct {
		n            int32
		sum, squares float64
	}
	totals := func(d *daily) map[alike]total {
		out := make(map[alike]total, len(d.items))
		for i, it := range d.items {
			by := alike{part: it.part, open: it.open, wait: it.wait}
			if it.running {
				by.wait = max(0, at.UnixMicro()-it.wait)
			}
			s := sum{}
			if d.sums != nil {
				s = d.sums[i]
				by.currency = s.currency
			}
			if d.whose != nil {
				by.key, by.after, by.lasts = d.names[d.whose[i].name], d.whose[i].after, d.whose[i].lasts
			}
			t := out[by]
			out[by] = total{t.n + it.n, t.sum + s.sum, t.squares + s.squares}
		}
		return out
	}
	return items, maps.Equal(totals(items), totals(seen)), nil
}
