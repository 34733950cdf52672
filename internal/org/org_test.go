package org_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	ownerEmail = "ada@velo.example"
	ownerWord  = "Pignon libre 42"
	otherWord  = "Dérailleur arrière 7"
)

// world is a set-up organisation whose clock the test moves.
type world struct {
	*org.Service
	d     *db.DB
	mu    sync.Mutex
	at    time.Time
	mails *mailbox
}

func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.at
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.at = w.at.Add(d)
}

type mail struct{ to, subject, text string }

// mailbox stands where the mail server would: it is the world's edge.
type mailbox struct {
	mu   sync.Mutex
	all  []mail
	off  bool
	fail error
}

func (m *mailbox) Send(_ context.Context, to, subject, text string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.fail != nil {
		return m.fail
	}
	m.all = append(m.all, mail{to, subject, text})
	return nil
}

func (m *mailbox) Ready(context.Context) bool { return !m.off }

func (m *mailbox) sent() []mail {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]mail(nil), m.all...)
}

func bare(t *testing.T, d *db.DB) *world {
	w := &world{d: d, at: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC), mails: &mailbox{}}
	w.Service = org.New(d, slog.New(slog.DiscardHandler), w.now, org.Swift(), org.WithMailer(w.mails))
	t.Cleanup(func() { w.Wait(context.Background()) })
	return w
}

func setUp() org.SetUp {
	return org.SetUp{Organisation: "Vélo Lumière", Lang: "fr", URL: "https://entente.velo.example/", OwnerName: "Ada Morel", OwnerEmail: "Ada@Velo.example", Password: ownerWord}
}

func ready(t *testing.T, d *db.DB) *world {
	t.Helper()
	w := bare(t, d)
	must(t, w.SetUp(t.Context(), setUp()))
	return w
}

func each(t *testing.T, f func(t *testing.T, w *world)) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, ready(t, d)) })
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused fails unless err is a problem with this key.
func refused(t *testing.T, err error, code problem.Code, key string) {
	t.Helper()
	if err == nil {
		t.Fatalf("accepted, want %s %s", code, key)
	}
	if p := problem.Of(err); p.Code != code || p.Key != key {
		t.Fatalf("got %v, want %s %s", err, code, key)
	}
}

func at(ip string) org.Visit {
	return org.Visit{IP: ip, Agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
}

func (w *world) signIn(t *testing.T, email, password string) string {
	t.Helper()
	token, err := w.SignIn(t.Context(), email, password, at("192.0.2.1"))
	must(t, err)
	return token
}

// as returns a context in which the member with this address has signed in.
func (w *world) as(t *testing.T, email string) context.Context {
	t.Helper()
	m, err := w.ByEmail(t.Context(), email)
	must(t, err)
	return org.With(t.Context(), m)
}

// join invites and accepts.
func (w *world) join(t *testing.T, email string, r org.Role) *org.Member {
	t.Helper()
	d, err := w.Invite(org.AsOperator(t.Context()), org.Invite{Email: email, Role: r})
	must(t, err)
	_, err = w.Accept(t.Context(), secretOf(d.Path), org.Accept{Name: "Joined " + email, Lang: "en", Password: otherWord}, at("192.0.2.9"))
	must(t, err)
	m, err := w.ByEmail(t.Context(), email)
	must(t, err)
	return m
}

func secretOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

func TestSetUpOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		w := bare(t, d)
		if done, err := w.IsSetUp(t.Context()); err != nil || done {
			t.Fatalf("IsSetUp = %v, %v before", done, err)
		}
		_, err := w.Organisation(t.Context())
		refused(t, err, problem.Missing, "org.not_set_up")

		// Several first visitors, on several nodes.
		var wins, conflicts int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 6 {
			node := org.New(d, slog.New(slog.DiscardHandler), w.now, org.Swift())
			all.Go(func() {
				err := node.SetUp(context.Background(), setUp())
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					wins++
				case problem.Is(err, problem.Conflict):
					conflicts++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		if wins != 1 || conflicts != 5 {
			t.Fatalf("%d set-ups won and %d conflicted, want 1 and 5", wins, conflicts)
		}
		members, err := w.Members(t.Context())
		must(t, err)
		if len(members) != 1 || members[0].Email != ownerEmail || members[0].Role != org.Owner || members[0].State != org.Active {
			t.Fatalf("members: %+v", members)
		}
		o, err := w.Organisation(t.Context())
		must(t, err)
		if o.Name != "Vélo Lumière" || o.Zone != "Europe/Paris" || o.URL != "https://entente.velo.example" {
			t.Fatalf("organisation: %+v", o)
		}
		if done, err := w.IsSetUp(t.Context()); err != nil || !done {
			t.Fatalf("IsSetUp = %v, %v after", done, err)
		}
	})
}

func TestSetUpSaysAllThatIsWrong(t *testing.T) {
	t.Parallel()
	w := bare(t, dbtest.SQLite(t))
	err := w.SetUp(t.Context(), org.SetUp{Organisation: " \x00 ", Lang: "tlh", OwnerName: "", OwnerEmail: "nobody", Password: "short", URL: "javascript:alert(1)"})
	var fields []string
	for _, p := range org.Problems(err) {
		fields = append(fields, p.Field)
	}
	if got, want := strings.Join(fields, " "), "organisation lang url owner_name owner_email password"; got != want {
		t.Fatalf("fields %q, want %q", got, want)
	}
}

func TestMay(t *testing.T) {
	t.Parallel()
	var nobody *org.Member
	tests := []struct {
		name string
		m    *org.Member
		p    org.Permission
		want bool
	}{
		{"nobody, public", nobody, org.Public, true},
		{"nobody, signed in", nobody, org.SignedIn, false},
		{"nobody, reads", nobody, org.InboxRead, false},
		{"owner", &org.Member{Role: org.Owner, State: org.Active}, org.OrgEdit, true},
		{"volunteer", &org.Member{Role: org.Volunteer, State: org.Active}, org.InboxEdit, true},
		{"volunteer, above", &org.Member{Role: org.Volunteer, State: org.Active}, org.MemberEdit, false},
		{"suspended owner", &org.Member{Role: org.Owner, State: org.Suspended}, org.InboxRead, false},
		{"invited owner", &org.Member{Role: org.Owner, State: org.Invited}, org.SignedIn, false},
		{"no role", &org.Member{State: org.Active}, org.SignedIn, false},
		{"no such permission", &org.Member{Role: org.Owner, State: org.Active}, "everything", false},
	}
	for _, c := range tests {
		if got := c.m.May(c.p); got != c.want {
			t.Errorf("%s: May(%s) = %v", c.name, c.p, got)
		}
	}
	if org.Who(t.Context()) != nil {
		t.Error("somebody acts in an empty context")
	}
}
