package community_test

import (
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestChallenge follows a call for ideas to its result: who may enter and judge what and when, what is seen before the end, and that those who are for an
// idea are told once, with the reason, what was decided.
func TestChallenge(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		k.mails()
		ada, bob, eve, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Eve", org.Plain), k.join("Lea", org.Social)
		rack, bell, lamp := k.propose(ada, "A rack for two children"), k.propose(bob, "A louder bell for the city"), k.propose(lea, "A lamp for dark mornings")
		day := func(n int) string { return k.now().AddDate(0, 0, n).Format(time.DateOnly) }
		in := community.Call{Space: k.spaces["help"], Title: "What makes winter easier?", Body: "Small things.", Starts: day(0), Ends: day(2), Until: day(4), Criteria: "Useful x 2\nCheap", Jury: "@bob\n@lea"}
		_, err := k.Call(ada, in, time.UTC)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		in.Jury = "@nobody"
		_, err = k.Call(lea, in, time.UTC)
		refused(t, err, problem.Invalid, "community.challenge.no_juror")
		kim := k.join("Kim", org.Plain) // who spoke only where who calls does not read
		k.enter(kim, "den")
		_, err = k.Start(kim, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "The plan of the den", Body: "The plan."})
		must(t, err)
		in.Jury = "@bob, @kim"
		_, err = k.Call(lea, in, time.UTC)
		refused(t, err, problem.Invalid, "community.challenge.no_juror")
		in.Jury = "@bob, @lea"
		call, err := k.Call(lea, in, time.UTC)
		must(t, err)
		must(t, k.Enter(ada, k.id, call, rack))
		must(t, k.Enter(bob, k.id, call, bell))
		must(t, k.Enter(lea, k.id, call, lamp))
		refused(t, k.Enter(eve, k.id, call, bell), problem.Forbidden, "community.post.not_yours")
		refused(t, k.Score(ada, k.id, call, bell, []int{1, 1}, "Mine is better."), problem.Forbidden, "problem.forbidden")
		refused(t, k.Score(bob, k.id, call, bell, []int{5, 5}, "Mine."), problem.Forbidden, "community.challenge.own_entry")
		refused(t, k.Score(bob, k.id, call, rack, []int{5, 9}, "Much."), problem.Invalid, "community.challenge.score_all")
		must(t, k.Score(bob, k.id, call, rack, []int{1, 1}, "Heavy."))
		must(t, k.Score(bob, k.id, call, rack, []int{4, 4}, "Light after all."))
		must(t, k.Score(lea, k.id, call, bell, []int{4, 4}, "Loud."))
		h, err := k.FindChallenge(eve, k.sight(eve), k.id, call)
		must(t, err)
		own, err := k.Verdicts(bob, &h, org.Who(bob))
		if must(t, err); len(own) != 1 {
			t.Errorf("a juror sees %+v before the end", own)
		}
		none, err := k.Verdicts(eve, &h, org.Who(eve))
		if must(t, err); len(none) != 0 {
			t.Errorf("others see %+v before the end", none)
		}
		k.pass(5 * 24 * time.Hour)
		refused(t, k.Score(lea, k.id, call, rack, []int{1, 1}, "Late."), problem.Conflict, "community.challenge.not_now")
		entries, err := k.Entries(eve, k.sight(eve), &h)
		must(t, err)
		all, err := k.Verdicts(eve, &h, org.Who(eve))
		must(t, err)
		lines := h.Result(entries, all)
		if len(lines) != 3 || lines[0].Rank != 1 || lines[1].Rank != 1 || lines[2].Entry != lamp || lines[2].Rank != 0 || len(all) != 2 || all[0].Name == "" {
			t.Errorf("result %+v of %+v", lines, all)
		}

		must(t, k.Support(eve, k.id, rack, true, ""))
		k.tells()
		must(t, k.Judge(lea, k.id, rack, community.IdeaPlanned, "The jury likes it."))
		k.tells()
		k.tells()
		same(t, "who is for it", []string{"idea_judged: A rack for two children"}, k.told(eve))
		same(t, "who proposed it", []string{"idea_judged: A rack for two children"}, k.told(ada))
		list, err := k.Notices(eve, k.sight(eve), k.id)
		must(t, err)
		if !strings.HasSuffix(list[0].Words, "\nThe jury likes it.") {
			t.Errorf("they are told %q", list[0].Words)
		}
		rebuilt(t, k)
	})
}
