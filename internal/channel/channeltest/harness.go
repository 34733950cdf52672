// Package channeltest decides whether a connector keeps the contract: a connector and a server for it to meet come in, failures of the
// test come out. Every connector is run through it, with a server behind it that behaves well and one that does not.
package channeltest

import (
	"bytes"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/seal"
)

// Behaviour is how a place treats whoever calls it.
type Behaviour string

// The behaviours. A place tells by the result of Behave which of them it has.
const (
	Good        Behaviour = "good"
	Throttle    Behaviour = "throttle"     // says that it is asked too often
	ThrottleFor Behaviour = "throttle for" // says so, and to come back in two minutes
	Drop        Behaviour = "drop"         // closes the connection without an answer
	Cut         Behaviour = "cut"          // closes it in the middle of the answer
	Break       Behaviour = "break"        // answers that something is wrong on its side
	Expire      Behaviour = "expire"       // no longer knows our secret
	Vanish      Behaviour = "vanish"       // says that it is no more
	Babble      Behaviour = "babble"       // answers what is no answer
	Flood       Behaviour = "flood"        // answers without an end
	Hang        Behaviour = "hang"         // never answers
	Repeat      Behaviour = "repeat"       // tells everything twice
	Shuffle     Behaviour = "shuffle"      // tells everything in another order
	LoseAnswer  Behaviour = "lose answer"  // does what it is asked, then fails as in Break
)

// Wait is how long a place under ThrottleFor asks to be left alone.
const Wait = 2 * time.Minute

// Harness is a connector and the other side for it.
type Harness struct {
	Connector channel.Connector
	// Start makes a fresh place for one test. now is the clock that both sides share.
	Start func(t *testing.T, now func() time.Time) Place
}

// Place is the other side. Functions that the connector's kind has no use for are nil.
type Place struct {
	Settings channel.Settings // that reach it, secrets among them
	Behave   func(Behaviour) bool

	// Fetch: Say has something said there under each of these ids, and returns their external ids.
	Say func(ids ...string) []string

	// Receive: Call makes a call that says something under each of these ids, signed with the secret in settings.
	Call func(settings channel.Settings, ids ...string) (http.Header, []byte)

	// Send: Reply is something that can be sent there, Arrived lists the texts that came, in order. Return, when not nil, makes what
	// arrived come back over the channel.
	Reply   channel.Outgoing
	Arrived func() []string
	Return  func()
}

// Run runs the suite.
func Run(t *testing.T, h Harness) {
	t.Helper()
	t.Run("description", func(t *testing.T) { t.Parallel(); description(t, h) })
	t.Run("settings", func(t *testing.T) { t.Parallel(); settings(t, h) })
	can := h.Connector.Describe().Can
	if can.Has(channel.Fetch) {
		t.Run("fetch", func(t *testing.T) { t.Parallel(); fetch(t, h) })
	}
	if can.Has(channel.Receive) {
		t.Run("receive", func(t *testing.T) { t.Parallel(); receive(t, h) })
	}
	if sends(can) {
		t.Run("send", func(t *testing.T) { t.Parallel(); send(t, h) })
	}
}

func sends(can channel.Capability) bool {
	return can&(channel.PublicReply|channel.PrivateReply|channel.Publish) != 0
}

// stage is a place with a service before it.
type stage struct {
	Place
	t       *testing.T
	service *channel.Service
	ledger  *ledger.Ledger
	world   channel.World
	account channel.Account
	secrets []string
	logged  *safeBuffer

	mu sync.Mutex
	at time.Time
}

func (s *stage) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.at
}

func (s *stage) turn(d time.Duration) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = s.at.Add(d)
	return s.at
}

// safeBuffer keeps what is logged.
type safeBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func (b *safeBuffer) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.String()
}

func open(t *testing.T, h Harness) *stage {
	t.Helper()
	s := &stage{t: t, at: time.Now().UTC().Truncate(time.Second), logged: &safeBuffer{}}
	s.Place = h.Start(t, s.now)
	if s.Behave == nil {
		s.Behave = func(b Behaviour) bool { return b == Good }
	}
	log := slog.New(slog.NewTextHandler(s.logged, &slog.HandlerOptions{Level: slog.LevelDebug}))
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	s.world = channel.World{HTTP: client, Dial: (&net.Dialer{}).DialContext, Clock: s.now, Log: log}
	d := dbtest.SQLite(t)
	s.ledger = ledger.New(d, log, s.now, channel.PostFollower())
	box, err := seal.New(make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	s.service = channel.New(d, s.ledger, box, s.world, log, s.now, h.Connector)
	says := h.Connector.Describe()
	if s.account, err = s.service.Add(t.Context(), channel.Draft{Kind: says.Kind, Name: "Place", Settings: s.Settings}); err != nil {
		t.Fatalf("the place's settings are refused: %v", err)
	}
	for _, f := range says.Fields {
		if v := s.Settings[f.Name]; f.Type == channel.Secret && v != "" {
			s.secrets = append(s.secrets, v)
		}
	}
	t.Cleanup(func() { s.keepsSecrets("the log", s.logged.text()) })
	return s
}

// session opens a session of its own, without the service.
func (s *stage) session(h Harness) channel.Session {
	s.t.Helper()
	session, err := h.Connector.Open(s.Settings, s.world)
	if err != nil {
		s.t.Fatalf("Open: %v", err)
	}
	s.t.Cleanup(func() { session.Close() })
	return session
}

// posts lists what was stated as said: external ids, in order.
func (s *stage) posts() []ledger.Said {
	s.t.Helper()
	if err := s.ledger.CatchUp(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
	var out []ledger.Said
	err := s.ledger.Each(s.t.Context(), func(list []ledger.Activity) error {
		for _, a := range list {
			if a.Kind != ledger.PostSaid {
				continue
			}
			var said ledger.Said
			if err := a.Decode(&said); err != nil {
				return err
			}
			out = append(out, said)
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return out
}
