package org_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func TestInvitation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, owner := t.Context(), w.as(t, ownerEmail)
		first, err := w.Invite(owner, org.Invite{Email: "Léo@velo.example", Name: "Léo", Role: org.Volunteer})
		must(t, err)
		if !first.Mailed || len(w.mails.sent()) != 1 {
			t.Fatalf("mailed %v, %d mails", first.Mailed, len(w.mails.sent()))
		}
		m := w.mails.sent()[0]
		if m.to != "léo@velo.example" || !strings.Contains(m.text, "https://entente.velo.example"+first.Path+"\n") || !strings.Contains(m.subject, "Vélo Lumière") {
			t.Fatalf("mail: %+v", m)
		}
		// A second invitation replaces the first.
		second, err := w.Invite(owner, org.Invite{Email: "léo@velo.example", Name: "Léo", Role: org.Social})
		must(t, err)
		_, err = w.Invitation(ctx, secretOf(first.Path))
		refused(t, err, problem.Missing, "org.dead_link")
		who, err := w.Invitation(ctx, secretOf(second.Path))
		must(t, err)
		if who.Role != org.Social || who.State != org.Invited || who.ID != first.Member.ID {
			t.Fatalf("invited: %+v", who)
		}
		// An invitation is no reset, and nobody accepts with a bad password.
		refused(t, w.Reset(ctx, secretOf(second.Path), otherWord, at("")), problem.Missing, "org.dead_link")
		_, err = w.Accept(ctx, secretOf(second.Path), org.Accept{Name: "Léo", Lang: "fr", Password: "motdepasse12"}, at(""))
		refused(t, err, problem.Invalid, "org.password_common")

		// It works once, however many try at one moment.
		var mu sync.Mutex
		var tokens []string
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				token, err := w.Accept(context.Background(), secretOf(second.Path), org.Accept{Name: "Léo", Lang: "fr", Password: otherWord}, at("192.0.2.7"))
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					tokens = append(tokens, token)
				} else if problem.Of(err).Key != "org.dead_link" {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(tokens) != 1 {
			t.Fatalf("accepted %d times", len(tokens))
		}
		leo, _, err := w.Authenticate(ctx, tokens[0])
		must(t, err)
		if leo.Role != org.Social || leo.State != org.Active || leo.Lang != "fr" {
			t.Fatalf("accepted: %+v", leo)
		}
		_, err = w.Invite(owner, org.Invite{Email: "LÉO@velo.example", Role: org.Owner})
		refused(t, err, problem.Conflict, "org.already_member")
		refused(t, w.Withdraw(owner, leo.ID), problem.Conflict, "org.already_accepted")
	})
}

func TestInvitationEnds(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		late, err := w.Invite(owner, org.Invite{Email: "late@velo.example", Role: org.Social})
		must(t, err)
		w.pass(org.InvitationFor)
		_, err = w.Accept(t.Context(), secretOf(late.Path), org.Accept{Name: "Late", Lang: "fr", Password: otherWord}, at(""))
		refused(t, err, problem.Missing, "org.dead_link")
		d, err := w.Invite(owner, org.Invite{Email: "gone@velo.example", Role: org.Social})
		must(t, err)
		must(t, w.Withdraw(owner, d.Member.ID))
		_, err = w.Invitation(t.Context(), secretOf(d.Path))
		refused(t, err, problem.Missing, "org.dead_link")
		_, err = w.Find(t.Context(), d.Member.ID)
		refused(t, err, problem.Missing, "org.no_member")
	})
}

func TestInvitationWithoutMail(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		w.mails.off = true
		d, err := w.Invite(owner, org.Invite{Email: "a@velo.example", Role: org.Social})
		must(t, err)
		if d.Mailed || !strings.HasPrefix(d.Path, org.InvitationPath) {
			t.Fatalf("delivery: %+v", d)
		}
		// A mail server that fails is no reason to lose the invitation.
		w.mails.off, w.mails.fail = false, errors.New("connection refused")
		d, err = w.Invite(owner, org.Invite{Email: "b@velo.example", Role: org.Social})
		must(t, err)
		if d.Mailed {
			t.Fatal("says it was mailed")
		}
		_, err = w.Invitation(t.Context(), secretOf(d.Path))
		must(t, err)
		for _, bad := range []string{"", "x", "a@b", "a b@velo.example", "a@velo.example\nBcc: x@velo.example", "Ada <ada2@velo.example>", `"q"@velo.example`, "\xff@velo.example",
			strings.Repeat("a", 300) + "@velo.example", "a@localhost", "a@-x-.example"} {
			if _, err := w.Invite(owner, org.Invite{Email: bad, Role: org.Social}); !problem.Is(err, problem.Invalid) {
				t.Errorf("Invite(%q): %v", bad, err)
			}
		}
	})
}

func TestForgottenPassword(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		session := w.signIn(t, ownerEmail, ownerWord)
		// The answer is the same whoever asks about whom; only a member gets a mail.
		must(t, w.Forgot(ctx, "nobody@velo.example", at("192.0.2.1")))
		must(t, w.Forgot(ctx, "not an address", at("192.0.2.1")))
		must(t, w.Forgot(ctx, ownerEmail, at("192.0.2.1")))
		must(t, w.Wait(ctx))
		mails := w.mails.sent()
		if len(mails) != 1 || mails[0].to != ownerEmail {
			t.Fatalf("mails: %+v", mails)
		}
		_, rest, _ := strings.Cut(mails[0].text, "https://entente.velo.example"+org.ResetPath)
		secret, _, _ := strings.Cut(rest, "\n")
		m, err := w.ResetOf(ctx, secret)
		must(t, err)
		if m.Email != ownerEmail {
			t.Fatalf("link of %+v", m)
		}
		refused(t, w.Reset(ctx, secret, "ada@velo.example", at("")), problem.Invalid, "org.password_own")
		token, _, err := w.MakeToken(w.as(t, ownerEmail), "backup", []org.Permission{org.InboxRead}, time.Hour)
		must(t, err)
		must(t, w.Reset(ctx, secret, "Une autre phrase 1", at("")))
		refused(t, w.Reset(ctx, secret, "Une autre phrase 2", at("")), problem.Missing, "org.dead_link")
		_, _, err = w.Authenticate(ctx, session)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		_, _, err = w.Bearer(ctx, token)
		refused(t, err, problem.Unauthenticated, "org.bad_token")
		w.signIn(t, ownerEmail, "Une autre phrase 1")

		link, err := w.ResetLink(org.AsOperator(ctx), m.ID)
		must(t, err)
		w.pass(org.ResetFor)
		refused(t, w.Reset(ctx, secretOf(link.Path), "Une autre phrase 3", at("")), problem.Missing, "org.dead_link")
	})
}

// Nobody's mailbox is flooded, and how the limit answers says nothing about who is a member.
func TestForgottenPasswordIsSlowedDown(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, email := range []string{ownerEmail, "nobody@velo.example"} {
			for range 3 {
				must(t, w.Forgot(t.Context(), email, at("192.0.2.1")))
			}
			refused(t, w.Forgot(t.Context(), email, at("192.0.2.2")), problem.Busy, "org.wait")
		}
		must(t, w.Wait(t.Context()))
		if n := len(w.mails.sent()); n != 3 {
			t.Fatalf("%d mails, want 3", n)
		}
		w.pass(25 * time.Hour)
		must(t, w.Forgot(t.Context(), ownerEmail, at("192.0.2.1")))
	})
}

// Anybody can ask for a link; that must not lock its owner out, nor let the link survive what makes it needless.
func TestResetRefusesWhoeverIsNotActive(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		sam := w.join(t, "sam@velo.example", org.Social)
		before := len(w.mails.sent())
		must(t, w.Suspend(owner, sam.ID))
		must(t, w.Forgot(t.Context(), sam.Email, at("192.0.2.1")))
		_, err := w.Invite(owner, org.Invite{Email: "new@velo.example", Role: org.Social})
		must(t, err)
		must(t, w.Forgot(t.Context(), "new@velo.example", at("192.0.2.1")))
		must(t, w.Wait(t.Context()))
		if n := len(w.mails.sent()); n != before+1 { // the invitation
			t.Fatalf("%d mails", n-before)
		}
	})
}

// What people read, whole, in both languages.
func TestMails(t *testing.T) {
	t.Parallel()
	w := ready(t, dbtest.SQLite(t))
	for _, c := range []struct{ lang, subject, text string }{
		{"en", "Vélo Lumière invites you to Entente", "Hello,\n\nAda Morel invites you to work with Vélo Lumière on Entente. Choose a password here:\n\nLINK\n\n" +
			"The link works once, for 7 days. If you did not expect it, do nothing.\n"},
		{"fr", "Vélo Lumière vous invite sur Entente", "Bonjour,\n\nAda Morel vous invite à travailler avec Vélo Lumière sur Entente. Choisissez un mot de passe ici\u00a0:\n\nLINK\n\n" +
			"Le lien fonctionne une seule fois, pendant 7 jours. Si vous ne l’attendiez pas, ne faites rien.\n"},
	} {
		d, err := w.Invite(w.as(t, ownerEmail), org.Invite{Email: c.lang + "@velo.example", Role: org.Social, Lang: c.lang})
		must(t, err)
		all := w.mails.sent()
		want := mail{c.lang + "@velo.example", c.subject, strings.ReplaceAll(c.text, "LINK", "https://entente.velo.example"+d.Path)}
		if diff := cmp.Diff(want, all[len(all)-1], cmp.AllowUnexported(mail{})); diff != "" {
			t.Error(diff)
		}
	}
}

// The operator's address stands in while the organisation has none.
func TestLinksBeginWithTheAddressOfTheOperator(t *testing.T) {
	t.Parallel()
	w := bare(t, dbtest.SQLite(t))
	w.Service = org.New(w.d, slog.New(slog.DiscardHandler), w.now, org.Swift(), org.WithMailer(w.mails), org.WithURL("https://ops.example/"))
	u := setUp()
	u.URL = ""
	must(t, w.SetUp(t.Context(), u))
	d, err := w.Invite(w.as(t, ownerEmail), org.Invite{Email: "a@velo.example", Role: org.Social})
	must(t, err)
	if got := w.mails.sent()[0].text; !strings.Contains(got, "https://ops.example"+d.Path) {
		t.Error(got)
	}
}
