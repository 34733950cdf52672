package inbox_test

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/charter"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestReplyToDeleted: what its author took back is not answered: the reply goes to what still stands, else it is refused with the reason, and nothing
// is sent; one that was on its way goes out, once, and what was taken back is nowhere to be read.
func TestReplyToDeleted(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		gone := func(external string) {
			t.Helper()
			_, err := k.Ledger.State(t.Context(), ledger.Activity{Kind: ledger.PostDeleted, Object: k.PostID(k.Post.ID, external), At: k.Now()})
			must(t, err)
			k.Level()
		}
		k.Hear(k.Post.ID, inboxtest.Question("q1", "ada", "Brakes", "They squeak.", k.Now()))
		k.Pass(time.Minute)
		k.Hear(k.Post.ID, inboxtest.Question("q2", "ada", "", "Secret 4711.", k.Now(), "q1"))
		c := k.About(k.Post.ID, "q1")

		v, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Oil them.", To: k.PostID(k.Post.ID, "q2"), NotBefore: k.Now().Add(time.Minute)})
		must(t, err)
		gone("q2")
		k.Send()
		if len(k.Town.Sent()) != 0 {
			t.Fatal("it went out before its time")
		}
		k.Pass(2 * time.Minute)
		k.Send()
		k.Send()
		if sent := k.Town.Sent(); len(sent) != 1 || sent[0].InReplyTo != "q2" {
			t.Errorf("of what was on its way there are %+v", sent)
		}
		if s, err := k.Channels.Sending(k.As(vera), v.ID); err != nil || s.State != channel.Sent {
			t.Errorf("it is %q, %v", s.State, err)
		}
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "To what is gone.", To: k.PostID(k.Post.ID, "q2")})
		refused(t, err, problem.Invalid, "inbox.cannot_reply.deleted")
		saved, err := k.Inbox.SaveReply(k.As(vera), "", inbox.SavedReply{Member: vera.ID, Title: "Oil", Words: charter.Words{"en": "Oil them."}})
		must(t, err)
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "To what stands.", Used: inbox.ParseHelp([]string{"saved:" + saved.ID, "article:a", "article:b"})})
		must(t, err)
		k.Send()
		// Numbers of what helped open to the replies they count.
		since := k.Now().Add(-time.Hour)
		reuse, err := k.Inbox.Reuse(k.As(vera), since)
		must(t, err)
		for _, n := range []struct {
			kind inbox.HelpKind
			ref  string
			want int
		}{{"", "", reuse.Helped}, {inbox.HelpSaved, "", reuse.By[inbox.HelpSaved]}, {inbox.HelpArticle, "", reuse.By[inbox.HelpArticle]}, {inbox.HelpConversation, "", 0}, {inbox.HelpSaved, saved.ID, 1}} {
			uses, more, err := k.Inbox.Uses(k.As(vera), n.kind, n.ref, since, 0, 50)
			must(t, err)
			if len(uses) != n.want || more {
				t.Errorf("%s %s: %+v, want %d", n.kind, n.ref, uses, n.want)
			}
			for _, u := range uses {
				if u.Conversation != c.ID || u.Name != "Brakes" || u.Member != "Vera" {
					t.Errorf("%+v", u)
				}
			}
		}
		if _, more, err := k.Inbox.Uses(k.As(vera), inbox.HelpArticle, "", since, 0, 1); err != nil || !more || reuse.By[inbox.HelpArticle] != 2 {
			t.Errorf("one of two on a page: %v, %v", more, err)
		}
		if sent := k.Town.Sent(); len(sent) != 2 || sent[1].InReplyTo != "q1" {
			t.Errorf("sent %+v, want an answer to what stands", sent)
		}
		gone("q1")
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "To nobody."})
		refused(t, err, problem.Invalid, "inbox.cannot_reply.deleted")
		k.Send()
		if len(k.Town.Sent()) != 2 {
			t.Errorf("%d were sent", len(k.Town.Sent()))
		}
		line, err := k.Inbox.Timeline(k.As(vera), c.ID, "", 50)
		must(t, err)
		for _, e := range line.Entries {
			if e.Post != nil && !e.Post.Ours && e.Post.Text != "" {
				t.Errorf("what was taken back can be read: %q", e.Post.Text)
			}
		}
	})
}
