package community_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/id"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// holding lets the space help hold ideas and articles too.
func (k *square) holding() {
	must(k.t, k.db.Tx(k.t.Context(), func(ctx context.Context, q db.Q) error {
		_, err := db.Exec(ctx, q, `UPDATE community_space SET holds = '["question","discussion","idea","article"]' WHERE slug = 'help'`)
		return err
	}))
}

func (k *square) propose(who context.Context, title string) string {
	k.t.Helper()
	k.pass(time.Minute)
	idea, err := k.Start(who, community.Begin{Space: k.spaces["help"], Kind: community.Ideas, Title: title, Body: "It would help us all.", Lang: "en"})
	must(k.t, err)
	return idea
}

func (k *square) idea(id string) community.Idea {
	k.t.Helper()
	i, found, err := k.Idea(k.t.Context(), id)
	must(k.t, err)
	if !found {
		k.t.Fatalf("no idea %s", id)
	}
	return i
}

func (k *square) board(in community.BoardQuery) (titles []string, counts map[community.Status]int) {
	k.t.Helper()
	in.Community = k.id
	b, err := k.Board(k.t.Context(), k.sight(k.t.Context()), in)
	must(k.t, err)
	for _, i := range b.Ideas {
		titles = append(titles, fmt.Sprintf("%s %d %s", i.Title, i.Score, i.Status))
	}
	return titles, b.Counts
}

// TestIdeas follows ideas from being proposed to being done: heard, voted for once a person, decided on with a reason, and derived again equal.
func TestIdeas(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, eve, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Eve", org.Plain), k.join("Lea", org.Social)
		rack, bell := k.propose(ada, "A rack for two children"), k.propose(bob, "A louder bell for the city")
		p, found, err := channel.FindPost(t.Context(), k.db.Read(), k.channel, rack)
		if err != nil || !found || p.Kind != "idea" {
			t.Fatalf("heard as %+v, %v", p, err)
		}
		if _, found, err := k.inbox.Of(lea, rack); err != nil || !found {
			t.Errorf("the idea does not stand in the inbox: %v", err)
		}
		k.reply(bob, rack, "With belts, please.")

		vote := func(who context.Context, idea string, want bool, address string) error {
			return k.Support(who, k.id, idea, want, address)
		}
		refused(t, vote(t.Context(), rack, true, ""), problem.Unauthenticated, "problem.sign_in")
		refused(t, vote(bob, rack, true, "zoe@velo.example"), problem.Forbidden, "problem.forbidden")
		refused(t, vote(lea, rack, true, "no address"), problem.Invalid, "community.idea.bad_address")
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { _ = vote(bob, rack, true, "") })
		}
		all.Wait()
		must(t, vote(bob, rack, true, ""))
		must(t, vote(ada, rack, true, ""))
		must(t, vote(ada, bell, true, ""))
		must(t, vote(eve, bell, true, ""))
		must(t, vote(eve, bell, false, ""))
		must(t, vote(lea, rack, true, "Zoe@velo.example"))
		if i := k.idea(rack); i.Score != 3 || i.Noted != 1 || i.Replies != 1 {
			t.Errorf("the idea is %+v", i)
		}
		if i := k.idea(bell); i.Score != 1 {
			t.Errorf("%d votes", i.Score)
		}

		judge := func(who context.Context, to community.Status, why string) error {
			k.pass(time.Minute)
			if why != "" {
				why += unseen
			}
			return k.Judge(who, k.id, rack, to, why)
		}
		refused(t, judge(ada, community.IdeaPlanned, "I like it"), problem.Forbidden, "problem.forbidden")
		refused(t, judge(lea, community.IdeaPlanned, "  "), problem.Invalid, "community.idea.say_why")
		refused(t, judge(lea, "later", "Why not"), problem.Invalid, "problem.bad_form")
		must(t, judge(lea, community.IdeaPlanned, "Three families asked."))
		must(t, judge(lea, community.IdeaStarted, "Drawn, tested in May."))
		refused(t, vote(eve, rack, true, ""), problem.Conflict, "community.idea.no_more_votes")
		steps, err := k.Steps(t.Context(), rack)
		must(t, err)
		if len(steps) != 2 || steps[0].Status != community.IdeaStarted || steps[0].By != "Lea" || steps[1].Reason != "Three families asked." {
			t.Errorf("steps %+v", steps)
		}
		titles, counts := k.board(community.BoardQuery{Order: community.ByVotes})
		if diff := cmp.Diff([]string{"A rack for two children 3 started", "A louder bell for the city 1 open"}, titles); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(map[community.Status]int{"started": 1, "open": 1}, counts); diff != "" {
			t.Error(diff)
		}
		titles, _ = k.board(community.BoardQuery{Order: community.ByAge, Status: community.IdeaOpen})
		if diff := cmp.Diff([]string{"A louder bell for the city 1 open"}, titles); diff != "" {
			t.Error(diff)
		}
		road, err := k.Roadmap(t.Context(), k.sight(t.Context()), k.id, "")
		must(t, err)
		if len(road[community.IdeaStarted]) != 1 || len(road[community.IdeaPlanned]) != 0 {
			t.Errorf("the road map is %+v", road)
		}
		rebuilt(t, k)
	})
}

// TestMergedIdeas: votes go along, two of one person count once, and a vote that was on its way counts where the idea went.
func TestMergedIdeas(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		one, two, three := k.propose(ada, "Child seats to rent"), k.propose(bob, "Rent me a child seat"), k.propose(bob, "Seats for a weekend")
		for _, v := range []struct {
			who  context.Context
			idea string
		}{{ada, one}, {ada, two}, {bob, two}, {bob, three}} {
			must(t, k.Support(v.who, k.id, v.idea, true, ""))
		}
		refused(t, k.Merge(ada, k.id, two, one, "They are one."), problem.Forbidden, "problem.forbidden")
		refused(t, k.Merge(lea, k.id, two, two, "They are one."), problem.Invalid, "community.idea.no_such_idea")
		must(t, k.Merge(lea, k.id, three, two, "They are one."))
		must(t, k.Merge(lea, k.id, two, one, "They are one."))
		refused(t, k.Merge(lea, k.id, one, two, "They are one."), problem.Invalid, "community.idea.no_such_idea")
		if i := k.idea(one); i.Score != 2 {
			t.Errorf("%d people are for it, want 2", i.Score)
		}
		if i := k.idea(three); i.MergedInto != one {
			t.Errorf("the third went to %q", i.MergedInto)
		}
		refused(t, k.Support(bob, k.id, two, false, ""), problem.Conflict, "community.idea.is_merged")
		_, err := k.ledger.State(t.Context(), ledger.Activity{Kind: ledger.VoteCast, Actor: "mailto:zoe@velo.example", Object: three, Channel: k.channel, At: k.now(), Data: ledger.Data(ledger.Vote{Value: 1})})
		must(t, err)
		must(t, k.Support(bob, k.id, one, false, "")) // the vote that he gave the other idea
		if i := k.idea(one); i.Score != 2 {
			t.Errorf("%d people are for it, want Ada and Zoe", i.Score)
		}
		if titles, _ := k.board(community.BoardQuery{}); len(titles) != 1 {
			t.Errorf("the board has %q", titles)
		}
		votes := func(why string, want ...int) {
			t.Helper()
			for n, id := range []string{one, two, three} {
				if i := k.idea(id); i.Score != want[n] {
					t.Errorf("%s: %d votes for idea %d, want %d", why, i.Score, n+1, want[n])
				}
			}
		}
		votes("Bob is for none any more", 2, 1, 0)
		refused(t, k.Part(ada, k.id, two, "It is another thing."), problem.Forbidden, "problem.forbidden")
		refused(t, k.Part(lea, k.id, two, " "), problem.Invalid, "community.idea.say_why")
		refused(t, k.Part(lea, k.id, one, "It is another thing."), problem.Conflict, "community.idea.not_merged")
		must(t, k.Part(lea, k.id, two, "It is another thing."))
		if i := k.idea(three); i.MergedInto != two || k.idea(two).MergedInto != "" {
			t.Errorf("the third went to %q", i.MergedInto)
		}
		votes("two is out of one, with three", 2, 1, 0) // Ada for both, and Zoe
		must(t, k.Support(bob, k.id, two, true, ""))
		must(t, k.Part(lea, k.id, three, "So is this."))
		votes("three is out of two", 2, 2, 0)
		must(t, k.Support(bob, k.id, three, true, ""))
		must(t, k.Merge(lea, k.id, three, two, "They are one."))
		must(t, k.Merge(lea, k.id, two, one, "They are one after all."))
		votes("all are one again", 3, 2, 1)
		must(t, k.Part(lea, k.id, three, "No."))
		votes("Bob is for two as well", 3, 2, 1)
		steps, err := k.Steps(t.Context(), three)
		must(t, err)
		if len(steps) != 4 || steps[0].Status != "parted" || steps[0].Reason != "No." {
			t.Errorf("what became of it: %+v", steps)
		}
		if titles, _ := k.board(community.BoardQuery{}); len(titles) != 2 {
			t.Errorf("the board has %q", titles)
		}
		rebuilt(t, k)
	})
}

// TestLimitedVotes: who has two votes has two, also when they use them at one moment, and gets one back once an idea is settled.
func TestLimitedVotes(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, lea := k.join("Ada", org.Plain), k.join("Lea", org.Social)
		refused(t, k.LimitVotes(ada, k.spaces["help"], 2), problem.Forbidden, "problem.forbidden")
		must(t, k.LimitVotes(lea, k.spaces["help"], 2))
		var ideas []string
		for i := range 6 {
			ideas = append(ideas, k.propose(ada, fmt.Sprintf("Idea number %d of Ada", i)))
		}
		var all sync.WaitGroup
		for _, i := range ideas {
			all.Go(func() { _ = k.Support(ada, k.id, i, true, "") })
		}
		all.Wait()
		sum, first := 0, ""
		for _, i := range ideas {
			if n := k.idea(i).Score; n > 0 {
				sum, first = sum+n, i
			}
		}
		if sum > 2 || sum == 0 {
			t.Fatalf("%d votes were cast of 2", sum)
		}
		for _, i := range ideas {
			_ = k.Support(ada, k.id, i, true, "")
		}
		left, limited, err := k.VotesLeft(t.Context(), org.Who(ada), k.spaces["help"])
		if err != nil || !limited || left != 0 {
			t.Errorf("%d left, %t, %v", left, limited, err)
		}
		must(t, k.Judge(lea, k.id, first, community.IdeaDone, "In the shops."))
		if left, _, _ = k.VotesLeft(t.Context(), org.Who(ada), k.spaces["help"]); left != 1 {
			t.Errorf("%d left after one was done", left)
		}
		// Two addresses that are known to be of one person have one vote together, and one number of votes.
		other := ""
		for _, i := range ideas {
			if k.idea(i).Score == 1 && i != first {
				other = i
			}
		}
		person := id.From("ada", "person")
		_, err = k.ledger.State(t.Context(), ledger.Activity{ID: person, Object: person, Kind: ledger.PersonAdded, At: k.now(), Data: ledger.Data(ledger.Person{Name: "Ada",
			Identities: []ledger.Identity{{URI: "mailto:ada@velo.example"}, {URI: "mailto:ada@home.example"}}})})
		must(t, err)
		must(t, k.Support(lea, k.id, other, true, "ada@home.example"))
		if n := k.idea(other).Score; n != 1 {
			t.Errorf("%d votes of one person", n)
		}
		free := ideas[slices.IndexFunc(ideas, func(i string) bool { return k.idea(i).Score == 0 })]
		must(t, k.Support(lea, k.id, free, true, "ada@home.example"))
		if left, _, _ = k.VotesLeft(t.Context(), org.Who(ada), k.spaces["help"]); left != 0 {
			t.Errorf("%d left after a vote under another address", left)
		}
		if mine, err := k.Supports(t.Context(), org.Who(ada), []community.Idea{k.idea(free)}); err != nil || !mine[free] {
			t.Errorf("the vote under another address is not theirs: %v", err)
		}
		must(t, k.Support(ada, k.id, free, false, ""))
		if n := k.idea(free).Score; n != 0 {
			t.Errorf("%d votes after it was taken back", n)
		}
	})
}

// TestVotesOfOne: votes that were given under two addresses count once from the moment that these are known to be of one person, twice again once they are known not to be;
// whatever the ideas were taken into meanwhile.
func TestVotesOfOne(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		bob, lea := k.join("Bob", org.Plain), k.join("Lea", org.Social)
		rack, bell := k.propose(bob, "A rack for two children"), k.propose(bob, "A louder bell for the city")
		state := func(kind, object string, data any) string {
			t.Helper()
			k.pass(time.Minute)
			a := ledger.Activity{ID: id.New(), Kind: kind, Object: object, At: k.now(), Data: ledger.Data(data)}
			if a.Key = a.ID; object == "" {
				a.Object = a.ID
			}
			_, err := k.ledger.State(t.Context(), a)
			must(t, err)
			return a.ID
		}
		is := func(why string, ofRack, ofBell int) {
			t.Helper()
			if a, b := k.idea(rack).Score, k.idea(bell).Score; a != ofRack || b != ofBell {
				t.Errorf("%s: %d and %d votes, want %d and %d", why, a, b, ofRack, ofBell)
			}
		}
		const home, work, away = "ada@home.example", "ada@work.example", "ada@away.example"
		for idea, of := range map[string][]string{rack: {home, work, "eve@velo.example"}, bell: {home, away}} {
			for _, address := range of {
				must(t, k.Support(lea, k.id, idea, true, address))
			}
		}
		is("strangers", 3, 2)
		person := func(address string) string {
			return state(ledger.PersonAdded, "", ledger.Person{Name: "Ada", Identities: []ledger.Identity{{URI: "mailto:" + address}}})
		}
		one, two := person(home), person(work)
		is("two people", 3, 2)
		merge := state(ledger.PersonMerged, one, ledger.Merged{Person: two, Identities: []string{"mailto:" + work}})
		is("they are one", 2, 2)
		state(ledger.IdentityLinked, one, ledger.Identity{URI: "mailto:" + away})
		is("with a third address", 2, 1)
		must(t, k.Merge(lea, k.id, bell, rack, "They are one."))
		is("ideas taken together", 2, 1)
		state(ledger.PersonUnmerged, one, ledger.Unmerged{Merge: merge})
		is("they are two after all", 3, 1)
		state(ledger.IdentityUnlinked, one, ledger.Identity{URI: "mailto:" + away})
		is("and a third", 4, 2)
		must(t, k.Part(lea, k.id, bell, "It is another thing."))
		is("ideas taken apart", 3, 2)
		state(ledger.PersonMerged, two, ledger.Merged{Person: one, Identities: []string{"mailto:" + home}})
		must(t, k.Support(lea, k.id, rack, false, work)) // under both addresses
		is("for it no more", 1, 2)
		must(t, k.Support(lea, k.id, rack, true, work))
		is("for it again, once", 2, 2)
		// So do votes on posts: useful twice is useful once, useful and misleading is nothing.
		q := k.ask(bob, "How is it mounted?", "With four screws?")
		useful := func(why string, want int) {
			t.Helper()
			n, _, err := db.Value[int](t.Context(), k.db.Read(), "SELECT p.score * 100 + t.score FROM community_post p JOIN community_thread t ON t.id = p.id WHERE p.id = $1", q)
			must(t, err)
			if n != want*101 {
				t.Errorf("%s: post and thread have %d, want %d", why, n, want)
			}
		}
		vote := func(address string, value int) {
			t.Helper()
			k.pass(time.Minute)
			_, err := k.ledger.State(t.Context(), ledger.Activity{Kind: ledger.VoteCast, Actor: "mailto:" + address, Object: q, Channel: k.channel, At: k.now(), Key: id.New(), Data: ledger.Data(ledger.Vote{Value: value})})
			must(t, err)
		}
		vote(home, 1)
		vote(work, 1)
		vote("eve@velo.example", 1)
		useful("known to be one", 2)
		vote(work, -2)
		useful("one of them misleading", 1)
		vote(work, 1)
		vote(away, 1)
		useful("and a third address", 3)
		state(ledger.IdentityLinked, two, ledger.Identity{URI: "mailto:" + away})
		useful("theirs too", 2)
		state(ledger.IdentityUnlinked, two, ledger.Identity{URI: "mailto:" + away})
		useful("or not", 3)
		rebuilt(t, k)
	})
}

// TestBehind: what those who voted ordered is for who may read about people.
func TestBehind(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, lea := k.join("Ada", org.Plain), k.join("Lea", org.Social)
		idea := k.propose(ada, "A lamp that is seen")
		must(t, k.Support(ada, k.id, idea, true, ""))
		_, err := k.ledger.State(t.Context(), ledger.Activity{Kind: ledger.OrderPlaced, Actor: "mailto:ada@velo.example", At: k.now(), Amount: 129900, Currency: "EUR",
			Data: ledger.Data(ledger.Order{ExternalID: "o1"})})
		must(t, err)
		list := []community.Idea{k.idea(idea)}
		got, err := k.Behind(lea, list)
		must(t, err)
		if diff := cmp.Diff(map[string][]community.Worth{idea: {{Currency: "EUR", Amount: 129900}}}, got); diff != "" {
			t.Error(diff)
		}
		if got, err = k.Behind(ada, list); err != nil || len(got) != 0 {
			t.Errorf("a customer is told %v, %v", got, err)
		}
	})
}
