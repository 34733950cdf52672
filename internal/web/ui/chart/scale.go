package chart

import (
	"context"
	"math"
	"time"

	"github.com/entente/entente/internal/i18n"
)

// scale maps values of an axis to places in the drawing.
type scale struct {
	low, high float64
	from, to  float64
	ticks     []float64
	step      float64
}

func (s scale) place(v float64) float64 {
	if !(s.high > s.low) {
		return s.from
	}
	share := (v/2 - s.low/2) / (s.high/2 - s.low/2) // halves: the difference of two huge values stays finite
	return s.from + math.Max(-1, math.Min(2, share))*(s.to-s.from)
}

// nice chooses ends and ticks for values between low and high: steps of 1, 2, 2.5 or 5 times a power of ten
// (for durations: round minutes, hours and days), about as many as wanted.
func nice(u Unit, low, high float64, wanted int) scale {
	if !finite(low) || !finite(high) {
		low, high = 0, 1
	}
	if low > high {
		low, high = high, low
	}
	if low == high {
		if low == 0 {
			high = 1
		} else {
			pad := math.Abs(low) * 0.1
			low, high = low-pad, high+pad
			if low > 0 && low < pad*12 {
				low = 0
			}
		}
	}
	low, high = math.Max(low, -1e300), math.Min(high, 1e300)
	step := stepFor(u, (high/float64(wanted) - low/float64(wanted)))
	if u.kind == plain && u.decimals == 0 && step < 1 && high-low >= 1 {
		step = 1
	}
	s := scale{low: math.Floor(low/step) * step, high: math.Ceil(high/step) * step, step: step}
	if !finite(s.low) || !finite(s.high) || !(s.high > s.low) || s.low+step == s.low || s.high-step == s.high { // such steps are smaller than digits tell apart
		s.low, s.high = low, high
		s.ticks = []float64{low, high}
		return s
	}
	count := int(math.Round((s.high - s.low) / step))
	for i := 0; i <= min(count, 12); i++ {
		v := s.low + float64(i)*step
		if math.Abs(v) < step/1e6 {
			v = 0
		}
		s.ticks = append(s.ticks, v)
	}
	return s
}

func stepFor(u Unit, raw float64) float64 {
	if !(raw > 0) {
		return 1
	}
	if u.kind == duration && raw >= 1 && raw < 86400*10 {
		for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200, 86400, 172800, 432000, 864000} {
			if s >= raw {
				return s
			}
		}
	}
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	if power == 0 || !finite(power) {
		return raw
	}
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if m == 2.5 && u.kind == plain && u.decimals == 0 && power < 10 {
			continue
		}
		if raw <= m*power*(1+1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// moment is one tick of a time axis.
type moment struct {
	at    time.Time
	label string
}

// calendar chooses round hours, days, weeks, months or years between from and to, in the reader's zone, at most wanted.
func calendar(ctx context.Context, from, to time.Time, wanted int) []moment {
	zone := i18n.Zone(ctx)
	from, to = from.In(zone), to.In(zone)
	if !to.After(from) {
		return []moment{{from, i18n.Day(ctx, from)}}
	}
	hours := to.Sub(from).Hours()
	if to.Year()-from.Year() > 200 { // Sub saturates
		hours = float64(to.Year()-from.Year()) * 8766
	}
	day := time.Date(from.Year(), from.Month(), from.Day(), 0, 0, 0, 0, zone)
	fits := func(stepHours float64) bool { return hours/stepHours <= float64(wanted) }

	for _, h := range []int{1, 3, 6, 12} {
		if fits(float64(h)) {
			return collect(from, to, day, func(t time.Time) time.Time { return t.Add(time.Duration(h) * time.Hour) }, func(t time.Time) string {
				if t.Hour() == 0 {
					return i18n.DayShort(ctx, t)
				}
				return i18n.Time(ctx, t)
			})
		}
	}
	dayLabel := func(t time.Time) string { return i18n.DayShort(ctx, t) }
	for _, d := range []int{1, 2} {
		if fits(float64(d * 24)) {
			return collect(from, to, day, func(t time.Time) time.Time { return t.AddDate(0, 0, d) }, dayLabel)
		}
	}
	monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	for _, w := range []int{1, 2} {
		if fits(float64(w * 168)) {
			return collect(from, to, monday, func(t time.Time) time.Time { return t.AddDate(0, 0, 7*w) }, dayLabel)
		}
	}
	monthLabel := func(t time.Time) string {
		if t.Month() == time.January {
			return i18n.Day(ctx, t)
		}
		return i18n.DayShort(ctx, t)
	}
	for _, m := range []int{1, 2, 3, 6} {
		if fits(float64(m) * 730.5) {
			start := time.Date(from.Year(), time.January, 1, 0, 0, 0, 0, zone)
			return collect(from, to, start, func(t time.Time) time.Time { return t.AddDate(0, m, 0) }, monthLabel)
		}
	}
	years := 1
	for _, y := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000} {
		years = y
		if fits(float64(y) * 8766) {
			break
		}
	}
	start := time.Date(from.Year()/years*years, time.January, 1, 0, 0, 0, 0, zone)
	return collect(from, to, start, func(t time.Time) time.Time { return t.AddDate(years, 0, 0) }, func(t time.Time) string { return t.Format("2006") })
}

func collect(from, to, start time.Time, next func(time.Time) time.Time, label func(time.Time) string) []moment {
	var out []moment
	t := start
	for range 64 {
		if t.After(to) {
			break
		}
		if !t.Before(from) {
			out = append(out, moment{t, label(t)})
		}
		t = next(t)
	}
	return out
}

// span maps times to places.
type span struct {
	first, last time.Time
	from, to    float64
}

func (s span) place(t time.Time) float64 {
	first, last, v := float64(s.first.Unix()), float64(s.last.Unix()), float64(t.Unix())
	if !(last > first) {
		return (s.from + s.to) / 2
	}
	return s.from + math.Max(0, math.Min(1, (v-first)/(last-first)))*(s.to-s.from)
}
