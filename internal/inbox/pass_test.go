package inbox_test

import (
	"fmt"
	"testing"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestFortyGone: a volunteer is suspended while holding 40 conversations: all are everybody's again, once, and the social team is told once.
func TestFortyGone(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Owner)
		sam, _ := k.Join("Sam", org.Social)
		vic, _ := k.Join("Vic", org.Volunteer)
		var said []channel.Item
		for i := range 40 {
			said = append(said, inboxtest.Mail(fmt.Sprint("m", i), "ada", "Brakes", "They squeak.", k.Now()))
		}
		k.Hear(k.Post.ID, said...)
		for i := range 40 {
			_, err := k.Inbox.Take(k.As(vic), k.About(k.Post.ID, fmt.Sprint("m", i)).ID)
			must(t, err)
		}
		must(t, k.Org.Suspend(k.As(vera), vic.ID))
		for range 2 {
			must(t, k.Inbox.ReleaseGone(t.Context()))
		}
		if n, err := k.Inbox.Counts(t.Context(), vic.ID); err != nil || n.Mine != 0 || n.Unassigned != 40 {
			t.Errorf("%+v, %v", n, err)
		}
		list, err := k.Inbox.Notices(k.As(sam), 10)
		must(t, err)
		if len(list) != 1 || list[0].Line(t.Context()) != "Vic is gone: 40 conversations are everybody’s again" {
			t.Errorf("told %+v", list)
		}
	})
}

func TestPassAndEscalate(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Owner)
		sam, _ := k.Join("Sam", org.Social)
		vic, _ := k.Join("Vic", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now()))
		c := k.About(k.Post.ID, "m1")
		_, err := k.Inbox.Take(k.As(vic), c.ID)
		must(t, err)
		if _, err := k.Inbox.Pass(k.As(vic), c.ID, inbox.PassOther, " "); !problem.Is(err, problem.Invalid) {
			t.Errorf("another reason without words: %v", err)
		}
		for range 2 {
			if c, err = k.Inbox.Pass(k.As(vic), c.ID, inbox.PassSkill, ""); err != nil || c.Assignee != "" {
				t.Fatalf("passed: %+v, %v", c, err)
			}
		}
		if list, err := k.Inbox.Passes(t.Context(), c.ID); err != nil || len(list) != 1 || list[0].Name != "Vic" {
			t.Errorf("passes %+v, %v", list, err)
		}
		if _, err := k.Inbox.Escalate(k.As(vic), c.ID, inbox.Escalation{To: vic.ID, Reason: inbox.IsLegal}); !problem.Is(err, problem.Invalid) {
			t.Errorf("handed up to themselves: %v", err)
		}
		if c, err = k.Inbox.Escalate(k.As(vic), c.ID, inbox.Escalation{To: vera.ID, Reason: inbox.IsLegal}); err != nil || c.Assignee != vera.ID {
			t.Fatalf("handed up: %+v, %v", c, err)
		}
		if _, err := k.Inbox.Escalate(k.As(vic), c.ID, inbox.Escalation{Reason: inbox.IsLegal}); !problem.Is(err, problem.Conflict) {
			t.Errorf("what somebody else has is handed up: %v", err)
		}
		_, err = k.Inbox.Assign(k.As(vera), c.ID, sam.ID, nil)
		must(t, err)
		for m, want := range map[*org.Member]int{sam: 2, vera: 1, vic: 0} { // sam: of the pass, of the assignment
			if n := k.Inbox.Untold(k.As(m)); n != want {
				t.Errorf("%s was told %d, want %d", m.Name, n, want)
			}
		}
	})
}
