package inbox_test

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

// A token queues once for thirty days and is forgotten then.
func TestTidy(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now().Add(-time.Hour)))
		c := k.About(k.Post.ID, "m1")
		reply := func() string {
			must(t, k.Inbox.Tidy(t.Context()))
			v, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Bring it in.", Private: true, Token: "form-1"})
			must(t, err)
			return v.ID
		}
		first := reply()
		k.Pass(30 * 24 * time.Hour)
		if again := reply(); again != first {
			t.Error("the token was forgotten too soon")
		}
		k.Pass(time.Second)
		if again := reply(); again == first {
			t.Error("the token was kept")
		}
	})
}
