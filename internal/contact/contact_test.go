package contact_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/contact"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestReaches: what somebody writes is one conversation however often the form is sent; each answer reaches them once, on the page or by mail; what they
// answer by mail belongs to the conversation; and all of it is the same when it is derived anew.
func TestReaches(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d, community.Follower(), contact.Follower())
		lead, _ := k.Join("Lea", org.Social)
		log := slog.New(slog.DiscardHandler)
		c := community.New(d, k.Ledger, k.Channels, k.Org, log, k.Now)
		s := contact.New(d, k.Ledger, k.Channels, c, k.Org, log, k.Now)
		p, err := s.Add(k.As(lead), contact.Point{Name: "Aide & <b>Help</b>", Langs: []string{"en"}, Sites: []string{"https://shop.example"}, Survey: true})
		must(t, err)
		if p.Slug != "aide-b-help-b" {
			t.Errorf("its address is %q", p.Slug)
		}
		ctx := org.With(t.Context(), nil)
		say := func(p contact.Point, secret, token, text, mail string, widget bool) contact.Visit {
			t.Helper()
			k.Pass(time.Minute)
			v, err := s.Say(ctx, &p, secret, contact.Message{Name: "Ada", Mail: mail, Subject: "Brakes", Text: text, Consent: true, Token: token, Lang: "en", Widget: widget})
			must(t, err)
			k.Level()
			return v
		}
		about := func(post string) inbox.Conversation {
			t.Helper()
			c, found, err := k.Inbox.Of(t.Context(), post)
			must(t, err)
			if !found {
				t.Fatal("what somebody wrote is no conversation")
			}
			return c
		}
		answer := func(v contact.Visit, text string) inbox.Conversation {
			t.Helper()
			k.Pass(time.Minute)
			c := about(v.Thread)
			_, err := k.Inbox.Reply(k.As(lead), c.ID, inbox.Answer{Text: text, Private: true})
			must(t, err)
			k.Send()
			k.Pass(time.Second)
			return c
		}
		deliver := func() int {
			t.Helper()
			before := len(k.Town.Sent())
			for range 2 { // again is nothing new
				must(t, s.Deliver(t.Context()))
				k.Send()
			}
			return len(k.Town.Sent()) - before
		}

		// The form without a mailbox: the answer is here and waits; with one it goes out, once.
		form := contact.NewSecret()
		v := say(p, form, "t1", "They squeak.", "ada@home.example", false)
		if again := say(p, form, "t1", "They squeak.", "ada@home.example", false); again != v {
			t.Errorf("sent twice: %+v, then %+v", v, again)
		}
		talk := answer(v, "Oil them.")
		if n := deliver(); n != 0 {
			t.Errorf("%d mails without a mailbox", n)
		}
		p.Mail = k.Post.ID
		p, err = s.Change(k.As(lead), p)
		must(t, err)
		if n := deliver(); n != 1 {
			t.Fatalf("%d mails, want 1", n)
		}
		out := k.Town.Sent()[len(k.Town.Sent())-1]
		if out.Subject != "Re: Brakes" || !strings.HasPrefix(out.Text, "Oil them.") || !strings.Contains(out.Text, "> They squeak.") || len(out.To) != 1 || out.To[0].URI != "mailto:ada@home.example" || out.AuthorName != "Lea" {
			t.Errorf("the mail is %+v", out)
		}

		// They answer by mail: it is the same conversation, and our next answer goes there by itself.
		reply := inboxtest.Mail("m1", "ada", "Re: Brakes", "It helped.", k.Now())
		reply.InReplyTo = []string{fmt.Sprint("sent-", len(k.Town.Sent()))}
		k.Hear(k.Post.ID, reply)
		if c := k.About(k.Post.ID, "m1"); c.ID != talk.ID || c.Posts != 3 {
			t.Errorf("the mail came into %s with %d posts, want %s with 3", c.ID, c.Posts, talk.ID)
		}
		before := len(k.Town.Sent())
		answer(v, "Glad to hear it.")
		if n := len(k.Town.Sent()) - before; n != 1 || deliver() != 0 {
			t.Errorf("%d mails of an answer to a mail", n)
		}

		// The widget: seen on the page it is not sent; when they left it is, where they gave an address.
		frame := contact.NewSecret()
		w := say(p, frame, "t1", "Hello?", "", true)
		lines := func() []contact.Line {
			t.Helper()
			list, err := s.Lines(ctx, &p, &w)
			must(t, err)
			must(t, s.Here(ctx, &w, list))
			return list
		}
		answer(w, "Good day.")
		if list := lines(); len(list) != 2 || !list[1].Ours || list[1].Text != "Good day." {
			t.Errorf("the widget shows %+v", list)
		}
		if n := deliver(); n != 0 {
			t.Errorf("%d mails of what was seen", n)
		}
		say(p, frame, "t2", "I must go: write to me.", "bob@home.example", true)
		lines()
		answer(w, "We shall.")
		k.Pass(-30 * time.Second)
		must(t, s.Here(ctx, &w, nil))
		if n := deliver(); n != 0 {
			t.Errorf("%d mails while the page is open", n)
		}
		k.Pass(2 * time.Minute)
		if n := deliver(); n != 1 {
			t.Errorf("%d mails after they left, want 1", n)
		}

		// Two conversations that were made one stay two for those who wrote.
		other := say(p, contact.NewSecret(), "t1", "Mine alone.", "eve@home.example", true)
		_, err = k.Inbox.Merge(k.As(lead), about(other.Thread).ID, about(w.Thread).ID)
		must(t, err)
		k.Level()
		if list, err := s.Lines(ctx, &p, &other); err != nil || len(list) != 1 || list[0].Text != "Mine alone." {
			t.Errorf("whoever wrote apart reads %+v, %v", list, err)
		}
		if list := lines(); len(list) != 4 {
			t.Errorf("whoever wrote in the widget reads %+v", list)
		}

		// What a program fills in is nowhere; floods and forged forms are refused.
		trap, err := s.Say(ctx, &p, contact.NewSecret(), contact.Message{Name: "x", Mail: "x@y.example", Text: "buy", Consent: true, Token: "t", Trap: "http://spam.example"})
		if err != nil || trap.Thread != "" {
			t.Errorf("a trap gave %+v, %v", trap, err)
		}
		flood := 0
		for n := range 30 {
			_, err := s.Say(ctx, &p, contact.NewSecret(), contact.Message{Name: "x", Mail: "x@y.example", Text: "again", Consent: true, Token: "t", Address: "192.0.2.7"})
			if err == nil {
				flood++
			} else if !problem.Is(err, problem.Busy) {
				t.Fatalf("message %d: %v", n, err)
			}
		}
		if flood > 7 {
			t.Errorf("%d of 30 messages of one address were taken", flood)
		}
		for name, m := range map[string]contact.Message{
			"no consent":  {Name: "x", Mail: "x@y.example", Text: "a", Token: "t"},
			"two mails":   {Name: "x", Mail: "x@y.example,z@y.example", Text: "a", Consent: true, Token: "t"},
			"line breaks": {Name: "x", Mail: "x@y.example\r\nBcc: z@y.example", Text: "a", Consent: true, Token: "t"},
			"no text":     {Name: "x", Mail: "x@y.example", Consent: true, Token: "t"},
			"too long":    {Name: "x", Mail: "x@y.example", Text: strings.Repeat("a", 10_001), Consent: true, Token: "t"},
			"no token":    {Name: "x", Mail: "x@y.example", Text: "a", Consent: true},
		} {
			if _, err := s.Say(ctx, &p, contact.NewSecret(), m); !problem.Is(err, problem.Invalid) {
				t.Errorf("%s: %v", name, err)
			}
		}

		// A visit is facts, derived anew the same.
		ask := contact.NewSecret()
		_, err = s.Ask(ctx, &p, ask, "Do brakes squeak?", "en", "192.0.2.9", false)
		must(t, err)
		a, found, err := s.Visit(ctx, &p, ask)
		must(t, err)
		if !found {
			t.Fatal("a visit is not there")
		}
		for range 2 {
			must(t, s.Judge(ctx, &p, &a, ledger.Judgement{Found: "no"}, ""))
		}
		must(t, s.Judge(ctx, &p, &a, ledger.Judgement{Found: "yes", Would: "yes"}, ""))
		rows := func() []string {
			t.Helper()
			list, err := db.All(t.Context(), d.Read(), db.Self[string], `SELECT id || ' ' || reads || ' ' || COALESCE(found, 9) || ' ' || COALESCE(would, 9) || ' ' || COALESCE(wrote_at, 0) || ' ' || thread FROM contact_visit
				UNION ALL SELECT post || ' ' || external_id FROM post_alias UNION ALL SELECT id || ' ' || root || ' ' || posts FROM conversation ORDER BY 1`)
			must(t, err)
			return list
		}
		was := rows()
		for _, size := range []int{1, 2000} {
			must(t, k.Ledger.Rebuild(t.Context(), size, nil))
			if diff := cmp.Diff(was, rows()); diff != "" {
				t.Errorf("derived anew, %d at a time (-was +is):\n%s", size, diff)
			}
		}
		if v, _, _ := s.Visit(context.Background(), &p, ask); v.Found != "no" || v.Would != "yes" {
			t.Errorf("on leaving they said %q, %q: the first word counts", v.Found, v.Would)
		}
	})
}

// TestDays: whoever writes within the days of a contact point made contact about their question, as it was when they asked; in a closed community members are shown answers.
func TestDays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d, community.Follower(), contact.Follower())
		lead, _ := k.Join("Lea", org.Owner)
		ada, _ := k.Join("Ada", org.Plain)
		log := slog.New(slog.DiscardHandler)
		c := community.New(d, k.Ledger, k.Channels, k.Org, log, k.Now)
		s := contact.New(d, k.Ledger, k.Channels, c, k.Org, log, k.Now)
		must(t, d.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE organisation SET url = 'https://velo.example'")
			return err
		}))
		place, err := c.Add(k.As(lead), community.Plan{Slug: "den", Name: community.Texts{"en": "Den"}, Langs: []string{"en"}, Audience: community.Members, SignUp: community.Open})
		must(t, err)
		space, err := c.AddSpace(k.As(lead), place.ID, community.SpacePlan{Slug: "help", Name: community.Texts{"en": "Help"}, Access: community.OpenSpace, Holds: []string{community.Questions}})
		must(t, err)
		_, err = c.Join(k.As(ada), place.ID, "")
		must(t, err)
		begun, err := c.Start(k.As(lead), community.Begin{Space: space.ID, Kind: community.Questions, Title: "Why do brakes squeak", Body: "They squeak.", Token: "t1", Lang: "en"})
		must(t, err)
		answer, err := c.Reply(k.As(lead), place.ID, community.Reply{Post: begun, Body: "Oil the brakes.", Token: "t2", Lang: "en"})
		must(t, err)
		_, err = c.Pick(k.As(lead), place.ID, answer, true)
		must(t, err)
		p, err := s.Add(k.As(lead), contact.Point{Name: "Help", Langs: []string{"en"}, Community: place.ID})
		must(t, err)
		if p.Days != contact.UsualDays {
			t.Errorf("%d days where nobody says how many", p.Days)
		}
		for _, days := range []int{-1, 31} {
			p := p
			p.Days = days
			if _, err := s.Change(k.As(lead), p); !problem.Is(err, problem.Invalid) || problem.Of(err).Field != "days" {
				t.Errorf("%d days: %v", days, err)
			}
		}
		for who, ctx := range map[string]context.Context{"a member": k.As(ada), "a stranger": org.With(t.Context(), nil)} {
			list, err := s.Answers(ctx, &p, "brakes squeak")
			must(t, err)
			if (len(list) == 1) != (who == "a member") {
				t.Errorf("%s is shown %v", who, list)
			}
			r, err := s.Read(ctx, &p, nil, "question", begun, "")
			if (err == nil && strings.Contains(r.HTML, "Oil the brakes")) != (who == "a member") {
				t.Errorf("%s reads %q, %v", who, r.HTML, err)
			}
		}
		wrote := func(days int) int {
			t.Helper()
			p.Days = days
			p, err = s.Change(k.As(lead), p)
			must(t, err)
			since := k.Now()
			_, err = s.Ask(k.As(ada), &p, contact.NewSecret(), "brakes squeak", "en", "", false)
			must(t, err)
			p.Days = 30 // what is changed afterwards is for those who ask then
			p, err = s.Change(k.As(lead), p)
			must(t, err)
			k.Pass(5 * 24 * time.Hour)
			mail := inboxtest.Mail(fmt.Sprint("m", days), "ada", "Brakes", "They squeak still.", k.Now())
			mail.Author.URI = "mailto:" + ada.Email
			k.Hear(k.Post.ID, mail)
			steps, err := s.Steps(k.As(lead), p.ID, since)
			must(t, err)
			if steps.Visits != 1 {
				t.Errorf("%d visits", steps.Visits)
			}
			k.Pass(40 * 24 * time.Hour)
			return steps.Wrote
		}
		if three, ten := wrote(3), wrote(10); three != 0 || ten != 1 {
			t.Errorf("after five days %d wrote in time of three days, %d of ten", three, ten)
		}
	})
}

// TestOrigins: a site is an origin and nothing more.
func TestOrigins(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"https://Shop.example": "https://shop.example", "shop.example": "https://shop.example", "https://shop.example:8443/": "https://shop.example:8443",
		"http://localhost:3000": "http://localhost:3000",
		"http://shop.example":   "", "https://shop.example/path": "", "https://*.example": "", "*": "", "javascript:alert(1)": "", "https://a.example; script-src *": "",
		"https://user@shop.example": "", "https://shop.example 'self'": "", "": "", "https://": "", "data:text/html,x": "", "https://shop": "",
	} {
		got, err := contact.Origin(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: %q, %v, want %q", text, got, err, want)
		}
	}
}
