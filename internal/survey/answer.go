package survey

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/i18n"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// Path is where links in questions lead; the token follows.
const Path = "/s/"

const macLength = 15 // bytes

func codec() *base32.Encoding {
	return base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)
}

// signer is the key that links are signed with: made once, kept sealed.
func (s *Service) signer(ctx context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.key != nil {
		return s.key, nil
	}
	var sealed string
	read := func() ([]byte, error) {
		sealed = ""
		if err := s.org.Setting(ctx, keyKey, &sealed); err != nil && !problem.Is(err, problem.Missing) || sealed == "" {
			return nil, err
		}
		plain, err := s.box.Open(keyKey, sealed)
		if err != nil {
			return nil, nil // sealed under a key that was forgotten: old links end
		}
		return base64.StdEncoding.DecodeString(string(plain))
	}
	key, err := read()
	if err == nil && len(key) == 0 {
		var raw [32]byte
		rand.Read(raw[:]) // never fails: see crypto/rand
		err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
			return s.org.SwapSetting(ctx, q, keyKey, sealed, s.box.Seal(keyKey, []byte(base64.StdEncoding.EncodeToString(raw[:]))))
		})
		if err == nil {
			key, err = read() // of two nodes that made one at once, the first one's holds
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of links: %w", err)
	}
	s.key = key
	return key, nil
}

func (s *Service) token(ctx context.Context, ask string) (string, error) {
	key, err := s.signer(ctx)
	if err != nil {
		return "", err
	}
	h := hmac.New(sha256.New, key)
	h.Write([]byte("survey\x00" + ask))
	return ask + codec().EncodeToString(h.Sum(nil)[:macLength]), nil
}

// Of finds the question that a link is for.
func (s *Service) Of(ctx context.Context, token string) (Ask, error) {
	missing := problem.New(problem.Missing, "problem.not_found")
	if token = strings.ToLower(token); len(token) != id.Length+codec().EncodedLen(macLength) || !id.Valid(token[:id.Length]) {
		return Ask{}, missing
	}
	good, err := s.token(ctx, token[:id.Length])
	if err != nil {
		return Ask{}, err
	}
	if !hmac.Equal([]byte(good), []byte(token)) {
		return Ask{}, missing
	}
	a, found, err := db.One(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM survey_ask WHERE id = $1 AND state <> 'left_out'", token[:id.Length])
	if err != nil {
		return a, fmt.Errorf("read a question: %w", err)
	}
	if !found {
		return a, missing
	}
	return a, nil
}

// Over reports whether an answer comes too late.
func (a *Ask) Over(now time.Time) bool { return a.State == Asked && now.Sub(a.At) > OpenFor }

// Answer keeps what whoever has the link says, once: a second answer changes nothing. The rating becomes a business fact; words become a post: of
// somebody who is not content in the conversation itself, which goes on then, else beside it.
func (s *Service) Answer(ctx context.Context, token string, score int, comment string) (Ask, error) {
	a, err := s.Of(ctx, token)
	if err != nil || a.State == Answered {
		return a, err
	}
	return s.answered(ctx, a, s.Now(), score, comment, true)
}

// answered keeps what somebody says at a moment; whoever is not content now has the conversation go on.
func (s *Service) answered(ctx context.Context, a Ask, now time.Time, score int, comment string, goesOn bool) (Ask, error) {
	var err error
	comment = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(comment, "\uFFFD"), "\x00", ""))
	switch {
	case a.Over(now):
		return a, problem.New(problem.Invalid, "survey.over")
	case score < a.Scale.Least() || score > a.Scale.Most():
		return a, problem.New(problem.Invalid, "survey.out_of", "Min", a.Scale.Least(), "Max", a.Scale.Most()).On("score")
	case utf8.RuneCountInString(comment) > maxComment:
		return a, problem.New(problem.Invalid, "problem.too_long", "Max", maxComment).On("comment")
	}
	a.Score, a.Comment, a.AnsweredAt, a.State = score, comment, now, Answered
	fact := ledger.Fact{Kind: ledger.FactRating, Origin: "survey", External: a.ID, Quantity: float64(score), Label: string(a.Scale), Person: strings.TrimPrefix(a.Author, "mailto:"), Ref: a.Conversation}
	if fact.Channel, _, err = db.Value[string](ctx, s.db.Read(), "SELECT name FROM channel WHERE id = $1", a.Channel); err != nil {
		return a, err
	}
	if err := fact.Check(now, 0, ""); err != nil {
		return a, err
	}
	list := []ledger.Activity{fact.Statement(a.Author, now, 0, "")}
	if comment != "" {
		post := s.post(ctx, &a, goesOn)
		a.Post = post.ID
		list = append(list, post)
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "UPDATE survey_ask SET state = 'answered', answered_at = $1, score = $2, comment = $3, post = $4 WHERE id = $5 AND state = 'asked'",
			db.T(now), score, comment, a.Post, a.ID)
		if err != nil || n == 0 {
			return err
		}
		stated, err = s.ledger.AppendTx(ctx, q, list...)
		return err
	})
	if err != nil {
		return a, fmt.Errorf("keep an answer: %w", err)
	}
	s.ledger.Wake()
	if err := s.ledger.Await(ctx, stated); err != nil {
		return a, err
	}
	a, found, err := db.One(ctx, s.db.Read(), fields, "SELECT "+columns+" FROM survey_ask WHERE id = $1", a.ID)
	if err == nil && !found {
		err = problem.New(problem.Missing, "problem.not_found")
	}
	return a, err
}

// post is what somebody said beside their rating.
func (s *Service) post(ctx context.Context, a *Ask, goesOn bool) ledger.Activity {
	external := "survey:" + a.ID
	p := ledger.Activity{ID: s.ids.Make(a.AnsweredAt), Kind: ledger.PostSaid, Actor: a.Author, Channel: a.Channel, At: a.AnsweredAt, Key: ledger.SaidKey(a.Channel, external)}
	p.Object = p.ID
	said := &ledger.Said{ExternalID: external, Kind: "review", AuthorName: a.AuthorName, Text: a.Comment, Direct: true, Private: true,
		Title: i18n.T(i18n.With(ctx, a.Lang, time.UTC), "survey.post_title", "Score", strconv.Itoa(a.Score), "Most", strconv.Itoa(a.Scale.Most()))}
	if goesOn && a.Scale.Low(a.Score) {
		said.InReplyTo, said.Inbox = []string{a.answers}, true
	}
	p.Say(said)
	return p
}

// Stop keeps that whoever has the link wishes not to be asked any more, and states it, so that it is seen where they are.
func (s *Service) Stop(ctx context.Context, token string) error {
	a, err := s.Of(ctx, token)
	if err != nil {
		return err
	}
	now := s.Now()
	no := ledger.Activity{Kind: ledger.PersonConsented, Actor: a.Author, At: now, Data: ledger.Data(ledger.Consent{Purpose: people.ToSurvey, Identities: []string{a.Author}})}
	var stated []ledger.Activity
	if err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		n, err := db.Exec(ctx, q, "INSERT INTO survey_refusal (author, at) VALUES ($1, $2) ON CONFLICT (author) DO UPDATE SET at = excluded.at WHERE excluded.at > survey_refusal.at", a.Author, db.T(now))
		if err != nil || n == 0 {
			return err
		}
		stated, err = s.ledger.AppendTx(ctx, q, no)
		return err
	}); err != nil {
		return err
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}
