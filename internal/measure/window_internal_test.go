package measure

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/org"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestCuts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, zone string
		from, to   string
		step       Step
		want       []string
	}{
		{"the day clocks go forward has 23 hours", "Europe/Paris", "2026-03-28T23:00:00Z", "2026-03-30T22:00:00Z", Day,
			[]string{"2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", "2026-03-30T22:00:00Z"}},
		{"the day clocks go back has 25", "Europe/Paris", "2026-10-24T22:00:00Z", "2026-10-26T23:00:00Z", Day,
			[]string{"2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", "2026-10-26T23:00:00Z"}},
		{"a week begins on Monday", "Europe/Paris", "2026-03-25T12:00:00Z", "2026-04-07T00:00:00Z", Week,
			[]string{"2026-03-25T12:00:00Z", "2026-03-29T22:00:00Z", "2026-04-05T22:00:00Z", "2026-04-07T00:00:00Z"}},
		{"months", "America/New_York", "2026-01-31T00:00:00Z", "2026-04-01T04:00:00Z", Month,
			[]string{"2026-01-31T00:00:00Z", "2026-02-01T05:00:00Z", "2026-03-01T05:00:00Z", "2026-04-01T04:00:00Z"}},
		{"no midnight: clocks go from 0 to 1", "Africa/Cairo", "2026-04-22T22:00:00Z", "2026-04-25T21:00:00Z", Day,
			[]string{"2026-04-22T22:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z", "2026-04-25T21:00:00Z"}},
		{"two midnights: clocks go from 1 back to 0", "America/Havana", "2026-10-31T04:00:00Z", "2026-11-02T05:00:00Z", Day,
			[]string{"2026-10-31T04:00:00Z", "2026-11-01T04:00:00Z", "2026-11-02T05:00:00Z"}},
		{"a day that was left out", "Pacific/Apia", "2011-12-29T10:00:00Z", "2011-12-31T10:00:00Z", Day,
			[]string{"2011-12-29T10:00:00Z", "2011-12-30T10:00:00Z", "2011-12-31T10:00:00Z"}},
		{"where time.ZoneBounds goes round in a circle", "Europe/Paris", "2040-12-30T23:00:00Z", "2041-01-01T23:00:00Z", Day,
			[]string{"2040-12-30T23:00:00Z", "2040-12-31T23:00:00Z", "2041-01-01T23:00:00Z"}},
		{"within one step", "UTC", "2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z", Month, []string{"2026-05-01T10:00:00Z", "2026-05-01T11:00:00Z"}},
	} {
		steps, err := Window{instant(t, c.from), instant(t, c.to)}.steps(c.step, zone(t, c.zone))
		if err != nil {
			t.Fatal(err)
		}
		cuts := steps.cuts
		got := make([]string, len(cuts))
		for i, u := range cuts {
			got[i] = u.Format(time.RFC3339)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	u, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func TestCutsInEveryZone(t *testing.T) {
	t.Parallel()
	zones := append(org.Zones(), "Pacific/Apia", "Asia/Kathmandu", "Africa/Monrovia", "America/Havana", "Australia/Lord_Howe", "America/Asuncion")
	rapid.Check(t, func(r *rapid.T) {
		z := zone(t, rapid.SampledFrom(zones).Draw(r, "zone"))
		step := rapid.SampledFrom(Steps()).Draw(r, "step")
		from := time.UnixMicro(rapid.Int64Range(94694400e6, 2500000000e6).Draw(r, "from")).UTC()
		w := Window{from, from.Add(time.Duration(rapid.Int64Range(1, 400*24*3600*1e9).Draw(r, "length")))}
		steps, err := w.steps(step, z)
		if err != nil {
			r.Fatal(err)
		}
		cuts := steps.cuts
		first, _ := Window{cuts[0].Add(-400 * 24 * time.Hour), cuts[0]}.steps(step, z)
		if steps.short != first.late {
			r.Fatalf("%v: the first step is short: %v, the one before was late: %v", w, steps.short, first.late)
		}
		if !cuts[0].Equal(w.From) || !cuts[len(cuts)-1].Equal(w.To) {
			r.Fatalf("%v does not go from %v to %v", cuts, w.From, w.To)
		}
		for i := 1; i < len(cuts); i++ {
			if !cuts[i-1].Before(cuts[i]) {
				r.Fatalf("%v does not rise at %d", cuts, i)
			}
			if i == len(cuts)-1 {
				break
			}
			at := cuts[i].In(z)
			if before := dateOf(at.Add(-time.Microsecond), z); !before.Before(dateOf(at, z)) {
				r.Fatalf("%v in %s does not begin a day", at, z)
			}
			if step == Week && at.Weekday() != time.Monday || step == Month && at.Day() != 1 {
				r.Fatalf("%v does not begin a %s", at, step)
			}
			if cuts[i].Sub(cuts[i].Truncate(15*time.Minute)) != 0 {
				r.Fatalf("%v is within a quarter of an hour", cuts[i])
			}
		}
		b := w.Before(z)
		if !b.From.Before(b.To) || b.To.After(w.From.Add(3*time.Hour)) {
			r.Fatalf("before %v is %v", w, b)
		}
	})
}

func TestBefore(t *testing.T) {
	t.Parallel()
	paris := zone(t, "Europe/Paris")
	now := time.Date(2026, 4, 10, 15, 0, 0, 0, paris)
	w := Last(30, now, paris)
	if want := time.Date(2026, 3, 12, 0, 0, 0, 0, paris); !w.From.Equal(want) || !w.To.Equal(now) {
		t.Errorf("the last 30 days are %v", w)
	}
	b := w.Before(paris)
	if !b.From.Equal(time.Date(2026, 2, 10, 0, 0, 0, 0, paris)) || !b.To.Equal(time.Date(2026, 3, 11, 15, 0, 0, 0, paris)) {
		t.Errorf("before is %v to %v", b.From.In(paris), b.To.In(paris))
	}
	day := Days(time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 0, 0, 0, 0, time.UTC), now, paris)
	if day.To.Sub(day.From) != 23*time.Hour {
		t.Errorf("29 March 2026 in Paris is %v long", day.To.Sub(day.From))
	}
	if late := Days(now, now.AddDate(0, 0, 3), now, paris); !late.To.Equal(now) {
		t.Errorf("a window in the future ends at %v", late.To)
	}
}
