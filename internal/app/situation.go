package app

import (
	"context"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/situation"
	"github.com/entente/entente/internal/situation/situationweb"
	"github.com/entente/entente/internal/web/ui/chart"
)

// effectAround is what is shown before a situation began and after it was over.
const effectAround = 14 * 24 * time.Hour

// effect reads how volume and sentiment went while a situation lasted, by day, narrowed to its topic where it has one.
func (a *App) effect(ctx context.Context, v situation.Situation) (situationweb.Effect, error) {
	now := a.Clock()
	from, to := v.DetectedAt, now
	if !v.First.IsZero() && v.First.Before(from) {
		from = v.First
	}
	if !v.ClearedAt.IsZero() {
		to = v.ClearedAt
	}
	zone := i18n.Zone(ctx)
	w := measure.Days(from.Add(-effectAround), to.Add(effectAround), now, zone)
	e := situationweb.Effect{From: w.From, To: w.To.Add(-time.Microsecond)}
	if org.Require(ctx, org.MeasureRead) != nil {
		return situationweb.Effect{}, nil
	}
	f := measure.Filter{Topic: v.Topic}
	err := a.Measure.Together(ctx, func(ctx context.Context) error {
		for id, to := range map[string]*[]chart.Point{"volume": &e.Volume, "overall-sentiment": &e.Sentiment} {
			points, err := a.Measure.Series(ctx, id, w, measure.Day, f)
			if err != nil {
				return err
			}
			for _, p := range points {
				one := chart.Point{At: p.Window.From, Value: chart.Missing(), N: p.N}
				if p.Value.Defined() {
					one.Value = p.Value.Value
				}
				*to = append(*to, one)
			}
		}
		return nil
	})
	return e, err
}

func (a *App) situationTopics(ctx context.Context) ([]situationweb.Choice, error) {
	list, err := a.Measure.Topics(ctx)
	out := make([]situationweb.Choice, len(list))
	for i, t := range list {
		out[i] = situationweb.Choice{ID: t.ID, Name: t.Name}
	}
	return out, err
}
