package inbox_test

import (
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/team"
)

// TestUnderTheCharter holds that what breaks a binding rule is refused with the reason, that those who assign may send it all the same, noted,
// and that a beginner's reply goes out once, when a mentor has let it, and five of them make the beginner speak freely.
func TestUnderTheCharter(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		log := slog.New(slog.DiscardHandler)
		lea, _ := k.Join("Lea", org.Owner)
		vera, _ := k.Join("Vera", org.Volunteer)
		paul, _ := k.Join("Paul", org.Volunteer)
		rules := charter.New(k.DB, k.Org, log, k.Now)
		draft, err := rules.Begin(k.As(lea))
		must(t, err)
		_, err = rules.Publish(k.As(lea), draft.ID, "", k.Now(), true)
		must(t, err)
		k.Hear(k.Post.ID, inboxtest.Question("q1", "ada", "Brakes", "They squeak, this is a scandal.", k.Now()))
		c := k.About(k.Post.ID, "q1")

		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Buy now, only three left in stock! I call you tomorrow."})
		refused(t, err, problem.Invalid, "inbox.charter_broken")
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Buy now, only three left in stock! I call you tomorrow.", Override: true})
		refused(t, err, problem.Invalid, "inbox.charter_broken")
		if len(k.Town.Sent()) != 0 {
			t.Fatal("it was sent")
		}
		_, err = k.Inbox.Reply(k.As(lea), c.ID, inbox.Answer{Text: "Buy now, only three left in stock! I call you tomorrow.", Override: true})
		must(t, err)
		if audited(t, k, "conversation.override") != 1 {
			t.Error("that a rule was overridden is not noted")
		}

		people := team.New(k.DB, k.Org, log, k.Now)
		p, err := people.Find(k.As(lea), vera.ID)
		must(t, err)
		seen := p.Mark()
		p.Approval, p.Mentor = team.Beginner, paul.ID
		_, err = people.Save(k.As(lea), seen, p)
		must(t, err)
		k.Send()
		before := len(k.Town.Sent())
		in := inbox.Answer{Text: "Clean the rim with soap. Tell me tonight whether it helps.", Token: "f1"}
		v, err := k.Inbox.Reply(k.As(vera), c.ID, in)
		must(t, err)
		again, err := k.Inbox.Reply(k.As(vera), c.ID, in)
		must(t, err)
		k.Send()
		if v.State != inbox.Held || again.ID != v.ID || len(k.Town.Sent()) != before {
			t.Fatalf("it does not wait once: %s %s, %d sent", v.State, again.State, len(k.Town.Sent())-before)
		}
		_, err = k.Inbox.Approve(k.As(vera), v.ID, "", false)
		refused(t, err, problem.Forbidden, "inbox.approval.own")
		errs := make([]error, 4)
		var all sync.WaitGroup
		for i := range errs { // two mentors, two clicks each
			all.Go(func() { _, errs[i] = k.Inbox.Approve(k.As([]*org.Member{paul, lea}[i%2]), v.ID, "", false) })
		}
		all.Wait()
		let := 0
		for _, err := range errs {
			if err == nil {
				let++
			}
		}
		k.Send()
		if let != 1 || len(k.Town.Sent()) != before+1 {
			t.Fatalf("%d let it out, %d arrived: %v", let, len(k.Town.Sent())-before, errors.Join(errs...))
		}
		if sent := k.Town.Sent()[before]; sent.AuthorName != "Vera" {
			t.Errorf("it was said by %q", sent.AuthorName)
		}
		told, err := k.Inbox.Notices(k.As(vera), 10)
		must(t, err)
		if len(told) != 1 || told[0].Key != "inbox.told.approved" {
			t.Errorf("the author was told %v", told)
		}
		back, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "It is the pads. I send new ones tomorrow."})
		must(t, err)
		_, err = k.Inbox.SendBack(k.As(paul), back.ID, "Which pads?")
		must(t, err)
		mine, _, err := k.Inbox.Drafts(k.As(vera), &c)
		must(t, err)
		if mine.Text != "It is the pads. I send new ones tomorrow." {
			t.Errorf("the words are lost: %q", mine.Text)
		}
		for range team.ApprovedToSpeak {
			v, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "I send new pads tomorrow."})
			must(t, err)
			_, err = k.Inbox.Approve(k.As(paul), v.ID, "", false)
			must(t, err)
		}
		free, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "I send new pads tomorrow."})
		must(t, err)
		if free.State == inbox.Held {
			t.Error("after so many approved unchanged, it still waits")
		}
	})
}

// TestBothAnswers holds that a public complaint is tracked until it has a public answer and a private follow-up.
func TestBothAnswers(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Question("q1", "ada", "Brakes", "They squeak.", k.Now()))
		c := k.About(k.Post.ID, "q1")
		must(t, k.Inbox.Label(k.As(vera), k.PostID(k.Post.ID, "q1"), "negative"))
		k.Level()
		k.Pass(time.Minute)
		checked, err := k.Inbox.Check(k.As(vera), c.ID, inbox.Answer{Text: "Hello"})
		must(t, err)
		if !checked.Complaint || checked.Followed {
			t.Fatalf("%+v, want a complaint without follow-up", checked)
		}
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "You are right.", Pair: true})
		must(t, err)
		k.Send()
		open, err := k.Inbox.OpenPairs(k.As(vera))
		must(t, err)
		if len(open) != 1 || !open[0].Answered || open[0].Followed {
			t.Fatalf("open %+v, want the private half", open)
		}
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Where do I send the pads?", Private: true})
		must(t, err)
		k.Send()
		if open, err = k.Inbox.OpenPairs(k.As(vera)); err != nil || len(open) != 0 {
			t.Errorf("open %+v (%v), want nothing", open, err)
		}
	})
}

// TestSpokenElsewhere holds that what was heard of ours counts as spoken there, also where nothing was ever sent from here; what a program of ours
// sends does not.
func TestSpokenElsewhere(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		vic, _ := k.Join("Vic", org.Volunteer)
		rules := charter.New(k.DB, k.Org, slog.New(slog.DiscardHandler), k.Now)
		lea, _ := k.Join("Lea", org.Owner)
		draft, err := rules.Begin(k.As(lea))
		must(t, err)
		_, err = rules.Publish(k.As(lea), draft.ID, "", k.Now(), true)
		must(t, err)
		k.Hear(k.Post.ID, inboxtest.Question("q1", "ada", "Brakes", "They squeak.", k.Now()))
		c := k.About(k.Post.ID, "q1")
		says := func(m *org.Member) string {
			t.Helper()
			v, err := k.Inbox.Check(k.As(m), c.ID, inbox.Answer{Text: "Clean the rim with soap. Tell me tonight whether it helps."})
			must(t, err)
			for _, f := range v.Findings {
				if f.Check == charter.Introduced {
					return strings.TrimPrefix(f.Reason, "charter.finding.")
				}
			}
			t.Fatal("the charter has no word on it")
			return ""
		}
		ours := func(name, member, automatic string) {
			i := inboxtest.Question(name, "help", "", "We are here.", k.Now(), "q1")
			i.Ours, i.Member, i.Automatic = true, member, automatic
			k.Hear(k.Post.ID, i)
		}
		if got := says(vera); got != "introduced.first" {
			t.Fatalf("in a new place: %s", got)
		}
		ours("o1", "", "reply")
		if got := says(vera); got != "introduced.first" {
			t.Errorf("after a program of ours: %s", got)
		}
		ours("o2", vic.ID, "")
		if got := says(vera); got != "introduced.colleague" {
			t.Errorf("after a colleague: %s", got)
		}
		if got := says(vic); got != "introduced.spoken" {
			t.Errorf("of whoever spoke: %s", got)
		}
	})
}

func TestNamed(t *testing.T) {
	t.Parallel()
	list := []*org.Member{{ID: "a", Name: "Inès Cordelier"}, {ID: "b", Name: "Paul Roy"}, {ID: "c", Name: "Paul Durand"}}
	for text, want := range map[string]string{"@ines look": "a", "@Inès, look": "a", "@paul roy?": "b", "@paul.durand": "c", "@paul": "b c", "x@paul.example": "", "@paula": "", "": ""} {
		if got := strings.Join(inbox.Named(text, list), " "); got != want {
			t.Errorf("%q names %q, want %q", text, got, want)
		}
	}
}
