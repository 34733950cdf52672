package app

import (
	"context"

	"github.com/entente/entente/internal/measure/measureweb"
	"github.com/entente/entente/internal/web/ui"
)

// deflection is what answers before contact saved, by the three ways of measuring it.
func (a *App) deflection(ctx context.Context, days int) []ui.StatProps {
	tiles, err := measureweb.Tiles(ctx, a.Measure, days, "deflected-holdout", "deflected-explicit", "deflected-contacts")
	if err != nil {
		a.Log.Warn("what answers saved could not be computed", "error", err)
	}
	return tiles
}

// leadMeasures is what became of leads.
func (a *App) leadMeasures(ctx context.Context) []ui.StatProps {
	tiles, err := measureweb.Tiles(ctx, a.Measure, 180, "win-rate", "lead-conversion", "lead-cycle-time", "insight-to-decision-rate")
	if err != nil {
		a.Log.Warn("what became of leads could not be computed", "error", err)
	}
	return tiles
}

// hasForm reports whether people can write to us on the pages of a community.
func (a *App) hasForm(ctx context.Context, community string) bool {
	_, err := a.Contact.OpenIn(ctx, community)
	return err == nil
}
