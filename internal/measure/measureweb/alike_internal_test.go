package measureweb

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
)

// TestAlike holds that a comparison of groups says whether they moved alike before, or which facts it takes.
func TestAlike(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), "en", time.UTC)
	told := func(treated, control []float64) string {
		return alike(ctx, measure.Result{Terms: []kpi.Term{{ID: kpi.PreTrend, Unit: kpi.Money, Value: stat.PreTrend(treated, control)}}})
	}
	for want, got := range map[string]string{
		"there are 2.": told([]float64{1, 2}, []float64{1, 2}), "Over 3 earlier months both groups moved alike": told([]float64{10, 20, 30}, []float64{9, 20, 29}),
		"moved apart already": told([]float64{10, 20, 30, 40}, []float64{10, 11, 12, 13}), "": alike(ctx, measure.Result{}),
	} {
		if !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSpokenDigits holds that the course of a measure is drawn as finely as its number is told.
func TestSpokenDigits(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), "en", time.UTC)
	for u, want := range map[kpi.Unit]string{kpi.Share: "97%", kpi.Ratio: "97.31%", kpi.Points: "1.0", kpi.Hours: "1.0", kpi.Index: "1.0", kpi.Score: "0.97", kpi.Posts: "1"} {
		if got := spoken(ctx, u).Write(ctx, 0.9731); !strings.HasPrefix(got, want) {
			t.Errorf("%s is drawn as %q, want %s", u, got, want)
		}
	}
}
