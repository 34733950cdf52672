// Package fediverse decides how public communities are followed and answered from the fediverse (ActivityPub, FEP-1b12): signed activities of strangers
// come in and become posts, votes, flags and followers of communities; what is said there goes out, once to each inbox.
package fediverse

import (
	"context"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/fediverse/signature"
	"github.com/entente/entente/internal/fediverse/wire"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// Service connects communities with the fediverse. It is safe for concurrent use.
type Service struct {
	db        *db.DB
	ledger    *ledger.Ledger
	community *community.Service
	org       *org.Service
	box       *seal.Box
	http      *http.Client
	log       *slog.Logger
	clock     func() time.Time
	ids       id.Maker

	places   db.Kept[map[string]Place]
	blocks   db.Kept[[]Block]
	refusals db.Kept[map[string]bool]

	keys  sync.Map // *rsa.PrivateKey by community
	pace  paces
	vain  vain
	fetch chan struct{} // places of those who fetch at the same time
	lanes lanes
	wake  chan struct{}
	busy  busy
	sound chan struct{}           // workers
	ill   chan struct{}           // those of them for hosts in trouble
	step  func(name string) error // lets a test break off; nil for none
}

// New makes the service; client must be the guarded one, for it goes where strangers say.
func New(d *db.DB, l *ledger.Ledger, c *community.Service, o *org.Service, box *seal.Box, client *http.Client, log *slog.Logger, clock func() time.Time) *Service {
	mine := *client
	mine.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // each step is signed and checked by itself
	return &Service{db: d, ledger: l, community: c, org: o, box: box, http: &mine, log: log, clock: clock, fetch: make(chan struct{}, fetchAtOnce), wake: make(chan struct{}, 1),
		sound: make(chan struct{}, deliverAtOnce), ill: make(chan struct{}, doubtful)}
}

// Now is the service's clock, exact to what the database keeps.
func (s *Service) Now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func (s *Service) newID() string { return s.ids.Make(s.Now()) }

func notFound() error { return problem.New(problem.Missing, "problem.not_found") }

// stranger is a context in which nobody is signed in: what goes out is what everybody may see.
func stranger(ctx context.Context) context.Context { return org.With(ctx, nil) }

// Place is how a community stands to the fediverse.
type Place struct {
	Community string
	OnAt      time.Time // zero while it is switched off
	Space     string    // where threads of others begin, "" for nowhere
	Hold      int       // how many first posts of a stranger wait, at least
	PublicKey string    // PEM

	sealed string
}

// On reports whether it is switched on.
func (p *Place) On() bool { return !p.OnAt.IsZero() }

// MostHold is the most posts of a stranger that may wait.
const MostHold = 20

const placeColumns = "community, key, public_key, on_at, space, hold"

func placeFields(p *Place) []any {
	return []any{&p.Community, &p.sealed, &p.PublicKey, db.At(&p.OnAt), &p.Space, &p.Hold}
}

func (s *Service) all(ctx context.Context) (map[string]Place, error) {
	return s.places.Read(ctx, s.db, "", func(ctx context.Context) (map[string]Place, error) {
		list, err := db.All(ctx, s.db.Read(), placeFields, "SELECT "+placeColumns+" FROM fediverse_place ORDER BY community")
		if err != nil {
			return nil, fmt.Errorf("read which communities are in the fediverse: %w", err)
		}
		out := map[string]Place{}
		for _, p := range list {
			out[p.Community] = p
		}
		return out, nil
	})
}

// Settings are those of a community, for who looks after it.
func (s *Service) Settings(ctx context.Context, communityID string) (Place, community.Community, error) {
	c, err := s.looksAfter(ctx, communityID)
	if err != nil {
		return Place{}, c, err
	}
	all, err := s.all(ctx)
	p := all[communityID]
	if p.Community == "" {
		p = Place{Community: communityID, Hold: 1}
	}
	return p, c, err
}

// looksAfter finds a community for somebody who moderates all.
func (s *Service) looksAfter(ctx context.Context, communityID string) (community.Community, error) {
	if err := org.Require(ctx, org.CommunityModerate); err != nil {
		return community.Community{}, err
	}
	o, err := s.community.Sees(ctx, nil)
	if err != nil {
		return community.Community{}, err
	}
	c, seen := o.ByID(communityID)
	if !seen {
		return c, notFound()
	}
	return c, nil
}

// Set switches a community on or off, and says how strangers are taken. Only public communities can be switched on.
func (s *Service) Set(ctx context.Context, in Place, on bool) error {
	c, err := s.looksAfter(ctx, in.Community)
	if err != nil {
		return err
	}
	if on && (c.Audience != community.Everybody || !c.ClosedAt.IsZero()) {
		return problem.New(problem.Invalid, "fediverse.public_only")
	}
	if in.Hold < 0 || in.Hold > MostHold {
		return problem.New(problem.Invalid, "fediverse.hold_range", "Max", MostHold).On("hold")
	}
	if in.Space != "" {
		o, err := s.community.Sees(stranger(ctx), nil)
		if err != nil {
			return err
		}
		sp, known := o.SpaceByID(in.Space)
		if !known || !o.May(sp.ID) || sp.Community != c.ID || !sp.Takes(community.Discussions) && !sp.Takes(community.Questions) {
			return problem.New(problem.Invalid, "fediverse.no_such_space").On("space")
		}
	}
	all, err := s.all(ctx)
	if err != nil {
		return err
	}
	is, known := all[c.ID]
	if !known {
		_, raw, err := signature.NewKey()
		if err != nil {
			return err
		}
		key, err := signature.Private(raw)
		if err != nil {
			return err
		}
		if is.PublicKey, err = signature.PublicText(&key.PublicKey); err != nil {
			return err
		}
		is.sealed = s.box.Seal("fediverse:"+c.ID, raw)
	}
	onAt := is.OnAt
	switch {
	case !on:
		onAt = time.Time{}
	case !is.On():
		onAt = s.Now()
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, `INSERT INTO fediverse_place (community, key, public_key, on_at, space, hold, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (community) DO UPDATE SET on_at = excluded.on_at, space = excluded.space, hold = excluded.hold, changed_at = excluded.changed_at`,
			c.ID, is.sealed, is.PublicKey, db.T(onAt), in.Space, in.Hold, db.T(s.Now())); err != nil {
			return fmt.Errorf("keep how a community stands to the fediverse: %w", err)
		}
		if !on { // what waits is not said any more
			if _, err := db.Exec(ctx, q, "DELETE FROM fediverse_delivery WHERE community = $1 AND state = 'queued'", c.ID); err != nil {
				return fmt.Errorf("forget what waits: %w", err)
			}
		}
		action := map[bool]string{true: "fediverse.on", false: "fediverse.off"}[on]
		return s.org.Audit(ctx, q, action, "community:"+c.ID, map[string]any{"space": in.Space, "hold": in.Hold})
	})
	if err == nil {
		s.Wake()
	}
	return err
}

// live finds a community that is switched on and that everybody may read.
func (s *Service) live(ctx context.Context, communityID string) (Place, community.Community, error) {
	all, err := s.all(ctx)
	if err != nil {
		return Place{}, community.Community{}, err
	}
	p := all[communityID]
	if !p.On() {
		return p, community.Community{}, notFound()
	}
	o, err := s.community.Sees(stranger(ctx), nil)
	if err != nil {
		return p, community.Community{}, err
	}
	c, seen := o.ByID(communityID)
	if !seen || c.Audience != community.Everybody {
		return p, c, notFound()
	}
	return p, c, nil
}

// lively lists the communities that are switched on.
func (s *Service) lively(ctx context.Context) ([]community.Community, error) {
	all, err := s.all(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	var out []community.Community
	for id := range all {
		_, c, err := s.live(ctx, id)
		if problem.Is(err, problem.Missing) {
			continue
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// key is the private key of a community.
func (s *Service) key(ctx context.Context, communityID string) (*rsa.PrivateKey, error) {
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	p := all[communityID]
	if k, ok := s.keys.Load(p.sealed); ok && p.sealed != "" {
		return k.(*rsa.PrivateKey), nil
	}
	raw, err := s.box.Open("fediverse:"+communityID, p.sealed)
	if err != nil {
		return nil, fmt.Errorf("open the key of a community: %w", err)
	}
	k, err := signature.Private(raw)
	if err != nil {
		return nil, err
	}
	s.keys.Store(p.sealed, k)
	return k, nil
}

// main is where this installation is in the world.
func (s *Service) main(ctx context.Context) *url.URL {
	o, err := s.org.Organisation(ctx)
	if err != nil {
		return &url.URL{Scheme: "https"}
	}
	u, err := url.Parse(o.URL)
	if err != nil {
		return &url.URL{Scheme: "https"}
	}
	return u
}

// reachable reports whether an address is one of the world outside: encrypted and with a name, unless this installation itself is neither, as in trials; and
// not ours.
func (s *Service) reachable(ctx context.Context, address string) bool {
	main := s.main(ctx)
	host := wire.Host(address)
	if host == "" || s.ours(ctx, host) {
		return false
	}
	return main.Scheme == "http" || strings.HasPrefix(address, "https://") && wire.Named(host)
}

// ours reports whether a host is this installation's.
func (s *Service) ours(ctx context.Context, host string) bool {
	if strings.EqualFold(host, s.main(ctx).Host) {
		return true
	}
	m, err := s.community.Map(ctx)
	if err != nil {
		return false
	}
	name := host
	if i := strings.LastIndexByte(host, ':'); i > 0 {
		name = host[:i]
	}
	_, found := m.ByHost(strings.ToLower(name))
	return found
}

// paces bounds how often something is done, by name.
type paces struct {
	mu   sync.Mutex
	list map[string]*rate.Limiter
}

// mostPaces is how many names are remembered; when there are more, all begin anew.
const mostPaces = 10_000

func (p *paces) take(now time.Time, name string, burst int, perMinute float64) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.list == nil || len(p.list) > mostPaces {
		p.list = map[string]*rate.Limiter{}
	}
	l := p.list[name]
	if l == nil {
		l = rate.NewLimiter(rate.Limit(perMinute/60), burst)
		p.list[name] = l
	}
	if !l.AllowN(now, 1) {
		return problem.New(problem.Busy, "problem.busy")
	}
	return nil
}

// vain remembers for a while what was fetched in vain, so that nobody makes us ask a place again and again.
type vain struct {
	mu   sync.Mutex
	list map[string]time.Time
}

const (
	vainFor  = 5 * time.Minute
	mostVain = 5_000
)

func (v *vain) is(what string, now time.Time) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	at, found := v.list[what]
	return found && now.Sub(at) < vainFor
}

func (v *vain) note(what string, now time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.list == nil || len(v.list) > mostVain {
		v.list = map[string]time.Time{}
	}
	v.list[what] = now
}

// lanes lets a few at a time ask the same host.
type lanes struct {
	mu   sync.Mutex
	list map[string]*lane
}

type lane struct {
	places chan struct{}
	users  int // who ask and who wait
}

func (l *lanes) enter(ctx context.Context, host string) (leave func(), err error) {
	l.mu.Lock()
	at := l.list[host]
	if at == nil {
		if l.list == nil {
			l.list = map[string]*lane{}
		}
		at = &lane{places: make(chan struct{}, hostAtOnce)}
		l.list[host] = at
	}
	if at.users >= hostWaits {
		l.mu.Unlock()
		return nil, errQueue
	}
	at.users++
	l.mu.Unlock()
	left := func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		if at.users--; at.users == 0 {
			delete(l.list, host)
		}
	}
	select {
	case at.places <- struct{}{}:
		return func() { <-at.places; left() }, nil
	case <-ctx.Done():
		left()
		return nil, ctx.Err()
	}
}
