package inbox_test

import (
	"testing"
	"time"

	"github.com/entente/entente/internal/inbox"
	"github.com/entente/entente/internal/inbox/inboxtest"
	"github.com/entente/entente/internal/org"
	"github.com/entente/entente/internal/problem"
)

// TestMergeAndSplit: two threads are one conversation and two again, as they were; a part of one is its own and goes back.
func TestMergeAndSplit(t *testing.T) {
	each(t, func(t *testing.T, k *inboxtest.Desk) {
		sam, _ := k.Join("Sam", org.Social)
		vic, _ := k.Join("Vic", org.Volunteer)
		at := k.Now().Add(-10 * time.Minute)
		k.Hear(k.Post.ID, inboxtest.Mail("m1", "ada", "Brakes", "They squeak.", at), inboxtest.Mail("m2", "ada", "Brakes again", "They still squeak.", at.Add(time.Minute)),
			inboxtest.Mail("m3", "bob", "", "And the bell is gone.", at.Add(2*time.Minute), "m1"))
		one, two := k.About(k.Post.ID, "m1"), k.About(k.Post.ID, "m2")
		_, err := k.Inbox.Assign(k.As(sam), two.ID, vic.ID, nil)
		must(t, err)
		two, err = k.Inbox.Resolve(k.As(vic), two.ID)
		must(t, err)

		whole, err := k.Inbox.Merge(k.As(sam), one.ID, two.ID)
		must(t, err)
		if whole.ID != one.ID || whole.Posts != 3 || whole.Assignee != vic.ID || !whole.OpenedAt.Equal(at) {
			t.Errorf("merged: %+v", whole)
		}
		if c, err := k.Inbox.Find(t.Context(), two.ID); err != nil || c.ID != one.ID {
			t.Errorf("the old address leads to %q: %v", c.ID, err)
		}
		_, err = k.Inbox.Merge(k.As(sam), one.ID, two.ID)
		refused(t, err, problem.Invalid, "service.matter.self")
		list, err := k.Inbox.Notices(k.As(vic), 10)
		must(t, err)
		if len(list) == 0 || list[0].Line(t.Context()) != "Sam merged “Brakes again” into “Brakes”" {
			t.Errorf("told %+v", list)
		}
		line, err := k.Inbox.Timeline(k.As(sam), one.ID, "", 10)
		must(t, err)
		undo := ""
		for _, e := range line.Entries {
			if e.Change != nil && e.Change.Undo != "" {
				undo = e.Change.Undo
			}
		}
		again, err := k.Inbox.Unmerge(k.As(sam), one.ID, undo)
		must(t, err)
		two.Reopened, again.Reopened = 0, 0
		if again != two {
			t.Errorf("undone:\n%+v\nwas\n%+v", again, two)
		}
		if c, err := k.Inbox.Find(t.Context(), one.ID); err != nil || c.Posts != 2 || !c.WaitingSince.Equal(at) {
			t.Errorf("what stayed: %+v, %v", c, err)
		}
		_, err = k.Inbox.Unmerge(k.As(sam), one.ID, undo)
		refused(t, err, problem.Invalid, "inbox.other_thread")

		bell := k.PostID(k.Post.ID, "m3")
		_, err = k.Inbox.Split(k.As(sam), one.ID, k.PostID(k.Post.ID, "m1"))
		refused(t, err, problem.Invalid, "service.matter.whole")
		part, err := k.Inbox.Split(k.As(sam), one.ID, bell)
		must(t, err)
		if part.Posts != 1 || part.Author != "mailto:bob@example.org" || part.State != inbox.Open || !part.WaitingSince.Equal(at.Add(2*time.Minute)) {
			t.Errorf("split: %+v", part)
		}
		k.Hear(k.Post.ID, inboxtest.Mail("m4", "bob", "", "Found it.", at.Add(3*time.Minute), "m3"))
		if c := k.About(k.Post.ID, "m4"); c.ID != part.ID {
			t.Errorf("an answer to what was split went to %q", c.Name())
		}
		back, err := k.Inbox.Merge(k.As(sam), one.ID, part.ID)
		must(t, err)
		if back.ID != one.ID || back.Posts != 3 {
			t.Errorf("back: %+v", back)
		}
		private := k.About(k.Post.ID, "m1")
		k.Hear(k.Post.ID, inboxtest.Question("q1", "ada", "Brakes", "In public.", at))
		_, err = k.Inbox.Merge(k.As(sam), private.ID, k.About(k.Post.ID, "q1").ID)
		refused(t, err, problem.Invalid, "service.matter.mixed")
	})
}
