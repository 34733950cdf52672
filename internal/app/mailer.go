package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/report"
)

// mailer is the mail server for invitations and resets, nil when none is set.
func (a *App) mailer() org.Mailer {
	if a.Config.SMTP == "" {
		return nil
	}
	return &mailer{a.Config.SMTP, a.Config.MailFrom}
}

type mailer struct{ server, from string }

// client knows the server. A password never leaves this machine in the clear: smtp:// with one requires STARTTLS.
func (m *mailer) client() (*gomail.Client, error) {
	u, err := url.Parse(m.server)
	if err != nil {
		return nil, err
	}
	options := []gomail.Option{gomail.WithTLSPolicy(gomail.TLSOpportunistic)}
	switch {
	case u.Scheme == "smtps":
		options = []gomail.Option{gomail.WithSSLPort(false)}
	case u.User != nil && !loopback(u.Hostname()):
		options = []gomail.Option{gomail.WithTLSPolicy(gomail.TLSMandatory)}
	}
	if p, err := strconv.Atoi(u.Port()); err == nil {
		options = append(options, gomail.WithPort(p))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	return gomail.NewClient(u.Hostname(), options...)
}

func loopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.Unmap().IsLoopback()
}

// Send sends a plain text.
func (m *mailer) Send(ctx context.Context, to, subject, text string) error {
	c, err := m.client()
	if err != nil {
		return fmt.Errorf("the mail server: %w", err)
	}
	msg := gomail.NewMsg()
	if err := msg.From(m.from); err != nil {
		return fmt.Errorf("the sender's address: %w", err)
	}
	if err := msg.To(to); err != nil {
		return fmt.Errorf("the address %q: %w", to, err)
	}
	msg.Subject(subject)
	msg.SetBodyString(gomail.TypeTextPlain, text)
	if err := c.DialWithContext(ctx); err != nil {
		return fmt.Errorf("reach the mail server: %w", errors.Join(org.ErrNotSent, err))
	}
	defer c.Close()
	if err := c.Send(msg); err != nil {
		if refused(err) {
			err = errors.Join(org.ErrNotSent, err)
		}
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// refused reports whether the server said no before it had the mail.
func refused(err error) bool {
	var e *gomail.SendError
	return errors.As(err, &e) && (e.Reason == gomail.ErrSMTPMailFrom || e.Reason == gomail.ErrSMTPRcptTo || e.Reason == gomail.ErrGetSender || e.Reason == gomail.ErrGetRcpts)
}

// Post sends a report: HTML with a plain text beside it, and a PDF when there is one. That the server refused or was not reached is told apart
// from not knowing.
func (m *mailer) Post(ctx context.Context, l report.Letter) error {
	surely := func(what string, err error) error {
		return fmt.Errorf("%s: %w", what, errors.Join(report.ErrNotSent, err))
	}
	c, err := m.client()
	if err != nil {
		return surely("the mail server", err)
	}
	msg := gomail.NewMsg()
	if err := msg.From(m.from); err != nil {
		return surely("the sender's address", err)
	}
	if err := msg.To(l.To); err != nil {
		return surely("the recipient's address", err)
	}
	msg.Subject(l.Subject)
	msg.SetDate()
	if _, host, ok := strings.Cut(m.from, "@"); ok {
		msg.SetMessageIDWithValue(l.ID + "@" + strings.TrimRight(host, ">"))
	}
	msg.SetBodyString(gomail.TypeTextPlain, l.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	if l.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+l.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	if l.PDF != nil {
		if err := msg.AttachReader(l.PDFName, bytes.NewReader(l.PDF)); err != nil {
			return surely("attach the PDF", err)
		}
	}
	if err := c.DialWithContext(ctx); err != nil {
		return surely("reach the mail server", err)
	}
	defer c.Close()
	if err := c.Send(msg); err != nil {
		if refused(err) {
			return surely("the mail server refused", err)
		}
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}
