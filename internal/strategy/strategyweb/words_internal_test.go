package strategyweb

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
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

// Money is written in its currency, things in their plural, and the difference between two shares in points.
func TestWritten(t *testing.T) {
	t.Parallel()
	reading := func(u kpi.Unit, currency string, v float64) strategy.Reading {
		return strategy.Reading{Unit: u, Value: stat.Estimate{Value: v, Grade: stat.Enough}, Result: measure.Result{Currency: currency},
			Measure: strategy.Measure{Better: kpi.Higher, Target: v}}
	}
	for _, c := range []struct {
		r      strategy.Reading
		en, fr string
	}{
		{reading(kpi.Money, "EUR", 123456), "€1,234.56", "1\u202f234,56\u00a0€"},
		{reading(kpi.Money, "USD", 123456), "$1,234.56", "1\u202f234,56\u00a0$"},
		{reading(kpi.Money, "JPY", 5000), "JPY\u00a05,000", "5\u202f000\u00a0JPY"},
		{reading(kpi.Money, "", 5000), "50.00", "50,00"},
		{reading(kpi.Posts, "", 1), "1 post", "1\u00a0message"},
		{reading(kpi.Posts, "", 2), "2 posts", "2\u00a0messages"},
		{reading(kpi.Conversations, "", 0), "0 conversations", "0\u00a0conversation"},
		{reading(kpi.People, "", 1), "1 person", "1\u00a0personne"},
		{reading(kpi.Points, "", -1.5), "−1.5 points", "−1,5\u00a0point"},
		{reading(kpi.Points, "", -36.4), "−36 points", "−36\u00a0points"},
		{reading(kpi.Share, "", 0.82), "82%", "82\u202f%"},
	} {
		for lang, want := range map[string]string{"en": c.en, "fr": c.fr} {
			ctx := i18n.With(t.Context(), lang, nil)
			if got := value(ctx, c.r); got != want {
				t.Errorf("%v %s is %q in %s, want %q", c.r.Value.Value, c.r.Unit, got, lang, want)
			}
			if got := target(ctx, c.r); got != want {
				t.Errorf("the target %v %s is %q in %s, want %q", c.r.Target, c.r.Unit, got, lang, want)
			}
		}
	}
	for _, c := range []struct {
		u             kpi.Unit
		by, low, high float64
		want          string
	}{
		{kpi.Share, -0.1, -0.29, 0.1, "−10\u00a0points (95\u202f%\u00a0: −29\u00a0points à +10\u00a0points)"},
		{kpi.Share, 0.01, 0.01, 0.01, "+1\u00a0point"},
		{kpi.Posts, 0, -7, 7, "aucune différence (95\u202f%\u00a0: −7\u00a0messages à +7\u00a0messages)"},
		{kpi.Points, -1.0 / 3, -24, 0, "−0,3\u00a0point (95\u202f%\u00a0: −24\u00a0points à 0\u00a0point)"},
		{kpi.Conversations, 25, 25, 25, "+25\u00a0conversations"},
	} {
		ctx := i18n.With(t.Context(), "fr", nil)
		r := reading(c.u, "", 1)
		m := strategy.ComparedMeasure{Before: &r, After: &r, By: c.by, Low: c.low, High: c.high, Verdict: strategy.Chance}
		if got := differs(ctx, m); got != c.want {
			t.Errorf("%v of %s is %q, want %q", c.by, c.u, got, c.want)
		}
	}
}

// A day that makes no sense is told; the moment is now then.
func TestDayAsked(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 10, 15, 0, 0, 0, time.UTC)
	ctx := i18n.With(t.Context(), "en", time.UTC)
	for _, c := range []struct {
		text string
		at   time.Time
		odd  string
	}{
		{"", now, ""}, {"2026-06-10", now, ""}, {"2026-06-01", time.Date(2026, 6, 2, 0, 0, 0, 0, time.UTC), ""},
		{"yesterday", now, "yesterday"}, {"2026-13-01", now, "2026-13-01"}, {"2031-01-01", now, "2031-01-01"}, {"1999-01-01", now, "1999-01-01"},
		{strings.Repeat("9", 500), now, strings.Repeat("9", 40) + "…"},
	} {
		if at, odd := dayAsked(ctx, c.text, now); !at.Equal(c.at) || odd != c.odd {
			t.Errorf("%q is %v, %q; want %v, %q", c.text, at, odd, c.at, c.odd)
		}
	}
}

// What is written into a form is read back as the same value.
func TestTypedReadsBack(t *testing.T) {
	t.Parallel()
	for _, lang := range []string{"en", "fr"} {
		ctx := i18n.With(t.Context(), lang, nil)
		for unit, v := range map[kpi.Unit]float64{kpi.Seconds: 26 * 3600, kpi.Share: 0.945, kpi.Posts: 160, kpi.Points: -55.5, kpi.Money: 5000} {
			got, ok := number(typed(ctx, unit, "JPY", v))
			if got *= typedIn(unit, "JPY"); !ok || math.Abs(got-v) > 1e-9*math.Abs(v) {
				t.Errorf("%v of %s in %s: %q reads as %v", v, unit, lang, typed(ctx, unit, "JPY", v), got)
			}
		}
	}
}
