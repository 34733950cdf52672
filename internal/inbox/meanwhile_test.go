package inbox_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestAnsweredMeanwhile: of a hundred members who write an answer to the same five conversations and send it at once, one is heard in each, and every
// other is told by whom it was answered. Whoever has read that, and sends all the same, is heard.
func TestAnsweredMeanwhile(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		const talks, members = 5, 100
		lead, _ := k.Join("Lead", org.Social)
		crew := make([]*org.Member, members)
		for i := range crew {
			crew[i], _ = k.Join(fmt.Sprint("M", i), org.Volunteer)
		}
		ids := make([]string, talks)
		for i := range ids {
			name := fmt.Sprint("m", i)
			k.Hear(k.Post.ID, inboxtest.Mail(name, "ada", "Brakes", "They squeak.", k.Now()))
			if ids[i] = k.About(k.Post.ID, name).ID; i%2 == 0 { // some have somebody, some have nobody
				_, err := k.Inbox.Assign(k.As(lead), ids[i], crew[i].ID, nil)
				must(t, err)
			}
		}
		seen := func(m *org.Member, c string) *time.Time {
			t.Helper()
			line, err := k.Inbox.Timeline(k.As(m), c, "", 50)
			must(t, err)
			return &line.Ours
		}
		k.Pass(time.Minute)
		say := make([]inbox.Answer, members)
		for i, m := range crew {
			c := ids[i%talks]
			must(t, k.Inbox.Enter(k.As(m), c, m.ID, true))
			say[i] = inbox.Answer{Text: fmt.Sprint("Bring it in tomorrow at nine, says ", i), Private: true, Token: fmt.Sprint(i), Seen: seen(m, c)}
		}
		for i, m := range crew {
			if list, err := k.Inbox.Others(k.As(m), ids[i%talks], m.ID); err != nil || len(list) != members/talks-1 {
				t.Fatalf("%s sees %d beside them, %v", m.Name, len(list), err)
			}
		}
		errs := make([]error, members)
		var all sync.WaitGroup
		for i, m := range crew {
			all.Go(func() { _, errs[i] = k.Inbox.Reply(k.As(m), ids[i%talks], say[i]) })
		}
		all.Wait()
		heard := make([]string, talks)
		for i, err := range errs {
			if err == nil {
				if heard[i%talks] != "" {
					t.Errorf("%s and %s answered one conversation, and neither was told", heard[i%talks], crew[i].Name)
				}
				heard[i%talks] = crew[i].Name
			}
		}
		for i, err := range errs {
			if err == nil {
				continue
			}
			refused(t, err, problem.Conflict, inbox.AnsweredMeanwhile)
			if args := problem.Of(err).Args; len(args) != 2 || args[1] != heard[i%talks] {
				t.Errorf("%s is told of %v, %s answered", crew[i].Name, args, heard[i%talks])
			}
		}
		k.Pass(time.Minute)
		k.Send()
		if sent := k.Town.Sent(); len(sent) != talks {
			t.Errorf("%d answers went out, want %d", len(sent), talks)
		}

		// It is sent now: that is no second answer to whoever had seen it queued, and the next one upon it is heard.
		late := crew[members-1]
		if strings.Contains(strings.Join(heard, " "), late.Name) {
			late = crew[members-2]
		}
		_, err := k.Inbox.Reply(k.As(late), ids[0], inbox.Answer{Text: "And bring the key with you, please.", Private: true, Seen: seen(late, ids[0])})
		must(t, err)
		_, err = k.Inbox.Reply(k.As(lead), ids[0], inbox.Answer{Text: "We open at eight, in fact.", Private: true}) // programs that say nothing of what they saw
		must(t, err)
	})
}

// TestAnsweredElsewhere: an answer from somebody's own mail program counts, one that was taken back does not, and nor does one's own.
func TestAnsweredElsewhere(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		paul, _ := k.Join("Paul", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now()))
		c := k.About(k.Post.ID, "m1")
		line, err := k.Inbox.Timeline(k.As(paul), c.ID, "", 50)
		must(t, err)
		say := func(m *org.Member) error {
			k.Pass(time.Second)
			_, err := k.Inbox.Reply(k.As(m), c.ID, inbox.Answer{Text: "Bring it in tomorrow at nine.", Private: true, NotBefore: k.Now().Add(time.Minute), Seen: &line.Ours})
			return err
		}
		must(t, say(vera))
		must(t, say(vera)) // from another window
		refused(t, say(paul), problem.Conflict, inbox.AnsweredMeanwhile)
		answers, err := k.Inbox.Answers(k.As(vera), &c)
		must(t, err)
		for _, a := range answers {
			_, err := k.Inbox.Withdraw(k.As(vera), c.ID, a.ID)
			must(t, err)
		}
		must(t, say(paul))
		answers, err = k.Inbox.Answers(k.As(paul), &c)
		must(t, err)
		_, err = k.Inbox.Withdraw(k.As(paul), c.ID, answers[0].ID)
		must(t, err)
		ours := inboxtest.Mail("m2", "help", "Re: Brakes", "I called them.", k.Now(), "m1")
		ours.Ours = true
		k.Hear(k.Post.ID, ours)
		refused(t, say(paul), problem.Conflict, inbox.AnsweredMeanwhile+"_somebody")
	})
}
