package community_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// queue is what waits for whoever acts.
func (k *square) queue(who context.Context) []community.Case {
	k.t.Helper()
	list, err := k.Queue(who, k.sight(who), false)
	must(k.t, err)
	return list
}

// titles are the threads of the community as somebody sees them.
func (k *square) titles(who context.Context) []string {
	k.t.Helper()
	list, err := k.Threads(who, k.sight(who), community.Query{Community: k.id})
	must(k.t, err)
	out := []string{}
	for _, t := range list.Threads {
		out = append(out, t.Title)
	}
	slices.Sort(out)
	return out
}

func TestFlag(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, bob, lea, max := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social), k.join("Max", org.Owner)
		q := k.ask(ada, "Buy cheap watches here", "The very best.")
		k.ask(ada, "Why do my brakes squeak?", "They squeak.")
		refused(t, k.Flag(ada, k.id, q, "spam", ""), problem.Forbidden, "community.moderation.own_post")
		refused(t, k.Flag(bob, k.id, q, "ugly", ""), problem.Invalid, "problem.required")
		refused(t, k.Flag(bob, k.id, q, "other", " "), problem.Invalid, "community.moderation.say_why")
		refused(t, k.Flag(t.Context(), k.id, q, "spam", ""), problem.Unauthenticated, "problem.sign_in")
		must(t, k.Flag(bob, k.id, q, "spam", "Look at "+unseen+"the link."))
		must(t, k.Flag(bob, k.id, q, "spam", "Again."))
		must(t, k.Flag(lea, k.id, q, "off_topic", ""))
		list := k.queue(lea)
		if len(list) != 1 || list[0].Flags != 2 || list[0].Post != q || list[0].AuthorName != "Ada" {
			t.Fatalf("queue %+v", list)
		}
		_, err := k.Queue(bob, k.sight(bob), false)
		refused(t, err, problem.Missing, "problem.not_found")
		_, err = k.Brief(bob, k.sight(bob), list[0].ID)
		refused(t, err, problem.Missing, "problem.not_found")
		same(t, "waiting", 1, k.WaitingCases(lea))

		refused(t, k.Decide(bob, list[0].ID, "hidden", "spam", ""), problem.Missing, "problem.not_found")
		refused(t, k.Decide(lea, list[0].ID, "published", "", ""), problem.Invalid, "problem.bad_form")
		refused(t, k.Decide(lea, list[0].ID, "hidden", "", ""), problem.Invalid, "problem.required")
		must(t, k.Decide(lea, list[0].ID, "hidden", "spam", "This is "+unseen+"an advertisement."))
		refused(t, k.Decide(lea, list[0].ID, "kept", "", ""), problem.Conflict, "community.moderation.decided_already")
		same(t, "threads", []string{"Why do my brakes squeak?"}, k.titles(bob))
		same(t, "waiting", 0, k.WaitingCases(lea))
		th, err := k.Thread(bob, k.sight(bob), k.id, q)
		must(t, err)
		same(t, "a hidden title", "", th.Title+th.Excerpt+th.AuthorName)
		same(t, "told", []string{"hidden: "}, k.told(ada))
		own, err := k.Own(ada, k.id)
		must(t, err)
		if len(own) != 1 || own[0].Title != "Buy cheap watches here" || own[0].Words != "This is an advertisement." {
			t.Fatalf("own %+v", own)
		}

		// What is hidden survives deriving anew, and so does what is shown again.
		must(t, k.ledger.Rebuild(t.Context(), 1, nil))
		same(t, "threads after a rebuild", []string{"Why do my brakes squeak?"}, k.titles(bob))

		refused(t, k.Appeal(bob, k.id, own[0].ID, "Not mine."), problem.Missing, "problem.not_found")
		must(t, k.Appeal(ada, k.id, own[0].ID, "They are "+unseen+"bicycle watches."))
		refused(t, k.Appeal(ada, k.id, own[0].ID, "Once more."), problem.Conflict, "community.moderation.appealed")
		appeal := k.queue(max)[0]
		refused(t, k.Decide(lea, appeal.ID, "overturned", "", "Well."), problem.Forbidden, "community.moderation.another")
		refused(t, k.Decide(max, appeal.ID, "overturned", "", ""), problem.Invalid, "problem.required")
		must(t, k.Decide(max, appeal.ID, "overturned", "", "They are indeed."))
		want := []string{"Buy cheap watches here", "Why do my brakes squeak?"}
		same(t, "threads after the appeal", want, k.titles(bob))
		must(t, k.ledger.Rebuild(t.Context(), 7, nil))
		same(t, "threads after a rebuild", want, k.titles(bob))
		same(t, "told", 2, len(k.told(ada)))

		f, err := k.Figures(bob, k.sight(bob), k.id, time.UTC)
		must(t, err)
		if m := f[0]; m.Flags != 1 || m.Decided != 1 || m.Appeals != 1 || m.Overturned != 1 {
			t.Errorf("figures %+v", m)
		}
	})
}

// TestHiddenLeavesNothing: who reads a hidden post by any way finds nothing of what it said; deleted while hidden, nobody does.
func TestHiddenLeavesNothing(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		q := k.ask(ada, "Why do my brakes squeak?", "They squeak.")
		answer := k.reply(bob, q, "You are a fool.")
		k.pass(time.Minute)
		must(t, k.Edit(bob, k.id, community.Change{Post: answer, Body: "You are no fool."}))
		must(t, k.Flag(ada, k.id, answer, "rude", ""))
		must(t, k.Decide(lea, k.queue(lea)[0].ID, "hidden", "rude", ""))
		p, th, err := k.Post(ada, k.sight(ada), k.id, answer)
		must(t, err)
		list, err := k.History(ada, &p)
		must(t, err)
		if p.HTML+p.Markup+p.AuthorName != "" || len(list) != 0 || th.Replies != 0 {
			t.Errorf("hidden: %+v, %d versions, %d replies", p, len(list), th.Replies)
		}
		must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			_, err := db.Exec(ctx, q, "UPDATE member SET role = 'owner' WHERE email = 'bob@velo.example'")
			return err
		}))
		stated, err := k.ledger.Find(t.Context(), answer)
		must(t, err)
		stated.ID, stated.Kind, stated.Key, stated.Data, stated.Seq = "", "post.deleted", "deleted:"+answer, nil, 0
		_, err = k.ledger.State(t.Context(), stated)
		must(t, err)
		n, _, err := db.Value[int](t.Context(), k.db.Read(), "SELECT (SELECT COUNT(*) FROM community_hidden) + (SELECT COUNT(*) FROM community_edit)")
		must(t, err)
		same(t, "rows left", 0, n)
	})
}

func TestHeld(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, bob, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social)
		must(t, k.SetRule(lea, k.id, 2, "casino\nspam.example\n\ncasino"))
		refused(t, k.SetRule(ada, k.id, 0, ""), problem.Forbidden, "problem.forbidden")
		start := func(who context.Context, title, body, token string) error {
			k.pass(time.Minute)
			_, err := k.Start(who, community.Begin{Space: k.spaces["help"], Kind: community.Questions, Title: title, Body: body, Token: token})
			return err
		}
		place, _ := k.sight(bob).ByID(k.id)
		refused(t, k.MaySay(ada, place, org.Who(ada), "Thank you!"), problem.Forbidden, "community.moderation.too_new")
		must(t, k.MaySay(lea, place, org.Who(lea), "Thank you!"))
		for range 2 { // the same form twice is one post that waits
			if err := start(ada, "My first question", "Hello.", "a form"); !community.Waits(err) {
				t.Fatalf("a first post: %v", err)
			}
		}
		same(t, "threads", []string{}, k.titles(bob))
		n, _, err := db.Value[int](t.Context(), k.db.Read(), "SELECT COUNT(*) FROM activity WHERE kind = 'post.said'")
		must(t, err)
		same(t, "facts", 0, n)
		own, err := k.Own(ada, k.id)
		must(t, err)
		if len(own) != 1 || own[0].Title != "My first question" || !strings.Contains(own[0].HTML, "Hello.") {
			t.Fatalf("own %+v", own)
		}
		queue := k.queue(lea)
		same(t, "queue", 1, len(queue))
		must(t, k.Decide(lea, queue[0].ID, "published", "", ""))
		same(t, "threads", []string{"My first question"}, k.titles(bob))
		same(t, "told", 1, len(k.told(ada)))

		if err := start(ada, "My second question", "Hello.", ""); !community.Waits(err) {
			t.Fatalf("a second post: %v", err)
		}
		must(t, k.Decide(lea, k.queue(lea)[0].ID, "published", "", ""))
		must(t, start(ada, "My third question", "Trusted now.", "")) // two posts that stand
		must(t, k.MaySay(ada, place, org.Who(ada), "Thank you!"))
		if err := start(ada, "My fourth question", "Come to the CASINO today.", ""); !community.Waits(err) {
			t.Fatalf("a blocked word: %v", err)
		}
		if err := start(ada, "My fifth question", "See [this](https://shop.spam.example/x).", ""); !community.Waits(err) {
			t.Fatalf("a blocked host: %v", err)
		}
		must(t, start(lea, "Staff speak of casinos", "The casino.", ""))
		third := ""
		list, err := k.Threads(ada, k.sight(ada), community.Query{Community: k.id})
		must(t, err)
		for _, x := range list.Threads {
			if x.Title == "My third question" {
				third = x.ID
			}
		}
		refused(t, k.Edit(ada, k.id, community.Change{Post: third, Title: "My third question", Body: "casino"}), problem.Invalid, "community.moderation.blocked_edit")
		// What was agreed to is not made another post without being looked at again.
		edit := func(body string, seen int) error {
			return k.Edit(ada, k.id, community.Change{Post: third, Title: "My third question", Body: body, Seen: seen})
		}
		says := func(body string) {
			t.Helper()
			_, posts := k.thread(bob, third)
			same(t, "the third question", body, posts[0].Markup)
		}
		must(t, edit("Trusted now!", 0))
		if err := edit("Buy cheap watches from a friend of mine.", 1); !community.Waits(err) {
			t.Fatalf("another post: %v", err)
		}
		if err := edit("Trusted now! [Here](https://watches.example)", 1); !community.Waits(err) {
			t.Fatalf("a link: %v", err)
		}
		says("Trusted now!")
		edits := 0
		for _, c := range k.queue(lea) {
			if c.Cause == community.CauseEdit {
				edits++
				must(t, k.Decide(lea, c.ID, "published", "", ""))
			}
		}
		same(t, "edits that wait: the later of two", 1, edits)
		says("Trusted now! [Here](https://watches.example)")
		if err := edit("Something else altogether, at length.", 2); !community.Waits(err) {
			t.Fatalf("another post: %v", err)
		}
		must(t, k.Edit(lea, k.id, community.Change{Post: third, Title: "My third question", Body: "Trusted now.", Seen: 2}))
		for _, c := range k.queue(lea) {
			if c.Cause == community.CauseEdit {
				refused(t, k.Decide(lea, c.ID, "published", "", ""), problem.Conflict, "community.moderation.edit_outdated")
				must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
					_, err := db.Exec(ctx, q, "UPDATE community_case SET state = 'gone' WHERE id = $1", c.ID)
					return err
				}))
			}
		}
		says("Trusted now.")
		for _, c := range k.queue(lea) {
			must(t, k.Decide(lea, c.ID, "declined", "spam", "No advertisements, please."))
		}
		own, err = k.Own(ada, k.id)
		must(t, err)
		same(t, "declined", 2, len(own))
		if err := start(ada, "My sixth question", "Distrusted again.", ""); !community.Waits(err) {
			t.Fatalf("after two were declined: %v", err)
		}
	})
}

func TestSanctions(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, bob, lea, max := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social), k.join("Max", org.Owner)
		k.enter(bob, "den")
		q := k.ask(ada, "Why do my brakes squeak?", "They squeak.")
		who := org.Who(bob).ID
		refused(t, k.Sanction(ada, k.id, who, community.Silenced, "rude", "Enough.", time.Time{}), problem.Forbidden, "problem.forbidden")
		refused(t, k.Sanction(lea, k.id, org.Who(max).ID, community.Silenced, "rude", "Enough.", time.Time{}), problem.Forbidden, "community.moderation.staff")
		refused(t, k.Sanction(lea, k.id, who, community.Silenced, "rude", "", time.Time{}), problem.Invalid, "problem.required")
		must(t, k.Sanction(lea, k.id, who, community.Silenced, "rude", "Enough."+unseen, k.now().Add(24*time.Hour)))
		o := k.sight(bob)
		if o.MayWrite(k.spaces["help"]) || !o.May(k.spaces["help"]) || !o.May(k.spaces["den"]) || o.MayWrite(k.spaces["den"]) {
			t.Fatal("silenced")
		}
		if _, err := k.Reply(bob, k.id, community.Reply{Post: q, Body: "But."}); !community.Restrained(err) {
			t.Fatalf("silenced and said: %v", err)
		}
		if err := k.JoinFirst(bob, k.id); !community.Restrained(err) {
			t.Fatalf("silenced and opened a form: %v", err)
		}
		if _, _, err := k.Vote(bob, k.id, q, 1); !community.Restrained(err) || !strings.Contains(fmt.Sprint(problem.Of(err).Args), "Enough.") || !strings.Contains(fmt.Sprint(problem.Of(err).Args), "2026") {
			t.Fatalf("silenced and voted: %v %v", err, problem.Of(err).Args)
		}
		x, found, err := k.Sanctioned(bob, k.id)
		must(t, err)
		if !found || x.Words != "Enough." {
			t.Fatalf("sanction %+v", x)
		}
		k.pass(25 * time.Hour)
		same(t, "after a day", true, k.sight(bob).MayWrite(k.spaces["help"]))

		must(t, k.Sanction(lea, k.id, who, community.Suspended, "spam", "Out.", time.Time{}))
		o = k.sight(bob)
		_, known := o.SpaceByID(k.spaces["den"])
		if o.MayWrite(k.spaces["help"]) || !o.May(k.spaces["help"]) || o.May(k.spaces["den"]) || known || o.Joined(k.id) {
			t.Fatal("suspended")
		}
		x, _, err = k.Sanctioned(bob, k.id)
		must(t, err)
		must(t, k.Appeal(bob, k.id, x.ID, "It was my brother."))
		refused(t, k.Decide(lea, k.queue(lea)[0].ID, "overturned", "", "Well."), problem.Forbidden, "community.moderation.another")
		must(t, k.Decide(max, k.queue(max)[0].ID, "overturned", "", "Welcome back."))
		o = k.sight(bob)
		if !o.MayWrite(k.spaces["help"]) || !o.May(k.spaces["den"]) {
			t.Fatal("the appeal changed nothing")
		}
	})
}

// TestRemoved: what a moderator takes away or changes of somebody else's is told to them, with who and why, is counted, and can be appealed against; and who takes away
// what was flagged takes no words from those who decide.
func TestRemoved(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.mails()
		ada, bob, lea, max := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social), k.join("Max", org.Owner)
		q := k.ask(ada, "Why do my brakes squeak?", "They squeak.")
		answer, bad := k.reply(bob, q, "Oil them, you fool."), k.reply(bob, q, "Buy pills.")

		must(t, k.Edit(lea, k.id, community.Change{Post: answer, Body: "Oil them."}))
		p, _, err := k.Post(bob, k.sight(bob), k.id, answer)
		must(t, err)
		versions, err := k.History(bob, &p)
		must(t, err)
		if p.AuthorName != "Bob" || p.Author != "mailto:bob@velo.example" || p.EditedBy != "Lea" || len(versions) != 1 || versions[0].Editor != "Lea" {
			t.Errorf("changed by a moderator: %+v %+v", p, versions)
		}
		who, _, err := db.Value[string](t.Context(), k.db.Read(), "SELECT actor FROM activity WHERE kind = 'post.edited' AND object = $1", answer)
		must(t, err)
		same(t, "stated as the word of", "mailto:lea@velo.example", who)
		must(t, k.Edit(bob, k.id, community.Change{Post: answer, Body: "Oil them well.", Seen: 1}))
		if p, _, err = k.Post(bob, k.sight(bob), k.id, answer); err != nil || p.EditedBy != "" {
			t.Errorf("changed by its author: %+v %v", p, err)
		}

		refused(t, k.Delete(lea, k.id, bad), problem.Invalid, "community.moderation.reason_first")
		refused(t, k.Remove(ada, k.id, bad, "hidden", "spam", ""), problem.Forbidden, "community.post.not_yours")
		refused(t, k.Remove(lea, k.id, bad, "hidden", "", ""), problem.Invalid, "problem.required")
		must(t, k.Remove(lea, k.id, bad, "hidden", "spam", "No advertisements."))
		list, err := k.Notices(bob, k.sight(bob), k.id)
		must(t, err)
		var told []string
		for _, n := range list {
			told = append(told, string(n.Kind)+" "+n.By+" "+n.Words)
		}
		slices.Sort(told)
		same(t, "Bob is told", []string{"edited Lea ", "hidden  No advertisements."}, told)
		own, err := k.Own(bob, k.id)
		must(t, err)
		if len(own) != 1 || !strings.Contains(own[0].HTML, "pills") {
			t.Fatalf("Bob finds %+v", own)
		}
		figures, err := k.Figures(t.Context(), k.sight(t.Context()), k.id, time.UTC)
		must(t, err)
		if m := figures[0]; m.Flags != 0 || m.Decided != 1 || m.Against != 1 {
			t.Errorf("figures %+v", m)
		}
		must(t, k.Appeal(bob, k.id, own[0].ID, "They are bicycle pills."))
		must(t, k.Decide(max, k.queue(max)[0].ID, "overturned", "", "So they are."))
		if p, _, err = k.Post(ada, k.sight(ada), k.id, bad); err != nil || p.Markup != "Buy pills." {
			t.Errorf("after the appeal: %+v %v", p, err)
		}

		must(t, k.Flag(ada, k.id, bad, "spam", ""))
		must(t, k.Delete(bob, k.id, bad))
		b, err := k.Brief(lea, k.sight(lea), k.queue(lea)[0].ID)
		must(t, err)
		if !strings.Contains(b.HTML, "Buy pills.") {
			t.Errorf("of what was flagged and taken away is left %q", b.HTML)
		}
		rebuilt(t, k)
	})
}

// TestShownAgain: what is shown again after an appeal is as it was, with the reactions on it and as the accepted answer, unless another was accepted since.
func TestShownAgain(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, bob, lea, max := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social), k.join("Max", org.Owner)
		for _, since := range []string{"nothing", "another", "none"} {
			k.pass(time.Minute)
			q := k.ask(ada, "Why do my brakes squeak "+since+"?", "They squeak.")
			answer, other := k.reply(bob, q, "Oil them, you fool."), k.reply(lea, q, "Clean them.")
			_, err := k.Pick(ada, k.id, answer, true)
			must(t, err)
			_, _, err = k.React(ada, k.id, answer, "thanks", true)
			must(t, err)
			must(t, k.Flag(lea, k.id, answer, "rude", ""))
			must(t, k.Decide(lea, k.queue(lea)[0].ID, "hidden", "rude", ""))
			reacted := func() int {
				all, err := k.Reacted(ada, nil, []string{answer})
				must(t, err)
				return len(all[answer])
			}
			same(t, "reactions on what is hidden", 0, reacted())
			if since != "nothing" {
				_, err := k.Pick(ada, k.id, other, true)
				must(t, err)
			}
			if since == "none" {
				_, err := k.Pick(ada, k.id, other, false)
				must(t, err)
			}
			own, err := k.Own(bob, k.id)
			must(t, err)
			must(t, k.Appeal(bob, k.id, own[0].ID, "It was meant well."))
			must(t, k.Decide(max, k.queue(max)[0].ID, "overturned", "", "It was."))
			same(t, "reactions", 1, reacted())
			th, posts := k.thread(ada, q)
			same(t, "the accepted answer when "+since+" was accepted since", map[string]string{"nothing": answer, "another": other, "none": ""}[since], th.Accepted)
			for _, p := range posts {
				same(t, "the mark of an answer", p.ID == th.Accepted, p.Accepted)
			}
		}
		rebuilt(t, k)
	})
}

// TestFlagWithoutModerator: what is flagged in a closed group goes to its moderators; when none is left who may decide, to those who look after all communities.
// They see what was flagged and nothing of what stands around it.
func TestFlagWithoutModerator(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, bob, eve, lea := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Eve", org.Plain), k.join("Lea", org.Social)
		for _, who := range []context.Context{ada, bob, eve} {
			k.enter(who, "den")
		}
		moderates := func(who context.Context, role string) {
			t.Helper()
			must(t, k.db.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
				_, err := db.Exec(ctx, q, "UPDATE community_membership SET role = $1 WHERE member = $2 AND space <> ''", role, org.Who(who).ID)
				return err
			}))
		}
		moderates(eve, "moderator")
		q, err := k.Start(ada, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "The plan of the den", Body: "The plan."})
		must(t, err)
		answer := k.reply(bob, q, "You are a fool.")
		must(t, k.Flag(ada, k.id, answer, "rude", ""))
		same(t, "what its moderator is asked", 1, len(k.queue(eve)))
		same(t, "what others are", 0, len(k.queue(lea)))
		same(t, "what others are told waits", 0, k.WaitingCases(lea))
		moderates(eve, "member")
		moderates(bob, "moderator") // who does not decide on what they wrote
		list := k.queue(lea)
		if len(list) != 1 || k.WaitingCases(lea) != 1 {
			t.Fatalf("nobody is asked: %+v", list)
		}
		b, err := k.Brief(lea, k.sight(lea), list[0].ID)
		must(t, err)
		if !strings.Contains(b.HTML, "You are a fool.") || !b.May || b.Thread != "" || strings.Contains(b.Title+b.HTML, "plan") {
			t.Errorf("shown %+v", b)
		}
		_, err = k.Thread(lea, k.sight(lea), k.id, q)
		refused(t, err, problem.Missing, "problem.not_found")
		_, err = k.Brief(ada, k.sight(ada), list[0].ID)
		refused(t, err, problem.Missing, "problem.not_found")
		must(t, k.Decide(lea, list[0].ID, "hidden", "rude", "Be kind."))
		_, posts := k.thread(ada, q)
		same(t, "what is left", 1, len(posts))
	})
}

// TestFlaggedOthers: an article and a profile are flagged into the same queue, decided on, appealed against and counted; what their authors make of them meanwhile, and of
// posts, does not hide what was flagged.
func TestFlaggedOthers(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.holding()
		ada, bob, lea, max := k.join("Ada", org.Plain), k.join("Bob", org.Plain), k.join("Lea", org.Social), k.join("Max", org.Owner)
		brief := func(who context.Context) community.Brief {
			t.Helper()
			list := k.queue(who)
			same(t, "cases that wait", 1, len(list))
			b, err := k.Brief(who, k.sight(who), list[0].ID)
			must(t, err)
			return b
		}
		// A post that is edited after it was flagged.
		q := k.ask(ada, "Buy cheap watches here", "The very best.")
		must(t, k.Flag(bob, k.id, q, "spam", ""))
		if b := brief(lea); b.Was != nil {
			t.Errorf("nothing was changed: %+v", b.Was)
		}
		k.pass(time.Minute)
		must(t, k.Edit(ada, k.id, community.Change{Post: q, Title: "Where is the pump?", Body: "I seek it."}))
		b := brief(lea)
		if b.Title != "Where is the pump?" || b.Was == nil || b.Was.Title != "Buy cheap watches here" || !strings.Contains(b.Was.HTML, "The very best") {
			t.Errorf("a post: %q, was %+v", b.Title, b.Was)
		}
		must(t, k.Decide(lea, b.ID, "kept", "", ""))

		// An article.
		d := community.ArticleDraft{Space: k.spaces["help"], Kind: community.Guide, Title: "Buying watches", Body: "Buy cheap ones.", Lang: "en"}
		k.pass(time.Minute)
		one, err := k.WriteArticle(bob, d)
		must(t, err)
		refused(t, k.FlagArticle(ada, k.id, one, "spam", ""), problem.Missing, "problem.not_found")
		must(t, k.TurnArticle(lea, k.id, one, community.Approved, ""))
		refused(t, k.FlagArticle(bob, k.id, one, "spam", ""), problem.Forbidden, "community.moderation.own_post")
		refused(t, k.FlagArticle(ada, k.id, one, "other", ""), problem.Invalid, "community.moderation.say_why")
		must(t, k.FlagArticle(ada, k.id, one, "spam", "It sells."))
		must(t, k.FlagArticle(max, k.id, one, "spam", ""))
		k.pass(time.Minute)
		d.Title, d.Body = "Pumping tyres", "Pump them."
		must(t, k.ReviseArticle(bob, k.id, one, d, 1))
		must(t, k.TurnArticle(max, k.id, one, community.Approved, ""))
		b = brief(lea)
		if b.What != community.AnArticle || len(b.Flags) == 0 || b.Title != "Pumping tyres" || b.Was == nil || b.Was.Title != "Buying watches" || b.Path != "/articles/"+one {
			t.Errorf("an article: %+v", b)
		}
		refused(t, k.Decide(lea, b.ID, "deleted", "spam", ""), problem.Invalid, "problem.bad_form")
		must(t, k.Decide(lea, b.ID, "hidden", "spam", "It sells."))
		if a := k.article(bob, one); a.Public() || a.State != community.Withdrawn {
			t.Errorf("withdrawn: %+v", a)
		}
		same(t, "its writer is told", []string{"hidden: "}, k.told(bob))
		own, err := k.Own(bob, k.id)
		must(t, err)
		if len(own) != 1 || own[0].Title != "Buying watches" || own[0].Words != "It sells." {
			t.Fatalf("own %+v", own)
		}
		must(t, k.Appeal(bob, k.id, own[0].ID, "It does not any more."))
		b = brief(max)
		must(t, k.Decide(max, b.ID, "overturned", "", "Indeed."))
		if a := k.article(ada, one); !a.Public() || a.Version != 2 {
			t.Errorf("there again: %+v", a)
		}
		must(t, k.ledger.Rebuild(t.Context(), 3, nil))
		if a := k.article(ada, one); !a.Public() || a.Title != "Pumping tyres" {
			t.Errorf("after a rebuild: %+v", a)
		}

		// A profile: what stands in all communities is decided by who looks after them all.
		handle, err := k.HandleOf(t.Context(), k.channel, "mailto:ada@velo.example")
		must(t, err)
		refused(t, k.FlagProfile(bob, k.id, handle, "spam", ""), problem.Missing, "problem.not_found")
		about := func() string {
			t.Helper()
			p, err := k.Profile(bob, k.sight(bob), k.id, handle)
			must(t, err)
			return p.About + " " + p.Picture
		}
		var picture bytes.Buffer
		must(t, png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 600, 400))))
		must(t, k.Describe(ada, k.place(), "Ada", "Buy my watches", &picture, false))
		if !strings.HasPrefix(about(), "Buy my watches ") {
			t.Errorf("a profile: %q", about())
		}
		refused(t, k.FlagProfile(ada, k.id, handle, "spam", ""), problem.Forbidden, "community.moderation.own_post")
		must(t, k.FlagProfile(bob, k.id, handle, "spam", ""))
		must(t, k.Describe(ada, k.place(), "Ada", "I mend things", nil, false))
		b = brief(lea)
		if b.What != community.AProfile || b.Picture != "picture" || b.Repainted || b.Was == nil || !strings.Contains(b.Was.HTML, "watches") || !strings.Contains(b.HTML, "mend") || b.Path != "/people/"+handle {
			t.Errorf("a profile: %+v", b)
		}
		if data, _, err := k.FlaggedPicture(lea, b.ID, false); err != nil || len(data) == 0 {
			t.Errorf("its picture: %d bytes, %v", len(data), err)
		}
		for _, was := range []bool{false, true} {
			_, _, err = k.FlaggedPicture(bob, b.ID, was)
			refused(t, err, problem.Missing, "problem.not_found")
		}
		// Another picture, or none, takes the one that was flagged from nobody who decides; a later flag does not change it.
		was, _, err := k.FlaggedPicture(lea, b.ID, true)
		must(t, err)
		picture.Reset()
		must(t, png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 300, 300))))
		must(t, k.Describe(ada, k.place(), "Ada", "I mend things", &picture, false))
		must(t, k.FlagProfile(max, k.id, handle, "spam", ""))
		must(t, k.Describe(ada, k.place(), "Ada", "I mend things", nil, true))
		if b = brief(lea); b.Picture != "" || !b.Repainted || b.Was == nil || b.Was.Picture != "picture?was" {
			t.Errorf("a profile whose picture went: %+v", b)
		}
		if is, kind, err := k.FlaggedPicture(lea, b.ID, true); err != nil || kind == "" || !bytes.Equal(is, was) {
			t.Errorf("the picture that was flagged: %d bytes, were %d, %v", len(is), len(was), err)
		}
		_, _, err = k.FlaggedPicture(lea, b.ID, false)
		refused(t, err, problem.Missing, "problem.not_found")
		profile, shown := b.ID, about()
		must(t, k.Decide(lea, b.ID, "hidden", "spam", ""))
		same(t, "a profile that is hidden", " ", about())
		own, err = k.Own(ada, k.id)
		must(t, err)
		must(t, k.Appeal(ada, k.id, own[0].ID, "It was a joke."))
		if b = brief(max); b.Kind != "appeal" || b.Picture != "picture?was" || !strings.Contains(b.HTML, "watches") {
			t.Errorf("an appeal on a profile: %+v", b)
		}
		if is, _, err := k.FlaggedPicture(max, b.ID, true); err != nil || !bytes.Equal(is, was) {
			t.Errorf("the picture that an appeal is about: %d bytes, %v", len(is), err)
		}
		must(t, k.Decide(max, b.ID, "overturned", "", "Well."))
		for _, id := range []string{profile, b.ID} { // it is decided: nothing of it is kept
			_, _, err = k.FlaggedPicture(lea, id, true)
			refused(t, err, problem.Missing, "problem.not_found")
		}
		if is := about(); is != shown {
			t.Errorf("shown again: %q, was %q", is, shown)
		}
		must(t, k.FlagProfile(bob, k.id, handle, "spam", ""))
		must(t, k.Decide(lea, brief(lea).ID, "deleted", "spam", ""))
		same(t, "a profile that is gone", " ", about())
		f, err := k.Figures(bob, k.sight(bob), k.id, time.UTC)
		must(t, err)
		if m := f[0]; m.Flags != 4 || m.Decided != 4 || m.Appeals != 2 || m.Overturned != 2 {
			t.Errorf("figures %+v", m)
		}
	})
}
