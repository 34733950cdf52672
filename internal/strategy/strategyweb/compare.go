package strategyweb

import (
	"context"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/layout"
	"github.com/entente/entente/internal/web"
	"github.com/entente/entente/internal/web/ui"
)

type comparePage struct {
	Map          strategy.Map
	C            strategy.Comparison
	Names        names
	From, To     string // days, as forms have them
	Before       sides  // drawings
	After        sides
	Lines        []historyLine
	Wrong        string
	Odd          []string // what of the dates was not taken as it was typed
	Counted      int      // measures that can be compared
	Clear        int
	Gone, New    int
	Moved        int
	Renamed      int
	NothingMoved bool
}

// compare shows a map at two dates side by side.
func (h *handlers) compare(w http.ResponseWriter, r *http.Request) error {
	ctx, q := r.Context(), r.URL.Query()
	m, err := h.s.Map(ctx, q.Get("map"))
	if err != nil {
		return err
	}
	now, zone := h.s.Now(), i18n.Zone(ctx)
	p := comparePage{Map: m, From: q.Get("from"), To: q.Get("to")}
	if p.From == "" {
		p.From = dueDay(ctx, now.AddDate(0, 0, -28))
	}
	if p.To == "" {
		p.To = dueDay(ctx, now)
	}
	// The end of a day; of today, now.
	end := func(day string) (time.Time, bool) {
		t, odd := dayAsked(ctx, day, now)
		if odd != "" {
			p.Odd = append(p.Odd, oddDay(ctx, odd))
		}
		_, err := time.ParseInLocation(time.DateOnly, day, zone)
		return t, err == nil
	}
	from, okFrom := end(p.From)
	to, okTo := end(p.To)
	if !okFrom || !okTo {
		p.Wrong = i18n.T(ctx, "strategy.date_bad")
		web.Invalid(w)
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.compare"), Wide: true}, compareBody(p))
	}
	switch {
	case to.Before(from):
		p.Odd = append(p.Odd, i18n.T(ctx, "strategy.compare_swapped"))
	case to.Equal(from):
		p.Odd = append(p.Odd, i18n.T(ctx, "strategy.compare_same_day"))
	}
	if p.C, err = h.s.Compare(ctx, m.ID, from, to); err != nil {
		return err
	}
	if p.Names, err = h.names(ctx); err != nil {
		return err
	}
	if p.Lines, err = h.told(ctx, p.C.Changes); err != nil {
		return err
	}
	if p.Before, err = h.sides(ctx, picture(ctx, p.C.Before, p.Names, look{alone: true}), "b"); err != nil {
		return err
	}
	if p.After, err = h.sides(ctx, picture(ctx, p.C.After, p.Names, look{}), "a"); err != nil {
		return err
	}
	p.count()
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.compare"), Wide: true}, compareBody(p))
}

// sides are the drawings of a map beside another one: for a wide screen and for a narrow one.
type sides struct{ Wide, Narrow string }

func (h *handlers) sides(ctx context.Context, m layout.Map, prefix string) (s sides, err error) {
	o := layout.Options{Width: 900, Prefix: prefix}
	if layout.Arrange(m, o).Narrow { // it would be one column: a map that needs more room is scrolled instead
		o.Width = wide
	}
	if s.Wide, err = h.drawn(ctx, m, o); err != nil {
		return s, err
	}
	s.Narrow, err = h.drawn(ctx, m, layout.Options{Width: narrow, Prefix: prefix + "n"})
	return s, err
}

// count sums up what is different.
func (p *comparePage) count() {
	for _, o := range p.C.Objectives {
		switch {
		case o.Added():
			p.New++
		case o.Removed():
			p.Gone++
		}
		if o.Renamed {
			p.Renamed++
		}
		if o.Moved {
			p.Moved++
		}
		for _, m := range o.Measures {
			switch m.Verdict {
			case strategy.Clear:
				p.Clear++
				p.Counted++
			case strategy.Chance:
				p.Counted++
			}
		}
	}
	p.NothingMoved = p.New+p.Gone+p.Renamed+p.Moved == 0
}

// marks says what became of an objective.
func marks(ctx context.Context, o strategy.Compared) []string {
	var out []string
	for _, m := range []struct {
		is  bool
		key string
	}{{o.Added(), "added"}, {o.Removed(), "removed"}, {o.Renamed, "renamed"}, {o.Moved, "moved"}} {
		if m.is {
			out = append(out, i18n.T(ctx, "strategy.compare_"+m.key))
		}
	}
	return out
}

// differs says by how much a number moved, with the interval of that; "" when nobody can say.
func differs(ctx context.Context, m strategy.ComparedMeasure) string {
	if m.Verdict != strategy.Clear && m.Verdict != strategy.Chance {
		return ""
	}
	u, one := apartBy(ctx, *m.After)
	signed := func(v float64) string {
		text := u.Write(ctx, math.Abs(v)/one)
		switch {
		case text == u.Write(ctx, 0): // it is nothing when written down
			return text
		case v < 0:
			return "−" + text
		}
		return "+" + text
	}
	s := signed(m.By)
	if m.By == 0 {
		s = i18n.T(ctx, "strategy.compare_no_difference")
	}
	if m.Low != m.High {
		s += " (" + i18n.T(ctx, "strategy.interval", "Low", signed(m.Low), "High", signed(m.High)) + ")"
	}
	return s
}

// changed reports whether there is something to say of an objective: it came, went, moved, was renamed, changed its state, or a number of it
// moved by more than chance.
func changed(o strategy.Compared) bool {
	if o.Added() || o.Removed() || o.Renamed || o.Moved || o.Before.Rolled.State != o.After.Rolled.State {
		return true
	}
	return slices.ContainsFunc(o.Measures, func(m strategy.ComparedMeasure) bool {
		return m.Verdict == strategy.Clear || m.Verdict == strategy.Redefined || m.Before == nil || m.After == nil
	})
}

// split puts what changed before what did not.
func (p comparePage) split() (moved, still []strategy.Compared) {
	for _, o := range p.C.Objectives {
		if changed(o) {
			moved = append(moved, o)
		} else {
			still = append(still, o)
		}
	}
	return moved, still
}

func differenceTone(m strategy.ComparedMeasure) ui.Tone {
	switch {
	case m.Verdict != strategy.Clear:
		return ui.Neutral
	case m.After.Better == kpi.Within && m.After.Progress == m.Before.Progress:
		return ui.Neutral
	case m.Better:
		return ui.Success
	}
	return ui.Danger
}

// dayOf is the day that ends at a moment, or that it lies in.
func dayOf(ctx context.Context, t time.Time) string { return i18n.Day(ctx, t.Add(-time.Microsecond)) }
