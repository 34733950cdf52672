package measureweb

import (
	"context"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/web/ui"
)

// Tiles are measures over the last days, side by side, for a page of another module. One that has no number says so.
func Tiles(ctx context.Context, s *measure.Service, days int, ids ...string) ([]ui.StatProps, error) {
	out := make([]ui.StatProps, 0, len(ids))
	for _, id := range ids {
		m, err := s.Find(id)
		if err != nil {
			return nil, err
		}
		r, err := s.Compute(ctx, id, measure.Last(days, s.Now(), i18n.Zone(ctx)), measure.Filter{})
		if err != nil {
			return nil, err
		}
		f := figureOf(ctx, m, r)
		out = append(out, ui.StatProps{Label: name(ctx, m), Value: f.value, Unit: f.unit, Interval: f.interval, N: r.N, Note: f.note, Href: view{}.rowsOf(m, r.Window, i18n.Zone(ctx))})
	}
	return out, nil
}
