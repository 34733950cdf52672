package org_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func TestSignInAndOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		token := w.signIn(t, " ADA@velo.example ", ownerWord)
		m, x, err := w.Authenticate(ctx, token)
		must(t, err)
		if m.Email != ownerEmail || x.Agent != "Firefox · Linux" || x.IP != "192.0.2.1" || !x.ExpiresAt.Equal(w.now().Add(org.IdleFor)) {
			t.Fatalf("member %+v, session %+v", m, x)
		}
		must(t, w.SignOut(ctx, token))
		_, _, err = w.Authenticate(ctx, token)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		must(t, w.SignOut(ctx, token))
		must(t, w.SignOut(ctx, "nonsense"))
		for _, bad := range []string{"", "x", token + "x", strings.ToLower(token), strings.Repeat("a", 1<<20), "\x00\xff" + token[2:]} {
			_, _, err := w.Authenticate(ctx, bad)
			refused(t, err, problem.Unauthenticated, "problem.sign_in")
		}
	})
}

// Whoever asks learns nothing about which addresses are members.
func TestWrongSignInsAreAllTheSame(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		gone := w.join(t, "gone@velo.example", org.Social)
		must(t, w.Suspend(owner, gone.ID))
		_, err := w.Invite(owner, org.Invite{Email: "new@velo.example", Role: org.Social})
		must(t, err)
		for i, c := range [][2]string{{ownerEmail, "not the password"}, {"nobody@velo.example", ownerWord}, {gone.Email, otherWord}, {"new@velo.example", ""},
			{"not an address", ownerWord}, {ownerEmail, strings.Repeat("x", 5000)}, {"new@velo.example", strings.Repeat("x", 5000)}} {
			if c[1] == "" {
				c[1] = " "
			}
			_, err := w.SignIn(t.Context(), c[0], c[1], at(fmt.Sprintf("198.51.100.%d", i)))
			refused(t, err, problem.Invalid, "org.wrong_sign_in")
		}
	})
}

func TestSessionsEnd(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		idle, used := w.signIn(t, ownerEmail, ownerWord), w.signIn(t, ownerEmail, ownerWord)
		for range 12 { // 96 days, never idle for 14
			w.pass(8 * 24 * time.Hour)
			w.Authenticate(ctx, used)
			must(t, w.Wait(ctx))
		}
		_, _, err := w.Authenticate(ctx, idle)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		_, _, err = w.Authenticate(ctx, used)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")

		token := w.signIn(t, ownerEmail, ownerWord)
		w.pass(org.IdleFor - time.Microsecond)
		_, x, err := w.Authenticate(ctx, token)
		must(t, err)
		if x.SeenAt != w.now() {
			t.Fatalf("seen at %s, want %s", x.SeenAt, w.now())
		}
		must(t, w.Wait(ctx))
		w.pass(org.IdleFor)
		_, _, err = w.Authenticate(ctx, token)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")

		must(t, w.Tidy(ctx))
		list, err := w.Sessions(w.as(t, ownerEmail))
		must(t, err)
		if len(list) != 0 {
			t.Fatalf("%d sessions are left", len(list))
		}
	})
}

func TestSeenIsWrittenOnceAMinute(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		token := w.signIn(t, ownerEmail, ownerWord)
		began := w.now()
		w.pass(59 * time.Second)
		m, x, err := w.Authenticate(t.Context(), token)
		must(t, err)
		if !x.SeenAt.Equal(began) || !m.LastSeenAt.Equal(began) {
			t.Fatalf("written after 59 s: %s, %s", x.SeenAt, m.LastSeenAt)
		}
		w.pass(time.Second)
		_, _, err = w.Authenticate(t.Context(), token)
		must(t, err)
		must(t, w.Wait(t.Context()))
		m, err = w.ByEmail(t.Context(), ownerEmail)
		must(t, err)
		if !m.LastSeenAt.Equal(w.now()) {
			t.Fatalf("not written after a minute: %s", m.LastSeenAt)
		}
	})
}

func TestSessionsAreRevoked(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		mine, other := w.signIn(t, ownerEmail, ownerWord), w.signIn(t, ownerEmail, ownerWord)
		social := w.join(t, "sam@velo.example", org.Social)
		list, err := w.Sessions(w.as(t, ownerEmail))
		must(t, err)
		if len(list) != 2 {
			t.Fatalf("%d sessions, want 2", len(list))
		}
		refused(t, w.EndSession(org.With(ctx, social), list[0].ID), problem.Missing, "org.no_session")
		refused(t, w.EndSession(w.as(t, ownerEmail), "\xff"), problem.Missing, "org.no_session")
		must(t, w.EndOtherSessions(w.as(t, ownerEmail), mine))
		_, _, err = w.Authenticate(ctx, other)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		_, x, err := w.Authenticate(ctx, mine)
		must(t, err)
		must(t, w.EndSession(w.as(t, ownerEmail), x.ID))
		_, _, err = w.Authenticate(ctx, mine)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
	})
}

func TestSignInIsSlowedDown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		try := func(ip string) error {
			_, err := w.SignIn(ctx, ownerEmail, "not the password", at(ip))
			return err
		}
		// Each from elsewhere: the address alone is slowed down. The fifth failure is the last free one.
		for i := range 5 {
			refused(t, try(fmt.Sprintf("198.51.100.%d", i)), problem.Invalid, "org.wrong_sign_in")
		}
		waits := []string{"2\u00a0s", "4\u00a0s", "8\u00a0s"}
		for i, want := range waits {
			err := try("203.0.113.1")
			refused(t, err, problem.Busy, "org.wait")
			if got := problem.Of(err).Args[1]; got != want {
				t.Fatalf("wait %d is %q, want %q", i, got, want)
			}
			w.pass(time.Minute)
			refused(t, try("203.0.113.1"), problem.Invalid, "org.wrong_sign_in")
		}
		// Another node, and the right password, must wait too.
		node := org.New(w.d, slog.New(slog.DiscardHandler), w.now, org.Swift())
		_, err := node.SignIn(ctx, ownerEmail, ownerWord, at("203.0.113.2"))
		refused(t, err, problem.Busy, "org.wait")
		// There is no lock-out: five minutes are the most there is to wait, however long it goes on.
		for range 20 {
			w.pass(5 * time.Minute)
			refused(t, try("203.0.113.3"), problem.Invalid, "org.wrong_sign_in")
			w.pass(5 * time.Minute)
			refused(t, try("203.0.113.4"), problem.Invalid, "org.wrong_sign_in")
		}
		w.pass(5 * time.Minute)
		w.signIn(t, ownerEmail, ownerWord)
		// And who got in starts afresh.
		refused(t, try("203.0.113.5"), problem.Invalid, "org.wrong_sign_in")
		w.signIn(t, ownerEmail, ownerWord)
	})
}

// Whoever guesses passwords for an address, from wherever they like, does not keep its owner out of a device that signed in before.
func TestGuessingDoesNotLockOut(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		token := w.signIn(t, ownerEmail, ownerWord)
		device, err := w.Remember(ctx, token, "")
		must(t, err)
		must(t, w.SignOut(ctx, token))
		home := org.Visit{IP: "203.0.113.1", Agent: "Firefox", Device: device}
		attack := func(ip, device string) error {
			_, err := w.SignIn(ctx, ownerEmail, "not the password", org.Visit{IP: ip, Device: device})
			return err
		}
		for i := range 40 { // also from the owner's own network
			if err := attack("203.0.113.1", ""); err == nil {
				t.Fatal("let in")
			}
			attack(fmt.Sprintf("198.51.100.%d", i), "")
		}
		_, err = w.SignIn(ctx, ownerEmail, ownerWord, org.Visit{IP: "203.0.113.9"})
		refused(t, err, problem.Busy, "org.wait") // elsewhere everybody waits
		_, err = w.SignIn(ctx, ownerEmail, ownerWord, home)
		must(t, err)
		// The owner's getting in gives who guesses nothing back.
		refused(t, attack("198.51.100.77", ""), problem.Busy, "org.wait")

		// Made-up papers, and those of others, are none.
		social := w.join(t, "sam@velo.example", org.Social)
		theirs, err := w.Remember(ctx, w.signIn(t, social.Email, otherWord), "")
		must(t, err)
		ada, err := w.ByEmail(ctx, ownerEmail)
		must(t, err)
		forged := strings.Replace(theirs, social.ID, ada.ID, 1)
		last := device[len(device)-1]
		for _, bad := range []string{theirs, forged, device[:len(device)-1], device[:len(device)-1] + string(last^1), "a.b.c.d", "...", "~~~", strings.Repeat(device+"~", 50), "\x00\xff"} {
			refused(t, attack("198.51.100.78", bad), problem.Busy, "org.wait")
		}
		// Who has the device itself may guess as slowly as everybody.
		for range 5 {
			refused(t, attack("198.51.100.79", device), problem.Invalid, "org.wrong_sign_in")
		}
		refused(t, attack("198.51.100.80", device), problem.Busy, "org.wait")
		w.pass(5 * time.Minute)

		// A browser is known for each of those who share it.
		both, err := w.Remember(ctx, w.signIn(t, social.Email, otherWord), device)
		must(t, err)
		for i := range 8 {
			attack(fmt.Sprintf("198.51.100.%d", i), "")
		}
		_, err = w.SignIn(ctx, ownerEmail, ownerWord, org.Visit{IP: "203.0.113.1", Device: both})
		must(t, err)

		// A new password, and time, make it strange.
		own := w.as(t, ownerEmail)
		must(t, w.ChangePassword(own, ownerWord, "another good password 7", ""))
		for i := range 8 {
			attack(fmt.Sprintf("198.51.100.%d", i), "")
		}
		_, err = w.SignIn(ctx, ownerEmail, "another good password 7", home)
		refused(t, err, problem.Busy, "org.wait")
		w.pass(time.Hour)
		fresh, err := w.Remember(ctx, w.signIn(t, ownerEmail, "another good password 7"), both)
		must(t, err)
		w.pass(org.DeviceFor)
		for i := range 8 {
			attack(fmt.Sprintf("198.51.100.%d", i), "")
		}
		_, err = w.SignIn(ctx, ownerEmail, "another good password 7", org.Visit{IP: "203.0.113.1", Device: fresh})
		refused(t, err, problem.Busy, "org.wait")
	})
}

func TestOnePlaceIsSlowedDown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		try := func(n int, ip string) error {
			_, err := w.SignIn(t.Context(), fmt.Sprintf("guess%d@velo.example", n), "not the password", at(ip))
			return err
		}
		for n := range 30 { // one customer's IPv6 addresses are one place
			refused(t, try(n, fmt.Sprintf("2001:db8:0:1::%x", n)), problem.Invalid, "org.wrong_sign_in")
		}
		refused(t, try(99, "2001:db8:0:1:ffff::1"), problem.Busy, "org.wait")
		refused(t, try(99, "2001:db8:0:2::1"), problem.Invalid, "org.wrong_sign_in")
		// A member behind it is let in once the second is over, which does not wash the place clean for somebody else's guesses.
		w.pass(2 * time.Second)
		_, err := w.SignIn(t.Context(), ownerEmail, ownerWord, at("2001:db8:0:1::1"))
		must(t, err)
		refused(t, try(100, "2001:db8:0:1::2"), problem.Invalid, "org.wrong_sign_in")
		refused(t, try(101, "2001:db8:0:1::2"), problem.Busy, "org.wait")
	})
}

// A hundred guesses at one moment are a hundred guesses, also before the first has failed.
func TestFlood(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		var mu sync.Mutex
		var compared, waited int
		var all sync.WaitGroup
		for i := range 60 {
			all.Go(func() {
				_, err := w.SignIn(context.Background(), ownerEmail, "not the password", at(fmt.Sprintf("198.51.100.%d", i)))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case problem.Is(err, problem.Busy):
					waited++
				case problem.Is(err, problem.Invalid):
					compared++
				default:
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		if compared != 5 || waited != 55 {
			t.Fatalf("%d passwords were compared and %d had to wait, want 5 and 55", compared, waited)
		}
	})
}

func TestProblemsFindsThemAll(t *testing.T) {
	t.Parallel()
	a, b := problem.New(problem.Invalid, "a"), problem.New(problem.Invalid, "b")
	got := org.Problems(fmt.Errorf("outer: %w", errors.Join(nil, a, errors.Join(b, nil))))
	if len(got) != 2 || got[0].Key != "a" || got[1].Key != "b" {
		t.Fatalf("got %v", got)
	}
	if got := org.Problems(errors.New("x")); len(got) != 1 || got[0].Code != problem.Internal {
		t.Fatalf("got %v", got)
	}
	if got := org.Problems(nil); got != nil {
		t.Fatalf("got %v", got)
	}
}

// BenchmarkAuthenticate is what every page pays.
func BenchmarkAuthenticate(b *testing.B) {
	s := org.New(dbtest.SQLite(b), slog.New(slog.DiscardHandler), time.Now)
	if err := s.SetUp(b.Context(), setUp()); err != nil {
		b.Fatal(err)
	}
	token, err := s.SignIn(b.Context(), ownerEmail, ownerWord, at("192.0.2.1"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := s.Authenticate(b.Context(), token); err != nil {
			b.Fatal(err)
		}
	}
}
