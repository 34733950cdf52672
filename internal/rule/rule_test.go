package rule_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
	"github.com/entente/entente/internal/rule"
)

type desk struct {
	*inboxtest.Desk
	rules      *rule.Service
	lead, vera *org.Member
	told       []string
	n          int
}

func each(t *testing.T, f func(t *testing.T, k *desk)) {
	t.Helper()
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := &desk{Desk: inboxtest.New(t, d)}
		k.rules = k.another()
		k.lead, _ = k.Join("Lea", org.Social)
		k.vera, _ = k.Join("Vera", org.Volunteer)
		must(t, k.rules.Once(t.Context())) // from here on
		f(t, k)
	})
}

// another is a program that begins anew on the same database.
func (k *desk) another() *rule.Service {
	log := slog.New(slog.DiscardHandler)
	e := enrich.New(k.DB, log, enrich.LanguageIdentifier{})
	return rule.New(k.DB, k.Ledger, k.Inbox, enrich.NewReview(k.DB, k.Ledger, e, k.Org, log, k.Now), e, k.Org, log, k.Now).WithTeller(
		func(_ context.Context, _ db.Q, _ string, members []string, key string, _ []any, _, _ string) error {
			k.told = append(k.told, fmt.Sprint(len(members), key))
			return nil
		})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (k *desk) add(r rule.Rule) rule.Rule {
	k.T.Helper()
	if r.State = rule.On; r.Name == "" {
		r.Name = "a rule"
	}
	r, err := k.rules.Add(k.As(k.lead), r)
	must(k.T, err)
	return r
}

func (k *desk) hear(title, text string) inbox.Conversation {
	k.T.Helper()
	k.n++
	name := fmt.Sprint("m", k.n)
	k.Hear(k.Post.ID, inboxtest.Mail(name, "ada", title, text, k.Now()))
	return k.About(k.Post.ID, name)
}

func (k *desk) find(c inbox.Conversation) inbox.Conversation {
	k.T.Helper()
	c, err := k.Inbox.Find(k.T.Context(), c.ID)
	must(k.T, err)
	return c
}

// What a rule does is done once for each fact, in the name of its owner, says why, and is not met by rules whose doing led to it.
func TestFires(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		early := k.hear("Battery", "before there was a rule")
		must(t, k.rules.Once(t.Context()))
		first := k.add(rule.Rule{Name: "Batteries", When: rule.Opened, If: rule.Conditions{Words: "battery OR akku", Held: rule.Nobody, Channels: []string{k.Post.ID}},
			Then: rule.Doings{Assign: k.vera.ID, Note: "See the recall list.", Tell: []string{k.vera.ID}, Sentiment: "negative"}, Last: true})
		k.add(rule.Rule{Name: "all", When: rule.Opened, Then: rule.Doings{Note: "seen"}})
		// Two that would set each other off for ever.
		k.add(rule.Rule{Name: "shut", When: rule.Reopened, Then: rule.Doings{Resolve: true, Because: "shut again"}})
		c, other := k.hear("Battery", "The battery is hot."), k.hear("Bell", "It rings.")
		for range 3 {
			must(t, k.rules.Once(t.Context()))
		}
		if got := k.find(c); got.Assignee != k.vera.ID || got.Notes != 1 {
			t.Errorf("assignee %q, %d notes", got.Assignee, got.Notes)
		}
		if got := k.find(other); got.Assignee != "" || got.Notes != 1 {
			t.Errorf("the other: assignee %q, %d notes", got.Assignee, got.Notes)
		}
		if got := k.find(early); got.Notes != 0 {
			t.Error("a rule looked at what was before it")
		}
		if len(k.told) != 1 || k.told[0] != "1rule.told" {
			t.Errorf("told %q", k.told)
		}
		list, err := k.rules.Firings(k.As(k.lead), first.ID, "", 10)
		must(t, err)
		if len(list) != 1 || list[0].State != rule.Carried || len(list[0].Steps) != 4 || len(list[0].Why.Words) != 1 || list[0].Why.Words[0] != "battery" || list[0].Why.Held != rule.Nobody {
			t.Fatalf("log %+v", list)
		}
		history, err := k.Ledger.About(t.Context(), c.ID, 10)
		must(t, err)
		for i := range history {
			if by, found, err := history[i].Through(); err != nil || !found || by.Rule != first.ID || history[i].Actor != "member:"+k.lead.ID {
				t.Errorf("%s by %s through %+v", history[i].Kind, history[i].Actor, by)
			}
		}

		_, err = k.Inbox.Resolve(k.As(k.lead), other.ID)
		must(t, err)
		_, err = k.Inbox.Reopen(k.As(k.lead), other.ID)
		must(t, err)
		k.Pass(time.Second)
		again := k.add(rule.Rule{Name: "wake", When: rule.Resolved, Then: rule.Doings{Note: "woken"}})
		must(t, k.rules.Once(t.Context()))
		if got := k.find(other); got.State != inbox.Resolved {
			t.Error("a reopened conversation was not shut")
		}
		list, err = k.rules.Firings(k.As(k.lead), again.ID, "", 10)
		must(t, err)
		if len(list) != 1 { // what the other rule resolved is news to this one
			t.Errorf("%d firings after a rule resolved it", len(list))
		}
	})
}

// Wherever the program ends, what a rule does is done once.
func TestKilled(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		k.add(rule.Rule{When: rule.Heard, Then: rule.Doings{Open: true, Assign: k.vera.ID, Note: "once", TellTeam: true, Resolve: true, Because: "done"}})
		c := k.hear("Bell", "It rings.")
		ended := errors.New("killed")
		for _, at := range []string{"kept", "open", "assign", "note", "resolve"} {
			s := k.another()
			s.Break(func(step string) error {
				if step == at {
					return ended
				}
				return nil
			})
			k.Pass(5 * time.Minute) // the lease of the one before is over
			if err := s.Once(t.Context()); !errors.Is(err, ended) {
				t.Fatalf("at %s: %v", at, err)
			}
		}
		k.Pass(5 * time.Minute)
		for range 2 {
			must(t, k.another().Once(t.Context()))
			k.Pass(5 * time.Minute)
		}
		kinds := map[string]int{}
		list, err := k.Ledger.About(t.Context(), c.ID, 100)
		must(t, err)
		for i := range list {
			kinds[list[i].Kind]++
		}
		if kinds[ledger.ConversationAssigned] != 1 || kinds[ledger.ConversationNoted] != 2 || kinds[ledger.ConversationResolved] != 1 || len(k.told) != 1 {
			t.Errorf("done %v, told %q", kinds, k.told)
		}
	})
}

// A rule that fires more often than it may is paused, and so is one whose owner is gone; the social team is told.
func TestPaused(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		r := k.add(rule.Rule{When: rule.Opened, PerHour: 2, Then: rule.Doings{Note: "hello"}})
		for range 4 {
			k.hear("Bell", "It rings.")
		}
		must(t, k.rules.Once(t.Context()))
		r, err := k.rules.Rule(k.As(k.lead), r.ID)
		must(t, err)
		tally, err := k.rules.Tallies(k.As(k.lead), k.Now().Add(-time.Hour))
		must(t, err)
		if r.State != rule.Paused || r.Why != rule.BeyondBudget || tally[r.ID].Done != 2 || tally[r.ID].Held != 1 || len(k.told) != 1 || k.told[0] != "1rule.paused_told.budget" {
			t.Fatalf("%s %s %+v %q", r.State, r.Why, tally[r.ID], k.told)
		}
		k.Pass(time.Second)
		r, err = k.rules.Switch(k.As(k.lead), r.ID, true)
		must(t, err)
		k.hear("Bell", "Once more.")
		must(t, k.rules.Once(t.Context()))
		if tally, err = k.rules.Tallies(k.As(k.lead), k.Now().Add(-time.Hour)); err != nil || tally[r.ID].Done != 3 {
			t.Errorf("%+v %v", tally[r.ID], err)
		}
		head, _ := k.Join("Head", org.Owner)
		must(t, k.Org.Suspend(k.As(head), k.lead.ID))
		k.hear("Bell", "And again.")
		must(t, k.rules.Once(t.Context()))
		if r, err = k.rules.Rule(k.As(head), r.ID); err != nil || r.Why != rule.OwnerGone {
			t.Errorf("%+v %v", r, err)
		}
	})
}

// Who waits too long is met once for each wait; the trial on the past says what happened.
func TestWaitsAndTrial(t *testing.T) {
	each(t, func(t *testing.T, k *desk) {
		k.hear("Old", "waits since before the rule")
		k.Pass(5 * time.Hour)
		draft := rule.Rule{Name: "late", When: rule.Waiting, WaitFor: 4 * time.Hour, If: rule.Conditions{Held: rule.Nobody}, Then: rule.Doings{Note: "late"}}
		r := k.add(draft)
		c := k.hear("Bell", "It rings.")
		for _, step := range []time.Duration{3 * time.Hour, 2 * time.Hour, time.Hour} {
			k.Pass(step)
			must(t, k.rules.Once(t.Context()))
		}
		if got := k.find(c); got.Notes != 1 {
			t.Errorf("%d notes", got.Notes)
		}
		list, err := k.rules.Firings(k.As(k.lead), r.ID, "", 10)
		must(t, err)
		trial, err := k.rules.Try(k.As(k.lead), draft, 30)
		must(t, err)
		if len(list) != 1 || trial.Fired != 2 || trial.Looked != 2 || !trial.All || len(trial.Rows) != 2 || trial.Rows[0].Conversation != c.ID {
			t.Errorf("fired %d, trial %+v", len(list), trial)
		}
		heard, err := k.rules.Try(k.As(k.lead), rule.Rule{Name: "x", When: rule.Heard, If: rule.Conditions{Words: "ring*", Standing: rule.OpenOne}, Then: rule.Doings{Note: "x"}, PerHour: 1}, 30)
		must(t, err)
		if heard.Fired != 1 || heard.Rows[0].Why.Words[0] != "ring" {
			t.Errorf("%+v", heard)
		}
		for field, bad := range map[string]rule.Rule{
			"words":  {Name: "x", When: rule.Heard, If: rule.Conditions{Words: `"open`}, Then: rule.Doings{Note: "x"}},
			"then":   {Name: "x", When: rule.Heard},
			"wait":   {Name: "x", When: rule.Waiting, Then: rule.Doings{Note: "x"}},
			"assign": {Name: "x", When: rule.Heard, Then: rule.Doings{Assign: "nobody"}},
		} {
			if _, err := k.rules.Try(k.As(k.lead), bad, 1); err == nil || rule.Problems(err)[0].Field != field {
				t.Errorf("%s: %v", field, err)
			}
		}
		if _, err := k.rules.Add(k.As(k.vera), draft); problem.Of(err).Code != problem.Forbidden {
			t.Errorf("a volunteer adds a rule: %v", err)
		}
	})
}

func TestWaits(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		said []int // minutes; below zero ours
		want []int
	}{
		"answered in time":      {[]int{0, -30}, nil},
		"answered late":         {[]int{0, -90}, []int{60}},
		"still waits":           {[]int{0, -30, 40}, []int{100}},
		"asked again":           {[]int{0, 50, -70}, []int{60}},
		"twice":                 {[]int{0, -61, 100, -200}, []int{60, 160}},
		"nobody asked anything": {[]int{-5}, nil},
	} {
		got := rule.Waits(inboxtest.Noon, inboxtest.Noon.Add(5*time.Hour), time.Hour, c.said...)
		var want []time.Time
		for _, m := range c.want {
			want = append(want, inboxtest.Noon.Add(time.Duration(m)*time.Minute))
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: %v, want %v", name, got, want)
		}
	}
}
