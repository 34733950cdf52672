package org_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func TestTokens(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		ctx := org.WithVisit(t.Context(), org.Visit{IP: "203.0.113.9"})
		owner := w.as(t, ownerEmail)
		secret, made, err := w.MakeToken(owner, "backup", []org.Permission{org.ExportRun, org.ExportRun, org.InboxRead}, 24*time.Hour)
		must(t, err)
		if !strings.HasPrefix(secret, "ent_") || len(made.Scopes) != 2 {
			t.Fatalf("token %q, %+v", secret, made)
		}
		m, used, err := w.Bearer(ctx, secret)
		must(t, err)
		if !m.ByToken() || m.Email != ownerEmail || !m.May(org.ExportRun) || m.May(org.MemberEdit) || used.UsedIP != "203.0.113.9" || !used.UsedAt.Equal(w.now()) {
			t.Fatalf("member %+v, token %+v", m, used)
		}
		for _, bad := range []string{"", "ent_", secret[4:], secret + "x", strings.ToUpper(secret), "ent_" + strings.Repeat("a", 43), strings.Repeat("ent_", 1<<18), "ent_\xff" + secret[5:]} {
			_, _, err := w.Bearer(ctx, bad)
			refused(t, err, problem.Unauthenticated, "org.bad_token")
		}
		// A token is no session and a session no token.
		_, _, err = w.Authenticate(ctx, secret)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		_, _, err = w.Bearer(ctx, org.TokenPrefix+w.signIn(t, ownerEmail, ownerWord))
		refused(t, err, problem.Unauthenticated, "org.bad_token")
		// The secret is kept nowhere.
		for _, table := range []string{"member_token", "audit", "member_session", "member_link"} {
			rows, err := w.d.Read().QueryContext(ctx, "SELECT * FROM "+table)
			must(t, err)
			for rows.Next() {
				columns, _ := rows.Columns()
				cells, to := make([]any, len(columns)), make([]any, len(columns))
				for i := range cells {
					to[i] = &cells[i]
				}
				must(t, rows.Scan(to...))
				for i, c := range cells {
					if s, ok := c.(string); ok && strings.Contains(s, secret[4:]) {
						t.Errorf("%s.%s holds the secret", table, columns[i])
					}
				}
			}
			must(t, rows.Err())
			rows.Close()
		}

		sam := w.join(t, "sam@velo.example", org.Social)
		refused(t, w.RevokeToken(org.With(ctx, sam), made.ID), problem.Missing, "org.no_token")
		list, err := w.Tokens(org.With(ctx, sam))
		must(t, err)
		if len(list) != 0 {
			t.Fatalf("sees tokens of others: %+v", list)
		}
		must(t, w.RevokeToken(owner, made.ID))
		refused(t, w.RevokeToken(owner, made.ID), problem.Missing, "org.no_token")
		_, _, err = w.Bearer(ctx, secret)
		refused(t, err, problem.Unauthenticated, "org.bad_token")

		short, _, err := w.MakeToken(owner, "short", []org.Permission{org.InboxRead}, time.Hour)
		must(t, err)
		w.pass(time.Hour)
		_, _, err = w.Bearer(ctx, short)
		refused(t, err, problem.Unauthenticated, "org.bad_token")
	})
}

// A token that leaked can end itself, and with its scopes nothing else of the account.
func TestTokensAndTheAccount(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.signIn(t, ownerEmail, ownerWord)
		owner := w.as(t, ownerEmail)
		by := func(scopes ...org.Permission) (context.Context, org.Token) {
			secret, made, err := w.MakeToken(owner, "x", scopes, time.Hour)
			must(t, err)
			m, _, err := w.Bearer(t.Context(), secret)
			must(t, err)
			return org.With(t.Context(), m), made
		}
		narrow, own := by(org.InboxRead)
		wide, other := by(org.SignedIn)
		sessions, err := w.Sessions(wide)
		must(t, err)
		_, err = w.Sessions(narrow)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		_, err = w.Tokens(narrow)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		refused(t, w.EndSession(narrow, sessions[0].ID), problem.Forbidden, "problem.forbidden")
		refused(t, w.EndOtherSessions(narrow, ""), problem.Forbidden, "problem.forbidden")
		refused(t, w.RevokeToken(narrow, other.ID), problem.Forbidden, "problem.forbidden")
		refused(t, w.ChangeProfile(narrow, org.Profile{Name: "x", Lang: "en", Zone: "UTC"}), problem.Forbidden, "problem.forbidden")
		must(t, w.RevokeToken(narrow, own.ID))
		must(t, w.EndSession(wide, sessions[0].ID))
		must(t, w.RevokeToken(wide, other.ID))
	})
}

func TestTokensThatAreNotMade(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		sam := org.With(t.Context(), w.join(t, "sam@velo.example", org.Social))
		some := []org.Permission{org.InboxRead}
		for _, c := range []struct {
			key    string
			name   string
			scopes []org.Permission
			lasts  time.Duration
		}{
			{"problem.required", " ", some, time.Hour},
			{"org.no_scopes", "x", nil, time.Hour},
			{"org.scope_above", "x", []org.Permission{org.MemberEdit}, time.Hour},
			{"org.scope_above", "x", []org.Permission{"everything"}, time.Hour},
			{"org.scope_above", "x", []org.Permission{org.Public}, time.Hour},
			{"org.bad_expiry", "x", some, 0},
			{"org.bad_expiry", "x", some, -time.Hour},
			{"org.bad_expiry", "x", some, 10 * 366 * 24 * time.Hour},
		} {
			_, _, err := w.MakeToken(sam, c.name, c.scopes, c.lasts)
			refused(t, err, problem.Invalid, c.key)
		}
		for range 50 {
			_, _, err := w.MakeToken(sam, "x", some, time.Hour)
			must(t, err)
		}
		_, _, err := w.MakeToken(sam, "x", some, time.Hour)
		refused(t, err, problem.Conflict, "org.too_many_tokens")
	})
}

func TestAuditLog(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := org.WithVisit(w.as(t, ownerEmail), org.Visit{IP: "192.0.2.44"})
		began := w.now()
		for i := range 7 {
			w.pass(time.Second)
			must(t, w.d.Tx(owner, func(ctx context.Context, q db.Q) error {
				return w.Audit(ctx, q, "channel.change", "channel:c1", map[string]any{"n": i})
			}))
		}
		must(t, w.d.Tx(org.AsOperator(t.Context()), func(ctx context.Context, q db.Q) error {
			return w.Audit(ctx, q, "channel.remove", "channel:c2", strings.Repeat("x", 1<<20))
		}))
		var seen []string
		f := org.AuditFilter{Action: "channel.", Limit: 3}
		for {
			page, next, err := w.AuditLog(owner, f)
			must(t, err)
			for _, e := range page {
				seen = append(seen, e.Action+string(e.Details))
			}
			if next == "" {
				break
			}
			f.Before = next
		}
		if len(seen) != 8 || seen[0] != `channel.remove{"too_long":true}` || seen[1] != `channel.change{"n":6}` || seen[7] != `channel.change{"n":0}` {
			t.Fatalf("seen: %v", seen)
		}
		page, _, err := w.AuditLog(owner, org.AuditFilter{Object: "channel:c1", From: began.Add(2 * time.Second), To: began.Add(4 * time.Second)})
		must(t, err)
		if len(page) != 2 || page[0].IP != "192.0.2.44" || page[0].Way != "session" || page[0].MemberName != "Ada Morel" || page[0].Member != org.Who(owner).ID {
			t.Fatalf("page: %+v", page)
		}
		for _, c := range []struct {
			from, to time.Time
			want     int
		}{
			{time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC), 7},
			{time.Date(9998, 1, 1, 0, 0, 0, 0, time.UTC), time.Time{}, 0},
			{time.Time{}, time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), 0},
			{began.Add(time.Second), began.Add(time.Second + time.Microsecond), 1},
		} {
			page, _, err := w.AuditLog(owner, org.AuditFilter{Object: "channel:c1", From: c.from, To: c.to})
			must(t, err)
			if len(page) != c.want {
				t.Errorf("%s to %s: %d entries, want %d", c.from, c.to, len(page), c.want)
			}
		}
		page, _, err = w.AuditLog(owner, org.AuditFilter{Action: "channel.remove"})
		must(t, err)
		if len(page) != 1 || page[0].Way != "operator" || page[0].Member != "" {
			t.Fatalf("page: %+v", page)
		}
		_, _, err = w.AuditLog(owner, org.AuditFilter{Before: "\xff"})
		refused(t, err, problem.Invalid, "org.bad_cursor")
		_, _, err = w.AuditLog(owner, org.AuditFilter{Member: "\xff\x00", Action: "'\x00", Object: strings.Repeat("\xff", 999)})
		must(t, err)
		_, _, err = w.AuditLog(org.With(t.Context(), w.join(t, "sam@velo.example", org.Social)), org.AuditFilter{})
		refused(t, err, problem.Forbidden, "problem.forbidden")
		actions, err := w.AuditActions(owner)
		must(t, err)
		if len(actions) < 4 {
			t.Fatalf("actions: %v", actions)
		}
		w.pass(org.AuditFor + time.Hour)
		must(t, w.Tidy(t.Context()))
		page, _, err = w.AuditLog(owner, org.AuditFilter{})
		must(t, err)
		if len(page) != 0 {
			t.Fatalf("%d old entries are kept", len(page))
		}
	})
}

// An entry stands or falls with the change it tells of.
func TestAuditRollsBack(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		w.d.Tx(owner, func(ctx context.Context, q db.Q) error {
			must(t, w.Audit(ctx, q, "x.y", "", nil))
			return problem.New(problem.Conflict, "problem.conflict")
		})
		page, _, err := w.AuditLog(owner, org.AuditFilter{Action: "x.y"})
		must(t, err)
		if len(page) != 0 {
			t.Fatal("an entry survived its transaction")
		}
	})
}

func TestSettings(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		type charter struct {
			Text  string
			Rules []string
		}
		got := charter{Text: "as it was"}
		must(t, w.Setting(t.Context(), "inbox.charter", &got))
		if got.Text != "as it was" {
			t.Fatal("a setting never made changed the value")
		}
		for _, want := range []charter{{"be kind", []string{"a", "b"}}, {"\x00\u2028é", nil}} {
			must(t, w.d.Tx(t.Context(), func(ctx context.Context, q db.Q) error { return w.SetSetting(ctx, q, "inbox.charter", want) }))
			got = charter{}
			must(t, w.Setting(t.Context(), "inbox.charter", &got))
			if got.Text != want.Text || len(got.Rules) != len(want.Rules) {
				t.Fatalf("got %+v, want %+v", got, want)
			}
		}
	})
}

func TestChangeOrganisation(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		owner := w.as(t, ownerEmail)
		must(t, w.ChangeOrganisation(owner, org.Organisation{Name: "Vélo", Lang: "en", Zone: "Europe/Brussels", URL: "http://10.0.0.5:8080",
			Addresses: []string{" velo.example ", "", "contact@velo.example", "velo.example", "https://mastodon.example/@velo"}}))
		o, err := w.Organisation(t.Context())
		must(t, err)
		if o.Name != "Vélo" || strings.Join(o.Addresses, " ") != "velo.example contact@velo.example https://mastodon.example/@velo" {
			t.Fatalf("organisation: %+v", o)
		}
		for field, o := range map[string]org.Organisation{
			"url":       {Name: "V", Lang: "fr", Zone: "UTC", URL: "https://user:pw@velo.example"},
			"name":      {Name: "", Lang: "fr", Zone: "UTC"},
			"lang":      {Name: "V", Lang: "", Zone: "UTC"},
			"zone":      {Name: "V", Lang: "fr", Zone: "Mars/Olympus"},
			"addresses": {Name: "V", Lang: "fr", Zone: "UTC", Addresses: []string{"with space.example"}},
		} {
			err := w.ChangeOrganisation(owner, o)
			if p := problem.Of(err); p.Code != problem.Invalid || p.Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		refused(t, w.ChangeOrganisation(org.With(t.Context(), w.join(t, "sam@velo.example", org.Social)), o), problem.Forbidden, "problem.forbidden")
	})
}
