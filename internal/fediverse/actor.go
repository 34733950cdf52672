package fediverse

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/fediverse/signature"
	"github.com/entente/entente/internal/fediverse/wire"
	"github.com/entente/entente/internal/problem"
)

// Actor is somebody of elsewhere.
type Actor struct {
	URI         string
	Host        string
	Handle      string // ada@social.example
	Name        string
	Inbox       string
	SharedInbox string
	KeyID, Key  string
	FirstAt     time.Time
	FetchedAt   time.Time
}

// Identity is how they are known to everything else.
func (a *Actor) Identity() string { return "acct:" + a.Handle }

// Shown is how they are called on pages: never without where they come from, so that nobody passes for somebody of ours.
func (a *Actor) Shown() string {
	name := strings.Join(strings.Fields(strings.Map(func(r rune) rune {
		if strings.ContainsRune("@()", r) {
			return -1
		}
		return r
	}, a.Name)), " ")
	if r := []rune(name); len(r) > 40 {
		name = string(r[:40])
	}
	if name == "" {
		return "@" + a.Handle
	}
	return name + " (@" + a.Handle + ")"
}

// door is where they are told what many of their instance are told.
func (a *Actor) door() string {
	if a.SharedInbox != "" {
		return a.SharedInbox
	}
	return a.Inbox
}

const actorColumns = "uri, host, handle, name, inbox, shared_inbox, key_id, key, first_at, fetched_at"

func actorFields(a *Actor) []any {
	return []any{&a.URI, &a.Host, &a.Handle, &a.Name, &a.Inbox, &a.SharedInbox, &a.KeyID, &a.Key, db.At(&a.FirstAt), db.At(&a.FetchedAt)}
}

// How actors are fetched and how long they are believed.
const (
	actorFor    = 24 * time.Hour
	rotateAfter = time.Minute // a key that does not fit is asked for anew, no more often than this
	fetchAtOnce = 64
	hostAtOnce  = 2  // of these, from one host: one that is slow holds up nobody else
	hostWaits   = 20 // who want something of one host, these included; to others it is refused at once, and asked for again by whoever sent it
	fetchFor    = 10 * time.Second
	mostSteps   = 3 // redirects
)

// What is wrong with a document of elsewhere.
var (
	errElsewhere = errors.New("the document is another's than was asked for")
	errGone      = errors.New("the document is gone")
	errSteps     = errors.New("too many redirects")
	errAddress   = errors.New("the address is none of the world outside")
	errVain      = errors.New("it was asked for in vain just now")
	errQueue     = errors.New("too much is asked of the host at the same time")
	errAnswer    = errors.New("the answer is no document of the fediverse")
)

// document fetches what an address names, by the guarded client and signed by a community that is switched on. What it says of itself must be of the very
// host that gave it, under the address it was asked for.
func (s *Service) document(ctx context.Context, address string) (*wire.Node, error) {
	address = wire.Document(address)
	if s.vain.is(address, s.clock()) {
		return nil, errVain
	}
	n, at, err := s.read(ctx, address)
	if err == nil && n.ID != "" && wire.Document(n.ID) != at {
		if wire.Host(n.ID) != wire.Host(at) {
			err = errElsewhere
		} else if n, at, err = s.read(ctx, wire.Document(n.ID)); err == nil && wire.Document(n.ID) != at {
			err = errElsewhere
		}
	}
	if err == nil && n.ID == "" {
		err = errAnswer
	}
	if err != nil {
		if ctx.Err() == nil && !errors.Is(err, errQueue) {
			s.vain.note(address, s.clock())
		}
		return nil, fmt.Errorf("read %s: %w", address, err)
	}
	return n, nil
}

// read fetches one document, and says from where in the end.
func (s *Service) read(ctx context.Context, address string) (*wire.Node, string, error) {
	leave, err := s.lanes.enter(ctx, strings.ToLower(wire.Host(address)))
	if err != nil {
		return nil, "", err
	}
	defer leave()
	select {
	case s.fetch <- struct{}{}:
		defer func() { <-s.fetch }()
	case <-ctx.Done():
		return nil, "", ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, fetchFor)
	defer cancel()
	places, err := s.lively(ctx)
	if err != nil {
		return nil, "", err
	}
	for range mostSteps + 1 {
		if !s.reachable(ctx, address) {
			return nil, "", errAddress
		}
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return nil, "", err
		}
		r.Header.Set("Accept", `application/activity+json, application/ld+json; profile="https://www.w3.org/ns/activitystreams"`)
		if len(places) > 0 {
			key, err := s.key(ctx, places[0].ID)
			if err != nil {
				return nil, "", err
			}
			if err := signature.Sign(r, nil, s.GroupID(ctx, places[0])+"#main-key", key, s.clock()); err != nil {
				return nil, "", err
			}
		}
		answer, err := s.http.Do(r)
		if err != nil {
			return nil, "", err
		}
		switch {
		case answer.StatusCode >= 300 && answer.StatusCode < 400:
			to := answer.Header.Get("Location")
			answer.Body.Close()
			next, err := r.URL.Parse(to)
			if err != nil || to == "" {
				return nil, "", errAnswer
			}
			address = wire.Document(wire.Address(next.String()))
			continue
		case answer.StatusCode == http.StatusGone || answer.StatusCode == http.StatusNotFound:
			answer.Body.Close()
			return nil, "", errGone
		case answer.StatusCode != http.StatusOK:
			answer.Body.Close()
			return nil, "", fmt.Errorf("%w: %s", errAnswer, answer.Status)
		}
		kind, _, _ := mime.ParseMediaType(answer.Header.Get("Content-Type"))
		raw, err := io.ReadAll(io.LimitReader(answer.Body, wire.MaxBytes+1))
		answer.Body.Close()
		if err != nil {
			return nil, "", err
		}
		// A file that somebody uploaded must not speak for its host.
		if kind != "application/activity+json" && kind != "application/ld+json" {
			return nil, "", errAnswer
		}
		n, err := wire.Parse(raw)
		return n, address, err
	}
	return nil, "", errSteps
}

// known finds somebody whom we have met.
func (s *Service) known(ctx context.Context, column, value string) (Actor, bool, error) {
	a, found, err := db.One(ctx, s.db.Read(), actorFields, "SELECT "+actorColumns+" FROM fediverse_actor WHERE "+column+" = $1 ORDER BY fetched_at DESC, uri", value)
	if err != nil {
		return a, false, fmt.Errorf("find somebody of elsewhere: %w", err)
	}
	return a, found, nil
}

// whose finds the actor that a key is of. It is asked for anew when it was long ago, or when fresh says that what we have does not fit.
func (s *Service) whose(ctx context.Context, keyID string, fresh bool) (Actor, error) {
	a, found, err := s.known(ctx, "key_id", keyID)
	if err != nil {
		return a, err
	}
	age := s.clock().Sub(a.FetchedAt)
	if found && (!fresh && age < actorFor || fresh && age < rotateAfter) {
		return a, nil
	}
	got, err := s.ask(ctx, keyID)
	if err != nil && found && !fresh && !errors.Is(err, errGone) {
		return a, nil // what we knew holds while their instance is silent
	}
	return got, err
}

// ask fetches the actor of a key: the key stands in the actor's own document, or in one that names its owner, who must name it too.
func (s *Service) ask(ctx context.Context, keyID string) (Actor, error) {
	keyID = wire.Address(keyID)
	if keyID == "" {
		return Actor{}, errAddress
	}
	n, err := s.document(ctx, keyID)
	if err != nil {
		return Actor{}, err
	}
	if n.Inbox == "" {
		if n.KeyOwner == "" || wire.Host(n.KeyOwner) != wire.Host(keyID) {
			return Actor{}, errElsewhere
		}
		if n, err = s.document(ctx, n.KeyOwner); err != nil {
			return Actor{}, err
		}
	}
	if n.KeyID != keyID || n.KeyOwner != n.ID || wire.Host(n.ID) != wire.Host(keyID) {
		return Actor{}, errElsewhere
	}
	return s.meet(ctx, n)
}

// meet keeps what somebody says they are. Their name is of the host that said it.
func (s *Service) meet(ctx context.Context, n *wire.Node) (Actor, error) {
	if _, err := signature.Public(n.Key); err != nil {
		return Actor{}, err
	}
	host := wire.Host(n.ID)
	if n.Inbox == "" || !akin(wire.Host(n.Inbox), host) || !s.reachable(ctx, n.Inbox) {
		return Actor{}, errAddress
	}
	if n.SharedInbox != "" && (!akin(wire.Host(n.SharedInbox), host) || !s.reachable(ctx, n.SharedInbox)) {
		n.SharedInbox = ""
	}
	a := Actor{URI: n.ID, Host: host, Handle: handleOf(n, host), Name: n.Name, Inbox: n.Inbox, SharedInbox: n.SharedInbox, KeyID: n.KeyID, Key: n.Key, FirstAt: s.Now(), FetchedAt: s.Now()}
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if err := s.named(ctx, q, &a); err != nil {
			return err
		}
		if _, err := db.Exec(ctx, q, `INSERT INTO fediverse_actor (`+actorColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
			ON CONFLICT (uri) DO UPDATE SET name = excluded.name, inbox = excluded.inbox, shared_inbox = excluded.shared_inbox, key_id = excluded.key_id,
			key = excluded.key, fetched_at = excluded.fetched_at`,
			a.URI, a.Host, a.Handle, a.Name, a.Inbox, a.SharedInbox, a.KeyID, a.Key, db.T(a.FirstAt), db.T(a.FetchedAt)); err != nil {
			return fmt.Errorf("keep somebody of elsewhere: %w", err)
		}
		_, err := db.Exec(ctx, q, "UPDATE fediverse_follower SET inbox = $1 WHERE actor = $2", a.door(), a.URI)
		return err
	})
	return a, err
}

// named settles the handle of an actor: what they said here stands under it, so it stays theirs, and nobody else of their host gets it.
func (s *Service) named(ctx context.Context, q db.Q, a *Actor) error {
	was, found, err := db.Value[string](ctx, q, "SELECT handle FROM fediverse_actor WHERE uri = $1", a.URI)
	if err != nil {
		return fmt.Errorf("find the handle of somebody of elsewhere: %w", err)
	}
	if found {
		a.Handle = was
		return nil
	}
	_, taken, err := db.Value[string](ctx, q, "SELECT uri FROM fediverse_actor WHERE handle = $1", a.Handle)
	if err != nil {
		return fmt.Errorf("find whose a handle is: %w", err)
	}
	if taken {
		user, host, _ := strings.Cut(a.Handle, "@")
		sum := sha256.Sum256([]byte(a.URI))
		a.Handle = user + "-" + hex.EncodeToString(sum[:5]) + "@" + host
	}
	return nil
}

// akin reports whether two hosts are the same, or one is below the other.
func akin(a, b string) bool {
	bare := func(h string) string { u := url.URL{Host: strings.ToLower(h)}; return u.Hostname() }
	a, b = bare(a), bare(b)
	return a != "" && b != "" && (a == b || strings.HasSuffix(a, "."+b) || strings.HasSuffix(b, "."+a))
}

// handleOf is user@host. What is no name becomes the end of the address.
func handleOf(n *wire.Node, host string) string {
	plain := func(s string) string {
		s = strings.Map(func(r rune) rune {
			if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '_' || r == '-' || r == '.' {
				return r
			}
			return -1
		}, strings.ToLower(s))
		s = strings.Trim(s, ".-")
		return s[:min(len(s), 64)]
	}
	user := plain(n.Username)
	if user == "" || user != strings.ToLower(n.Username) { // letters that look like others are no part of a name here
		u, _ := url.Parse(n.ID)
		user = plain(u.Path[strings.LastIndexByte(u.Path, '/')+1:])
	}
	if user == "" {
		user = "actor"
	}
	return user + "@" + strings.ReplaceAll(strings.ToLower(host), ":", ".")
}

// guest is somebody as communities know them.
func (s *Service) guest(ctx context.Context, a *Actor, c *community.Community) (community.Guest, error) {
	all, err := s.all(ctx)
	if err != nil {
		return community.Guest{}, err
	}
	return community.Guest{URI: a.Identity(), Name: a.Shown(), Hold: all[c.ID].Hold}, nil
}

func orMissing(err error) error {
	if err != nil {
		return err
	}
	return problem.New(problem.Missing, "problem.not_found")
}
