package channel

import (
	"context"
	"errors"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
)

// TestGate: what becomes a public service asks first, by every way; what is none, and what is open already, does not.
func TestGate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		shut := errors.New("shut")
		asked, answer := 0, shut
		s := testService(t, d, &clockwork{at: noon}, newTown()).WithGate(func(context.Context) error { asked++; return answer })
		ctx := t.Context()
		draft := func(name string, inbox Inbox, disabled bool) Draft {
			return Draft{Kind: "town", Name: name, Inbox: inbox, Disabled: disabled, Settings: Settings{"url": "https://oslo.example/" + name, "token": "s"}}
		}
		if _, err := s.Add(ctx, draft("a", InboxMentions, false)); !errors.Is(err, shut) {
			t.Errorf("it opened: %v", err)
		}
		if list, err := s.List(ctx); err != nil || len(list) != 0 {
			t.Errorf("%d channels are left behind, %v", len(list), err)
		}
		quiet, err := s.Add(ctx, draft("b", InboxNone, false))
		if err != nil {
			t.Fatalf("one that only listens: %v", err)
		}
		off, err := s.Add(ctx, draft("c", InboxAll, true))
		if err != nil {
			t.Fatalf("one that is switched off: %v", err)
		}
		if asked != 1 {
			t.Errorf("asked %d times, want once", asked)
		}
		if err := s.Enable(ctx, off.ID); !errors.Is(err, shut) {
			t.Errorf("it was switched on: %v", err)
		}
		change := draft("b", InboxAll, false)
		if _, err := s.Update(ctx, quiet.ID, change); !errors.Is(err, shut) {
			t.Errorf("it began to serve by a change: %v", err)
		}
		answer = nil
		if _, err := s.Update(ctx, quiet.ID, change); err != nil {
			t.Fatal(err)
		}
		answer = shut
		change.Name = "renamed"
		if _, err := s.Update(ctx, quiet.ID, change); err != nil {
			t.Errorf("one that is open cannot be changed: %v", err)
		}
	})
}
