package survey_test

import (
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
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
		// By the formula of Wilson, of 1 in 2: 0.0945 to 0.9055.
		if f.Score.Low < 0.094 || f.Score.Low > 0.095 || f.Score.High < 0.905 || f.Score.High > 0.906 {
			t.Errorf("interval %v to %v", f.Score.Low, f.Score.High)
		}
	})
}
