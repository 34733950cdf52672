package inbox_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"testing"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/hours"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/inbox/match"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

// always is somebody who is there day and night.
func always() hours.Calendar {
	c := hours.Calendar{Zone: "UTC"}
	for d := range c.Week {
		c.Week[d] = []hours.Stretch{{From: 0, To: 24 * 60}}
	}
	return c
}

func profile(t *testing.T, k *inboxtest.Desk, m *org.Member, p team.Profile) {
	t.Helper()
	s := team.New(k.DB, k.Org, slog.New(slog.DiscardHandler), k.Now)
	was, err := s.Find(k.As(m), m.ID)
	must(t, err)
	p.Member, p.Languages, p.Calendar, p.Routed = m.ID, []string{"en"}, always(), true
	_, err = s.Save(org.AsOperator(t.Context()), was.Mark(), p)
	must(t, err)
}

func TestRouting(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		sam, _ := k.Join("Sam", org.Social)
		vic, _ := k.Join("Vic", org.Volunteer)
		zoe, _ := k.Join("Zoe", org.Volunteer)
		profile(t, k, vic, team.Profile{Skills: []string{"Brakes"}, Department: "Workshop", Minutes: 60})
		profile(t, k, zoe, team.Profile{Skills: []string{"prices"}, Department: "Sales", Minutes: 60})
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "My brakes", "The brakes of my bike squeak when it rains.", k.Now()),
			inboxtest.Mail("m2", "bo", "A question", "What is the price of a new wheel, please?", k.Now()),
			inboxtest.Mail("m3", "cyd", "Hello", "There was smoke in the garage last night.", k.Now()))
		brakes, price, smoke := k.About(k.Post.ID, "m1"), k.About(k.Post.ID, "m2"), k.About(k.Post.ID, "m3")

		list, err := k.Inbox.Suggest(k.As(sam), brakes.ID)
		must(t, err)
		if len(list) < 2 || list[0].Member != vic.ID || list[0].Reasons[1].Cause != match.Skilled || list[0].Reasons[1].Line(t.Context()) != "knows brakes" {
			t.Fatalf("suggested: %+v", list)
		}
		if done, err := k.Inbox.RouteWaiting(t.Context()); err != nil || done.Looked != 0 {
			t.Errorf("routed while it is off: %+v, %v", done, err)
		}
		if _, err := k.Inbox.SetRule(k.As(vic), inbox.Rule{Name: "Smoke", Query: "smok*", To: inbox.Target{Kind: inbox.ToMember, Value: sam.ID}, Active: true}); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a volunteer makes a rule: %v", err)
		}
		if _, err := k.Inbox.SetRule(k.As(sam), inbox.Rule{Name: "Smoke", Query: "smoke (", To: inbox.Target{Kind: inbox.ToMember, Value: sam.ID}, Active: true}); !problem.Is(err, problem.Invalid) {
			t.Errorf("a query that cannot be read: %v", err)
		}
		_, err = k.Inbox.SetRule(k.As(sam), inbox.Rule{Name: "Smoke", Query: "smok*", To: inbox.Target{Kind: inbox.ToDepartment, Value: "Fire brigade"}, Active: true})
		must(t, err)
		if n, looked, err := k.Inbox.Matching(k.As(sam), "smok*"); err != nil || n != 1 || looked != 3 {
			t.Errorf("%d of %d match, %v", n, looked, err)
		}
		must(t, k.Inbox.SetRouting(k.As(sam), inbox.Routing{Automatic: true, Most: 5, Cost: 8}))
		_, err = k.Inbox.Pass(k.As(zoe), brakes.ID, inbox.PassSkill, "")
		must(t, err)
		for range 2 {
			done, err := k.Inbox.RouteWaiting(t.Context())
			must(t, err)
			if done.Stuck != 1 {
				t.Errorf("%+v", done)
			}
		}
		for id, want := range map[string]string{brakes.ID: vic.ID, price.ID: zoe.ID, smoke.ID: ""} {
			if c, err := k.Inbox.Find(t.Context(), id); err != nil || c.Assignee != want {
				t.Errorf("%s is with %q, want %q, %v", c.Title, c.Assignee, want, err)
			}
		}
		told, err := k.Inbox.Notices(k.As(sam), 10)
		must(t, err)
		if len(told) != 1 || told[0].Line(t.Context()) != "1 conversation fits nobody who is free" {
			t.Errorf("the social team is told %+v", told)
		}
		if told, err = k.Inbox.Notices(k.As(vic), 10); err != nil || len(told) != 1 || told[0].Line(t.Context()) != "Routing gave you “My brakes”" {
			t.Errorf("Vic is told %+v, %v", told, err)
		}

		// While something lasts, what is named goes to whom it says, whatever the rules say; who is kept free gets nothing else.
		situation := id.New()
		must(t, k.DB.Tx(k.As(sam), func(ctx context.Context, q db.Q) error {
			if err := k.Inbox.Divert(ctx, q, inbox.Diversion{ID: situation, To: inbox.Target{Kind: inbox.ToMember, Value: vic.ID}, Hold: []string{zoe.ID}}); err != nil {
				return err
			}
			return k.Inbox.Redirect(ctx, q, situation, smoke.ID)
		}))
		k.Hear(k.Post.ID, inboxtest.Mail("m4", "dot", "Prices", "What is the price of a saddle?", k.Now()))
		_, err = k.Inbox.RouteWaiting(t.Context())
		must(t, err)
		if c := k.About(k.Post.ID, "m3"); c.Assignee != vic.ID {
			t.Errorf("diverted: %+v", c)
		}
		if c := k.About(k.Post.ID, "m4"); c.Assignee == zoe.ID {
			t.Error("who is kept free got something else")
		}
		must(t, k.DB.Tx(k.As(sam), func(ctx context.Context, q db.Q) error { return k.Inbox.EndDivert(ctx, q, situation) }))
		if list, err := k.Inbox.Diversions(k.As(sam)); err != nil || len(list) != 0 {
			t.Errorf("still diverted: %+v, %v", list, err)
		}
	})
}

// TestLearned: what somebody resolved and was not reopened speaks for them.
func TestLearned(t *testing.T) {
	d := dbtest.SQLite(t)
	k := inboxtest.New(t, d)
	topic(t, d, "brakes", "brake*", noon.Add(0))
	sam, _ := k.Join("Sam", org.Social)
	vic, _ := k.Join("Vic", org.Volunteer)
	var said []channel.Item
	for i := range 5 {
		said = append(said, inboxtest.Mail(fmt.Sprint("m", i), "ada", "My brakes", "The brakes of my bike squeak when it rains.", k.Now()))
	}
	k.Hear(k.Post.ID, said...)
	for i := range 4 {
		c := k.About(k.Post.ID, fmt.Sprint("m", i))
		_, err := k.Inbox.Take(k.As(vic), c.ID)
		must(t, err)
		_, err = k.Inbox.Resolve(k.As(vic), c.ID)
		must(t, err)
		if i == 3 {
			_, err = k.Inbox.Reopen(k.As(sam), c.ID)
			must(t, err)
		}
	}
	list, err := k.Inbox.Suggest(k.As(sam), k.About(k.Post.ID, "m4").ID)
	must(t, err)
	if len(list) == 0 || list[0].Member != vic.ID {
		t.Fatalf("suggested: %+v", list)
	}
	for _, r := range list[0].Reasons {
		if r.Cause == match.Learnt && r.Line(t.Context()) == "brakes: 3 resolved" {
			for m, want := range map[team.AimMeasure][2]float64{team.AimKept: {75, 4}, team.AimBreadth: {1, 1}, team.AimPrompt: {0, 0}, team.AimTime: {0, 0}} {
				if v, n, err := k.Inbox.Achieved(k.As(vic), vic.ID, m, noon.AddDate(0, 0, -1), noon.AddDate(0, 0, 1)); err != nil || v != want[0] || float64(n) != want[1] {
					t.Errorf("%s: %v of %d, want %v, %v", m, v, n, want, err)
				}
			}
			return
		}
	}
	t.Errorf("not said: %+v", list[0].Reasons)
}

// BenchmarkRouteWaiting routes 1,000 waiting conversations among 200 volunteers, from rows to facts and back to rows.
// TestLearnedFromAccepted: whoever asked accepts an answer, and so resolves what it answers: whose answer it was has learned from it.
func TestLearnedFromAccepted(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		topic(t, k.DB, "brakes", "brake*", noon.Add(0))
		sam, _ := k.Join("Sam", org.Social)
		vic, _ := k.Join("Vic", org.Volunteer)
		ask := func(name string) {
			k.Hear(k.Post.ID, inboxtest.Question(name, "ada", "My brakes", "The brakes of my bike squeak when it rains.", k.Now()))
		}
		ask("q1")
		_, err := k.Inbox.Reply(k.As(vic), k.About(k.Post.ID, "q1").ID, inbox.Answer{Text: "Clean the discs with alcohol."})
		must(t, err)
		k.Send()
		_, err = k.Ledger.State(t.Context(), ledger.Activity{Kind: ledger.AnswerPicked, Actor: "mailto:ada@example.org", Object: k.PostID(k.Post.ID, "q1"), Channel: k.Post.ID, At: k.Now(),
			Data: ledger.Data(ledger.Picked{Answer: "sent-1"})})
		must(t, err)
		if c := k.About(k.Post.ID, "q1"); c.State != inbox.Resolved {
			t.Fatalf("accepted, and %s", c.State)
		}
		ask("q2")
		for range 2 {
			list, err := k.Inbox.Suggest(k.As(sam), k.About(k.Post.ID, "q2").ID)
			must(t, err)
			if len(list) == 0 || list[0].Member != vic.ID || !slices.ContainsFunc(list[0].Reasons, func(r inbox.Reason) bool {
				return r.Cause == match.Learnt && r.Line(t.Context()) == "brakes: 1 resolved"
			}) {
				t.Fatalf("suggested: %+v", list)
			}
			must(t, k.Ledger.Rebuild(t.Context(), 500, nil))
		}
	})
}

func BenchmarkRouteWaiting(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		k := inboxtest.New(b, dbtest.SQLite(b))
		sam, _ := k.Join("Sam", org.Social)
		s := team.New(k.DB, k.Org, slog.New(slog.DiscardHandler), k.Now)
		skills := []string{"brakes", "battery", "wheel", "price", "delivery", "screen", "warranty", "saddle", "motor", "invoice"}
		for i := range 200 {
			m, _ := k.Join(fmt.Sprint("Vic", i), org.Volunteer)
			p := team.Profile{Member: m.ID, Languages: []string{"en"}, Calendar: always(), Routed: true, Minutes: 120, Skills: []string{skills[i%10], skills[i*7%10], skills[i*3%10]}}
			_, err := s.Save(org.AsOperator(b.Context()), "none", p)
			must(b, err)
		}
		var said []channel.Item
		for i := range 1000 {
			said = append(said, inboxtest.Mail(fmt.Sprint("m", i), "ada", "About my "+skills[i%10], fmt.Sprintf("Good morning, there is something wrong with the %s of my bike, and the %s too. Could somebody please help me with it this week?", skills[i%10], skills[i*3%10]), k.Now()))
		}
		k.Hear(k.Post.ID, said...)
		must(b, k.Inbox.SetRouting(k.As(sam), inbox.Routing{Automatic: true, Most: 8, Cost: 8}))
		b.StartTimer()
		done, err := k.Inbox.RouteWaiting(b.Context())
		must(b, err)
		if done.Given != 1000 {
			b.Fatalf("%+v", done)
		}
	}
}
