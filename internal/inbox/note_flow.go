package inbox

import (
	"context"
	"fmt"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/problem"
)

// NoteTx notes in the transaction q what came of a conversation elsewhere, in the name of a member, once for each token. A conversation that is no
// more is left alone.
func (s *Service) NoteTx(ctx context.Context, q db.Q, token, member, conversation, text string) error {
	c, err := s.Find(ctx, conversation)
	if problem.Is(err, problem.Missing) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.ConversationNoted, Actor: "member:" + member, Object: c.ID, Channel: c.Channel, At: s.now(), Key: "note:" + token,
		Data: ledger.Data(ledger.Noted{Text: text})})
	if err != nil {
		return fmt.Errorf("note what came of a conversation: %w", err)
	}
	return nil
}
