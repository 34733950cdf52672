package intake

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
)

// hold keeps a transaction under way for a while, before which the followers stop.
func hold(t *testing.T, d *db.DB) {
	t.Helper()
	began, ended := make(chan struct{}), make(chan error, 1)
	go func() {
		ended <- d.Tx(context.WithoutCancel(t.Context()), func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "SELECT pg_current_xact_id()"); err != nil {
				return err
			}
			close(began)
			_, err := db.Exec(ctx, q, "SELECT pg_sleep(0.5)")
			return err
		})
	}()
	t.Cleanup(func() {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case <-began:
	case err := <-ended:
		ended <- err
		t.Fatal("no transaction is under way", err)
	}
}

// TestHeldFollowers imports while a transaction elsewhere holds the followers: when it is done all is derived.
func TestHeldFollowers(t *testing.T) {
	t.Parallel()
	d := dbtest.Postgres(t)
	r := testRunner(t, d, noon)
	ch := place(t, r, "feed", "news")
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var lines strings.Builder
	for i := range 3 {
		fmt.Fprintf(&lines, "{\"id\":\"%d\",\"text\":\"x\",\"at\":\"2026-01-01T00:00:00Z\"}\n", i)
	}
	hold(t, d)
	if got := run(t, r, "jsonl", write(t, "p.jsonl", []byte(lines.String())), Options{Settings: Settings{Channel: ch}}, false); got.Added != 3 {
		t.Errorf("%+v", got)
	}
	if n, err := r.Ledger.Behind(t.Context()); err != nil || n > 0 {
		t.Errorf("the import is done and %d activities are not digested, %v", n, err)
	}
	// What facts are about may itself not be digested when they come.
	hold(t, d)
	item := channel.Item{At: at}
	item.ExternalID, item.Text = "late", "Late"
	if _, err := r.Channels.State(t.Context(), ch, []channel.Item{item}); err != nil {
		t.Fatal(err)
	}
	opts := Options{
		Member: func(context.Context, string) (string, bool) { return "M", true },
		Resolve: func(ctx context.Context, in, external string) (string, string, error) {
			post, found, err := channel.FindPost(ctx, d.Read(), in, external)
			if err != nil || !found {
				return "", "", fmt.Errorf("%q is not derived: %v", external, err)
			}
			return post.ID, "conversation of " + post.ID, nil
		},
	}
	line := `{"kind":"conversation.resolved","at":"2026-01-03T00:00:00Z","actor":"mailto:m@us.example","channel":"news","post":"late"}`
	if got := run(t, r, "jsonl", write(t, "h.jsonl", []byte(line)), opts, false); got.Added != 1 || got.Refused != 0 {
		t.Errorf("%+v", got)
	}
	n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM activity WHERE kind = $1", ledger.ConversationResolved)
	if err != nil || n != 1 {
		t.Errorf("resolved %d times, %v", n, err)
	}
}
