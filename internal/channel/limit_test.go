package channel

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/problem"
)

// A place that says no call is left is asked again when it says there are more.
func TestLimitsHoldPolls(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		w.limits = Limits{Counted: true, Remaining: 0, ResetAt: noon.Add(7 * time.Hour)}
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		if _, err := s.PollOnce(t.Context(), clock.now()); err != nil {
			t.Fatal(err)
		}
		if got := reload(t, s, a.ID).State; got.Limits != w.limits || !got.DueAt.Equal(w.limits.ResetAt) {
			t.Errorf("limits %+v, due %v; want what the place said", got.Limits, got.DueAt)
		}
		w.limits = Limits{Counted: true, Remaining: 9, ResetAt: noon.Add(9 * time.Hour)}
		clock.turn(7 * time.Hour)
		if _, err := s.PollOnce(t.Context(), clock.now()); err != nil {
			t.Fatal(err)
		}
		if got := reload(t, s, a.ID).State; got.Limits != w.limits || !got.DueAt.Before(w.limits.ResetAt) {
			t.Errorf("limits %+v, due %v; calls are left", got.Limits, got.DueAt)
		}
	})
}

// What is too long for a place is refused before it is queued; what would be one call too many waits, and goes out once.
func TestLimitsHoldSendings(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		w.limits = Limits{Counted: true, Remaining: 1, ResetAt: noon.Add(time.Hour), MaxLength: 10}
		w.outcome = func(int, Outgoing) error { w.limits.Remaining = 0; return nil }
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		first := queue(t, s, a.ID, Outgoing{Text: strings.Repeat("é", 11)}) // nothing is known yet
		second := queue(t, s, a.ID, Outgoing{Text: "2"})
		sendOnce(t, s, clock.now())
		if a, b := sending(t, s, first), sending(t, s, second); a.State != Sent || b.State != Queued || b.Attempts != 0 {
			t.Errorf("the first is %s, the second %s after %d attempts; want it to wait", a.State, b.State, b.Attempts)
		}
		_, err := s.Say(t.Context(), a.ID, "", "", Outgoing{Text: strings.Repeat("é", 11)}, time.Time{})
		if p := problem.Of(err); err == nil || p.Key != "channel.too_long" {
			t.Errorf("what is too long: %v", err)
		}
		queue(t, s, a.ID, Outgoing{Text: strings.Repeat("é", 10)})
		clock.turn(time.Minute)
		sendOnce(t, s, clock.now())
		if w.sends != 1 {
			t.Errorf("%d calls, though none was left", w.sends)
		}
		w.outcome = nil
		clock.turn(time.Hour)
		w.limits = Limits{Counted: true, Remaining: 5, ResetAt: clock.now().Add(time.Hour)}
		sendOnce(t, s, clock.now())
		if w.sends != 3 || sending(t, s, second).State != Sent {
			t.Errorf("%d calls after there were more, want 3", w.sends)
		}
		if got := reload(t, s, a.ID).State.Limits; got.Remaining != 5 || got.MaxLength != 10 {
			t.Errorf("limits %+v; the length was told before and stays", got)
		}
	})
}

// What one place allows says nothing of another that a channel is moved to.
func TestLimitsStayBehind(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		w.limits = Limits{Counted: true, ResetAt: noon.Add(7 * time.Hour), MaxLength: 10}
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		if _, err := s.PollOnce(t.Context(), clock.now()); err != nil {
			t.Fatal(err)
		}
		if got := reload(t, s, a.ID).State; got.Limits != w.limits {
			t.Fatalf("limits %+v", got.Limits)
		}
		if _, err := s.Update(t.Context(), a.ID, Draft{Settings: Settings{"url": "https://bergen.example/"}}); err != nil {
			t.Fatal(err)
		}
		if got := reload(t, s, a.ID).State; got.Limits != (Limits{}) {
			t.Errorf("the new place is held to what the old one allowed: %+v", got.Limits)
		}
	})
}

// What a transaction learned that had to be tried again is kept by the one that is committed.
func TestLearnedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		w.limits, w.moved, w.title = Limits{Counted: true, Remaining: 3, ResetAt: noon.Add(time.Hour)}, "https://oslo.example/new", "Oslo"
		s := testService(t, d, clock, w)
		a, err := s.Add(t.Context(), Draft{Kind: "town", Settings: Settings{"url": "https://oslo.example/"}})
		if err != nil {
			t.Fatal(err)
		}
		commits := 0
		s.hook = func(step string) error {
			if commits++; commits == 1 {
				return db.ErrAgain
			}
			return nil
		}
		if _, err := s.PollOnce(t.Context(), clock.now()); err != nil || commits != 2 {
			t.Fatal(commits, err)
		}
		if got := reload(t, s, a.ID); got.State.Limits != w.limits || got.Settings["url"] != w.moved || got.Name != "Oslo" {
			t.Errorf("kept: %+v, %s, %s", got.State.Limits, got.Settings["url"], got.Name)
		}
	})
}
