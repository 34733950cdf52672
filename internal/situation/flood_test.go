package situation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/situation"
)

// TestFloodGathered: five thousand people write the same. It is suggested as one, opened and gathered whole; those who come later are found alike;
// whoever works in the inbox still comes to the end of its pages and finds the few who ask for something else.
func TestFloodGathered(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		flood := 5000
		if r.DB.Engine() == db.Postgres {
			flood = 300
		}
		ctx := r.As(r.lea)
		hear := func(name string, n int, text func(int) string) (ids []string) {
			var said []channel.Item
			for i := range n {
				at := r.Now().Add(-time.Hour + time.Duration(i)*100*time.Millisecond)
				said = append(said, inboxtest.Mail(fmt.Sprint(name, i), fmt.Sprint(name, i), "", text(i), at))
			}
			for some := range slices.Chunk(said, 1000) {
				r.Hear(r.Post.ID, some...)
			}
			for i := range n {
				ids = append(ids, r.About(r.Post.ID, fmt.Sprint(name, i)).ID)
			}
			return ids
		}
		things := []string{"saddle", "invoice", "bell", "manual", "warranty"}
		others := hear("other", len(things), func(i int) string {
			return []string{"How high should the saddle be?", "Please send last month's invoice again.", "Where was this bell made", "Is there a manual in Dutch", "Does warranty cover scratches after two winters?"}[i]
		})
		same := func(int) string { return "The battery of my Lande 2 burns while charging. Refund me now!" }
		all := hear("rider", flood, same)
		hints, err := r.s.Suggestions(ctx)
		r.must(err)
		if len(hints) != 1 || len(hints[0].Conversations) != flood || !slices.Contains(all, hints[0].Key) {
			t.Fatalf("%d are suggested, want the flood as one", len(hints))
		}
		v, err := r.s.Start(ctx, situation.Draft{Name: "Hot batteries", Level: situation.Crisis, Conversations: hints[0].Conversations})
		r.must(err)
		late := hear("late", 10, same)
		alike, err := r.s.Alike(ctx, &v)
		r.must(err)
		slices.Sort(alike)
		if diff := cmp.Diff(slices.Sorted(slices.Values(late)), alike); diff != "" {
			t.Errorf("those who came later (-want +alike):\n%s", diff)
		}
		if n, err := r.s.Gather(ctx, v.ID, alike); err != nil || n != len(late) {
			t.Errorf("%d more were gathered, %v", n, err)
		}
		r.Pass(time.Minute) // suggestions are good for half of one
		if hints, err = r.s.Suggestions(ctx); err != nil || len(hints) != 0 {
			t.Errorf("what is gathered is suggested again: %d, %v", len(hints), err)
		}

		seen := map[string]bool{}
		for after := ""; ; {
			list, next, err := r.Inbox.Queue(ctx, inbox.OpenView, inbox.Filter{}, after, 200)
			r.must(err)
			var page []string
			for i := range list {
				if page = append(page, list[i].ID); seen[list[i].ID] {
					t.Fatal("a conversation stands on two pages")
				}
				seen[list[i].ID] = true
			}
			marks, err := r.s.Marks(ctx, page)
			r.must(err)
			for _, c := range page {
				if _, marked := marks[c]; marked == slices.Contains(others, c) {
					t.Fatalf("marked %t, of the situation %t", marked, !marked)
				}
			}
			if after = next; after == "" {
				break
			}
		}
		if want := flood + len(late) + len(others); len(seen) != want {
			t.Errorf("%d are in the inbox, want %d", len(seen), want)
		}
		for i, thing := range things {
			if list, _, err := r.Inbox.Queue(ctx, inbox.OpenView, inbox.Filter{Words: thing}, "", 50); err != nil || len(list) != 1 || list[0].ID != others[i] {
				t.Errorf("%s: %d are found, %v", thing, len(list), err)
			}
		}
	})
}
