package inbox_test

import (
	"context"
	"testing"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/team"
)

// TestRehearAndSkill: what a new model takes posts for is seen in their conversations, and a view shows what a skill is asked for in.
func TestRehearAndSkill(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		vic, _ := k.Join("Vic", org.Volunteer)
		profile(t, k, vic, team.Profile{Skills: []string{"Brake discs"}})
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Hello", "One of my brake discs is bent, a shame.", k.Now()), inboxtest.Mail("m2", "bob", "Hello", "My brake cable is loose.", k.Now()))
		if skills, err := k.Inbox.Skills(k.As(vic)); err != nil || len(skills) != 1 || skills[0] != "Brake discs" {
			t.Fatalf("skills %v, %v", skills, err)
		}
		list, _, err := k.Inbox.Queue(k.As(vic), inbox.OpenView, inbox.Filter{Skill: "Brake discs"}, "", 10)
		must(t, err)
		c := k.About(k.Post.ID, "m1")
		if len(list) != 1 || list[0].ID != c.ID {
			t.Errorf("a view by skill shows %+v", list)
		}
		if list, _, err = k.Inbox.Queue(k.As(vic), inbox.OpenView, inbox.Filter{Skill: "Brake discs", Words: "cable"}, "", 10); err != nil || len(list) != 0 {
			t.Errorf("narrowed further: %+v, %v", list, err)
		}
		must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "UPDATE enrichment SET sentiment = 'negative', kinds = ',complaint,' WHERE post = $1", c.Post); err != nil {
				return err
			}
			posts, err := channel.Posts(ctx, q, c.Post)
			if err != nil {
				return err
			}
			return inbox.Rehear(ctx, q, posts)
		}))
		if c = k.About(k.Post.ID, "m1"); c.Feeling != "negative" || c.Nature != "complaint" {
			t.Errorf("read anew it is %q, %q", c.Feeling, c.Nature)
		}
	})
}
