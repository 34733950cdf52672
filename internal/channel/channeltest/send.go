package channeltest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
)

// send checks that what we say arrives once, or that a person is told.
func send(t *testing.T, h Harness) {
	t.Run("receipt", func(t *testing.T) { t.Parallel(); receipt(t, h) })
	for _, test := range []struct {
		behaviour Behaviour
		faults    []channel.FaultKind    // of Send itself
		ends      []channel.SendingState // once the place behaves again
	}{
		{Good, nil, []channel.SendingState{channel.Sent}},
		{Throttle, []channel.FaultKind{channel.Throttled, channel.Temporary}, []channel.SendingState{channel.Sent}},
		{ThrottleFor, []channel.FaultKind{channel.Throttled, channel.Temporary}, []channel.SendingState{channel.Sent}},
		{Drop, []channel.FaultKind{channel.Temporary, channel.Uncertain}, []channel.SendingState{channel.Sent, channel.Unknown}},
		{Break, []channel.FaultKind{channel.Temporary, channel.Uncertain, channel.Refused}, []channel.SendingState{channel.Sent, channel.Unknown, channel.Failed}},
		{Expire, []channel.FaultKind{channel.Unauthorised}, []channel.SendingState{channel.Failed}},
		{Babble, []channel.FaultKind{channel.Temporary, channel.Uncertain, channel.Refused}, []channel.SendingState{channel.Sent, channel.Unknown, channel.Failed}},
		{LoseAnswer, []channel.FaultKind{channel.Uncertain}, []channel.SendingState{channel.Sent, channel.Unknown}},
	} {
		t.Run(string(test.behaviour), func(t *testing.T) {
			t.Parallel()
			s := open(t, h)
			if !s.Behave(test.behaviour) {
				t.Logf("this place never behaves like that")
				return
			}
			if test.faults != nil {
				other := open(t, h)
				other.Behave(test.behaviour)
				out := other.Reply
				out.Key = "direct"
				_, err := other.session(h).(channel.Sender).Send(t.Context(), out)
				var fault *channel.Fault
				if !errors.As(err, &fault) || !slices.Contains(test.faults, fault.Kind) {
					t.Errorf("Send: %v, want one of %q", err, test.faults)
				} else {
					s.keepsSecrets("the error", err.Error())
				}
			}
			key := s.queue()
			s.send()
			first := s.sending(key)
			s.Behave(Good)
			for range 4 {
				s.turn(24 * time.Hour)
				s.send()
			}
			got := s.sending(key)
			arrived := len(s.Arrived())
			if arrived > 1 {
				t.Errorf("it arrived %d times", arrived)
			}
			if !slices.Contains(test.ends, got.State) {
				t.Errorf("it ends as %s (%s), after %s (%s); want one of %q", got.State, got.Remark.Text, first.State, first.Remark.Text, test.ends)
			}
			if got.State == channel.Sent && arrived != 1 || got.State == channel.Failed && arrived != 0 {
				t.Errorf("it is %s and arrived %d times", got.State, arrived)
			}
			if test.behaviour == LoseAnswer && arrived != 1 {
				t.Errorf("a place that loses its answer took it %d times; the harness is wrong", arrived)
			}
			s.keepsSecrets("the sending's error", got.Remark.Text)
			if s.Return != nil && got.State == channel.Sent {
				s.Return()
				s.poll("")
				s.poll("")
				if n := len(s.posts()); n != 1 {
					t.Errorf("%d posts after it came back, want 1", n)
				}
			}
		})
	}
}

func receipt(t *testing.T, h Harness) {
	s := open(t, h)
	sender := s.session(h).(channel.Sender)
	seen := map[string]bool{}
	for i := range 3 {
		out := s.Reply
		out.Key, out.Text = fmt.Sprint("key", i), fmt.Sprintf("%s (%d)", out.Text, i)
		got, err := sender.Send(t.Context(), out)
		if err != nil {
			t.Fatalf("Send: %v", err)
		}
		if got.ExternalID == "" || seen[got.ExternalID] {
			t.Errorf("the external id is %q, empty or used before", got.ExternalID)
		}
		seen[got.ExternalID] = true
		arrived := s.Arrived()
		if len(arrived) != i+1 || !strings.Contains(arrived[i], out.Text) {
			t.Errorf("arrived %q, want %q at the end", arrived, out.Text)
		}
		if finder, ok := sender.(channel.Finder); ok {
			there, found, err := finder.Find(t.Context(), out)
			if err != nil || found && there.ExternalID != got.ExternalID {
				t.Errorf("Find = %+v, %v, %v; want %q when it is found", there, found, err, got.ExternalID)
			}
			out.Key = "another"
			if there, found, err := finder.Find(t.Context(), out); err == nil && found {
				t.Errorf("what was never sent was found: %+v", there)
			}
		}
	}
	limiter, ok := sender.(channel.Limiter)
	if !ok {
		return
	}
	if l := limiter.Limits(); l.MaxLength < 0 || l.Remaining < 0 {
		t.Errorf("limits %+v", l)
	}
}

func (s *stage) queue() string {
	s.t.Helper()
	key, err := s.service.Say(s.t.Context(), s.account.ID, "", "", s.Reply, time.Time{})
	if err != nil {
		s.t.Fatalf("Say: %v", err)
	}
	return key
}

func (s *stage) send() {
	s.t.Helper()
	if _, err := s.service.SendOnce(context.WithoutCancel(s.t.Context()), s.now()); err != nil {
		s.t.Fatalf("SendOnce: %v", err)
	}
}

func (s *stage) sending(key string) channel.Sending {
	s.t.Helper()
	v, err := s.service.Sending(s.t.Context(), key)
	if err != nil {
		s.t.Fatal(err)
	}
	return v
}
