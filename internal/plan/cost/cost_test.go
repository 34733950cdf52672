package cost_test

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/plan/cost"
	"github.com/entente/entente/internal/plan/schedule"
)

func day(text string) schedule.Day {
	d, ok := schedule.ParseDay(text)
	if !ok {
		panic(text)
	}
	return d
}

func TestPieces(t *testing.T) {
	t.Parallel()
	start, end := day("2026-01-31"), day("2026-06-30")
	for name, test := range map[string]struct {
		line cost.Line
		want []int64
	}{
		"one-off":                          {cost.Line{Kind: cost.OneOff, Amount: 500}, []int64{500}},
		"each month":                       {cost.Line{Kind: cost.Recurring, Amount: 100, Every: cost.Month}, []int64{100, 100, 100, 100, 100, 100}},
		"a quarter in three":               {cost.Line{Kind: cost.Recurring, Amount: 100, Every: cost.Quarter}, []int64{33, 33, 34, 33, 33, 34}},
		"a year, of which six months":      {cost.Line{Kind: cost.Licences, Amount: 100, Count: 2, Every: cost.Year}, []int64{33, 33, 34, 33, 33, 34}},
		"hours":                            {cost.Line{Kind: cost.Hours, Amount: 4500, Minutes: 90}, []int64{6750}},
		"licences once":                    {cost.Line{Kind: cost.Licences, Amount: 100, Count: 3, Every: cost.Once}, []int64{300}},
		"ends before it begins: no pieces": {cost.Line{Kind: cost.Recurring, Amount: 100, Every: cost.Month, From: day("2026-03-01"), To: day("2026-02-01")}, nil},
	} {
		var got []int64
		for _, p := range test.line.Pieces(start, end) {
			got = append(got, p.Minor)
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// However a line is cut at months and days, it comes to the same cents: so many times its amount, and nothing falls between two months.
func TestNothingIsLost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := day("2026-01-01") + schedule.Day(rapid.IntRange(0, 800).Draw(t, "from"))
		to := from + schedule.Day(rapid.IntRange(0, 1500).Draw(t, "for"))
		amount := rapid.Int64Range(0, 1_000_000_000).Draw(t, "amount")
		every := rapid.SampledFrom(cost.Rhythms()).Draw(t, "every")
		l := cost.Line{Kind: cost.Recurring, Amount: amount, Every: every, From: from, To: to}
		pieces := l.Pieces(0, 0)
		times := int64(1)
		if m := every.Months(); m > 0 {
			for times = 0; from.AddMonths(int(times)*m) <= to; times++ {
			}
		}
		if got := cost.Total(pieces); got != times*amount {
			t.Fatalf("%d in all, want %d times %d", got, times, amount)
		}
		next := from
		for _, p := range pieces {
			if p.From != next || p.To < p.From {
				t.Fatalf("a piece from %s to %s, expected to begin on %s", p.From, p.To, next)
			}
			next = p.To + 1
		}
		if every != cost.Once && next != to+1 {
			t.Fatalf("the pieces end before %s, the line on %s", next, to)
		}
		var months, before int64
		for _, m := range cost.ByMonth(pieces, from, to) {
			months += m.Minor
		}
		if months != times*amount {
			t.Fatalf("%d over the months, want %d", months, times*amount)
		}
		for d := from - 1; d <= to; d += 13 {
			now := cost.Until(pieces, d)
			if now < before {
				t.Fatalf("less is spent on %s than before", d)
			}
			before = now
		}
		if cost.Until(pieces, from-1) != 0 || cost.Until(pieces, to) != times*amount {
			t.Fatal("spent before the beginning, or not all at the end")
		}
	})
}

func TestReturns(t *testing.T) {
	t.Parallel()
	costs := []cost.Piece{{day("2026-01-01"), day("2026-01-31"), 1000}, {day("2026-02-01"), day("2026-02-28"), 1000}}
	monthly := func(amount int64) []cost.Piece {
		return cost.Line{Kind: cost.Recurring, Amount: amount, Every: cost.Month, From: day("2026-03-01"), To: day("2026-12-31")}.Pieces(0, 0)
	}
	r := cost.Returns(costs, 500, monthly(100), monthly(400), monthly(1000))
	near := func(got, want float64) {
		t.Helper()
		if math.Abs(got-want) > 1e-12 {
			t.Errorf("%f, want %f", got, want)
		}
	}
	near(r.ROI, 1)    // (4000 − 2000) / 2000
	near(r.High, 4)   // (10000 − 2000) / 2000
	near(r.Low, -0.6) // (1000 − 2500) / 2500
	if r.Payback != day("2026-07-31") || r.Earliest != day("2026-04-30") || r.Least != 0 {
		t.Errorf("paid back by %s, %s, %s", r.Earliest, r.Payback, r.Least)
	}
	if r := cost.Returns(nil, 500, nil, monthly(1), nil); r.Known {
		t.Errorf("a return on nothing: %+v", r)
	}
	// Made up for in March, spent again in June: not paid back until later.
	again := append([]cost.Piece{{day("2026-06-01"), day("2026-06-30"), 3500}}, costs...)
	if r := cost.Returns(again, 0, nil, monthly(1000), nil); r.Payback != day("2026-08-31") {
		t.Errorf("paid back by %s", r.Payback)
	}
}
