package inbox

import (
	"context"

	"github.com/entente/entente/internal/ledger"
)

// Resolve says that nothing is left to do. Whoever may answer may resolve, whoever has it: what is done is done.
func (s *Service) Resolve(ctx context.Context, conversation string) (Conversation, error) {
	return s.change(ctx, conversation, "conversation.resolve", func(c *Conversation) (string, any, error) {
		if c.State == Resolved {
			return "", nil, nil
		}
		return ledger.ConversationResolved, nil, nil
	}, nil)
}

// Reopen says that something is left to do after all.
func (s *Service) Reopen(ctx context.Context, conversation string) (Conversation, error) {
	return s.change(ctx, conversation, "conversation.reopen", func(c *Conversation) (string, any, error) {
		if c.State == Open {
			return "", nil, nil
		}
		return ledger.ConversationReopened, nil, nil
	}, nil)
}
