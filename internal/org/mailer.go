package org

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Mailer sends one mail of plain text. It returns an error that wraps ErrNoMail while no mail server is set. It may also have
// Ready(context.Context) bool, which says beforehand whether a mail server is set.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// ErrNotSent says that a mail surely did not go out.
var ErrNotSent = errors.New("the mail did not go out")

// ErrNoMail says that no mail server is set.
var ErrNoMail = errors.New("no mail server is set")

const (
	mailFor   = 15 * time.Second // longest time one mail may take
	maxBehind = 64               // mails under way
)

// CanMail reports whether mails can be sent: a mail server is set, and the organisation's own address for the links in them.
func (s *Service) CanMail(ctx context.Context) bool {
	if !s.HasMailServer(ctx) {
		return false
	}
	o, err := s.Organisation(ctx)
	return err == nil && o.URL != ""
}

// HasMailServer reports whether a mail server is set.
func (s *Service) HasMailServer(ctx context.Context) bool {
	if s.mailer == nil {
		return false
	}
	r, asks := s.mailer.(interface{ Ready(context.Context) bool })
	return !asks || r.Ready(ctx)
}

// Mail sends one mail of plain text.
func (s *Service) Mail(ctx context.Context, to, subject, text string) error {
	return s.send(ctx, to, subject, text)
}

func (s *Service) send(ctx context.Context, to, subject, text string) error {
	if s.mailer == nil {
		return ErrNoMail
	}
	ctx, cancel := context.WithTimeout(ctx, mailFor)
	defer cancel()
	if err := s.mailer.Send(ctx, to, subject, text); err != nil {
		return fmt.Errorf("send a mail: %w", err)
	}
	return nil
}

// after runs do behind the answer, so that how long the answer takes says nothing about what do finds. With too many under way, do is
// dropped: whoever waits for a mail asks again.
func (s *Service) after(ctx context.Context, what string, do func(ctx context.Context) error) {
	select {
	case s.turns <- struct{}{}:
	default:
		s.log.Warn("too much under way", "dropped", what)
		return
	}
	ctx = context.WithoutCancel(ctx)
	s.behind.Go(func() {
		defer func() { <-s.turns }()
		if err := do(ctx); err != nil && !errors.Is(err, ErrNoMail) {
			s.log.Error(what, "error", err)
		}
	})
}
