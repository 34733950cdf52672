// Package inboxtest gives tests an inbox with members, a place where things are said and can be answered, and everything between.
package inboxtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/community"
	"github.com/entente/entente/internal/channel/contact"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/listening"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/seal"
)

// Noon is when tests begin.
var Noon = time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)

// Desk is an inbox under test.
type Desk struct {
	T        testing.TB
	DB       *db.DB
	Org      *org.Service
	Ledger   *ledger.Ledger
	Channels *channel.Service
	Inbox    *inbox.Service
	Post     channel.Account // private and public replies, kind "town"
	Deaf     channel.Account // an import: nothing can be said there
	Town     *Town

	mu   sync.Mutex
	time time.Time
}

// New makes a desk over an empty, migrated database; more are followers to the right of the inbox.
func New(t testing.TB, d *db.DB, more ...ledger.Follower) *Desk {
	t.Helper()
	k := &Desk{T: t, DB: d, time: Noon, Town: &Town{}}
	log := slog.New(slog.DiscardHandler)
	box, err := seal.New(make([]byte, 32))
	k.must(err)
	k.Org = org.New(d, log, k.Now)
	e := enrich.New(d, log, enrich.LanguageIdentifier{})
	k.Ledger = ledger.New(d, log, k.Now, append([]ledger.Follower{channel.PostFollower(), people.Follower(), e.Follower(), listening.NewMatcher(e).Follower(), inbox.Follower()}, more...)...)
	k.Channels = channel.New(d, k.Ledger, box, channel.World{Clock: k.Now, Log: log}, log, k.Now, k.Town, contact.New(), community.New())
	k.Inbox = inbox.New(d, k.Ledger, k.Channels, k.Org, log, k.Now)
	k.Post, err = k.Channels.Add(t.Context(), channel.Draft{Kind: "town", Name: "Support", Settings: channel.Settings{"address": "help@velo.example"}, Inbox: channel.InboxAll})
	k.must(err)
	k.Deaf, err = k.Channels.Place(t.Context(), "stackexchange", "Old forum", channel.InboxAll)
	k.must(err)
	k.must(d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "INSERT INTO organisation (one, name, lang, zone, created_at, changed_at) VALUES (1, 'Vélo Lumière', 'en', 'UTC', $1, $1)", db.T(Noon))
		return err
	}))
	return k
}

func (k *Desk) must(err error) {
	k.T.Helper()
	if err != nil {
		k.T.Fatal(err)
	}
}

// Now is the clock of everything.
func (k *Desk) Now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.time
}

// Pass lets time pass.
func (k *Desk) Pass(d time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.time = k.time.Add(d)
}

// Join makes a member and returns them with the secret of a session.
func (k *Desk) Join(name string, role org.Role) (*org.Member, string) {
	k.T.Helper()
	m := &org.Member{ID: id.New(), Email: strings.ToLower(name) + "@velo.example", Name: name, Role: role, Lang: "en", Zone: "UTC", State: org.Active, CreatedAt: k.Now()}
	secret := (m.ID + strings.Repeat("s", 43))[:43]
	sum := sha256.Sum256([]byte(secret))
	k.must(k.DB.Tx(k.T.Context(), func(ctx context.Context, q db.Q) error {
		now := db.T(k.Now())
		if _, err := db.Exec(ctx, q, "INSERT INTO member (id, email, name, role, lang, zone, state, created_at) VALUES ($1, $2, $3, $4, 'en', 'UTC', 'active', $5)",
			m.ID, m.Email, m.Name, string(role), now); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "INSERT INTO member_session (id, member, hash, created_at, seen_at) VALUES ($1, $2, $3, $4, $4)", id.New(), m.ID, hex.EncodeToString(sum[:]), now)
		return err
	}))
	return m, secret
}

// As is a context in which m acts.
func (k *Desk) As(m *org.Member) context.Context { return org.With(k.T.Context(), m) }

// Hear says posts in a channel and digests them.
func (k *Desk) Hear(channelID string, items ...channel.Item) {
	k.T.Helper()
	_, err := k.Channels.State(k.T.Context(), channelID, items)
	k.must(err)
	k.Level()
}

// Level digests everything.
func (k *Desk) Level() {
	k.T.Helper()
	for behind := 1; behind > 0; {
		k.must(k.Ledger.CatchUp(k.T.Context()))
		var err error
		behind, _, err = db.Value[int](k.T.Context(), k.DB.Read(), "SELECT COUNT(*) FROM activity a JOIN derivation d ON d.id = 1 WHERE (a.tx, a.seq) > (d.tx, d.seq)")
		k.must(err)
	}
}

// Send sends what is due.
func (k *Desk) Send() {
	k.T.Helper()
	_, err := k.Channels.SendOnce(k.T.Context(), k.Now())
	k.must(err)
	k.Level()
}

// PostID is the id of what was said under an external id.
func (k *Desk) PostID(channelID, external string) string {
	k.T.Helper()
	p, found, err := channel.FindPost(k.T.Context(), k.DB.Read(), channelID, external)
	k.must(err)
	if !found {
		k.T.Fatalf("nothing was said as %q", external)
	}
	return p.ID
}

// About is the conversation about what was said under an external id.
func (k *Desk) About(channelID, external string) inbox.Conversation {
	k.T.Helper()
	c, found, err := k.Inbox.Of(k.T.Context(), k.PostID(channelID, external))
	k.must(err)
	if !found {
		k.T.Fatalf("%q has no conversation", external)
	}
	return c
}

// Mail is something said to us in private.
func Mail(external, from, title, text string, at time.Time, replyTo ...string) channel.Item {
	i := channel.Item{At: at, Author: ledger.Address{URI: "mailto:" + from + "@example.org", Name: strings.ToUpper(from[:1]) + from[1:]}}
	i.ExternalID, i.Kind, i.Title, i.Text, i.Direct, i.Private, i.InReplyTo, i.AuthorName = external, "mail", title, text, true, true, replyTo, i.Author.Name
	i.Inbox = true
	return i
}

// Question is something asked in public.
func Question(external, from, title, text string, at time.Time, replyTo ...string) channel.Item {
	i := Mail(external, from, title, text, at, replyTo...)
	i.Kind, i.Private, i.URL = "question", false, "https://forum.example/"+external
	return i
}

// Town is a kind of channel where everything can be said.
type Town struct {
	mu    sync.Mutex
	sent  []channel.Outgoing
	fault error
}

// Break makes sending fail with err, nil to mend it.
func (t *Town) Break(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fault = err
}

// Sent is what arrived.
func (t *Town) Sent() []channel.Outgoing {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]channel.Outgoing(nil), t.sent...)
}

// Describe says what the town can do.
func (t *Town) Describe() channel.Description {
	return channel.Description{Kind: "town", Icon: "mail", Can: channel.PublicReply | channel.PrivateReply | channel.Publish, Direct: true, Says: "mail",
		Fields: []channel.Field{{Name: "address", Type: channel.Mail, Required: true}}}
}

// Open opens the town.
func (t *Town) Open(channel.Settings, channel.World) (channel.Session, error) { return session{t}, nil }

type session struct{ t *Town }

// Check finds the town in order.
func (session) Check(context.Context) (channel.Health, error) { return channel.Health{}, nil }

// Close has nothing to close.
func (session) Close() error { return nil }

// Send takes what is said, unless the town is broken.
func (s session) Send(_ context.Context, out channel.Outgoing) (channel.Receipt, error) {
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	if s.t.fault != nil {
		return channel.Receipt{}, s.t.fault
	}
	s.t.sent = append(s.t.sent, out)
	return channel.Receipt{ExternalID: fmt.Sprintf("sent-%d", len(s.t.sent))}, nil
}
