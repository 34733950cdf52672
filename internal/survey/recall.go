package survey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Reply is what somebody said when they were asked.
type Reply struct {
	At      time.Time
	Score   int
	Comment string
}

// Recall keeps what was asked in the past, about a time a conversation was resolved, as if it were asked at that moment: the same rules say whom
// we would have asked, nobody is told, and what long ago displeased opens nothing again. reply is nil where no answer came. It is called in the
// order of time.
func (s *Service) Recall(ctx context.Context, p inbox.Span, at time.Time, reply *Reply) (Ask, error) {
	if err := org.Require(ctx, org.InboxAssign); err != nil {
		return Ask{}, err
	}
	if at.After(s.Now()) || at.Before(p.ResolvedAt) || reply != nil && (reply.At.After(s.Now()) || reply.At.Before(at)) {
		return Ask{}, problem.New(problem.Invalid, "survey.not_past").On("at")
	}
	v, err := s.settings(ctx)
	if err != nil {
		return Ask{}, err
	}
	c, err := s.inbox.Find(ctx, p.Conversation)
	if err != nil {
		return Ask{}, err
	}
	w, err := s.inbox.Ways(ctx, &c, "")
	if err != nil {
		return Ask{}, err
	}
	a, _ := s.consider(v, p, &c, &w, at)
	known, err := enrich.TakenFor(ctx, s.db.Read(), []string{w.Post.ID})
	if err != nil {
		return a, err
	}
	a.Lang = known[w.Post.ID].Lang
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		if a.Why == "" {
			if a.Why, err = s.unwilling(ctx, q, a.Author, v, at.AddDate(0, 0, -v.Quiet)); err != nil {
				return err
			}
		}
		return keep(ctx, q, &a)
	})
	if errors.Is(err, errDecided) {
		return a, nil
	}
	if err != nil {
		return a, fmt.Errorf("recall who was asked: %w", err)
	}
	if a.State == LeftOut || reply == nil {
		return a, nil
	}
	return s.answered(ctx, a, reply.At, reply.Score, reply.Comment, false)
}
