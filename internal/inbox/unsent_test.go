package inbox_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

// TestUnsentTold: while a channel takes nothing whoever answered is told that it waits, and the social team that it takes nothing, each once; what is
// refused, and what nobody knows of, is told as well. What waited goes out once.
func TestUnsentTold(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		sam, _ := k.Join("Sam", org.Social)
		vera, _ := k.Join("Vera", org.Volunteer)
		paul, _ := k.Join("Paul", org.Volunteer)
		answer := func(m *org.Member, from, to int) {
			t.Helper()
			for i := from; i < to; i++ {
				name := fmt.Sprint("m", i)
				k.Hear(k.Post.ID, inboxtest.Mail(name, "ada", fmt.Sprint("Brakes ", i), "They squeak.", k.Now()))
				_, err := k.Inbox.Reply(k.As(m), k.About(k.Post.ID, name).ID, inbox.Answer{Text: "Bring it in tomorrow at nine.", Private: true})
				must(t, err)
			}
		}
		told := func(m *org.Member, want ...string) {
			t.Helper()
			for range 2 {
				must(t, k.Inbox.TellUnsentOnce(t.Context()))
			}
			list, err := k.Inbox.Notices(k.As(m), 50)
			must(t, err)
			var got []string
			for i := range list {
				got = append(got, list[i].Line(t.Context()))
			}
			slices.Sort(got)
			slices.Sort(want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s is told (-want +got):\n%s", m.Name, diff)
			}
		}
		k.Town.Break(&channel.Fault{Kind: channel.Temporary, Err: errors.New("no route to host")})
		answer(vera, 0, 1)
		k.Send()
		k.Pass(9 * time.Minute)
		told(vera) // a mail server that is started anew
		told(sam)
		k.Pass(2 * time.Minute)
		waits := "Your answer to “Brakes 0” waits: Support takes nothing just now. It goes out by itself, once"
		down := "Support has taken no answers for ten minutes. They wait, and go out once it does"
		told(vera, waits)
		told(sam, down)
		answer(paul, 1, 13)
		for range 24 { // a day
			k.Pass(time.Hour)
			k.Send()
		}
		told(vera, waits)
		told(paul, "12 answers of yours wait: Support takes nothing just now. They go out by themselves, each once")
		told(sam, down)
		k.Town.Break(nil)
		for range 4 {
			k.Pass(2 * time.Hour)
			k.Send()
		}
		if sent := k.Town.Sent(); len(sent) != 13 {
			t.Errorf("%d went out, want each of 13 once", len(sent))
		}
		k.Town.Break(&channel.Fault{Kind: channel.Uncertain, Err: errors.New("cut")})
		answer(vera, 13, 14)
		k.Send()
		k.Town.Break(&channel.Fault{Kind: channel.Refused, Err: errors.New("no such mailbox")})
		answer(vera, 14, 15)
		k.Send()
		told(vera, waits, "Nobody knows whether your answer to “Brakes 13” arrived through Support: please look", "Your answer to “Brakes 14” was refused by Support and did not go out")
		told(sam, down)
	})
}
