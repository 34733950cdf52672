package strategyweb

import (
	"bytes"
	"context"
	"math"
	"slices"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/strategy"
	"github.com/entente/entente/internal/strategy/layout"
)

const (
	wide   = 1180
	narrow = 358
)

// look says how a map is drawn for somebody.
type look struct {
	base  string // before every address
	theme string // the theme that is looked at; the others stand back
	alone bool   // no addresses: a page for those who cannot open them
	names bool   // names alone: nothing is said of states
}

// picture is a map as the layout wants it, in the reader's words.
func picture(ctx context.Context, e strategy.Evaluation, n names, k look) layout.Map {
	lang := i18n.Lang(ctx)
	m := layout.Map{Title: e.Map.Name.In(lang), Desc: i18n.T(ctx, "strategy.as_of", "Day", i18n.Day(ctx, e.At)) + " " + summary(ctx, e)}
	if m.Bare = k.names; k.names {
		m.Desc = i18n.T(ctx, "strategy.as_of", "Day", i18n.Day(ctx, e.At))
	}
	number := map[string]int{}
	for i, t := range e.Map.Themes {
		number[t.ID] = i
		m.Themes = append(m.Themes, layout.Theme{Title: t.Name.In(lang), Shade: strategy.Shade(t.Colour, i)})
	}
	for _, b := range e.Map.Bands() {
		band := layout.Band{ID: b.ID, Title: b.Name.In(lang), Shade: b.Colour}
		for _, s := range e.Map.Steps(b.ID) {
			band.Steps = append(band.Steps, layout.Step{ID: s.ID, Title: s.Name.In(lang)})
		}
		m.Bands = append(m.Bands, band)
	}
	for _, st := range e.Objectives {
		o := layout.Objective{ID: st.ID, Band: e.Map.Band(st.Perspective), Step: st.Perspective, Title: st.Name.In(lang), Href: k.base + objectiveHref(st.ID),
			Position: st.Position, Placed: st.Placed, Card: card(ctx, st, n), Dim: k.theme != "" && !slices.Contains(st.Themes, k.theme)}
		for _, t := range st.Themes {
			o.Themes = append(o.Themes, number[t])
		}
		slices.Sort(o.Themes)
		if k.alone {
			o.Href = ""
		}
		if k.names {
			o.Card = layout.Card{}
		}
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
	c.Measure, c.Value, c.Target = n.label(ctx, r.Measure), value(ctx, r), target(ctx, r)
	if r.Hidden {
		c.Note = i18n.T(ctx, "strategy.amount_hidden")
	}
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

// drawn writes the map, once for the same map and figures.
func (h *handlers) drawn(ctx context.Context, m layout.Map, o layout.Options) (string, error) {
	o.Words = layout.WordsFrom(func(key string) string { return i18n.T(ctx, key) })
	return h.memo.Of(ctx, func() (string, error) {
		var b bytes.Buffer
		if err := layout.Render(&b, m, o); err != nil {
			return "", err
		}
		return b.String(), nil
	}, m, o)
}

// both draws a map for a wide and for a narrow screen.
func (h *handlers) both(ctx context.Context, m layout.Map) (onDesk, onPhone string, err error) {
	if onDesk, err = h.drawn(ctx, m, layout.Options{Width: wide, Prefix: "w"}); err != nil {
		return "", "", err
	}
	onPhone, err = h.drawn(ctx, m, layout.Options{Width: narrow, Prefix: "n"})
	return onDesk, onPhone, err
}

// sketched is a small picture of a map.
func (h *handlers) sketched(ctx context.Context, m layout.Map, label string) (string, error) {
	return h.memo.Of(ctx, func() (string, error) {
		var b bytes.Buffer
		if err := layout.Sketch(&b, m, label); err != nil {
			return "", err
		}
		return b.String(), nil
	}, "sketch", m, label)
}

func summary(ctx context.Context, e strategy.Evaluation) string {
	return i18n.T(ctx, "strategy.summary", "OnTrack", e.OnTrack, "Watch", e.Watch, "Off", e.Off, "Unknown", e.Unknown)
}
