package inbox_test

import (
	"context"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox/inboxtest"
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
