package strategy_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		words strategy.Words
		lang  string
		want  string
	}{
		{strategy.Words{"en": "Answer", "fr": "Répondre"}, "fr", "Répondre"},
		{strategy.Words{"en": "Answer"}, "fr", "Answer"},
		{strategy.Words{"fr": "Répondre"}, "en", "Répondre"},
		{strategy.Words{"fr": "Répondre", "de": "Antworten"}, "it", "Antworten"},
		{nil, "en", ""},
	} {
		if got := c.words.In(c.lang); got != c.want {
			t.Errorf("%v in %s: %q, want %q", c.words, c.lang, got, c.want)
		}
	}
}

// Everything that is put on a map is there again, and gone when it is removed.
func TestKept(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		m, err := w.s.FromTemplate(w.ctx, "", strategy.As{})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Bands()) != 3 || len(m.Places()) != 6 || len(m.Objectives) != 7 || len(m.Links) != 7 {
			t.Fatalf("%d bands, %d places, %d objectives, %d links", len(m.Bands()), len(m.Places()), len(m.Objectives), len(m.Links))
		}
		for _, lang := range []string{"en", "fr"} {
			for _, o := range m.Objectives {
				if o.Name[lang] == "" {
					t.Errorf("%v is not said in %s", o.Name, lang)
				}
			}
		}
		o, err := w.s.AddObjective(w.ctx, strategy.Objective{Map: m.ID, Perspective: m.Places()[0].ID, Name: strategy.Words{"fr": "  Vendre des vélos "}, DueAt: due,
			Stakeholders: []string{"riders", " "}, Note: "why"})
		if err != nil {
			t.Fatal(err)
		}
		added, err := w.s.AddMeasure(w.ctx, strategy.Measure{Objective: o.ID, Measure: "first-response-time", Better: kpi.Lower, Weight: 2, Baseline: 7200, BaselineAt: baseline, Target: 3600, Days: 28, Topic: "bike"})
		if err != nil {
			t.Fatal(err)
		}
		added.Weight, added.Statistic = 3, strategy.P90
		if _, err := w.s.ChangeMeasure(w.ctx, added); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.AddLink(w.ctx, strategy.Link{Origin: m.Objectives[6].ID, Serves: o.ID, LagDays: 21, Note: "we think so"}); err != nil {
			t.Fatal(err)
		}
		o.Note = "because"
		if _, err := w.s.ChangeObjective(w.ctx, o); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Place(w.ctx, m.ID, []string{o.ID, m.Objectives[0].ID, "x\x00"}); err != nil {
			t.Fatal(err)
		}
		got, err := w.s.Objective(w.ctx, o.ID)
		if err != nil {
			t.Fatal(err)
		}
		want := strategy.Objective{ID: o.ID, Map: m.ID, Perspective: o.Perspective, Name: strategy.Words{"fr": "Vendre des vélos"}, Stakeholders: []string{"riders"}, Note: "because",
			DueAt: due, Placed: true, CreatedAt: w.now, UpdatedAt: w.now, Measures: []strategy.Measure{{ID: added.ID, Objective: o.ID, Measure: "first-response-time",
				Statistic: strategy.P90, Better: kpi.Lower, Weight: 3, Baseline: 7200, BaselineAt: baseline, Target: 3600, Days: 28, Topic: "bike", Timing: strategy.Lagging}}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		full, err := w.s.Map(w.ctx, m.ID)
		if err != nil || len(full.Objectives) != 8 || len(full.Links) != 8 || !full.UpdatedAt.After(m.UpdatedAt) {
			t.Errorf("%d objectives, %d links, %v", len(full.Objectives), len(full.Links), err)
		}
		if err := w.s.Rename(w.ctx, m.ID, strategy.Words{"en": "Ours"}, map[string]strategy.Words{full.Bands()[0].ID: {"en": "Profit"}}); err != nil {
			t.Fatal(err)
		}
		if err := w.s.RemoveObjective(w.ctx, o.ID); err != nil {
			t.Fatal(err)
		}
		full, err = w.s.Map(w.ctx, "")
		if err != nil || len(full.Objectives) != 7 || len(full.Links) != 7 || full.Name.In("en") != "Ours" || full.Bands()[0].Name.In("fr") != "Profit" {
			t.Errorf("%+v, %v", full, err)
		}
		actions, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Action: "strategy."})
		if err != nil || len(actions) != 9 {
			t.Errorf("%d entries of the audit log, want 9 (%v)", len(actions), err)
		}
		if err := w.s.RemoveMap(w.ctx, m.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.Map(w.ctx, ""); problem.Of(err).Key != "strategy.no_map" {
			t.Errorf("after removing all: %v", err)
		}
		for _, table := range []string{"objective", "objective_measure", "objective_link", "perspective"} {
			if n, _, err := db.Value[int](w.ctx, d.Read(), "SELECT COUNT(*) FROM "+table); n != 0 || err != nil {
				t.Errorf("%d rows are left in %s (%v)", n, table, err)
			}
		}
	})
}

func TestRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	m := w.addMap()
	top, answer, train := named(m, "Keep customers"), named(m, "Answer mails"), named(m, "Train volunteers")
	objective := func(change func(o *strategy.Objective)) error {
		o := strategy.Objective{Map: m.ID, Perspective: m.Places()[0].ID, Name: strategy.Words{"en": "Sell bikes"}}
		change(&o)
		_, err := w.s.AddObjective(w.ctx, o)
		return err
	}
	measured := func(change func(m *strategy.Measure)) error {
		x := strategy.Measure{Objective: answer.ID, Measure: "response-rate", Better: kpi.Higher, Weight: 1, Baseline: 0.5, BaselineAt: baseline, Target: 0.9, Days: 28}
		change(&x)
		_, err := w.s.AddMeasure(w.ctx, x)
		return err
	}
	link := func(l strategy.Link) error {
		_, err := w.s.AddLink(w.ctx, l)
		return err
	}
	for _, c := range []struct {
		name, field, key string
		err              error
	}{
		{"no name", "name", "strategy.name_missing", objective(func(o *strategy.Objective) { o.Name = strategy.Words{"en": " "} })},
		{"a long name", "name_en", "problem.too_long", objective(func(o *strategy.Objective) { o.Name = strategy.Words{"en": strings.Repeat("é", 121)} })},
		{"a name in Klingon", "name", "strategy.language_unknown", objective(func(o *strategy.Objective) { o.Name["tlh"] = "x" })},
		{"a band with steps", "perspective", "strategy.perspective_unknown", objective(func(o *strategy.Objective) { o.Perspective = m.Bands()[1].ID })},
		{"nobody", "owner", "strategy.owner_unknown", objective(func(o *strategy.Objective) { o.Owner = "\x00" })},
		{"one day", "due", "strategy.due_odd", objective(func(o *strategy.Objective) { o.DueAt = time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC) })},
		{"elsewhere", "", "problem.not_found", objective(func(o *strategy.Objective) { o.Map = "no such map" })},

		{"no such measure", "measure", "measure.unknown", measured(func(m *strategy.Measure) { m.Measure = "likes" })},
		{"median of a share", "statistic", "strategy.statistic_unknown", measured(func(m *strategy.Measure) { m.Statistic = strategy.Median })},
		{"no direction", "better", "strategy.better_unknown", measured(func(m *strategy.Measure) { m.Better = "neither" })},
		{"no weight", "weight", "strategy.weight_bad", measured(func(m *strategy.Measure) { m.Weight = 0 })},
		{"NaN of weight", "weight", "strategy.weight_bad", measured(func(m *strategy.Measure) { m.Weight = math.NaN() })},
		{"nothing to reach", "target", "strategy.target_same", measured(func(m *strategy.Measure) { m.Target = 0.5 })},
		{"the wrong way", "target", "strategy.target_wrong_way", measured(func(m *strategy.Measure) { m.Better = kpi.Lower })},
		{"more than all", "target", "strategy.value_bad", measured(func(m *strategy.Measure) { m.Target = 1.1 })},
		{"NaN", "baseline", "strategy.value_bad", measured(func(m *strategy.Measure) { m.Baseline = math.NaN() })},
		{"a range inside out", "high", "strategy.range_bad", measured(func(m *strategy.Measure) { m.Better, m.Low, m.High = kpi.Within, 0.9, 0.1 })},
		{"no days", "days", "strategy.days_bad", measured(func(m *strategy.Measure) { m.Days = 0 })},
		{"no date", "baseline_at", "strategy.baseline_at_bad", measured(func(m *strategy.Measure) { m.BaselineAt = time.Time{} })},
		{"no such channel", "channel", "strategy.filter_unknown", measured(func(m *strategy.Measure) { m.Channel = "x" })},
		{"no such topic", "topic", "strategy.filter_unknown", measured(func(m *strategy.Measure) { m.Topic = "x" })},
		{"of nothing", "", "problem.not_found", measured(func(m *strategy.Measure) { m.Objective = "x\x00" })},

		{"itself", "serves", "strategy.link_self", link(strategy.Link{Origin: top.ID, Serves: top.ID})},
		{"twice", "serves", "strategy.link_twice", link(strategy.Link{Origin: train.ID, Serves: answer.ID})},
		{"there and back", "serves", "strategy.link_circle", link(strategy.Link{Origin: answer.ID, Serves: train.ID})},
		{"round", "serves", "strategy.link_circle", link(strategy.Link{Origin: top.ID, Serves: train.ID})},
		{"to nowhere", "serves", "strategy.objective_unknown", link(strategy.Link{Origin: top.ID, Serves: "x"})},
		{"before it happens", "lag", "strategy.link_lag", link(strategy.Link{Origin: train.ID, Serves: top.ID, LagDays: -1})},
	} {
		list := strategy.Problems(c.err)
		if len(list) == 0 || list[0].Key != c.key || list[0].Field != c.field {
			t.Errorf("%s: %v, want %s on %q", c.name, c.err, c.key, c.field)
		}
	}
	reader, nobody := w.member(org.Volunteer), t.Context()
	if _, err := w.s.Map(reader, m.ID); err != nil {
		t.Errorf("a volunteer reads the map: %v", err)
	}
	if _, err := w.s.Evaluate(nobody, m.ID, w.now); !problem.Is(err, problem.Unauthenticated) {
		t.Errorf("nobody reads the map: %v", err)
	}
	for name, do := range map[string]func() error{
		"template": func() error { _, err := w.s.FromTemplate(reader, "", strategy.As{}); return err },
		"rename":   func() error { return w.s.Rename(reader, m.ID, m.Name, nil) },
		"remove":   func() error { return w.s.RemoveMap(reader, m.ID) },
		"place":    func() error { return w.s.Place(reader, m.ID, nil) },
		"add":      func() error { _, err := w.s.AddObjective(reader, strategy.Objective{Map: m.ID}); return err },
		"change":   func() error { _, err := w.s.ChangeObjective(reader, top); return err },
		"drop":     func() error { return w.s.RemoveObjective(reader, top.ID) },
		"measure":  func() error { _, err := w.s.AddMeasure(reader, strategy.Measure{Objective: top.ID}); return err },
		"link": func() error {
			_, err := w.s.AddLink(reader, strategy.Link{Origin: train.ID, Serves: top.ID})
			return err
		},
		"unlink": func() error { return w.s.RemoveLink(reader, train.ID, answer.ID) },
		"load":   func() error { _, _, err := w.s.Load(reader, strings.NewReader("{}"), strategy.Lookups{}); return err },
	} {
		if err := do(); !problem.Is(err, problem.Forbidden) {
			t.Errorf("%s by a volunteer: %v", name, err)
		}
	}
}

// What is said on a channel about a topic counts where the filters let it through, and nowhere else.
func TestCounts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	x := strategy.Measure{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: baseline, Target: 2, Days: 28}
	mail, bike, both := x, x, x
	mail.Channel, bike.Topic = "mail", "bike"
	both.Channel, both.Topic = "mail", "bike"
	w.addMap(x, mail, bike, both)
	for _, c := range []struct {
		channel string
		topics  []string
		want    int
	}{{"mail", []string{"bike"}, 4}, {"mail", nil, 2}, {"news", []string{"other", "bike"}, 2}, {"", nil, 1}} {
		list, err := w.s.Counts(w.ctx, c.channel, c.topics, w.now)
		if err != nil || len(list) != c.want {
			t.Errorf("%q %v counts in %d measures, want %d (%v)", c.channel, c.topics, len(list), c.want, err)
		}
		if len(list) > 0 && (len(list[0].Serves) != 1 || list[0].Serves[0].Name.In("en") != "Keep customers") {
			t.Errorf("serves %+v", list[0].Serves)
		}
	}
	if list, err := w.s.Uses(w.ctx, "volume", measure.Filter{Channel: "news"}, w.now); err != nil || len(list) != 2 {
		t.Errorf("volume of news is used %d times, want 2: as a whole and of a topic (%v)", len(list), err)
	}
	if list, err := w.s.Uses(w.ctx, "response-rate", measure.Filter{}, w.now); err != nil || len(list) != 0 {
		t.Errorf("%d uses of what is not used (%v)", len(list), err)
	}
}
