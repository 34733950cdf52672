package strategyweb

import (
	"math"
	"testing"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/strategy"
)

func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want float64
		ok   bool
	}{
		{"12", 12, true}, {"1,5", 1.5, true}, {"1.5", 1.5, true}, {"−3", -3, true}, {"1\u202f250,5", 1250.5, true}, {" 95 %", 95, true},
		{"", 0, false}, {"1,2,3", 0, false}, {"NaN", 0, false}, {"Inf", 0, false}, {"0x10", 0, false}, {"1e999", 0, false}, {"1_000", 0, false}, {"twelve", 0, false},
	} {
		if got, ok := number(c.text); ok != c.ok || ok && got != c.want {
			t.Errorf("%q is %v, %v; want %v, %v", c.text, got, ok, c.want, c.ok)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1,5", "−3", "1\u202f250", "1e5", "%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if v, ok := number(s); ok && (math.IsNaN(v) || math.IsInf(v, 0)) {
			t.Errorf("%q is %v", s, v)
		}
	})
}

// What is written into a form is read back as the same value.
func TestTypedReadsBack(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "fr"} {
		ctx := i18n.With(t.Context(), lang, nil)
		for unit, v := range map[kpi.Unit]float64{kpi.Seconds: 26 * 3600, kpi.Share: 0.945, kpi.Posts: 160, kpi.Points: -55.5} {
			got, ok := number(typed(ctx, unit, v))
			if got *= strategy.Typed(unit); !ok || math.Abs(got-v) > 1e-9*math.Abs(v) {
				t.Errorf("%v of %s in %s: %q reads as %v", v, unit, lang, typed(ctx, unit, v), got)
			}
		}
	}
}
