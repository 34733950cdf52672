package check_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/strategy/check"
	"github.com/entente/entente/locales"
)

var now = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// good is an objective that every rule lets pass.
func good() check.Objective {
	months := make([]float64, 14)
	for i := range months {
		months[i] = 30 - float64(i)
	}
	return check.Objective{ID: "a", Name: map[string]string{"en": "Answer customers of the workshop within a day", "fr": "Répondre aux clients de l’atelier en un jour"},
		Owner: "m", Stakeholders: 1, Goal: "Keep customers", Business: true, Start: now.AddDate(-1, 0, 0), Due: time.Date(2027, 6, 30, 12, 0, 0, 0, time.UTC), Checkpoints: 2,
		Planned: &check.Load{Needed: 4, Available: 6},
		Measures: []check.Measure{
			{ID: "1", Name: "First response time", Unit: "h", Formula: true, Leading: true, Stage: "output", Judged: true, Minimise: true, Baseline: 30, BaselineAt: now.AddDate(-1, 0, 0), Target: 24, Months: months, Then: &check.Measured{Value: 29, Low: 25, High: 33}},
			{ID: "2", Name: "Satisfaction", Unit: "%", Formula: true, Stage: "outcome", Judged: true, Maximise: true, Baseline: 60, BaselineAt: now.AddDate(-1, 0, 0), Target: 70},
		}}
}

func TestGood(t *testing.T) {
	t.Parallel()
	got := check.Check(good(), now)
	for _, f := range got.Findings {
		if f.Verdict != check.Pass {
			t.Errorf("%s %s: %s %v", f.Letter, f.Rule, f.Verdict, f.Args)
		}
	}
	if got.Passed() != 5 {
		t.Errorf("%d letters hold, want 5", got.Passed())
	}
}

func TestRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change  func(*check.Objective)
		letter  check.Letter
		rule    string
		verdict check.Verdict
	}{
		"no verb":      {func(o *check.Objective) { o.Name = map[string]string{"en": "Satisfaction of customers in Europe"} }, "S", "verb", check.Fail},
		"pas de verbe": {func(o *check.Objective) { o.Name = map[string]string{"fr": "Satisfaction des clients d’Europe"} }, "S", "verb", check.Fail},
		"two verbs":    {func(o *check.Objective) { o.Name = map[string]string{"en": "Reduce waiting and increase sales"} }, "S", "one", check.Warn},
		"deux verbes": {func(o *check.Objective) {
			o.Name = map[string]string{"fr": "Réduire l’attente et augmenter les ventes"}
		}, "S", "one", check.Warn},
		"too short": {func(o *check.Objective) { o.Name = map[string]string{"en": "Reduce costs"} }, "S", "object", check.Fail},
		"vague":     {func(o *check.Objective) { o.Name = map[string]string{"en": "Improve our visibility with customers"} }, "S", "vague", check.Fail},
		"vague, time": {func(o *check.Objective) {
			o.Name = map[string]string{"en": "Answer every customer as soon as possible"}
		}, "S", "vague", check.Fail},
		"creux":                      {func(o *check.Objective) { o.Name = map[string]string{"fr": "Répondre aux clients dès que possible"} }, "S", "vague", check.Fail},
		"creux, élidé":               {func(o *check.Objective) { o.Name = map[string]string{"fr": "Viser l’excellence dans l’atelier"} }, "S", "vague", check.Fail},
		"another language":           {func(o *check.Objective) { o.Name = map[string]string{"de": "Kundendienst"} }, "S", "verb", check.Unsure},
		"nobody's":                   {func(o *check.Objective) { o.Owner = "" }, "S", "owner", check.Fail},
		"for nobody":                 {func(o *check.Objective) { o.Stakeholders = 0 }, "S", "scope", check.Warn},
		"narrowed":                   {func(o *check.Objective) { o.Stakeholders, o.Measures[0].Narrowed = 0, true }, "S", "scope", check.Pass},
		"no measure":                 {func(o *check.Objective) { o.Measures = nil }, "M", "measure", check.Fail},
		"no unit":                    {func(o *check.Objective) { o.Measures[1].Unit = "" }, "M", "unit", check.Fail},
		"no baseline":                {func(o *check.Objective) { o.Measures[1].BaselineAt = time.Time{} }, "M", "baseline", check.Fail},
		"target is the baseline":     {func(o *check.Objective) { o.Measures[1].Target = 60 }, "M", "target", check.Fail},
		"no data":                    {func(o *check.Objective) { o.Measures[1].Judged = false }, "M", "data", check.Warn},
		"a baseline nobody measured": {func(o *check.Objective) { o.Measures[0].Then = nil }, "M", "baseline_true", check.Unsure},
		"a baseline that was not so": {func(o *check.Objective) { o.Measures[0].Baseline = 40 }, "M", "baseline_true", check.Warn},
		"only lagging":               {func(o *check.Objective) { o.Measures[0].Leading = false }, "M", "leading", check.Warn},
		"only leading":               {func(o *check.Objective) { o.Measures[1].Leading = true }, "M", "lagging", check.Warn},
		"beyond history":             {func(o *check.Objective) { o.Measures[0].Target = 1 }, "A", "history", check.Warn},
		"no history":                 {func(o *check.Objective) { o.Measures[0].Months = nil }, "A", "history", check.Unsure},
		"too few hours":              {func(o *check.Objective) { o.Planned.Needed = 7 }, "A", "hours", check.Fail},
		"no plan":                    {func(o *check.Objective) { o.Planned = nil }, "A", "hours", check.Unsure},
		"no goal":                    {func(o *check.Objective) { o.Goal, o.Business = "", false }, "R", "goal", check.Fail},
		"goal of no kind":            {func(o *check.Objective) { o.Business = false }, "R", "goal_kind", check.Warn},
		"goal above":                 {func(o *check.Objective) { o.Goal = "" }, "R", "goal_above", check.Pass},
		"only outputs":               {func(o *check.Objective) { o.Measures[1].Stage = "activity" }, "R", "outputs", check.Warn},
		"no date":                    {func(o *check.Objective) { o.Due = time.Time{} }, "T", "due", check.Fail},
		"never":                      {func(o *check.Objective) { o.Due = time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC) }, "T", "placeholder", check.Fail},
		"a Sunday":                   {func(o *check.Objective) { o.Due = time.Date(2027, 6, 27, 12, 0, 0, 0, time.UTC) }, "T", "weekend", check.Warn},
		"past":                       {func(o *check.Objective) { o.Due = now.AddDate(0, 0, -1) }, "T", "past", check.Fail},
		"no beginning":               {func(o *check.Objective) { o.Start = time.Time{} }, "T", "start", check.Fail},
		"ends before it begins":      {func(o *check.Objective) { o.Start = o.Due }, "T", "order", check.Fail},
		"nobody looks in between":    {func(o *check.Objective) { o.Checkpoints = 0 }, "T", "checkpoints", check.Warn},
		"soon, nobody needs to":      {func(o *check.Objective) { o.Checkpoints, o.Due = 0, now.AddDate(0, 1, 0) }, "T", "checkpoints", check.Pass},
		"a range needs no target":    {func(o *check.Objective) { o.Measures[1].Within, o.Measures[1].Target = true, 60 }, "M", "target", check.Pass},
		"NaN in history":             {func(o *check.Objective) { o.Measures[0].Months[0], o.Measures[0].Months[1] = math.NaN(), math.NaN() }, "A", "history", check.Unsure},
		"seven months for the way":   {func(o *check.Objective) { o.Measures[0].BaselineAt = now; o.Measures[0].Target = 17 }, "A", "history", check.Warn},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := good()
			c.change(&o)
			got := check.Check(o, now)
			for _, f := range got.Findings {
				if f.Rule == c.rule && f.Letter == c.letter {
					if f.Verdict != c.verdict {
						t.Errorf("%s: %s %v %v, want %s", f.Rule, f.Verdict, f.Args, f.Spans, c.verdict)
					}
					return
				}
			}
			t.Errorf("no finding %s of %s", c.rule, c.letter)
		})
	}
}

func TestVagueSpans(t *testing.T) {
	t.Parallel()
	o := good()
	o.Name = map[string]string{"fr": "Renforcer, dès que possible, l’image de marque"}
	var got []string
	for _, f := range check.Check(o, now).Findings {
		if f.Rule == "vague" {
			for _, s := range f.Spans {
				if o.Name[s.Lang][s.Start:s.End] != s.Text {
					t.Errorf("span %+v is not where it says", s)
				}
				got = append(got, s.Text+" "+s.Advice)
			}
		}
	}
	if diff := cmp.Diff([]string{"Renforcer verb", "dès que possible time", "l’image de marque thing"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestOverride(t *testing.T) {
	t.Parallel()
	o := good()
	o.Goal, o.Business = "", false
	if got := check.Check(o, now).Letters[check.Relevant]; got != check.Fail {
		t.Fatalf("got %s", got)
	}
	o.Overridden = map[check.Letter]check.Override{check.Relevant: {By: "m", At: now, Reason: "a promise"}}
	if got := check.Check(o, now).Letters[check.Relevant]; got != check.Warn {
		t.Errorf("kept all the same: got %s", got)
	}
}

func TestMap(t *testing.T) {
	t.Parallel()
	a, b, c := good(), good(), good()
	a.ID, a.Top = "a", true
	b.ID, c.ID = "b", "c"
	m := check.Map{Objectives: []check.Objective{a, b, c}, Links: [][2]string{{"b", "a"}, {"c", "b"}}, Touched: map[string]time.Time{"a": now, "b": now, "c": now}}
	if got := check.CheckMap(m, now); got != nil {
		t.Fatalf("a map that is well: %+v", got)
	}
	rules := func(m check.Map) map[string]string {
		out := map[string]string{}
		for _, f := range check.CheckMap(m, now) {
			out[f.Rule] = fmt.Sprint(f.Objectives)
		}
		return out
	}
	for name, x := range map[string]struct {
		change func(*check.Map)
		want   map[string]string
	}{
		"orphan":     {func(m *check.Map) { m.Links = m.Links[:1] }, map[string]string{"orphan": "[c]"}},
		"unserved":   {func(m *check.Map) { m.Links = [][2]string{{"b", "c"}, {"c", "b"}} }, map[string]string{"circle": "[b c]", "unserved": "[a]"}},
		"stale":      {func(m *check.Map) { m.Touched = map[string]time.Time{"b": now.AddDate(0, 0, -91)} }, map[string]string{"stale": "[b]"}},
		"unfunded":   {func(m *check.Map) { m.Funded = map[string]bool{"a": true, "c": true} }, map[string]string{"unfunded": "[b]"}},
		"overdue":    {func(m *check.Map) { m.Objectives[2].Due = now }, map[string]string{"overdue": "[c]"}},
		"nobody's":   {func(m *check.Map) { m.Objectives[0].Owner = "" }, map[string]string{"no_owner": "[a]"}},
		"unmeasured": {func(m *check.Map) { m.Objectives[1].Measures = nil }, map[string]string{"no_measure": "[b]"}},
		"outputs":    {func(m *check.Map) { m.Objectives[1].Measures = m.Objectives[1].Measures[:1] }, map[string]string{"only_outputs": "[b]"}},
		"too late":   {func(m *check.Map) { m.Objectives[1].Measures = m.Objectives[1].Measures[1:] }, map[string]string{"no_leading": "[b]"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := check.Map{Objectives: []check.Objective{a, b, c}, Links: append([][2]string{}, m.Links...), Touched: m.Touched}
			x.change(&m)
			if diff := cmp.Diff(x.want, rules(m)); diff != "" {
				t.Error(diff)
			}
		})
	}
	var many check.Map
	for i := range 16 {
		o := good()
		o.ID, o.Top = fmt.Sprint(i), true
		many.Objectives = append(many.Objectives, o)
		if i > 0 {
			many.Links = append(many.Links, [2]string{fmt.Sprint(i), "0"}, [2]string{"0", "x"})
		}
	}
	got := rules(many)
	if _, ok := got["many"]; !ok || got["many_owned"] == "" {
		t.Errorf("sixteen objectives of one owner: %v", got)
	}
}

// A circle is found exactly when the links have one, and what is found is one.
func TestCircle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 7).Draw(t, "objectives")
		var m check.Map
		for i := range n {
			o := good()
			o.ID, o.Owner = fmt.Sprint(i), fmt.Sprint(i)
			m.Objectives = append(m.Objectives, o)
		}
		reach := make([][]bool, n)
		for i := range reach {
			reach[i] = make([]bool, n)
		}
		has := map[[2]string]bool{}
		for range rapid.IntRange(0, 12).Draw(t, "links") {
			a, b := rapid.IntRange(0, n-1).Draw(t, "a"), rapid.IntRange(0, n-1).Draw(t, "b")
			l := [2]string{fmt.Sprint(a), fmt.Sprint(b)}
			m.Links = append(m.Links, l)
			reach[a][b], has[l] = true, true
		}
		for k := range n {
			for i := range n {
				for j := range n {
					reach[i][j] = reach[i][j] || reach[i][k] && reach[k][j]
				}
			}
		}
		want := false
		for i := range n {
			want = want || reach[i][i]
		}
		var got []string
		for _, f := range check.CheckMap(m, now) {
			if f.Rule == "circle" {
				got = f.Objectives
			}
		}
		if (len(got) > 0) != want {
			t.Fatalf("found %v, want one: %t", got, want)
		}
		for i := range got {
			if !has[[2]string{got[i], got[(i+1)%len(got)]}] {
				t.Fatalf("%v is not a circle", got)
			}
		}
	})
}

// Names of any kind are checked without a fault, and every span lies in its name.
func FuzzName(f *testing.F) {
	for _, s := range []string{"", " ", "l’", "'", "d'", "Améliorer l'image de marque", "\xff\xfe", "Répondre  aux\u202fclients : vite !", "and and and", "et augmenter"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, name string) {
		o := good()
		o.Name = map[string]string{"en": name, "fr": name}
		for _, x := range check.Check(o, now).Findings {
			for _, s := range x.Spans {
				if s.Start < 0 || s.End > len(name) || s.Start > s.End || name[s.Start:s.End] != s.Text {
					t.Fatalf("span %+v of %q", s, name)
				}
			}
		}
	})
}

// Everything that can be found has its words.
func TestWords(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"en", "fr"} {
		raw, err := fs.ReadFile(locales.Files(), "check."+code+".json")
		if err != nil {
			t.Fatal(err)
		}
		var words map[string]any
		if err := json.Unmarshal(raw, &words); err != nil {
			t.Fatal(err)
		}
		say := func(key string) {
			if words["check."+key] == nil {
				t.Errorf("%s: no words for check.%s", code, key)
			}
		}
		for _, change := range []func(*check.Objective){
			func(*check.Objective) {},
			func(o *check.Objective) { *o = check.Objective{} },
			func(o *check.Objective) { o.Name = map[string]string{"en": "Better and improve"} },
			func(o *check.Objective) {
				o.Name = map[string]string{"en": "Awareness asap"}
				o.Measures = []check.Measure{{}}
			},
			func(o *check.Objective) {
				o.Due = o.Start
				o.Planned.Needed = 99
				o.Measures[0].Target = 0
				o.Business = false
			},
			func(o *check.Objective) {
				o.Due = now.AddDate(20, 0, 0)
				o.Start = time.Time{}
				o.Goal = ""
				o.Measures[1].Leading = true
			},
			func(o *check.Objective) {
				o.Due = time.Date(2027, 6, 27, 12, 0, 0, 0, time.UTC)
				o.Checkpoints = 0
				o.Stakeholders = 0
			},
		} {
			o := good()
			change(&o)
			for _, f := range check.Check(o, now).Findings {
				say(f.Rule + "." + string(f.Verdict))
				for _, s := range f.Spans {
					say("advice." + s.Advice)
				}
			}
		}
	}
}
