package stat

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func paris(t testing.TB) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestHours(t *testing.T) {
	t.Parallel()
	z := paris(t)
	at := func(text string) time.Time {
		u, err := time.ParseInLocation("2006-01-02 15:04", text, z)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	office := OfficeHours(z)
	closed := OfficeHours(z)
	closed.Closed = map[string]bool{"2026-05-01": true}
	night := &Hours{Zone: z}
	for d := range night.Week {
		night.Week[d] = []Span{{0, 24 * time.Hour}}
	}
	for _, c := range []struct {
		name     string
		h        *Hours
		from, to string
		want     time.Duration
	}{
		{"within a day", office, "2026-05-04 10:00", "2026-05-04 11:30", 90 * time.Minute},
		{"overnight", office, "2026-05-04 17:00", "2026-05-05 10:00", 2 * time.Hour},
		{"over a weekend", office, "2026-05-08 17:30", "2026-05-11 09:15", 45 * time.Minute},
		{"asked and answered at night", office, "2026-05-04 20:00", "2026-05-04 23:00", 0},
		{"from before hours to after", office, "2026-05-04 06:00", "2026-05-04 22:00", 9 * time.Hour},
		{"a closed Friday", closed, "2026-04-30 17:00", "2026-05-04 10:00", 2 * time.Hour},
		{"backwards", office, "2026-05-05 10:00", "2026-05-04 10:00", 0},
		{"a week", office, "2026-05-04 00:00", "2026-05-11 00:00", 45 * time.Hour},
		{"the day clocks go forward has 23 hours", night, "2026-03-29 00:00", "2026-03-30 00:00", 23 * time.Hour},
		{"the day clocks go back has 25", night, "2026-10-25 00:00", "2026-10-26 00:00", 25 * time.Hour},
		{"over both Sundays office hours stay whole", office, "2026-03-27 17:00", "2026-03-30 10:00", 2 * time.Hour},
	} {
		if got := c.h.Between(at(c.from), at(c.to)); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
	if got := (*Hours)(nil).Between(at("2026-05-04 10:00"), at("2026-05-05 10:00")); got != 0 {
		t.Errorf("nobody's hours: %v", got)
	}
}

// TestHoursAddUp holds that a wait is the sum of its pieces, and that all days at all hours are the time itself.
func TestHoursAddUp(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Africa/Cairo", "America/Havana"}
	rapid.Check(t, func(t *rapid.T) {
		z, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		from := time.Unix(rapid.Int64Range(1.5e9, 1.9e9).Draw(t, "from"), 0)
		mid := from.Add(time.Duration(rapid.Int64Range(0, 40*24*3600).Draw(t, "first")) * time.Second)
		to := mid.Add(time.Duration(rapid.Int64Range(0, 40*24*3600).Draw(t, "second")) * time.Second)
		office, always := OfficeHours(z), &Hours{Zone: z}
		for d := range always.Week {
			always.Week[d] = []Span{{0, 24 * time.Hour}}
		}
		for _, h := range []*Hours{office, always} {
			if h.Between(from, mid)+h.Between(mid, to) != h.Between(from, to) {
				t.Fatalf("%v + %v is not %v", h.Between(from, mid), h.Between(mid, to), h.Between(from, to))
			}
		}
		if got := always.Between(from, to); got != to.Sub(from) {
			t.Fatalf("always there: %v of %v", got, to.Sub(from))
		}
		if office.Between(from, to) > to.Sub(from) {
			t.Fatal("longer than it was")
		}
	})
}
