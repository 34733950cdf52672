package people_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// TestMergesOfMerges shows what undoing does, whichever merge is undone first.
func TestMergesOfMerges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, b, c := "mailto:a@example.org", "mailto:b@example.org", "mailto:c@example.org"
		ada, bo, cy := w.add(t, "Ada", a), w.add(t, "Bo", b), w.add(t, "Cy", c)
		alone := map[string][]string{ada: {a}, bo: {b}, cy: {c}}
		is := func(what string, want map[string][]string) {
			t.Helper()
			if diff := cmp.Diff(want, w.belongings(t)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", what, diff)
			}
		}
		inner := w.merge(t, ada, bo)
		outer := w.merge(t, cy, ada)
		is("all are one", map[string][]string{cy: {a, b, c}})
		if p, err := w.s.Find(w.ctx, bo); err != nil || p.ID != cy {
			t.Errorf("found %v %v", p, err)
		}
		if list, err := w.s.Merges(w.ctx, cy); err != nil || len(list) != 2 || list[0].KeptName != "Cy" || list[0].TakenName != "Ada" || list[1].KeptName != "Ada" || list[1].TakenName != "Bo" {
			t.Errorf("merges %v %v", list, err)
		}
		for _, pair := range [][2]string{{ada, cy}, {cy, bo}, {bo, bo}} { // all the same person: no circle
			if err := w.s.Merge(w.ctx, pair[0], pair[1]); !problem.Is(err, problem.Invalid) {
				t.Errorf("merged with itself: %v", err)
			}
		}
		w.unmerge(t, inner)
		is("the inner first", map[string][]string{bo: {b}, cy: {a, c}})
		w.unmerge(t, outer)
		is("then the outer", alone)
		if err := w.s.Unmerge(w.ctx, outer); !problem.Is(err, problem.Conflict) {
			t.Errorf("undone twice: %v", err)
		}

		inner, outer = w.merge(t, ada, bo), w.merge(t, cy, ada)
		w.unmerge(t, outer)
		is("the outer first", map[string][]string{ada: {a, b}, cy: {c}})
		w.unmerge(t, inner)
		is("then the inner", alone)

		inner, outer = w.merge(t, ada, bo), w.merge(t, cy, ada)
		w.unmerge(t, inner)
		direct := w.merge(t, cy, bo)
		w.unmerge(t, outer)
		is("Bo was merged into Cy himself since", map[string][]string{ada: {a}, cy: {b, c}})
		w.unmerge(t, direct)
		is("at the end", alone)

		inner = w.merge(t, ada, bo)
		if err := w.s.Unlink(w.ctx, ada, b); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Link(w.ctx, ada, b, false); err != nil {
			t.Fatal(err)
		}
		w.unmerge(t, inner)
		is("a member said since that the identity is Ada's", map[string][]string{ada: {a, b}, cy: {c}})
	})
}

// model is what should be: whom each identity belongs to by itself, and who is merged into whom.
type model struct {
	own     map[string]string
	into    map[string]string
	persons []string
	merges  []string
	of      map[string][2]string // kept and taken, by merge
	undone  map[string]bool
}

func (m *model) top(p string) string {
	for m.into[p] != "" {
		p = m.into[p]
	}
	return p
}

func (m *model) belongings() map[string][]string {
	out := map[string][]string{}
	for _, uri := range slices.Sorted(maps.Keys(m.own)) {
		p := m.own[uri]
		if p != "" {
			p = m.top(p)
		}
		out[p] = append(out[p], uri)
	}
	return out
}

// TestMergeAndUndo compares random histories of adding, linking, merging and undoing with a model in which an identity has an owner, and
// merging and undoing change nothing but who stands for whom.
func TestMergeAndUndo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		uri := func(n int) string { return fmt.Sprintf("mailto:p%d@example.org", n) }
		dbtest.Check(t, d, func(rt *rapid.T) {
			w.empty(rt)
			m := &model{own: map[string]string{}, into: map[string]string{}, of: map[string][2]string{}, undone: map[string]bool{}}
			facts := 0
			pick := func(list []string) string { return list[rapid.IntRange(0, len(list)-1).Draw(rt, "which")] }
			state := func(a ledger.Activity) {
				facts++
				a.At = noon.Add(time.Duration(facts) * time.Minute)
				if _, err := w.led.Append(w.ctx, a); err != nil {
					rt.Fatal(err)
				}
				if rapid.IntRange(0, 2).Draw(rt, "digest") == 0 {
					w.level(rt)
				}
			}
			for range rapid.IntRange(3, 25).Draw(rt, "facts") {
				address := uri(rapid.IntRange(0, 7).Draw(rt, "address"))
				kind := rapid.IntRange(0, 11).Draw(rt, "kind")
				if len(m.persons) < 2 {
					kind = 0
				}
				switch {
				case kind < 2:
					p := id.From(fmt.Sprint("person", facts), "test")
					if m.own[address] == "" { // else it is about whom it belongs to
						m.own[address] = p
						m.persons = append(m.persons, p)
					}
					state(ledger.Activity{ID: p, Kind: ledger.PersonAdded, Data: ledger.Data(ledger.Person{Name: p, Identities: []ledger.Identity{{URI: address}}})})
				case kind == 2:
					p := pick(m.persons)
					if m.own[address] == "" || m.top(m.own[address]) != m.top(p) { // said of whom it belongs to already it moves nothing
						m.own[address] = m.top(p)
					}
					state(ledger.Activity{Kind: ledger.IdentityLinked, Object: p, Data: ledger.Data(ledger.Identity{URI: address})})
				case kind == 3:
					p := pick(m.persons)
					if _, there := m.own[address]; !there || m.own[address] != "" && m.top(m.own[address]) == m.top(p) {
						m.own[address] = ""
					}
					state(ledger.Activity{Kind: ledger.IdentityUnlinked, Object: p, Data: ledger.Data(ledger.Identity{URI: address})})
				case kind == 4:
					if m.own[address] == "" {
						m.own[address] = id.From(id.From(fmt.Sprint("said", facts), "post"), "person")
						m.persons = append(m.persons, m.own[address])
					}
					state(said(fmt.Sprint("said", facts), address, noon, ledger.Said{Direct: true, AuthorName: "x"}))
				case kind < 9:
					kept, taken := pick(m.persons), pick(m.persons)
					merge := id.From(fmt.Sprint("merge", facts), "test")
					if m.into[kept] == "" && m.into[taken] == "" && kept != taken {
						m.into[taken] = kept
						m.of[merge] = [2]string{kept, taken}
						m.merges = append(m.merges, merge)
					}
					state(ledger.Activity{ID: merge, Kind: ledger.PersonMerged, Object: kept, Data: ledger.Data(ledger.Merged{Person: taken})})
				case len(m.merges) > 0:
					merge := pick(m.merges)
					if !m.undone[merge] {
						m.undone[merge] = true
						m.into[m.of[merge][1]] = ""
					}
					state(ledger.Activity{Kind: ledger.PersonUnmerged, Object: m.of[merge][0], Data: ledger.Data(ledger.Unmerged{Merge: merge})})
				}
			}
			w.level(rt)
			if diff := cmp.Diff(m.belongings(), w.belongings(rt)); diff != "" {
				rt.Fatalf("belongings (-model +derived):\n%s", diff)
			}
			for _, p := range m.persons {
				got, err := w.s.Find(w.ctx, p)
				if err != nil || got.ID != m.top(p) {
					rt.Fatalf("%s stands for %s, want %s (%v)", got.ID, p, m.top(p), err)
				}
				union(rt, w, m, got)
			}
			live := w.rows(rt, "identity", "person", "person_merge", "timeline")
			for _, size := range []int{1, 7, 500} {
				if err := w.led.Rebuild(w.ctx, size, nil); err != nil {
					rt.Fatal(err)
				}
				w.level(rt)
				if diff := cmp.Diff(live, w.rows(rt, "identity", "person", "person_merge", "timeline")); diff != "" {
					rt.Fatalf("rebuilt in batches of %d (-live +rebuilt):\n%s", size, diff)
				}
			}
			// Undoing what is left, in any order, leaves everybody with what is their own.
			left := slices.DeleteFunc(slices.Clone(m.merges), func(merge string) bool { return m.undone[merge] })
			for _, merge := range rapid.Permutation(left).Draw(rt, "order") {
				m.into[m.of[merge][1]] = ""
				w.unmerge(rt, merge)
			}
			if diff := cmp.Diff(m.belongings(), w.belongings(rt)); diff != "" {
				rt.Fatalf("everything undone (-model +derived):\n%s", diff)
			}
		})
	})
}

// union checks that a person's timeline is that of its identities together.
func union(t *rapid.T, w *world, m *model, p people.Person) {
	var uris []string
	want := map[string]bool{}
	for _, i := range p.Identities {
		uris = append(uris, i.URI)
		list, _, err := w.s.Timeline(w.ctx, []string{i.URI}, people.Moment{}, 1000)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			want[e.ID] = true
		}
	}
	list, _, err := w.s.Timeline(w.ctx, uris, people.Moment{}, 1000)
	if err != nil || len(list) != len(want) {
		t.Fatalf("%d events of %d (%v)", len(list), len(want), err)
	}
}

// TestPaging holds that going through the list page by page shows everybody once, in order.
func TestPaging(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		dbtest.Check(t, d, func(rt *rapid.T) {
			w.empty(rt)
			names := rapid.SliceOfN(rapid.SampledFrom([]string{"Ada", "ada", "Éda", "Bo", "", "Zoë K", "zoé", "a-b", "a b", "日本"}), 1, 20).Draw(rt, "names")
			var facts []ledger.Activity
			for n, name := range names {
				facts = append(facts, ledger.Activity{ID: id.From(fmt.Sprint("p", n), "test"), Kind: ledger.PersonAdded, At: noon, Data: ledger.Data(ledger.Person{Name: name,
					Identities: []ledger.Identity{{URI: fmt.Sprintf("mailto:%s%d@example.org", rapid.SampledFrom([]string{"ada", "zo", "x"}).Draw(rt, "address"), n)}}})})
			}
			w.state(rt, facts...)
			for _, search := range []string{"", "a", "zo"} {
				all, _, err := w.s.List(w.ctx, search, "", people.Place{}, 1000)
				if err != nil {
					rt.Fatal(err)
				}
				if search == "" && len(all) != len(names) {
					rt.Fatalf("%d of %d listed", len(all), len(names))
				}
				var got []string
				var after people.Place
				for {
					list, next, err := w.s.List(w.ctx, search, "", after, rapid.IntRange(1, 5).Draw(rt, "size"))
					if err != nil {
						rt.Fatal(err)
					}
					for _, p := range list {
						got = append(got, p.ID)
					}
					if next.ID == "" {
						break
					}
					after = next
				}
				var want []string
				for _, p := range all {
					want = append(want, p.ID)
				}
				if diff := cmp.Diff(want, got); diff != "" {
					rt.Fatalf("%q (-at once +by page):\n%s", search, diff)
				}
			}
		})
	})
}
