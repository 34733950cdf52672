package inbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

func exec(t testing.TB, k *inboxtest.Desk, query string, args ...any) {
	t.Helper()
	must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, query, args...)
		return err
	}))
}

// A post that cannot be read is an error, not the end of the program.
func TestOpeningPostCannotBeRead(t *testing.T) {
	t.Parallel()
	k := inboxtest.New(t, dbtest.SQLite(t))
	k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now().Add(-time.Hour)))
	ours := inboxtest.Mail("m2", "us", "Re: Brakes", "Bring it in.", k.Now().Add(-time.Minute), "m1")
	ours.Ours = true
	k.Hear(k.Post.ID, ours)
	c := k.About(k.Post.ID, "m1")
	exec(t, k, "UPDATE post SET root = 'elsewhere', more = '{' WHERE external_id = 'm1'")
	if w, err := k.Inbox.Ways(t.Context(), &c, ""); err == nil {
		t.Errorf("answered %q although the post that opened the conversation cannot be read", w.Post.ExternalID)
	}
}

// Who sends a form again after the answer was queued and before the conversation was resolved has it resolved.
func TestRetryResolves(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now().Add(-time.Hour)))
		c := k.About(k.Post.ID, "m1")
		in := inbox.Answer{Text: "Bring it in.", Private: true, Token: "form-1"}
		first, err := k.Inbox.Reply(k.As(vera), c.ID, in) // as if it had ended here
		must(t, err)
		if got := k.About(k.Post.ID, "m1"); got.State != inbox.Open {
			t.Fatalf("state %s before the retry", got.State)
		}
		in.Resolve = true
		again, err := k.Inbox.Reply(k.As(vera), c.ID, in)
		must(t, err)
		if got := k.About(k.Post.ID, "m1"); got.State != inbox.Resolved || again.ID != first.ID {
			t.Errorf("state %s, queued as %s and %s", got.State, first.ID, again.ID)
		}
	})
}
