package app

import (
	"context"
	"errors"
	"fmt"
	"net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
)

// notifier sends notices of communities through the mail server.
type notifier struct{ *mailer }

// Deliver sends a notice: a plain text and HTML. Those of one thread refer to one message that never was, so that mail programs show them together.
// That the server refused or was not reached is told apart from not knowing.
func (n notifier) Deliver(ctx context.Context, l community.Letter) error {
	surely := func(what string, err error) error {
		return fmt.Errorf("%s: %w", what, errors.Join(community.ErrNotSent, err))
	}
	c, err := n.client()
	if err != nil {
		return surely("the mail server", err)
	}
	from, err := mail.ParseAddress(n.from)
	if err != nil {
		return surely("the sender's address", err)
	}
	msg := gomail.NewMsg()
	if err := msg.FromFormat(l.From, from.Address); err != nil {
		return surely("the sender's address", err)
	}
	if err := msg.To(l.To); err != nil {
		return surely("the recipient's address", err)
	}
	_, host, _ := strings.Cut(from.Address, "@")
	msg.SetMessageIDWithValue(l.ID + "@" + host)
	subject := l.Subject
	if l.Thread != "" {
		root := "<thread." + l.Thread + "@" + host + ">"
		msg.SetGenHeader(gomail.HeaderReferences, root)
		msg.SetGenHeader(gomail.HeaderInReplyTo, root)
		if l.Again {
			subject = "Re: " + subject
		}
	}
	msg.Subject(subject)
	msg.SetDate()
	submitted := "auto-generated" // answering machines keep quiet: RFC 3834
	if l.Answers != "" {
		submitted = "auto-replied"
		msg.SetGenHeader(gomail.HeaderInReplyTo, "<"+l.Answers+">")
		msg.SetGenHeader(gomail.HeaderReferences, "<"+l.Answers+">")
	}
	msg.SetGenHeader("Auto-Submitted", submitted)
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	if l.Unsubscribe != "" {
		msg.SetGenHeader("List-Unsubscribe", "<"+l.Unsubscribe+">")
		msg.SetGenHeader("List-Unsubscribe-Post", "List-Unsubscribe=One-Click")
	}
	if l.ReplyTo != "" {
		if err := msg.ReplyTo(l.ReplyTo); err != nil {
			return surely("the address for answers", err)
		}
	}
	msg.SetBodyString(gomail.TypeTextPlain, l.Text)
	if l.HTML != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, l.HTML)
	}
	if err := c.DialWithContext(ctx); err != nil {
		return surely("reach the mail server", err)
	}
	defer c.Close()
	if err := c.Send(msg); err != nil {
		var refused *gomail.SendError
		if errors.As(err, &refused) && (refused.Reason == gomail.ErrSMTPMailFrom || refused.Reason == gomail.ErrSMTPRcptTo || refused.Reason == gomail.ErrGetSender || refused.Reason == gomail.ErrGetRcpts) {
			return surely("the mail server refused", err)
		}
		return fmt.Errorf("send mail: %w", err)
	}
	return nil
}

// notices is the mail server for notices, when there is one.
func notices(m org.Mailer) (community.Mailer, bool) {
	x, ok := m.(*mailer)
	if !ok {
		return nil, false
	}
	return notifier{x}, true
}
