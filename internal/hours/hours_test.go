package hours

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func clock(t testing.TB, c Calendar) *Clock {
	t.Helper()
	if err := c.Check(); err != nil {
		t.Fatal(err)
	}
	out, err := c.Clock()
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestBetween(t *testing.T) {
	t.Parallel()
	c := Usual("Europe/Paris")
	for d := range c.Week {
		for i := range c.Week[d] {
			c.Week[d][i].To = 17 * 60
		}
	}
	c.Holidays = []string{"12-25", "2026-05-14"}
	k := clock(t, c)
	at := func(text string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", text, k.zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct {
		from, to string
		want     time.Duration
	}{
		{"2026-05-11 10:00", "2026-05-11 12:30", 150 * time.Minute},
		{"2026-05-11 16:00", "2026-05-12 10:00", 2 * time.Hour},
		{"2026-05-13 16:00", "2026-05-15 10:00", 2 * time.Hour}, // Ascension Day is none
		{"2026-05-15 16:00", "2026-05-18 10:00", 2 * time.Hour}, // a weekend
		{"2026-05-16 10:00", "2026-05-17 12:00", 0},
		{"2025-12-24 16:30", "2025-12-26 09:30", time.Hour},
		{"2026-05-12 10:00", "2026-05-11 10:00", 0},
	} {
		if got := k.Between(at(x.from), at(x.to)); got != x.want {
			t.Errorf("%s to %s: %s, want %s", x.from, x.to, got, x.want)
		}
	}
	night := Calendar{Zone: "Europe/Paris"}
	night.Week[time.Sunday] = []Stretch{{60, 240}}
	k = clock(t, night)
	if got := k.Between(at("2026-03-28 12:00"), at("2026-03-29 12:00")); got != 2*time.Hour {
		t.Errorf("an hour that is skipped counts: %s", got)
	}
	if got := k.Between(at("2026-10-24 12:00"), at("2026-10-25 12:00")); got != 4*time.Hour {
		t.Errorf("an hour that comes twice counts once: %s", got)
	}
}

// TestNaiveWalk compares with a walk minute by minute, over clock changes of several zones.
func TestNaiveWalk(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := Calendar{Zone: rapid.SampledFrom([]string{"UTC", "Europe/Paris", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "America/St_Johns"}).Draw(r, "zone")}
		for d := range c.Week {
			last := 0
			for range rapid.IntRange(0, 2).Draw(r, "stretches") {
				from := rapid.IntRange(last, 1439).Draw(r, "from")
				to := rapid.IntRange(from+1, 1440).Draw(r, "to")
				c.Week[d] = append(c.Week[d], Stretch{from, to})
				if last = to; last >= 1440 {
					break
				}
			}
		}
		if rapid.Bool().Draw(r, "holiday") {
			c.Holidays = []string{"03-29", "2011-12-31"}
		}
		k, err := c.Clock()
		if err != nil {
			r.Fatal(err)
		}
		begin := rapid.SampledFrom([]time.Time{time.Date(2026, 3, 27, 0, 0, 0, 0, time.UTC), time.Date(2026, 10, 23, 0, 0, 0, 0, time.UTC), time.Date(2018, 11, 2, 0, 0, 0, 0, time.UTC),
			time.Date(2011, 12, 28, 0, 0, 0, 0, time.UTC), time.Date(2026, 4, 3, 0, 0, 0, 0, time.UTC)}).Draw(r, "begin")
		from := begin.Add(time.Duration(rapid.IntRange(0, 3*24*60).Draw(r, "first")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(0, 4*24*60).Draw(r, "minutes")) * time.Minute)
		want := 0
		for at := from; at.Before(to); at = at.Add(time.Minute) {
			if k.Open(at) {
				want++
			}
		}
		if got := k.Between(from, to); got != time.Duration(want)*time.Minute {
			r.Fatalf("%s to %s: %s, a walk finds %d minutes", from, to, got, want)
		}
		due := rapid.IntRange(1, 3*24*60).Draw(r, "due in")
		at, left := from, due
		for end := from.Add(30 * 24 * time.Hour); left > 0 && at.Before(end); at = at.Add(time.Minute) {
			if k.Open(at) {
				left--
			}
		}
		if got, ok := k.Add(from, time.Duration(due)*time.Minute); left == 0 && (!ok || !got.Equal(at)) {
			r.Fatalf("%d minutes after %s: %s, a walk finds %s", due, from, got, at)
		}
	})
}

// TestLongWaits compares waits of up to years with a count date by date, over clock changes, skipped dates and holidays.
func TestLongWaits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		c := Calendar{Zone: rapid.SampledFrom([]string{"UTC", "Europe/Paris", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Sao_Paulo", "Pacific/Apia", "America/St_Johns", "Pacific/Kiritimati"}).Draw(r, "zone")}
		for d := range c.Week {
			if rapid.Bool().Draw(r, "open") {
				from := rapid.IntRange(0, 1439).Draw(r, "from")
				c.Week[d] = []Stretch{{from, rapid.IntRange(from+1, 1440).Draw(r, "to")}}
			}
		}
		c.Holidays = rapid.SliceOfN(rapid.SampledFrom([]string{"01-01", "02-29", "12-25", "12-31", "2011-12-30", "2004-03-28", "2010-10-31"}), 0, 4).Draw(r, "holidays")
		k, err := c.Clock()
		if err != nil {
			r.Fatal(err)
		}
		begin := time.Date(1985, 1, 1, 0, 0, 0, 0, time.UTC)
		for range 5 { // of one clock, which remembers years
			from := begin.Add(time.Duration(rapid.IntRange(0, 45*365*24*60).Draw(r, "first")) * time.Minute)
			to := from.Add(time.Duration(rapid.IntRange(0, 3*365*24*60).Draw(r, "minutes")) * time.Minute)
			want := time.Duration(0)
			for day := noon(from.In(k.zone)); !day.After(noon(to.In(k.zone))); day = day.AddDate(0, 0, 1) {
				want += k.days(day, day.AddDate(0, 0, 1), from, to)
			}
			if got := k.Between(from, to); got != want {
				r.Fatalf("%s to %s: %s, date by date %s", from, to, got, want)
			}
		}
	})
}

func BenchmarkBetween(b *testing.B) {
	k := clock(b, Usual("Europe/Paris"))
	to := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for name, wait := range map[string]time.Duration{"an hour": time.Hour, "a week": 7 * 24 * time.Hour, "half a year": 182 * 24 * time.Hour} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				k.Between(to.Add(-wait), to)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]Calendar{
		"no zone":    {},
		"a zone":     Usual("Moon/Crater"),
		"never":      {Zone: "UTC"},
		"a holiday":  {Zone: "UTC", Week: Usual("UTC").Week, Holidays: []string{"2026-02-30"}},
		"backwards":  {Zone: "UTC", Week: [7][]Stretch{{{600, 540}}}},
		"overlaps":   {Zone: "UTC", Week: [7][]Stretch{{{0, 600}, {540, 700}}}},
		"after dawn": {Zone: "UTC", Week: [7][]Stretch{{{0, 1441}}}},
	} {
		if err := c.Check(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
