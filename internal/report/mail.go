package report

import (
	"context"
	"errors"
)

// Letter is one mail.
type Letter struct {
	ID          string // makes its Message-ID
	To          string
	Subject     string
	Text, HTML  string
	PDF         []byte // nil for none
	PDFName     string
	Unsubscribe string // an address where the recipient ends it, "" for a member
}

// Mailer sends one mail. An error that wraps ErrNotSent says that nothing went out; any other leaves that open.
type Mailer interface {
	Post(ctx context.Context, l Letter) error
}

// ErrNotSent says that a mail surely did not go out.
var ErrNotSent = errors.New("the mail did not go out")

// Printer makes PDFs.
type Printer interface {
	Able() bool
	PDF(ctx context.Context, html []byte) ([]byte, error)
}

// WithMail lets reports be sent by mail; printer may be nil.
func (s *Service) WithMail(m Mailer, p Printer) *Service {
	s.mailer, s.printer = m, p
	return s
}

// CanMail reports whether a mail server is set.
func (s *Service) CanMail() bool { return s.mailer != nil }
