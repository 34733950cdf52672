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
	explain := func(query string, args ...any) (out []string) {
		type step struct {
			id, parent, other int
			detail            string
		}
		plan, err := db.All(t.Context(), d.Read(), func(p *step) []any { return []any{&p.id, &p.parent, &p.other, &p.detail} }, "EXPLAIN QUERY PLAN "+query, args...)
		if err != nil {
			t.Fatalf("%s: %v", query, err)
		}
		for _, p := range plan {
			out = append(out, p.detail)
		}
		return out
	}
	// Lists of names are read from indexes that hold only what has one.
	for query, index := range map[string]string{measure.CampaignLinks: "post_campaign", measure.Organisations: "person_organisation"} {
		if plan := explain(query); !strings.Contains(strings.Join(plan, " "), "INDEX "+index) {
			t.Errorf("%s is read by %q", query, plan)
		}
	}
	// What counts little does not look at all that was said.
	for id, index := range map[string]string{"stickiness": "post_forum", "network-density": "post_forum", "answer-rate": "post_forum", "complaint-follow-up": "post_private_answer"} {
		for _, m := range kpi.All() {
			if m.ID != id {
				continue
			}
			s := m.Source(kpi.Ask{Cuts: []time.Time{may.From, may.To}, Now: may.To})
			if plan := explain("SELECT COUNT(*) FROM "+s.Table+" "+s.Where.String(), s.Where.Args...); !strings.Contains(strings.Join(plan, " "), "INDEX "+index) {
				t.Errorf("%s is read by %q", id, plan)
			}
		}
	}
	for _, m := range kpi.All() {
		for _, f := range []measure.Filter{{}, {Channel: "c"}, {Topic: "t"}, {Language: "fr"}, {Channel: "c", Topic: "t", Language: "fr"}} {
			s := m.Source(kpi.Ask{Cuts: []time.Time{may.From, may.To}, Now: may.To, Filter: f})
			wait := "0"
			if s.For != "" {
				wait = s.For
			}
			plan := explain("SELECT "+s.ID+", "+s.At+", "+s.Part+", "+wait+" FROM "+s.Table+" "+s.Where.String()+" ORDER BY "+s.At+" DESC, "+s.ID+" DESC LIMIT 51", s.Where.Args...)
			if len(plan) == 0 {
				t.Errorf("%s has no plan", m.ID)
			}
			for _, detail := range plan {
				if strings.HasPrefix(detail, "SCAN") && !strings.Contains(detail, "CONSTANT") {
					t.Errorf("%s with %+v: %s", m.ID, f, detail)
				}
			}
		}
	}
}
