package course_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/course"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
	"github.com/entente/entente/sample"
)

// shipped are the courses that come with the program.
func shipped(t testing.TB) []course.Content {
	t.Helper()
	var out []course.Content
	for _, name := range []string{"answering", "crisis"} {
		raw, err := fs.ReadFile(sample.Files(), "courses/"+name+".json")
		if err != nil {
			t.Fatal(err)
		}
		var v course.Content
		if err := json.Unmarshal(raw, &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// right are the right choices of a quiz.
func right(st *course.Step) (out [][]int) {
	for _, q := range st.Questions {
		var mine []int
		for j, c := range q.Choices {
			if c.Right {
				mine = append(mine, j)
			}
		}
		out = append(out, mine)
	}
	return out
}

// What comes with the program is what its own checks ask for, in both languages: model replies pass, what is typed reads back as it is.
func TestShipped(t *testing.T) {
	t.Parallel()
	s := course.New(nil, nil, nil, nil, nil, nil, nil, slog.New(slog.DiscardHandler), func() time.Time { return inboxtest.Noon })
	for _, v := range shipped(t) {
		for i := range v.Steps {
			st := &v.Steps[i]
			said, questions := map[string]string{}, map[string]string{}
			for lang := range v.Title {
				if st.Title[lang] == "" || st.Text[lang] == "" {
					t.Errorf("%s is not in %s", st.ID, lang)
				}
				name := ""
				for _, n := range []string{"Karim", "Tom", "Ines", "Inès"} {
					if strings.Contains(st.Model[lang], n) {
						name = n
					}
				}
				for _, h := range s.Hints(t.Context(), st, st.Model[lang], name) {
					if !h.Good {
						t.Errorf("%s in %s: the model reply does not pass %s: %s %s", st.ID, lang, h.Check, h.Verdict, h.Reason)
					}
				}
				said[lang], questions[lang] = course.SaidText(st.Said, lang), course.QuestionsText(st.Questions, lang)
			}
			if list, err := course.ReadSaid(said); err != nil || cmp.Diff(list, st.Said) != "" {
				t.Errorf("%s: %v %s", st.ID, err, cmp.Diff(list, st.Said))
			}
			if list, err := course.ReadQuestions(questions); err != nil || cmp.Diff(list, st.Questions) != "" {
				t.Errorf("%s: %v %s", st.ID, err, cmp.Diff(list, st.Questions))
			}
		}
	}
	if _, err := course.ReadQuestions(map[string]string{"en": "? A\n+ a\n- b", "fr": "? A\n- a\n+ b"}); err == nil {
		t.Error("other choices are right in another language")
	}
}

func TestRight(t *testing.T) {
	t.Parallel()
	q := []course.Question{{Choices: []course.Choice{{Right: true}, {}}}, {Choices: []course.Choice{{Right: true}, {}, {Right: true}}}}
	for _, c := range []struct {
		in   [][]int
		want []bool // nil: refused
	}{
		{[][]int{{0}, {0, 2}}, []bool{true, true}},
		{[][]int{{1}, {2, 0, 2}}, []bool{false, true}},
		{[][]int{{0}, {0}}, []bool{true, false}},
		{[][]int{{0}, {0, 1, 2}}, []bool{true, false}},
		{[][]int{{0, 1}, {0, 2}}, nil}, // both, of one
		{[][]int{{2}, {0, 2}}, nil},
		{[][]int{{-1}, {0, 2}}, nil},
		{[][]int{{0}, {}}, nil},
		{[][]int{{0}}, nil},
		{nil, nil},
	} {
		got, err := course.Right(q, c.in)
		if (err == nil) != (c.want != nil) || cmp.Diff(got, c.want) != "" {
			t.Errorf("%v: %v, %v; want %v", c.in, got, err, c.want)
		}
	}
}

// Somebody goes from the first lesson to the certificate, and only then may answer; nobody takes another's way.
func TestRightToSpeak(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		k := inboxtest.New(t, d)
		log := slog.New(slog.DiscardHandler)
		s := course.New(d, k.Org, charter.New(d, k.Org, log, k.Now), team.New(d, k.Org, log, k.Now), k.Inbox, nil, nil, log, k.Now)
		k.Inbox.WithLicence(s.May)
		boss, _ := k.Join("Ada", org.Social)
		karim, _ := k.Join("Karim", org.Volunteer)
		zoe, _ := k.Join("Zoe", org.Volunteer)
		ada, own, other := k.As(boss), k.As(karim), k.As(zoe)

		v := shipped(t)[0]
		c, err := s.Add(ada, v)
		must(err)
		if _, err := s.Find(own, c.ID); !problem.Is(err, problem.Missing) {
			t.Errorf("a draft is shown to a learner: %v", err)
		}
		c, err = s.Publish(ada, c.ID, c.Mark())
		must(err)
		must(s.SetGate(ada, course.Gate{Course: c.ID, Reach: course.InPublic}))
		if _, err := s.Add(own, v); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer writes courses: %v", err)
		}

		k.Hear(k.Post.ID, inboxtest.Question("q1", "eve", "Brakes", "They squeak.", k.Now()), inboxtest.Mail("m1", "bob", "Battery", "It is empty.", k.Now()))
		open, private := k.About(k.Post.ID, "q1"), k.About(k.Post.ID, "m1")
		say := func(ctx context.Context, id string, private bool) error {
			_, err := k.Inbox.Reply(ctx, id, inbox.Answer{Text: "Hello, clean the disc with alcohol.", Private: private})
			return err
		}
		if err := say(own, open.ID, false); !inbox.Barred(err) {
			t.Fatalf("without a certificate: %v", err)
		}
		must(say(own, private.ID, true))
		if checked, err := k.Inbox.Check(own, open.ID, inbox.Answer{Text: "x"}); err != nil || checked.Barred == nil {
			t.Errorf("the composer does not say so: %+v, %v", checked, err)
		}

		a, err := s.Start(own, c.ID)
		must(err)
		if twice, err := s.Start(own, c.ID); err != nil || twice.ID != a.ID {
			t.Errorf("begun twice: %v", err)
		}
		if _, err := s.Give(other, c.ID, v.Steps[0].ID, 0, course.Answer{}); !problem.Is(err, problem.Missing) {
			t.Errorf("another takes the way of Karim: %v", err)
		}
		// A later version does not disturb who has begun.
		_, err = s.RemoveStep(ada, c.ID, c.Mark(), v.Steps[0].ID)
		must(err)
		c, err = s.Find(ada, c.ID)
		must(err)
		_, err = s.Publish(ada, c.ID, c.Mark())
		must(err)
		for i := range a.Content.Steps {
			st := &a.Content.Steps[i]
			var in course.Answer
			switch st.Kind {
			case course.Scenario:
				if got, err := s.Give(own, c.ID, st.ID, 0, course.Answer{Text: "Sorry about that."}); err != nil || got.Done(st.ID) {
					t.Errorf("%s is passed with courtesy: %v", st.ID, err)
				}
				if _, err := s.Give(own, c.ID, st.ID, 1, course.Answer{Text: strings.Repeat("a", 8001)}); !problem.Is(err, problem.Invalid) {
					t.Errorf("a reply too long: %v", err)
				}
				in.Text = strings.NewReplacer("Tom", "Karim").Replace(st.Model["en"])
				_, err = s.Give(own, c.ID, st.ID, 0, in)
				if !problem.Is(err, problem.Conflict) {
					t.Errorf("from an old tab: %v", err)
				}
				a, err = s.Give(own, c.ID, st.ID, 1, in)
			case course.Quiz:
				if _, err := s.Give(own, c.ID, st.ID, 0, course.Answer{Choices: [][]int{{9}}}); !problem.Is(err, problem.Invalid) {
					t.Errorf("forged choices: %v", err)
				}
				in.Choices = right(st)
				a, err = s.Give(own, c.ID, st.ID, 0, in)
			default:
				a, err = s.Give(own, c.ID, st.ID, 0, in)
			}
			must(err)
			if !a.Done(st.ID) {
				t.Fatalf("%s is not passed: %+v", st.ID, a.Tries[st.ID])
			}
		}
		list, err := s.Own(own)
		must(err)
		if a.Result != course.Passed || len(list) != 1 || !list[0].Until.Equal(k.Now().AddDate(0, 12, 0)) {
			t.Fatalf("ended %q with %+v", a.Result, list)
		}
		must(say(own, open.ID, false))

		// Somebody who uses up their tries waits.
		b, err := s.Start(other, c.ID)
		must(err)
		quiz, _ := b.Content.Step("quiz")
		for n := range 3 {
			b, err = s.Give(other, c.ID, "quiz", n, course.Answer{Choices: firsts(len(b.Content.Steps[quiz].Questions))})
			must(err)
		}
		if b.Result != course.Failed {
			t.Errorf("three wrong: %q", b.Result)
		}
		if _, err := s.Start(other, c.ID); !problem.Is(err, problem.Conflict) {
			t.Errorf("begun at once: %v", err)
		}

		// Reminders come once each, and stop with a renewal; what ran out or was revoked gates again.
		told := func(m *org.Member) int {
			n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM inbox_notice WHERE member = $1 AND words LIKE 'course.told.%'", m.ID)
			must(err)
			return n
		}
		k.Pass(340 * 24 * time.Hour)
		for range 2 {
			must(s.Remind(t.Context()))
		}
		if n := told(karim); n != 1 {
			t.Errorf("reminded %d times", n)
		}
		k.Pass(30 * 24 * time.Hour)
		if err := say(own, open.ID, false); !inbox.Barred(err) {
			t.Errorf("run out: %v", err)
		}
		must(s.Recognise(ada, c.ID, karim.ID, k.Now()))
		must(say(own, open.ID, false))
		must(s.Remind(t.Context()))
		if n := told(karim); n != 1 {
			t.Errorf("reminded of what was renewed: %d", n)
		}
		must(s.Revoke(ada, c.ID, karim.ID, "Shared the answers"))
		if err := say(own, open.ID, false); !inbox.Barred(err) {
			t.Errorf("revoked: %v", err)
		}
		if err := s.Recognise(ada, c.ID, boss.ID, k.Now()); !problem.Is(err, problem.Forbidden) {
			t.Errorf("to themselves: %v", err)
		}
		must(s.SetGate(ada, course.Gate{Course: c.ID, Reach: course.Everywhere, From: k.Now().Add(time.Hour)}))
		must(say(own, open.ID, false)) // not yet
		must(s.SetGate(ada, course.Gate{Course: c.ID, Reach: course.Everywhere}))
		if err := say(own, private.ID, true); !inbox.Barred(err) {
			t.Errorf("everywhere: %v", err)
		}
	})
}

// Who kept to the charter in a row is told so once, unless they wish not to be told; a broken rule begins anew.
func TestCheer(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		log := slog.New(slog.DiscardHandler)
		people := team.New(d, k.Org, log, k.Now)
		s := course.New(d, k.Org, charter.New(d, k.Org, log, k.Now), people, k.Inbox, nil, nil, log, k.Now)
		var rows [][]any
		members := map[string]*org.Member{}
		for _, name := range []string{"Karim", "Quiet", "Broken", "Short"} {
			m, _ := k.Join(name, org.Volunteer)
			members[name] = m
			n := course.StreakOf
			if name == "Short" {
				n--
			}
			for i := range n {
				rows = append(rows, []any{name + string(rune('a'+i)), m.ID, db.B(name != "Broken" || i != 5), db.T(k.Now().Add(time.Duration(i-20) * time.Minute))})
			}
		}
		own := k.As(members["Quiet"])
		p, err := people.Find(own, members["Quiet"].ID)
		if err == nil {
			p.Cheer = false
			_, err = people.Save(own, p.Mark(), p)
		}
		if err == nil {
			err = d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				return db.Insert(ctx, q, "reply_kept (sending, member, kept, at)", rows, "")
			})
		}
		for _, name := range []string{"Lea", "Ada", "Twice"} {
			members[name], _ = k.Join(name, org.Volunteer)
		}
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "zoe", "Brakes", "They squeak.", k.Now()))
		k.Pass(time.Minute)
		if _, err := k.Inbox.Reply(k.As(members["Lea"]), k.About(k.Post.ID, "m1").ID, inbox.Answer{Text: "Oil them.", Private: true}); err != nil {
			t.Fatal(err)
		}
		k.Pass(time.Minute)
		k.Send()
		k.Level()
		if err == nil {
			err = d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				at := db.T(k.Now().Add(-time.Minute))
				if err := db.Insert(ctx, q, "business_fact (id, kind, at, quantity, label, ref, activity, stated_at)", [][]any{{"f1", "rating", at, 5, "csat", k.About(k.Post.ID, "m1").ID, "a", at}}, ""); err != nil {
					return err
				}
				return db.Insert(ctx, q, "community_notice (id, member, community, kind, post, at)", [][]any{{"n1", members["Ada"].ID, "c", "accepted", "p1", at}, {"n2", members["Quiet"].ID, "c", "accepted", "p2", at},
					{"n3", members["Twice"].ID, "c", "accepted", "p3", at}, {"n4", members["Twice"].ID, "c", "accepted", "p4", at}}, "")
			})
		}
		for range 2 {
			if err == nil {
				err = s.Cheer(t.Context())
			}
		}
		if err != nil {
			t.Fatal(err)
		}
		for name, m := range members {
			list, err := k.Inbox.Notices(k.As(m), 10)
			var told []string
			for i := range list {
				told = append(told, list[i].Line(i18n.With(t.Context(), "en", time.UTC)))
			}
			want := map[string]string{"Karim": "Your last 10 replies kept to all of the charter.", "Lea": "Whoever you answered gave the best rating.", "Ada": "Your answer was accepted: the first one. Well done."}[name]
			if err != nil || strings.Join(told, "\n") != want {
				t.Errorf("%s was told %q, want %q; %v", name, told, want, err)
			}
		}
	})
}

// firsts chooses the first of each question.
func firsts(n int) (out [][]int) {
	for range n {
		out = append(out, []int{0})
	}
	return out
}
