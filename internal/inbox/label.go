package inbox

import (
	"context"
	"fmt"
	"slices"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// SentimentLabel names the label that says how somebody feels in a post.
const SentimentLabel = "sentiment"

// Sentiments lists the values of SentimentLabel, the gloomiest first.
func Sentiments() []string { return []string{"negative", "neutral", "positive"} }

// Label says how the author of a post feels, as a member reads it; "" takes that back. It wins over what is computed.
func (s *Service) Label(ctx context.Context, post, sentiment string) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	if sentiment != "" && !slices.Contains(Sentiments(), sentiment) {
		return problem.New(problem.Invalid, "inbox.no_sentiment").On("sentiment")
	}
	p, err := s.Post(ctx, post)
	if err != nil {
		return err
	}
	if p.Ours || !p.DeletedAt.IsZero() {
		return problem.New(problem.Invalid, "inbox.not_labelled")
	}
	var stated []ledger.Activity
	err = s.db.Tx(ctx, func(ctx context.Context, q db.Q) error {
		l := ledger.Label{Label: SentimentLabel, Value: sentiment}
		var err error
		stated, err = s.ledger.AppendTx(ctx, q, ledger.Activity{Kind: ledger.PostLabelled, Actor: actor(m), Object: p.ID, Channel: p.Channel, At: s.now(),
			Data: ledger.Data(l)})
		if err != nil {
			return err
		}
		return s.org.Audit(ctx, q, "post.label", "post:"+p.ID, l)
	})
	if err != nil {
		return fmt.Errorf("label a post: %w", err)
	}
	s.ledger.Wake()
	return s.ledger.Await(ctx, stated)
}

// Post returns a post.
func (s *Service) Post(ctx context.Context, post string) (channel.Post, error) {
	if !id.Valid(post) {
		return channel.Post{}, missing()
	}
	list, err := channel.Posts(ctx, s.db.Read(), post)
	if err != nil {
		return channel.Post{}, err
	}
	if len(list) == 0 {
		return channel.Post{}, missing()
	}
	return list[0], nil
}
