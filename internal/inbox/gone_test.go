package inbox_test

import (
	"strings"
	"testing"

	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

// TestReleaseGone holds that what a removed member had is nobody's, and that what they did names them still.
func TestReleaseGone(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Owner)
		sam, _ := k.Join("Sam", org.Social)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now()), inboxtest.Mail("m2", "bo", "Price", "How much?", k.Now()),
			inboxtest.Mail("m3", "cyd", "Late", "When?", k.Now()))
		for m, e := range map[string]*org.Member{"m1": sam, "m2": sam, "m3": vera} {
			_, err := k.Inbox.Take(k.As(e), k.About(k.Post.ID, m).ID)
			must(t, err)
		}
		_, err := k.Inbox.Resolve(k.As(sam), k.About(k.Post.ID, "m2").ID)
		must(t, err)
		must(t, k.Inbox.ReleaseGone(t.Context()))
		if c := k.About(k.Post.ID, "m1"); c.Assignee != sam.ID {
			t.Fatal("taken from a member")
		}
		must(t, k.Org.Remove(k.As(vera), sam.ID, false))
		for range 2 {
			must(t, k.Inbox.ReleaseGone(t.Context()))
			k.Level()
		}
		for m, want := range map[string]string{"m1": "", "m2": sam.ID, "m3": vera.ID} {
			if c := k.About(k.Post.ID, m); c.Assignee != want {
				t.Errorf("%s is with %q, want %q", m, c.Assignee, want)
			}
		}
		line, err := k.Inbox.Timeline(k.As(vera), k.About(k.Post.ID, "m1").ID, "", 50)
		must(t, err)
		var did []string
		for _, e := range line.Entries {
			if e.Change != nil {
				did = append(did, e.Change.Kind+" "+e.Change.ByName)
			}
		}
		if got := strings.Join(did, ", "); got != "conversation.taken Sam, conversation.released " {
			t.Errorf("history: %q", got)
		}
	})
}
