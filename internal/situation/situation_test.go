package situation_test

import (
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/situation"
)

// TestCourse plays a situation from the suggestion to the review; what is derived is the same when it is derived anew.
func TestCourse(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		ctx := r.As(r.lea)
		all := r.hear(6, "The battery of my Lande 2 burns while charging")
		hints, err := r.s.Suggestions(ctx)
		r.must(err)
		if len(hints) != 1 || len(hints[0].Conversations) != 6 || hints[0].Key != all[0] {
			t.Fatalf("suggested are %+v", hints)
		}
		r.must(r.s.Dismiss(ctx, hints[0].Key))
		if hints, err = r.s.Suggestions(ctx); err != nil || len(hints) != 0 {
			t.Fatalf("dismissed and suggested again: %+v %v", hints, err)
		}
		v, err := r.s.Start(ctx, situation.Draft{Name: "Hot batteries", Level: situation.Crisis, Conversations: all[:4], Token: "form"})
		r.must(err)
		again, err := r.s.Start(ctx, situation.Draft{Name: "Hot batteries", Level: situation.Crisis, Conversations: all[:4], Token: "form"})
		r.must(err)
		if again.ID != v.ID || v.Conversations != 4 || !v.First.Equal(r.Now().Add(-time.Hour)) || len(v.Steps) == 0 || v.Steps[0].Does != situation.Acknowledging {
			t.Fatalf("opened %+v, again %s", v, again.ID)
		}
		alike, err := r.s.Alike(ctx, &v)
		r.must(err)
		slices.Sort(alike)
		rest := slices.Sorted(slices.Values(all[4:]))
		if diff := cmp.Diff(rest, alike); diff != "" {
			t.Errorf("alike (-want +got):\n%s", diff)
		}
		n, err := r.s.Gather(ctx, v.ID, append(alike, all[0], "nobody"))
		r.must(err)
		if n != 2 {
			t.Errorf("%d gathered, want 2", n)
		}
		r.must(r.s.Let(ctx, v.ID, all[5:]))
		r.Pass(10 * time.Minute)
		if v, err = r.s.Acknowledge(ctx, v.ID); err != nil || v.Owner != r.lea.ID || !v.Steps[0].Done() || v.AcknowledgedAt.Sub(v.DetectedAt) != 10*time.Minute {
			t.Fatalf("acknowledged %+v %v", v, err)
		}
		_, err = r.s.Change(r.As(r.ida), v.ID, situation.Turn{})
		refused(t, err, problem.Forbidden, "problem.forbidden")
		_, err = r.s.Change(ctx, v.ID, situation.Turn{Owner: &r.ida.ID})
		refused(t, err, problem.Invalid, "situation.cannot_own")
		level := "serious"
		if v, err = r.s.Change(ctx, v.ID, situation.Turn{Level: &level, Why: "one lot only"}); err != nil || v.Level != situation.Serious || v.Peak != situation.Crisis {
			t.Fatalf("turned %+v %v", v, err)
		}
		v, err = r.s.Finish(r.As(r.ida), v.ID, 3, "paused")
		r.must(err)
		r.must(r.s.Tell(ctx, v.ID, ledger.Told{Members: []string{r.paul.ID}, Others: "the mayor", Text: "It is one lot."}, "t"))
		r.must(r.s.Tell(ctx, v.ID, ledger.Told{Members: []string{r.paul.ID}, Others: "the mayor", Text: "It is one lot."}, "t"))
		r.must(r.s.Note(ctx, v.ID, "The supplier confirms.", ""))
		_, err = r.s.Write(ctx, v.ID, ledger.Worded{Kind: "elsewhere", Texts: map[string]string{"en": "We recall."}, URL: "javascript:alert(1)"}, "")
		refused(t, err, problem.Invalid, "situation.bad_url")
		_, err = r.s.Learn(ctx, v.ID, ledger.Reviewed{Well: "Quick."})
		refused(t, err, problem.Invalid, "situation.not_over")
		r.Pass(time.Hour)
		v, err = r.s.Clear(ctx, v.ID, "Done.")
		r.must(err)
		v, err = r.s.Learn(ctx, v.ID, ledger.Reviewed{Well: "Quick.", Changes: "Call earlier."})
		r.must(err)
		if v.Open() || v.Review.Changes != "Call earlier." || v.Conversations != 5 {
			t.Fatalf("at the end %+v", v)
		}
		log, err := r.s.Log(ctx, v.ID)
		r.must(err)
		var kinds []string
		for _, l := range log {
			kinds = append(kinds, l.Kind)
		}
		if diff := cmp.Diff([]string{"situation.reviewed", "situation.cleared", "situation.noted", "situation.told", "situation.stepped", "situation.turned", "situation.acknowledged",
			"situation.let", "situation.gathered", "situation.opened"}, kinds); diff != "" {
			t.Errorf("log (-want +got):\n%s", diff)
		}
		if of, err := r.s.Of(ctx, all[0]); err != nil || len(of) != 1 {
			t.Errorf("of a conversation: %v %v", of, err)
		}
		list, err := r.s.List(ctx, "", 10)
		r.must(err)
		before := r.derived()
		r.must(r.Ledger.Rebuild(t.Context(), 1, nil))
		if after := r.derived(); after != before || len(list) != 1 {
			t.Errorf("derived anew it is\n%s\nwas\n%s", after, before)
		}
	})
}

// TestFan breaks the work off at random points, again and again, with another process going on beside: in the end each conversation has one
// copy, and one that was joined to another has not a second.
func TestFan(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		all := r.hear(12, "The battery burns")
		v, err := r.s.Start(r.As(r.lea), situation.Draft{Name: "Hot batteries", Level: situation.Crisis, Conversations: all})
		r.must(err)
		w := r.approved(v, "Please stop charging. We call you.")
		_, err = r.s.Begin(r.As(r.ida), w.ID)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		w, err = r.s.Begin(r.As(r.lea), w.ID)
		r.must(err)
		broken := errors.New("killed")
		chance := rand.New(rand.NewPCG(1, 2))
		for kills := 0; ; kills++ {
			s := r.service() // a new process
			if kills < 30 {
				s.Break(func(string) error {
					if chance.IntN(4) == 0 {
						return broken
					}
					return nil
				})
			}
			if _, err = s.Deliver(t.Context()); err == nil {
				break
			}
			if !errors.Is(err, broken) {
				t.Fatal(err)
			}
		}
		if p := r.progress(w); p.Copies != 12 || p.Queued != 12 || p.Waiting != 0 {
			t.Fatalf("handed over: %+v", p)
		}
		// The place is down for a day: the copies wait, and go out once when it is up again.
		r.Town.Break(&channel.Fault{Kind: channel.Temporary, Err: errors.New("no route to host")})
		for range 3 {
			r.Send()
			r.Pass(8 * time.Hour)
		}
		p := r.progress(w)
		if p.Sent != 0 || p.Queued != 12 || len(p.Held) == 0 {
			t.Fatalf("while it is down: %+v", p)
		}
		r.Town.Break(nil)
		for range 4 {
			r.Pass(2 * time.Hour)
			r.Send()
		}
		if p = r.progress(w); p.Sent != 12 || len(r.copies()) != 12 {
			t.Fatalf("when it is up again: %+v", p)
		}
		for c, n := range r.copies() {
			if n != 1 {
				t.Errorf("%s has %d copies", c, n)
			}
		}
		_, err = r.s.Begin(r.As(r.lea), w.ID)
		refused(t, err, problem.Invalid, "situation.nobody_left")
		if c, err := r.Inbox.Find(t.Context(), all[0]); err != nil || c.Assignee != "" || c.State != inbox.Open {
			t.Errorf("a copy changed who has it: %+v %v", c, err)
		}
		if w, err = r.s.Statement(r.As(r.lea), w.ID); err != nil || w.State != "delivered" {
			t.Errorf("the statement is %+v %v", w, err)
		}
	})
}

// TestStop holds back what is not on its way, and goes on where it stopped; what cannot be answered is told; a drill says nothing.
func TestStop(t *testing.T) {
	each(t, func(t *testing.T, r *room) {
		all := r.hear(6, "The battery burns")
		r.Hear(r.Deaf.ID, inboxtest.Mail("d", "deaf", "Battery", "It burns", r.Now()))
		deaf := r.About(r.Deaf.ID, "d").ID
		v, err := r.s.Start(r.As(r.lea), situation.Draft{Name: "Hot batteries", Conversations: append(all, deaf)})
		r.must(err)
		w := r.approved(v, "Please stop charging.")
		if w, err = r.s.Begin(r.As(r.lea), w.ID); err != nil || w.State != "underway" {
			t.Fatal(w, err)
		}
		n := 0
		r.s.Break(func(name string) error {
			if name == "copied" {
				if n++; n == 3 {
					return errors.New("killed")
				}
			}
			return nil
		})
		if _, err := r.s.Deliver(t.Context()); err == nil {
			t.Fatal("not broken off")
		}
		r.s.Break(nil)
		if w, err = r.s.Stop(r.As(r.paul), w.ID); err != nil || w.State != "stopped" {
			t.Fatal(w, err)
		}
		r.Send()
		if p := r.progress(w); p.Cancelled+p.Skipped != 7 || p.Skipped > 1 || len(r.copies()) != 0 { // the deaf one may have had its turn
			t.Fatalf("stopped: %+v %v", p, r.copies())
		}
		_, err = r.s.Begin(r.As(r.lea), w.ID) // whoever began goes on: what was taken back goes out after all
		r.must(err)
		_, err = r.s.Deliver(t.Context())
		r.must(err)
		r.Send()
		p := r.progress(w)
		if p.Sent != 6 || p.Skipped != 1 || len(p.Held) != 1 || p.Held[0].Why.Key == "" {
			t.Fatalf("went on: %+v", p)
		}
		for c, n := range r.copies() {
			if n != 1 {
				t.Errorf("%s has %d copies", c, n)
			}
		}

		drill, err := r.s.Start(r.As(r.lea), situation.Draft{Name: "Practice", Level: situation.Crisis, Drill: true, Conversations: all})
		r.must(err)
		w = r.approved(drill, "This is a drill.")
		_, err = r.s.Begin(r.As(r.lea), w.ID)
		r.must(err)
		_, err = r.s.Deliver(t.Context())
		r.must(err)
		if p := r.progress(w); p.Rehearsed != 6 {
			t.Errorf("the drill: %+v", p)
		}
		sent, _, err := db.Value[int](t.Context(), r.DB.Read(), "SELECT COUNT(*) FROM outgoing WHERE content LIKE '%drill%'")
		if err != nil || sent != 0 {
			t.Errorf("%d copies of a drill are on their way (%v)", sent, err)
		}
	})
}
