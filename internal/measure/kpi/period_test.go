package kpi

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/entente/entente/internal/hours"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/measure/stat"
)

// TestWindowsOfAPeriod holds that windows that divide a time add up to all that is stated of periods in it, wherever clocks change.
func TestWindowsOfAPeriod(t *testing.T) {
	t.Parallel()
	var zones []*time.Location
	for _, name := range []string{"UTC", "Europe/Paris", "Australia/Lord_Howe", "America/Havana"} {
		z, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		zones = append(zones, z)
	}
	rapid.Check(t, func(r *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(r, "zone")
		day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, zone) }
		var facts []Fact
		total, answers := 0.0, 0.0
		for range rapid.IntRange(1, 6).Draw(r, "facts") {
			begin := rapid.IntRange(0, 500).Draw(r, "begin")
			f := Fact{At: day(begin), Until: day(begin + rapid.IntRange(1, 400).Draw(r, "days")).UTC(), Part: "x", N: 1, Sum: float64(rapid.IntRange(-1000, 1000).Draw(r, "sum"))}
			if rapid.Bool().Draw(r, "moment") {
				f.Until = time.Time{}
			}
			facts = append(facts, f)
			total += f.Sum
			answers++
		}
		cuts := []time.Time{day(0), day(900)}
		for range rapid.IntRange(0, 8).Draw(r, "cuts") {
			cuts = append(cuts, day(0).Add(time.Duration(rapid.IntRange(1, 899*24*60).Draw(r, "cut"))*time.Minute).UTC())
		}
		slices.SortFunc(cuts, time.Time.Compare)
		sum, weight := 0.0, 0.0
		for i := range len(cuts) - 1 {
			for _, f := range within(cuts[i], cuts[i+1], before(facts, cuts[i+1])) {
				sum += f.Sum
				weight += f.weight()
				if f.Share < 0 || f.Share > 1 {
					r.Fatalf("%v of a fact", f.Share)
				}
			}
		}
		if math.Abs(sum-total) > 1e-6 || math.Abs(weight-answers) > 1e-6 {
			r.Fatalf("windows come to %v of %v facts, all of it is %v of %v", sum, weight, total, answers)
		}
	})
}

// before is the facts before a moment, as measures are given them.
func before(facts []Fact, to time.Time) []Fact {
	return slices.DeleteFunc(slices.Clone(facts), func(f Fact) bool { return !f.At.Before(to) })
}

// TestDaysOfAPeriod holds that days count, also the one on which clocks change: of March in Paris two thirds of a day less than 31 days are no third.
func TestDaysOfAPeriod(t *testing.T) {
	t.Parallel()
	paris, err := time.LoadLocation("Europe/Paris")
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, paris) }
	for _, c := range []struct {
		from, to int
		want     float64
	}{{1, 32, 1}, {1, 11, 10. / 31}, {29, 30, 1. / 31}, {-20, 2, 1. / 31}, {31, 90, 1. / 31}, {40, 50, 0}} {
		if got := hours.Overlap(day(1), day(32).UTC(), day(c.from).UTC(), day(c.to)); math.Abs(max(got, 0)-c.want) > 1e-12 {
			t.Errorf("from the %d to the %d there are %v of March, want %v", c.from, c.to, got, c.want)
		}
	}
}

// TestEveryPlaceOnce holds the short way to Shapley's value against the long one.
func TestEveryPlaceOnce(t *testing.T) {
	t.Parallel()
	places := []string{"sforum", "smastodon", "esearch", "enewsletter", "efair"}
	rapid.Check(t, func(r *rapid.T) {
		var list []journey
		sets := map[uint]int{}
		for range rapid.IntRange(1, 12).Draw(r, "orders") {
			j := journey{times: rapid.IntRange(1, 3).Draw(r, "times"), ordered: true}
			set := uint(0)
			for range rapid.IntRange(1, 5).Draw(r, "touches") {
				i := rapid.IntRange(0, len(places)-1).Draw(r, "place")
				set |= 1 << i
				j.touches = append(j.touches, stat.Touch{Channel: places[i], Before: time.Duration(len(j.touches)) * time.Hour})
			}
			sets[set] += j.times
			list = append(list, j)
		}
		want := stat.Shapley(len(places), func(set uint) float64 {
			n := 0
			for s, times := range sets {
				if s&^set == 0 {
					n += times
				}
			}
			return float64(n)
		})
		got := stat.Credit{}
		for _, j := range list {
			for k, c := range everyPlaceOnce(j.touches) {
				got[k] += c * float64(j.times)
			}
		}
		for i, p := range places {
			if math.Abs(got[p]-want[i]) > 1e-9 {
				r.Fatalf("%s gets %v, Shapley gives %v", p, got[p], want[i])
			}
		}
	})
}
