package community_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
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
		must(t, k.Score(lea, k.id, call, bell, []int{4, 4}, unseen+"Loud."))
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
		same(t, "who proposed it", []string{"idea_own: A rack for two children", "call_result: What makes winter easier?"}, k.told(ada))
		if got := k.told(bob); len(got) == 0 || got[0] != "call_result: What makes winter easier?" {
			t.Errorf("a juror is told %q", got)
		}
		list, err := k.Notices(eve, k.sight(eve), k.id)
		must(t, err)
		if !strings.HasSuffix(list[0].Words, "\nThe jury likes it.") {
			t.Errorf("they are told %q", list[0].Words)
		}
		rebuilt(t, k)
	})
}

// TestChallengeIsChanged: a challenge that is out is changed by who moderates, within what the jury scored already; jurors learn that they are asked, that
// they have still to score and, with those who entered, of other dates, each once and as long as they read the board.
func TestChallengeIsChanged(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		post := k.mails()
		ada, bob, eve, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Eve", org.Plain), k.join("Lea", org.Social)
		rack, bell := k.propose(ada, "A rack for two children"), k.propose(bob, "A louder bell for the city")
		k.propose(eve, "A lamp for dark mornings")
		day := func(n int) string { return k.now().AddDate(0, 0, n).Format(time.DateOnly) }
		call, err := k.Call(lea, community.Call{Space: k.spaces["help"], Title: "What makes winter easier?", Body: "Small things.", Starts: day(0), Ends: day(2), Until: day(4), Criteria: "Useful x 2\nCheap", Jury: "@bob"}, time.UTC)
		must(t, err)
		k.tells()
		k.tells()
		same(t, "who is asked to judge", []string{"jury: What makes winter easier?"}, k.told(bob))
		same(t, "who called", []string{}, k.told(lea))
		if m := post.take(); len(m) != 1 || m[0].Subject != "You are asked to judge ideas" || m[0].ReplyTo != "" || !strings.Contains(m[0].Text, "What makes winter easier?") {
			t.Errorf("mails %+v", m)
		}
		must(t, k.Enter(ada, k.id, call, rack))
		must(t, k.Enter(bob, k.id, call, bell))

		recall := func() community.Call {
			h, err := k.FindChallenge(lea, k.sight(lea), k.id, call)
			must(t, err)
			in, err := k.Recall(lea, &h, time.UTC)
			must(t, err)
			return in
		}
		change := func(who context.Context, do func(*community.Call)) error {
			in := recall()
			do(&in)
			return k.ChangeCall(who, k.id, call, in, time.UTC)
		}
		old := recall()
		same(t, "as it was called", []string{"Useful x 2\nCheap\n", "@bob\n", day(4)}, []string{old.Criteria, old.Jury, old.Until})
		refused(t, change(ada, func(*community.Call) {}), problem.Forbidden, "problem.forbidden")
		must(t, change(lea, func(in *community.Call) { in.Body = "Small things, cheap ones." }))
		refused(t, k.ChangeCall(lea, k.id, call, old, time.UTC), problem.Conflict, "problem.conflict")
		k.tells()
		same(t, "nobody is told of other words", 1, len(k.told(bob)))
		must(t, change(lea, func(in *community.Call) { in.Until = day(6) }))
		k.tells()
		k.tells()
		same(t, "other dates, for a juror", "jury_changed: What makes winter easier?", k.told(bob)[0])
		same(t, "other dates, for who entered", []string{"jury_changed: What makes winter easier?"}, k.told(ada))
		same(t, "others", []string{}, k.told(eve))
		must(t, change(lea, func(in *community.Call) { in.Jury = "@bob @eve" }))
		k.tells()
		k.tells()
		same(t, "a juror more", []string{"jury: What makes winter easier?"}, k.told(eve))
		same(t, "who sat already", 2, len(k.told(bob)))

		must(t, k.Score(bob, k.id, call, rack, []int{4, 4}, "Light."))
		refused(t, change(lea, func(in *community.Call) { in.Criteria = "Cheap" }), problem.Conflict, "community.challenge.scored_by")
		refused(t, change(lea, func(in *community.Call) { in.Jury = "@eve" }), problem.Conflict, "community.challenge.has_scored")
		refused(t, change(lea, func(in *community.Call) { in.Ends = day(-1) }), problem.Invalid, "community.event.ends_first")
		k.pass(72 * time.Hour)
		k.tells()
		k.tells()
		same(t, "who has not scored all", "jury_due: What makes winter easier?", k.told(eve)[0])
		same(t, "who has scored all but their own", 2, len(k.told(bob)))
		k.pass(4 * 24 * time.Hour)
		refused(t, change(lea, func(in *community.Call) { in.Until = day(30) }), problem.Conflict, "community.challenge.not_now")
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE community_space SET access = 'hidden' WHERE slug = 'help'")
			return err
		}))
		same(t, "who does not see the board any more", []string{}, k.told(eve))
		same(t, "and how many are new", 0, k.fresh(eve))
		rebuilt(t, k)
	})
}
