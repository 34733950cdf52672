package planweb

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
)

// TestInUnit: what a measure should become is written as the measure is.
func TestInUnit(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), "fr", time.UTC)
	for want, got := range map[string]string{"62\u202f%": inUnit(ctx, kpi.Share, 0.62), "1\u00a0message": inUnit(ctx, kpi.Posts, 1), "12\u00a0conversations": inUnit(ctx, kpi.Conversations, 12),
		"2,50\u00a0points": inUnit(ctx, kpi.Points, 2.5), "1\u00a0h": inUnit(ctx, kpi.Seconds, 3600), "7": inUnit(ctx, "", 7)} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
