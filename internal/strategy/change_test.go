package strategy_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// same compares maps as people see them.
var same = cmp.Options{cmpopts.IgnoreFields(strategy.Map{}, "UpdatedAt"), cmpopts.IgnoreFields(strategy.Objective{}, "UpdatedAt"), cmpopts.EquateEmpty()}

func (w *world) full(mapID string) strategy.Map {
	w.t.Helper()
	m, err := w.s.Map(w.ctx, mapID)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// editor is a member who may edit and has a name.
func (w *world) editor(name string) context.Context {
	w.t.Helper()
	m := &org.Member{ID: id.New(), Name: name, Role: org.Strategist, State: org.Active}
	w.exec("INSERT INTO member (id, email, name, role, state, lang, zone, created_at) VALUES ($1, $2, $3, 'strategist', 'active', 'en', 'UTC', 1)", m.ID, name+"@example.org", name)
	return org.With(w.t.Context(), m)
}

// Every kind of change can be taken back and brought back, and the map is then as it was.
func TestUndoEveryChange(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		m := w.addMap(strategy.Measure{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: baseline, Target: 2, Days: 28})
		other := w.addMap()
		top, answer, train := named(m, "Keep customers"), named(m, "Answer mails"), named(m, "Train volunteers")
		theme, err := w.s.AddTheme(w.ctx, m.ID, strategy.Theme{Name: strategy.Words{"en": "Service"}, Colour: 3})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.AddTheme(w.ctx, m.ID, strategy.Theme{Name: strategy.Words{"en": "Second"}}); err != nil {
			t.Fatal(err)
		}
		answer.Themes = []string{theme.ID}
		if _, err := w.s.ChangeObjective(w.ctx, answer); err != nil {
			t.Fatal(err)
		}
		words := func(s string) strategy.Words { return strategy.Words{"en": s, "fr": s + " fr"} }
		for name, do := range map[string]func() error{
			"rename the map": func() error {
				return w.s.Rename(w.ctx, m.ID, words("Ours"), map[string]strategy.Words{m.Bands()[0].ID: words("Profit")})
			},
			"kind and colours": func() error {
				return w.s.ChangeMap(w.ctx, strategy.Map{ID: m.ID, Name: m.Name, Kind: strategy.OfDepartment, Scope: "Workshop"},
					map[string]strategy.Paint{m.Bands()[0].ID: {m.Bands()[0].Name, 5}, theme.ID: {words("Care"), 2}})
			},
			"a perspective": func() error {
				_, err := w.s.AddPerspective(w.ctx, m.ID, strategy.Perspective{Name: words("New"), Colour: 2})
				return err
			},
			"a first step": func() error {
				_, err := w.s.AddPerspective(w.ctx, m.ID, strategy.Perspective{Name: words("Step"), Within: m.Bands()[0].ID})
				return err
			},
			"perspective moved": func() error { return w.s.MovePerspective(w.ctx, m.Bands()[0].ID, 1) },
			"step removed":      func() error { return w.s.RemovePerspective(w.ctx, m.Steps(m.Bands()[1].ID)[0].ID, "") },
			"band removed":      func() error { return w.s.RemovePerspective(w.ctx, m.Bands()[1].ID, m.Bands()[0].ID) },
			"theme moved":       func() error { return w.s.MoveTheme(w.ctx, theme.ID, 1) },
			"theme removed":     func() error { return w.s.RemoveTheme(w.ctx, theme.ID) },
			"an objective": func() error {
				_, err := w.s.AddObjective(w.ctx, strategy.Objective{Map: m.ID, Perspective: top.Perspective, Name: words("Sell"), Goal: "Grow", GoalKind: "revenue", Stage: "impact", Themes: []string{theme.ID}})
				return err
			},
			"objective changed": func() error {
				o := top
				o.Note, o.Stakeholders, o.Goal = "because", []string{"press"}, "Trust"
				_, err := w.s.ChangeObjective(w.ctx, o)
				return err
			},
			"objective renamed": func() error { return w.s.RenameObjective(w.ctx, top.ID, "fr", "Garder") },
			"objective moved":   func() error { return w.s.Move(w.ctx, train.ID, top.Perspective, top.ID) },
			"objective removed": func() error { return w.s.RemoveObjective(w.ctx, answer.ID) },
			"arranged":          func() error { return w.s.Place(w.ctx, m.ID, []string{train.ID, answer.ID, top.ID}) },
			"a measure": func() error {
				_, err := w.s.AddMeasure(w.ctx, strategy.Measure{Objective: top.ID, Measure: "volume", Better: kpi.Within, Weight: 1.5, Baseline: 1, BaselineAt: baseline, Low: 3, High: 4.5, Days: 28, Timing: strategy.Leading})
				return err
			},
			"measure removed": func() error { return w.s.RemoveMeasure(w.ctx, answer.Measures[0].ID) },
			"a link": func() error {
				_, err := w.s.AddLink(w.ctx, strategy.Link{Origin: train.ID, Serves: top.ID, LagDays: 7})
				return err
			},
			"link removed": func() error { return w.s.RemoveLink(w.ctx, train.ID, answer.ID) },
			"a contribution": func() error {
				_, err := w.s.Contribute(w.ctx, strategy.Contribution{Origin: train.ID, Serves: named(other, "Answer mails").ID, Weight: 2})
				return err
			},
		} {
			before := w.full(m.ID)
			if err := do(); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			after := w.full(m.ID)
			if name != "a contribution" && cmp.Equal(before, after, same) {
				t.Errorf("%s changed nothing", name)
			}
			undone, err := w.s.Undo(w.ctx, m.ID)
			if err != nil {
				t.Fatalf("take back %s: %v", name, err)
			}
			if diff := cmp.Diff(before, w.full(m.ID), same); diff != "" {
				t.Errorf("%s taken back (-before +now):\n%s", name, diff)
			}
			if _, err := w.s.Redo(w.ctx, m.ID); err != nil {
				t.Fatalf("bring back %s: %v", name, err)
			}
			if diff := cmp.Diff(after, w.full(m.ID), same); diff != "" {
				t.Errorf("%s brought back (-after +now):\n%s", name, diff)
			}
			if _, err := w.s.Redo(w.ctx, m.ID); problem.Of(err).Key != "strategy.nothing_to_undo" {
				t.Errorf("%s brought back twice: %v", name, err)
			}
			if _, err := w.s.Undo(w.ctx, m.ID); err != nil {
				t.Fatalf("take back %s again: %v", name, err)
			}
			if undone.Undoes == "" || undone.Action != strategy.Undone {
				t.Errorf("%s: %+v", name, undone)
			}
		}
		list, err := w.s.Changes(w.ctx, m.ID, 0, 200)
		if err != nil || len(list) < 60 || list[0].Number != int64(len(list)) {
			t.Errorf("%d changes (%v)", len(list), err)
		}
	})
}

// Whatever is done, taking it all back in turn leads to the beginning, and the history tells how it stood after each step.
func TestUndoProperty(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	rapid.Check(t, func(rt *rapid.T) {
		first := w.addMap()
		var states []strategy.Map
		var times []time.Time
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			m := w.full(first.ID)
			states, times = append(states, m), append(times, w.now)
			w.now = w.now.Add(time.Hour)
			any := func(label string) strategy.Objective { return rapid.SampledFrom(m.Objectives).Draw(rt, label) }
			place := rapid.SampledFrom(m.Places()).Draw(rt, "place")
			var err error
			switch rapid.IntRange(0, 6).Draw(rt, "what") {
			case 0:
				_, err = w.s.AddObjective(w.ctx, strategy.Objective{Map: m.ID, Perspective: place.ID, Name: strategy.Words{"en": fmt.Sprint("New ", len(states))}})
			case 1:
				if len(m.Objectives) > 1 {
					err = w.s.RemoveObjective(w.ctx, any("gone").ID)
				}
			case 2:
				err = w.s.Move(w.ctx, any("moved").ID, place.ID, any("before").ID)
			case 3:
				_, err = w.s.Nudge(w.ctx, any("nudged").ID, rapid.SampledFrom([]strategy.Way{strategy.Left, strategy.Right, strategy.Up, strategy.Down}).Draw(rt, "way"))
			case 4:
				if _, e := w.s.AddLink(w.ctx, strategy.Link{Origin: any("origin").ID, Serves: any("serves").ID}); problem.Of(e).Code == problem.Internal {
					err = e
				}
			case 5:
				err = w.s.RenameObjective(w.ctx, any("renamed").ID, "en", fmt.Sprint("Renamed ", len(states)))
			case 6:
				_, err = w.s.AddPerspective(w.ctx, m.ID, strategy.Perspective{Name: strategy.Words{"en": "More"}})
			}
			if err != nil && problem.Of(err).Code != problem.Conflict && problem.Of(err).Code != problem.Invalid {
				rt.Fatal(err)
			}
		}
		for i, at := range times {
			got, existed, err := w.s.MapAt(w.ctx, first.ID, at)
			if err != nil || !existed {
				rt.Fatal(err, existed)
			}
			if diff := cmp.Diff(states[i], got, same); diff != "" {
				rt.Fatalf("step %d as told by the history (-was +told):\n%s", i, diff)
			}
		}
		for range 30 {
			if _, err := w.s.Undo(w.ctx, first.ID); err != nil {
				if problem.Of(err).Key != "strategy.nothing_to_undo" {
					rt.Fatal(err)
				}
				break
			}
		}
		if diff := cmp.Diff(states[0], w.full(first.ID), same); diff != "" {
			rt.Fatalf("all taken back (-began +now):\n%s", diff)
		}
		if err := w.s.RemoveMap(w.ctx, first.ID); err != nil {
			rt.Fatal(err)
		}
	})
}

// What somebody else changed since is not taken back over their head, and what others built on stays.
func TestUndoRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		m := w.addMap()
		ada, bo := w.editor("Ada"), w.editor("Bo")
		top := named(m, "Keep customers")
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(w.s.RenameObjective(ada, top.ID, "en", "Keep all customers"))
		if _, err := w.s.Undo(bo, m.ID); problem.Of(err).Key != "strategy.nothing_to_undo" {
			t.Errorf("Bo takes back what Ada did: %v", err)
		}
		// The same objective, another field: both can be taken back.
		must(w.s.Move(bo, top.ID, m.Places()[1].ID, ""))
		_, err := w.s.Undo(ada, m.ID)
		must(err)
		if o := w.full(m.ID); named(o, "Keep customers").Perspective != m.Places()[1].ID {
			t.Error("taking a name back moved the objective")
		}
		_, err = w.s.Redo(ada, m.ID)
		must(err)
		must(w.s.RenameObjective(bo, top.ID, "en", "Keep some customers"))
		_, err = w.s.Undo(ada, m.ID)
		if p := problem.Of(err); p.Key != "strategy.undo_changed_by" || p.Code != problem.Conflict || len(p.Args) != 2 || p.Args[1] != "Bo" {
			t.Errorf("Ada takes back what Bo changed since: %v %v", err, p.Args)
		}
		o, err := w.s.AddObjective(ada, strategy.Objective{Map: m.ID, Perspective: top.Perspective, Name: strategy.Words{"en": "Sell"}})
		must(err)
		_, err = w.s.AddMeasure(bo, strategy.Measure{Objective: o.ID, Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 1, BaselineAt: baseline, Target: 2, Days: 28})
		must(err)
		if _, err := w.s.Undo(ada, m.ID); problem.Of(err).Key != "strategy.undo_needed" {
			t.Errorf("Ada takes an objective back that Bo measures: %v", err)
		}
		list, err := w.s.Changes(w.ctx, m.ID, 0, 0)
		must(err)
		// Anybody who may edit can take a change back from the history, while nothing stands in its way.
		if _, err := w.s.Revert(ada, m.ID, list[0].ID); err != nil {
			t.Error(err)
		}
		if _, err := w.s.Revert(ada, m.ID, list[len(list)-1].ID); problem.Of(err).Key != "strategy.nothing_to_undo" {
			t.Errorf("the making of the map taken back: %v", err)
		}
		if _, err := w.s.Revert(ada, m.ID, "x\x00"); problem.Of(err).Code == problem.Internal {
			t.Error(err)
		}
		if _, err := w.s.Undo(w.member(org.Volunteer), m.ID); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer: %v", err)
		}
	})
}

// A map that is edited does not jump: whatever is added or linked, neighbours stay on their sides.
func TestPlacesStay(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	m, err := w.s.FromTemplate(w.ctx, "", strategy.As{})
	if err != nil {
		t.Fatal(err)
	}
	rows := func() map[string]string {
		out := map[string]string{}
		for _, p := range m.Places() {
			for _, o := range w.full(m.ID).Row(p.ID) {
				if _, was := m.Objective(o.ID); was {
					out[p.ID] += o.Name.In("en") + ", "
				}
			}
		}
		return out
	}
	before := rows()
	for i := range 12 {
		o, err := w.s.AddObjective(w.ctx, strategy.Objective{Map: m.ID, Perspective: m.Places()[i%6].ID, Name: strategy.Words{"en": fmt.Sprint("Added ", i)}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.AddLink(w.ctx, strategy.Link{Origin: o.ID, Serves: m.Objectives[i%5].ID}); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(before, rows()); diff != "" {
		t.Errorf("who stood where (-before +after):\n%s", diff)
	}
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	for _, x := range strategy.Templates() {
		m, err := w.s.FromTemplate(w.ctx, x.ID, strategy.As{Kind: strategy.OfCommunity, Scope: "Riders"})
		if err != nil {
			t.Fatalf("%s: %v", x.ID, err)
		}
		if m.Kind != strategy.OfCommunity || len(m.Bands()) < 3 || len(m.Objectives) < 6 || len(x.Preview().Objectives) != len(m.Objectives) {
			t.Errorf("%s: %+v", x.ID, m)
		}
		top := m.Bands()[0].ID
		for _, o := range m.Objectives {
			serves := m.Band(o.Perspective) == top
			for _, l := range m.Links {
				serves = serves || l.Origin == o.ID
			}
			if !serves || o.Name["en"] == "" || o.Name["fr"] == "" || !o.Placed {
				t.Errorf("%s: %v serves nothing, is not said in both languages or has no place", x.ID, o.Name)
			}
		}
	}
	if _, err := w.s.FromTemplate(w.ctx, "okr", strategy.As{}); !problem.Is(err, problem.Invalid) {
		t.Error(err)
	}
	if m, err := w.s.EmptyMap(w.ctx, strategy.As{Name: strategy.Words{"en": "Blank"}}); err != nil || len(m.Bands()) != 1 {
		t.Error(m, err)
	}
}

func TestPerspectivesRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	m := w.addMap()
	name := strategy.Words{"en": "X"}
	for what, c := range map[string]struct {
		err error
		key string
	}{
		"full":         {w.s.RemovePerspective(w.ctx, m.Bands()[0].ID, ""), "strategy.perspective_full"},
		"into itself":  {w.s.RemovePerspective(w.ctx, m.Bands()[0].ID, m.Bands()[0].ID), "strategy.perspective_unknown"},
		"into a band":  {w.s.RemovePerspective(w.ctx, m.Bands()[0].ID, m.Bands()[1].ID), "strategy.perspective_unknown"},
		"nowhere":      {w.s.RemovePerspective(w.ctx, "x", ""), "problem.not_found"},
		"no name":      {second(w.s.AddPerspective(w.ctx, m.ID, strategy.Perspective{})), "strategy.name_missing"},
		"steps within": {second(w.s.AddPerspective(w.ctx, m.ID, strategy.Perspective{Name: name, Within: m.Steps(m.Bands()[1].ID)[0].ID})), "strategy.perspective_unknown"},
		"theme":        {second(w.s.ChangeTheme(w.ctx, strategy.Theme{ID: "x", Name: name})), "problem.not_found"},
		"kind":         {w.s.ChangeMap(w.ctx, strategy.Map{ID: m.ID, Name: name, Kind: "galaxy"}, nil), "strategy.kind_unknown"},
		"own map":      {second(w.s.Contribute(w.ctx, strategy.Contribution{Origin: m.Objectives[0].ID, Serves: m.Objectives[1].ID})), "strategy.contribution_same"},
	} {
		if got := problem.Of(c.err).Key; got != c.key {
			t.Errorf("%s: %v, want %s", what, c.err, c.key)
		}
	}
	for i := range strategy.MaxThemes + 1 {
		_, err := w.s.AddTheme(w.ctx, m.ID, strategy.Theme{Name: name})
		if (err != nil) != (i == strategy.MaxThemes) {
			t.Errorf("theme %d: %v", i, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
