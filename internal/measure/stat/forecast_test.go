package stat

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// The intervals hold what they are about in about 95 of 100 cases, also when steps resemble each other.
func TestForecastCoverage(t *testing.T) {
	t.Parallel()
	const runs = 3000
	for _, c := range []struct {
		name      string
		n, ahead  int
		rho       float64
		slope     float64
		low, high float64
		told      float64 // in which share of the cases at least, or 0
	}{
		{"independent", 26, 8, 0, 0.4, 0.93, 0.98, 0.99},
		{"few steps", 6, 2, 0, 0.4, 0.93, 0.98, 0.85},
		{"alike", 26, 8, 0.4, 0.4, 0.90, 0.98, 0.8},
		{"very alike", 52, 8, 0.7, 0.4, 0.88, 0.98, 0.5},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r := source(5)
			slopes, values, told := 0, 0, 0
			for range runs {
				noise, course := r.NormFloat64(), make([]float64, c.n+c.ahead)
				for i := range course {
					course[i] = 10 + c.slope*float64(i) + 3*noise
					noise = c.rho*noise + math.Sqrt(1-c.rho*c.rho)*r.NormFloat64()
				}
				f := Forecast(course[:c.n], c.ahead)
				if f.Bounded == f.Alike {
					t.Fatalf("%+v is neither told nor too alike", f)
				}
				if f.Alike {
					continue
				}
				told++
				if f.SlopeLow <= c.slope && c.slope <= f.SlopeHigh {
					slopes++
				}
				if last := course[c.n+c.ahead-1]; f.Low <= last && last <= f.High {
					values++
				}
			}
			if share := float64(told) / runs; share < c.told {
				t.Errorf("told in %.3f of the cases", share)
			}
			for what, held := range map[string]int{"slope": slopes, "value": values} {
				share := float64(held) / float64(told)
				if share < c.low || share > c.high {
					t.Errorf("the interval of the %s held in %.3f of the cases, want %.2f to %.2f", what, share, c.low, c.high)
				}
			}
		})
	}
}

func TestForecastLine(t *testing.T) {
	t.Parallel()
	course := make([]float64, 12)
	for i := range course {
		course[i] = 3 + 2*float64(i)
	}
	course[4] = math.NaN()
	got := Forecast(course, 3)
	if math.Abs(got.Value-31) > 1e-9 || math.Abs(got.Slope-2) > 1e-9 || got.N != 11 || !got.Rising() || got.Falling() || math.Abs(got.High-got.Low) > 1e-6 {
		t.Errorf("got %+v", got)
	}
	for name, got := range map[string]Trend{
		"nothing":            Forecast(nil, 1),
		"one step":           Forecast([]float64{4}, 1),
		"five steps":         Forecast(course[7:], 1),
		"further than known": Forecast(course, 12),
		"backwards":          Forecast(course, -1),
		"infinite":           Forecast([]float64{1, math.Inf(1), 2, 3, 4, 5}, 1),
	} {
		if got.Bounded || got.Rising() || got.Falling() {
			t.Errorf("%s: %+v has an interval", name, got)
		}
	}
}

// Whatever comes in, no number that is told is NaN, the value lies in its interval, and units do not matter.
func TestForecastProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		course := rapid.SliceOfN(rapid.Float64Range(-1e6, 1e6), 0, 40).Draw(t, "course")
		ahead := rapid.IntRange(0, 60).Draw(t, "ahead")
		f := Forecast(course, ahead)
		if !finite(f.Slope, f.Value, f.Low, f.High, f.SlopeLow, f.SlopeHigh) {
			t.Fatalf("%+v", f)
		}
		if f.Bounded && (f.Low > f.Value || f.Value > f.High || f.SlopeLow > f.Slope || f.Slope > f.SlopeHigh) {
			t.Fatalf("%+v is not in order", f)
		}
		hours, largest := make([]float64, len(course)), 0.0
		for i, v := range course {
			hours[i], largest = v*3600, max(largest, math.Abs(v)*3600)
		}
		g := Forecast(hours, ahead)
		if near := func(a, b float64) bool { return math.Abs(a-b) <= 1e-6*(1+math.Abs(a)+math.Abs(b)+largest) }; g.Bounded != f.Bounded || !near(g.Value, f.Value*3600) || !near(g.High, f.High*3600) {
			t.Fatalf("%+v in seconds is %+v in hours", f, g)
		}
	})
}
