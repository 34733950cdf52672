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

// TestDigits holds that what is not zero is not told as zero, and that two numbers that differ read differently.
func TestDigits(t *testing.T) {
	t.Parallel()
	ctx := i18n.With(t.Context(), "en", time.UTC)
	plain := func(s string) string { return strings.ReplaceAll(s, "\u00a0", " ") }
	for _, c := range []struct {
		u    kpi.Unit
		v    float64
		want string
	}{{kpi.Share, 0.42, "42%"}, {kpi.Share, 0.003, "0.3%"}, {kpi.Ratio, 0.0004, "0.04%"}, {kpi.Ratio, 0, "0.0%"}, {kpi.Posts, 12, "12"}, {kpi.Points, -0.04, "−0.04"}} {
		if got := plain(tell.Amount(ctx, c.u, "", c.v)); got != c.want {
			t.Errorf("%s %v is %q, want %q", c.u, c.v, got, c.want)
		}
	}
	if a, b := tell.Pair(ctx, kpi.Ratio, "", 0.00041, 0.00043); plain(a) != "0.041%" || plain(b) != "0.043%" {
		t.Errorf("from %s to %s", a, b)
	}
	if a, b := tell.Pair(ctx, kpi.Share, "", 0.4, 0.4); plain(a) != "40%" || plain(b) != "40%" {
		t.Errorf("from %s to %s", a, b)
	}
}
