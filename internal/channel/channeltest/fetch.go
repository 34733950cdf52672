package channeltest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
)

// fetch checks the cursor contract, and that nothing is lost or said twice whatever the place does.
func fetch(t *testing.T, h Harness) {
	t.Run("cursor", func(t *testing.T) { t.Parallel(); cursor(t, h) })
	t.Run("once", func(t *testing.T) { t.Parallel(); once(t, h) })
	t.Run("hang", func(t *testing.T) { t.Parallel(); hang(t, h) })
	for _, test := range []struct {
		behaviour Behaviour
		want      []channel.FaultKind // none: it goes well
	}{
		{Throttle, []channel.FaultKind{channel.Throttled}},
		{ThrottleFor, []channel.FaultKind{channel.Throttled}},
		{Drop, []channel.FaultKind{channel.Temporary}},
		{Cut, []channel.FaultKind{channel.Temporary, channel.Refused}},
		{Break, []channel.FaultKind{channel.Temporary}},
		{Expire, []channel.FaultKind{channel.Unauthorised}},
		{Vanish, []channel.FaultKind{channel.Gone}},
		{Babble, []channel.FaultKind{channel.Temporary, channel.Refused}},
		{Flood, []channel.FaultKind{channel.Temporary, channel.Refused}},
		{Repeat, nil},
		{Shuffle, nil},
	} {
		t.Run(string(test.behaviour), func(t *testing.T) {
			t.Parallel()
			through(t, h, test.behaviour, test.want)
		})
	}
}

// all fetches page by page until there is no more, and returns the external ids and the last cursor.
func (s *stage) all(f channel.Fetcher, cursor json.RawMessage) (ids []string, cursors []json.RawMessage) {
	s.t.Helper()
	for range 1000 {
		page, err := f.Fetch(s.t.Context(), cursor)
		if err != nil {
			s.t.Fatalf("Fetch: %v", err)
		}
		for _, item := range page.Items {
			if item.ExternalID == "" {
				s.t.Errorf("an item has no external id: %+v", item)
			}
			ids = append(ids, item.ExternalID)
		}
		if len(page.Cursor) > 0 {
			var kept any
			if err := json.Unmarshal(page.Cursor, &kept); err != nil {
				s.t.Fatalf("the cursor is no JSON: %q", page.Cursor)
			}
			cursor = page.Cursor
		}
		cursors = append(cursors, cursor)
		if page.Unchanged && len(page.Items) > 0 {
			s.t.Error("nothing is new, and yet there are items")
		}
		if !page.More {
			return ids, cursors
		}
	}
	s.t.Fatal("there is always more")
	return nil, nil
}

func cursor(t *testing.T, h Harness) {
	s := open(t, h)
	var want []string
	for i := range 12 {
		want = append(want, s.Say(fmt.Sprint("first", i))...)
	}
	fresh := func() channel.Fetcher { return s.session(h).(channel.Fetcher) }
	start := json.RawMessage("null")
	got, cursors := s.all(fresh(), start)
	same := func(what string, got, want []string) {
		t.Helper()
		got, want = slices.Clone(got), slices.Clone(want)
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
	}
	same("from the beginning", got, want)
	again, _ := s.all(fresh(), start)
	same("from the same cursor in another session", again, want)
	end := cursors[len(cursors)-1]
	rest, _ := s.all(fresh(), end)
	same("when nothing is new", rest, nil)
	s.turn(48 * time.Hour)
	more := s.Say("second0", "second1", "second2")
	next, _ := s.all(fresh(), end)
	same("what is new", next, more)
	repeated, _ := s.all(fresh(), end)
	same("what is new, from the same cursor", repeated, more)
	// From wherever a process stopped, all that follows is there.
	for i, c := range cursors[:len(cursors)-1] {
		left, _ := s.all(fresh(), c)
		if len(left) < len(more) || len(left) >= len(want)+len(more) {
			t.Errorf("from cursor %d of %d: %d items", i, len(cursors), len(left))
		}
	}
}

// once polls through the service.
func once(t *testing.T, h Harness) {
	s := open(t, h)
	want := 0
	for round := range 4 {
		want += len(s.Say(fmt.Sprint("a", round), fmt.Sprint("b", round)))
		s.poll("")
		s.poll("")
		if got := s.posts(); len(got) != want {
			t.Fatalf("%d posts after round %d, want %d", len(got), round, want)
		}
	}
	h2, err := s.service.Check(t.Context(), s.account.ID)
	if err != nil {
		t.Errorf("Check: %v", err)
	}
	s.keepsSecrets("the title", h2.Title)
}

// poll polls as soon as the channel is due and checks what came of it: "" for no fault.
func (s *stage) poll(want ...channel.FaultKind) channel.Account {
	s.t.Helper()
	at := s.turn(8 * 24 * time.Hour)
	if _, err := s.service.PollOnce(s.t.Context(), at); err != nil {
		s.t.Fatalf("PollOnce: %v", err)
	}
	a, err := s.service.Find(s.t.Context(), s.account.ID)
	if err != nil {
		s.t.Fatal(err)
	}
	if !slices.Contains(want, a.State.Fault) {
		s.t.Errorf("the fault is %q (%s), want %q", a.State.Fault, a.State.Remark.Text, want)
	}
	s.keepsSecrets("the channel's error", a.State.Remark.Text)
	return a
}

func through(t *testing.T, h Harness, b Behaviour, want []channel.FaultKind) {
	s := open(t, h)
	first := s.Say("a", "b", "c")
	s.poll("")
	second := s.Say("d", "e")
	if !s.Behave(b) {
		t.Logf("this place never behaves like that")
		return
	}
	if want == nil {
		s.poll("")
	} else {
		a := s.poll(want...)
		fetcher := s.session(h).(channel.Fetcher)
		if _, err := fetcher.Fetch(t.Context(), json.RawMessage("null")); err == nil {
			t.Error("Fetch went well")
		} else {
			s.keepsSecrets("the error", err.Error())
			var fault *channel.Fault
			if !errors.As(err, &fault) {
				t.Errorf("Fetch: %v, want a fault", err)
			} else if b == ThrottleFor && (fault.After < Wait-time.Second || fault.After > Wait+time.Second) {
				t.Errorf("it is to wait %v, want %v", fault.After, Wait)
			}
		}
		if n := len(s.posts()); n > len(first)+len(second) {
			t.Errorf("%d posts while it misbehaves", n)
		}
		if a.State.Stopped() {
			if err := s.service.PollNow(t.Context(), s.account.ID); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.Behave(Good)
	third := s.Say("f")
	s.poll("")
	s.poll("")
	got := map[string]int{}
	for _, p := range s.posts() {
		got[p.ExternalID]++
	}
	for _, id := range slices.Concat(first, second, third) {
		if got[channel.External(id)] != 1 {
			t.Errorf("%s was stated %d times in all", id, got[channel.External(id)])
		}
	}
	if n := len(first) + len(second) + len(third); len(got) != n {
		t.Errorf("%d posts in all, want %d", len(got), n)
	}
}

// hang checks that a place that never answers is left when the time is up.
func hang(t *testing.T, h Harness) {
	s := open(t, h)
	s.Say("a")
	if !s.Behave(Hang) {
		return
	}
	fetcher := s.session(h).(channel.Fetcher)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if _, err := fetcher.Fetch(ctx, json.RawMessage("null")); err == nil {
		t.Error("Fetch from a place that never answers went well")
	}
}
