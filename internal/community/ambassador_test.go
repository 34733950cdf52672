package community_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// TestAmbassadors: only who agreed and knows is asked, seldom and once for a thread, and never after they said no; what came of it is counted.
func TestAmbassadors(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newSquare(t, d)
		lead := k.join("Lea", org.Social)
		ada, bob, eve := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Eve", org.Plain)
		for _, who := range []string{"Brakes squeak", "Saddle slips"} {
			q := k.ask(eve, who, "What now?")
			a := k.reply(ada, q, "Oil.")
			_, err := k.Pick(eve, k.id, a, true)
			must(t, err)
		}
		new := func(title string) string { return k.ask(eve, title, "Who knows?") }
		may := func(thread string) string {
			t.Helper()
			th, _ := k.thread(eve, thread)
			list, err := k.Ambassadors(lead, &th)
			must(t, err)
			var out []string
			for _, a := range list {
				out = append(out, a.Member.Name+" "+a.Why())
			}
			return strings.Join(out, ", ")
		}
		ada0 := org.Who(ada).ID
		first := new("My brakes squeak again")
		if got := may(first); got != "" {
			t.Errorf("nobody agreed, and %q may be asked", got)
		}
		must(t, k.SetWilling(ada, true))
		must(t, k.SetWilling(bob, true)) // who never solved anything
		if got := may(first); got != "Ada Brakes squeak" {
			t.Errorf("%q may be asked", got)
		}
		if err := k.AskToHelp(bob, k.id, first, ada0); !problem.Is(err, problem.Forbidden) {
			t.Errorf("a member asked: %v", err)
		}
		must(t, k.AskToHelp(lead, k.id, first, ada0))
		if err := k.AskToHelp(lead, k.id, first, ada0); !problem.Is(err, problem.Conflict) {
			t.Errorf("asked twice for a thread: %v", err)
		}
		if got := k.told(ada); len(got) == 0 || got[0] != "asked: My brakes squeak again" {
			t.Errorf("who was asked is told %q", got)
		}
		k.pass(time.Hour)
		_, err := k.Pick(eve, k.id, k.reply(ada, first, "Oil, again."), true)
		must(t, err)
		list, err := k.HelpAsked(lead, "", time.Time{})
		must(t, err)
		if len(list) != 1 || !list[0].Accepted || list[0].HelpedAt.Sub(list[0].At) < time.Hour {
			t.Fatalf("what came of it is %+v", list)
		}
		for range 2 {
			must(t, k.ThankFor(lead, list[0].ID))
		}
		if got := strings.Join(k.told(ada), ", "); strings.Count(got, "thanked: ") != 1 {
			t.Errorf("thanked: %q", got)
		}
		must(t, k.AskToHelp(lead, k.id, new("Chain jumps"), ada0))
		third := new("Wheel wobbles")
		if got := may(third); got != "" {
			t.Errorf("%q may be asked a third time within 30 days", got)
		}
		k.pass(31 * 24 * time.Hour)
		if got := may(third); got != "Ada " {
			t.Errorf("%q may be asked a month later", got)
		}

		// Whoever asked, and others there, ask too: who solved something like it or knows its tag, who agreed or is of the team.
		sam, mia := k.join("Sam", org.Social), k.join("Mia", org.Social)
		k.pass(31 * 24 * time.Hour)
		mine := func(title, tags string) string {
			t.Helper()
			q, err := k.Start(eve, community.Begin{Space: k.spaces["help"], Kind: community.Questions, Title: title, Body: "Who knows?", Tags: tags, Lang: "en"})
			must(t, err)
			return q
		}
		_, err = k.Pick(eve, k.id, k.reply(sam, mine("Where to buy bells", "shops"), "At the station."), true)
		must(t, err)
		askable := func(who context.Context, thread string) string {
			t.Helper()
			th, _ := k.thread(who, thread)
			o := k.sight(who)
			list, err := k.Askable(who, o, &th)
			must(t, err)
			var out []string
			for _, a := range list {
				out = append(out, fmt.Sprintf("%s %s%d", a.Member.Name, a.Why(), a.Tagged))
			}
			return strings.Join(out, ", ")
		}
		brakes, shop := mine("Brakes squeak all day", ""), mine("A good pump", "shops")
		if got := askable(eve, brakes); got != "Ada My brakes squeak again · Brakes squeak0" && got != "Ada Brakes squeak · My brakes squeak again0" {
			t.Errorf("the asker may ask %q", got)
		}
		if got := askable(bob, shop); got != "Sam 1" { // Mia answered nothing
			t.Errorf("a member may ask %q for a tag", got)
		}
		sam0, mia0 := org.Who(sam).ID, org.Who(mia).ID
		must(t, k.AskSomebody(eve, k.id, brakes, ada0))
		must(t, k.AskSomebody(eve, k.id, shop, sam0))
		for _, who := range []string{sam0, mia0} {
			if err := k.AskSomebody(eve, k.id, shop, who); !problem.Is(err, problem.Conflict) {
				t.Errorf("asked again, or who knows nothing: %v", err)
			}
		}
		if names, err := k.AskedIn(eve, shop); err != nil || len(names) != 1 || names[0] != "Sam" {
			t.Errorf("asked were %q %v", names, err)
		}
		if got := k.told(sam); len(got) == 0 || got[0] != "asked: A good pump" {
			t.Errorf("who was asked is told %q", got)
		}
		must(t, k.AskSomebody(eve, k.id, mine("Another pump", "shops"), sam0))
		fifth := mine("One more pump", "shops")
		if err := k.AskSomebody(eve, k.id, fifth, sam0); !problem.Is(err, problem.Busy) {
			t.Errorf("a fourth person in a day: %v", err)
		}
		must(t, k.AskSomebody(bob, k.id, fifth, sam0))
		if got := askable(bob, mine("Yet another pump", "shops")); got != "" {
			t.Errorf("%q may be asked a fourth time in a day", got)
		}
		_, err = k.Pick(eve, k.id, k.reply(mia, fifth, "In town."), true)
		must(t, err)
		for _, th := range []string{fifth, third} {
			if err := k.AskSomebody(k.join("Out "+th, org.Plain), k.id, th, mia0); err == nil {
				t.Errorf("asked where nothing is to be asked")
			}
		}
		k.pass(25 * time.Hour)
		must(t, k.SetWilling(sam, false))
		if got := askable(bob, mine("The last pump", "shops")); got != "Mia One more pump1" {
			t.Errorf("%q may be asked after Sam said no", got)
		}
		k.pass(31 * 24 * time.Hour)

		must(t, k.SetWilling(ada, false))
		if err := k.AskToHelp(lead, k.id, third, ada0); !problem.Is(err, problem.Conflict) {
			t.Errorf("asked who said no: %v", err)
		}

		// What they said stands with the person, and what is noted there holds here: of any address of theirs, until they say yes again themselves.
		crowd := people.New(d, k.ledger, k.org, slog.New(slog.DiscardHandler), k.now)
		known := func() (out []string) {
			t.Helper()
			_, p, err := crowd.ByIdentity(t.Context(), "mailto:ada@velo.example")
			must(t, err)
			list, err := crowd.Consents(lead, &p)
			must(t, err)
			for _, c := range list {
				out = append(out, fmt.Sprint(c.URI, " ", c.Purpose, " ", c.Given))
			}
			return out
		}
		must(t, crowd.Link(lead, whose(lead, t, crowd, "mailto:ada@velo.example"), "mailto:ada@home.example", false))
		if got := known(); len(got) != 1 || got[0] != "mailto:ada@velo.example help false" {
			t.Errorf("with her stands %q", got)
		}
		must(t, k.SetWilling(ada, true))
		if got := may(third); got != "Ada " {
			t.Errorf("%q may be asked who says yes again", got)
		}
		k.pass(time.Minute)
		must(t, crowd.Consent(lead, whose(lead, t, crowd, "mailto:ada@home.example"), people.ToHelp, false, "on the phone"))
		if got := may(third); got != "" {
			t.Errorf("%q may be asked who refused on the phone", got)
		}
		if err := k.AskToHelp(lead, k.id, third, ada0); !problem.Is(err, problem.Conflict) {
			t.Errorf("asked who refused on the phone: %v", err)
		}
		k.pass(time.Minute)
		must(t, k.SetWilling(ada, true))
		if got := known(); len(got) != 2 || !strings.HasSuffix(got[0], "help true") || !strings.HasSuffix(got[1], "help true") {
			t.Errorf("with her stands %q", got)
		}
		if got := may(third); got != "Ada " {
			t.Errorf("%q may be asked who says yes once more", got)
		}
	})
}

// whose is whose address it is; who is met in a community alone becomes a person by a member's hand.
func whose(ctx context.Context, t *testing.T, s *people.Service, uri string) string {
	t.Helper()
	_, p, err := s.ByIdentity(ctx, uri)
	if problem.Is(err, problem.Missing) || err == nil && p.ID == "" {
		p, err = s.Add(ctx, ledger.Person{Name: "Ada", Identities: []ledger.Identity{{URI: uri}}})
	}
	must(t, err)
	return p.ID
}
