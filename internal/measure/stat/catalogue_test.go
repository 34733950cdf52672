package stat

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

// TestGoldenCatalogue holds the golden values of the design, section 6, and a few worked out by hand.
func TestGoldenCatalogue(t *testing.T) {
	t.Parallel()
	m, r := Exact(100, 1), Exact(0.8, 1)
	near(t, "CLV", Lifetime(m, r, 0.1, false).Value, 266.67, 0.005)
	near(t, "CLV with a margin now", Lifetime(m, r, 0.1, true).Value, 366.67, 0.005)
	near(t, "finite CLV", FiniteLifetime([]float64{100, 100, 100}, 0.8, 0.1, 50).Value, 100+100*.8/1.1+100*.64/1.21-50, 1e-9)
	endless := make([]float64, 400)
	for i := range endless {
		endless[i] = 100
	}
	near(t, "finite CLV over ages", FiniteLifetime(endless, 0.8, 0.1, 0).Value, 366.67, 0.005)
	near(t, "deflection", Deflection(100_000, Exact(0.43, 1), Exact(0.65, 1), Exact(0.09, 1)).Value, 2515.5, 1e-6)
	near(t, "avoidance", Avoidance(Exact(2515.5, 1), 7546).Value, 0.25, 1e-4)
	near(t, "difference in differences", DifferenceInDifferences(MomentsOf(12), MomentsOf(10), MomentsOf(9), MomentsOf(8.5)).Value, 1.5, 1e-12)
	near(t, "spike", Spike([]float64{10, 12, 9, 11, 13, 10, 12}, 30).Value, 13.44, 0.005)
	near(t, "holdout", Holdout(60, 1000, 80, 2000).Value, 40, 1e-9)
	near(t, "return", Return(Exact(150, 1), 100).Value, 0.5, 1e-12)
	near(t, "Gini", Gini([]float64{1, 2, 3, 4}).Value, 0.25, 1e-12) // (−3·1 −1·2 +1·3 +3·4)/(4·10)
	near(t, "Gini of one who does all", Gini([]float64{0, 0, 0, 9}).Value, 0.75, 1e-12)
	near(t, "top", TopShare([]float64{50, 30, 20}, 0.01).Value, 0.5, 1e-12)
	near(t, "bus", BusFactor([]float64{10, 40, 30, 20}, 0.5).Value, 2, 0)
	near(t, "bus at exactly half", BusFactor([]float64{50, 30, 20}, 0.5).Value, 1, 0)
	near(t, "Bayes average", BayesAverage(MomentsOf(5, 5), 4, 8).Value, 4.2, 1e-12)
	near(t, "ratio of sums", RatioOfSums([]float64{1, 3}, []float64{2, 2}).Value, 1, 1e-12)
	near(t, "decayed", Decayed([]Act{{8, 30 * 24 * time.Hour}, {8, 60 * 24 * time.Hour}}, 30*24*time.Hour, 100).Value, 6, 1e-9)
	near(t, "capped", Decayed([]Act{{800, 0}}, time.Hour, 100).Value, 100, 0)
	near(t, "standing", Standing(3, []float64{1, 2, 3, 4, math.NaN()}).Value, 0.625, 1e-12)
	near(t, "goalposts, the lower the better", Exact(3, 1).Goalposts(4, 0).Value, 25, 1e-12)
	index, without := Composite([]Dimension{{Exact(64, 1), 1}, {Exact(25, 1), 1}, {Estimate{}, 5}})
	near(t, "index", index.Value, 40, 1e-9)
	near(t, "without the first", without[0], 25, 1e-9)
	near(t, "without one that is not there", without[2], 40, 1e-9)
	slope := PreTrend([]float64{1, 3, 5, 7}, []float64{1, 2, 3, 4})
	near(t, "trend before", slope.Value, 1, 1e-12)
	// Welch: means 3 and 1, variances 2.5 and 1: SE √(0.5 + 1/3), 6 degrees of freedom by Satterthwaite at 5.88.
	w := DifferenceOfMeans(MomentsOf(1, 2, 3, 4, 5), MomentsOf(0, 1, 2))
	near(t, "Welch", w.Value, 2, 1e-12)
	near(t, "Welch, half", w.High-w.Value, tQuantile(0.975, 5.8824)*math.Sqrt(0.5+1.0/3), 1e-3)
	n := NetworkOf([]Tie{{"a", "b"}, {"b", "a"}, {"a", "b"}, {"b", "c"}, {"c", "c"}, {"d", ""}}, "e")
	near(t, "people", float64(n.People()), 4, 0)
	near(t, "density", n.Density().Value, 2.0*2/(4*3), 1e-12)
	near(t, "reciprocity", n.Reciprocity().Value, 0.5, 1e-12)
	near(t, "connected", n.Connected(2).Value, 0.25, 1e-12)
}

func TestGoldenAttribution(t *testing.T) {
	t.Parallel()
	day := 24 * time.Hour
	way := []Touch{{"b", 7 * day}, {"a", 14 * day}, {"c", 0}}
	for _, c := range []struct {
		name string
		rule Rule
		in   []Touch
		want Credit
	}{
		{"first", FirstTouch, way, Credit{"a": 1, "b": 0, "c": 0}},
		{"last", LastTouch, way, Credit{"a": 0, "b": 0, "c": 1}},
		{"linear", LinearTouch, way, Credit{"a": 1. / 3, "b": 1. / 3, "c": 1. / 3}},
		{"position", PositionTouch, way, Credit{"a": 0.4, "b": 0.2, "c": 0.4}},
		{"position of two", PositionTouch, way[:2], Credit{"a": 0.5, "b": 0.5}},
		{"position of one", PositionTouch, way[:1], Credit{"b": 1}},
		{"decay", TimeDecay(7 * day), way, Credit{"a": 1. / 7, "b": 2. / 7, "c": 4. / 7}},
		{"decay long ago", TimeDecay(time.Second), []Touch{{"a", 999999 * time.Hour}, {"b", 999999 * time.Hour}}, Credit{"a": .5, "b": .5}},
		{"nothing", LinearTouch, nil, Credit{}},
		{"decay of nothing", TimeDecay(day), nil, Credit{}},
		{"twice the same", LinearTouch, []Touch{{"a", 1}, {"a", 2}, {"b", 3}}, Credit{"a": 2. / 3, "b": 1. / 3}},
	} {
		if diff := cmp.Diff(c.want, c.rule(c.in), cmpopts.EquateApprox(0, 1e-12)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
	// v(F)=10, v(M)=6, v(C)=4, v(FM)=20, v(FC)=16, v(MC)=12, v(FMC)=30, by bits F=1, M=2, C=4.
	v := []float64{0, 10, 6, 20, 4, 16, 12, 30}
	got := Shapley(3, func(set uint) float64 { return v[set] })
	if diff := cmp.Diff([]float64{13.6667, 9.6667, 6.6667}, got, cmpopts.EquateApprox(0, 5e-5)); diff != "" {
		t.Errorf("Shapley: %s", diff)
	}
	// a converts in 2 of 4, a→b in 1 of 2, b in 0 of 1: worked out by hand. P(start→a) = 6/7, a: won 2/6, b 2/6, lost 2/6;
	// b: won 1/3: P = 6/7·(1/3 + 1/3·1/3) + 1/7·1/3 = 3/7. Without a: 1/21, without b: 2/7. RE 8/9 and 1/3.
	removal := Removal([]Journey{{[]string{"a"}, true, 2}, {[]string{"a"}, false, 2}, {[]string{"a", "b"}, true, 1}, {[]string{"a", "b"}, false, 1}, {[]string{"b"}, false, 1}, {nil, true, 9}})
	if diff := cmp.Diff(Credit{"a": (8. / 9) / (11. / 9), "b": (1. / 3) / (11. / 9)}, removal, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("removal: %s", diff)
	}
	if got := Removal([]Journey{{[]string{"a"}, false, 3}}); len(got) != 0 {
		t.Errorf("nothing converted: %v", got)
	}
	if Shapley(0, nil) != nil || Shapley(17, nil) != nil {
		t.Error("too few or too many players have parts")
	}
}

// TestCatalogueCoverage draws data from known truths: about 95 % of the intervals must hold them.
func TestCatalogueCoverage(t *testing.T) {
	t.Parallel()
	holds := func(e Estimate, truth float64) bool { return e.Bounded && e.Low <= truth && truth <= e.High }
	normals := func(r *rand.Rand, n int, mean, s float64) Moments {
		var m Moments
		for range n {
			m = m.Add(MomentsOf(mean + s*r.NormFloat64()))
		}
		return m
	}
	for i, c := range []struct {
		name     string
		from, to float64
		runs     int
		run      func(r *rand.Rand) bool
	}{
		{"mean of merged values", 0.93, 0.97, 3000, func(r *rand.Rand) bool { return holds(normals(r, 9, 4, 2).Mean(), 4) }},
		{"difference of means", 0.93, 0.97, 3000, func(r *rand.Rand) bool {
			return holds(DifferenceOfMeans(normals(r, 8, 5, 3), normals(r, 20, 4, 1)), 1)
		}},
		{"difference in differences", 0.93, 0.975, 3000, func(r *rand.Rand) bool {
			return holds(DifferenceInDifferences(normals(r, 20, 12, 3), normals(r, 15, 10, 2), normals(r, 30, 9, 4), normals(r, 10, 8.5, 1)), 1.5)
		}},
		{"trend before", 0.93, 0.97, 3000, func(r *rand.Rand) bool {
			a, b := make([]float64, 8), make([]float64, 8)
			for i := range a {
				a[i], b[i] = 10+0.7*float64(i)+r.NormFloat64(), 5+0.2*float64(i)+r.NormFloat64()
			}
			return holds(PreTrend(a, b), 0.5)
		}},
		{"deflection", 0.93, 0.975, 3000, func(r *rand.Rand) bool {
			return holds(Deflection(100_000, Share(binomial(r, 400, 0.43), 400), Share(binomial(r, 172, 0.65), 172), Share(binomial(r, 112, 0.2), 112)), 100_000*0.43*0.65*0.2)
		}},
		{"deflection of few", 0.92, 0.985, 3000, func(r *rand.Rand) bool {
			return holds(Deflection(1000, Share(binomial(r, 40, 0.5), 40), Share(binomial(r, 20, 0.5), 20), Share(binomial(r, 30, 0.1), 30)), 25)
		}},
		{"holdout", 0.93, 0.975, 1500, func(r *rand.Rand) bool {
			return holds(Holdout(binomial(r, 500, 0.08), 500, binomial(r, 800, 0.05), 800), 24)
		}},
		{"a count over another's estimate", 0.93, 0.98, 3000, func(r *rand.Rand) bool {
			return holds(Quotient(Exact(5000, 1), Count(poisson(r, 50))), 100)
		}},
		{"ratio of sums", 0.92, 0.97, 3000, func(r *rand.Rand) bool {
			x, y := make([]float64, 24), make([]float64, 24)
			for i := range x {
				x[i] = 100 + 20*r.NormFloat64()
				y[i] = 0.9*x[i] + 5*r.NormFloat64()
			}
			return holds(RatioOfSums(y, x), 0.9)
		}},
		{"count over an exposure", 0.945, 0.985, 3000, func(r *rand.Rand) bool { return holds(Over(poisson(r, 20), 1000), 0.02) }},
		{"lifetime", 0.92, 0.975, 3000, func(r *rand.Rand) bool {
			return holds(Lifetime(normals(r, 60, 100, 30).Mean(), Share(binomial(r, 300, 0.8), 300), 0.1, false), 800./3)
		}},
		{"Gini of exponential parts is a half", 0.90, 0.97, 2000, func(r *rand.Rand) bool {
			x := make([]float64, 120)
			for i := range x {
				x[i] = r.ExpFloat64()
			}
			return holds(Gini(x), 0.5)
		}},
		{"Bayes average, of means drawn from its prior", 0.93, 0.97, 3000, func(r *rand.Rand) bool {
			truth := 4 + r.NormFloat64()/math.Sqrt(10)
			return holds(BayesAverage(normals(r, 12, truth, 1), 4, 10), truth)
		}},
		{"index", 0.92, 0.975, 2000, func(r *rand.Rand) bool {
			tone := sentiment(r, 300, 0.4, 0.1).Goalposts(-100, 100)
			care := Share(binomial(r, 200, 0.7), 200).Scale(100)
			e, _ := Composite([]Dimension{{tone, 0.6}, {care, 0.4}})
			return holds(e, math.Pow(65, 0.6)*math.Pow(70, 0.4))
		}},
		{"return", 0.93, 0.97, 2000, func(r *rand.Rand) bool { return holds(Return(normals(r, 15, 150, 20).Mean(), 100), 0.5) }},
		{"sum and difference", 0.93, 0.975, 2000, func(r *rand.Rand) bool {
			return holds(normals(r, 30, 10, 2).Mean().Plus(normals(r, 20, 5, 3).Mean()).Minus(normals(r, 40, 1, 1).Mean()), 14)
		}},
		{"reciprocity", 0.92, 0.98, 2000, func(r *rand.Rand) bool {
			var ties []Tie
			for i := range 80 {
				a, b := string(rune('a'+i))+"1", string(rune('a'+i))+"2"
				ties = append(ties, Tie{a, b})
				if r.Float64() < 0.3 {
					ties = append(ties, Tie{b, a})
				}
			}
			return holds(NetworkOf(ties).Reciprocity(), 0.3)
		}},
		{"score of labels beside a model's", 0.92, 0.985, 300, func(r *rand.Rand) bool {
			matrix := [][]float64{{0.8, 0.1, 0.1}, {0.1, 0.8, 0.1}, {0.1, 0.1, 0.8}}
			draw := func(p []float64) int {
				x := r.Float64()
				for i, v := range p {
					if x -= v; x < 0 {
						return i
					}
				}
				return len(p) - 1
			}
			c := Confusion{Counts: [][]float64{{0, 0, 0}, {0, 0, 0}, {0, 0, 0}}}
			for is := range 3 {
				for range 120 {
					c.Counts[is][draw(matrix[is])]++
				}
			}
			// People labelled 400 posts, nearly all negative; of 1,600 others half are positive: what is known is not random, and must not bias.
			known, observed := []int{350, 30, 20}, []int{0, 0, 0}
			truth := []int{350, 30, 20}
			for range 1600 {
				is := draw([]float64{0.2, 0.3, 0.5})
				truth[is]++
				observed[draw(matrix[is])]++
			}
			return holds(c.ScoreBeside(known, observed, []float64{-100, 0, 100}), 100*float64(truth[2]-truth[0])/2000)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			r, held := source(uint64(100+i)), 0
			for range c.runs {
				if c.run(r) {
					held++
				}
			}
			got := float64(held) / float64(c.runs)
			t.Logf("coverage %.3f", got)
			if got < c.from || got > c.to {
				t.Errorf("coverage = %.3f, want %.3f to %.3f", got, c.from, c.to)
			}
		})
	}
}

func TestCatalogueProperties(t *testing.T) {
	t.Parallel()
	amounts := rapid.SliceOfN(rapid.OneOf(rapid.Float64Range(0, 1e6), rapid.Float64(), rapid.Just(0.0)), 0, 40)
	sound := func(t *rapid.T, e Estimate) {
		t.Helper()
		if !finite(e.Value, e.Low, e.High) || e.Defined() && (e.Low > e.Value || e.High < e.Value) {
			t.Fatalf("%+v", e)
		}
	}
	t.Run("order does not matter, and bounds hold", rapid.MakeCheck(func(t *rapid.T) {
		x := amounts.Draw(t, "x")
		y := rapid.Permutation(x).Draw(t, "y")
		for _, f := range []func([]float64) Estimate{Gini, func(v []float64) Estimate { return TopShare(v, 0.1) }, func(v []float64) Estimate { return BusFactor(v, 0.5) }} {
			a, b := f(x), f(y)
			sound(t, a)
			if math.Abs(a.Value-b.Value) > 1e-6*(1+math.Abs(a.Value)) || a.N != b.N {
				t.Fatalf("%+v and in another order %+v", a, b)
			}
		}
		if g := Gini(x); g.Value < 0 || g.Value > 1 {
			t.Fatalf("Gini %v", g.Value)
		}
		if s := TopShare(x, 0.3); s.Value < 0 || s.Value > 1+1e-9 {
			t.Fatalf("top %v", s.Value)
		}
		sound(t, MomentsOf(x...).Mean())
		sound(t, DifferenceOfMeans(MomentsOf(x...), MomentsOf(y...)))
		sound(t, RatioOfSums(x, y))
		sound(t, PreTrend(x, y))
		if s := Standing(rapid.Float64().Draw(t, "now"), x); s.Value < 0 || s.Value > 1 {
			t.Fatalf("standing %v", s.Value)
		}
		sound(t, Spike(x, 3))
		sound(t, BayesAverage(MomentsOf(x...), 3, rapid.Float64().Draw(t, "worth")))
	}))
	t.Run("merged moments are those of all", rapid.MakeCheck(func(t *rapid.T) {
		x := rapid.SliceOfN(rapid.Float64Range(-1000, 1000), 2, 40).Draw(t, "x")
		k := rapid.IntRange(0, len(x)).Draw(t, "cut")
		a, b := Mean(x), MomentsOf(x[:k]...).Add(MomentsOf(x[k:]...)).Mean()
		if a.N != b.N || math.Abs(a.Value-b.Value) > 1e-6 || math.Abs(a.High-b.High) > 1e-3 {
			t.Fatalf("%+v, merged %+v", a, b)
		}
	}))
	t.Run("products and quotients", rapid.MakeCheck(func(t *rapid.T) {
		e := func(name string) Estimate {
			v := rapid.OneOf(rapid.Float64Range(-1e90, 1e90), rapid.Float64Range(0, 10)).Draw(t, name)
			w := rapid.Float64Range(0, 3).Draw(t, name+" wide")
			if rapid.Bool().Draw(t, name+" exact") {
				return Exact(v, 5)
			}
			if !finite(v-w, v+w) {
				return Estimate{}
			}
			return Estimate{Value: v, Low: v - w, High: v + w, N: 9, Grade: Enough, Bounded: true}
		}
		a, b, c := e("a"), e("b"), e("c")
		p, q := Product(a, b, c), Product(c, a, b)
		sound(t, p)
		if p.Defined() != q.Defined() || p.Defined() && math.Abs(p.Value-q.Value) > 1e-9*math.Abs(p.Value)+1e-300 { // a product among the smallest numbers there are has few digits itself
			t.Fatalf("%+v, in another order %+v", p, q)
		}
		sound(t, Quotient(a, b))
		sound(t, a.Plus(b))
		sound(t, a.Minus(b))
		sound(t, Avoidance(a, rapid.IntRange(0, 100).Draw(t, "assisted")))
		sound(t, Lifetime(a, b, 0.1, true))
		sound(t, Lifetime(a, b, 0.1, false))
		sound(t, Return(a, c.Value))
		index, _ := Composite([]Dimension{{a.Goalposts(0, 7), 1}, {b.Goalposts(5, 1), 2}, {c.Goalposts(0, 1), c.Value}})
		sound(t, index)
		if index.Defined() && (index.Value < 1-1e-9 || index.Value > 100+1e-9) {
			t.Fatalf("index %+v", index)
		}
	}))
	t.Run("credit adds up to one", rapid.MakeCheck(func(t *rapid.T) {
		touches := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Touch {
			return Touch{rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "channel"), time.Duration(rapid.Int64Range(0, 1e18).Draw(t, "before"))}
		}), 1, 12).Draw(t, "touches")
		for _, rule := range []Rule{FirstTouch, LastTouch, LinearTouch, PositionTouch, TimeDecay(7 * 24 * time.Hour)} {
			sum := 0.0
			for _, c := range rule(touches) {
				sum += c
			}
			if math.Abs(sum-1) > 1e-9 {
				t.Fatalf("%v", rule(touches))
			}
		}
	}))
	t.Run("Shapley shares all, alike to the alike, nothing to idlers", rapid.MakeCheck(func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "players")
		v := rapid.SliceOfN(rapid.Float64Range(0, 100), 1<<n, 1<<n).Draw(t, "v")
		got := Shapley(n, func(set uint) float64 { return v[set&^1] }) // player 0 changes nothing
		sum := 0.0
		for _, x := range got {
			sum += x
		}
		if math.Abs(got[0]) > 1e-9 || math.Abs(sum-(v[1<<n-2]-v[0])) > 1e-6 {
			t.Fatalf("%v of %v", got, v)
		}
	}))
	t.Run("removal does not depend on the order of journeys", rapid.MakeCheck(func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Journey {
			return Journey{rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d"}), 0, 5).Draw(t, "way"), rapid.Bool().Draw(t, "won"), rapid.IntRange(0, 9).Draw(t, "times")}
		}), 0, 12).Draw(t, "journeys")
		a, b := Removal(list), Removal(rapid.Permutation(list).Draw(t, "other"))
		if diff := cmp.Diff(a, b, cmpopts.EquateApprox(1e-9, 1e-9)); diff != "" {
			t.Fatal(diff)
		}
		sum := 0.0
		for _, c := range a {
			sum += c
			if c < 0 || c > 1 || math.IsNaN(c) {
				t.Fatalf("%v", a)
			}
		}
		if len(a) > 0 && math.Abs(sum-1) > 1e-9 {
			t.Fatalf("%v", a)
		}
	}))
	t.Run("networks", rapid.MakeCheck(func(t *rapid.T) {
		names := rapid.SampledFrom([]string{"", "a", "b", "c", "d", "e"})
		ties := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Tie { return Tie{names.Draw(t, "from"), names.Draw(t, "to")} }), 0, 30).Draw(t, "ties")
		other := slices.Clone(ties)
		slices.Reverse(other)
		a, b := NetworkOf(ties), NetworkOf(append(other, ties...))
		for _, e := range []Estimate{a.Density(), a.Reciprocity(), a.Connected(2)} {
			if e.Value < 0 || e.Value > 1 {
				t.Fatalf("%+v", e)
			}
		}
		if a.Density() != b.Density() || a.Reciprocity() != b.Reciprocity() || a.Connected(3) != b.Connected(3) {
			t.Fatal("order or repetition matters")
		}
	}))
}

func TestNothingIsNotZeroInTheCatalogue(t *testing.T) {
	t.Parallel()
	none := Estimate{}
	for name, e := range map[string]Estimate{
		"a product with nothing": Product(Exact(2, 1), none), "below zero": Product(Exact(-2, 1)), "over zero": Quotient(Exact(1, 1), Exact(0, 1)),
		"mean": MomentsOf().Mean(), "difference": DifferenceOfMeans(MomentsOf(1, 2), MomentsOf()), "two periods": PreTrend([]float64{1, 2}, []float64{1, 2}),
		"no visits": Deflection(-1, Exact(1, 1), Exact(1, 1), Exact(1, 1)), "nobody assisted, nothing deflected": Avoidance(Exact(0, 1), 0),
		"nobody leaves": Lifetime(Exact(1, 1), Exact(1, 1), 0, false), "no margins": FiniteLifetime(nil, 0.5, 0.1, 1), "no cost": Return(Exact(1, 1), 0),
		"Gini of zeros": Gini([]float64{0, 0}), "top of none": TopShare(nil, 0.1), "bus of none": BusFactor(nil, 0.5), "alone": NetworkOf(nil, "a").Density(),
		"no ties": NetworkOf(nil, "a", "b").Reciprocity(), "nobody": NetworkOf(nil).Connected(1), "no past": Standing(1, nil), "flat": Spike([]float64{2, 2, 2}, 3),
		"short": Spike([]float64{1, 2}, 3), "no answers": BayesAverage(Moments{}, 3, 3), "no half-life": Decayed([]Act{{1, 0}}, 0, 1), "no exposure": Over(3, 0),
		"sum over nothing": RatioOfSums([]float64{1}, []float64{0}), "unknown less known": none.Minus(Exact(1, 1)), "no posts": none.Goalposts(0, 1), "same posts": Exact(1, 1).Goalposts(2, 2),
	} {
		if e.Defined() {
			t.Errorf("%s: %+v, want no data", name, e)
		}
	}
	if i, _ := Composite(nil); i.Defined() {
		t.Errorf("an index of nothing: %+v", i)
	}
	if e := Quotient(Exact(5, 1), Estimate{Value: 2, Low: 0, High: 4, N: 3, Grade: Enough, Bounded: true}); e.Bounded || e.Value != 2.5 {
		t.Errorf("over what may be nothing: %+v, want no upper end", e)
	}
	// 2⁻¹⁰⁰⁰·2⁻⁵⁰·2¹⁰⁰⁰: the first two together have 24 of 53 digits left, the last two are no float64.
	small, tiny, large := Exact(math.Ldexp(1+1e-9, -1000), 1), Exact(math.Ldexp(1, -50), 1), Exact(math.Ldexp(1, 1000), 1)
	for _, e := range []Estimate{Product(small, tiny, large), Product(large, tiny, small), Product(small, large, tiny), Product(Product(large, tiny), small)} {
		near(t, "a product whose parts are too small for a number", e.Value*math.Ldexp(1, 50), 1+1e-9, 1e-15)
	}
	near(t, "a product whose parts are too large for a number", Product(large, large, small, small).Value, 1+2e-9, 1e-15)
	if e := Product(Exact(100, 1), Share(0, 20)); !e.Bounded || e.Value != 0 || e.High < 15 || e.High > 17 {
		t.Errorf("nothing of 20: %+v, want 0 to 16.1", e)
	}
}
