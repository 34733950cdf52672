package channeltest_test

import (
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/channel/channeltest"
	"github.com/entente/entente/internal/channel/mail"
	"github.com/entente/entente/internal/ledger"
)

const (
	mailbox      = "contact@velo.example"
	imapPassword = "correct-horse-battery"
	smtpPassword = "staple-correct-horse"
)

// postOffice is an IMAP and an SMTP server that behave as they are told.
type postOffice struct {
	t  *testing.T
	mu sync.Mutex
	channeltest.Behaviour
	user    *imapmemserver.User
	said    []string // as messages
	arrived []string // as messages
	back    int      // of them, how many came back
	left    chan struct{}
}

func (o *postOffice) now() channeltest.Behaviour {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.Behaviour
}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return int64(l.Len()) }

func (o *postOffice) put(message string) {
	o.t.Helper()
	if _, err := o.user.Append("INBOX", literal{strings.NewReader(message)}, &imap.AppendOptions{Time: time.Unix(1_750_000_000, 0)}); err != nil {
		o.t.Fatal(err)
	}
}

// door is a listener at which connections are treated as the behaviour says.
type door struct {
	net.Listener
	o        *postOffice
	greeting string // how this protocol refuses to serve
}

func (d *door) Accept() (net.Conn, error) {
	for {
		conn, err := d.Listener.Accept()
		if err != nil {
			return nil, err
		}
		switch d.o.now() {
		case channeltest.Drop:
			conn.Close()
		case channeltest.Hang:
			go func() { <-d.o.left; conn.Close() }()
		case channeltest.Break:
			io.WriteString(conn, d.greeting)
			conn.Close()
		case channeltest.Babble:
			io.WriteString(conn, "\x00\xff\r\nthis is no answer <<<\r\n")
			conn.Close()
		case channeltest.Flood:
			go func() {
				defer conn.Close()
				for line := strings.Repeat("on and on ", 10_000); ; {
					if _, err := io.WriteString(conn, line); err != nil {
						return
					}
				}
			}()
		case channeltest.Cut:
			return &cut{Conn: conn, left: 700}, nil
		default:
			return conn, nil
		}
	}
}

// cut is a connection that breaks after so many bytes of answers.
type cut struct {
	net.Conn
	left int
}

func (c *cut) Write(p []byte) (int, error) {
	if len(p) > c.left {
		c.Conn.Write(p[:c.left])
		c.Conn.Close()
		return 0, net.ErrClosed
	}
	c.left -= len(p)
	return c.Conn.Write(p)
}

// crowded lets nobody sign in for now.
type crowded struct{ imapserver.Session }

func (crowded) Login(string, string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeLimit, Text: "too many connections"}
}

// hatch is one delivery to the SMTP server.
type hatch struct {
	o    *postOffice
	conn *smtp.Conn
}

func (h *hatch) AuthMechanisms() []string { return []string{sasl.Plain} }

func (h *hatch) Auth(string) (sasl.Server, error) {
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != mailbox || password != smtpPassword || h.o.now() == channeltest.Expire {
			return smtp.ErrAuthFailed
		}
		return nil
	}), nil
}

func (h *hatch) Mail(string, *smtp.MailOptions) error {
	switch h.o.now() {
	case channeltest.Throttle:
		return &smtp.SMTPError{Code: 450, EnhancedCode: smtp.EnhancedCode{4, 7, 1}, Message: "too many messages, slow down"}
	}
	return nil
}

func (h *hatch) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (h *hatch) Reset()                               {}
func (h *hatch) Logout() error                        { return nil }

func (h *hatch) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	h.o.mu.Lock()
	h.o.arrived = append(h.o.arrived, string(raw))
	h.o.mu.Unlock()
	if h.o.now() == channeltest.LoseAnswer {
		h.conn.Conn().Close()
		return errors.New("nobody hears this")
	}
	return nil
}

func (o *postOffice) listen(greeting string) *door {
	o.t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.t.Fatal(err)
	}
	return &door{l, o, greeting}
}

func (o *postOffice) open() (imapAddress, smtpAddress string) {
	o.t.Helper()
	user := func(password string, folders ...string) (*imapmemserver.Server, *imapmemserver.User) {
		mem, u := imapmemserver.New(), imapmemserver.NewUser(mailbox, password)
		for _, f := range folders {
			if err := u.Create(f, nil); err != nil {
				o.t.Fatal(err)
			}
		}
		mem.AddUser(u)
		return mem, u
	}
	good, box := user(imapPassword, "INBOX", "Sent")
	o.user = box
	expired, _ := user("another password", "INBOX")
	empty, _ := user(imapPassword)
	quiet := log.New(io.Discard, "", 0)
	in := imapserver.New(&imapserver.Options{InsecureAuth: true, Logger: quiet, NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
		switch o.now() {
		case channeltest.Expire:
			return expired.NewSession(), nil, nil
		case channeltest.Vanish:
			return empty.NewSession(), nil, nil
		case channeltest.Throttle:
			return crowded{good.NewSession()}, nil, nil
		}
		return good.NewSession(), nil, nil
	}})
	out := smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) { return &hatch{o, c}, nil }))
	out.Domain, out.AllowInsecureAuth, out.ErrorLog = "mail.velo.example", true, quiet
	imapDoor, smtpDoor := o.listen("* BYE sorry, not today\r\n"), o.listen("421 4.3.2 sorry, not today\r\n")
	var all sync.WaitGroup
	all.Go(func() { in.Serve(imapDoor) })
	all.Go(func() { out.Serve(smtpDoor) })
	o.t.Cleanup(func() {
		close(o.left)
		imapDoor.Close()
		smtpDoor.Close()
		in.Close()
		out.Close()
		all.Wait()
	})
	return imapDoor.Addr().String(), smtpDoor.Addr().String()
}

func TestMail(t *testing.T) {
	t.Parallel()
	channeltest.Run(t, channeltest.Harness{Connector: mail.New(), Start: func(t *testing.T, _ func() time.Time) channeltest.Place {
		o := &postOffice{t: t, Behaviour: channeltest.Good, left: make(chan struct{})}
		imapAddress, smtpAddress := o.open()
		return channeltest.Place{
			Settings: channel.Settings{"address": mailbox, "name": "Vélo", "imap_host": imapAddress, "imap_security": "none", "imap_user": mailbox,
				"imap_password": imapPassword, "smtp_host": smtpAddress, "smtp_security": "none", "smtp_user": mailbox, "smtp_password": smtpPassword},
			Behave: func(b channeltest.Behaviour) bool {
				o.mu.Lock()
				o.Behaviour = b
				said := o.said
				o.mu.Unlock()
				switch b {
				case channeltest.Shuffle, channeltest.ThrottleFor:
					return false // a mailbox has an order, and mail servers do not say how long to wait
				case channeltest.Repeat:
					for _, message := range said {
						o.put(message)
					}
				}
				return true
			},
			Say: func(ids ...string) []string {
				var out []string
				for _, id := range ids {
					message := fmt.Sprintf("From: Ada <ada@client.example>\r\nTo: %s\r\nSubject: On %s\r\nMessage-ID: <%s@client.example>\r\nDate: Sun, 15 Jun 2025 12:00:00 +0000\r\n\r\ntext of %s\r\n",
						mailbox, id, id, id)
					o.put(message)
					o.mu.Lock()
					o.said = append(o.said, message)
					o.mu.Unlock()
					out = append(out, id+"@client.example")
				}
				return out
			},
			Reply: channel.Outgoing{To: []ledger.Address{{URI: "mailto:ada@client.example", Name: "Ada"}}, Subject: "Re: brakes", Text: "They squeak when it rains.",
				InReplyTo: "q1@client.example", References: []string{"q1@client.example"}, Private: true, AuthorName: "Bob"},
			Arrived: func() []string {
				o.mu.Lock()
				defer o.mu.Unlock()
				return append([]string(nil), o.arrived...)
			},
			Return: func() {
				o.mu.Lock()
				messages := o.arrived[o.back:]
				o.back = len(o.arrived)
				o.mu.Unlock()
				for _, message := range messages {
					o.put(message)
				}
			},
		}
	}})
}
