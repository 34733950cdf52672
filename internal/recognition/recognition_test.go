package recognition_test

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/recognition"
	"github.com/entente/entente/internal/recognition/merit"
)

// forum is a ledger with one community.
func forum(t *testing.T, d *db.DB, clock func() time.Time) *ledger.Ledger {
	t.Helper()
	if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO channel (id, kind, name, created_at) VALUES ('forum', 'community', 'Forum', 1)")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return ledger.New(d, slog.New(slog.DiscardHandler), clock, people.Follower(), community.Follower(), recognition.Follower())
}

// said is a question in a space, or an answer to one.
func said(id, author, space, question string) ledger.Activity {
	a := ledger.Activity{ID: id, Object: id, Kind: ledger.PostSaid, Actor: author, Channel: "forum", Key: "said:" + id}
	s := ledger.Said{ExternalID: id, Kind: "question", AuthorName: "N", Title: "How?", Text: "So.", Space: space}
	if question != "" {
		s.Kind, s.Title, s.Space, s.InReplyTo = "answer", "", "", []string{question}
	}
	a.Say(&s)
	return a
}

// TestDerived lets a few people give each other much of everything, in a random order: nobody earns more than the caps, closed groups count nothing, and
// all is derived again equal, however the ledger is cut.
func TestDerived(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
		l := forum(t, d, func() time.Time { return at })
		all := []string{"mailto:ada@velo.example", "mailto:bob@velo.example", "mailto:eve@velo.example", "mailto:zoe@velo.example"}
		id := func(n int) string { return fmt.Sprintf("%020d", n) }
		var facts []ledger.Activity
		say := func(n int, kind, author, question string) {
			a := said(id(n), author, "space", question)
			a.Kind, a.At = kind, at
			facts = append(facts, a)
		}
		for i := range 4 {
			say(10+i, ledger.PostSaid, all[i], "")
			say(20+i, ledger.PostSaid, all[(i+1)%4], id(10+i))
		}
		say(30, ledger.GroupSaid, all[3], "")
		facts = append(facts, ledger.Activity{ID: "person", Object: "person", Kind: ledger.PersonAdded, At: at, Key: "person", Data: ledger.Data(ledger.Person{Name: "Ada"})})
		r := rand.New(rand.NewPCG(7, 7))
		votes := map[string]int{}
		for n := range 160 {
			at = at.Add(time.Duration(r.IntN(300)) * time.Minute)
			who := all[r.IntN(3)] // zoe gives nothing and is given nothing but in a closed group
			post := 20 + r.IntN(3)
			a := ledger.Activity{Actor: who, Channel: "forum", At: at, Key: fmt.Sprint("fact", n), Object: id(post)}
			switch r.IntN(7) {
			case 6:
				a.Kind, a.Object, a.Data = []string{ledger.IdentityLinked, ledger.IdentityUnlinked}[r.IntN(2)], "person", ledger.Data(ledger.Identity{URI: who})
			case 0, 1:
				to := r.IntN(3) - 1
				key := who + id(post)
				a.Kind, a.Data = ledger.VoteCast, ledger.Data(ledger.Vote{Value: to - votes[key]})
				votes[key] = to
			case 2:
				a.Kind, a.Data = ledger.ReactionSet, ledger.Data(ledger.Reaction{Reaction: "thanks", On: r.IntN(3) > 0})
			case 3:
				a.Kind, a.Object, a.Data = ledger.AnswerPicked, id(post-10), ledger.Data(ledger.Picked{Answer: []string{id(post), ""}[r.IntN(2)]})
			case 4:
				a.Kind, a.Object, a.Data = ledger.MemberThanked, fmt.Sprint("thanks", n), ledger.Data(ledger.Thanks{To: all[r.IntN(3)], Words: "Thanks!"})
			case 5:
				a.Kind = []string{ledger.PostHidden, ledger.PostShown}[r.IntN(2)]
			}
			facts = append(facts, a)
		}
		facts = append(facts, ledger.Activity{Kind: ledger.VoteCast, Actor: all[0], Channel: "forum", Object: id(30), At: at, Key: "closed", Data: ledger.Data(ledger.Vote{Value: 1})})
		if _, err := l.State(t.Context(), facts...); err != nil {
			t.Fatal(err)
		}
		read := func() map[string]int {
			out := map[string]int{}
			type row struct {
				name   string
				points int
			}
			for _, query := range []string{"SELECT person || ' ' || month, SUM(points) FROM recognition_month GROUP BY person, month", "SELECT person || space, points FROM recognition_standing",
				"SELECT slot || person || giver || month || at, value FROM recognition_merit", "SELECT id || person || words, 1 FROM recognition_thanks"} {
				list, err := db.All(t.Context(), d.Read(), func(r *row) []any { return []any{&r.name, &r.points} }, query)
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range list {
					out[r.name] = r.points
				}
			}
			return out
		}
		before := read()
		most, sum := 2*20, 0 // each can be given to by two others
		for i, p := range all {
			n := before[p+" 2026-11"]
			if sum += n; n > most || i == 3 && n > 0 {
				t.Errorf("%s earned %d in a month", p, n)
			}
		}
		if sum == 0 {
			t.Error("nobody earned anything")
		}
		for _, size := range []int{1, 500} {
			if err := l.Rebuild(t.Context(), size, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, read()); diff != "" {
				t.Fatalf("derived in batches of %d (-before +after):\n%s", size, diff)
			}
		}
	})
}

// TestOfOnePerson: what somebody gives under several addresses that are known to be theirs is given by one person: for one thing once, the first of them; within one cap; and nothing for what
// they said themselves under another. Once the addresses are known to be of two, all counts again.
func TestOfOnePerson(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 28, 8, 0, 0, 0, time.UTC)
		l := forum(t, d, func() time.Time { return at })
		n := 0
		state := func(a ledger.Activity) {
			t.Helper()
			n++
			at = at.Add(time.Minute)
			if a.At = at; a.Key == "" {
				a.Key = fmt.Sprint("fact", n)
			}
			if _, err := l.State(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		const home, work, bob, eve, zoe = "mailto:ada@home.example", "mailto:ada@work.example", "mailto:bob@velo.example", "mailto:eve@velo.example", "mailto:zoe@velo.example"
		say := func(id, author, question string) {
			state(said(id, author, "hall", question))
		}
		vote := func(who, post string, value int) {
			t.Helper()
			state(ledger.Activity{Kind: ledger.VoteCast, Actor: who, Channel: "forum", Object: post, Data: ledger.Data(ledger.Vote{Value: value})})
		}
		is := func(why, want string) {
			t.Helper()
			list, err := db.All(t.Context(), d.Read(), func(s *string) []any { return []any{s} }, "SELECT SUBSTR(person, 8, 8) || ' ' || month || ' ' || points FROM recognition_month ORDER BY 1")
			if got := strings.Join(list, ", "); err != nil || got != want {
				t.Errorf("%s: %q, %v, want %q", why, got, err, want)
			}
		}
		const question, answer, hers = "question00000000000", "answer0000000000000", "answer0000000000001"
		say(question, eve, "")
		say(answer, bob, question)
		say(hers, work, question)
		vote(home, hers, 1) // for herself
		vote(home, answer, 1)
		at = at.AddDate(0, 0, 5)
		vote(work, answer, 1)
		vote(eve, answer, 1)
		is("strangers", "ada@work 2026-11 2, bob@velo 2026-11 2, bob@velo 2026-12 4")
		state(ledger.Activity{ID: "one", Object: "one", Kind: ledger.PersonAdded, Data: ledger.Data(ledger.Person{Name: "Ada", Identities: []ledger.Identity{{URI: home}}})})
		state(ledger.Activity{ID: "two", Object: "two", Kind: ledger.PersonAdded, Data: ledger.Data(ledger.Person{Name: "Ada", Identities: []ledger.Identity{{URI: work}}})})
		is("two people", "ada@work 2026-11 2, bob@velo 2026-11 2, bob@velo 2026-12 4")
		state(ledger.Activity{ID: "merge", Object: "one", Kind: ledger.PersonMerged, Data: ledger.Data(ledger.Merged{Person: "two", Identities: []string{work}})})
		is("they are one", "bob@velo 2026-11 2, bob@velo 2026-12 2")
		vote(home, answer, -1)
		is("the first is taken back: the second counts", "bob@velo 2026-12 4")
		vote(home, answer, 1)
		is("and given again, later", "bob@velo 2026-12 4")
		// Clicks in return count less, under whatever address.
		for i := range 3 {
			extra := fmt.Sprint("answer000000000001", i)
			say(extra, home, question)
			vote(bob, extra, 1)
		}
		is("clicks in return", "ada@home 2026-12 4, bob@velo 2026-12 4")
		for i := range 3 {
			extra := fmt.Sprint("answer000000000002", i)
			say(extra, work, question)
			vote(zoe, extra, 1)
		}
		is("clicks one way", "ada@home 2026-12 4, ada@work 2026-12 6, bob@velo 2026-12 4")
		say("answer0000000000030", zoe, question)
		vote(home, "answer0000000000030", 1)
		is("returned under the other address", "ada@home 2026-12 4, ada@work 2026-12 4, bob@velo 2026-12 4, zoe@velo 2026-12 2")
		state(ledger.Activity{Object: "one", Kind: ledger.PersonUnmerged, Data: ledger.Data(ledger.Unmerged{Merge: "merge"})})
		is("they are two after all", "ada@home 2026-12 4, ada@work 2026-11 2, ada@work 2026-12 6, bob@velo 2026-12 6, zoe@velo 2026-12 2")
		state(ledger.Activity{Object: "one", Kind: ledger.IdentityLinked, Data: ledger.Data(ledger.Identity{URI: eve})})
		is("another is", "ada@home 2026-12 4, ada@work 2026-11 2, ada@work 2026-12 6, bob@velo 2026-12 4, zoe@velo 2026-12 2")
		for _, size := range []int{1, 500} {
			if err := l.Rebuild(t.Context(), size, nil); err != nil {
				t.Fatal(err)
			}
			is("derived again", "ada@home 2026-12 4, ada@work 2026-11 2, ada@work 2026-12 6, bob@velo 2026-12 4, zoe@velo 2026-12 2")
		}
	})
}

// TestReturns: two who accept each other's answers, or click for each other, earn less by it than two who are helped by somebody else; also when the favour is
// returned on the first day of the next month.
func TestReturns(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)
		l := forum(t, d, func() time.Time { return at })
		ada, bob, eve, zoe := "mailto:ada@velo.example", "mailto:bob@velo.example", "mailto:eve@velo.example", "mailto:zoe@velo.example"
		n := 0
		state := func(a ledger.Activity) {
			t.Helper()
			n++
			a.Channel, a.At = "forum", at
			if a.Key == "" {
				a.Key = fmt.Sprint("fact", n)
			}
			if _, err := l.State(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		say := func(id, author, question string) {
			state(said(id, author, "space", question))
		}
		accept := func(question, asker, answer string) {
			state(ledger.Activity{Kind: ledger.AnswerPicked, Actor: asker, Object: question, Data: ledger.Data(ledger.Picked{Answer: answer})})
		}
		for i, pair := range [][2]string{{ada, bob}, {bob, ada}, {eve, zoe}} {
			say(fmt.Sprint("question0000000000", i), pair[0], "")
			say(fmt.Sprint("answer000000000000", i), pair[1], fmt.Sprint("question0000000000", i))
		}
		points := func() map[string]int {
			t.Helper()
			type row struct {
				who string
				n   int
			}
			list, err := db.All(t.Context(), d.Read(), func(r *row) []any { return []any{&r.who, &r.n} }, "SELECT SUBSTR(person, 8, 3) || ' ' || month, SUM(points) FROM recognition_month GROUP BY person, month")
			if err != nil {
				t.Fatal(err)
			}
			out := map[string]int{}
			for _, r := range list {
				out[r.who] = r.n
			}
			return out
		}
		is := func(why string, want map[string]int) {
			t.Helper()
			if diff := cmp.Diff(want, points()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", why, diff)
			}
		}
		accept("question00000000000", ada, "answer0000000000000")
		accept("question00000000002", eve, "answer0000000000002")
		is("answers accepted one way", map[string]int{"bob 2026-11": 15, "zoe 2026-11": 15})
		at = at.Add(24 * time.Hour)
		accept("question00000000001", bob, "answer0000000000001")
		is("the favour is returned the next day", map[string]int{"bob 2026-11": 8, "zoe 2026-11": 15, "ada 2026-12": 8})
		accept("question00000000001", bob, "")
		is("it is taken back", map[string]int{"bob 2026-11": 15, "zoe 2026-11": 15})
		for i := range 4 {
			state(ledger.Activity{Kind: ledger.MemberThanked, Actor: zoe, Object: fmt.Sprint("z", i), Data: ledger.Data(ledger.Thanks{To: ada, Words: "Thanks!"})})
		}
		is("thanks one way", map[string]int{"bob 2026-11": 15, "zoe 2026-11": 15, "ada 2026-12": 12})
		at = at.AddDate(0, 1, 0)
		state(ledger.Activity{Kind: ledger.MemberThanked, Actor: ada, Object: "a", Data: ledger.Data(ledger.Thanks{To: zoe, Words: "Thanks!"})})
		is("thanks in turn, a month later", map[string]int{"bob 2026-11": 15, "zoe 2026-11": 15, "ada 2026-12": 4, "zoe 2027-01": 3})
		before := points()
		for _, size := range []int{1, 500} {
			if err := l.Rebuild(t.Context(), size, nil); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(before, points()); diff != "" {
				t.Fatalf("derived in batches of %d (-before +after):\n%s", size, diff)
			}
		}
	})
}

// TestRules: rules hold from the month on in which they are stated; points are kept by space and go along when a thread moves; what is accepted in office is not
// held by the cap of points from one person.
func TestRules(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		at := time.Date(2026, 10, 30, 8, 0, 0, 0, time.UTC)
		l := forum(t, d, func() time.Time { return at })
		n := 0
		state := func(a ledger.Activity) {
			t.Helper()
			n++
			a.Channel, a.At = "forum", at
			if a.Key == "" {
				a.Key = fmt.Sprint("fact", n)
			}
			if _, err := l.State(t.Context(), a); err != nil {
				t.Fatal(err)
			}
		}
		say := func(id, author, space, question string) {
			state(said(id, author, space, question))
		}
		read := func(query string) string {
			t.Helper()
			list, err := db.All(t.Context(), d.Read(), func(s *string) []any { return []any{s} }, query)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(list, " ")
		}
		is := func(why, want string) {
			t.Helper()
			if got := read("SELECT month || ':' || space || ':' || points FROM recognition_month WHERE person = 'mailto:bob@velo.example' ORDER BY 1"); got != want {
				t.Errorf("%s: %q, want %q", why, got, want)
			}
		}
		ada, mod := "mailto:ada@velo.example", "mailto:mod@velo.example"
		for i := range 3 {
			question, answer := fmt.Sprint("question0000000000", i), fmt.Sprint("answer000000000000", i)
			say(question, ada, []string{"hall", "hall", "den"}[i], "")
			say(answer, "mailto:bob@velo.example", "", question)
			state(ledger.Activity{Kind: ledger.AnswerPicked, Actor: mod, Object: question, Data: ledger.Data(ledger.Picked{Answer: answer, Office: true})})
		}
		is("three accepted in office: the cap of the day alone holds", "2026-10:den:15 2026-10:hall:30")
		// Who reads the hall alone is shown what was earned there.
		clock := func() time.Time { return at }
		o := org.New(d, slog.New(slog.DiscardHandler), clock, org.WithURL("https://velo.example"))
		places := community.New(d, l, nil, o, slog.New(slog.DiscardHandler), clock)
		s := recognition.New(d, l, places, clock)
		as := func(role org.Role) context.Context {
			return org.With(t.Context(), &org.Member{ID: string(role), Email: string(role) + "@velo.example", Name: "Olga", Role: role, Lang: "en", Zone: "UTC", State: org.Active})
		}
		if err := d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for _, query := range []string{
				`INSERT INTO community (id, slug, channel, name, langs, audience, sign_up, created_at, changed_at) VALUES ('velo', 'velo', 'forum', '{"en":"Velo"}', '["en"]', 'public', 'open', 1, 1)`,
				`INSERT INTO community_space (id, community, slug, name, access, holds, position, created_at) VALUES ('hall', 'velo', 'hall', '{"en":"Hall"}', 'open', '["question"]', 1, 1)`,
				`INSERT INTO community_space (id, community, slug, name, access, holds, position, created_at) VALUES ('den', 'velo', 'den', '{"en":"Den"}', 'request', '["question"]', 2, 1)`,
				`INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ('member', 'member@velo.example', 'Olga', 'member', 'en', 'UTC', 'active', 1)`,
				`INSERT INTO community_membership (community, space, member, state, at) VALUES ('velo', '', 'member', 'in', 1)`,
				`INSERT INTO community_membership (community, space, member, state, at) VALUES ('velo', 'den', 'member', 'in', 1)`,
			} {
				if _, err := db.Exec(ctx, q, query); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		for who, want := range map[context.Context]string{t.Context(): "30 map[accepted:2] [first_answer]", as(org.Plain): "45 map[accepted:3] [first_answer]"} {
			sight, err := places.Sees(who, nil)
			if err != nil {
				t.Fatal(err)
			}
			c, _ := sight.ByID("velo")
			handle, err := s.HandleOf(who, "forum", "mailto:bob@velo.example")
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Find(who, sight, c, handle)
			if got := fmt.Sprint(p.Points, " ", p.Kinds, " ", p.Badges); err != nil || got != want {
				t.Errorf("%v sees %q, %v, want %q", org.Who(who), got, err, want)
			}
			marks, err := s.Marks(who, sight, c, []string{"mailto:bob@velo.example"})
			if got := fmt.Sprint(marks["mailto:bob@velo.example"].Points); err != nil || got != strings.Fields(want)[0] {
				t.Errorf("%v sees the mark %s, %v, want %q", org.Who(who), got, err, want)
			}
		}
		at = at.AddDate(0, 0, 3)
		state(ledger.Activity{Kind: ledger.VoteCast, Actor: ada, Object: "answer0000000000002", Data: ledger.Data(ledger.Vote{Value: 1})})
		is("a vote", "2026-10:den:15 2026-10:hall:30 2026-11:den:2")
		set := ledger.MeritRules{Points: map[string]int{"accepted": 4, "useful": 7, "thanked": 0, "helped": 1, "realised": 1}, Day: 45, Pair: 20, Returned: 8, Mutual: 4, Levels: []int{0, 5, 6, 7, 8}}
		if err := s.Change(as(org.Social), "", set); !problem.Is(err, problem.Forbidden) {
			t.Errorf("the social team changes rules: %v", err)
		}
		bad := set
		bad.Pair = 46
		if err := s.Change(as(org.Owner), "", bad); problem.Of(err).Field != "pair" {
			t.Errorf("out of bounds: %v", err)
		}
		bad = set
		bad.Badges = []ledger.MeritBadge{{ID: "first_answer", Kind: "accepted", Times: 2, People: 3}}
		if err := s.Change(as(org.Owner), "", bad); problem.Of(err).Field != "badge-first_answer-people" {
			t.Errorf("more people than times: %v", err)
		}
		bad.Badges[0] = ledger.MeritBadge{ID: "first_answer", Kind: "accepted", Times: 2, People: 1, Name: map[string]string{"fr": strings.Repeat("é", 41)}}
		if err := s.Change(as(org.Owner), "", bad); problem.Of(err).Field != "badge-first_answer-name-fr" {
			t.Errorf("a long name: %v", err)
		}
		bad.Badges[0] = ledger.MeritBadge{ID: "first_answer", Kind: "liked", Times: 1, People: 1}
		if err := s.Change(as(org.Owner), "", bad); !problem.Is(err, problem.Invalid) {
			t.Errorf("for what is no merit: %v", err)
		}
		for range 2 { // the same again is no change
			if err := s.Change(as(org.Owner), "", set); err != nil {
				t.Fatal(err)
			}
		}
		changes, err := s.Changes(t.Context(), "")
		if err != nil || len(changes) != 1 || changes[0].By != "Olga" || !changes[0].At.Equal(at) || changes[0].Rules.Merits[1].Points != 7 {
			t.Errorf("changes %+v, %v", changes, err)
		}
		if r, err := s.Rules(t.Context(), ""); err != nil || fmt.Sprint(r.Level(6)) != "2 7" || len(r.Badges) == 0 {
			t.Errorf("rules %+v, %v", r, err)
		}
		badges := func(want string, change ...ledger.MeritBadge) {
			t.Helper()
			at = at.Add(time.Minute)
			set.Badges = change
			if err := s.Change(as(org.Owner), "", set); err != nil {
				t.Fatal(err)
			}
			sight, err := places.Sees(as(org.Plain), nil)
			if err != nil {
				t.Fatal(err)
			}
			c, _ := sight.ByID("velo")
			handle, err := s.HandleOf(t.Context(), "forum", "mailto:bob@velo.example")
			if err != nil {
				t.Fatal(err)
			}
			p, err := s.Find(as(org.Plain), sight, c, handle)
			if got := fmt.Sprint(p.Badges); err != nil || got != want {
				t.Errorf("badges %s, %v, want %s", got, err, want)
			}
		}
		badges("[]", ledger.MeritBadge{ID: "first_answer", Off: true, Kind: "accepted", Times: 1, People: 1})
		badges("[ten_answers]", ledger.MeritBadge{ID: "ten_answers", Kind: "accepted", Times: 3, People: 1, Name: map[string]string{"en": " Three\n answers ", "fr": "", "xx": "?"}})
		badges("[ten_answers]") // what is not named stays
		if changes, err = s.Changes(t.Context(), ""); err != nil || len(changes) != 3 {
			t.Fatalf("changes %+v, %v", changes, err)
		}
		// Owners add badges, change them as others, and take them out.
		extra := ledger.MeritBadge{ID: merit.NewBadge, Kind: "accepted", Times: 1, People: 1}
		set.Badges = []ledger.MeritBadge{extra}
		if err := s.Change(as(org.Owner), "", set); !problem.Is(err, problem.Invalid) {
			t.Errorf("a badge without a name: %v", err)
		}
		was := changes
		extra.Name = map[string]string{"fr": "Main tendue"}
		given := func(name string, earned bool) merit.Badge {
			t.Helper()
			r, err := s.Rules(t.Context(), "")
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range r.Badges {
				if b.Own() {
					if b.Name["fr"] != name || slices.Contains(r.Earned("mailto:bob@velo.example", []merit.Row{{Kind: "accepted", Giver: "x"}}), b.ID) != earned {
						t.Errorf("added is %+v, want %s, earned %t", b, name, earned)
					}
					return b
				}
			}
			if name != "" {
				t.Errorf("no badge %s", name)
			}
			return merit.Badge{}
		}
		change := func(b ledger.MeritBadge) {
			t.Helper()
			at, set.Badges = at.Add(time.Minute), []ledger.MeritBadge{b}
			if err := s.Change(as(org.Owner), "", set); err != nil {
				t.Fatal(err)
			}
		}
		change(extra)
		b := given("Main tendue", true)
		extra.ID, extra.Times = b.ID, 2
		change(extra)
		given("Main tendue", false)
		change(ledger.MeritBadge{ID: b.ID})
		given("", false)
		if changes, err = s.Changes(t.Context(), ""); err != nil || len(changes) != len(was)+3 || len(changes[1].Rules.Badges) != len(changes[0].Rules.Badges)+1 {
			t.Errorf("changes %+v, %v", changes, err)
		}
		changes = was
		// A community has rules of its own, from its month on, and goes by those of all again; others do not notice.
		were := read("SELECT person || space || points FROM recognition_standing ORDER BY 1")
		points := func(channel string) string {
			t.Helper()
			own, err := s.HasOwn(t.Context(), channel)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Rules(t.Context(), channel)
			if err != nil {
				t.Fatal(err)
			}
			return fmt.Sprint(own, r.Merits[1].Points)
		}
		its := set
		its.Badges, its.Points = nil, map[string]int{"accepted": 4, "useful": 9, "thanked": 0, "helped": 1, "realised": 1}
		for _, step := range []struct {
			of            string
			set           ledger.MeritRules
			forum, others string
			same          bool
		}{
			{"other", its, "false 7", "false 7", true}, {"forum", its, "true 9", "false 7", false}, {"forum", ledger.MeritRules{General: true}, "false 7", "false 7", true},
		} {
			at = at.Add(time.Minute)
			if err := s.Change(as(org.Owner), step.of, step.set); err != nil {
				t.Fatal(err)
			}
			if got := points("forum"); got != step.forum {
				t.Errorf("rules of %s changed: those of the forum are %s, want %s", step.of, got, step.forum)
			}
			if got := points("third"); got != step.others {
				t.Errorf("rules of %s changed: those of a third are %s, want %s", step.of, got, step.others)
			}
			if same := cmp.Equal(were, read("SELECT person || space || points FROM recognition_standing ORDER BY 1")); same != step.same {
				t.Errorf("rules of %s changed: points as before is %t", step.of, same)
			}
		}
		if list, err := s.Changes(t.Context(), "forum"); err != nil || len(list) != 2 || !list[0].Ended || list[0].Was.Merits[1].Points != 9 || list[1].Was.Merits[1].Points != 7 {
			t.Errorf("changes of the forum: %+v, %v", list, err)
		}
		if b := changes[0].Rules.Badges; !b[0].Off || b[1].Times != 3 || fmt.Sprint(b[1].Name) != "map[en:Three answers]" || changes[2].Rules.Badges[0].Off {
			t.Errorf("badges changed: %+v", changes)
		}
		is("other rules, from November on", "2026-10:den:15 2026-10:hall:30 2026-11:den:7")
		state(ledger.Activity{Kind: ledger.ThreadTurned, Actor: mod, Object: "question00000000002", Data: ledger.Data(ledger.Turned{State: "moved", To: "hall"})})
		is("a thread moved", "2026-10:hall:45 2026-11:hall:7")
		before := read("SELECT person || space || points FROM recognition_standing ORDER BY 1")
		for _, size := range []int{1, 500} {
			if err := l.Rebuild(t.Context(), size, func(int) {
				if got := points("forum"); got != "false 7" {
					t.Errorf("while all is derived anew, rules are %s", got)
				}
			}); err != nil {
				t.Fatal(err)
			}
			is("derived again", "2026-10:hall:45 2026-11:hall:7")
			if got := read("SELECT person || space || points FROM recognition_standing ORDER BY 1"); got != before {
				t.Errorf("derived in batches of %d: %q, before %q", size, got, before)
			}
		}
	})
}
