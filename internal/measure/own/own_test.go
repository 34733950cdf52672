package own

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/measure/stat"
	"github.com/entente/entente/internal/problem"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	find := func(id string) (kpi.Measure, error) {
		if id == "volume" {
			return kpi.Volume(), nil
		}
		if id == "first-response-time" {
			return kpi.FirstResponseTime(), nil
		}
		return kpi.Measure{}, problem.New(problem.Missing, "measure.unknown")
	}
	for name, c := range map[string]struct {
		d     Definition
		field string
	}{
		"no name":             {Definition{Way: Count, Of: kpi.OfPosts}, "name"},
		"no way":              {Definition{Name: "x"}, "way"},
		"a sum of posts":      {Definition{Name: "x", Way: Sum, Of: kpi.OfPosts}, "of"},
		"a query that breaks": {Definition{Name: "x", Way: Count, Of: kpi.OfPosts, Query: "(brake AND"}, "query"},
		"no part":             {Definition{Name: "x", Way: Share, Of: kpi.OfPosts}, "part_query"},
		"no such fact":        {Definition{Name: "x", Way: Count, Of: kpi.OfFacts, Fact: "moon"}, "fact"},
		"no such status":      {Definition{Name: "x", Way: Count, Of: kpi.OfFacts, Fact: "lead", Status: "moon"}, "status"},
		"no amount":           {Definition{Name: "x", Way: Sum, Of: kpi.OfFacts, Fact: "contact", Value: "amount"}, "value"},
		"a sum of ratings":    {Definition{Name: "x", Way: Sum, Of: kpi.OfFacts, Fact: "rating", Value: "quantity"}, "value"},
		"percent":             {Definition{Name: "x", Way: Percentile, Of: kpi.OfFacts, Fact: "cost", Value: "amount", Percent: 100}, "percent"},
		"not a number":        {Definition{Name: "x", Way: Percentile, Of: kpi.OfFacts, Fact: "cost", Value: "amount", Percent: math.NaN()}, "percent"},
		"the same moment":     {Definition{Name: "x", Way: Duration, Of: kpi.OfConversations, Begin: "answered", End: "answered"}, "end"},
		"a ratio of a wait":   {Definition{Name: "x", Way: Ratio, Over: "first-response-time", Under: "volume"}, "over"},
		"a ratio of nothing":  {Definition{Name: "x", Way: Ratio, Over: "volume", Under: "moon"}, "under"},
		"one by itself":       {Definition{Name: "x", Way: Ratio, Over: "volume", Under: "volume"}, "under"},
		"days":                {Definition{Name: "x", Way: Count, Of: kpi.OfPosts, Days: 1000}, "days"},
	} {
		err := c.d.Check(find)
		var p *problem.Problem
		if !errors.As(err, &p) || p.Field != c.field {
			t.Errorf("%s: %v, want a problem on %s", name, err, c.field)
			continue
		}
		for _, lang := range i18n.Languages() {
			if _, ok := i18n.Keys(lang)[p.Key]; !ok {
				t.Errorf("%s: %s has no words in %s", name, p.Key, lang)
			}
		}
	}
	d := Definition{Name: " x ", Way: Count, Of: kpi.OfPosts}
	if err := d.Check(find); err != nil || d.Name != "x" || d.Days != 30 || d.Better != kpi.Neither {
		t.Errorf("made whole: %+v, %v", d, err)
	}
}

// Of 1 to 20 the median is 10.5; ranks 5 and 16 stand for 95 % (10 ± 1.96·√5 = 5.6 and 14.4, outwards, one more above).
func TestQuantile(t *testing.T) {
	t.Parallel()
	var list []float64
	for i := 20; i >= 1; i-- {
		list = append(list, float64(i))
	}
	e := Quantile(list, 0.5)
	if e.Value != 10.5 || e.Low != 5 || e.High != 16 || !e.Bounded || e.N != 20 {
		t.Errorf("median %+v", e)
	}
	if e := Quantile(list, 0.9); e.Value != 18.5 || e.Bounded {
		t.Errorf("ninetieth percentile %+v: too few above for an interval", e)
	}
	if e := Quantile(nil, 0.5); e.Defined() {
		t.Errorf("of nothing %+v", e)
	}
	if e := Quantile([]float64{7}, 0.01); e.Value != 7 || e.Bounded {
		t.Errorf("of one %+v", e)
	}
}

// TestCoverage draws data from known truths: about 95 % of the intervals of sums and quantiles must hold them.
func TestCoverage(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(7, 11))
	sum := kpi.Measure{}
	Definition{Way: Sum, Fact: "hours", Value: "quantity"}.sum(&sum)
	holds := func(e stat.Estimate, truth float64) bool { return e.Bounded && e.Low <= truth && truth <= e.High }
	for name, c := range map[string]struct {
		from, to float64
		run      func() bool
	}{
		// As many as come, 60 on average, of 2 each on average: 120 are to be expected.
		"sum": {0.92, 0.97, func() bool {
			var list []kpi.Fact
			for at := r.ExpFloat64(); at < 60; at += r.ExpFloat64() {
				x := 2 * r.ExpFloat64()
				list = append(list, kpi.Fact{Part: counted, N: 1, Sum: x, Squares: x * x})
			}
			return holds(sum.Estimate(list).Value, 120)
		}},
		"median":      {0.94, 0.985, func() bool { return holds(Quantile(exponential(r, 50), 0.5), math.Ln2) }},
		"ninth tenth": {0.94, 0.99, func() bool { return holds(Quantile(exponential(r, 120), 0.9), math.Log(10)) }},
	} {
		held, runs := 0, 3000
		for range runs {
			if c.run() {
				held++
			}
		}
		if got := float64(held) / float64(runs); got < c.from || got > c.to {
			t.Errorf("%s: coverage = %.3f, want %.2f to %.3f", name, got, c.from, c.to)
		}
	}
}

func exponential(r *rand.Rand, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = r.ExpFloat64()
	}
	return out
}
