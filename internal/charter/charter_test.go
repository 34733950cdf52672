package charter_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

type world struct {
	t   *testing.T
	org *org.Service
	s   *charter.Service
	now time.Time
	ctx context.Context
}

const password = "Pignon libre 42"

func newWorld(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC), ctx: org.AsOperator(t.Context())}
	clock := func() time.Time { return w.now }
	w.org = org.New(d, slog.New(slog.DiscardHandler), clock)
	w.s = charter.New(d, w.org, slog.New(slog.DiscardHandler), clock)
	w.must(w.org.SetUp(t.Context(), org.SetUp{Organisation: "Vélo", Lang: "en", URL: "http://localhost", OwnerName: "Ada", OwnerEmail: "ada@velo.example", Password: password}))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// member is somebody of that role who has signed in.
func (w *world) member(email string, role org.Role) context.Context {
	w.t.Helper()
	if role != org.Owner {
		invited, err := w.org.Invite(w.ctx, org.Invite{Email: email, Name: email[:3], Role: role, Lang: "en"})
		w.must(err)
		_, err = w.org.Accept(w.t.Context(), strings.TrimPrefix(invited.Path, org.InvitationPath), org.Accept{Name: email[:3], Lang: "en", Zone: "UTC", Password: password}, org.Visit{})
		w.must(err)
	}
	m, err := w.org.ByEmail(w.t.Context(), email)
	w.must(err)
	return org.With(w.t.Context(), m)
}

func (w *world) publish(from time.Time, anew bool) charter.Version {
	w.t.Helper()
	v, err := w.s.Begin(w.ctx)
	w.must(err)
	v, err = w.s.Publish(w.ctx, v.ID, "", from, anew)
	w.must(err)
	return v
}

func TestVersions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		vic := w.member("vic@velo.example", org.Volunteer)
		if _, err := w.s.InForce(vic, "en"); !problem.Is(err, problem.Missing) {
			t.Errorf("before there is one: %v", err)
		}
		if ok, err := w.s.Acknowledged(vic, org.Who(vic).ID); !ok || err != nil {
			t.Errorf("nobody is bound before there is a charter: %t, %v", ok, err)
		}
		if _, err := w.s.Begin(vic); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer begins a charter: %v", err)
		}
		draft, err := w.s.Begin(w.ctx)
		w.must(err)
		if _, err := w.s.Begin(w.ctx); !problem.Is(err, problem.Conflict) {
			t.Errorf("a second draft: %v", err)
		}
		if list, err := w.s.Versions(vic); err != nil || len(list) != 0 {
			t.Errorf("a volunteer sees %d drafts, %v", len(list), err)
		}
		rule, err := w.s.SetRule(w.ctx, draft.ID, "", charter.Rule{Sentence: charter.Words{"en": "Be kind."}})
		w.must(err)
		seen := rule.Mark()
		if _, err := w.s.Publish(w.ctx, draft.ID, "", w.now, true); !problem.Is(err, problem.Invalid) {
			t.Errorf("a rule in one language is published: %v", err)
		}
		rule.Sentence["fr"] = "Sois aimable."
		_, err = w.s.SetRule(w.ctx, draft.ID, seen, rule)
		w.must(err)
		for name, err := range map[string]error{
			"a rule that reads otherwise": second(w.s.SetRule(w.ctx, draft.ID, seen, rule)), "a rule nobody looked at": second(w.s.SetRule(w.ctx, draft.ID, "", rule)),
			"a rule that is gone": second(w.s.SetRule(w.ctx, draft.ID, seen, charter.Rule{ID: "gone", Sentence: rule.Sentence})), "words nobody looked at": second(w.s.Reword(w.ctx, draft.ID, "", draft.Title, draft.Preamble, "Mine")),
			"a draft that reads otherwise is published": second(w.s.Publish(w.ctx, draft.ID, draft.Mark(), w.now, false)),
		} {
			if !problem.Is(err, problem.Conflict) {
				t.Errorf("%s: %v", name, err)
			}
		}
		w.must(w.s.MoveRule(w.ctx, draft.ID, rule.ID, 99))
		one, err := w.s.Publish(w.ctx, draft.ID, "", w.now, false)
		w.must(err)
		if !one.Anew {
			t.Error("the first version need not be acknowledged")
		}
		if _, err := w.s.SetRule(w.ctx, one.ID, rule.Mark(), rule); !problem.Is(err, problem.Conflict) {
			t.Errorf("a published version is changed: %v", err)
		}
		if err := w.s.Discard(w.ctx, one.ID); !problem.Is(err, problem.Missing) {
			t.Errorf("a published version is discarded: %v", err)
		}
		text, err := w.s.InForce(vic, "fr")
		w.must(err)
		if text.Rules[0].Sentence != "Sois aimable." || text.Number != 1 {
			t.Errorf("in force: %+v", text.Rules[0])
		}

		later := w.publish(w.now.AddDate(0, 0, 7), true)
		states := func() string {
			list, err := w.s.Versions(w.ctx)
			w.must(err)
			var out []string
			for _, v := range list {
				out = append(out, string(v.State))
			}
			return strings.Join(out, " ")
		}
		if got := states(); got != "coming in_force" {
			t.Errorf("states %s", got)
		}
		w.now = later.InForceAt
		if got := states(); got != "in_force superseded" {
			t.Errorf("a week later: %s", got)
		}
	})
}

// TestComing: what was planned before for later does not take the place of what is newer, and can be withdrawn.
func TestComing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		one := w.publish(w.now, true)
		later := w.publish(w.now.AddDate(0, 0, 7), true)
		draft, err := w.s.Begin(w.ctx)
		w.must(err)
		for _, from := range []time.Time{w.now, w.now.AddDate(0, 0, 3), later.InForceAt} {
			if _, err := w.s.Publish(w.ctx, draft.ID, "", from, true); !problem.Is(err, problem.Conflict) {
				t.Errorf("version 3 from %s on is replaced by version 2 later: %v", from, err)
			}
		}
		if err := w.s.Discard(w.member("vic@velo.example", org.Volunteer), later.ID); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer withdraws a version: %v", err)
		}
		w.must(w.s.Discard(w.ctx, later.ID))
		three, err := w.s.Publish(w.ctx, draft.ID, "", w.now.AddDate(0, 0, 3), true)
		w.must(err)
		four := w.publish(w.now.AddDate(0, 0, 4), true) // after one that is coming
		w.now = w.now.AddDate(0, 0, 9)
		if is, err := w.s.Current(w.ctx); err != nil || is.ID != four.ID {
			t.Errorf("in force is version %d, want %d: %v", is.Number, four.Number, err)
		}
		for _, v := range []charter.Version{one, three, four} {
			if err := w.s.Discard(w.ctx, v.ID); !problem.Is(err, problem.Missing) {
				t.Errorf("version %d, which is or was in force, is discarded: %v", v.Number, err)
			}
		}
	})
}

func TestAcknowledgements(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := newWorld(t, d)
		vic, ada, str := w.member("vic@velo.example", org.Volunteer), w.member("ada@velo.example", org.Owner), w.member("str@velo.example", org.Strategist)
		agreed := func(ctx context.Context) bool {
			ok, err := w.s.Acknowledged(ctx, org.Who(ctx).ID)
			w.must(err)
			return ok
		}
		missing := func() string {
			list, err := w.s.Standings(str)
			w.must(err)
			out := ""
			for _, st := range list {
				if st.Missing() {
					out += st.Member.Name + " "
				}
			}
			return out
		}
		one := w.publish(w.now, true)
		if agreed(vic) || missing() != "Ada vic " {
			t.Errorf("at first missing: %s", missing())
		}
		w.must(w.s.Acknowledge(vic, one.ID, "en"))
		w.must(w.s.Acknowledge(vic, one.ID, "en")) // twice is once
		if !agreed(vic) || agreed(ada) || missing() != "Ada " {
			t.Errorf("after one agreed: %s", missing())
		}
		log, _, err := w.org.AuditLog(w.ctx, org.AuditFilter{Action: "charter.acknowledged"})
		w.must(err)
		if len(log) != 1 {
			t.Errorf("%d entries in the audit log", len(log))
		}
		w.now = w.now.Add(time.Hour)
		two := w.publish(w.now, false) // spelling
		if !agreed(vic) || agreed(ada) {
			t.Error("a small change must not ask again who agreed, nor free who did not")
		}
		if err := w.s.Acknowledge(ada, one.ID, "en"); !problem.Is(err, problem.Conflict) {
			t.Errorf("an old version is acknowledged: %v", err)
		}
		w.must(w.s.Acknowledge(ada, two.ID, "fr"))
		w.now = w.now.Add(time.Hour)
		three := w.publish(w.now.Add(time.Hour), true)
		if !agreed(ada) || !agreed(vic) {
			t.Error("what is to come binds already")
		}
		w.now = three.InForceAt
		if agreed(ada) || agreed(vic) || missing() != "Ada vic " {
			t.Errorf("a new charter must be agreed to anew: %s", missing())
		}
		if _, err := w.s.Standings(w.member("mem@velo.example", org.Plain)); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a plain member sees who is missing: %v", err)
		}
	})
}

func TestDefault(t *testing.T) {
	t.Parallel()
	title, preamble, rules := charter.Default()
	if len(rules) < 10 {
		t.Fatalf("%d rules", len(rules))
	}
	seen := map[charter.Check]bool{}
	for _, lang := range i18n.Languages() {
		for _, words := range []charter.Words{title, preamble} {
			if words[lang] == "" || strings.Contains(words[lang], "charter.default") {
				t.Errorf("%s: %q", lang, words[lang])
			}
		}
		for _, r := range rules {
			seen[r.Check] = true
			for _, text := range append(append([]string{r.Sentence[lang], r.Why[lang]}, r.Good[lang]...), r.Bad[lang]...) {
				if text == "" || strings.Contains(text, "charter.default") {
					t.Errorf("%s in %s: %q", r.ID, lang, text)
				}
			}
			if len(r.Good[lang]) == 0 || len(r.Bad[lang]) == 0 {
				t.Errorf("%s has no examples in %s", r.ID, lang)
			}
		}
	}
	for _, c := range charter.Checks() {
		if !seen[c] {
			t.Errorf("no rule is checked by %s", c)
		}
		if !i18n.Has("charter.check." + string(c)) {
			t.Errorf("%s has no name", c)
		}
	}
}

func TestCompare(t *testing.T) {
	t.Parallel()
	rule := func(id, sentence string) charter.Rule {
		return charter.Rule{ID: id, Sentence: charter.Words{"en": sentence}}
	}
	was := charter.Version{Rules: []charter.Rule{rule("a", "Be kind."), rule("b", "Say who you are."), rule("c", "Sell nothing at all.")}}
	is := charter.Version{Rules: []charter.Rule{rule("c", "Sell nothing here."), rule("a", "Be kind."), rule("d", "Help.")}}
	is.Rules[1].Binding = true
	var got []string
	for _, d := range charter.Compare(was, is, "en") {
		s := string(d.Change) + " " + d.Was.ID + d.Is.ID
		if d.Moved {
			s += " moved"
		}
		for _, p := range d.Sentence {
			s += " " + string(p.Change) + ":" + strings.TrimSpace(p.Text)
		}
		got = append(got, s)
	}
	want := []string{
		"changed cc moved kept:Sell nothing removed:at all. added:here.",
		"changed aa moved kept:Be kind.",
		"removed b removed:Say who you are.",
		"added d added:Help.",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWordingIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([abc]{1,2}[ \n]{0,2}){0,12}`)
		was, is := text.Draw(t, "was"), text.Draw(t, "is")
		var a, b strings.Builder
		for _, p := range charter.Wording(was, is) {
			if p.Change != charter.Added {
				a.WriteString(p.Text)
			}
			if p.Change != charter.Removed {
				b.WriteString(p.Text)
			}
		}
		if a.String() != was || b.String() != is {
			t.Fatalf("pieces give %q and %q of %q and %q", a.String(), b.String(), was, is)
		}
	})
}

func second[T any](_ T, err error) error { return err }
