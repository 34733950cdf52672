package enrich_test

import (
	"fmt"
	"testing"

	"github.com/entente/entente/internal/db"
	"github.com/entente/entente/internal/db/dbtest"
	"github.com/entente/entente/internal/enrich"
	"github.com/entente/entente/internal/ledger"
	"github.com/entente/entente/internal/org"
)

// TestDeletedIsNotJudged: a post of a sample that is deleted later is offered to nobody, nor can it be judged.
func TestDeletedIsNotJudged(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		var posts []ledger.Activity
		for n := range 30 {
			posts = append(posts, said(n, "", fmt.Sprint("My brake squeaks ", n)))
		}
		k.state(t, posts...)
		claire, ada := as(t, "claire", org.Social), as(t, "ada", org.Volunteer)
		s, err := k.review.Draw(claire, 20, 300, 42)
		if err != nil {
			t.Fatal(err)
		}
		first, err := k.review.Next(ada, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		for n := range 30 {
			if postID(n) == first.Post {
				k.state(t, about(ledger.PostDeleted, n, nil))
			}
		}
		next, err := k.review.Next(ada, s.ID)
		if err != nil || next.Post == first.Post {
			t.Errorf("a deleted post is offered: %v %v", next.Post, err)
		}
		if err := k.review.Judge(ada, s.ID, first.Post, map[string]string{enrich.Sentiment: "negative"}); err == nil {
			t.Error("a deleted post is judged")
		}
	})
}

// TestTakeBackLeavesOthers: taking back what one said in a sample lets the word of others hold again.
func TestTakeBackLeavesOthers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		var posts []ledger.Activity
		for n := range 30 {
			posts = append(posts, said(n, "", fmt.Sprint("My brake squeaks ", n)))
		}
		k.state(t, posts...)
		claire, ada := as(t, "claire", org.Social), as(t, "ada", org.Volunteer)
		s, err := k.review.Draw(claire, 20, 300, 42)
		if err != nil {
			t.Fatal(err)
		}
		first, err := k.review.Next(ada, s.ID)
		if err != nil {
			t.Fatal(err)
		}
		bob := as(t, "bob", org.Volunteer)
		if err := k.review.Judge(bob, s.ID, first.Post, map[string]string{enrich.Sentiment: "neutral"}); err != nil {
			t.Fatal(err)
		}
		if err := k.review.Correct(claire, first.Post, map[string]string{enrich.Sentiment: "positive"}); err != nil {
			t.Fatal(err)
		}
		if err := k.review.Judge(ada, s.ID, first.Post, map[string]string{enrich.Sentiment: "negative"}); err != nil {
			t.Fatal(err)
		}
		if _, err := k.review.TakeBack(ada, s.ID); err != nil {
			t.Fatal(err)
		}
		got, err := enrich.TakenFor(k.ctx, k.db.Read(), []string{first.Post})
		if err != nil || got[first.Post].Sentiment != "positive" {
			t.Errorf("what claire said is lost: %+v", got[first.Post])
		}
		taken := func(post string) enrich.Taken {
			list, err := enrich.TakenFor(k.ctx, k.db.Read(), []string{post})
			if err != nil {
				t.Fatal(err)
			}
			return list[post]
		}
		for _, step := range []struct {
			do   func() error
			want string
		}{
			{func() error { return k.review.Correct(claire, first.Post, map[string]string{enrich.Sentiment: ""}) }, "negative"}, // the model's
			{func() error {
				return k.review.Judge(ada, s.ID, first.Post, map[string]string{enrich.Sentiment: "positive"})
			}, "positive"},
			{func() error { _, err := k.review.TakeBack(bob, s.ID); return err }, "positive"},
			{func() error { _, err := k.review.TakeBack(ada, s.ID); return err }, "negative"},
		} {
			if err := step.do(); err != nil {
				t.Fatal(err)
			}
			if got := taken(first.Post); got.Sentiment != step.want {
				t.Errorf("it is %s, want %s", got.Sentiment, step.want)
			}
		}
	})
}

// TestCorrectionsAreNoted: whoever takes out what others said is noted, whichever way.
func TestCorrectionsAreNoted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		k := newDesk(t, d, "1")
		if _, err := k.review.Corrections(as(t, "claire", org.Owner), "", 10); err != nil {
			t.Fatal(err)
		}
		if n, _, err := db.Value[int](t.Context(), d.Read(), "SELECT COUNT(*) FROM audit WHERE action = 'corrections.export'"); err != nil || n != 1 {
			t.Errorf("%d entries in the audit log (%v)", n, err)
		}
	})
}
