package inbox

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// Draft is what a member was about to say.
type Draft struct {
	Member, Name string
	Text         string
	Shared       bool // colleagues read it
	At           time.Time
}

const draftFor = 60 * 24 * time.Hour // then a draft is forgotten

// KeepDraft keeps what whoever acts is about to say in a conversation; an empty text forgets it. Shared ones are read by colleagues.
func (s *Service) KeepDraft(ctx context.Context, conversation, text string, shared bool) error {
	m, err := acting(ctx, org.InboxEdit)
	if err != nil {
		return err
	}
	c, err := s.Find(ctx, conversation)
	if err != nil {
		return err
	}
	if utf8.RuneCountInString(text) > maxReply {
		return problem.New(problem.Invalid, "problem.too_long", "Max", maxReply).On("text")
	}
	return s.db.Tx(ctx, func(ctx context.Context, q db.Q) error { return s.keepDraft(ctx, q, c.ID, m.ID, text, shared) })
}

func (s *Service) keepDraft(ctx context.Context, q db.Q, conversation, member, text string, shared bool) error {
	text, err := checkText(text, maxReply)
	if err != nil {
		return s.forgetDraft(ctx, q, conversation, member)
	}
	if err := db.Insert(ctx, q, "reply_draft (conversation, member, words, shared, at)", [][]any{{conversation, member, text, db.B(shared), db.T(s.now())}},
		"ON CONFLICT (conversation, member) DO UPDATE SET words = excluded.words, shared = excluded.shared, at = excluded.at"); err != nil {
		return fmt.Errorf("keep a draft: %w", err)
	}
	return nil
}

func (s *Service) forgetDraft(ctx context.Context, q db.Q, conversation, member string) error {
	if _, err := db.Exec(ctx, q, "DELETE FROM reply_draft WHERE conversation = $1 AND member = $2", conversation, member); err != nil {
		return fmt.Errorf("forget a draft: %w", err)
	}
	return nil
}

// Drafts are what whoever acts was about to say in a conversation, and what colleagues share.
func (s *Service) Drafts(ctx context.Context, c *Conversation) (mine Draft, others []Draft, err error) {
	m, err := acting(ctx, org.InboxRead)
	if err != nil {
		return mine, nil, err
	}
	list, err := db.All(ctx, s.db.Read(), func(d *Draft) []any { return []any{&d.Member, &d.Text, db.Bool(&d.Shared), db.At(&d.At)} },
		"SELECT member, words, shared, at FROM reply_draft WHERE conversation = $1 AND (shared = 1 OR member = $2) ORDER BY at DESC, member"+db.Limit(20), c.ID, m.ID)
	if err != nil {
		return mine, nil, fmt.Errorf("read drafts: %w", err)
	}
	names := s.names(ctx)
	for _, d := range list {
		d.Name = names(d.Member)
		if d.Member == m.ID {
			mine = d
		} else {
			others = append(others, d)
		}
	}
	return mine, others, nil
}
