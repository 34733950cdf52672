package tell_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/report/tell"
)

// TestMoreThan holds that a quantile that was not seen is told as a bound, also where the median was.
func TestMoreThan(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), "en", time.UTC)
	var waits []stat.Observation
	for i := range 40 {
		waits = append(waits, stat.Observation{For: time.Hour, Censored: false})
		if i%3 == 0 {
			waits = append(waits, stat.Observation{For: 22 * 24 * time.Hour, Censored: true})
		}
	}
	curve := stat.KaplanMeier(waits)
	r := measure.Result{Unit: kpi.Seconds, Median: curve.Median(), P90: curve.P90()}
	m := kpi.Measure{Unit: kpi.Seconds}
	if median := tell.Of(ctx, m, r, kpi.Seconds, r.Median.In(time.Second)).Value; strings.Contains(median, "more than") {
		t.Errorf("the median is %s", median)
	}
	if p90 := tell.Of(ctx, m, r, kpi.Seconds, r.P90.In(time.Second)).Value; p90 != "more than "+tell.Amount(ctx, kpi.Seconds, "", 22*86400) {
		t.Errorf("the ninth tenth is %s", p90)
	}
}
