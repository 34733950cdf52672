package people_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// TestWhoBecomesAPerson holds what makes a person and what does not.
func TestWhoBecomesAPerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for _, c := range []struct {
			name   string
			fact   ledger.Activity
			uri    string
			person string // the name, "-" for nobody
			kinds  []string
		}{
			{"spoken of us elsewhere", said("m1", "acct:ada@example.social", noon, ledger.Said{AuthorName: "Ada"}), "acct:ada@example.social", "-", nil},
			{"written to us", said("d1", "mailto:bo@example.org", noon, ledger.Said{AuthorName: "Bo", Direct: true}), "mailto:bo@example.org", "Bo", []string{}},
			{"a machine wrote to us", said("d2", "mailto:robot@example.org", noon, ledger.Said{AuthorName: "Robot", Direct: true, Automatic: "reply"}), "mailto:robot@example.org", "-", nil},
			{"we wrote to them", said("o1", "mailto:us@example.org", noon, ledger.Said{Ours: true, To: []ledger.Address{{URI: "mailto:cy@example.org", Name: "Cy"}}}), "mailto:cy@example.org", "-", nil},
			{"bought something", order("k1", "mailto:dee@example.org", noon), "mailto:dee@example.org", "", []string{"customer"}},
			{"on a card", ledger.Activity{Kind: ledger.PersonAdded, At: noon, Data: ledger.Data(ledger.Person{Name: "Eve", Kinds: []string{"supplier"},
				Identities: []ledger.Identity{{URI: "tel:+33123456789", Verified: true}}})}, "tel:+33123456789", "Eve", []string{"supplier"}},
		} {
			w.state(t, c.fact)
			i, p := w.of(t, c.uri)
			if c.person == "-" {
				if i.Person != "" {
					t.Errorf("%s: made the person %v", c.name, p)
				}
				continue
			}
			if p.ID == "" || p.Name != c.person || !slices.Equal(p.Kinds, c.kinds) {
				t.Errorf("%s: %+v", c.name, p)
			}
		}
		t.Run("nobody signed", func(t *testing.T) {
			for n, actor := range []string{"channel:c", "member:m", ""} {
				w.state(t, said(fmt.Sprint("n", n), actor, noon, ledger.Said{AuthorName: "?", Direct: true}))
				if _, _, err := w.s.ByIdentity(w.ctx, actor); !problem.Is(err, problem.Missing) {
					t.Errorf("%q became somebody: %v", actor, err)
				}
			}
		})
		t.Run("who bought and then writes gets a name", func(t *testing.T) {
			w.state(t, said("d3", "mailto:dee@example.org", noon, ledger.Said{AuthorName: "Dee", Direct: true}), said("d4", "mailto:dee@example.org", noon, ledger.Said{AuthorName: "D.", Direct: true}))
			if _, p := w.of(t, "mailto:dee@example.org"); p.Name != "Dee" || !slices.Equal(p.Kinds, []string{"customer"}) {
				t.Errorf("%+v", p)
			}
		})
		t.Run("who writes and then buys is a customer", func(t *testing.T) {
			w.state(t, order("k2", "mailto:bo@example.org", noon), order("k3", "mailto:bo@example.org", noon))
			if _, p := w.of(t, "mailto:bo@example.org"); p.Name != "Bo" || !slices.Equal(p.Kinds, []string{"customer"}) {
				t.Errorf("%+v", p)
			}
		})
		t.Run("somebody links a mention", func(t *testing.T) {
			p := w.add(t, "Ada Lovelace", "acct:ada@example.social")
			if i, _ := w.of(t, "acct:ada@example.social"); i.Person != p || i.Verified || i.Posts != 1 || i.Name != "Ada" {
				t.Errorf("%+v", i)
			}
			loose, err := w.s.Loose(w.ctx, "", 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range loose {
				if i.Person != "" || i.Posts == 0 {
					t.Errorf("loose: %+v", i)
				}
			}
		})
		t.Run("a card of somebody known is about them", func(t *testing.T) {
			w.state(t, ledger.Activity{Kind: ledger.PersonAdded, At: noon, Data: ledger.Data(ledger.Person{Organisation: "Velo", Kinds: []string{"partner"},
				Identities: []ledger.Identity{{URI: "mailto:eve@example.org"}, {URI: "tel:+33123456789"}, {URI: "mailto:bo@example.org"}}})})
			_, p := w.of(t, "mailto:eve@example.org")
			if p.Name != "Eve" || p.Organisation != "Velo" || !slices.Equal(p.Kinds, []string{"supplier", "partner"}) {
				t.Errorf("%+v", p)
			}
			if _, bo := w.of(t, "mailto:bo@example.org"); bo.ID == p.ID || bo.Name != "Bo" {
				t.Error("an identity of somebody else was taken")
			}
		})
	})
}

func TestIdentities(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ada, bo := w.add(t, "Ada", "mailto:ada@example.org"), w.add(t, "Bo", "mailto:bo@example.org")
		if _, err := w.s.Add(w.ctx, ledger.Person{Name: "Cy", Identities: []ledger.Identity{{URI: "mailto:bo@example.org"}}}); !problem.Is(err, problem.Conflict) {
			t.Errorf("added with an identity of somebody: %v", err)
		}
		if _, err := w.s.Add(w.ctx, ledger.Person{Name: "  "}); !problem.Is(err, problem.Invalid) {
			t.Errorf("added nobody: %v", err)
		}
		if err := w.s.Link(w.ctx, ada, "mailto:bo@example.org", true); !problem.Is(err, problem.Conflict) {
			t.Errorf("linked what belongs to somebody: %v", err)
		}
		if err := w.s.Link(w.ctx, ada, "tel:+33123456789", true); err != nil {
			t.Fatal(err)
		}
		if i, _ := w.of(t, "tel:+33123456789"); i.Person != ada || !i.Verified {
			t.Errorf("%+v", i)
		}
		if err := w.s.Link(w.ctx, ada, "tel:+33123456789", false); err != nil { // again: what was proven stays
			t.Fatal(err)
		}
		if i, _ := w.of(t, "tel:+33123456789"); !i.Verified {
			t.Error("no longer verified")
		}
		if err := w.s.Unlink(w.ctx, bo, "tel:+33123456789"); err != nil { // not his
			t.Fatal(err)
		}
		if i, _ := w.of(t, "tel:+33123456789"); i.Person != ada {
			t.Error("taken from somebody else")
		}
		if err := w.s.Unlink(w.ctx, ada, "tel:+33123456789"); err != nil {
			t.Fatal(err)
		}
		if i, _ := w.of(t, "tel:+33123456789"); i.Person != "" || i.Verified {
			t.Errorf("%+v", i)
		}
		if err := w.s.Describe(w.ctx, ada, ledger.Person{Organisation: "Analytical", Kinds: []string{"partner"}, Note: "first"}); err != nil {
			t.Fatal(err)
		}
		if err := w.s.Describe(w.ctx, ada, ledger.Person{Name: "Ada L.", Kinds: []string{"partner", "investor"}}); err != nil {
			t.Fatal(err)
		}
		p, err := w.s.Find(w.ctx, ada)
		if err != nil {
			t.Fatal(err)
		}
		if p.Name != "Ada L." || p.Organisation != "Analytical" || p.Note != "first" || !slices.Equal(p.Kinds, []string{"partner", "investor"}) {
			t.Errorf("%+v", p)
		}
		for what, err := range map[string]error{
			"find": func() error { _, err := w.s.Find(w.ctx, "nobody"); return err }(), "describe": w.s.Describe(w.ctx, "nobody", ledger.Person{Name: "x"}),
			"link": w.s.Link(w.ctx, "nobody", "tel:+33123456789", false), "unlink": w.s.Unlink(w.ctx, "", "x"), "merge": w.s.Merge(w.ctx, ada, "nobody"), "unmerge": w.s.Unmerge(w.ctx, "nothing"),
		} {
			if !problem.Is(err, problem.Missing) {
				t.Errorf("%s of nobody: %v", what, err)
			}
		}
	})
}

// TestLateFacts holds that facts about somebody merged are about the person they were merged into, and those that make no sense do nothing.
func TestLateFacts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ada, bo := w.add(t, "Ada", "mailto:ada@example.org"), w.add(t, "Bo", "mailto:bo@example.org")
		w.merge(t, ada, bo)
		fact := func(kind, object string, v any) ledger.Activity {
			return ledger.Activity{Kind: kind, Object: object, At: noon, Data: ledger.Data(v)}
		}
		w.state(t, fact(ledger.PersonDescribed, bo, ledger.Person{Title: "Dr", Identities: []ledger.Identity{{URI: "tel:+33100000001"}}}),
			fact(ledger.IdentityLinked, bo, ledger.Identity{URI: "tel:+33100000002"}),
			fact(ledger.PersonMerged, bo, ledger.Merged{Person: ada}), // a circle
			fact(ledger.PersonMerged, ada, ledger.Merged{Person: ada}),
			fact(ledger.PersonMerged, ada, ledger.Merged{Person: "nobody"}),
			fact(ledger.PersonUnmerged, ada, ledger.Unmerged{Merge: "nothing"}),
			fact(ledger.IdentityLinked, "nobody", ledger.Identity{URI: "tel:+33100000003"}),
			fact(ledger.IdentityLinked, ada, ledger.Identity{}))
		p, err := w.s.Find(w.ctx, bo)
		if err != nil {
			t.Fatal(err)
		}
		var uris []string
		for _, i := range p.Identities {
			uris = append(uris, i.URI)
		}
		if p.ID != ada || p.Title != "Dr" || !slices.Equal(uris, []string{"mailto:ada@example.org", "mailto:bo@example.org", "tel:+33100000001", "tel:+33100000002"}) {
			t.Errorf("%+v", p)
		}
	})
}

func TestList(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		w.add(t, "Éloïse Dupré", "mailto:eloise@example.org")
		w.add(t, "Elo Martin", "mailto:zoe@example.org", "acct:elo@example.social")
		w.add(t, "Émile Zöla", "mailto:elodie@example.org")
		w.add(t, "张伟", "tel:+33123456789")
		gone := w.add(t, "Élodie gone", "mailto:gone@example.org")
		w.merge(t, w.add(t, "Kept"), gone)
		if err := w.s.Describe(w.ctx, gone, ledger.Person{Kinds: []string{"customer", "100%_special"}}); err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			search, kind string
			want         []string
		}{
			{"", "", []string{"Elo Martin", "Éloïse Dupré", "Émile Zöla", "Kept", "张伟"}},
			{"elo", "", []string{"Elo Martin", "Éloïse Dupré", "Émile Zöla"}}, // two by name, one by address
			{"ÉLOÏSE  d", "", []string{"Éloïse Dupré"}},
			{"zola", "", nil}, // the beginning of the name only
			{"Eloise@", "", []string{"Éloïse Dupré"}},
			{"gone@example.org", "", []string{"Kept"}},
			{"elo@example.social", "", []string{"Elo Martin"}},
			{"+331", "", []string{"张伟"}},
			{"张", "", []string{"张伟"}},
			{"", "customer", []string{"Kept"}},
			{"", "cust", nil},
			{"", "%", nil},
			{"elo", "customer", nil},
			{"'; DROP TABLE person; --", "", nil},
		} {
			list, _, err := w.s.List(w.ctx, c.search, c.kind, people.Place{}, 50)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, p := range list {
				got = append(got, p.Name)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%q %q (-want +got):\n%s", c.search, c.kind, diff)
			}
		}
	})
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, dbtest.SQLite(t))
	ada, bo := w.add(t, "Ada", "mailto:ada@example.org"), w.add(t, "Bo")
	m := w.merge(t, ada, bo)
	for _, role := range []org.Role{org.Plain, ""} {
		ctx := t.Context()
		if role != "" {
			ctx = org.With(ctx, &org.Member{ID: "m", Role: role})
		}
		for what, err := range map[string]error{
			"add": func() error { _, err := w.s.Add(ctx, ledger.Person{Name: "x"}); return err }(), "describe": w.s.Describe(ctx, ada, ledger.Person{Name: "x"}),
			"link": w.s.Link(ctx, ada, "tel:+33123456789", true), "unlink": w.s.Unlink(ctx, ada, "mailto:ada@example.org"), "merge": w.s.Merge(ctx, ada, bo), "unmerge": w.s.Unmerge(ctx, m),
		} {
			if !problem.Is(err, problem.Forbidden) && !problem.Is(err, problem.Unauthenticated) {
				t.Errorf("%q may %s: %v", role, what, err)
			}
		}
	}
}

// TestAudit holds that each change leaves a trace that says nothing of the person.
func TestAudit(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		ada, bo := w.add(t, "Zuleika Secret", "mailto:secret@example.org"), w.add(t, "Bo Secret")
		for _, err := range []error{w.s.Describe(w.ctx, ada, ledger.Person{Note: "secret"}), w.s.Link(w.ctx, ada, "tel:+33123456789", true), w.s.Unlink(w.ctx, ada, "tel:+33123456789")} {
			if err != nil {
				t.Fatal(err)
			}
		}
		w.unmerge(t, w.merge(t, ada, bo))
		entries := w.rows(t, "audit")["audit"]
		all := strings.Join(entries, "\n")
		for _, action := range []string{"person.added", "person.described", "identity.linked", "identity.unlinked", "person.merged", "person.unmerged"} {
			if !strings.Contains(all, action) {
				t.Errorf("%s is not in the audit log", action)
			}
		}
		if low := strings.ToLower(all); strings.Contains(low, "secret") || strings.Contains(low, "+3312") || strings.Contains(low, "zuleika") {
			t.Errorf("personal data in the audit log:\n%s", all)
		}
	})
}

func TestTimeline(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, b := "mailto:ada@example.org", "acct:ada@example.social"
		p := w.add(t, "Ada", a, b)
		var want []string
		for n := range 23 { // several at the same moment
			at := noon.Add(time.Duration(n/4) * time.Minute)
			f := said(fmt.Sprint("t", n), []string{a, b}[n%2], at, ledger.Said{})
			switch n % 5 {
			case 3:
				f = order(fmt.Sprint("t", n), a, at)
			case 4:
				f = said(fmt.Sprint("t", n), "member:m", at, ledger.Said{Ours: true, To: []ledger.Address{{URI: a}, {URI: b}, {URI: "mailto:else@example.org"}}})
			}
			want = append(want, f.At.Format(time.RFC3339)+" "+f.ID)
			w.state(t, f)
		}
		w.state(t, said("other", "mailto:else@example.org", noon, ledger.Said{}))
		slices.Sort(want)
		slices.Reverse(want)
		for _, size := range []int{1, 2, 3, 7, 100} {
			var got []string
			var before people.Moment
			for {
				list, next, err := w.s.Timeline(w.ctx, []string{a, b}, before, size)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range list {
					if e.Post == nil && e.Order == nil {
						t.Errorf("%s has nothing in it", e.ID)
					}
					got = append(got, e.At.UTC().Format(time.RFC3339)+" "+e.ID)
				}
				if next.ID == "" {
					break
				}
				before = next
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("by %d (-want +got):\n%s", size, diff)
			}
		}
		list, _, err := w.s.Timeline(w.ctx, nil, people.Moment{}, 5)
		if err != nil || len(list) > 0 {
			t.Errorf("of nobody: %v %v", list, err)
		}
		_ = p
	})
}

// TestPrivateTimeline holds that what was said in private stands there only for those who may read the inbox, and that pages stay whole.
func TestPrivateTimeline(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		const ada = "mailto:ada@example.org"
		open := said("v1", ada, noon, ledger.Said{})
		secret := said("v2", ada, noon.Add(time.Minute), ledger.Said{Direct: true, Private: true})
		answer := said("v3", "member:m", noon.Add(2*time.Minute), ledger.Said{Ours: true, Private: true, To: []ledger.Address{{URI: ada}}})
		bought := order("v4", ada, noon.Add(-time.Minute))
		w.state(t, open, secret, answer, bought)
		for _, c := range []struct {
			name string
			ctx  context.Context
			want []string
		}{
			{"the operator", w.ctx, []string{answer.ID, secret.ID, open.ID, bought.ID}},
			{"the social team", org.With(t.Context(), &org.Member{Role: org.Social, State: org.Active}), []string{answer.ID, secret.ID, open.ID, bought.ID}},
			{"a member without the inbox", org.With(t.Context(), &org.Member{Role: org.Plain, State: org.Active}), []string{open.ID, bought.ID}},
		} {
			var got []string
			for before, first := (people.Moment{}), true; first || before.ID != ""; first = false {
				list, next, err := w.s.Timeline(c.ctx, []string{ada}, before, 1)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range list {
					got = append(got, e.ID)
				}
				before = next
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("for %s (-want +got):\n%s", c.name, diff)
			}
		}
	})
}

// TestHostile holds that nothing said under any name stops the followers.
func TestHostile(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		for n, name := range []string{"", " ", "\u202eevil", strings.Repeat("é", 5000), "👩‍👩‍👧", "<b>x</b>", `"\u0000`, "İI", "ẞß"} {
			w.state(t, said(fmt.Sprint("h", n), fmt.Sprintf("mailto:h%d@example.org", n), noon, ledger.Said{AuthorName: name, Direct: true}))
			if _, p := w.of(t, fmt.Sprintf("mailto:h%d@example.org", n)); p.Name != name {
				t.Errorf("%q became %q", name, p.Name)
			}
			if _, _, err := w.s.List(w.ctx, name, name, people.Place{Folded: name, ID: "x"}, 5); err != nil {
				t.Errorf("search for %q: %v", name, err)
			}
			if _, err := w.s.Loose(w.ctx, name, 5); err != nil {
				t.Errorf("loose %q: %v", name, err)
			}
		}
		for _, data := range []string{`[]`, `"x"`, `{"person":7}`, `null`} { // not ours: put aside, the rest goes on
			if _, err := w.led.State(w.ctx, ledger.Activity{Kind: ledger.PersonMerged, Object: "x", At: noon, Data: json.RawMessage(data)}); err != nil {
				t.Fatal(err)
			}
		}
		if failed, err := w.led.Failures(w.ctx); err != nil || len(failed) != 3 {
			t.Errorf("%d put aside, want 3: %v", len(failed), err)
		}
	})
}

// TestBought: what somebody bought under any of their addresses, each order once, less what they gave back.
func TestBought(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		a, b := "mailto:ada@example.org", "acct:ada@example.social"
		w.add(t, "Ada", a, b)
		back := order("o3", b, noon.Add(2*time.Hour))
		back.Amount = -29900
		dollars := order("o4", a, noon.Add(-time.Hour))
		dollars.Currency = "USD"
		w.state(t, order("o1", a, noon), order("o2", b, noon.Add(time.Hour)), back, dollars, order("o5", "mailto:else@example.org", noon), said("p", a, noon, ledger.Said{}))
		got, err := w.s.Bought(w.ctx, []string{a, b, a})
		if err != nil {
			t.Fatal(err)
		}
		want := []people.Bought{{Currency: "EUR", Orders: 2, Sum: 2*129900 - 29900, LastAt: noon.Add(2 * time.Hour)}, {Currency: "USD", Orders: 1, Sum: 129900, LastAt: noon.Add(-time.Hour)}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if got, err := w.s.Bought(w.ctx, nil); err != nil || len(got) != 0 {
			t.Errorf("nobody bought %v, %v", got, err)
		}
	})
}

// TestConsentsOfFiles: what a file says of whether people agree holds for the addresses it names. It takes agreement away, and makes none of a refusal.
func TestConsentsOfFiles(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		of := func(name string) string { return "mailto:" + name + "@example.org" }
		file := func(n int, name string, given bool) {
			w.state(t, ledger.Activity{ID: id.From(fmt.Sprint("line", n), "test"), Kind: ledger.PersonAdded, At: noon.AddDate(-3, 0, 0), LearnedAt: noon.Add(time.Duration(n) * time.Hour),
				Data: ledger.Data(ledger.Person{Name: name, Identities: []ledger.Identity{{URI: of(name)}}, Consents: []ledger.Consent{{Purpose: ledger.ToNews, Given: given, How: "newsletter"}}})})
		}
		says := func(name string) string {
			t.Helper()
			_, p, err := w.s.ByIdentity(w.ctx, of(name))
			if err != nil {
				t.Fatal(err)
			}
			list, err := w.s.Consents(w.ctx, &p)
			if err != nil || len(list) != 1 || list[0].Purpose != ledger.ToNews {
				t.Fatalf("%s: %+v, %v", name, list, err)
			}
			return fmt.Sprint(list[0].Given, " ", list[0].How)
		}
		file(1, "ada", true)
		file(2, "bob", true)
		file(3, "bob", false) // a newer file
		file(4, "eve", false)
		file(5, "eve", true)
		_, ada, err := w.s.ByIdentity(w.ctx, of("ada"))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{"ada": "true newsletter", "bob": "false newsletter", "eve": "false newsletter"}
		for name, want := range want {
			if got := says(name); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		if err := w.s.Consent(w.ctx, ada.ID, ledger.ToNews, false, "by mail"); err != nil {
			t.Fatal(err)
		}
		file(24*200, "ada", true) // long after
		if got := says("ada"); got != "false by mail" {
			t.Errorf("a file makes %q of a refusal", got)
		}
		live := w.rows(t, "consent")
		for _, size := range []int{1, 500} {
			if err := w.led.Rebuild(w.ctx, size, nil); err != nil {
				t.Fatal(err)
			}
			w.level(t)
			if diff := cmp.Diff(live, w.rows(t, "consent")); diff != "" {
				t.Errorf("rebuilt in batches of %d (-live +rebuilt):\n%s", size, diff)
			}
		}
	})
}
