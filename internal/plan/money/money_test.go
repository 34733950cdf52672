package money_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/plan/money"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		text, currency string
		want           int64
	}{
		{"1234.56", "EUR", 123456}, {"1 234,56", "EUR", 123456}, {"1,234.56", "EUR", 123456}, {"1.234,56 €", "EUR", 123456}, {"1'234.50", "CHF", 123450},
		{"€12", "EUR", 1200}, {"12 EUR", "EUR", 1200}, {"1,234", "EUR", 123400}, {"1.234", "EUR", 123400}, {"1,234,567", "EUR", 123456700}, {"0,5", "EUR", 50},
		{",5", "EUR", 50}, {"-3,20", "EUR", -320}, {"−3", "EUR", -300}, {"", "EUR", 0}, {"1500", "JPY", 1500}, {"1,500", "JPY", 1500}, {"1,234", "TND", 1234},
		{"100 000 000 000", "EUR", money.Most}, {"1.", "EUR", 100},
	} {
		if got, ok := money.Parse(test.text, test.currency); !ok || got != test.want {
			t.Errorf("%q %s is %d, %v; want %d", test.text, test.currency, got, ok, test.want)
		}
	}
	for _, text := range []string{"x", "1.2.3", "1,23,456", "12.345,6,7", "1.5678", "1,2345", "-", "1-2", "1e5", "100 000 000 000,01", "12 USD", "1,234.5,6", "0x10", "١٢", "..", "."} {
		if got, ok := money.Parse(text, "EUR"); ok {
			t.Errorf("%q is taken for %d", text, got)
		}
	}
	if got, ok := money.Parse("12.5", "JPY"); ok {
		t.Errorf("half a yen is %d", got)
	}
}

// What is shared out adds up, no part is a unit from its exact share, and equal parts differ by one unit at most.
func TestSpread(t *testing.T) {
	t.Parallel()
	if diff := cmp.Diff([]int64{3333, 3333, 3334}, money.Split(10000, 3)); diff != "" {
		t.Error(diff)
	}
	rapid.Check(t, func(t *rapid.T) {
		total := rapid.Int64Range(-money.Most, money.Most).Draw(t, "total")
		weights := rapid.SliceOfN(rapid.Int64Range(0, 1_000_000), 1, 40).Draw(t, "weights")
		var all, sum int64
		for _, w := range weights {
			all += w
		}
		for i, p := range money.Spread(total, weights) {
			sum += p
			if exact := float64(total) * float64(weights[i]) / max(float64(all), 1); all > 0 && (float64(p)-exact > 1.01 || exact-float64(p) > 1.01) {
				t.Fatalf("part %d is %d, its exact share %f", i, p, exact)
			}
		}
		if all > 0 && sum != total {
			t.Fatalf("%d, want %d", sum, total)
		}
		n := rapid.IntRange(1, 60).Draw(t, "n")
		low, high, sum := int64(money.Most), int64(-money.Most), int64(0)
		for _, p := range money.Split(total, n) {
			low, high, sum = min(low, p), max(high, p), sum+p
		}
		if sum != total || high-low > 1 {
			t.Fatalf("%d in %d parts: %d to %d, together %d", total, n, low, high, sum)
		}
	})
}

func TestWorth(t *testing.T) {
	t.Parallel()
	for _, test := range [][3]int64{{90, 4500, 6750}, {1, 100, 2}, {1, 89, 1}, {1, 90, 2}, {0, 5, 0}, {-5, 5, 0}, {6_000_000, money.Most / 1000, money.Most / 1000 * 100_000}} {
		if got := money.Worth(test[0], test[1]); got != test[2] {
			t.Errorf("%d minutes at %d are %d, want %d", test[0], test[1], got, test[2])
		}
	}
}

// Amounts of two currencies stay two amounts.
func TestSum(t *testing.T) {
	t.Parallel()
	s := money.Sum{}
	s.Add("EUR", 5)
	s.Add("CHF", 7)
	s.Add("EUR", 1)
	s.Add("USD", 0)
	if diff := cmp.Diff([]money.Amount{{Minor: 7, Currency: "CHF"}, {Minor: 6, Currency: "EUR"}}, s.Amounts()); diff != "" {
		t.Error(diff)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"1 234,56", "1,234.56", "€12", "-3,2", "1.234", "1'234", "", "12 EUR"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, currency := range []string{"EUR", "JPY", "TND"} {
			v, ok := money.Parse(text, currency)
			if !ok {
				continue
			}
			for _, mark := range []string{".", ","} {
				if again, ok := money.Parse(money.Typed(v, currency, mark), currency); !ok || again != v || v > money.Most || v < -money.Most {
					t.Errorf("%q %s is %d, typed again %d (%s)", text, currency, v, again, money.Typed(v, currency, mark))
				}
			}
		}
	})
}
