package community_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/people"
	"github.com/entente/entente/internal/problem"
)

// TestBridge: a question of a customer is asked inside, in a space and of a colleague, without saying whose it is; the answer comes back under the name chosen, with
// credit to both; and only the team sees where one is from the other.
func TestBridge(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		k.mails() // the organisation has an address now
		ada, eve := k.join("Ada", org.Plain), k.join("Eve", org.Plain)
		lea, karl, nils := k.join("Lea", org.Social), k.join("Karl", org.Volunteer), k.join("Nils", org.Volunteer)
		k.enter(lea, "den")
		k.enter(eve, "den") // a customer who is let in there
		k.enter(karl, "den")
		q := k.ask(ada, "Does the lamp of Ada fit?", "Hello, I am Ada, ada@velo.example, +33 6 12 34 56 78.\n\nDoes the **lamp** fit a tandem?\n\n"+
			"See [here](https://VELO.example/c/velo/t/1), https://velo.example/c/velo/people/a, <https://velo.example/p/2>, [there](/c/velo/t/3), /c/velo/t/4 and [the norm](https://lamps.example/c/5).\n\n[6]: https://velo.example/c/velo/t/6")
		ask := func(space, colleague, title, body string) (community.Bridge, error) {
			k.pass(time.Minute)
			return k.AskInside(lea, k.id, q, space, colleague, title, body, "")
		}
		_, _, err := k.SeedOfBridge(ada, k.id, q)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		title, body, err := k.SeedOfBridge(lea, k.id, q)
		must(t, err)
		for _, own := range []string{"Ada", "@velo", "12 34", "velo.example", "VELO", "/c/velo", "[here]", "[6]"} {
			if strings.Contains(title+body, own) {
				t.Errorf("%q is told inside: %s %s", own, title, body)
			}
		}
		if !strings.Contains(body, "**lamp** fit a tandem") || !strings.Contains(body, "See here, ") || !strings.Contains(body, "[the norm](https://lamps.example/c/5)") {
			t.Errorf("asked is %s", body)
		}
		_, err = ask(k.spaces["talk"], "", title, body) // which everybody reads
		refused(t, err, problem.Invalid, "community.bridge.no_space")
		_, err = ask("", org.Who(ada).ID, title, body) // who is no colleague
		refused(t, err, problem.Invalid, "community.bridge.no_colleague")
		th, _ := k.thread(lea, q)
		spaces, err := k.BridgeSpaces(lea, k.sight(lea), &th)
		must(t, err)
		if len(spaces) != 1 || spaces[0].ID != k.spaces["den"] {
			t.Fatalf("inside are %+v", spaces)
		}
		hers := k.ask(eve, "And mine?", "Mine?")
		th, _ = k.thread(lea, hers)
		if spaces, err = k.BridgeSpaces(lea, k.sight(lea), &th); err != nil || len(spaces) != 0 {
			t.Errorf("where who asks reads it: %+v %v", spaces, err)
		}

		// In a space: what somebody puts in again does not go out of the team either.
		b, err := ask(k.spaces["den"], "", title, body+"\n\nIt is Ada who asks, velo.example/c/velo/t/"+q+" shows it.")
		must(t, err)
		inside, posts := k.thread(karl, b.Inside)
		if inside.AuthorName != "Lea" || strings.Contains(posts[0].Markup+inside.Title, "Ada") || strings.Contains(posts[0].Markup, q) {
			t.Errorf("inside stands %q: %s", inside.AuthorName, posts[0].Markup)
		}
		answer := k.reply(karl, b.Inside, "It fits every tandem since 2019.")
		for _, x := range []struct {
			who  context.Context
			want int
		}{{lea, 1}, {eve, 0}, {ada, 0}} {
			list, err := k.Bridges(x.who, k.sight(x.who), b.Inside)
			must(t, err)
			if len(list) != x.want {
				t.Errorf("%s sees %d ways out of the thread inside", org.Who(x.who).Name, len(list))
			}
		}
		if _, _, err := k.Bridge(ada, b.ID); problem.Of(err).Code != problem.Forbidden {
			t.Errorf("who asked outside is shown what was asked inside: %v", err)
		}
		refused(t, k.BringBack(lea, b.ID, "", "So.", community.BridgeMine, ""), problem.Invalid, "community.bridge.no_answer")
		refused(t, k.BringBack(lea, b.ID, answer, "So.", "", ""), problem.Invalid, "problem.required")
		// Two of the team pass it on at the same moment: it stands there once.
		k.pass(time.Minute)
		lou := k.join("Lou", org.Social)
		k.enter(lou, "den")
		var wait sync.WaitGroup
		var both [2]error
		for i, who := range []context.Context{lea, lou} {
			wait.Go(func() {
				both[i] = k.BringBack(who, b.ID, answer, "It fits.", community.BridgeHelper, "")
			})
		}
		wait.Wait()
		by := "Lea"
		if both[0] != nil {
			by, both[1], both[0] = "Lou", both[0], both[1]
		}
		must(t, both[0])
		refused(t, both[1], problem.Conflict, "community.bridge.sent_already")
		_, posts = k.thread(t.Context(), q)
		last := posts[len(posts)-1]
		if len(posts) != 2 || last.Kind != "answer" || last.AuthorName != "Karl" || last.Author != "mailto:karl@velo.example" || !last.Ours || last.Markup != "It fits.\n\n*Answered by Karl, changed and passed on by "+by+"*" {
			t.Errorf("outside stand %d, %+v", len(posts), last)
		}
		if p, err := k.Profile(ada, k.sight(ada), k.id, "karl"); err != nil || p.Name != "Karl" || p.Answers != 1 {
			t.Errorf("who answered is shown as %+v: %v", p, err)
		}
		if _, err := k.Profile(ada, k.sight(ada), k.id, "lea"); !problem.Is(err, problem.Missing) {
			t.Errorf("it stands on the page of who passed it on: %v", err)
		}
		told := func(ctx context.Context, kind string) bool {
			t.Helper()
			list, err := k.Notices(ctx, k.sight(ctx), k.id)
			must(t, err)
			return slices.ContainsFunc(list, func(n community.Notice) bool {
				return string(n.Kind) == kind && strings.HasPrefix(n.Subject, "/bridges/")
			})
		}
		if !told(karl, "bridge_brought") {
			t.Error("who answered is not told")
		}

		// Of a colleague alone, who reads the question and not whose it is.
		if b, err = ask("", org.Who(nils).ID, title, body); err != nil {
			t.Fatal(err)
		}
		if !told(nils, "bridge_asked") {
			t.Error("the colleague is not told")
		}
		refused(t, k.AnswerInside(karl, b.ID, "I know."), problem.Forbidden, "problem.forbidden")
		must(t, k.AnswerInside(nils, b.ID, "Ask the workshop."))
		must(t, k.AnswerInside(nils, b.ID, "It needs a **clamp**."))
		if !told(lea, "bridge_answer") {
			t.Error("who asked is not told of the answer")
		}
		k.pass(time.Minute)
		must(t, k.BringBack(lea, b.ID, "", "It needs a **clamp**.", community.BridgeMine, ""))
		_, posts = k.thread(t.Context(), q)
		if last = posts[len(posts)-1]; last.AuthorName != "Lea" || !strings.HasSuffix(last.Markup, "*Answered by Nils, passed on by Lea*") {
			t.Errorf("outside stands %+v", last)
		}
		// Who is employed and not of the team is asked too, and reads what is theirs and nothing else.
		nell := k.join("Nell", org.Plain)
		crowd := people.New(k.db, k.ledger, k.org, slog.New(slog.DiscardHandler), k.now)
		_, err = crowd.Add(k.join("Olga", org.Owner), ledger.Person{Name: "Nell", Kinds: []string{"employee"}, Identities: []ledger.Identity{{URI: "mailto:nell@velo.example"}}})
		must(t, err)
		nells, err := ask("", org.Who(nell).ID, title, body)
		must(t, err)
		for bridge, may := range map[string]bool{nells.ID: true, b.ID: false} {
			if _, outside, err := k.Bridge(nell, bridge); outside || may != (err == nil) {
				t.Errorf("Nell reads %t, whose it is %t: %v", err == nil, outside, err)
			}
		}
		must(t, k.AnswerInside(nell, nells.ID, "Two clamps."))
		k.pass(time.Minute)
		must(t, k.BringBack(lea, nells.ID, "", "Two  clamps.\n", community.BridgeHelper, ""))
		if _, outside, err := k.Bridge(nell, nells.ID); err != nil || outside {
			t.Errorf("who helped does not read what became of it: %v", err)
		}
		_, posts = k.thread(t.Context(), q)
		if got := posts[len(posts)-1]; got.Author != "mailto:nell@velo.example" || !strings.HasSuffix(got.Markup, "*Answered by Nell, passed on by Lea*") {
			t.Errorf("outside stands %+v", got)
		}
		if list, err := k.Bridges(lea, k.sight(lea), q); err != nil || len(list) != 3 || list[1].Sent != last.ID {
			t.Errorf("the team sees %+v: %v", list, err)
		}
		if list, err := k.Bridges(ada, k.sight(ada), q); err != nil || len(list) != 0 {
			t.Errorf("who asked sees %+v: %v", list, err)
		}
		rebuilt(t, k)
	})
}
