package inbox_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox/due"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestWaits: the time until resolution stands still while a conversation has a tag that says so, the time until the reply does not.
func TestWaits(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		sam, _ := k.Join("Sam", org.Social)
		ctx := k.As(sam)
		level := due.Policy{ID: "p", Name: "P", FirstReply: 60, Resolution: 100, Calendar: due.Around, Waits: []string{strings.Repeat("long ", 9)}}
		if err := k.Inbox.Promise(ctx, due.Promises{Policies: []due.Policy{level}}, ""); !problem.Is(err, problem.Invalid) {
			t.Errorf("a tag nobody can put on: %v", err)
		}
		level.Waits = []string{" Waits  for supplier ", "away", "away"}
		must(t, k.Inbox.Promise(ctx, due.Promises{Policies: []due.Policy{level}}, ""))
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now()))
		c := k.About(k.Post.ID, "m1")
		begun := k.Now()
		tag := func(on, off []string) {
			t.Helper()
			_, err := k.Inbox.Tag(ctx, c.ID, on, off)
			must(t, err)
			k.Level()
		}
		left := func(aim due.Aim) (state string, used, until time.Duration) {
			t.Helper()
			type row struct {
				state  string
				micros int64
				due    time.Time
			}
			got, found, err := db.One(t.Context(), k.DB.Read(), func(r *row) []any { return []any{&r.state, &r.micros, db.At(&r.due)} },
				"SELECT state, used, due_at FROM conversation_promise WHERE conversation = $1 AND aim = $2", c.ID, string(aim))
			if err != nil || !found {
				t.Fatalf("%s: %t, %v", aim, found, err)
			}
			if !got.due.IsZero() {
				until = got.due.Sub(begun).Round(time.Minute)
			}
			return got.state, (time.Duration(got.micros) * time.Microsecond).Round(time.Minute), until
		}
		k.Pass(20 * time.Minute)
		tag([]string{"other"}, nil)
		if state, _, until := left(due.Resolution); state != "running" || until != 100*time.Minute {
			t.Errorf("another tag: %s, due after %s", state, until)
		}
		tag([]string{"waits for supplier"}, nil)
		k.Pass(50 * time.Minute)
		tag([]string{"away"}, []string{"waits for supplier"})
		if state, used, until := left(due.Resolution); state != "paused" || used != 20*time.Minute || until != 0 {
			t.Errorf("while it waits: %s, %s used, due after %s", state, used, until)
		}
		if state, _, until := left(due.FirstReply); state != "running" || until != 60*time.Minute {
			t.Errorf("their reply: %s, due after %s", state, until)
		}
		k.Pass(30 * time.Minute)
		tag(nil, []string{"away"})
		want := 180 * time.Minute // 100, and 80 in which it waited
		if state, _, until := left(due.Resolution); state != "running" || until != want {
			t.Errorf("afterwards: %s, due after %s, want %s", state, until, want)
		}
		must(t, k.Ledger.Rebuild(t.Context(), 2, nil))
		if state, _, until := left(due.Resolution); state != "running" || until != want {
			t.Errorf("derived anew: %s, due after %s, want %s", state, until, want)
		}
	})
}
