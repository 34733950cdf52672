// Package translate decides whether words may leave for a translation by machine and pays for them from a daily budget: a text and a language come
// in, the text in that language, or a clear reason why not, goes out.
package translate

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich/remote"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/seal"
)

// Settings are where translations are asked for, as an owner sets it.
type Settings struct {
	Address, Kind, Model string
	Private              bool // also what was said in private
	Characters           int  // a day, UTC
}

// State is how it stands.
type State struct {
	Settings
	Keyed  bool // whether it has a key
	Since  time.Time
	Used   int // characters of today
	day    int
	secret string
}

// On reports whether it is switched on.
func (s State) On() bool { return !s.Since.IsZero() }

// Host is the machine that is asked.
func (s State) Host() string { return remote.Endpoint{URL: s.Address}.Host() }

// Limits.
const (
	longest  = 10_000 // characters of one text
	waitFor  = 20 * time.Second
	keepFor  = 30 * 24 * time.Hour
	bound    = "translate:remote"
	mostADay = 100_000_000
)

// Service translates. It is safe for concurrent use.
type Service struct {
	db     *db.DB
	org    *org.Service
	box    *seal.Box
	client *remote.Client
	log    *slog.Logger
	clock  func() time.Time
	state  db.Kept[State]
}

// New makes the service; guarded says which addresses may be reached.
func New(d *db.DB, o *org.Service, box *seal.Box, guarded *http.Client, log *slog.Logger, clock func() time.Time) *Service {
	return &Service{db: d, org: o, box: box, client: remote.New(guarded), log: log, clock: clock}
}

func (s *Service) now() time.Time { return s.clock().UTC().Truncate(time.Microsecond) }

func (s *Service) read(ctx context.Context, q db.Q) (State, error) {
	st, found, err := db.One(ctx, q, func(s *State) []any {
		return []any{&s.Address, &s.Kind, &s.Model, &s.secret, db.Bool(&s.Private), &s.Characters, db.At(&s.Since), &s.day, &s.Used}
	}, "SELECT address, kind, model, secret, private, characters, on_since, day, used FROM translate_remote WHERE id = 'remote'")
	if err != nil {
		return st, fmt.Errorf("read where translations are asked for: %w", err)
	}
	if !found {
		return State{Settings: Settings{Kind: remote.LibreTranslate, Characters: 200_000}}, nil
	}
	if st.Keyed = st.secret != ""; st.day != s.today() {
		st.Used = 0
	}
	return st, nil
}

func (s *Service) today() int { return int(s.now().Unix() / 86400) }

// State is how it stands. Only who may change it is told more of the address than the host.
func (s *Service) State(ctx context.Context) (State, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return State{}, err
	}
	st, err := s.state.Read(ctx, s.db, "", func(ctx context.Context) (State, error) { return s.read(ctx, s.db.Read()) })
	if org.Require(ctx, org.OrgEdit) != nil {
		st.Address = "//" + st.Host()
	}
	st.secret = ""
	return st, err
}

func (in Settings) check() error {
	refuse := func(field, key string) error { return problem.New(problem.Invalid, key).On(field) }
	switch {
	case (remote.Endpoint{URL: in.Address}).Check() != nil:
		return refuse("address", "translate.no_address")
	case in.Kind != remote.OpenAI && in.Kind != remote.LibreTranslate:
		return refuse("kind", "problem.bad_form")
	case len(in.Model) > 200 || in.Kind == remote.OpenAI && in.Model == "":
		return refuse("model", "translate.no_model")
	case in.Characters < 1 || in.Characters > mostADay:
		return refuse("characters", "translate.no_number")
	}
	return nil
}

// Set changes where translations are asked for, and switches it on or off. key "" leaves the key as it is, unless the host changes: a key is for one.
func (s *Service) Set(ctx context.Context, in Settings, key string, dropKey, on bool) error {
	if err := org.Require(ctx, org.OrgEdit); err != nil {
		return err
	}
	in.Address, in.Model = strings.TrimSpace(in.Address), strings.TrimSpace(in.Model)
	if err := in.check(); err != nil {
		return err
	}
	if len(key) > 2000 || strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return problem.New(problem.Invalid, "translate.no_key").On("key")
	}
	host := remote.Endpoint{URL: in.Address}.Host()
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		was, err := s.read(ctx, q)
		if err != nil {
			return err
		}
		secret := was.secret
		if dropKey || was.Host() != host {
			secret = ""
		}
		if key != "" {
			secret = s.box.Seal(bound, []byte(key))
		}
		since := was.Since
		if !on {
			since = time.Time{}
		} else if !was.On() {
			since = s.now()
		}
		if err := db.Insert(ctx, q, "translate_remote (id, address, kind, model, secret, private, characters, on_since)",
			[][]any{{"remote", in.Address, in.Kind, in.Model, secret, db.B(in.Private), in.Characters, db.T(since)}},
			`ON CONFLICT (id) DO UPDATE SET address = excluded.address, kind = excluded.kind, model = excluded.model, secret = excluded.secret, private = excluded.private,
			characters = excluded.characters, on_since = excluded.on_since`); err != nil {
			return fmt.Errorf("keep where translations are asked for: %w", err)
		}
		return s.org.Audit(ctx, q, "translate.set", "organisation", map[string]any{"host": host, "model": in.Model, "on": on, "private": in.Private, "characters": in.Characters})
	})
}

func digest(text, to string) string {
	sum := sha256.Sum256([]byte(to + "\x00" + text))
	return hex.EncodeToString(sum[:])
}

// Known are the translations of texts into a language that are there already, by text.
func (s *Service) Known(ctx context.Context, texts []string, to string) (map[string]string, error) {
	if err := org.Require(ctx, org.InboxRead); err != nil {
		return nil, err
	}
	ids, of := make([]string, len(texts)), map[string]string{}
	for i, t := range texts {
		ids[i] = digest(t, to)
		of[ids[i]] = t
	}
	type row struct{ id, words string }
	q := s.db.Read()
	list, err := db.All(ctx, q, func(r *row) []any { return []any{&r.id, &r.words} }, "SELECT id, words FROM translation WHERE id IN "+db.Among(q, "$1"), db.Texts(ids))
	if err != nil {
		return nil, fmt.Errorf("read translations: %w", err)
	}
	out := make(map[string]string, len(list))
	for _, r := range list {
		out[of[r.id]] = r.words
	}
	return out, nil
}

// Translate gives a text in a language; from is "" where nobody knows. What was translated within 30 days is not asked for again. What goes out is paid
// from the budget first, whatever comes back.
func (s *Service) Translate(ctx context.Context, text, from, to string, private bool) (string, error) {
	if err := org.Require(ctx, org.InboxEdit); err != nil {
		return "", err
	}
	text = strings.TrimSpace(text)
	st, err := s.read(ctx, s.db.Read())
	if err != nil {
		return "", err
	}
	size := utf8.RuneCountInString(text)
	refuse := func(key string, args ...any) error { return problem.New(problem.Invalid, key, args...).On("text") }
	switch {
	case !st.On():
		return "", refuse("translate.off")
	case private && !st.Private:
		return "", refuse("translate.private")
	case text == "":
		return "", refuse("problem.required")
	case size > longest:
		return "", refuse("problem.too_long", "Max", longest)
	}
	known, err := s.Known(ctx, []string{text}, to)
	if err != nil || known[text] != "" {
		return known[text], err
	}
	e := remote.Endpoint{URL: st.Address, Kind: st.Kind, Model: st.Model}
	if st.secret != "" {
		key, err := s.box.Open(bound, st.secret)
		if err != nil {
			return "", refuse("translate.bad_key")
		}
		e.Key = string(key)
	}
	paid := int64(0)
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) (err error) {
		paid, err = db.Exec(ctx, q, `UPDATE translate_remote SET used = CASE WHEN day = $1 THEN used ELSE 0 END + $2, day = $1
			WHERE id = 'remote' AND CASE WHEN day = $1 THEN used ELSE 0 END + $2 <= characters`, s.today(), size)
		return err
	})
	if err != nil {
		return "", fmt.Errorf("pay for a translation: %w", err)
	}
	if paid == 0 {
		return "", refuse("translate.spent")
	}
	asking, stop := context.WithTimeout(ctx, waitFor)
	defer stop()
	words, err := s.client.Translate(asking, e, text, from, to)
	if err != nil {
		s.log.Warn("a translation could not be had", "host", st.Host(), "error", err)
		var status *remote.Status
		var p *problem.Problem
		switch {
		case errors.As(err, &status) && (status.Code == http.StatusUnauthorized || status.Code == http.StatusForbidden):
			return "", refuse("translate.bad_key")
		case errors.As(err, &status) && status.Code == http.StatusTooManyRequests:
			return "", refuse("translate.busy")
		case errors.As(err, &status):
			return "", refuse("translate.status", "Status", status.Code)
		case errors.Is(err, remote.ErrAnswer):
			return "", refuse("translate.no_answer")
		case errors.As(err, &p) && p.Key == "outside.private":
			return "", refuse("translate.inside")
		}
		return "", refuse("translate.unreachable", "Host", st.Host())
	}
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM translation WHERE at < $1", db.T(s.now().Add(-keepFor))); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "INSERT INTO translation (id, words, host, at) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET words = excluded.words, at = excluded.at", digest(text, to), words, st.Host(), db.T(s.now()))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("keep a translation: %w", err)
	}
	return words, nil
}
