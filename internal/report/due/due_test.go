package due_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/entente/entente/internal/report/due"
)

func TestNext(t *testing.T) {
	t.Parallel()
	paris := func(r due.Rhythm) due.Rhythm { r.Zone = "Europe/Paris"; return r }
	for name, test := range map[string]struct {
		r           due.Rhythm
		after, want string
	}{
		"Monday at eight":             {paris(due.Rhythm{Every: due.Week, Weekday: time.Monday, Minute: 480}), "2026-11-22T04:00:00Z", "2026-11-23T07:00:00Z"},
		"not the same instant again":  {paris(due.Rhythm{Every: due.Week, Weekday: time.Monday, Minute: 480}), "2026-11-23T07:00:00Z", "2026-11-30T07:00:00Z"},
		"summer":                      {paris(due.Rhythm{Every: due.Week, Weekday: time.Monday, Minute: 480}), "2026-06-30T00:00:00Z", "2026-07-06T06:00:00Z"},
		"an hour that is left out":    {paris(due.Rhythm{Every: due.Week, Weekday: time.Sunday, Minute: 150}), "2026-03-28T00:00:00Z", "2026-03-29T01:00:00Z"},
		"an hour that comes twice":    {paris(due.Rhythm{Every: due.Week, Weekday: time.Sunday, Minute: 150}), "2026-10-24T00:00:00Z", "2026-10-25T00:30:00Z"},
		"and only once":               {paris(due.Rhythm{Every: due.Week, Weekday: time.Sunday, Minute: 150}), "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"},
		"the 31st of a short month":   {paris(due.Rhythm{Every: due.Month, Day: 31, Minute: 0}), "2027-02-01T00:00:00Z", "2027-02-27T23:00:00Z"},
		"midnight that is left out":   {due.Rhythm{Every: due.Month, Day: 5, Minute: 0, Zone: "America/Santiago"}, "2027-09-01T00:00:00Z", "2027-09-05T04:00:00Z"},
		"a day that a zone never had": {due.Rhythm{Every: due.Month, Day: 30, Minute: 600, Zone: "Pacific/Apia"}, "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z"},
	} {
		after, _ := time.Parse(time.RFC3339, test.after)
		if got := test.r.Next(after).Format(time.RFC3339); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
	if got := (due.Rhythm{Every: "year"}).Next(time.Now()); !got.IsZero() {
		t.Errorf("a rhythm that is refused is next at %v", got)
	}
}

// TestOncePerDay holds every rhythm in every zone to one time for each of its days, in order, at its minute unless clocks left that out.
func TestOncePerDay(t *testing.T) {
	t.Parallel()
	zones := []string{"UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "America/Santiago", "Asia/Kathmandu", "Africa/Casablanca", "Pacific/Chatham"}
	rapid.Check(t, func(t *rapid.T) {
		r := due.Rhythm{Every: rapid.SampledFrom([]due.Every{due.Week, due.Month}).Draw(t, "every"), Weekday: time.Weekday(rapid.IntRange(0, 6).Draw(t, "weekday")),
			Day: rapid.IntRange(1, 31).Draw(t, "day"), Minute: rapid.IntRange(0, 1439).Draw(t, "minute"), Zone: rapid.SampledFrom(zones).Draw(t, "zone")}
		zone, err := time.LoadLocation(r.Zone)
		if err != nil {
			t.Fatal(err)
		}
		at := time.Unix(rapid.Int64Range(1.6e9, 2.1e9).Draw(t, "after"), 0)
		for range 60 {
			next := r.Next(at)
			if !next.After(at) {
				t.Fatalf("%v is not after %v", next, at)
			}
			if again := r.Next(next.Add(-time.Nanosecond)); !again.Equal(next) {
				t.Fatalf("asked just before %v: %v", next, again)
			}
			local := next.In(zone)
			wall := local.Hour()*60 + local.Minute()
			_, offset := next.In(zone).Zone()
			_, before := next.Add(-3 * time.Hour).In(zone).Zone()
			if wall != r.Minute && offset == before {
				t.Fatalf("%v is not at minute %d of the day", local, r.Minute)
			}
			days := next.Sub(at).Hours() / 24
			if most := map[due.Every]float64{due.Week: 7.2, due.Month: 32.2}[r.Every]; days > most {
				t.Fatalf("%v days to %v", days, next)
			}
			at = next
		}
	})
}
