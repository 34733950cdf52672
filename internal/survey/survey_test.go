package survey_test

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/rule"
	"github.com/entente/entente/internal/seal"
	"github.com/entente/entente/internal/survey"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

var link = regexp.MustCompile(`/s/([0-9a-z]+)\?score=(\d+)`)

// What people agreed to holds: who refused is not asked through any address, the newest word counts, and where only those who agreed are asked,
// agreement counts for the address it was given with. Refusing by the link stands on the person's page, and a rebuild says the same.
func TestConsent(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		lead, _ := k.Join("Lea", org.Social)
		log := slog.New(slog.DiscardHandler)
		box, err := seal.New(make([]byte, 32))
		must(t, err)
		s := survey.New(d, k.Ledger, k.Inbox, k.Channels, k.Org, box, "https://velo.example", log, k.Now)
		crowd := people.New(d, k.Ledger, k.Org, log, k.Now)
		set := survey.Settings{On: true, Scale: survey.CSAT, Share: 100, Quiet: 30, After: 30}
		_, err = s.Set(k.As(lead), set)
		must(t, err)
		n := 0
		// asked says why somebody is not asked after a talk, "" when they are, and the link.
		asked := func(from string) (why, token string) {
			t.Helper()
			n++
			name := fmt.Sprint("m", n)
			k.Pass(40 * 24 * time.Hour) // past the time in which nobody is asked twice
			k.Hear(k.Post.ID, inboxtest.Mail(name, from, "Brakes", "They squeak.", k.Now()))
			c := k.About(k.Post.ID, name)
			k.Pass(time.Minute)
			_, err := k.Inbox.Reply(k.As(lead), c.ID, inbox.Answer{Text: "Oil them.", Private: true})
			must(t, err)
			k.Send()
			k.Pass(time.Minute)
			_, err = k.Inbox.Resolve(k.As(lead), c.ID)
			must(t, err)
			k.Pass(31 * time.Minute)
			must(t, s.Once(t.Context()))
			k.Send()
			why, found, err := db.Value[string](t.Context(), d.Read(), "SELECT why FROM survey_ask WHERE conversation = $1", c.ID)
			must(t, err)
			if !found {
				t.Fatal("nothing was decided")
			}
			if why == "" {
				sent := k.Town.Sent()
				token = link.FindStringSubmatch(sent[len(sent)-1].Text)[1]
			}
			return why, token
		}
		expect := func(what, from, want string) string {
			t.Helper()
			why, token := asked(from)
			if why != want {
				t.Errorf("%s: %q, want %q", what, why, want)
			}
			return token
		}
		whose := func(name string) people.Person {
			t.Helper()
			_, p, err := crowd.ByIdentity(t.Context(), "mailto:"+name+"@example.org")
			must(t, err)
			return p
		}
		token := expect("of whom nothing is known", "ada", "")
		must(t, s.Stop(t.Context(), token))
		must(t, s.Stop(t.Context(), token))
		ada := whose("ada")
		known, err := crowd.Consents(k.As(lead), &ada)
		must(t, err)
		if len(known) != 1 || known[0].Given || known[0].Purpose != people.ToSurvey {
			t.Errorf("the refusal is not seen: %+v", known)
		}
		expect("who refused by the link", "ada", survey.Refused)
		must(t, crowd.Link(k.As(lead), ada.ID, "mailto:ada2@example.org", false))
		expect("another address of theirs", "ada2", survey.Refused)
		if err := crowd.Consent(k.As(lead), ada.ID, people.ToSurvey, true, ""); err == nil {
			t.Error("agreement without how")
		}
		must(t, crowd.Consent(k.As(lead), ada.ID, people.ToSurvey, true, "on the phone"))
		expect("who agreed after all", "ada2", "")

		set.Agreed = true
		_, err = s.Set(k.As(lead), set)
		must(t, err)
		expect("who agreed", "ada", "")
		expect("who never said", "bob", survey.NoConsent)
		must(t, crowd.Link(k.As(lead), ada.ID, "mailto:ada3@example.org", false))
		expect("an address linked since", "ada3", survey.NoConsent)
		must(t, crowd.Consent(k.As(lead), ada.ID, people.ToSurvey, false, ""))
		expect("who withdrew", "ada", survey.Refused)
		f, err := s.Figures(k.As(lead), survey.CSAT, k.Now().AddDate(-2, 0, 0), time.UTC)
		must(t, err)
		if f.LeftOut[survey.NoConsent] != 2 || f.LeftOut[survey.Refused] != 3 {
			t.Errorf("shown %v", f.LeftOut)
		}
		all := func() []string {
			t.Helper()
			rows, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT uri || purpose || given || how || actor || at FROM consent ORDER BY uri, purpose")
			must(t, err)
			return rows
		}
		before := all()
		must(t, k.Ledger.Rebuild(t.Context(), 7, nil))
		k.Level()
		if after := all(); len(before) != 3 || !slices.Equal(before, after) {
			t.Errorf("rebuilt %q, was %q", after, before)
		}
	})
}

// A robot that answers whatever we send, and says not that it is one, meets a rule that shuts what is opened again: that ends by itself, and whoever
// leads is told. One that says it is a robot opens nothing.
func TestMailLoop(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		lead, _ := k.Join("Lea", org.Social)
		log := slog.New(slog.DiscardHandler)
		box, err := seal.New(make([]byte, 32))
		must(t, err)
		s := survey.New(d, k.Ledger, k.Inbox, k.Channels, k.Org, box, "https://velo.example", log, k.Now)
		_, err = s.Set(k.As(lead), survey.Settings{On: true, Scale: survey.CSAT, Share: 100, Quiet: 7, After: 5})
		must(t, err)
		e := enrich.New(d, log, enrich.LanguageIdentifier{})
		var told []string
		rules := rule.New(d, k.Ledger, k.Inbox, enrich.NewReview(d, k.Ledger, e, k.Org, log, k.Now), e, k.Org, log, k.Now).WithTeller(
			func(_ context.Context, _ db.Q, _ string, _ []string, key string, _ []any, _, _ string) error {
				told = append(told, key)
				return nil
			})
		must(t, rules.Once(t.Context()))
		const most = 5
		shut, err := rules.Add(k.As(lead), rule.Rule{Name: "shut", When: rule.Reopened, Then: rule.Doings{Resolve: true, Because: "a robot"}, PerHour: most, State: rule.On})
		must(t, err)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "robot", "Parcel", "Where is it?", k.Now()))
		c := k.About(k.Post.ID, "m1")
		k.Pass(time.Minute)
		_, err = k.Inbox.Reply(k.As(lead), c.ID, inbox.Answer{Text: "On its way.", Private: true, Resolve: true})
		must(t, err)
		k.Send()
		heard := 0
		answer := func(automatic, to string) {
			heard++
			i := inboxtest.Mail(fmt.Sprint("r", heard), "robot", "Parcel", "We have received your message.", k.Now(), to)
			i.Automatic = automatic
			k.Hear(k.Post.ID, i)
		}
		find := func() inbox.Conversation {
			t.Helper()
			c, err := k.Inbox.Find(t.Context(), c.ID)
			must(t, err)
			return c
		}
		answer("reply", "sent-1")
		if got := find(); got.State != inbox.Resolved || got.Reopened != 0 || got.Posts != 3 {
			t.Fatalf("a robot that says so: %s, opened again %d times, %d posts", got.State, got.Reopened, got.Posts)
		}
		answered := 0
		for range 10 { // it answers each mail of ours, we shut and ask
			for _, out := range k.Town.Sent()[answered:] {
				answered++
				answer("", fmt.Sprint("sent-", answered))
				_ = out
			}
			must(t, rules.Once(t.Context()))
			k.Level()
			k.Pass(10 * time.Minute)
			must(t, s.Once(t.Context()))
			k.Send()
		}
		if n := len(k.Town.Sent()); n != 2 {
			t.Errorf("%d mails of ours: the answer and one question were wanted", n)
		}
		if got := find(); got.State != inbox.Resolved {
			t.Errorf("it is %s", got.State)
		}
		for range most + 3 { // it goes on without us
			answer("", "m1")
			must(t, rules.Once(t.Context()))
			k.Level()
			k.Pass(time.Second)
		}
		got, err := rules.Rule(k.As(lead), shut.ID)
		must(t, err)
		if got.State == rule.On || !slices.Contains(told, "rule.paused_told.budget") {
			t.Errorf("the rule is %q, told %q", got.State, told)
		}
		if got := find(); got.State != inbox.Open || !got.Waiting() || len(k.Town.Sent()) != 2 {
			t.Errorf("nobody sees it: %s, %d mails of ours", got.State, len(k.Town.Sent()))
		}
	})
}

// What was asked in the past is recalled by the rules of today: once each, nobody is told, and nothing is opened again.
func TestRecall(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		lead, _ := k.Join("Lea", org.Social)
		box, err := seal.New(make([]byte, 32))
		must(t, err)
		s := survey.New(d, k.Ledger, k.Inbox, k.Channels, k.Org, box, "https://velo.example", slog.New(slog.DiscardHandler), k.Now)
		_, err = s.Set(k.As(lead), survey.Settings{On: true, Scale: survey.CSAT, Share: 100, Quiet: 30, After: 30})
		must(t, err)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", k.Now()), inboxtest.Mail("m2", "ada", "Bell", "It is gone.", k.Now()))
		var spans []inbox.Span
		for _, name := range []string{"m1", "m2"} {
			c := k.About(k.Post.ID, name)
			k.Pass(time.Minute)
			_, err := k.Inbox.Reply(k.As(lead), c.ID, inbox.Answer{Text: "Oil it.", Private: true})
			must(t, err)
			k.Send()
			k.Pass(time.Minute)
			c, err = k.Inbox.Resolve(k.As(lead), c.ID)
			must(t, err)
			spans = append(spans, inbox.Span{Conversation: c.ID, ResolvedAt: c.ResolvedAt})
		}
		at := spans[1].ResolvedAt.Add(time.Hour)
		if _, err := s.Recall(k.As(lead), spans[0], at, nil); err == nil {
			t.Error("asked in the future")
		}
		k.Pass(100 * 24 * time.Hour)
		sent := len(k.Town.Sent())
		bad := &survey.Reply{At: at.Add(time.Hour), Score: 1, Comment: "Still squeaking."}
		a, err := s.Recall(k.As(lead), spans[0], at, bad)
		must(t, err)
		if a.State != survey.Answered || a.Score != 1 || a.Post == "" || !a.AnsweredAt.Equal(bad.At) {
			t.Errorf("%+v", a)
		}
		_, err = s.Recall(k.As(lead), spans[0], at, &survey.Reply{At: at.Add(time.Hour), Score: 5})
		must(t, err)
		b, err := s.Recall(k.As(lead), spans[1], at.Add(time.Hour), bad)
		must(t, err)
		if b.Why != survey.AskedLate {
			t.Errorf("the second is %q, %q", b.State, b.Why)
		}
		f, err := s.Figures(k.As(lead), survey.CSAT, k.Now().AddDate(-1, 0, 0), time.UTC)
		must(t, err)
		if f.Asked != 1 || f.Answered != 1 || f.Scores[1] != 1 {
			t.Errorf("%+v", f)
		}
		c, err := k.Inbox.Find(t.Context(), spans[0].Conversation)
		must(t, err)
		k.Send()
		if c.State != inbox.Resolved || len(k.Town.Sent()) != sent {
			t.Errorf("it is %s, %d were told", c.State, len(k.Town.Sent())-sent)
		}
	})
}

// Who wrote to us is asked once in a while, answers once, is heard, and is left in peace when they wish so.
func TestAsks(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := inboxtest.New(t, d)
		lead, _ := k.Join("Lea", org.Social)
		log := slog.New(slog.DiscardHandler)
		box, err := seal.New(make([]byte, 32))
		must(t, err)
		s := survey.New(d, k.Ledger, k.Inbox, k.Channels, k.Org, box, "https://velo.example", log, k.Now)
		_, err = s.Set(k.As(lead), survey.Settings{On: true, Scale: survey.CSAT, Share: 100, Quiet: 30, After: 30})
		must(t, err)
		n := 0
		resolved := func(from string, answered bool) inbox.Conversation {
			t.Helper()
			n++
			name := fmt.Sprint("m", n)
			k.Hear(k.Post.ID, inboxtest.Mail(name, from, "Brakes", "They squeak.", k.Now()))
			c := k.About(k.Post.ID, name)
			k.Pass(time.Minute)
			if answered {
				_, err := k.Inbox.Reply(k.As(lead), c.ID, inbox.Answer{Text: "Oil them.", Private: true})
				must(t, err)
				k.Send()
			}
			k.Pass(time.Minute)
			_, err = k.Inbox.Resolve(k.As(lead), c.ID)
			must(t, err)
			return c
		}
		ask := func() []string {
			t.Helper()
			before := len(k.Town.Sent())
			for range 2 { // again is nothing new
				must(t, s.Once(t.Context()))
			}
			k.Send()
			var tokens []string
			for _, out := range k.Town.Sent()[before:] {
				m := link.FindAllStringSubmatch(out.Text, -1)
				if len(m) != 5 || !out.Private || out.AuthorName != "Lea" {
					t.Fatalf("asked %+v", out)
				}
				tokens = append(tokens, m[0][1])
			}
			return tokens
		}
		first := resolved("ada", true)
		resolved("bob", false)
		if got := ask(); len(got) != 0 {
			t.Fatalf("asked %d at once", len(got))
		}
		k.Pass(31 * time.Minute)
		tokens := ask()
		if len(tokens) != 1 {
			t.Fatalf("asked %d, want one: who got no answer of ours is not asked", len(tokens))
		}
		resolved("ada", true)
		k.Pass(31 * time.Minute)
		if got := ask(); len(got) != 0 {
			t.Fatal("asked twice within the time")
		}

		token := tokens[0]
		for _, bad := range []string{"", "x", token[:len(token)-1] + "0", token + "0", strings.Repeat("0", len(token))} {
			if _, err := s.Of(t.Context(), bad); err == nil && bad != token {
				t.Errorf("%q opens a page", bad)
			}
		}
		if _, err := s.Answer(t.Context(), token, 6, ""); err == nil {
			t.Error("6 of 5")
		}
		a, err := s.Answer(t.Context(), strings.ToUpper(token), 2, "Still squeaking.")
		must(t, err)
		_, err = s.Answer(t.Context(), token, 5, "All is well.")
		must(t, err)
		if a, err = s.Of(t.Context(), token); err != nil || a.Score != 2 || a.Comment != "Still squeaking." {
			t.Errorf("%+v %v", a, err)
		}
		c, err := k.Inbox.Find(t.Context(), first.ID)
		must(t, err)
		if c.State != inbox.Open || c.Reopened != 1 {
			t.Errorf("who is not content is not heard: %s", c.State)
		}
		facts, err := db.All(t.Context(), d.Read(), db.Self[string], "SELECT data FROM activity WHERE kind = $1", ledger.FactStated)
		must(t, err)
		if len(facts) != 1 || !strings.Contains(facts[0], `"csat"`) {
			t.Errorf("facts %q", facts)
		}

		resolved("cleo", true)
		k.Pass(31 * time.Minute)
		token = ask()[0]
		must(t, s.Stop(t.Context(), token))
		_, err = s.Answer(t.Context(), token, 5, "Thank you!")
		must(t, err)
		k.Pass(40 * 24 * time.Hour)
		resolved("cleo", true)
		k.Pass(31 * time.Minute)
		if got := ask(); len(got) != 0 {
			t.Error("asked who wishes not to be")
		}
		f, err := s.Figures(k.As(lead), survey.CSAT, k.Now().AddDate(0, 0, -90), time.UTC)
		must(t, err)
		if f.Asked != 2 || f.Answered != 2 || f.LeftOut[survey.Refused] != 1 || f.LeftOut[survey.AskedLate] != 1 || f.LeftOut[survey.Unanswered] != 1 || f.Score.Value != 0.5 || f.Score.N != 2 || f.Score.OK() {
			t.Errorf("%+v", f)
		}
		// Each number opens to as many questions, a page of one at a time.
		narrow := survey.Narrow{Scale: survey.CSAT, Since: k.Now().AddDate(0, 0, -90)}
		for state, want := range map[string]int{"": 2, survey.Asked: 2, survey.LeftOut: 3, survey.Refused: 1, survey.AskedLate: 1, survey.NoWay: 0} {
			n := narrow
			if n.State = state; state != "" && state != survey.Asked && state != survey.LeftOut {
				n.State, n.Why = survey.LeftOut, state
			}
			got, before := 0, ""
			for {
				list, err := s.List(k.As(lead), n, before, 1)
				must(t, err)
				if len(list) == 0 {
					break
				}
				got, before = got+1, list[0].ID
			}
			if got != want {
				t.Errorf("%q opens to %d questions, want %d", state, got, want)
			}
		}
		// By the formula of Wilson, of 1 in 2: 0.0945 to 0.9055.
		if f.Score.Low < 0.094 || f.Score.Low > 0.095 || f.Score.High < 0.905 || f.Score.High > 0.906 {
			t.Errorf("interval %v to %v", f.Score.Low, f.Score.High)
		}
	})
}
