package community

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// What a token in a mail lets whoever has it do: one is never good for another.
const (
	stopping  = "stop"
	macLength = 15 // bytes
)

const keySetting = "community.mail_key"

func codec() *base32.Encoding {
	return base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
}

// mailKey is the key that tokens in mails are signed with: made once, kept sealed. Without mint there is none before the first token was made.
func (s *Service) mailKey(ctx context.Context, mint bool) ([]byte, error) {
	s.keyMu.Lock()
	defer s.keyMu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	if s.box == nil {
		return nil, problem.New(problem.Missing, "problem.not_found")
	}
	var sealed string
	read := func() ([]byte, error) {
		sealed = ""
		if err := s.org.Setting(ctx, keySetting, &sealed); err != nil || sealed == "" {
			return nil, err
		}
		plain, err := s.box.Open(keySetting, sealed)
		if err != nil {
			return nil, nil // sealed under a key that was forgotten: old links end
		}
		return base64.StdEncoding.DecodeString(string(plain))
	}
	key, err := read()
	if err != nil || len(key) > 0 {
		s.key = key
		return key, err
	}
	if !mint {
		return nil, notFound()
	}
	var raw [32]byte
	rand.Read(raw[:]) // never fails: see crypto/rand
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		return s.org.SwapSetting(ctx, q, keySetting, sealed, s.box.Seal(keySetting, []byte(base64.StdEncoding.EncodeToString(raw[:]))))
	})
	if err != nil {
		return nil, fmt.Errorf("keep the key of mails: %w", err)
	}
	key, err = read() // of two nodes that made one at once, the first one's holds
	s.key = key
	return key, err
}

func (s *Service) mac(ctx context.Context, purpose, mail string) (string, error) {
	return s.macWith(ctx, purpose, mail, true)
}

func (s *Service) macWith(ctx context.Context, purpose, mail string, mint bool) (string, error) {
	key, err := s.mailKey(ctx, mint)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte(purpose + "\x00" + mail))
	return codec().EncodeToString(h.Sum(nil)[:macLength]), nil
}

// token is what stands in a mail and lets whoever has the mail do one thing.
func (s *Service) token(ctx context.Context, purpose, mail string) (string, error) {
	mac, err := s.mac(ctx, purpose, mail)
	return mail + mac, err
}

// mailOf finds the mail that a token was made for.
func (s *Service) mailOf(ctx context.Context, purpose, token string) (string, error) {
	token = strings.ToLower(token)
	if len(token) != id.Length+codec().EncodedLen(macLength) {
		return "", notFound()
	}
	mail := token[:id.Length]
	mac, err := s.macWith(ctx, purpose, mail, false)
	if err != nil {
		return "", err
	}
	if !hmac.Equal([]byte(mac), []byte(token[id.Length:])) {
		return "", notFound()
	}
	return mail, nil
}

// Subscription is what a link in a mail ends.
type Subscription struct {
	Community Community
	Thread    string // that the mail was about, "" for several or none
	Title     string // of the thread, when its reader may still see it
	Digest    bool   // the mail was a digest
	Help      bool   // the mail asked to help somebody: the link ends being asked, and nothing else
	Ended     bool
	member    string
}

// Subscribed tells what a link in a mail is about. The link shows that whoever has it got the mail; it says nothing of who they are.
func (s *Service) Subscribed(ctx context.Context, community, token string) (Subscription, error) {
	mail, err := s.mailOf(ctx, stopping, token)
	if err != nil {
		return Subscription{}, err
	}
	type row struct{ member, community, kind, thread, asks string }
	r, found, err := db.One(ctx, s.db.Read(), func(r *row) []any { return []any{&r.member, &r.community, &r.kind, &r.thread, &r.asks} },
		`SELECT m.member, m.community, m.kind, COALESCE((SELECT CASE WHEN COUNT(DISTINCT n.thread) = 1 THEN MAX(n.thread) ELSE '' END FROM community_notice n WHERE n.mail = m.id), ''),
		COALESCE((SELECT CASE WHEN MIN(n.kind) = MAX(n.kind) THEN MAX(n.kind) ELSE '' END FROM community_notice n WHERE n.mail = m.id), '')
		FROM community_mail m WHERE m.id = $1`, mail)
	if err != nil {
		return Subscription{}, fmt.Errorf("look for what a mail was about: %w", err)
	}
	if !found || r.community != community {
		return Subscription{}, notFound()
	}
	x := Subscription{member: r.member, Thread: r.thread, Digest: r.kind == digestMail, Help: r.asks == string(AskedFor)}
	all, err := s.Map(ctx)
	if err != nil {
		return x, err
	}
	x.Community = all.Communities[all.ids[community]]
	wish, err := wishOf(ctx, s.db.Read(), r.member, community)
	if x.Help && err == nil {
		x.Thread = ""
		willing, _, err := db.Value[int](ctx, s.db.Read(), "SELECT willing FROM community_ambassador WHERE member = $1", r.member)
		x.Ended = willing == 0
		return x, err
	}
	x.Ended = x.Digest && wish.Digest == Never || !x.Digest && !wish.Mail
	return x, err
}

// Unsubscribe ends the mails of a community to whom a link went, digests where it stood in one; with thread, all notices of that thread alone.
// Doing it twice is as doing it once.
func (s *Service) Unsubscribe(ctx context.Context, community, token string, thread bool) (Subscription, error) {
	x, err := s.Subscribed(ctx, community, token)
	if err != nil {
		return x, err
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if thread && x.Thread != "" {
			if _, err := db.Exec(ctx, q, "DELETE FROM community_follow WHERE member = $1 AND thread = $2", x.member, x.Thread); err != nil {
				return fmt.Errorf("follow a thread no more: %w", err)
			}
			return setLevel(ctx, q, x.member, atThread(x.Thread), Silence, s.Now())
		}
		x.Ended = true
		if x.Help {
			email, _, err := db.Value[string](ctx, q, "SELECT email FROM member WHERE id = $1", x.member)
			if err == nil {
				stated, err = s.willing(ctx, q, x.member, email, false)
			}
			return err
		}
		set, mail, digest := "mail = 0", 0, string(Never)
		if x.Digest {
			set, mail = "digest = 'none', digest_at = NULL", 1
		}
		if _, err := db.Exec(ctx, q, `INSERT INTO community_wish (member, community, mail, digest) VALUES ($1, $2, $3, $4)
			ON CONFLICT (member, community) DO UPDATE SET `+set, x.member, community, mail, digest); err != nil {
			return fmt.Errorf("end the mails to somebody: %w", err)
		}
		return nil
	})
	if err != nil || len(stated) == 0 {
		return x, err
	}
	s.ledger.Wake()
	return x, s.ledger.Await(ctx, stated)
}
