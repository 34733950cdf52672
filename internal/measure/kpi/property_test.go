package kpi

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/measure/stat"
)

// TestEstimates holds every measure to what kept facts must allow: neither their order nor how they are cut into pieces may change a number,
// numbers are finite and lie in their intervals, and shares are shares.
func TestEstimates(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(0, 1, 0)
	for _, m := range All() {
		if len(m.Pending()) > 0 {
			continue
		}
		t.Run(m.ID, func(t *testing.T) {
			t.Parallel()
			parts := []string{"customer_start", "customer_end", "contribution_margin", "reach", "followers", "our_posts", "rating_csat", "answered", "unanswered", "promoters"}
			for _, p := range m.Parts {
				parts = append(parts, p.ID)
			}
			rapid.Check(t, func(r *rapid.T) {
				var facts, pieces []Fact
				one := func(name string) Fact {
					return Fact{Part: rapid.SampledFrom(parts).Draw(r, name), Key: rapid.SampledFrom([]string{"", "40", "7", "a → b", "b → a", "ann ", byHand}).Draw(r, "key"),
						Sum: float64(rapid.IntRange(0, 9).Draw(r, "sum")), Currency: rapid.SampledFrom([]string{"", "", "EUR"}).Draw(r, "currency"),
						At: from.Add(time.Duration(rapid.IntRange(-400*24, 31*24-1).Draw(r, "hour")) * time.Hour)}
				}
				for range rapid.IntRange(0, 12).Draw(r, "facts") {
					f := one("part")
					if m.Unit == Seconds {
						f.For, f.Open = time.Duration(rapid.IntRange(0, 1e6).Draw(r, "wait"))*time.Second, rapid.Bool().Draw(r, "open")
						f.N, f.Key = 1, ""
						facts, pieces = append(facts, f), append(pieces, f)
						continue
					}
					whole := f
					whole.Sum = 0
					for range rapid.IntRange(1, 4).Draw(r, "pieces") {
						p := f
						p.N, p.Sum = 1, float64(rapid.IntRange(0, 9).Draw(r, "piece"))
						p.Squares = p.Sum * p.Sum
						pieces = append(pieces, p)
						whole.N, whole.Sum, whole.Squares = whole.N+1, whole.Sum+p.Sum, whole.Squares+p.Squares
					}
					facts = append(facts, whole)
				}
				order := func(l []Fact) []Fact {
					l = slices.Clone(l)
					slices.SortStableFunc(l, func(a, b Fact) int { return a.At.Compare(b.At) })
					return l
				}
				moves := m.ID == "customer-retention" || m.ID == "customer-churn" || m.ID == "customer-lifetime-value" // of one moment, the order counts
				a := m.In(from, to, order(facts))
				others := [][]Fact{order(pieces)}
				if !moves {
					others = append(others, order(rapid.Permutation(facts).Draw(r, "order")))
				}
				for _, o := range others {
					b := m.In(from, to, o)
					if diff := cmp.Diff(a, b, cmpopts.EquateApprox(1e-9, 1e-9), cmpopts.EquateNaNs()); diff != "" {
						r.Fatal(diff)
					}
				}
				for _, e := range append([]stat.Estimate{a.Value, a.Raw}, terms(a)...) {
					if math.IsNaN(e.Value+e.Low+e.High) || math.IsInf(e.Value, 0) || e.Bounded && (e.Low > e.Value+1e-9 || e.High < e.Value-1e-9) {
						r.Fatalf("%+v", e)
					}
				}
				if v := a.Value; v.Defined() && (m.Unit == Share && (v.Low < 0 || v.High > 1) || m.Unit == Points && (v.Low < -100-1e-9 || v.High > 100+1e-9)) {
					r.Fatalf("%+v in %s", v, m.Unit)
				}
				if a.Why != "" && a.Value.Defined() {
					r.Fatalf("a value and why there is none: %+v", a)
				}
			})
		})
	}
}

func terms(e Estimated) (out []stat.Estimate) {
	for _, t := range e.Terms {
		out = append(out, t.Value)
	}
	return out
}
