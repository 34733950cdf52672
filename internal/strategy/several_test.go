package strategy_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/strategy"
)

// pair is a map of the organisation and one of a department that contributes to it.
func (w *world) pair(measures ...strategy.Measure) (whole, part strategy.Map) {
	w.t.Helper()
	whole = w.addMap()
	d := draft(measures...)
	d.Name, d.Kind, d.Scope = strategy.Words{"en": "Workshop"}, strategy.OfDepartment, "Annecy"
	d.Objectives[1].Name = strategy.Words{"en": "Mend bikes"}
	part, err := w.s.AddMap(w.ctx, d)
	if err != nil {
		w.t.Fatal(err)
	}
	if _, err := w.s.Contribute(w.ctx, strategy.Contribution{Origin: named(part, "Mend bikes").ID, Serves: named(whole, "Answer mails").ID, Weight: 3, Note: "because"}); err != nil {
		w.t.Fatal(err)
	}
	return whole, part
}

func asks(w *world, n int) {
	for i := range n {
		w.ask(fmt.Sprint("c", i), w.now.AddDate(0, 0, -i%20-1), time.Hour)
	}
}

// A contribution is seen from both ends, with how far it is; circles over maps are refused.
func TestContributions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		asks(w, 12)
		// 12 posts and 12 answers of 4 to 44: (24 − 4) / (44 − 4) = ½, half of the time has gone.
		whole, part := w.pair(strategy.Measure{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 4, BaselineAt: baseline, Target: 44, Days: 28})
		mend, answer := named(part, "Mend bikes"), named(whole, "Answer mails")
		reach, err := w.s.Reach(w.ctx, w.now, mend.ID, answer.ID)
		if err != nil {
			t.Fatal(err)
		}
		gives, gets := reach[mend.ID].Gives, reach[answer.ID].Gets
		if len(gives) != 1 || gives[0].Map.ID != whole.ID || gives[0].Standing.ID != answer.ID || gives[0].Weight != 3 || gives[0].Note != "because" {
			t.Errorf("gives %+v", gives)
		}
		if from := reach[answer.ID].From; len(gets) != 1 || gets[0].Map.Name.In("en") != "Workshop" || from.Total != 1 || from.Fresh != 1 || from.Progress <= 0 || from.Coverage != 1 {
			t.Errorf("gets %+v, %+v", gets, from)
		}
		for name, c := range map[string]strategy.Contribution{
			"there and back": {Origin: answer.ID, Serves: mend.ID},
			"round by links": {Origin: named(whole, "Keep customers").ID, Serves: named(part, "Train volunteers").ID},
			"to nobody":      {Origin: mend.ID, Serves: "x"},
			"NaN":            {Origin: mend.ID, Serves: named(whole, "Keep customers").ID, Weight: -1},
		} {
			if _, err := w.s.Contribute(w.ctx, c); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}
		// A link within a map may not close a circle over another one.
		if _, err := w.s.Contribute(w.ctx, strategy.Contribution{Origin: named(whole, "Keep customers").ID, Serves: named(part, "Keep customers").ID}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.s.AddLink(w.ctx, strategy.Link{Origin: named(part, "Keep customers").ID, Serves: mend.ID}); problem.Of(err).Key != "strategy.link_circle" {
			t.Errorf("a circle over maps: %v", err)
		}
		// Saying it again changes the weight.
		if _, err := w.s.Contribute(w.ctx, strategy.Contribution{Origin: mend.ID, Serves: answer.ID, Weight: 1}); err != nil {
			t.Fatal(err)
		}
		if list, err := w.s.Contributions(w.ctx); err != nil || len(list) != 2 {
			t.Errorf("%v %v", list, err)
		}
		if err := w.s.RemoveMap(w.ctx, part.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := w.s.Contributions(w.ctx); err != nil || len(list) != 0 {
			t.Errorf("a map has gone, its contributions stay: %v %v", list, err)
		}
	})
}

// The line of sight goes up over maps and down to what was said.
func TestSight(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	asks(w, 8)
	whole, part := w.pair(strategy.Measure{Measure: "response-rate", Better: kpi.Higher, Weight: 1, Baseline: 0.1, BaselineAt: baseline, Target: 0.9, Days: 28})
	v, err := w.s.Sight(w.ctx, named(part, "Train volunteers").ID, w.now)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int{}
	for _, a := range v.Above {
		got[a.Map.Name.In("en")+": "+a.Standing.Name.In("en")] = a.Depth
	}
	if diff := cmp.Diff(map[string]int{"Workshop: Mend bikes": 1, "Workshop: Keep customers": 2, "Map: Answer mails": 2, "Map: Keep customers": 3}, got); diff != "" {
		t.Error(diff)
	}
	if len(v.Edges) != 4 {
		t.Errorf("edges %v", v.Edges)
	}
	v, err = w.s.Sight(w.ctx, named(part, "Mend bikes").ID, w.now)
	if err != nil || len(v.Behind) != 1 || len(v.Behind[0].Rows) != 5 || v.Behind[0].Rows[0].Title == "" {
		t.Errorf("behind %+v (%v)", v.Behind, err)
	}
	list, err := w.s.Counts(w.ctx, "mail", nil, w.now)
	if err != nil || len(list) != 1 || list[0].Standing.Name.In("en") != "Mend bikes" {
		t.Errorf("counts for %+v (%v)", list, err)
	}
	_ = whole
}

// A shared map opens without an account, shows no more than its link says, and stops when it is revoked or over.
func TestShare(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		asks(w, 12)
		m := w.addMap(strategy.Measure{Measure: "volume", Better: kpi.Higher, Weight: 1, Baseline: 4, BaselineAt: baseline, Target: 44, Days: 28})
		answer := named(m, "Answer mails")
		answer.Note, answer.Goal = "a secret plan", "take over"
		if _, err := w.s.ChangeObjective(w.ctx, answer); err != nil {
			t.Fatal(err)
		}
		nobody := t.Context()
		secrets := map[strategy.Shows]string{}
		for _, shows := range strategy.AllShows() {
			secret, l, err := w.s.MakeShare(w.ctx, strategy.Share{Map: m.ID, Label: "the board", Shows: shows}, 48*time.Hour)
			if err != nil {
				t.Fatal(err)
			}
			secrets[shows] = secret
			got, e, err := w.s.Shared(nobody, secret)
			if err != nil {
				t.Fatal(err)
			}
			st, _ := e.Standing(answer.ID)
			known := st.Rolled.State.String() != "unknown"
			if got.ID != l.ID || st.Note != "" || st.Goal != "" || e.Map.Objectives[0].Note != "" || len(st.Measures) != 0 || known != (shows != strategy.ShowNames) ||
				(len(st.Readings) == 1) != (shows == strategy.ShowValues) || (st.Rolled.Progress > 0) != (shows == strategy.ShowValues) {
				t.Errorf("%s shows %+v", shows, st)
			}
			for _, o := range e.Map.Objectives {
				if o.Note != "" || o.Goal != "" || o.Owner != "" || len(o.Measures) > 0 {
					t.Errorf("%s shows %+v", shows, o)
				}
			}
			if n, _, err := db.Value[int](w.ctx, d.Read(), "SELECT COUNT(*) FROM strategy_share WHERE digest = $1", secret); n != 0 || err != nil {
				t.Errorf("the secret itself is kept (%v)", err)
			}
		}
		// What is shared was not taken away from those who may see all.
		if e, err := w.s.Evaluate(w.ctx, m.ID, w.now); err != nil || e.Objectives[1].Note == "" || len(e.Objectives[1].Readings) != 1 {
			t.Errorf("the map itself shows %+v (%v)", e.Objectives[1], err)
		}
		list, err := w.s.Shares(w.ctx, m.ID)
		if err != nil || len(list) != 3 || list[0].Opened != 1 || list[0].Label != "the board" {
			t.Fatalf("%+v %v", list, err)
		}
		if err := w.s.RevokeShare(w.ctx, list[0].ID); err != nil {
			t.Fatal(err)
		}
		gone := 0
		for _, secret := range secrets {
			if _, _, err := w.s.Shared(nobody, secret); problem.Of(err).Key == "strategy.share_gone" {
				gone++
			}
		}
		if gone != 1 {
			t.Errorf("%d links gone after one was revoked", gone)
		}
		// A link rests while whoever made it is suspended or may no longer change maps, and for good once they are removed.
		lea := w.editor("Lea")
		hers, _, err := w.s.MakeShare(lea, strategy.Share{Map: m.ID, Shows: strategy.ShowNames}, 24*time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			state, role string
			works       bool
		}{{"active", "strategist", true}, {"suspended", "strategist", false}, {"active", "owner", true}, {"active", "volunteer", false}, {"removed", "strategist", false}} {
			w.exec("UPDATE member SET state = $1, role = $2 WHERE id = $3", step.state, step.role, org.Who(lea).ID)
			if _, _, err := w.s.Shared(nobody, hers); (err == nil) != step.works || err != nil && problem.Of(err).Key != "strategy.share_gone" {
				t.Errorf("the link of a %s who is %s: %v", step.role, step.state, err)
			}
		}
		all, err := w.s.AllShares(w.ctx)
		if err != nil || len(all) != 3 || all[0].Member != org.Who(lea).ID {
			t.Errorf("owners are shown %+v (%v)", all, err)
		}
		if _, err := w.s.AllShares(w.member(org.Strategist)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a strategist is shown the links of all maps: %v", err)
		}
		w.now = w.now.Add(49 * time.Hour)
		for shows, secret := range secrets {
			if _, _, err := w.s.Shared(nobody, secret); !problem.Is(err, problem.Missing) {
				t.Errorf("%s still opens: %v", shows, err)
			}
		}
		for _, secret := range []string{"", "x", strings.Repeat("é", 43), strings.Repeat("A", 43), "\x00"} {
			if _, _, err := w.s.Shared(nobody, secret); problem.Of(err).Key != "strategy.share_gone" {
				t.Errorf("%q: %v", secret, err)
			}
		}
		for _, lasts := range []time.Duration{0, -time.Hour, 367 * 24 * time.Hour} {
			if _, _, err := w.s.MakeShare(w.ctx, strategy.Share{Map: m.ID, Shows: strategy.ShowNames}, lasts); !problem.Is(err, problem.Invalid) {
				t.Errorf("a link of %v: %v", lasts, err)
			}
		}
		if _, _, err := w.s.MakeShare(w.member(org.Volunteer), strategy.Share{Map: m.ID, Shows: strategy.ShowNames}, time.Hour); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer makes a link: %v", err)
		}
		if actions, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Action: "strategy."}); err != nil || len(actions) != 7 || actions[0].Action != "strategy.share_made" || actions[1].Action != "strategy.share_revoked" || actions[2].Action != "strategy.share_made" {
			t.Errorf("the audit log says %+v (%v)", actions, err)
		}
	})
}

// Two dates side by side: what became of objectives, and which numbers changed by more than chance.
func TestCompare(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		end := w.now
		w.now = end.AddDate(0, 0, -50)
		asks(w, 40) // all answered
		share := strategy.Measure{Measure: "response-rate", Better: kpi.Higher, Weight: 1, Baseline: 0.1, BaselineAt: baseline, Target: 0.9, Days: 28}
		m := w.addMap(share)
		then := w.now
		top, train := named(m, "Keep customers"), named(m, "Train volunteers")
		w.now = end.AddDate(0, 0, -20)
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(w.s.RenameObjective(w.ctx, top.ID, "en", "Keep all customers"))
		must(w.s.Move(w.ctx, named(m, "Answer mails").ID, top.Perspective, ""))
		must(w.s.RemoveObjective(w.ctx, train.ID))
		_, err := w.s.AddObjective(w.ctx, strategy.Objective{Map: m.ID, Perspective: top.Perspective, Name: strategy.Words{"en": "Sell"}})
		must(err)
		w.now = end
		for i := range 40 { // none answered, long ago enough to count
			w.ask(fmt.Sprint("late", i), end.AddDate(0, 0, -15-i%8), 0)
		}
		c, err := w.s.Compare(w.ctx, m.ID, end, then) // either way round
		must(err)
		type became struct{ Added, Removed, Renamed, Moved bool }
		got := map[string]became{}
		for _, o := range c.Objectives {
			st := o.After
			if st == nil {
				st = o.Before
			}
			got[st.Name.In("en")] = became{o.Added(), o.Removed(), o.Renamed, o.Moved}
		}
		if diff := cmp.Diff(map[string]became{"Keep all customers": {Renamed: true}, "Answer mails": {Moved: true}, "Train volunteers": {Removed: true}, "Sell": {Added: true}}, got); diff != "" {
			t.Error(diff)
		}
		if len(c.Changes) != 4 || len(c.Before.Objectives) != 3 || c.Early {
			t.Errorf("%d changes, %d objectives before, early %v", len(c.Changes), len(c.Before.Objectives), c.Early)
		}
		for _, o := range c.Objectives {
			for _, x := range o.Measures {
				if x.Verdict != strategy.Clear || x.By != -1 || x.Better || x.High >= 0 || x.Low < -1.3 {
					t.Errorf("40 of 40 answered, then 0 of 40: %+v", x)
				}
			}
		}
		c, err = w.s.Compare(w.ctx, m.ID, end, end)
		must(err)
		for _, o := range c.Objectives {
			for _, x := range o.Measures {
				if x.Verdict != strategy.Chance || x.By != 0 || !(x.Low < 0 && x.High > 0) {
					t.Errorf("the same moment twice: %+v", x)
				}
			}
		}
		if c, err = w.s.Compare(w.ctx, m.ID, then.AddDate(0, -1, 0), end); err != nil || !c.Early || len(c.Before.Objectives) != 3 {
			t.Errorf("before it was made: early %v, %d objectives (%v)", c.Early, len(c.Before.Objectives), err)
		}
	})
}

// A map that was exported is the same map in another installation: its colours, themes, goals, timings, and what it contributes to.
func TestExportImport(t *testing.T) {
	t.Parallel()
	first := newWorld(t, dbtest.SQLite(t))
	whole, part := first.pair(strategy.Measure{Measure: "volume", Better: kpi.Within, Weight: 2, Baseline: 1, BaselineAt: baseline, Low: 2, High: 9, Days: 14, Topic: "bike", Channel: "mail", Language: "en", Kind: "complaint", Timing: strategy.Leading})
	theme, err := first.s.AddTheme(first.ctx, part.ID, strategy.Theme{Name: strategy.Words{"en": "Care", "fr": "Soin"}, Colour: 4})
	if err != nil {
		t.Fatal(err)
	}
	o := named(part, "Mend bikes")
	o.Themes, o.Goal, o.GoalKind, o.Stage, o.Stakeholders, o.Note = []string{theme.ID}, "Grow", "revenue", "outcomes", []string{"riders"}, "why"
	if _, err := first.s.ChangeObjective(first.ctx, o); err != nil {
		t.Fatal(err)
	}
	if err := first.s.ChangePerspective(first.ctx, strategy.Perspective{ID: part.Bands()[1].ID, Name: part.Bands()[1].Name, Colour: 7}); err != nil {
		t.Fatal(err)
	}
	second := newWorld(t, dbtest.SQLite(t))
	var copies []strategy.Map
	for _, m := range []strategy.Map{whole, part} {
		raw, err := first.s.Export(first.ctx, m.ID)
		if err != nil {
			t.Fatal(err)
		}
		in, err := second.s.Import(second.ctx, bytes.NewReader(raw), strategy.Lookups{}, false)
		if err != nil || len(in.LeftOut) > 0 {
			t.Fatal(in.LeftOut, err)
		}
		copies = append(copies, in.Map)
	}
	ids := cmp.Options{cmpopts.IgnoreFields(strategy.Map{}, "ID", "CreatedAt", "UpdatedAt"), cmpopts.IgnoreFields(strategy.Perspective{}, "ID", "Within"),
		cmpopts.IgnoreFields(strategy.Theme{}, "ID"), cmpopts.IgnoreFields(strategy.Objective{}, "ID", "Map", "Perspective", "Themes", "CreatedAt", "UpdatedAt"),
		cmpopts.IgnoreFields(strategy.Measure{}, "ID", "Objective"), cmpopts.IgnoreFields(strategy.Link{}, "Origin", "Serves"), cmpopts.EquateEmpty(), cmpopts.EquateApprox(1e-9, 0)}
	for i, m := range []strategy.Map{whole, part} {
		if diff := cmp.Diff(first.full(m.ID), second.full(copies[i].ID), ids); diff != "" {
			t.Errorf("there and back (-here +there):\n%s", diff)
		}
	}
	mended := named(second.full(copies[1].ID), "Mend bikes")
	if th, ok := second.full(copies[1].ID).Theme(mended.Themes[0]); !ok || th.Name["fr"] != "Soin" {
		t.Errorf("its theme is %+v", th)
	}
	reach, err := second.s.Reach(second.ctx, second.now, mended.ID)
	if err != nil || len(reach[mended.ID].Gives) != 1 || reach[mended.ID].Gives[0].Weight != 3 {
		t.Errorf("contributes to %+v (%v)", reach, err)
	}
	// Elsewhere there is neither the topic nor the channel, nor the map that it contributes to.
	third := newWorld(t, dbtest.SQLite(t))
	third.exec("UPDATE topic SET removed_at = 1")
	raw, err := first.s.Export(first.ctx, part.ID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := third.s.Import(third.ctx, bytes.NewReader(raw), strategy.Lookups{}, false); !problem.Is(err, problem.Invalid) {
		t.Errorf("a topic that is not here: %v", err)
	}
	in, err := third.s.Import(third.ctx, bytes.NewReader(raw), strategy.Lookups{}, true)
	if err != nil || len(in.Map.Objectives) != 3 || !cmp.Equal(in.LeftOut, []string{"volume · mailbox · Bikes · en · complaint", "Map › Answer mails"}) {
		t.Errorf("left out %q (%v)", in.LeftOut, err)
	}
	if _, err := third.s.Import(third.member(org.Volunteer), bytes.NewReader(raw), strategy.Lookups{}, true); !problem.Is(err, problem.Forbidden) {
		t.Error(err)
	}
}
