package stat

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func close4(a, b float64) bool { return math.Abs(a-b) < 5e-4 }

// TestConfusionGolden holds worked examples: prevalence by Rogan and Gladen, and three classes that were mixed by a known matrix.
func TestConfusionGolden(t *testing.T) {
	t.Parallel()
	// Sensitivity 0.9, specificity 0.8, 38 % called positive: (0.38 + 0.8 − 1) / (0.9 + 0.8 − 1) = 0.2571.
	two := Confusion{[][]float64{{800, 200}, {100, 900}}}
	if got := two.Shares([]int{620, 380}); !close4(got[1].Value, 0.2571) || !close4(got[0].Value, 0.7429) || !got[1].Bounded {
		t.Errorf("two classes: %+v", got)
	}
	// 20, 30, 50 % seen through M: q = Mᵀπ.
	three := Confusion{[][]float64{{700, 200, 100}, {150, 700, 150}, {50, 200, 750}}}
	q := []int{2100, 3500, 4400} // 0.2·0.7+0.3·0.15+0.5·0.05, …
	got := three.Shares(q)
	for i, want := range []float64{0.2, 0.3, 0.5} {
		if !close4(got[i].Value, want) || got[i].Low >= want || got[i].High <= want {
			t.Errorf("class %d: %+v, want %v", i, got[i], want)
		}
	}
	if s := three.Score(q, []float64{-100, 0, 100}); !close4(s.Value, 30) {
		t.Errorf("net score %+v", s)
	}
	// A column for "not sure" changes nothing when it takes the same part of each.
	unsure := Confusion{[][]float64{{630, 180, 90, 100}, {135, 630, 135, 100}, {45, 180, 675, 100}}}
	if got := unsure.Shares([]int{1890, 3150, 3960, 1000}); !close4(got[2].Value, 0.5) {
		t.Errorf("with a column for not sure: %+v", got)
	}
	// What the matrix cannot explain is clipped: nothing below nothing.
	if got := two.Shares([]int{950, 50}); got[1].Value != 0 || got[0].Value != 1 || got[1].Low != 0 {
		t.Errorf("clipped: %+v", got)
	}
	// A perfect classifier leaves shares as they are.
	if got := (Confusion{[][]float64{{1e6, 0}, {0, 1e6}}}).Shares([]int{75, 25}); !close4(got[0].Value, 0.75) {
		t.Errorf("perfect: %+v", got)
	}
}

func TestConfusionRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		counts   [][]float64
		observed []int
	}{
		"nothing observed": {[][]float64{{1, 0}, {0, 1}}, []int{0, 0}},
		"an empty row":     {[][]float64{{5, 5}, {0, 0}}, []int{5, 5}},
		"no difference":    {[][]float64{{50, 50}, {50, 50}}, []int{5, 5}},
		"perhaps none":     {[][]float64{{7, 3}, {4, 6}}, []int{50, 50}},
		"hardly any":       {[][]float64{{500, 490}, {490, 500}}, []int{5, 5}},
		"negative":         {[][]float64{{-1, 2}, {0, 1}}, []int{5, 5}},
		"negative seen":    {[][]float64{{1, 0}, {0, 1}}, []int{5, -5}},
		"not a number":     {[][]float64{{math.NaN(), 2}, {0, 1}}, []int{5, 5}},
		"too few columns":  {[][]float64{{1}, {1}}, []int{5}},
		"other columns":    {[][]float64{{1, 0}, {0, 1}}, []int{5, 5, 5}},
		"nothing":          {nil, nil},
	} {
		for _, e := range (Confusion{c.counts}).Shares(c.observed) {
			if e.Defined() {
				t.Errorf("%s gives %+v", name, e)
			}
		}
	}
}

// TestConfusionCoverage draws worlds in which the truth is known: both the posts and the sample that the matrix is counted on are drawn, and
// the interval must hold the truth about nineteen times of twenty.
func TestConfusionCoverage(t *testing.T) {
	t.Parallel()
	matrix := [][]float64{{0.70, 0.20, 0.10}, {0.15, 0.70, 0.15}, {0.05, 0.20, 0.75}}
	source := rand.New(rand.NewPCG(7, 11))
	pick := func(p []float64) int {
		x := source.Float64()
		for i, v := range p {
			if x -= v; x < 0 {
				return i
			}
		}
		return len(p) - 1
	}
	for _, truth := range [][]float64{{0.3, 0.5, 0.2}, {0.15, 0.70, 0.15}, {0.04, 0.93, 0.03}} {
		for _, size := range []struct{ posts, audit int }{{2000, 300}, {300, 600}} {
			held, given, raw, worlds := 0, 0, 0, 400
			for range worlds {
				observed := make([]int, 3)
				for range size.posts {
					observed[pick(matrix[pick(truth)])]++
				}
				c := Confusion{[][]float64{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}}
				for range size.audit {
					is := pick(truth)
					c.Counts[is][pick(matrix[is])]++
				}
				net := 100 * (truth[2] - truth[0])
				if e := c.Score(observed, []float64{-100, 0, 100}); e.Bounded {
					given++
					if e.Low <= net && net <= e.High {
						held++
					}
				}
				if e := NetSentiment(observed[2], observed[1], observed[0]); e.Low <= net && net <= e.High {
					raw++
				}
			}
			if share := float64(held) / float64(given); !(share >= 0.92) {
				t.Errorf("truth %v, %+v: %.3f of %d intervals hold the truth (raw: %.3f)", truth, size, share, given, float64(raw)/float64(worlds))
			}
			if rare := truth[0] < 0.1; !rare && given < worlds*9/10 { // of a rare class, too few may be in the sample to tell
				t.Errorf("truth %v, %+v: an estimate in %d of %d worlds", truth, size, given, worlds)
			}
		}
	}
}

// TestConfusionProperties holds that shares are shares and add up, whatever comes in.
func TestConfusionProperties(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		k := rapid.IntRange(2, 4).Draw(rt, "rows")
		wide := k + rapid.IntRange(0, 1).Draw(rt, "unsure")
		c := Confusion{make([][]float64, k)}
		for i := range c.Counts {
			for range wide {
				c.Counts[i] = append(c.Counts[i], float64(rapid.IntRange(0, 500).Draw(rt, "n")))
			}
		}
		observed := rapid.SliceOfN(rapid.IntRange(0, 5000), wide, wide).Draw(rt, "observed")
		sum, defined := 0.0, 0
		for _, e := range c.Shares(observed) {
			if !finite(e.Value, e.Low, e.High) || e.Value < 0 || e.Value > 1 || e.Low > e.Value || e.High < e.Value {
				rt.Fatalf("%+v", e)
			}
			if e.Defined() {
				defined++
				sum += e.Value
			}
		}
		if defined != 0 && (defined != k || math.Abs(sum-1) > 1e-9) {
			rt.Fatalf("%d shares add up to %v", defined, sum)
		}
	})
}

func TestKappa(t *testing.T) {
	t.Parallel()
	// Two readers of 50 proposals: pₒ 0.7, pₑ 0.5, κ 0.4 (the example of many textbooks).
	k := Kappa([][]float64{{20, 5}, {10, 15}})
	if !close4(k.Value, 0.4) || !close4(k.High-k.Value, 1.959964*math.Sqrt(0.7*0.3/50)/0.5) || k.N != 50 {
		t.Errorf("%+v", k)
	}
	if k := Kappa([][]float64{{10, 0}, {0, 10}}); k.Value != 1 {
		t.Errorf("all the same: %+v", k)
	}
	for _, bad := range [][][]float64{nil, {{0, 0}, {0, 0}}, {{10, 0}, {0, 0}}, {{1, 2}}, {{-1, 2}, {3, 4}}, {{math.Inf(1), 2}, {3, 4}}} {
		if k := Kappa(bad); k.Defined() {
			t.Errorf("%v gives %+v", bad, k)
		}
	}
}

// What people said counts as it is; only the rest is put right.
func TestSharesBeside(t *testing.T) {
	t.Parallel()
	c := Confusion{Counts: [][]float64{{900, 100}, {100, 900}}}
	alone, beside := c.Shares([]int{60, 40}), c.SharesBeside([]int{100, 0}, []int{60, 40})
	if got, want := beside[0].Value, (100+100*alone[0].Value)/200; math.Abs(got-want) > 1e-9 || beside[0].N != 200 {
		t.Errorf("share %v of %d, want %v of 200", got, beside[0].N, want)
	}
	if wide, narrow := alone[0].High-alone[0].Low, beside[0].High-beside[0].Low; math.Abs(narrow-wide/2) > 1e-9 {
		t.Errorf("an interval of %v, want half of %v: half is known", narrow, wide)
	}
	if sum := beside[0].Value + beside[1].Value; math.Abs(sum-1) > 1e-9 {
		t.Errorf("shares add up to %v", sum)
	}
	if only := c.SharesBeside([]int{30, 10}, []int{0, 0}); only[0] != Share(30, 40) {
		t.Errorf("all known: %+v", only[0])
	}
	if none := c.SharesBeside([]int{0, 0}, []int{60, 40}); none[0] != alone[0] {
		t.Errorf("nothing known: %+v", none[0])
	}
}
