package community_test

import (
	"bytes"
	"image"
	"image/png"
	"strings"
	"testing"
	"time"

	"github.com/entente/entente/internal/community"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// place is the community.
func (k *square) place() community.Community {
	c, _ := k.sight(k.t.Context()).ByID(k.id)
	return c
}

// TestProfile shows somebody by what the reader may read of them, and to nobody who may read nothing.
func TestProfile(t *testing.T) {
	each(t, func(t *testing.T, k *square) {
		ana, bob := k.join("Ana", org.Plain), k.join("Bob", org.Plain)
		k.enter(ana, "den")
		secret, err := k.Start(ana, community.Begin{Space: k.spaces["den"], Kind: community.Questions, Title: "A question of the den", Body: "nobody else reads this"})
		must(t, err)
		k.level()
		if _, err := k.Profile(bob, k.sight(bob), k.id, "ana"); problem.Of(err).Code != problem.Missing {
			t.Fatalf("who only spoke in a hidden group is shown: %v", err)
		}
		if p, err := k.Profile(ana, k.sight(ana), k.id, "ana"); err != nil || p.Said != 1 {
			t.Fatalf("one's own: %+v, %v", p, err)
		}
		q := k.ask(bob, "How do I mend a tyre?", "By hand?")
		a := k.reply(ana, q, "Yes, **by hand**.")
		_, err = k.Pick(bob, k.id, a, true)
		must(t, err)
		var b bytes.Buffer
		must(t, png.Encode(&b, image.NewRGBA(image.Rect(0, 0, 600, 400))))
		must(t, k.Describe(ana, k.place(), "Ana B", "I mend\nthings\u202e", &b, false))
		refused(t, k.Describe(ana, k.place(), "Ana B", "x", strings.NewReader("%PDF-1.4"), false), problem.Invalid, "picture.kind")
		// A profile is screened as a post is, and nobody takes a name of the team.
		lea := k.join("Lea Martin", org.Social)
		must(t, k.SetRule(lea, k.id, 0, "casino"))
		refused(t, k.Describe(ana, k.place(), "Ana B", "The best casino", nil, false), problem.Invalid, "community.moderation.blocked_edit")
		refused(t, k.Describe(ana, k.place(), "Casino", "I mend\nthings", nil, false), problem.Invalid, "community.moderation.blocked_edit")
		refused(t, k.Describe(ana, k.place(), "Lea M\u00e0rtln", "I mend\nthings", nil, false), problem.Invalid, "org.name_of_team")
		must(t, k.Sanction(lea, k.id, org.Who(ana).ID, community.Silenced, "spam", "Enough.", k.now().Add(time.Hour)))
		if err := k.Describe(ana, k.place(), "Ana C", "I mend\nthings", nil, false); !community.Restrained(err) {
			t.Errorf("silenced and renamed: %v", err)
		}
		k.pass(2 * time.Hour)
		must(t, k.Describe(ana, k.place(), "Ana B", "I mend\nthings", nil, false))
		p, err := k.Profile(bob, k.sight(bob), k.id, "ana")
		must(t, err)
		if p.Said != 1 || p.Accepted != 1 || p.Answers != 1 || p.About != "I mend\nthings" || p.Name != "Ana B" || p.Picture == "" {
			t.Errorf("%+v", p)
		}
		list, _, err := k.Spoken(bob, k.sight(bob), k.id, &p, 0)
		must(t, err)
		if len(list) != 1 || list[0].ID != a || list[0].Thread == secret {
			t.Errorf("shown are %v", list)
		}
		if data, kind, err := k.ProfilePicture(bob, &p); err != nil || kind != "image/png" || len(data) == 0 {
			t.Errorf("%d bytes of %s: %v", len(data), kind, err)
		}
		// A mention leads there.
		_, posts := k.thread(bob, q)
		m := k.reply(bob, q, "Thanks @ana")
		if _, posts = k.thread(bob, q); !strings.Contains(posts[len(posts)-1].HTML, `href="/who/`+k.channel+`/ana"`) {
			t.Errorf("%s: %s", m, posts[len(posts)-1].HTML)
		}
		must(t, k.ledger.Finish(t.Context()))
	})
}
