package main

import (
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/measure"
	"github.com/entente/entente/internal/measure/kpi"
	"github.com/entente/entente/internal/org"
)

// mails is how many lie in the mailbox: threads of a question, our answer and thanks.
const mails = 3000

// mailed is how the mails came in.
type mailed struct {
	Posts, Conversations, People int
	Wall, CPU                    time.Duration
}

func mailIn(b *bench) error {
	var m mailed
	if err := b.child(&m, nil, "inner-mail"); err != nil {
		return err
	}
	b.out.least("mails in over IMAP", float64(m.Posts)/m.Wall.Seconds(), 300, "/s", fmt.Sprintf("%d mails, %d conversations, %d persons, all measures read; %.1f s, %.1f s processor, the IMAP server in the same process",
		m.Posts, m.Conversations, m.People, m.Wall.Seconds(), m.CPU.Seconds()))
	return nil
}

type quiet struct{}

func (quiet) Printf(string, ...any) {}
func (quiet) Println(...any)        {}

type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// letter is the nth mail: a question of a customer, our answer, or their thanks; both quote what they answer.
func letter(n int, at time.Time) string {
	thread, step := n/3, n%3
	customer := fmt.Sprintf("Client %d <client%d@customers.example>", thread, thread%900)
	from, to, subject := customer, "Bench <contact@bench.example>", fmt.Sprintf("Question %d about my order", thread)
	text := strings.Repeat("The bicycle we bought last spring rides well, but the brakes squeak when it rains. ", 5)
	refs := ""
	if step > 0 {
		subject = "Re: " + subject
		refs = fmt.Sprintf("In-Reply-To: <m%d@bench.example>\r\nReferences:", n-1)
		for i := thread * 3; i < n; i++ {
			refs += fmt.Sprintf(" <m%d@bench.example>", i)
		}
		refs += "\r\n"
		text += "\r\n\r\nOn Monday, somebody wrote:\r\n> " + strings.Repeat("What you said before. ", 8)
	}
	if step == 1 {
		from, to = to, from
	}
	return fmt.Sprintf("From: %s\r\nTo: %s\r\nSubject: %s\r\nMessage-ID: <m%d@bench.example>\r\nDate: %s\r\n%sMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain; charset=utf-8\r\n\r\nHello,\r\n\r\n%s\r\n", from, to, subject, n, at.Format(time.RFC1123Z), refs, text)
}

func mailHere(b *bench) error {
	data, err := os.MkdirTemp(b.work, "mail-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(data)
	a, ctx, err := open(b.ctx, data, "", nil)
	if err != nil {
		return err
	}
	defer a.db.Close()
	if err := furnish(ctx, a); err != nil {
		return err
	}
	mem := imapmemserver.New()
	user := imapmemserver.NewUser("contact@bench.example", "secret")
	if err := user.Create("INBOX", nil); err != nil {
		return err
	}
	mem.AddUser(user)
	now := time.Now().UTC()
	for n := range mails {
		at := now.Add(time.Duration(n-mails) * time.Minute)
		if _, err := user.Append("INBOX", literal{strings.NewReader(letter(n, at))}, &imap.AppendOptions{Time: at}); err != nil {
			return err
		}
	}
	server := imapserver.New(&imapserver.Options{InsecureAuth: true, Logger: quiet{},
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			return mem.NewSession(), nil, nil
		}})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go server.Serve(l)
	defer server.Close()
	if _, err := a.channels.Add(ctx, channel.Draft{Kind: "mail", Name: "Contact", Inbox: channel.InboxAll, Settings: channel.Settings{"address": "contact@bench.example", "imap_host": l.Addr().String(),
		"imap_security": "none", "imap_user": "contact@bench.example", "imap_password": "secret"}}); err != nil {
		return err
	}
	began, used := time.Now(), processor()
	if _, err := a.channels.PollOnce(ctx, time.Now()); err != nil {
		return err
	}
	if err := measured(b, a, now); err != nil {
		return err
	}
	out := mailed{Wall: time.Since(began), CPU: processor() - used}
	for table, n := range map[string]*int{"post": &out.Posts, "conversation": &out.Conversations, "person": &out.People} {
		if *n, err = count(ctx, a, table); err != nil {
			return err
		}
	}
	if out.Posts != mails || out.Conversations != mails/3 {
		return fmt.Errorf("%d posts, %d conversations of %d mails", out.Posts, out.Conversations, mails)
	}
	waiting, _, err := db.Value[int](ctx, a.db.Read(), "SELECT COUNT(*) FROM conversation WHERE waiting_since IS NOT NULL")
	if err != nil || waiting != mails/3 {
		return fmt.Errorf("%d wait, %v", waiting, err)
	}
	return say(out)
}

// measured reads every measure over the last month.
func measured(b *bench, a *shop, now time.Time) error {
	s := measure.New(a.db, a.org, time.Now)
	for _, m := range s.All() {
		if _, err := s.Compute(org.AsOperator(b.ctx), m.ID, measure.Window{From: now.AddDate(0, -1, 0), To: now}, kpi.Filter{}); err != nil {
			return fmt.Errorf("measure %s: %w", m.ID, err)
		}
	}
	return nil
}
