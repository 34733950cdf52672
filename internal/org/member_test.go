package org_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func TestThereIsAlwaysAnOwner(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		ada := org.Who(owner)
		refused(t, w.ChangeRole(owner, ada.ID, org.Social), problem.Conflict, "org.last_owner")
		refused(t, w.Suspend(owner, ada.ID), problem.Conflict, "org.not_yourself")
		refused(t, w.Suspend(org.AsOperator(t.Context()), ada.ID), problem.Conflict, "org.last_owner")
		// Somebody invited is no owner yet.
		d, err := w.Invite(owner, org.Invite{Email: "bea@velo.example", Role: org.Owner})
		must(t, err)
		refused(t, w.ChangeRole(owner, ada.ID, org.Social), problem.Conflict, "org.last_owner")
		_, err = w.Accept(t.Context(), secretOf(d.Path), org.Accept{Name: "Bea", Lang: "fr", Password: otherWord}, at("192.0.2.3"))
		must(t, err)
		bea := org.Who(w.as(t, "bea@velo.example"))
		// Each removes the other at one moment: one of them must stay.
		var all sync.WaitGroup
		errs := make([]error, 2)
		all.Go(func() { errs[0] = w.ChangeRole(org.With(context.Background(), ada), bea.ID, org.Social) })
		all.Go(func() { errs[1] = w.Suspend(org.With(context.Background(), bea), ada.ID) })
		all.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("want one to be refused: %v, %v", errs[0], errs[1])
		}
		refused(t, errors.Join(errs...), problem.Conflict, "org.last_owner")
	})
}

func TestNobodyGivesWhatTheyDoNotHave(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		sam := w.join(t, "sam@velo.example", org.Social)
		_, err := w.Invite(org.With(t.Context(), sam), org.Invite{Email: "x@velo.example", Role: org.Plain})
		refused(t, err, problem.Forbidden, "problem.forbidden")
		_, err = w.Invite(t.Context(), org.Invite{Email: "x@velo.example", Role: org.Plain})
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		_, err = w.Invite(owner, org.Invite{Email: "x@velo.example", Role: "emperor"})
		refused(t, err, problem.Invalid, "org.bad_role")

		// An owner's token for members alone makes no owner, changes none and takes over none.
		secret, _, err := w.MakeToken(owner, "invite", []org.Permission{org.MemberEdit}, time.Hour)
		must(t, err)
		m, _, err := w.Bearer(t.Context(), secret)
		must(t, err)
		byToken := org.With(t.Context(), m)
		_, err = w.Invite(byToken, org.Invite{Email: "mole@velo.example", Role: org.Owner})
		refused(t, err, problem.Forbidden, "org.role_above")
		_, err = w.Invite(byToken, org.Invite{Email: "plain@velo.example", Role: org.Plain})
		must(t, err)
		refused(t, w.ChangeRole(byToken, sam.ID, org.Plain), problem.Forbidden, "org.role_above")
		refused(t, w.Suspend(byToken, sam.ID), problem.Forbidden, "org.role_above")
		_, err = w.ResetLink(byToken, sam.ID)
		refused(t, err, problem.Forbidden, "org.not_by_token")
		_, _, err = w.MakeToken(byToken, "more", []org.Permission{org.MemberEdit}, time.Hour)
		refused(t, err, problem.Forbidden, "org.not_by_token")
		refused(t, w.ChangePassword(byToken, ownerWord, otherWord, ""), problem.Forbidden, "org.not_by_token")
	})
}

func TestSuspended(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, owner := t.Context(), w.as(t, ownerEmail)
		sam := w.join(t, "sam@velo.example", org.Social)
		session := w.signIn(t, sam.Email, otherWord)
		secret, _, err := w.MakeToken(org.With(ctx, sam), "script", []org.Permission{org.InboxRead}, time.Hour)
		must(t, err)
		link, err := w.ResetLink(owner, sam.ID)
		must(t, err)
		must(t, w.Suspend(owner, sam.ID))
		must(t, w.Suspend(owner, sam.ID))
		_, _, err = w.Authenticate(ctx, session)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		_, _, err = w.Bearer(ctx, secret)
		refused(t, err, problem.Unauthenticated, "org.bad_token")
		refused(t, w.Reset(ctx, secretOf(link.Path), "Une autre phrase 1", at("")), problem.Missing, "org.dead_link")
		_, err = w.ResetLink(owner, sam.ID)
		refused(t, err, problem.Conflict, "org.not_active")
		must(t, w.Resume(owner, sam.ID))
		w.signIn(t, sam.Email, otherWord)
		for _, dead := range []string{session} {
			_, _, err = w.Authenticate(ctx, dead)
			refused(t, err, problem.Unauthenticated, "problem.sign_in")
		}
		_, _, err = w.Bearer(ctx, secret)
		refused(t, err, problem.Unauthenticated, "org.bad_token")
	})
}

// TestFounderRemoved: the address of who set the organisation up stands in the entry of that too, and where
// somebody came from in one of what they did before they had signed in.
func TestFounderRemoved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ada := org.Who(w.as(t, ownerEmail))
		sam := org.With(t.Context(), w.join(t, "sam@velo.example", org.Owner))
		must(t, w.Remove(sam, ada.ID, false))
		kim := w.join(t, "kim@velo.example", org.Social)
		reset, err := w.ResetLink(sam, kim.ID)
		must(t, err)
		must(t, w.Reset(t.Context(), secretOf(reset.Path), "Une autre phrase 1", at("192.0.2.77")))
		must(t, w.Remove(sam, kim.ID, true))
		entries, _, err := w.AuditLog(sam, org.AuditFilter{})
		must(t, err)
		for _, e := range entries {
			if strings.Contains(string(e.Details), ownerEmail) {
				t.Errorf("%s keeps the address: %s", e.Action, e.Details)
			}
			if e.IP == "192.0.2.77" {
				t.Errorf("%s keeps where the nameless came from", e.Action)
			}
		}
	})
}

func TestRemoved(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx, owner := t.Context(), w.as(t, ownerEmail)
		ada := org.Who(owner)
		sam, kim := w.join(t, "sam@velo.example", org.Owner), w.join(t, "kim@velo.example", org.Social)
		session := w.signIn(t, sam.Email, otherWord)
		device, err := w.Remember(ctx, session, "")
		must(t, err)
		secret, _, err := w.MakeToken(org.With(ctx, sam), "script", []org.Permission{org.InboxRead}, time.Hour)
		must(t, err)
		reset, err := w.ResetLink(owner, sam.ID)
		must(t, err)
		sent, err := w.Invite(org.With(ctx, sam), org.Invite{Email: "friend@velo.example", Role: org.Owner})
		must(t, err)

		refused(t, w.Remove(owner, ada.ID, false), problem.Conflict, "org.not_yourself")
		refused(t, w.Remove(owner, sent.Member.ID, false), problem.Conflict, "org.withdraw_instead")
		refused(t, w.Remove(owner, "nobody", false), problem.Missing, "org.no_member")
		refused(t, w.Remove(org.With(ctx, kim), sam.ID, false), problem.Forbidden, "problem.forbidden")
		must(t, w.Remove(owner, sam.ID, false))
		refused(t, w.Remove(owner, sam.ID, false), problem.Missing, "org.no_member")

		_, _, err = w.Authenticate(ctx, session)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		_, _, err = w.Bearer(ctx, secret)
		refused(t, err, problem.Unauthenticated, "org.bad_token")
		refused(t, w.Reset(ctx, secretOf(reset.Path), "Une autre phrase 1", at("")), problem.Missing, "org.dead_link")
		_, err = w.Invitation(ctx, secretOf(sent.Path))
		refused(t, err, problem.Missing, "org.dead_link") // what they sent last is no way back in
		_, err = w.SignIn(ctx, sam.Email, otherWord, org.Visit{IP: "192.0.2.9", Device: device})
		refused(t, err, problem.Invalid, "org.wrong_sign_in")
		_, err = w.SignIn(ctx, sam.ID+"@removed.invalid", "", at("192.0.2.9"))
		refused(t, err, problem.Invalid, "problem.required")
		_, err = w.SignIn(ctx, sam.ID+"@removed.invalid", otherWord, at("192.0.2.9"))
		refused(t, err, problem.Invalid, "org.wrong_sign_in")
		for _, err := range []error{w.Resume(owner, sam.ID), w.Suspend(owner, sam.ID), w.ChangeRole(owner, sam.ID, org.Social)} {
			refused(t, err, problem.Missing, "org.no_member")
		}

		// What they did stays under their name; they are in no list, and nobody knows the address.
		list, err := w.Members(ctx)
		must(t, err)
		for _, m := range list {
			if m.ID == sam.ID {
				t.Error("a removed member is listed")
			}
		}
		former, err := w.Former(ctx)
		must(t, err)
		if len(former) != 1 || former[0].Name != sam.Name {
			t.Fatalf("former %v", former)
		}
		entries, _, err := w.AuditLog(owner, org.AuditFilter{Member: sam.ID})
		must(t, err)
		if len(entries) == 0 || entries[0].MemberName != sam.Name {
			t.Errorf("the audit log says %+v", entries)
		}
		about, _, err := w.AuditLog(owner, org.AuditFilter{Object: "member:" + sam.ID})
		must(t, err)
		if about[0].Action != "member.remove" {
			t.Errorf("the last that was done with them is %s", about[0].Action)
		}
		for _, e := range about {
			if strings.Contains(string(e.Details), "sam@") {
				t.Errorf("%s keeps the address: %s", e.Action, e.Details)
			}
		}
		again := w.join(t, "sam@velo.example", org.Social) // somebody new
		if again.ID == sam.ID {
			t.Error("the address brings back who was removed")
		}

		// Nameless, nothing tells who it was.
		must(t, w.Remove(owner, kim.ID, true))
		m, err := w.Find(ctx, kim.ID)
		must(t, err)
		if m.Name != "Ancien membre" { // in the language of the organisation
			t.Errorf("called %q", m.Name)
		}
		entries, _, err = w.AuditLog(owner, org.AuditFilter{Limit: 200})
		must(t, err)
		for _, e := range entries {
			if e.Member == kim.ID && e.IP != "" || e.Object == "member:"+kim.ID && strings.Contains(strings.ToLower(string(e.Details)), "kim") {
				t.Errorf("the audit log tells: %+v %s", e, e.Details)
			}
		}
		// The last owner stays, whoever asks.
		refused(t, w.Remove(org.AsOperator(ctx), ada.ID, false), problem.Conflict, "org.last_owner")
		must(t, w.Tidy(ctx))
	})
}

func TestRoleHoldsAtOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sam := w.join(t, "sam@velo.example", org.Social)
		secret, _, err := w.MakeToken(org.With(t.Context(), sam), "script", []org.Permission{org.InboxRead, org.ChannelEdit}, time.Hour)
		must(t, err)
		must(t, w.ChangeRole(w.as(t, ownerEmail), sam.ID, org.Volunteer))
		m, _, err := w.Bearer(t.Context(), secret)
		must(t, err)
		if !m.May(org.InboxRead) || m.May(org.ChannelEdit) || m.May(org.InboxEdit) || !m.May(org.SignedIn) {
			t.Fatal("a token gives more, or less, than its member and its scopes")
		}
	})
}

func TestProfile(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		must(t, w.ChangeProfile(owner, org.Profile{Name: "  Ada \u202e\x07  Morel-Béart ", Lang: "en", Zone: "America/Toronto", Theme: "dark"}))
		m, err := w.ByEmail(t.Context(), ownerEmail)
		must(t, err)
		if m.Name != "Ada Morel-Béart" || m.Lang != "en" || m.Location().String() != "America/Toronto" || m.Theme != "dark" {
			t.Fatalf("profile: %+v", m)
		}
		for _, p := range []org.Profile{{Name: "", Lang: "en", Zone: "UTC"}, {Name: "A", Lang: "xx", Zone: "UTC"}, {Name: "A", Lang: "en", Zone: "../etc"},
			{Name: "A", Lang: "en", Zone: "Local"}, {Name: "A", Lang: "en", Zone: "UTC", Theme: "pink"}, {Name: strings.Repeat("é", 121), Lang: "en", Zone: "UTC"}} {
			if err := w.ChangeProfile(owner, p); !problem.Is(err, problem.Invalid) {
				t.Errorf("%+v: %v", p, err)
			}
		}
		w.join(t, "ben@velo.example", org.Plain)
		ben := w.as(t, "ben@velo.example")
		for _, name := range []string{"ada morel béart", "Аdа Morel-Béart", "ADA MOREI BEART", "Ada M0rel-Beart"} { // two letters of the second are Cyrillic
			if err := w.ChangeProfile(ben, org.Profile{Name: name, Lang: "en", Zone: "UTC"}); problem.Of(err).Code != problem.Invalid {
				t.Errorf("a member who is not of the team is called %q: %v", name, err)
			}
		}
		must(t, w.ChangeProfile(ben, org.Profile{Name: "Ada Morel of Lyon", Lang: "en", Zone: "UTC"}))
		refused(t, w.ChangeProfile(t.Context(), org.Profile{Name: "A", Lang: "en", Zone: "UTC"}), problem.Unauthenticated, "problem.sign_in")
	})
}

func TestPasswordChange(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		mine, other := w.signIn(t, ownerEmail, ownerWord), w.signIn(t, ownerEmail, ownerWord)
		owner := w.as(t, ownerEmail)
		link, err := w.ResetLink(owner, org.Who(owner).ID)
		must(t, err)
		refused(t, w.ChangePassword(owner, "wrong", "Une autre phrase 1", mine), problem.Invalid, "org.wrong_password")
		refused(t, w.ChangePassword(owner, ownerWord, "short", mine), problem.Invalid, "org.password_short")
		refused(t, w.ChangePassword(owner, ownerWord, ownerWord, mine), problem.Invalid, "org.password_same")
		token, _, err := w.MakeToken(owner, "backup", []org.Permission{org.InboxRead}, time.Hour)
		must(t, err)
		must(t, w.ChangePassword(owner, ownerWord, "Une autre phrase 1", mine))
		_, _, err = w.Bearer(ctx, token)
		refused(t, err, problem.Unauthenticated, "org.bad_token")
		_, _, err = w.Authenticate(ctx, mine)
		must(t, err)
		_, _, err = w.Authenticate(ctx, other)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		// A link sent before the change is worthless after it.
		refused(t, w.Reset(ctx, secretOf(link.Path), "Encore une phrase 2", at("")), problem.Missing, "org.dead_link")
		_, err = w.SignIn(ctx, ownerEmail, ownerWord, at("192.0.2.1"))
		refused(t, err, problem.Invalid, "org.wrong_sign_in")
		w.signIn(t, ownerEmail, "Une autre phrase 1")
		// Somebody at an open screen cannot guess the password at full speed.
		var last error
		for range 6 {
			last = w.ChangePassword(owner, "wrong", "Une autre phrase 3", mine)
		}
		refused(t, last, problem.Busy, "org.wait")
	})
}

func TestFindRefusesNonsense(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		for _, bad := range []string{"", "x", "\x00", "\xff\xfe", strings.Repeat("z", 1<<16), "' OR 1=1 --"} {
			if _, err := w.Find(t.Context(), bad); !problem.Is(err, problem.Missing) {
				t.Errorf("Find(%q): %v", bad[:min(len(bad), 10)], err)
			}
			if _, err := w.ByEmail(t.Context(), bad); !problem.Is(err, problem.Missing) {
				t.Errorf("ByEmail(%q): %v", bad[:min(len(bad), 10)], err)
			}
		}
	})
}

// TestTeam: those who only signed up are members and no part of the team.
func TestTeam(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := org.New(d, slog.New(slog.DiscardHandler), time.Now)
		must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for role, state := range map[org.Role]org.State{org.Owner: org.Active, org.Volunteer: org.Invited, org.Plain: org.Active, org.Social: org.Removed} {
				if _, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $1, $1, $1, 'en', 'UTC', $2, 1)", string(role), string(state)); err != nil {
					return err
				}
			}
			return nil
		}))
		names := func(list []*org.Member, err error) string {
			t.Helper()
			must(t, err)
			var out []string
			for _, m := range list {
				out = append(out, m.Name)
			}
			return strings.Join(out, " ")
		}
		if all, team := names(o.Members(t.Context())), names(o.Team(t.Context())); all != "member owner volunteer" || team != "owner volunteer" {
			t.Errorf("members %q, team %q", all, team)
		}
	})
}

// numbered is an id.
func numbered(n int) string { return fmt.Sprintf("%0*d", id.Length, n) }

// TestListing: members are read piece by piece, each once, and found by their names; where many only sign in, none of them is offered but who was chosen.
func TestListing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		o := org.New(d, slog.New(slog.DiscardHandler), time.Now)
		const many = 450
		must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for i := range many {
				role, state := org.Plain, org.Active
				switch {
				case i%100 == 7:
					role = org.Social
				case i%100 == 9:
					state = org.Removed
				}
				who := fmt.Sprintf("m%03d", i)
				key := numbered(i)
				if _, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, $3, $4, 'en', 'UTC', $5, $6)", key, who+"@velo.example", "Élise "+who, string(role), string(state), i/3); err != nil {
					return err
				}
			}
			return nil
		}))
		read := func(l org.Listing) (names []string) {
			t.Helper()
			for {
				list, more, err := o.List(t.Context(), l)
				must(t, err)
				for _, m := range list {
					names = append(names, strings.TrimPrefix(m.Name, "Élise "))
				}
				if !more {
					return names
				}
				l.Before = list[len(list)-1].ID
			}
		}
		all := read(org.Listing{Limit: 7})
		if len(all) != many-5 || !slices.IsSortedFunc(all, func(a, b string) int { return strings.Compare(b, a) }) {
			t.Errorf("%d members, from %s to %s", len(all), all[0], all[len(all)-1])
		}
		if got := read(org.Listing{Limit: 2, Role: org.Social}); strings.Join(got, " ") != "m407 m307 m207 m107 m007" {
			t.Errorf("of the team: %v", got)
		}
		for words, n := range map[string]int{"m12": 10, "Élise m": many - 5, "M123@VELO": 1, "%": many - 5, "m_12": 10, "nobody": 0} {
			if got := read(org.Listing{Limit: 100, Words: words}); len(got) != n {
				t.Errorf("%q finds %d, not %d", words, len(got), n)
			}
		}
		if _, _, err := o.List(t.Context(), org.Listing{Before: "\xff", Limit: 1}); !problem.Is(err, problem.Missing) {
			t.Errorf("after nobody: %v", err)
		}
		offered, err := o.Members(t.Context(), numbered(100), numbered(9))
		must(t, err)
		if len(offered) != 6 || offered[1].ID != numbered(100) {
			t.Errorf("%d are offered, the second is %s", len(offered), offered[1].ID)
		}
		n, err := o.Count(t.Context())
		must(t, err)
		if n[org.Social] != 5 || n[org.Plain] != many-10 {
			t.Errorf("counted %v", n)
		}
		some, err := o.ByEmails(t.Context(), []string{"m001@velo.example", "m009@velo.example", "x"})
		must(t, err)
		if len(some) != 1 || some[0].ID != numbered(1) {
			t.Errorf("%d by address", len(some))
		}
	})
}

// TestActsAs: who acts in a loop that runs as the operator has their own rights and no more; nobody has none.
func TestActsAs(t *testing.T) {
	t.Parallel()
	operator := org.AsOperator(t.Context())
	plain := &org.Member{ID: "m", Role: org.Plain, State: org.Active}
	for what, c := range map[string]struct {
		ctx  context.Context
		want problem.Code
	}{
		"a member":                {org.With(operator, plain), problem.Forbidden},
		"nobody":                  {org.With(operator, nil), problem.Unauthenticated},
		"an owner":                {org.With(operator, &org.Member{ID: "o", Role: org.Owner, State: org.Active}), ""},
		"the operator for a call": {org.AsOperator(org.With(operator, plain)), ""},
		"the operator":            {operator, ""},
	} {
		err := org.Require(c.ctx, org.CommunityRead)
		if got := problem.Of(err); (err == nil) != (c.want == "") || err != nil && got.Code != c.want {
			t.Errorf("%s: %v, want %q", what, err, c.want)
		}
	}
}
