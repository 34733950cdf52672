package community_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/org"
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
		must(t, k.SetWilling(ada, false))
		if err := k.AskToHelp(lead, k.id, third, ada0); !problem.Is(err, problem.Conflict) {
			t.Errorf("asked who said no: %v", err)
		}
	})
}
