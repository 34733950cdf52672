package channel

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/problem"
)

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
			if err := s.noteDone(ctx, q, "channel.add", "channel:"+a.ID, map[string]any{"kind": a.Kind, "name": a.Name, "settings": a.Settings}); err != nil {
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
	if err := s.mayServe(ctx, k.says, Account{}, a); err != nil {
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
		if err := s.mayServe(ctx, k.says, a, Account{Inbox: inbox, Enabled: !draft.Disabled}); err != nil {
			return err
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
			if _, err := db.Exec(ctx, q, "UPDATE channel_state SET cursor = 'null', expires_at = NULL, limits = '{}' WHERE channel = $1", a.ID); err != nil {
				return err
			}
		}
		if err := restart(ctx, q, a.ID, due); err != nil {
			return err
		}
		return s.noteDone(ctx, q, "channel.change", "channel:"+a.ID, map[string]any{"name": name, "settings": settings, "inbox": inbox,
			"enabled": !draft.Disabled, "secrets_changed": sealedAnew(k.says, draft.Settings)})
	})
	if err != nil {
		return Account{}, err
	}
	s.changed()
	return s.Find(ctx, channel)
}

// sealedAnew lists the secrets that were typed.
func sealedAnew(d Description, given Settings) (names []string) {
	for _, f := range d.Fields {
		if f.Type == Secret && given[f.Name] != "" {
			names = append(names, f.Name)
		}
	}
	return names
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
	if k.says.exposes(a.Settings, next) {
		for _, f := range k.says.Fields {
			if f.Type == Secret && kept[f.Name] != "" && given[f.Name] == "" {
				return nil, problem.New(problem.Invalid, "channel.secret_again").On(f.Name)
			}
		}
	}
	return next, nil
}
