package inbox

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
)

// tokenFor is how long the token of a reply is remembered: nobody sends the same form again later.
const tokenFor = 30 * 24 * time.Hour

// Tidy forgets the tokens of old replies. Call it once a day.
func (s *Service) Tidy(ctx context.Context) error {
	err := s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if _, err := db.Exec(ctx, q, "DELETE FROM conversation_reply WHERE at < $1", db.T(s.now().Add(-tokenFor))); err != nil {
			return err
		}
		_, err := db.Exec(ctx, q, "DELETE FROM reply_draft WHERE at < $1", db.T(s.now().Add(-draftFor)))
		return err
	})
	if err != nil {
		return fmt.Errorf("tidy the inbox: %w", err)
	}
	return nil
}

// Unsay forgets the tokens of replies that were taken back before they went out, in the caller's transaction: said again, they are new.
func (s *Service) Unsay(ctx context.Context, q db.Q, sendings []string) error {
	if len(sendings) == 0 {
		return nil
	}
	if _, err := db.Exec(ctx, q, "DELETE FROM conversation_reply WHERE sending IN "+db.Among(q, "$1"), db.Texts(sendings)); err != nil {
		return fmt.Errorf("forget the tokens of what was taken back: %w", err)
	}
	return nil
}
