package strategy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

func sampleLookups() strategy.Lookups {
	return strategy.Lookups{
		Topic: func(context.Context, string) (string, error) { return "bike", nil },
		Channel: func(context.Context, string) (string, error) {
			return "mail", nil
		},
		Shift: 24 * time.Hour,
	}
}

func TestLoadSample(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../sample/map.json")
	if err != nil {
		t.Fatal(err)
	}
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		m, made, err := w.s.Load(w.ctx, bytes.NewReader(raw), sampleLookups())
		if err != nil || !made {
			t.Fatal(made, err)
		}
		if len(m.Objectives) != 12 || len(m.Links) != 13 || len(m.Bands()) != 3 || len(m.Places()) != 6 {
			t.Fatalf("%d objectives, %d links", len(m.Objectives), len(m.Links))
		}
		again, made, err := w.s.Load(w.ctx, bytes.NewReader(raw), sampleLookups())
		if err != nil || made || again.ID != m.ID {
			t.Errorf("a second time: made %v, %v", made, err)
		}
		twelveWeeksAgo := w.now.AddDate(0, 0, -84)
		for _, c := range []struct {
			objective string
			want      strategy.Measure
		}{
			{"Answer every mail within a day", strategy.Measure{Measure: "first-response-time", Statistic: strategy.Median, Better: kpi.Lower, Weight: 2,
				Baseline: 118 * 3600, Target: 24 * 3600, Channel: "mail"}}, // hours
			{"Grow volunteers in every department", strategy.Measure{Measure: "response-rate", Better: kpi.Higher, Weight: 1, Baseline: 0.9, Target: 0.95}}, // per cent
			{"Keep a steady dialogue in every channel", strategy.Measure{Measure: "volume", Better: kpi.Within, Weight: 1, Baseline: 70, Target: 60, Low: 60, High: 160}},
			{"Restore trust in the Lande 2", strategy.Measure{Measure: "net-sentiment", Better: kpi.Higher, Weight: 1, Baseline: -55, Target: 20, Topic: "bike"}},
		} {
			c.want.BaselineAt = twelveWeeksAgo
			o := named(m, c.objective)
			if diff := cmp.Diff(c.want, o.Measures[0], cmpopts.IgnoreFields(strategy.Measure{}, "ID", "Objective", "Days", "Timing"), cmpopts.EquateApprox(1e-12, 0)); diff != "" {
				t.Errorf("%s: %s", c.objective, diff)
			}
		}
		if got, want := named(m, "Answer every mail within a day").DueAt, time.Date(2027, 2, 1, 12, 0, 0, 0, time.UTC); !got.Equal(want) {
			t.Errorf("due %v, want a day after 31 January: %v", got, want)
		}
		if _, err := w.s.Evaluate(w.ctx, "", w.now); err != nil {
			t.Error(err)
		}
	})
}

// What a file does not say of the window is what suits the measure, as in the form.
func TestUsualWindow(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	m, _, err := w.s.Load(w.ctx, strings.NewReader(`{"name":{"en":"M"},"perspectives":[{"id":"a","name":{"en":"A"}}],"objectives":[{"id":"o","perspective":"a","name":{"en":"Answer mails"},
		"measures":[{"id":"response-rate","direction":"maximise","weight":1,"baseline":10,"target":90},{"id":"volume","direction":"minimise","weight":1,"baseline":10,"target":5,"days":28}]}]}`), strategy.Lookups{})
	if err != nil {
		t.Fatal(err)
	}
	usual := kpi.ResponseRate().Days
	if got := named(m, "Answer mails").Measures; got[0].Days != usual || usual == 28 || got[1].Days != 28 {
		t.Errorf("%d and %d days, the usual window has %d", got[0].Days, got[1].Days, usual)
	}
}

// A map that was exported is read back as it was, in an installation with the same topics and channels.
func TestExportReadsBack(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../sample/map.json")
	if err != nil {
		t.Fatal(err)
	}
	first := newWorld(t, dbtest.SQLite(t))
	l := sampleLookups()
	l.BaselineAt = time.Date(2026, 3, 9, 12, 0, 0, 0, time.UTC)
	if _, _, err := first.s.Load(first.ctx, bytes.NewReader(raw), l); err != nil {
		t.Fatal(err)
	}
	a, err := first.s.Export(first.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	second := newWorld(t, dbtest.SQLite(t))
	if _, _, err := second.s.Load(second.ctx, bytes.NewReader(a), strategy.Lookups{}); err != nil {
		t.Fatal(err)
	}
	b, err := second.s.Export(second.ctx, "")
	if err != nil {
		t.Fatal(err)
	}
	read := func(raw []byte) (m struct {
		Objectives []struct {
			Name     strategy.Words
			By       string
			Measures json.RawMessage
		}
		Links []struct{ LagWeeks float64 }
	}) {
		if err := json.Unmarshal(raw, &m); err != nil {
			t.Fatal(err)
		}
		return m
	}
	if diff := cmp.Diff(read(a), read(b)); diff != "" {
		t.Error(diff)
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	const map1 = `{"name":{"en":"M"},"perspectives":[{"id":"a","name":{"en":"A"}}],"objectives":[%s],"links":[%l]}`
	objective := func(s string) string { return strings.NewReplacer("%s", s, "%l", "").Replace(map1) }
	for name, text := range map[string]string{
		"nothing":          ``,
		"no JSON":          `<map/>`,
		"no perspectives":  `{"name":{"en":"M"}}`,
		"huge":             `{"name":{"en":"` + strings.Repeat("x", 2<<20) + `"}}`,
		"two of an id":     objective(`{"id":"o","perspective":"a","name":{"en":"O"}},{"id":"o","perspective":"a","name":{"en":"O"}}`),
		"a date":           objective(`{"id":"o","perspective":"a","name":{"en":"O"},"by":"tomorrow"}`),
		"a measure":        objective(`{"id":"o","perspective":"a","name":{"en":"O"},"measures":[{"id":"likes"}]}`),
		"a topic":          objective(`{"id":"o","perspective":"a","name":{"en":"O"},"measures":[{"id":"volume","filter":{"topic":"none"}}]}`),
		"a circle":         strings.NewReplacer("%s", `{"id":"o","perspective":"a","name":{"en":"O"}}`, "%l", `{"from":"o","to":"o"}`).Replace(map1),
		"a perspective":    objective(`{"id":"o","perspective":"b","name":{"en":"O"}}`),
		"a far-away delay": strings.NewReplacer("%s", "", "%l", `{"from":"o","to":"o","lag_weeks":1e300}`).Replace(map1),
	} {
		_, _, err := w.s.Load(w.ctx, strings.NewReader(text), strategy.Lookups{})
		if c := problem.Of(err).Code; err == nil || c == problem.Internal {
			t.Errorf("%s: %v", name, err)
		}
	}
	if maps, err := w.s.Maps(w.ctx); err != nil || len(maps) != 0 {
		t.Errorf("something was kept: %v (%v)", maps, err)
	}
	// What is wrong with an objective says with which one, by its name.
	for want, text := range map[string]string{
		"Objectif":    objective(`{"id":"o","perspective":"a","name":{"en":"O","fr":"Objectif"},"themes":["none"]}`),
		"Sans mesure": objective(`{"id":"o","perspective":"a","name":{"fr":"Sans mesure"},"measures":[{"id":"volume","direction":"maximise","baseline":1,"target":1}]}`),
		"Un → Quatre": strings.NewReplacer("%s", `{"id":"1","perspective":"a","name":{"fr":"Un"}},{"id":"4","perspective":"a","name":{"fr":"Quatre"}}`, "%l", `{"from":"1","to":"4","weight":9}`).Replace(map1),
	} {
		_, err := w.s.Import(w.ctx, strings.NewReader(text), strategy.Lookups{}, true)
		if got := strategy.About(err, "fr"); got != want {
			t.Errorf("it is said of %q, want %q: %v", got, want, err)
		}
	}
}
