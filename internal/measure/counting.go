package measure

import (
	"slices"
	"time"

	"github.com/entente/entente/internal/measure/kpi"
)

// counting adds kept facts up between cuts.
type counting struct {
	k     keeping
	cuts  []time.Time
	now   time.Time
	stock bool
	place int // the cut that the last fact followed
	sums  map[group]*kpi.Fact
	plain []*kpi.Fact
	parts []*kpi.Fact // those of the cut in place, by part: where nothing else tells facts apart, which is most of them
	cut   int         // of parts
	list  []kpi.Fact

	running []running
	edge    int64 // the hour before which everything is ripe, where there is such a thing, and after which all is young

	working func(at time.Time, wait time.Duration) time.Duration // what of a wait counts; nil is all
}

// running is waits that go on: when they began, and in which hour they are counted.
type running struct {
	hour, begin int64
	elsewhere   bool // its hours are counted from another moment
}

type group struct {
	cut      int
	part     uint8
	currency string
	key      string
	at       int64 // where it matters when: microseconds
	lasts    int64
}

// add counts an item; they come in order of hours.
func (c *counting) add(hour int64, d *daily, n int) {
	at, it := startOfHour(hour), d.items[n]
	for c.place < len(c.cuts) && !c.cuts[c.place].After(at) {
		c.place++
	}
	if int(it.part) >= len(c.k.m.Parts) || it.age == young && hour < c.edge || it.age == ripe && hour > c.edge {
		return
	}
	key, lasts := "", int64(0)
	if d.whose != nil {
		w := d.whose[n]
		key, lasts = d.names[w.name], w.lasts
		at = at.Add(time.Duration(w.after) * time.Microsecond)
	}
	if it.wait != 0 || it.open || it.running || c.k.m.Unit == kpi.Seconds {
		wait := time.Duration(it.wait) * time.Microsecond
		if it.running {
			wait = max(0, c.now.Sub(time.UnixMicro(it.wait)))
			c.running = append(c.running, running{hour, it.wait, c.working != nil && at.UnixMicro() != it.wait})
		}
		if c.working != nil {
			wait = c.working(at, wait)
		}
		for range it.n { // waits are counted one by one
			c.list = append(c.list, kpi.Fact{At: at, Part: c.k.m.Parts[it.part].ID, N: 1, For: wait, Open: it.open})
		}
		return
	}
	if d.whose == nil && d.sums == nil {
		if c.parts == nil || c.cut != c.place {
			c.parts, c.cut = make([]*kpi.Fact, len(c.k.m.Parts)), c.place
		}
		f := c.parts[it.part]
		if f == nil {
			f = &kpi.Fact{At: at, Part: c.k.m.Parts[it.part].ID}
			c.parts[it.part] = f
			c.plain = append(c.plain, f)
		}
		f.N += int(it.n)
		return
	}
	g := group{cut: c.place, part: it.part, key: key, lasts: lasts}
	if c.k.when {
		g.at = at.UnixMicro()
	}
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
		f = &kpi.Fact{At: at, Part: c.k.m.Parts[it.part].ID, Currency: s.currency, Key: key}
		if lasts > 0 {
			f.Until = at.Add(time.Duration(lasts) * time.Microsecond)
		}
		c.sums[g] = f
	}
	f.N += int(it.n)
	f.Sum += s.sum
	f.Squares += s.squares
}

func (c *counting) facts() []kpi.Fact {
	out := slices.Grow(c.list, len(c.sums)+len(c.plain))
	for _, f := range c.plain {
		out = append(out, *f)
	}
	for _, f := range c.sums {
		out = append(out, *f)
	}
	return out
}
