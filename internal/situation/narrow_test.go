package situation_test

import (
	"slices"
	"testing"
	"time"

	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
)

// TestNarrow: the inbox shows what is in a situation that goes on, in none, or in one, by a field and in the words of a search; what was joined to another
// conversation counts as that one.
func TestNarrow(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := r.As(r.lea)
		r.Inbox.WithSituations(r.s.Narrow)
		all := r.hear(5, "The battery burns")
		hot, err := r.s.Start(ctx, situation.Draft{Name: "Hot batteries", Conversations: all[:2]})
		r.must(err)
		old, err := r.s.Start(ctx, situation.Draft{Name: "Late parcels of été", Conversations: all[2:3]})
		r.must(err)
		_, err = r.s.Clear(ctx, old.ID, "")
		r.must(err)
		shows := func(f inbox.Filter, want ...string) {
			t.Helper()
			list, _, err := r.Inbox.Queue(ctx, inbox.OpenView, f, "", 50)
			r.must(err)
			var got []string
			for _, c := range list {
				got = append(got, c.ID)
			}
			slices.Sort(got)
			want = slices.Sorted(slices.Values(want)) // not the list it was taken from
			if !slices.Equal(got, want) {
				t.Errorf("%+v shows %v, want %v", f, got, want)
			}
		}
		shows(inbox.Filter{}, all...)
		for _, f := range []inbox.Filter{{Situation: inbox.InAny}, {Situation: hot.ID}, {Words: "situation:any"}, {Words: "Situation:hot"}, {Words: `battery situation:"hot batter"`},
			{Words: "burns AND -situation:none"}, {Words: "NOT situation:none battery"}, {Situation: inbox.InAny, Words: "battery"}} {
			shows(f, all[:2]...)
		}
		for _, f := range []inbox.Filter{{Situation: inbox.InNone}, {Words: "-situation:any"}, {Words: "situation:none (burns OR smoke)"}, {Words: "-situation:hot battery"}} {
			shows(f, all[2:]...)
		}
		shows(inbox.Filter{Situation: old.ID}, all[2])
		shows(inbox.Filter{Words: "situation:ete"}, all[2])
		shows(inbox.Filter{Words: "situation:any -situation:hot"})
		shows(inbox.Filter{Situation: inbox.InAny, Words: "smoke"})

		_, _, err = r.Inbox.Queue(ctx, inbox.OpenView, inbox.Filter{Words: "situation:flood"}, "", 50)
		refused(t, err, problem.Invalid, "situation.none_called")
		_, _, err = r.Inbox.Queue(ctx, inbox.OpenView, inbox.Filter{Situation: "flood"}, "", 50)
		refused(t, err, problem.Invalid, "situation.none_called")
		for _, words := range []string{"battery OR situation:any", "(battery situation:any)", "situation:", "situation:any situation:\"\""} {
			if _, _, err := r.Inbox.Queue(ctx, inbox.OpenView, inbox.Filter{Words: words}, "", 50); !problem.Is(err, problem.Invalid) {
				t.Errorf("%q: %v, want a refusal", words, err)
			}
		}

		r.Pass(time.Minute)
		r.Hear(r.Post.ID, inboxtest.Mail("again", "rider1", "Battery", "It burns again", r.Now()))
		second := r.About(r.Post.ID, "again").ID
		kept, err := r.Inbox.Merge(ctx, all[4], all[1])
		r.must(err)
		if kept.ID == all[1] {
			t.Fatal("what was gathered kept its id: nothing is tested")
		}
		shows(inbox.Filter{Words: "situation:any"}, all[0], kept.ID)
		shows(inbox.Filter{Situation: hot.ID}, all[0], kept.ID)
		shows(inbox.Filter{Situation: inbox.InNone}, all[2], all[3], second)
	})
}
