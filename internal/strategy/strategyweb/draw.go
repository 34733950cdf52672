package strategyweb

import (
	"bytes"
	"context"
	"math"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/layout"
)

const (
	wide   = 1180
	narrow = 358
)

// picture is a map as the layout wants it, in the reader's words.
func picture(ctx context.Context, e strategy.Evaluation, n names, base string) layout.Map {
	lang := i18n.Lang(ctx)
	m := layout.Map{Title: e.Map.Name.In(lang), Desc: i18n.T(ctx, "strategy.as_of", "Day", i18n.Day(ctx, e.At)) + " " + summary(ctx, e)}
	for _, b := range e.Map.Bands() {
		band := layout.Band{ID: b.ID, Title: b.Name.In(lang)}
		for _, s := range e.Map.Steps(b.ID) {
			band.Steps = append(band.Steps, layout.Step{ID: s.ID, Title: s.Name.In(lang)})
		}
		m.Bands = append(m.Bands, band)
	}
	for _, st := range e.Objectives {
		o := layout.Objective{ID: st.ID, Band: e.Map.Band(st.Perspective), Step: st.Perspective, Title: st.Name.In(lang), Href: base + objectiveHref(st.ID),
			Position: st.Position, Placed: st.Placed, Card: card(ctx, st, n)}
		m.Objectives = append(m.Objectives, o)
	}
	for _, l := range e.Links {
		m.Links = append(m.Links, layout.Link{From: l.Origin, To: l.Serves, Weight: l.Weight, Verdict: l.Correlation.Verdict, Note: lag(ctx, l.LagDays)})
	}
	return m
}

func card(ctx context.Context, st strategy.Standing, n names) layout.Card {
	c := layout.Card{State: st.Rolled.State}
	if c.State != stat.Unknown {
		c.Bar, c.Progress, c.Expected = true, st.Rolled.Progress, st.Rolled.Expected
	}
	if len(st.Readings) == 0 {
		c.Note = i18n.T(ctx, "strategy.map.no_measure")
		return c
	}
	r := st.Readings[0]
	c.Measure, c.Value, c.Target = n.label(ctx, r.Measure), value(ctx, r), target(ctx, r.Measure, r.Unit)
	if c.State == stat.Unknown {
		for _, each := range st.Readings {
			if c.Note = why(ctx, each); c.Note != "" {
				break
			}
		}
	}
	for _, p := range r.Spark {
		v := p.Value
		if !p.Known {
			v = math.NaN()
		}
		c.Points = append(c.Points, v)
	}
	return c
}

// drawn writes the map in so many pixels, once for the same map and figures.
func (h *handlers) drawn(ctx context.Context, m layout.Map, width float64, prefix string, alone bool) (string, error) {
	return h.memo.Of(ctx, func() (string, error) {
		var b bytes.Buffer
		o := layout.Options{Width: width, Prefix: prefix, Standalone: alone, Words: layout.WordsFrom(func(key string) string { return i18n.T(ctx, key) })}
		if err := layout.Render(&b, m, o); err != nil {
			return "", err
		}
		return b.String(), nil
	}, m, width, prefix, alone)
}

// order is how the objectives of a map stand from left to right now.
func order(ctx context.Context, e strategy.Evaluation, n names) []string {
	m := picture(ctx, e, n, "")
	plan := layout.Arrange(m, layout.Options{Width: wide})
	out := make([]string, 0, len(plan.Nodes))
	for _, p := range e.Map.Places() {
		row := map[int]string{}
		most := -1
		for _, node := range plan.Nodes {
			if o := m.Objectives[node.Objective]; o.Step == p.ID {
				row[node.Order] = o.ID
				most = max(most, node.Order)
			}
		}
		for i := 0; i <= most; i++ {
			if row[i] != "" {
				out = append(out, row[i])
			}
		}
	}
	return out
}

func summary(ctx context.Context, e strategy.Evaluation) string {
	return i18n.T(ctx, "strategy.summary", "OnTrack", e.OnTrack, "Watch", e.Watch, "Off", e.Off, "Unknown", e.Unknown)
}
