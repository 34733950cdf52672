package chart

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/i18n"
)

func TestNice(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		unit      Unit
		low, high float64
		want      []float64
	}{
		{"posts", Count("", 0), 0, 137, []float64{0, 50, 100, 150}},
		{"few things stay whole", Count("", 0), 0, 3, []float64{0, 1, 2, 3}},
		{"a share", Share(0), 0, 0.84, []float64{0, 0.25, 0.5, 0.75, 1}},
		{"hours", Duration(), 0, 9000, []float64{0, 3600, 7200, 10800}},
		{"days", Duration(), 0, 400000, []float64{0, 172800, 345600, 518400}},
		{"one value", Count("", 0), 0, 0, []float64{0, 1}},
		{"below zero", Count("", 0), -40, 60, []float64{-50, -25, 0, 25, 50, 75}},
		{"not a number", Count("", 1), math.NaN(), 3, []float64{0, 0.25, 0.5, 0.75, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, nice(tt.unit, tt.low, tt.high, 4).ticks); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestNiceHolds: whatever the values, they lie within the axis, and the ticks rise.
func TestNiceHolds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.Float64().Draw(t, "a"), rapid.Float64().Draw(t, "b")
		low, high := min(a, b), max(a, b)
		if math.Abs(low) > 1e299 || math.Abs(high) > 1e299 {
			t.Skip("beyond what an axis shows")
		}
		s := nice(Count("", 2), low, high, 4)
		rounding := (high/2 - low/2) * 1e-12
		if s.low > low+rounding || s.high < high-rounding {
			t.Fatalf("axis %g to %g does not hold %g to %g", s.low, s.high, low, high)
		}
		if len(s.ticks) < 2 || len(s.ticks) > 13 {
			t.Fatalf("%d ticks", len(s.ticks))
		}
		for i := 1; i < len(s.ticks); i++ {
			if !(s.ticks[i] > s.ticks[i-1]) {
				t.Fatalf("ticks do not rise: %v", s.ticks)
			}
		}
	})
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	at := func(s string) time.Time {
		v, err := time.Parse("2006-01-02 15:04", s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	tests := []struct {
		name, lang string
		from, to   string
		want       []string
	}{
		{"hours", "en", "2026-05-04 08:20", "2026-05-04 20:00", []string{"09:00", "12:00", "15:00", "18:00"}},
		{"days", "fr", "2026-05-04 00:00", "2026-05-07 00:00", []string{"4\u00a0mai", "5\u00a0mai", "6\u00a0mai", "7\u00a0mai"}},
		{"weeks begin on Monday", "en", "2026-05-01 00:00", "2026-05-28 00:00", []string{"4\u00a0May", "11\u00a0May", "18\u00a0May", "25\u00a0May"}},
		{"months", "en", "2026-10-15 00:00", "2027-02-15 00:00", []string{"1\u00a0Nov", "1\u00a0Dec", "1\u00a0Jan 2027", "1\u00a0Feb"}},
		{"years", "en", "2019-06-01 00:00", "2023-06-01 00:00", []string{"2020", "2021", "2022", "2023"}},
		{"centuries", "en", "0001-06-01 00:00", "9999-06-01 00:00", []string{"2000", "4000", "6000", "8000"}},
		{"one moment", "en", "2026-05-04 00:00", "2026-05-04 00:00", []string{"4\u00a0May 2026"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, m := range calendar(i18n.With(t.Context(), tt.lang, nil), at(tt.from), at(tt.to), 5) {
				got = append(got, m.label)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}
