package inbox_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func each(t *testing.T, f func(t *testing.T, k *inboxtest.Desk)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { f(t, inboxtest.New(t, d)) })
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func refused(t testing.TB, err error, code problem.Code, key string) {
	t.Helper()
	if p := problem.Of(err); err == nil || p.Code != code || p.Key != key {
		t.Fatalf("got %v, want %s %s", err, code, key)
	}
}

func TestTakeAndGiveBack(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now()))
		c := k.About(k.Post.ID, "m1")
		lead, _ := k.Join("Lea", org.Social)
		vera, _ := k.Join("Vera", org.Volunteer)
		paul, _ := k.Join("Paul", org.Volunteer)
		guest, _ := k.Join("Guest", org.Plain)

		_, err := k.Inbox.Take(k.As(guest), c.ID)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		_, err = k.Inbox.Take(t.Context(), c.ID)
		refused(t, err, problem.Unauthenticated, "problem.sign_in")
		got, err := k.Inbox.Take(k.As(vera), c.ID)
		must(t, err)
		if got.Assignee != vera.ID {
			t.Fatalf("assignee %q, want Vera", got.Assignee)
		}
		_, err = k.Inbox.Take(k.As(vera), c.ID)
		must(t, err) // again is nothing new
		_, err = k.Inbox.Take(k.As(paul), c.ID)
		refused(t, err, problem.Conflict, "inbox.taken_by")
		if args := problem.Of(err).Args; len(args) != 2 || args[1] != "Vera" {
			t.Errorf("told %v, want who has it", args)
		}
		_, err = k.Inbox.Release(k.As(paul), c.ID)
		refused(t, err, problem.Conflict, "inbox.taken_by")
		_, err = k.Inbox.Assign(k.As(paul), c.ID, paul.ID, nil)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		_, err = k.Inbox.Assign(k.As(lead), c.ID, guest.ID, nil)
		refused(t, err, problem.Invalid, "inbox.cannot_answer")
		nobody := ""
		_, err = k.Inbox.Assign(k.As(lead), c.ID, paul.ID, &nobody)
		refused(t, err, problem.Conflict, "inbox.taken_by")
		got, err = k.Inbox.Assign(k.As(lead), c.ID, paul.ID, &vera.ID)
		must(t, err)
		if got.Assignee != paul.ID {
			t.Fatalf("assignee %q, want Paul", got.Assignee)
		}
		_, err = k.Inbox.Release(k.As(lead), c.ID)
		must(t, err)
		want := []string{ledger.ConversationTaken, ledger.ConversationAssigned, ledger.ConversationReleased}
		if diff := cmp.Diff(want, done(t, k, c.ID, lead)); diff != "" {
			t.Errorf("history (-want +got):\n%s", diff)
		}
		for action, n := range map[string]int{"conversation.take": 1, "conversation.assign": 1, "conversation.release": 1} {
			if got := audited(t, k, action); got != n {
				t.Errorf("%s is in the audit log %d times, want %d", action, got, n)
			}
		}
	})
}

func done(t testing.TB, k *inboxtest.Desk, conversation string, m *org.Member) (kinds []string) {
	t.Helper()
	line, err := k.Inbox.Timeline(k.As(m), conversation, "", 500)
	must(t, err)
	for _, e := range line.Entries {
		if e.Change != nil {
			kinds = append(kinds, e.Change.Kind)
		}
	}
	return kinds
}

func audited(t testing.TB, k *inboxtest.Desk, action string) int {
	t.Helper()
	n, _, err := db.Value[int](t.Context(), k.DB.Read(), "SELECT COUNT(*) FROM audit WHERE action = $1", action)
	must(t, err)
	return n
}

// TestTakeAtOnce holds that of many who take one conversation at one moment exactly one has it, and the others are told who.
func TestTakeAtOnce(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now()))
		c := k.About(k.Post.ID, "m1")
		members := make([]*org.Member, 6)
		for i := range members {
			members[i], _ = k.Join(fmt.Sprint("M", i), org.Volunteer)
		}
		errs := make([]error, len(members))
		var all sync.WaitGroup
		for i, m := range members {
			all.Go(func() { _, errs[i] = k.Inbox.Take(k.As(m), c.ID) })
		}
		all.Wait()
		winner := ""
		for i, err := range errs {
			switch {
			case err == nil && winner == "":
				winner = members[i].ID
			case err == nil:
				t.Fatal("two took it")
			default:
				refused(t, err, problem.Conflict, "inbox.taken_by")
			}
		}
		if got, err := k.Inbox.Find(t.Context(), c.ID); err != nil || winner == "" || got.Assignee != winner {
			t.Fatalf("assignee %q (%v), want %q", got.Assignee, err, winner)
		}
	})
}

func TestResolveAndReopen(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now().Add(-time.Hour)))
		c := k.About(k.Post.ID, "m1")
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Pass(time.Minute)
		got, err := k.Inbox.Resolve(k.As(vera), c.ID)
		must(t, err)
		if got.State != inbox.Resolved || got.Waiting() || !got.ResolvedAt.Equal(k.Now()) {
			t.Fatalf("resolved: %+v", got)
		}
		k.Pass(time.Minute)
		got, err = k.Inbox.Reopen(k.As(vera), c.ID)
		must(t, err)
		if got.State != inbox.Open || !got.WaitingSince.Equal(k.Now()) || got.Reopened != 1 {
			t.Fatalf("reopened: %+v; they wait from now on", got)
		}
		_, err = k.Inbox.Resolve(k.As(vera), c.ID)
		must(t, err)
		k.Pass(time.Minute)
		k.Hear(k.Post.ID, inboxtest.Mail("m2", "ada", "Re: Brakes", "Still.", k.Now(), "m1"))
		if got = k.About(k.Post.ID, "m1"); got.State != inbox.Open || got.Reopened != 2 || !got.WaitingSince.Equal(k.Now()) {
			t.Fatalf("their word did not reopen it: %+v", got)
		}
	})
}

func TestQueue(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		guest, _ := k.Join("Guest", org.Plain)
		for i := range 5 {
			k.Hear(k.Post.ID, inboxtest.Mail(fmt.Sprint("m", i), "ada", fmt.Sprint("Mail ", i), "x", k.Now().Add(time.Duration(i-10)*time.Hour)))
		}
		k.Hear(k.Deaf.ID, inboxtest.Question("q1", "bo", "Question", "y", k.Now().Add(-20*time.Hour)))
		_, err := k.Inbox.Take(k.As(vera), k.About(k.Post.ID, "m2").ID)
		must(t, err)
		_, err = k.Inbox.Resolve(k.As(vera), k.About(k.Post.ID, "m4").ID)
		must(t, err)
		_, _, err = k.Inbox.Queue(k.As(guest), inbox.OpenView, inbox.Filter{}, "", 10)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		_, _, err = k.Inbox.Queue(k.As(vera), inbox.OpenView, inbox.Filter{}, "nonsense", 10)
		refused(t, err, problem.Invalid, "inbox.bad_cursor")
		_, _, err = k.Inbox.Queue(k.As(vera), "hidden", inbox.Filter{}, "", 10)
		refused(t, err, problem.Invalid, "inbox.no_view")
		for name, test := range map[string]struct {
			view   inbox.View
			filter inbox.Filter
			want   string
		}{
			"waiting":    {inbox.WaitingView, inbox.Filter{}, "Question, Mail 0, Mail 1, Mail 2, Mail 3"},
			"mine":       {inbox.MineView, inbox.Filter{}, "Mail 2"},
			"unassigned": {inbox.UnassignedView, inbox.Filter{}, "Mail 3, Mail 1, Mail 0, Question"},
			"open":       {inbox.OpenView, inbox.Filter{}, "Mail 3, Mail 2, Mail 1, Mail 0, Question"},
			"resolved":   {inbox.ResolvedView, inbox.Filter{}, "Mail 4"},
			"a channel":  {inbox.WaitingView, inbox.Filter{Channel: k.Deaf.ID}, "Question"},
			"a member":   {inbox.WaitingView, inbox.Filter{Assignee: vera.ID}, "Mail 2"},
			"nobody's":   {inbox.WaitingView, inbox.Filter{Assignee: inbox.Nobody, Channel: k.Post.ID}, "Mail 0, Mail 1, Mail 3"},
		} {
			for _, limit := range []int{1, 2, 200} {
				var got []string
				for cursor := ""; ; {
					list, next, err := k.Inbox.Queue(k.As(vera), test.view, test.filter, cursor, limit)
					must(t, err)
					for _, c := range list {
						got = append(got, c.Name())
					}
					if cursor = next; next == "" {
						break
					}
				}
				if strings.Join(got, ", ") != test.want {
					t.Errorf("%s, %d at once: %v, want %s", name, limit, got, test.want)
				}
			}
		}
		counts, err := k.Inbox.Counts(t.Context(), vera.ID)
		must(t, err)
		if diff := cmp.Diff(inbox.Counts{Waiting: 5, Mine: 1, Unassigned: 4, Open: 5, Resolved: 1, MineWaiting: 1}, counts); diff != "" {
			t.Errorf("counts (-want +got):\n%s", diff)
		}
		if n := k.Inbox.Waiting(t.Context()); n != 5 {
			t.Errorf("waiting %d, want 5", n)
		}
		c := k.About(k.Post.ID, "m1")
		before, after, err := k.Inbox.Beside(k.As(vera), inbox.WaitingView, inbox.Filter{}, &c)
		must(t, err)
		if before != k.About(k.Post.ID, "m0").ID || after != k.About(k.Post.ID, "m2").ID {
			t.Errorf("beside: %q %q", before, after)
		}
	})
}

func TestReply(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now().Add(-time.Hour)))
		k.Hear(k.Post.ID, inboxtest.Mail("m2", "ada", "Re: Brakes", "And they smell.", k.Now().Add(-time.Minute), "m1"))
		c := k.About(k.Post.ID, "m1")
		_, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: " ", Private: true})
		refused(t, err, problem.Invalid, "problem.required")
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Hello"})
		refused(t, err, problem.Invalid, "inbox.cannot_reply.publicly") // they wrote in private
		var all sync.WaitGroup
		ids := make([]string, 4)
		for i := range ids {
			all.Go(func() {
				v, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Bring it in.", Private: true, Token: "form-1", NotBefore: k.Now().Add(10 * time.Second)})
				if err != nil {
					t.Error(err)
				}
				ids[i] = v.ID
			})
		}
		all.Wait()
		for _, id := range ids {
			if id == "" || id != ids[0] {
				t.Fatalf("queued as %v, want once", ids)
			}
		}
		if got := k.About(k.Post.ID, "m1"); got.Assignee != vera.ID {
			t.Errorf("assignee %q, want who answered", got.Assignee)
		}
		k.Send()
		if sent := k.Town.Sent(); len(sent) != 0 {
			t.Fatalf("sent before its time: %v", sent)
		}
		line, err := k.Inbox.Timeline(k.As(vera), c.ID, "", 100)
		must(t, err)
		if last := line.Entries[len(line.Entries)-1]; last.Answer == nil || last.Answer.State != channel.Queued {
			t.Fatalf("the answer is not shown on its way: %+v", last)
		}
		k.Pass(11 * time.Second)
		k.Send()
		k.Send()
		sent := k.Town.Sent()
		if len(sent) != 1 {
			t.Fatalf("sent %d times", len(sent))
		}
		out := sent[0]
		if out.InReplyTo != "m2" || len(out.References) != 1 || out.References[0] != "m1" || out.Subject != "Re: Brakes" || out.AuthorName != "Vera" ||
			len(out.To) != 1 || out.To[0].URI != "mailto:ada@example.org" {
			t.Errorf("sent %+v", out)
		}
		got := k.About(k.Post.ID, "m1")
		if got.Waiting() || got.FirstReplyBy != vera.ID || got.Posts != 3 {
			t.Errorf("after the answer: %+v", got)
		}
		line, err = k.Inbox.Timeline(k.As(vera), c.ID, "", 100)
		must(t, err)
		if last := line.Entries[len(line.Entries)-1]; last.Post == nil || !last.Post.Ours || last.Post.ByName != "Vera" || last.Post.Text != "Bring it in." {
			t.Errorf("the answer is not in the thread: %+v", last)
		}
	})
}

func TestReplyImpossible(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Hear(k.Deaf.ID, inboxtest.Question("q1", "bo", "Question", "y", k.Now()))
		c := k.About(k.Deaf.ID, "q1")
		w, err := k.Inbox.Ways(t.Context(), &c, "")
		must(t, err)
		if w.Can() || w.Why == nil || w.Why.Key != "inbox.cannot_reply.channel" || w.URL != "https://forum.example/q1" {
			t.Errorf("ways = %+v", w)
		}
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Hello"})
		refused(t, err, problem.Invalid, "inbox.cannot_reply.channel")
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", k.Now()))
		c = k.About(k.Post.ID, "m1")
		must(t, k.Channels.Remove(t.Context(), k.Post.ID))
		_, err = k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: "Hello", Private: true})
		refused(t, err, problem.Invalid, "inbox.cannot_reply.removed")
	})
}

func TestUncertain(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", k.Now()), inboxtest.Mail("n1", "bo", "Price", "x", k.Now()))
		c, other := k.About(k.Post.ID, "m1"), k.About(k.Post.ID, "n1")
		say := func(text string) channel.Sending {
			v, err := k.Inbox.Reply(k.As(vera), c.ID, inbox.Answer{Text: text, Private: true})
			must(t, err)
			return v
		}
		v := say("one")
		_, err := k.Inbox.Withdraw(k.As(vera), other.ID, v.ID)
		refused(t, err, problem.Missing, "problem.not_found")
		got, err := k.Inbox.Withdraw(k.As(vera), c.ID, v.ID)
		must(t, err)
		if got.State != channel.Withdrawn {
			t.Fatalf("state %s", got.State)
		}
		k.Town.Break(&channel.Fault{Kind: channel.Uncertain, Err: errors.New("the line went dead")})
		v = say("two")
		k.Send()
		answers, err := k.Inbox.Answers(t.Context(), &c)
		must(t, err)
		if len(answers) != 1 || answers[0].State != channel.Unknown {
			t.Fatalf("answers = %+v, want one uncertain", answers)
		}
		k.Town.Break(nil)
		k.Send()
		if len(k.Town.Sent()) != 0 {
			t.Fatal("what is uncertain was sent again by itself")
		}
		_, err = k.Inbox.Resend(k.As(vera), c.ID, v.ID)
		must(t, err)
		k.Send()
		if sent := k.Town.Sent(); len(sent) != 1 || sent[0].Text != "two" {
			t.Fatalf("sent %v", sent)
		}
		k.Town.Break(&channel.Fault{Kind: channel.Uncertain, Err: errors.New("again")})
		v = say("three")
		k.Send()
		_, err = k.Inbox.MarkSent(k.As(vera), c.ID, v.ID)
		must(t, err)
		k.Level()
		if got := k.About(k.Post.ID, "m1"); got.Posts != 3 {
			t.Errorf("%d posts, want what was marked as sent among them", got.Posts)
		}
	})
}

func TestNotesAndLabels(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "Mes freins grincent depuis hier matin et le magasin est fermé.", k.Now().Add(-time.Minute)))
		c := k.About(k.Post.ID, "m1")
		for range 2 {
			_, err := k.Inbox.Note(k.As(vera), c.ID, "Ask the workshop", "t1")
			must(t, err)
		}
		_, err := k.Inbox.Note(k.As(vera), c.ID, "", "t2")
		refused(t, err, problem.Invalid, "problem.required")
		if got := k.About(k.Post.ID, "m1"); got.Notes != 1 {
			t.Errorf("%d notes, want 1", got.Notes)
		}
		refused(t, k.Inbox.Label(k.As(vera), c.Post, "furious"), problem.Invalid, "inbox.no_sentiment")
		must(t, k.Inbox.Label(k.As(vera), c.Post, "negative"))
		line, err := k.Inbox.Timeline(k.As(vera), c.ID, "", 10)
		must(t, err)
		if p := line.Entries[0].Post; p == nil || p.Sentiment != "negative" || p.Language != "fr" {
			t.Errorf("post = %+v", p)
		}
		if n := line.Entries[1].Change; n == nil || n.Text != "Ask the workshop" || n.ByName != "Vera" {
			t.Errorf("note = %+v", n)
		}
		must(t, k.Inbox.Label(k.As(vera), c.Post, ""))
		line, err = k.Inbox.Timeline(k.As(vera), c.ID, "", 10)
		must(t, err)
		if line.Entries[0].Post.Sentiment != "" {
			t.Error("the label was not taken back")
		}
	})
}

func TestLongThread(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		items := []channel.Item{inboxtest.Question("q0", "ada", "Long", "0", k.Now().Add(-time.Hour*1000))}
		for i := 1; i < 500; i++ {
			items = append(items, inboxtest.Question(fmt.Sprint("q", i), "bo", "", fmt.Sprint(i), k.Now().Add(time.Duration(i/3-1000)*time.Hour), "q0"))
		}
		k.Hear(k.Deaf.ID, items...)
		c := k.About(k.Deaf.ID, "q0")
		seen := map[string]bool{}
		pages := 0
		for cursor := ""; ; pages++ {
			line, err := k.Inbox.Timeline(k.As(vera), c.ID, cursor, 120)
			must(t, err)
			for _, e := range line.Entries {
				if seen[e.Post.ID] {
					t.Fatal("a post is on two pages")
				}
				seen[e.Post.ID] = true
			}
			if cursor = line.Earlier; cursor == "" {
				break
			}
		}
		if len(seen) != 500 || pages != 4 {
			t.Errorf("%d posts on %d pages", len(seen), pages+1)
		}
	})
}

func TestOpenDue(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		silent, err := k.Channels.Place(t.Context(), "stackexchange", "Elsewhere", channel.InboxMentions)
		must(t, err)
		must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "INSERT INTO topic (id, name, query, inbox_at, created_at, updated_at) VALUES ($1, 'us', 'velo', $2, $2, $2)", id.New(), db.T(k.Now()))
			return err
		}))
		quiet := func(external, text string, replyTo ...string) channel.Item {
			k.Pass(time.Second)
			i := inboxtest.Question(external, "ada", "", text, k.Now(), replyTo...)
			i.Direct, i.Inbox = false, false
			return i
		}
		k.Hear(silent.ID, quiet("a", "nothing of ours"), quiet("b", "I like velo", "a"), quiet("c", "velo velo", "a"), quiet("d", "no"))
		for range 2 {
			must(t, k.Inbox.OpenDueOnce(t.Context()))
			k.Level()
		}
		c := k.About(silent.ID, "a")
		if c.Post != k.PostID(silent.ID, "b") || c.Posts != 2 || !c.Waiting() {
			t.Errorf("opened %+v; want from the first mention, with what followed", c)
		}
		n, _, err := db.Value[int](t.Context(), k.DB.Read(), "SELECT (SELECT COUNT(*) FROM mention_due) * 100 + (SELECT COUNT(*) FROM conversation)")
		must(t, err)
		if n != 1 {
			t.Errorf("due and conversations: %d, want 0 and 1", n)
		}
		vera, _ := k.Join("Vera", org.Volunteer)
		byHand, err := k.Inbox.OpenFrom(k.As(vera), k.PostID(silent.ID, "d"))
		must(t, err)
		again, err := k.Inbox.OpenFrom(k.As(vera), k.PostID(silent.ID, "d"))
		must(t, err)
		if byHand.ID != again.ID || byHand.Root != k.PostID(silent.ID, "d") {
			t.Errorf("opened %+v and %+v", byHand, again)
		}
		if got := done(t, k, byHand.ID, vera); len(got) != 1 || got[0] != ledger.ConversationOpened {
			t.Errorf("history %v", got)
		}
	})
}

func TestJoined(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vera, _ := k.Join("Vera", org.Volunteer)
		at := k.Now().Add(-time.Hour)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "one", at), inboxtest.Mail("m3", "bo", "Re: Brakes", "three", at.Add(2*time.Minute), "m2"))
		first, second := k.About(k.Post.ID, "m1"), k.About(k.Post.ID, "m3")
		if first.ID == second.ID {
			t.Fatal("joined too early")
		}
		_, err := k.Inbox.Note(k.As(vera), second.ID, "odd", "")
		must(t, err)
		_, err = k.Inbox.Take(k.As(vera), second.ID)
		must(t, err)
		_, err = k.Inbox.Reply(k.As(vera), second.ID, inbox.Answer{Text: "Hm", Private: true, NotBefore: k.Now().Add(time.Hour)})
		must(t, err)
		k.Hear(k.Post.ID, inboxtest.Mail("m2", "ada", "Re: Brakes", "two", at.Add(time.Minute), "m1"))
		whole := k.About(k.Post.ID, "m1")
		for _, id := range []string{first.ID, second.ID} {
			got, err := k.Inbox.Find(t.Context(), id)
			must(t, err)
			if got.ID != whole.ID {
				t.Errorf("%s leads to %s, want %s", id, got.ID, whole.ID)
			}
		}
		if whole.Posts != 3 || whole.Notes != 1 || whole.Assignee != vera.ID {
			t.Errorf("joined: %+v", whole)
		}
		line, err := k.Inbox.Timeline(k.As(vera), first.ID, "", 100)
		must(t, err)
		if n := len(line.Entries); n != 6 { // three posts, a note, who took it, an answer on its way
			t.Errorf("%d entries, want 6", n)
		}
		if authors, err := k.Inbox.Authors(t.Context(), whole.ID); err != nil || len(authors) != 2 {
			t.Errorf("authors %v %v", authors, err)
		}
		_, err = k.Inbox.Resolve(k.As(vera), second.ID) // by the id it had
		must(t, err)
	})
}

func TestPresence(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "x", k.Now()))
		c := k.About(k.Post.ID, "m1")
		vera, _ := k.Join("Vera", org.Volunteer)
		paul, _ := k.Join("Paul", org.Volunteer)
		began := k.Now()
		must(t, k.Inbox.Enter(k.As(vera), c.ID, vera.ID, false))
		others := func() []inbox.Present {
			list, err := k.Inbox.Others(k.As(paul), c.ID, paul.ID)
			must(t, err)
			return list
		}
		if list, err := k.Inbox.Others(k.As(vera), c.ID, vera.ID); err != nil || len(list) != 0 {
			t.Errorf("Vera sees %v %v, want nobody", list, err)
		}
		k.Pass(20 * time.Second)
		must(t, k.Inbox.Enter(k.As(vera), c.ID, vera.ID, true))
		k.Pass(20 * time.Second)
		must(t, k.Inbox.Enter(k.As(vera), c.ID, vera.ID, false))
		if diff := cmp.Diff([]inbox.Present{{Member: vera.ID, Name: "Vera", Since: began, Writing: true}}, others()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		k.Pass(20 * time.Second)
		must(t, k.Inbox.Enter(k.As(vera), c.ID, vera.ID, false))
		if list := others(); len(list) != 1 || list[0].Writing {
			t.Errorf("still writing: %v", list)
		}
		k.Pass(time.Hour)
		if list := others(); len(list) != 0 {
			t.Errorf("still here: %v", list)
		}
		must(t, k.Inbox.Enter(k.As(vera), c.ID, vera.ID, false))
		if list := others(); len(list) != 1 || !list[0].Since.Equal(k.Now()) {
			t.Errorf("back: %v, want since now", list)
		}
		must(t, k.Inbox.Leave(k.As(vera), c.ID, vera.ID))
		if list := others(); len(list) != 0 {
			t.Errorf("left: %v", list)
		}
	})
}
