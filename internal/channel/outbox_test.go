package channel

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

func queue(t testing.TB, s *Service, channel string, out Outgoing) string {
	t.Helper()
	var key string
	err := s.db.Tx(t.Context(), func(ctx context.Context, q db.Q) (err error) {
		key, err = s.Queue(ctx, q, channel, "conversation1", "member1", out, time.Time{})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func sendOnce(t testing.TB, s *Service, now time.Time) {
	t.Helper()
	if _, err := s.SendOnce(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

func sending(t testing.TB, s *Service, key string) Sending {
	t.Helper()
	v, err := s.Sending(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSend(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		key := queue(t, s, a.ID, Outgoing{InReplyTo: "q2", References: []string{"q0", "q1", "q2"}, Text: " Hello \x00", Subject: "Re: brakes", AuthorName: "Ada"})
		for range 3 {
			sendOnce(t, s, noon)
		}
		v := sending(t, s, key)
		if v.State != Sent || v.ExternalID != "there-"+key || v.Attempts != 1 || w.sends != 1 {
			t.Fatalf("sending = %+v after %d sends, want sent once", v, w.sends)
		}
		said := activities(t, s, ledger.PostSaid)
		if len(said) != 1 {
			t.Fatalf("%d posts were stated, want 1", len(said))
		}
		var got ledger.Said
		if err := said[0].Decode(&got); err != nil {
			t.Fatal(err)
		}
		want := ledger.Said{ExternalID: "there-" + key, Kind: "comment", AuthorName: "Ada", Title: "Re: brakes", Text: "Hello", InReplyTo: []string{"q2", "q1", "q0"},
			Ours: true, Member: "member1", Conversation: "conversation1"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("stated (-want +got):\n%s", diff)
		}
		if said[0].Key != ledger.SaidKey(a.ID, "there-"+key) || said[0].Actor != "member:member1" {
			t.Errorf("stated with key %q by %q", said[0].Key, said[0].Actor)
		}
		if list, err := s.Sendings(t.Context(), "conversation1"); err != nil || len(list) != 1 {
			t.Errorf("Sendings = %v, %v; want the one", list, err)
		}
		if list, err := s.Unsent(t.Context(), 10); err != nil || len(list) != 0 {
			t.Errorf("Unsent = %v, %v; want none", list, err)
		}
	})
}

func TestQueue(t *testing.T) {
	t.Parallel()
	w := newTown()
	mute := newTown()
	mute.kind = "mute"
	s := testService(t, dbtest.SQLite(t), &clockwork{at: noon}, w, deaf{mute})
	a := addTown(t, s, "oslo")
	m, err := s.Add(t.Context(), Draft{Kind: "mute", Settings: Settings{"url": "https://mute.example"}})
	if err != nil {
		t.Fatal(err)
	}
	gone := addTown(t, s, "bergen")
	if err := s.Remove(t.Context(), gone.ID); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		channel, text, key string
	}{
		"no text":          {a.ID, " \n", "problem.required"},
		"too much text":    {a.ID, strings.Repeat("a", maxOutgoing+1), "problem.too_long"},
		"cannot send":      {m.ID, "hello", "channel.cannot_send"},
		"a removed one":    {gone.ID, "hello", "channel.not_found"},
		"no such channel":  {"nowhere", "hello", "channel.not_found"},
		"all that is good": {a.ID, "hello", ""},
	} {
		err := s.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := s.Queue(ctx, q, test.channel, "", "", Outgoing{InReplyTo: "1", Text: test.text}, time.Time{})
			return err
		})
		if (err != nil || test.key != "") && problem.Of(err).Key != test.key {
			t.Errorf("%s: %v, want %q", name, err, test.key)
		}
	}
}

type deaf struct{ *town }

func (d deaf) Describe() Description {
	says := d.town.Describe()
	says.Can = Fetch
	return says
}

func TestSendFaults(t *testing.T) {
	t.Parallel()
	fault := func(kind FaultKind, after time.Duration) func(int, Outgoing) error {
		return func(n int, _ Outgoing) error {
			if n > 1 {
				return nil
			}
			return &Fault{Kind: kind, After: after, Err: errors.New("no")}
		}
	}
	lost := func(n int) bool { return n == 1 }
	tests := map[string]struct {
		outcome func(int, Outgoing) error
		lost    func(int) bool
		blind   bool
		after   time.Duration // the second try
		first   SendingState
		second  SendingState
		sends   int
	}{
		"temporary":                   {fault(Temporary, 0), lost, false, 2 * time.Minute, Queued, Sent, 2},
		"temporary, too early":        {fault(Temporary, 0), lost, false, 30 * time.Second, Queued, Queued, 1},
		"throttled":                   {fault(Throttled, time.Hour), lost, false, time.Hour, Queued, Sent, 2},
		"throttled, too early":        {fault(Throttled, time.Hour), lost, false, 59 * time.Minute, Queued, Queued, 1},
		"refused":                     {fault(Refused, 0), lost, false, 99 * time.Hour, Failed, Failed, 1},
		"unauthorised":                {fault(Unauthorised, 0), lost, false, 99 * time.Hour, Failed, Failed, 1},
		"uncertain and there":         {fault(Uncertain, 0), nil, false, 99 * time.Hour, Sent, Sent, 1},
		"uncertain and not there":     {fault(Uncertain, 0), lost, false, 99 * time.Hour, Unknown, Unknown, 1},
		"uncertain, nobody can tell":  {fault(Uncertain, 0), nil, true, 99 * time.Hour, Unknown, Unknown, 1},
		"an error that is no fault":   {func(int, Outgoing) error { return errors.New("reset by peer") }, nil, true, 99 * time.Hour, Unknown, Unknown, 1},
		"a connector that breaks":     {func(int, Outgoing) error { panic("broken") }, nil, true, 99 * time.Hour, Unknown, Unknown, 1},
		"a problem with what is said": {func(int, Outgoing) error { return problem.New(problem.Invalid, "problem.too_long") }, lost, false, time.Hour, Failed, Failed, 1},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock, w := &clockwork{at: noon}, newTown()
			w.outcome, w.lost, w.blind = test.outcome, test.lost, test.blind
			s := testService(t, dbtest.SQLite(t), clock, w)
			key := queue(t, s, addTown(t, s, "oslo").ID, Outgoing{InReplyTo: "1", Text: "hello"})
			sendOnce(t, s, noon)
			if got := sending(t, s, key); got.State != test.first {
				t.Errorf("after the first try: %s (%s), want %s", got.State, got.Remark.Text, test.first)
			}
			sendOnce(t, s, clock.turn(test.after))
			if got := sending(t, s, key); got.State != test.second || w.sends != test.sends {
				t.Errorf("after the second try: %s after %d sends, want %s after %d", got.State, w.sends, test.second, test.sends)
			}
			if len(w.arrived) > 1 {
				t.Errorf("it arrived %d times", len(w.arrived))
			}
		})
	}
}

func TestSendGivesUp(t *testing.T) {
	t.Parallel()
	clock, w := &clockwork{at: noon}, newTown()
	w.lost = func(int) bool { return true }
	w.outcome = func(int, Outgoing) error { return &Fault{Kind: Temporary, Err: errors.New("greylisted")} }
	s := testService(t, dbtest.SQLite(t), clock, w)
	key := queue(t, s, addTown(t, s, "oslo").ID, Outgoing{InReplyTo: "1", Text: "hello"})
	for range 3 * sendTries {
		sendOnce(t, s, clock.turn(48*time.Hour))
	}
	if got := sending(t, s, key); got.State != Failed || got.Attempts != sendTries || w.sends != sendTries {
		t.Errorf("sending = %+v after %d sends, want failed after %d", got, w.sends, sendTries)
	}
}

// A place that is down for a day gets what waited for it, once.
func TestSendWaitsADay(t *testing.T) {
	t.Parallel()
	clock, w := &clockwork{at: noon}, newTown()
	down := true
	w.lost = func(int) bool { return down }
	w.outcome = func(int, Outgoing) error {
		if down {
			return &Fault{Kind: Temporary, Err: errors.New("the host is down")}
		}
		return nil
	}
	s := testService(t, dbtest.SQLite(t), clock, w)
	key := queue(t, s, addTown(t, s, "oslo").ID, Outgoing{InReplyTo: "1", Text: "hello"})
	for range 48 {
		sendOnce(t, s, clock.turn(30*time.Minute))
	}
	if got := sending(t, s, key); got.State != Queued || got.Attempts <= sendTries {
		t.Fatalf("after a day: %+v", got)
	}
	tried := w.sends
	down = false
	for range 4 {
		sendOnce(t, s, clock.turn(sendLater))
	}
	if got := sending(t, s, key); got.State != Sent || w.sends != tried+1 {
		t.Errorf("sending = %+v after %d more", got, w.sends-tried)
	}
}

// The process dies at each step of a sending, and another goes on: it arrives at most once, and what cannot be told is left to a person.
func TestSendBrokenOff(t *testing.T) {
	t.Parallel()
	for _, step := range []string{"claimed", "begun", "sent", "conclude"} {
		for _, blind := range []bool{false, true} {
			name := step
			if blind {
				name += ", nobody can tell"
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				dbtest.Each(t, func(t *testing.T, d *db.DB) {
					clock, w := &clockwork{at: noon}, newTown()
					w.blind = blind
					first := testService(t, d, clock, w)
					a := addTown(t, first, "oslo")
					key := queue(t, first, a.ID, Outgoing{InReplyTo: "1", Text: "hello"})
					first.hook = func(at string) error {
						if at == step {
							return errors.New("the power went")
						}
						return nil
					}
					if _, err := first.SendOnce(t.Context(), noon); err == nil {
						t.Fatal("the first process did not die")
					}
					second := testService(t, d, clock, w)
					sendOnce(t, second, clock.turn(time.Minute))
					lives := Underway
					if step == "claimed" {
						lives = Queued
					}
					if got := sending(t, second, key); got.State != lives || len(w.arrived) > 0 && (step == "claimed" || step == "begun") {
						t.Errorf("while the first may still live: %s, want %s", got.State, lives)
					}
					sendOnce(t, second, clock.turn(sendLease))
					sendOnce(t, second, clock.turn(time.Hour))
					arrived := step != "begun"
					want := Unknown
					if arrived && !blind || step == "claimed" {
						want = Sent
					}
					got := sending(t, second, key)
					if got.State != want || got.Attempts != 1 {
						t.Errorf("after all: %s, %d attempts; want %s, 1", got.State, got.Attempts, want)
					}
					if n := len(w.arrived); n > 1 || arrived != (n == 1) {
						t.Errorf("it arrived %d times", n)
					}
					if n := len(activities(t, second, ledger.PostSaid)); (want == Sent) != (n == 1) {
						t.Errorf("%d posts were stated when it is %s", n, want)
					}
					if want == Unknown && arrived {
						if err := second.MarkSent(t.Context(), key, "there-"+key); err != nil {
							t.Fatal(err)
						}
						if n := len(activities(t, second, ledger.PostSaid)); n != 1 || sending(t, second, key).State != Sent {
							t.Errorf("after a person saw it there: %d posts", n)
						}
					}
				})
			})
		}
	}
}

// What we said comes back over the channel before we know that it arrived: one post, with what only we know.
func TestSendComesBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		key := queue(t, s, a.ID, Outgoing{InReplyTo: "1", Text: "hello"})
		back := Item{Said: ledger.Said{ExternalID: "there-" + key, Text: "hello"}, At: noon, Author: ledger.Address{URI: "mailto:us@example.org"}}
		if _, err := s.State(t.Context(), a.ID, []Item{back}); err != nil {
			t.Fatal(err)
		}
		sendOnce(t, s, noon)
		if n := len(activities(t, s, ledger.PostSaid)); n != 1 {
			t.Errorf("%d posts, want 1", n)
		}
		edits := activities(t, s, ledger.PostEdited)
		var got ledger.Said
		if len(edits) != 1 || edits[0].Decode(&got) != nil || !got.Ours || got.Member != "member1" || got.Conversation != "conversation1" {
			t.Errorf("what only we know was not added: %+v", edits)
		}
		if _, err := s.State(t.Context(), a.ID, []Item{back}); err != nil || len(activities(t, s, ledger.PostEdited)) != 1 {
			t.Errorf("coming back once more was an edit: %v", err)
		}
	})
}

func TestSendByHand(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		w.outcome = func(n int, _ Outgoing) error {
			if n <= 3 {
				return &Fault{Kind: Refused, Err: errors.New("no")}
			}
			return nil
		}
		w.lost = func(n int) bool { return n <= 3 }
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		again, marked, back := queue(t, s, a.ID, Outgoing{Text: "1"}), queue(t, s, a.ID, Outgoing{Text: "2"}), queue(t, s, a.ID, Outgoing{Text: "3"})
		late := queue(t, s, a.ID, Outgoing{Text: "4"})
		if err := s.Withdraw(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		sendOnce(t, s, noon)
		if n, err := s.Stuck(t.Context()); err != nil || n != 3 || w.sends != 3 {
			t.Fatalf("%d stuck after %d sends, %v; want 3 and 3", n, w.sends, err)
		}
		for _, do := range []func() error{
			func() error { return s.Resend(t.Context(), again) },
			func() error { return s.MarkSent(t.Context(), marked, "") },
			func() error { return s.Withdraw(t.Context(), back) },
		} {
			if err := do(); err != nil {
				t.Error(err)
			}
		}
		sendOnce(t, s, noon)
		states := []SendingState{sending(t, s, again).State, sending(t, s, marked).State, sending(t, s, back).State, sending(t, s, late).State}
		if diff := cmp.Diff([]SendingState{Sent, Sent, Withdrawn, Withdrawn}, states); diff != "" {
			t.Errorf("states (-want +got):\n%s", diff)
		}
		for name, err := range map[string]error{"resend what is sent": s.Resend(t.Context(), again), "withdraw what is sent": s.Withdraw(t.Context(), marked),
			"mark what is withdrawn": s.MarkSent(t.Context(), back, "")} {
			if !problem.Is(err, problem.Conflict) {
				t.Errorf("%s: %v, want a conflict", name, err)
			}
		}
	})
}

// What is withdrawn between being claimed and being sent is not sent.
func TestWithdrawLate(t *testing.T) {
	t.Parallel()
	clock, w := &clockwork{at: noon}, newTown()
	s := testService(t, dbtest.SQLite(t), clock, w)
	key := queue(t, s, addTown(t, s, "oslo").ID, Outgoing{Text: "1"})
	s.hook = func(step string) error {
		if step == "claimed" {
			return s.Withdraw(t.Context(), key)
		}
		return nil
	}
	sendOnce(t, s, noon)
	if got := sending(t, s, key); got.State != Withdrawn || w.sends != 0 {
		t.Errorf("it is %s after %d sends, want withdrawn after none", got.State, w.sends)
	}
}

// Work that is ended puts back what it has not begun.
func TestSendEnded(t *testing.T) {
	t.Parallel()
	clock, w := &clockwork{at: noon}, newTown()
	s := testService(t, dbtest.SQLite(t), clock, w)
	a := addTown(t, s, "oslo")
	first, second := queue(t, s, a.ID, Outgoing{Text: "1"}), queue(t, s, a.ID, Outgoing{Text: "2"})
	ctx, stop := context.WithCancel(t.Context())
	w.outcome = func(int, Outgoing) error { stop(); return nil }
	if _, err := s.SendOnce(ctx, noon); !errors.Is(err, context.Canceled) {
		t.Fatalf("SendOnce: %v, want that it was ended", err)
	}
	if a, b := sending(t, s, first), sending(t, s, second); a.State != Sent || b.State != Queued || b.Attempts != 0 {
		t.Errorf("states %s and %s (%d attempts), want sent and queued", a.State, b.State, b.Attempts)
	}
}

// While something is on the wire nobody takes it for left behind, however long the batch before it took.
func TestSendLeases(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		s, other := testService(t, d, clock, w), testService(t, d, clock, w)
		w.blind = true
		key := queue(t, s, addTown(t, s, "oslo").ID, Outgoing{Text: "1"})
		s.hook = func(step string) error {
			switch step {
			case "claimed":
				clock.turn(sendLease - time.Second) // waiting for its turn
			case "begun":
				sendOnce(t, other, clock.turn(time.Minute))
				if got := sending(t, other, key); got.State != Underway {
					t.Errorf("on the wire it is %s, want %s", got.State, Underway)
				}
			}
			return nil
		}
		sendOnce(t, s, noon)
		if got := sending(t, s, key); got.State != Sent || w.sends != 1 {
			t.Errorf("it is %s after %d sends, want sent once", got.State, w.sends)
		}
	})
}

// A place in trouble is not asked for each sending, and the one that met the trouble does not hold up the others.
func TestSendTrouble(t *testing.T) {
	t.Parallel()
	for kind, after := range map[FaultKind]time.Duration{Temporary: 0, Throttled: 10 * time.Minute} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				clock, w := &clockwork{at: noon}, newTown()
				w.outcome = func(_ int, out Outgoing) error {
					if out.Text == "1" {
						return &Fault{Kind: kind, After: after, Err: errors.New("not now")}
					}
					return nil
				}
				w.lost = func(n int) bool { return n == 1 }
				s := testService(t, d, clock, w)
				a := addTown(t, s, "oslo")
				var keys []string
				for _, text := range []string{"1", "2", "3"} {
					key, err := s.Say(t.Context(), a.ID, "conversation"+text, "member1", Outgoing{Text: text}, time.Time{})
					if err != nil {
						t.Fatal(err)
					}
					keys = append(keys, key)
				}
				sendOnce(t, s, noon)
				if first, last := sending(t, s, keys[0]), sending(t, s, keys[2]); w.sends != 1 || first.Attempts > 1 || last.State != Queued || last.Attempts != 0 {
					t.Errorf("%d sends, then the first is %+v and the last %+v; want one send", w.sends, first, last)
				}
				sendOnce(t, s, clock.turn(time.Second))
				if w.sends != 1 {
					t.Errorf("%d sends a second later, want none", w.sends-1)
				}
				sendOnce(t, s, clock.turn(max(2*time.Minute, after)))
				if a, b, c := sending(t, s, keys[0]), sending(t, s, keys[1]), sending(t, s, keys[2]); a.State != Queued || b.State != Sent || c.State != Sent {
					t.Errorf("then they are %s, %s, %s; want only the first not sent", a.State, b.State, c.State)
				}
			})
		})
	}
}

// A channel that takes long gives the others their turn, and keeps its own place.
func TestSendTurn(t *testing.T) {
	t.Parallel()
	clock, w := &clockwork{at: noon}, newTown()
	w.outcome = func(int, Outgoing) error { clock.turn(40 * time.Second); return nil }
	s := testService(t, dbtest.SQLite(t), clock, w)
	a := addTown(t, s, "oslo")
	for range 5 {
		queue(t, s, a.ID, Outgoing{Text: "hello"})
	}
	for i, want := range []int{2, 4, 5} {
		sendOnce(t, s, clock.now())
		if w.sends != want {
			t.Errorf("%d sends after turn %d, want %d", w.sends, i+1, want)
		}
	}
}

// A place that does not answer holds up nobody else.
func TestSendLoopHangs(t *testing.T) {
	t.Parallel()
	clock, slow, quick := &clockwork{at: noon}, newTown(), newTown()
	quick.kind = "quick"
	s := testService(t, dbtest.SQLite(t), clock, slow, quick)
	hanging, release, sent := make(chan bool), make(chan bool), make(chan bool)
	slow.outcome = func(int, Outgoing) error { hanging <- true; <-release; return nil }
	quick.outcome = func(int, Outgoing) error { sent <- true; return nil }
	a := addTown(t, s, "oslo")
	b, err := s.Add(t.Context(), Draft{Kind: "quick", Settings: Settings{"url": "https://quick.example/"}})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	all.Go(func() { s.SendLoop(ctx) })
	first := queue(t, s, a.ID, Outgoing{Text: "1"})
	s.WakeSender()
	<-hanging
	second := queue(t, s, a.ID, Outgoing{Text: "2"})
	queue(t, s, b.ID, Outgoing{Text: "3"})
	s.WakeSender()
	<-sent
	if got := sending(t, s, second); got.State != Queued || got.Attempts != 0 {
		t.Errorf("the next for the place that hangs is %+v, want it to wait", got)
	}
	release <- true
	<-hanging // the second follows by itself
	release <- true
	stop()
	all.Wait()
	if a, b := sending(t, s, first), sending(t, s, second); a.State != Sent || b.State != Sent {
		t.Errorf("in the end they are %s and %s, want sent", a.State, b.State)
	}
}

// TestSendInOrder: what was said first in a conversation goes first, also when it met a fault; another conversation does not wait for it, nor does
// anybody for what is to go out later on purpose.
func TestSendInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		clock, w := &clockwork{at: noon}, newTown()
		w.lost = func(int) bool { return true }
		var said []string
		w.outcome = func(n int, out Outgoing) error {
			if n == 1 {
				return &Fault{Kind: Temporary, Err: errors.New("greylisted")}
			}
			said = append(said, out.Text)
			w.lost = func(int) bool { return false }
			return nil
		}
		s := testService(t, d, clock, w)
		a := addTown(t, s, "oslo")
		say := func(conversation, text string, notBefore time.Time) {
			t.Helper()
			if _, err := s.Say(t.Context(), a.ID, conversation, "member1", Outgoing{InReplyTo: "1", Text: text}, notBefore); err != nil {
				t.Fatal(err)
			}
		}
		say("one", "much later", noon.Add(100*time.Hour))
		say("one", "first", time.Time{})
		sendOnce(t, s, clock.turn(0))
		say("one", "second", time.Time{})
		say("two", "elsewhere", time.Time{})
		for range 20 {
			sendOnce(t, s, clock.turn(time.Minute))
		}
		if got := strings.Join(said, ", "); got != "elsewhere, first, second" {
			t.Errorf("said %s", got)
		}
	})
}
