package community

import (
	"context"
	"fmt"
	"time"

	"github.com/entente/entente/internal/db"
)

// RepliesFor is how long a notice can be answered by mail.
const RepliesFor = 90 * 24 * time.Hour

const replying = "reply"

// WithPosts lets people write by mail: address gives the address for posts that bears a tag, "" where there is none.
func (s *Service) WithPosts(address func(ctx context.Context, tag string) string) *Service {
	s.postAddress = address
	return s
}

// ReplyTo is what a mail about a notice is answered to.
type ReplyTo struct {
	Member    string // whom the notice went to
	Community string
	Thread    string
	Post      string // what the notice is about
	SentAt    time.Time
}

// Over reports whether it is too late to answer by mail.
func (r ReplyTo) Over(now time.Time) bool { return now.Sub(r.SentAt) > RepliesFor }

// ReplyOf finds what an address in a mail was made for: one person and one post. Nobody makes such an address who does not know the key of this
// installation.
func (s *Service) ReplyOf(ctx context.Context, tag string) (ReplyTo, error) {
	mail, err := s.mailOf(ctx, replying, tag)
	if err != nil {
		return ReplyTo{}, err
	}
	r, found, err := db.One(ctx, s.db.Read(), func(r *ReplyTo) []any { return []any{&r.Member, &r.Community, &r.Thread, &r.Post, db.At(&r.SentAt)} },
		"SELECT m.member, m.community, n.thread, n.post, m.created_at FROM community_mail m JOIN community_notice n ON n.mail = m.id WHERE m.id = $1 ORDER BY n.id LIMIT 1", mail)
	if err != nil {
		return r, fmt.Errorf("look for what a mail was about: %w", err)
	}
	if !found {
		return r, notFound()
	}
	return r, nil
}

// IsReply reports whether a tag is one that this installation made.
func (s *Service) IsReply(ctx context.Context, tag string) bool {
	_, err := s.mailOf(ctx, replying, tag)
	return err == nil
}

// replyAddress is where the answer to a mail about one post goes, "" where it cannot be answered by mail.
func (s *Service) replyAddress(ctx context.Context, mail string) (string, error) {
	if s.postAddress == nil {
		return "", nil
	}
	tag, err := s.token(ctx, replying, mail)
	if err != nil {
		return "", err
	}
	return s.postAddress(ctx, tag), nil
}

// SpaceAddress is where threads of a space are begun by mail, "" where they are not.
func (s *Service) SpaceAddress(ctx context.Context, c Community, sp Space) string {
	if s.postAddress == nil || !sp.ArchivedAt.IsZero() || !sp.Takes(Questions) && !sp.Takes(Discussions) && !sp.Takes(Ideas) {
		return ""
	}
	return s.postAddress(ctx, c.Slug+"."+sp.Slug)
}

// Sign makes a token that lets whoever has it do one thing with something; Signed reads it.
func (s *Service) Sign(ctx context.Context, purpose, id string) (string, error) {
	return s.token(ctx, purpose, id)
}

// Signed is what a token was made for, when it was made for this purpose.
func (s *Service) Signed(ctx context.Context, purpose, token string) (string, error) {
	return s.mailOf(ctx, purpose, token)
}
