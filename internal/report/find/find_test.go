package find_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/report/find"
)

// TestDiscoveries holds the procedure to the fifteen p-values of Benjamini and Hochberg (1995, section 4.1), of which four stand at 5 %.
func TestDiscoveries(t *testing.T) {
	t.Parallel()
	p := []float64{0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1}
	want := make([]bool, 15)
	for i := range 4 {
		want[i] = true
	}
	if diff := cmp.Diff(want, find.Discoveries(p, 0.05)); diff != "" {
		t.Error(diff)
	}
	if got := find.Discoveries([]float64{math.NaN(), 0.001}, 0.05); !cmp.Equal(got, []bool{false, true}) {
		t.Errorf("with what is not a number: %v", got)
	}
}

func TestDiscoveriesGrowWithQ(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := rapid.SliceOf(rapid.Float64Range(0, 1)).Draw(t, "p")
		few, many := find.Discoveries(p, 0.01), find.Discoveries(p, 0.1)
		for i := range p {
			if few[i] && !many[i] {
				t.Fatalf("%d stands at 1 %% and not at 10 %%", i)
			}
			for j := range p {
				if many[i] && p[j] < p[i] && !many[j] {
					t.Fatalf("p = %v stands and p = %v does not", p[i], p[j])
				}
			}
		}
	})
}

// TestSurge holds the tails to values of tables: t of 8 weeks, Poisson of days that do not vary.
func TestSurge(t *testing.T) {
	t.Parallel()
	even := []float64{4, 4, 4, 4, 4, 4, 4, 4}
	for name, test := range map[string]struct {
		before    []float64
		now       float64
		low, high float64
	}{
		"as always":                  {even, 4, 0.5, 0.6},
		"twelve for four":            {even, 12, 0.0008, 0.0011}, // P(X ≥ 12 | 4) = 0.000915
		"too few weeks":              {[]float64{1, 2, 1}, 50, 1, 1},
		"days that vary need more":   {[]float64{0, 20, 1, 18, 2, 16, 0, 19}, 20, 0.1, 0.5},
		"a day that is out of place": {[]float64{10, 9, 11, 10, 12, 9, 10, 11}, 40, 0, 1e-5},
	} {
		if got := find.Surge(test.before, test.now); got < test.low || got > test.high {
			t.Errorf("%s: %v, want %v to %v", name, got, test.low, test.high)
		}
	}
	if got := find.Dip([]float64{20, 22, 19, 21, 20, 18, 22, 20}, 2); got > 1e-4 {
		t.Errorf("two where there are twenty: %v", got)
	}
	if got := find.Dip(even, 4); got < 0.5 {
		t.Errorf("four where there are four: %v", got)
	}
}

// TestNoise draws forty counts twice from the same world, three hundred times over: what is found is chance, and it may be found in about one
// look of twenty.
func TestNoise(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	const looks = 300
	wrong := 0
	for range looks {
		var p []float64
		for k := range 40 {
			mean := 8 + 4*float64(k)
			p = append(p, find.P(stat.Count(poisson(random, mean)), stat.Count(poisson(random, mean)), find.Log))
		}
		for _, found := range find.Discoveries(p, find.FalseShare) {
			if found {
				wrong++
				break
			}
		}
	}
	if wrong > looks/10 {
		t.Errorf("%d of %d looks at noise found something", wrong, looks)
	}
}

// TestNoiseInDays does the same with spikes in seven days against eight weeks, also where days vary more than Poisson.
func TestNoiseInDays(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(3, 4))
	const looks = 300
	for _, spread := range []float64{0, 0.4} {
		wrong := 0
		for range looks {
			draw := func() float64 { return float64(poisson(random, 12*math.Exp(spread*random.NormFloat64()))) }
			var p []float64
			for range 7 * 5 {
				before := make([]float64, 8)
				for i := range before {
					before[i] = draw()
				}
				p = append(p, find.Surge(before, draw()))
			}
			for _, found := range find.Discoveries(p, find.FalseShare) {
				if found {
					wrong++
					break
				}
			}
		}
		if wrong > looks/10 {
			t.Errorf("spread %v: %d of %d looks at noise found something", spread, wrong, looks)
		}
	}
}

func TestMostly(t *testing.T) {
	t.Parallel()
	counts := func(now, before int) find.Part {
		return find.Part{Now: stat.Count(now), Before: stat.Count(before), N: now}
	}
	wait := func(now, before, n int) find.Part {
		e := func(v int) stat.Estimate {
			return stat.Estimate{Value: float64(v), Low: float64(v) * 0.8, High: float64(v) * 1.25, N: n, Grade: stat.Enough, Bounded: true}
		}
		return find.Part{Now: e(now), Before: e(before), N: n}
	}
	for name, test := range map[string]struct {
		parts []find.Part
		total find.Part
		added bool
		want  int // -1: none
	}{
		"one part grew":                      {[]find.Part{counts(50, 50), counts(90, 20)}, counts(140, 70), true, 1},
		"all grew alike":                     {[]find.Part{counts(400, 200), counts(100, 50)}, counts(500, 250), true, -1},
		"too few to tell":                    {[]find.Part{counts(50, 50), counts(8, 0)}, counts(58, 50), true, -1},
		"there is no rest":                   {[]find.Part{counts(140, 70)}, counts(140, 70), true, -1},
		"one part waits longer":              {[]find.Part{wait(100, 100, 40), wait(110, 100, 40), wait(400, 100, 60)}, wait(220, 100, 140), false, 2},
		"all wait longer":                    {[]find.Part{wait(300, 100, 40), wait(310, 100, 40)}, wait(305, 100, 80), false, -1},
		"the largest grew the other way":     {[]find.Part{counts(100, 150), counts(160, 60)}, counts(260, 210), true, 1},
		"one part fell and the rest as much": {[]find.Part{counts(20, 40), counts(22, 44)}, counts(42, 84), true, -1},
	} {
		found, looked := find.Mostly(test.parts, test.total, find.Log, test.added, 10)
		stands := find.Discoveries(looked, find.FalseShare)
		got := -1
		for _, f := range found {
			if stands[f.Part] {
				got = f.Part
				break
			}
		}
		if got != test.want {
			t.Errorf("%s: part %d, want %d (%v, %v)", name, got, test.want, found, looked)
		}
	}
}

// poisson draws by multiplying (Knuth), which is exact for small means, in pieces of at most 20.
func poisson(r *rand.Rand, mean float64) int {
	n := 0
	for mean > 0 {
		step := math.Min(mean, 20)
		mean -= step
		limit, p := math.Exp(-step), 1.0
		for {
			if p *= r.Float64(); p <= limit {
				break
			}
			n++
		}
	}
	return n
}
