package inbox

import (
	"context"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

const (
	maxNote  = 20_000 // characters
	maxToken = 100    // bytes
)

// Note keeps words that members alone see. token, when not "", makes that sending the same form twice notes once.
func (s *Service) Note(ctx context.Context, conversation, text, token string) (ledger.Activity, error) {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return ledger.Activity{}, err
	}
	if text, err = checkText(text, maxNote); err != nil {
		return ledger.Activity{}, err
	}
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return ledger.Activity{}, err
	}
	a := ledger.Activity{Kind: ledger.ConversationNoted, Actor: actor(m), Object: c.ID, Channel: c.Channel, At: s.now(), Data: ledger.Data(ledger.Noted{Text: text})}
	if token != "" {
		if err := checkToken(token); err != nil {
			return a, err
		}
		a.Key = "note:" + m.ID + ":" + token
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		var err error
		if stated, err = s.ledger.AppendTx(ctx, q, a); err != nil || len(stated) == 0 {
			return err
		}
		if err := s.tellNamed(ctx, q, &c, m, text); err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "conversation.note", "conversation:"+c.ID, nil)
	})
	if err != nil {
		return a, fmt.Errorf("note: %w", err)
	}
	if len(stated) == 0 {
		a, _, err = s.ledger.FindKey(ctx, a.Key)
		return a, err
	}
	s.ledger.Wake()
	return stated[0], s.ledger.Await(ctx, stated)
}

func checkText(text string, most int) (string, error) {
	text = strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", ""))
	switch {
	case text == "":
		return "", problem.New(problem.Invalid, "problem.required").On("text")
	case utf8.RuneCountInString(text) > most:
		return "", problem.New(problem.Invalid, "problem.too_long", "Max", most).On("text")
	}
	return text, nil
}

func checkToken(token string) error {
	if len(token) > maxToken || !utf8.ValidString(token) || strings.ContainsRune(token, 0) {
		return problem.New(problem.Invalid, "problem.bad_form").On("token")
	}
	return nil
}
