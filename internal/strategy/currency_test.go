package strategy_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// A file of a map holds amounts in whole units of a currency that it names: yen have no cents.
func TestAmountsInAFile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		m := w.addMap(strategy.Measure{Measure: "supplier-savings", Better: kpi.Higher, Weight: 1, Baseline: 5000, BaselineAt: baseline, Target: 80000, Days: 28})
		for currency, want := range map[string][]string{"": {`"baseline": 50,`, `"target": 800`}, "JPY": {`"currency": "JPY"`, `"baseline": 5000,`, `"target": 80000`}, "KWD": {`"baseline": 5,`, `"target": 80`}} {
			w.exec("DELETE FROM business_fact")
			if currency != "" {
				w.exec("INSERT INTO business_fact (id, kind, at, amount, before, quantity, currency, label, activity, stated_at) VALUES ('p', 'purchase', $1, 100, 400, 1, $2, '', 'a', 1)", db.T(w.now.AddDate(0, 0, -3)), currency)
			}
			raw, err := w.s.Export(w.ctx, m.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range want {
				if !strings.Contains(string(raw), s) {
					t.Errorf("%s: the file lacks %s", currency, s)
				}
			}
			in, err := w.s.Import(w.ctx, bytes.NewReader(raw), strategy.Lookups{}, false)
			if err != nil {
				t.Fatal(err)
			}
			got := named(in.Map, "Answer mails").Measures[0]
			if got.Baseline != 5000 || got.Target != 80000 {
				t.Errorf("%s reads back as %v to %v", currency, got.Baseline, got.Target)
			}
			bad := bytes.Replace(raw, []byte(`"direction"`), []byte(`"currency": "yen", "direction"`), 1)
			if currency != "" {
				bad = bytes.Replace(raw, []byte(currency), []byte("yen"), 1)
			}
			if _, err := w.s.Import(w.ctx, bytes.NewReader(bad), strategy.Lookups{}, false); !problem.Is(err, problem.Invalid) {
				t.Errorf("a currency that is none: %v", err)
			}
		}
	})
}
