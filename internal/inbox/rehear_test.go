package inbox_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/entente/entente/internal/channel"
	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/due"
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
			return inbox.Rehear(ctx, q, posts, k.Now())
		}))
		if c = k.About(k.Post.ID, "m1"); c.Feeling != "negative" || c.Nature != "complaint" {
			t.Errorf("read anew it is %q, %q", c.Feeling, c.Nature)
		}
	})
}

// TestPromisesReadAnew: what a new model takes open conversations for decides what is promised in them from when they began. What was kept or broken by
// then stays, also at the next word; nothing is broken by being read.
func TestPromisesReadAnew(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		sam, _ := k.Join("Sam", org.Social)
		ctx := k.As(sam)
		must(t, k.Inbox.Promise(ctx, due.Promises{Policies: []due.Policy{
			{ID: "angry", Name: "Angry", Feelings: []string{"negative"}, FirstReply: 60, Resolution: 300, Calendar: due.Around},
			{ID: "usual", Name: "Usual", FirstReply: 240, Calendar: due.Around},
		}}, ""))
		hear := func(name string) {
			k.Hear(k.Post.ID, inboxtest.Mail(name, name, "Brakes", "They squeak.", k.Now()))
		}
		answer := func(name string) {
			t.Helper()
			_, err := k.Inbox.Reply(ctx, k.About(k.Post.ID, name).ID, inbox.Answer{Text: "Bring it in tomorrow at nine.", Private: true})
			must(t, err)
			k.Pass(time.Minute)
			k.Send()
		}
		all := []string{"kept", "broken", "long", "fresh"}
		begun := k.Now()
		hear("kept")
		hear("broken")
		k.Pass(10 * time.Minute)
		answer("kept") // a minute later
		k.Pass(169 * time.Minute)
		hear("long")
		k.Pass(70 * time.Minute) // 250 minutes: one is broken
		hear("fresh")
		k.Pass(30 * time.Minute)
		show := func() (out []string) {
			t.Helper()
			type row struct {
				name, policy, aim, state string
				due                      time.Time
			}
			list, err := db.All(t.Context(), k.DB.Read(), func(r *row) []any { return []any{&r.name, &r.policy, &r.aim, &r.state, db.At(&r.due)} },
				"SELECT p.external_id, x.policy, x.aim, x.state, x.due_at FROM conversation_promise x JOIN conversation c ON c.id = x.conversation JOIN post p ON p.id = c.post ORDER BY p.external_id, x.n")
			must(t, err)
			for _, r := range list {
				out = append(out, fmt.Sprintf("%s %s %s %s %.0f", r.name, r.policy, r.aim, r.state, r.due.Sub(begun).Minutes()))
			}
			return out
		}
		want := []string{"broken usual first_reply running 240", "fresh usual first_reply running 490", "kept usual first_reply done 240", "long usual first_reply running 420"}
		if diff := cmp.Diff(want, show()); diff != "" {
			t.Fatalf("before (-want +got):\n%s", diff)
		}
		var ids []string
		for _, name := range all {
			ids = append(ids, k.PostID(k.Post.ID, name))
		}
		must(t, k.DB.Tx(t.Context(), func(ctx context.Context, q db.Q) error {
			if _, err := db.Exec(ctx, q, "UPDATE enrichment SET sentiment = 'negative' WHERE post IN "+db.Among(q, "$1"), db.Texts(ids)); err != nil {
				return err
			}
			posts, err := channel.Posts(ctx, q, ids...)
			if err != nil {
				return err
			}
			return inbox.Rehear(ctx, q, posts, k.Now())
		}))
		// 280 minutes have passed: the hour of the long one would have been over before anybody knew of it.
		want = []string{"broken usual first_reply running 240", "broken angry resolution running 300", "fresh angry first_reply running 310", "fresh angry resolution running 550",
			"kept usual first_reply done 240", "kept angry resolution running 300", "long usual first_reply running 420", "long angry resolution running 480"}
		if diff := cmp.Diff(want, show()); diff != "" {
			t.Fatalf("read anew (-want +got):\n%s", diff)
		}
		if c := k.About(k.Post.ID, "fresh"); !c.DueAt.Equal(begun.Add(310 * time.Minute)) {
			t.Errorf("the list shows it due at %s", c.DueAt)
		}
		k.Pass(5 * time.Minute)
		for _, name := range all[1:] {
			_, err := k.Inbox.Tag(ctx, k.About(k.Post.ID, name).ID, []string{"looked"}, nil) // what is done next changes nothing of it
			must(t, err)
		}
		if diff := cmp.Diff(want, show()); diff != "" {
			t.Errorf("at the next deed (-want +got):\n%s", diff)
		}
		answer("broken")
		answer("long")
		answer("fresh")
		n, _, err := db.Value[int](t.Context(), k.DB.Read(), "SELECT COUNT(*) FROM conversation_promise WHERE aim = 'first_reply' AND state = 'done' AND ended_at > due_at")
		if err != nil || n != 1 {
			t.Errorf("%d first replies are late, want the one that was before it was read anew: %v\n%s", n, err, strings.Join(show(), "\n"))
		}
	})
}
