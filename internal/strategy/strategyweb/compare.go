package strategyweb

import (
	"context"
	"net/http"
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
	Before       string // drawings
	After        string
	Lines        []historyLine
	Wrong        string
	Counted      int // measures that can be compared
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
		t, err := time.ParseInLocation(time.DateOnly, day, zone)
		if err != nil || t.After(now) || t.Before(now.AddDate(-10, 0, 0)) {
			return now, err == nil
		}
		if t = t.AddDate(0, 0, 1); t.After(now) {
			t = now
		}
		return t.UTC(), true
	}
	from, okFrom := end(p.From)
	to, okTo := end(p.To)
	if !okFrom || !okTo {
		p.Wrong = i18n.T(ctx, "strategy.date_bad")
		web.Invalid(w)
		return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.compare"), Wide: true}, compareBody(p))
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
	for e, into := range map[*strategy.Evaluation]*string{&p.C.Before: &p.Before, &p.C.After: &p.After} {
		prefix := "b"
		if e == &p.C.After {
			prefix = "a"
		}
		pic := picture(ctx, *e, p.Names, look{alone: e == &p.C.Before})
		if *into, err = h.drawn(ctx, pic, layout.Options{Width: 900, Prefix: prefix}); err != nil {
			return err
		}
	}
	p.count()
	return web.Show(w, r, web.Page{Title: i18n.T(ctx, "strategy.compare"), Wide: true}, compareBody(p))
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

// differs says by how much a number moved, and whether that is more than chance.
func differs(ctx context.Context, m strategy.ComparedMeasure) string {
	if m.Verdict != strategy.Clear && m.Verdict != strategy.Chance {
		return i18n.T(ctx, "strategy.verdict."+string(m.Verdict))
	}
	u := unitOf(ctx, m.After.Unit)
	signed := func(v float64) string {
		if v < 0 {
			return "−" + u.Write(ctx, -v)
		}
		return "+" + u.Write(ctx, v)
	}
	s := i18n.T(ctx, "strategy.verdict."+string(m.Verdict)) + " " + signed(m.By)
	if m.Low != m.High {
		s += " (" + i18n.T(ctx, "strategy.interval", "Low", signed(m.Low), "High", signed(m.High)) + ")"
	}
	return s
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
