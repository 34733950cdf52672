package measure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
)

// TestPlans looks at how SQLite finds the rows behind every number: never by reading a whole table.
func TestPlans(t *testing.T) {
	t.Parallel()
	d := dbtest.SQLite(t)
	for _, m := range kpi.All() {
		for _, f := range []measure.Filter{{}, {Channel: "c"}, {Topic: "t"}, {Language: "fr"}, {Channel: "c", Topic: "t", Language: "fr"}} {
			s := m.Source(kpi.Ask{Cuts: []time.Time{may.From, may.To}, Now: may.To, Filter: f})
			type step struct {
				id, parent, other int
				detail            string
			}
			wait := "0"
			if s.For != "" {
				wait = s.For
			}
			plan, err := db.All(t.Context(), d.Read(), func(p *step) []any { return []any{&p.id, &p.parent, &p.other, &p.detail} },
				"EXPLAIN QUERY PLAN SELECT "+s.ID+", "+s.At+", "+s.Part+", "+wait+" FROM "+s.Table+" "+s.Where.String()+
					" ORDER BY "+s.At+" DESC, "+s.ID+" DESC LIMIT 51", s.Where.Args...)
			if err != nil {
				t.Fatalf("%s: %v", m.ID, err)
			}
			if len(plan) == 0 {
				t.Errorf("%s has no plan", m.ID)
			}
			for _, p := range plan {
				if strings.HasPrefix(p.detail, "SCAN") && !strings.Contains(p.detail, "CONSTANT") {
					t.Errorf("%s with %+v: %s", m.ID, f, p.detail)
				}
			}
		}
	}
}
