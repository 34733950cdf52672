package channel

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
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
	Error     string    // one line, in the words of the other side
	Failures  int       // in a row
	DueAt     time.Time // when it is asked next; zero when it is not
	PolledAt  time.Time // when it last answered
	ChangedAt time.Time // when it last brought something new
	ExpiresAt time.Time // when the access ends by itself; zero when nobody knows
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

// Draft is what a person says of a channel.
type Draft struct {
	Kind     string
	Name     string // "": what the place calls itself, once it has said so
	Settings Settings
	Inbox    Inbox // "": all where things are said to us, mentions elsewhere
	Disabled bool
}

// Minter is a Connector whose secrets we make ourselves.
type Minter interface {
	// Mint makes fresh secrets, by field name.
	Mint() Settings
}

// never is when a channel that waits for a person is due: 9999-01-01.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

const accountColumns = `c.id, c.kind, c.name, c.settings, c.secrets, c.inbox, c.enabled, c.created_at, c.removed_at,
	COALESCE(s.fault, ''), COALESCE(s.error, ''), COALESCE(s.failures, 0), s.due_at, s.polled_at, s.changed_at, s.expires_at`

const accountTables = " FROM channel c LEFT JOIN channel_state s ON s.channel = c.id "

func accountFields(a *Account) []any {
	return []any{&a.ID, &a.Kind, &a.Name, db.JSON(&a.Settings), &a.sealed, (*string)(&a.Inbox), db.Bool(&a.Enabled), db.At(&a.CreatedAt),
		db.At(&a.RemovedAt), (*string)(&a.State.Fault), &a.State.Error, &a.State.Failures, db.At(&a.State.DueAt), db.At(&a.State.PolledAt),
		db.At(&a.State.ChangedAt), db.At(&a.State.ExpiresAt)}
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

// Add sets a channel up. It makes no request: see Try.
func (s *Service) Add(ctx context.Context, draft Draft) (Account, error) {
	list, err := s.AddAll(ctx, []Draft{draft})
	if err != nil {
		return Account{}, err
	}
	return list[0], nil
}

// AddAll sets channels up, all or none.
func (s *Service) AddAll(ctx context.Context, drafts []Draft) ([]Account, error) {
	var out []Account
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		out = out[:0]
		for _, draft := range drafts {
			a, err := s.add(ctx, q, draft)
			if err != nil {
				return err
			}
			out = append(out, a)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	s.changed()
	return out, nil
}

func (s *Service) changed() {
	ring(s.due)
	ring(s.listen)
}

func (s *Service) add(ctx context.Context, q db.Q, draft Draft) (Account, error) {
	k, found := s.kind(draft.Kind)
	if !found {
		return Account{}, problem.New(problem.Invalid, "channel.unknown_kind", "Kind", clean(draft.Kind, 60)).On("kind")
	}
	now := s.clock()
	a := Account{ID: id.New(), Kind: draft.Kind, Enabled: !draft.Disabled, CreatedAt: now.UTC().Truncate(time.Microsecond)}
	given := maps.Clone(draft.Settings)
	if m, ok := k.Connector.(Minter); ok {
		a.Shown = m.Mint()
		if given == nil {
			given = Settings{}
		}
		for name, v := range a.Shown {
			if given[name] == "" {
				given[name] = v
			} else {
				delete(a.Shown, name)
			}
		}
	}
	all, err := k.says.checked(given, nil)
	if err != nil {
		return Account{}, err
	}
	if err := s.form(k, all); err != nil {
		return Account{}, err
	}
	if a.Inbox, err = inboxOf(draft.Inbox, k.says); err != nil {
		return Account{}, err
	}
	var secrets Settings
	a.Settings, secrets = k.says.split(all)
	a.sealed = s.seal(a.ID, secrets)
	if a.Name = clean(strings.TrimSpace(draft.Name), 200); a.Name == "" {
		if a.Name, err = freeName(ctx, q, provisional(k.says, a.Settings)); err != nil {
			return Account{}, err
		}
	} else if err := s.nameFree(ctx, q, a.Name, a.ID); err != nil {
		return Account{}, err
	}
	due := never
	if k.says.Can.Has(Fetch) && a.Enabled {
		due = now
	}
	if err := insert(ctx, q, &a, due); err != nil {
		return Account{}, err
	}
	a.State.DueAt = due
	s.settle(&a)
	return a, nil
}

func insert(ctx context.Context, q db.Q, a *Account, due time.Time) error {
	_, err := db.Exec(ctx, q, "INSERT INTO channel (id, kind, name, settings, secrets, inbox, enabled, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
		a.ID, a.Kind, a.Name, db.J(a.Settings), a.sealed, string(a.Inbox), db.B(a.Enabled), db.T(a.CreatedAt))
	if err != nil {
		return fmt.Errorf("add a channel: %w", err)
	}
	if _, err := db.Exec(ctx, q, "INSERT INTO channel_state (channel, due_at) VALUES ($1, $2)", a.ID, db.T(due)); err != nil {
		return fmt.Errorf("add a channel: %w", err)
	}
	return nil
}

// form lets the connector check the form of the settings.
func (s *Service) form(k kind, all Settings) error {
	session, err := k.Open(all, s.world)
	if err != nil {
		return err
	}
	return session.Close()
}

func inboxOf(want Inbox, d Description) (Inbox, error) {
	switch {
	case slices.Contains(Inboxes(), want):
		return want, nil
	case want != "":
		return "", problem.New(problem.Invalid, "channel.bad_choice").On("inbox")
	case d.Direct:
		return InboxAll, nil
	}
	return InboxMentions, nil
}

// provisional names a channel until its place has said what it calls itself.
func provisional(d Description, set Settings) string {
	for _, f := range d.Fields {
		if v := set[f.Name]; v != "" && (f.Type == URL || f.Type == Mail || f.Type == Host) {
			return clean(v, 200)
		}
	}
	return d.Kind
}

func (s *Service) nameFree(ctx context.Context, q db.Q, name, but string) error {
	_, taken, err := db.Value[string](ctx, q, "SELECT id FROM channel WHERE lower(name) = lower($1) AND removed_at IS NULL AND id <> $2", name, but)
	if err != nil {
		return err
	}
	if taken {
		return problem.New(problem.Conflict, "channel.name_taken", "Name", name).On("name")
	}
	return nil
}

func freeName(ctx context.Context, q db.Q, name string) (string, error) {
	for n := 1; ; n++ {
		try := name
		if n > 1 {
			try = fmt.Sprintf("%s (%d)", name, n)
		}
		_, taken, err := db.Value[string](ctx, q, "SELECT id FROM channel WHERE lower(name) = lower($1) AND removed_at IS NULL", try)
		if err != nil || !taken {
			return try, err
		}
	}
}

// Place finds or makes a channel that no connector serves, for what comes from an import: kind says where from, such as
// "stackexchange".
func (s *Service) Place(ctx context.Context, kind, name string, inbox Inbox) (Account, error) {
	name = clean(strings.TrimSpace(name), 200)
	if name == "" || kind == "" {
		return Account{}, problem.New(problem.Invalid, "problem.required").On("name")
	}
	var a Account
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var found bool
		var err error
		a, found, err = db.One(ctx, q, accountFields, "SELECT "+accountColumns+accountTables+
			"WHERE c.kind = $1 AND lower(c.name) = lower($2) AND c.removed_at IS NULL", kind, name)
		if err != nil || found {
			return err
		}
		if err := s.nameFree(ctx, q, name, ""); err != nil {
			return err
		}
		in, err := inboxOf(inbox, Description{})
		if err != nil {
			return err
		}
		a = Account{ID: id.New(), Kind: kind, Name: name, Inbox: in, Enabled: true, CreatedAt: s.clock(), Settings: Settings{}}
		return insert(ctx, q, &a, never)
	})
	if err != nil {
		return Account{}, err
	}
	s.settle(&a)
	return a, nil
}

// Update changes a channel. An empty secret keeps the one that is stored, unless the channel moves to another machine: then it must be
// typed again. What stopped the channel is forgotten, and it is asked soon.
func (s *Service) Update(ctx context.Context, channel string, draft Draft) (Account, error) {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		if draft.Kind != "" && draft.Kind != a.Kind {
			return problem.New(problem.Invalid, "channel.kind_stays").On("kind")
		}
		name := clean(strings.TrimSpace(draft.Name), 200)
		if name == "" {
			name = a.Name
		}
		if err := s.nameFree(ctx, q, name, a.ID); err != nil {
			return err
		}
		k, served := s.kind(a.Kind)
		inbox := a.Inbox
		if draft.Inbox != "" {
			if inbox, err = inboxOf(draft.Inbox, k.says); err != nil {
				return err
			}
		}
		settings, sealed, due := a.Settings, a.sealed, never
		if served {
			all, err := s.merged(k, &a, draft.Settings)
			if err != nil {
				return err
			}
			if err := s.form(k, all); err != nil {
				return err
			}
			var secrets Settings
			settings, secrets = k.says.split(all)
			sealed = s.seal(a.ID, secrets)
			if k.says.Can.Has(Fetch) && !draft.Disabled {
				due = s.clock()
			}
		}
		_, err = db.Exec(ctx, q, "UPDATE channel SET name = $1, settings = $2, secrets = $3, inbox = $4, enabled = $5 WHERE id = $6",
			name, db.J(settings), sealed, string(inbox), db.B(!draft.Disabled), a.ID)
		if err != nil {
			return fmt.Errorf("change a channel: %w", err)
		}
		if served && k.says.moves(a.Settings, settings) {
			// Another place: what was remembered of the old one says nothing there.
			if _, err := db.Exec(ctx, q, "UPDATE channel_state SET cursor = 'null', expires_at = NULL WHERE channel = $1", a.ID); err != nil {
				return err
			}
		}
		return restart(ctx, q, a.ID, due)
	})
	if err != nil {
		return Account{}, err
	}
	s.changed()
	return s.Find(ctx, channel)
}

// merged lays given settings over the stored ones.
func (s *Service) merged(k kind, a *Account, given Settings) (Settings, error) {
	kept, err := s.unseal(a.ID, a.sealed)
	if err != nil {
		kept = Settings{} // they must be typed again
	}
	all := maps.Clone(a.Settings)
	maps.Copy(all, given)
	// Settings of a field that a newer connector no longer has are dropped; those that a person gives are refused.
	for name := range all {
		_, now := given[name]
		if !now && !slices.ContainsFunc(k.says.Fields, func(f Field) bool { return f.Name == name }) {
			delete(all, name)
		}
	}
	next, err := k.says.checked(all, kept)
	if err != nil {
		return nil, err
	}
	if k.says.moves(a.Settings, next) {
		for _, f := range k.says.Fields {
			if f.Type == Secret && kept[f.Name] != "" && given[f.Name] == "" {
				return nil, problem.New(problem.Invalid, "channel.secret_again").On(f.Name)
			}
		}
	}
	return next, nil
}

// restart forgets what stopped a channel and takes it away from whoever is polling it with settings that are no more.
func restart(ctx context.Context, q db.Q, channel string, due time.Time) error {
	_, err := db.Exec(ctx, q, `UPDATE channel_state SET due_at = $1, failures = 0, fault = '', error = '', lease_until = NULL, lease_by = ''
		WHERE channel = $2`, db.T(due), channel)
	return err
}

// Renew makes new secrets for a channel whose secrets we make; the old ones end now. They are in Shown, this once.
func (s *Service) Renew(ctx context.Context, channel string) (Account, error) {
	var fresh Settings
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		k, _ := s.kind(a.Kind)
		m, ok := k.Connector.(Minter)
		if !ok {
			return problem.New(problem.Invalid, "channel.no_renewal")
		}
		secrets, err := s.unseal(a.ID, a.sealed)
		if err != nil {
			secrets = Settings{}
		}
		fresh = m.Mint()
		maps.Copy(secrets, fresh)
		_, err = db.Exec(ctx, q, "UPDATE channel SET secrets = $1 WHERE id = $2", s.seal(a.ID, secrets), a.ID)
		return err
	})
	if err != nil {
		return Account{}, err
	}
	a, err := s.Find(ctx, channel)
	a.Shown = fresh
	return a, err
}

// Enable lets a channel be polled and spoken through.
func (s *Service) Enable(ctx context.Context, channel string) error {
	return s.turn(ctx, channel, true)
}

// Disable stops a channel; what it brought stays.
func (s *Service) Disable(ctx context.Context, channel string) error {
	return s.turn(ctx, channel, false)
}

func (s *Service) turn(ctx context.Context, channel string, on bool) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		due := never
		if k, found := s.kind(a.Kind); on && found && k.says.Can.Has(Fetch) {
			due = s.clock()
		}
		if _, err := db.Exec(ctx, q, "UPDATE channel SET enabled = $1 WHERE id = $2", db.B(on), a.ID); err != nil {
			return err
		}
		return restart(ctx, q, a.ID, due)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// PollNow makes a channel due at this moment, whatever held it back.
func (s *Service) PollNow(ctx context.Context, channel string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		if k, found := s.kind(a.Kind); !found || !k.says.Can.Has(Fetch) {
			return problem.New(problem.Invalid, "channel.not_polled")
		}
		if !a.Enabled {
			return problem.New(problem.Invalid, "channel.disabled")
		}
		return restart(ctx, q, a.ID, s.clock())
	})
	if err == nil {
		s.changed()
	}
	return err
}

// Remove takes a channel away: its secrets and cursor are destroyed, what it brought stays, and what still waits to be sent through it
// is withdrawn.
func (s *Service) Remove(ctx context.Context, channel string) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		a, err := s.find(ctx, q, channel, true)
		if err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE channel SET removed_at = $1, enabled = 0, secrets = '' WHERE id = $2", db.T(s.clock()), a.ID); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE outgoing SET state = 'withdrawn' WHERE channel = $1 AND state = 'queued'", a.ID); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, "UPDATE channel_state SET cursor = 'null' WHERE channel = $1", a.ID); err != nil {
			return err
		}
		return restart(ctx, q, a.ID, never)
	})
	if err == nil {
		s.changed()
	}
	return err
}

// List lists the channels by name.
func (s *Service) List(ctx context.Context) ([]Account, error) {
	return s.accounts(ctx, s.db.Read(), "WHERE c.removed_at IS NULL ORDER BY lower(c.name), c.id")
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
	return s.find(ctx, s.db.Read(), channel, false)
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

const tryFor = 30 * time.Second

// Try asks the place whether a draft's settings work, without keeping them. channel names the channel being changed, whose stored
// secrets then count, or is "".
func (s *Service) Try(ctx context.Context, channel string, draft Draft) (Health, error) {
	k, found := s.kind(draft.Kind)
	if !found {
		return Health{}, problem.New(problem.Invalid, "channel.unknown_kind", "Kind", clean(draft.Kind, 60)).On("kind")
	}
	a := Account{Kind: draft.Kind, Settings: Settings{}}
	if channel != "" {
		var err error
		if a, err = s.find(ctx, s.db.Read(), channel, true); err != nil {
			return Health{}, err
		}
	}
	given := maps.Clone(draft.Settings)
	if m, ok := k.Connector.(Minter); ok && channel == "" {
		if given == nil {
			given = Settings{}
		}
		for name, v := range m.Mint() {
			if given[name] == "" {
				given[name] = v
			}
		}
	}
	all, err := s.merged(k, &a, given)
	if err != nil {
		return Health{}, err
	}
	return s.ask(ctx, k, all)
}

// Check asks the place whether a channel's access works, and keeps what it says of its end.
func (s *Service) Check(ctx context.Context, channel string) (Health, error) {
	a, err := s.find(ctx, s.db.Read(), channel, true)
	if err != nil {
		return Health{}, err
	}
	k, found := s.kind(a.Kind)
	if !found {
		return Health{}, problem.New(problem.Invalid, "channel.not_polled")
	}
	all, err := s.opened(&a)
	if err != nil {
		return Health{}, err
	}
	h, err := s.ask(ctx, k, all)
	if err != nil {
		return h, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, "UPDATE channel_state SET expires_at = $1 WHERE channel = $2", db.T(h.ExpiresAt), a.ID)
		return err
	})
	return h, err
}

func (s *Service) ask(ctx context.Context, k kind, all Settings) (Health, error) {
	session, err := k.Open(all, s.world)
	if err != nil {
		return Health{}, err
	}
	defer session.Close()
	ctx, cancel := context.WithTimeout(ctx, tryFor)
	defer cancel()
	leave, err := s.hosts.enter(ctx, k.says.machine(all), perHost)
	if err != nil {
		return Health{}, err
	}
	defer leave()
	h, err := session.Check(ctx)
	if err != nil {
		return Health{}, s.worded(err, k.says, all)
	}
	h.Title = clean(h.Title, 200)
	return h, nil
}

// worded turns a failure of the other side into a problem for people; secrets stay out of it.
func (s *Service) worded(err error, d Description, all Settings) error {
	var known *problem.Problem
	if errors.As(err, &known) {
		return known
	}
	kind := Temporary
	var fault *Fault
	if errors.As(err, &fault) {
		kind = fault.Kind
	}
	text := err.Error()
	var lookup *net.DNSError
	if errors.As(err, &lookup) {
		text = lookup.Err + ": " + lookup.Name
	}
	for _, f := range d.Fields {
		if f.Type == Secret && all[f.Name] != "" {
			text = strings.ReplaceAll(text, all[f.Name], "•••")
		}
	}
	return problem.New(problem.Invalid, "channel.fault."+string(kind)+".said", "Said", clean(text, 300))
}
