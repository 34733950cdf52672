package measureapi

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/problem"
)

func FuzzMoment(f *testing.F) {
	for _, s := range []string{"2026-11-18", "2040-12-31", "2026-11-18T12:00:00Z", "0000-01-01", "9999-12-31", "2026-02-31", ""} {
		f.Add(s)
	}
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"Europe/Paris", "Africa/Cairo", "America/Havana", "Pacific/Apia"} {
		z, err := time.LoadLocation(name)
		if err != nil {
			f.Fatal(err)
		}
		zones = append(zones, z)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, z := range zones {
			from, to, err := moment(text, "from", z)
			if err != nil {
				if !problem.Is(err, problem.Invalid) {
					t.Fatalf("%q: %v", text, err)
				}
				continue
			}
			if to.Before(from) || to.Sub(from) > 26*time.Hour {
				t.Fatalf("%q in %s is %v to %v", text, z, from, to)
			}
		}
	})
}
