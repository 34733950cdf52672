package stat

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func near(t *testing.T, name string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s = %v, want %v ± %v", name, got, want, within)
	}
}

func TestGoldenIntervals(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name             string
		got              Estimate
		value, low, high float64
		within           float64
	}{
		{"CSAT 84/100", Share(84, 100), 0.84, 0.7558, 0.8990, 5e-5},
		{"nobody of 20", Share(0, 20), 0, 0, 0.1611, 5e-5},
		{"all of 20", Share(20, 20), 1, 0.8389, 1, 5e-5},
		{"Newcombe 56/70 48/80", ShareDifference(56, 70, 48, 80), 0.2, 0.0524, 0.3339, 5e-5},
		{"Newcombe 9/10 3/10", ShareDifference(9, 10, 3, 10), 0.6, 0.1705, 0.8090, 5e-5},
		{"Newcombe 10/10 0/10", ShareDifference(10, 10, 0, 10), 1, 0.6075, 1, 5e-5},
		{"net sentiment 80/20/100", NetSentiment(80, 100, 20), 30, 30 - 1.959964*4.5277, 30 + 1.959964*4.5277, 1e-3},
		{"polarity 80/20", Polarity(80, 20), 60, 100 * (2*0.7112 - 1), 100 * (2*0.8666 - 1), 0.02},
		{"Poisson 0", Count(0), 0, 0, 3.6889, 5e-5},
		{"Poisson 1", Count(1), 1, 0.0253, 5.5716, 5e-5},
		{"Poisson 10", Count(10), 10, 4.7954, 18.3904, 5e-5},
		{"Poisson 100", Count(100), 100, 81.36399, 121.62679, 5e-5},
		{"rate", Rate(10, 48*time.Hour), 5, 4.7954 / 2, 18.3904 / 2, 5e-5},
		// s = 1.5811, t(4) = 2.7764: half = 1.9632
		{"mean of 1..5", Mean([]float64{1, 2, 3, 4, 5, math.NaN(), math.Inf(1)}), 3, 3 - 1.9632, 3 + 1.9632, 1e-4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if !tt.got.OK() || !tt.got.Bounded {
				t.Fatalf("got %+v, want a bounded estimate", tt.got)
			}
			near(t, "value", tt.got.Value, tt.value, tt.within)
			near(t, "low", tt.got.Low, tt.low, tt.within)
			near(t, "high", tt.got.High, tt.high, tt.within)
		})
	}
}

func TestGoldenNPS(t *testing.T) {
	t.Parallel()
	// The golden value has p = 1/2 and d = 1/6 of n = 100, which no whole counts give: the moments are checked at n = 100,
	// the interval at n = 600 where it is √6 narrower.
	mean, variance := netMoments(50, 100.0/6, 100)
	near(t, "NPS", 100*mean, 33.33, 0.005)
	near(t, "SE", 100*math.Sqrt(variance/100), 7.454, 0.0005)
	near(t, "half", z95*100*math.Sqrt(variance/100), 14.61, 0.005)
	e := NPS(300, 200, 100)
	near(t, "half at 600", (e.High-e.Low)/2, 14.6094/math.Sqrt(6), 0.0005)
	near(t, "value", e.Value, 33.3333, 0.0001)
}

func TestNothingIsNotZero(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		got  Estimate
	}{
		{"share of none", Share(0, 0)},
		{"more than all", Share(3, 2)},
		{"negative", Share(-1, 2)},
		{"difference with none", ShareDifference(1, 2, 0, 0)},
		{"sentiment of none", NetSentiment(0, 0, 0)},
		{"sentiment negative", NetSentiment(5, -1, 0)},
		{"polarity of neutral only", Polarity(0, 0)},
		{"count", Count(-1)},
		{"rate without window", Rate(4, 0)},
		{"mean", Mean(nil)},
		{"mean of NaN", Mean([]float64{math.NaN()})},
		{"mean too large", Mean([]float64{math.MaxFloat64, -math.MaxFloat64, math.MaxFloat64})},
		{"wait", Median(nil).In(time.Hour)},
		{"curve", KaplanMeier(nil).Median().In(time.Hour)},
		{"ended by", KaplanMeier(nil).EndedBy(time.Hour)},
		{"scaled away", Share(1, 2).Scale(math.Inf(1))},
	}
	for _, tt := range tests {
		if tt.got.Grade == Enough || tt.got.Bounded || !finite(tt.got.Value, tt.got.Low, tt.got.High) {
			t.Errorf("%s: got %+v, want no data", tt.name, tt.got)
		}
	}
}

func TestAtLeastLowersAndNeverRaises(t *testing.T) {
	t.Parallel()
	if got := Share(3, 4).AtLeast(10).Grade; got != TooFew {
		t.Errorf("4 of 10 wanted: %v", got)
	}
	if got := Share(3, 4).AtLeast(10).AtLeast(1).Grade; got != TooFew {
		t.Errorf("raised to %v", got)
	}
	if got := Share(30, 40).AtLeast(40); !got.OK() {
		t.Errorf("40 of 40 wanted: %v", got.Grade)
	}
	if got := (Estimate{}).AtLeast(0).Grade; got != NoData {
		t.Errorf("no data became %v", got)
	}
	if got := Median([]time.Duration{1}).AtLeast(5).Grade; got != TooFew {
		t.Errorf("one wait: %v", got)
	}
	if one := Mean([]float64{7}); one.Grade != TooFew || one.Value != 7 || one.Bounded {
		t.Errorf("mean of one = %+v", one)
	}
}

func TestOneOpinionHasAnInterval(t *testing.T) {
	t.Parallel()
	for _, e := range []Estimate{NetSentiment(1, 0, 0), NetSentiment(10, 0, 0), NetSentiment(0, 0, 8), NetSentiment(0, 5, 0)} {
		if e.High-e.Low < 20 || e.Low > e.Value || e.High < e.Value {
			t.Errorf("unanimous opinion: %+v, want a wide interval around the value", e)
		}
	}
}

func TestDistributions(t *testing.T) {
	t.Parallel()
	near(t, "t(1)", tQuantile(0.975, 1), 12.7062, 1e-4)
	near(t, "t(10)", tQuantile(0.975, 10), 2.22814, 1e-5)
	near(t, "t(30)", tQuantile(0.975, 30), 2.04227, 1e-5)
	near(t, "t(1e7)", tQuantile(0.975, 1e7), z95, 1e-6)
	near(t, "t(1e5)", tQuantile(0.975, 1e5), 1.959988, 1e-6)
	near(t, "Poisson(11) tail", PoissonTail(30, 11), 1.69e-6, 0.005e-6)
	near(t, "binomial", binomialCDF(5, 10, 0.5), 0.623046875, 1e-12)
	near(t, "binomial", binomialCDF(0, 10, 0.9), 1e-10, 1e-14)
	a := 10_000.0
	exact, cube := gammaQuantile(0.975, a), gammaQuantile(0.975, a+1e-9)
	near(t, "the approximation meets the exact value", cube/exact, 1, 1e-6)
	if big := Count(2_000_000_000); !(big.Low < 2e9 && big.High > 2e9) {
		t.Errorf("huge count: %+v", big)
	}
}

func hours(values ...float64) []time.Duration {
	out := make([]time.Duration, len(values))
	for i, v := range values {
		out[i] = time.Duration(v * float64(time.Hour))
	}
	return out
}

func TestQuantile(t *testing.T) {
	t.Parallel()
	ten := hours(9, 1, 8, 2, 7, 3, 6, 4, 5, 10)
	tests := []struct {
		name string
		got  Wait
		want Wait
	}{
		// Binomial(10, ½): 1.07 % at or under 1, so ranks 2 and 9.
		{"median of ten", Median(ten), Wait{Value: 5*time.Hour + 30*time.Minute, Low: 2 * time.Hour, High: 9 * time.Hour, HighReached: true}},
		{"P90 of ten has no upper end", P90(ten), Wait{Value: 9*time.Hour + 30*time.Minute, Low: 7 * time.Hour}},
		{"median of three", Median(hours(3, 1, 2)), Wait{Value: 2 * time.Hour}},
		{"clocks disagree", Median(hours(-3)), Wait{}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got, cmpopts.IgnoreFields(Wait{}, "N", "Beyond", "Grade", "Reached")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := Quantile(ten, math.NaN()); got.Defined() {
		t.Errorf("quantile NaN = %+v", got)
	}
	if ten[0] != 9*time.Hour {
		t.Error("Quantile sorted the caller's slice")
	}
}

// The two arms of the leukaemia trial of Freireich et al. 1963 (remission in weeks; negative means censored).
func remission(weeks ...int) []Observation {
	out := make([]Observation, len(weeks))
	for i, w := range weeks {
		out[i] = Observation{For: time.Duration(max(w, -w)) * time.Hour, Censored: w < 0}
	}
	return out
}

func TestKaplanMeier(t *testing.T) {
	t.Parallel()
	treated := KaplanMeier(remission(6, 6, 6, -6, 7, -9, 10, -10, -11, 13, 16, -17, -19, -20, 22, 23, -25, -32, -32, -34, -35))
	placebo := KaplanMeier(remission(1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23))
	tests := []struct {
		name string
		got  Wait
		want Wait
	}{
		{"treated median", treated.Median(), Wait{
			Value: 23 * time.Hour, Low: 13 * time.Hour, Beyond: 35 * time.Hour, N: 21, Open: 12, Grade: Enough, Reached: true}},
		{"treated P90 is not reached", treated.P90(), Wait{
			Value: 35 * time.Hour, Low: 35 * time.Hour, Beyond: 35 * time.Hour, N: 21, Open: 12, Grade: Enough}},
		{"placebo median", placebo.Median(), Wait{
			Value: 8 * time.Hour, Low: 4 * time.Hour, High: 11 * time.Hour, Beyond: 23 * time.Hour, N: 21, Grade: Enough, Reached: true, HighReached: true}},
		{"all open", KaplanMeier(remission(-3, -4)).Median(), Wait{
			Value: 4 * time.Hour, Low: 4 * time.Hour, Beyond: 4 * time.Hour, N: 2, Open: 2, Grade: Enough}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, tt.got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if tests[1].got.OK() {
		t.Error("a quantile that was not reached is OK")
	}
	shares := map[time.Duration]float64{6: 0.8571, 7: 0.8067, 10: 0.7529, 13: 0.6902, 16: 0.6275, 22: 0.5378, 23: 0.4482}
	for _, s := range treated.Steps() {
		near(t, "share", s.Share, shares[s.At/time.Hour], 5e-5)
	}
	e := treated.EndedBy(10 * time.Hour) // SAS, log-log: survival 0.7529 (0.5032, 0.8894)
	near(t, "ended", e.Value, 1-0.7529, 5e-5)
	near(t, "low", e.Low, 1-0.8894, 5e-5)
	near(t, "high", e.High, 1-0.5032, 5e-5)
	if late := treated.EndedBy(100 * time.Hour); late.OK() || late.Bounded {
		t.Errorf("beyond the last observation: %+v, want not usable", late)
	}
}

func TestCorrelate(t *testing.T) {
	t.Parallel()
	r := source(4)
	driver := make([]float64, 60)
	follows, apart, noise := make([]float64, 60), make([]float64, 60), make([]float64, 60)
	for i := range driver {
		driver[i] = r.NormFloat64()
		noise[i] = r.NormFloat64()
		if i >= 3 {
			follows[i] = 2*driver[i-3] + r.NormFloat64()
			apart[i] = -follows[i]
		}
	}
	tests := []struct {
		name            string
		driver, outcome []float64
		lag             int
		rises           bool
		want            Verdict
	}{
		{"at its lag", driver, follows, 3, true, Consistent},
		{"falls as expected", driver, apart, 3, false, Consistent},
		{"falls where a rise was expected", driver, apart, 3, true, NotConsistent},
		{"unrelated", driver, noise, 0, true, NotConsistent},
		{"too short", driver[:10], follows[:10], 3, true, TooFewData},
		{"undecided at 14", driver[:14], noise[:14], 0, true, TooFewData},
		{"does not vary", driver, make([]float64, 60), 0, true, TooFewData},
		{"lag beyond", driver, follows, 1000, true, TooFewData},
		{"lag far below", driver, follows, math.MinInt, true, TooFewData},
		{"nothing", nil, nil, 0, true, TooFewData},
	}
	for _, tt := range tests {
		got := Correlate(tt.driver, tt.outcome, tt.lag, tt.rises)
		if got.Verdict != tt.want {
			t.Errorf("%s: %v (%+v), want %v", tt.name, got.Verdict, got, tt.want)
		}
	}
	if got := Correlate([]float64{1, 2, math.NaN(), 4}, []float64{2, 4, 6, 8}, 0, true); got.N != 3 {
		t.Errorf("a missing period: n = %d, want 3", got.N)
	}

	near(t, "lags", float64(len(Correlogram(driver, follows, 5, true))), 6, 0)

	up, alsoUp := make([]float64, 36), make([]float64, 36)
	for i := range up {
		up[i], alsoUp[i] = float64(i)+r.NormFloat64(), float64(i)+r.NormFloat64()
	}
	if raw, changes := Correlate(up, alsoUp, 0, true), Correlate(Changes(up), Changes(alsoUp), 0, true); raw.Effective > 12 || changes.Verdict == Consistent {
		t.Errorf("two rising lines: worth %.1f pairs; their changes: %v", raw.Effective, changes.Verdict)
	}
}

func TestGoal(t *testing.T) {
	t.Parallel()
	ranged := Goal{Better: Within, Min: 0, Lo: 10, Hi: 20, Max: 40}
	tests := []struct {
		name  string
		goal  Goal
		value float64
		want  float64
		err   error
	}{
		{"half way up", Goal{Baseline: 10, Target: 20}, 15, 0.5, nil},
		{"beyond", Goal{Baseline: 10, Target: 20}, 25, 1.5, nil},
		{"worse than the start", Goal{Baseline: 10, Target: 20}, 5, -0.5, nil},
		{"half way down", Goal{Better: Lower, Baseline: 10, Target: 4}, 7, 0.5, nil},
		{"inside", ranged, 12, 1, nil},
		{"at the edge", ranged, 20, 1, nil},
		{"below", ranged, 5, 0.5, nil},
		{"above", ranged, 30, 0.5, nil},
		{"far above", ranged, 60, -1, nil},
		{"hard edge", Goal{Better: Within, Min: 10, Lo: 10, Hi: 20, Max: 20}, 9, 0, nil},
		{"no distance", Goal{Baseline: 3, Target: 3}, 3, 0, ErrNoDistance},
		{"wrong way", Goal{Baseline: 3, Target: 2}, 3, 0, ErrWrongWay},
		{"wrong way down", Goal{Better: Lower, Baseline: 2, Target: 3}, 3, 0, ErrWrongWay},
		{"upside down", Goal{Better: Within, Min: 0, Lo: 3, Hi: 2, Max: 9}, 3, 0, ErrRange},
		{"no target", Goal{Target: math.NaN()}, 3, 0, ErrNotFinite},
		{"no value", Goal{Target: 1}, math.NaN(), 0, ErrNotFinite},
		{"overflow", Goal{Baseline: -math.MaxFloat64, Target: math.MaxFloat64}, 3, 0, ErrNotFinite},
	}
	for _, tt := range tests {
		got, err := tt.goal.Progress(tt.value)
		if err != tt.err || math.Abs(got-tt.want) > 1e-12 {
			t.Errorf("%s: got %v, %v; want %v, %v", tt.name, got, err, tt.want, tt.err)
		}
	}
}

func TestPath(t *testing.T) {
	t.Parallel()
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }
	line := Path{From: day(0), Due: day(100)}
	season := Path{From: day(0), Due: day(100), Checkpoints: []Checkpoint{{day(80), 0.2}, {day(50), 0.1}, {day(200), 0.9}, {day(60), math.NaN()}}}
	tests := []struct {
		name string
		path Path
		at   time.Time
		want float64
	}{
		{"before", line, day(-5), 0},
		{"quarter", line, day(25), 0.25},
		{"after", line, day(101), 1},
		{"slow season", season, day(25), 0.05},
		{"between checkpoints", season, day(65), 0.15},
		{"late push", season, day(90), 0.6},
		{"ends before it starts", Path{From: day(9), Due: day(3)}, day(5), 1},
		{"no dates", Path{}, day(5), 1},
		{"ages apart", Path{From: time.Time{}, Due: time.Date(4001, 1, 1, 0, 0, 0, 0, time.UTC)}, time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), 0.5},
	}
	for _, tt := range tests {
		near(t, tt.name, tt.path.At(tt.at), tt.want, 1e-3)
	}
}

func TestStateAndRollUp(t *testing.T) {
	t.Parallel()
	th := DefaultThresholds()
	for _, tt := range []struct {
		progress, expected float64
		want               State
	}{
		{0.5, 0.5, OnTrack}, {0.45, 0.5, OnTrack}, {0.44, 0.5, Watch}, {0.35, 0.5, Watch}, {0.34, 0.5, Off},
		{0, 0.04, OnTrack}, {0, 0.09, Watch}, {0, 0.2, Off}, {2, 1, OnTrack}, {-3, 0, Off},
		{math.NaN(), 1, Unknown}, {0, math.Inf(1), Unknown},
	} {
		if got := th.State(tt.progress, tt.expected); got != tt.want {
			t.Errorf("State(%v, %v) = %v, want %v", tt.progress, tt.expected, got, tt.want)
		}
	}

	got := th.RollUp([]Part{
		{Weight: 3, Progress: 5, Expected: 0.5, Fresh: true}, // clipped to 1: it must not hide the next
		{Weight: 1, Progress: -2, Expected: 0.5, Fresh: true},
		{Weight: 1, Progress: 1, Expected: 0.5},
		{Weight: -4, Progress: 1, Fresh: true},
		{Weight: math.Inf(1), Progress: 1, Fresh: true},
	})
	want := Rolled{Progress: 0.75, Expected: 0.5, Coverage: 0.8, Fresh: 2, Total: 3, State: OnTrack}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-12)); diff != "" {
		t.Errorf("roll-up (-want +got):\n%s", diff)
	}
	thin := th.RollUp([]Part{{Weight: 1, Progress: 1, Expected: 0.5, Fresh: true}, {Weight: 9}})
	if thin.State != Unknown || math.Abs(thin.Coverage-0.1) > 1e-12 {
		t.Errorf("a tenth of the weight is fresh: %+v, want unknown", thin)
	}
	if none := th.RollUp([]Part{{Weight: 1}}); none.State != Unknown || none.Progress != 0 || none.Total != 1 {
		t.Errorf("nothing fresh: %+v", none)
	}
	if huge := th.RollUp([]Part{{Weight: math.MaxFloat64, Progress: 1, Fresh: true}, {Weight: math.MaxFloat64, Progress: 0, Fresh: true}}); huge.Progress != 0.5 {
		t.Errorf("huge weights: %+v", huge)
	}
}
