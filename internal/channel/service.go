package channel

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// Service keeps the channels, polls them, takes in what is said there and sends what we say.
type Service struct {
	db     *db.DB
	ledger *ledger.Ledger
	box    *seal.Box
	world  World
	log    *slog.Logger
	clock  func() time.Time
	kinds  []kind
	ids    id.Maker
	hosts  gates
	rates  rates // of proven calls, by channel
	lists  db.Kept[[]Account]
	found  db.Kept[Account]

	speaking  names // channels that something is being sent through
	strangers rates // of other calls, by network address

	due    chan struct{} // wakes Poll
	listen chan struct{} // wakes the listeners to streams
	send   chan struct{} // wakes SendLoop

	audit   Audit
	gate    Gate
	letters Letters
	hook    func(step string) error // tests break the way between steps here; nil otherwise
}

// Audit notes who changed what, in the transaction of the change.
type Audit func(ctx context.Context, q db.Q, action, object string, details any) error

// WithAudit makes every change that people make noted. Call it once, before the service is used.
func (s *Service) WithAudit(audit Audit) *Service {
	s.audit = audit
	return s
}

// Letters takes what was written to an address for posts, in the transaction in which the channel's cursor moves, and says whether it did.
type Letters func(ctx context.Context, q db.Q, a *Account, item *Item) (taken bool, err error)

// WithLetters lets somebody take letters before they become posts of the channel: one that is taken is none, unless it was written to the channel
// itself as well. Call it once, before the service is used.
func (s *Service) WithLetters(take Letters) *Service {
	s.letters = take
	return s
}

func (s *Service) noteDone(ctx context.Context, q db.Q, action, object string, details any) error {
	if s.audit == nil {
		return nil
	}
	return s.audit(ctx, q, action, object, details)
}

type kind struct {
	Connector
	says Description
}

// New makes a service over d that knows these connectors. It starts nothing: see Poll and SendLoop.
func New(d *db.DB, l *ledger.Ledger, box *seal.Box, world World, log *slog.Logger, clock func() time.Time, connectors ...Connector) *Service {
	s := &Service{db: d, ledger: l, box: box, world: world, log: log, clock: clock, due: make(chan struct{}, 1),
		listen: make(chan struct{}, 1), send: make(chan struct{}, 1)}
	for _, c := range connectors {
		s.kinds = append(s.kinds, kind{c, c.Describe()})
	}
	return s
}

// Kinds lists what the connectors that are offered to people say of themselves, in the order they were given.
func (s *Service) Kinds() []Description {
	var out []Description
	for _, k := range s.kinds {
		if !k.says.Internal {
			out = append(out, k.says)
		}
	}
	return out
}

// Describe says what a kind of channel is; found is false for one that no connector serves, such as an import.
func (s *Service) Describe(name string) (d Description, found bool) {
	k, found := s.kind(name)
	return k.says, found
}

func (s *Service) kind(name string) (kind, bool) {
	for _, k := range s.kinds {
		if k.says.Kind == name {
			return k, true
		}
	}
	return kind{}, false
}

// session opens a channel's session, secrets opened.
func (s *Service) session(a *Account) (Session, error) {
	k, found := s.kind(a.Kind)
	if !found {
		return nil, problem.New(problem.Invalid, "channel.unknown_kind", "Kind", a.Kind).On("kind")
	}
	settings, err := s.opened(a)
	if err != nil {
		return nil, err
	}
	return k.Open(settings, s.world)
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// gates let few through at once for each name.
type gates struct {
	mu   sync.Mutex
	list map[string]*gate
}

type gate struct {
	slots chan struct{}
	users int
}

func (g *gates) enter(ctx context.Context, name string, width int) (leave func(), err error) {
	if name == "" {
		return func() {}, nil
	}
	g.mu.Lock()
	if g.list == nil {
		g.list = map[string]*gate{}
	}
	one := g.list[name]
	if one == nil {
		one = &gate{slots: make(chan struct{}, width)}
		g.list[name] = one
	}
	one.users++
	g.mu.Unlock()
	done := func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		if one.users--; one.users == 0 {
			delete(g.list, name)
		}
	}
	select {
	case one.slots <- struct{}{}:
		return func() { <-one.slots; done() }, nil
	case <-ctx.Done():
		done()
		return nil, ctx.Err()
	}
}

// Mints reports whether secrets of this kind are made by us.
func (s *Service) Mints(name string) bool {
	k, _ := s.kind(name)
	_, ok := k.Connector.(Minter)
	return ok
}
