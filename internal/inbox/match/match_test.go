package match_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/inbox/match"
)

func TestRank(t *testing.T) {
	t.Parallel()
	batteries := match.Trait{What: match.Topic, Value: "batteries"}
	need := match.Need{ID: "c", Lang: "fr", Skills: []string{"batteries"}, Traits: []match.Trait{batteries}}
	base := match.Person{ID: "p", Languages: []string{"fr"}, Here: true, Offered: 60, Left: 60, Share: 1}
	change := func(do func(*match.Person)) match.Person { p := base; do(&p); return p }
	for name, c := range map[string]struct {
		better, worse match.Person
	}{
		"who declared the skill":            {change(func(p *match.Person) { p.Skills = []string{"batteries"} }), base},
		"who did it before":                 {change(func(p *match.Person) { p.Learned = map[match.Trait]int{batteries: 14} }), base},
		"who did it more often":             {change(func(p *match.Person) { p.Learned = map[match.Trait]int{batteries: 14} }), change(func(p *match.Person) { p.Learned = map[match.Trait]int{batteries: 2} })},
		"who has less to do":                {base, change(func(p *match.Person) { p.Open = 3 })},
		"who has time left":                 {base, change(func(p *match.Person) { p.Left = 5 })},
		"whose turn it is":                  {change(func(p *match.Person) { p.Share = 0 }), base},
		"who is there, before the best":     {base, change(func(p *match.Person) { p.Here, p.Skills = false, []string{"batteries"} })},
		"who has any time, before the best": {base, change(func(p *match.Person) { p.Left, p.Skills = 0, []string{"batteries"} })},
		"who may have one more":             {base, change(func(p *match.Person) { p.Open, p.Most, p.Skills = 2, 2, []string{"batteries"} })},
	} {
		c.better.ID, c.worse.ID = "z", "a"
		got := match.Rank(need, []match.Person{c.worse, c.better}, 5)
		if len(got) != 2 || got[0].Member != "z" {
			t.Errorf("%s: %+v", name, got)
		}
	}
	for name, p := range map[string]match.Person{
		"speaks another language": change(func(p *match.Person) { p.Languages = []string{"de"} }),
	} {
		if got := match.Rank(need, []match.Person{p}, 5); len(got) != 0 {
			t.Errorf("somebody who %s: %+v", name, got)
		}
	}
	need.Passed = map[string]bool{"p": true}
	if got := match.Rank(need, []match.Person{base}, 5); len(got) != 0 {
		t.Errorf("who passed: %+v", got)
	}
	need.Passed = nil
	for _, target := range []match.Target{{Member: "q"}, {Department: "workshop"}, {Skill: "wheels"}} {
		need.Target = target
		if got := match.Rank(need, []match.Person{base}, 5); len(got) != 0 {
			t.Errorf("%+v: %+v", target, got)
		}
	}
	need.Target = match.Target{}
	p := change(func(p *match.Person) { p.Skills, p.Learned = []string{"batteries"}, map[match.Trait]int{batteries: 14} })
	want := []match.Reason{{Cause: match.Speaks, Value: "fr"}, {Cause: match.Skilled, Value: "batteries"}, {Cause: match.Learnt, Trait: batteries, N: 14}, {Cause: match.Free, N: 60}, {Cause: match.LittleLoad}}
	if diff := cmp.Diff(want, match.Rank(need, []match.Person{p}, 1)[0].Reasons); diff != "" {
		t.Error(diff)
	}
}

// TestSpreadKeepsBounds: nobody gets what they passed, cannot read, have no time or no room for, whatever comes; and nothing waits that
// somebody can take.
func TestSpreadKeepsBounds(t *testing.T) {
	t.Parallel()
	langs := []string{"", "fr", "en", "de"}
	rapid.Check(t, func(t *rapid.T) {
		const cost = 8
		people := make([]match.Person, rapid.IntRange(0, 6).Draw(t, "people"))
		byID := map[string]match.Person{}
		for i := range people {
			people[i] = match.Person{ID: fmt.Sprint("p", i), Languages: []string{rapid.SampledFrom(langs[1:]).Draw(t, "speaks")}, Here: rapid.Bool().Draw(t, "here"),
				Offered: 60, Left: float64(rapid.IntRange(-5, 60).Draw(t, "left")), Open: rapid.IntRange(0, 3).Draw(t, "open"), Most: rapid.IntRange(0, 4).Draw(t, "most"), Share: rapid.Float64Range(0, 2).Draw(t, "share")}
			byID[people[i].ID] = people[i]
		}
		needs := make([]match.Need, rapid.IntRange(0, 12).Draw(t, "needs"))
		for i := range needs {
			needs[i] = match.Need{ID: fmt.Sprint("c", i), Lang: rapid.SampledFrom(langs).Draw(t, "lang"), Passed: map[string]bool{fmt.Sprint("p", rapid.IntRange(0, 5).Draw(t, "passed")): true}, Urgent: rapid.Bool().Draw(t, "urgent")}
		}
		got := match.Spread(needs, people, cost)
		n := map[string]int{}
		for _, need := range needs {
			f, given := got[need.ID]
			if !given {
				continue
			}
			p := byID[f.Member]
			n[p.ID]++
			if need.Passed[p.ID] || need.Lang != "" && p.Languages[0] != need.Lang || !p.Here {
				t.Fatalf("%+v got %+v", p, need)
			}
		}
		for id, n := range n {
			p := byID[id]
			if p.Left-float64(n-1)*cost <= 0 || p.Most > 0 && p.Open+n > p.Most {
				t.Fatalf("%+v got %d", p, n)
			}
		}
		for _, need := range needs {
			if _, given := got[need.ID]; given {
				continue
			}
			for _, p := range people {
				if p.Here && !need.Passed[p.ID] && (need.Lang == "" || p.Languages[0] == need.Lang) && p.Left-float64(n[p.ID])*cost > 0 && (p.Most == 0 || p.Open+n[p.ID] < p.Most) {
					t.Fatalf("%+v waits, and %+v could take it", need, p)
				}
			}
		}
	})
}

// TestFair: what fits everybody alike is given to everybody alike.
func TestFair(t *testing.T) {
	t.Parallel()
	people := make([]match.Person, 10)
	for i := range people {
		people[i] = match.Person{ID: fmt.Sprint(i), Here: true, Offered: 600, Left: 600}
	}
	needs := make([]match.Need, 100)
	for i := range needs {
		needs[i].ID = fmt.Sprint(i)
	}
	count := map[string]int{}
	for _, f := range match.Spread(needs, people, 8) {
		count[f.Member]++
	}
	for id, n := range count {
		if n != 10 {
			t.Errorf("%s got %d of 100, with ten people", id, n)
		}
	}
}

func BenchmarkSpread(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	topic := func() match.Trait { return match.Trait{What: match.Topic, Value: fmt.Sprint(r.IntN(20))} }
	skill := func() string { return fmt.Sprint("skill", r.IntN(30)) }
	people := make([]match.Person, 200)
	for i := range people {
		people[i] = match.Person{ID: fmt.Sprint(i), Languages: []string{"fr", "en"}[:1+r.IntN(2)], Skills: []string{skill(), skill(), skill(), skill()}, Here: true, Offered: 120, Left: 120, Most: 10,
			Learned: map[match.Trait]int{topic(): 14, topic(): 3, {What: match.Kind, Value: "question"}: 40}}
	}
	needs := make([]match.Need, 1000)
	for i := range needs {
		needs[i] = match.Need{ID: fmt.Sprint(i), Lang: "fr", Skills: []string{skill(), skill()}, Traits: []match.Trait{topic(), topic(), {What: match.Kind, Value: "question"}}}
	}
	for b.Loop() {
		if got := match.Spread(needs, people, 8); len(got) < 900 {
			b.Fatalf("%d of 1000 given", len(got))
		}
	}
}
