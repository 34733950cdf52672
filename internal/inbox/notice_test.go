package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
)

type post struct {
	sent  []string
	fault error
}

func (p *post) Send(_ context.Context, to, subject, text string) error {
	p.sent = append(p.sent, to+": "+subject+"\n"+text)
	return p.fault
}

// TestNotices: nobody is told the same twice while they have not read it, what a token stands for once ever; what is not read goes out in one
// mail, once, also when nobody knows whether the first arrived.
func TestNotices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		mail := &post{}
		k.Inbox.WithMail(mail, "https://velo.example/")
		sam, _ := k.Join("Sam", org.Social)
		tell := func(token string, n int) {
			t.Helper()
			must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				if token != "" {
					return k.Inbox.TellOnce(ctx, q, token, []string{sam.ID, sam.ID, "nobody"}, "routing.told.given_many", []any{"Count", n}, "", "/inbox")
				}
				return k.Inbox.Tell(ctx, q, []string{sam.ID}, "routing.told.nobody_free", []any{"Count", n}, "")
			}))
		}
		tell("", 1)
		tell("", 5)
		tell("a", 2)
		tell("a", 2)
		list, err := k.Inbox.Notices(k.As(sam), 10)
		must(t, err)
		if len(list) != 2 || k.Inbox.Untold(k.As(sam)) != 2 {
			t.Fatalf("told %+v", list)
		}
		must(t, k.Inbox.MailNotices(t.Context()))
		if len(mail.sent) != 0 {
			t.Fatal("mailed at once, before anybody could read it")
		}
		k.Pass(10 * time.Minute)
		mail.fault = errors.New("the line broke")
		for range 3 {
			must(t, k.Inbox.MailNotices(t.Context()))
			k.Pass(10 * time.Minute)
		}
		if len(mail.sent) != 1 || !strings.Contains(mail.sent[0], "sam@velo.example: 2 notices") || !strings.Contains(mail.sent[0], "5 conversations fit nobody who is free") {
			t.Fatalf("mailed %q", mail.sent)
		}
		for _, n := range list {
			_, err := k.Inbox.ReadNotice(k.As(sam), n.ID)
			must(t, err)
		}
		tell("", 3) // read before: told again
		tell("a", 2)
		if n := k.Inbox.Untold(k.As(sam)); n != 1 {
			t.Errorf("%d not read", n)
		}
		must(t, k.Inbox.ReadNotices(k.As(sam)))
		k.Pass(10 * time.Minute)
		must(t, k.Inbox.MailNotices(t.Context()))
		if len(mail.sent) != 1 {
			t.Errorf("what was read is mailed: %q", mail.sent)
		}
	})
}

// TestNoticesInOrder: what somebody is told within one moment of the clock stands in the order in which it was told, the newest first.
func TestNoticesInOrder(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		sam, _ := k.Join("Sam", org.Social)
		const most = 30
		must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			for n := range most {
				if err := k.Inbox.TellOnce(ctx, q, fmt.Sprint("token", n), []string{sam.ID}, "routing.told.given_many", []any{"Count", n}, "", "/inbox"); err != nil {
					return err
				}
			}
			return nil
		}))
		list, err := k.Inbox.Notices(k.As(sam), most)
		must(t, err)
		for i, n := range list {
			if want := fmt.Sprint("[Count ", most-1-i, "]"); fmt.Sprint(n.Args) != want {
				t.Fatalf("number %d of %d is %v, want %s", i, len(list), n.Args, want)
			}
		}
	})
}

// TestNoticesTriedAgain: what surely did not go out, because the mail server was down, goes out later, once; a notice that is renewed all the time is mailed too.
func TestNoticesTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		mail := &post{fault: fmt.Errorf("reach the mail server: %w", org.ErrNotSent)}
		k.Inbox.WithMail(mail, "https://velo.example/")
		sam, _ := k.Join("Sam", org.Social)
		tell := func() {
			t.Helper()
			must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				return k.Inbox.Tell(ctx, q, []string{sam.ID}, "routing.told.nobody_free", []any{"Count", 1}, "")
			}))
		}
		for range 4 { // more often than the time there is to read it on the page
			tell()
			k.Pass(time.Minute)
		}
		must(t, k.Inbox.MailNotices(t.Context()))
		must(t, k.Inbox.MailNotices(t.Context()))
		if len(mail.sent) != 1 {
			t.Fatalf("tried %d times at once", len(mail.sent))
		}
		mail.fault = nil
		for range 3 {
			k.Pass(10 * time.Minute)
			must(t, k.Inbox.MailNotices(t.Context()))
		}
		if len(mail.sent) != 2 {
			t.Errorf("mailed %q", mail.sent)
		}
	})
}
