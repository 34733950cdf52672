package community_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestBridge: a question of a customer is asked inside, in a space and of a colleague, without saying whose it is; the answer comes back under the name chosen, with
// credit to both; and only the team sees where one is from the other.
func TestBridge(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ada, eve := k.join("Ada", org.Plain), k.join("Eve", org.Plain)
		lea, karl, nils := k.join("Lea", org.Social), k.join("Karl", org.Volunteer), k.join("Nils", org.Volunteer)
		k.enter(lea, "den")
		k.enter(eve, "den") // a customer who is let in there
		k.enter(karl, "den")
		q := k.ask(ada, "Does the lamp of Ada fit?", "Hello, I am Ada, ada@velo.example, +33 6 12 34 56 78.\n\nDoes the **lamp** fit a tandem?")
		ask := func(space, colleague, title, body string) (community.Bridge, error) {
			k.pass(time.Minute)
			return k.AskInside(lea, k.id, q, space, colleague, title, body, "")
		}
		_, _, err := k.SeedOfBridge(ada, k.id, q)
		refused(t, err, problem.Forbidden, "problem.forbidden")
		title, body, err := k.SeedOfBridge(lea, k.id, q)
		must(t, err)
		for _, own := range []string{"Ada", "@velo", "12 34"} {
			if strings.Contains(title+body, own) {
				t.Errorf("%q is told inside: %s %s", own, title, body)
			}
		}
		if !strings.Contains(body, "**lamp** fit a tandem") {
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
		b, err := ask(k.spaces["den"], "", title, body+"\n\nIt is Ada who asks.")
		must(t, err)
		inside, posts := k.thread(karl, b.Inside)
		if inside.AuthorName != "Lea" || strings.Contains(posts[0].Markup+inside.Title, "Ada") {
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
		k.pass(time.Minute)
		must(t, k.BringBack(lea, b.ID, answer, "It fits.", community.BridgeHelper, ""))
		refused(t, k.BringBack(lea, b.ID, answer, "It fits.", community.BridgeHelper, ""), problem.Conflict, "community.bridge.sent_already")
		_, posts = k.thread(t.Context(), q)
		last := posts[len(posts)-1]
		if last.Kind != "answer" || last.AuthorName != "Karl" || last.Author != "mailto:lea@velo.example" || !last.Ours || last.Markup != "It fits.\n\n*Answered by Karl, passed on by Lea*" {
			t.Errorf("outside stands %+v", last)
		}
		if p, err := k.Profile(eve, k.sight(eve), k.id, "lea"); err != nil || p.Name != "Lea" {
			t.Errorf("who passed it on is called %q now: %v", p.Name, err)
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
		if list, err := k.Bridges(lea, k.sight(lea), q); err != nil || len(list) != 2 || list[1].Sent != last.ID {
			t.Errorf("the team sees %+v: %v", list, err)
		}
		if list, err := k.Bridges(ada, k.sight(ada), q); err != nil || len(list) != 0 {
			t.Errorf("who asked sees %+v: %v", list, err)
		}
		rebuilt(t, k)
	})
}
