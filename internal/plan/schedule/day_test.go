package schedule_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/plan/schedule"
)

func day(text string) schedule.Day {
	d, ok := schedule.ParseDay(text)
	if !ok {
		panic(text)
	}
	return d
}

func TestParseDay(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"2026-11-22": "2026-11-22", " 22/11/2026 ": "2026-11-22", "1.2.2027": "2027-02-01", "": "", "2028-02-29": "2028-02-29"} {
		if got, ok := schedule.ParseDay(text); !ok || got.String() != want {
			t.Errorf("%q is %s, %v; want %s", text, got, ok, want)
		}
	}
	for _, text := range []string{"2026-02-30", "2099-12-31", "1999-12-31", "tomorrow", "2026-13-01", "2026-1", "-1-1-1", "22-11-2026", "+2026-01-01", "2026-11-22T10:00", "99999999999999999999"} {
		if got, ok := schedule.ParseDay(text); ok {
			t.Errorf("%q is taken for %s", text, got)
		}
	}
}

// Days are days everywhere, also where clocks change on them, and months end where they end.
func TestDaysAcrossClockChanges(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Paris", "America/Santiago", "Australia/Lord_Howe", "Pacific/Apia", "America/St_Johns", "UTC"} {
		z, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		for d := day("2026-01-01"); d < day("2028-01-01"); d++ {
			if back := schedule.Of(d.Noon(z), z); back != d {
				t.Fatalf("%s: noon of %s is on %s", zone, d, back)
			}
		}
	}
	for _, test := range []struct {
		from string
		n    int
		want string
	}{{"2026-01-31", 1, "2026-02-28"}, {"2026-01-31", 2, "2026-03-31"}, {"2027-12-31", 2, "2028-02-29"}, {"2026-03-15", -3, "2025-12-15"}} {
		if got := day(test.from).AddMonths(test.n).String(); got != test.want {
			t.Errorf("%s and %d months is %s, want %s", test.from, test.n, got, test.want)
		}
	}
	if got := day("2026-11-22").Monday().String(); got != "2026-11-16" { // a Sunday
		t.Errorf("the week of 22 November 2026 begins on %s", got)
	}
}

func TestCalendar(t *testing.T) {
	t.Parallel()
	c := schedule.NewCalendar([7]bool{}, []schedule.Day{day("2026-12-25"), day("2026-12-26"), day("2026-12-25")})
	if got := c.Days(day("2026-12-21"), day("2027-01-03")); got != 9 {
		t.Errorf("%d working days over Christmas, want 9", got)
	}
	for _, test := range []struct {
		due, day string
		want     int
	}{{"2026-11-20", "2026-11-20", 0}, {"2026-11-20", "2026-11-23", 1}, {"2026-11-20", "2026-11-22", 0}, {"2026-11-23", "2026-11-20", -1}} {
		if got := c.Late(day(test.due), day(test.day)); got != test.want {
			t.Errorf("%s is %d late for %s, want %d", test.day, got, test.due, test.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		var works [7]bool
		for i := range works {
			works[i] = rapid.Bool().Draw(t, "works")
		}
		base := day("2026-01-01")
		var closed []schedule.Day
		for range rapid.IntRange(0, 20).Draw(t, "closed") {
			closed = append(closed, base+schedule.Day(rapid.IntRange(0, 400).Draw(t, "day")))
		}
		c := schedule.NewCalendar(works, closed)
		from := base + schedule.Day(rapid.IntRange(0, 300).Draw(t, "from"))
		n := rapid.IntRange(0, 120).Draw(t, "n")
		counted := 0
		for d := from; d < from+schedule.Day(n); d++ {
			if c.Working(d) {
				counted++
				if back := c.At(c.Index(d)); back != d {
					t.Fatalf("number %d is %s, want %s", c.Index(d), back, d)
				}
			}
		}
		if got := c.Days(from, from+schedule.Day(n)-1); got != counted {
			t.Fatalf("%d days, want %d", got, counted)
		}
	})
}

func FuzzParseDay(f *testing.F) {
	for _, s := range []string{"2026-11-22", "22/11/2026", "1.2.2027", "", "2026-02-30", "0/0/2026"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := schedule.ParseDay(text)
		if !ok {
			return
		}
		if again, ok := schedule.ParseDay(d.String()); !ok || again != d || d != 0 && !d.Valid() {
			t.Errorf("%q is %d, and %s is %d", text, d, d, again)
		}
	})
}
