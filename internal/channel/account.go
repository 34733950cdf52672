package channel

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/problem"
)

// Inbox says which threads of a channel become conversations.
type Inbox string

// The ways of a channel into the inbox.
const (
	InboxAll       Inbox = "all"       // every thread
	InboxQuestions Inbox = "questions" // what asks something
	InboxMentions  Inbox = "mentions"  // what matches a topic or is said to us
	InboxNone      Inbox = "none"
)

// Inboxes lists the ways into the inbox.
func Inboxes() []Inbox { return []Inbox{InboxAll, InboxQuestions, InboxMentions, InboxNone} }

// Account is a channel as it is set up.
type Account struct {
	ID        string
	Kind      string
	Name      string
	Settings  Settings // without secrets
	Secrets   []string // the names of the secrets that are kept, in order
	Inbox     Inbox
	Enabled   bool
	CreatedAt time.Time
	RemovedAt time.Time // zero while it is there
	State     Access
	Shown     Settings // secrets just made by us, given this once by Add and Renew

	sealed string
}

// Access is how a channel fares.
type Access struct {
	Fault     FaultKind // "" when all is well
	Remark    Remark    // why, or what could not be read though all is well
	Failures  int       // in a row
	DueAt     time.Time // when it is asked next; zero when it is not
	PolledAt  time.Time // when it last answered
	ChangedAt time.Time // when it last brought something new
	ExpiresAt time.Time // when the access ends by itself; zero when nobody knows
	Limits    Limits    // what the place allows, when it says so
}

// Stopped reports whether a person must act before the channel is asked again.
func (a Access) Stopped() bool {
	return a.Fault == Unauthorised || a.Fault == Gone || a.Fault == Refused
}

// URI stands for the author of what is said there by nobody in particular.
func (a *Account) URI() string {
	for _, name := range []string{"url", "address", "mail"} {
		if uri, err := Identify(a.Settings[name], ""); err == nil {
			return uri
		}
	}
	return "channel:" + a.ID
}

// never is when a channel that waits for a person is due: 9999-01-01.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

const accountColumns = `c.id, c.kind, c.name, c.settings, c.secrets, c.inbox, c.enabled, c.created_at, c.removed_at,
	COALESCE(s.fault, ''), COALESCE(s.error, ''), COALESCE(s.failures, 0), s.due_at, s.polled_at, s.changed_at, s.expires_at,
	COALESCE(s.limits, '{}')`

const accountTables = " FROM channel c LEFT JOIN channel_state s ON s.channel = c.id "

func accountFields(a *Account) []any {
	return []any{&a.ID, &a.Kind, &a.Name, db.JSON(&a.Settings), &a.sealed, (*string)(&a.Inbox), db.Bool(&a.Enabled), db.At(&a.CreatedAt),
		db.At(&a.RemovedAt), (*string)(&a.State.Fault), &a.State.Remark, &a.State.Failures, db.At(&a.State.DueAt), db.At(&a.State.PolledAt),
		db.At(&a.State.ChangedAt), db.At(&a.State.ExpiresAt), db.JSON(&a.State.Limits)}
}

// settle fills in what is not in the columns.
func (s *Service) settle(a *Account) {
	if !a.State.DueAt.Before(never) {
		a.State.DueAt = time.Time{}
	}
	if a.Settings == nil {
		a.Settings = Settings{}
	}
	// A secret that no longer opens is shown as not there: it must be typed again.
	if secrets, err := s.unseal(a.ID, a.sealed); err == nil {
		a.Secrets = slices.Sorted(maps.Keys(secrets))
	}
}

// List lists the channels by name.
func (s *Service) List(ctx context.Context) ([]Account, error) {
	list, err := s.lists.Read(ctx, s.db, "", func(ctx context.Context) ([]Account, error) {
		return s.accounts(ctx, s.db.Read(), "WHERE c.removed_at IS NULL ORDER BY lower(c.name), c.id")
	})
	return slices.Clone(list), err
}

func (s *Service) accounts(ctx context.Context, q db.Q, where string, args ...any) ([]Account, error) {
	list, err := db.All(ctx, q, accountFields, "SELECT "+accountColumns+accountTables+where, args...)
	if err != nil {
		return nil, fmt.Errorf("list channels: %w", err)
	}
	for i := range list {
		s.settle(&list[i])
	}
	return list, nil
}

// Find returns a channel, also one that was removed: what it brought still names it.
func (s *Service) Find(ctx context.Context, channel string) (Account, error) {
	return s.found.Page(ctx, s.db, channel, func(ctx context.Context) (Account, error) { return s.find(ctx, s.db.Read(), channel, false) })
}

func (s *Service) find(ctx context.Context, q db.Q, channel string, there bool) (Account, error) {
	a, found, err := db.One(ctx, q, accountFields, "SELECT "+accountColumns+accountTables+"WHERE c.id = $1", channel)
	if err != nil {
		return a, fmt.Errorf("find a channel: %w", err)
	}
	if !found || there && !a.RemovedAt.IsZero() {
		return a, problem.New(problem.Missing, "channel.not_found")
	}
	s.settle(&a)
	return a, nil
}

// FindByName returns the channel with this name, whatever its case.
func (s *Service) FindByName(ctx context.Context, name string) (Account, error) {
	list, err := s.accounts(ctx, s.db.Read(), "WHERE lower(c.name) = lower($1) AND c.removed_at IS NULL", strings.TrimSpace(name))
	if err != nil {
		return Account{}, err
	}
	if len(list) == 0 {
		return Account{}, problem.New(problem.Missing, "channel.not_found")
	}
	return list[0], nil
}
