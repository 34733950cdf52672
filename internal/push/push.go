// Package push decides how browsers are told of notices while no page is open: browsers that members let in and notices come in, encrypted messages
// go out to the push services of the browsers, each once.
package push

import (
	"context"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// Browser is one that is told of a member's notices of a community, as long as the session lasts in which that was wished.
type Browser struct {
	ID        string
	Member    string
	Community string
	Service   string // the host of its push service
	Agent     string // what it calls itself, such as "Firefox · Linux"
	CreatedAt time.Time
	ToldAt    time.Time // zero while it was never

	sealed  string
	session string
}

const browserColumns = "b.id, b.member, b.community, b.service, b.agent, b.created_at, b.told_at, b.address, b.session"

func browserFields(b *Browser) []any {
	return []any{&b.ID, &b.Member, &b.Community, &b.Service, &b.Agent, db.At(&b.CreatedAt), db.At(&b.ToldAt), &b.sealed, &b.session}
}

// address is how a browser is reached; whoever has it can only send what the browser cannot open without our key.
type address struct {
	Endpoint string `json:"endpoint"`
	Key      []byte `json:"key"`    // p256dh
	Secret   []byte `json:"secret"` // auth
}

// Message is what a browser shows.
type Message struct {
	Title string `json:"title"`
	Body  string `json:"body,omitempty"`
	URL   string `json:"url"`
	Tag   string `json:"tag"` // two with one tag are shown as one
	Lang  string `json:"lang,omitempty"`
}

// Write makes the message about a notice for its reader, as things stand now; wanted is false when there is nothing to tell any more.
type Write func(ctx context.Context, notice string) (m Message, wanted bool, err error)

// Service keeps browsers and tells them.
type Service struct {
	db    *db.DB
	org   *org.Service
	box   *seal.Box
	http  *http.Client
	log   *slog.Logger
	clock func() time.Time
	ids   id.Maker

	mu   sync.Mutex
	own  *ecdsa.PrivateKey
	busy map[string]bool // push services that are being told
}

// New makes a service that reaches push services through client, which must be guarded: browsers say where their services are.
func New(d *db.DB, o *org.Service, box *seal.Box, client *http.Client, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, org: o, box: box, http: client, log: log, clock: clock}
}

const keySetting = "push.key"

// key is what this installation is known by at push services: made once, kept sealed. Browsers let in under another key are told nothing any more.
func (s *Service) key(ctx context.Context) (*ecdsa.PrivateKey, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.own != nil {
		return s.own, nil
	}
	var sealed string
	read := func() (*ecdsa.PrivateKey, error) {
		sealed = ""
		if err := s.org.Setting(ctx, keySetting, &sealed); err != nil || sealed == "" {
			return nil, err
		}
		plain, err := s.box.Open(keySetting, sealed)
		if err != nil {
			return nil, nil // sealed under a key that was forgotten
		}
		raw, err := base64.StdEncoding.DecodeString(string(plain))
		if err != nil {
			return nil, err
		}
		k, err := x509.ParsePKCS8PrivateKey(raw)
		if err != nil {
			return nil, fmt.Errorf("read the key for push services: %w", err)
		}
		own, _ := k.(*ecdsa.PrivateKey)
		return own, nil
	}
	own, err := read()
	if err != nil || own != nil {
		s.own = own
		return own, err
	}
	made, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key for push services: %w", err)
	}
	raw, err := x509.MarshalPKCS8PrivateKey(made)
	if err != nil {
		return nil, err
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.org.SwapSetting(ctx, q, keySetting, sealed, s.box.Seal(keySetting, []byte(base64.StdEncoding.EncodeToString(raw))))
	})
	if err != nil {
		return nil, fmt.Errorf("keep the key for push services: %w", err)
	}
	s.own, err = read() // of two nodes that made one at once, the first one's holds
	return s.own, err
}

// PublicKey is what browsers are told who will send, in base64url.
func (s *Service) PublicKey(ctx context.Context) (string, error) {
	k, err := s.key(ctx)
	if err != nil {
		return "", err
	}
	raw, err := k.PublicKey.Bytes()
	return base64.RawURLEncoding.EncodeToString(raw), err
}

// Subscription is what a browser says of how it is reached: the key and the secret in base64url.
type Subscription struct{ Endpoint, Key, Secret string }

const mostBrowsers = 20 // of one member in one community

func (x Subscription) checked() (address, string, error) {
	wrong := problem.New(problem.Invalid, "push.bad_browser")
	u, err := url.Parse(x.Endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || len(x.Endpoint) > 2000 {
		return address{}, "", wrong
	}
	a := address{Endpoint: u.String()}
	if a.Key, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(x.Key, "=")); err != nil {
		return address{}, "", wrong
	}
	if _, err := ecdh.P256().NewPublicKey(a.Key); err != nil {
		return address{}, "", wrong
	}
	if a.Secret, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(x.Secret, "=")); err != nil || len(a.Secret) != 16 {
		return address{}, "", wrong
	}
	return a, u.Hostname(), nil
}

// Add lets the browser of a session be told of the notices that whoever acts gets in a community. A browser that was somebody else's is theirs no
// more: two share it.
func (s *Service) Add(ctx context.Context, community string, x Subscription, session org.Session) (Browser, error) {
	m := org.Who(ctx)
	if m == nil || m.ByToken() || session.Member != m.ID {
		return Browser{}, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	a, host, err := x.checked()
	if err != nil {
		return Browser{}, err
	}
	raw, err := json.Marshal(a)
	if err != nil {
		return Browser{}, err
	}
	sum := sha256.Sum256([]byte(a.Endpoint))
	hash := hex.EncodeToString(sum[:])
	now := s.clock()
	b := Browser{ID: s.ids.Make(now), Member: m.ID, Community: community, Service: host, Agent: session.Agent, CreatedAt: now, session: session.ID}
	b.sealed = s.box.Seal("push:"+b.ID, raw)
	return b, s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM push_browser WHERE hash = $1 AND (community = $2 OR member <> $3)", hash, community, m.ID); err != nil {
			return fmt.Errorf("let a browser in again: %w", err)
		}
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM push_browser WHERE member = $1 AND community = $2", m.ID, community)
		if err != nil {
			return fmt.Errorf("count browsers: %w", err)
		}
		if n >= mostBrowsers {
			return problem.New(problem.Conflict, "push.many", "Max", mostBrowsers)
		}
		if err := db.Insert(ctx, q, "push_browser (id, member, community, session, hash, address, service, agent, created_at)",
			[][]any{{b.ID, b.Member, b.Community, b.session, hash, b.sealed, b.Service, b.Agent, db.T(now)}}, ""); err != nil {
			return fmt.Errorf("let a browser in: %w", err)
		}
		return nil
	})
}

// Browsers lists those of whoever acts in a community, the newest first.
func (s *Service) Browsers(ctx context.Context, community string) ([]Browser, error) {
	m := org.Who(ctx)
	if m == nil {
		return nil, problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	list, err := db.All(ctx, s.db.Read(), browserFields, "SELECT "+browserColumns+` FROM push_browser b JOIN member_session x ON x.id = b.session
		WHERE b.member = $1 AND b.community = $2 ORDER BY b.created_at DESC, b.id`, m.ID, community)
	if err != nil {
		return nil, fmt.Errorf("list browsers: %w", err)
	}
	return list, nil
}

// Remove ends that a browser of whoever acts is told anything.
func (s *Service) Remove(ctx context.Context, community, browser string) error {
	m := org.Who(ctx)
	if m == nil {
		return problem.New(problem.Unauthenticated, "problem.sign_in")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "DELETE FROM push_browser WHERE id = $1 AND member = $2 AND community = $3", browser, m.ID, community)
		if err != nil {
			return fmt.Errorf("remove a browser: %w", err)
		}
		if n == 0 {
			return problem.New(problem.Missing, "problem.not_found")
		}
		return nil
	})
}

const (
	wait      = 20 * time.Second // so that what is taken back at once, or read on the page, is told to nobody
	mostInFor = time.Hour
	mostIn    = 12 // messages to one browser within an hour; the rest stands behind the bell
	keptFor   = 30 * 24 * time.Hour
)

// Queue lets the browsers of a member be told of a notice, in the transaction that makes it.
func (s *Service) Queue(ctx context.Context, q db.Q, member, community, notice string) error {
	list, err := db.All(ctx, q, db.Self[string], "SELECT b.id FROM push_browser b JOIN member_session x ON x.id = b.session WHERE b.member = $1 AND b.community = $2 ORDER BY b.id", member, community)
	if err != nil {
		return fmt.Errorf("look for somebody's browsers: %w", err)
	}
	now := s.clock()
	for _, b := range list {
		n, _, err := db.Value[int](ctx, q, "SELECT COUNT(*) FROM push_sending WHERE browser = $1 AND at > $2", b, db.T(now.Add(-mostInFor)))
		if err != nil {
			return fmt.Errorf("count what a browser was told: %w", err)
		}
		if n >= mostIn {
			continue
		}
		if err := db.Insert(ctx, q, "push_sending (browser, notice, state, due_at, at)", [][]any{{b, notice, "queued", db.T(now.Add(wait)), db.T(now)}}, "ON CONFLICT DO NOTHING"); err != nil {
			return fmt.Errorf("queue a message to a browser: %w", err)
		}
	}
	return nil
}

// Forget forgets old messages, and browsers whose session has ended.
func (s *Service) Forget(ctx context.Context) error {
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM push_sending WHERE at < $1 OR browser NOT IN (SELECT id FROM push_browser)", db.T(s.clock().Add(-keptFor))); err != nil {
			return fmt.Errorf("forget messages to browsers: %w", err)
		}
		if _, err := db.Exec(ctx, q, "DELETE FROM push_browser WHERE session NOT IN (SELECT id FROM member_session)"); err != nil {
			return fmt.Errorf("forget browsers: %w", err)
		}
		return nil
	})
}
